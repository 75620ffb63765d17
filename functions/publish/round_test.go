package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/cloud"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// filesInMemory are the files of a site.
type filesInMemory struct {
	mu    sync.Mutex
	tags  map[string]int
	reads int
	calls []string      // those of Page, by path
	delay time.Duration // of each call
}

func (f *filesInMemory) Page(ctx context.Context, path string) (string, int, error) {
	if err := f.wait(ctx); err != nil {
		return "", 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	f.calls = append(f.calls, path)
	if f.tags[path] == 0 {
		return "", 0, nil
	}
	return fmt.Sprint(f.tags[path]), f.tags[path], nil
}

func (f *filesInMemory) wait(ctx context.Context) error {
	select {
	case <-time.After(f.delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *filesInMemory) Replace(ctx context.Context, path, _ string, revision int, _ []byte) (string, error) {
	if err := f.wait(ctx); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tags[path]++
	return fmt.Sprint(f.tags[path]), nil
}

func (f *filesInMemory) TagOf([]byte) string { return "" }

func (f *filesInMemory) Copy(ctx context.Context, from, to string) (bool, error) {
	if err := f.wait(ctx); err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads += 2
	f.calls = append(f.calls, from+" as "+to)
	return true, nil
}

// stack is a deployment in memory, in the time of a bubble of synctest.
type stack struct {
	*testing.T
	server *cloudtest.Server
	files  *filesInMemory
	log    *bytes.Buffer
	env    map[string]string
	ids    []string // of its surveys

	mu      sync.Mutex
	queries int
	keys    int // that were read, singly or in batches
	pages   map[string]int
	stop    func(ctx context.Context, c cloudtest.Call) error // nil: every call is made
	delay   time.Duration
}

func newStack(t *testing.T) *stack {
	return &stack{T: t, server: cloudtest.New(cloudtest.Options{}), files: &filesInMemory{tags: map[string]int{}}, log: &bytes.Buffer{}, env: map[string]string{}, pages: map[string]int{}}
}

// function starts a process of the function.
func (s *stack) function() *function {
	f := &function{log: slog.New(slog.NewJSONHandler(s.log, nil)), metrics: cloud.NewMetrics(s.log, "polls", time.Now), pages: s.files}
	f.table = s.table()
	f.news = newNewsroom(func(name string) string { return s.env[name] }, f.table, f.log, f.metrics)
	return f
}

// table returns a table whose calls are counted.
func (s *stack) table() *cloud.Table {
	return cloud.NewTable(s.server.Client(cloudtest.Hooks{Around: func(ctx context.Context, c cloudtest.Call, do func() error) error {
		if s.stop != nil {
			if err := s.stop(ctx, c); err != nil {
				return err
			}
		}
		select {
		case <-time.After(s.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
		s.mu.Lock()
		switch in := c.Input.(type) {
		case *dynamodb.QueryInput:
			s.queries++
		case *dynamodb.GetItemInput:
			s.keys++
		case *dynamodb.BatchGetItemInput:
			for _, of := range in.RequestItems {
				s.keys += len(of.Keys)
			}
		}
		s.mu.Unlock()
		return do()
	}}).SDK(), "polls", cloud.Options{})
}

// reads returns how many queries, items that were asked for by their keys, and files were read since the last call.
func (s *stack) reads() int {
	n := s.queries + s.keys + s.files.reads
	s.queries, s.keys, s.files.reads = 0, 0, 0
	return n
}

func parsePeriodic(t testing.TB, more string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\nperiod: month\ntimezone: UTC\nresults: {min_group: 1}\n"+more+
		"sections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// withSurveys runs a test beside others, in a bubble whose time is the middle of a period and of a day, 9 o'clock. A stack has n surveys
// in force, copies of one under other ids. more is added to its questionnaire.
func withSurveys(t *testing.T, n int, more string, test func(t *testing.T, s *stack, one *survey.Survey)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)))
		s, one := newStack(t), parsePeriodic(t, more)
		table := s.table()
		if err := table.PutAssets(t.Context(), render.Assets{}); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			copied := *one
			copied.ID = fmt.Sprintf("s%04d", i)
			if err := table.PutDefinition(t.Context(), &copied); err != nil {
				t.Fatal(err)
			}
			s.ids = append(s.ids, copied.ID)
		}
		test(t, s, one)
	})
}

// looks returns what is known of each survey.
func (s *stack) looks() map[string]cloud.Look {
	looks, err := s.table().Looks(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return looks
}

// round runs the schedule's round, with the time that the function has.
func (s *stack) round(f *function) error {
	ctx, cancel := context.WithTimeout(s.Context(), 2*time.Minute)
	defer cancel()
	_, err := f.handle(ctx, []byte(`{}`))
	return err
}

// lastRound returns what the log says of the last round.
func (s *stack) lastRound() (line struct {
	Surveys, Published, Swept, Aged, Elsewhere, Failed, Left int
}) {
	for text := range strings.SplitSeq(s.log.String(), "\n") {
		if strings.Contains(text, `"elsewhere"`) {
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				s.Fatal(err)
			}
		}
	}
	return line
}

// TestIdleRoundsReadLittle runs the rounds of a day over idle surveys. A round reads at most four queries, items or files a survey, each
// survey is searched at least once in two hours, and the searches are spread.
func TestIdleRoundsReadLittle(t *testing.T) {
	const surveys = 60
	withSurveys(t, surveys, "", func(t *testing.T, s *stack, _ *survey.Survey) {
		f := s.function()
		if err := s.round(f); err != nil {
			t.Fatal(err)
		}
		if did := s.lastRound(); did.Published != surveys {
			t.Errorf("the first round: %+v", did)
		}
		first := s.reads()
		swept := map[string]time.Time{}
		for _, id := range s.ids {
			swept[id] = time.Now()
		}
		var all []int
		units := s.server.Usage().Total().Reads
		for round := range 24 {
			time.Sleep(roundEvery)
			if round%8 == 0 {
				f = s.function() // the process before has ended
			}
			if err := s.round(f); err != nil {
				t.Fatal(err)
			}
			all = append(all, s.reads())
			looks := s.looks()
			s.reads()
			for _, id := range s.ids {
				if at := looks[id].Swept; time.Since(at) > sweepEvery-roundEvery {
					t.Errorf("round %d: %s was searched %v ago", round, id, time.Since(at))
				}
			}
			if did := s.lastRound(); round > 11 && did.Swept > surveys/6 || did.Published > 0 || did.Left > 0 {
				t.Errorf("round %d: %+v", round, did)
			}
		}
		mean := float64(sum(all)) / float64(len(all)) / surveys
		units = (s.server.Usage().Total().Reads - units) / float64(len(all)) / surveys
		t.Logf("%d reads in the first round, then %v: %.2f reads and %.2f read units a survey and round", first, all, mean, units)
		if mean > 4 || units > 4 {
			t.Errorf("%.2f reads and %.2f read units a survey and round", mean, units)
		}
	})
}

func sum(all []int) (n int) {
	for _, one := range all {
		n += one
	}
	return n
}

// TestLostRecordsAreFound stores answers of which the stream tells nobody: they are published within two hours, and within a round
// where others have just come.
func TestLostRecordsAreFound(t *testing.T) {
	withSurveys(t, 3, "", func(t *testing.T, s *stack, tea *survey.Survey) {
		table := s.table()
		n := 0
		put := func(id string) {
			n++
			r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Survey: id, Version: tea.Version, Period: tea.PeriodAt(time.Now()), Answers: []answer.Answer{{"taste", "4"}}}
			if created, err := table.Put(t.Context(), r); err != nil || !created {
				t.Fatal(created, err)
			}
		}
		f := s.function()
		rounds := func(id string, most int) (n int) {
			for n = range most {
				time.Sleep(roundEvery)
				if err := s.round(f); err != nil {
					t.Fatal(err)
				}
				if waits(t, table, id, tea) == 0 {
					return n + 1
				}
			}
			t.Errorf("%s waits after %d rounds", id, most)
			return n
		}
		if err := s.round(f); err != nil {
			t.Fatal(err)
		}
		put("s0001")
		if after := rounds("s0001", 12); after < 2 {
			t.Errorf("found after %d rounds: the surveys are not idle", after)
		}
		put("s0001")
		if after := rounds("s0001", 12); after != 1 {
			t.Errorf("of an active survey, found after %d rounds", after)
		}
	})
}

// waits counts the responses of a survey that wait to be collected.
func waits(t *testing.T, table *cloud.Table, id string, of *survey.Survey) int {
	copied := *of
	copied.ID = id
	something, err := table.Waits(t.Context(), &copied)
	if err != nil {
		t.Fatal(err)
	}
	if something {
		return 1
	}
	return 0
}

// TestRoundGoesOn runs rounds over surveys that take too long for one: each begins where the one before ended, and says how far it came.
// Surveys that fail, or never end, keep none of the others waiting.
func TestRoundGoesOn(t *testing.T) {
	withSurveys(t, 40, "", func(t *testing.T, s *stack, _ *survey.Survey) {
		broken := errors.New("broken")
		s.stop = func(ctx context.Context, c cloudtest.Call) error {
			switch key := c.Key(); {
			case strings.Contains(key, "L#s0000"):
				return broken
			case strings.Contains(key, "L#s0001"), strings.Contains(key, "L#s0002"):
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		s.delay = time.Second // each call
		f := s.function()
		before, rounds := 0, 0
		for before < len(s.ids)-3 {
			if rounds++; rounds > 10 {
				t.Fatalf("%d of %d surveys after %d rounds", before, len(s.ids), rounds)
			}
			begun := time.Now()
			if err := s.round(f); !errors.Is(err, broken) && rounds == 1 {
				t.Errorf("the round says %v", err)
			}
			if took := time.Since(begun); took > 2*time.Minute-reserve {
				t.Errorf("the round took %v", took)
			}
			looks, n := s.looks(), 0
			for _, id := range s.ids {
				if looks[id].Version > 0 && !looks[id].Pending {
					n++
				}
			}
			if n <= before {
				t.Fatalf("round %d: %d surveys are done, as before", rounds, n)
			}
			if did := s.lastRound(); did.Left == 0 && n < len(s.ids)-3 {
				t.Errorf("round %d says %+v", rounds, did)
			}
			before = n
			time.Sleep(roundEvery)
		}
		if rounds < 2 {
			t.Error("one round suffices: nothing is tested")
		}
		if !strings.Contains(s.log.String(), `"RoundLeft":`) || strings.Contains(s.log.String(), `"Rounds":`) {
			t.Error("the metrics do not say how far the rounds came")
		}
	})
}

// TestChangesDuringALook changes a survey at each call of a look at it. Whatever the look has read, the next round looks again.
func TestChangesDuringALook(t *testing.T) {
	withSurveys(t, 1, "", func(t *testing.T, s *stack, _ *survey.Survey) {
		f, other := s.function(), s.table()
		for call := 0; ; call++ {
			if err := f.table.LookAgain(t.Context(), "s0000"); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex // a look makes some calls at the same time
			n, begun, changed, late := 0, false, false, false
			now := func(c cloudtest.Call) bool {
				mu.Lock()
				defer mu.Unlock()
				if n++; n == call+1 && !changed {
					changed, late = true, begun
					return true
				}
				begun = begun || c.Name == "UpdateItem" && strings.Contains(c.Key(), "s0000")
				return false
			}
			s.stop = func(_ context.Context, c cloudtest.Call) error {
				if now(c) {
					return other.LookAgain(t.Context(), "s0000")
				}
				return nil
			}
			err := s.round(f)
			s.stop = nil
			if err != nil {
				t.Fatal(err)
			}
			if !changed {
				break
			}
			look, err := f.table.Look(t.Context(), "s0000")
			if err != nil {
				t.Fatal(err)
			}
			if late && !look.Again && !look.Pending { // else the look has begun after the change
				t.Fatalf("the change at call %d is forgotten: %+v", call, look)
			}
		}
	})
}

// TestWakes sends what the stream tells of publications and commands.
func TestWakes(t *testing.T) {
	withSurveys(t, 4, "", func(t *testing.T, s *stack, tea *survey.Survey) {
		f := s.function()
		if err := s.round(f); err != nil {
			t.Fatal(err)
		}
		send := func(keys ...string) {
			t.Helper()
			var records []string
			for i, key := range keys {
				pk, sk, _ := strings.Cut(key, " ")
				records = append(records, fmt.Sprintf(`{"eventName": "MODIFY", "dynamodb": {"SequenceNumber": "%d", "Keys": {"PK": {"S": %q}, "SK": {"S": %q}}}}`, i, pk, sk))
			}
			reply, err := f.handle(t.Context(), []byte(`{"Records": [`+strings.Join(records, ",")+`]}`))
			if err != nil || len(reply.BatchItemFailures) > 0 {
				t.Fatal(reply, err)
			}
		}
		again := func() (ids []string) {
			for id, l := range s.looks() {
				if l.Again {
					ids = append(ids, id)
				}
			}
			return slices.Sorted(slices.Values(ids))
		}
		send("C#s0001 case", "P#s0002#2026-10 0000000001", "O#s0003 closed_2026-10-01", "O#_ digest")
		if got := again(); !slices.Equal(got, []string{"_", "s0001", "s0002", "s0003"}) {
			t.Errorf("%v are to be looked at", got)
		}
		changed := *tea
		changed.ID, changed.Version = "s0000", "2"
		if err := s.table().PutDefinition(t.Context(), &changed); err != nil {
			t.Fatal(err)
		}
		send("D#s0000 current", "D#_beside s0002")
		if look := s.looks()["s0000"]; look.InForce != "2" || len(again()) > 1 || s.lastRound().Swept > 0 { // "_" is looked at by the schedule
			t.Errorf("%+v, %v are to be looked at, %+v", look, again(), s.lastRound())
		}
		if err := s.table().MarkPublished(t.Context()); err != nil {
			t.Fatal(err)
		}
		send("D#_site published")
		if did := s.lastRound(); did.Published != 4 {
			t.Errorf("after the site was published: %+v", did)
		}
	})
}

// TestCasesAgeInTime lets a case become overdue: the round notices without reading the cases of others.
func TestCasesAgeInTime(t *testing.T) {
	withSurveys(t, 3, "", func(t *testing.T, s *stack, _ *survey.Survey) {
		table := s.table()
		for _, id := range []string{"s0001", cases.NoSurvey} {
			c := &cases.Case{ID: "case", Survey: id, Timezone: "UTC", Opened: time.Now(), DueAt: time.Now().Add(25 * time.Minute), Owner: "desk", Above: []string{"manager"}, Status: cases.Assigned}
			if opened, err := table.OpenCase(t.Context(), c); err != nil || !opened {
				t.Fatal(opened, err)
			}
		}
		f := s.function()
		var owners []string
		for range 4 {
			if err := s.round(f); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"s0001", cases.NoSurvey} {
				all, err := table.CasesOf(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				owners = append(owners, all[0].Owner)
			}
			time.Sleep(roundEvery)
		}
		if want := []string{"desk", "desk", "desk", "desk", "desk", "desk", "manager", "manager"}; !slices.Equal(owners, want) {
			t.Errorf("%v", owners)
		}
	})
}

// TestFormsAreNotComparedAgain puts forms in place once, and again when the window begins, an hour long, and when the site is published.
func TestFormsAreNotComparedAgain(t *testing.T) {
	withSurveys(t, 2, "window: {from: 2026-10-15, until: 2026-10-15}\n", func(t *testing.T, s *stack, _ *survey.Survey) { // at 9
		var compared []string
		for quarter := range 24 * 4 * 2 {
			f := s.function()
			if quarter == 100 {
				if err := f.table.MarkPublished(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			before := len(s.files.calls)
			if _, err := f.handle(t.Context(), []byte(`{"windows": true}`)); err != nil {
				t.Fatal(err)
			}
			for _, call := range s.files.calls[before:] {
				if strings.HasPrefix(call, "s0001/") && strings.HasSuffix(call, "as s0001/index.html") {
					compared = append(compared, time.Now().Format("02 15:04 ")+strings.TrimSuffix(strings.TrimPrefix(call, "s0001/"), ".html as s0001/index.html"))
				}
			}
			time.Sleep(15 * time.Minute)
		}
		for _, want := range []string{"14 09:00 early", "15 00:00 open", "15 00:45 open", "15 10:00 open", "16 00:00 closed"} {
			if !slices.Contains(compared, want) {
				t.Errorf("not %s", want)
			}
		}
		if len(compared) > 35 { // each two hours, and four times more at each end
			t.Errorf("%d times: %v", len(compared), compared)
		}
	})
}

// TestPlan decides what surveys need.
func TestPlan(t *testing.T) {
	now := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	idle := cloud.Look{Version: 1, InForce: "v", Edition: "e", Tried: now.Add(-time.Hour), Swept: now.Add(-time.Hour), Due: now.Add(time.Hour)}
	with := func(change func(*cloud.Look)) cloud.Look {
		l := idle
		change(&l)
		return l
	}
	for _, c := range []struct {
		name   string
		look   cloud.Look
		action action
	}{
		{"nothing is known", cloud.Look{}, publishes},
		{"idle", idle, nothing},
		{"changed since", with(func(l *cloud.Look) { l.Again = true }), publishes},
		{"failed", with(func(l *cloud.Look) { l.Pending = true }), publishes},
		{"another questionnaire", with(func(l *cloud.Look) { l.InForce = "u" }), publishes},
		{"another site", with(func(l *cloud.Look) { l.Edition = "d" }), publishes},
		{"a day has begun", with(func(l *cloud.Look) { l.Due = now }), publishes},
		{"a day begins soon", with(func(l *cloud.Look) { l.Due = now.Add(1) }), nothing},
		{"active", with(func(l *cloud.Look) { l.Moved = now.Add(-sweepEvery + 1) }), sweeps},
		{"no more active", with(func(l *cloud.Look) { l.Moved = now.Add(-sweepEvery) }), nothing},
		{"not searched for long", with(func(l *cloud.Look) { l.Swept = now.Add(-110 * time.Minute) }), sweeps},
		{"a case ages", with(func(l *cloud.Look) { l.Cases = now }), agesCases},
		{"a case ages soon", with(func(l *cloud.Look) { l.Cases = now.Add(1) }), nothing},
		{"news", with(func(l *cloud.Look) { l.News = now.Add(-1) }), nothing},
	} {
		v := view{now: now, surveys: []string{"tea"}, looks: map[string]cloud.Look{"tea": c.look, cases.NoSurvey: idle}, inForce: map[string]string{"tea": "v"}, edition: "e", sweeps: true}
		if got := v.actionOf(task{survey: "tea", version: "v", look: c.look}); got != c.action {
			t.Errorf("%s: %d, want %d", c.name, got, c.action)
		}
		_, waiting := plan(v)
		if told := slices.Contains(waiting, "tea"); told != (c.name == "news") {
			t.Errorf("%s: told is %t", c.name, told)
		}
	}
	v := view{now: now, looks: map[string]cloud.Look{}, inForce: map[string]string{}, edition: "e", sweeps: true}
	for i := range 50 {
		id := fmt.Sprintf("s%02d", i)
		v.surveys, v.inForce[id] = append(v.surveys, id), "v"
		v.looks[id] = with(func(l *cloud.Look) { l.Swept = now.Add(-time.Duration(i) * time.Minute); l.Tried = l.Swept })
	}
	delete(v.inForce, "s49") // it is being moved to this table
	tasks, _ := plan(v)
	var got []string
	for _, task := range tasks {
		got = append(got, task.survey)
	}
	if want := []string{"_", "s48", "s47", "s46", "s45", "s44"}; !slices.Equal(got, want) {
		t.Errorf("%v take their turn, want %v", got, want)
	}
	v.sweeps = false
	if tasks, _ := plan(v); len(tasks) != 1 { // of "_" nothing is known
		t.Errorf("%d tasks although only what has changed is looked at", len(tasks))
	}
}
