// Package stats computes figures from released counters and the questionnaire's scoring rules. Figures are exact
// rationals until they are printed. It is pure.
package stats

import (
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
)

// Report is everything that a results page says of one survey.
type Report struct {
	Survey   *survey.Survey
	Revision int      // grows with every release: the sum of the periods' release numbers
	Periods  []Period // oldest first; the last one is the headline. Empty: nothing released yet
}

// Period is the figures of one period.
type Period struct {
	Name        string // "2026-Q4", or "all"
	Release     int    // number of the release it is made from
	Date        string // day of that release
	MinGroup    int
	Respondents int64    // released ones, as in every figure here
	Issued      int64    // questionnaires given out; 0 if unknown
	Population  int64    // people who could be asked; 0 if unknown
	SampleSize  int64    // how many respondents the sample rule wants; 0 without one
	Rate        *big.Rat // response rate in percent; nil if it is unknown how many were issued
	Overall     Overall
	Items       []Item // in the questionnaire's order; fields with no released answer included, with N = 0
	Dimensions  []Dimension

	form     *survey.Survey
	released *release.Release
}

// Overall is the index of a period. Everything is nil where no scored item has an answer.
type Overall struct {
	Reached, Divisor *big.Rat     // the two sums that Raw is made of; nil for a mean of units
	Raw              *big.Rat     // before deductions
	Deducted         *big.Rat     // points, for the response rate; nil without a rule. Score is never below 0
	Score            *big.Rat     // as published
	PerAnswer        *big.Rat     // of weighted_count: the sum by the (weighted) number of answers
	Units            []Unit       // of mean_of_units, in the questionnaire's order
	Pooled           *big.Rat     // of mean_of_units: the index of all respondents together
	Band             *survey.Band // nil without bands or score
	Gap              *big.Rat     // Score less the target; nil without one
}

// Unit is one of the groups of which an index is the mean.
type Unit struct {
	Option      survey.Option
	Respondents int64
	Score       *big.Rat // nil where no scored item has an answer; then the unit is no part of the mean
}

// Dimension is the index over one dimension's items.
type Dimension struct {
	survey.Dimension
	Score *big.Rat
}

// Item is the figures of one field.
type Item struct {
	Field  survey.Field
	N      int64
	Counts []Count  // an option each, in the questionnaire's order; empty for a number
	Scored int64    // answers that have a score
	Weight *big.Rat // in the index: its own times its dimension's; nil for a field that is no item
	Mean   *big.Rat // of scores, or of a number's answers; nil if there are none
}

// Count is how often one option was chosen, and its share of N.
type Count struct {
	Option survey.Option
	N      int64
	Share  *big.Rat // 0 to 1; nil if the item has no answers
}
