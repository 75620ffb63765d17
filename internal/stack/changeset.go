package stack

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/message"
)

// A changeSet is what CloudFormation says that it would do.
type changeSet struct {
	id, stackID string
	creates     bool // the stack
	empty       bool // there is nothing to change
	changes     []change
}

// A proposal is what a change set is asked for.
type proposal struct {
	stack    string
	creates  bool
	body     string // of the template
	url      string // of the template, in place of its body
	choices  []choice
	tags     map[string]string
	withName bool // the template names roles or policies
}

// propose makes a change set, and waits until CloudFormation has worked it out.
func (c *Client) propose(ctx context.Context, p proposal) (*changeSet, error) {
	input := &cloudformation.CreateChangeSetInput{
		StackName: &p.stack, ChangeSetName: aws.String("glasspoll-" + strings.ToLower(newSecret()[:16])), ChangeSetType: types.ChangeSetTypeUpdate,
		Capabilities: []types.Capability{types.CapabilityCapabilityAutoExpand, types.CapabilityCapabilityIam},
	}
	if p.withName {
		input.Capabilities[1] = types.CapabilityCapabilityNamedIam
	}
	if p.creates {
		input.ChangeSetType = types.ChangeSetTypeCreate
		for name, value := range p.tags {
			input.Tags = append(input.Tags, types.Tag{Key: &name, Value: &value})
		}
	}
	if p.url != "" {
		input.TemplateURL = &p.url
	} else {
		input.TemplateBody = &p.body
	}
	for _, choice := range p.choices {
		parameter := types.Parameter{ParameterKey: &choice.name}
		if choice.kept {
			parameter.UsePreviousValue = aws.Bool(true)
		} else {
			parameter.ParameterValue = &choice.value
		}
		input.Parameters = append(input.Parameters, parameter)
	}
	made, err := c.formation.CreateChangeSet(ctx, input)
	if err != nil {
		return nil, message.Errorf("stack %s: %w", p.stack, cloud.Explained(err))
	}
	set := &changeSet{id: aws.ToString(made.Id), stackID: aws.ToString(made.StackId), creates: p.creates}
	if err := c.await(ctx, p.stack, set); err != nil {
		c.discard(ctx, set)
		return nil, err
	}
	return set, nil
}

// await waits until a change set has been worked out, and reads it.
func (c *Client) await(ctx context.Context, stack string, set *changeSet) error {
	for failures := 0; ; {
		described, err := c.formation.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &set.id})
		if err != nil {
			if failures++; !mayPass(err) || failures > patience {
				return message.Errorf("stack %s: %w", stack, cloud.Explained(err))
			}
		} else {
			switch described.Status {
			case types.ChangeSetStatusCreateComplete:
				return c.read(ctx, set, described)
			case types.ChangeSetStatusFailed:
				reason := aws.ToString(described.StatusReason)
				if set.empty = noChanges.MatchString(reason); set.empty {
					return nil
				}
				return refused(stack, reason)
			case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress, types.ChangeSetStatusDeleteComplete, types.ChangeSetStatusDeleteFailed:
				return message.Errorf("stack %s: somebody has deleted the change set: run the command again", stack)
			}
		}
		if err := c.pause(ctx); err != nil {
			return message.Errorf("stack %s: %w", stack, err)
		}
	}
}

// refused says why CloudFormation takes a change set not, and what to do about it.
func refused(stack, reason string) error {
	if remedy := (event{reason: reason}).remedy(); !remedy.IsZero() {
		return message.Errorf("stack %s: CloudFormation refuses this change: %s\n  → %s", stack, reason, remedy)
	}
	return message.Errorf("stack %s: CloudFormation refuses this change: %s", stack, reason)
}

var noChanges = regexp.MustCompile(`didn't contain changes|No updates are to be performed`)

// read reads the pages of a change set's changes.
func (c *Client) read(ctx context.Context, set *changeSet, page *cloudformation.DescribeChangeSetOutput) error {
	all := page.Changes
	for page.NextToken != nil {
		var err error
		if page, err = c.formation.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &set.id, NextToken: page.NextToken}); err != nil {
			return cloud.Explained(err)
		}
		all = append(all, page.Changes...)
	}
	set.changes = changesOf(all)
	return nil
}

// discard deletes a change set that is not carried out, and the empty stack that one makes which would have created it. It also
// does so when the command has been interrupted. What it cannot delete does no harm.
func (c *Client) discard(ctx context.Context, set *changeSet) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	_, _ = c.formation.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &set.id})
	if !set.creates {
		return
	}
	stack, err := c.stack(ctx, set.stackID)
	if err != nil || stack == nil || stack.StackStatus != types.StackStatusReviewInProgress {
		return
	}
	others, err := c.formation.ListChangeSets(ctx, &cloudformation.ListChangeSetsInput{StackName: &set.stackID})
	if err != nil || len(others.Summaries) > 0 { // somebody else's
		return
	}
	_, _ = c.formation.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &set.stackID})
}

// execute begins to carry out a change set. The error is a message that says what to do.
func (c *Client) execute(ctx context.Context, stack string, set *changeSet) error {
	_, err := c.formation.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: &set.id, ClientRequestToken: aws.String(newSecret()[:26])})
	outdated, missing := new(types.InvalidChangeSetStatusException), new(types.ChangeSetNotFoundException)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &outdated), errors.As(err, &missing):
		c.discard(ctx, set)
		return message.Errorf("stack %s has been changed by somebody else since the changes were worked out: run the command again", stack)
	case mayPass(err) || ctx.Err() != nil:
		return message.Errorf("stack %s: whether the deployment has begun is not known: %w\nSee with: glasspoll deploy watch --stack %s --region %s", stack, cloud.Explained(err), stack, c.Region)
	}
	c.discard(ctx, set)
	return message.Errorf("stack %s: %w", stack, cloud.Explained(err))
}
