package publish

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/soak"
)

const escalating = `alerts:
  - {when: rated <= 2, open: complaint, owner: desk, due_days: 2, escalate_to: [manager, director]}
`

// TestCasesAreHandedUp lets several publishers hand cases up at the same time, with faults, until nothing is left to do: each
// case is marked and handed up once for each role, and told of so.
func TestCasesAreHandedUp(t *testing.T) {
	s := parse(t, sample+escalating)
	for seed := range uint64(soak.Cases(30, 1000)) {
		r := rand.New(rand.NewPCG(seed, 11))
		var random sync.Mutex
		number := func(n int) int {
			random.Lock()
			defer random.Unlock()
			return r.IntN(n)
		}
		c := newFakeCases(newFakeStore())
		c.answer(s)
		c.putMany(0, 20, "2026-10")
		publish(t, c.publisher(at(20)), s)
		opened := len(c.opened)
		for day := 20; day < 30; day++ {
			if number(4) == 0 {
				c.withdraw(number(20), "2026-10")
				publish(t, c.publisher(at(day)), s)
			}
			c.fakeStore.fault = func(string) (bool, bool) { return number(10) == 0, number(2) == 0 }
			for range 3 {
				var group errgroup.Group
				for range 1 + number(3) {
					p := c.publisher(at(day))
					group.Go(func() error {
						if _, _, err := p.AgeCases(ctx, "sample"); !errors.Is(err, errInjected) {
							return err
						}
						return nil
					})
				}
				if err := group.Wait(); err != nil {
					t.Fatal(err)
				}
			}
			c.fakeStore.fault = nil
			if _, _, err := c.publisher(at(day)).AgeCases(ctx, "sample"); err != nil {
				t.Fatal(err)
			}
		}
		all, err := c.CasesOf(ctx, "sample")
		if err != nil || len(all) != opened || opened == 0 {
			t.Fatal(len(all), opened, err)
		}
		for _, one := range all {
			steps := map[cases.Step]int{}
			for _, change := range one.Changes {
				steps[change.What]++
			}
			if steps[cases.WasOverdue] > 1 || steps[cases.WasEscalated] > 2 || !one.Withdrawn && (steps[cases.WasOverdue] != 1 || steps[cases.WasEscalated] != 2 || one.Owner != "director") {
				t.Errorf("seed %d: %+v", seed, one)
			}
			told := map[news.Kind]int{}
			for id := range c.told {
				if c.told[id].CaseID() == one.ID {
					told[c.told[id].Kind]++
				}
			}
			if told[news.CaseOverdue] != steps[cases.WasOverdue] || told[news.CaseEscalated] != steps[cases.WasEscalated] {
				t.Errorf("seed %d: case %s is told %v, and has %v", seed, one.ID, told, steps)
			}
		}
	}
}

// TestCasesOfSurveysThatMove leaves the cases of a survey alone that is not in force.
func TestCasesOfSurveysThatMove(t *testing.T) {
	c := newFakeCases(newFakeStore())
	for _, survey := range []string{"moving", cases.NoSurvey} {
		book := cases.Book{Survey: survey, Timezone: "UTC"}
		one, err := book.Add(cases.Entry{Ref: "1", Channel: "phone", Opened: at(1)(), Due: "2026-10-02"}, at(2)())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.OpenCase(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	for survey, want := range map[string]int{"moving": 0, cases.NoSurvey: 1} {
		if aged, _, err := c.publisher(at(20)).AgeCases(ctx, survey); err != nil || aged != want {
			t.Errorf("%s: %d, %v", survey, aged, err)
		}
	}
	if all, err := c.CasesOf(ctx, "moving"); err != nil || all[0].Late {
		t.Errorf("%+v, %v", all, err)
	}
}
