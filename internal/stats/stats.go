// Package stats computes figures from released counters and the questionnaire's scoring rules. Figures are exact
// rationals until they are printed. It is pure.
package stats

import (
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Report holds the figures of one survey.
type Report struct {
	Survey   *survey.Survey
	Revision int      // grows with every release: the sum of the periods' release numbers
	Periods  []Period // oldest first; the last one is the headline. Empty: nothing released yet
	Trend    []Line   // of the index first, then of every item that is asked today
}

// Period holds the figures of one period, or of a group in it.
type Period struct {
	Name        string // "2026-Q4", or "all"
	Release     int    // number of the release that it is made from
	Date        string // day of that release
	MinGroup    int    // k of the blocks to come
	Respondents int64  // in blocks, as in every figure
	Overall     Overall
	Items       []Item // in force, in the questionnaire's order; fields with no released answer included, with N = 0
	Removed     []Item // no longer asked, but still public, in the order in which they were; nil without any. Not in the index
	Dimensions  []Dimension
	Weighted    *Weighted // nil without weighting, in a group, and where the weights have a problem
	EarlyLate   *EarlyLate
	Problems    []Problem // that readers must know of; nil without any

	// Facts; zero in a group.
	Received   int64     // at least Respondents
	Through    string    // day through which Received and Withdrawn count
	Withdrawn  int64     // afterwards; 0 below k
	Held       int64     // answers that rules have held back before release, whatever was decided then; 0 below k
	Rejected   int64     // answers that persons have rejected before release; 0 below k
	Annulled   int64     // respondents of blocks that were taken out again
	Issued     int64     // questionnaires given out, or invitations; 0 if unknown
	Invited    *Invited  // nil without invitations
	Population int64     // people who could be asked; 0 if unknown
	SampleSize int64     // respondents that the sample rule wants; 0 without one
	Rate       *big.Rat  // response rate in percent: Received by Issued, or that of the invited; nil if it is unknown
	Channels   []Channel // of respondents in blocks with a known one; nil without any

	form     *form
	released *release.Release
	parts    []answered
	current  []chain // of the items in force, in their order
	removed  []chain
	drawn    int64   // the population that intervals are corrected for; see noInterval. That of a group is not known
	together float64 // spread of respondents' own indexes by the widest there can be; 0 if it is not known
	group    *group  // nil for everybody
	tabs     []survey.CrossTab

	counted tally.Item // reused
}

// Overall is the index of a period. Everything is nil where no scored item has an answer.
type Overall struct {
	Reached, Divisor *big.Rat     // the two sums that Raw is made of; nil for a mean of units
	Raw              *big.Rat     // before deductions
	Deducted         *big.Rat     // points, for the response rate; nil without a rule. Score is never below 0
	Score            *big.Rat     // as published
	PerAnswer        *big.Rat     // of weighted_count: the sum divided by the (weighted) number of answers; nil for other models
	Units            []Unit       // of mean_of_units, in the questionnaire's order
	Pooled           *big.Rat     // of mean_of_units: the index of all respondents together
	Band             *survey.Band // nil without bands or score
	Gap              *big.Rat     // Score minus the target; nil without one

	// RawInterval is of Raw: where it would be if everybody had answered. Of weighted_count it is of PerAnswer. It is nil where
	// an item has fewer than two scored answers, and with more answers than the population.
	RawInterval *Interval
	// Interval is RawInterval less the deduction, for which the response rate is taken as known, as it is. So it says nothing
	// of what the score would be if everybody had answered. It is nil where RawInterval is, and for weighted_count.
	Interval *Interval
	Method   Method // of both; "" where they are nil
	Rows     int64  // respondents whose own index the intervals are made from; 0 for the other methods
	Alpha    *Alpha // of all items of the index; nil below 30 rows

	limits []survey.Decimal // lower ends of bands, and the target: see Places
	figure figure           // Raw, or PerAnswer, for tests
}

// Method says what an interval is made from.
type Method string

// The methods. Intervals stay on the scale: see intervals.go.
const (
	MethodScore  Method = "score"  // of a mean, a share or a net promoter score: the answers' own spread
	MethodRows   Method = "rows"   // of the index: the spread of each respondent's own index, from 30 of them on
	MethodBound  Method = "bound"  // of the index: the widest there can be, from the items' own spreads
	MethodShared Method = "shared" // of a group's or a weighted index: the widest there can be, narrowed as that of the whole is by how its items go together
	MethodUnits  Method = "units"  // of mean_of_units: the units' intervals, which are independent
	MethodAll    Method = "all"    // everybody has answered: there is no sampling error
)

// Unit is one of the groups of which an index is the mean.
type Unit struct {
	Option      survey.Option
	Respondents int64
	Score       *big.Rat  // nil where no scored item has an answer; the mean is then over the others
	Interval    *Interval // nil as in [Overall]
	Method      Method
}

// Dimension is the index over one dimension's items.
type Dimension struct {
	survey.Dimension
	Score    *big.Rat
	Interval *Interval // the widest there can be, from the items' own intervals; nil as in [Overall], and for weighted_count
	Alpha    *Alpha    // nil for fewer than two items, and below 30 rows
}

// Alpha is Cronbach's alpha of several items: how far they measure one thing (Psychometrika 16, 1951).
type Alpha struct {
	Value float64 // at most 1, rounded to two places; it can be negative
	Items int
	N     int64 // respondents who have scored every item
}

// EarlyLate compares the index of those who answered early with that of those who answered late, by whole blocks: a sign of
// what those who have not answered would say. It is nil unless both have 30 rows under the items in force.
type EarlyLate struct {
	Early, Late Wave
	Test        Test
}

// Wave is the mean of the respondents' own indexes in consecutive releases.
type Wave struct {
	Since, Until string // days of its first and last release
	N            int64
	Mean         *big.Rat
}

// Channel is how many respondents in blocks came by one channel, and their share of those with a known one.
type Channel struct {
	Name string
	Share
	Issued int64    // by this channel; 0 if unknown
	Rate   *big.Rat // N by Issued, in percent; nil if Issued is unknown
}

// Item holds the figures of one field. Intervals are 95 % confidence intervals, corrected for a finite population where it is
// known.
type Item struct {
	Field     survey.Field
	N         int64
	Base      Base
	Counts    []Count       // an option each, in the questionnaire's order; empty for a number
	Scored    int64         // answers that have a score; of a number, those of which the mean is made. 0 if Coded
	Weight    *big.Rat      // in the index: its own times its dimension's; nil for a field that is not part of it
	Mean      *big.Rat      // of scores, or of a number's answers; nil without any, if Coded, and if an open band has answers
	Midpoints bool          // Mean and SD take each answer for the middle of its band
	SD        float64       // sample standard deviation of the same; 0 for fewer than two
	Interval  *Interval     // of the mean; nil for fewer than two, and with more answers than the population
	Top       Share         // of the scored answers: the highest score
	TopTwo    Share         // the highest two
	Low       Share         // below the middle of the scale
	NPS       *NPS          // of an nps
	Histogram []Bin         // of a number; at most 11, but for bands that are declared
	Weighted  *WeightedItem // nil without [Period.Weighted], and for coded and earlier items

	// Coded figures are of a sensitive question: they went out once, and counts are rounded to multiples of K. There are counts
	// and shares only.
	Coded   bool
	K       int64
	LeftOut *Share // of a coded item: not answered; nil otherwise

	Since   string // day of the first block with it; "" without one
	Until   string // of an earlier or removed item: day of the first block with what came after; "" if there is none
	Earlier []Item // what was asked under this name before, with other options, another scale or condition; the latest first

	counted  *countedField
	sum      int64 // of scores, in thousandths
	estimate estimate
}

// Base is how many respondents an item was asked of.
type Base struct {
	N    int64
	Kind BaseKind
}

// BaseKind says how a base is known.
type BaseKind string

// The kinds of bases.
const (
	BaseAll   BaseKind = "all"   // no condition: every respondent
	BaseAsked BaseKind = "asked" // those for whom the condition holds
	BaseReads BaseKind = "reads" // those who answered the one question that the condition reads; N is 0 if that is not known either
)

// Performance is the mean in percent of the highest score; nil without a scored scale, or without scored answers.
func (i *Item) Performance() *big.Rat {
	if !i.counted.isScale || i.Scored == 0 || i.counted.best <= 0 {
		return nil
	}
	return big.NewRat(100*i.sum, i.Scored*int64(i.counted.best))
}

// OutOf100 converts a mean of the item's scale, or a difference of two, to the scale of [Item.Performance]. The item must have
// one.
func (i *Item) OutOf100(mean float64) float64 { return mean * 100 / decimal(i.counted.best) }

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

	estimate estimate
}

// Bin is a band of a histogram: from From to, but without, To.
type Bin struct {
	From, To survey.Decimal
	Exact    bool // From, which is also To, is the only value
	Closed   bool // To is in it
	Open     byte // 'l': everything below To; 'h': everything from From on
	Share
}

// Weighted is what the figures are when respondents are weighted to known shares of the population. The pool, and those who
// left a segment of the margins out, are in none of it.
type Weighted struct {
	Margins      []Margin
	Respondents  int64
	Excluded     int64    // respondents of the period who are not weighted
	EffectiveN   float64  // Kish, Survey Sampling, 1965: the square of the sum of the weights by the sum of their squares
	DesignEffect float64  // Respondents by EffectiveN
	Least, Most  float64  // weights; the mean is 1
	Score        *float64 // the index before deductions, of weighted_count per answer; nil where there is none
	Interval     *Interval
	Method       Method
	Capped       bool // some weights are at the cap
}

// Margin is one segment whose shares of the population are known.
type Margin struct {
	Segment survey.Field
	Shares  []MarginShare // in the options' order
}

// MarginShare is an option's share, in percent, of the population, of the weighted respondents before weighting, and after.
type MarginShare struct {
	Option                        *survey.Option
	Population, Unweighted, After float64
}

// WeightedItem is the weighted figures of an item. Shares are 0 to 1.
type WeightedItem struct {
	EffectiveN       float64   // of those who answered it
	Counts           []float64 // shares, in the order of [Item.Counts]
	Mean             *float64
	Interval         *Interval
	Top, TopTwo, Low float64
	NPS              *float64

	estimate estimate
	scored   float64 // sum of the weights of the scored answers
}

// Problem is something that is wrong with what is known of a period.
type Problem struct {
	Kind            ProblemKind
	N, Of           int64
	Segment, Option string
}

// ProblemKind names a problem.
type ProblemKind string

// The problems.
const (
	MoreThanPopulation ProblemKind = "more_than_population" // N answers, those withdrawn aside, of a population of Of: no interval is given
	MoreThanIssued     ProblemKind = "more_than_issued"     // N received of Of given out
	EmptyWeight        ProblemKind = "weights_empty"        // nobody has Option of Segment, which has a share of the population
	NoConvergence      ProblemKind = "weights_diverge"      // no weights give all the shares
	TooCapped          ProblemKind = "weights_capped"       // the largest weight allowed is too small for the share of Option of Segment
	UnknownForm        ProblemKind = "form"                 // the questionnaire of N respondents cannot be read: they are in no figure of a question
)
