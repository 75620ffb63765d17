package transfer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/cases"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
	"glasspoll/internal/transfer"
	"glasspoll/internal/verify"
)

var ctx = context.Background()

const surveyID = "service"

// parse returns the questionnaire with a title, and with an alert for scores up to a limit.
func parse(t interface{ Fatal(...any) }, title string, limit, minGroup int) *survey.Survey {
	s, problems := questionnaire.Parse(surveyID+".yaml", fmt.Appendf(nil, `
title: %s
languages: [en]
timezone: UTC
results: {min_group: %d}
sections:
  - questions:
      - {id: tier, type: single_choice, segment: true, label: Tier, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: mood, type: number, min: 0, max: 10, label: Mood}
      - {id: mail, type: email, label: Mail, private: true}
alerts:
  - {when: mood <= %d, open: complaint, owner: desk, due_days: 5}
`, title, minGroup, limit))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

type silent struct{}

func (silent) HTML(io.Writer, results.Page) error { return nil }
func (silent) JSON(io.Writer, results.Page) error { return nil }
func (silent) CSV(io.Writer, results.Page) error  { return nil }

type fatal interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// world is two stores.
type world struct {
	t        fatal
	from, to *storetest.Memory
	calls    *calls
	hidden   map[string]bool // deleted from the source after a retention time
	survey   *survey.Survey
	now      time.Time
}

func newWorld(t fatal, minGroup int) *world {
	w := &world{t: t, from: storetest.NewMemory(), to: storetest.NewMemory(), calls: &calls{}, hidden: map[string]bool{},
		now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	w.must(w.from.PutDefinition(ctx, parse(t, "Before", 2, minGroup)))
	w.survey = parse(t, "Service", 2, minGroup)
	w.must(w.from.PutDefinition(ctx, w.survey))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// response returns answers: every fifth one opens a case, and every third one has private answers.
func (w *world) response(n int, period string) answer.Response {
	r := answer.Response{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Survey: surveyID, Version: w.survey.Version, Period: period, Language: "en",
		Answers: []answer.Answer{{"tier", string(rune('a' + n%2))}, {"mood", fmt.Sprint(2 * (n % 5))}},
	}
	if n%5 == 0 {
		r.Answers[1][1] = "1"
	} else if n%5 == 1 {
		r.Answers[1][1] = "3"
	}
	if n%3 == 0 {
		r.Private = []answer.Answer{{"mail", fmt.Sprintf("%d@example.org", n)}}
	}
	return r
}

func (w *world) put(into *storetest.Memory, period string, from, to int) {
	w.t.Helper()
	for n := from; n < to; n++ {
		_, err := into.Put(ctx, w.response(n, period))
		w.must(err)
	}
}

func (w *world) erase(in *storetest.Memory, n int) {
	w.t.Helper()
	_, err := in.Erase(ctx, surveyID, w.response(n, "").ID, []string{"tier"})
	w.must(err)
}

// publish publishes one of the stores.
func (w *world) publish(in *storetest.Memory) publish.Outcome {
	w.t.Helper()
	s, err := in.Definition(ctx, surveyID, "")
	w.must(err)
	out, err := publish.New(publish.Options{Collector: in, Log: in, Definitions: in, Tallies: in, Releases: in, Pages: in, Renderer: silent{}, Cases: in, Progress: in, Reviews: in,
		Notify: true, Now: func() time.Time { return w.now }}).Publish(ctx, s)
	w.must(err)
	return out
}

func (w *world) deliver(in *storetest.Memory) {
	w.t.Helper()
	pending, err := in.News(ctx, surveyID)
	w.must(err)
	for _, i := range pending {
		w.must(in.RemoveNews(ctx, surveyID, i.ID))
	}
}

func (w *world) options() transfer.Options {
	return transfer.Options{Source: "somewhere", Now: func() time.Time { return w.now }}
}

func (w *world) sides() (from, to *hooked) {
	return &hooked{w.calls, w.from, w.hidden}, &hooked{w.calls, w.to, nil}
}

func (w *world) tryMove() (*transfer.Report, error) {
	from, to := w.sides()
	return transfer.Move(ctx, from, to, w.options())
}

// move moves, and wants that nothing differs.
func (w *world) move() *transfer.Report {
	w.t.Helper()
	report, err := w.tryMove()
	w.must(err)
	if len(report.Differences) > 0 {
		w.t.Fatalf("differences: %q", report.Differences)
	}
	return report
}

// sentences are the differences of a report.
func sentences(r *transfer.Report) []string {
	var all []string
	for _, d := range r.Differences {
		all = append(all, d.String())
	}
	return all
}

func (w *world) check() []string {
	w.t.Helper()
	from, to := w.sides()
	report, err := transfer.Check(ctx, from, to, w.options())
	w.must(err)
	return sentences(report)
}

// stored is a response as a store has it.
type stored struct {
	Period  string
	Arrived int64
	answer.Response
}

// contents returns everything that a store has of the survey's responses, by id.
func (w *world) contents(of *storetest.Memory) map[string]stored {
	w.t.Helper()
	w.must(of.Collect(ctx, surveyID))
	periods, err := of.Periods(ctx, surveyID)
	w.must(err)
	all := map[string]stored{}
	for _, period := range periods {
		for e, err := range of.After(ctx, surveyID, period, "") {
			w.must(err)
			e.Response.Private, err = of.Private(ctx, surveyID, period, e.Response.ID)
			w.must(err)
			if _, twice := all[e.Response.ID]; twice {
				w.t.Errorf("%s is stored twice", e.Response.ID)
			}
			all[e.Response.ID] = stored{period, e.Arrived.UnixNano(), e.Response}
		}
	}
	return all
}

// wantSame wants that the target has what the source has, and nothing else.
func (w *world) wantSame() {
	w.t.Helper()
	from, to := w.contents(w.from), w.contents(w.to)
	maps.DeleteFunc(from, func(id string, _ stored) bool { return w.hidden[id] })
	if !reflect.DeepEqual(from, to) {
		w.t.Errorf("responses:\n%v\nwant\n%v", to, from)
	}
	versions, err := w.from.Versions(ctx, surveyID)
	w.must(err)
	if mine, err := w.to.Versions(ctx, surveyID); err != nil || !slices.Equal(mine, versions) {
		w.t.Errorf("versions %v, want %v", mine, versions)
	}
	if s, err := w.to.Definition(ctx, surveyID, ""); err != nil || s.Version != w.survey.Version {
		w.t.Errorf("in force: %v, %v", s, err)
	}
	if a, b := w.history(w.from), w.history(w.to); !reflect.DeepEqual(a, b) {
		w.t.Errorf("%d releases, want %d", len(b), len(a))
	}
	w.wantSameCases()
}

func (w *world) history(of *storetest.Memory) (all []string) {
	w.t.Helper()
	latest, err := of.Latest(ctx, surveyID)
	w.must(err)
	for _, r := range latest {
		for old, err := range of.History(ctx, surveyID, r.Period) {
			w.must(err)
			all = append(all, string(old.Encode()))
		}
	}
	return all
}

func (w *world) wantSameCases() {
	w.t.Helper()
	read := func(all []*cases.Case, err error) string {
		w.must(err)
		var text strings.Builder
		for _, c := range all {
			if c.Withdrawn { // in each store when it was told
				c.Closed = time.Time{}
				c.Changes[len(c.Changes)-1].At = time.Time{}
			}
			data, err := c.Encode()
			w.must(err)
			fmt.Fprintf(&text, "%s\n", data)
		}
		return text.String()
	}
	if a, b := read(w.from.CasesOf(ctx, surveyID)), read(w.to.CasesOf(ctx, surveyID)); a != b {
		w.t.Errorf("cases:\n%s\nwant\n%s", b, a)
	}
	outbox := func(in *storetest.Memory) string {
		all, err := in.News(ctx, surveyID)
		w.must(err)
		data, err := json.Marshal(all)
		w.must(err)
		return string(data)
	}
	if a, b := outbox(w.from), outbox(w.to); a != b {
		w.t.Errorf("in the outbox:\n%s\nwant\n%s", b, a)
	}
}

// wantCounted wants that the tallies of both stores are equal once both have published.
func (w *world) wantCounted(periods ...string) {
	w.t.Helper()
	for _, period := range periods {
		a, _, err := w.from.Tally(ctx, surveyID, period)
		w.must(err)
		b, _, err := w.to.Tally(ctx, surveyID, period)
		w.must(err)
		if b == nil {
			w.t.Fatalf("%s is not counted", period)
		}
		for _, counted := range []*tally.Tally{a, b} { // marks are about places in one log
			for _, part := range counted.Parts {
				clear(part.Out)
			}
		}
		for _, text := range audit.Tally(b, a, 0) {
			w.t.Errorf("%s: %s", period, text.Message)
		}
	}
}

// aPast makes answers of two periods in the source: some counted, some erased, some released, with cases of which some are
// closed and some notifications delivered, and some answers that nobody has counted.
func (w *world) aPast() {
	w.t.Helper()
	w.put(w.from, "2026-Q3", 0, 8)
	w.publish(w.from)
	w.deliver(w.from)
	w.now = w.now.AddDate(0, 0, 1)
	w.erase(w.from, 3)
	w.put(w.from, "2026-Q4", 10, 16)
	w.put(w.from, "2026-Q3", 8, 10)
	w.publish(w.from)
	all, err := w.from.CasesOf(ctx, surveyID)
	w.must(err)
	w.must(all[0].Close(cases.Closing{Result: "Called them", Told: true, Agreed: cases.Agreed, By: "desk"}, w.now))
	w.must(w.from.SaveCase(ctx, all[0]))
	w.now = w.now.AddDate(0, 0, 1)
	w.erase(w.from, 10) // which has a case
	w.put(w.from, "2026-Q4", 16, 21)
	w.erase(w.from, 17)
}

func TestMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.aPast()
	w.put(w.from, "2026-Q3", 60, 68)
	w.now = w.now.AddDate(0, 0, 1)
	w.publish(w.from)
	if n := len(w.history(w.from)); n < 3 {
		t.Fatalf("%d releases are too few", n)
	}
	w.put(w.from, "2026-Q4", 70, 75)
	before, err := w.from.News(ctx, surveyID)
	w.must(err)
	if found := w.check(); len(found) < 4 {
		t.Errorf("differences to nothing: %q", found)
	}
	if surveys, err := w.to.Surveys(ctx); err != nil || len(surveys) > 0 || len(w.contents(w.to)) > 0 {
		t.Error("checking has written")
	}
	report := w.move()
	if report.Responses != 34 || report.Compared != 34 || report.Versions != 2 || report.Own != 0 || !slices.Equal(report.InForce, []string{surveyID}) {
		t.Errorf("%+v", report)
	}
	w.wantSame()
	if found := w.check(); len(found) > 0 {
		t.Errorf("differences: %q", found)
	}
	// What the source has evaluated is not evaluated again, though a new alert holds for it; what it has not, is.
	w.must(w.to.PutDefinition(ctx, parse(t, "Stricter", 9, 3)))
	if out := w.publish(w.to); out.Opened != 5 {
		t.Errorf("%d cases opened, want those of 70 to 74", out.Opened)
	}
	w.publish(w.from)
	w.wantCounted("2026-Q3", "2026-Q4")
	after, err := w.to.News(ctx, surveyID)
	w.must(err)
	if len(after) != len(before)+5 {
		t.Errorf("%d notifications, want %d", len(after), len(before)+5)
	}
}

// TestMoveAgain carries what has come and what was erased since, while the target has answers of its own.
func TestMoveAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	w.aPast()
	w.move()
	w.put(w.to, "2026-Q4", 100, 107)
	w.publish(w.to)
	w.erase(w.from, 5)  // counted there
	w.erase(w.from, 20) // with a case
	w.erase(w.to, 7)
	w.put(w.from, "2026-Q4", 30, 36)
	w.put(w.to, "2027-Q1", 31, 32) // has sent it again
	w.publish(w.from)
	if found := w.check(); len(found) < 2 {
		t.Errorf("%q", found)
	}
	report := w.move()
	if report.Responses != 5 || report.Erased != 2 || report.Own != 7 {
		t.Errorf("%+v", report)
	}
	w.publish(w.to)
	to := w.contents(w.to)
	for n := range 107 {
		id := w.response(n, "").ID
		mine, there := to[id]
		if want := n < 21 || n >= 30 && n < 36 || n >= 100; there != want {
			t.Errorf("%s is there: %t", id, there)
		}
		if erased := slices.Contains([]int{3, 5, 7, 10, 17, 20}, n); there && mine.Withdrawn != erased {
			t.Errorf("%s is erased: %t", id, mine.Withdrawn)
		}
	}
	for period, want := range map[string][2]int64{"2026-Q3": {7, 3}, "2026-Q4": {8 + 7 + 5, 3}, "2027-Q1": {1, 0}} {
		counted, _, err := w.to.Tally(ctx, surveyID, period)
		w.must(err)
		if counted.Received() != want[0]+want[1] || counted.Withdrawn != want[1] {
			t.Errorf("%s: %d counted and %d withdrawn, want %d", period, counted.Received(), counted.Withdrawn, want)
		}
		w.wantAgreement(period)
	}
	all, err := w.to.CasesOf(ctx, surveyID)
	w.must(err)
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.Response] && c.Response != "" {
			t.Errorf("two cases of %s", c.Response)
		}
		if seen[c.Response] = true; c.Response != "" && to[c.Response].Withdrawn {
			t.Errorf("the case of %s names it", c.Response)
		}
	}
}

// TestOtherAnswers reports answers that differ under one id, and puts nothing in force.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	w.put(w.from, "2026-Q4", 0, 8)
	other := w.response(4, "2026-Q4")
	other.Answers = []answer.Answer{{"tier", "b"}}
	_, err := w.to.Put(ctx, other)
	w.must(err)
	elsewhere := w.response(6, "2026-Q3")
	elsewhere.Answers = []answer.Answer{{"tier", "b"}}
	_, err = w.to.Put(ctx, elsewhere)
	w.must(err)
	report, err := w.tryMove()
	w.must(err)
	want := "service 2026-Q4: responses with other answers under the same id: 2 (" + other.ID + ", " + elsewhere.ID + ")"
	if !slices.Equal(sentences(report), []string{want}) {
		t.Errorf("%q, want %q", report.Differences, want)
	}
	if _, err := w.to.Definition(ctx, surveyID, ""); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("in force: %v", err)
	}
}

// TestOtherReleases refuses a target that has released something else.
func TestOtherReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.aPast()
	w.must(w.to.PutDefinition(ctx, w.survey))
	w.put(w.to, "2026-Q3", 200, 205)
	w.publish(w.to)
	_, err := w.tryMove()
	if err == nil || !strings.Contains(err.Error(), "service: 2026-Q3: the target has made other releases") {
		t.Errorf("%v", err)
	}
	if len(w.contents(w.to)) != 5 {
		t.Error("answers were carried all the same")
	}
}

// TestReleasesApart goes on when both have released something after a move, and says so.
func TestReleasesApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.aPast()
	w.move()
	w.now = w.now.AddDate(0, 0, 1)
	w.put(w.to, "2026-Q4", 100, 105)
	w.publish(w.to)
	w.put(w.from, "2026-Q4", 40, 47)
	w.publish(w.from)
	report, err := w.tryMove()
	w.must(err)
	if len(report.Differences) != 1 || !strings.Contains(report.Differences[0].String(), "2026-Q4: release 2 is another one") || report.Responses != 7 {
		t.Errorf("%+v", report)
	}
}

// TestRetention carries figures of responses that the source has deleted.
func TestRetention(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.aPast()
	w.publish(w.from)
	for n := range 6 {
		w.hidden[w.response(n, "").ID] = true
	}
	w.put(w.from, "2026-Q3", 50, 54) // which nobody has counted
	w.move()
	w.wantSame()
	w.publish(w.from)
	w.publish(w.to)
	w.wantCounted("2026-Q3", "2026-Q4")
	for _, period := range []string{"2026-Q3", "2026-Q4"} {
		v, err := verify.Period(ctx, w.to, w.survey, period)
		w.must(err)
		if len(v.Findings) > 0 || !v.Tally || (v.Deleted == 6) != (period == "2026-Q3") {
			t.Errorf("%s is verified: %+v", period, v)
		}
	}
	// What is deleted later was carried.
	w.hidden[w.response(6, "").ID] = true
	w.hidden[w.response(11, "").ID] = true
	w.erase(w.from, 9)
	w.put(w.from, "2026-Q3", 54, 58)
	w.move()
	w.publish(w.from)
	w.publish(w.to)
	w.wantCounted("2026-Q3", "2026-Q4")
}

// TestRetentionRefused refuses what would lose figures.
func TestRetentionRefused(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(w *world){
		"in force":  func(w *world) { w.must(w.to.PutDefinition(ctx, w.survey)) },
		"not empty": func(w *world) { w.put(w.to, "2026-Q3", 100, 101) },
		"counted again": func(w *world) {
			counted, revision, err := w.from.Tally(ctx, surveyID, "2026-Q3")
			w.must(err)
			counted.Alerted, counted.Cursor = counted.Cursor, "000000001"
			w.must(w.from.SaveTally(ctx, surveyID, "2026-Q3", counted, revision))
		},
	} {
		w := newWorld(t, 3)
		w.aPast()
		w.publish(w.from)
		for n := range 6 {
			w.hidden[w.response(n, "").ID] = true
		}
		prepare(w)
		before := len(w.contents(w.to))
		_, err := w.tryMove()
		if err == nil || !strings.Contains(err.Error(), "after the retention time") {
			t.Errorf("%s: %v", name, err)
		}
		if now := len(w.contents(w.to)); now != before && name != "counted again" {
			t.Errorf("%s: %d responses were carried", name, now-before)
		}
	}
}

// TestKilled fails at each call in turn, made or not, and begins again; under -short at each seventh.
func TestKilled(t *testing.T) {
	t.Parallel()
	prepare := func() *world {
		w := newWorld(t, 3)
		w.aPast()
		for n := range 2 {
			w.hidden[w.response(n, "").ID] = true
		}
		w.move() // so that there is something to erase
		w.erase(w.from, 12)
		w.put(w.from, "2026-Q4", 22, 24)
		*w.to = *storetest.NewMemory()
		return w
	}
	whole := prepare()
	whole.calls.n = 0
	whole.move()
	total := whole.calls.n
	killed, runs, failed, every := errors.New("killed"), 0, 0, 1
	if testing.Short() {
		every = 7 // odd: the answer is erased in every other run
	}
	for _, made := range []bool{false, true} {
		for at := 1; at <= total; at += every {
			runs++
			w := prepare()
			fail := func(n int) error {
				if n == at {
					return killed
				}
				return nil
			}
			*w.calls = calls{before: fail}
			if made {
				*w.calls = calls{after: fail}
			}
			switch _, err := w.tryMove(); {
			case errors.Is(err, killed):
				failed++
			case err != nil:
				t.Fatalf("call %d of %d: %v", at, total, err)
			}
			if at%2 == 0 {
				w.erase(w.from, 15) // between the two runs; it has a case
				w.publish(w.from)
			}
			*w.calls = calls{}
			w.move()
			w.wantSame()
			w.publish(w.from)
			w.publish(w.to)
			w.wantCounted("2026-Q3", "2026-Q4")
			if t.Failed() {
				t.Fatalf("call %d of %d, made: %t", at, total, made)
			}
		}
	}
	if failed < runs-10 { // a log that is not read to its end cannot fail there
		t.Errorf("%d of %d runs were killed", failed, runs)
	}
}

// Answers whose sender has heard of no receipt are sent again, to the target, where they may arrive on a later day than in the
// source. That is no difference.
func TestSentAgainLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	w.put(w.from, "2026-Q3", 0, 1)
	w.move()
	for _, in := range []*storetest.Memory{w.from, w.to} {
		_, err := in.PutOn(ctx, w.now, w.response(1, "2026-Q3"))
		w.must(err)
		w.now = w.now.AddDate(0, 0, 1)
	}
	if report := w.move(); report.Responses != 0 {
		t.Errorf("carried again: %+v", report)
	}
	if got := w.check(); len(got) > 0 {
		t.Errorf("differences %q", got)
	}
	all := map[int]*sent{0: {period: "2026-Q3"}, 1: {period: "2026-Q3"}}
	w.wantOnce(all)
	w.publish(w.to)
	w.wantAllCounted(all)
}

// TestMeanwhile moves while answers come in, are erased and published at the source, and then again while they come in at
// the target too.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	w.aPast()
	next := 300
	*w.calls = calls{before: func(n int) error {
		switch {
		case n%3 == 0 && next < 360:
			w.put(w.from, "2026-Q4", next, next+1)
			next++
		case n%7 == 0 && next < 360:
			w.erase(w.from, next-1)
		case n%11 == 0:
			w.publish(w.from)
		}
		return nil
	}}
	w.move()
	*w.calls = calls{before: func(n int) error {
		if n%5 == 0 && next < 400 {
			into := w.from
			if n%2 == 0 {
				into = w.to
			}
			w.put(into, "2026-Q4", next, next+1)
			next++
		}
		if n%13 == 0 {
			w.publish(w.to)
		}
		return nil
	}}
	w.move()
	*w.calls = calls{}
	w.move()
	from, to := w.contents(w.from), w.contents(w.to)
	for id, r := range from {
		if !reflect.DeepEqual(to[id], r) {
			t.Errorf("%s is %v, want %v", id, to[id], r)
		}
	}
	w.publish(w.to)
	counted, _, err := w.to.Tally(ctx, surveyID, "2026-Q4")
	w.must(err)
	received := int64(0)
	for _, r := range to {
		if r.Period == "2026-Q4" {
			received++
		}
	}
	if counted.Received() != received {
		t.Errorf("%d counted of %d", counted.Received(), received)
	}
	w.wantAgreement("2026-Q4")
}

// TestLateAnswers carries from a source of an older form, in which an answer may appear in front of others that were read.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	w.put(w.from, "2026-Q4", 0, 9)
	late := []string{w.response(0, "").ID, w.response(5, "").ID}
	for _, id := range late {
		w.hidden[id] = true
	}
	if report := w.move(); report.Responses != 7 {
		t.Errorf("%+v", report)
	}
	clear(w.hidden)
	if found := w.check(); len(found) != 1 || !strings.Contains(found[0], "that are missing: 2 ("+strings.Join(late, ", ")) {
		t.Errorf("%q", found)
	}
	if report := w.move(); report.Responses != 2 {
		t.Errorf("%+v", report)
	}
	w.wantSame()
}
