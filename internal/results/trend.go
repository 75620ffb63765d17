package results

import (
	"html/template"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// trendChart is the index over the periods.
type trendChart struct {
	Name, Describe string
	Grid           []gridLine
	Lines          []lineSegment
	Points         []trendPoint
	Breaks         []string // between adjacent periods that cannot be compared
	Target         *gridLine
	Rows           []trendRow
	Broken         bool
}

type gridLine struct{ X, Y, TextY, Text string }

type lineSegment struct{ X1, Y1, X2, Y2 string }

type trendPoint struct {
	X, Y, TextY     string
	LowY, HighY     string // of the interval; "" without one
	Text            string // the value
	Label, Year     string // of the period: "Q4", and where it changes the year
	Now, IsLabelled bool
}

type trendRow struct {
	Period, Href   string
	N              int64
	Score, Between string
	Change, Band   string
	Rate           string
}

// trend is nil unless two periods have an index.
func (d *document) trend() *trendChart {
	plot := d.newTrendPlot()
	if plot == nil {
		return nil
	}
	v := &trendChart{Name: d.words.Say("results.trend_of", "title", d.words.Say("results.score")), Grid: plot.grid(), Target: plot.target()}
	for n := range plot.periods {
		p := plot.trendPoint(n)
		if n > 0 {
			before := &v.Points[n-1]
			if plot.pointOf(n).Broken {
				v.Breaks, v.Broken = append(v.Breaks, d.x(plot.xOf(n)-plot.step/2)), true
			} else {
				v.Lines = append(v.Lines, lineSegment{before.X, before.Y, p.X, p.Y})
			}
		}
		v.Points, v.Rows = append(v.Points, p), append(v.Rows, plot.row(n))
	}
	first, last := v.Rows[0], v.Rows[len(v.Rows)-1]
	v.Describe = d.words.Say("results.trend_says", "from", first.Score, "first", first.Period, "to", last.Score, "last", last.Period)
	return v
}

// The chart's edges: in pixels from the top, and in percent of its width.
const (
	trendTop, trendBottom = 22.0, 176.0
	trendLeft, trendRight = 11.0, 95.0
	trendLabels           = 8 // this many periods are named below the chart
)

// trendPlot places the index of several periods on a chart.
type trendPlot struct {
	*document
	periods   []int // indexes of those that have one
	ticks     []float64
	low, high float64 // ends of the axis
	step      float64 // between two periods, in percent of the width
	year      string  // printed last
}

// newTrendPlot returns nil for fewer than two periods with an index.
func (d *document) newTrendPlot() *trendPlot {
	plot := &trendPlot{document: d, low: math.Inf(1), high: math.Inf(-1)}
	include := func(x float64) { plot.low, plot.high = min(plot.low, x), max(plot.high, x) }
	for _, i := range d.history {
		if d.indexTrend == nil || d.indexTrend.Points[i].Value == nil {
			continue
		}
		plot.periods = append(plot.periods, i)
		include(float(d.indexTrend.Points[i].Value))
		if interval := d.report.Periods[i].Overall.Interval; interval != nil {
			include(interval.Low)
			include(interval.High)
		}
	}
	if len(plot.periods) < 2 {
		return nil
	}
	if target := d.scoring().Target; target != nil {
		include(decimalFloat(*target))
	}
	plot.ticks = niceTicks(plot.low, plot.high, d.scoring().OutOf100())
	plot.low, plot.high = plot.ticks[0], plot.ticks[len(plot.ticks)-1]
	plot.step = (trendRight - trendLeft) / float64(len(plot.periods)-1)
	return plot
}

func (t *trendPlot) pointOf(n int) *stats.Point { return &t.indexTrend.Points[t.periods[n]] }

// xOf returns the position of the n-th period in percent of the width.
func (t *trendPlot) xOf(n int) float64 { return trendLeft + t.step*float64(n) }

// y returns the position of a value in pixels from the top.
func (t *trendPlot) y(value float64) float64 {
	return trendBottom - (trendBottom-trendTop)*(value-t.low)/(t.high-t.low)
}

func (t *trendPlot) grid() []gridLine {
	var lines []gridLine
	for _, tick := range t.ticks {
		y := t.y(tick)
		lines = append(lines, gridLine{X: t.x(0), Y: coordinate(y), TextY: coordinate(y - 3), Text: strconv.FormatFloat(tick, 'f', -1, 64)})
	}
	return lines
}

// target returns the line of the target; nil if there is none.
func (t *trendPlot) target() *gridLine {
	target := t.scoring().Target
	if target == nil {
		return nil
	}
	y := t.y(decimalFloat(*target))
	return &gridLine{X: t.x(100), Y: coordinate(y), TextY: coordinate(y - 4), Text: t.words.Say("results.target", "n", target.String())}
}

// trendPoint draws the n-th period. Of many, only some are labelled, the last one always.
func (t *trendPlot) trendPoint(n int) trendPoint {
	point, last := t.pointOf(n), len(t.periods)-1
	y := t.y(float(point.Value))
	every := (len(t.periods) + trendLabels - 1) / trendLabels
	p := trendPoint{X: t.x(t.xOf(n)), Y: coordinate(y), Text: t.published(&t.report.Periods[t.periods[n]].Overall), Now: n == last,
		IsLabelled: (last-n)%every == 0}
	above, below := y-9, y+19
	if interval := t.report.Periods[t.periods[n]].Overall.Interval; interval != nil {
		high, low := t.y(interval.High), t.y(interval.Low)
		p.LowY, p.HighY = coordinate(low), coordinate(high)
		above, below = min(above, high-5), max(below, low+15) // outside the interval, which the text's halo would hide
	}
	p.TextY = coordinate(above)
	if t.meetsTarget(above) && !t.meetsTarget(below) && below <= trendBottom {
		p.TextY = coordinate(below)
	}
	if p.IsLabelled {
		p.Label, p.Year = t.periodLabel(point.Period)
		if p.Year == t.year {
			p.Year = ""
		} else {
			t.year = p.Year
		}
	}
	return p
}

// meetsTarget reports whether a value's text with this base line would be on the line of the target or on its name above it.
func (t *trendPlot) meetsTarget(base float64) bool {
	target := t.scoring().Target
	if target == nil {
		return false
	}
	line := t.y(decimalFloat(*target))
	return base-12 < line+2 && base+2 > line-16
}

// row returns the n-th period's row of the table below the chart.
func (t *trendPlot) row(n int) trendRow {
	point, period := t.pointOf(n), &t.report.Periods[t.periods[n]]
	row := trendRow{Period: t.periodName(point.Period), N: point.N, Score: t.published(&period.Overall),
		Between: t.scoreInterval(period.Overall.Interval), Change: t.pointChange(point, t.places)}
	if change := point.Change(); change != nil && t.scoring().GroupModel() == survey.WeightedCount {
		row.Change = t.signed(change, 2) + " · " + t.words.Say("results.per_answer")
	}
	if point.Period != t.period.Name {
		row.Href = t.linkIfExists(Folder{point.Period, t.page.Segment, t.page.Option})
	}
	if b := period.Overall.Band; b != nil {
		row.Band = b.Label.In(t.language)
	}
	if period.Rate != nil {
		row.Rate = t.percent(period.Rate, 1)
	}
	return row
}

// periodLabel returns the label of a point: the quarter or month, and the year; of a year itself, the year alone.
func (d *document) periodLabel(name string) (label, year string) {
	year, rest, _ := strings.Cut(name, "-")
	switch {
	case rest == "":
		return year, ""
	case rest[0] == 'Q':
		return d.words.Say("period.short_quarter", "quarter", rest[1:]), year
	}
	return d.words.Say("month_short." + strings.TrimPrefix(rest, "0")), year
}

// niceTicks returns three to seven round values that reach below the lowest and above the highest. outOf100 says that values
// are 0 to 100.
func niceTicks(low, high float64, outOf100 bool) []float64 {
	span := max(high-low, 1e-9)
	if outOf100 {
		span = max(span, 15) // small changes should not look large
	}
	step := math.Pow(10, math.Floor(math.Log10(span/4)))
	for _, times := range []float64{1, 2, 5, 10} {
		if span/(step*times) <= 5 {
			step *= times
			break
		}
	}
	first, last := math.Floor(low/step), math.Ceil(high/step)
	for last-first < 2 || outOf100 && (last-first)*step < 15 {
		if outOf100 && last*step >= 100 {
			first--
		} else {
			last++
		}
	}
	if low >= 0 {
		first = max(first, 0)
	}
	if outOf100 {
		last = min(last, math.Floor(100/step))
	}
	var ticks []float64
	for i := first; i <= last; i++ {
		ticks = append(ticks, math.Round(i*step*1e6)/1e6)
	}
	return ticks
}

// SVG draws the lines between the points, the texts, and over their halos the intervals and the points.
func (v *trendChart) SVG() template.HTML {
	w := newHTMLWriter(640 * len(v.Points))
	for _, l := range v.Lines {
		w.raw(`<line class="course" x1="`, l.X1, `%" y1="`, l.Y1, `" x2="`, l.X2, `%" y2="`, l.Y2, `"/>`)
	}
	for _, p := range v.Points {
		p.drawTexts(w)
	}
	for _, p := range v.Points {
		if p.LowY != "" {
			w.raw(`<line class="whisker" x1="`, p.X, `%" x2="`, p.X, `%" y1="`, p.LowY, `" y2="`, p.HighY, `"/>`)
			for _, y := range []string{p.LowY, p.HighY} {
				w.raw(`<rect class="cap" x="`, p.X, `%" y="`, y, `" width="9" height="1.5" transform="translate(-4.5 -.75)"/>`)
			}
		}
		class, radius := "", "3.5"
		if p.Now {
			class, radius = ` class="now"`, "5"
		}
		w.raw(`<circle`, class, ` cx="`, p.X, `%" cy="`, p.Y, `" r="`, radius, `"/>`)
	}
	return w.html()
}

// drawTexts draws the value of a point that is labelled, and below the chart a tick and the period.
func (p *trendPoint) drawTexts(w *htmlWriter) {
	if !p.IsLabelled {
		return
	}
	class := ` class="of-point"`
	if p.Now {
		class = ` class="of-point now"`
	}
	w.raw(`<line class="grid" x1="`, p.X, `%" x2="`, p.X, `%" y1="176" y2="181"/>`)
	text := func(class, y, text string) {
		w.raw(`<text`, class, ` x="`, p.X, `%" y="`, y, `">`)
		w.text(text)
		w.raw(`</text>`)
	}
	text(class, p.TextY, p.Text)
	text(` class="when"`, "196", p.Label)
	if p.Year != "" {
		text(` class="when"`, "211", p.Year)
	}
}

// itemTrends is the tables of all items over the periods.
type itemTrends struct {
	Periods []string
	Rows    itemTrendRows // of items on the scale from 0 to 100
	Others  itemTrendRows // of those that have a unit of their own
	Broken  bool
}

type itemTrendRows []itemTrend

type itemTrend struct {
	Label  string
	Values []itemValue
}

type itemValue struct {
	Text   string
	Broken bool
}

func (d *document) itemTrends() *itemTrends {
	if len(d.history) < 2 {
		return nil
	}
	v := &itemTrends{}
	for _, i := range d.history {
		v.Periods = append(v.Periods, d.periodName(d.report.Periods[i].Name))
	}
	for i := range d.report.Trend {
		line := &d.report.Trend[i]
		if line.Field.Question == nil {
			continue
		}
		row, outOf100 := d.itemTrend(line)
		switch {
		case row == nil:
			continue
		case outOf100:
			v.Rows = append(v.Rows, *row)
		default:
			v.Others = append(v.Others, *row)
		}
		v.Broken = v.Broken || slices.ContainsFunc(row.Values, func(value itemValue) bool { return value.Broken })
	}
	if len(v.Rows)+len(v.Others) == 0 {
		return nil
	}
	return v
}

// itemTrend returns an item's row, and whether it is on the scale from 0 to 100; nil if no period has a figure.
func (d *document) itemTrend(line *stats.Line) (row *itemTrend, outOf100 bool) {
	row = &itemTrend{Label: d.itemName(line.Field), Values: make([]itemValue, 0, len(d.history))}
	empty := true
	outOf100 = line.Field.HasScores() && line.Field.Question.Type != survey.NPS
	if unit := line.Field.Question.Unit.In(d.language); unit != "" {
		row.Label = d.words.Say("results.item_of", "item", row.Label, "question", unit)
	}
	for _, i := range d.history {
		p := &line.Points[i]
		value := itemValue{Broken: p.Broken}
		switch performance := d.performance(i, line.Field.Name); {
		case p.Value == nil:
		case line.Field.Question.Type == survey.NPS:
			value.Text = d.signed(p.Value, 1)
		case !outOf100:
			value.Text = d.round(p.Value, 2)
		case performance != nil:
			value.Text = stats.Round(performance, 1)
		}
		empty = empty && value.Text == ""
		row.Values = append(row.Values, value)
	}
	if empty {
		return nil, false
	}
	return row, outOf100
}

// performance returns an item's figure from 0 to 100 in one of the report's periods; nil if there is none.
func (d *document) performance(period int, field string) *big.Rat {
	item := d.report.Periods[period].Item(field)
	if item == nil {
		return nil
	}
	return item.Performance()
}

// Body returns the table's rows.
func (rows itemTrendRows) Body() template.HTML {
	w := newHTMLWriter(256 * len(rows))
	for _, r := range rows {
		w.raw(`<tr><th scope="row">`)
		w.text(r.Label)
		for _, value := range r.Values {
			text := value.Text
			if value.Broken {
				text = notComparable + " " + text
			}
			w.cell(text, "")
		}
		w.raw("\n")
	}
	return w.html()
}
