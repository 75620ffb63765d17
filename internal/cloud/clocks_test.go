package cloud

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// clocks make clocks of processes that are apart. A clock that is right says begin when they are made.
type clocks struct{ shift time.Duration }

func newClocks(begin time.Time) clocks { return clocks{time.Until(begin)} }

// ahead returns a clock that is ahead of the right one.
func (c clocks) ahead(d time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(c.shift + d) }
}

// endOfSeptember is in the survey's timezone half an hour before the end of a day and of a period.
var endOfSeptember = time.Date(2026, 9, 30, 15, 30, 0, 0, time.UTC)

// TestClocksApart lets functions whose clocks are hours and days apart take answers and publish, across the end of a day and of a
// period, also while a period counts as closed for some and as open for others. Whoever sends again, and is served by another
// clock, counts once; nothing is lost, no page goes back, and no release has an earlier date than the one before.
func TestClocksApart(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	for seed := range soak.Cases(3, 100) {
		synctest.Test(t, func(t *testing.T) {
			right := newClocks(endOfSeptember)
			w := newWorld(s, cloudtest.Options{Now: right.ahead(0)})
			w.turns = true
			ctx := t.Context()
			if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(ctx, s); err != nil {
				t.Fatal(err)
			}
			var takers, publishers []*process
			for _, d := range []time.Duration{0, -3 * time.Hour, 5 * time.Hour, 26 * time.Hour} {
				takers = append(takers, w.process(cloudtest.Hooks{Around: latency}, Options{Now: right.ahead(d)}))
			}
			for _, d := range []time.Duration{0, -50 * time.Hour, 70 * time.Hour, 20 * time.Minute} {
				publishers = append(publishers, w.process(cloudtest.Hooks{Around: latency}, Options{Now: right.ahead(d)}))
			}
			revision := 0
			for i := range 40 {
				n := 100*seed + 2*i
				for j, taker := range []*process{takers[(seed+i)%4], takers[(seed+i/4)%4]} {
					r := worldResponse(n+j, s.PeriodAt(taker.now()))
					if err := taker.put(ctx, r); err != nil {
						t.Fatal(err)
					}
					again := takers[(seed+i+j+1)%4]
					r.Period = s.PeriodAt(again.now())
					if created, err := again.Put(ctx, r); err != nil || created {
						t.Fatalf("sent again to a clock of %v: %t, %v", again.now(), created, err)
					}
				}
				var together sync.WaitGroup
				for _, p := range []*process{publishers[(seed+i)%4], publishers[(seed+i*3+1)%4]} {
					together.Go(func() {
						if err := p.publish(ctx, worldPeriods...); err != nil {
							t.Error(err)
						}
					})
				}
				together.Wait()
				if now := w.pages.pages["tea/results/index.html"].revision; now < revision {
					t.Fatalf("the page went from revision %d to %d", revision, now)
				} else {
					revision = now
				}
				time.Sleep(time.Duration(1+i%7) * 20 * time.Minute)
			}
			time.Sleep(5 * 24 * time.Hour)
			w.turns = false // whose item changes with every run
			w.verify(t)
			w.verifyDates(t, s, right.ahead(0)())
		})
	}
}

// verifyDates checks that the dates of releases do not go back. Those of the last one are not in the future: all clocks are right or
// have been passed by now.
func (w *world) verifyDates(t *testing.T, s *survey.Survey, now time.Time) {
	t.Helper()
	p := w.process(cloudtest.Hooks{}, Options{})
	ctx := context.Background()
	latest, err := p.Latest(ctx, s.ID)
	if err != nil || len(latest) == 0 {
		t.Fatal(latest, err)
	}
	for _, one := range latest {
		date, through := "", ""
		var steps []string
		for r, err := range p.History(ctx, s.ID, one.Period) {
			if err != nil {
				t.Fatal(err)
			}
			if steps = append(steps, fmt.Sprintf("%s of %d through %s", r.Date, r.Facts.Received, r.Facts.Through)); r.Date < date || r.Facts.Through < through {
				t.Errorf("releases of %s go back: %q", one.Period, steps)
				return
			}
			date, through = r.Date, r.Facts.Through
		}
		if date > string(s.DateAt(now)) {
			t.Errorf("the last release of %s is of %s, and it is %v", one.Period, date, now)
		}
	}
}

// TestTurnsOfClocksAhead kills a publisher whose clock is days ahead, or behind, in its turn: the others go on as soon as after any
// other one that is killed.
func TestTurnsOfClocksAhead(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	for _, d := range []time.Duration{0, 48 * time.Hour, -48 * time.Hour, 400 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			right := newClocks(endOfSeptember)
			w := newWorld(s, cloudtest.Options{Now: right.ahead(0)})
			w.turns = true
			ctx := t.Context()
			p := w.process(cloudtest.Hooks{}, Options{})
			if err := p.PutDefinition(ctx, s); err != nil {
				t.Fatal(err)
			}
			for n := range 4 {
				if err := p.put(ctx, worldResponse(n, "2026-09")); err != nil {
					t.Fatal(err)
				}
			}
			calls := 0
			wrong := w.process(cloudtest.Hooks{Around: func(_ context.Context, _ cloudtest.Call, do func() error) error {
				if calls++; calls > 6 {
					return errKilled
				}
				return do()
			}}, Options{Now: right.ahead(d)})
			if err := wrong.publish(ctx, worldPeriods...); err == nil {
				t.Fatal("not killed")
			}
			if !slices.ContainsFunc(w.server.Items("U"), func(i item) bool { return textOf(i, turnToken) != "" }) {
				t.Fatal("the turn of whoever was killed has ended")
			}
			time.Sleep(4 * time.Minute)
			out, err := p.publisher.Publish(ctx, s, worldPeriods...)
			if err != nil || out.TurnedAway || out.Folded != 4 {
				t.Errorf("%v ahead: %+v, %v", d, out, err)
			}
			w.turns = false // whose item changes with every run
			w.verify(t)
		})
	}
}

// TestTurnsApartOfClocksAhead ends a turn by a clock that is days ahead: the next one begins as soon as after any other one.
func TestTurnsApartOfClocksAhead(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	const apart = time.Minute
	for _, d := range []time.Duration{0, 48 * time.Hour, -48 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			right := newClocks(endOfSeptember)
			w := newWorld(s, cloudtest.Options{Now: right.ahead(0)})
			ctx := t.Context()
			p, wrong := w.process(cloudtest.Hooks{}, Options{}), w.process(cloudtest.Hooks{}, Options{Now: right.ahead(d)})
			own, _, err := wrong.BeginTurn(ctx, s.ID, store.Work{Names: worldPeriods})
			if err != nil || own == nil {
				t.Fatal(own, err)
			}
			own.Next = wrong.now().Add(apart)
			if again, err := wrong.EndTurn(ctx, own); again || err != nil {
				t.Fatal(again, err)
			}
			time.Sleep(apart)
			if next, early, err := p.BeginTurn(ctx, s.ID, store.Work{Names: worldPeriods}); next == nil || early != 0 || err != nil {
				t.Errorf("%v ahead: %+v, %v early, %v", d, next, early, err)
			}
		})
	}
}
