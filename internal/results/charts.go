package results

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// A canvas says where things are drawn: in percent of a chart's width, so that charts are as wide as there is room and
// their texts stay as large as texts are. Heights are in CSS pixels.
type canvas struct{ mirrored bool } // for scripts that run from right to left

func (c canvas) x(at float64) string {
	if c.mirrored {
		at = 100 - at
	}
	return short(at)
}

// from is the left side of something that begins at a place and is so wide.
func (c canvas) from(at, width float64) string {
	if c.mirrored {
		at = 100 - at - width
	}
	return short(at)
}

// short prints a coordinate: a tenth of a percent is half a pixel at most.
func short(x float64) string {
	tenths := int64(math.Round(10 * x))
	text := itoa(tenths / 10)
	if tenths%10 == 0 {
		return text
	}
	if tenths < 0 {
		text = "-" + itoa(-tenths/10)
	}
	return text + "." + itoa(max(tenths%10, -tenths%10))
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

func bounded(x, low, high float64) float64 { return min(max(x, low), high) }

// anchor keeps a text inside the chart: it ends, is centred, or begins at its place.
func (c canvas) anchor(at float64) string {
	switch { // where scripts run from right to left, a text begins at its right
	case at < 12:
		return "start"
	case at > 88:
		return "end"
	}
	return "middle"
}

// dial shows the score on its scale, with its bands, interval and target.
type dial struct {
	From, Width        string // of the score's bar
	Low, High          string // of the interval; "" without one
	Bands              []dialBand
	Target, TargetText string
	TargetAnchor       string
	Name               string // what it shows, in words
}

type dialBand struct {
	X, Anchor, Text, Label string
	Now, First             bool
}

// dial draws scores from 0 to a best one.
func (d *drawing) dial(best float64) *dial {
	o := &d.period.Overall
	place := func(r float64) float64 { return bounded(100*r/best, 0, 100) }
	at := place(float(o.Score))
	v := &dial{From: d.from(0, at), Width: short(at), Name: d.scoreName() + " " + stats.Round(o.Score, d.places())}
	if o.Interval != nil {
		low, high := place(o.Interval.Low), place(o.Interval.High)
		v.Low, v.High = d.x(low), d.x(high)
	}
	if s := d.scoring(); s.Hundred() {
		for _, b := range slices.Backward(s.Bands) {
			x := place(float64(b.From) / float64(survey.One))
			v.Bands = append(v.Bands, dialBand{X: d.x(x), Anchor: d.anchor(x), Text: b.From.String(), Label: b.Label.In(d.language),
				Now: o.Band != nil && o.Band.From == b.From, First: b.From == 0})
		}
	}
	if t := d.scoring().Target; t != nil {
		x := place(float64(*t) / float64(survey.One))
		v.Target, v.TargetText, v.TargetAnchor = d.x(x), d.words.Say("results.target", "n", t.String()), d.anchor(x)
	}
	return v
}

// stack is a bar of the shares of the options of one item, laid end to end around a middle.
type stack struct {
	Zero  string // where the middle is
	Parts []part
}

// part is a piece of a stacked bar, in percent. Tone is 0 (worst) to 4 (best), or none.
type part struct{ From, Width, Middle, Text, Tone string }

// legible is how much of the width a piece of a stacked bar needs for a number, on a telephone, beside figures.
const legible = 12

// diverging lays items of one scale out so that their neutral points stand below each other: what is worse goes to one
// side, what is better to the other, the neutral answers to both, and answers without a score stand apart at the end. All
// have one measure: shares of those who answered. order and tones are those of the scale's options.
func (d *drawing) diverging(items []*stats.Item, order []int, tones []string) []stack {
	type widths struct{ worse, neutral, better, none float64 }
	all := make([]widths, len(items))
	var most widths
	for i, item := range items {
		w := &all[i]
		low, high := scoreRange(item.Counts)
		for _, c := range item.Counts {
			if c.Of == 0 {
				continue
			}
			share := c.Percent()
			switch {
			case c.Option.Score == nil:
				w.none += share
			case 2**c.Option.Score < low+high:
				w.worse += share
			case 2**c.Option.Score > low+high:
				w.better += share
			default:
				w.neutral += share
			}
		}
		most.worse, most.better = max(most.worse, w.worse+w.neutral/2), max(most.better, w.better+w.neutral/2)
		most.none = max(most.none, w.none)
	}
	gap := 0.0
	if most.none > 0 {
		gap = 2
	}
	scale := (100 - gap) / max(most.worse+most.better+most.none, 1)
	rows := make([]stack, len(items))
	for i, item := range items {
		rows[i].Zero = d.x(most.worse * scale)
		at := (most.worse - all[i].worse - all[i].neutral/2) * scale
		apart := (most.worse+most.better)*scale + gap
		rows[i].Parts = make([]part, 0, len(order))
		for _, j := range order {
			c := item.Counts[j]
			if c.N <= 0 {
				continue
			}
			share := c.Percent()
			width := share * scale
			from := &at
			if c.Option.Score == nil {
				from = &apart
			}
			p := part{From: d.from(*from, width), Width: short(width), Middle: d.x(*from + width/2), Tone: tones[j]}
			if width >= legible || len(items) == 1 && width >= legible/2 {
				p.Text = itoa((200*c.N + c.Of) / (2 * c.Of))
			}
			rows[i].Parts = append(rows[i].Parts, p)
			*from += width
		}
	}
	return rows
}

func scoreRange(counts []stats.Count) (low, high survey.Decimal) {
	first := true
	for _, c := range counts {
		if s := c.Option.Score; s != nil {
			if first {
				low, high, first = *s, *s, false
			}
			low, high = min(low, *s), max(high, *s)
		}
	}
	return low, high
}

// byScore orders options from the worst to the best, those without a score last, however the questionnaire lists them.
func byScore(options []survey.Option) []int {
	order := make([]int, len(options))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := options[a].Score, options[b].Score
		switch {
		case x == nil && y == nil:
			return 0
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		return int(*x - *y)
	})
	return order
}

// toneOf gives each option a tone by the rank of its score: "0" for the worst to "4" for the best, "none" without one.
func toneOf(options []survey.Option) []string {
	var scores []survey.Decimal
	for _, o := range options {
		if o.Score != nil {
			scores = append(scores, *o.Score)
		}
	}
	slices.Sort(scores)
	scores = slices.Compact(scores)
	tones := make([]string, len(options))
	for i, o := range options {
		tones[i] = "none"
		if o.Score != nil {
			rank, _ := slices.BinarySearch(scores, *o.Score)
			last := max(len(scores)-1, 1)
			tones[i] = strconv.Itoa((4*rank + last/2) / last)
		}
	}
	return tones
}

// histogram is columns of a number's bands.
type histogram struct {
	Name    string
	Columns []column
	Rows    shares
}

type column struct{ From, Width, Middle, Height, Y, N, Label string }

const histogramHeight = 110

func (d *drawing) histogram(item *stats.Item) *histogram {
	if len(item.Histogram) == 0 || item.N == 0 {
		return nil
	}
	h := &histogram{Name: d.label(item.Field)}
	most := int64(1)
	for _, bin := range item.Histogram {
		most = max(most, bin.N)
	}
	wide := 100 / float64(len(item.Histogram))
	for i, bin := range item.Histogram {
		x, height := float64(i)*wide, histogramHeight*float64(bin.N)/float64(most)
		c := column{From: d.from(x+0.5, wide-1), Width: short(wide - 1), Middle: d.x(x + wide/2), Height: short(height), Y: short(20 + histogramHeight - height),
			Label: bin.From.String()}
		if bin.N > 0 {
			c.N = strconv.FormatInt(bin.N, 10)
		}
		h.Columns = append(h.Columns, c)
		between := d.words.Say("results.from_to", "from", bin.From, "to", bin.To)
		if bin.To-bin.From == survey.One && item.Field.Question.Step != nil && *item.Field.Question.Step%survey.One == 0 {
			between = bin.From.String() // whole numbers one by one
		}
		h.Rows = append(h.Rows, d.share(between, bin.Share))
	}
	return h
}

// share is a line of a table of shares.
func (d *drawing) share(label string, s stats.Share) bar {
	b := bar{Label: label, N: s.N}
	if s.Of > 0 {
		b.Share, b.Width = d.percentOf(s.N, s.Of), short(s.Percent())
		b.Between = d.between(s.Interval())
	}
	return b
}

// between says an interval of a share: "31–42".
func (d *drawing) between(i *stats.Interval) string {
	if i == nil {
		return ""
	}
	low, high := fixed(100*i.Low, 0), fixed(100*i.High, 0)
	if low == high {
		return ""
	}
	return low + "–" + high
}

// percentOf is the percentage that some of all are, rounded like [stats.Round].
func (d *drawing) percentOf(some, all int64) string {
	if all <= 0 || some < 0 {
		return ""
	}
	tenths := (2000*some + all) / (2 * all)
	return d.percentSign[0] + itoa(tenths/10) + "." + itoa(tenths%10) + d.percentSign[1]
}

// fixed prints a float with so many decimals, without a sign on nothing.
func fixed(x float64, places int) string {
	text := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

// trendChart is the index over the periods.
type trendChart struct {
	Name, Describe string
	Grid           []gridLine
	Lines          []segmentLine
	Points         []trendPoint
	Breaks         []string // where neighbours cannot be compared
	Target         *gridLine
	Rows           []trendRow
	Broken         bool
}

type gridLine struct{ X, Y, TextY, Text string }

type segmentLine struct{ X1, Y1, X2, Y2 string }

type trendPoint struct {
	X, Y, TextY    string
	LowY, HighY    string // of the interval; "" without one
	Text           string // the value
	Label, Above   string // of the period: "Q4", and where it changes the year
	Now, Labelled  bool
	Anchor, Period string
}

type trendRow struct {
	Period, Href   string
	N              int64
	Score, Between string
	Change, Band   string
	Rate           string
}

const (
	trendTop, trendBottom = 16.0, 176.0
	trendLabels           = 8 // so many periods are named below the chart
)

// trend is nil unless two periods have an index.
func (d *drawing) trend() *trendChart {
	var at []int
	for _, i := range d.shown {
		if d.course != nil && d.course.Points[i].Value != nil {
			at = append(at, i)
		}
	}
	if len(at) < 2 {
		return nil
	}
	places := d.places()
	low, high := math.Inf(1), math.Inf(-1)
	see := func(x float64) { low, high = min(low, x), max(high, x) }
	for _, i := range at {
		see(float(d.course.Points[i].Value))
		if interval := d.report.Periods[i].Overall.Interval; interval != nil {
			see(interval.Low)
			see(interval.High)
		}
	}
	target := d.scoring().Target
	if target != nil {
		see(float64(*target) / float64(survey.One))
	}
	ticks := niceTicks(low, high, d.scoring().Hundred())
	low, high = ticks[0], ticks[len(ticks)-1]
	y := func(v float64) float64 { return trendBottom - (trendBottom-trendTop)*(v-low)/(high-low) }
	v := &trendChart{Name: d.words.Say("results.trend_of", "title", d.scoreName())}
	for _, t := range ticks {
		v.Grid = append(v.Grid, gridLine{X: d.x(0), Y: short(y(t)), TextY: short(y(t) - 3), Text: strconv.FormatFloat(t, 'f', -1, 64)})
	}
	if target != nil {
		at := y(float64(*target) / float64(survey.One))
		v.Target = &gridLine{X: d.x(100), Y: short(at), TextY: short(at - 4), Text: d.words.Say("results.target", "n", target.String())}
	}
	const left, right = 9.0, 95.0
	step := (right - left) / float64(len(at)-1)
	every := (len(at) + trendLabels - 1) / trendLabels
	year := ""
	for n, i := range at {
		point, period := &d.course.Points[i], &d.report.Periods[i]
		x := left + step*float64(n)
		value := float(point.Value)
		p := trendPoint{X: d.x(x), Y: short(y(value)), Text: stats.Round(point.Value, places), Now: n == len(at)-1, Period: periodName(d.words, point.Period),
			Anchor: d.anchor(x), TextY: short(y(value) - 9), Labelled: (len(at)-1-n)%every == 0}
		if interval := period.Overall.Interval; interval != nil {
			p.LowY, p.HighY = short(y(interval.Low)), short(y(interval.High))
		}
		if p.Labelled {
			p.Label, p.Above = periodShort(d.words.Say, point.Period)
			if p.Above == year {
				p.Above = ""
			} else {
				year = p.Above
			}
		}
		if n > 0 {
			before := &v.Points[n-1]
			if point.Broken {
				v.Breaks, v.Broken = append(v.Breaks, d.x(x-step/2)), true
			} else {
				v.Lines = append(v.Lines, segmentLine{before.X, before.Y, p.X, p.Y})
			}
		}
		v.Points = append(v.Points, p)
		row := trendRow{Period: p.Period, N: point.N, Score: p.Text, Between: d.scoreInterval(period.Overall.Interval)}
		if point.Period != d.period.Name {
			f := Folder{point.Period, d.asked.Segment, d.asked.Option}
			if d.folders[f] {
				row.Href = d.to(f, "")
			}
		}
		switch {
		case point.Broken:
			row.Change = broken
		case point.Change() != nil:
			row.Change = d.signed(point.Change(), places)
		}
		if b := period.Overall.Band; b != nil {
			row.Band = b.Label.In(d.language)
		}
		if period.Rate != nil {
			row.Rate = d.words.Say("percent", "n", stats.Round(period.Rate, 1))
		}
		v.Rows = append(v.Rows, row)
	}
	first, last := v.Rows[0], v.Rows[len(v.Rows)-1]
	v.Describe = d.words.Say("results.trend_says", "from", first.Score, "first", first.Period, "to", last.Score, "last", last.Period)
	return v
}

// periodShort is what stands below a point: the quarter or month, and the year; of a year itself, the year alone.
func periodShort(say func(string, ...any) string, name string) (label, year string) {
	year, rest, _ := strings.Cut(name, "-")
	switch {
	case rest == "":
		return year, ""
	case rest[0] == 'Q':
		return say("period.short_quarter", "quarter", rest[1:]), year
	}
	return say("period.short_month", "month", strings.TrimPrefix(rest, "0")), year
}

// niceTicks are three to seven round values that reach below the lowest and above the highest.
func niceTicks(low, high float64, hundred bool) []float64 {
	span := max(high-low, 1e-9)
	if hundred {
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
	for last-first < 2 || hundred && (last-first)*step < 15 {
		if hundred && last*step >= 100 {
			first--
		} else {
			last++
		}
	}
	if low >= 0 {
		first = max(first, 0)
	}
	if hundred {
		last = min(last, math.Floor(100/step))
	}
	var ticks []float64
	for i := first; i <= last; i++ {
		ticks = append(ticks, math.Round(i*step*1e6)/1e6)
	}
	return ticks
}

// courses is the table of every item over the periods.
type courses struct {
	Periods []string
	Rows    []courseRow
	Broken  bool
}

type courseRow struct {
	Label  string
	Values []courseValue
}

type courseValue struct {
	Text   string
	Broken bool
}

func (d *drawing) courses() *courses {
	if len(d.shown) < 2 {
		return nil
	}
	v := &courses{}
	for _, i := range d.shown {
		v.Periods = append(v.Periods, periodName(d.words, d.report.Periods[i].Name))
	}
	for i := range d.report.Trend {
		line := &d.report.Trend[i]
		if line.Field.Question == nil {
			continue
		}
		row := courseRow{Label: d.itemName(line.Field), Values: make([]courseValue, 0, len(d.shown))}
		any := false
		for _, i := range d.shown {
			p := &line.Points[i]
			value := courseValue{Broken: p.Broken}
			if p.Value != nil {
				value.Text, any = stats.Round(p.Value, meanPlaces(line.Field)), true
			}
			v.Broken = v.Broken || p.Broken
			row.Values = append(row.Values, value)
		}
		if any {
			v.Rows = append(v.Rows, row)
		}
	}
	if len(v.Rows) == 0 {
		return nil
	}
	return v
}

// meanPlaces is to how many decimals a field's figure is printed: a net promoter score to one, means to two.
func meanPlaces(f survey.Field) int {
	if f.Question.Type == survey.NPS {
		return 1
	}
	return 2
}
