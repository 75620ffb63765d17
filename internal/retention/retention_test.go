package retention_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/retention"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
	"glasspoll/internal/verify"
)

const coffee = `title: Coffee
timezone: UTC
results: {min_group: 3}
quality: {fast: off, burst: off}
sections:
  - questions:
      - {id: tier, type: single_choice, required: true, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
`

// noticed returns the questionnaire with a notice that says how long answers are kept; "" for none.
func noticed(t *testing.T, keep string) *survey.Survey {
	t.Helper()
	source := coffee
	if keep != "" {
		source += "privacy: {controller: Lantern, purpose: To improve., contact: {email: a@b.example}, keep: " + keep + "}\n"
	}
	s, problems := questionnaire.Parse("coffee.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

type silent struct{}

func (silent) HTML(io.Writer, results.Page) error { return nil }
func (silent) JSON(io.Writer, results.Page) error { return nil }
func (silent) CSV(io.Writer, results.Page) error  { return nil }

var errKilled = errors.New("killed")

// killable is a back end that fails after a number of deletions, and says how long a log has been.
type killable struct {
	*storetest.Memory
	left int
	size int // the largest deletion
}

func (k *killable) Expire(ctx context.Context, survey, period string, some []store.Entry, revision int) (int, error) {
	if k.left == 0 {
		return 0, errKilled
	}
	k.left--
	k.size = max(k.size, len(some))
	return k.Memory.Expire(ctx, survey, period, some, revision)
}

func (k *killable) Logged(ctx context.Context, survey, period string) (n int64, end string, err error) {
	if n, err = k.Expired(ctx, survey, period); err != nil {
		return 0, "", err
	}
	for _, err := range k.After(ctx, survey, period, "") {
		if err != nil {
			return 0, "", err
		}
		n++
	}
	ends, err := k.Ends(ctx, survey)
	return n, ends[period], err
}

func (k *killable) CheckKeys(context.Context, string, string) iter.Seq2[store.KeyProblem, error] {
	return func(func(store.KeyProblem, error) bool) {}
}

var _ store.Checker = (*killable)(nil)

// stored is what the model knows of a response.
type stored struct {
	arrived time.Time
	version int
	counted bool
}

// world is a back end and what should be in it.
type world struct {
	*rapid.T
	ctx      context.Context
	back     *killable
	versions []*survey.Survey
	keep     []survey.Span // of the versions
	inForce  int
	operator survey.Span
	now      time.Time
	all      map[string]*stored // that are in the log
	erased   map[string]bool
	received int64 // that have ever been counted
	waits    int64 // that have come since
	n        int
}

func (w *world) must(err error) {
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) due(s *stored) bool {
	for _, keep := range []survey.Span{w.operator, w.keep[w.inForce], w.keep[s.version]} {
		if !keep.IsZero() && s.arrived.Before(keep.Before(w.now)) {
			return true
		}
	}
	return false
}

func (w *world) arrive() {
	version := rapid.IntRange(0, len(w.versions)-1).Draw(w.T, "version")
	for range rapid.IntRange(1, 6).Draw(w.T, "arrive") {
		at := w.now.AddDate(0, 0, -rapid.SampledFrom([]int{0, 0, 0, 1, 40}).Draw(w.T, "late"))
		r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", w.n), Survey: "coffee", Version: w.versions[version].Version, Period: "all", Language: "en",
			Answers: []answer.Answer{{"tier", rapid.SampledFrom([]string{"a", "b"}).Draw(w.T, "tier")}, {"taste", fmt.Sprint(1 + w.n%5)}}, Quality: answer.Quality{Flags: answer.Watched}}
		w.n++
		created, err := w.back.PutOn(w.ctx, at, r)
		w.must(err)
		if !created {
			w.Fatal("not created")
		}
		w.all[r.ID] = &stored{arrived: at, version: version}
		w.waits++
	}
	w.must(w.back.Collect(w.ctx, "coffee"))
}

func (w *world) publish() {
	p := publish.New(publish.Options{Collector: w.back, Log: w.back, Definitions: w.back, Tallies: w.back, Releases: w.back, Pages: w.back, Renderer: silent{}, Cases: w.back, Progress: w.back, Reviews: w.back,
		Now: func() time.Time { return w.now }})
	_, err := p.Publish(w.ctx, w.versions[w.inForce])
	w.must(err)
	for _, s := range w.all {
		s.counted = true
	}
	w.received += w.waits
	w.waits = 0
}

func (w *world) erase() {
	ids := slices.Sorted(maps.Keys(w.all))
	if len(ids) == 0 {
		return
	}
	id := rapid.SampledFrom(ids).Draw(w.T, "erased")
	_, err := w.back.Erase(w.ctx, "coffee", id, []string{"tier"})
	w.must(err)
	w.erased[id] = true
}

// round deletes what is due, and may be killed in between. What was released stays.
func (w *world) round() {
	before, err := w.back.Latest(w.ctx, "coffee")
	w.must(err)
	deleted, waiting := 0, 0
	r := retention.Round{Records: w.back, Operator: w.operator, Now: func() time.Time { return w.now },
		Deleted: func(_, _ string, n int) { deleted += n }, Waiting: func(_, _ string, n int) { waiting += n }}
	w.back.left = rapid.SampledFrom([]int{0, 1, 100, 100}).Draw(w.T, "steps")
	err = r.Run(w.ctx)
	killed := errors.Is(err, errKilled)
	if !killed {
		w.must(err)
	}
	left, late := map[string]bool{}, 0
	for e, err := range w.back.After(w.ctx, "coffee", "all", "") {
		w.must(err)
		left[e.Response.ID] = true
	}
	gone := 0
	for id, s := range w.all {
		switch {
		case w.due(s) && s.counted && left[id] && !killed:
			w.Errorf("%s came on %s and is still there on %s", id, s.arrived, w.now)
		case !left[id] && (!w.due(s) || !s.counted):
			w.Errorf("%s came on %s and was deleted on %s; counted %t", id, s.arrived, w.now, s.counted)
		case w.due(s) && !s.counted:
			late++
		}
		if !left[id] {
			gone++
			delete(w.all, id)
		}
	}
	if deleted != gone || !killed && waiting != late {
		w.Errorf("said are %d deleted and %d waiting, and there are %d and %d", deleted, waiting, gone, late)
	}
	after, err := w.back.Latest(w.ctx, "coffee")
	w.must(err)
	if len(before) != len(after) || len(before) > 0 && string(before[0].Encode()) != string(after[0].Encode()) {
		w.Error("a release has changed")
	}
}

func (w *world) check() {
	counted, _, err := w.back.Tally(w.ctx, "coffee", "all")
	w.must(err)
	if counted != nil && counted.Received() != w.received && w.waits == 0 {
		w.Errorf("the tally has counted %d, want %d", counted.Received(), w.received)
	}
	for id := range w.erased {
		if taken, err := w.back.Taken(w.ctx, "coffee", id); err != nil || !taken {
			w.Errorf("the id of %s, which was erased, is free: %v", id, err)
		}
	}
	v, err := verify.Period(w.ctx, w.back, w.versions[w.inForce], "all")
	w.must(err)
	for _, f := range v.Findings {
		w.Errorf("%s: %s", f.Code, f)
	}
}

// TestRounds: whatever comes, is erased, is published and is deleted, and wherever a round is killed, nothing is deleted early or
// uncounted, nothing stays that is due, what was counted and released stays, and verifying agrees.
func TestRounds(t *testing.T) {
	t.Parallel()
	var versions []*survey.Survey
	for _, keep := range []string{"", "{days: 30}", "{months: 3}"} {
		versions = append(versions, noticed(t, keep))
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{T: rt, ctx: t.Context(), back: &killable{Memory: storetest.NewMemory()}, versions: versions, keep: []survey.Span{{}, {Days: 30}, {Months: 3}},
			now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), all: map[string]*stored{}, erased: map[string]bool{}}
		w.operator = rapid.SampledFrom([]survey.Span{{}, {Days: 60}, {Years: 1}}).Draw(rt, "operator")
		for _, s := range versions {
			w.must(w.back.PutDefinition(w.ctx, s))
		}
		w.inForce = len(versions) - 1
		for range rapid.IntRange(4, 12).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"arrive", "arrive", "publish", "publish", "erase", "round", "later", "later", "edit"}).Draw(rt, "what") {
			case "arrive":
				w.arrive()
			case "publish":
				w.publish()
			case "erase":
				w.erase()
			case "round":
				w.round()
			case "later":
				w.now = w.now.AddDate(0, 0, rapid.IntRange(1, 45).Draw(rt, "days"))
			case "edit":
				w.inForce = rapid.IntRange(0, len(versions)-1).Draw(rt, "in force")
				w.must(w.back.PutDefinition(w.ctx, versions[w.inForce]))
			}
			w.check()
		}
	})
}

// TestSteps: what is deleted in one transaction is bounded.
func TestSteps(t *testing.T) {
	t.Parallel()
	s := noticed(t, "{days: 30}")
	back := &killable{Memory: storetest.NewMemory(), left: 100}
	if err := back.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	counted := tally.New()
	for n := range 350 {
		r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", n), Survey: "coffee", Version: s.Version, Period: "all", Language: "en", Answers: []answer.Answer{{"tier", "a"}, {"taste", "5"}}}
		if _, err := back.PutOn(t.Context(), now.AddDate(0, 0, -40), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := back.Collect(t.Context(), "coffee"); err != nil {
		t.Fatal(err)
	}
	for e, err := range back.After(t.Context(), "coffee", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		counted.Fold(s, e.Cursor, e.Day(s), e.Response)
	}
	if err := back.SaveTally(t.Context(), "coffee", "all", counted, 0); err != nil {
		t.Fatal(err)
	}
	total := 0
	r := retention.Round{Records: back, Now: func() time.Time { return now }, Deleted: func(_, _ string, n int) { total += n }, Waiting: func(_, _ string, n int) { t.Errorf("%d wait", n) }}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if total != 350 || back.size != 100 {
		t.Errorf("%d were deleted, %d at once", total, back.size)
	}
}

func TestMain(m *testing.M) { soak.Main(m, 5000) }
