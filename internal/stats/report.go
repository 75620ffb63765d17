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
	forms := map[string]*survey.Survey{"": s, now: s}
	for _, r := range latest {
		report.Revision += r.Number
		form := forms[string(r.Form)]
		if form == nil {
			var err error
			if form, err = survey.ParseForm(r.Form, s); err != nil {
				form = s // not what a release holds; the figures of what is asked today are still right
			}
			forms[string(r.Form)] = form
		}
		report.Periods = append(report.Periods, newPeriod(form, r))
	}
	report.Trend = trend(report)
	return report
}

func newPeriod(s *survey.Survey, r *release.Release) Period {
	whole := tally.Total(r.Cohorts)
	p := Period{Name: r.Period, Release: r.Number, Date: r.Date, MinGroup: r.MinGroup, form: s, released: r, rules: rules(s)}
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
	p.Overall.publish(s, p.Rate)
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
	for _, f := range p.form.Fields() {
		if f.Counted() {
			item := newItem(f, c.Items[f.Name], population)
			item.Weight = weight(p.form, f)
			p.Items = append(p.Items, item)
		}
	}
	p.Dimensions, p.Overall = score(p.form, p.Items)
	if p.form.Scoring.Each() == survey.WeightedCount && p.Overall.Raw != nil {
		p.Overall.PerAnswer = new(big.Rat).Quo(p.Overall.Reached, p.Overall.Divisor)
	}
}

// Group is the figures of the respondents who gave one answer to a segment question. It has no response rate, for nobody
// counts to whom questionnaires were issued by segment: its score is the raw one. Pooled respondents are in no group.
func (p *Period) Group(segment, option string) *Period {
	g := &Period{Name: p.Name, Release: p.Release, Date: p.Date, MinGroup: p.MinGroup, form: p.form, released: p.released}
	g.figures(p.released.Where(segment, option), 0)
	g.Overall.publish(g.form, nil)
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
