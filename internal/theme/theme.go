// Package theme reads a company's design from one small file: name and logo, light and dark colours, corners and font. The
// file is checked as questionnaires are: each problem has a place and a fix. The check
// includes the contrast of every pair of colours that the design puts together. It is pure.
package theme

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/picture"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// File is the name of a theme's file, in the folder of the questionnaires. Logos are in that folder too.
const File = "theme.yaml"

// Bounds of a theme, so that pages stay light.
const (
	maxFile       = 64 << 10 // bytes
	maxPicture    = 64 << 10
	maxLogoPixels = 4_000_000 // which every visitor's browser unfolds, however small the file is
	maxCorners    = 24        // CSS pixels
	maxName       = 60        // characters
	maxFonts      = 8
)

// A Theme is a company's design. The zero value leaves the default design unchanged.
type Theme struct {
	Name     survey.Text // of the company, by language; "" is for all others
	Address  string      // of the site, with "https://" and a slash at the end; "" if unknown
	Logo     *Picture    // nil for none
	LogoDark *Picture    // for dark pages; nil for Logo
	Light    Palette     // complete; nil for the design's
	Dark     Palette
	Cover    *survey.Cover     // nil for none
	Files    []picture.Copy    // of the cover
	Looks    map[string]*Theme // of surveys with a theme of their own, by id; see [Theme.For]
	corners  *int              // CSS pixels
	fonts    []string
}

// A Picture is a logo: a checked SVG or PNG file.
type Picture struct {
	Extension     string // ".svg" or ".png"
	Content       []byte
	Width, Height float64 // of the picture itself, in its own unit
}

// CSS returns the theme as a stylesheet, for after the design's own tokens.
func (t *Theme) CSS() string {
	var b strings.Builder
	if t.Light != nil {
		fmt.Fprintf(&b, ":root{%s}\n", t.Light.declarations())
	}
	if t.Dark != nil {
		fmt.Fprintf(&b, "@media (prefers-color-scheme:dark){:root{%s}}\n", t.Dark.declarations())
	}
	if t.corners != nil {
		fmt.Fprintf(&b, ":root{--round:%dpx}\n", *t.corners)
	}
	if light, dark := t.band(); light != "" {
		fmt.Fprintf(&b, ":root{--cover:%s}\n@media (prefers-color-scheme:dark){:root{--cover:%s}}\n", light, dark)
	}
	if len(t.fonts) > 0 {
		// Chinese pages keep the design's fonts as a fallback. The selectors are as specific as the design's.
		names := make([]string, len(t.fonts))
		for i, f := range t.fonts {
			names[i] = f
			if !slices.Contains(genericFonts, f) {
				names[i] = `"` + f + `"`
			}
		}
		fonts := strings.Join(names, ",")
		fmt.Fprintf(&b, ":root,:root:lang(zh),:root:is(:lang(zh-Hant),:lang(zh-TW),:lang(zh-HK)){--font:%s,system-ui,sans-serif}\n", fonts)
	}
	return b.String()
}

// genericFonts are families that CSS defines; they are not quoted.
var genericFonts = []string{"serif", "sans-serif", "monospace", "system-ui", "ui-serif", "ui-sans-serif", "ui-rounded"}

// Copier makes the copies of a cover's picture, as [picture.Copies] does.
type Copier func(content []byte) ([]picture.Copy, error)

func copyCover(content []byte) ([]picture.Copy, error) {
	return picture.Copies(content, survey.OnCover)
}

// Read reads the theme in the root of a file system, and the pictures that it names. Without a file, it returns the zero
// Theme; with problems, nil. path names the file in messages.
func Read(files fs.FS, path string) (*Theme, questionnaire.Problems, error) {
	return ReadWith(files, path, copyCover)
}

// ReadWith is Read with another way to make copies, which may know them already.
func ReadWith(files fs.FS, path string, copies Copier) (*Theme, questionnaire.Problems, error) {
	source, err := readFile(files, File, maxFile)
	if isNotExist(err) {
		return &Theme{}, nil, nil
	}
	if err != nil {
		return nil, nil, message.Errorf("reading the theme: %w", err)
	}
	t, problems := parse(path, source, files, copies)
	return t, problems, nil
}

// logos returns the pictures of a theme.
func logos(t *Theme) []*Picture {
	return slices.DeleteFunc([]*Picture{t.Logo, t.LogoDark}, func(p *Picture) bool { return p == nil })
}

// Fingerprint is the same for two themes that look the same, in all surveys.
func (t *Theme) Fingerprint() string {
	var b strings.Builder
	t.fingerprint(&b)
	for _, id := range slices.Sorted(maps.Keys(t.Looks)) {
		fmt.Fprintf(&b, "%q\n", id)
		t.Looks[id].fingerprint(&b)
	}
	return b.String()
}

func (t *Theme) fingerprint(b *strings.Builder) {
	for _, l := range slices.Sorted(maps.Keys(t.Name)) {
		fmt.Fprintf(b, "%q %q\n", l, t.Name[l])
	}
	fmt.Fprintf(b, "%q\n%q\n", t.Address, t.CSS())
	for _, p := range logos(t) {
		fmt.Fprintf(b, "%d %t %q\n", len(p.Content), p == t.Logo, p.Content)
	}
	if t.Cover != nil {
		fmt.Fprintf(b, "%q\n", t.Cover.Colour)
	}
	if t.Cover != nil && t.Cover.Picture != nil {
		fmt.Fprintf(b, "%v %v\n", t.Cover.Picture.Alt, t.Cover.Picture.Copies)
	}
}
