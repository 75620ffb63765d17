package blind

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/invitation"
	"glasspoll/internal/survey"
)

// people returns new invitees with one value.
func people(first, n int, period, tier string) (all []invitation.Invitation) {
	for i := range n {
		var s invitation.Secret
		binary.BigEndian.PutUint64(s[:], uint64(first+i))
		one := invitation.Invitation{Hash: s.Hash(), Survey: "tea", Period: period}
		if tier != "" {
			one.Values = map[string]string{"tier": tier}
		}
		all = append(all, one)
	}
	return all
}

// world is a survey to which batches of people are invited.
type world struct {
	keys   *survey.Keys
	stored []invitation.Invitation
	key    map[invitation.Hash]string // by which each was to answer when it was invited
	next   int
}

// invite invites a batch of people by their values, and returns the plan.
func (w *world) invite(period string, tiers map[string]int) (*Plan, error) {
	var batch []invitation.Invitation
	for _, tier := range []string{"", "a", "b", "c", "d"} {
		batch = append(batch, people(w.next, tiers[tier], period, tier)...)
		w.next += tiers[tier]
	}
	plan, err := NewPlan(w.keys, w.stored, batch)
	if err != nil {
		return nil, err
	}
	if w.keys == nil {
		w.keys = &survey.Keys{Variant: survey.BlindVariant}
	}
	for _, g := range plan.Groups {
		w.keys.Keys = append(w.keys.Keys, survey.Key{ID: fmt.Sprint("key ", len(w.keys.Keys)), Period: g.Period, Values: g.Values})
	}
	w.stored = append(w.stored, plan.Invitations...)
	return plan, nil
}

// check checks that everybody has one key, the same as ever, and that no group with values is small.
func (w *world) check(t interface{ Fatalf(string, ...any) }) {
	if w.key == nil {
		w.key = map[invitation.Hash]string{}
	}
	count := map[string]int{}
	for _, i := range w.stored {
		key, found := w.keys.Of(i.Period, i.Values)
		if !found {
			t.Fatalf("%v has no key", i.Values)
		}
		if before := w.key[i.Hash]; before != "" && before != key.ID {
			t.Fatalf("%s had key %s, and has %s now", i.Hash, before, key.ID)
		}
		w.key[i.Hash] = key.ID
		count[key.ID]++
	}
	groups := map[string]bool{}
	named := map[string]bool{}
	for _, key := range w.keys.Keys {
		group := key.Period + name(key.Values)
		if groups[group] {
			t.Fatalf("two keys of %s", group)
		}
		groups[group] = true
		if len(key.Values) > 0 {
			named[key.Period] = true
			if count[key.ID] < MinGroup {
				t.Fatalf("%v are %d", key.Values, count[key.ID])
			}
		}
	}
}

func TestGroups(t *testing.T) {
	for _, c := range []struct {
		what    string
		batches []map[string]int
		groups  [][]string // new ones, by the tier: "" for that of all others
		merged  []int
		few     []int // -1: refused
	}{
		{"large ones", []map[string]int{{"a": 20, "b": 30}}, [][]string{{"a", "b"}}, []int{0}, []int{0}},
		{"small ones are one", []map[string]int{{"a": 50, "b": 19, "c": 1}}, [][]string{{"", "a"}}, []int{20}, []int{0}},
		{"the smallest of the large ones joins a small one", []map[string]int{{"a": 50, "b": 20, "c": 1}}, [][]string{{"", "a"}}, []int{21}, []int{0}},
		{"all are few", []map[string]int{{"a": 5, "b": 4}}, [][]string{{""}}, []int{9}, []int{9}},
		{"nobody has values", []map[string]int{{"": 7}, {"": 20}}, [][]string{{""}, nil}, []int{0, 0}, []int{7, 0}},
		{"later ones join", []map[string]int{{"a": 20, "b": 10, "c": 10}, {"a": 1, "b": 1, "d": 1}}, [][]string{{"", "a"}, nil}, []int{20, 2}, []int{0, 0}},
		{"a later large one has a key", []map[string]int{{"a": 20, "b": 10, "c": 10}, {"b": 25}}, [][]string{{"", "a"}, {"b"}}, []int{20, 0}, []int{0, 0}},
		{"a later single one is refused", []map[string]int{{"a": 20}, {"b": 1}}, [][]string{{"a"}, nil}, []int{0, 0}, []int{0, -1}},
		{"and with others not", []map[string]int{{"a": 20}, {"b": 1, "c": 20}}, [][]string{{"a"}, {""}}, []int{0, 21}, []int{0, 0}},
		{"a trial first", []map[string]int{{"a": 3}, {"a": 300, "b": 20}}, [][]string{{""}, {"a"}}, []int{3, 20}, []int{3, 0}},
	} {
		var w world
		for n, batch := range c.batches {
			plan, err := w.invite("2026-Q4", batch)
			if refused := new(FewError); errors.As(err, &refused) != (c.few[n] < 0) {
				t.Errorf("%s: batch %d: %v", c.what, n, err)
			}
			if err != nil {
				continue
			}
			var groups []string
			for _, g := range plan.Groups {
				groups = append(groups, g.Values["tier"])
			}
			if fmt.Sprint(groups) != fmt.Sprint(c.groups[n]) || plan.Merged != c.merged[n] || plan.Few["2026-Q4"] != c.few[n] {
				t.Errorf("%s: batch %d: groups %q, %d merged, few %v", c.what, n, groups, plan.Merged, plan.Few)
			}
			w.check(t)
		}
	}
}

// TestGroupsStay invites random batches: nobody gets another key, and no group with values is small, also if a batch is
// interrupted when some of it is stored.
func TestGroupsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w world
		for range rapid.IntRange(1, 6).Draw(t, "batches") {
			period := rapid.SampledFrom([]string{"2026-Q3", "2026-Q4"}).Draw(t, "period")
			batch := map[string]int{}
			for _, tier := range []string{"", "a", "b", "c", "d"} {
				if rapid.Bool().Draw(t, "has") {
					batch[tier] = rapid.IntRange(0, 45).Draw(t, "n")
				}
			}
			known := maps.Clone(w.key)
			before := len(w.stored)
			if _, err := w.invite(period, batch); err != nil {
				if refused := new(FewError); !errors.As(err, &refused) {
					t.Fatal(err)
				}
				continue
			}
			w.check(t)
			if rapid.Bool().Draw(t, "interrupted") { // with the keys, and some of the invitations, stored
				stored := before + rapid.IntRange(0, len(w.stored)-before).Draw(t, "stored")
				var rest []invitation.Invitation
				at := 0
				for _, tier := range []string{"", "a", "b", "c", "d"} {
					for range batch[tier] {
						if before+at >= stored {
							one := w.stored[before+at]
							one.Values = map[string]string{"tier": tier}
							rest = append(rest, one)
						}
						at++
					}
				}
				w.stored, w.key = w.stored[:stored], known
				plan, err := NewPlan(w.keys, w.stored, rest)
				if err != nil {
					if refused := new(FewError); !errors.As(err, &refused) {
						t.Fatal(err)
					}
					return
				}
				for _, g := range plan.Groups {
					w.keys.Keys = append(w.keys.Keys, survey.Key{ID: fmt.Sprint("key ", len(w.keys.Keys)), Period: g.Period, Values: g.Values})
				}
				w.stored = append(w.stored, plan.Invitations...)
				for _, i := range w.stored {
					if _, found := w.keys.Of(i.Period, i.Values); !found {
						t.Fatalf("%v has no key", i.Values)
					}
				}
				return
			}
		}
	})
}
