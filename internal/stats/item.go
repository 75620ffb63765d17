package stats

import (
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A countedField is a field, and what figures need to know of it, worked out once.
type countedField struct {
	survey.Field
	weight    *big.Rat // in the whole; nil for a field that is no item
	whole     int64    // the same in millionths
	own       int64    // its weight in its dimension, in millionths
	dimension int      // index; -1 for none
	scale     string
	options   []survey.Option
	scored    []int // those of the options that have a score; none where several may be chosen
	boxed     bool  // whether the scores make a scale of satisfaction
	best      survey.Decimal
	second    survey.Decimal // the highest score but one; best, if there is none
	twice     survey.Decimal // the middle of the scale, doubled
	limits    []survey.Decimal
	width     survey.Decimal // of the bands that begin at the limits
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
	f.scores()
	if !field.Scored() {
		return f
	}
	weight := int64(survey.One)
	for i, d := range s.Scoring.Dimensions {
		if d.ID == field.Question.Dimension {
			f.dimension, weight = i, int64(d.Weight)
		}
	}
	f.own, f.whole = int64(field.Weight())*int64(survey.One), int64(field.Weight())*weight
	f.weight = big.NewRat(f.whole, millionths)
	return f
}

// millionths are those of weights, which are products of two in thousandths.
const millionths = int64(survey.One) * int64(survey.One)

// scores finds the ends and the middle of a scale.
func (f *countedField) scores() {
	switch f.Question.Type {
	case survey.SingleChoice, survey.Rating, survey.Matrix, survey.ImportanceMatrix:
		f.boxed = len(f.scored) > 0
	}
	if !f.boxed {
		return
	}
	all := make([]survey.Decimal, 0, len(f.scored))
	for _, i := range f.scored {
		all = append(all, *f.options[i].Score)
	}
	slices.Sort(all)
	f.twice = all[0] + all[len(all)-1]
	all = slices.Compact(all)
	f.best, f.second = all[len(all)-1], all[max(0, len(all)-2)]
}

// item computes the figures of the field. Unscored answers count in the shares of the options, and in nothing else.
func (f *countedField) item(counted *tally.Item, population int64) Item {
	item := Item{Field: f.Field, N: counted.N, Weight: f.weight, of: f}
	share := func(n, of int64) Share { return Share{n, of, population} }
	for _, limit := range f.limits {
		item.Histogram = append(item.Histogram, Bin{limit, limit + f.width, share(counted.Counts.Of(limit.String()), item.N)})
	}
	if f.Numeric() {
		if item.N > 0 && counted.Sum != nil && counted.Squares != nil {
			item.Scored = item.N
			item.moments(counted.Sum, counted.Squares, population)
		}
		return item
	}
	if len(f.options) > 0 {
		item.Counts = make([]Count, len(f.options))
	}
	for i := range f.options {
		item.Counts[i] = Count{&f.options[i], share(counted.Counts.Of(f.options[i].ID), item.N)}
	}
	var top, two, low int64
	for _, i := range f.scored {
		n, s := item.Counts[i].N, *f.options[i].Score
		item.Scored += n
		item.sum += n * int64(s) // both are far below what 64 bits hold
		if s == f.best {
			top += n
		}
		if s >= f.second {
			two += n
		}
		if 2*s < f.twice {
			low += n
		}
	}
	if item.Scored == 0 {
		return item
	}
	item.Mean = big.NewRat(item.sum, item.Scored*int64(survey.One))
	if item.Scored > 1 {
		mean, squares := float64(item.sum)/float64(item.Scored), 0.0
		for _, i := range f.scored {
			off := float64(*f.options[i].Score) - mean
			squares += float64(item.Counts[i].N) * off * off
		}
		item.varies(mean/float64(survey.One), squares/float64(millionths)/float64(item.Scored-1), population)
	}
	switch {
	case f.Question.Type == survey.NPS:
		item.NPS = promoters(item.Counts, item.Scored, population)
	case f.boxed:
		item.Top, item.TopTwo, item.Low = share(top, item.Scored), share(two, item.Scored), share(low, item.Scored)
	}
	return item
}

// moments turns the sums of Scored numbers, in thousandths, and of their squares, into mean and deviation.
func (i *Item) moments(sum, squares *big.Int, population int64) {
	n := big.NewInt(i.Scored)
	i.Mean = new(big.Rat).SetFrac(sum, new(big.Int).Mul(n, big.NewInt(int64(survey.One))))
	if i.Scored < 2 {
		return
	}
	// (n·Σx² - (Σx)²) / (n·(n-1)), which would lose its digits if it were not exact above the line
	above := new(big.Int).Mul(n, squares)
	above.Sub(above, new(big.Int).Mul(sum, sum))
	variance, _ := above.Float64()
	i.varies(float(i.Mean), variance/(float64(i.Scored)*float64(i.Scored-1)*float64(millionths)), population)
}

// varies takes what follows from a sample's variance.
func (i *Item) varies(mean, variance float64, population int64) {
	i.SD = math.Sqrt(variance)
	i.Interval = student(mean, variance, i.Scored, population)
}

// promoters are those who answer 9 or 10, detractors 0 to 6; the score is the difference of their shares in percent
// (Reichheld, Harvard Business Review, December 2003). Its interval is that of the mean of 100, 0 and -100.
func promoters(counts []Count, n, population int64) *NPS {
	var yes, no int64
	for _, c := range counts {
		switch {
		case *c.Option.Score >= 9*survey.One:
			yes += c.N
		case *c.Option.Score <= 6*survey.One:
			no += c.N
		}
	}
	nps := &NPS{Promoters: Share{yes, n, population}, Passives: Share{n - yes - no, n, population}, Detractors: Share{no, n, population}}
	nps.Score = big.NewRat(100*(yes-no), n)
	if n > 1 {
		d, of := float64(yes-no), float64(n)
		nps.Interval = student(float(nps.Score), 1e4*(float64(yes+no)-d*d/of)/(of-1), n, population)
	}
	return nps
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}
