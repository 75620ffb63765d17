package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// errKilled is what a process sees that does not live to see it.
var errKilled = errors.New("killed")

// A killer kills a process at one of its calls, before the call or after it.
type killer struct {
	at    int // the call to kill it at; 0: none
	after bool

	mu    sync.Mutex
	calls int
	dead  bool
	last  string // the call it was killed at
}

func (k *killer) around(_ context.Context, c cloudtest.Call, do func() error) error {
	k.mu.Lock()
	k.calls++
	if k.dead {
		k.mu.Unlock()
		return errKilled
	}
	if k.calls != k.at {
		k.mu.Unlock()
		return do()
	}
	k.dead, k.last = true, c.Key()
	k.mu.Unlock()
	if k.after {
		do()
	}
	return errKilled
}

// A step is what one process does in the story.
type step struct {
	name string
	do   func(ctx context.Context, p *process) error
}

// story is a survey's life: answers of two periods, some sent again, collected and published; more keys; erasures of what is
// in the log and of what waits; an import.
func story() []step {
	const september, october = "2026-09", "2026-10"
	var steps []step
	add := func(name string, do func(ctx context.Context, p *process) error) {
		steps = append(steps, step{name, do})
	}
	id := func(n int) string { return worldResponse(n, "").ID }
	put := func(n int, period string, also ...int) {
		var ids []string
		for _, other := range also {
			ids = append(ids, id(other))
		}
		add(fmt.Sprintf("put %d", n), func(ctx context.Context, p *process) error { return p.put(ctx, worldResponse(n, period), ids...) })
	}
	publish := func(periods ...string) {
		add("publish", func(ctx context.Context, p *process) error { return p.publish(ctx, periods...) })
	}
	add("define", func(ctx context.Context, p *process) error { return p.PutDefinition(ctx, p.world.survey) })
	put(0, september)
	put(1, september, 50, 51)
	put(2, september)
	put(1, september, 50, 51)
	publish(september)
	for n := 3; n < 7; n++ {
		put(n, october, n+50)
	}
	put(3, october) // sent again, without the other ids
	add("other answers", func(ctx context.Context, p *process) error {
		other := worldResponse(8, october)
		other.ID = id(4)
		return p.putConflict(ctx, other)
	})
	add("more keys", func(ctx context.Context, p *process) error { return p.RaiseShards(ctx, "tea", october, 64) })
	put(9, october)
	put(10, september)
	add("correct what is out", func(ctx context.Context, p *process) error { return p.correct(ctx, 2) })
	add("correct what waits", func(ctx context.Context, p *process) error { return p.correct(ctx, 9) })
	add("correct another", func(ctx context.Context, p *process) error { return p.correct(ctx, 10) })
	add("erase from the log", func(ctx context.Context, p *process) error { return p.erase(ctx, id(2)) })
	add("erase what waits", func(ctx context.Context, p *process) error { return p.erase(ctx, id(9)) })
	publish(october)
	put(11, october)
	add("invite", func(ctx context.Context, p *process) error { return p.invite(ctx, 30, 31, 32, 33) })
	redeem := func(person, n int, identified bool) {
		add(fmt.Sprintf("redeem %d by %d", n, person), func(ctx context.Context, p *process) error { return p.redeem(ctx, person, n, identified) })
	}
	redeem(30, 30, false)
	redeem(31, 31, true)
	redeem(30, 30, false) // sent again
	redeem(30, 34, false) // another device
	add("withdraw", func(ctx context.Context, p *process) error { return p.withdraw(ctx, 32, 30) })
	redeem(32, 32, false)
	add("invite again", func(ctx context.Context, p *process) error { return p.invite(ctx, 30, 31, 32, 33) })
	redeem(33, 33, false)
	publish(october)
	add("erase by invitation", func(ctx context.Context, p *process) error { return p.erase(ctx, id(33)) })
	redeem(33, 33, false)
	add("import", importSome)
	publish(worldPeriods...)
	add("erase an import", func(ctx context.Context, p *process) error { return p.erase(ctx, id(20)) })
	return steps
}

// importSome brings in the entries of another store: two responses, a tombstone, and one that is there.
func importSome(ctx context.Context, p *process) error {
	begin := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	var entries []store.Entry
	for n := 20; n < 23; n++ {
		r := worldResponse(n, "2026-09")
		if n == 21 {
			r = r.Tombstone([]string{"tier"})
		}
		p.world.send(r)
		entries = append(entries, store.Entry{Cursor: fmt.Sprint(n), Arrived: begin.Add(time.Duration(n) * time.Minute), Response: r})
	}
	p.world.send(worldResponse(0, "2026-09"))
	entries = append(entries, store.Entry{Cursor: "last", Arrived: begin.Add(time.Hour), Response: worldResponse(0, "2026-09")})
	_, err := p.Import(ctx, "tea", "2026-09", entries)
	if err == nil {
		for _, e := range entries {
			p.world.confirm(e.Response.ID)
		}
	}
	return err
}

func october() time.Time { return time.Date(2026, 10, 20, 4, 0, 0, 0, time.UTC) }

func storyWorld(s *survey.Survey) *world {
	return newWorld(s, cloudtest.Options{Now: october, BatchWrites: 3})
}

// tell runs the steps of the story, each in a process of its own, and kills the process of step s at its call. Then the step is
// run again by another process if again is set, else it stays as it is. It returns the number of calls of step s if it was
// not killed.
func (w *world) tell(t testing.TB, steps []step, s int, k *killer, again bool) {
	t.Helper()
	ctx := context.Background()
	for i, step := range steps {
		h := cloudtest.Hooks{}
		if i == s {
			h.Around = k.around
		}
		err := step.do(ctx, w.process(h, Options{}))
		if i == s && (again && k.dead || err != nil && again) {
			err = step.do(ctx, w.process(cloudtest.Hooks{}, Options{}))
		}
		if err != nil && (i != s || again || !k.dead) {
			t.Errorf("step %d, %s: %v", i, step.name, err)
		}
	}
}

// sparsely returns that only each so many-th case is tried: all of them in a soak, and one in a hundred under -short, as with the race
// detector, which finds in them what it finds in all.
func sparsely() int {
	if testing.Short() {
		return 100
	}
	return max(1, 20/soak.Cases(2, 20))
}

// TestKilledAtEveryCall kills each process of the story at each of its calls, before the call and after it, with and without
// somebody who tries again. Calls that a process makes at the same time come in any order.
func TestKilledAtEveryCall(t *testing.T) { synctest.Test(t, killAtEveryCall) } // pauses take no time

func killAtEveryCall(t *testing.T) {
	tea, steps := parseSurvey(t, "tea", worldSurvey), story()
	all := 0
	for s := range steps {
		count := &killer{}
		storyWorld(tea).tell(t, steps, s, count, false)
		if t.Failed() {
			t.Fatal("the story fails without a kill")
		}
		every := sparsely()
		for at := 1; at <= count.calls; at++ {
			if (at+s)%every != 0 {
				continue
			}
			for _, after := range []bool{false, true} {
				for _, again := range []bool{false, true} {
					w, k := storyWorld(tea), &killer{at: at, after: after}
					all++
					w.tell(t, steps, s, k, again)
					w.verify(t)
					if t.Failed() {
						t.Fatalf("killed in step %d, %s, at call %d, %s; after it: %t; tried again: %t", s, steps[s].name, at, k.last, after, again)
					}
				}
			}
		}
	}
	t.Logf("%d kills", all)
}

// TestKilledTwice kills two processes, at random calls of random steps: what one has left is continued by another one that is
// killed too.
func TestKilledTwice(t *testing.T) { synctest.Test(t, killTwice) }

func killTwice(t *testing.T) {
	tea, steps := parseSurvey(t, "tea", worldSurvey), story()
	for seed := range soak.Cases(100, 10_000) {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		w := storyWorld(tea)
		ctx := t.Context()
		var kills []string
		left := 2 + r.IntN(4)
		for i, step := range steps {
			for {
				k := &killer{at: 1 + r.IntN(40), after: r.IntN(2) == 0}
				if left == 0 || r.IntN(4) > 0 {
					k.at = 0
				}
				err := step.do(ctx, w.process(cloudtest.Hooks{Around: k.around}, Options{}))
				if k.dead {
					left--
					kills = append(kills, fmt.Sprintf("step %d, %s, at %s; after it: %t", i, step.name, k.last, k.after))
					if r.IntN(3) > 0 {
						continue
					}
				} else if err != nil {
					t.Errorf("step %d, %s: %v", i, step.name, err)
				}
				break
			}
		}
		w.verify(t)
		if t.Failed() {
			t.Fatalf("seed %d: killed in %q", seed, kills)
		}
	}
}

// A schedule decides whose call is next among processes that run at the same time, and may kill one of them.
type schedule struct {
	killed int // process
	killer killer

	mu      sync.Mutex
	pending []*waitingCall
}

// waitingCall is a call, or the second half of a transaction, that waits for its turn.
type waitingCall struct {
	process int
	key     string
	turn    chan struct{}
}

func (s *schedule) wait(process int, key string) {
	c := &waitingCall{process, key, make(chan struct{})}
	s.mu.Lock()
	s.pending = append(s.pending, c)
	s.mu.Unlock()
	<-c.turn
}

// hooks lets the calls of a process wait for their turns. A transaction waits twice, so that others meet it half done.
func (s *schedule) hooks(process int) cloudtest.Hooks {
	return cloudtest.Hooks{
		Around: func(ctx context.Context, c cloudtest.Call, do func() error) error {
			s.wait(process, c.Key())
			if process == s.killed {
				return s.killer.around(ctx, c, do)
			}
			return do()
		},
		Prepared: func(_ context.Context, c cloudtest.Call) error {
			s.wait(process, "commit "+c.Key())
			return nil
		},
	}
}

// run runs functions at the same time, one call after another, as choose says: it gets the processes that have a call to
// make, and the one that made the last one, and returns one of them. Of the calls of one process, the first by name is made.
// It must be called in a bubble of synctest.
func (s *schedule) run(choose func(ready []int, last int) int, all ...func(s cloudtest.Hooks) error) []error {
	errs := make([]error, len(all))
	running := len(all)
	var mu sync.Mutex
	for i, f := range all {
		go func() {
			errs[i] = f(s.hooks(i))
			mu.Lock()
			running--
			mu.Unlock()
		}()
	}
	last := -1
	for {
		synctest.Wait()
		mu.Lock()
		over := running == 0
		mu.Unlock()
		if over {
			return errs
		}
		s.mu.Lock()
		slices.SortFunc(s.pending, func(a, b *waitingCall) int { return cmp.Or(a.process-b.process, cmp.Compare(a.key, b.key)) })
		var ready []int
		for _, c := range s.pending {
			ready = append(ready, c.process)
		}
		if len(ready) == 0 {
			s.mu.Unlock()
			time.Sleep(time.Millisecond) // they wait to try again
			continue
		}
		last = choose(slices.Compact(slices.Clone(ready)), last)
		at := slices.Index(ready, last)
		chosen := s.pending[at]
		s.pending = slices.Delete(s.pending, at, at+1)
		s.mu.Unlock()
		close(chosen.turn)
	}
}

// A race is what processes do at the same time, on what came before.
type race struct {
	name  string
	setup func(ctx context.Context, w *world) error
	all   []func(ctx context.Context, p *process) error
}

func races() []race {
	const period = "2026-10"
	put := func(numbers ...int) func(ctx context.Context, w *world) error {
		return func(ctx context.Context, w *world) error {
			p := w.process(cloudtest.Hooks{}, Options{})
			err := p.PutDefinition(ctx, w.survey)
			for _, n := range numbers {
				err = errors.Join(err, p.put(ctx, worldResponse(n, period)))
			}
			return err
		}
	}
	collect := func(ctx context.Context, p *process) error { return p.Collect(ctx, "tea", period) }
	collectTwice := func(ctx context.Context, p *process) error {
		return errors.Join(p.Collect(ctx, "tea", period), p.Collect(ctx, "tea", period))
	}
	send := func(n int, period string, also ...string) func(ctx context.Context, p *process) error {
		return func(ctx context.Context, p *process) error { return p.put(ctx, worldResponse(n, period), also...) }
	}
	sends := func(n int, also ...string) func(ctx context.Context, p *process) error {
		return send(n, period, also...)
	}
	publish := func(ctx context.Context, p *process) error { return p.publish(ctx, period) }
	erase := func(n int) func(ctx context.Context, p *process) error {
		return func(ctx context.Context, p *process) error { return p.erase(ctx, worldResponse(n, "").ID) }
	}
	correct := func(n int) func(ctx context.Context, p *process) error {
		return func(ctx context.Context, p *process) error { return p.correct(ctx, n) }
	}
	more := func(ctx context.Context, p *process) error { return p.RaiseShards(ctx, "tea", period, 32) }
	return []race{
		{"two collectors", put(0, 1, 2), []func(context.Context, *process) error{collect, collect}},
		{"three collectors", put(0, 1, 2), []func(context.Context, *process) error{collect, collect, collectTwice}},
		{"collectors and a respondent", put(0, 1), []func(context.Context, *process) error{collectTwice, collectTwice, sends(2)}},
		{"a respondent in two tabs", put(0), []func(context.Context, *process) error{sends(1, worldResponse(7, "").ID), sends(1), collectTwice}},
		{"publishers", put(0, 1, 2, 3), []func(context.Context, *process) error{publish, publish}},
		{"publishers and a respondent", put(0, 1, 2), []func(context.Context, *process) error{publish, publish, sends(3)}},
		{"an erasure among publishers", put(0, 1, 2, 3), []func(context.Context, *process) error{publish, erase(2), publish}},
		{"a correction and an erasure among publishers", put(0, 1, 2, 3), []func(context.Context, *process) error{publish, correct(2), erase(2)}},
		{"two corrections and a publisher", put(0, 1, 2, 3), []func(context.Context, *process) error{correct(2), correct(3), publish}},
		{"two erasures", put(0, 1, 2, 3), []func(context.Context, *process) error{erase(2), erase(2), publish}},
		{"more keys", put(0, 1), []func(context.Context, *process) error{more, collectTwice, sends(2), sends(3), collectTwice}},
		{"an import", put(0, 1), []func(context.Context, *process) error{importSome, collectTwice, importSome}},
		{"the same answers from an import and a respondent", put(1), []func(context.Context, *process) error{importSome, send(22, "2026-09"), collectTwice}},
	}
}

// race runs one race by a schedule, and verifies what is left.
func (w *world) race(t *testing.T, c race, s *schedule, choose func(ready []int, last int) int) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(october()))
		w.server = cloudtest.New(cloudtest.Options{BatchWrites: 2})
		ctx := t.Context()
		if err := c.setup(ctx, w); err != nil {
			t.Fatal(err)
		}
		var all []func(h cloudtest.Hooks) error
		for _, f := range c.all {
			all = append(all, func(h cloudtest.Hooks) error { return f(ctx, w.process(h, Options{})) })
		}
		for i, err := range s.run(choose, all...) {
			if err != nil && (i != s.killed || !s.killer.dead) {
				t.Errorf("process %d: %v", i, err)
			}
		}
		w.verify(t)
	})
}

// TestInterleaved runs a few processes at the same time, and lets every one in turn overtake the others: all schedules in which
// one process is interrupted once, at any of its calls, in favour of any order of the others; and random schedules, in
// two of three of which a process is killed at one of its calls.
func TestInterleaved(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	for _, c := range races() {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() {
				t.Parallel()
			}
			runs := 0
			try := func(what string, order *schedule, choose func(ready []int, last int) int) {
				runs++
				newWorld(s, cloudtest.Options{}).race(t, c, order, choose)
				if t.Failed() {
					t.Fatalf("%s; killed: process %d at %q", what, order.killed, order.killer.last)
				}
			}
			for seed := range soak.Cases(60, 5_000) {
				r := rand.New(rand.NewPCG(uint64(seed), 3))
				stay := r.IntN(10) // out of ten times, the same process goes on
				order := &schedule{killed: r.IntN(len(c.all))}
				if seed%3 > 0 {
					order.killer = killer{at: 1 + r.IntN(60), after: r.IntN(2) == 0}
				}
				try(fmt.Sprint("seed ", seed), order, func(ready []int, last int) int {
					if slices.Contains(ready, last) && r.IntN(10) < stay {
						return last
					}
					return ready[r.IntN(len(ready))]
				})
			}
			if testing.Short() {
				return
			}
			for first := range c.all {
				for second := range c.all {
					for at := 0; first != second; at += sparsely() {
						calls := 0
						try(fmt.Sprintf("process %d is interrupted at call %d by %d", first, at, second), &schedule{}, func(ready []int, last int) int {
							if slices.Contains(ready, first) && calls < at {
								calls++
								return first
							}
							for i := range c.all {
								if next := (second + i) % len(c.all); next != first && slices.Contains(ready, next) {
									return next
								}
							}
							return ready[0]
						})
						if calls < at {
							break // it makes no more calls
						}
					}
				}
			}
			t.Logf("%d schedules", runs)
		})
	}
}

// Whatever number of shards a process knows: what is stored before a call of Collect is in the log after it.
func TestKnownShardsAreOld(t *testing.T) {
	w := storyWorld(parseSurvey(t, "tea", worldSurvey))
	ctx, period := t.Context(), "2026-10"
	collector, early, late := w.process(cloudtest.Hooks{}, Options{}), w.process(cloudtest.Hooks{}, Options{}), w.process(cloudtest.Hooks{}, Options{})
	if err := early.PutDefinition(ctx, w.survey); err != nil {
		t.Fatal(err)
	}
	n := 0
	for shards := minShards; shards <= maxShards; shards *= 4 {
		if err := late.RaiseShards(ctx, "tea", period, shards); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			for _, p := range []*process{early, late} { // early knows of 16 for half a minute
				if err := p.put(ctx, worldResponse(n, period)); err != nil {
					t.Fatal(err)
				}
				n++
			}
		}
		if err := collector.Collect(ctx, "tea"); err != nil {
			t.Fatal(err)
		}
		if found := len(w.verifyLog(t, collector)[period]); found != n {
			t.Errorf("%d are in the log, of %d", found, n)
		}
	}
	w.verify(t)
}

// A publisher that is killed while others are turned away holds them up for a while, and no longer.
func TestKilledInTurn(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	for at, over := 1, false; !over; at += sparsely() {
		for _, after := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(october()))
				w := newWorld(tea, cloudtest.Options{})
				w.turns = true
				ctx, p := t.Context(), w.process(cloudtest.Hooks{}, Options{})
				if err := p.PutDefinition(ctx, tea); err != nil {
					t.Fatal(err)
				}
				for n := range 5 {
					if err := p.put(ctx, worldResponse(n, "2026-10")); err != nil {
						t.Fatal(err)
					}
				}
				k := &killer{at: at, after: after}
				if err := w.process(cloudtest.Hooks{Around: k.around}, Options{}).publish(ctx, "2026-10"); err != nil && !k.dead {
					t.Fatal(err)
				}
				over = !k.dead
				if err := p.publish(ctx); err != nil { // is turned away, or does it all
					t.Fatal(err)
				}
				time.Sleep(10 * time.Minute) // the schedule
				w.verify(t)
				if t.Failed() {
					t.Fatalf("killed at call %d, %s; after it: %t", at, k.last, after)
				}
			})
		}
	}
}

// What a period is can be edited while answers are under way. What was stored in a period that there will not be again is
// collected, even if the stream's records are lost.
func TestPeriodsAreEdited(t *testing.T) {
	before := parseSurvey(t, "tea", worldSurvey)
	after := parseSurvey(t, "tea", strings.Replace(worldSurvey, "period: month", "period: quarter", 1))
	w := storyWorld(before)
	ctx, p := t.Context(), w.process(cloudtest.Hooks{}, Options{})
	if err := errors.Join(p.PutDefinition(ctx, before), p.put(ctx, worldResponse(1, "2026-10")), p.publish(ctx), p.put(ctx, worldResponse(2, "2026-10")), p.PutDefinition(ctx, after)); err != nil {
		t.Fatal(err)
	}
	w.survey = after
	p = w.process(cloudtest.Hooks{}, Options{})
	if err := errors.Join(p.put(ctx, worldResponse(3, "2026-Q4")), p.publish(ctx)); err != nil {
		t.Fatal(err)
	}
	if logs := w.verifyLog(t, p); len(logs["2026-10"]) != 2 || len(logs["2026-Q4"]) != 1 {
		t.Errorf("the logs are %v", logs)
	}
}

// An erasure leaves no answers in the queue, wherever the collector that came before was killed.
func TestErasureAfterKilledCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tea := parseSurvey(t, "tea", worldSurvey)
		for at, over := 1, false; !over; at++ {
			for _, after := range []bool{false, true} {
				w := storyWorld(tea)
				ctx, p := t.Context(), w.process(cloudtest.Hooks{}, Options{})
				if err := errors.Join(p.PutDefinition(ctx, tea), p.put(ctx, worldResponse(1, "2026-10")), p.put(ctx, worldResponse(3, "2026-10"))); err != nil {
					t.Fatal(err)
				}
				k := &killer{at: at, after: after}
				if err := w.process(cloudtest.Hooks{Around: k.around}, Options{}).Collect(ctx, "tea"); err != nil && !k.dead {
					t.Fatal(err)
				}
				over = !k.dead
				if err := w.process(cloudtest.Hooks{}, Options{}).erase(ctx, worldResponse(3, "").ID); err != nil { // looks for traces
					t.Errorf("killed at %s, after it: %t: %v", k.last, after, err)
				}
				w.verify(t)
			}
		}
	})
}
