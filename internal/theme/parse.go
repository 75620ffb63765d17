package theme

import (
	"cmp"
	"errors"
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

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/yaml12"
)

// Parse reads a theme. files are those of its folder. It returns a Theme or, sorted, every problem; never both.
func Parse(path string, source []byte, files fs.FS) (*Theme, questionnaire.Problems) {
	return parse(path, source, files, copyCover)
}

func parse(path string, source []byte, files fs.FS, copies Copier) (*Theme, questionnaire.Problems) {
	r := &reader{lines: strings.Split(string(source), "\n"), files: files, copies: copies}
	t := &Theme{}
	if root := r.document(source); root != nil {
		r.readTheme(root, t)
	}
	if len(r.faults) == 0 {
		return t, nil
	}
	var problems questionnaire.Problems
	for _, f := range r.faults {
		problems = append(problems, questionnaire.Problem{File: path, Line: f.at.Line, Column: f.at.Column, Message: f.text})
	}
	slices.SortFunc(problems, func(a, b questionnaire.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message.String(), b.Message.String()))
	})
	return nil, problems
}

// A reader reads one theme, and collects what is wrong with it.
type reader struct {
	lines  []string
	files  fs.FS
	copies Copier
	faults []fault
}

// A fault is what is wrong at a node.
type fault struct {
	at   *yaml.Node
	text message.Text
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fault{n, message.New(format, args...)})
}

var lineOfError = regexp.MustCompile(`^yaml: line (\d+): `)

// document returns the root of the document, or nil if it is empty or no YAML.
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
	root, _, err := yaml12.Decode(source)
	if err != nil {
		if m := lineOfError.FindStringSubmatch(err.Error()); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				at.Line = n
			}
		}
		r.fail(at, "this is not YAML from here on: check the indentation, quotes and colons of this line and the one above")
		return nil
	}
	return root // nil if the file is empty, or has comments only
}

var (
	themeKeys  = []string{"name", "address", "logo", "logo_dark", "light", "dark", "corners", "font", "cover"}
	colourKeys = []string{"accent", "ink", "paper"}
)

// aliases are what authors write for a key.
var aliases = map[string]string{"colors": "light", "colours": "light", "radius": "corners", "fonts": "font", "url": "address", "site": "address",
	"company": "name", "banner": "cover", "image": "file", "title": "name", "primary": "accent", "text": "ink", "background": "paper"}

// readKeys reads a mapping.
func (r *reader) readKeys(n *yaml.Node, name message.Text, known []string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be keys with values, such as \"%s: …\"", name, known[0])
		return values
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !slices.Contains(known, key.Value):
			r.fail(key, "unknown key %s in %s%s", quote(key.Value), name, suggest(key.Value, known, n))
		case values[key.Value] != nil:
			r.fail(key, "%s is given twice: keep one", key.Value)
		case value.Kind == yaml.ScalarNode && (value.Tag == "!!null" || strings.TrimSpace(value.Value) == "") && !(key.Value == "alt" && isEmptyText(value)):
			r.reportEmpty(key, value)
		case value.Kind == yaml.AliasNode:
			r.fail(value, "%s must be a value, not an alias (*)", key.Value)
		default:
			values[key.Value] = value
		}
	}
	return values
}

// isEmptyText reports whether a value is empty on purpose: in quotes.
func isEmptyText(n *yaml.Node) bool {
	return n.Value == "" && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
}

// reportEmpty explains a key without a value: mostly a colour without quotes, which YAML takes for a comment.
func (r *reader) reportEmpty(key, value *yaml.Node) {
	if key.Line <= len(r.lines) {
		if _, comment, found := strings.Cut(r.lines[key.Line-1], "#"); found {
			value := "#" + strings.TrimRight(strings.SplitN(comment, " ", 2)[0], "\r,}")
			if _, ok := parseColour(value); ok {
				r.fail(key, "%s is empty, because # begins a comment in YAML: put the colour into quotes, \"%s\"", key.Value, value)
				return
			}
		}
	}
	r.fail(key, "%s is empty: give it a value or remove the line", key.Value)
}

func (r *reader) readTheme(root *yaml.Node, t *Theme) {
	values := r.readKeys(root, message.New("a theme"), themeKeys)
	t.Name = r.readNames(values["name"])
	t.Address = r.readAddress(values["address"])
	t.Logo = r.readPicture(values["logo"], "logo")
	t.LogoDark = r.readPicture(values["logo_dark"], "logo_dark")
	if n := values["logo_dark"]; n != nil && values["logo"] == nil {
		r.fail(n, "logo_dark is the logo on dark pages, beside logo: add \"logo: …\"")
	}
	if n := values["logo"]; n != nil && values["name"] == nil {
		r.fail(n, "a logo needs the company's name, which is read out to those who cannot see it: add \"name: …\"")
	}
	t.corners = r.readCorners(values["corners"])
	t.fonts = r.readFonts(values["font"])
	r.readCover(values["cover"], t)
	r.readColours(values["light"], values["dark"], t)
}

func (r *reader) readNames(n *yaml.Node) survey.Text {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.ScalarNode:
		return r.readName(survey.Text{}, "", n)
	}
	return r.readTexts(n, "name", r.readName)
}

// readTexts reads a text for each language. That of the first is for all others too.
func (r *reader) readTexts(n *yaml.Node, what string, read func(survey.Text, string, *yaml.Node) survey.Text) survey.Text {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		r.fail(n, "%s must be a text, or one for each language: {zh: …, en: …}", what)
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
			r.fail(key, "language %s is given twice in %s: keep one", quote(key.Value), what)
		case value.Kind != yaml.ScalarNode:
			r.fail(value, "%s in %s must be a text", what, quote(key.Value))
		default:
			read(name, key.Value, value)
		}
	}
	if len(n.Content) > 1 && name[""] == "" {
		name[""] = name[n.Content[0].Value] // the first, for other languages
	}
	return name
}

func (r *reader) readName(name survey.Text, language string, n *yaml.Node) survey.Text {
	value := strings.TrimSpace(n.Value)
	switch {
	case value == "" || n.Tag == "!!null":
		r.fail(n, "name is empty: write the company's name")
	case utf8.RuneCountInString(value) > maxName:
		r.fail(n, "name has more than %d characters: shorten it", maxName)
	default:
		name[language] = value
	}
	return name
}

func (r *reader) readAddress(n *yaml.Node) string {
	value, ok := r.scalar(n, "address")
	if !ok {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err == nil && u.Scheme == "" && u.Host == "" && strings.Contains(value, "."):
		whole, err := url.Parse("https://" + strings.TrimLeft(value, "/"))
		if err != nil || whole.Host == "" || whole.User != nil {
			r.fail(n, "address %s is not that of a site, such as https://survey.example.com/", quote(value))
			break
		}
		r.fail(n, "address %s is not complete: write '%s'", quote(value), bare(whole))
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		r.fail(n, "address %s is not that of a site, such as https://survey.example.com/", quote(value))
	case u.RawQuery != "" || u.Fragment != "":
		r.fail(n, "address %s must end with the site's folder, without ? and #: write '%s'", quote(value), bare(u))
	default:
		return strings.TrimSuffix(u.String(), "/") + "/"
	}
	return ""
}

// bare returns an address without what follows ? and #.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
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

func (r *reader) readCorners(n *yaml.Node) *int {
	value, ok := r.scalar(n, "corners")
	if !ok {
		return nil
	}
	px, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(value, "px")))
	if err != nil || px < 0 || px > maxCorners {
		r.fail(n, "corners must be a whole number of pixels from 0 (square) to %d, not %s", maxCorners, quote(value))
		return nil
	}
	return &px
}

func (r *reader) readFonts(n *yaml.Node) []string {
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
	several := false
	for _, item := range items {
		value, ok := r.scalar(item, "font")
		several = several || ok && strings.Contains(value, ",")
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.Trim(name, ` "'`); several && isFont(name) && !slices.Contains(fonts, name) {
				fonts = append(fonts, name)
			}
		}
		switch {
		case !ok || strings.Contains(value, ","):
		case isFontFile(value):
			r.fail(item, "font %s is a file: only fonts that visitors have are used, since a file would be the heaviest part of the page; write a name such as Georgia", quote(value))
		case !isFont(value):
			r.fail(item, "font %s is not the name of a font, such as Georgia", quote(value))
		case !slices.Contains(fonts, value):
			fonts = append(fonts, value)
		}
	}
	switch {
	case several && len(fonts) == 0:
		r.fail(n, "font %s is not the name of a font, such as Georgia", quote(n.Value))
	case several:
		r.fail(n, "font must be one name or a list: write [%s]", strings.Join(fonts[:min(len(fonts), maxFonts)], ", "))
	}
	return fonts
}

// isFont reports whether a text can be the name of a font that visitors have.
func isFont(name string) bool {
	odd := func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(" -_.", c)
	}
	return name != "" && !strings.ContainsFunc(name, odd) && !isFontFile(name)
}

func isFontFile(name string) bool {
	return strings.Contains(name, "://") || strings.HasSuffix(name, ".woff2") || strings.HasSuffix(name, ".ttf")
}

// readColours reads both palettes, and completes them.
func (r *reader) readColours(light, dark *yaml.Node, t *Theme) {
	if light == nil && dark == nil {
		return
	}
	before := len(r.faults)
	given := map[string]map[string]*yaml.Node{"light": {}, "dark": {}}
	values := map[string]map[string]colorful.Color{"light": {}, "dark": {}}
	for name, n := range map[string]*yaml.Node{"light": light, "dark": dark} {
		if n == nil {
			continue
		}
		given[name] = r.readKeys(n, message.Plain(name), colourKeys)
		for _, key := range slices.Sorted(maps.Keys(given[name])) {
			at := given[name][key]
			if c, ok := parseColour(strings.TrimSpace(at.Value)); ok && at.Kind == yaml.ScalarNode {
				values[name][key] = c
			} else {
				r.fail(at, "%s must be a colour such as \"#0a6a5c\", not %s", key, quote(at.Value))
			}
		}
	}
	if len(r.faults) > before {
		return
	}
	t.Light = r.completePalette("light", given["light"], values["light"], DefaultLight())
	d := DefaultDark()
	if accent, ok := values["light"]["accent"]; ok && given["dark"]["accent"] == nil {
		d["accent"] = accent // not given for dark, so it may be made lighter
	}
	t.Dark = r.completePalette("dark", given["dark"], values["dark"], d)
}

// A scheme is a palette being completed.
type scheme struct {
	*reader
	dark               bool
	given              map[string]*yaml.Node
	design             Palette // the colours of what is not given
	paper, ink, accent colorful.Color
}

// completePalette completes what is given of a palette, and checks it. Colours that are not given are adapted to those
// that are; a given colour that cannot be read is a problem.
func (r *reader) completePalette(name string, given map[string]*yaml.Node, values map[string]colorful.Color, design Palette) Palette {
	s := &scheme{reader: r, dark: name == "dark", given: given, design: design}
	for _, c := range []struct {
		key, token string
		to         *colorful.Color
	}{{"paper", "bg", &s.paper}, {"ink", "ink", &s.ink}, {"accent", "accent", &s.accent}} {
		*c.to = design[c.token]
		if given, ok := values[c.key]; ok {
			*c.to = given
		}
	}
	if !s.checkInk() {
		return nil
	}
	s.checkAccent()
	p := s.palette()
	if failing := p.failingPairs(); len(failing) > 0 && len(r.faults) == 0 {
		at := cmp.Or(given["paper"], given["ink"], given["accent"])
		worst := failing[0]
		colours := message.New("with these colours")
		if s.dark {
			colours = message.New("with these colours in dark")
		}
		r.fail(at, "%s, %s on %s has a contrast of %s, and needs %g:1: make paper and ink differ more", colours,
			worst.fore, worst.back, ratio(contrast(p[worst.fore], p[worst.back])), worst.least)
		return nil
	}
	return p
}

// palette is the whole palette. Without paper and ink of its own it is the design's, with another accent.
func (s *scheme) palette() Palette {
	if s.given["paper"] == nil && s.given["ink"] == nil {
		return s.design.withAccent(s.accent)
	}
	return deriveColours(s.paper, s.ink, s.accent, s.design["bad"])
}

// checkInk checks that text can be read, or adapts the design's ink to the given paper. It returns false if no ink can be
// read on that.
func (s *scheme) checkInk() bool {
	readable := func(c colorful.Color) bool {
		sheet := sheetOn(s.paper, c)
		return contrastsWithAll(c, 4.5, s.paper, sheet, selectedTint(sheet, s.accent), errorTint(sheet, s.design["bad"]))
	}
	if readable(s.ink) {
		return true
	}
	if s.given["ink"] != nil {
		s.reportContrast(s.given["ink"], "ink", s.ink, s.palette(), readable)
		return true
	}
	adapted, ok := nearest(s.ink, readable)
	if !ok {
		s.fail(s.given["paper"], "no text can be read well on %s: make it lighter or darker", s.colour("paper", s.paper))
		return false
	}
	s.ink = adapted
	return true
}

// checkAccent checks that the accent can be read, or adapts the design's one.
func (s *scheme) checkAccent() {
	sheet := s.palette()["sheet"]
	readable := func(c colorful.Color) bool { return contrastsWithAll(c, 4.5, s.paper, sheet, selectedTint(sheet, c)) }
	if readable(s.accent) {
		return
	}
	if s.given["accent"] != nil {
		s.reportContrast(s.given["accent"], "accent", s.accent, s.palette(), readable)
	} else if adapted, ok := nearest(s.accent, readable); ok {
		s.accent = adapted
	}
}

// reportContrast reports a colour that cannot be read, on the background where it is worst, and proposes the nearest that
// can.
func (s *scheme) reportContrast(at *yaml.Node, name string, c colorful.Color, p Palette, good func(colorful.Color) bool) {
	worst := ""
	for _, pair := range pairs {
		if pair.fore == name && pair.back != "bad-tint" && (worst == "" || contrast(c, p[pair.back]) < contrast(c, p[worst])) {
			worst = pair.back
		}
	}
	fix := message.New("no colour of this hue does: change paper")
	if better, ok := nearest(c, good); ok {
		fix = message.New("'%s' is the nearest that passes", better.Hex())
	}
	s.fail(at, "%s on %s (%s) has a contrast of %s, and text needs 4.5:1: %s", s.colour(name, c), groundNames[worst].Text(), p[worst].Hex(), ratio(contrast(c, p[worst])), fix)
}

// colour names a colour of the palette.
func (s *scheme) colour(name string, c colorful.Color) message.Text {
	if s.dark {
		return message.New("%s in dark %s", name, c.Hex())
	}
	return message.Plain(name + " " + c.Hex())
}

var hexColour = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

func parseColour(value string) (colorful.Color, bool) {
	if !hexColour.MatchString(value) {
		return colorful.Color{}, false
	}
	c, err := colorful.Hex(value)
	return c, err == nil
}

// suggest suggests one of the keys that a mapping has not, or lists all.
func suggest(word string, among []string, m *yaml.Node) message.Text {
	var unused []string
	for _, a := range among {
		if !slices.ContainsFunc(m.Content, func(n *yaml.Node) bool { return n.Value == a }) {
			unused = append(unused, a)
		}
	}
	word = strings.ToLower(word)
	if meant := aliases[word]; slices.Contains(unused, meant) {
		return message.New(": did you mean '%s'?", meant)
	}
	best, distance := "", 3
	for _, a := range unused {
		if d := levenshtein.ComputeDistance(word, a); d < distance && d < len(a) {
			best, distance = a, d
		}
	}
	if best != "" {
		return message.New(": did you mean '%s'?", best)
	}
	return message.New(": there are %s", message.Words(among...))
}

// quote quotes an author's word, on one line, and shortened if it is long.
func quote(s string) message.Text {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return message.Quoted(strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '\uFFFD'
		}
		return c
	}, s))
}

var errNotFile error = message.Key("is not a file: name a picture")

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// readFile reads a file up to one byte more than it may have. It opens nothing else: a pipe would keep it waiting.
func readFile(files fs.FS, name string, most int) ([]byte, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotFile
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(most)+1))
}
