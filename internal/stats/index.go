package stats

import (
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/survey"
)

// score computes the dimensions and the index of one group of respondents. Over any set of items it computes two sums,
//
//	reached = Σ w·q    divisor = Σ w·d
//
// over the scored items with at least one scored answer, where w is the item's weight, q the value of its answers, and d
// the value that q is measured against:
//
//	model            q                      d               score
//	percent_of_max   mean score             highest score   100 · reached / divisor
//	graded_10        mean score             10              100 · reached / divisor
//	mean             mean score             1               reached / divisor
//	weighted_count   sum of scores          scored answers  reached; per answer, reached / divisor
//
// Within a dimension w is the item's own weight; in the index it is the item's own times its dimension's, where an item
// without a dimension has one of weight 1. So all-best is 100 in each dimension and in the index. A score is nil where no
// item has an answer.
func (f *form) score(items []Item) (dimensions []Dimension, overall Overall) {
	model := f.Scoring.GroupModel()
	var index sums
	byDimension := make([]sums, len(f.Scoring.Dimensions))
	for i := range items {
		item := &items[i]
		field := item.counted
		if item.Weight == nil || item.Mean == nil {
			continue
		}
		index.add(model, item, field.indexWeight)
		if field.dimension >= 0 {
			byDimension[field.dimension].add(model, item, field.dimensionWeight)
		}
	}
	for i, d := range f.Scoring.Dimensions {
		dimensions = append(dimensions, Dimension{Dimension: d, Score: byDimension[i].score(model)})
	}
	if overall.Raw = index.score(model); overall.Raw != nil {
		overall.Reached, overall.Divisor = index.reached(), index.exactDivisor()
	}
	if model == survey.WeightedCount && overall.Raw != nil {
		overall.PerAnswer = new(big.Rat).Quo(overall.Reached, overall.Divisor)
	}
	return dimensions, overall
}

// sums holds the sums over items that are scored together, as whole numbers in billionths: weights are in millionths, scores
// in thousandths.
type sums struct {
	quotients []quotient // their sum is Σ w·q
	divisor   big.Int    // Σ w·d

	weight, term big.Int // reused in add
}

// quotient is the sum over the items with the same number of answers, which it is divided by.
type quotient struct {
	by    int64
	value big.Int
}

func (s *sums) add(model string, item *Item, weight int64) {
	by, d := item.Scored, int64(survey.One)
	switch model {
	case survey.PercentOfMax:
		d = int64(item.counted.MaxScore())
	case survey.Graded10:
		d *= 10
	case survey.WeightedCount:
		by, d = 1, d*item.Scored
	}
	at := slices.IndexFunc(s.quotients, func(q quotient) bool { return q.by == by })
	if at < 0 {
		at = len(s.quotients)
		s.quotients = append(s.quotients, quotient{by: by})
	}
	s.weight.SetInt64(weight)
	s.quotients[at].value.Add(&s.quotients[at].value, s.term.Mul(&s.weight, s.term.SetInt64(item.sum)))
	s.divisor.Add(&s.divisor, s.term.Mul(&s.weight, s.term.SetInt64(d)))
}

// billionths is the unit of sums.
const billionths = millionths * int64(survey.One)

// fraction is Σ w·q in billionths, as a fraction that is not reduced.
func (s *sums) fraction() (numerator, denominator *big.Int) {
	numerator, denominator = new(big.Int), big.NewInt(1)
	var term, by big.Int
	for i := range s.quotients {
		by.SetInt64(s.quotients[i].by)
		numerator.Add(numerator.Mul(numerator, &by), term.Mul(&s.quotients[i].value, denominator))
		denominator.Mul(denominator, &by)
	}
	return numerator, denominator
}

func (s *sums) reached() *big.Rat {
	numerator, denominator := s.fraction()
	return new(big.Rat).SetFrac(numerator, denominator.Mul(denominator, big.NewInt(billionths)))
}

func (s *sums) exactDivisor() *big.Rat {
	return new(big.Rat).SetFrac(&s.divisor, big.NewInt(billionths))
}

func (s *sums) score(model string) *big.Rat {
	if s.divisor.Sign() <= 0 {
		return nil
	}
	if model == survey.WeightedCount {
		return s.reached()
	}
	numerator, denominator := s.fraction()
	if model != survey.Mean {
		numerator.Mul(numerator, big.NewInt(100))
	}
	return new(big.Rat).SetFrac(numerator, denominator.Mul(denominator, &s.divisor))
}

// meanOfUnits scores each unit on its own and takes the plain mean of those with a score, for the index and for each
// dimension. Respondents of no unit, and of the pool, count in the pooled figure alone.
func meanOfUnits(p *Period) {
	o := &p.Overall
	o.Pooled, o.Raw, o.Reached, o.Divisor, o.PerAnswer = o.Raw, nil, nil, nil, nil
	o.RawInterval, o.Method, o.Rows, o.figure = nil, "", 0, figure{}
	dimensions := make([][]*big.Rat, len(p.Dimensions))
	var scores []*big.Rat
	var figures []figure
	if unit, ok := p.form.Field(p.form.Scoring.Unit); ok {
		for _, option := range unit.Options() {
			u := p.unit(unit.Name, option.ID)
			one := Unit{Option: option, Respondents: u.Respondents, Score: u.Overall.Raw}
			if p.form.Scoring.Of != survey.WeightedCount { // whose intervals are for each answer
				one.Interval, one.Method = u.Overall.RawInterval, u.Overall.Method
			}
			o.Units = append(o.Units, one)
			if u.Overall.Raw != nil {
				scores, figures = append(scores, u.Overall.Raw), append(figures, u.Overall.figure)
			}
			for i, d := range u.Dimensions {
				dimensions[i] = append(dimensions[i], d.Score)
			}
		}
	}
	o.Raw = meanOf(scores)
	for i := range p.Dimensions {
		p.Dimensions[i].Score, p.Dimensions[i].Interval = meanOf(dimensions[i]), nil
	}
	o.combine(figures)
}

// combine computes the interval of a mean of units from theirs. Units are independent, so the squares of the distances from
// each score to its limits add up (Zou and Donner, Statistics in Medicine 27, 2008).
func (o *Overall) combine(units []figure) {
	if o.Raw == nil {
		return
	}
	below, above, n := 0.0, 0.0, float64(len(units))
	for _, u := range o.Units {
		if u.Score == nil {
			continue
		}
		if u.Interval == nil {
			return
		}
		score := float(u.Score)
		below, above = below+math.Pow(score-u.Interval.Low, 2), above+math.Pow(u.Interval.High-score, 2)
	}
	raw := float(o.Raw)
	o.RawInterval, o.Method = &Interval{raw - math.Sqrt(below)/n, raw + math.Sqrt(above)/n}, MethodUnits
	o.figure = figure{value: raw, isKnown: true, degrees: math.Inf(1)}
	for _, u := range units {
		o.figure.variance += u.variance / (n * n)
		o.figure.deviation += u.deviation / n
		o.figure.degrees = min(o.figure.degrees, u.degrees)
	}
}

// meanOf returns the mean of the values that are not nil; nil without any.
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

// publish computes the published index from the raw one: the deduction for the response rate, the band, the gap to the
// target.
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
	if raw := o.RawInterval; raw != nil && s.Scoring.GroupModel() != survey.WeightedCount {
		o.Interval = raw
		if o.Deducted != nil {
			points := float(o.Deducted)
			o.Interval = &Interval{max(0, raw.Low-points), max(0, raw.High-points)}
		}
	}
	for _, b := range s.Scoring.Bands {
		o.limits = append(o.limits, b.From)
	}
	if s.Scoring.Target != nil {
		o.limits = append(o.limits, *s.Scoring.Target)
	}
	o.Band = band(s.Scoring.Bands, o.Score)
	if s.Scoring.Target != nil {
		o.Gap = new(big.Rat).Sub(o.Score, rat(*s.Scoring.Target))
	}
}

// deduction returns the points that a response rate, in percent, costs: Deduct for each Per points under the floor, in a stepped
// rule only for each whole Per.
func deduction(rule *survey.ResponseRateRule, rate *big.Rat) *big.Rat {
	missing := new(big.Rat).Sub(rat(rule.Floor), rate)
	if missing.Sign() <= 0 {
		return new(big.Rat)
	}
	times := missing.Quo(missing, rat(rule.Per))
	if !rule.Proportional {
		times.SetInt(new(big.Int).Quo(times.Num(), times.Denom()))
	}
	return times.Mul(times, rat(rule.Deduct))
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
