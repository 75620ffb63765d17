package export

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Options say what is exported, and how it is said.
type Options struct {
	Language string // of labels; where a questionnaire does not speak it, its own first one
	Private  bool   // with private answers
	Words    *wording.Words
}

// A Plan is the columns of an export.
type Plan struct {
	Survey    *survey.Survey // as it is today
	Language  string
	Variables []*Variable
	Responses int64

	options  Options
	versions map[string]*reading
}

// Variable is one column.
type Variable struct {
	Name    string // "q", "q.row", of several options "q.option", "q._other"; about the response "_receipt" and so on
	Kind    Kind
	Label   string // the question's text
	Of      string // of Chosen: the option's text; of a row or choice with fields of its own: its text
	Type    survey.Type
	Private bool
	Before  bool    // only older versions of the questionnaire asked for it
	Values  []Value // of a choice
	N       int64   // responses that have it; of Chosen, in which the question was answered
	Ones    int64   // of Chosen: how many chose it
	Longest int     // text, in bytes

	Question string // of Chosen: the question's id
	option   string
}

// Value is an option of a choice.
type Value struct {
	ID    string
	Label string
	Score *survey.Decimal
	N     int64
}

// reading says where the answers to one version go.
type reading struct {
	survey  *survey.Survey
	columns [][]int             // by the field's place: its columns; of Chosen, by the option's place
	labels  []map[string]string // by the field's place: options' texts
}

// about are the columns about the response itself.
var about = []Kind{Receipt, Arrived, Language, Channel, Period, Version}

// NewPlan makes a plan for the responses of a census. now is the questionnaire in force.
func NewPlan(now *survey.Survey, c *Census, o Options) *Plan {
	p := &Plan{Survey: now, Language: spoken(now, o.Language), Responses: c.Responses, options: o, versions: map[string]*reading{}}
	for _, kind := range about {
		v := &Variable{Name: "_" + string(kind), Kind: kind, Label: o.Words.Say("variable." + string(kind)), N: c.Responses}
		p.Variables = append(p.Variables, v)
	}
	surveys := []*survey.Survey{now}
	for _, s := range c.Versions() {
		if s.Version != now.Version {
			surveys = append(surveys, s)
		}
	}
	secret := map[string]bool{} // what any version has called private
	for _, s := range surveys {
		for _, f := range s.Fields() {
			if f.Question.Private {
				secret[f.Name] = true
			}
		}
	}
	at := map[string]int{} // by name and kind
	for i, s := range surveys {
		n := c.versions[s.Version]
		if n == nil {
			n = newCounted(s)
		}
		p.read(s, n, at, secret, i > 0)
	}
	return p
}

// read plans one version.
func (p *Plan) read(s *survey.Survey, counts *counted, at map[string]int, secret map[string]bool, before bool) {
	language := spoken(s, p.options.Language)
	r := &reading{survey: s, columns: make([][]int, len(s.Fields())), labels: make([]map[string]string, len(s.Fields()))}
	for i, f := range s.Fields() {
		if secret[f.Name] && !p.options.Private {
			continue
		}
		kind := kindOf(f)
		column := func(name, of string) (int, *Variable) {
			key := string(kind) + " " + name
			place, known := at[key]
			if !known {
				place = len(p.Variables)
				at[key] = place
				v := &Variable{Name: name, Kind: kind, Label: strings.TrimSpace(f.Question.Label.In(language)), Of: of, Type: f.Question.Type,
					Private: secret[f.Name], Before: before, Question: f.Question.ID}
				if p.named(name) { // the same name was once of another kind
					v.Name += "@" + string(kind)
				}
				p.Variables = append(p.Variables, v)
			}
			return place, p.Variables[place]
		}
		n := counts.fields[i]
		r.labels[i] = map[string]string{}
		for _, o := range f.Options() {
			r.labels[i][o.ID] = p.label(o, language)
		}
		if kind == Chosen {
			for j, o := range f.Options() {
				place, v := column(f.Name+"."+o.ID, r.labels[i][o.ID])
				v.option = o.ID
				v.N += n.n
				v.Ones += n.options[j]
				r.columns[i] = append(r.columns[i], place)
			}
			continue
		}
		name := f.Name
		if f.Part == survey.OtherPart {
			name += "_text" // beside the column for having chosen it
		}
		place, v := column(name, p.part(f, language))
		r.columns[i] = []int{place}
		v.N += n.n
		v.Longest = max(v.Longest, n.longest)
		if kind == Choice {
			for j, o := range f.Options() {
				k := slices.IndexFunc(v.Values, func(known Value) bool { return known.ID == o.ID })
				if k < 0 {
					k = len(v.Values)
					v.Values = append(v.Values, Value{ID: o.ID, Label: r.labels[i][o.ID], Score: o.Score})
				}
				v.Values[k].N += n.options[j]
			}
		}
	}
	p.versions[s.Version] = r
}

func (p *Plan) named(name string) bool {
	return slices.ContainsFunc(p.Variables, func(v *Variable) bool { return v.Name == name })
}

// part is the text of what tells a question's fields apart.
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

// label is an option's text. Some have none of their own.
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

// spoken is a language if a survey has it, else the survey's first.
func spoken(s *survey.Survey, language string) string {
	if s.Speaks(language) {
		return language
	}
	return s.DefaultLanguage()
}

// Full is the whole text of a variable.
func (v *Variable) Full() string {
	if v.Of == "" {
		return v.Label
	}
	return v.Label + " [" + v.Of + "]"
}

// A Cell is one value of a row; Raw is "" where there is none.
type Cell struct {
	Raw   string // as it is stored; of Chosen "1" or "0"
	Label string // of a choice: the option's text, in the version that was answered
}

// A Row is a response's values, by the places of the variables. It is good until the next is made from it.
type Row []Cell

// Row fills in a response, which must be of a version that the census has seen, and not withdrawn.
func (p *Plan) Row(row Row, r answer.Response, arrived time.Time) Row {
	row = slices.Grow(row[:0], len(p.Variables))[:len(p.Variables)]
	clear(row)
	receipt := answer.Receipt(r.ID)
	if receipt == "" {
		receipt = r.ID
	}
	for i, text := range [...]string{receipt, arrived.In(p.Survey.Location()).Format(time.RFC3339), r.Language, r.Channel, r.Period, r.Version} {
		row[i] = Cell{Raw: text}
	}
	from := p.versions[r.Version]
	if from == nil {
		return row
	}
	for _, answers := range [...][]answer.Answer{r.Answers, r.Private} {
		for _, a := range answers {
			i := from.survey.FieldIndex(a.Field())
			if i < 0 || len(a) < 2 || from.columns[i] == nil {
				continue
			}
			f := from.survey.Fields()[i]
			if kindOf(f) != Chosen {
				row[from.columns[i][0]] = Cell{a[1], from.labels[i][a[1]]}
				continue
			}
			for j, o := range f.Options() {
				row[from.columns[i][j]] = Cell{Raw: "0"}
				if slices.Contains(a.Values(), o.ID) {
					row[from.columns[i][j]] = Cell{Raw: "1"}
				}
			}
		}
	}
	return row
}

// A Sink takes rows.
type Sink interface {
	Write(Row) error
	// Close writes what comes after the last row.
	Close() error
}

// codes numbers the options of a choice: by their scores, if each has another; else from 1, in the questionnaire's order.
// Options without a score get numbers beyond all others: they are answers, but no part of any mean. missing is the first
// and the last of those, "" if there are none.
func (v *Variable) codes() (codes map[string]string, first, last string) {
	codes = map[string]string{}
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
			codes[o.ID] = strconv.Itoa(i + 1)
		}
		greatest = survey.Decimal(len(v.Values)) * survey.One
		if scored == 0 || scored == len(v.Values) {
			return codes, "", ""
		}
	}
	next := 97 // as is the custom; 997 and so on where scores come that far
	for survey.Decimal(next)*survey.One <= greatest {
		next = 10*next + 27
	}
	for _, o := range v.Values {
		if o.Score != nil {
			if distinct {
				codes[o.ID] = o.Score.String()
			}
			continue
		}
		codes[o.ID] = strconv.Itoa(next)
		if first == "" {
			first = codes[o.ID]
		}
		last = codes[o.ID]
		next++
	}
	return codes, first, last
}
