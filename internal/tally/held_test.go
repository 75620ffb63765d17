package tally

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func watched(flags answer.Flags, seconds int) answer.Response {
	return answer.Response{Quality: answer.Quality{Flags: answer.Watched | flags, Seconds: seconds}}
}

func TestRules(t *testing.T) {
	t.Parallel()
	s := parse(t, sample)
	off := *s
	off.Quality = &survey.Quality{Off: []survey.HoldRule{survey.RateRule}, Fast: 20}
	between := *s
	between.Quality = &survey.Quality{Fast: 61}
	invited := *s
	invited.Access, invited.Anonymity = survey.InvitedAccess, survey.Confidential
	for _, c := range []struct {
		name     string
		survey   *survey.Survey
		response answer.Response
		want     survey.HoldRule
	}{
		{"an ordinary one", s, watched(0, 60), ""},
		{"too many from one range", s, watched(answer.Rate, 60), survey.RateRule},
		{"a field that people do not see", s, watched(answer.Honeypot|answer.Rate, 60), survey.HoneypotRule},
		{"another site's page", s, watched(answer.CrossSite, 0), survey.CrossSiteRule},
		{"work not done", s, watched(answer.NoWork|answer.Rate, 0), survey.NoWorkRule},
		{"too fast", s, watched(0, 2), survey.FastRule},
		{"as fast as may be", s, watched(0, 3), ""},
		{"nobody knows how fast", s, watched(0, 0), ""},
		{"limits were off", s, answer.Response{Quality: answer.Quality{Flags: answer.Honeypot, Seconds: 1}}, ""},
		{"of a questionnaire that nobody knows", nil, watched(answer.Honeypot, 1), ""},
		{"the rule is off", &off, watched(answer.Rate, 60), ""},
		{"another limit", &off, watched(answer.Rate, 12), survey.FastRule},
		{"by invitation", &invited, watched(answer.Honeypot, 1), ""},
		{"slower than a limit between the steps", &between, watched(0, 60), ""},
		{"an earlier version in which the rule is off", &off, watched(answer.Rate|answer.OldRules, 0), survey.RateRule},
		{"in a burst by the day", s, watched(answer.DayOnly|answer.Burst, 0), survey.BurstRule},
		{"on a day without one", s, watched(answer.DayOnly, 0), ""},
		{"an earlier version by invitation", &invited, watched(answer.NoWork|answer.OldRules|answer.DayOnly, 0), survey.NoWorkRule},
	} {
		folded := New()
		folded.FoldCame(c.survey, Came{Cursor: "1", Day: "2026-11-29", Arrived: noon}, c.response)
		if got := folded.HeldBy(c.survey, noon, c.response); got != c.want {
			t.Errorf("%s is held by %q, want %q", c.name, got, c.want)
		}
		if c.want == "" && (folded.Waiting() != 1 || folded.Received() != 1 || folded.Held.Total() != 0) {
			t.Errorf("%s does not count", c.name)
		}
		if c.want != "" && (folded.Waiting() != 0 || folded.Received() != 0 || folded.Held.Rules[c.want] != 1 || folded.Folded() != 1) {
			t.Errorf("%s counts although it is held: %+v", c.name, folded.Held)
		}
	}
}

// arrivals folds so many watched responses, spread over a time, and returns how many were not held.
func arrivals(t *Tally, s *survey.Survey, from time.Time, over time.Duration, n int) (passed int64) {
	before := t.Received()
	for i := range n {
		at := from.Add(over * time.Duration(i) / time.Duration(n))
		t.FoldCame(s, Came{Cursor: fmt.Sprintf("%020d", at.UnixNano()), Day: at.Format(time.DateOnly), Arrived: at}, watched(0, 0))
	}
	return t.Received() - before
}

// Whoever sends answers chooses their version. An earlier one with another limit neither evades the rule nor begins a burst for
// others.
func TestBurstOfEarlierVersions(t *testing.T) {
	t.Parallel()
	s := parse(t, sample)
	limit := int64(s.BurstLimit())
	patient, hasty, invited := *s, *s, *s
	patient.Quality, hasty.Quality = &survey.Quality{Off: []survey.HoldRule{survey.BurstRule}}, &survey.Quality{Burst: 10}
	invited.Access, invited.Anonymity = survey.InvitedAccess, survey.Confidential
	send := func(t *Tally, s *survey.Survey, from time.Time, n int, flags answer.Flags) int64 {
		before := t.Received()
		for i := range n {
			at := from.Add(time.Duration(i) * time.Millisecond)
			t.FoldCame(s, Came{Cursor: fmt.Sprintf("%020d", at.UnixNano()), Day: at.Format(time.DateOnly), Arrived: at}, watched(flags, 0))
		}
		return t.Received() - before
	}
	for _, old := range []*survey.Survey{&patient, &invited} {
		if passed := send(New(), old, noon, 3*int(limit), answer.OldRules); passed != limit {
			t.Errorf("of a flood to an earlier version %d pass", passed)
		}
		if passed := send(New(), old, noon, 3*int(limit), answer.OldRules|answer.DayOnly); passed != 3*limit {
			t.Errorf("where the day alone is kept %d pass", passed)
		}
	}
	folded := New()
	send(folded, s, noon, 20, 0)
	send(folded, &hasty, noon.Add(time.Minute), 1, answer.OldRules)
	if passed := send(folded, s, noon.Add(2*time.Minute), 100, 0); passed != 100 {
		t.Errorf("after one answer to an earlier version %d of 100 pass", passed)
	}
	decoded, err := Decode(folded.Encode())
	if err != nil || decoded.Held.Least != limit {
		t.Errorf("%+v, %v", decoded, err)
	}
}

func TestBurst(t *testing.T) {
	t.Parallel()
	s := parse(t, sample)
	limit := int64(s.BurstLimit())
	quiet := New()
	for i := range 6 {
		if passed := arrivals(quiet, s, noon.Add(time.Duration(i)*10*time.Minute), 10*time.Minute, int(limit)); passed != limit {
			t.Errorf("of %d in ten minutes %d pass", limit, passed)
		}
	}
	flood := New()
	if passed := arrivals(flood, s, noon.Add(5*time.Minute), 10*time.Minute, 100_000); passed != limit {
		t.Errorf("of 100000 in ten minutes %d pass, want %d", passed, limit)
	}
	if len(flood.Held.Bursts) != 1 {
		t.Errorf("they are %d bursts: %v", len(flood.Held.Bursts), flood.Held.Bursts)
	}
	if passed := arrivals(flood, s, noon.Add(20*time.Minute), 10*time.Minute, 50); passed != 0 {
		t.Errorf("%d pass right behind the burst", passed)
	}
	if passed := arrivals(flood, s, noon.Add(30*time.Minute), 10*time.Minute, 50); passed != 50 {
		t.Errorf("%d of 50 pass when it is over", passed)
	}

	// What has been usual all day is no burst.
	busy, large := New(), *s
	large.Quality = &survey.Quality{Burst: 1000}
	for i := range 144 {
		arrivals(busy, &large, noon.Add(time.Duration(i)*10*time.Minute), 10*time.Minute, 300)
	}
	if passed := arrivals(busy, s, noon.Add(24*time.Hour), 10*time.Minute, 2000); passed != 1500 {
		t.Errorf("of 2000, where 300 are usual, %d pass, want 1500", passed)
	}
	off := *s
	off.Quality = &survey.Quality{Off: []survey.HoldRule{survey.BurstRule}}
	if passed := arrivals(New(), &off, noon, 10*time.Minute, 5000); passed != 5000 {
		t.Errorf("%d of 5000 pass where the rule is off", passed)
	}
}

// heldLog is a log of responses, and what persons have decided of them.
type heldLog struct {
	survey    *survey.Survey
	came      []Came // with the last decision
	responses []answer.Response
}

// resumed folds the whole log again, with the marks and decisions of a tally.
func (l *heldLog) resumed(like *Tally) *Tally {
	again := New()
	again.Decided, again.Release = like.Decided, like.Release
	for shape, p := range like.Parts {
		again.Parts[shape] = &Part{Version: p.Version, Cohorts: map[string]*Counters{}, Out: p.Out, Decided: p.Decided}
	}
	for i, c := range l.came {
		again.FoldCame(l.survey, c, l.responses[i])
	}
	return again
}

// TestHeldFoldedAgain: whatever comes, is decided, is erased and goes into blocks, folding the log again with what was decided
// gives the same tally; and whoever knows the tally knows which rule holds a response.
func TestHeldFoldedAgain(t *testing.T) {
	s := parse(t, sample)
	limited := *s
	limited.Quality = &survey.Quality{Burst: 3}
	rapid.Check(t, func(r *rapid.T) {
		l, folded, at := &heldLog{survey: &limited}, New(), noon
		var rules []survey.HoldRule
		for range rapid.IntRange(1, 120).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"come", "come", "come", "come", "come", "decide", "decide", "erase", "block"}).Draw(r, "what") {
			case "come":
				at = at.Add(time.Duration(rapid.IntRange(0, 400).Draw(r, "seconds")) * time.Second)
				arrived := at.Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 0, 30, 900}).Draw(r, "late")) * time.Second)
				flags := rapid.SampledFrom([]answer.Flags{0, answer.Watched, answer.Watched, answer.Watched, answer.Watched | answer.Rate}).Draw(r, "flags")
				response := answer.Response{Quality: answer.Quality{Flags: flags}, Answers: []answer.Answer{{"tier", rapid.SampledFrom([]string{"gold", "basic"}).Draw(r, "tier")}}}
				c := Came{Cursor: cursor(len(l.came)), Day: arrived.Format(time.DateOnly), Arrived: arrived}
				before := folded.Folded() - folded.Received()
				folded.FoldCame(l.survey, c, response)
				rule := folded.HeldBy(l.survey, arrived, response)
				if held := folded.Folded()-folded.Received() > before; held != (rule != "") {
					r.Fatalf("response %d: held %t, by %q: %+v", len(l.came), held, rule, folded.Held)
				}
				l.came, l.responses, rules = append(l.came, c), append(l.responses, response), append(rules, rule)
			case "decide":
				d := Decision{Number: folded.Decided + 1, Reject: rapid.Bool().Draw(r, "reject"), Day: "2026-12-24"}
				some := false
				for i := range l.came {
					if rapid.IntRange(0, 3).Draw(r, "of") == 0 && folded.Decide(l.survey, l.came[i], l.responses[i], d) {
						l.came[i].Decision, some = d, true
					}
				}
				if some {
					folded.Decided = d.Number
				}
			case "erase":
				if len(l.came) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(l.came)-1).Draw(r, "which")
				if !l.responses[i].Withdrawn && !folded.UnfoldCame(l.survey, l.came[i], l.responses[i]) {
					r.Fatalf("response %d cannot be unfolded", i)
				}
				l.responses[i] = l.responses[i].Tombstone([]string{"tier"})
			case "block":
				rest := folded.Without()
				for shape, p := range folded.Parts {
					for key := range p.Cohorts {
						if rapid.Bool().Draw(r, "out") {
							rest.Take(shape, key)
						}
					}
				}
				folded = rest
			}
		}
		for i, rule := range rules {
			if got := folded.HeldBy(l.survey, l.came[i].Arrived, l.responses[i]); got != rule {
				r.Fatalf("response %d was held by %q, and is by %q", i, rule, got)
			}
		}
		if again := l.resumed(folded); !bytes.Equal(again.Encode(), folded.Encode()) {
			r.Fatalf("folded again\n%+v %+v\nwant\n%+v %+v", again, again.Held, folded, folded.Held)
		}
		decoded, err := Decode(folded.Encode())
		if err != nil || !bytes.Equal(decoded.Encode(), folded.Encode()) {
			r.Fatal(err)
		}
	})
}

// TestDecideRefuses: nothing is decided twice, of what is in a block, or of what is gone.
func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	s := parse(t, sample)
	folded := New()
	held, free := watched(answer.Rate, 0), watched(0, 0)
	came := func(n int) Came { return Came{Cursor: cursor(n), Day: "2026-11-29", Arrived: noon} }
	for n, r := range []answer.Response{held, held, free, free.Tombstone(nil)} {
		folded.FoldCame(s, came(n), r)
	}
	reject, accept := Decision{Number: 1, Reject: true, Day: "2026-12-01"}, Decision{Number: 1, Day: "2026-12-01"}
	out := folded.Without()
	for shape := range folded.Parts {
		out.Take(shape, CohortKey(s, free))
	}
	rejected := came(0)
	rejected.Decision = Decision{Number: 1, Reject: true}
	for _, c := range []struct {
		name     string
		tally    *Tally
		came     Came
		response answer.Response
		decision Decision
		want     bool
	}{
		{"what is held is accepted", folded, came(0), held, accept, true},
		{"what is held is rejected", folded, came(0), held, reject, true},
		{"what waits is rejected", folded, came(2), free, reject, true},
		{"what waits is accepted", folded, came(2), free, accept, false},
		{"what is in a block is rejected", out, came(2), free, reject, false},
		{"what has been rejected is accepted", folded, rejected, held, Decision{Number: 2}, false},
		{"what has been erased is rejected", folded, came(3), free.Tombstone(nil), reject, false},
		{"what has not been folded is accepted", folded, came(7), held, accept, false},
	} {
		on := c.tally.Clone()
		if got := on.Decide(s, c.came, c.response, c.decision); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		} else if !got && !slices.Equal(on.Encode(), c.tally.Encode()) {
			t.Errorf("%s: refused, and the tally has changed", c.name)
		}
	}
}
