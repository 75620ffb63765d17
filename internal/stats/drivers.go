package stats

import (
	"math"
	"strings"

	"glasspoll/internal/survey"
)

// Drivers set the performance of items against their importance (Martilla and James, Journal of Marketing 41, 1977). The
// quadrants meet at the means of both.
type Drivers struct {
	Items                   []Driver
	Importance, Performance float64
	ImportanceTicks         []float64 // round numbers, ascending, that the items and the mean lie between
	PerformanceTicks        []float64
}

// Driver is one item in the quadrants.
type Driver struct {
	Field               survey.Field
	N                   int64   // respondents whose importance is known
	Importance          float64 // stated: mean importance by its highest step, 0 to 1; derived: correlation with the overall item
	Performance         float64 // mean by the highest score, 0 to 1
	ImportanceInterval  *Interval
	PerformanceInterval *Interval
	Quadrant            Quadrant
	derived             bool
}

// Quadrant is the priority of an item, by whether its importance and performance are above or below the mean.
type Quadrant string

// The quadrants.
const (
	Improve   Quadrant = "improve"  // important, and done worse than the mean
	Keep      Quadrant = "keep"     // important, and done well
	Low       Quadrant = "low"      // not important, and done worse than the mean
	Surplus   Quadrant = "overdone" // done well, and not important
	Undecided Quadrant = "unclear"  // an interval holds the mean, or a correlation cannot be told from 0
)

// quadrants assigns the items to quadrants, once all are added. It returns nil for fewer than two.
func (d *Drivers) quadrants() *Drivers {
	if len(d.Items) < 2 {
		return nil
	}
	for _, x := range d.Items {
		d.Importance += x.Importance / float64(len(d.Items))
		d.Performance += x.Performance / float64(len(d.Items))
	}
	low, high := d.Importance, d.Importance
	worst, best := d.Performance, d.Performance
	for i := range d.Items {
		x := &d.Items[i]
		x.Quadrant = d.quadrant(x)
		low, high = min(low, x.Importance), max(high, x.Importance)
		worst, best = min(worst, x.Performance), max(best, x.Performance)
	}
	d.ImportanceTicks, d.PerformanceTicks = Ticks(low, high, 5), Ticks(worst, best, 5)
	return d
}

func (d *Drivers) quadrant(x *Driver) Quadrant {
	important, known := side(x.ImportanceInterval, d.Importance)
	well, alsoKnown := side(x.PerformanceInterval, d.Performance)
	if x.derived && important && x.ImportanceInterval != nil && x.ImportanceInterval.Low <= 0 {
		known = false
	}
	switch {
	case !known || !alsoKnown:
		return Undecided
	case important && well:
		return Keep
	case important:
		return Improve
	case well:
		return Surplus
	default:
		return Low
	}
}

// side reports on which side of a line an interval is, and whether it is on one.
func side(i *Interval, line float64) (above, known bool) {
	if i == nil {
		return false, false
	}
	return i.Low > line, i.Low > line || i.High < line
}

// Drivers returns the importance that respondents state, in rows that ask for importance and satisfaction, and the one
// that is derived from the correlation with their overall judgement. Either is nil unless two items have it.
func (p *Period) Drivers() (stated, derived *Drivers) {
	stated, derived = &Drivers{}, &Drivers{}
	rows := p.rows("")
	for i := range p.Items {
		item := &p.Items[i]
		percent := item.Performance()
		if item.Weight == nil || percent == nil {
			continue
		}
		best := decimal(item.counted.best)
		x := Driver{Field: item.Field, Performance: float(percent) / 100, PerformanceInterval: item.Interval.over(best)}
		if row, ok := strings.CutSuffix(item.Field.Name, ".satisfaction"); ok {
			if importance := p.Item(row + ".importance"); importance != nil && importance.Mean != nil && importance.counted.best > 0 {
				best := decimal(importance.counted.best)
				x := x
				x.N, x.Importance, x.ImportanceInterval = importance.Scored, float(importance.Mean)/best, importance.Interval.over(best)
				stated.Items = append(stated.Items, x)
			}
		}
		if p.group != nil || rows == nil {
			continue
		}
		if r, ok := correlation(rows.Pairs[item.Field.Name]); ok {
			x.N, x.derived = rows.Pairs[item.Field.Name].N, true
			x.Importance, x.ImportanceInterval = r, fisher(r, x.N)
			derived.Items = append(derived.Items, x)
		}
	}
	return stated.quadrants(), derived.quadrants()
}

// over returns the interval in another unit; nil for nil.
func (i *Interval) over(unit float64) *Interval {
	if i == nil {
		return nil
	}
	return &Interval{i.Low / unit, i.High / unit}
}

// Ticks returns round numbers for an axis, ascending, between which the values from low to high lie: about so many steps of 1,
// 2 or 5 times a power of ten.
func Ticks(low, high float64, steps int) []float64 {
	if !(high-low > 1e-9) {
		low, high = low-0.05, high+0.05
	}
	power := math.Floor(math.Log10((high - low) / float64(steps)))
	width := 10.0
	for _, w := range []float64{1, 2, 5} {
		if w*math.Pow(10, power)*float64(steps) >= high-low {
			width = w
			break
		}
	}
	// Whole numbers of steps, divided by a power of ten where there are decimals, are the nearest floating point numbers.
	from, to := math.Floor(low/(width*math.Pow(10, power))+1e-9), math.Ceil(high/(width*math.Pow(10, power))-1e-9)
	var ticks []float64
	for n := from; n <= to; n++ {
		if power < 0 {
			ticks = append(ticks, n*width/math.Pow(10, -power))
		} else {
			ticks = append(ticks, n*width*math.Pow(10, power))
		}
	}
	return ticks
}
