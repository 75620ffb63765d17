// Package stats computes figures from released counters and the questionnaire's scoring rules. Figures are exact
// rationals until they are printed. It is pure.
package stats

import (
	"math/big"

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
	Respondents int64
	Overall     Overall
	Items       []Item // in the questionnaire's order; fields with no released answer included, with N = 0
	Dimensions  []Dimension
}

// Overall is the index of a period. Score is nil where no scored item has an answer.
type Overall struct {
	Raw   *big.Rat     // before deductions, 0 to 100
	Score *big.Rat     // as published, 0 to 100
	Band  *survey.Band // nil without bands or score
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
	Mean   *big.Rat // of scores, or of a number's answers; nil if there are none
}

// Count is how often one option was chosen, and its share of N.
type Count struct {
	Option survey.Option
	N      int64
	Share  *big.Rat // 0 to 1; nil if the item has no answers
}
