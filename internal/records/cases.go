package records

import (
	"context"
	"errors"
	"strings"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// CaseStore stores the cases of all surveys.
type CaseStore interface {
	store.Cases
	store.Catalog
}

// Cases returns the cases of a survey, or of all surveys if survey is "".
func Cases(ctx context.Context, records CaseStore, survey string) ([]*cases.Case, error) {
	if survey != "" {
		return records.CasesOf(ctx, survey)
	}
	surveys, err := records.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	var all []*cases.Case
	for _, id := range surveys {
		found, err := records.CasesOf(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// FindCase finds a case of any survey by its id, or by a beginning of it that no other id has.
func FindCase(ctx context.Context, records CaseStore, id string) (*cases.Case, error) {
	all, err := Cases(ctx, records, "")
	if err != nil {
		return nil, err
	}
	c, err := cases.Find(all, id)
	if ambiguous := new(cases.AmbiguousError); errors.As(err, &ambiguous) {
		return nil, message.Errorf("%s: %w (%s)", id, err, strings.Join(ambiguous.IDs, ", "))
	}
	if err != nil {
		return nil, message.Errorf("%s: %w: `glasspoll cases list --status all` shows those that there are", id, err)
	}
	return c, nil
}

// maxSaves bounds the tries to save a case that others change meanwhile.
const maxSaves = 10

// ChangeCase changes and saves a case, and returns it, retrying if it was changed meanwhile.
func ChangeCase(ctx context.Context, records CaseStore, id string, change func(c *cases.Case) error) (*cases.Case, error) {
	for range maxSaves {
		c, err := FindCase(ctx, records, id)
		if err != nil {
			return nil, err
		}
		if err := change(c); err != nil {
			return nil, message.Errorf("case %s: %w", c.ID, err)
		}
		if err := records.SaveCase(ctx, c); !errors.Is(err, store.ErrStale) {
			return c, err
		}
	}
	return nil, message.Errorf("case %s: %w %d times", id, store.ErrStale, maxSaves)
}
