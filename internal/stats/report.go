package stats

import (
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// NewReport computes the figures of a survey from the latest release of each period, oldest first. Each period
// is scored by the form of the questionnaire that its release was made with, and worded as s is today.
func NewReport(s *survey.Survey, latest []*release.Release) *Report {
	report := &Report{Survey: s}
	now := string(s.Form())
	today := newForm(s)
	forms := map[string]*form{"": today, now: today}
	for _, r := range latest {
		report.Revision += r.Number
		f := forms[string(r.Form)]
		if f == nil {
			f = today
			if parsed, err := survey.ParseForm(r.Form, s); err == nil { // else the figures of what is asked today are still right
				f = newForm(parsed)
			}
			forms[string(r.Form)] = f
		}
		report.Periods = append(report.Periods, newPeriod(f, r))
	}
	report.Trend = trend(report)
	return report
}

// A form is a questionnaire, and what figures need of it, worked out once.
type form struct {
	*survey.Survey
	counted []countedField
	rules   string // all that the index depends on besides the answers
}

// countedField is one counted field.
type countedField struct {
	field  survey.Field
	weight *big.Rat // in the whole; nil for a field that is no item
	scale  string
}

func newForm(s *survey.Survey) *form {
	f := &form{Survey: s}
	for _, field := range s.Fields() {
		if field.Counted() {
			f.counted = append(f.counted, countedField{field, weight(s, field), field.Scale()})
		}
	}
	f.rules = f.indexRules()
	return f
}

func newPeriod(s *form, r *release.Release) Period {
	whole := tally.Total(r.Cohorts)
	p := Period{Name: r.Period, Release: r.Number, Date: r.Date, MinGroup: r.MinGroup, form: s, released: r}
	p.figures(whole, int64(s.Audience.Population))
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
	if c := whole.Items[tally.Channel]; c != nil {
		for _, name := range s.Channels {
			p.Channels = append(p.Channels, Channel{name, share(c.Counts.Of(name), c.N, 0)})
		}
	}
	return p
}

// figures computes what counters alone tell.
func (p *Period) figures(c *tally.Counters, population int64) {
	p.Respondents = c.Respondents
	p.Items = make([]Item, 0, len(p.form.counted))
	for _, f := range p.form.counted {
		item := newItem(f.field, c.Items[f.field.Name], population)
		item.Weight, item.scale = f.weight, f.scale
		p.Items = append(p.Items, item)
	}
	p.Dimensions, p.Overall = score(p.form.Survey, p.Items)
	if p.form.Scoring.Each() == survey.WeightedCount && p.Overall.Raw != nil {
		p.Overall.PerAnswer = new(big.Rat).Quo(p.Overall.Reached, p.Overall.Divisor)
	}
}

// Group is the figures of the respondents who gave one answer to a segment question. It has no response rate, for nobody
// counts to whom questionnaires were issued by segment: its score is the raw one. Pooled respondents are in no group.
func (p *Period) Group(segment, option string) *Period {
	g := &Period{Name: p.Name, Release: p.Release, Date: p.Date, MinGroup: p.MinGroup, form: p.form, released: p.released}
	g.figures(p.released.Where(segment, option), 0)
	g.Overall.publish(g.form.Survey, nil)
	return g
}

// GroupSize is how many respondents a group has; see [Period.Group].
func (p *Period) GroupSize(segment, option string) int64 {
	return p.released.RespondentsWhere(segment, option)
}

// Survey is the questionnaire that the period was scored by, worded as it is today.
func (p *Period) Survey() *survey.Survey { return p.form.Survey }

// Group is the report of those who gave one answer to a segment question, period by period, and its own trend. Periods in
// which there are none have no respondents.
func (r *Report) Group(segment, option string) *Report {
	g := &Report{Survey: r.Survey, Revision: r.Revision}
	for i := range r.Periods {
		g.Periods = append(g.Periods, *r.Periods[i].Group(segment, option))
	}
	g.Trend = trend(g)
	return g
}

func rat(d survey.Decimal) *big.Rat { return big.NewRat(int64(d), int64(survey.One)) }

// Round prints a figure with so many decimals, half away from zero: 12.345 to two places is "12.35", -0.5 to none "-1".
// What rounds to nothing has no sign.
func Round(r *big.Rat, places int) string {
	text := r.FloatString(places) // rounds half away from zero, exactly
	for _, c := range text {
		if c >= '1' && c <= '9' {
			return text
		}
	}
	if text[0] == '-' {
		return text[1:]
	}
	return text
}
