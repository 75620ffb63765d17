package tally

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Held is what is known of responses that rules hold back, until a person has accepted or rejected them. Facts alone decide
// which these are: how each of them came, and when others did.
type Held struct {
	Rules    map[survey.HoldRule]int64 // responses that a rule holds back or has held back, by rule
	Waiting  int64                     // of these, those of whom nobody has decided yet
	Rejected int64                     // responses that were rejected, also those that no rule has held
	Erased   int64                     // tombstones among those that wait or were rejected

	Bursts []Span          // when far more responses came than is usual, in order of recognition
	Steps  map[int64]int64 // watched responses that no other rule holds, by the step of their arrival; of the last day
	Last   int64           // the latest arrival among them, in nanoseconds since 1970
	Least  int64           // how many in a step may be a burst, as the rules in force last said; 0: nobody knows
}

// Span is a time, in nanoseconds since 1970: from From until before Until.
type Span struct {
	From  int64 `cbor:"1,keyasint"`
	Until int64 `cbor:"2,keyasint"`
}

// Decision is what a person has decided of a response. The zero value is none.
type Decision struct {
	Number int    // of the decisions that it came with, from 1
	Reject bool   // else it was accepted
	Day    string // of the decision, in the survey's timezone
}

// Came says how a response came to be folded.
type Came struct {
	Cursor   string
	Day      string    // of its arrival, in the survey's timezone
	Arrived  time.Time // zero: it is in no burst
	Decision Decision

	Corrected *answer.Response // the answers as persons have corrected them; nil if nobody has
	Moved     int              // number of the last correction that has moved the response to another cohort; 0: none
}

// Number returns the number of what last brought the response into its cohort: that it was accepted, or moved there; 0: its arrival.
func (c Came) Number() int { return max(c.Decision.Number, c.Moved) }

// A Step is what somebody has decided of a response, or corrected of it: how it came before and after.
type Step struct {
	Number        int
	Before, After Came
}

// HasNumber reports whether a number says if the response is in a block, and not its place in the log.
func (c Came) HasNumber() bool { return c.Number() > 0 }

// current returns the answers of r by which it counts.
func (c Came) current(r answer.Response) answer.Response {
	if c.Corrected != nil {
		return *c.Corrected
	}
	return r
}

const (
	step     = int64(10 * time.Minute)
	dayOf    = 144 // steps
	overUsed = 5   // times what is usual in a step are a burst
)

// HeldBy returns the rule that holds a response back, or has done so, as far as the tally knows of bursts; "" for none. s is
// the questionnaire that it is an answer to; nil if that is not known.
func (t *Tally) HeldBy(s *survey.Survey, arrived time.Time, r answer.Response) survey.HoldRule {
	rule, mayBurst := ruleOf(s, r.Quality)
	if mayBurst && !arrived.IsZero() && t.Held.inBurst(arrived.UnixNano()) {
		return survey.BurstRule
	}
	return rule
}

// ruleOf returns the rule that holds a response back, whatever else has come; "" for none: then mayBurst says whether it may be
// held by that of bursts.
func ruleOf(s *survey.Survey, q answer.Quality) (rule survey.HoldRule, mayBurst bool) {
	if s == nil || !q.Flags.Has(answer.Watched) {
		return "", false
	}
	rules := s
	if q.Flags.Has(answer.OldRules) { // whoever sends an answer chooses the version, and shall not choose the rules
		rules = &usual
	}
	for _, c := range []struct {
		rule  survey.HoldRule
		match bool
	}{
		{survey.HoneypotRule, q.Flags.Has(answer.Honeypot)}, {survey.CrossSiteRule, q.Flags.Has(answer.CrossSite)},
		{survey.NoWorkRule, q.Flags.Has(answer.NoWork)}, {survey.RateRule, q.Flags.Has(answer.Rate)},
		{survey.FastRule, q.IsFaster(rules.FastLimit())}, {survey.BurstRule, q.Flags.Has(answer.Burst)},
	} {
		if c.match && rules.Holds(c.rule) {
			return c.rule, false
		}
	}
	return "", rules.Holds(survey.BurstRule) && !q.Flags.Has(answer.DayOnly)
}

// usual is a questionnaire with all rules and their usual limits.
var usual survey.Survey

// least returns how many arrivals in a step may be a burst when a response comes. One to an earlier questionnaire does not say.
func (h *Held) least(s *survey.Survey, q answer.Quality) int64 {
	if !q.Flags.Has(answer.OldRules) {
		h.Least = int64(s.BurstLimit())
	}
	return cmp.Or(h.Least, int64(usual.BurstLimit()))
}

func (h *Held) inBurst(at int64) bool {
	return h != nil && slices.ContainsFunc(h.Bursts, func(b Span) bool { return b.From <= at && at < b.Until })
}

// hold returns the rule that holds a response back, and learns from its arrival what is usual.
func (t *Tally) hold(s *survey.Survey, arrived time.Time, r answer.Response) survey.HoldRule {
	rule, mayBurst := ruleOf(s, r.Quality)
	if mayBurst && !arrived.IsZero() && t.held().bursts(arrived.UnixNano(), t.Held.least(s, r.Quality)) {
		rule = survey.BurstRule
	}
	if rule != "" {
		t.held().Rules[rule]++
	}
	return rule
}

// held returns what is known of responses that are held, for adding to it.
func (t *Tally) held() *Held {
	if t.Held == nil {
		t.Held = &Held{}
	}
	if t.Held.Rules == nil {
		t.Held.Rules = map[survey.HoldRule]int64{}
	}
	if t.Held.Steps == nil {
		t.Held.Steps = map[int64]int64{}
	}
	return t.Held
}

// bursts reports whether an arrival is in a burst, and counts it.
//
// A burst begins when a step of ten minutes has had the least number that may be one, and several times what was usual in the
// day before, bursts left out. It goes on as long as each step has as many: so its beginning passes once. It begins behind
// every arrival that has been counted, so that whoever knows the bursts knows who is in one, in whatever order they came.
func (h *Held) bursts(at, least int64) bool {
	now := at / step
	if at < 0 || now < h.Last/step-dayOf {
		return h.inBurst(at) // so late that what was usual is not known any more
	}
	in := h.inBurst(at)
	if !in && (h.isFull(now, least) || h.burstIn(now-1) && h.isFull(now-1, least)) {
		in = h.begin(at, (now+1)*step)
	}
	h.Steps[now]++
	if h.Last = max(h.Last, at); len(h.Steps) > dayOf+1 {
		first := h.Last/step - dayOf
		maps.DeleteFunc(h.Steps, func(number, _ int64) bool { return number < first })
	}
	return in
}

// isFull reports whether a step has had as many arrivals as it may have outside of a burst.
func (h *Held) isFull(number, least int64) bool {
	n := h.Steps[number]
	if n < least {
		return false
	}
	usual := int64(0)
	for other, n := range h.Steps {
		if other < number && other >= number-dayOf && !h.burstIn(other) {
			usual += n
		}
	}
	return n >= overUsed*usual/dayOf
}

// burstIn reports whether a burst was recognized in a step.
func (h *Held) burstIn(number int64) bool {
	return slices.ContainsFunc(h.Bursts, func(b Span) bool { return b.From < (number+1)*step && b.Until > number*step })
}

// begin begins a burst, or lets one go on, behind all arrivals so far, and reports whether an arrival is in it.
func (h *Held) begin(at, until int64) bool {
	from := max(at, h.Last+1)
	if from >= until {
		return false
	}
	if last := len(h.Bursts) - 1; last >= 0 && h.Bursts[last].Until == until-step && h.Last < h.Bursts[last].Until {
		h.Bursts[last].Until = until // nobody has passed in the new step
		return true
	}
	h.Bursts = append(h.Bursts, Span{from, until})
	return at >= from
}

// Erasures counts the responses that have become tombstones, whether they count or not.
func (t *Tally) Erasures() int64 {
	if t.Held == nil {
		return t.Withdrawn
	}
	return t.Withdrawn + t.Held.Erased
}

// A State says what has become of a response.
type State string

// The states.
const (
	Uncounted State = "uncounted" // it has not been folded yet
	IsHeld    State = "held"      // by a rule, and nobody has decided
	Rejected  State = "rejected"
	Erased    State = "erased"
	Waits     State = "waiting" // to be released
	Released  State = "released"
)

// StateOf says what has become of a response.
func (t *Tally) StateOf(s *survey.Survey, c Came, r answer.Response) State {
	switch {
	case r.Withdrawn:
		return Erased
	case c.Cursor > t.Cursor:
		return Uncounted
	case c.Decision.Reject:
		return Rejected
	case t.isAside(s, c, r):
		return IsHeld
	case !t.isWaiting(s, c, r):
		return Released
	}
	return Waits
}

// Total counts the responses that rules hold back or have held back.
func (h *Held) Total() int64 {
	if h == nil {
		return 0
	}
	n := int64(0)
	for _, held := range h.Rules {
		n += held
	}
	return n
}

// Clone returns a copy.
func (h *Held) Clone() *Held {
	if h == nil {
		return nil
	}
	c := *h
	c.Rules, c.Steps, c.Bursts = maps.Clone(h.Rules), maps.Clone(h.Steps), slices.Clone(h.Bursts)
	return &c
}
