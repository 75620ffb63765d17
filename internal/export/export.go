// Package export writes stored responses to files for analysis with other tools: CSV, Excel, JSON Lines, and CSV
// with syntax for SPSS, each with a codebook. Responses are read twice, one by one: a [Census] counts them, a [Plan] of
// columns is made from it, and the second time the rows are written. So the memory needed depends on the questionnaires, not on
// the number of responses. The package is pure.
//
// Answers are read by the version of the questionnaire that was answered. Columns are those of all versions that have
// answers: today's first, in its order, then those of older ones alone.
package export

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Kind is the kind of a column.
type Kind string

// The kinds.
const (
	Receipt  Kind = "receipt"
	Arrived  Kind = "arrived"
	Language Kind = "language"
	Channel  Kind = "channel"
	Period   Kind = "period"
	Version  Kind = "version"
	Review   Kind = "review"  // "held" before release, "accepted" or "rejected"; empty of all others
	Opening  Kind = "opening" // what is wrong with sealed answers that were to be opened

	Choice Kind = "choice" // the id of one option
	Chosen Kind = "chosen" // of one option of several: 1 or 0
	Number Kind = "number"
	Day    Kind = "date" // 2026-10-31
	Clock  Kind = "time" // 14:05
	Text   Kind = "text"
)

// kindOf returns the kind of a field's answers.
func kindOf(f survey.Field) Kind {
	if f.Part == survey.OtherPart {
		return Text
	}
	switch f.Question.Type {
	case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix, survey.YesNo, survey.Consent:
		return Choice
	case survey.MultiChoice:
		return Chosen
	case survey.Number, survey.ConstantSum, survey.Ranking:
		return Number
	case survey.DateType:
		return Day
	case survey.Time:
		return Clock
	case survey.Hidden:
		if len(f.Question.Options) > 0 {
			return Choice
		}
	}
	return Text
}

// Sealed stands for an answer that is sealed.
const Sealed = "sealed"

// A Census counts responses. Merge combines the censuses of parts of the responses.
type Census struct {
	Responses int64 // without withdrawn ones
	Withdrawn int64
	First     time.Time // arrival; zero without responses
	Last      time.Time
	versions  map[string]*versionCount
}

// versionCount counts the responses to one version.
type versionCount struct {
	survey *survey.Survey
	n      int64
	last   time.Time
	fields []fieldCount // by index in the survey's fields
}

type fieldCount struct {
	name    string
	seals   bool
	n       int64
	ids     []string // of the field's options, if they are counted
	options []int64  // by index in ids
	longest int      // text in bytes
}

// NewCensus makes an empty census.
func NewCensus() *Census { return &Census{versions: map[string]*versionCount{}} }

// Add counts one response to a version of the questionnaire, with the private answers that it has.
func (c *Census) Add(s *survey.Survey, r answer.Response, arrived time.Time) {
	if r.Withdrawn {
		c.Withdrawn++
		return
	}
	c.Responses++
	c.span(arrived, arrived)
	v := c.versions[s.Version]
	if v == nil {
		v = newVersionCount(s)
		c.versions[s.Version] = v
	}
	v.n++
	if arrived.After(v.last) {
		v.last = arrived
	}
	v.addAll(r.Answers)
	v.addAll(r.Private)
}

func (v *versionCount) addAll(answers []answer.Answer) {
	next := 0 // the field that probably follows: answers are in the order of the fields
	for _, a := range answers {
		if len(a) < 2 {
			continue
		}
		i := next
		if i >= len(v.fields) || v.fields[i].name != a.Field() {
			if i = v.survey.FieldIndex(a.Field()); i < 0 {
				continue
			}
		}
		v.add(&v.fields[i], i, a)
		next = i + 1
	}
}

// add counts an answer to field i.
func (v *versionCount) add(f *fieldCount, i int, a answer.Answer) {
	f.n++
	if f.seals && a.SealedIn(v.survey, v.survey.Fields()[i]) {
		f.longest = max(f.longest, len(Sealed))
		return
	}
	for _, value := range a.Values() {
		f.longest = max(f.longest, len(value))
		if option := slices.Index(f.ids, value); option >= 0 {
			f.options[option]++
		}
	}
}

func newVersionCount(s *survey.Survey) *versionCount {
	v := &versionCount{survey: s, fields: make([]fieldCount, len(s.Fields()))}
	for i, f := range s.Fields() {
		to := &v.fields[i]
		to.name, to.seals = f.Name, s.Seals(f)
		if k := kindOf(f); k != Choice && k != Chosen {
			continue
		}
		for _, o := range f.Options() {
			to.ids = append(to.ids, o.ID)
		}
		to.options = make([]int64, len(to.ids))
	}
	return v
}

func (c *Census) span(first, last time.Time) {
	if c.First.IsZero() || first.Before(c.First) {
		c.First = first
	}
	if last.After(c.Last) {
		c.Last = last
	}
}

// Merge adds another census to c. The other must not be used afterwards.
func (c *Census) Merge(d *Census) {
	c.Responses += d.Responses
	c.Withdrawn += d.Withdrawn
	if d.Responses > 0 {
		c.span(d.First, d.Last)
	}
	for version, from := range d.versions {
		to := c.versions[version]
		if to == nil {
			c.versions[version] = from
			continue
		}
		to.n += from.n
		if from.last.After(to.last) {
			to.last = from.last
		}
		for i := range from.fields {
			to.fields[i].n += from.fields[i].n
			to.fields[i].longest = max(to.fields[i].longest, from.fields[i].longest)
			for j, n := range from.fields[i].options {
				to.fields[i].options[j] += n
			}
		}
	}
}

// Versions lists the questionnaires that were answered, the one with the latest answer first.
func (c *Census) Versions() []*survey.Survey {
	all := make([]*versionCount, 0, len(c.versions))
	for _, v := range c.versions {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *versionCount) int {
		return cmp.Or(b.last.Compare(a.last), strings.Compare(b.survey.Version, a.survey.Version))
	})
	surveys := make([]*survey.Survey, len(all))
	for i, v := range all {
		surveys[i] = v.survey
	}
	return surveys
}
