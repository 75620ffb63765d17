package stats

import (
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A countedField is a field, and what figures need of it, computed once.
type countedField struct {
	survey.Field
	weight          *big.Rat // in the index; nil for a field that is not part of it
	indexWeight     int64    // the same in millionths
	dimensionWeight int64    // in its dimension, in millionths
	dimension       int      // index; -1 for none
	scale           string
	options         []survey.Option
	scored          []int // indexes of the options with a score; none where several may be chosen
	isScale         bool  // the scores make a scale of satisfaction
	best            survey.Decimal
	secondBest      survey.Decimal // best, if there is only one score
	twiceMiddle     survey.Decimal // the middle of the scale, doubled
	limits          []survey.Decimal
	width           survey.Decimal // of the bands that begin at the limits
}

func newCountedField(s *survey.Survey, field survey.Field) countedField {
	f := countedField{Field: field, dimension: -1, scale: field.Scale(), options: field.Options()}
	f.limits, f.width = field.Bands()
	if field.Question.Type != survey.MultiChoice { // several options of one answer have no one score
		for i := range f.options {
			if f.options[i].Score != nil {
				f.scored = append(f.scored, i)
			}
		}
	}
	f.findScale()
	if !field.Scored() {
		return f
	}
	weight := int64(survey.One)
	for i, d := range s.Scoring.Dimensions {
		if d.ID == field.Question.Dimension {
			f.dimension, weight = i, int64(d.Weight)
		}
	}
	f.dimensionWeight, f.indexWeight = int64(field.Weight())*int64(survey.One), int64(field.Weight())*weight
	f.weight = big.NewRat(f.indexWeight, millionths)
	return f
}

// millionths is the unit of weights, which are products of two in thousandths.
const millionths = int64(survey.One) * int64(survey.One)

// findScale finds the ends and the middle of a scale.
func (f *countedField) findScale() {
	switch f.Question.Type {
	case survey.SingleChoice, survey.Rating, survey.Matrix, survey.ImportanceMatrix:
		f.isScale = len(f.scored) > 0
	}
	if !f.isScale {
		return
	}
	all := make([]survey.Decimal, 0, len(f.scored))
	for _, i := range f.scored {
		all = append(all, *f.options[i].Score)
	}
	slices.Sort(all)
	f.twiceMiddle = all[0] + all[len(all)-1]
	all = slices.Compact(all)
	f.best, f.secondBest = all[len(all)-1], all[max(0, len(all)-2)]
}

// item computes the figures of the field. Unscored answers count in the shares of the options, and nowhere else.
func (f *countedField) item(counted *tally.Item, population int64) Item {
	item := Item{Field: f.Field, N: counted.N, Weight: f.weight, counted: f}
	share := func(n, of int64) Share { return Share{n, of, population} }
	for _, limit := range f.limits {
		item.Histogram = append(item.Histogram, Bin{limit, limit + f.width, share(counted.Counts.Of(limit.String()), item.N)})
	}
	if f.Numeric() {
		if item.N > 0 && counted.Sum != nil && counted.Squares != nil {
			item.Scored = item.N
			item.setMoments(counted.Sum, counted.Squares, population)
		}
		return item
	}
	if len(f.options) > 0 {
		item.Counts = make([]Count, len(f.options))
	}
	for i := range f.options {
		item.Counts[i] = Count{&f.options[i], share(counted.Counts.Of(f.options[i].ID), item.N)}
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
	if item.Scored < 2 {
		return
	}
	mean, squares := float64(item.sum)/float64(item.Scored), 0.0
	for _, i := range f.scored {
		difference := float64(*f.options[i].Score) - mean
		squares += float64(item.Counts[i].N) * difference * difference
	}
	item.setVariance(mean/float64(survey.One), squares/float64(millionths)/float64(item.Scored-1), population)
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

// setMoments computes mean and deviation from the sum of Scored numbers, in thousandths, and that of their squares.
func (i *Item) setMoments(sum, squares *big.Int, population int64) {
	n := big.NewInt(i.Scored)
	i.Mean = new(big.Rat).SetFrac(sum, new(big.Int).Mul(n, big.NewInt(int64(survey.One))))
	if i.Scored < 2 {
		return
	}
	// (n·Σx² - (Σx)²) / (n·(n-1)); the numerator would lose its digits in floating point
	numerator := new(big.Int).Mul(n, squares)
	numerator.Sub(numerator, new(big.Int).Mul(sum, sum))
	variance, _ := numerator.Float64()
	i.setVariance(float(i.Mean), variance/(float64(i.Scored)*float64(i.Scored-1)*float64(millionths)), population)
}

// setVariance sets what follows from a sample's variance.
func (i *Item) setVariance(mean, variance float64, population int64) {
	i.SD = math.Sqrt(variance)
	i.Interval = student(mean, variance, i.Scored, population)
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
	if n > 1 {
		d, of := float64(promoters-detractors), float64(n)
		nps.Interval = student(float(nps.Score), 1e4*(float64(promoters+detractors)-d*d/of)/(of-1), n, population)
	}
	return nps
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}
