package survey

import (
	"slices"
	"sort"
)

// A ValueBand is a range of numbers that are counted together, from From up to, but without, To.
type ValueBand struct {
	ID    string // what counters call it: its lower limit, or "<" and its upper limit if it has none
	From  Decimal
	To    Decimal // the last band of a number with a largest value ends at that value, and includes it
	Exact bool    // From is the only value
	Open  byte    // 'l': it has no lower limit, 'h': no upper limit
}

// maxExact is the most values that are counted one by one.
const maxExact = 101

// ValueBands returns the bands by which a numeric field is counted, ascending and without gaps between them; no answer
// influences them. They are the declared ones, if there are any. Else each value has its own, if there are at most 101; of a
// constant sum these are multiples of a hundredth of the total, or more, to which shares are rounded. Else the range is
// divided into at most eleven, or, without a range, at fixed limits.
func (f Field) ValueBands() []ValueBand {
	switch {
	case !f.Numeric():
		return nil
	case f.Question.traits.legacy:
		return f.legacyBands()
	case f.Question.Type == ConstantSum:
		return shareBands(f.Question.Total)
	default:
		return f.numberBands()
	}
}

// numberBands returns the bands of a number.
func (f Field) numberBands() []ValueBand {
	q := f.Question
	switch {
	case len(q.Bands) > 0:
		return bounded(q.Bands, q.Min, q.Max)
	case q.Min == nil || q.Max == nil:
		return bounded(fixedLimits, q.Min, q.Max)
	case q.Step != nil && *q.Step > 0 && (*q.Max-*q.Min) / *q.Step < maxExact:
		return exact(*q.Min, *q.Max, *q.Step)
	}
	limits, _ := f.evenBands()
	return bounded(limits, q.Min, q.Max)
}

// evenBands returns the lower limits of at most eleven bands of a number, ascending, and their width. There are none unless the
// questionnaire bounds the number on both sides: bands made from the answers would disclose the smallest and the largest.
// Their width is 1, 2 or 5 times a power of ten, and they begin at a multiple of it.
func (f Field) evenBands() (limits []Decimal, width Decimal) {
	q := f.Question
	if q.Type != Number || q.Min == nil || q.Max == nil {
		return nil, 0
	}
	width = 1
	for i := 0; (*q.Max-*q.Min-1)/width >= 10 || q.Step != nil && width < *q.Step; i++ {
		width = width * [...]Decimal{2, 5, 2}[i%3] / [...]Decimal{1, 2, 1}[i%3]
	}
	first := *q.Min / width * width
	if first > *q.Min {
		first -= width
	}
	for limit := first; limit <= *q.Max; limit += width {
		limits = append(limits, limit)
	}
	return limits, width
}

// legacyBands returns the bands by which numbers were counted before there were value bands. They are today's if these have
// the same limits.
func (f Field) legacyBands() []ValueBand {
	limits, width := f.evenBands()
	if len(limits) == 0 {
		return nil
	}
	var bands []ValueBand
	for _, from := range limits {
		bands = append(bands, ValueBand{ID: from.String(), From: from, To: from + width})
	}
	today := f.numberBands()
	if slices.EqualFunc(today, bands, func(a, b ValueBand) bool { return a.ID == b.ID }) {
		return today
	}
	return bands
}

// fixedLimits divide numbers without a range.
var fixedLimits = []Decimal{
	-1_000_000 * One, -100_000 * One, -10_000 * One, -1000 * One, -100 * One, -10 * One, 0, One, 2 * One, 5 * One, 10 * One, 20 * One, 50 * One,
	100 * One, 200 * One, 500 * One, 1000 * One, 2000 * One, 5000 * One, 10_000 * One, 20_000 * One, 50_000 * One, 100_000 * One, 200_000 * One,
	500_000 * One, 1_000_000 * One,
}

// shareBands returns the bands of a constant sum's shares.
func shareBands(total *Decimal) []ValueBand {
	if total == nil {
		return nil
	}
	step := Decimal(1)
	for i := 0; *total > (maxExact-1)*step; i++ {
		step = step * [...]Decimal{2, 5, 2}[i%3] / [...]Decimal{1, 2, 1}[i%3]
	}
	zero := Decimal(0)
	if step <= One {
		bands := exact(zero, *total, step)
		if *total%step != 0 {
			bands = append(bands, exact(*total, *total, step)...)
		}
		return bands
	}
	var limits []Decimal
	for limit := zero; limit < *total; limit += 10 * step {
		limits = append(limits, limit)
	}
	return bounded(limits, &zero, total)
}

// exact returns a band for each value.
func exact(least, most, step Decimal) []ValueBand {
	var bands []ValueBand
	for value := least; value <= most; value += step {
		bands = append(bands, ValueBand{ID: value.String(), From: value, To: value, Exact: true})
	}
	return bands
}

// bounded returns the bands that limits make of the numbers from least to most; nil is no bound.
func bounded(limits []Decimal, least, most *Decimal) []ValueBand {
	limits = slices.Clone(limits)
	if least != nil {
		limits = slices.DeleteFunc(limits, func(d Decimal) bool { return d <= *least })
		limits = slices.Insert(limits, 0, *least)
	}
	if most != nil {
		limits = slices.DeleteFunc(limits, func(d Decimal) bool { return d > *most })
	}
	var bands []ValueBand
	if least == nil {
		upper := MaxDecimal
		switch {
		case len(limits) > 0:
			upper = limits[0]
		case most != nil:
			upper = *most
		}
		bands = append(bands, ValueBand{ID: "<" + upper.String(), From: -MaxDecimal, To: upper, Open: 'l'})
	}
	for i, from := range limits {
		band := ValueBand{ID: from.String(), From: from}
		switch {
		case i+1 < len(limits):
			band.To = limits[i+1]
		case most != nil:
			band.To, band.Exact = *most, from == *most
		default:
			band.To, band.Open = MaxDecimal, 'h'
		}
		bands = append(bands, band)
	}
	return bands
}

// BandOf returns the index of the band that a number is counted in; -1 if it is outside all of them.
func BandOf(bands []ValueBand, d Decimal) int {
	i := sort.Search(len(bands), func(i int) bool { return bands[i].From > d }) - 1
	switch {
	case i < 0:
		return -1
	case i == len(bands)-1:
		if d > bands[i].To {
			return -1
		}
	case bands[i].Exact && bands[i+1].Exact && bands[i+1].From-d <= d-bands[i].From:
		return i + 1
	}
	return i
}
