package cloud

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// InvitationTable returns the name of the table of invitations that belongs to a table. deploy/template.yaml gives it that
// name, so that whoever knows one table knows both.
func InvitationTable(table string) string { return table + "-invitations" }

var errNoInvitations error = message.Key("this deployment has no table of invitations: bring its stack up to date with the template of this version")

// withInvitations returns an error if there is no table of invitations.
func (t *Table) withInvitations() error {
	if t.invited == "" {
		return t.wrap(errNoInvitations)
	}
	return nil
}

// wrapInvited says what an error of the table of invitations means.
func (t *Table) wrapInvited(err error) error { return t.wrapIn(t.invited, err) }

// wrapIn says which table an error is about.
func (t *Table) wrapIn(name string, err error) error {
	var missing *types.ResourceNotFoundException
	if name == t.invited && errors.As(err, &missing) {
		err = errNoInvitations
	}
	return wrapOf(name, err)
}

// outOfReach reports whether an error says that there is no table of invitations, or that the credentials have no right to it,
// which hides whether there is one.
func outOfReach(err error) bool {
	var failed smithy.APIError
	return errors.Is(err, errNoInvitations) || errors.As(err, &failed) && causes[failed.ErrorCode()] == noRight
}

// unlessNever returns nil for an error that says that the table of invitations is out of reach, if no version of a survey's
// questionnaire can have put something there: so a deployment without the table goes on with surveys that are open.
func (t *Table) unlessNever(ctx context.Context, id string, puts func(*survey.Survey) bool, err error) error {
	if !outOfReach(err) {
		return err
	}
	never, failed := t.never(ctx, id, puts)
	switch {
	case failed != nil:
		return failed
	case never:
		return nil
	}
	return err
}

// What a survey must be for something of it to be in the table of invitations.
func isInvited(s *survey.Survey) bool   { return s.HasInvitations() }
func isAnonymous(s *survey.Survey) bool { return s.Anonymity == survey.Anonymous }

// never reports whether something holds for no version of a survey's questionnaire.
func (t *Table) never(ctx context.Context, id string, holds func(*survey.Survey) bool) (bool, error) {
	versions, err := t.Versions(ctx, id)
	if err != nil {
		return false, err
	}
	for _, version := range versions {
		s, err := t.Definition(ctx, id, version)
		if errors.Is(err, store.ErrUnknown) {
			continue
		}
		if err != nil || holds(s) {
			return false, err
		}
	}
	return true, nil
}
