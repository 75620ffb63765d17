package questionnaire

import (
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// The kinds of files that stand beside a questionnaire.
const (
	ActionsFile = "actions"
	QuotesFile  = "quotes"
)

// Sidecar tells, of the file NAME.actions.yaml or NAME.quotes.yaml, its kind, and the name that it shares with its
// questionnaire NAME.yaml. The kind of other files is "".
func Sidecar(name string) (questionnaire, kind string) {
	if !isYAML(name) {
		return "", ""
	}
	stem := strings.TrimSuffix(name, path.Ext(name))
	for _, kind := range []string{ActionsFile, QuotesFile} {
		if of, found := strings.CutSuffix(stem, "."+kind); found {
			return of, kind
		}
	}
	return "", ""
}

func isYAML(name string) bool { return path.Ext(name) == ".yaml" || path.Ext(name) == ".yml" }

// ParseMeasures reads what is being done about a survey's results. It returns the measures or, sorted, every problem that
// the file has; never both. file names the source in problems.
func ParseMeasures(file string, source []byte, s *survey.Survey) ([]survey.Measure, Problems) {
	r := newReader(file)
	var measures []survey.Measure
	for _, o := range r.entries(source, s, "list of measures", "a list of measures begins with \"- problem: …\"", &measureMapping) {
		measures = append(measures, survey.Measure{
			Problem: o.text("problem"), Measure: o.text("measure"), Question: o.question(s), Owner: o.text("owner"), Due: o.date("due"),
			Status: survey.Status(o.word("status", string(survey.Planned))), Effect: o.text("effect"),
		})
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return measures, nil
}

// ParseQuotes reads what may be quoted of a survey's answers, as [ParseMeasures] does its file.
func ParseQuotes(file string, source []byte, s *survey.Survey) ([]survey.Quote, Problems) {
	r := newReader(file)
	var quotes []survey.Quote
	for _, o := range r.entries(source, s, "list of quotes", "a list of quotes begins with \"- text: …\"", &quoteMapping) {
		quote := survey.Quote{
			Text: o.text("text"), Question: o.question(s), Period: o.period(s), ReviewedBy: o.text("reviewed_by"), ReviewedOn: o.date("reviewed_on"),
		}
		if q, ok := about(s, quote.Question); ok && (q.Private || q.Unpublished) {
			o.unquotable(q)
		}
		quotes = append(quotes, quote)
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return quotes, nil
}

// entries reads a file that is a list of mappings of one kind.
func (r *reader) entries(source []byte, s *survey.Survey, holds, begins string, of *mapping) []object {
	r.languages = s.Languages
	root := r.document(source, holds, begins)
	if root == nil || r.misshapen(root, 0) {
		return nil
	}
	if m := r.follow(root); m != nil && m.Kind == yaml.MappingNode {
		r.fail(root, "the file must be a list: begin each entry with \"- \", and indent its other keys by two spaces")
		return nil
	}
	items := r.items(root, "the file")
	if len(items) > maxBeside {
		r.fail(items[maxBeside], "more than %d entries: remove the oldest", maxBeside)
		return nil
	}
	var entries []object
	for _, n := range items {
		if o := r.object(n, of); o.node != nil {
			entries = append(entries, o)
		}
	}
	return entries
}

// about finds a question by its id or by a field's name.
func about(s *survey.Survey, name string) (*survey.Question, bool) {
	for q := range s.Questions() {
		if q.ID == name && q.Type != survey.Note {
			return q, true
		}
	}
	f, ok := s.Field(name)
	return f.Question, ok
}

// question reads the name of the question, or of a field of it, that an entry is about.
func (o object) question(s *survey.Survey) string {
	name := o.plain("question")
	if name == "" {
		return ""
	}
	if _, ok := about(s, name); !ok {
		names := fieldNames(s)
		for q := range s.Questions() {
			if q.Type != survey.Note {
				names = append(names, q.ID)
			}
		}
		o.fail(o.values["question"], "question names %s, which is not a question%s", quote(name), suggest(name, names))
	}
	return name
}

// unquotable refuses to quote what the questionnaire keeps to itself.
func (o object) unquotable(q *survey.Question) {
	at := o.values["question"]
	if q.Private {
		o.fail(at, "answers to %s are private: they are never quoted", quote(q.ID))
		return
	}
	o.fail(at, "answers to %s are not published (publish: false): they are not quoted either", quote(q.ID))
}

var periodNames = map[survey.Period]struct {
	form    *regexp.Regexp
	example string
}{
	survey.Month:   {regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`), "2026-10"},
	survey.Quarter: {regexp.MustCompile(`^[0-9]{4}-Q[1-4]$`), "2026-Q4"},
	survey.Year:    {regexp.MustCompile(`^[0-9]{4}$`), "2026"},
}

// period reads the name of one of the survey's periods.
func (o object) period(s *survey.Survey) string {
	name := o.plain("period")
	if name == "" {
		return ""
	}
	at := o.values["period"]
	known, periodic := periodNames[s.Period]
	switch {
	case !periodic:
		o.fail(at, "the survey has no periods: remove 'period', or add \"period: quarter\" to the questionnaire")
	case !known.form.MatchString(name):
		o.fail(at, "period must be a %s such as %s, not %s", s.Period, known.example, quote(name))
	}
	return name
}
