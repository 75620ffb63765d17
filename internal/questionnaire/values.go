package questionnaire

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// scalar returns a key's single value, or false if there is none.
func (o object) scalar(name string) (*yaml.Node, bool) {
	v := o.values[name]
	if v == nil {
		return nil, false
	}
	return o.single(v, message.Plain(name))
}

// single returns the single value at a node, which name names in messages.
func (o object) single(v *yaml.Node, name message.Text) (*yaml.Node, bool) {
	s := o.follow(v)
	switch {
	case s == nil:
	case s.Kind != yaml.ScalarNode:
		o.fail(v, "%s must be a single value, not %s", name, kindOf(s))
	case isTagged(s):
		o.fail(v, "! at the start of a value has a meaning in YAML: put the value of %s into quotes", name)
	case isNull(s) || strings.TrimSpace(s.Value) == "":
		o.fail(v, "%s is empty: give it a value or remove the line", name)
	default:
		return s, true
	}
	return nil, false
}

// plain reads a string, such as a name or an address.
func (o object) plain(name string) string {
	s, ok := o.scalar(name)
	if !ok {
		return ""
	}
	return strings.TrimSpace(s.Value)
}

// parseBool reads true or false in every spelling of YAML 1.1. ok is false for anything else.
func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

func (o object) boolean(name string, fallback bool) bool {
	s, ok := o.scalar(name)
	if !ok {
		return fallback
	}
	if value, ok := parseBool(s.Value); ok {
		return value
	}
	words := []string{"true", "false"}
	o.fail(s, "%s must be true or false, not %s%s", name, quote(s.Value), suggest(s.Value, words))
	if meant := nearest(s.Value, words); meant != "" {
		return meant == "true"
	}
	return fallback
}

// integer reads a whole number within its key's bounds.
func (o object) integer(name string, fallback int) int {
	return o.integerUpTo(name, int(o.form(name).max/survey.One), fallback)
}

// integerUpTo reads a whole number with an upper bound of its own.
func (o object) integerUpTo(name string, most, fallback int) int {
	s, ok := o.scalar(name)
	if !ok {
		return fallback
	}
	if n, ok := o.parseInteger(s, message.Plain(name), int(o.form(name).min/survey.One), most); ok {
		return n
	}
	return fallback
}

// integerOf reads a whole number at a node, which name names in messages; 0 if there is none.
func (o object) integerOf(n *yaml.Node, name message.Text, least, most int) int {
	s, ok := o.single(n, name)
	if !ok {
		return 0
	}
	value, _ := o.parseInteger(s, name, least, most)
	return value
}

func (o object) parseInteger(s *yaml.Node, name message.Text, least, most int) (int, bool) {
	parse := func(text string) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= least && n <= most
	}
	n, ok := parse(number(s))
	if !ok {
		o.fail(s, "%s must be a whole number from %d to %d, not %s%s", name, least, most, quote(s.Value), numberHint(s.Value, parse))
		return 0, false
	}
	return n, true
}

// decimal reads a number within its key's bounds; nil if there is none.
func (o object) decimal(name string) *survey.Decimal {
	if v := o.values[name]; v != nil {
		f := o.form(name)
		return o.decimalOf(v, message.Plain(name), f.min, f.max)
	}
	return nil
}

// decimalOf reads a number at a node, which name names in messages; nil if there is none.
func (o object) decimalOf(n *yaml.Node, name message.Text, least, most survey.Decimal) *survey.Decimal {
	s, ok := o.single(n, name)
	if !ok {
		return nil
	}
	parse := func(text string) (survey.Decimal, bool) {
		d, err := survey.ParseDecimal(text)
		return d, err == nil && d >= least && d <= most
	}
	d, ok := parse(number(s))
	if !ok {
		o.fail(s, "%s must be a number from %s to %s with at most three decimals, not %s%s", name, least, most, quote(s.Value), numberHint(s.Value, parse))
		return nil
	}
	return &d
}

// limits reads rising numbers between two bounds; nil is no bound.
func (o object) limits(name string, least, most *survey.Decimal) []survey.Decimal {
	var limits []survey.Decimal
	f := o.form(name)
	if f.entry == nil {
		return nil
	}
	entries := o.list(name)
	if len(entries) > int(f.max/survey.One) {
		o.fail(entries[f.max/survey.One], "more than %d %s: join some of them", f.max/survey.One, name)
		return nil
	}
	for _, n := range entries {
		d := o.decimalOf(n, message.New("a limit of %s", name), f.entry.min, f.entry.max)
		switch {
		case d == nil:
			continue
		case least != nil && *d < *least:
			o.fail(n, "the limit %s is less than min (%s): nobody could be in the band below it", d, least)
		case most != nil && *d > *most:
			o.fail(n, "the limit %s is more than max (%s): nobody could be in its band", d, most)
		case len(limits) > 0 && *d <= limits[len(limits)-1]:
			o.fail(n, "%s must rise: %s comes after %s", name, d, limits[len(limits)-1])
		}
		limits = append(limits, *d)
	}
	return limits
}

// decimalOr reads a number within its key's bounds.
func (o object) decimalOr(name string, fallback survey.Decimal) survey.Decimal {
	if d := o.decimal(name); d != nil {
		return *d
	}
	return fallback
}

var (
	thousands    = regexp.MustCompile(`^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`)
	decimalComma = regexp.MustCompile(`^(-?[0-9]+),([0-9]{1,2})$`)
)

// isUnit reports whether a character behind a number may belong to a unit: %, 分, 字, 分钟.
func isUnit(c rune) bool {
	return c == '%' || c == ' ' || isHan(c) && !strings.ContainsRune("零一二三四五六七八九十百千万亿两半", c)
}

// numberHint suggests how to write a number that has wide digits (５), a unit, a comma or Chinese numerals. parse reports
// whether a text is a number that may stand there.
func numberHint[N any](text string, parse func(string) (N, bool)) message.Text {
	isValid := func(text string) bool { _, ok := parse(text); return ok }
	folded := width.Fold.String(text)
	if isValid(folded) {
		return message.New(": write it in ordinary digits, '%s'", folded)
	}
	number := strings.TrimRightFunc(folded, isUnit)
	if n := slices.Index(strings.Split("零一二三四五六七八九十", ""), number); n >= 0 && isValid(strconv.Itoa(n)) {
		return message.New(": write it in ordinary digits, '%d'", n)
	}
	if m := decimalComma.FindStringSubmatch(number); m != nil {
		number = m[1] + "." + m[2]
	} else if thousands.MatchString(number) {
		number = strings.ReplaceAll(number, ",", "")
	}
	if isValid(number) {
		return message.New(": write the number alone, '%s'", number)
	}
	return message.Text{}
}

var calendarDay = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

func (o object) date(name string) survey.Date {
	s, ok := o.scalar(name)
	if !ok {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s.Value); err == nil {
		return survey.Date(s.Value)
	}
	if calendarDay.MatchString(s.Value) {
		o.fail(s, "%s: there is no day %s in the calendar", name, s.Value)
	} else {
		o.fail(s, "%s must be a date such as 2026-10-31, not %s%s", name, quote(s.Value), dateHint(s.Value))
	}
	return ""
}

// dateHint suggests how to write a date that has another order or other separators.
func dateHint(text string) message.Text {
	for _, layout := range []string{"2006/1/2", "2006-1-2", "2006.1.2", "2006年1月2日", "2.1.2006", "20060102"} {
		if day, err := time.Parse(layout, width.Fold.String(text)); err == nil {
			return didYouMean(day.Format(time.DateOnly))
		}
	}
	return message.Text{}
}

// word reads one of the words that the form of its key lists.
func (o object) word(name, fallback string) string {
	s, ok := o.scalar(name)
	if !ok {
		return fallback
	}
	words := o.form(name).words
	if slices.Contains(words, s.Value) {
		return s.Value
	}
	o.fail(s, "%s must be %s, not %s%s", name, oneOf(words), quote(s.Value), suggest(s.Value, words))
	return cmp.Or(nearest(s.Value, words), fallback)
}

func oneOf(words []string) message.Text {
	if len(words) == 1 {
		return quote(words[0])
	}
	return message.New("one of %s", message.Words(words...))
}

// list returns the entries of a key's sequence.
func (o object) list(name string) []*yaml.Node {
	v := o.values[name]
	if v == nil {
		return nil
	}
	return o.entries(v, message.Plain(name))
}

// entries returns the entries of a sequence; name names it in messages.
func (r *reader) entries(v *yaml.Node, name message.Text) []*yaml.Node {
	s := r.follow(v)
	switch {
	case s == nil:
	case s.Kind == yaml.SequenceNode && len(s.Content) > 0:
		return s.Content
	case s.Kind == yaml.SequenceNode, isNull(s):
		r.fail(v, "%s is empty: add an entry that begins with \"- \"", name)
	case strings.HasPrefix(s.Value, "-"):
		r.fail(v, "%s must be a list: put a space after each dash", name)
	default:
		r.fail(v, "%s must be a list, not %s: start each entry with \"- \"", name, kindOf(s))
		if s.Kind == yaml.MappingNode && len(s.Content) > 0 && keyNames()[s.Content[0].Value] { // one entry, without its dash
			return []*yaml.Node{s}
		}
	}
	return nil
}

// words reads a list of plain words and their nodes. meant returns what an entry may be that a word stands for, or "".
func (o object) words(name string, meant func(word string) string) (words []string, nodes []*yaml.Node) {
	if v := o.follow(o.values[name]); v != nil && v.Kind == yaml.ScalarNode && !isNull(v) {
		return o.wordsIn(v, name, meant)
	}
	for _, n := range o.list(name) {
		s := o.follow(n)
		if s == nil {
			break
		}
		if s.Kind != yaml.ScalarNode || isNull(s) {
			o.fail(n, "an entry of %s must be a word, not %s", name, kindOf(s))
			continue
		}
		if parts := strings.FieldsFunc(s.Value, func(c rune) bool { return c == '，' || c == '、' }); len(parts) > 1 {
			at := utf8.RuneCountInString(s.Value[:strings.IndexAny(s.Value, "，、")])
			o.failAt(s.Line, s.Column+at, "the comma in %s is a wide one: write \", \" between entries", quote(s.Value))
			for _, part := range parts {
				words, nodes = append(words, strings.TrimSpace(part)), append(nodes, n)
			}
			continue
		}
		if slices.Contains(words, s.Value) {
			o.fail(n, "%s is listed twice in %s: keep one", quote(s.Value), name)
			continue
		}
		words, nodes = append(words, s.Value), append(nodes, n)
	}
	return words, nodes
}

// wordsIn reports a text in place of a list of words, and returns the words that were meant.
func (o object) wordsIn(v *yaml.Node, name string, meant func(word string) string) (words []string, nodes []*yaml.Node) {
	for word := range strings.FieldsFuncSeq(inWideBrackets(v.Value), func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(",，、;；/|", c) }) {
		if slices.Contains([]string{"and", "or", "&", "和", "及", "或"}, word) {
			continue
		}
		if word = meant(word); word != "" && !slices.Contains(words, word) {
			words, nodes = append(words, word), append(nodes, v)
		}
	}
	if len(words) == 0 {
		k, _ := o.mapping.key(name, o.questionType)
		o.fail(o.values[name], "%s must be a list, such as %s", name, k.example)
		return nil, nil
	}
	o.fail(o.values[name], "%s must be a list: write %s", name, flowList(words))
	return words, nodes
}

// An entry is one key of a map, with its value.
type entry struct{ key, value *yaml.Node }

// namesOf lists the keys of entries.
func namesOf(entries []entry) (names []string) {
	for _, e := range entries {
		names = append(names, e.key.Value)
	}
	return names
}

// named returns the entries of a map, each name once; name names the map in messages.
func (o object) named(v *yaml.Node, name message.Text) []entry {
	m := o.follow(v)
	switch {
	case m == nil:
		return nil
	case m.Kind != yaml.MappingNode:
		o.fail(v, "%s must hold names with a value each, such as {a: 1, b: 2}, not %s", name, kindOf(m))
		return nil
	case len(m.Content) == 0:
		o.fail(v, "%s is empty: add names with a value each, such as {a: 1, b: 2}", name)
		return nil
	}
	var entries []entry
	lines := map[string]int{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		switch line := lines[key.Value]; {
		case isMerge(key):
		case key.Kind != yaml.ScalarNode:
			o.fail(key, "a key must be a word, not %s", kindOf(key))
		case line > 0:
			o.fail(key, "key %s is given twice (first on line %d): keep one", quote(key.Value), line)
		default:
			lines[key.Value] = key.Line
			entries = append(entries, entry{key, m.Content[i+1]})
		}
	}
	return entries
}
