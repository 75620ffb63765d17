package survey

import (
	"path"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Actions is what stands beside a questionnaire, in ID.actions.yaml and ID.quotes.yaml: what is being done about its
// results, and what may be quoted of the answers. The results page shows it; answers are not changed by it.
type Actions struct {
	Measures []Measure `json:"measures,omitempty"` // in the file's order
	Quotes   []Quote   `json:"quotes,omitempty"`
}

// Measure is one improvement, followed until the loop is closed.
type Measure struct {
	Problem  Text   `json:"problem"`            // what respondents said
	Measure  Text   `json:"measure"`            // what is done about it
	Question string `json:"question,omitempty"` // a question's or a field's name; "" if it concerns the whole
	Owner    Text   `json:"owner"`              // a role, never a person
	Due      Date   `json:"due"`
	Status   Status `json:"status"`
	Effect   Text   `json:"effect,omitempty"` // what has come of it
}

// Status is how far a measure has come.
type Status string

// The statuses.
const (
	Planned Status = "planned"
	Doing   Status = "doing"
	Done    Status = "done"
	Dropped Status = "dropped"
)

// Overdue reports whether a measure should have been done before a day.
func (m Measure) Overdue(today Date) bool {
	return (m.Status == Planned || m.Status == Doing) && m.Due != "" && m.Due < today
}

// Quote is a respondent's sentence that somebody has reviewed and released: nothing in it says who wrote it.
type Quote struct {
	Text       Text   `json:"text"`
	Question   string `json:"question,omitempty"`
	Period     string `json:"period,omitempty"` // such as 2026-Q3; "" if it does not matter
	ReviewedBy Text   `json:"reviewed_by"`      // a role
	ReviewedOn Date   `json:"reviewed_on"`
}

// The kinds of files that stand beside a questionnaire.
const (
	ActionsFile = "actions"
	QuotesFile  = "quotes"
)

// Beside tells, of the file NAME.actions.yaml or NAME.quotes.yaml, its kind, and the name that it shares with its
// questionnaire NAME.yaml. The kind of other files is "".
func Beside(name string) (questionnaire, kind string) {
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
func ParseMeasures(file string, source []byte, s *Survey) ([]Measure, Problems) {
	r := newReader(file)
	var measures []Measure
	for _, o := range r.entries(source, s, "list of measures", "a list of measures begins with \"- problem: …\"", &measureMapping) {
		measures = append(measures, Measure{
			Problem: o.text("problem"), Measure: o.text("measure"), Question: o.question(s), Owner: o.text("owner"), Due: o.date("due"),
			Status: Status(o.word("status", string(Planned))), Effect: o.text("effect"),
		})
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	return measures, nil
}

// ParseQuotes reads what may be quoted of a survey's answers, as [ParseMeasures] does its file.
func ParseQuotes(file string, source []byte, s *Survey) ([]Quote, Problems) {
	r := newReader(file)
	var quotes []Quote
	for _, o := range r.entries(source, s, "list of quotes", "a list of quotes begins with \"- text: …\"", &quoteMapping) {
		quote := Quote{
			Text: o.text("text"), Question: o.question(s), Period: o.period(s), ReviewedBy: o.text("reviewed_by"), ReviewedOn: o.date("reviewed_on"),
		}
		if q, ok := s.about(quote.Question); ok && (q.Private || q.Unpublished) {
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
func (r *reader) entries(source []byte, s *Survey, holds, begins string, of *mapping) []object {
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
func (s *Survey) about(name string) (*Question, bool) {
	for q := range s.Questions() {
		if q.ID == name && q.Type != Note {
			return q, true
		}
	}
	f, ok := s.Field(name)
	return f.Question, ok
}

// question reads the name of the question, or of a field of it, that an entry is about.
func (o object) question(s *Survey) string {
	name := o.plain("question")
	if name == "" {
		return ""
	}
	if _, ok := s.about(name); !ok {
		names := fieldNames(s)
		for q := range s.Questions() {
			if q.Type != Note {
				names = append(names, q.ID)
			}
		}
		o.fail(o.values["question"], "question names %s, which is not a question%s", quote(name), suggest(name, names))
	}
	return name
}

// unquotable refuses to quote what the questionnaire keeps to itself.
func (o object) unquotable(q *Question) {
	at := o.values["question"]
	if q.Private {
		o.fail(at, "answers to %s are private: they are never quoted", quote(q.ID))
		return
	}
	o.fail(at, "answers to %s are not published (publish: false): they are not quoted either", quote(q.ID))
}

var periodNames = map[Period]struct {
	form    *regexp.Regexp
	example string
}{
	Month:   {regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`), "2026-10"},
	Quarter: {regexp.MustCompile(`^[0-9]{4}-Q[1-4]$`), "2026-Q4"},
	Year:    {regexp.MustCompile(`^[0-9]{4}$`), "2026"},
}

// period reads the name of one of the survey's periods.
func (o object) period(s *Survey) string {
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
