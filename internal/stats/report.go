package stats

import (
	"maps"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// NewReport computes the figures of a survey from the latest release of each period, oldest first. Each period is scored
// by the form of the questionnaire that its release was made with, and has the texts of s.
func NewReport(s *survey.Survey, latest []*release.Release) *Report {
	report := &Report{Survey: s, Periods: make([]Period, 0, len(latest))}
	forms := newForms(s)
	for _, r := range latest {
		report.Revision += r.Number
		report.Periods = append(report.Periods, newPeriod(forms.of(r), r))
	}
	report.Trend = trend(report)
	return report
}

// A form is a questionnaire, and what figures need of it, computed once.
type form struct {
	*survey.Survey
	counted []countedField
	indexes map[string]int // by name, in counted and in the items of a period
	rules   string         // all that the index depends on besides the answers
}

// forms are the forms of a report's releases. Each is parsed once.
type forms struct {
	now     *form
	encoded string // now, once it is needed
	byForm  map[string]*form
}

func newForms(s *survey.Survey) *forms {
	now := newForm(s)
	return &forms{now: now, byForm: map[string]*form{"": now}}
}

// of returns the form of a release; now, if it cannot be parsed: figures of questions that are still asked are right then.
func (f *forms) of(r *release.Release) *form {
	if known := f.byForm[string(r.Form)]; known != nil {
		return known
	}
	result := f.now
	if r.Version != f.now.Version || f.now.Version == "" {
		if f.encoded == "" {
			f.encoded = string(f.now.Form())
		}
		if string(r.Form) != f.encoded {
			if parsed, err := survey.DecodeForm(r.Form, f.now.Survey); err == nil {
				result = newForm(parsed)
			}
		}
	}
	f.byForm[string(r.Form)] = result
	return result
}

func newForm(s *survey.Survey) *form {
	f := &form{Survey: s, indexes: map[string]int{}}
	for _, field := range s.Fields() {
		if field.Counted() {
			f.indexes[field.Name] = len(f.counted)
			f.counted = append(f.counted, newCountedField(s, field))
		}
	}
	f.rules = f.indexRules()
	return f
}

func newPeriod(s *form, r *release.Release) Period {
	everybody := slices.Collect(maps.Values(r.Cohorts))
	p := Period{Name: r.Period, Release: r.Number, Date: r.Date, MinGroup: r.MinGroup, form: s, released: r}
	p.figures(everybody, int64(s.Audience.Population))
	if s.Scoring.Model == survey.MeanOfUnits {
		meanOfUnits(&p)
	}
	a := s.Audience
	if p.Issued = int64(a.Issued); p.Issued > 0 {
		p.Rate = big.NewRat(100*p.Respondents, p.Issued)
	}
	if p.Population = int64(a.Population); a.Sample != "" {
		p.SampleSize = sampleSize(p.Population)
	}
	p.Overall.publish(s.Survey, p.Rate)
	var channels tally.Item
	if channels.Gather(everybody, tally.Channel); channels.N > 0 {
		for _, name := range s.Channels {
			p.Channels = append(p.Channels, Channel{name, Share{N: channels.Counts.Of(name), Of: channels.N}})
		}
	}
	return p
}

// figures computes the figures of some cohorts together.
func (p *Period) figures(cohorts []*tally.Counters, population int64) {
	for _, c := range cohorts {
		p.Respondents += c.Respondents
	}
	p.Items = make([]Item, len(p.form.counted))
	var counted tally.Item
	for i := range p.form.counted {
		f := &p.form.counted[i]
		counted.Gather(cohorts, f.Name)
		p.Items[i] = f.item(&counted, population)
	}
	p.Dimensions, p.Overall = p.form.score(p.Items)
	if p.form.Scoring.GroupModel() == survey.WeightedCount && p.Overall.Raw != nil {
		p.Overall.PerAnswer = new(big.Rat).Quo(p.Overall.Reached, p.Overall.Divisor)
	}
}

// Group is the figures of the respondents who gave one answer to a segment question. It has no response rate, since it is
// not known how many questionnaires each segment was issued: its score is the raw one. Pooled respondents are in no group.
func (p *Period) Group(segment, option string) *Period {
	g := &Period{Name: p.Name, Release: p.Release, Date: p.Date, MinGroup: p.MinGroup, form: p.form, released: p.released}
	g.figures(p.released.CohortsWith(segment, option), 0)
	g.Overall.publish(g.form.Survey, nil)
	return g
}

// GroupSize returns how many respondents a group has; see [Period.Group].
func (p *Period) GroupSize(segment, option string) (n int64) {
	for _, c := range p.released.CohortsWith(segment, option) {
		n += c.Respondents
	}
	return n
}

// Survey returns the questionnaire that the period was scored by, with the texts of the current one.
func (p *Period) Survey() *survey.Survey { return p.form.Survey }

// RevisionOf returns the revision of a period's figures: the sum of its release numbers and of those of all periods before it,
// to which it is compared. That of the newest period, whose name may be left out, is the report's.
func (r *Report) RevisionOf(period string) int {
	sum := 0
	for i := range r.Periods {
		sum += r.Periods[i].Release
		if r.Periods[i].Name == period {
			return sum
		}
	}
	return r.Revision
}

// WithPeriods returns a report of the same survey with other figures of its periods, such as a group's, and their trend.
func (r *Report) WithPeriods(periods []Period) *Report {
	other := &Report{Survey: r.Survey, Revision: r.Revision, Periods: periods}
	other.Trend = trend(other)
	return other
}

func rat(d survey.Decimal) *big.Rat { return big.NewRat(int64(d), int64(survey.One)) }

// Round prints a figure with a number of decimals, half away from zero: 12.345 to two places is "12.35", -0.5 to none "-1".
// Zero has no sign.
func Round(r *big.Rat, places int) string {
	text, ok := roundInt64(r, places)
	if !ok {
		text = r.FloatString(places) // rounds half away from zero, exactly
	}
	if text[0] == '-' && strings.Trim(text, "-0.") == "" {
		return text[1:]
	}
	return text
}

// roundInt64 is [big.Rat.FloatString] for figures that fit into 64 bits, as nearly all do; a page has hundreds.
func roundInt64(r *big.Rat, places int) (text string, ok bool) {
	num, denom := r.Num(), r.Denom()
	if !num.IsInt64() || !denom.IsInt64() || places > 9 {
		return "", false
	}
	scale := uint64(math.Pow10(places))
	n, d := num.Int64(), uint64(denom.Int64())
	// (2·|n|·scale + d) / 2d
	high, low := bits.Mul64(uint64(max(n, -n)), 2*scale)
	low, carry := bits.Add64(low, d, 0)
	if high += carry; high >= 2*d {
		return "", false
	}
	rounded, _ := bits.Div64(high, low, 2*d)
	var digits [40]byte
	out := digits[:0]
	if n < 0 {
		out = append(out, '-')
	}
	out = strconv.AppendUint(out, rounded/scale, 10)
	if places > 0 {
		out = append(out, '.')
		for digit := scale / 10; digit > 0; digit /= 10 {
			out = append(out, byte('0'+rounded/digit%10))
		}
	}
	return string(out), true
}
