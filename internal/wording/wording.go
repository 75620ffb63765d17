// Package wording holds the sentences of the interface: one YAML file per language, from key to sentence. Sentences have
// placeholders, {name}; one that counts has a form for each plural of its language (CLDR), chosen by the value of the
// placeholder that "of" names:
//
//	greeting: Hello, {name}
//	left: {of: n, one: "{n} answer left", other: "{n} answers left"}
//
// It is pure.
package wording

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
)

// Catalog holds the words of every language. All languages have the same keys, with the same placeholders.
type Catalog struct {
	languages []string
	words     map[string]*Words
}

// Words holds the sentences of one language.
type Words struct {
	tag       language.Tag
	name, dir string
	sentences map[string]sentence
}

// A sentence is split at its placeholders when it is loaded.
type sentence struct {
	of    string // placeholder that chooses the form; "" if there is one form only
	forms [plural.Many + 1][]piece
}

// A piece is literal text, or the name of a placeholder.
type piece struct {
	text        string
	placeholder bool
}

var formNames = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

// Load reads every LANGUAGE.yaml in the root of a file system. The error lists everything that is wrong, one line each.
func Load(fsys fs.FS) (*Catalog, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, message.Errorf("wording: %w", err)
	}
	if len(files) == 0 {
		return nil, message.Errorf("wording: no LANGUAGE.yaml found")
	}
	c := &Catalog{words: map[string]*Words{}}
	var faults []error
	for _, file := range files {
		source, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, message.Errorf("wording: %w", err)
		}
		name := strings.TrimSuffix(path.Base(file), ".yaml")
		w, errs := parse(file, name, source)
		faults = append(faults, errs...)
		c.languages = append(c.languages, name)
		c.words[name] = w
	}
	if len(faults) == 0 { // after an error in a file, its sentences would seem to be missing
		faults = c.compare()
	}
	if len(faults) > 0 {
		return nil, message.Errorf("wording: %w", errors.Join(faults...))
	}
	return c, nil
}

// parse reads one file of words. It returns everything that is wrong with it.
func parse(file, name string, source []byte) (*Words, []error) {
	p := parser{file: file, words: &Words{name: name, dir: Dir(name), sentences: map[string]sentence{}}}
	tag, err := language.Parse(name)
	if err != nil {
		return p.words, []error{message.Errorf("%s: %q is not a language tag", file, name)}
	}
	p.words.tag, p.forms = tag, formsOf(tag)
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		line := 1
		fmt.Sscanf(err.Error(), "yaml: line %d:", &line)
		return p.words, []error{message.Errorf("%s:%d: this is not YAML from here on: check the indentation, quotes and colons of this line and the one above", file, line)}
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return p.words, []error{message.Errorf("%s: not a map from key to sentence", file)}
	}
	entries := document.Content[0].Content
	for i := 0; i < len(entries); i += 2 {
		p.entry(entries[i], entries[i+1])
	}
	slices.SortFunc(p.faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return p.words, slices.CompactFunc(p.faults, func(a, b error) bool { return a.Error() == b.Error() })
}

// A parser reads one file of words.
type parser struct {
	file   string
	words  *Words
	forms  []plural.Form // that the language has
	key    *yaml.Node    // of the sentence that is being read
	faults []error
}

func (p *parser) fail(format string, args ...any) {
	p.faults = append(p.faults, message.Errorf("%s:%d: %s: %s", p.file, p.key.Line, p.key.Value, message.New(format, args...)))
}

// entry reads a key and its sentence.
func (p *parser) entry(key, value *yaml.Node) {
	p.key = key
	if p.words.Has(key.Value) {
		p.fail("given twice")
		return
	}
	var s sentence
	switch value.Kind {
	case yaml.ScalarNode:
		pieces, err := split(value.Value)
		if err != nil {
			p.fail("%v", err)
		}
		s.forms[plural.Other] = pieces
	case yaml.MappingNode:
		s = p.plurals(value)
		p.checkPlurals(&s)
	default:
		p.fail("neither a sentence nor its plural forms")
	}
	if s.forms[plural.Other] == nil {
		s.forms[plural.Other] = []piece{}
	}
	p.words.sentences[key.Value] = s
}

// plurals reads the plural forms of a sentence.
func (p *parser) plurals(n *yaml.Node) sentence {
	var s sentence
	for i := 0; i < len(n.Content); i += 2 {
		name, text := n.Content[i].Value, n.Content[i+1].Value
		if name == "of" {
			s.of = text
			continue
		}
		form, ok := formNames[name]
		if !ok || !slices.Contains(p.forms, form) {
			p.fail("%q is not a plural form of this language", name)
			continue
		}
		pieces, err := split(text)
		if err != nil {
			p.fail("%s: %v", name, err)
		}
		s.forms[form] = pieces
	}
	return s
}

// checkPlurals reports plural forms that are missing or do not fit together.
func (p *parser) checkPlurals(s *sentence) {
	other := placeholders(s.forms[plural.Other])
	if s.of == "" {
		p.fail("lacks \"of\", the placeholder that chooses the form")
	} else if s.forms[plural.Other] != nil && !slices.Contains(other, s.of) {
		p.fail("\"of\" names %q, which is not one of its placeholders", s.of)
	}
	for name, form := range formNames {
		if slices.Contains(p.forms, form) && s.forms[form] == nil {
			p.fail("lacks the plural form %q", name)
		}
	}
	for _, pieces := range s.forms {
		for _, name := range placeholders(pieces) {
			if !slices.Contains(other, name) {
				p.fail("the form \"other\" lacks the placeholder {%s}", name)
			}
		}
	}
}

// compare checks that all languages have the same keys, and for each key the placeholders of the first language that has
// it.
func (c *Catalog) compare() []error {
	first := map[string]string{} // key to language
	for _, l := range c.languages {
		for key := range c.words[l].sentences {
			if _, ok := first[key]; !ok {
				first[key] = l
			}
		}
	}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(first)) {
		for _, l := range c.languages {
			faults = append(faults, c.compareKey(key, l, first[key])...)
		}
	}
	return faults
}

// compareKey checks that the language name has a key with the same placeholders as the language first.
func (c *Catalog) compareKey(key, name, first string) []error {
	s, ok := c.words[name].sentences[key]
	if !ok {
		return []error{message.Errorf("%s.yaml: lacks %q, which %s.yaml has", name, key, first)}
	}
	want := placeholders(c.words[first].sentences[key].forms[plural.Other])
	got := placeholders(s.forms[plural.Other])
	var faults []error
	for _, p := range want {
		if !slices.Contains(got, p) {
			faults = append(faults, message.Errorf("%s.yaml: %s: lacks the placeholder {%s}, which %s.yaml has", name, key, p, first))
		}
	}
	for _, p := range got {
		if !slices.Contains(want, p) {
			faults = append(faults, message.Errorf("%s.yaml: %s: unknown placeholder {%s}, which %s.yaml does not have", name, key, p, first))
		}
	}
	return faults
}

var braces = regexp.MustCompile(`\{[^{}]*\}`)

// split splits a text at its placeholders.
func split(text string) ([]piece, error) {
	if strings.TrimSpace(text) == "" {
		return nil, message.Errorf("empty")
	}
	var pieces []piece
	end := 0
	for _, at := range braces.FindAllStringIndex(text, -1) {
		if at[0] > end {
			pieces = append(pieces, piece{text: text[end:at[0]]})
		}
		name := text[at[0]+1 : at[1]-1]
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return nil, message.Errorf("{%s} is not a placeholder", name)
		}
		pieces = append(pieces, piece{text: name, placeholder: true})
		end = at[1]
	}
	if end < len(text) {
		pieces = append(pieces, piece{text: text[end:]})
	}
	return pieces, nil
}

// placeholders lists the names of the placeholders, in order.
func placeholders(pieces []piece) []string {
	var names []string
	for _, p := range pieces {
		if p.placeholder {
			names = append(names, p.text)
		}
	}
	return names
}

// formsOf lists the plural forms of a language, "other" among them, by trying numbers: except for compact notation, these
// reach every form in CLDR's rules.
func formsOf(tag language.Tag) []plural.Form {
	forms := []plural.Form{plural.Other}
	add := func(f plural.Form) {
		if !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	for n := range 210 {
		add(plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0))
	}
	add(plural.Cardinal.MatchPlural(tag, 1_000_000, 0, 0, 0, 0))
	return forms
}

// Languages lists the languages, sorted.
func (c *Catalog) Languages() []string { return c.languages }

// HasLanguage reports whether there are words in a language or in one that it is a variety of.
func (c *Catalog) HasLanguage(name string) bool { return c.find(name) != nil }

// In returns the words of a language, else of the nearest one that it is a variety of ("zh" for "zh-Hant-TW"), else of
// English, else of the first language.
func (c *Catalog) In(name string) *Words {
	if w := c.find(name); w != nil {
		return w
	}
	if w := c.words["en"]; w != nil {
		return w
	}
	return c.words[c.languages[0]]
}

// find returns the words of a language, else of the nearest language that it is a variety of, else nil.
func (c *Catalog) find(name string) *Words {
	for {
		if w := c.words[name]; w != nil {
			return w
		}
		at := strings.LastIndexByte(name, '-')
		if at < 0 {
			return nil
		}
		name = name[:at]
	}
}

// Language returns the language of the words.
func (w *Words) Language() string { return w.name }

// Dir returns the direction of writing: "ltr" or "rtl".
func (w *Words) Dir() string { return w.dir }

// Dir returns the direction of writing of a language: "ltr" or "rtl".
func Dir(name string) string {
	script, _ := language.Make(name).Script()
	switch script.String() {
	case "Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa":
		return "rtl"
	}
	return "ltr"
}

// Has reports whether there is a sentence for a key.
func (w *Words) Has(key string) bool { _, ok := w.sentences[key]; return ok }

// Keys lists the keys, sorted.
func (w *Words) Keys() []string { return slices.Sorted(maps.Keys(w.sentences)) }

// Say returns the sentence of a key. args are the names and values of placeholders in turn; values are printed as by
// fmt.Sprint, but numbers below zero with a true minus. An unknown key and a missing value are shown by their names, so that
// a page survives the mistake.
func (w *Words) Say(key string, args ...any) string {
	s, ok := w.sentences[key]
	if !ok {
		return key
	}
	form := plural.Other
	if s.of != "" {
		form = w.form(w.value(s.of, args))
	}
	pieces := s.forms[form]
	if len(pieces) == 1 && !pieces[0].placeholder {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.placeholder {
			b.WriteString(w.value(p.text, args))
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// value prints the value of a placeholder.
func (w *Words) value(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			switch v := args[i+1].(type) { // as fmt.Sprint prints it, but faster
			case string:
				return v
			case int:
				return w.minus(strconv.Itoa(v))
			case int64:
				return w.minus(strconv.FormatInt(v, 10))
			}
			return w.minus(fmt.Sprint(args[i+1]))
		}
	}
	return "{" + name + "}"
}

func (w *Words) minus(number string) string { return Minus(number, w.dir == "rtl") }

// Minus gives a number a true minus in place of a hyphen; see [Sign].
func Minus(number string, rtl bool) string {
	rest, negative := strings.CutPrefix(number, "-")
	if !negative || rest == "" || rest[0] < '0' || rest[0] > '9' {
		return number
	}
	return Sign("−", rtl) + rest
}

// Sign returns a plus or minus to put before a number. Between words that run from right to left, a mark keeps it there.
func Sign(sign string, rtl bool) string {
	if rtl {
		return "\u200e" + sign
	}
	return sign
}

// form returns the plural form for a number as it is written, "3" or "1.50"; Other for anything else.
func (w *Words) form(number string) plural.Form {
	whole, fraction, _ := strings.Cut(strings.TrimLeft(number, "\u200e−-"), ".")
	short := strings.TrimRight(fraction, "0")
	i, errI := strconv.Atoi(whole[max(0, len(whole)-9):])
	f, errF := strconv.Atoi("0" + fraction)
	t, errT := strconv.Atoi("0" + short)
	if errI != nil || errF != nil || errT != nil {
		return plural.Other
	}
	if len(whole) > 9 {
		i += 1_000_000_000 // rules depend on the last digits, and on whether a number is small
	}
	return plural.Cardinal.MatchPlural(w.tag, i, len(fraction), len(short), f, t)
}

// Date returns a calendar day, given as 2006-01-02, as the language writes it. It returns anything else unchanged.
func (w *Words) Date(day string) string {
	year, rest, _ := strings.Cut(day, "-")
	month, d, _ := strings.Cut(rest, "-")
	m, errM := strconv.Atoi(month)
	n, errD := strconv.Atoi(d)
	if len(day) != len("2006-01-02") || errM != nil || errD != nil || m < 1 || m > 12 {
		return day
	}
	return w.Say("date", "year", year, "month", w.Say("month."+strconv.Itoa(m)), "day", n)
}
