package draft

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
)

// Bounds that the parser of questionnaires sets.
const (
	maxQuestions = 500
	MaxOptions   = 200
	MaxText      = 20_000 // characters
	maxPattern   = 500    // bytes
	maxYAML      = 512 << 10
	MaxScore     = 1000 * decimal.One
)

var surveyID = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// IsSurveyID reports whether a survey can have the id.
func IsSurveyID(id string) bool { return surveyID.MatchString(id) }

// A writer writes a draft as YAML.
type writer struct {
	*Draft
	sections []*section
	parts    map[*yaml.Node]part
	scales   map[*List]string // ids of the lists that are written as scales
	unscored []string         // scales without scores

	unoffered []*report.Atom // of options that are never offered; the same may be offered elsewhere
}

// A part of the YAML can be left out, should the parser refuse it.
type part struct {
	what  message.Text
	at    report.Place
	atoms []*report.Atom
	never func() // of a condition: leaves out what is never shown because of it; nil if only the condition is left out
}

// Write makes YAML that the parser accepts, and finishes the report. The draft can be written once.
func (d *Draft) Write() (yaml []byte, above message.Text, err error) {
	w := &writer{Draft: d}
	w.sections = d.sections()
	w.dropNever()
	w.dropExcess()
	if len(w.sections) == 0 {
		return nil, message.Text{}, w.noQuestion()
	}
	w.chooseID()
	w.chooseLanguages()
	w.applyConstraints()
	text, err := w.encodeValid()
	if err != nil {
		return nil, message.Text{}, err
	}
	for _, a := range w.unoffered {
		if a.Outcome == report.Pending {
			a.Mark(report.Dropped)
		}
	}
	w.dropUnusedLists()
	d.Finish()
	return text, w.preface(), nil
}

// noQuestion is the error for want of anything to write. It names the first thing that was left out.
func (w *writer) noQuestion() error {
	if lines := w.Of(report.Dropped); len(lines) > 0 {
		return message.Errorf("there is no question in it that could be carried over: %s %s", lines[0].At, lines[0].Message)
	}
	return message.Errorf("there is no question in it that could be carried over")
}

// dropExcess leaves out the questions beyond those that a survey may have.
func (w *writer) dropExcess() {
	n := 0
	for _, s := range w.sections {
		kept := min(len(s.questions), maxQuestions-n)
		n += kept
		for _, q := range s.questions[kept:] {
			w.MarkAll(report.Dropped, q.At.At, q.Atoms, "left out: a survey has at most %d questions; split it", maxQuestions)
		}
		s.questions = s.questions[:kept]
	}
}

// dropUnusedLists reports the options that nothing has read.
func (w *writer) dropUnusedLists() {
	for _, l := range w.Lists {
		var left []*report.Atom
		for _, a := range l.Atoms() {
			if a.Outcome == report.Pending {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			w.MarkAll(report.Dropped, left[0].At, left, "the list %s: no question that was carried over uses it", report.Quote(l.Source))
		}
	}
}

// reservedIDs lists addresses of the site that cannot be ids of surveys.
func reservedIDs() IDs { return IDs{"api": 1, "assets": 1, "thanks": 1, "results": 1, "i": 1} }

// chooseID makes the survey's id, which may have hyphens, from the source's id or from the file's name.
func (w *writer) chooseID() {
	source := w.ID
	if source == "" {
		source, _, _ = strings.Cut(w.File, ".")
	}
	const hyphen = "0dash0"
	id := reservedIDs().Name(strings.ReplaceAll(strings.ToLower(source), "-", hyphen), "survey")
	w.ID = strings.ReplaceAll(id, hyphen, "-")
	if !IsSurveyID(w.ID) {
		w.ID = "survey"
	}
}

// nameLike matches what stands for an answer, even if no question has the name.
var nameLike = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// convertText converts one text. In a rich one, which is Markdown here, simple markup is kept.
func (w *writer) convertText(text string, a *report.Atom, find Find, rich bool) string {
	remark := func(o report.Outcome, format string, args ...any) {
		if a != nil {
			a.Mark(o)
			w.Remark(o, a.At, format, args...)
		}
	}
	if w.Piped != nil {
		text = w.Piped.ReplaceAllStringFunc(text, func(found string) string {
			name := w.Piped.FindStringSubmatch(found)[1]
			to := find(name)
			if to == nil && w.Braces && !nameLike.MatchString(name) {
				return found
			}
			if to == nil || to.Field == "" || to.Kind == condition.Group {
				remark(report.Dropped, "%s does not show an answer that was carried over: it became …", report.Quote(found))
				return "…"
			}
			return "{{" + to.Field + "}}"
		})
	}
	if rich {
		var lost string
		if text, lost = markup.Markdown(text); lost != "" {
			remark(report.Changed, "its %s has no place in Markdown, and was left out", lost)
		}
	} else {
		var lost message.Key
		if text, lost = markup.Plain(text); lost != "" {
			remark(report.Changed, "the text is shown as it stands, so %s was taken out", lost)
		}
	}
	if r := []rune(text); len(r) > MaxText {
		remark(report.Dropped, "longer than %d characters: the rest was left out", MaxText)
		text = string(r[:MaxText])
	}
	return text
}

// conditions writes conditions that must all hold. One that cannot be written is reported, and counts as lack: otherwise says
// what that means for the survey.
func (w *writer) conditions(conditions []*Condition, self *condition.Target, lack bool, otherwise message.Key) condition.Expr {
	all := condition.Always
	for _, c := range conditions {
		e, err := w.condition(c, self, lack)
		switch {
		case err != nil:
			w.Drop(c.At, "%s cannot be expressed here, so %s: %v", report.Quote(c.At.Text), otherwise, err)
			if !lack {
				return condition.Never
			}
			continue
		case e.Expr == condition.Never:
			w.Drop(c.At, "%s is never true, so %s", report.Quote(c.At.Text), otherwise)
			return condition.Never
		}
		report.Carry(c.At)
		for _, note := range e.Notes {
			w.Change(c.At, "%s: %s", report.Quote(c.At.Text), note)
		}
		for _, err := range e.Lost {
			w.Change(c.At, "%s cannot be expressed here as a whole, so a part was left out: %v", report.Quote(c.At.Text), err)
		}
		all = condition.Combine("and", all, e.Expr)
	}
	return all
}

func (w *writer) condition(c *Condition, self *condition.Target, lack bool) (condition.Written, error) {
	tree := c.Tree
	if tree == nil {
		var err error
		if tree, err = w.Parse(c.Source); err != nil {
			return condition.Written{}, err
		}
	}
	find := c.Find
	if find == nil {
		find = w.find
	}
	return condition.Writer{Dialect: w.Dialect, Find: find, Self: self, Lack: lack}.Write(tree, c.Sense)
}

// find returns what a name stands for in all of the survey.
func (d *Draft) find(name string) *condition.Target { return d.Scope[name] }

// placeOf returns the place of an atom, if there is one.
func placeOf(a *report.Atom) report.Place {
	if a == nil {
		return report.Place{}
	}
	return a.At
}
