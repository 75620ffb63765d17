package stats

import (
	"math"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// minRows is the fewest rows that figures of whole rows are made from.
const minRows = 30

// A composite is a weighted sum of items' means, for the precision of an index, or of a dimension:
//
//	factor · Σ weight·mean / divisor
type composite struct {
	items          []*Item
	weights        []float64
	factor         float64
	divisor        float64
	fewest, most   int64 // scored answers to an item
	isKnown        bool  // every item's precision is known
	low, high, sum float64
}

// composite returns the items of the index, or of a dimension, with their weights. For a weighted count it is that for each
// answer.
func (f *form) composite(items []Item, dimension int) *composite {
	c := &composite{factor: 1, isKnown: true}
	model := f.Scoring.GroupModel()
	if model == survey.PercentOfMax || model == survey.Graded10 {
		c.factor = 100
	}
	for i := range items {
		item := &items[i]
		if item.Weight == nil || item.Mean == nil || dimension >= 0 && item.counted.dimension != dimension {
			continue
		}
		weight := float64(item.counted.indexWeight) / float64(millionths)
		if dimension >= 0 {
			weight = float64(item.counted.dimensionWeight) / float64(millionths)
		}
		against := 1.0
		switch model {
		case survey.PercentOfMax:
			against = decimal(item.counted.MaxScore())
		case survey.Graded10:
			against = 10
		case survey.WeightedCount:
			weight *= float64(item.Scored)
		}
		c.items, c.weights = append(c.items, item), append(c.weights, weight)
		c.divisor += weight * against
		c.low, c.high = c.low+weight*item.estimate.low, c.high+weight*item.estimate.high
		c.sum += weight * item.estimate.mean
		c.isKnown = c.isKnown && item.estimate.isKnown()
		if c.fewest == 0 || item.Scored < c.fewest {
			c.fewest = item.Scored
		}
		c.most = max(c.most, item.Scored)
	}
	c.isKnown = c.isKnown && len(c.items) > 0 && c.divisor > 0
	return c
}

// widest returns an estimate of the composite as if its items moved together: that has the largest spread that items with
// these spreads of their own can have, since the deviation of a sum is at most the sum of deviations.
func (c *composite) widest(population int64) estimate {
	scale := c.factor / c.divisor
	deviation, ofMean := 0.0, 0.0
	for i, item := range c.items {
		e := &item.estimate
		d := c.weights[i] * max(math.Sqrt(e.squares/(e.n-1)), 1e-9*(e.high-e.low))
		deviation, ofMean = deviation+d, ofMean+d/math.Sqrt(e.n)
	}
	n := 2.0
	if ofMean > 0 {
		n = math.Pow(deviation/ofMean, 2)
	}
	deviation *= scale
	return estimate{
		mean: scale * c.sum, squares: deviation * deviation * (n - 1), n: n, low: scale * c.low, high: scale * c.high, isIndex: true,
	}.of(c.fewest, population)
}

// narrowed returns the estimate with the deviation of one respondent multiplied.
func (e estimate) narrowed(by float64) estimate {
	e.squares *= by * by
	return e
}

// byRows returns the estimate with the spread of respondents' own indexes, and how large that is in relation. Where items have
// different numbers of answers, the index is less precise than the mean of the respondents' own by as much as it is if its
// items move together.
func (c *composite) byRows(e estimate, rows *tally.Rows) (estimate, float64) {
	n, sum := float64(rows.N), float64(rows.Index)
	variance := max(0, (float64(rows.Squares)-sum*sum/n)/(n-1)) / float64(millionths)
	together := 1.0
	if widest := e.squares / (e.n - 1); widest > 0 {
		together = min(1, math.Sqrt(variance/widest))
	}
	e.n *= max(n, float64(c.most)) / float64(c.most)
	e.squares = variance * (e.n - 1)
	return e, together
}

// setPrecision sets the interval of the raw index: from rows, if there are enough, or from the items' own spreads, narrowed in
// a group as in the whole.
func (p *Period) setPrecision(rows *tally.Rows) {
	o := &p.Overall
	c := p.form.composite(p.Items, -1)
	if o.Raw == nil || !c.isKnown {
		return
	}
	e, method := c.widest(p.drawn), MethodBound
	switch {
	case rows != nil && rows.N >= minRows && !p.form.partial:
		var together float64
		e, together = c.byRows(e, rows)
		method, o.Rows = MethodRows, rows.N
		if p.group == nil {
			p.together = together
		}
	case p.group != nil && p.together > 0:
		e, method = e.narrowed(p.together), MethodShared
	}
	if o.RawInterval = e.interval(); o.RawInterval == nil {
		o.Rows = 0
		return
	}
	if o.Method = method; e.rest() == 0 {
		o.Method, o.Rows = MethodAll, 0
	}
	o.figure = e.figure()
	for i := range p.Dimensions {
		if c := p.form.composite(p.Items, i); c.isKnown && p.form.Scoring.GroupModel() != survey.WeightedCount {
			e := c.widest(p.drawn)
			p.Dimensions[i].Interval = e.interval()
		}
	}
}
