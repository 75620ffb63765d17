// Package draft holds a questionnaire that is being converted, in the source's names and languages, and writes it: it works
// out languages, ids and conditions, writes YAML, and has it checked, leaving out what the parser refuses.
package draft

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/survey"
)

// A Draft is a questionnaire on its way: what a reader has found, in the source's names and languages.
type Draft struct {
	*report.Report
	ID            string
	Title         *Text
	Intro         *Text
	Thanks        []Thanks // all but the last have a condition
	Root          *Group
	Lists         []*List
	Scope         map[string]*condition.Target
	Language      string // of texts that name none
	FirstLanguage string // the language that comes first, if the survey has it

	Parse func(string) (*condition.Term, error) // reads a condition
	Piped *regexp.Regexp                        // finds the names in a text whose answers are shown there; group 1 is the name
	langs []string
	Taken map[string]int // ids of questions: see name
}

// Text is one sentence, in some languages; "" is that of texts that name none.
type Text struct {
	by    map[string]string
	atoms map[string]*report.Atom
	order []string
	stock *report.Atom   // of words of our own: what made them needed
	extra []*report.Atom // what else the words were made of
}

// Builtin is a text of our own, in the languages that there are words in.
func Builtin(a *report.Atom, en, zh string) *Text {
	return &Text{by: map[string]string{"en": en, "zh": zh}, atoms: map[string]*report.Atom{}, order: []string{"en", "zh"}, stock: a}
}

func (w *Text) Add(language, text string, a *report.Atom) *Text {
	if text = markup.Clean(text); text == "" {
		return w
	}
	if w == nil {
		w = &Text{by: map[string]string{}, atoms: map[string]*report.Atom{}}
	}
	if _, ok := w.by[language]; !ok {
		w.order = append(w.order, language)
	}
	w.by[language], w.atoms[language] = text, a
	return w
}

// Place is where the words stand.
func (w *Text) Place() (at report.Place) {
	if w != nil {
		if w.stock != nil {
			return w.stock.At
		}
		for _, l := range w.order {
			if a := w.atoms[l]; a != nil {
				return a.At
			}
		}
	}
	return at
}

// Atoms are the words' atoms.
func (w *Text) Atoms() []*report.Atom {
	if w == nil {
		return nil
	}
	out := slices.Clone(w.extra)
	for _, l := range w.order {
		if a := w.atoms[l]; a != nil && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (w *Text) Has(language string) (string, bool) {
	if w == nil {
		return "", false
	}
	t, ok := w.by[language]
	return t, ok
}

// Is reports whether the words are a text in one language only.
func (w *Text) Is(text string) bool { return len(w.order) == 1 && w.In("") == text }

// Texts are the words in all languages.
func (w *Text) Texts() []string {
	if w == nil {
		return nil
	}
	var all []string
	for _, l := range w.order {
		all = append(all, w.by[l])
	}
	return all
}

// Concat is two texts as one. Where one of them lacks a language, another of its languages stands in.
func Concat(first *Text, between string, second *Text) *Text {
	if first == nil {
		return second
	} else if second == nil {
		return first
	}
	both := &Text{by: map[string]string{}, atoms: map[string]*report.Atom{}, extra: slices.Concat(first.Atoms(), second.Atoms())}
	for _, w := range []*Text{first, second} {
		for _, l := range w.order {
			if _, done := both.by[l]; done {
				continue
			}
			both.order = append(both.order, l)
			both.by[l] = first.In(l) + between + second.In(l)
			both.atoms[l] = w.atoms[l]
		}
	}
	return both
}

// In is the text in a language, or the first there is.
func (w *Text) In(language string) string {
	if t, ok := w.by[language]; ok {
		return t
	}
	return w.by[w.order[0]]
}

// A Condition waits for all names to be known.
type Condition struct {
	At     *report.Atom
	Source string
	Tree   *condition.Term // given instead of a source
}

func (d *Draft) Condition(a *report.Atom) *Condition {
	if a == nil || strings.TrimSpace(a.Text) == "" {
		return nil
	}
	return &Condition{At: a, Source: a.Text}
}

func ConditionAtoms(conditions []*Condition) []*report.Atom {
	var out []*report.Atom
	for _, c := range conditions {
		out = append(out, c.At)
	}
	return out
}

// A Group is a page, a panel or a group of questions.
type Group struct {
	At     *report.Atom
	Atoms  []*report.Atom
	Source string
	Heading
	Show     []*Condition
	Children []any // *group or *question
}

// A Question is on its way.
type Question struct {
	At     *report.Atom   // what the report names it by
	Atoms  []*report.Atom // all that goes if the question goes
	Source string
	ID     string
	Kind   survey.Type

	Label, Help          *Text
	Low, High            *Text
	Options              *List
	Rows                 []*Option
	Other                bool
	OtherLabel           *Text
	Shuffle              bool
	Display              string
	Steps                int
	Required             bool
	RequiredIf           *Condition
	Show                 []*Condition
	Constraint           *Condition
	ConstraintMessage    *Text
	Checks               []Check
	Min, Max, Step       string
	MinLength, MaxLength int
	Pattern              string
	Dropped              bool

	keys map[string]*report.Atom // where a key of the YAML comes from, if not from the question as a whole
}

type Check struct {
	That    *Condition
	Message *Text
}

type Thanks struct {
	Show *Condition
	Text *Text
}

func (q *Question) From(key string, a *report.Atom) {
	if q.keys == nil {
		q.keys = map[string]*report.Atom{}
	}
	q.keys[key] = a
}

// A List is what can be chosen.
type List struct {
	At     *report.Atom
	Source string
	Items  []*Option
	seen   map[string]bool // values
}

// Seen reports whether the list has a value already, and remembers it.
func (l *List) Seen(value string) bool {
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	had := l.seen[value]
	l.seen[value] = true
	return had
}

// An Option is one thing that can be chosen, or a row.
type Option struct {
	At        *report.Atom
	Source    string // its value
	ID        string
	Label     *Text
	Score     string
	Exclusive bool
	Show      []*Condition
	Columns   map[string]string       // other columns, for filters
	Cells     map[string]*report.Atom // the same
	Atoms     []*report.Atom
}

// Duplicates finds options that are one, but for the filters that they pass: those of one value and one label.
type Duplicates map[string][]*Option

// Add adds an option, and returns the first one like it.
func (s *Duplicates) Add(o *Option) *Option {
	if *s == nil {
		*s = Duplicates{}
	}
	for _, p := range (*s)[o.Source] {
		if o.Label != nil && p.Label != nil && maps.Equal(o.Label.by, p.Label.by) {
			return p
		}
	}
	(*s)[o.Source] = append((*s)[o.Source], o)
	return nil
}

func (l *List) Atoms() []*report.Atom {
	var out []*report.Atom
	for _, o := range l.Items {
		out = append(out, o.Atoms...)
	}
	return out
}

// IDs is our ids by the source's values.
func (l *List) IDs() map[string]string {
	ids, several := map[string]string{}, map[string]bool{}
	for _, o := range l.Items {
		several[o.Source] = several[o.Source] || ids[o.Source] != "" && ids[o.Source] != o.ID
		ids[o.Source] = o.ID
	}
	for source, twice := range several {
		if twice { // a value that names several options names none
			delete(ids, source)
		}
	}
	return ids
}

var keywords = []string{"and", "or", "not", "in", "contains", "answered", "score", "count", "channel", "language", "true", "false", "null",
	"nil", "let", "if", "else", "matches"}

const maxID = 60 // characters, so that a number fits behind it

// NewID makes a valid id of a source's name: lower-case letters, digits and _, different from those taken,
// which it joins with the last number tried behind it. digits says
// that it may begin with a digit. fallback is for names that have none of these.
func NewID(source string, taken map[string]int, digits bool, fallback string) string {
	var b strings.Builder
	before := ' '
	for _, c := range norm.NFKD.String(source) {
		capital := c >= 'A' && c <= 'Z'
		if capital && before >= 'a' && before <= 'z' { // deliveryTime
			b.WriteByte('_')
		}
		before = c
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case capital:
			b.WriteRune(unicode.ToLower(c))
		case unicode.Is(unicode.Mn, c), c == '\'', c == '’':
		case c == '+':
			b.WriteString("_plus_")
		case unicode.IsLetter(c): // as in 满意, of which nothing would be left
			b.WriteString("__")
		default:
			b.WriteByte('_')
		}
	}
	id := b.String()
	for strings.Contains(id, "__") {
		id = strings.ReplaceAll(id, "__", "_")
	}
	id = strings.Trim(id, "_")
	if strings.HasPrefix(strings.TrimSpace(source), "-") && id != "" && id[0] <= '9' {
		id = "minus_" + id // -99 must not become 99
	}
	if !digits && id != "" && id[0] <= '9' {
		id = fallback + "_" + id
	}
	if len(id) > maxID {
		id = strings.Trim(id[:maxID], "_")
	}
	if id == "" || !digits && slices.Contains(keywords, id) {
		id = strings.Trim(fallback+"_"+id, "_")
		if id == fallback {
			id = fallback + "_1"
		}
	}
	free := id
	stem := strings.TrimSuffix(id, "_1")
	for n := max(2, taken[id]+1); taken[free] > 0; n++ {
		free = fmt.Sprintf("%s_%d", stem, n)
		taken[id] = n // so that many of one name do not take long
	}
	taken[free] = max(1, taken[free])
	return free
}

// AssignID gives a question its id, and reports it if that is another than its name.
func (d *Draft) AssignID(q *Question, at *report.Atom) {
	q.ID = NewID(q.Source, d.TakenIDs(), false, "question")
	if q.ID != q.Source && at != nil {
		d.Change(at, "the id %s became %s; what refers to it follows", report.Quote(q.Source), report.Quote(q.ID))
	}
}

// AssignOptionIDs gives the items of a list their ids.
func (d *Draft) AssignOptionIDs(l *List, fallback string) {
	taken := map[string]int{}
	for _, o := range l.Items { // those that can stay as they are come first
		if valid(o.Source) && taken[o.Source] == 0 && o.ID == "" {
			o.ID = o.Source
			taken[o.ID] = 1
		}
	}
	var before Duplicates
	for _, o := range l.Items {
		twin := before.Add(o)
		if o.ID != "" {
			continue
		}
		if twin != nil {
			o.ID = twin.ID
			continue
		}
		o.ID = NewID(o.Source, taken, true, fallback)
		if o.At != nil {
			d.Change(o.At, "the option %s has the id %s; what refers to it follows", report.Quote(o.Source), report.Quote(o.ID))
		}
	}
}

var plainID = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)

func valid(id string) bool { return plainID.MatchString(id) && len(id) <= maxID }

// Define remembers what a source's name stands for.
func (d *Draft) Define(source string, to *condition.Target) {
	if d.Scope == nil {
		d.Scope = map[string]*condition.Target{}
	}
	if d.Scope[source] == nil || d.Scope[source].Kind == condition.Missing {
		d.Scope[source] = to
	}
}

// KindOf is a type as conditions tell it.
func KindOf(t survey.Type) string {
	switch t {
	case survey.SingleChoice:
		return condition.Choice
	case survey.MultiChoice:
		return condition.Set
	case survey.Number, survey.NPS:
		return condition.Number
	case survey.YesNo, survey.Consent:
		return condition.Bool
	case survey.DateType:
		return condition.Date
	case survey.Matrix, survey.Ranking:
		return condition.Group
	case survey.Note:
		return condition.Missing
	}
	return condition.Text
}

// Declare makes a question known to conditions, under its source's name.
func (d *Draft) Declare(q *Question) *condition.Target {
	to := &condition.Target{Field: q.ID, Kind: KindOf(q.Kind)}
	switch {
	case q.Kind == survey.Note:
		to.Why = "which asks nothing"
	case q.Kind == survey.Rating && q.Options != nil:
		to.Kind = condition.Choice
		to.Options = q.Options.IDs()
	case q.Kind == survey.Rating:
		to.Kind = condition.Number
	case q.Options != nil:
		to.Options = q.Options.IDs()
	case to.Kind == condition.Bool:
		to.Options = map[string]string{"true": "yes", "false": "no", "yes": "yes", "no": "no", "OK": "yes"}
	}
	if q.Other && to.Options != nil {
		to.Options["other"] = survey.Other
	}
	d.Define(q.Source, to)
	return to
}

// DefineMissing remembers a question that is not carried over.
func (d *Draft) DefineMissing(source, why string) {
	d.Define(source, &condition.Target{Kind: condition.Missing, Why: why})
}

// FitOptions sees that a question's options are as many as the format takes.
func (d *Draft) FitOptions(q *Question, at *report.Atom) bool {
	switch n := len(q.Options.Items); {
	case n == 0:
		d.MarkAll(report.Dropped, at.At, q.Atoms, "the question has no options")
		d.DefineMissing(q.Source, "which was not carried over")
		return false
	case n > MaxOptions:
		d.Change(at, "its %d options are more than %d: it is asked as a text", n, MaxOptions)
		left := q.Options.Atoms()
		for _, o := range q.Options.Items {
			left = append(left, ConditionAtoms(o.Show)...)
		}
		d.MarkAll(report.Dropped, at.At, left, "its options, of which there are too many")
		d.DropText(q.OtherLabel)
		*q = Question{At: q.At, Atoms: q.Atoms, Source: q.Source, Label: q.Label, Help: q.Help, Kind: survey.ShortText}
	case n == 1 && q.Kind == survey.SingleChoice:
		d.Change(at, "one option alone is no choice: it is asked as several that can be chosen")
		q.Kind = survey.MultiChoice
	}
	return true
}

func (d *Draft) DropText(w *Text) {
	for _, a := range w.Atoms() {
		d.Drop(a, "left out with what it belongs to")
	}
}

func (d *Draft) IgnoreText(w *Text, why string) {
	for _, a := range w.Atoms() {
		d.Ignore(a, "%s", why)
	}
}

func (d *Draft) DropMessage(message *Text) {
	for _, a := range message.Atoms() {
		d.Drop(a, "its message is not shown: the question's own limits have theirs")
	}
}

func (d *Draft) TakenIDs() map[string]int {
	if d.Taken == nil {
		d.Taken = map[string]int{}
	}
	return d.Taken
}

// Forget says that a question, which was known, is not carried over after all.
func (d *Draft) Forget(source, why string) {
	d.Scope[source] = &condition.Target{Kind: condition.Missing, Why: why}
}
