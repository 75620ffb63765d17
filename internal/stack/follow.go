package stack

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// patience is how many looks in a row may fail before a stack is no longer followed: ten minutes of a network that is gone.
const patience = 60

// eventsAfter returns what has happened to a stack since an event, the oldest first: everything if after is "".
func (c *Client) eventsAfter(ctx context.Context, id, after string) ([]event, error) {
	var events []event
	for pages := cloudformation.NewDescribeStackEventsPaginator(c.formation, &cloudformation.DescribeStackEventsInput{StackName: &id}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.StackEvents {
			if after != "" && aws.ToString(e.EventId) == after {
				slices.Reverse(events)
				return events, nil
			}
			events = append(events, eventOf(e))
		}
	}
	slices.Reverse(events)
	return events, nil
}

// lastEvent returns the id of what happened last to a stack; "" if nothing has.
func (c *Client) lastEvent(ctx context.Context, id string) (string, error) {
	page, err := c.formation.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &id})
	if err != nil {
		return "", message.Errorf("stack %s: %w", id, cloud.Explained(err))
	}
	if len(page.StackEvents) == 0 {
		return "", nil
	}
	return aws.ToString(page.StackEvents[0].EventId), nil
}

// follow prints what happens to a stack after an event until it is at rest, and returns its status then and what has happened.
// A network that is gone for a while, and an AWS that is busy, are waited for.
func (c *Client) follow(ctx context.Context, out *console.Console, id, after string) (types.StackStatus, []event, error) {
	var all []event
	for failures := 0; ; {
		events, err := c.eventsAfter(ctx, id, after)
		switch {
		case err == nil:
			failures = 0
		case ctx.Err() != nil:
			return "", all, ctx.Err()
		case !mayPass(err) || failures == patience:
			return "", all, cloud.Explained(err)
		default:
			if failures++; failures == 1 {
				out.Print(out.Err, "%s  no news from AWS: %s. Looking again", time.Now().Format("15:04:05"), message.Of(cloud.Explained(err)))
			}
		}
		for _, e := range events {
			after = e.id
			all = append(all, e)
			if !e.repeats() {
				out.Print(out.Out, "%s", e.line())
			}
			if e.ends() {
				return types.StackStatus(e.status), all, nil
			}
		}
		if err := c.pause(ctx); err != nil {
			return "", all, err
		}
	}
}

// explain prints why something failed, what failed first first, and what to do about it.
func explain(out *console.Console, events []event) {
	for _, e := range causesOf(events) {
		out.Print(out.Err, "%s (%s): %s", e.name, kindOf(e.kind), e.reason)
		if remedy := e.remedy(); !remedy.IsZero() {
			out.Print(out.Err, "  → %s", remedy)
		}
	}
}

// Watch follows what is under way at a stack, from its beginning.
func (c *Client) Watch(ctx context.Context, out *console.Console, name string) error {
	stack, err := c.existing(ctx, name)
	if err != nil {
		return err
	}
	if !inProgress(stack.StackStatus) || stack.StackStatus == types.StackStatusReviewInProgress {
		out.Print(out.Out, "stack %s: nothing is under way; its status is %s", name, string(stack.StackStatus))
		return nil
	}
	id := aws.ToString(stack.StackId)
	past, err := c.eventsAfter(ctx, id, "")
	if err != nil {
		return message.Errorf("stack %s: %w", name, cloud.Explained(err))
	}
	return c.outcome(ctx, out, name, id, beforeLastStart(past))
}

// beforeLastStart returns the id of the event before what is under way began; "" if there is none.
func beforeLastStart(events []event) string {
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].ends() {
			return events[i].id
		}
	}
	return ""
}

// outcome follows a stack until it is at rest, and returns an error unless it has what was asked for.
func (c *Client) outcome(ctx context.Context, out *console.Console, name, id, after string) error {
	status, events, err := c.follow(ctx, out, id, after)
	switch {
	case ctx.Err() != nil:
		return message.Errorf("interrupted: AWS goes on with it. Watch it with: glasspoll deploy watch --stack %s --region %s", name, c.Region)
	case err != nil:
		return message.Errorf("stack %s is no longer followed, while AWS goes on with it: %w\nWatch it with: glasspoll deploy watch --stack %s --region %s", name, err, name, c.Region)
	case succeeded(status):
		return nil
	}
	explain(out, events)
	switch status {
	case types.StackStatusRollbackComplete:
		return message.Errorf("stack %s could not be created, and was taken back. The next `glasspoll deploy` deletes what is left of it, and begins anew", name)
	case types.StackStatusUpdateRollbackComplete:
		return message.Errorf("stack %s could not be changed: it is as it was before", name)
	case types.StackStatusUpdateRollbackFailed:
		return message.Errorf("stack %s could be neither changed nor taken back. Remove the cause, then run `glasspoll deploy` again: it continues the rollback first", name)
	case types.StackStatusDeleteFailed:
		return message.Errorf("stack %s could not be deleted completely. Remove the cause, then run the command again", name)
	}
	return message.Errorf("stack %s has ended as %s", name, string(status))
}
