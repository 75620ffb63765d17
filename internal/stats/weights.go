package stats

import (
	"math"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A cell is the respondents with one combination of the segments that weights are made of.
type cell struct {
	options  []int // of each margin
	n        float64
	weight   float64 // of one respondent
	counters []partCounters
}

type partCounters struct {
	part     int
	counters *tally.Counters
}

// addWeighted weights the respondents to the known shares of the population, or adds the problem why that cannot be done. Items
// get their weighted figures too.
func (p *Period) addWeighted(now *form, newest bool) {
	weighting := p.form.Weighting
	if newest {
		weighting = now.Weighting
	}
	if weighting == nil {
		return
	}
	margins, ok := p.margins(weighting)
	if !ok {
		return
	}
	cells := p.cells(margins)
	total := 0.0
	for i := range cells {
		total += cells[i].n
	}
	if total == 0 {
		return
	}
	if problem := rake(margins, cells, total, decimal(weighting.Largest())); problem != nil {
		p.Problems = append(p.Problems, *problem)
		return
	}
	p.Weighted = &Weighted{Respondents: int64(total), Excluded: p.Respondents - int64(total), Margins: margins, Least: math.Inf(1)}
	p.Weighted.describe(cells, total, decimal(weighting.Largest()))
	p.weightItems(cells)
	p.weightIndex(cells)
}

// margins returns the margins with their options; false if the questionnaire has no such segments.
func (p *Period) margins(weighting *survey.Weighting) ([]Margin, bool) {
	var margins []Margin
	for _, m := range weighting.Margins {
		segments := p.Segments()
		at := slices.IndexFunc(segments, func(f survey.Field) bool { return f.Name == m.Segment })
		if at < 0 {
			return nil, false
		}
		field := segments[at]
		margin := Margin{Segment: field}
		options := field.Options()
		for i := range options {
			share := MarginShare{Option: &options[i]}
			for _, s := range m.Shares {
				if s.Option == options[i].ID {
					share.Population = decimal(s.Share)
				}
			}
			margin.Shares = append(margin.Shares, share)
		}
		margins = append(margins, margin)
	}
	return margins, len(margins) > 0
}

// cells returns the respondents of each combination of the margins' options, those of no option and of the pool left out.
func (p *Period) cells(margins []Margin) []cell {
	var cells []cell
	for i := range p.parts {
		part := &p.parts[i]
		at := make(map[*tally.Counters][]int) // options by cohort; one is in each margin at most once
		for m := range margins {
			for o, share := range margins[m].Shares {
				for _, c := range part.group(margins[m].Segment.Name, share.Option.ID) {
					at[c] = append(at[c], o)
				}
			}
		}
		for _, c := range part.all {
			options := at[c]
			if len(options) < len(margins) || c.Respondents == 0 {
				continue
			}
			k := slices.IndexFunc(cells, func(x cell) bool { return slices.Equal(x.options, options) })
			if k < 0 {
				k = len(cells)
				cells = append(cells, cell{options: options, weight: 1})
			}
			cells[k].n += float64(c.Respondents)
			cells[k].counters = append(cells[k].counters, partCounters{part: i, counters: c})
		}
	}
	return cells
}

const (
	rakingRounds = 1000
	rakingError  = 1e-9 // of a share, at which weights are the ones sought
	cappedError  = 0.005
)

// rake finds weights with a mean of 1 that give each margin its shares, by iterative proportional fitting (Deming and Stephan,
// Annals of Mathematical Statistics 11, 1940): of all such weights they are the nearest to equal ones. No weight becomes larger
// than the largest allowed; the margins may then be missed by half a percentage point.
func rake(margins []Margin, cells []cell, total, largest float64) *Problem {
	for m := range margins {
		for o := range margins[m].Shares {
			share := &margins[m].Shares[o]
			n := 0.0
			for i := range cells {
				if cells[i].options[m] == o {
					n += cells[i].n
				}
			}
			share.Unweighted = 100 * n / total
			if share.Population > 0 && n == 0 {
				return &Problem{Kind: EmptyWeight, Segment: margins[m].Segment.Name, Option: share.Option.ID}
			}
		}
	}
	capped := false
	for range rakingRounds {
		for m := range margins {
			fit(&margins[m], cells, m, total)
		}
		for i := range cells {
			if cells[i].weight > largest {
				cells[i].weight, capped = largest, true
			}
		}
		if worst, _, _ := missed(margins, cells, total); worst < rakingError {
			return nil
		}
	}
	worst, m, o := missed(margins, cells, total)
	switch {
	case capped && worst < cappedError:
		return nil
	case capped:
		return &Problem{Kind: TooCapped, Segment: margins[m].Segment.Name, Option: margins[m].Shares[o].Option.ID}
	case worst < 1e-6:
		return nil
	}
	return &Problem{Kind: NoConvergence, Segment: margins[m].Segment.Name, Option: margins[m].Shares[o].Option.ID}
}

// fit multiplies the weights so that one margin has its shares.
func fit(margin *Margin, cells []cell, m int, total float64) {
	sums := make([]float64, len(margin.Shares))
	for i := range cells {
		sums[cells[i].options[m]] += cells[i].n * cells[i].weight
	}
	for i := range cells {
		if o := cells[i].options[m]; sums[o] > 0 {
			cells[i].weight *= margin.Shares[o].Population / 100 * total / sums[o]
		}
	}
}

// missed returns by how much the weights miss a share at most, and whose it is, and notes the shares that they give.
func missed(margins []Margin, cells []cell, total float64) (worst float64, margin, option int) {
	all := 0.0
	for i := range cells {
		all += cells[i].n * cells[i].weight
	}
	for m := range margins {
		for o := range margins[m].Shares {
			share, sum := &margins[m].Shares[o], 0.0
			for i := range cells {
				if cells[i].options[m] == o {
					sum += cells[i].n * cells[i].weight
				}
			}
			share.After = 100 * sum / all
			if miss := math.Abs(sum/total - share.Population/100); miss > worst || all == 0 {
				worst, margin, option = miss, m, o
			}
		}
	}
	return worst, margin, option
}

// describe sets the figures about the weights.
func (w *Weighted) describe(cells []cell, total, largest float64) {
	sum, squares := 0.0, 0.0
	for i := range cells {
		x := &cells[i]
		sum, squares = sum+x.n*x.weight, squares+x.n*x.weight*x.weight
		w.Least, w.Most = min(w.Least, x.weight), max(w.Most, x.weight)
		w.Capped = w.Capped || x.weight >= largest*(1-1e-9)
	}
	w.EffectiveN = sum * sum / squares
	w.DesignEffect = total / w.EffectiveN
}

// weightItems adds the weighted figures of the items in force.
func (p *Period) weightItems(cells []cell) {
	for i := range p.Items {
		item := &p.Items[i]
		if item.Coded || item.N == 0 {
			continue
		}
		if item.Weighted = p.weightItem(&p.current[i].now, cells); item.Weighted != nil && item.Scored == 0 {
			item.Weighted.Mean, item.Weighted.Interval = nil, nil
		}
	}
}

// weightItem returns an item's weighted figures; nil if none of those with a weight has answered it.
func (p *Period) weightItem(v *version, cells []cell) *WeightedItem {
	f := v.field
	w := &WeightedItem{Counts: make([]float64, len(f.options))}
	among := make(respondents, len(p.parts))
	answers, squares := 0.0, 0.0 // sums of weights
	scoredSquares := 0.0
	var values, weights []float64 // of scores and bands, by cell
	ids := make([]string, 0, len(f.options)+len(f.bands))
	for k := range f.options {
		ids = append(ids, f.options[k].ID)
	}
	scores := make([]float64, len(ids), cap(ids))
	for k := range scores {
		scores[k] = math.NaN()
	}
	for _, k := range f.scored {
		scores[k] = decimal(*f.options[k].Score)
	}
	for k := range f.bands {
		ids, scores = append(ids, f.bands[k].ID), append(scores, f.middle(k))
	}
	for i := range cells {
		clear(among)
		for _, c := range cells[i].counters {
			among[c.part] = append(among[c.part], c.counters)
		}
		v.count(&p.counted, among)
		weight := cells[i].weight
		answers += weight * float64(p.counted.N)
		squares += weight * weight * float64(p.counted.N)
		for k, id := range ids {
			n := float64(p.counted.Counts.Of(id))
			if k < len(w.Counts) {
				w.Counts[k] += weight * n
			}
			if n > 0 && !math.IsNaN(scores[k]) {
				values, weights = append(values, scores[k]), append(weights, weight*n)
				scoredSquares += weight * weight * n
			}
		}
	}
	if answers == 0 {
		return nil
	}
	w.EffectiveN = answers * answers / squares
	for k := range w.Counts {
		w.Counts[k] /= answers
	}
	w.setMean(f, values, weights, scoredSquares, p.drawn)
	return w
}

// setMean computes the mean of weighted values and what follows from it. Its precision is that of as many answers as are
// effective.
func (w *WeightedItem) setMean(f *countedField, values, weights []float64, squares float64, population int64) {
	sum, all := 0.0, 0.0
	for i, x := range values {
		sum, all = sum+weights[i]*x, all+weights[i]
	}
	if all == 0 {
		return
	}
	mean, spread := sum/all, 0.0
	var promoters, detractors float64
	for i, x := range values {
		spread += weights[i] / all * (x - mean) * (x - mean)
		switch {
		case x >= 9:
			promoters += weights[i] / all
		case x <= 6:
			detractors += weights[i] / all
		}
		if f.isScale {
			w.addBoxes(f, x, weights[i]/all)
		}
	}
	n := all * all / squares
	e := estimate{mean: mean, squares: spread * n, n: n, isWeighted: true}
	if e.low, e.high = f.ends(); len(f.scored) > 0 {
		e.low, e.high = decimal(f.worst), decimal(f.best)
	}
	e = e.of(int64(math.Ceil(n)), population)
	w.Mean, w.Interval, w.estimate, w.scored = &mean, e.interval(), e, all
	if f.Question.Type == survey.NPS {
		nps := 100 * (promoters - detractors)
		w.NPS = &nps
	}
}

func (w *WeightedItem) addBoxes(f *countedField, x, share float64) {
	if x >= decimal(f.best) {
		w.Top += share
	}
	if x >= decimal(f.secondBest) {
		w.TopTwo += share
	}
	if 2*x < decimal(f.twiceMiddle) {
		w.Low += share
	}
}

// weightIndex computes the weighted index: like the other one, from the weighted means of its items.
func (p *Period) weightIndex(cells []cell) {
	if p.form.Scoring.Model == survey.MeanOfUnits {
		p.weightUnits(cells)
		return
	}
	e, ok := p.weightedIndex(cells)
	if !ok {
		return
	}
	w := p.Weighted
	w.Score = &e.mean
	if p.together > 0 {
		e = e.narrowed(p.together)
	}
	if w.Interval = e.interval(); w.Interval == nil {
		return
	}
	if w.Method = MethodBound; p.together > 0 {
		w.Method = MethodShared
	}
}

// weightedIndex estimates the index of the respondents in some cells.
func (p *Period) weightedIndex(cells []cell) (estimate, bool) {
	items := make([]Item, len(p.Items))
	for i := range p.Items {
		items[i] = p.Items[i]
		if items[i].Weight == nil {
			continue
		}
		w := p.weightItem(&p.current[i].now, cells)
		if w == nil || w.Mean == nil {
			items[i].Mean = nil
			continue
		}
		items[i].estimate = w.estimate
		if p.form.Scoring.GroupModel() == survey.WeightedCount {
			items[i].Scored = int64(math.Round(w.scored))
		}
	}
	c := p.form.composite(items, -1)
	if len(c.items) == 0 || c.divisor <= 0 {
		return estimate{}, false
	}
	e := c.widest(p.drawn)
	e.asked = int64(math.Ceil(e.n))
	return e, true
}

// weightUnits computes the mean of the units' weighted scores. It has no interval.
func (p *Period) weightUnits(cells []cell) {
	unit, ok := p.form.Field(p.form.Scoring.Unit)
	if !ok {
		return
	}
	sum, n := 0.0, 0.0
	for _, o := range unit.Options() {
		in := make(map[*tally.Counters]bool)
		for i := range p.parts {
			for _, c := range p.parts[i].group(unit.Name, o.ID) {
				in[c] = true
			}
		}
		var some []cell
		for _, x := range cells {
			x.counters = slices.DeleteFunc(slices.Clone(x.counters), func(c partCounters) bool { return !in[c.counters] })
			if len(x.counters) > 0 {
				some = append(some, x)
			}
		}
		if e, ok := p.weightedIndex(some); ok {
			sum, n = sum+e.mean, n+1
		}
	}
	if n > 0 {
		mean := sum / n
		p.Weighted.Score = &mean
	}
}
