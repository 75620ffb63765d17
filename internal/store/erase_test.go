package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// fake is a back end with one response, whose Replace is stale some times before it succeeds.
type fake struct {
	store.Reviews

	survey   *survey.Survey // nil: unknown
	response answer.Response
	tally    *tally.Tally
	cases    []*cases.Case
	settled  string // as it is stored
	stale    int    // how often Replace and SaveCase each return ErrStale

	replaced *tally.Tally
	saved    int
}

func (f *fake) Definition(context.Context, string, string) (*survey.Survey, error) {
	if f.survey == nil {
		return nil, fmt.Errorf("table: %w", store.ErrUnknown)
	}
	return f.survey, nil
}

// Decisions yields none.
func (f *fake) Decisions(context.Context, string, string) iter.Seq2[review.Decisions, error] {
	return func(func(review.Decisions, error) bool) {}
}

func (f *fake) Tally(context.Context, string, string) (*tally.Tally, int, error) {
	return f.tally, 1, nil
}
func (f *fake) SaveTally(context.Context, string, string, *tally.Tally, int) error {
	return errors.New("not part of an erasure")
}

func (f *fake) Progress(context.Context, string) (string, error) { return f.settled, nil }
func (f *fake) SaveProgress(context.Context, string, string) error {
	return errors.New("not part of an erasure")
}

func (f *fake) OpenCase(context.Context, *cases.Case, ...news.Item) (bool, error) {
	return false, errors.New("not part of an erasure")
}

func (f *fake) CasesOf(context.Context, string) ([]*cases.Case, error) {
	var copies []*cases.Case
	for _, c := range f.cases {
		one := *c
		copies = append(copies, &one)
	}
	return copies, nil
}

func (f *fake) SaveCase(_ context.Context, c *cases.Case, _ ...news.Item) error {
	if f.saved++; f.saved <= f.stale {
		return store.ErrStale
	}
	f.cases[0] = c
	return nil
}

func (f *fake) Stored(context.Context, string, string) (*store.Stored, error) {
	left := f.stale
	return &store.Stored{Entry: store.Entry{Cursor: "5", Response: f.response}, Replace: func(_ context.Context, tombstone answer.Response, t *tally.Tally, _ int) error {
		if left > 0 {
			f.stale--
			return store.ErrStale
		}
		f.response, f.replaced = tombstone, t
		return nil
	}}, nil
}

func newFake(t *testing.T) *fake {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\nsections: [{questions: [{id: q, type: yes_no, label: Q}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := answer.Response{ID: "id", Survey: "tea", Period: "all", Version: s.Version, Answers: []answer.Answer{{"q", "yes"}}}
	counted := tally.New()
	counted.Fold(s, "5", "2026-11-29", r)
	counted.Advance("7")
	return &fake{survey: s, response: r, tally: counted, cases: []*cases.Case{{ID: "case", Survey: "tea", Response: "id", Result: "about the respondent"}}}
}

func erase(f *fake) (bool, error) {
	return store.Erase(context.Background(), f, "tea", "id", nil, time.Unix(0, 0))
}

func TestEraseTakesOut(t *testing.T) {
	f := newFake(t)
	if erased, err := erase(f); !erased || err != nil {
		t.Fatal(erased, err)
	}
	if got := f.replaced; got.Cursor != "7" || got.Waiting() != 0 || got.Withdrawn != 1 || got.Received() != 1 {
		t.Errorf("the tally is %+v", got)
	}
	if !f.response.Withdrawn || len(f.response.Answers) != 0 || !f.cases[0].Withdrawn || f.cases[0].Response != "" {
		t.Errorf("left: %+v, %+v", f.response, f.cases[0])
	}
	if erased, err := erase(f); erased || err != nil {
		t.Errorf("erased a tombstone: %v", err)
	}
}

// Of a member of a block nothing changes but the number of those who have withdrawn.
func TestEraseOfReleased(t *testing.T) {
	f := newFake(t)
	part := f.tally.Parts[f.survey.Shape]
	part.Out, part.Cohorts = map[string]string{"": "6"}, map[string]*tally.Counters{"": {Respondents: 3}}
	f.tally.Release = 1
	if erased, err := erase(f); !erased || err != nil {
		t.Fatal(erased, err)
	}
	if got := f.replaced; got.Cursor != "7" || got.Release != 1 || got.Waiting() != 3 || got.Withdrawn != 1 || got.Received() != 1 {
		t.Errorf("the tally is %+v", got)
	}
}

// A settled response is in a block, or nobody knows whether it waits: only if none of its cohort can wait that is settled, it is
// enough to count it as withdrawn.
func TestEraseOfSettled(t *testing.T) {
	for name, c := range map[string]struct {
		waiting int64
		out     string
		emptied bool
	}{
		"nobody waits":                     {0, "", false},
		"only later ones wait":             {2, "6", false},
		"it may be one of those who wait":  {2, "", true},
		"marks of another log say nothing": {2, "5", true},
	} {
		f := newFake(t)
		f.settled = `{"through":"5","release":1}`
		part := f.tally.Parts[f.survey.Shape]
		part.Cohorts, part.Out = map[string]*tally.Counters{}, map[string]string{}
		if c.waiting > 0 {
			part.Cohorts[""] = &tally.Counters{Respondents: c.waiting}
		}
		if c.out != "" {
			part.Out[""] = c.out
		}
		if erased, err := erase(f); !erased || err != nil {
			t.Fatal(name, erased, err)
		}
		if emptied := f.replaced.Cursor == ""; emptied != c.emptied || !emptied && (f.replaced.Waiting() != c.waiting || f.replaced.Withdrawn != 1) {
			t.Errorf("%s: the tally is %+v", name, f.replaced)
		}
	}
}

// A response counts by the questionnaire that was answered; if that is not known, it counts as received.
func TestEraseOfUnknownVersion(t *testing.T) {
	f := newFake(t)
	f.tally = tally.New()
	f.tally.Fold(nil, "5", "2026-11-29", f.response)
	f.tally.Advance("7")
	f.survey = nil
	if erased, err := erase(f); !erased || err != nil {
		t.Fatal(erased, err)
	}
	if got := f.replaced; got.Cursor != "7" || got.Withdrawn != 1 || got.Received() != 1 || got.Waiting() != 0 {
		t.Errorf("the tally is %+v", got)
	}
}

// Where the response cannot be taken out, the tally is emptied, and the publisher that folds again withdraws the cases.
func TestEraseEmptiesTheTally(t *testing.T) {
	for name, change := range map[string]func(f *fake){
		"unknown survey": func(f *fake) { f.survey = nil },
		"other shape":    func(f *fake) { f.tally.Parts = map[string]*tally.Part{"another": f.tally.Parts[f.survey.Shape]} },
		"not counted":    func(f *fake) { f.tally.Parts = map[string]*tally.Part{} },
	} {
		f := newFake(t)
		change(f)
		if erased, err := erase(f); !erased || err != nil {
			t.Errorf("%s: %t, %v", name, erased, err)
		}
		if len(f.replaced.Parts) > 0 || f.replaced.Cursor != "" || f.replaced.Alerted != "7" || f.cases[0].Withdrawn {
			t.Errorf("%s: the tally is %+v, the case %+v", name, f.replaced, f.cases[0])
		}
	}
}

// A response that the tally has not reached leaves it unchanged, but for its revision.
func TestEraseBeforeTheCursor(t *testing.T) {
	for _, before := range []*tally.Tally{nil, {Cursor: "4"}} {
		f := newFake(t)
		f.tally = before
		if erased, err := erase(f); !erased || err != nil {
			t.Error(erased, err)
		}
		if f.replaced == nil || f.replaced.Withdrawn != 0 || before != nil && f.replaced.Cursor != "4" || f.cases[0].Withdrawn {
			t.Errorf("the tally is %+v, the case %+v", f.replaced, f.cases[0])
		}
	}
}

func TestEraseRetries(t *testing.T) {
	f := newFake(t)
	f.stale = 3
	if erased, err := erase(f); !erased || err != nil || !f.cases[0].Withdrawn {
		t.Errorf("%t, %v", erased, err)
	}
	f = newFake(t)
	f.stale = 1000
	if erased, err := erase(f); erased || !errors.Is(err, store.ErrStale) {
		t.Errorf("%t, %v", erased, err)
	}
}
