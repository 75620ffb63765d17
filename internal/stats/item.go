package stats

import (
	"math"
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// items computes the figures of a chain's versions: of the one in force, with those before it.
func (c *chain) items(p *Period, among respondents, group string) Item {
	item := c.now.item(p, among, group)
	for i := range c.earlier {
		v := &c.earlier[i]
		if before := v.item(p, among, group); before.N > 0 {
			before.Weight = nil
			item.Earlier = append(item.Earlier, before)
		}
	}
	return item
}

// item computes the figures of one version. A group is given as "segment=option"; "" is everybody.
func (v *version) item(p *Period, among respondents, group string) Item {
	if v.field.coded {
		item := v.field.codedItem(v.coded, group)
		item.Since, item.Until = v.since, v.until
		return item
	}
	v.count(&p.counted, among)
	item := v.field.item(&p.counted, p.drawn)
	item.Since, item.Until, item.Base = v.since, v.until, p.base(v, among)
	return item
}

// codedItem returns the figures of a sensitive question; those of nobody as long as they are not published.
func (f *countedField) codedItem(coded *release.Coded, group string) Item {
	item := Item{Field: f.Field, Coded: true, counted: f}
	if coded != nil && group != "" {
		coded = coded.By[group]
	}
	if coded == nil {
		coded = &release.Coded{}
	}
	item.N, item.K = coded.N, int64(coded.K)
	share := func(option string) Share { return Share{coded.Counts.Of(option), coded.N, noInterval} }
	for i := range f.options {
		item.Counts = append(item.Counts, Count{&f.options[i], share(f.options[i].ID)})
	}
	if len(f.bands) > 0 {
		item.Histogram = f.histogram(coded.Counts.Of, coded.N, noInterval)
	}
	if coded.N > 0 {
		left := share(release.LeftOut)
		item.LeftOut = &left
		item.Base = Base{coded.N, BaseAll}
	}
	return item
}

// item computes the figures of the field. Unscored answers count in the shares of the options, and nowhere else.
func (f *countedField) item(counted *tally.Item, population int64) Item {
	item := Item{Field: f.Field, N: counted.N, Weight: f.weight, counted: f}
	if f.Numeric() {
		f.setNumbers(&item, counted, population)
		return item
	}
	if len(f.options) > 0 {
		item.Counts = make([]Count, len(f.options))
	}
	for i := range f.options {
		item.Counts[i] = Count{&f.options[i], Share{counted.Counts.Of(f.options[i].ID), item.N, population}}
	}
	for _, i := range f.scored {
		item.Scored += item.Counts[i].N
		item.sum += item.Counts[i].N * int64(*f.options[i].Score) // both are far below what 64 bits hold
	}
	if item.Scored == 0 {
		return item
	}
	f.setMean(&item, population)
	switch {
	case f.Question.Type == survey.NPS:
		item.NPS = newNPS(item.Counts, item.Scored, population)
	case f.isScale:
		f.setBoxes(&item, population)
	}
	return item
}

// setMean computes the mean of scores, and its deviation.
func (f *countedField) setMean(item *Item, population int64) {
	item.Mean = big.NewRat(item.sum, item.Scored*int64(survey.One))
	mean, squares := float64(item.sum)/float64(item.Scored), 0.0
	for _, i := range f.scored {
		difference := float64(*f.options[i].Score) - mean
		squares += float64(item.Counts[i].N) * difference * difference
	}
	item.setSpread(estimate{mean: mean / float64(survey.One), squares: squares / float64(millionths), n: float64(item.Scored),
		low: decimal(f.worst), high: decimal(f.best)}.of(item.Scored, population))
}

// setSpread sets what follows from an estimate of the mean.
func (i *Item) setSpread(e estimate) {
	i.estimate = e
	if e.n >= 2 {
		i.SD = math.Sqrt(e.squares / (e.n - 1))
	}
	i.Interval = e.interval()
}

// setBoxes computes the shares of the highest scores, and of those below the middle.
func (f *countedField) setBoxes(item *Item, population int64) {
	var top, topTwo, low int64
	for _, i := range f.scored {
		n, score := item.Counts[i].N, *f.options[i].Score
		if score == f.best {
			top += n
		}
		if score >= f.secondBest {
			topTwo += n
		}
		if 2*score < f.twiceMiddle {
			low += n
		}
	}
	item.Top, item.TopTwo, item.Low = Share{top, item.Scored, population}, Share{topTwo, item.Scored, population}, Share{low, item.Scored, population}
}

// newNPS computes a net promoter score: promoters answer 9 or 10, detractors 0 to 6, and the score is the difference of
// their shares in percent (Reichheld, Harvard Business Review, December 2003). Its interval is that of the mean of 100, 0
// and -100.
func newNPS(counts []Count, n, population int64) *NPS {
	var promoters, detractors int64
	for _, c := range counts {
		switch {
		case *c.Option.Score >= 9*survey.One:
			promoters += c.N
		case *c.Option.Score <= 6*survey.One:
			detractors += c.N
		}
	}
	nps := &NPS{Promoters: Share{promoters, n, population}, Passives: Share{n - promoters - detractors, n, population}, Detractors: Share{detractors, n, population}}
	nps.Score = big.NewRat(100*(promoters-detractors), n)
	d, of := float64(promoters-detractors), float64(n)
	nps.estimate = estimate{mean: float(nps.Score), squares: 1e4 * (float64(promoters+detractors) - d*d/of), n: of, low: -100, high: 100}.of(n, population)
	nps.Interval = nps.estimate.interval()
	return nps
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

func decimal(d survey.Decimal) float64 { return float64(d) / float64(survey.One) }
