package stats

import (
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// NewReport computes the figures of a survey from the latest release of each period, oldest first. Releases of an older
// form of the questionnaire are read with s: what s does not ask is left out.
func NewReport(s *survey.Survey, latest []*release.Release) *Report {
	report := &Report{Survey: s}
	for _, r := range latest {
		report.Revision += r.Number
		report.Periods = append(report.Periods, newPeriod(s, r))
	}
	return report
}

func newPeriod(s *survey.Survey, r *release.Release) Period {
	whole := tally.Total(r.Cohorts)
	p := Period{Name: r.Period, Release: r.Number, Date: r.Date, MinGroup: r.MinGroup, form: s, released: r}
	p.figures(whole)
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
	return p
}

// figures computes what counters alone tell.
func (p *Period) figures(c *tally.Counters) {
	p.Respondents = c.Respondents
	for _, f := range p.form.Fields() {
		if f.Counted() {
			item := newItem(f, c.Items[f.Name])
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
	g.figures(p.released.Where(segment, option))
	g.Overall.publish(g.form, nil)
	return g
}

func newItem(f survey.Field, counted *tally.Item) Item {
	item := Item{Field: f}
	if counted == nil {
		counted = &tally.Item{}
	}
	item.N = counted.N
	if f.Question.Type == survey.Number {
		if item.N > 0 && counted.Sum != nil {
			item.Scored = item.N
			item.Mean = new(big.Rat).SetFrac(counted.Sum, big.NewInt(item.N*int64(survey.One)))
		}
		return item
	}
	sum := new(big.Rat)
	for _, o := range f.Options() {
		c := Count{Option: o, N: counted.Counts[o.ID]}
		if item.N > 0 {
			c.Share = big.NewRat(c.N, item.N)
		}
		item.Counts = append(item.Counts, c)
		// Several options of one answer have no one score.
		if o.Score != nil && f.Question.Type != survey.MultiChoice {
			item.Scored += c.N
			sum.Add(sum, new(big.Rat).Mul(rat(*o.Score), new(big.Rat).SetInt64(c.N)))
		}
	}
	if item.Scored > 0 {
		item.Mean = sum.Quo(sum, new(big.Rat).SetInt64(item.Scored))
	}
	return item
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
