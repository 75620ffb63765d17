package export

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Options selects which answers are exported, and the language of labels.
type Options struct {
	Language string // of labels; a questionnaire that does not have it uses its first
	Private  bool   // with private answers
	Words    *wording.Words

	// Review says whether a response is held, was accepted or was rejected; "" if nothing is known of it. nil: that is so of all,
	// and there is no such column.
	Review func(r answer.Response, arrived time.Time) string

	// Opening says what is wrong with a response's sealed answers, which were to be opened; "" if nothing is. nil: none were, and
	// there is no such column.
	Opening func(r answer.Response) string
}

// A Plan describes the columns of an export.
type Plan struct {
	Survey    *survey.Survey // in force
	Language  string
	Variables []*Variable
	Responses int64

	options  Options
	about    []Kind // the columns about the response itself, which are the first
	versions map[string]*versionPlan
	sealed   map[string]string // the label of Sealed
}

// Variable is one column.
type Variable struct {
	Name    string // "q", "q.row", of several options "q.option", "q._other"; about the response "_receipt" and so on
	Kind    Kind
	Label   string // the question's text
	Of      string // of Chosen: the option's text; of a row or choice with fields of its own: its text
	Type    survey.Type
	Private bool
	Retired bool    // only older versions of the questionnaire ask for it
	Values  []Value // of a choice
	N       int64   // responses that have it; of Chosen, in which the question was answered
	Ones    int64   // of Chosen: how many chose it
	Longest int     // text in bytes

	Question string // its id
}

// Value is an option of a choice.
type Value struct {
	ID    string
	Label string
	Score *survey.Decimal
	N     int64
}

// versionPlan maps the answers to one version to columns.
type versionPlan struct {
	survey *survey.Survey
	fields []fieldPlan // by index in the survey's fields
}

type fieldPlan struct {
	name    string
	kind    Kind
	seals   bool
	columns []int             // of Chosen, by index of the option; nil if the field is not exported
	options []string          // ids
	labels  map[string]string // texts of options by id
}

// responseKinds are the columns about the response itself.
var responseKinds = []Kind{Receipt, Arrived, Language, Channel, Period, Version}

// kinds lists the columns about the response itself.
func (o Options) kinds() []Kind {
	kinds := slices.Clone(responseKinds)
	if o.Review != nil {
		kinds = append(kinds, Review)
	}
	if o.Opening != nil {
		kinds = append(kinds, Opening)
	}
	return kinds
}

// NewPlan makes a plan for the responses of a census. now is the questionnaire in force.
func NewPlan(now *survey.Survey, c *Census, o Options) *Plan {
	p := &Plan{Survey: now, Language: languageOf(now, o.Language), Responses: c.Responses, options: o, about: o.kinds(),
		versions: map[string]*versionPlan{}, sealed: map[string]string{Sealed: o.Words.Say("value.sealed")}}
	for _, kind := range p.about {
		v := &Variable{Name: "_" + string(kind), Kind: kind, Label: o.Words.Say("variable." + string(kind)), N: c.Responses}
		p.Variables = append(p.Variables, v)
	}
	surveys := []*survey.Survey{now}
	for _, s := range c.Versions() {
		if s.Version != now.Version {
			surveys = append(surveys, s)
		}
	}
	private := map[string]bool{} // names of fields that are private in any version
	for _, s := range surveys {
		for _, f := range s.Fields() {
			if f.Question.Private {
				private[f.Name] = true
			}
		}
	}
	places := map[string]int{}
	for i, s := range surveys {
		counts := c.versions[s.Version]
		if counts == nil {
			counts = newVersionCount(s)
		}
		version := &planner{Plan: p, counts: counts, places: places, private: private, retired: i > 0, language: languageOf(s, o.Language)}
		version.addVersion(s)
	}
	return p
}

// planner adds the columns of one version to a plan.
type planner struct {
	*Plan
	counts   *versionCount
	places   map[string]int  // of variables, by kind and name
	private  map[string]bool // names of fields
	retired  bool            // the version is not the one in force
	language string
}

func (p *planner) addVersion(s *survey.Survey) {
	v := &versionPlan{survey: s, fields: make([]fieldPlan, len(s.Fields()))}
	for i, f := range s.Fields() {
		to := &v.fields[i]
		to.name, to.kind, to.seals = f.Name, kindOf(f), s.Seals(f)
		if p.private[f.Name] && !p.options.Private {
			continue
		}
		to.labels = map[string]string{}
		for _, o := range f.Options() {
			to.options = append(to.options, o.ID)
			to.labels[o.ID] = p.label(o, p.language)
		}
		if to.kind == Chosen {
			to.columns = p.addChosen(f, &p.counts.fields[i], to.labels)
		} else {
			to.columns = []int{p.addField(f, &p.counts.fields[i], to.labels)}
		}
	}
	p.versions[s.Version] = v
}

// addChosen adds a column for each option of a question with several answers.
func (p *planner) addChosen(f survey.Field, n *fieldCount, labels map[string]string) (columns []int) {
	for i, o := range f.Options() {
		column := p.column(f, f.Name+"."+o.ID, labels[o.ID])
		v := p.Variables[column]
		v.N += n.n
		v.Ones += n.options[i]
		columns = append(columns, column)
	}
	return columns
}

// addField adds one column for a field.
func (p *planner) addField(f survey.Field, n *fieldCount, labels map[string]string) (column int) {
	name := f.Name
	if f.Part == survey.OtherPart {
		name += "_text" // the name without is the column for having chosen it
	}
	column = p.column(f, name, p.part(f, p.language))
	v := p.Variables[column]
	v.N += n.n
	v.Longest = max(v.Longest, n.longest)
	if v.Kind != Choice {
		return column
	}
	for i, o := range f.Options() {
		at := slices.IndexFunc(v.Values, func(known Value) bool { return known.ID == o.ID })
		if at < 0 {
			at = len(v.Values)
			v.Values = append(v.Values, Value{ID: o.ID, Label: labels[o.ID], Score: o.Score})
		}
		v.Values[at].N += n.options[i]
	}
	return column
}

// column finds the variable of a field's kind with a name, or adds one.
func (p *planner) column(f survey.Field, name, of string) int {
	kind := kindOf(f)
	key := string(kind) + " " + name
	if place, known := p.places[key]; known {
		return place
	}
	v := &Variable{Name: name, Kind: kind, Label: strings.TrimSpace(f.Question.Label.In(p.language)), Of: of, Type: f.Question.Type,
		Private: p.private[f.Name], Retired: p.retired, Question: f.Question.ID}
	if p.named(name) { // by a variable of another kind
		v.Name += "@" + string(kind)
	}
	p.places[key] = len(p.Variables)
	p.Variables = append(p.Variables, v)
	return p.places[key]
}

func (p *Plan) named(name string) bool {
	return slices.ContainsFunc(p.Variables, func(v *Variable) bool { return v.Name == name })
}

// part is the text that distinguishes a field from the others of its question.
func (p *Plan) part(f survey.Field, language string) string {
	var parts []string
	switch {
	case f.Row != nil:
		parts = append(parts, f.Row.Label.In(language))
	case f.Option != nil:
		parts = append(parts, p.label(*f.Option, language))
	}
	switch f.Part {
	case survey.ImportancePart, survey.SatisfactionPart:
		parts = append(parts, p.options.Words.Say("part."+string(f.Part)))
	case survey.OtherPart:
		parts = append(parts, p.options.Words.Say("part.other_text"))
	}
	return strings.Join(parts, ", ")
}

// label returns an option's text.
func (p *Plan) label(o survey.Option, language string) string {
	switch text := o.Label.In(language); {
	case text != "":
		return text
	case o.ID == survey.Other:
		return p.options.Words.Say("part.other")
	case o.ID == "yes" || o.ID == "no":
		return p.options.Words.Say("value." + o.ID)
	default:
		return o.ID
	}
}

// languageOf returns the language if the survey has it, else the survey's first language.
func languageOf(s *survey.Survey, language string) string {
	if s.HasLanguage(language) {
		return language
	}
	return s.DefaultLanguage()
}

// Full returns the text of a variable: the question, and which part of it.
func (v *Variable) Full() string {
	if v.Of == "" {
		return v.Label
	}
	return v.Label + " [" + v.Of + "]"
}

// A Record is a response to be written, and what the options say of it.
type Record struct {
	answer.Response
	Arrived time.Time
	review  string
	opening string
}

// Record asks the functions of the options about a response. They are asked in the order of the responses.
func (p *Plan) Record(r answer.Response, arrived time.Time) Record {
	record := Record{Response: r, Arrived: arrived}
	if p.options.Review != nil {
		record.review = p.options.Review(r, arrived)
	}
	if p.options.Opening != nil {
		record.opening = p.options.Opening(r)
	}
	return record
}

// A Cell is one value of a row; Raw is "" where there is none.
type Cell struct {
	Raw    string // as it is stored; of Chosen "1" or "0"
	labels map[string]string
}

// Label returns the text of a choice's option, in the version that was answered.
func (c Cell) Label() string { return c.labels[c.Raw] }

// A Row is a response's values, by the index of the variables. It is valid until the next is made from it.
type Row []Cell

// Row fills in a response. Its version must be in the census, and it must not be withdrawn. Several goroutines may fill in rows of
// their own.
func (p *Plan) Row(row Row, r *Record) Row {
	row = slices.Grow(row[:0], len(p.Variables))[:len(p.Variables)]
	clear(row)
	for i, kind := range p.about {
		row[i].Raw = p.text(kind, r)
	}
	if v := p.versions[r.Version]; v != nil {
		next := 0
		for _, a := range r.Answers {
			next = p.fill(row, v, a, next)
		}
		next = 0
		for _, a := range r.Private {
			next = p.fill(row, v, a, next)
		}
	}
	return row
}

// text returns the text of a column about the response itself.
func (p *Plan) text(kind Kind, r *Record) string {
	switch kind {
	case Receipt:
		return cmp.Or(answer.Receipt(r.ID), r.ID)
	case Arrived:
		return r.Arrived.In(p.Survey.Location()).Format(time.RFC3339)
	case Language:
		return r.Language
	case Channel:
		return r.Channel
	case Period:
		return r.Period
	case Version:
		return r.Version
	case Review:
		return r.review
	case Opening:
		return r.opening
	}
	return ""
}

// find returns the index of an answer's field if it is exported, else -1. Answers are in the order of the fields, so it is usually
// next.
func (v *versionPlan) find(a answer.Answer, next int) int {
	if len(a) < 2 {
		return -1
	}
	i := next
	if i >= len(v.fields) || v.fields[i].name != a.Field() {
		i = v.survey.FieldIndex(a.Field())
	}
	if i < 0 || v.fields[i].columns == nil {
		return -1
	}
	return i
}

// isSealed reports whether an answer to field i is sealed.
func (v *versionPlan) isSealed(a answer.Answer, i int) bool {
	return v.fields[i].seals && a.SealedIn(v.survey, v.survey.Fields()[i])
}

// fill fills in an answer, if the plan has columns for it; sealed in all of them, if it is. It returns the index of the field that
// probably follows.
func (p *Plan) fill(row Row, v *versionPlan, a answer.Answer, next int) int {
	i := v.find(a, next)
	if i < 0 {
		return next
	}
	f := &v.fields[i]
	switch {
	case v.isSealed(a, i):
		for _, column := range f.columns {
			row[column] = Cell{Sealed, p.sealed}
		}
	case f.kind != Chosen:
		row[f.columns[0]] = Cell{a[1], f.labels}
	default:
		for j, id := range f.options {
			row[f.columns[j]].Raw = "0"
			if slices.Contains(a.Values(), id) {
				row[f.columns[j]].Raw = "1"
			}
		}
	}
	return i + 1
}

// valueCodes are the numbers of a choice's options in SPSS.
type valueCodes struct {
	byID                      map[string]string
	firstMissing, lastMissing string // of those without a score; "" if there are none
}

// codes numbers the options of a choice: by their scores, if they all differ; else from 1, in the questionnaire's order.
// Options without a score get numbers beyond all others: they are answers, but no part of any mean.
func (v *Variable) codes() valueCodes {
	codes := valueCodes{byID: map[string]string{}}
	used, scored, greatest := map[survey.Decimal]bool{}, 0, survey.Decimal(0)
	distinct := true
	for _, o := range v.Values {
		if o.Score != nil {
			distinct = distinct && !used[*o.Score]
			used[*o.Score], greatest = true, max(greatest, *o.Score)
			scored++
		}
	}
	if scored == 0 || !distinct {
		for i, o := range v.Values {
			codes.byID[o.ID] = strconv.Itoa(i + 1)
		}
		greatest = survey.Decimal(len(v.Values)) * survey.One
		if scored == 0 || scored == len(v.Values) {
			return codes
		}
	}
	next := 97 // by convention; 997, 9997, … where scores are that high
	for survey.Decimal(next)*survey.One <= greatest {
		next = 10*next + 27
	}
	for _, o := range v.Values {
		if o.Score != nil {
			if distinct {
				codes.byID[o.ID] = o.Score.String()
			}
			continue
		}
		codes.lastMissing = strconv.Itoa(next)
		codes.byID[o.ID] = codes.lastMissing
		codes.firstMissing = cmp.Or(codes.firstMissing, codes.lastMissing)
		next++
	}
	return codes
}
