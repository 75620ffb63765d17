package questionnaire

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// The kinds of a questionnaire's sidecar files.
const (
	ActionsFile = "actions"
	QuotesFile  = "quotes"
)

// Sidecar splits the file name of a sidecar, NAME.actions.yaml or NAME.quotes.yaml, whose questionnaire is NAME.yaml. The
// kind of other files is "".
func Sidecar(file string) (name, kind string) {
	if !isYAML(file) {
		return "", ""
	}
	stem := strings.TrimSuffix(file, path.Ext(file))
	for _, kind := range []string{ActionsFile, QuotesFile} {
		if name, found := strings.CutSuffix(stem, "."+kind); found {
			return name, kind
		}
	}
	return "", ""
}

// ParseMeasures reads what is done about a survey's results. It returns the measures or, sorted, every problem of the
// file; never both. file names the source in problems.
func ParseMeasures(file string, source []byte, s *survey.Survey) ([]survey.Measure, Problems) {
	r := newReader(file)
	var measures []survey.Measure
	for _, o := range r.sidecar(source, s, "list of measures", "a list of measures begins with \"- problem: …\"", &measureMapping) {
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

// ParseQuotes reads the quotes from a survey's answers. Its parameters and results are as for [ParseMeasures].
func ParseQuotes(file string, source []byte, s *survey.Survey) ([]survey.Quote, Problems) {
	r := newReader(file)
	var quotes []survey.Quote
	for _, o := range r.sidecar(source, s, "list of quotes", "a list of quotes begins with \"- text: …\"", &quoteMapping) {
		quote := survey.Quote{
			Text: o.text("text"), Question: o.question(s), Period: o.period(s), ReviewedBy: o.text("reviewed_by"), ReviewedOn: o.date("reviewed_on"),
		}
		o.checkQuotable(s, quote.Question)
		quotes = append(quotes, quote)
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return quotes, nil
}

// sidecar reads a file that is a list of mappings of one kind. what and begins are as for [reader.document].
func (r *reader) sidecar(source []byte, s *survey.Survey, what, begins message.Key, m *mapping) []object {
	r.languages = s.Languages
	root := r.document(source, what, begins)
	if root == nil || r.isMalformed(root, 0) {
		return nil
	}
	r.mergeKeys(root)
	if n := r.follow(root); n != nil && n.Kind == yaml.MappingNode {
		r.fail(root, "the file must be a list: begin each entry with \"- \", and indent its other keys by two spaces")
		return nil
	}
	entries := r.entries(root, message.New("the file"))
	if len(entries) > maxEntries {
		r.fail(entries[maxEntries], "more than %d entries: remove the oldest", maxEntries)
		return nil
	}
	var objects []object
	for _, n := range entries {
		if o := r.object(n, m); o.node != nil {
			objects = append(objects, o)
		}
	}
	return objects
}

// findQuestion finds a question by its id or by the name of one of its fields. It does not find notes.
func findQuestion(s *survey.Survey, name string) (*survey.Question, bool) {
	if q, ok := s.Question(name); ok && q.Type != survey.Note {
		return q, true
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
	if _, ok := findQuestion(s, name); !ok {
		names := fieldNames(s)
		for q := range s.Questions() {
			if q.Type != survey.Note {
				names = append(names, q.ID)
			}
		}
		if o.mapping == &quoteMapping {
			names = slices.DeleteFunc(names, func(name string) bool {
				q, ok := findQuestion(s, name)
				return !ok || q.Private || s.SealsPart(q) || s.UnpublishedBy(q.ID) != nil || q.Unpublished
			})
		}
		o.fail(o.values["question"], "question names %s, which is not a question%s", quote(name), suggest(name, names))
	}
	return name
}

// checkQuotable reports quotes from answers that are not published.
func (o object) checkQuotable(s *survey.Survey, name string) {
	q, ok := findQuestion(s, name)
	at := o.values["question"]
	switch {
	case !ok:
	case q.Private:
		o.fail(at, "answers to %s are private: they are never quoted", quote(q.ID))
	case s.SealsPart(q):
		o.fail(at, "answers to %s are sealed: they are never quoted", quote(q.ID))
	case q.Unpublished:
		o.fail(at, "answers to %s are not published (publish: false): they are not quoted either", quote(q.ID))
	case s.UnpublishedBy(q.ID) != nil:
		o.fail(at, "answers to %s are not published, and not quoted either: %s", quote(q.ID), unpublished(s, s.UnpublishedBy(q.ID)))
	}
}

// periodNames describes the names of a survey's periods; see [survey.Survey.PeriodAt].
var periodNames = map[survey.Period]struct {
	pattern *regexp.Regexp
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
	case !known.pattern.MatchString(name):
		o.fail(at, "period must be a %s such as %s, not %s", s.Period, known.example, quote(name))
	}
	return name
}
