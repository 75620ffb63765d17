package questionnaire

import (
	"regexp"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A ThemeFault is a mistake in a survey's theme, at one of its keys.
type ThemeFault struct {
	At      []string // "light", "accent"
	Message message.Text
}

// theme reads the key "theme", and checks it together with the site's.
func (o object) theme() *survey.Theme {
	if !o.has("theme") {
		return nil
	}
	before := len(o.problems)
	k := o.object(o.values["theme"], &themeMapping)
	if k.node == nil {
		return nil
	}
	t := &survey.Theme{Name: k.text("name"), Logo: k.logo("logo"), LogoDark: k.logo("logo_dark"), Light: k.colours("light"), Dark: k.colours("dark"), Cover: k.cover()}
	if k.has("corners") {
		corners := k.integer("corners", 0)
		t.Corners = &corners
	}
	if k.has("logo_dark") && !k.has("logo") {
		k.fail(k.values["logo_dark"], "logo_dark is the logo on dark pages, beside logo: add \"logo: …\"")
	}
	if o.files.Theme == nil || len(o.problems) > before {
		return t
	}
	for _, f := range o.files.Theme(t) {
		at := k.node
		for _, name := range f.At {
			if value := child(target(at), name); value != nil {
				at = value
			}
		}
		o.report(at.Line, at.Column, f.Message)
	}
	return t
}

func (o object) logo(name string) string {
	file := o.plain(name)
	if file == "" || !o.isPicture(o.values[name], file) {
		return ""
	}
	return file
}

func (o object) colours(name string) survey.Colours {
	if !o.has(name) {
		return survey.Colours{}
	}
	c := o.object(o.values[name], &coloursMapping)
	return survey.Colours{Accent: c.colour("accent"), Ink: c.colour("ink"), Paper: c.colour("paper")}
}

// cover reads a picture or a colour.
func (o object) cover() *survey.Cover {
	if !o.has("cover") {
		return nil
	}
	if n := target(o.values["cover"]); n.Kind == yaml.ScalarNode {
		return &survey.Cover{Colour: o.colour("cover")}
	}
	p := &survey.Picture{}
	o.readPicture(p, o.object(o.values["cover"], &coverMapping), survey.OnCover)
	return &survey.Cover{Picture: p}
}

var colour = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

// colour reads a colour. Without quotes, YAML takes it for a comment.
func (o object) colour(name string) string {
	v := o.values[name]
	if v == nil {
		return ""
	}
	n := o.follow(v)
	switch {
	case n == nil:
	case isNull(n) && o.isCommentedOut(n):
		o.fail(v, "%s is empty, because # begins a comment in YAML: put the colour into quotes, such as \"#0a6a5c\"", name)
	default:
		value := o.plain(name)
		if value == "" || colour.MatchString(value) {
			return value
		}
		o.fail(v, "%s must be a colour such as \"#0a6a5c\", not %s", name, quote(value))
	}
	return ""
}
