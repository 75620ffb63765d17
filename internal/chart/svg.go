package chart

import (
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Measures of a drawing, in pixels. It is as wide as half a slide of full HD is in points, and as high as its rows need.
const (
	width      = 960.0
	edge       = 32.0
	labels     = 280.0 // the column of labels
	figures    = 150.0 // the column of figures
	titleSize  = 24.0
	textSize   = 15.0
	lineHeight = 20.0
	courseHigh = 340.0 // the area of a course
)

// Fonts are named by family alone: the program that shows the drawing has them.
const fonts = `'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif`

var (
	toneFill = []string{"#b5482f", "#e9b49b", "#d9d6c9", "#8cc4b8", "#0f7566"}
	toneText = []string{"#fff", "#3a1408", "#2b2a24", "#06302a", "#fff"}
)

const (
	noTone, onNoTone = "#c3cac7", "#1a211f"
	ink, soft        = "#1a211f", "#56615d"
	line, accent     = "#dbe1de", "#0a6a5c"
	targetColour     = "#ae231b"
)

// Drawing is a chart drawn as SVG, which loads nothing and has a title and a description.
type Drawing struct {
	SVG           []byte
	Width, Height int // pixels
}

// Draw draws the chart.
func (c *Chart) Draw() Drawing {
	d := &drawing{y: edge + titleSize}
	for _, text := range wrap(c.Title, width-2*edge, titleSize) {
		d.text(edge, d.y, text, `font-size="24" font-weight="600"`)
		d.y += titleSize * 1.3
	}
	for _, text := range wrap(c.About, width-2*edge, textSize) {
		d.text(edge, d.y, text, `fill="`+soft+`"`)
		d.y += lineHeight
	}
	d.y += 12
	switch c.Kind {
	case Lines:
		c.course(d)
	case Stacked:
		c.legend(d)
		c.stacks(d)
	default:
		c.bars(d)
	}
	size := int(math.Ceil(d.y + edge))
	height := strconv.Itoa(size)
	head := `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="` + height + `" viewBox="0 0 960 ` + height + `" role="img" lang="` + escape(c.Language) +
		`" font-family="` + fonts + `" font-size="15" fill="` + ink + `">` + "\n<title>" + escape(c.Title) + "</title>\n<desc>" + escape(c.Describe()) +
		"</desc>\n" + `<rect width="960" height="` + height + `" fill="#fff"/>` + "\n"
	return Drawing{[]byte(head + d.String() + "</svg>\n"), width, size}
}

// Describe says the figures in words, for those who do not see the drawing.
func (c *Chart) Describe() string {
	var b strings.Builder
	b.WriteString(c.About)
	for _, row := range c.Rows {
		b.WriteString("\n" + row.Label + ": ")
		for i, x := range row.Values {
			if i > 0 {
				b.WriteString(", ")
			}
			if len(c.Series) > 1 {
				b.WriteString(c.Series[i] + " ")
			}
			b.WriteString(c.Text(x))
		}
		if row.Low != nil && row.High != nil {
			b.WriteString(" (" + c.Text(*row.Low) + "–" + c.Text(*row.High) + ")")
		}
	}
	return b.String()
}

// drawing is the body of an SVG, down to y.
type drawing struct {
	strings.Builder
	y float64
}

func (d *drawing) text(x, y float64, text, attributes string) {
	d.WriteString(`<text x="` + number(x) + `" y="` + number(y) + `" ` + attributes + `>` + escape(text) + "</text>\n")
}

func (d *drawing) rect(x, y, w, h float64, fill string) {
	d.WriteString(`<rect x="` + number(x) + `" y="` + number(y) + `" width="` + number(max(w, 0)) + `" height="` + number(h) + `" fill="` + fill + "\"/>\n")
}

func (d *drawing) line(x1, y1, x2, y2 float64, stroke, attributes string) {
	d.WriteString(`<line x1="` + number(x1) + `" y1="` + number(y1) + `" x2="` + number(x2) + `" y2="` + number(y2) + `" stroke="` + stroke + `" ` + attributes + "/>\n")
}

// label writes a row's label over as many lines as it needs, and returns the middle of the row and where the next begins.
func (d *drawing) label(text string) (middle, next float64) {
	lines := wrap(text, labels-16, textSize)
	high := max(float64(len(lines))*lineHeight, 24) + 8
	middle = d.y + high/2
	for i, line := range lines {
		d.text(edge, middle+5+(float64(i)-float64(len(lines)-1)/2)*lineHeight, line, "")
	}
	return middle, d.y + high
}

// bars draws a bar for each row, its interval over a halo, and the figure beside it.
func (c *Chart) bars(d *drawing) {
	left, right := edge+labels, width-edge-figures
	x := func(value float64) float64 { return left + (right-left)*min(max(value/c.scale(), 0), 1) }
	top := d.y + 22
	for i := range 5 {
		value := c.scale() * float64(i) / 4
		d.text(x(value), d.y+10, trimmed(value), `text-anchor="middle" font-size="13" fill="`+soft+`"`)
		d.line(x(value), d.y+16, x(value), d.y+21, soft, "")
	}
	d.y = top
	for _, row := range c.Rows {
		middle, next := d.label(row.Label)
		d.rect(left, middle-8, right-left, 16, line)
		if len(row.Values) > 0 {
			d.rect(left, middle-8, x(row.Values[0])-left, 16, accent)
			d.text(right+12, middle+5, c.Text(row.Values[0]), `font-weight="600"`)
		}
		if row.Low != nil && row.High != nil {
			d.line(x(*row.Low), middle, x(*row.High), middle, "#fff", `stroke-width="6"`)
			d.line(x(*row.Low), middle, x(*row.High), middle, ink, `stroke-width="2"`)
			d.text(width-edge, middle+5, c.Text(*row.Low)+"–"+c.Text(*row.High), `text-anchor="end" font-size="13" fill="`+soft+`"`)
		}
		d.y = next
	}
	if c.Target != nil {
		d.line(x(*c.Target), top, x(*c.Target), d.y, targetColour, `stroke-width="2" stroke-dasharray="6 4"`)
		d.text(x(*c.Target), d.y+14, c.TargetAs, `text-anchor="middle" fill="`+targetColour+`"`)
		d.y += lineHeight
	}
}

// scale returns the end of the scale.
func (c *Chart) scale() float64 {
	if c.Max > 0 {
		return c.Max
	}
	most := 0.0
	for _, row := range c.Rows {
		for _, x := range row.Values {
			most = max(most, x)
		}
	}
	if most == 0 {
		return 1
	}
	return most
}

// ToneColours returns the colour of a series and that of text on it, with a number sign.
func (c *Chart) ToneColours(series int) (fill, text string) {
	if series < len(c.Tones) && c.Tones[series] >= 0 && c.Tones[series] < len(toneFill) {
		return toneFill[c.Tones[series]], toneText[c.Tones[series]]
	}
	return noTone, onNoTone
}

// legend says which colour is which series.
func (c *Chart) legend(d *drawing) {
	x := edge
	for i, name := range c.Series {
		room := 20 + textWidth(name, textSize) + 20
		if x+room > width-edge && x > edge {
			x, d.y = edge, d.y+lineHeight+4
		}
		fill, _ := c.ToneColours(i)
		d.rect(x, d.y, 14, 14, fill)
		d.text(x+20, d.y+12, name, "")
		x += room
	}
	d.y += lineHeight + 12
}

// stacks draws the shares of each row end to end.
func (c *Chart) stacks(d *drawing) {
	left, right := edge+labels, width-edge
	for _, row := range c.Rows {
		middle, next := d.label(row.Label)
		at := left
		for i, share := range row.Values {
			fill, text := c.ToneColours(i)
			wide := (right - left) * min(max(share, 0), 100) / 100
			d.rect(at, middle-11, wide, 22, fill)
			if label := c.Text(share); wide > textWidth(label, 13)+6 {
				d.text(at+wide/2, middle+5, label, `text-anchor="middle" font-size="13" fill="`+text+`"`)
			}
			at += wide
		}
		d.y = next
	}
}

// course draws a line from row to row, with intervals, values and a target.
func (c *Chart) course(d *drawing) {
	if len(c.Rows) == 0 {
		return
	}
	left, right, top := edge+44, width-edge-24, d.y+24
	bottom := top + courseHigh - 80
	y := func(value float64) float64 { return bottom - (bottom-top)*min(max(value/c.scale(), 0), 1) }
	step := 0.0
	if len(c.Rows) > 1 {
		step = (right - left - 60) / float64(len(c.Rows)-1)
	}
	x := func(i int) float64 { return left + 30 + step*float64(i) }
	for i := range 5 {
		value := c.scale() * float64(i) / 4
		d.line(left, y(value), right, y(value), line, "")
		d.text(left-8, y(value)+5, trimmed(value), `text-anchor="end" font-size="13" fill="`+soft+`"`)
	}
	if c.Target != nil {
		d.line(left, y(*c.Target), right, y(*c.Target), targetColour, `stroke-width="2" stroke-dasharray="6 4"`)
		at, anchor := right, "end"
		if last := len(c.Rows) - 1; math.Abs(c.Rows[0].Values[0]-*c.Target) > math.Abs(c.Rows[last].Values[0]-*c.Target) {
			at, anchor = left, "start" // where the course is farther away
		}
		d.text(at, y(*c.Target)-6, c.TargetAs, `text-anchor="`+anchor+`" fill="`+targetColour+`"`)
	}
	// meets reports whether a value's text with this base line would be on the line of the target or on its name above it.
	meets := func(base float64) bool {
		return c.Target != nil && base-14 < y(*c.Target)+2 && base+3 > y(*c.Target)-20
	}
	every := max(1, (len(c.Rows)+7)/8)
	for i, row := range c.Rows {
		value := row.Values[0]
		if i > 0 {
			d.line(x(i-1), y(c.Rows[i-1].Values[0]), x(i), y(value), accent, `stroke-width="3"`)
		}
		above, below := y(value)-12, y(value)+24
		if row.Low != nil && row.High != nil {
			above, below = min(above, y(*row.High)-6), max(below, y(*row.Low)+18)
			d.line(x(i), y(*row.Low), x(i), y(*row.High), soft, `stroke-width="2"`)
			d.line(x(i)-5, y(*row.Low), x(i)+5, y(*row.Low), soft, `stroke-width="2"`)
			d.line(x(i)-5, y(*row.High), x(i)+5, y(*row.High), soft, `stroke-width="2"`)
		}
		if (len(c.Rows)-1-i)%every == 0 {
			at := above
			if meets(above) && !meets(below) && below < bottom {
				at = below
			}
			d.text(x(i), at, c.Text(value), `text-anchor="middle" font-weight="600" paint-order="stroke" stroke="#fff" stroke-width="4"`)
			d.text(x(i), bottom+24, row.Label, `text-anchor="middle" font-size="13" fill="`+soft+`"`)
		}
	}
	for i, row := range c.Rows {
		d.WriteString(`<circle cx="` + number(x(i)) + `" cy="` + number(y(row.Values[0])) + `" r="5" fill="` + accent + `" stroke="#fff" stroke-width="2"/>` + "\n")
	}
	d.y = bottom + 36
}

// wrap breaks a text into lines of a width: between words, and where a word is too long and in Chinese, anywhere.
func wrap(text string, room, size float64) []string {
	var lines []string
	current := ""
	for text != "" {
		part := text
		_, first := utf8.DecodeRuneInString(text)
		if isWide(text) {
			part = text[:first]
		} else if end := strings.IndexFunc(text[first:], func(r rune) bool { return r == ' ' || isWide(string(r)) }); end >= 0 {
			part = text[:first+end]
		}
		if textWidth(part, size) > room {
			part = text[:first]
		}
		if textWidth(current+part, size) > room && current != "" {
			lines, current = append(lines, strings.TrimSpace(current)), ""
		}
		current, text = current+part, text[len(part):]
	}
	if current = strings.TrimSpace(current); current != "" {
		lines = append(lines, current)
	}
	return lines
}

// isWide reports whether a text begins with a character that is as wide as it is high.
func isWide(text string) bool {
	_, size := utf8.DecodeRuneInString(text)
	return size > 2
}

// textWidth returns at least the width of a text in most fonts.
func textWidth(text string, size float64) float64 {
	sum := 0.0
	for _, r := range text {
		if utf8.RuneLen(r) > 2 {
			sum += size
		} else {
			sum += size * .58
		}
	}
	return sum
}

func trimmed(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

func number(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

func escape(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a Builder never fails
	return b.String()
}
