package questionnaire

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/language"
	"golang.org/x/text/width"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// reader walks one file's YAML nodes and collects every problem that it meets.
type reader struct {
	file       string
	lines      []string // of the file, as mended
	edits      []edit   // what was mended, to be read on
	languages  []string
	problems   Problems
	said       map[Problem]bool       // each problem once, however many aliases lead to it
	visits     int                    // nodes looked at, aliases followed: bounded, so that a YAML bomb stays a message
	stopped    bool                   // by too many visits or problems: nothing more is looked at or reported
	unlisted   map[string]bool        // languages of texts that the survey does not list, reported once each
	nameless   bool                   // a dimension has no readable id, so that one may seem undeclared
	overallAt  *yaml.Node             // where scoring names the item that stands for the whole
	conditions []condition            // in the order in which they are read
	waiting    []func(*survey.Survey) // checks of the scoring and results keys that need the questions
	segments   map[string]*yaml.Node  // where each question is declared a segment, by the question's id
}

func newReader(file string) *reader {
	return &reader{file: file, said: map[Problem]bool{}, unlisted: map[string]bool{}, segments: map[string]*yaml.Node{}}
}

// Both are far above any questionnaire, and a fraction of a second's work.
const (
	maxVisits   = 200_000
	maxProblems = 1_000
)

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.failAt(n.Line, n.Column, format, args...)
}

// failInside reports a place within a plain value: offset is the number of its characters before it.
func (r *reader) failInside(n *yaml.Node, offset int, format string, args ...any) {
	if r.stopped {
		return
	}
	line, column := r.inside(n, offset)
	r.failAt(line, column, format, args...)
}

func (r *reader) failAt(line, column int, format string, args ...any) {
	if r.stopped {
		return
	}
	p := Problem{File: r.file, Line: line, Column: r.placed(line, column), Message: fmt.Sprintf(format, args...)}
	if r.said[p] {
		return
	}
	if len(r.problems) == maxProblems {
		r.stopped = true
		p.Message = fmt.Sprintf("more than %d problems: mend these first", maxProblems)
	}
	r.said[p] = true
	r.problems = append(r.problems, p)
}

// follow resolves an alias, and counts the visit, with all that the node holds. It is nil when there is nothing, or when
// the file asks for too much.
func (r *reader) follow(n *yaml.Node) *yaml.Node {
	if n == nil || r.stopped {
		return nil
	}
	at := n
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if r.visits += 1 + len(n.Content); r.visits >= maxVisits {
		r.fail(at, "too large: with its aliases (*) written out, the file has more than %d values", maxVisits)
		r.stopped = true
		return nil
	}
	return n
}

// pointed is what an alias stands for, for a look that is followed by a visit.
func pointed(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// object is a mapping whose keys are all known. One that could not be read has no keys, and a nil node.
type object struct {
	*reader
	of     *mapping
	as     survey.Type // of a question, once it is known
	node   *yaml.Node
	keys   map[string]*yaml.Node
	values map[string]*yaml.Node
	merged bool // it has keys that cannot be seen
}

// object reads a mapping, and reports the keys that it lacks; a question's depend on its type, see [object.needs]. A
// misspelled key's value is read as that of the key that was meant, so that its other problems are found in the same run.
func (r *reader) object(n *yaml.Node, of *mapping) object {
	o := object{reader: r, of: of, node: n, keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}}
	o.read(n)
	if of != &questionMapping {
		o.needs()
	}
	return o
}

func (o *object) read(n *yaml.Node) {
	what, allowed := o.of.name, o.of.names("")
	m := o.follow(n)
	if m == nil {
		o.node = nil
		return
	}
	if m.Kind != yaml.MappingNode {
		if o.of == &questionnaireMapping && m.Kind == yaml.SequenceNode {
			o.fail(n, "a questionnaire begins with \"title: …\", not with a list: its questions stand below \"sections:\" and \"- questions:\"")
			o.node = nil
			return
		}
		o.fail(n, "%s must hold keys and values, such as \"%s: …\" and \"%s: …\", not %s%s", what, allowed[0], allowed[1], kindOf(m), colonHint(m.Value))
		o.node = nil
		return
	}
	if len(m.Content) == 0 {
		if needed := o.of.needed(o.as); len(needed) > 0 {
			o.fail(n, "%s is empty: it needs %s", what, strings.Join(needed, ", "))
		} else {
			o.fail(n, "%s is empty: it may have %s", what, strings.Join(allowed, ", "))
		}
		o.node = nil
	}
	var free []string   // the keys that are not given
	var list *yaml.Node // the last key's value, if that is a list
	for i := 0; i+1 < len(m.Content) && !o.stopped; i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		known := slices.Contains(allowed, k.Value)
		if o.belongsToEntry(k, v, list, known && o.keys[k.Value] == nil) {
			continue
		}
		if list = nil; v.Kind == yaml.SequenceNode && v.Style&yaml.FlowStyle == 0 {
			list = v
		}
		switch {
		case k.Value == "<<" && k.Tag == "!!merge":
			o.merged = true
			o.fail(k, "merge keys (<<) are not part of the format: write the keys out")
		case k.Kind != yaml.ScalarNode:
			o.fail(k, "a key must be a word, not %s", kindOf(k))
		case o.keys[k.Value] != nil:
			if i > 0 && k.Value == m.Content[0].Value && o.of != &questionnaireMapping && (strings.HasPrefix(what, "a ") || strings.HasPrefix(what, "an ")) {
				o.fail(k, "key %s is given twice (first on line %d): keep one, or begin a new entry with \"- \"", quote(k.Value), o.keys[k.Value].Line)
				return // the rest belongs to the new entry
			}
			o.fail(k, "key %s is given twice (first on line %d): keep one", quote(k.Value), o.keys[k.Value].Line)
		case !known && strings.TrimLeft(k.Value, "\u3000\u00A0") != k.Value:
			o.fail(k, "%s", indentedWide([]rune(k.Value)[0]))
			if meant := strings.TrimLeft(k.Value, "\u3000\u00A0"); o.keys[meant] == nil {
				o.keys[meant], o.values[meant] = k, v
			}
		case !known && colonHint(k.Value) != "":
			o.fail(k, "unknown key %s%s", quote(k.Value), colonHint(k.Value))
			if word := beforeColon(k.Value); o.keys[word] == nil {
				o.keys[word] = k // so that it is not said to be missing as well
			}
		case !known && o.afterComma(k, v):
			o.fail(k, "the comma before %s ends the value: inside { }, a text with a comma in it needs quotes", quote(k.Value))
		case !known:
			if free == nil {
				free = slices.DeleteFunc(slices.Clone(allowed), func(name string) bool { return keyOf(m, name) != nil })
			}
			meant := nearest(k.Value, free)
			if meant == "" {
				own := allowed
				if o.of == &questionMapping {
					own = o.of.names(typeIn(m))
				}
				o.fail(k, "unknown key %s: %s may have %s", quote(k.Value), what, strings.Join(own, ", "))
				continue
			}
			o.fail(k, "unknown key %s%s", quote(k.Value), suggest(k.Value, free))
			if o.keys[meant] == nil {
				o.keys[meant], o.values[meant] = k, v
			}
		default:
			o.keys[k.Value], o.values[k.Value] = k, v
		}
	}
}

// keyOf finds a key of a mapping, or nil.
func keyOf(m *yaml.Node, name string) *yaml.Node {
	for i := 0; m != nil && m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i]
		}
	}
	return nil
}

// belongsToEntry finds a key that stands below the dash of the list before it, and not below that entry's own keys: it is
// reported, and given to the entry.
func (o *object) belongsToEntry(k, v, list *yaml.Node, own bool) bool {
	if own || list == nil || len(list.Content) == 0 || k.Kind != yaml.ScalarNode || k.Column != list.Column {
		return false
	}
	entry := list.Content[len(list.Content)-1]
	if entry.Kind != yaml.MappingNode || len(entry.Content) == 0 || keyOf(entry, k.Value) != nil || !keyNames()[k.Value] {
		return false
	}
	first := entry.Content[0]
	o.fail(k, "%s stands below the dash, and so outside of the entry that begins on line %d: indent it by %d more spaces, as %s", quote(k.Value), entry.Line, first.Column-k.Column, quote(first.Value))
	entry.Content = append(entry.Content, k, v)
	return true
}

// needs reports the keys that must be given and are not.
func (o object) needs() {
	for _, name := range o.of.needed(o.as) {
		k, _ := o.of.key(name, o.as)
		o.need(name, k.need)
	}
}

// form is what a key's value may be.
func (o object) form(name string) form {
	k, _ := o.of.key(name, o.as)
	return k.form
}

// afterComma reports whether a key is really what follows a comma of a text inside { }.
func (r *reader) afterComma(k, v *yaml.Node) bool {
	return v.Kind == yaml.ScalarNode && v.Tag == "!!null" && v.Value == "" && v.Line == k.Line && k.Style == 0 && k.Column+len([]rune(k.Value)) == v.Column
}

// beforeColon is the key that was meant by one with a wrong colon.
func beforeColon(said string) string {
	word, _, _ := strings.Cut(strings.ReplaceAll(said, "：", ":"), ":")
	return strings.TrimSpace(word)
}

// colonHint says what is wrong with a colon that is none for YAML.
func colonHint(said string) string {
	switch {
	case wideColon.MatchString(said):
		return ": the colon ： is a wide one, write \": \" (an ordinary colon and a space)"
	case tightColon.MatchString(said):
		return ": a space is missing after the colon"
	}
	return ""
}

// has reports whether a key was given with a supported value.
func (o object) has(name string) bool { return o.values[name] != nil }

// need reports a missing key, at the mapping's place.
func (o object) need(name, why string) {
	if o.keys[name] == nil && o.node != nil && !o.merged {
		o.fail(o.node, "%s is missing%s", quote(name), why)
	}
}

// scalar returns a key's plain value, or false if there is none.
func (o object) scalar(name string) (*yaml.Node, bool) {
	v := o.values[name]
	if v == nil {
		return nil, false
	}
	s := o.follow(v)
	if s == nil {
		return nil, false
	}
	if s.Kind != yaml.ScalarNode {
		o.fail(v, "%s must be a single value, not %s", name, kindOf(s))
		return nil, false
	}
	if tagged(s) {
		o.fail(v, "! at the start of a value has a meaning in YAML: put the value of %s into quotes", name)
		return nil, false
	}
	if s.Tag == "!!null" || strings.TrimSpace(s.Value) == "" {
		o.fail(v, "%s is empty: give it a value or remove the line", name)
		return nil, false
	}
	return s, true
}

// tagged reports whether a value begins with YAML's "!", which no questionnaire needs.
func tagged(n *yaml.Node) bool { return n.Style&yaml.TaggedStyle != 0 }

// plain reads a string, such as a name or an address.
func (o object) plain(name string) string {
	s, ok := o.scalar(name)
	if !ok {
		return ""
	}
	return strings.TrimSpace(s.Value)
}

// truthOf reads true or false, however YAML may have it; plain is false for anything else.
func truthOf(said string) (truth, plain bool) {
	switch strings.ToLower(said) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

func (o object) boolean(name string, otherwise bool) bool {
	s, ok := o.scalar(name)
	if !ok {
		return otherwise
	}
	if truth, plain := truthOf(s.Value); plain {
		return truth
	}
	o.fail(s, "%s must be true or false, not %s%s", name, quote(s.Value), suggest(s.Value, []string{"true", "false"}))
	return otherwise
}

// integer reads a whole number within its key's bounds.
func (o object) integer(name string, otherwise int) int {
	return o.integerTo(name, int(o.form(name).most/survey.One), otherwise)
}

// integerTo reads a whole number with an upper bound of its own.
func (o object) integerTo(name string, most, otherwise int) int {
	s, ok := o.scalar(name)
	if !ok {
		return otherwise
	}
	least := int(o.form(name).least / survey.One)
	n, err := strconv.Atoi(s.Value)
	if err != nil || n < least || n > most {
		o.fail(s, "%s must be a whole number from %d to %d, not %s%s", name, least, most, quote(s.Value), narrow(s.Value))
		return otherwise
	}
	return n
}

// decimal reads a number within its key's bounds; nil if there is none.
func (o object) decimal(name string) *survey.Decimal {
	s, ok := o.scalar(name)
	if !ok {
		return nil
	}
	f := o.form(name)
	d, err := survey.ParseDecimal(s.Value)
	if err != nil || d < f.least || d > f.most {
		o.fail(s, "%s must be a number from %s to %s with at most three decimals, not %s%s", name, f.least, f.most, quote(s.Value), narrow(s.Value))
		return nil
	}
	return &d
}

func (o object) date(name string) survey.Date {
	s, ok := o.scalar(name)
	if !ok {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s.Value); err != nil {
		if calendarDay.MatchString(s.Value) {
			o.fail(s, "%s: there is no day %s in the calendar", name, s.Value)
			return ""
		}
		fix := ""
		for _, layout := range []string{"2006/1/2", "2006-1-2", "2006.1.2", "2006年1月2日", "2.1.2006", "20060102"} {
			if day, err := time.Parse(layout, width.Fold.String(s.Value)); err == nil {
				fix = fmt.Sprintf(": did you mean '%s'?", day.Format(time.DateOnly))
				break
			}
		}
		o.fail(s, "%s must be a date such as 2026-10-31, not %s%s", name, quote(s.Value), fix)
		return ""
	}
	return survey.Date(s.Value)
}

var calendarDay = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// narrow offers a number for one that is written with wide digits (５), a unit, a comma or in Chinese.
func narrow(said string) string {
	folded := width.Fold.String(said)
	if _, err := survey.ParseDecimal(folded); err == nil && folded != said {
		return fmt.Sprintf(": write it in ordinary digits, '%s'", folded)
	}
	if at := slices.Index(strings.Split("零一二三四五六七八九十", ""), said); at >= 0 {
		return fmt.Sprintf(": write it in ordinary digits, '%d'", at)
	}
	plain := strings.TrimSpace(strings.TrimRight(folded, "% 分份人"))
	if m := decimalComma.FindStringSubmatch(plain); m != nil {
		plain = m[1] + "." + m[2]
	} else if thousands.MatchString(plain) {
		plain = strings.ReplaceAll(plain, ",", "")
	}
	if _, err := survey.ParseDecimal(plain); err == nil && plain != said {
		return fmt.Sprintf(": write the number alone, '%s'", plain)
	}
	return ""
}

var (
	thousands    = regexp.MustCompile(`^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`)
	decimalComma = regexp.MustCompile(`^(-?[0-9]+),([0-9]{1,2})$`)
)

// word reads one of its key's words.
func (o object) word(name, otherwise string) string {
	s, ok := o.scalar(name)
	if !ok {
		return otherwise
	}
	switch f := o.form(name); {
	case slices.Contains(f.words, s.Value):
		return s.Value
	default:
		o.fail(s, "%s must be %s, not %s%s", name, oneOf(f.words), quote(s.Value), suggest(s.Value, f.words))
	}
	return otherwise
}

var (
	questionID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	choiceID   = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)
	surveyID   = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
)

var onlyDigits = regexp.MustCompile(`^[0-9]+$`)

const maxID = 64 // characters of any id

// id reads an id. otherwise is for where none is given.
func (o object) id(otherwise string) string { return o.identifier("id", otherwise) }

// identifier reads a key whose value has the form of an id.
func (o object) identifier(key, otherwise string) string {
	s, ok := o.scalar(key)
	if !ok {
		return otherwise
	}
	if len(s.Value) > maxID {
		o.fail(s, "%s is longer than %d characters: shorten it", key, maxID)
		return otherwise
	}
	form, rule := questionID, "lower-case letters a–z, digits and _, starting with a letter"
	switch o.form(key).kind {
	case choiceIDForm:
		form, rule = choiceID, "lower-case letters a–z, digits and _"
	case fileIDForm:
		form, rule = surveyID, "lower-case letters a–z, digits, _ and -, starting with a letter"
	}
	if form.MatchString(s.Value) {
		return s.Value
	}
	fix := lookalike(s.Value)
	if mended := mendID(s.Value, form); fix == "" && mended != "" {
		fix = fmt.Sprintf(": did you mean '%s'?", mended)
	}
	if fix == "" {
		such := "delivery_time"
		if k, _ := o.of.key(key, o.as); key != "id" {
			such = k.example
		}
		fix = ": write one such as " + such
	}
	o.fail(s, "%s %s may have only %s%s", key, quote(s.Value), rule, fix)
	return otherwise
}

// lookalike names the first letter of a word that is none of a–z, though it may look like one.
func lookalike(word string) string {
	for _, c := range width.Fold.String(word) {
		if c > unicode.MaxASCII && unicode.IsLetter(c) && !unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			return fmt.Sprintf(": %q (U+%04X) is none of the letters a–z, even if it looks like one", c, c)
		}
	}
	return ""
}

// suggestID offers a mended name.
func suggestID(id string) string {
	if odd := lookalike(id); odd != "" {
		return odd
	}
	if mended := mendID(id, questionID); mended != "" {
		return fmt.Sprintf(": did you mean '%s'?", mended)
	}
	return ""
}

// mendID guesses what a bad id was meant to be, or "".
func mendID(id string, form *regexp.Regexp) string {
	id = strings.ToLower(strings.Trim(width.Fold.String(id), " “”‘’\"'"))
	digits := onlyDigits.MatchString(id)
	if digits && form != choiceID {
		return "q" + id
	}
	id = strings.Map(func(c rune) rune {
		switch {
		case c == ' ' || c == '-' || c == '.' || c == '/' || c == '&':
			return '_'
		case strings.ContainsRune("?!,:;()'", c):
			return -1
		}
		return c
	}, id)
	if id = strings.TrimLeft(id, "_"); !form.MatchString(id) {
		id = strings.TrimLeft(id, "_0123456789")
	}
	if !form.MatchString(id) {
		return ""
	}
	return id
}

// list returns a key's sequence; each item is a node.
func (o object) list(name string) []*yaml.Node {
	v := o.values[name]
	if v == nil {
		return nil
	}
	return o.items(v, name)
}

func (r *reader) items(v *yaml.Node, name string) []*yaml.Node {
	s := r.follow(v)
	if s == nil {
		return nil
	}
	if s.Kind != yaml.SequenceNode {
		if s.Kind == yaml.ScalarNode && s.Tag == "!!null" {
			r.fail(v, "%s is empty: add an entry that begins with \"- \"", name)
			return nil
		}
		if strings.HasPrefix(s.Value, "-") {
			r.fail(v, "%s must be a list: put a space after each dash", name)
			return nil
		}
		r.fail(v, "%s must be a list, not %s: start each entry with \"- \"", name, kindOf(s))
		if s.Kind == yaml.MappingNode && len(s.Content) > 0 && keyNames()[s.Content[0].Value] { // one entry, without its dash
			return []*yaml.Node{s}
		}
		return nil
	}
	if len(s.Content) == 0 {
		r.fail(v, "%s is empty: add an entry that begins with \"- \"", name)
	}
	return s.Content
}

// words reads a list of plain words and their nodes.
func (o object) words(name string) ([]string, []*yaml.Node) {
	var out []string
	var nodes []*yaml.Node
	if v := o.follow(o.values[name]); v != nil && v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
		o.fail(o.values[name], "%s must be a list: write [%s]", name, quoteless(v.Value))
		return nil, nil
	}
	for _, n := range o.list(name) {
		s := o.follow(n)
		if s == nil {
			break
		}
		if s.Kind != yaml.ScalarNode || s.Tag == "!!null" {
			o.fail(n, "an entry of %s must be a word, not %s", name, kindOf(s))
			continue
		}
		if parts := strings.FieldsFunc(s.Value, func(c rune) bool { return c == '，' || c == '、' }); len(parts) > 1 {
			at := utf8.RuneCountInString(s.Value[:strings.IndexAny(s.Value, "，、")])
			o.failAt(s.Line, s.Column+at, "the comma in %s is a wide one: write \", \" between entries", quote(s.Value))
			for _, part := range parts { // read on as it was meant
				out, nodes = append(out, strings.TrimSpace(part)), append(nodes, n)
			}
			continue
		}
		if slices.Contains(out, s.Value) {
			o.fail(n, "%s is listed twice in %s: keep one", quote(s.Value), name)
			continue
		}
		out, nodes = append(out, s.Value), append(nodes, n)
	}
	return out, nodes
}

// text reads a sentence in every language of the survey.
func (o object) text(name string) survey.Text {
	v := o.values[name]
	if v == nil {
		return nil
	}
	n := o.follow(v)
	if n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return o.sameText(n, name)
	case yaml.MappingNode:
		return o.textByLanguage(n, name)
	default:
		o.fail(v, "%s must be a text, not %s", name, kindOf(n))
		return nil
	}
}

// sameText reads a text given once. With several languages that does only for what no language owns, such as "5" or "%".
func (o object) sameText(n *yaml.Node, name string) survey.Text {
	said, ok := o.sentence(n, name)
	if !ok {
		return nil
	}
	if len(o.languages) > 1 && strings.ContainsFunc(said, unicode.IsLetter) {
		o.fail(n, "%s must be given in every language of the survey: %s", name, o.languageMap())
		return nil
	}
	t := survey.Text{}
	for _, l := range o.languages {
		t[l] = said
	}
	return t
}

func (o object) textByLanguage(n *yaml.Node, name string) survey.Text {
	t := survey.Text{}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !slices.Contains(o.languages, k.Value) {
			free := slices.DeleteFunc(slices.Clone(o.languages), func(l string) bool { return keyOf(n, l) != nil })
			o.notALanguage(k, v, name, free)
			if k.Kind != yaml.ScalarNode {
				return nil
			}
			seen[beforeColon(k.Value)], seen[nearest(k.Value, free)] = true, true
			continue
		}
		if seen[k.Value] {
			o.fail(k, "language %s is given twice in %s: keep one", quote(k.Value), name)
			continue
		}
		seen[k.Value] = true
		s := o.follow(v)
		if s == nil {
			return nil
		}
		if s.Kind != yaml.ScalarNode {
			o.fail(v, "%s in %s must be a text, not %s", name, quote(k.Value), kindOf(s))
			continue
		}
		if said, ok := o.sentence(s, name); ok {
			t[k.Value] = said
		}
	}
	for _, l := range o.languages {
		if !seen[l] {
			o.fail(n, "%s has no text in %s: add %s", name, quote(l), quote(l+": …"))
		}
	}
	if len(t) != len(o.languages) {
		return nil
	}
	return t
}

// notALanguage explains a key of a text that is no language of the survey. A real language is reported once a file.
// free are the languages in which the text is not given yet.
func (o object) notALanguage(k, v *yaml.Node, name string, free []string) {
	tag, err := language.Parse(k.Value)
	switch {
	case k.Kind != yaml.ScalarNode:
		o.fail(k, "%s must be a text: put it into quotes", name)
	case colonHint(k.Value) != "":
		o.fail(k, "%s is not a language%s", quote(k.Value), colonHint(k.Value))
	case o.afterComma(k, v):
		o.fail(k, "the comma before %s ends the value: inside { }, a text with a comma in it needs quotes", quote(k.Value))
	case err == nil && tag.String() == k.Value && (len(k.Value) == 2 || suggest(k.Value, free) == ""):
		if !o.unlisted[k.Value] {
			o.fail(k, "%s is not one of the survey's languages (%s): add it to \"languages\", or remove its texts", quote(k.Value), strings.Join(o.languages, ", "))
		}
		o.unlisted[k.Value] = true
	default:
		fix := suggest(k.Value, free)
		if fix == "" {
			fix = ": a text with \": \" in it needs quotes"
		}
		o.fail(k, "%s is not one of the survey's languages (%s)%s", quote(k.Value), strings.Join(o.languages, ", "), fix)
	}
}

const maxText = 20_000 // characters of one text

// sentence checks one text's words.
func (o object) sentence(n *yaml.Node, name string) (string, bool) {
	said := strings.TrimSpace(n.Value)
	switch {
	case tagged(n):
		o.fail(n, "! at the start of a value has a meaning in YAML: put the text of %s into quotes", name)
	case n.Tag == "!!bool":
		o.fail(n, "%s must be a text: put %s into quotes", name, n.Value)
	case n.Tag == "!!null" && o.commented(n):
		o.fail(n, "%s is empty, since # begins a comment: put a text that begins with # into quotes", name)
	case said == "" || n.Tag == "!!null":
		o.fail(n, "%s is empty: write the text, or remove the key if it can be left out", name)
	case len(said) > maxText*4 || len([]rune(said)) > maxText:
		o.fail(n, "%s is longer than %d characters: shorten it", name, maxText)
	default:
		return said, true
	}
	return "", false
}

// commented reports whether a comment stands where a value is missing.
func (r *reader) commented(n *yaml.Node) bool {
	if n.Line < 1 || n.Line > len(r.lines) {
		return false
	}
	line := r.lines[n.Line-1]
	return strings.HasPrefix(strings.TrimLeft(suffix(line, n.Column-1), ": "), "#")
}

func (o object) languageMap() string {
	parts := make([]string, len(o.languages))
	for i, l := range o.languages {
		parts[i] = l + ": …"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return quote(n.Value)
	default:
		return "an alias (*)"
	}
}

// quoteless is a foreign word inside a message, without quotes.
func quoteless(s string) string { return strings.Trim(quote(s), "'") }

// quote shows a foreign word inside a message, on one line and not too long.
func quote(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return "'" + strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '\uFFFD'
		}
		return c
	}, s) + "'"
}

// suggest offers the nearest of some words, if one is near.
func suggest(word string, among []string) string {
	meant := nearest(word, among)
	if meant == "" {
		return ""
	}
	if odd := lookalike(word); odd != "" {
		return odd + fmt.Sprintf(", write '%s'", meant)
	}
	return fmt.Sprintf(": did you mean '%s'?", meant)
}

// nearest finds the word that was meant: one that differs by a third of its letters at most, or what other tools and
// languages call it.
func nearest(word string, among []string) string {
	if len(word) > maxID {
		return ""
	}
	word = strings.ToLower(strings.TrimSpace(width.Fold.String(word)))
	for _, meant := range calledElsewhere[word] {
		if slices.Contains(among, meant) {
			return meant
		}
	}
	best, distance := "", 1+max(1, (utf8.RuneCountInString(word)+1)/3)
	for _, a := range among {
		d := levenshtein.ComputeDistance(word, a)
		if swapped(word, a) {
			d = 1
		}
		if d < distance && d < utf8.RuneCountInString(word) {
			best, distance = a, d
		}
	}
	return best
}

// swapped reports whether two words differ by one exchange of neighbours.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func oneOf(words []string) string {
	if len(words) == 1 {
		return quote(words[0])
	}
	return "one of " + strings.Join(words, ", ")
}
