package results

import (
	"html/template"
	"strings"
)

// What a page has hundreds of is written here and not in a template, which would take ten times as long: bars, and rows of
// tables. All that stands in attributes was printed from numbers, or is an address of this site; texts are escaped.

// rows is HTML that is being written.
type rows struct{ strings.Builder }

// sized has room for so many bytes.
func sized(bytes int) *rows {
	b := &rows{}
	b.Grow(bytes)
	return b
}

func (b *rows) html() template.HTML { return template.HTML(b.String()) }

// raw writes what is HTML.
func (b *rows) raw(parts ...string) {
	for _, part := range parts {
		b.WriteString(part)
	}
}

// text writes what is not.
func (b *rows) text(text string) { b.WriteString(template.HTMLEscapeString(text)) }

// cell writes a cell with a number; what is small stands behind it.
func (b *rows) cell(text, small string) {
	b.raw(`<td class="num">`)
	b.text(text)
	if small != "" {
		b.raw(` <small>`)
		b.text(small)
		b.raw(`</small>`)
	}
}

func alone(d interface{ draw(*rows) }) template.HTML {
	b := sized(1024)
	d.draw(b)
	return b.html()
}

// Draw draws the bar.
func (s stack) Draw() template.HTML { return alone(s) }

func (s stack) draw(b *rows) {
	b.raw(`<svg class="stack" width="100%" height="24" aria-hidden="true">`)
	if s.Zero != "" {
		b.raw(`<line x1="`, s.Zero, `%" x2="`, s.Zero, `%" y1="-7" y2="31"/>`)
	}
	for i := range s.Parts {
		p := &s.Parts[i]
		b.raw(`<rect class="t`, p.Tone, `" x="`, p.From, `%" y="1" width="`, p.Width, `%" height="22"/>`)
		if p.Text != "" {
			b.raw(`<text class="t`, p.Tone, `" x="`, p.Middle, `%" y="16">`, p.Text, `</text>`)
		}
	}
	b.raw("</svg>")
}

func (r bar) draw(b *rows) {
	b.raw(`<svg class="bar" width="100%" height="10" aria-hidden="true"><rect class="track" width="100%" height="10" rx="2"/>`)
	if r.Width != "" {
		b.raw(`<rect width="`, r.Width, `%" height="10" rx="2"/>`)
	}
	b.raw("</svg>")
}

// Draw draws the bar.
func (r ranked) Draw() template.HTML { return alone(bar{Width: r.Width}) }

// Draw draws the share of low marks.
func (l lowItem) Draw() template.HTML { return alone(bar{Width: l.Width}) }

// Draw draws the bar, and where the overall score is.
func (r rankedItem) Draw() template.HTML { return alone(r) }

func (r rankedItem) draw(b *rows) {
	b.raw(`<svg class="bar" width="100%" height="18" aria-hidden="true"><rect class="track" y="4" width="100%" height="10" rx="2"/>`)
	if r.Width != "" {
		b.raw(`<rect y="4" width="`, r.Width, `%" height="10" rx="2"/>`)
	}
	if r.Tick != "" {
		b.raw(`<line x1="`, r.Tick, `%" x2="`, r.Tick, `%" y1="0" y2="18"/>`)
	}
	b.raw("</svg>")
}

// Body is the rows with their bars.
func (t likertTable) Body() template.HTML {
	b := sized((512 + 192*len(t.Legend)) * len(t.Rows))
	for i := range t.Rows {
		r := &t.Rows[i]
		b.raw(`<tr role="row"><th scope="row" role="rowheader">`)
		b.text(r.Label)
		b.raw(`<td role="cell" class="chart">`)
		r.Stack.draw(b)
		b.raw(`<td role="cell" class="num">`)
		b.text(r.Mean)
		b.raw(`<small>`)
		b.text(r.Margin)
		b.raw(`</small>`)
		if t.Change {
			b.raw(`<td role="cell" class="num">`)
			b.text(r.Change)
		}
		b.raw(`<td role="cell" class="num">`, itoa(r.Scored), "\n")
	}
	return b.html()
}

// Alone is the bar of the only row; "" if there are several.
func (t likertTable) Alone() template.HTML {
	if len(t.Rows) != 1 {
		return ""
	}
	return t.Rows[0].Stack.Draw()
}

// Numbers is the rows of how often each option was chosen, with its share.
func (t likertTable) Numbers() template.HTML {
	b := sized((192 + 48*len(t.Legend)) * len(t.Rows))
	for i := range t.Rows {
		r := &t.Rows[i]
		b.raw(`<tr><th scope="row">`)
		b.text(r.Label)
		for _, c := range r.Counts {
			b.cell(itoa(c.N), c.Share)
		}
		b.cell(itoa(r.N), "")
		b.cell(r.TopTwo, "")
		b.cell(r.Low, "")
		b.raw("\n")
	}
	return b.html()
}

// Key says which tone is which option.
func (t likertTable) Key() template.HTML {
	b := sized(144 * len(t.Legend))
	for _, l := range t.Legend {
		b.raw(`<li><svg width="12" height="12"><rect class="t`, l.Tone, `" width="12" height="12" rx="2"/></svg> `)
		b.text(l.Label)
		b.raw(`</li>`)
	}
	return b.html()
}

// Heads are the columns of Numbers.
func (t likertTable) Heads() template.HTML {
	b := sized(64 * len(t.Legend))
	for _, l := range t.Legend {
		b.raw(`<th scope="col" class="num">`)
		b.text(l.Label)
	}
	return b.html()
}

// Body is the rows.
func (s shares) Body() template.HTML {
	b := sized(400 * len(s))
	for i := range s {
		r := &s[i]
		b.raw(`<tr role="row"><th scope="row" role="rowheader">`)
		b.text(r.Label)
		b.raw(`<td role="cell" class="chart">`)
		r.draw(b)
		b.raw(`<td role="cell" class="num">`, itoa(r.N), `<td role="cell" class="num">`)
		b.text(r.Share)
		if r.Between != "" {
			b.raw(` <small>`)
			b.text(r.Between)
			b.raw(`</small>`)
		}
		b.raw("\n")
	}
	return b.html()
}

// Body is the rows of the items.
func (r ranking) Body() template.HTML {
	b := sized(720 * len(r))
	for i := range r {
		item := &r[i]
		b.raw(`<tr role="row"><th scope="row" role="rowheader"><a href="`)
		b.text(item.Href)
		b.raw(`">`)
		b.text(item.Label)
		b.raw(`</a><td role="cell" class="chart">`)
		item.draw(b)
		b.raw(`<td role="cell" class="num">`, itoa(item.N), `<td role="cell" class="num">`)
		b.text(item.Value)
		b.raw(`<small class="wide"> / `)
		b.text(item.Max)
		b.raw(`</small><td role="cell" class="num wide">`)
		b.text(item.Percent)
		b.raw(`<td role="cell" class="num`)
		if item.Tone != "" {
			b.raw(" ", item.Tone)
		}
		b.raw(`">`)
		b.text(item.Diff)
		b.raw("\n")
	}
	return b.html()
}

// Body is the rows.
func (v *courses) Body() template.HTML {
	b := sized((64 + 24*len(v.Periods)) * len(v.Rows))
	for _, r := range v.Rows {
		b.raw(`<tr><th scope="row">`)
		b.text(r.Label)
		for _, value := range r.Values {
			text := value.Text
			if value.Broken {
				text = broken + " " + text
			}
			b.cell(text, "")
		}
		b.raw("\n")
	}
	return b.html()
}

// Body is the rows.
func (v *derivation) Body() template.HTML {
	b := sized(320 * len(v.Rows))
	for i := range v.Rows {
		r := &v.Rows[i]
		b.raw(`<tr><th scope="row">`)
		b.text(r.Label)
		b.cell(itoa(r.N), "")
		if r.Out != "" {
			b.raw(`<td colspan="6">`)
			b.text(r.Out)
		} else {
			for _, text := range []string{r.Sum, r.Mean, r.Best, r.Weight, r.Reached, r.Divisor} {
				b.cell(text, "")
			}
		}
		b.raw("\n")
	}
	return b.html()
}

// Draw draws the intervals, the course between the points, and the points.
func (v *trendChart) Draw() template.HTML {
	b := sized(512 * len(v.Points))
	for _, p := range v.Points {
		if p.LowY != "" {
			b.raw(`<line class="whisker" x1="`, p.X, `%" x2="`, p.X, `%" y1="`, p.LowY, `" y2="`, p.HighY, `"/>`)
		}
	}
	for _, l := range v.Lines {
		b.raw(`<line class="course" x1="`, l.X1, `%" y1="`, l.Y1, `" x2="`, l.X2, `%" y2="`, l.Y2, `"/>`)
	}
	for _, p := range v.Points {
		now, radius := "", "3.5"
		if p.Now {
			now, radius = ` class="now"`, "5"
		}
		b.raw(`<circle`, now, ` cx="`, p.X, `%" cy="`, p.Y, `" r="`, radius, `"/>`)
		if !p.Labelled {
			continue
		}
		text := func(attributes, y, text string) {
			b.raw(`<text`, attributes, ` x="`, p.X, `%" y="`, y, `">`)
			b.text(text)
			b.raw(`</text>`)
		}
		text(now, p.TextY, p.Text)
		text(` class="when"`, "196", p.Label)
		if p.Above != "" {
			text(` class="when"`, "211", p.Above)
		}
	}
	return b.html()
}
