package stack

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cloud"
	"glasspoll/internal/message"
	"glasspoll/internal/probe"
)

// Invoke sends an event to a function, and returns its reply. Function is a name, with an alias behind a colon, or an ARN. What the
// function itself fails with is an error, too.
func Invoke(ctx context.Context, client *lambda.Client, function string, event []byte) ([]byte, error) {
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: event})
	if err != nil {
		return nil, message.Errorf("function %s: %w", function, cloud.Explained(err))
	}
	if out.FunctionError != nil {
		var said struct{ ErrorType, ErrorMessage string }
		json.Unmarshal(out.Payload, &said) // without words, the function's log has them
		return nil, message.Errorf("function %s failed: %s %s", function, message.Plain(said.ErrorType), message.Plain(said.ErrorMessage))
	}
	return out.Payload, nil
}

// TryRoles has each function try out its role. The functions are by what they are called in the template: Submit, Invite, Publish and
// Archive.
func TryRoles(ctx context.Context, client *lambda.Client, functions map[string]string) probe.Verdict {
	names := slices.Sorted(maps.Keys(functions))
	replies := make([]probe.Reply, len(names))
	var group errgroup.Group
	for i, name := range names {
		group.Go(func() error {
			payload, err := Invoke(ctx, client, functions[name], probe.Event())
			replies[i] = probe.ReplyOf(name, payload, err)
			return nil
		})
	}
	group.Wait()
	return probe.Judge(replies)
}
