package records

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// CaseStore stores the cases of all surveys.
type CaseStore interface {
	store.Cases
	store.Catalog
}

// Cases returns the cases of a survey, or of all surveys, and of none, if survey is "".
func Cases(ctx context.Context, records CaseStore, survey string) ([]*cases.Case, error) {
	if survey != "" {
		return records.CasesOf(ctx, survey)
	}
	surveys, err := records.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	var all []*cases.Case
	for _, id := range append(surveys, cases.NoSurvey) {
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

// ChangeCase changes and saves a case, and returns it, retrying if it was changed meanwhile. about returns the news of the
// change, which is stored with it; nil for none.
func ChangeCase(ctx context.Context, records CaseStore, id string, change func(c *cases.Case) error, about func(c *cases.Case) []news.Item) (*cases.Case, error) {
	for range maxSaves {
		c, err := FindCase(ctx, records, id)
		if err != nil {
			return nil, err
		}
		if err := change(c); err != nil {
			return nil, message.Errorf("case %s: %w", c.ID, err)
		}
		var also []news.Item
		if about != nil {
			also = about(c)
		}
		if err := records.SaveCase(ctx, c, also...); !errors.Is(err, store.ErrStale) {
			return c, err
		}
	}
	return nil, message.Errorf("case %s: %w %d times", id, store.ErrStale, maxSaves)
}

// BookOf returns what cases are added to: a survey that is in force, or none if id is "". Days are counted in a timezone; if
// that is "", in the survey's, or in that of all surveys if they have the same, or else in UTC.
func BookOf(ctx context.Context, from interface {
	store.Definitions
	store.Catalog
}, id, timezone string) (cases.Book, error) {
	if _, err := time.LoadLocation(timezone); err != nil || timezone == "Local" {
		return cases.Book{}, message.Errorf("unknown timezone '%s': write one such as Asia/Shanghai, Europe/Berlin or UTC", timezone)
	}
	if id != "" {
		s, err := from.Definition(ctx, id, "")
		if errors.Is(err, store.ErrUnknown) {
			return cases.Book{}, message.Errorf("there is no survey '%s'", id)
		}
		if err != nil {
			return cases.Book{}, err
		}
		return cases.Book{Survey: id, Timezone: cmp.Or(timezone, s.Timezone), Deadlines: s.Deadlines, PeriodAt: s.PeriodAt}, nil
	}
	if timezone != "" {
		return cases.Book{Survey: cases.NoSurvey, Timezone: timezone}, nil
	}
	surveys, err := from.Surveys(ctx)
	if err != nil {
		return cases.Book{}, err
	}
	for _, id := range surveys {
		s, err := from.Definition(ctx, id, "")
		switch {
		case errors.Is(err, store.ErrUnknown):
		case err != nil:
			return cases.Book{}, err
		case timezone != "" && timezone != s.Timezone:
			return cases.Book{Survey: cases.NoSurvey, Timezone: "UTC"}, nil
		default:
			timezone = s.Timezone
		}
	}
	return cases.Book{Survey: cases.NoSurvey, Timezone: cmp.Or(timezone, "UTC")}, nil
}
