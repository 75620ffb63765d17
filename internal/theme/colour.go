package theme

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"github.com/lucasb-eyer/go-colorful"

	"glasspoll/internal/message"
)

// A Palette maps the names of the design's custom properties, without the leading hyphens, to colours.
type Palette map[string]colorful.Color

// tokens are the names of a palette's colours, in the order in which they are written.
var tokens = []string{"bg", "sheet", "ink", "soft", "line", "edge", "accent", "on-accent", "tint", "bad", "bad-tint"}

// A pair is two colours that the design puts together, with the contrast that WCAG 2.2 requires: 4.5:1 for text (1.4.3),
// 3:1 for what shows that something can be filled in, is chosen or has the focus (1.4.11).
type pair struct {
	fore, back string
	least      float64
}

var pairs = []pair{
	{"ink", "bg", 4.5}, {"ink", "sheet", 4.5}, {"ink", "tint", 4.5}, {"ink", "bad-tint", 4.5},
	{"soft", "bg", 4.5}, {"soft", "sheet", 4.5}, {"soft", "tint", 4.5},
	{"accent", "bg", 4.5}, {"accent", "sheet", 4.5}, {"accent", "tint", 4.5},
	{"on-accent", "accent", 4.5},
	{"bad", "bg", 4.5}, {"bad", "sheet", 4.5}, {"bad", "bad-tint", 4.5},
	{"edge", "bg", 3}, {"edge", "sheet", 3}, {"edge", "tint", 3},
}

// groundNames names the backgrounds in messages.
var groundNames = map[string]message.Key{"bg": "the page", "sheet": "the background of questions", "tint": "chosen options", "bad-tint": "problems", "accent": "the accent"}

// DefaultLight and DefaultDark are the design's own colours, as templates/tokens.css has them.
func DefaultLight() Palette {
	return palette("#f3f5f3", "#fff", "#1a211f", "#56615d", "#dbe1de", "#7d8a85", "#0a6a5c", "#fff", "#e6f2ef", "#ae231b", "#fdf0ee")
}

// DefaultDark: see [DefaultLight].
func DefaultDark() Palette {
	return palette("#101514", "#181f1d", "#e6ece9", "#a4b0ab", "#2d3734", "#7f8d88", "#63cbb8", "#05231e", "#17332e", "#ff9d92", "#351c19")
}

func palette(hex ...string) Palette {
	p := Palette{}
	for i, name := range tokens {
		c, err := colorful.Hex(hex[i])
		if err != nil {
			panic(err) // a constant above
		}
		p[name] = c
	}
	return p
}

var white = colorful.Color{R: 1, G: 1, B: 1}

// sheetOn is the background of questions: a little lighter than the paper around them.
func sheetOn(paper, ink colorful.Color) colorful.Color {
	if luminance(paper) < luminance(ink) {
		return mix(paper, white, 0.035)
	}
	return mix(paper, white, 0.75)
}

// dark reports whether the palette is light on dark.
func (p Palette) dark() bool { return luminance(p["bg"]) < luminance(p["ink"]) }

func (p Palette) declarations() string {
	var b strings.Builder
	for _, name := range tokens {
		fmt.Fprintf(&b, "--%s:%s;", name, p[name].Hex())
	}
	b.WriteString("color-scheme:" + p.scheme())
	return b.String()
}

// scheme returns the palette's color-scheme.
func (p Palette) scheme() string {
	if p.dark() {
		return "dark"
	}
	return "light"
}

// failingPairs returns the pairs without enough contrast.
func (p Palette) failingPairs() []pair {
	var out []pair
	for _, pair := range pairs {
		if contrast(p[pair.fore], p[pair.back]) < pair.least {
			out = append(out, pair)
		}
	}
	return out
}

// deriveColours makes a whole palette of paper, ink and accent, which stay unchanged. The others are readable, if
// anything is on this paper.
func deriveColours(paper, ink, accent colorful.Color, bad colorful.Color) Palette {
	p := Palette{"bg": paper, "sheet": sheetOn(paper, ink), "ink": ink, "accent": accent}
	p["tint"] = selectedTint(p["sheet"], accent)
	p["line"] = mix(p["sheet"], ink, 0.15)
	p["soft"], p["edge"] = p.softest(softMargin), p.softest(edgeMargin)
	p["bad-tint"] = errorTint(p["sheet"], bad)
	p["bad"], _ = nearest(bad, func(c colorful.Color) bool { return contrastsWithAll(c, 4.5, p["bg"], p["sheet"], p["bad-tint"]) })
	p["on-accent"] = textOn(accent)
	return p
}

// withAccent returns the palette with another accent. What could not be read on the accent's tint is adapted.
func (p Palette) withAccent(accent colorful.Color) Palette {
	p = maps.Clone(p)
	p["accent"], p["on-accent"], p["tint"] = accent, textOn(accent), selectedTint(p["sheet"], accent)
	if !contrastsWithAll(p["soft"], 4.5, p["tint"]) {
		p["soft"] = p.softest(softMargin)
	}
	if !contrastsWithAll(p["edge"], 3, p["tint"]) {
		p["edge"] = p.softest(edgeMargin)
	}
	return p
}

// The contrasts that soft text and edges are derived with: a margin above what is needed.
const softMargin, edgeMargin = 5.2, 3.4

// softest returns the softest colour of the ink's that contrasts with the backgrounds of questions.
func (p Palette) softest(least float64) colorful.Color {
	return softest(p["ink"], p["sheet"], least, p["bg"], p["sheet"], p["tint"])
}

// textOn returns a colour for text on c: white, or else a dark one of the same hue, or black.
func textOn(c colorful.Color) colorful.Color {
	if contrast(white, c) >= 4.5 {
		return white
	}
	l, chroma, hue := c.OkLch()
	if dark := inGamut(math.Min(0.22, l/3), chroma/3, hue); contrast(dark, c) >= 4.5 {
		return dark
	}
	return colorful.Color{}
}

// softest returns the colour nearest to a background, on the way from it to the ink, that contrasts with all grounds.
func softest(ink, ground colorful.Color, least float64, grounds ...colorful.Color) colorful.Color {
	for i := range 100 {
		if c := mix(ground, ink, float64(i)/100); contrastsWithAll(c, least, grounds...) {
			return c
		}
	}
	return ink
}

// nearest returns the good colour of the same hue, lighter or darker, that is nearest to c. Without any, it returns c and
// false.
func nearest(c colorful.Color, good func(colorful.Color) bool) (found colorful.Color, ok bool) {
	if good(c) {
		return c, true
	}
	l, chroma, hue := c.OkLch()
	const step = 1.0 / 512 // finer than eight bits
	for away := step; away <= 1; away += step {
		for _, lightness := range []float64{l - away, l + away} {
			if lightness < 0 || lightness > 1 {
				continue
			}
			if found = inGamut(lightness, chroma, hue); good(found) {
				return found, true
			}
		}
	}
	return c, false
}

// inGamut returns a colour that a screen can show, with less chroma where necessary.
func inGamut(lightness, chroma, hue float64) colorful.Color {
	for ; chroma > 0.002; chroma *= 0.97 {
		if c := colorful.OkLch(lightness, chroma, hue); c.IsValid() {
			return rounded(c)
		}
	}
	return rounded(colorful.OkLch(lightness, 0, hue).Clamped())
}

// contrastsWithAll reports whether a colour has at least a contrast with all grounds.
func contrastsWithAll(c colorful.Color, least float64, grounds ...colorful.Color) bool {
	for _, ground := range grounds {
		if contrast(c, ground) < least {
			return false
		}
	}
	return true
}

// selectedTint is the background of what is chosen.
func selectedTint(sheet, accent colorful.Color) colorful.Color { return mix(sheet, accent, 0.1) }

// errorTint is the background of problems.
func errorTint(sheet, bad colorful.Color) colorful.Color { return mix(sheet, bad, 0.08) }

func mix(a, b colorful.Color, share float64) colorful.Color { return rounded(a.BlendRgb(b, share)) }

// rounded returns the colour with eight bits a channel, as it is written and shown.
func rounded(c colorful.Color) colorful.Color {
	r, g, b := c.RGB255()
	return colorful.Color{R: float64(r) / 255, G: float64(g) / 255, B: float64(b) / 255}
}

// contrast is WCAG's ratio of two colours, from 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).
func contrast(a, b colorful.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance.
func luminance(c colorful.Color) float64 {
	r, g, b := c.LinearRgb()
	return 0.2126*r + 0.7152*g + 0.0722*b
}

// ratio writes a contrast. It truncates, since 4.499 is not enough and must not read like 4.5.
func ratio(c float64) string {
	return fmt.Sprintf("%g:1", math.Floor(c*100)/100)
}
