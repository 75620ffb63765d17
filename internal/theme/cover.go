package theme

import (
	"strings"
	"unicode/utf8"

	"github.com/lucasb-eyer/go-colorful"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/picture"
	"glasspoll/internal/survey"
)

const maxAlt = 500 // characters

var coverKeys = []string{"file", "alt"}

// readCover reads a band above the page: a colour, or a picture.
func (r *reader) readCover(n *yaml.Node, t *Theme) {
	switch {
	case n == nil:
		return
	case n.Kind == yaml.ScalarNode:
		if _, ok := parseColour(strings.TrimSpace(n.Value)); !ok {
			r.fail(n, "cover must be a colour such as \"#0a6a5c\" or a picture such as {file: front.jpg, alt: …}, not %s", quote(n.Value))
			return
		}
		t.Cover = &survey.Cover{Colour: strings.TrimSpace(n.Value)}
		return
	}
	before := len(r.faults)
	values := r.readPictureKeys(n)
	if len(r.faults) > before {
		return
	}
	p := &survey.Picture{Alt: r.readAlt(values["alt"])}
	p.File, _ = r.scalar(values["file"], "file")
	t.Files = r.readCopies(values["file"], p.File)
	for _, c := range t.Files {
		p.Copies = append(p.Copies, c.PictureCopy)
	}
	t.Cover = &survey.Cover{Picture: p}
}

// readPictureKeys reads the keys of a cover. Both must be given.
func (r *reader) readPictureKeys(n *yaml.Node) map[string]*yaml.Node {
	before := len(r.faults)
	values := r.readKeys(n, message.New("a cover"), coverKeys)
	if len(r.faults) == before && values["file"] == nil {
		r.fail(n, "a cover needs the name of a picture in the theme's folder: add \"file: front.jpg\"")
	}
	if len(r.faults) == before && values["alt"] == nil {
		r.fail(n, "a cover needs alt: what the picture shows, for those who cannot see it; \"\" if it only decorates")
	}
	return values
}

// readAlt reads what a picture shows; nil if it only decorates.
func (r *reader) readAlt(n *yaml.Node) survey.Text {
	read := func(alt survey.Text, language string, n *yaml.Node) survey.Text {
		switch value := strings.TrimSpace(n.Value); {
		case value == "" || n.Tag == "!!null":
			r.fail(n, "alt is empty: write what the picture shows")
		case utf8.RuneCountInString(value) > maxAlt:
			r.fail(n, "alt has more than %d characters: shorten it", maxAlt)
		default:
			alt[language] = value
		}
		return alt
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "":
		return nil
	case n.Kind == yaml.ScalarNode:
		return read(survey.Text{}, "", n)
	}
	return r.readTexts(n, "alt", read)
}

// readCopies reads a picture and makes its copies.
func (r *reader) readCopies(at *yaml.Node, name string) []picture.Copy {
	if at.Kind != yaml.ScalarNode || !r.isFile(at, "cover", name) { // it is reported
		return nil
	}
	content, ok := r.content(at, "cover", name, picture.MaxFile)
	if !ok {
		return nil
	}
	copies, err := r.copies(content)
	if err != nil {
		r.fail(at, "the picture %s %s", quote(name), message.Of(err))
	}
	return copies
}

// band returns the colour of a cover that is not a picture, on light pages and on dark ones; "" if there is none.
func (t *Theme) band() (light, dark string) {
	if t.Cover == nil || t.Cover.Colour == "" {
		return "", ""
	}
	c, ok := parseColour(t.Cover.Colour)
	if !ok {
		return "", ""
	}
	return c.Hex(), subdued(c).Hex()
}

// subdued returns a colour that does not dazzle on a dark page.
func subdued(c colorful.Color) colorful.Color {
	const brightest = 0.25 // relative luminance
	if luminance(c) <= brightest {
		return c
	}
	for share := 0.05; share < 1; share += 0.05 {
		if d := mix(c, DefaultDark()["bg"], share); luminance(d) <= brightest {
			return d
		}
	}
	return DefaultDark()["bg"]
}
