package survey

import "slices"

// Quality says which rules hold answers back before they are released, until a person has looked at them. All of them read
// facts of how an answer came, and none reads what it says. The zero value has every rule, with its usual limit.
type Quality struct {
	Off   []HoldRule `json:"off,omitempty"`   // rules that are switched off, sorted
	Burst int        `json:"burst,omitempty"` // see [Survey.BurstLimit]
	Fast  int        `json:"fast,omitempty"`  // see [Survey.FastLimit]
}

// HoldRule is a rule by which an answer is held back.
type HoldRule string

// The rules, in the order in which they are asked: an answer is held by the first that it matches.
const (
	HoneypotRule  HoldRule = "honeypot"   // a field was filled in that people do not see
	CrossSiteRule HoldRule = "cross_site" // a page of another site has sent it
	NoWorkRule    HoldRule = "no_work"    // its sender was asked for work, and waited instead
	RateRule      HoldRule = "rate"       // its range of addresses has sent more than is usual
	FastRule      HoldRule = "fast"       // it came too soon after its page
	BurstRule     HoldRule = "burst"      // far more answers than usual came at the same time
)

// HoldRules lists all rules in their order.
func HoldRules() []HoldRule {
	return []HoldRule{HoneypotRule, CrossSiteRule, NoWorkRule, RateRule, FastRule, BurstRule}
}

// The limits of rules that an author does not set.
const (
	usualBurst = 200
	usualFast  = 3
)

// Holds reports whether answers that match a rule are held. Of those to a confidential or anonymous survey nobody knows how fast they came.
func (s *Survey) Holds(rule HoldRule) bool {
	if rule == FastRule && s.IsUntraceable() {
		return false
	}
	return s.IsOpenToAll() && (s.Quality == nil || !slices.Contains(s.Quality.Off, rule))
}

// HasRulesOf reports whether the same rules hold answers back as those of another version.
func (s *Survey) HasRulesOf(other *Survey) bool {
	return s.BurstLimit() == other.BurstLimit() && s.FastLimit() == other.FastLimit() &&
		!slices.ContainsFunc(HoldRules(), func(rule HoldRule) bool { return s.Holds(rule) != other.Holds(rule) })
}

// BurstLimit returns how many answers within ten minutes are no burst, however few are usual.
func (s *Survey) BurstLimit() int {
	if s.Quality == nil || s.Quality.Burst == 0 {
		return usualBurst
	}
	return s.Quality.Burst
}

// FastLimit returns the seconds between page and answer below which the answer is held.
func (s *Survey) FastLimit() int {
	if s.Quality == nil || s.Quality.Fast == 0 {
		return usualFast
	}
	return s.Quality.Fast
}
