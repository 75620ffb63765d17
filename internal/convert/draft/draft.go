// Package draft holds a questionnaire that is being converted, in the source's names and languages, and writes it: it works
// out languages, ids and conditions, writes YAML, and has it checked, leaving out what the parser refuses.
package draft

import (
	"maps"
	"regexp"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A Draft holds what a reader found in a source.
type Draft struct {
	*report.Report
	ID            string
	Title         *Text
	Intro         *Text
	Cards         bool     // one question is shown at a time
	Thanks        []Thanks // all but the last have a condition
	Root          *Group
	Lists         []*List
	Scope         map[string]*condition.Target // by the source's names
	Language      string                       // of texts that name none
	FirstLanguage string                       // the language that comes first, if the survey has it

	Dialect condition.Dialect                     // of the conditions
	Parse   func(string) (*condition.Term, error) // parses a condition
	Piped   *regexp.Regexp                        // finds the questions whose answers a text shows; group 1 is the name

	Braces bool // in a text, what names no question stays as it is

	questionIDs IDs
	languages   []string
}

// A Condition is parsed once all names are known.
type Condition struct {
	At     *report.Atom
	Source string
	Tree   *condition.Term // given instead of Source
	Sense  condition.Sense // what counts as true where it stands
	Find   Find            // nil for any question by its name
}

// A Find finds what a name stands for where it is written; nil if there is none.
type Find func(name string) *condition.Target

// NewCondition returns the condition that an atom holds, or nil if it is blank.
func NewCondition(a *report.Atom) *Condition {
	if a == nil || strings.TrimSpace(a.Text) == "" {
		return nil
	}
	return &Condition{At: a, Source: a.Text}
}

// ConditionAtoms returns the atoms of conditions.
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
	Source string // its name
	Heading
	Show     []*Condition
	Children []any // *Group or *Question
}

// A Question has the keys of a question in our YAML. An empty field means that the key is left out.
type Question struct {
	At     *report.Atom   // where the report places it
	Atoms  []*report.Atom // what is dropped if the question is
	Source string         // its name
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
	Constraint           *Condition // becomes limits and checks when the draft is written
	ConstraintMessage    *Text
	LimitMessage         *Text // shown when an answer is not within the question's limits
	Checks               []Check
	Min, Max, Step       string
	MinLength, MaxLength int
	Pattern              string
	AsSet                bool                // a choice of one option, asked as a multi_choice
	Never                bool                // found to be never asked
	Dropped              bool                // found after reading that it cannot be carried over
	Answers              []condition.Option  // of a yes or no, if its values are not true and false
	Target               *condition.Target   // what its name stands for, once it is defined
	Parts                []*condition.Target // what the names of its rows stand for

	keys map[string]*report.Atom
}

// From records which atom a key of the YAML comes from, if that is not the question as a whole.
func (q *Question) From(key string, a *report.Atom) {
	if q.keys == nil {
		q.keys = map[string]*report.Atom{}
	}
	q.keys[key] = a
}

// KeySource returns the atom that a key of the YAML was said to come from; nil if none was.
func (q *Question) KeySource(key string) *report.Atom { return q.keys[key] }

// TakesText reports whether the answer is a text of any form.
func (q *Question) TakesText() bool {
	return q.Kind == survey.ShortText || q.Kind == survey.LongText
}

// A Check is a condition that an answer must meet.
type Check struct {
	That    *Condition
	Message *Text
}

// Thanks is a text shown after the survey.
type Thanks struct {
	Show *Condition
	Text *Text
}

// A List holds the options of one question or several.
type List struct {
	At     *report.Atom
	Source string // its name
	Items  []*Option
	values map[string]bool
}

// Seen records a value, and reports whether it was seen before.
func (l *List) Seen(value string) bool {
	if l.values == nil {
		l.values = map[string]bool{}
	}
	seen := l.values[value]
	l.values[value] = true
	return seen
}

// Atoms returns the atoms of all options.
func (l *List) Atoms() []*report.Atom {
	var out []*report.Atom
	for _, o := range l.Items {
		out = append(out, o.Atoms...)
	}
	return out
}

// Answers returns what conditions can compare an answer with.
func (l *List) Answers() []condition.Option {
	var all []condition.Option
	for _, o := range l.Items {
		all = append(all, condition.Option{Value: o.Source, ID: o.ID})
	}
	return all
}

// An Option is an option of a question, or a row of a matrix.
type Option struct {
	At        *report.Atom
	Source    string // its value
	ID        string
	Label     *Text
	Score     string
	Exclusive bool
	Show      []*Condition
	Never     bool              // found to be never offered
	Columns   map[string]string // values of other columns, for filters
	Cells     map[string]*report.Atom
	Atoms     []*report.Atom
}

// Duplicates finds the options that have the same value and label. They may differ in what filters look at.
type Duplicates map[string][]*Option

// Add adds an option. If it has a duplicate that was added before, Add returns that instead.
func (d *Duplicates) Add(o *Option) *Option {
	if *d == nil {
		*d = Duplicates{}
	}
	for _, p := range (*d)[o.Source] {
		if o.Label != nil && p.Label != nil && maps.Equal(o.Label.byLanguage, p.Label.byLanguage) {
			return p
		}
	}
	(*d)[o.Source] = append((*d)[o.Source], o)
	return nil
}

// FitOptions adapts a question to the number of its options. Without any, it reports and returns false.
func (d *Draft) FitOptions(q *Question, at *report.Atom) bool {
	switch n := len(q.Options.Items); {
	case n == 0:
		d.MarkAll(report.Dropped, at.At, q.Atoms, "the question has no options")
		if q.Target == nil {
			d.DefineMissing(q.Source, "which was not carried over")
		}
		return false
	case n > MaxOptions:
		d.Change(at, "its %d options are more than %d: it is asked as a text", n, MaxOptions)
		left := q.Options.Atoms()
		for _, o := range q.Options.Items {
			left = append(left, ConditionAtoms(o.Show)...)
		}
		d.MarkAll(report.Dropped, at.At, left, "its options, of which there are too many")
		d.DropText(q.OtherLabel)
		q.Kind, q.Options, q.Other, q.OtherLabel, q.Shuffle, q.Display = survey.ShortText, nil, false, nil, false, ""
		q.Min, q.Max = "", ""
	case n == 1 && q.Kind == survey.SingleChoice:
		d.Change(at, "one option alone is no choice: it is asked as several that can be chosen")
		q.Kind, q.Display, q.AsSet = survey.MultiChoice, "", true
	default:
		return true
	}
	if q.Target != nil {
		*q.Target = *TargetOf(q)
	}
	return true
}

// Define defines a name of the source. The first definition counts, unless its kind is Missing or Nothing.
func (d *Draft) Define(source string, to *condition.Target) {
	if d.Scope == nil {
		d.Scope = map[string]*condition.Target{}
	}
	if was := d.Scope[source]; was == nil || was.Kind == condition.Missing || was.Kind == condition.Nothing {
		d.Scope[source] = to
	}
}

// DefineMissing defines the name of a question that is not carried over. Conditions that use it quote the reason.
func (d *Draft) DefineMissing(source, format string, args ...any) {
	d.Define(source, &condition.Target{Kind: condition.Missing, Why: message.New(format, args...)})
}

// DefineNothing defines the name of a question that never has an answer.
func (d *Draft) DefineNothing(source, format string, args ...any) {
	d.Define(source, &condition.Target{Kind: condition.Nothing, Why: message.New(format, args...)})
}

// DefineQuestion defines a question under its name, so that conditions can use it.
func (d *Draft) DefineQuestion(q *Question) {
	q.Target = TargetOf(q)
	d.Define(q.Source, q.Target)
}

// TargetOf returns what conditions can do with a question.
func TargetOf(q *Question) *condition.Target {
	to := &condition.Target{Field: q.ID, Kind: KindOf(q.Kind), List: q.Kind == survey.MultiChoice || q.Kind == survey.Ranking}
	if q.AsSet {
		to.Kind, to.List, to.AsSet = condition.Choice, false, true
	}
	switch {
	case q.Kind == survey.Note:
		to.Why = message.New("which asks nothing")
	case q.Kind == survey.Rating && q.Options == nil:
		to.Kind, to.Options = condition.Number, whole(1, q.Steps)
	case q.Kind == survey.Rating:
		to.Kind, to.Options = condition.Choice, q.Options.Answers()
	case q.Kind == survey.NPS:
		to.Options = whole(0, 10)
	case q.Options != nil:
		to.Options = q.Options.Answers()
	case to.Kind == condition.Bool && q.Answers != nil:
		to.Options = q.Answers
	case to.Kind == condition.Bool:
		to.Options = []condition.Option{{Value: "true", ID: "yes"}, {Value: "false", ID: "no"}}
	}
	if q.Other && q.Options != nil {
		to.Options = append(to.Options, condition.Option{Value: "other", ID: survey.Other})
	}
	return to
}

// TargetOfRow returns what conditions can do with a row of a matrix.
func TargetOfRow(q *Question, row *Option) *condition.Target {
	return &condition.Target{Field: q.ID + "." + row.ID, Kind: condition.Choice, Options: q.Options.Answers()}
}

// whole lists whole numbers.
func whole(from, to int) []condition.Option {
	var all []condition.Option
	for n := from; n <= to; n++ {
		all = append(all, condition.Option{Value: strconv.Itoa(n), ID: strconv.Itoa(n)})
	}
	return all
}

// KindOf returns what conditions can do with answers of a type.
func KindOf(t survey.Type) condition.Kind {
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

// DropText reports a text that is left out with what it belongs to.
func (d *Draft) DropText(t *Text) {
	for _, a := range t.Atoms() {
		d.Drop(a, "left out with what it belongs to")
	}
}

// IgnoreText reports a text without a meaning here.
func (d *Draft) IgnoreText(t *Text, format string, args ...any) {
	for _, a := range t.Atoms() {
		d.Ignore(a, format, args...)
	}
}

// DropMessage reports the message of a limit that is not shown.
func (d *Draft) DropMessage(message *Text) {
	for _, a := range message.Atoms() {
		d.Drop(a, "its message is not shown: the question's limits have one message, or the form's own")
	}
}
