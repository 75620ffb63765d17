package stats

import (
	"math"
	"math/big"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// maxBins is the most bins of a histogram whose bands are not declared.
const maxBins = 11

// setNumbers computes the figures of a number from how many answers are in each band: exactly, where each value has its own,
// or else with each answer in the middle of its band. There is no mean if a band without an end has answers.
func (f *countedField) setNumbers(item *Item, counted *tally.Item, population int64) {
	item.Histogram = f.histogram(counted.Counts.Of, item.N, population)
	sum, n, open := new(big.Int), int64(0), false
	var term big.Int
	for i, band := range f.bands {
		in := counted.Counts.Of(band.ID)
		if in == 0 {
			continue
		}
		n += in
		open, item.Midpoints = open || band.Open != 0, item.Midpoints || !band.Exact
		sum.Add(sum, term.Mul(term.SetInt64(in), big.NewInt(f.twiceMid(i))))
	}
	if open || n == 0 {
		item.Midpoints = false
		return
	}
	item.Scored = n
	item.Mean = new(big.Rat).SetFrac(sum, new(big.Int).Mul(big.NewInt(n), big.NewInt(2*int64(survey.One))))
	mean, squares := float(item.Mean), 0.0
	for i, band := range f.bands {
		if in := counted.Counts.Of(band.ID); in > 0 {
			difference := f.middle(i) - mean
			squares += float64(in) * difference * difference
		}
	}
	e := estimate{mean: mean, squares: squares, n: float64(n)}
	e.low, e.high = f.ends()
	item.setSpread(e.of(n, population))
}

// twiceMid is twice the middle of a band, so that it is whole. Numbers come in steps, so the largest one of a band is a step
// below its upper limit, unless that is in the band.
func (f *countedField) twiceMid(i int) int64 {
	band := f.bands[i]
	if band.Exact {
		return 2 * int64(band.From)
	}
	twice := int64(band.From + band.To)
	if step := f.Question.Step; step != nil && !f.isClosed(band) {
		twice -= int64(min(*step, band.To-band.From))
	}
	return twice
}

// middle is the middle of a band; not a number if it has no end.
func (f *countedField) middle(i int) float64 {
	if f.bands[i].Open != 0 {
		return math.NaN()
	}
	return float64(f.twiceMid(i)) / 2 / float64(survey.One)
}

// ends returns the smallest and the largest number, as far as there are such.
func (f *countedField) ends() (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if len(f.bands) == 0 {
		return low, high
	}
	if first := f.bands[0]; first.Open == 0 {
		low = decimal(first.From)
	}
	if last := f.bands[len(f.bands)-1]; last.Open == 0 {
		high = decimal(last.To)
	}
	return low, high
}

// histogram returns the bins: the bands themselves, or as many neighbours together as make at most eleven bins. Of bands that
// nobody has declared, those without answers at either end are left out.
func (f *countedField) histogram(count func(band string) int64, n, population int64) []Bin {
	bands := f.bands
	if len(f.Question.Bands) == 0 && len(bands) > 0 && (bands[0].Open != 0 || bands[len(bands)-1].Open != 0) {
		for len(bands) > 1 && count(bands[0].ID) == 0 {
			bands = bands[1:]
		}
		for len(bands) > 1 && count(bands[len(bands)-1].ID) == 0 {
			bands = bands[:len(bands)-1]
		}
	}
	var bins []Bin
	join := f.joined(bands)
	for i, band := range bands {
		share := Share{count(band.ID), n, population}
		last := len(bins) - 1
		if last < 0 || join(i) {
			bins = append(bins, Bin{From: band.From, To: band.To, Exact: band.Exact, Closed: f.isClosed(band), Open: band.Open, Share: share})
			continue
		}
		bin := &bins[last]
		bin.To, bin.Exact, bin.Closed, bin.N = band.To, false, f.isClosed(band), bin.N+share.N
		if band.Open != 0 {
			bin.Open = band.Open
		}
	}
	return bins
}

// isClosed reports whether the upper limit of a band is in it.
func (f *countedField) isClosed(band survey.ValueBand) bool {
	if band.Exact || band.Open != 0 || band.ID != f.bands[len(f.bands)-1].ID {
		return band.Exact // the highest number may have a band of its own, above this one
	}
	end := f.Question.Max
	if f.Question.Type == survey.ConstantSum {
		end = f.Question.Total
	}
	return end != nil && band.To == *end
}

// joined returns a function that says whether a bin begins with band i: at multiples of a round number, for values one by one,
// else at every so many bands.
func (f *countedField) joined(bands []survey.ValueBand) func(i int) bool {
	if len(bands) <= maxBins || len(f.Question.Bands) > 0 {
		return func(int) bool { return true }
	}
	first, last := bands[0], bands[len(bands)-1]
	if !first.Exact || !last.Exact {
		every := (len(bands) + maxBins - 1) / maxBins
		return func(i int) bool { return i%every == 0 }
	}
	width := survey.Decimal(1)
	for i := 0; (last.From-first.From-1)/width >= maxBins-1; i++ {
		width = width * [...]survey.Decimal{2, 5, 2}[i%3] / [...]survey.Decimal{1, 2, 1}[i%3]
	}
	floor := func(d survey.Decimal) survey.Decimal {
		if d < 0 {
			return (d - width + 1) / width
		}
		return d / width
	}
	return func(i int) bool { return i == 0 || floor(bands[i].From) != floor(bands[i-1].From) }
}
