package stats

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A form is a questionnaire, and what figures need of it, computed once.
type form struct {
	*survey.Survey
	counted []countedField // those that are public, in the questionnaire's order
	indexes map[string]int // by name, in counted and in the items of a period
	rules   string         // all that the index depends on besides the answers
	rows    string         // signature of the rows; "" if there are none that may be public
	partial bool           // the index has items that facts decide who is asked: rows have not all of it
}

// forms are the forms of a report's releases. Each is decoded once.
type forms struct {
	visibility
	now     *form
	encoded string // now, once it is needed
	byForm  map[string]*form
}

func newForms(s *survey.Survey, latest []*release.Release) *forms {
	f := &forms{visibility: visibility{now: s, hidden: map[string]bool{}}, byForm: map[string]*form{}}
	for _, r := range latest {
		for _, name := range r.Hidden {
			f.hidden[name] = true
			f.names = append(f.names, name)
		}
	}
	f.now = f.newForm(s)
	return f
}

// of returns the form of a version; nil if it cannot be decoded. No form is today's.
func (f *forms) of(version string, encoded json.RawMessage) *form {
	if len(encoded) == 0 || version != "" && version == f.now.Version {
		return f.now
	}
	if known, ok := f.byForm[string(encoded)]; ok {
		return known
	}
	if f.encoded == "" {
		f.encoded = string(f.now.Form())
	}
	var result *form
	if string(encoded) == f.encoded {
		result = f.now
	} else if decoded, err := survey.DecodeForm(encoded, f.now.Survey); err == nil {
		result = f.newForm(decoded)
	}
	f.byForm[string(encoded)] = result
	return result
}

// A visibility says which fields are public, by today's questionnaire: a question that it hides is hidden everywhere.
type visibility struct {
	now    *survey.Survey
	hidden map[string]bool // by field: those of any release
	names  []string        // the same
}

// shows reports whether a field of a questionnaire is public. One that depends there on a question that is hidden is not.
func (v *visibility) shows(s *survey.Survey, f survey.Field) bool {
	if !f.Counted() {
		return false
	}
	if _, asked := v.now.Question(f.Question.ID); !asked && v.hidden[f.Name] {
		return false
	}
	return !slices.ContainsFunc(s.DependsOn(f.Question.ID), func(id string) bool {
		if _, asked := v.now.Question(id); asked {
			return v.now.Unpublished(id)
		}
		return release.HidesQuestion(v.names, id)
	})
}

// codes reports whether figures of a field of a questionnaire are public only as coded ones.
func (v *visibility) codes(s *survey.Survey, f survey.Field) bool {
	return f.Sensitive() || slices.ContainsFunc(s.DependsOn(f.Question.ID), func(id string) bool {
		q, asked := v.now.Question(id)
		return asked && survey.Field{Name: f.Name, Question: q, Part: f.Part}.Sensitive()
	})
}

// divides reports whether figures may be shown by a field: strict protection does not make a segment sensitive.
func (v *visibility) divides(s *survey.Survey, f survey.Field) bool {
	for _, in := range []*survey.Survey{s, v.now} {
		if q, asked := in.Question(f.Question.ID); asked && (q.Sensitive || len(in.SensitiveBy(q.ID)) > 0) {
			return false
		}
	}
	return true
}

func (v *visibility) newForm(s *survey.Survey) *form {
	f := &form{Survey: s, indexes: map[string]int{}, rows: tally.RowSignature(s)}
	for _, field := range s.Fields() {
		shown := v.shows(s, field)
		if shown {
			f.indexes[field.Name] = len(f.counted)
			c := newCountedField(s, field, v.codes(s, field))
			c.divides = v.divides(s, field)
			f.counted = append(f.counted, c)
		}
		f.partial = f.partial || field.Scored() && !field.Question.Segment && !field.InRows()
		if isRow(s, field) && (!shown || v.codes(s, field)) {
			f.rows = ""
		}
	}
	for i := range f.counted {
		c := &f.counted[i]
		c.condition, c.byFacts = s.Condition(c.Question), s.FactCondition(c.Field) != nil
	}
	f.rules = f.indexRules()
	return f
}

// isRow reports whether a field is in the sums over whole rows.
func isRow(s *survey.Survey, f survey.Field) bool {
	return (f.Scored() || f.Name == s.Scoring.Overall) && f.InRows()
}

// indexRules returns all that the index depends on besides the answers.
func (f *form) indexRules() string {
	s := f.Survey
	var b strings.Builder
	b.WriteString(s.Scoring.Model + " " + s.Scoring.Unit + " " + s.Scoring.Of)
	if r := s.Scoring.Rule; r != nil {
		b.WriteString(" " + r.Floor.String() + " " + r.Per.String() + " " + r.Deduct.String())
		if r.Proportional {
			b.WriteString(" proportional")
		}
	}
	for i := range f.counted {
		if c := &f.counted[i]; c.weight != nil {
			b.WriteString("\n" + c.Name + " " + c.weight.RatString() + " " + c.key)
		}
	}
	return b.String()
}

// A countedField is a field, and what figures need of it, computed once.
type countedField struct {
	survey.Field
	key             string   // of the item: see [survey.Survey.ItemKey]
	coded           bool     // only coded figures are public
	divides         bool     // figures may be shown by it, if it is a segment
	weight          *big.Rat // in the index; nil for a field that is not part of it
	indexWeight     int64    // the same in millionths
	dimensionWeight int64    // in its dimension, in millionths
	dimension       int      // index; -1 for none
	options         []survey.Option
	scored          []int // indexes of the options with a score; none where several may be chosen
	isScale         bool  // the scores make a scale of satisfaction
	worst, best     survey.Decimal
	secondBest      survey.Decimal // best, if there is only one score
	twiceMiddle     survey.Decimal // the middle of the scale, doubled
	scores          int            // different ones
	bands           []survey.ValueBand
	condition       *expression.Tree // under which it is asked; nil for always
	byFacts         bool             // facts decide who is asked it
}

func newCountedField(s *survey.Survey, field survey.Field, coded bool) countedField {
	f := countedField{Field: field, key: s.ItemKey(field), coded: coded, dimension: -1, options: field.Options(), bands: field.ValueBands()}
	if field.Question.Type != survey.MultiChoice { // several options of one answer have no one score
		for i := range f.options {
			if f.options[i].Score != nil {
				f.scored = append(f.scored, i)
			}
		}
	}
	f.findScale()
	if coded || !field.Scored() {
		return f
	}
	weight := int64(survey.One)
	for i, d := range s.Scoring.Dimensions {
		if d.ID == field.Question.Dimension {
			f.dimension, weight = i, int64(d.Weight)
		}
	}
	f.dimensionWeight, f.indexWeight = int64(field.Weight())*int64(survey.One), int64(field.Weight())*weight
	f.weight = big.NewRat(f.indexWeight, millionths)
	return f
}

// millionths is the unit of weights, which are products of two in thousandths.
const millionths = int64(survey.One) * int64(survey.One)

// findScale finds the ends and the middle of a scale.
func (f *countedField) findScale() {
	if len(f.scored) == 0 {
		return
	}
	switch f.Question.Type {
	case survey.SingleChoice, survey.Rating, survey.Matrix, survey.ImportanceMatrix:
		f.isScale = true
	}
	all := make([]survey.Decimal, 0, len(f.scored))
	for _, i := range f.scored {
		all = append(all, *f.options[i].Score)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	f.scores, f.worst, f.best, f.secondBest = len(all), all[0], all[len(all)-1], all[max(0, len(all)-2)]
	f.twiceMiddle = f.worst + f.best
}
