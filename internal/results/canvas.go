package results

import (
	"html/template"
	"math"
	"math/big"
	"strconv"
	"strings"

	"glasspoll/internal/survey"
)

// canvas gives coordinates in percent of a chart's width, so that charts are as wide as there is room and their texts keep
// their size. Heights are in CSS pixels.
type canvas struct{ mirrored bool } // for scripts that run from right to left

func (c canvas) x(at float64) string {
	if c.mirrored {
		at = 100 - at
	}
	return coordinate(at)
}

// left returns the left edge of a shape that begins at a position and has a width.
func (c canvas) left(at, width float64) string {
	if c.mirrored {
		at = 100 - at - width
	}
	return coordinate(at)
}

// anchor returns the text-anchor that keeps a text inside the chart.
func (c canvas) anchor(at float64) string {
	switch { // where scripts run from right to left, a text starts at its right
	case at < 12:
		return "start"
	case at > 88:
		return "end"
	}
	return "middle"
}

// coordinate prints a coordinate: a tenth of a percent is half a pixel at most.
func coordinate(x float64) string {
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

// percentWidth returns the width of a bar for a part of a whole, in percent.
func percentWidth(part *big.Rat, whole float64) string {
	return coordinate(percentAt(float(part), whole))
}

// percentAt returns the position of a value on a scale from 0, in percent.
func percentAt(value, end float64) float64 { return clamp(100*value/end, 0, 100) }

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

func decimalFloat(x survey.Decimal) float64 { return float64(x) / float64(survey.One) }

func rat(x survey.Decimal) *big.Rat { return big.NewRat(int64(x), int64(survey.One)) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// fixed prints a float with a fixed number of decimals, and zero without a sign.
func fixed(x float64, places int) string {
	text := strconv.FormatFloat(x, 'f', places, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return text
}

// A page has hundreds of bars and table rows. They are written here and not in a template, which would take ten times as
// long. All attributes are printed from numbers, or are addresses of this site; texts are escaped.

// htmlWriter builds HTML.
type htmlWriter struct{ strings.Builder }

// newHTMLWriter returns a writer with a capacity in bytes.
func newHTMLWriter(bytes int) *htmlWriter {
	w := &htmlWriter{}
	w.Grow(bytes)
	return w
}

func (w *htmlWriter) html() template.HTML { return template.HTML(w.String()) }

// raw writes HTML.
func (w *htmlWriter) raw(parts ...string) {
	for _, part := range parts {
		w.WriteString(part)
	}
}

// text writes a text, escaped.
func (w *htmlWriter) text(text string) { w.WriteString(template.HTMLEscapeString(text)) }

// cell writes a table cell with a number, and after it small in small print.
func (w *htmlWriter) cell(text, small string) {
	w.raw(`<td class="num">`)
	w.text(text)
	if small != "" {
		w.raw(` <small>`)
		w.text(small)
		w.raw(`</small>`)
	}
}
