// Package export turns stored responses into files for people who analyse them elsewhere: CSV, Excel, JSON Lines, and CSV
// with syntax for SPSS, each with a codebook. Responses pass through one by one, in two rounds: a [Census] finds out what
// there is, a [Plan] of columns is made from it, and the second round writes the rows. So memory follows the
// questionnaires, not the number of responses. It is pure.
//
// Answers are read by the version of the questionnaire that was answered, and columns are those of all versions that have
// answers: today's first, as it asks them, then what only older ones asked.
package export

import (
	"slices"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Kind is what a column holds.
type Kind string

// The kinds.
const (
	Receipt  Kind = "receipt"
	Arrived  Kind = "arrived"
	Language Kind = "language"
	Channel  Kind = "channel"
	Period   Kind = "period"
	Version  Kind = "version"

	Choice Kind = "choice" // the id of one option
	Chosen Kind = "chosen" // of one option of several: 1 or 0
	Number Kind = "number"
	Day    Kind = "date" // 2026-10-31
	Clock  Kind = "time" // 14:05
	Text   Kind = "text"
)

// kindOf is what a field's answers are.
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

// A Census counts what responses there are. The same counts as one are made from those of parts by Merge.
type Census struct {
	Responses int64 // without those that were withdrawn
	Withdrawn int64
	First     time.Time // arrivals; zero if there are none
	Last      time.Time
	versions  map[string]*counted
}

// counted is the responses to one version.
type counted struct {
	survey *survey.Survey
	n      int64
	last   time.Time
	fields []fieldCount // by the field's place
}

type fieldCount struct {
	n       int64
	options []int64 // by the option's place
	longest int     // text, in bytes
}

// NewCensus makes an empty census.
func NewCensus() *Census { return &Census{versions: map[string]*counted{}} }

// Add counts one response to a questionnaire, with as many of its private answers as it has.
func (c *Census) Add(s *survey.Survey, r answer.Response, arrived time.Time) {
	if r.Withdrawn {
		c.Withdrawn++
		return
	}
	c.Responses++
	c.span(arrived, arrived)
	v := c.versions[s.Version]
	if v == nil {
		v = newCounted(s)
		c.versions[s.Version] = v
	}
	v.n++
	if arrived.After(v.last) {
		v.last = arrived
	}
	for _, answers := range [...][]answer.Answer{r.Answers, r.Private} {
		for _, a := range answers {
			at := v.survey.FieldIndex(a.Field())
			if at < 0 || len(a) < 2 {
				continue
			}
			f := &v.fields[at]
			f.n++
			for _, value := range a.Values() {
				if f.options != nil {
					if option := slices.IndexFunc(v.survey.Fields()[at].Options(), func(o survey.Option) bool { return o.ID == value }); option >= 0 {
						f.options[option]++
					}
				}
				f.longest = max(f.longest, len(value))
			}
		}
	}
}

func newCounted(s *survey.Survey) *counted {
	v := &counted{survey: s, fields: make([]fieldCount, len(s.Fields()))}
	for i, f := range s.Fields() {
		if k := kindOf(f); k == Choice || k == Chosen {
			v.fields[i].options = make([]int64, len(f.Options()))
		}
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

// Merge adds another census to c. The other is not to be used any more.
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

// Versions lists the questionnaires that were answered, that answered last first.
func (c *Census) Versions() []*survey.Survey {
	all := make([]*counted, 0, len(c.versions))
	for _, v := range c.versions {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *counted) int {
		if a.last.Equal(b.last) {
			return -compare(a.survey.Version, b.survey.Version)
		}
		return b.last.Compare(a.last)
	})
	surveys := make([]*survey.Survey, len(all))
	for i, v := range all {
		surveys[i] = v.survey
	}
	return surveys
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
