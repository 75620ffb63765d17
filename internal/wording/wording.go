// Package wording is the interface's own sentences: one YAML file a language, key to sentence. Sentences have
// placeholders, {name}; one that counts has a form for each plural of its language (CLDR), chosen by the placeholder
// that it names under "of":
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
)

// Catalog is every language's words. All languages have the same keys, with the same placeholders.
type Catalog struct {
	languages []string
	words     map[string]*Words
}

// Words is the sentences of one language.
type Words struct {
	tag       language.Tag
	name      string
	sentences map[string]sentence
}

// A sentence is split at its placeholders once, when it is loaded.
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

// Load reads every LANGUAGE.yaml in the root of a file system. The error lists everything that is wrong, a line each.
func Load(fsys fs.FS) (*Catalog, error) {
	files, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("wording: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("wording: no LANGUAGE.yaml found")
	}
	c := &Catalog{words: map[string]*Words{}}
	var faults []error
	for _, file := range files {
		source, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("wording: %w", err)
		}
		name := strings.TrimSuffix(path.Base(file), ".yaml")
		w, errs := parse(file, name, source)
		faults = append(faults, errs...)
		c.languages = append(c.languages, name)
		c.words[name] = w
	}
	if len(faults) == 0 { // else everything in a broken file would be missing
		faults = c.compare()
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("wording: %w", errors.Join(faults...))
	}
	return c, nil
}

func parse(file, name string, source []byte) (*Words, []error) {
	w := &Words{name: name, sentences: map[string]sentence{}}
	tag, err := language.Parse(name)
	if err != nil {
		return w, []error{fmt.Errorf("%s: %q is not a language tag", file, name)}
	}
	w.tag = tag
	var document yaml.Node
	if err := yaml.Unmarshal(source, &document); err != nil {
		return w, []error{fmt.Errorf("%s: %w", file, err)}
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return w, []error{fmt.Errorf("%s: not a map from key to sentence", file)}
	}
	var faults []error
	needed := formsOf(tag)
	entries := document.Content[0].Content
	for i := 0; i < len(entries); i += 2 {
		key := entries[i].Value
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("%s:%d: %s: %s", file, entries[i].Line, key, fmt.Sprintf(format, args...)))
		}
		if _, double := w.sentences[key]; double {
			fault("given twice")
			continue
		}
		var s sentence
		switch value := entries[i+1]; value.Kind {
		case yaml.ScalarNode:
			s.forms[plural.Other], err = split(value.Value)
			if err != nil {
				fault("%v", err)
			}
		case yaml.MappingNode:
			for j := 0; j < len(value.Content); j += 2 {
				k, text := value.Content[j].Value, value.Content[j+1].Value
				if k == "of" {
					s.of = text
					continue
				}
				form, ok := formNames[k]
				if !ok || !slices.Contains(needed, form) {
					fault("%q is no plural form of this language", k)
					continue
				}
				if s.forms[form], err = split(text); err != nil {
					fault("%s: %v", k, err)
				}
			}
			if s.of == "" {
				fault("lacks \"of\", the placeholder that chooses the form")
			} else if s.forms[plural.Other] != nil && !slices.Contains(placeholders(s.forms[plural.Other]), s.of) {
				fault("\"of\" names %q, which is no placeholder of it", s.of)
			}
			for form := range formNames {
				if slices.Contains(needed, formNames[form]) && s.forms[formNames[form]] == nil {
					fault("lacks the plural form %q", form)
				}
			}
			for _, pieces := range s.forms {
				for _, p := range placeholders(pieces) {
					if !slices.Contains(placeholders(s.forms[plural.Other]), p) {
						fault("the form \"other\" lacks the placeholder {%s}", p)
					}
				}
			}
		default:
			fault("neither a sentence nor its plural forms")
		}
		if s.forms[plural.Other] == nil {
			s.forms[plural.Other] = []piece{}
		}
		w.sentences[key] = s
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return w, slices.CompactFunc(faults, func(a, b error) bool { return a.Error() == b.Error() })
}

// compare holds every language against the union of all keys, and against the placeholders of the first that has one.
func (c *Catalog) compare() []error {
	model := map[string]string{} // key to the first language that has it
	for _, l := range c.languages {
		for key := range c.words[l].sentences {
			if _, ok := model[key]; !ok {
				model[key] = l
			}
		}
	}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(model)) {
		want := placeholders(c.words[model[key]].sentences[key].forms[plural.Other])
		for _, l := range c.languages {
			s, ok := c.words[l].sentences[key]
			if !ok {
				faults = append(faults, fmt.Errorf("%s.yaml: lacks %q, which %s.yaml has", l, key, model[key]))
				continue
			}
			got := placeholders(s.forms[plural.Other])
			for _, p := range want {
				if !slices.Contains(got, p) {
					faults = append(faults, fmt.Errorf("%s.yaml: %s: lacks the placeholder {%s}, which %s.yaml has", l, key, p, model[key]))
				}
			}
			for _, p := range got {
				if !slices.Contains(want, p) {
					faults = append(faults, fmt.Errorf("%s.yaml: %s: unknown placeholder {%s}, which %s.yaml has not", l, key, p, model[key]))
				}
			}
		}
	}
	return faults
}

var braces = regexp.MustCompile(`\{[^{}]*\}`)

func split(text string) ([]piece, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("empty")
	}
	var pieces []piece
	rest := 0
	for _, at := range braces.FindAllStringIndex(text, -1) {
		if at[0] > rest {
			pieces = append(pieces, piece{text: text[rest:at[0]]})
		}
		name := text[at[0]+1 : at[1]-1]
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			return nil, fmt.Errorf("{%s} is no placeholder", name)
		}
		pieces = append(pieces, piece{text: name, placeholder: true})
		rest = at[1]
	}
	if rest < len(text) {
		pieces = append(pieces, piece{text: text[rest:]})
	}
	return pieces, nil
}

func placeholders(pieces []piece) []string {
	var names []string
	for _, p := range pieces {
		if p.placeholder {
			names = append(names, p.text)
		}
	}
	return names
}

// formsOf lists the plural forms that a language has, "other" among them, by trying numbers: CLDR's rules have no
// form that none of these reaches, except for compact notation.
func formsOf(tag language.Tag) []plural.Form {
	forms := []plural.Form{plural.Other}
	try := func(f plural.Form) {
		if !slices.Contains(forms, f) {
			forms = append(forms, f)
		}
	}
	for n := range 210 {
		try(plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0))
	}
	try(plural.Cardinal.MatchPlural(tag, 1_000_000, 0, 0, 0, 0))
	return forms
}

// Languages lists the languages there are, sorted.
func (c *Catalog) Languages() []string { return c.languages }

// Speaks reports whether there are words in a language itself, or in the one it is a variety of.
func (c *Catalog) Speaks(name string) bool { return c.find(name) != nil }

// In returns the words of a language, or else of the language that it is a variety of ("zh" for "zh-Hant-TW"), or
// else of English, or else of the first language there is.
func (c *Catalog) In(name string) *Words {
	if w := c.find(name); w != nil {
		return w
	}
	if w := c.words["en"]; w != nil {
		return w
	}
	return c.words[c.languages[0]]
}

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

// Language is the language of the words.
func (w *Words) Language() string { return w.name }

// Dir is the direction of writing: "ltr" or "rtl".
func (w *Words) Dir() string { return Dir(w.name) }

// Dir is a language's direction of writing: "ltr" or "rtl".
func Dir(name string) string {
	script, _ := language.Make(name).Script()
	switch script.String() {
	case "Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa":
		return "rtl"
	}
	return "ltr"
}

// Has reports whether there is a sentence with a key.
func (w *Words) Has(key string) bool { _, ok := w.sentences[key]; return ok }

// Keys lists the keys, sorted.
func (w *Words) Keys() []string { return slices.Sorted(maps.Keys(w.sentences)) }

// Say returns the sentence of a key. Args are the placeholders' names and values in turn; values print as fmt.Sprint
// does. A key or placeholder that is not there says its own name, so that a page survives the mistake.
func (w *Words) Say(key string, args ...any) string {
	s, ok := w.sentences[key]
	if !ok {
		return key
	}
	form := plural.Other
	if s.of != "" {
		form = w.form(value(s.of, args))
	}
	pieces := s.forms[form]
	if len(pieces) == 1 && !pieces[0].placeholder {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.placeholder {
			b.WriteString(value(p.text, args))
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

func value(name string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			switch v := args[i+1].(type) { // as fmt.Sprint does it, which takes longer
			case string:
				return v
			case int:
				return strconv.Itoa(v)
			case int64:
				return strconv.FormatInt(v, 10)
			}
			return fmt.Sprint(args[i+1])
		}
	}
	return "{" + name + "}"
}

// form chooses the plural form of a number as it is written, "3" or "1.50"; other for what is no number.
func (w *Words) form(number string) plural.Form {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(number, "-"), ".")
	short := strings.TrimRight(fraction, "0")
	i, errI := strconv.Atoi(whole[max(0, len(whole)-9):])
	f, errF := strconv.Atoi("0" + fraction)
	t, errT := strconv.Atoi("0" + short)
	if errI != nil || errF != nil || errT != nil {
		return plural.Other
	}
	if len(whole) > 9 {
		i += 1_000_000_000 // rules look at the last digits, and at whether a number is small
	}
	return plural.Cardinal.MatchPlural(w.tag, i, len(fraction), len(short), f, t)
}

// Date says a calendar day, written 2006-01-02, as the language does; anything else stays as it is.
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
