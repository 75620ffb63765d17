package stats

import (
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/survey"
)

// score computes the dimensions and the whole of one group of respondents. Over any group of items it makes two sums,
//
//	reached = Σ w·q    divisor = Σ w·d
//
// over the scored items with at least one scored answer, where w is the item's weight, q what its answers come to, and d
// what q is measured against:
//
//	model            q                      d               score
//	percent_of_max   mean score             highest score   100 · reached / divisor
//	graded_10        mean score             10              100 · reached / divisor
//	mean             mean score             1               reached / divisor
//	weighted_count   sum of scores          scored answers  reached; per answer, reached / divisor
//
// Within a dimension w is the item's own weight; over the whole it is the item's own times its dimension's, and an item
// of no dimension counts as one of weight 1. So all-best is 100 in each and in the whole. A score is nil where no item has
// an answer.
func (f *form) score(items []Item) (dimensions []Dimension, overall Overall) {
	model := f.Scoring.GroupModel()
	var whole group
	groups := make([]group, len(f.Scoring.Dimensions))
	for i := range items {
		item, field := &items[i], &f.counted[i]
		if item.Weight == nil || item.Mean == nil {
			continue
		}
		whole.add(model, item, field, field.whole)
		if field.dimension >= 0 {
			groups[field.dimension].add(model, item, field, field.own)
		}
	}
	for i, d := range f.Scoring.Dimensions {
		dimensions = append(dimensions, Dimension{Dimension: d, Score: groups[i].score(model)})
	}
	if overall.Raw = whole.score(model); overall.Raw != nil {
		overall.Reached, overall.Divisor, overall.margin = whole.reached(), whole.against(), whole.margin(model)
	}
	return dimensions, overall
}

// A group is items that are scored together. Its sums are whole numbers, in billionths: weights are in millionths, scores
// in thousandths.
type group struct {
	sums    []sum   // Σ w·q is the sum of these
	divisor big.Int // Σ w·d
	half    float64 // Σ w·(half the interval of q); not a number where an item has none

	weight, term big.Int // what is added, kept for its memory
}

// sum is over the items that so many have answered, and stands for itself divided by that number.
type sum struct {
	by    int64
	value big.Int
}

func (g *group) add(model string, item *Item, field *countedField, weight int64) {
	by, d := item.Scored, int64(survey.One)
	switch model {
	case survey.PercentOfMax:
		d = int64(field.MaxScore())
	case survey.Graded10:
		d *= 10
	case survey.WeightedCount:
		by, d = 1, d*item.Scored
	}
	at := slices.IndexFunc(g.sums, func(s sum) bool { return s.by == by })
	if at < 0 {
		at = len(g.sums)
		g.sums = append(g.sums, sum{by: by})
	}
	g.weight.SetInt64(weight)
	g.sums[at].value.Add(&g.sums[at].value, g.term.Mul(&g.weight, g.term.SetInt64(item.sum)))
	g.divisor.Add(&g.divisor, g.term.Mul(&g.weight, g.term.SetInt64(d)))
	if item.Interval == nil || model == survey.WeightedCount {
		g.half = math.NaN()
	} else {
		g.half += float64(weight) / float64(millionths) * (item.Interval.High - item.Interval.Low) / 2
	}
}

const billionths = millionths * int64(survey.One)

// parts is Σ w·q as a fraction that is not reduced, in billionths.
func (g *group) parts() (above, below *big.Int) {
	above, below = new(big.Int), big.NewInt(1)
	var term, by big.Int
	for i := range g.sums {
		by.SetInt64(g.sums[i].by)
		above.Add(above.Mul(above, &by), term.Mul(&g.sums[i].value, below))
		below.Mul(below, &by)
	}
	return above, below
}

func (g *group) reached() *big.Rat {
	above, below := g.parts()
	return new(big.Rat).SetFrac(above, below.Mul(below, big.NewInt(billionths)))
}

func (g *group) against() *big.Rat { return new(big.Rat).SetFrac(&g.divisor, big.NewInt(billionths)) }

// margin is half the interval of the score. How items vary together is not counted, so it is that of items which all move
// together: the widest there can be.
func (g *group) margin(model string) float64 {
	divisor, _ := g.divisor.Float64()
	half := g.half / (divisor / float64(billionths))
	if model == survey.PercentOfMax || model == survey.Graded10 {
		half *= 100
	}
	return half
}

func (g *group) score(model string) *big.Rat {
	if g.divisor.Sign() <= 0 {
		return nil
	}
	if model == survey.WeightedCount {
		return g.reached()
	}
	above, below := g.parts()
	if model != survey.Mean {
		above.Mul(above, big.NewInt(100))
	}
	return new(big.Rat).SetFrac(above, below.Mul(below, &g.divisor))
}

// meanOfUnits scores each unit apart and takes the plain mean of those that have a score, in the whole and in each
// dimension. Respondents of no unit, and of the pool, count in the pooled figure alone.
func meanOfUnits(p *Period) {
	s := p.form
	unit, _ := s.Field(s.Scoring.Unit)
	p.Overall.Pooled, p.Overall.Raw, p.Overall.Reached, p.Overall.Divisor = p.Overall.Raw, nil, nil, nil
	dimensions := make([][]*big.Rat, len(p.Dimensions))
	var scores []*big.Rat
	squares, units := 0.0, 0.0
	for _, o := range unit.Options() {
		u := p.Group(unit.Name, o.ID)
		p.Overall.Units = append(p.Overall.Units, Unit{Option: o, Respondents: u.Respondents, Score: u.Overall.Raw})
		scores = append(scores, u.Overall.Raw)
		if u.Overall.Raw != nil {
			squares, units = squares+u.Overall.margin*u.Overall.margin, units+1
		}
		for i, d := range u.Dimensions {
			dimensions[i] = append(dimensions[i], d.Score)
		}
	}
	p.Overall.Raw, p.Overall.margin = meanOf(scores), math.Sqrt(squares)/units // units are independent
	for i := range p.Dimensions {
		p.Dimensions[i].Score = meanOf(dimensions[i])
	}
}

// meanOf is the mean of what there is; nil of nothing.
func meanOf(all []*big.Rat) *big.Rat {
	sum, n := new(big.Rat), int64(0)
	for _, x := range all {
		if x != nil {
			sum.Add(sum, x)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return sum.Quo(sum, big.NewRat(n, 1))
}

// publish turns the raw index into the published one: the response rate's deduction, the band, the way to the target.
func (o *Overall) publish(s *survey.Survey, rate *big.Rat) {
	if o.Raw == nil {
		return
	}
	o.Score = new(big.Rat).Set(o.Raw)
	if rule := s.Scoring.Rule; rule != nil && rate != nil && s.Scoring.OutOf100() {
		o.Deducted = deduction(rule, rate)
		if o.Score.Sub(o.Score, o.Deducted).Sign() < 0 {
			o.Score.SetInt64(0)
		}
	}
	if at := float(o.Score); !math.IsNaN(o.margin) {
		o.Interval = &Interval{at - o.margin, at + o.margin}
		if s.Scoring.OutOf100() {
			o.Interval = &Interval{max(0, at-o.margin), min(100, at+o.margin)}
		}
	}
	o.Band = band(s.Scoring.Bands, o.Score)
	if s.Scoring.Target != nil {
		o.Gap = new(big.Rat).Sub(o.Score, rat(*s.Scoring.Target))
	}
}

// deduction is how many points a response rate, in percent, costs: Deduct for each Per points under the floor, in a
// stepped rule only for each whole one.
func deduction(rule *survey.ResponseRateRule, rate *big.Rat) *big.Rat {
	missing := new(big.Rat).Sub(rat(rule.Floor), rate)
	if missing.Sign() <= 0 {
		return new(big.Rat)
	}
	parts := missing.Quo(missing, rat(rule.Per))
	if !rule.Proportional {
		parts.SetInt(new(big.Int).Quo(parts.Num(), parts.Denom()))
	}
	return parts.Mul(parts, rat(rule.Deduct))
}

// sampleSize is how many of a population have to answer by the rule ten_plus_5_percent: ten and five percent of them,
// rounded up, and never more than there are.
func sampleSize(population int64) int64 {
	return min(population, 10+(population+19)/20)
}

// band finds the band of an unrounded score: the first, from the highest, whose lower limit it reaches.
func band(bands []survey.Band, score *big.Rat) *survey.Band {
	for i := range bands {
		if score.Cmp(rat(bands[i].From)) >= 0 {
			return &bands[i]
		}
	}
	return nil
}
