package cloud

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/invitation"
	"glasspoll/internal/survey"
)

// tableOf returns the name of the table that a call to the table of invitations may name.
func tableOf(c cloudtest.Call) string {
	switch in := c.Input.(type) {
	case *dynamodb.GetItemInput:
		return aws.ToString(in.TableName)
	case *dynamodb.QueryInput:
		return aws.ToString(in.TableName)
	case *dynamodb.PutItemInput:
		return aws.ToString(in.TableName)
	case *dynamodb.UpdateItemInput:
		return aws.ToString(in.TableName)
	}
	return ""
}

// TestTableOfInvitationsOutOfReach opens a deployment of an earlier version, which has no second table. To an operator of it,
// who has no right to one, AWS says no more than that. To a survey that was never for invited people nobody was invited; of
// another one nothing may be left out silently.
func TestTableOfInvitationsOutOfReach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		says string
	}{
		{"missing", &types.ResourceNotFoundException{}, "bring its stack up to date"},
		{"no right", &smithy.GenericAPIError{Code: "AccessDeniedException"}, "no right to it"},
		{"fault", &smithy.GenericAPIError{Code: "InternalServerError"}, "fault at the moment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			open, invited := parseSurvey(t, "open", worldSurvey), parseSurvey(t, "invited", worldSurvey)
			invited.Access, invited.Anonymity = survey.BothAccess, survey.Anonymous
			invited.Version = "both"
			w := newWorld(open, cloudtest.Options{})
			p := w.process(cloudtest.Hooks{Around: func(_ context.Context, call cloudtest.Call, do func() error) error {
				if tableOf(call) == invitedTable {
					return c.err
				}
				return do()
			}}, Options{})
			for _, s := range []*survey.Survey{open, invited} {
				if err := p.PutDefinition(ctx, s); err != nil {
					t.Fatal(err)
				}
			}
			reopened := *invited // what somebody was once invited to
			reopened.Anonymity = ""
			reopened.Access, reopened.Version = survey.OpenAccess, "reopened"
			if err := p.PutDefinition(ctx, &reopened); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"open", "invited"} {
				var listed error
				for i, err := range p.InvitationsOf(ctx, id) {
					listed = err
					if err == nil {
						t.Errorf("there is %+v", i)
					}
				}
				_, counted := p.Counted(ctx, id)
				if _, err := p.SigningKeysOf(ctx, id); (err != nil) != (id == "invited" || c.name == "fault") {
					t.Errorf("the keys of %s: %v", id, err)
				}
				wanted := id == "invited" || c.name == "fault"
				for _, err := range []error{listed, counted} {
					if wanted != (err != nil) || err != nil && (!strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), invitedTable)) {
						t.Errorf("%s: %v", id, err)
					}
				}
			}
			_, put := p.PutInvitations(ctx, []invitation.Invitation{personal(1)})
			_, withdrawn := p.WithdrawInvitations(ctx, []invitation.Hash{personal(1).Hash})
			for _, err := range []error{put, withdrawn, p.Count(ctx, "open", "x"), p.Raise(ctx, "open", map[string]int64{"x": 1})} {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Error(err)
				}
			}
			if c.name == "missing" && !errors.Is(put, errNoInvitations) {
				t.Error(put)
			}
		})
	}
}

// TestSecretOfTheDayIsNotCopied wants it in the table of which nothing is copied.
func TestSecretOfTheDayIsNotCopied(t *testing.T) {
	t.Parallel()
	w := newWorld(nil, cloudtest.Options{})
	var tables []string
	p := w.process(cloudtest.Hooks{Around: func(_ context.Context, call cloudtest.Call, do func() error) error {
		tables = append(tables, tableOf(call))
		return do()
	}}, Options{})
	secret, err := p.DaySecret(t.Context(), w.now())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{invitedTable, invitedTable, invitedTable}; !slices.Equal(tables, want) { // read, made, read
		t.Errorf("the calls are to %v", tables)
	}
	without := w.process(cloudtest.Hooks{}, Options{})
	without.invited = ""
	if other, err := without.DaySecret(t.Context(), w.now()); err != nil || bytes.Equal(other, secret) {
		t.Errorf("without the table, the secret is %x, %v", other, err)
	}
}
