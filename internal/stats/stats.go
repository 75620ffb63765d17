// Package stats computes figures from released counters and the questionnaire's scoring rules. Figures are exact
// rationals until they are printed. It is pure.
package stats

import (
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
)

// Report holds the figures of one survey.
type Report struct {
	Survey   *survey.Survey
	Revision int      // grows with every release: the sum of the periods' release numbers
	Periods  []Period // oldest first; the last one is the headline. Empty: nothing released yet
	Trend    []Line   // of the index first, then of every item that is asked today
}

// Period holds the figures of one period.
type Period struct {
	Name        string // "2026-Q4", or "all"
	Release     int    // number of the release that it is made from
	Date        string // day of that release
	MinGroup    int
	Respondents int64    // released ones, as in every figure
	Issued      int64    // questionnaires given out; 0 if unknown
	Population  int64    // people who could be asked; 0 if unknown
	SampleSize  int64    // respondents that the sample rule wants; 0 without one
	Rate        *big.Rat // response rate in percent; nil if Issued is unknown
	Overall     Overall
	Items       []Item // in the questionnaire's order; fields with no released answer included, with N = 0
	Dimensions  []Dimension

	Channels []Channel // of responses with a known one

	form     *form
	released *release.Release
}

// Overall is the index of a period. Everything is nil where no scored item has an answer.
type Overall struct {
	Reached, Divisor *big.Rat     // the two sums that Raw is made of; nil for a mean of units
	Raw              *big.Rat     // before deductions
	Deducted         *big.Rat     // points, for the response rate; nil without a rule. Score is never below 0
	Score            *big.Rat     // as published
	PerAnswer        *big.Rat     // of weighted_count: the sum divided by the (weighted) number of answers
	Units            []Unit       // of mean_of_units, in the questionnaire's order
	Pooled           *big.Rat     // of mean_of_units: the index of all respondents together
	Band             *survey.Band // nil without bands or score
	Gap              *big.Rat     // Score minus the target; nil without one
	Interval         *Interval    // of Score; nil for a weighted count, and where an item has fewer than two scored answers

	margin float64 // half of the interval, or not a number
}

// Unit is one of the groups of which an index is the mean.
type Unit struct {
	Option      survey.Option
	Respondents int64
	Score       *big.Rat // nil where no scored item has an answer; the mean is then over the others
}

// Dimension is the index over one dimension's items.
type Dimension struct {
	survey.Dimension
	Score *big.Rat
}

// Channel is how many responses came by one channel, and their share of those with a known one.
type Channel struct {
	Name string
	Share
}

// Item holds the figures of one field. Intervals are 95 % confidence intervals, corrected for a finite population where it is
// known.
type Item struct {
	Field     survey.Field
	N         int64
	Counts    []Count   // an option each, in the questionnaire's order; empty for a number
	Scored    int64     // answers that have a score; of a number, all
	Weight    *big.Rat  // in the index: its own times its dimension's; nil for a field that is not part of it
	Mean      *big.Rat  // of scores, or of a number's answers; nil without any
	SD        float64   // sample standard deviation of the same; 0 for fewer than two
	Interval  *Interval // of the mean; nil for fewer than two
	Top       Share     // of the scored answers: the highest score
	TopTwo    Share     // the highest two
	Low       Share     // below the middle of the scale
	NPS       *NPS      // of an nps
	Histogram []Bin     // of a bounded number

	counted *countedField
	sum     int64 // of scores, in thousandths
}

// Performance is the mean in percent of the highest score; nil without a scored scale, or without scored answers.
func (i *Item) Performance() *big.Rat {
	if !i.counted.isScale || i.Scored == 0 || i.counted.best <= 0 {
		return nil
	}
	return big.NewRat(100*i.sum, i.Scored*int64(i.counted.best))
}

// Count is how often one option was chosen, as a share of all answers.
type Count struct {
	Option *survey.Option
	Share
}

// Share is a part of some answers: N of Of.
type Share struct{ N, Of, population int64 }

// Ratio returns the share, 0 to 1; nil if Of is 0.
func (s Share) Ratio() *big.Rat {
	if s.Of == 0 {
		return nil
	}
	return big.NewRat(s.N, s.Of)
}

// Percent returns the ratio in percent, for charts; 0 if Of is 0.
func (s Share) Percent() float64 {
	if s.Of == 0 {
		return 0
	}
	return 100 * float64(s.N) / float64(s.Of)
}

// Interval returns the confidence interval of the ratio; nil if Of is 0.
func (s Share) Interval() *Interval { return wilson(s.N, s.Of, s.population) }

// NPS is a net promoter score, -100 to 100.
type NPS struct {
	Promoters, Passives, Detractors Share
	Score                           *big.Rat
	Interval                        *Interval
}

// Bin is a band of a histogram: from From (inclusive) to To (exclusive).
type Bin struct {
	From, To survey.Decimal
	Share
}
