// Package stack deploys Glasspoll to AWS as a stack of CloudFormation: what would change, the change itself and its progress,
// what the stack offers, and its removal. It has no state of its own: what is asked of it again goes on where it was.
package stack

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"glasspoll/internal/cloud"
	"glasspoll/internal/message"
)

// A Client deploys to one region of one account.
type Client struct {
	Account string // 12 digits
	User    string // the ARN of whoever deploys
	Region  string

	settings  aws.Config
	formation *cloudformation.Client
	storage   *s3.Client
	lambda    *lambda.Client
	every     time.Duration // between two looks at what is under way
}

// NewClient finds out whose account it is. It looks at what is under way after each pause.
func NewClient(ctx context.Context, settings aws.Config, pause time.Duration) (*Client, error) {
	if strings.HasPrefix(settings.Region, "cn-") {
		return nil, message.Errorf("the template does not deploy to regions of AWS in China as it is: docs/operators-aws.md says why, and what to replace")
	}
	who, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, message.Errorf("asking AWS whose credentials these are: %w", cloud.Explained(err))
	}
	return &Client{
		Account: aws.ToString(who.Account), User: aws.ToString(who.Arn), Region: settings.Region,
		settings: settings, every: pause,
		formation: cloudformation.NewFromConfig(settings), storage: s3.NewFromConfig(settings), lambda: lambda.NewFromConfig(settings),
	}, nil
}

// In returns a client for another region of the same account.
func (c *Client) In(region string) *Client {
	settings := c.settings.Copy()
	settings.Region = region
	return &Client{
		Account: c.Account, User: c.User, Region: region, settings: settings, every: c.every,
		formation: cloudformation.NewFromConfig(settings), storage: s3.NewFromConfig(settings), lambda: lambda.NewFromConfig(settings),
	}
}

// stack returns a stack by its name or id; nil if there is none.
func (c *Client) stack(ctx context.Context, name string) (*types.Stack, error) {
	found, err := c.formation.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if isMissing(err) || err == nil && len(found.Stacks) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, message.Errorf("stack %s: %w", name, cloud.Explained(err))
	}
	return &found.Stacks[0], nil
}

// isMissing reports whether an error says that there is no such stack. CloudFormation has no code for it.
func isMissing(err error) bool {
	var failed smithy.APIError
	return errors.As(err, &failed) && failed.ErrorCode() == "ValidationError" && strings.Contains(failed.ErrorMessage(), "does not exist")
}

// Outputs returns what a stack offers, by name, such as Table and Bucket.
func (c *Client) Outputs(ctx context.Context, name string) (map[string]string, error) {
	stack, err := c.existing(ctx, name)
	if err != nil {
		return nil, err
	}
	return outputsOf(stack), nil
}

func outputsOf(stack *types.Stack) map[string]string {
	outputs := map[string]string{}
	for _, o := range stack.Outputs {
		outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	return outputs
}

// existing returns a stack of Glasspoll. It is an error if there is none, or another program's.
func (c *Client) existing(ctx context.Context, name string) (*types.Stack, error) {
	stack, err := c.stack(ctx, name)
	if err != nil {
		return nil, err
	}
	if stack == nil {
		return nil, message.Errorf("there is no stack %s in account %s, region %s: is the name right, and the region?", name, c.Account, c.Region)
	}
	return stack, isOurs(stack)
}

// isOurs returns an error if a stack is another program's.
func isOurs(stack *types.Stack) error {
	if description := aws.ToString(stack.Description); stack.StackStatus != types.StackStatusReviewInProgress && !strings.HasPrefix(description, "Glasspoll") {
		return message.Errorf("stack %s is not one of Glasspoll (it says of itself: %s): choose another name with --stack NAME", aws.ToString(stack.StackName), message.Quoted(description))
	}
	return nil
}

// resources returns the resources of a stack.
func (c *Client) resources(ctx context.Context, name string) ([]types.StackResourceSummary, error) {
	var all []types.StackResourceSummary
	for pages := cloudformation.NewListStackResourcesPaginator(c.formation, &cloudformation.ListStackResourcesInput{StackName: &name}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, message.Errorf("stack %s: %w", name, cloud.Explained(err))
		}
		all = append(all, page.StackResourceSummaries...)
	}
	return all, nil
}

// pause waits until it is time to look again.
func (c *Client) pause(ctx context.Context) error {
	timer := time.NewTimer(c.every)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// mayPass reports whether what failed may succeed when it is tried again: the network, a busy or broken AWS.
func mayPass(err error) bool {
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

var stackName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{0,127}$`)

// CheckName returns an error unless a stack can have the name.
func CheckName(name string) error {
	if !stackName.MatchString(name) {
		return message.Errorf("a stack cannot be named %s: write letters, digits and hyphens, a letter first, 128 at most", message.Quoted(name))
	}
	return nil
}
