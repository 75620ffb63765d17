package theme

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/lucasb-eyer/go-colorful"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Parse reads a theme. files are beside it. It returns a Theme or, sorted, every problem that it has; never both.
func Parse(path string, source []byte, files fs.FS) (*Theme, questionnaire.Problems) {
	r := &reader{path: path, lines: strings.Split(string(source), "\n"), files: files}
	t := &Theme{}
	if root := r.document(source); root != nil {
		r.theme(root, t)
	}
	if len(r.problems) > 0 {
		slices.SortFunc(r.problems, func(a, b questionnaire.Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
		})
		return nil, r.problems
	}
	return t, nil
}

// reader collects the problems of one theme.
type reader struct {
	path     string
	lines    []string
	files    fs.FS
	problems questionnaire.Problems
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, questionnaire.Problem{File: r.path, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)})
}

var lineOfError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (r *reader) document(source []byte) *yaml.Node {
	at := &yaml.Node{Line: 1, Column: 1}
	switch {
	case len(source) > maxFile:
		r.fail(at, "the theme is larger than %d KB: is this the file that was meant?", maxFile>>10)
		return nil
	case !utf8.Valid(source):
		r.fail(at, "the file is not UTF-8: save it as UTF-8")
		return nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		message := err.Error()
		if m := lineOfError.FindStringSubmatch(message); m != nil {
			message = m[2]
			if n, err := strconv.Atoi(m[1]); err == nil {
				at.Line = n
			}
		}
		r.fail(at, "this is not YAML: %s", message)
		return nil
	}
	if len(document.Content) == 0 { // empty, or comments only
		return nil
	}
	return document.Content[0]
}

var (
	themeKeys  = []string{"name", "address", "logo", "logo_dark", "light", "dark", "corners", "font"}
	colourKeys = []string{"accent", "ink", "paper"}
)

// meant is what people write for a key.
var meant = map[string]string{"colors": "light", "colours": "light", "radius": "corners", "fonts": "font", "url": "address", "site": "address",
	"company": "name", "title": "name", "primary": "accent", "text": "ink", "background": "paper"}

// keys reads a mapping.
func (r *reader) keys(n *yaml.Node, name string, known []string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be keys with values, such as \"%s: …\"", name, known[0])
		return values
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(known, key.Value):
			r.fail(key, "unknown key %s in %s%s", quote(key.Value), name, suggest(key.Value, known))
		case values[key.Value] != nil:
			r.fail(key, "%s is given twice: keep one", key.Value)
		case value.Kind == yaml.ScalarNode && (value.Tag == "!!null" || strings.TrimSpace(value.Value) == ""):
			r.empty(key, value)
		case value.Kind == yaml.AliasNode:
			r.fail(value, "%s must be a value, not an alias (*)", key.Value)
		default:
			values[key.Value] = value
		}
	}
	return values
}

// empty explains a key without a value: mostly a colour without quotes, which YAML takes for a comment.
func (r *reader) empty(key, value *yaml.Node) {
	if key.Line <= len(r.lines) {
		if _, comment, found := strings.Cut(r.lines[key.Line-1], "#"); found {
			said := "#" + strings.TrimRight(strings.SplitN(comment, " ", 2)[0], "\r,}")
			if _, ok := colour(said); ok {
				r.fail(key, "%s is empty, because # begins a comment in YAML: put the colour into quotes, \"%s\"", key.Value, said)
				return
			}
		}
	}
	r.fail(key, "%s is empty: give it a value or remove the line", key.Value)
}

func (r *reader) theme(root *yaml.Node, t *Theme) {
	values := r.keys(root, "a theme", themeKeys)
	t.Name = r.name(values["name"])
	t.Address = r.address(values["address"])
	t.Logo = r.picture(values["logo"], "logo")
	t.LogoDark = r.picture(values["logo_dark"], "logo_dark")
	if n := values["logo_dark"]; n != nil && values["logo"] == nil {
		r.fail(n, "logo_dark is the logo on dark pages, beside logo: add \"logo: …\"")
	}
	if n := values["logo"]; n != nil && values["name"] == nil {
		r.fail(n, "a logo needs the company's name, which is read out to those who cannot see it: add \"name: …\"")
	}
	t.corners = r.corners(values["corners"])
	t.fonts = r.fonts(values["font"])
	r.colours(values["light"], values["dark"], t)
}

func (r *reader) name(n *yaml.Node) survey.Text {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.ScalarNode:
		return r.oneName(survey.Text{}, "", n)
	case n.Kind != yaml.MappingNode:
		r.fail(n, "name must be a text, or one for each language: {zh: …, en: …}")
		return nil
	}
	name := survey.Text{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		tag, err := language.Parse(key.Value)
		switch {
		case err != nil || tag.String() != key.Value:
			r.fail(key, "%s is not a language code such as zh, en or zh-Hant", quote(key.Value))
		case name[key.Value] != "":
			r.fail(key, "language %s is given twice in name: keep one", quote(key.Value))
		case value.Kind != yaml.ScalarNode:
			r.fail(value, "name in %s must be a text", quote(key.Value))
		default:
			r.oneName(name, key.Value, value)
		}
	}
	if len(n.Content) > 1 && name[""] == "" {
		name[""] = name[n.Content[0].Value] // of the first, for languages that are not there
	}
	return name
}

func (r *reader) oneName(name survey.Text, language string, n *yaml.Node) survey.Text {
	said := strings.TrimSpace(n.Value)
	switch {
	case said == "" || n.Tag == "!!null":
		r.fail(n, "name is empty: write the company's name")
	case utf8.RuneCountInString(said) > maxName:
		r.fail(n, "name has more than %d characters: shorten it", maxName)
	default:
		name[language] = said
	}
	return name
}

func (r *reader) address(n *yaml.Node) string {
	said, ok := r.scalar(n, "address")
	if !ok {
		return ""
	}
	u, err := url.Parse(said)
	switch {
	case err == nil && u.Scheme == "" && u.Host == "" && strings.Contains(said, "."):
		r.fail(n, "address %s is not complete: write 'https://%s'", quote(said), strings.TrimLeft(said, "/"))
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		r.fail(n, "address %s is not that of a site, such as https://survey.example.com/", quote(said))
	case u.RawQuery != "" || u.Fragment != "":
		r.fail(n, "address %s must end with the site's folder, without ? and #: write '%s://%s%s'", quote(said), u.Scheme, u.Host, u.Path)
	default:
		return strings.TrimSuffix(u.String(), "/") + "/"
	}
	return ""
}

func (r *reader) scalar(n *yaml.Node, name string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind != yaml.ScalarNode {
		r.fail(n, "%s must be a single value", name)
		return "", false
	}
	return strings.TrimSpace(n.Value), true
}

func (r *reader) corners(n *yaml.Node) *int {
	said, ok := r.scalar(n, "corners")
	if !ok {
		return nil
	}
	px, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(said, "px")))
	if err != nil || px < 0 || px > maxCorners {
		r.fail(n, "corners must be a whole number of pixels from 0 (square) to %d, not %s", maxCorners, quote(said))
		return nil
	}
	return &px
}

func (r *reader) fonts(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	if len(items) > maxFonts {
		r.fail(n, "font names %d families: %d are enough, the first that a visitor has is taken", len(items), maxFonts)
		return nil
	}
	var fonts []string
	for _, item := range items {
		said, ok := r.scalar(item, "font")
		if !ok {
			continue
		}
		odd := strings.IndexFunc(said, func(c rune) bool {
			return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != ' ' && c != '-' && c != '_' && c != '.'
		})
		switch {
		case strings.Contains(said, ","):
			r.fail(item, "font must be one name or a list: write [%s]", strings.NewReplacer(`"`, "", `'`, "").Replace(said))
		case strings.Contains(said, "://") || strings.HasSuffix(said, ".woff2") || strings.HasSuffix(said, ".ttf"):
			r.fail(item, "font %s is a file: only fonts that visitors have are used, since a file would be the heaviest part of the page; write a name such as Georgia", quote(said))
		case odd >= 0 || said == "":
			r.fail(item, "font %s is not the name of a font, such as Georgia", quote(said))
		default:
			fonts = append(fonts, said)
		}
	}
	return fonts
}

// colours reads both palettes, and completes them.
func (r *reader) colours(light, dark *yaml.Node, t *Theme) {
	if light == nil && dark == nil {
		return
	}
	before := len(r.problems)
	said := map[string]map[string]*yaml.Node{"light": {}, "dark": {}}
	values := map[string]map[string]colorful.Color{"light": {}, "dark": {}}
	for name, n := range map[string]*yaml.Node{"light": light, "dark": dark} {
		if n == nil {
			continue
		}
		said[name] = r.keys(n, name, colourKeys)
		for _, key := range slices.Sorted(maps.Keys(said[name])) {
			at := said[name][key]
			if c, ok := colour(strings.TrimSpace(at.Value)); ok && at.Kind == yaml.ScalarNode {
				values[name][key] = c
			} else {
				r.fail(at, "%s must be a colour such as \"#0a6a5c\", not %s", key, quote(at.Value))
			}
		}
	}
	if len(r.problems) > before {
		return
	}
	t.Light = r.palette("light", said["light"], values["light"], DefaultLight())
	d := DefaultDark()
	if accent, ok := values["light"]["accent"]; ok && said["dark"]["accent"] == nil {
		d["accent"] = accent // made lighter where it must be: nobody has said this colour
	}
	t.Dark = r.palette("dark", said["dark"], values["dark"], d)
}

// palette completes what was said of one, and checks it. What was not said gives way; what was is reported.
func (r *reader) palette(name string, said map[string]*yaml.Node, values map[string]colorful.Color, otherwise Palette) Palette {
	in := ""
	if name == "dark" {
		in = " in dark"
	}
	of := func(key, token string) colorful.Color {
		if c, ok := values[key]; ok {
			return c
		}
		return otherwise[token]
	}
	paper, ink, accent := of("paper", "bg"), of("ink", "ink"), of("accent", "accent")
	// What nobody has said stays as the design has it.
	settle := func(paper, ink, accent colorful.Color) Palette {
		if said["paper"] == nil && said["ink"] == nil {
			return otherwise.with(accent)
		}
		return complete(paper, ink, accent, otherwise["bad"])
	}
	readable := func(c colorful.Color) bool {
		sheet := sheetOn(paper, c)
		return passes(c, 4.5, paper, sheet, tinted(sheet, accent), alarming(sheet, otherwise["bad"]))
	}
	if !readable(ink) {
		switch {
		case said["ink"] != nil:
			r.contrast(said["ink"], "ink"+in, ink, settle(paper, ink, accent), readable)
		default: // the paper is another, and the design's own ink cannot be read on it
			mended, ok := nearest(ink, readable)
			if !ok {
				r.fail(said["paper"], "no text can be read well on paper %s%s: make it lighter or darker", paper.Hex(), in)
				return nil
			}
			ink = mended
		}
	}
	sheet := settle(paper, ink, accent)["sheet"]
	legible := func(c colorful.Color) bool { return passes(c, 4.5, paper, sheet, tinted(sheet, c)) }
	if !legible(accent) {
		if said["accent"] != nil {
			r.contrast(said["accent"], "accent"+in, accent, settle(paper, ink, accent), legible)
		} else if mended, ok := nearest(accent, legible); ok {
			accent = mended
		}
	}
	p := settle(paper, ink, accent)
	if failing := p.failing(); len(failing) > 0 && len(r.problems) == 0 {
		at := cmp.Or(said["paper"], said["ink"], said["accent"])
		worst := failing[0]
		r.fail(at, "with these colours%s, %s on %s has a contrast of %s, and needs %g:1: make paper and ink differ more", in,
			worst.fore, worst.back, ratio(contrast(p[worst.fore], p[worst.back])), worst.least)
		return nil
	}
	return p
}

// contrast reports a colour that cannot be read, on the ground where it is worst, and offers the nearest that can.
func (r *reader) contrast(at *yaml.Node, name string, c colorful.Color, p Palette, good func(colorful.Color) bool) {
	token, _, _ := strings.Cut(name, " ")
	worst := ""
	for _, pair := range pairs {
		if pair.fore == token && pair.back != "bad-tint" && (worst == "" || contrast(c, p[pair.back]) < contrast(c, p[worst])) {
			worst = pair.back
		}
	}
	fix := "no colour of this hue does: change paper"
	if better, ok := nearest(c, good); ok {
		fix = fmt.Sprintf("'%s' is the nearest that passes", better.Hex())
	}
	r.fail(at, "%s %s on %s (%s) has a contrast of %s, and text needs 4.5:1: %s", name, c.Hex(), spoken[worst], p[worst].Hex(), ratio(contrast(c, p[worst])), fix)
}

var hexColour = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

func colour(said string) (colorful.Color, bool) {
	if !hexColour.MatchString(said) {
		return colorful.Color{}, false
	}
	c, err := colorful.Hex(said)
	return c, err == nil
}

func suggest(word string, among []string) string {
	word = strings.ToLower(word)
	if m := meant[word]; slices.Contains(among, m) {
		return fmt.Sprintf(": did you mean '%s'?", m)
	}
	best, distance := "", 3
	for _, a := range among {
		if d := levenshtein.ComputeDistance(word, a); d < distance && d < len(a) {
			best, distance = a, d
		}
	}
	if best != "" {
		return fmt.Sprintf(": did you mean '%s'?", best)
	}
	return ": there are " + strings.Join(among, ", ")
}

// quote shows a foreign word inside a message, on one line and not too long.
func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return "'" + strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '\uFFFD'
		}
		return c
	}, s) + "'"
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readFile reads a file, or one byte more than it may have.
func readFile(files fs.FS, name string, most int) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(most)+1))
}
