package store

import (
	"context"
	"iter"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
	"glasspoll/internal/review"
	"glasspoll/internal/tally"
)

// Reader is what can be read of a back end that is never written again, such as one of an older form.
type Reader interface {
	Definitions
	Catalog
	Log
	PrivateAnswers
	History

	// As in the ports of the same methods.
	Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error)
	Latest(ctx context.Context, survey string) ([]*release.Release, error)
	CasesOf(ctx context.Context, survey string) ([]*cases.Case, error)
	News(ctx context.Context, survey string) ([]news.Item, error)
}

// Finder finds responses by their ids. A [Reader] need not be one.
type Finder interface {
	// Find returns what Erasure.Find returns.
	Find(ctx context.Context, id string) ([]Entry, error)
}

// ReadOnly makes a back end for operators' commands of one that can only be read. Whatever would change it is refused with
// an error, which says what to do instead.
func ReadOnly(r Reader, refusal error) Records { return readOnly{r, refusal} }

type readOnly struct {
	Reader
	refusal error
}

// Collect has nothing to do: nothing is stored that is not in the logs.
func (readOnly) Collect(context.Context, string, ...string) error { return nil }

func (r readOnly) SaveTally(context.Context, string, string, *tally.Tally, int) error {
	return r.refusal
}

func (r readOnly) Append(context.Context, *release.Release, *tally.Tally, int) error {
	return r.refusal
}

func (r readOnly) OpenCase(context.Context, *cases.Case, ...news.Item) (bool, error) {
	return false, r.refusal
}

func (r readOnly) SaveCase(context.Context, *cases.Case, ...news.Item) error { return r.refusal }

func (r readOnly) SaveNews(context.Context, news.Item) error { return r.refusal }

func (r readOnly) RemoveNews(context.Context, string, string) error { return r.refusal }

func (r readOnly) AddNews(context.Context, news.Item) (bool, error) { return false, r.refusal }

// Progress returns that nothing has been saved.
func (readOnly) Progress(context.Context, string) (string, error) { return "", nil }

func (r readOnly) SaveProgress(context.Context, string, string) error { return r.refusal }

// Decisions yields nothing, unless the back end has some.
func (r readOnly) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	if some, ok := r.Reader.(DecisionReader); ok {
		return some.Decisions(ctx, survey, period)
	}
	return func(func(review.Decisions, error) bool) {}
}

// PrivateCorrections returns nothing, unless the back end has some.
func (r readOnly) PrivateCorrections(ctx context.Context, survey, id string) (review.PrivateCorrections, error) {
	if some, ok := r.Reader.(PrivateCorrections); ok {
		return some.PrivateCorrections(ctx, survey, id)
	}
	return nil, nil
}

func (r readOnly) Decide(context.Context, string, string, review.Decisions, *tally.Tally, int) error {
	return r.refusal
}

func (r readOnly) ImportDecisions(context.Context, string, string, review.Decisions) (bool, error) {
	return false, r.refusal
}

// Find reads all logs if the back end has no faster way.
func (r readOnly) Find(ctx context.Context, id string) (found []Entry, err error) {
	if f, ok := r.Reader.(Finder); ok {
		return f.Find(ctx, id)
	}
	surveys, err := r.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	for _, survey := range surveys {
		periods, err := r.Periods(ctx, survey)
		if err != nil {
			return nil, err
		}
		for _, period := range periods {
			for entry, err := range r.After(ctx, survey, period, "") {
				if err != nil {
					return nil, err
				}
				if entry.Response.ID == id {
					found = append(found, entry)
				}
			}
		}
	}
	return found, nil
}

func (r readOnly) Erase(context.Context, string, string, []string) (bool, error) {
	return false, r.refusal
}
