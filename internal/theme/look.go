package theme

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/lucasb-eyer/go-colorful"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// For returns the look of a survey's pages: the survey's own theme over t. files are those of the questionnaire's folder. It
// returns a Theme or what is wrong with the two together; never both. The cover's picture is the questionnaire's to read.
func (t *Theme) For(own *survey.Theme, files fs.FS) (*Theme, []questionnaire.ThemeFault) {
	l := &look{reader: reader{files: files}, keys: map[*yaml.Node][]string{}}
	is := *t
	is.Looks = nil
	if own.Name != nil {
		is.Name = own.Name
	}
	if n := l.node(own.Logo, "logo"); n != nil {
		is.Logo, is.LogoDark = l.readPicture(n, "logo"), l.readPicture(l.node(own.LogoDark, "logo_dark"), "logo_dark")
		if is.Name == nil {
			l.fail(n, "a logo needs the company's name, which is read out to those who cannot see it: add \"name: …\"")
		}
	}
	if own.Corners != nil {
		is.corners = own.Corners
	}
	if own.Cover != nil {
		is.Cover, is.Files = own.Cover, nil
	}
	l.combineColours(&is, own)
	if len(l.faults) == 0 {
		return &is, nil
	}
	var faults []questionnaire.ThemeFault
	for _, f := range l.faults {
		faults = append(faults, questionnaire.ThemeFault{At: l.keys[f.at], Message: f.text})
	}
	return nil, faults
}

// A look is a survey's theme while it is put over the site's. Its values are nodes, as in a file.
type look struct {
	reader
	keys map[*yaml.Node][]string // where each node is in the survey's theme
}

// node returns the node of a value; nil for "".
func (l *look) node(value string, key ...string) *yaml.Node {
	if value == "" {
		return nil
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: value}
	l.keys[n] = key
	return n
}

// combineColours completes both palettes from what the survey says, the site's being what is not said.
func (l *look) combineColours(t *Theme, own *survey.Theme) {
	light, dark := t.Palettes()
	givenLight, valuesLight := l.colours("light", own.Light)
	givenDark, valuesDark := l.colours("dark", own.Dark)
	if accent, ok := valuesLight["accent"]; ok && givenDark["accent"] == nil {
		dark = maps.Clone(dark)
		dark["accent"] = accent // not given for dark, so it may be made lighter
	}
	if own.Light != (survey.Colours{}) {
		t.Light = l.completePalette("light", givenLight, valuesLight, light)
	}
	if own.Dark != (survey.Colours{}) || own.Light.Accent != "" {
		t.Dark = l.completePalette("dark", givenDark, valuesDark, dark)
	}
}

func (l *look) colours(name string, c survey.Colours) (given map[string]*yaml.Node, values map[string]colorful.Color) {
	given, values = map[string]*yaml.Node{}, map[string]colorful.Color{}
	for key, value := range map[string]string{"accent": c.Accent, "ink": c.Ink, "paper": c.Paper} {
		parsed, ok := parseColour(value)
		if n := l.node(value, name, key); n != nil && ok {
			given[key], values[key] = n, parsed
		} else if n != nil {
			l.fail(n, "%s must be a colour such as \"#0a6a5c\", not %s", key, quote(value))
		}
	}
	return given, values
}

// Palettes returns the colours of light and of dark pages.
func (t *Theme) Palettes() (light, dark Palette) {
	light, dark = t.Light, t.Dark
	if light == nil {
		light = DefaultLight()
	}
	if dark == nil {
		dark = DefaultDark()
	}
	return light, dark
}

// CSSOver returns what a survey's look changes in its site's: a stylesheet for after the site's. It has only the tokens that
// differ, each for light pages and for dark ones.
func (t *Theme) CSSOver(site *Theme) string {
	var onLight, onDark strings.Builder
	add := func(property, light, dark string) {
		fmt.Fprintf(&onLight, "%s:%s;", property, light)
		if dark != light {
			fmt.Fprintf(&onDark, "%s:%s;", property, dark)
		}
	}
	light, dark := t.Palettes()
	siteLight, siteDark := site.Palettes()
	for _, name := range tokens {
		if light[name] != siteLight[name] || dark[name] != siteDark[name] {
			add("--"+name, light[name].Hex(), dark[name].Hex())
		}
	}
	if light.scheme() != siteLight.scheme() || dark.scheme() != siteDark.scheme() {
		add("color-scheme", light.scheme(), dark.scheme())
	}
	if t.corners != nil && (site.corners == nil || *site.corners != *t.corners) {
		add("--round", fmt.Sprintf("%dpx", *t.corners), fmt.Sprintf("%dpx", *t.corners))
	}
	bandLight, bandDark := t.band()
	if was, _ := site.band(); bandLight != was && bandLight != "" {
		add("--cover", bandLight, bandDark)
	}
	return block(":root{%s}\n", onLight.String()) + block("@media (prefers-color-scheme:dark){:root{%s}}\n", onDark.String())
}

// A Mark is the accent of a survey that has another one than its site, as CSS, on light pages and on dark ones. The zero value
// marks nothing.
type Mark struct{ Light, Dark string }

// Mark returns the mark of a survey with a look of its own.
func (t *Theme) Mark(look *Theme) Mark {
	siteLight, siteDark := t.Palettes()
	light, dark := look.Palettes()
	if light["accent"] == siteLight["accent"] && dark["accent"] == siteDark["accent"] {
		return Mark{}
	}
	return Mark{light["accent"].Hex(), dark["accent"].Hex()}
}

// Marks returns what pages that list surveys add to their stylesheet: each mark as --mark of the elements whose data-look is the
// id of its survey; "" if there is none.
func Marks(byID map[string]Mark) string {
	var onLight, onDark strings.Builder
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if m := byID[id]; m != (Mark{}) {
			fmt.Fprintf(&onLight, "[data-look=%q]{--mark:%s}", id, m.Light)
			fmt.Fprintf(&onDark, "[data-look=%q]{--mark:%s}", id, m.Dark)
		}
	}
	return block("%s\n", onLight.String()) + block("@media (prefers-color-scheme:dark){%s}\n", onDark.String())
}

func block(format, declarations string) string {
	if declarations == "" {
		return ""
	}
	return fmt.Sprintf(format, strings.TrimSuffix(declarations, ";"))
}
