package convert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/survey"
)

// A draft is a questionnaire on its way: what a reader has found, in the source's names and languages.
type draft struct {
	*report
	file     string
	id       string
	title    *words
	intro    *words
	thanks   []thanks // all but the last have a condition
	root     *group
	lists    []*list
	scope    map[string]*target
	language string // of texts that name none
	lead     string // the language that comes first, if the survey has it

	parse func(string) (*term, error) // reads a condition
	piped *regexp.Regexp              // finds the names in a text whose answers are shown there; group 1 is the name
	langs []string
	taken map[string]int // ids of questions: see name
}

type report = Report

// words is one sentence, in some languages; "" is that of texts that name none.
type words struct {
	by    map[string]string
	atoms map[string]*atom
	order []string
	stock *atom   // of words of our own: what made them needed
	extra []*atom // what else the words were made of
}

// stock is a text of our own, in the languages that there are words in.
func stock(a *atom, en, zh string) *words {
	return &words{by: map[string]string{"en": en, "zh": zh}, atoms: map[string]*atom{}, order: []string{"en", "zh"}, stock: a}
}

func (w *words) add(language, text string, a *atom) *words {
	if text = clean(text); text == "" {
		return w
	}
	if w == nil {
		w = &words{by: map[string]string{}, atoms: map[string]*atom{}}
	}
	if _, ok := w.by[language]; !ok {
		w.order = append(w.order, language)
	}
	w.by[language], w.atoms[language] = text, a
	return w
}

// place is where the words stand.
func (w *words) place() (at Place) {
	if w != nil {
		if w.stock != nil {
			return w.stock.at
		}
		for _, l := range w.order {
			if a := w.atoms[l]; a != nil {
				return a.at
			}
		}
	}
	return at
}

// all are the words' atoms.
func (w *words) all() []*atom {
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

// followed is two texts as one. Where one of them lacks a language, another of its languages stands in.
func followed(first *words, between string, second *words) *words {
	both := &words{by: map[string]string{}, atoms: map[string]*atom{}, extra: slices.Concat(first.all(), second.all())}
	for _, w := range []*words{first, second} {
		for _, l := range w.order {
			if _, done := both.by[l]; done {
				continue
			}
			both.order = append(both.order, l)
			both.by[l] = first.in(l) + between + second.in(l)
			both.atoms[l] = w.atoms[l]
		}
	}
	return both
}

// in is the text in a language, or the first there is.
func (w *words) in(language string) string {
	if t, ok := w.by[language]; ok {
		return t
	}
	return w.by[w.order[0]]
}

// A condition waits for all names to be known.
type condition struct {
	at     *atom
	source string
	tree   *term // given instead of a source
}

func (d *draft) condition(a *atom) *condition {
	if a == nil || strings.TrimSpace(a.text) == "" {
		return nil
	}
	return &condition{at: a, source: a.text}
}

// A group is a page, a panel or a group of questions.
type group struct {
	at     *atom
	atoms  []*atom
	source string
	heading
	show     []*condition
	children []any // *group or *question
}

// A question is on its way.
type question struct {
	at     *atom   // what the report names it by
	atoms  []*atom // all that goes if the question goes
	source string
	id     string
	kind   survey.Type

	label, help        *words
	low, high          *words
	unit               *words
	options            *list
	rows               []*option
	other              bool
	otherLabel         *words
	shuffle            bool
	display            string
	steps              int
	required           bool
	requiredIf         *condition
	show               []*condition
	constraint         *condition
	constraintMessage  *words
	checks             []check
	min, max, step     string
	minLength, maxSize int
	pattern            string
	private            bool
	comment            string
	dropped            bool

	keys map[string]*atom // where a key of the YAML comes from, if not from the question as a whole
}

type check struct {
	that    *condition
	message *words
}

type thanks struct {
	show *condition
	text *words
}

func (q *question) from(key string, a *atom) {
	if q.keys == nil {
		q.keys = map[string]*atom{}
	}
	q.keys[key] = a
}

// A list is what can be chosen.
type list struct {
	at      *atom
	source  string
	items   []*option
	comment string
	seen    map[string]bool // values
}

// has reports whether the list has a value already, and remembers it.
func (l *list) has(value string) bool {
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	had := l.seen[value]
	l.seen[value] = true
	return had
}

// An option is one thing that can be chosen, or a row.
type option struct {
	at        *atom
	source    string // its value
	id        string
	label     *words
	score     string
	exclusive bool
	show      []*condition
	more      map[string]string // other columns, for filters
	atoms     []*atom
}

// same finds options that are one, but for the filters that they pass: those of one value and one label.
type same map[string][]*option

// add adds an option, and returns the first one like it.
func (s *same) add(o *option) *option {
	if *s == nil {
		*s = same{}
	}
	for _, p := range (*s)[o.source] {
		if o.label != nil && p.label != nil && maps.Equal(o.label.by, p.label.by) {
			return p
		}
	}
	(*s)[o.source] = append((*s)[o.source], o)
	return nil
}

func (l *list) atoms() []*atom {
	var out []*atom
	for _, o := range l.items {
		out = append(out, o.atoms...)
	}
	return out
}

// byValue is our ids by the source's values.
func (l *list) byValue() map[string]string {
	ids, several := map[string]string{}, map[string]bool{}
	for _, o := range l.items {
		several[o.source] = several[o.source] || ids[o.source] != "" && ids[o.source] != o.id
		ids[o.source] = o.id
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

// name makes a valid id of a source's name: lower-case letters, digits and _, different from those taken,
// which it joins with the last number tried behind it. digits says
// that it may begin with a digit. fallback is for names that have none of these.
func name(source string, taken map[string]int, digits bool, fallback string) string {
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

// named gives a question its id, and reports it if that is another than its name.
func (d *draft) named(q *question, at *atom) {
	q.id = name(q.source, d.names(), false, "question")
	if q.id != q.source && at != nil {
		d.changed(at, "the id %s became %s; what refers to it follows", show(q.source), show(q.id))
	}
}

// optionIDs gives the items of a list their ids.
func (d *draft) optionIDs(l *list, fallback string) {
	taken := map[string]int{}
	for _, o := range l.items { // those that can stay as they are come first
		if valid(o.source) && taken[o.source] == 0 && o.id == "" {
			o.id = o.source
			taken[o.id] = 1
		}
	}
	var before same
	for _, o := range l.items {
		twin := before.add(o)
		if o.id != "" {
			continue
		}
		if twin != nil {
			o.id = twin.id
			continue
		}
		o.id = name(o.source, taken, true, fallback)
		if o.at != nil {
			d.changed(o.at, "the option %s has the id %s; what refers to it follows", show(o.source), show(o.id))
		}
	}
}

var plainID = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)

func valid(id string) bool { return plainID.MatchString(id) && len(id) <= maxID }

// knows remembers what a source's name stands for.
func (d *draft) knows(source string, to *target) {
	if d.scope == nil {
		d.scope = map[string]*target{}
	}
	if d.scope[source] == nil || d.scope[source].kind == goneKind {
		d.scope[source] = to
	}
}

// kindOf is a type as conditions tell it.
func kindOf(t survey.Type) string {
	switch t {
	case survey.SingleChoice:
		return choiceKind
	case survey.MultiChoice:
		return setKind
	case survey.Number, survey.NPS:
		return numberKind
	case survey.YesNo, survey.Consent:
		return flagKind
	case survey.DateType:
		return dayKind
	case survey.Matrix, survey.Ranking:
		return groupKind
	case survey.Note:
		return goneKind
	}
	return wordsKind
}

// declare makes a question known to conditions, under its source's name.
func (d *draft) declare(q *question) *target {
	to := &target{field: q.id, kind: kindOf(q.kind)}
	switch {
	case q.kind == survey.Note:
		to.why = "which asks nothing"
	case q.kind == survey.Rating && q.options != nil:
		to.kind = choiceKind
		to.options = q.options.byValue()
	case q.kind == survey.Rating:
		to.kind = numberKind
	case q.options != nil:
		to.options = q.options.byValue()
	case to.kind == flagKind:
		to.options = map[string]string{"true": "yes", "false": "no", "yes": "yes", "no": "no", "OK": "yes"}
	}
	if q.other && to.options != nil {
		to.options["other"] = survey.Other
	}
	d.knows(q.source, to)
	return to
}

// gone remembers a question that is not carried over.
func (d *draft) gone(source, why string) { d.knows(source, &target{kind: goneKind, why: why}) }
