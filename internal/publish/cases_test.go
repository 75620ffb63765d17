package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const alerts = `alerts:
  - {when: rated <= 2, open: complaint, owner: desk, due_days: 5}
  - {when: tier and rated == 5, open: praise}
  - {when: rated == 1, open: loss, severity: major, due_hours: 24}
`

// fakeCases keeps cases in memory. Its calls can be made to fail, like those of fakeStore.
type fakeCases struct {
	*fakeStore
	mu      sync.Mutex
	kept    map[string][]byte // by id
	at      map[string]int    // revisions
	opened  map[string]int    // how often each case was stored
	pending map[string]bool
	told    map[string]news.Item // news about cases that were saved, by id
}

func newFakeCases(m *fakeStore) *fakeCases {
	return &fakeCases{fakeStore: m, kept: map[string][]byte{}, at: map[string]int{}, opened: map[string]int{}, pending: map[string]bool{}, told: map[string]news.Item{}}
}

func (c *fakeCases) faulty(name string) (before, after error) {
	c.fakeStore.mu.Lock()
	defer c.fakeStore.mu.Unlock()
	return c.fakeStore.call(name)
}

func (c *fakeCases) OpenCase(_ context.Context, one *cases.Case, also ...news.Item) (bool, error) {
	before, after := c.faulty("OpenCase")
	if before != nil {
		return false, before
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept[one.ID] != nil {
		return false, after
	}
	c.kept[one.ID], _ = json.Marshal(one)
	c.at[one.ID], c.pending[one.ID] = 1, len(also) == 1 && also[0].ID == "case_"+one.ID
	c.opened[one.ID]++
	return true, after
}

func (c *fakeCases) CasesOf(_ context.Context, survey string) ([]*cases.Case, error) {
	before, after := c.faulty("CasesOf")
	if err := errors.Join(before, after); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*cases.Case
	for _, id := range slices.Sorted(maps.Keys(c.kept)) {
		one := &cases.Case{}
		if err := json.Unmarshal(c.kept[id], one); err != nil {
			return nil, err
		}
		one.Revision = c.at[id]
		if one.Survey == survey {
			all = append(all, one)
		}
	}
	return all, nil
}

func (c *fakeCases) SaveCase(_ context.Context, one *cases.Case, also ...news.Item) error {
	before, after := c.faulty("SaveCase")
	if before != nil {
		return before
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at[one.ID] != one.Revision {
		return store.ErrStale
	}
	c.kept[one.ID], _ = json.Marshal(one)
	for _, item := range also {
		c.told[item.ID] = item
	}
	c.at[one.ID]++
	one.Revision++
	return after
}

// Pending returns the cases that are in the outbox.
func (c *fakeCases) Pending(ctx context.Context, survey string) ([]*cases.Case, error) {
	all, err := c.CasesOf(ctx, survey)
	return slices.DeleteFunc(all, func(one *cases.Case) bool { return !c.pending[one.ID] }), err
}

func (c *fakeCases) publisher(now func() time.Time) *Publisher {
	o := c.options(plain{}, now)
	o.Cases, o.Notify = c, true
	return New(o)
}

// withdraw puts a tombstone in the place of a response and empties the period's tally, as a store does that cannot take the
// response out of it.
func (c *fakeCases) withdraw(n int, period string) {
	c.fakeStore.mu.Lock()
	defer c.fakeStore.mu.Unlock()
	for _, entries := range [][]store.Entry{c.waiting[period], c.log[period]} {
		for i := range entries {
			if r := &entries[i].Response; r.ID == fmt.Sprint(n) {
				*r = r.Tombstone(nil)
			}
		}
	}
	c.empty(period)
}

// empty empties a period's tally. The caller holds mu of the store, if anything runs.
func (m *fakeStore) empty(period string) {
	s := m.tallies[period]
	if s.revision == 0 {
		return
	}
	before, err := tally.Decode(s.data)
	if err != nil {
		panic(err)
	}
	m.tallies[period] = stored{tally.Restart(before).Encode(), s.revision + 1}
}

// wanted lists the cases that answers of [fakeStore.put] must have opened, computed without the publisher: a complaint, and a
// loss too if the rating is 1, or praise.
func wanted(numbers ...int) map[string]bool {
	ids := map[string]bool{}
	for _, n := range numbers {
		if rated := 1 + n%5; rated <= 2 || rated == 5 && n%2 == 0 {
			ids[cases.ID("sample", fmt.Sprint(n))] = true
		}
	}
	return ids
}

func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// check compares the cases that were opened with those wanted, and checks that each was stored once.
func (c *fakeCases) check(t *testing.T, want map[string]bool) {
	t.Helper()
	got := map[string]bool{}
	for id, n := range c.opened {
		got[id] = true
		if n != 1 {
			t.Errorf("case %s was opened %d times", id, n)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d cases, want %d", len(got), len(want))
	}
}

func TestAlertsOpenCases(t *testing.T) {
	s, c := parse(t, sample+alerts), newFakeCases(newFakeStore())
	p := c.publisher(at(20))
	for n := range 40 {
		c.put(n, "2026-10")
		if n%9 == 0 {
			publish(t, p, s)
		}
	}
	publish(t, p, s)
	c.check(t, wanted(upTo(40)...))
	if out := publish(t, c.publisher(at(20)), s); out.Opened != 0 { // it has no memory
		t.Errorf("again: %d", out.Opened)
	}
	all, err := c.CasesOf(ctx, "sample")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Status != cases.Open || one.Period != "2026-10" || len(one.Changes) != 1 {
			t.Errorf("%+v", one)
		}
	}
	// Without a store of cases, alerts are not evaluated.
	if out := publish(t, c.fakeStore.publisher(at(20)), s); out.Opened != 0 {
		t.Errorf("opened %d", out.Opened)
	}
}

// TestNewAlertsAreForNewAnswers adds alerts, and has everything folded again.
func TestNewAlertsAreForNewAnswers(t *testing.T) {
	c := newFakeCases(newFakeStore())
	for n := range 40 {
		c.put(n, "2026-10")
	}
	publish(t, c.publisher(at(20)), parse(t, sample)) // without alerts, and all of it folded
	alerting := parse(t, sample+alerts)
	if out := publish(t, c.publisher(at(20)), alerting); out.Folded != 0 || out.Opened != 0 {
		t.Errorf("folded %d, and opened %d cases for old answers", out.Folded, out.Opened)
	}
	c.empty("2026-10")
	if out := publish(t, c.publisher(at(20)), alerting); out.Folded != 40 || out.Opened != 0 {
		t.Errorf("folded %d again, and opened %d cases for old answers", out.Folded, out.Opened)
	}
	for n := 40; n < 80; n++ {
		c.put(n, "2026-10")
	}
	publish(t, c.publisher(at(20)), alerting)
	c.check(t, wanted(upTo(80)[40:]...))
	// A fold that was interrupted continues, and new answers follow those that it folds again.
	for n := 80; n < 120; n++ {
		c.put(n, "2026-10")
	}
	c.empty("2026-10")
	saves := 0
	c.fakeStore.fault = func(call string) (bool, bool) {
		if call == "SaveTally" {
			saves++
		}
		return call == "SaveTally" && saves > 3, false
	}
	interrupted := c.publisher(at(20))
	interrupted.chunk = 10
	if out, err := interrupted.Publish(ctx, alerting); !errors.Is(err, errInjected) || out.Folded != 30 {
		t.Fatal(out.Folded, err)
	}
	c.fakeStore.fault = nil
	publish(t, c.publisher(at(20)), alerting)
	c.check(t, wanted(upTo(120)[40:]...))
}

// TestCasesUnderFaults makes calls fail before they are applied and after, with several publishers at once, questionnaires that
// change and answers that are withdrawn in between: in the end there are the cases wanted, and none was stored twice.
func TestCasesUnderFaults(t *testing.T) {
	shapes := []*survey.Survey{parse(t, sample+alerts)}
	for i := range 3 {
		shapes = append(shapes, parse(t, strings.Replace(sample, "results:", fmt.Sprintf("      - {id: more%d, type: yes_no, label: {en: More, zh: 更多}}\nresults:", i), 1)+alerts))
	}
	for seed := range uint64(soak.Cases(60, 3000)) {
		r := rand.New(rand.NewPCG(seed, 7))
		var random sync.Mutex
		number := func(n int) int {
			random.Lock()
			defer random.Unlock()
			return r.IntN(n)
		}
		c := newFakeCases(newFakeStore())
		n, withdrawn := 0, map[int]bool{}
		publishers := []*Publisher{c.publisher(at(20)), c.publisher(at(20)), c.publisher(at(20))} // each keeps its memory
		publishers[0].chunk, publishers[1].chunk = 3, 7
		for round := range 8 {
			for range number(20) {
				c.put(n, "2026-10")
				n++
			}
			if n > 0 && number(3) == 0 {
				back := number(n)
				c.withdraw(back, "2026-10")
				withdrawn[back] = true
			}
			c.fakeStore.fault = func(string) (bool, bool) { return number(30) == 0, number(2) == 0 }
			s := c.answer(shapes[min(number(round+1)/2, len(shapes)-1)])
			var group errgroup.Group
			for _, p := range publishers[:1+number(3)] {
				group.Go(func() error {
					if _, err := p.Publish(ctx, s, "2026-10"); err != nil && !errors.Is(err, errInjected) {
						return err
					}
					return nil
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			c.fakeStore.fault = nil
		}
		if _, err := publishers[0].Publish(ctx, shapes[0], "2026-10"); err != nil {
			t.Fatal(err)
		}
		want := wanted(upTo(n)...)
		for id, times := range c.opened {
			if times != 1 || !want[id] {
				t.Errorf("seed %d: case %s was opened %d times, wanted %t", seed, id, times, want[id])
			}
		}
		for id := range want {
			if c.opened[id] == 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(withdrawn)), func(n int) bool { return wanted(n)[id] }) {
				t.Errorf("seed %d: case %s was never opened", seed, id)
			}
		}
		all, err := c.CasesOf(ctx, "sample")
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			for n := range withdrawn {
				if one.Response == fmt.Sprint(n) {
					t.Errorf("seed %d: a case still names the withdrawn response %d", seed, n)
				}
			}
			if one.Withdrawn != (one.Response == "") {
				t.Errorf("seed %d: %+v", seed, one)
			}
		}
	}
}

// TestCrashBetweenOpeningAndSaving crashes after each case that is stored: the next publisher opens the rest.
func TestCrashBetweenOpeningAndSaving(t *testing.T) {
	s := parse(t, sample+alerts)
	for stop := 1; ; stop++ {
		c := newFakeCases(newFakeStore())
		c.putMany(0, 30, "2026-10")
		calls := 0
		c.fakeStore.fault = func(call string) (bool, bool) {
			if call == "OpenCase" {
				calls++
			}
			return call == "OpenCase" && calls >= stop || call == "SaveTally", call == "OpenCase"
		}
		if _, err := c.publisher(at(20)).Publish(ctx, s); !errors.Is(err, errInjected) {
			t.Fatal(err)
		}
		c.fakeStore.fault = nil
		publish(t, c.publisher(at(20)), s)
		c.check(t, wanted(upTo(30)...))
		if stop > len(wanted(upTo(30)...)) {
			return
		}
	}
}

// TestOvertaken lets another publisher fold a tombstone after this one has read the answers and before it opens the case.
func TestOvertaken(t *testing.T) {
	s, c := parse(t, sample+alerts), newFakeCases(newFakeStore())
	c.put(0, "2026-10") // a complaint
	overtaking := false
	c.fakeStore.fault = func(call string) (bool, bool) {
		if call == "OpenCase" && !overtaking {
			overtaking = true
			c.fakeStore.mu.Unlock()
			c.withdraw(0, "2026-10")
			publish(t, c.publisher(at(20)), s)
			c.fakeStore.mu.Lock()
		}
		return false, false
	}
	publish(t, c.publisher(at(20)), s)
	all, err := c.CasesOf(ctx, "sample")
	if err != nil || len(all) != 1 || !all[0].Withdrawn || all[0].Response != "" {
		t.Errorf("left %+v, %v", all, err)
	}
}

// TestOutbox checks that the cases that a publisher opens are in the outbox if it is to notify, including those withdrawn
// since.
func TestOutbox(t *testing.T) {
	s, c := parse(t, sample+alerts), newFakeCases(newFakeStore())
	for n := range 20 {
		c.put(n, "2026-10")
	}
	publish(t, c.publisher(at(20)), s)
	c.withdraw(1, "2026-10")
	publish(t, c.publisher(at(20)), s)
	pending, err := c.Pending(ctx, "sample")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, one := range pending {
		got[one.ID] = true
		if withdrawn := one.ID == cases.ID("sample", "1"); one.Withdrawn != withdrawn {
			t.Errorf("%+v", one)
		}
	}
	if want := wanted(upTo(20)...); !maps.Equal(got, want) {
		t.Errorf("%d cases are in the outbox, want %d", len(got), len(want))
	}

	silent := newFakeCases(newFakeStore())
	silent.put(0, "2026-10")
	o := silent.options(plain{}, at(20))
	o.Cases = silent
	publish(t, New(o), s)
	if pending, err := silent.Pending(ctx, "sample"); len(pending) != 0 || err != nil {
		t.Errorf("%d cases are in the outbox, %v", len(pending), err)
	}
}
