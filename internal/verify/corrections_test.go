package verify_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/records"
	"glasspoll/internal/results"
	"glasspoll/internal/review"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

const coffee = `title: Coffee
timezone: UTC
results: {min_group: 3}
quality: {fast: off, burst: off}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
`

type silent struct{}

func (silent) HTML(io.Writer, results.Page) error { return nil }
func (silent) JSON(io.Writer, results.Page) error { return nil }
func (silent) CSV(io.Writer, results.Page) error  { return nil }

// reviewed is a store with responses, of which persons decide.
type reviewed struct {
	*testing.T
	*storetest.Memory
	survey *survey.Survey
	n      int
}

func newReviewed(t *testing.T) *reviewed {
	t.Helper()
	s, problems := questionnaire.Parse("coffee.yaml", []byte(coffee))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := &reviewed{t, storetest.NewMemory(), s, 0}
	r.must(r.PutDefinition(t.Context(), s))
	return r
}

func (r *reviewed) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func idOf(n int) string { return fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", n) }

// put stores responses that gave 5.
func (r *reviewed) put(n int, flags answer.Flags) {
	r.Helper()
	for range n {
		one := answer.Response{ID: idOf(r.n), Survey: "coffee", Version: r.survey.Version, Period: "all", Language: "en",
			Answers: []answer.Answer{{"taste", "5"}}, Quality: answer.Quality{Flags: answer.Watched | flags}}
		_, err := r.Put(r.Context(), one)
		r.must(err)
		r.n++
	}
}

func (r *reviewed) publish(day int) {
	r.Helper()
	_, err := publish.New(publish.Options{Collector: r, Log: r, Definitions: r, Tallies: r, Releases: r, Pages: r, Renderer: silent{}, Cases: r, Progress: r, Reviews: r,
		Now: func() time.Time { return time.Now().AddDate(0, 0, day) }}).Publish(r.Context(), r.survey)
	r.must(err)
}

func (r *reviewed) decide(n int, reject bool) {
	r.Helper()
	done, err := records.Decide(r.Context(), r.Memory, r.survey, "all", records.Verdict{Reject: reject, At: time.Now()}, func(v records.Reviewed) bool { return v.Response.ID == idOf(n) })
	r.must(err)
	if len(done.Changed) != 1 {
		r.Fatalf("%+v", done.Refused)
	}
}

func (r *reviewed) correct(n int, taste string, counts bool) {
	r.Helper()
	done, err := records.Correct(r.Context(), r.Memory, r.survey, idOf(n), records.Amendment{Set: map[string][]string{"taste": {taste}}, Reason: "wrong", By: "desk", At: time.Now()}, true)
	r.must(err)
	if done.Counts != counts {
		r.Fatalf("%+v", done)
	}
}

func (r *reviewed) agrees(what string) {
	r.Helper()
	v, err := verify.Period(r.Context(), r.Memory, r.survey, "all")
	r.must(err)
	for _, f := range v.Findings {
		r.Errorf("%s: %s: %s", what, f.Code, f)
	}
}

// An answer that was said to be received, because it was not held or was accepted, and is rejected then, is no difference; nor if it is
// erased afterwards.
func TestRejectedLater(t *testing.T) {
	for _, flags := range []answer.Flags{0, answer.Rate} {
		r := newReviewed(t)
		for i, size := range []int{3, 4, 2, 2, 2} { // three more than were published, all of seven received
			first := r.n
			r.put(size, flags)
			r.publish(4 * i)
			for n := first; flags != 0 && n < r.n; n++ {
				r.decide(n, false)
			}
			r.publish(4*i + 2)
			latest, err := r.Latest(t.Context(), "coffee")
			r.must(err)
			if i > 0 && latest[0].Facts.Received == 0 {
				t.Fatal("it is not said how many were received")
			}
		}
		changed := 0
		for n := range r.n {
			done, err := records.Decide(t.Context(), r.Memory, r.survey, "all", records.Verdict{Reject: true, At: time.Now()}, func(v records.Reviewed) bool { return v.Response.ID == idOf(n) })
			r.must(err)
			if len(done.Changed) > 0 {
				changed++
				r.agrees(fmt.Sprint("rejected ", n))
				_, err := r.Erase(t.Context(), "coffee", idOf(n), nil)
				r.must(err)
				r.agrees(fmt.Sprint("erased ", n))
			}
		}
		if changed == 0 {
			t.Error("none could be rejected")
		}
	}
}

// An answer that was held, accepted, published with a later block and then erased is no difference.
func TestAcceptedPublishedErased(t *testing.T) {
	r := newReviewed(t)
	r.put(1, answer.Rate)
	r.put(3, 0)
	r.publish(0)
	r.decide(0, false)
	r.put(2, 0)
	r.publish(1)
	r.agrees("published")
	_, err := r.Erase(t.Context(), "coffee", idOf(0), nil)
	r.must(err)
	r.agrees("erased")
}

// retold is a store that tells of other corrections than were made.
type retold struct {
	*storetest.Memory
	taste string
}

func (r retold) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	return func(yield func(review.Decisions, error) bool) {
		for d, err := range r.Memory.Decisions(ctx, survey, period) {
			if d.Correction != nil {
				d.Correction.Answers = []answer.Answer{{"taste", r.taste}}
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// What is published of a corrected answer is compared with what the correction says; what was published before is not.
func TestCorrectionsAreCompared(t *testing.T) {
	r := newReviewed(t)
	r.put(4, 0)
	r.publish(0) // the four
	r.correct(0, "1", false)
	r.put(2, 0)
	r.publish(1)
	r.correct(4, "2", true)
	r.put(1, 0)
	r.publish(2) // three
	r.correct(5, "3", false)
	r.agrees("published as corrected")
	v, err := verify.Period(t.Context(), retold{r.Memory, "4"}, r.survey, "all")
	r.must(err)
	var codes []audit.Code
	for _, f := range v.Findings {
		codes = append(codes, f.Code)
	}
	if !slices.Contains(codes, audit.ReleasedOption) {
		t.Errorf("another correction than was published: %v", codes)
	}
}
