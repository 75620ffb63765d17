package results

import (
	"html/template"
	"slices"
	"strconv"

	"glasspoll/internal/chart"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

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

// dial draws the index between 0 and the best.
func (d *document) dial() *dial {
	o := &d.period.Overall
	width := percentAt(float(o.Score), d.best)
	v := &dial{From: d.left(0, width), Width: coordinate(width), Name: d.words.Say("results.score") + " " + d.published(o)}
	if o.Interval != nil {
		if between := d.scoreInterval(o.Interval); between != "" {
			v.Name += " · " + d.words.Say("results.interval") + " " + between
		}
		v.Low, v.High = d.x(percentAt(o.Interval.Low, d.best)), d.x(percentAt(o.Interval.High, d.best))
	}
	if s := d.scoring(); s.OutOf100() {
		for _, b := range slices.Backward(s.Bands) {
			at := percentAt(decimalFloat(b.From), d.best)
			v.Bands = append(v.Bands, dialBand{X: d.x(at), Anchor: d.anchor(at), Text: b.From.String(), Label: b.Label.In(d.language),
				Now: o.Band != nil && o.Band.From == b.From, First: b.From == 0})
		}
	}
	if t := d.scoring().Target; t != nil {
		at := percentAt(decimalFloat(*t), d.best)
		v.Target, v.TargetText, v.TargetAnchor = d.x(at), d.words.Say("results.target", "n", t.String()), d.anchor(at)
	}
	return v
}

// axis returns the ticks of the bars of a table: none where a bar is not on a scale of its own.
func (d *document) axis(best float64) template.HTML {
	if best <= 0 {
		return ""
	}
	w := newHTMLWriter(256)
	w.raw(`<svg class="ticks" width="100%" height="20" aria-hidden="true">`)
	for i, anchor := range []string{"start", "middle", "end"} {
		at := d.x(50 * float64(i))
		w.raw(`<line x1="`, at, `%" x2="`, at, `%" y1="16" y2="20"/><text x="`, at, `%" y="12" text-anchor="`, anchor, `">`,
			trimZeros(fixed(best*float64(i)/2, 2)), `</text>`)
	}
	w.raw(`</svg>`)
	return w.html()
}

// bar is a row with a bar of a share.
type bar struct {
	Label   string
	N       int64
	Share   string
	Between string // the interval of the share
	Width   string
}

// bar returns a row of a table of shares.
func (d *document) bar(label string, s stats.Share) bar {
	b := bar{Label: label, N: s.N}
	if s.Of > 0 {
		b.Share, b.Width = d.percentOf(s.N, s.Of), coordinate(s.Percent())
		b.Between = shareInterval(s.Interval())
	}
	return b
}

// shareInterval prints an interval of a share in percent: "31–42"; "" for one that prints as one number.
func shareInterval(i *stats.Interval) string {
	if i == nil {
		return ""
	}
	low, high := fixed(100*i.Low, 0), fixed(100*i.High, 0)
	if low == high {
		return ""
	}
	return low + "–" + high
}

func (b bar) draw(w *htmlWriter) {
	w.raw(`<svg class="bar" width="100%" height="10" aria-hidden="true"><rect class="track" width="100%" height="10" rx="2"/>`)
	if b.Width != "" {
		w.raw(`<rect width="`, b.Width, `%" height="10" rx="2"/>`)
	}
	w.raw("</svg>")
}

// thinBar draws a bar of a width in percent below a text.
func thinBar(width string) template.HTML {
	return template.HTML(`<svg class="bar" width="100%" height="5" aria-hidden="true"><rect class="track" width="100%" height="5" rx="2"/><rect width="` + width + `%" height="5" rx="2"/></svg>`)
}

// svg returns one drawing.
func svg(chart interface{ draw(*htmlWriter) }) template.HTML {
	w := newHTMLWriter(1024)
	chart.draw(w)
	return w.html()
}

// shareTable is a table of bars.
type shareTable []bar

// Body returns the table's rows.
func (t shareTable) Body() template.HTML {
	w := newHTMLWriter(400 * len(t))
	for i := range t {
		b := &t[i]
		w.raw(`<tr role="row"><th scope="row" role="rowheader">`)
		w.text(b.Label)
		w.raw(`<td role="cell" class="chart">`)
		b.draw(w)
		w.raw(`<td role="cell" class="num">`, itoa(b.N), `<td role="cell" class="num">`)
		w.text(b.Share)
		if b.Between != "" {
			w.raw(` <small>`)
			w.text(b.Between)
			w.raw(`</small>`)
		}
		w.raw("\n")
	}
	return w.html()
}

// histogram is columns of a number's bands.
type histogram struct {
	Name    string
	Columns []column
	Labels  []columnLabel
	Rows    shareTable
}

type column struct{ From, Width, Middle, Height, Y, N string }

// columnLabel is a text below the columns: in the middle of one for a single value, or else where it begins or ends.
type columnLabel struct{ X, Text string }

const (
	histogramTop, histogramHeight = 20, 110
	fewestColumns                 = 5 // so that few bands are not as wide as the page
)

func (d *document) histogram(item *stats.Item) *histogram {
	if len(item.Histogram) == 0 || item.N == 0 {
		return nil
	}
	h := &histogram{Name: d.label(item.Field)}
	most := int64(1)
	for _, bin := range item.Histogram {
		most = max(most, bin.N)
	}
	// Empty bands at the ends are in the table alone.
	first := slices.IndexFunc(item.Histogram, func(bin stats.Bin) bool { return bin.N > 0 })
	last := len(item.Histogram) - 1
	for last > first && item.Histogram[last].N == 0 {
		last--
	}
	width := 100 / float64(max(last-first+1, fewestColumns))
	for i, bin := range item.Histogram {
		row := d.bar(d.binName(&bin), bin.Share)
		if item.Coded {
			row.Between = ""
		}
		h.Rows = append(h.Rows, row)
		if i < first || i > last {
			continue
		}
		x, height := float64(i-first)*width, histogramHeight*float64(bin.N)/float64(most)
		c := column{From: d.left(x+0.5, width-1), Width: coordinate(width - 1), Middle: d.x(x + width/2),
			Height: coordinate(height), Y: coordinate(histogramTop + histogramHeight - height)}
		if bin.N > 0 {
			c.N = itoa(bin.N)
		}
		h.Columns = append(h.Columns, c)
		if bin.Exact || bin.Open != 0 {
			h.Labels = append(h.Labels, columnLabel{c.Middle, binStart(&bin, d.number)})
			continue
		}
		h.Labels = append(h.Labels, columnLabel{d.x(x), binStart(&bin, d.number)})
		if i == last {
			h.Labels = append(h.Labels, columnLabel{d.x(x + width), d.number(bin.To)})
		}
	}
	return h
}

// Ends of a band that is open.
const openLow, openHigh = 'l', 'h'

// binStart names a band below the columns: by its lower end, or by what it is open to.
func binStart(bin *stats.Bin, number func(survey.Decimal) string) string {
	switch bin.Open {
	case openLow:
		return "<" + number(bin.To)
	case openHigh:
		return "≥" + number(bin.From)
	}
	return number(bin.From)
}

// binName says which numbers are in a band.
func (d *document) binName(bin *stats.Bin) string {
	from, to := d.number(bin.From), d.number(bin.To)
	switch {
	case bin.Exact:
		return from
	case bin.Open == openLow:
		return d.words.Say("results.under", "to", to)
	case bin.Open == openHigh:
		return d.words.Say("results.from_on", "from", from)
	case bin.Closed:
		return d.words.Say("results.range", "low", from, "high", to)
	}
	return d.words.Say("results.from_to", "from", from, "to", to)
}

// stack is a bar of the shares of the options of one item, laid end to end around a middle.
type stack struct {
	Zero  string // where the middle is
	Parts []part
}

// part is a piece of a stacked bar, in percent. Tone is 0 (worst) to 4 (best), or none.
type part struct{ From, Width, Text, Tone string }

// SVG draws the bar.
func (s stack) SVG() template.HTML { return svg(s) }

func (s stack) draw(w *htmlWriter) {
	w.raw(`<svg class="stack" width="100%" height="24" aria-hidden="true">`)
	if s.Zero != "" {
		w.raw(`<line x1="`, s.Zero, `%" x2="`, s.Zero, `%" y1="-7" y2="31"/>`)
	}
	for i := range s.Parts {
		p := &s.Parts[i]
		w.raw(`<svg class="t`, p.Tone, `" x="`, p.From, `%" width="`, p.Width, `%"><rect y="1" width="100%" height="22"/>`)
		if p.Text != "" {
			w.raw(`<text x="50%" y="16">`, p.Text, `</text>`)
		}
		w.raw(`</svg>`)
	}
	w.raw("</svg>")
}

// minTextWidth is how much of the width, in percent, a piece of a stacked bar needs for a number on a telephone, in a
// table with figures.
const minTextWidth = 12

// parts are the shares of an item's answers, in percent of all: with a score below the middle of the scale, in the middle,
// above it, and without a score.
type parts struct{ worse, neutral, better, unscored float64 }

func partsOf(counts []stats.Count) (p parts) {
	sides := sidesOf(counts)
	for i, c := range counts {
		if c.Of == 0 {
			continue
		}
		share := c.Percent()
		switch sides[i] {
		case chart.Apart:
			p.unscored += share
		case chart.Worse:
			p.worse += share
		case chart.Better:
			p.better += share
		default:
			p.neutral += share
		}
	}
	return p
}

// sidesOf returns where the options of a scale belong in bars whose middles are below each other.
func sidesOf(counts []stats.Count) []chart.Side {
	low, high := scoreRange(counts)
	sides := make([]chart.Side, len(counts))
	for i, c := range counts {
		switch score := c.Option.Score; {
		case score == nil:
			sides[i] = chart.Apart
		case 2**score < low+high:
			sides[i] = chart.Worse
		case 2**score > low+high:
			sides[i] = chart.Better
		default:
			sides[i] = chart.Middle
		}
	}
	return sides
}

// diverging lays items of one scale out so that their neutral points are below each other: what is worse goes to one side,
// what is better to the other, the neutral answers to both, and answers without a score are apart at the end. All bars
// have the same scale: shares of those who answered. order and tones are those of the scale's options.
func (d *document) diverging(items []*stats.Item, order []int, tones []string) []stack {
	all := make([]parts, len(items))
	var most parts
	for i, item := range items {
		p := partsOf(item.Counts)
		most.worse, most.better = max(most.worse, p.worse+p.neutral/2), max(most.better, p.better+p.neutral/2)
		most.unscored = max(most.unscored, p.unscored)
		all[i] = p
	}
	gap := 0.0
	if most.unscored > 0 {
		gap = 2
	}
	scale := (100 - gap) / max(most.worse+most.better+most.unscored, 1)
	textWidth := float64(minTextWidth)
	if len(items) == 1 { // a bar on its own has the whole width
		textWidth /= 2
	}
	stacks := make([]stack, len(items))
	for i, item := range items {
		scored := (most.worse - all[i].worse - all[i].neutral/2) * scale // where the next piece begins
		unscored := (most.worse+most.better)*scale + gap
		stacks[i] = stack{Zero: d.x(most.worse * scale), Parts: make([]part, 0, len(order))}
		for _, j := range order {
			c := item.Counts[j]
			if c.N <= 0 {
				continue
			}
			width, at := c.Percent()*scale, &scored
			if c.Option.Score == nil {
				at = &unscored
			}
			p := part{From: d.left(*at, width), Width: coordinate(width), Tone: tones[j]}
			if width >= textWidth {
				p.Text = itoa((200*c.N + c.Of) / (2 * c.Of))
			}
			stacks[i].Parts = append(stacks[i].Parts, p)
			*at += width
		}
	}
	return stacks
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

// tonesOf gives each option a tone by the rank of its score: "0" for the worst to "4" for the best, "none" without one.
func tonesOf(options []survey.Option) []string {
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
