package transfer_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/soak"
	"glasspoll/internal/verify"
)

var periods = []string{"2026-Q3", "2026-Q4"}

// sent is what has happened to a response, in a random past.
type sent struct {
	period string
	erased bool
}

var errKilled = errors.New("killed")

// moveKilled moves, and is killed before or after some call, or at none. It reports whether the questionnaire is in force in the
// target.
func (w *world) moveKilled(t *rapid.T) (inForce bool) {
	at, made := rapid.IntRange(0, 250).Draw(t, "killed at"), rapid.Bool().Draw(t, "made")
	fail := func(n int) error {
		if n == at {
			return errKilled
		}
		return nil
	}
	if *w.calls = (calls{before: fail}); made {
		*w.calls = calls{after: fail}
	}
	report, err := w.tryMove()
	*w.calls = calls{}
	if err != nil && !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if len(report.Differences) > 0 {
		t.Fatal(report.Differences)
	}
	_, err = w.to.Definition(ctx, surveyID, "")
	return err == nil
}

func TestMain(m *testing.M) { soak.Main(m, 3000) }

// TestRandomPasts makes answers, erasures, publications and moves in any order, of which some are killed. At the end everything
// is in the target once, and counted once.
func TestRandomPasts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 1000)
		all := map[int]*sent{}
		var people []*person
		inForce := false
		pick := func() (int, *sent) {
			if len(all) == 0 {
				return 0, nil
			}
			n := rapid.IntRange(0, len(all)-1).Draw(t, "which")
			return n, all[n]
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				into := w.from
				if inForce && rapid.Bool().Draw(t, "target") {
					into = w.to
				}
				n, period := len(all), rapid.SampledFrom(periods).Draw(t, "period")
				w.put(into, period, n, n+1)
				all[n] = &sent{period: period}
			},
			"put again": func(t *rapid.T) {
				if n, s := pick(); s != nil && inForce && !s.erased {
					w.put(w.to, rapid.SampledFrom(periods).Draw(t, "period"), n, n+1)
				}
			},
			"erase": func(t *rapid.T) {
				if n, s := pick(); s != nil {
					w.erase(w.from, n)
					w.erase(w.to, n)
					s.erased = true
				}
			},
			"erase in the source": func(t *rapid.T) {
				n, s := pick()
				if s == nil {
					return
				}
				if erased, err := w.from.Erase(ctx, surveyID, w.response(n, "").ID, []string{"tier"}); erased {
					w.must(err)
					s.erased = true
				}
			},
			"publish the source": func(*rapid.T) { w.publish(w.from) },
			"publish the target": func(*rapid.T) {
				if inForce {
					w.publish(w.to)
				}
			},
			"invite": func(t *rapid.T) {
				w.invite(len(people))
				people = append(people, &person{})
			},
			"redeem": func(t *rapid.T) {
				if len(people) == 0 {
					return
				}
				into := w.from
				if inForce && rapid.Bool().Draw(t, "target") {
					into = w.to
				}
				who, n, period := rapid.IntRange(0, len(people)-1).Draw(t, "who"), len(all), rapid.SampledFrom(periods).Draw(t, "period")
				if w.redeem(into, who, n, period) {
					people[who].used = true
					all[n] = &sent{period: period}
				}
			},
			"withdraw": func(t *rapid.T) {
				if len(people) > 0 {
					who := rapid.IntRange(0, len(people)-1).Draw(t, "who")
					people[who].withdrawn = w.withdraw(who) || people[who].withdrawn
				}
			},
			"deliver": func(*rapid.T) { w.deliver(w.from) },
			"move":    func(t *rapid.T) { inForce = w.moveKilled(t) },
		})
		w.move()
		w.wantOnce(all)
		w.wantPeople(people)
		w.publish(w.to)
		w.wantAllCounted(all)
	})
}

// wantOnce wants each response in the target once, and erased if it was erased anywhere.
func (w *world) wantOnce(all map[int]*sent) {
	w.t.Helper()
	to := w.contents(w.to)
	if len(to) != len(all) {
		w.t.Errorf("%d responses, want %d", len(to), len(all))
	}
	for n, s := range all {
		mine, there := to[w.response(n, "").ID]
		if !there || mine.Withdrawn != s.erased {
			w.t.Errorf("response %d: there %t, erased %t; want %+v", n, there, mine.Withdrawn, s)
		}
	}
}

// wantAllCounted compares the tallies of the target with its responses, and its cases with those.
func (w *world) wantAllCounted(all map[int]*sent) {
	w.t.Helper()
	want := map[string][2]int64{}
	due := 0
	for _, r := range w.contents(w.to) {
		n := want[r.Period]
		if n[0]++; r.Withdrawn {
			n[1]++
		}
		want[r.Period] = n
		if !r.Withdrawn && r.Answers[1][1] <= "2" {
			due++
		}
	}
	for period, n := range want {
		mine, _, err := w.to.Tally(ctx, surveyID, period)
		w.must(err)
		if mine.Received() != n[0] || mine.Withdrawn != n[1] {
			w.t.Errorf("%s: %d counted and %d withdrawn, want %d", period, mine.Received(), mine.Withdrawn, n)
		}
		w.wantAgreement(period)
	}
	cases, err := w.to.CasesOf(ctx, surveyID)
	w.must(err)
	for _, c := range cases {
		if !c.Withdrawn {
			due--
		}
	}
	if due != 0 {
		w.t.Errorf("%d cases are missing", due)
	}
}

// wantAgreement verifies a period of the target.
func (w *world) wantAgreement(period string) {
	w.t.Helper()
	v, err := verify.Period(ctx, w.to, w.survey, period)
	w.must(err)
	if !v.Tally {
		w.t.Errorf("%s: the tally is not that of the latest release", period)
	}
	for _, finding := range v.Findings {
		w.t.Errorf("%s: %s: %s", period, finding.Code, finding)
	}
}
