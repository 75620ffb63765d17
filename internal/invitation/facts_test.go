package invitation_test

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/invitation"
	"glasspoll/internal/survey"
)

func name(step invitation.Step, day, period, channel, tier string) string {
	return invitation.Counter{Step: step, Day: survey.Date(day), Period: period, Channel: channel, Values: map[string]string{"tier": tier}}.Name()
}

// TestFactsOf checks what is said of counters of a few days.
func TestFactsOf(t *testing.T) {
	t.Parallel()
	s := invitedSurvey(t, "confidential")
	counters := map[string]int64{
		name(invitation.Issued, "", "all", "mail", "a"): 603, name(invitation.Issued, "", "all", "card", "b"): 598,
		name(invitation.Issued, "", "all", "card", ""): 2, name(invitation.TakenBack, "", "all", "card", "b"): 3,
		name(invitation.Accepted, "2026-11-27", "all", "mail", "a"): 603, name(invitation.Bounced, "2026-11-28", "all", "mail", "a"): 13,
		name(invitation.Opened, "2026-11-28", "all", "mail", "a"): 402, name(invitation.Started, "2026-11-28", "all", "mail", "a"): 310,
		name(invitation.Completed, "2026-11-28", "all", "mail", "a"): 292, name(invitation.Completed, "2026-11-29", "all", "card", "b"): 287,
		name(invitation.Completed, "2026-11-29", "all", "card", ""):   1,
		name(invitation.Completed, "2026-11-30", "all", "card", "b"):  100, // today
		name(invitation.Completed, "2026-11-28", "2025", "card", "b"): 100,
		"2/completed/2026-11-28/all//":                                100, "opened": 7,
	}
	got := invitation.FactsOf(s, "all", "2026-11-30", false, 5, counters)
	want := &invitation.Facts{Through: "2026-11-30", K: 5, Every: 1,
		Sum: invitation.Reach{Issued: 1203, Accepted: 603, Bounced: 13, Asked: 1190, Opened: 690, Started: 600, Completed: 580},
		Groups: []invitation.Group{
			{Option: "card", Reach: invitation.Reach{Issued: 600, Asked: 595, Opened: 290, Started: 290, Completed: 290}},
			{Option: "mail", Reach: invitation.Reach{Issued: 605, Accepted: 605, Bounced: 15, Asked: 590, Opened: 400, Started: 310, Completed: 290}},
			{Segment: "tier", Option: "a", Reach: invitation.Reach{Issued: 605, Accepted: 605, Bounced: 15, Asked: 590, Opened: 400, Started: 310, Completed: 290}},
			{Segment: "tier", Option: "b", Reach: invitation.Reach{Issued: 600, Asked: 595, Opened: 285, Started: 285, Completed: 285}},
		},
		Days: []invitation.Day{
			{From: "2026-11-27", Reach: invitation.Reach{Accepted: 605}},
			{From: "2026-11-28", Reach: invitation.Reach{Bounced: 15, Opened: 400, Started: 310, Completed: 290}},
			{From: "2026-11-29", Reach: invitation.Reach{Completed: 290}},
		}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if closed := invitation.FactsOf(s, "all", "2026-11-30", true, 5, counters); closed.Sum.Completed != 680 {
		t.Errorf("closed: %+v", closed.Sum)
	}
	if few := invitation.FactsOf(s, "all", "2026-11-30", false, 5, map[string]int64{name(invitation.Issued, "", "all", "mail", "a"): 4}); few != nil {
		t.Errorf("of four: %+v", few)
	}
}

// TestFactsAfterNewSegments: when the segments have changed, what was issued is not counted twice.
func TestFactsAfterNewSegments(t *testing.T) {
	t.Parallel()
	s := invitedSurvey(t, "confidential")
	before := invitation.Counter{Step: invitation.Issued, Period: "all", Channel: "mail"}
	counters := map[string]int64{before.Name(): 40, name(invitation.Issued, "", "all", "mail", "a"): 30, name(invitation.Issued, "", "all", "mail", "b"): 20}
	f := invitation.FactsOf(s, "all", "2026-11-30", false, 5, counters)
	if f.Sum.Issued != 50 || len(f.Groups) != 2 || f.Groups[0].Issued != 30 {
		t.Errorf("%+v", f)
	}
}

// TestWeeks: many days are told by weeks from Monday on.
func TestWeeks(t *testing.T) {
	t.Parallel()
	s := invitedSurvey(t, "confidential")
	counters := map[string]int64{name(invitation.Issued, "", "all", "mail", "a"): 100}
	for day := 1; day <= 20; day++ {
		counters[name(invitation.Completed, fmt.Sprintf("2026-11-%02d", day), "all", "mail", "a")] = 2
	}
	f := invitation.FactsOf(s, "all", "2026-11-30", false, 5, counters)
	want := []invitation.Day{{From: "2026-11-02", Reach: invitation.Reach{Completed: 15}}, {From: "2026-11-09", Reach: invitation.Reach{Completed: 15}}, {From: "2026-11-16", Reach: invitation.Reach{Completed: 10}}}
	if f.Every != 7 || !slices.Equal(f.Days, want) || f.Days[0].Until(f.Every) != "2026-11-08" {
		t.Errorf("%d: %+v", f.Every, f.Days)
	}
}

// TestFactsTellOfNobody: whatever is counted, no number is of fewer than k, none of a group or a day is exact, and no two exact ones
// differ by fewer than k.
func TestFactsTellOfNobody(t *testing.T) {
	t.Parallel()
	s := invitedSurvey(t, "confidential")
	rapid.Check(t, func(r *rapid.T) {
		k := rapid.SampledFrom([]int{2, 5, 10}).Draw(r, "k")
		counters := map[string]int64{}
		for range rapid.IntRange(1, 30).Draw(r, "counters") {
			step := rapid.SampledFrom(invitation.Steps).Draw(r, "step")
			day := rapid.SampledFrom([]string{"2026-11-01", "2026-11-02", "2026-11-29", "2026-11-30"}).Draw(r, "day")
			if step == invitation.Issued || step == invitation.TakenBack {
				day = ""
			}
			n := rapid.Int64Range(1, 60).Draw(r, "n")
			counters[name(step, day, "all", rapid.SampledFrom([]string{"", "mail", "card"}).Draw(r, "channel"), rapid.SampledFrom([]string{"", "a", "b", "gone"}).Draw(r, "tier"))] = n
		}
		f := invitation.FactsOf(s, "all", "2026-11-30", rapid.Bool().Draw(r, "closed"), k, counters)
		if f == nil {
			return
		}
		numbers := func(x invitation.Reach) []int64 {
			return []int64{x.Issued, x.Withdrawn, x.Accepted, x.Bounced, x.Asked, x.Opened, x.Started, x.Completed}
		}
		for _, n := range numbers(f.Sum)[:4] {
			if n < 0 || n > 0 && n < int64(k) {
				r.Errorf("%d of fewer than %d: %+v", n, k, f.Sum)
			}
		}
		if d := f.Sum.Issued - f.Sum.Accepted; f.Sum.Accepted > 0 && d != 0 && max(d, -d) < int64(k) {
			r.Errorf("%d were not accepted: %+v", d, f.Sum)
		}
		if d := f.Sum.Issued - f.Sum.Asked; d != 0 && d < int64(k) {
			r.Errorf("%d were not asked: %+v", d, f.Sum)
		}
		check := func(x invitation.Reach) {
			for _, n := range numbers(x) {
				if n%int64(k) != 0 || n < 0 {
					r.Errorf("%d is no multiple of %d: %+v", n, k, x)
				}
			}
		}
		for _, g := range f.Groups {
			check(g.Reach)
		}
		for _, d := range f.Days {
			check(d.Reach)
		}
	})
}

func each(all []invitation.Invitation, err error) iter.Seq2[invitation.Invitation, error] {
	return func(yield func(invitation.Invitation, error) bool) {
		for _, i := range all {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(invitation.Invitation{}, err)
		}
	}
}

// TestTotals counts invitations of a period and of none, twice, and in the next period.
func TestTotals(t *testing.T) {
	t.Parallel()
	s := invitedSurvey(t, "confidential")
	s.Period = survey.Quarter
	a := invitation.Invitation{Channel: "mail", Values: map[string]string{"tier": "a"}}
	b := a
	b.Period = "2026-Q3"
	all := []invitation.Invitation{a, a, a.Withdraw(), b}
	known := map[string]int64{}
	count := func(period string, want map[string]int64) {
		t.Helper()
		totals, err := invitation.Totals(s, period, each(all, nil), known)
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range totals {
			known[name] = max(known[name], n)
		}
		for name, n := range known {
			if n == 0 {
				delete(known, name)
			}
		}
		if !reflect.DeepEqual(known, want) {
			t.Errorf("%s: %v, want %v", period, known, want)
		}
	}
	third, fourth := name(invitation.Issued, "", "2026-Q3", "mail", "a"), name(invitation.Issued, "", "2026-Q4", "mail", "a")
	taken := name(invitation.TakenBack, "", "2026-Q3", "mail", "a")
	want := map[string]int64{third: 4, taken: 1}
	count("2026-Q3", want)
	count("2026-Q3", want)
	all = append(all, a, a)
	want[fourth] = 2
	count("2026-Q4", want)
	count("2026-Q4", want)
	broken := errors.New("broken")
	if _, err := invitation.Totals(s, "2026-Q4", each(all, broken), known); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestFactsOfPeople follows people through the steps, and counts them again one by one.
func TestFactsOfPeople(t *testing.T) {
	t.Parallel()
	s := invitedSurvey(t, "confidential")
	rapid.Check(t, func(r *rapid.T) {
		const k = 3
		counters := map[string]int64{}
		var all []invitation.Invitation
		var issued, withdrawn, bounced, opened, started, completed, inA, completedA int64
		for range rapid.IntRange(0, 60).Draw(r, "people") {
			i := invitation.Invitation{Channel: rapid.SampledFrom([]string{"mail", "card"}).Draw(r, "channel"),
				Values: map[string]string{"tier": rapid.SampledFrom([]string{"a", "b"}).Draw(r, "tier"), "shop": "ada"}}
			issued++
			far := rapid.IntRange(-2, 3).Draw(r, "how far") // -2: withdrawn; -1: came back; 1 to 3: opened, started, completed
			scripts := rapid.Bool().Draw(r, "scripts")
			day := survey.Date(rapid.SampledFrom([]string{"2026-11-27", "2026-11-28", "2026-11-29"}).Draw(r, "day"))
			count := func(steps ...invitation.Step) {
				for _, step := range steps {
					counters[invitation.CounterOf(s, i, step, day, "all").Name()]++
				}
			}
			if far == -2 {
				i, withdrawn = i.Withdraw(), withdrawn+1
			}
			if far == -1 {
				count(invitation.Bounced)
				bounced++
			}
			if far >= 1 && scripts {
				count(invitation.Opened)
				opened++
			}
			if far >= 2 {
				count(invitation.Started)
				started++
			}
			if far == 3 {
				count(invitation.Completed)
				completed++
			}
			if i.Values["tier"] == "a" {
				inA++
				if far == 3 {
					completedA++
				}
			}
			all = append(all, i)
		}
		totals, err := invitation.Totals(s, "all", each(all, nil), nil)
		if err != nil {
			r.Fatal(err)
		}
		for name, n := range totals {
			counters[name] = n
		}
		f := invitation.FactsOf(s, "all", "2026-11-30", false, k, counters)
		if (f == nil) != (issued < k) {
			r.Fatalf("%d issued: %+v", issued, f)
		}
		if f == nil {
			return
		}
		least := func(n int64) int64 {
			if n < k {
				return 0
			}
			return n
		}
		sum := f.Sum
		if sum.Issued != issued || sum.Withdrawn != least(withdrawn) || sum.Bounced != least(bounced) || sum.Completed != least(completed) ||
			sum.Asked != issued-least(withdrawn)-least(bounced) {
			r.Errorf("%+v, of %d issued, %d withdrawn, %d bounced, %d completed", sum, issued, withdrawn, bounced, completed)
		}
		if sum.Started > 0 && (sum.Started < started || sum.Started >= started+k) || sum.Opened > 0 && sum.Opened < max(opened, started) {
			r.Errorf("%+v, of %d opened, %d started", sum, opened, started)
		}
		near := func(said, n int64) bool { return said == 0 && n < k || 2*max(said-n, n-said) <= k }
		for _, g := range f.Groups {
			if g.Segment == "tier" && g.Option == "a" && (!near(g.Issued, inA) || !near(g.Completed, completedA)) {
				r.Errorf("%+v, of %d issued, %d completed", g, inA, completedA)
			}
		}
	})
}

// TestReturnedAndReached takes those off the returned who can be written to again, or have answered nevertheless: no rate is over
// 100 %.
func TestReturnedAndReached(t *testing.T) {
	s := invitedSurvey(t, "confidential")
	facts := func(bounced, reached, completed int64) *invitation.Facts {
		return invitation.FactsOf(s, "all", "2026-11-30", true, 2, map[string]int64{
			name(invitation.Issued, "", "all", "mail", "a"):              20,
			name(invitation.Bounced, "2026-11-02", "all", "mail", "a"):   bounced,
			name(invitation.Reached, "2026-11-03", "all", "mail", "a"):   reached,
			name(invitation.Completed, "2026-11-04", "all", "mail", "a"): completed,
		})
	}
	for _, c := range []struct{ bounced, reached, completed, wantBounced int64 }{
		{8, 0, 4, 8}, {8, 3, 4, 5}, {8, 8, 4, 0}, {8, 9, 4, 0}, {18, 0, 10, 10}, {18, 0, 20, 0},
	} {
		f := facts(c.bounced, c.reached, c.completed)
		if f.Sum.Bounced != c.wantBounced || f.Sum.Asked != 20-c.wantBounced || f.Sum.Asked < f.Sum.Completed {
			t.Errorf("%+v: %+v", c, f.Sum)
		}
		if f.Days[0].Bounced != c.bounced {
			t.Errorf("%+v: on the day %+v", c, f.Days[0])
		}
	}
}
