package stack

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// A Removal is what shall no longer be in place.
type Removal struct {
	Stack     string
	Confirmed string // the stack's name, if it need not be typed
	Ask       Asker
}

// A kept is a table or bucket that stays when its stack is deleted.
type kept struct{ name, kind, physical string }

// Remove deletes a stack. Its tables and buckets stay, and it prints the commands that delete them.
func (c *Client) Remove(ctx context.Context, out *console.Console, r Removal) error {
	out.Print(out.Out, "account %s, region %s, as %s", c.Account, c.Region, c.User)
	stack, err := c.existing(ctx, r.Stack)
	if err != nil {
		return err
	}
	if situationOf(stack.StackStatus) == busy {
		return message.Errorf("stack %s is being changed by somebody else (%s). Watch it with: glasspoll deploy watch --stack %s --region %s", r.Stack, string(stack.StackStatus), r.Stack, c.Region)
	}
	stays, goes, err := c.whatStays(ctx, r.Stack)
	if err != nil {
		return err
	}
	out.Print(out.Out, "stack %s: these are deleted: %s", r.Stack, summary(goes))
	for _, k := range stays {
		out.Print(out.Out, "stays, and costs its storage: %s (%s %s)", k.name, kindOf(k.kind), k.physical)
	}
	if err := r.confirm(ctx, out); err != nil {
		return err
	}
	id := aws.ToString(stack.StackId)
	if aws.ToBool(stack.EnableTerminationProtection) {
		if _, err := c.formation.UpdateTerminationProtection(ctx, &cloudformation.UpdateTerminationProtectionInput{StackName: &id, EnableTerminationProtection: aws.Bool(false)}); err != nil {
			return message.Errorf("stack %s: %w", r.Stack, cloud.Explained(err))
		}
	}
	if err := c.delete(ctx, out, r.Stack, id); err != nil {
		return err
	}
	gone, err := c.parcels(r.Stack).remove(ctx)
	if err != nil {
		out.Print(out.Err, "the bucket for packages stays, which can be deleted: %s", message.Of(err))
	} else if gone {
		out.Print(out.Out, "The bucket for packages is deleted too.")
	}
	if len(stays) > 0 {
		out.Print(out.Out, "The tables and buckets are still there. Once nobody needs the answers any more:")
		for _, k := range stays {
			fmt.Fprint(out.Out, k.commands(c.Region))
		}
	}
	return nil
}

func (r Removal) confirm(ctx context.Context, out *console.Console) error {
	if r.Confirmed != "" {
		if r.Confirmed != r.Stack {
			return console.Usagef("--confirm %s is not the name of the stack, %s: nothing has been changed", r.Confirmed, r.Stack)
		}
		return nil
	}
	return r.Ask.typed(ctx, out, message.New("Type the name of the stack to delete it:"), r.Stack)
}

// whatStays returns the tables and buckets that stay when a stack is deleted, by its own template, and the types of what goes.
func (c *Client) whatStays(ctx context.Context, name string) (stays []kept, goes []string, err error) {
	got, err := c.formation.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &name})
	if err != nil {
		return nil, nil, message.Errorf("stack %s: %w", name, cloud.Explained(err))
	}
	template, err := ParseTemplate([]byte(aws.ToString(got.TemplateBody)))
	if err != nil {
		return nil, nil, message.Errorf("stack %s: %w", name, err)
	}
	retained := map[string]bool{}
	for _, r := range template.Resources {
		retained[r.Name] = r.Stays
	}
	resources, err := c.resources(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range resources {
		logical, kind := aws.ToString(r.LogicalResourceId), aws.ToString(r.ResourceType)
		switch {
		case r.ResourceStatus == types.ResourceStatusDeleteComplete:
		case retained[logical]:
			stays = append(stays, kept{logical, kind, aws.ToString(r.PhysicalResourceId)})
		default:
			goes = append(goes, kind)
		}
	}
	return stays, goes, nil
}

// delete deletes a stack, and follows that to its end.
func (c *Client) delete(ctx context.Context, out *console.Console, name, id string) error {
	after, err := c.lastEvent(ctx, id)
	if err != nil {
		return err
	}
	if _, err := c.formation.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &id}); err != nil {
		return message.Errorf("stack %s: %w", name, cloud.Explained(err))
	}
	return c.outcome(ctx, out, name, id, after)
}

// commands returns the commands that delete a table or a bucket.
func (k kept) commands(region string) string {
	var lines []string
	switch k.kind {
	case tableType:
		lines = []string{
			fmt.Sprintf("aws dynamodb update-table --region %s --table-name %s --no-deletion-protection-enabled", region, k.physical),
			fmt.Sprintf("aws dynamodb delete-table --region %s --table-name %s", region, k.physical),
		}
	case bucketType:
		lines = []string{
			fmt.Sprintf("aws s3api put-bucket-versioning --region %s --bucket %s --versioning-configuration Status=Suspended", region, k.physical),
			fmt.Sprintf("aws s3 rm --region %s s3://%s/ --recursive", region, k.physical),
			fmt.Sprintf("aws s3 rb --region %s s3://%s", region, k.physical),
		}
	}
	if lines == nil {
		return ""
	}
	return "  " + strings.Join(lines, "\n  ") + "\n"
}
