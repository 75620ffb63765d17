package results

import (
	"html/template"
	"math"
	"math/big"
	"strings"

	"glasspoll/internal/render"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// derivation lets a reader work the index out again with a pocket calculator.
type derivation struct {
	Text    string // the rule
	Rows    []derivationRow
	Weights bool // dimensions weigh too
	Reached string
	Divisor string
	Best    bool     // the divisor sums what could be reached
	Steps   []string // from the sums to the published score
}

type derivationRow struct {
	Label, Sum, Mean, Best, Weight, Reached, Divisor string
	N                                                int64
	Out                                              string // why it is left out: no answers
}

// exactly prints a sum of scores times weights, whose decimals end, in full.
func exactly(r *big.Rat) string { return ended(r, 9) }

// four prints what may not end, to four places.
func four(r *big.Rat) string { return ended(r, 4) }

// ended prints a figure in full if it ends within so many places, else to four.
func ended(r *big.Rat, places int) string {
	denom := r.Denom()
	if !denom.IsInt64() || int64(math.Pow10(places))%denom.Int64() != 0 {
		return stats.Round(r, 4)
	}
	text := stats.Round(r, places)
	if places > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func (d *drawing) derivation() *derivation {
	p, w := d.period, d.words
	o := &p.Overall
	s := d.scoring()
	if o.Score == nil {
		return nil
	}
	model := s.Each()
	v := &derivation{}
	switch model {
	case survey.Mean:
		v.Text = w.Say("derivation.mean")
	case survey.Graded10:
		v.Text = w.Say("derivation.graded_10")
	case survey.WeightedCount:
		v.Text = w.Say("derivation.weighted_count")
	default:
		v.Text = w.Say("derivation.percent_of_max")
	}
	places := d.places()
	if o.Units != nil {
		v.Text = sentences(v.Text, w.Say("derivation.units"))
		sum, n := new(big.Rat), int64(0)
		for _, u := range o.Units {
			if u.Score != nil {
				sum.Add(sum, u.Score)
				n++
			}
		}
		v.Steps = append(v.Steps, w.Say("derivation.units_step", "sum", four(sum), "n", n, "raw", four(o.Raw)))
	} else {
		for i := range p.Items {
			item := &p.Items[i]
			if item.Weight == nil {
				continue
			}
			row := derivationRow{Label: d.itemName(item.Field), N: item.Scored, Weight: exactly(item.Weight)}
			if item.Mean == nil {
				row.Out = w.Say("derivation.out")
				v.Rows = append(v.Rows, row)
				continue
			}
			n := big.NewRat(item.Scored, 1)
			row.Sum, row.Mean = exactly(new(big.Rat).Mul(item.Mean, n)), four(item.Mean)
			q, best := item.Mean, big.NewRat(1, 1)
			switch model {
			case survey.PercentOfMax:
				best = rat(item.Field.MaxScore())
			case survey.Graded10:
				best = big.NewRat(10, 1)
			case survey.WeightedCount:
				q, best = new(big.Rat).Mul(item.Mean, n), n
			}
			row.Best = exactly(best)
			row.Reached, row.Divisor = four(new(big.Rat).Mul(item.Weight, q)), four(new(big.Rat).Mul(item.Weight, best))
			v.Rows = append(v.Rows, row)
		}
		v.Weights = len(s.Dimensions) > 0
		v.Reached, v.Divisor = four(o.Reached), four(o.Divisor)
		switch model {
		case survey.Mean:
			v.Steps = append(v.Steps, w.Say("derivation.step_mean", "reached", v.Reached, "divisor", v.Divisor, "raw", four(o.Raw)))
		case survey.WeightedCount:
			v.Steps = append(v.Steps, w.Say("derivation.step_count", "reached", v.Reached, "divisor", v.Divisor, "per", four(o.PerAnswer)))
		default:
			v.Steps = append(v.Steps, w.Say("derivation.step_percent", "reached", v.Reached, "divisor", v.Divisor, "raw", four(o.Raw)))
		}
	}
	v.Best = model == survey.PercentOfMax || model == survey.Graded10
	if rule := s.Rule; rule != nil && o.Deducted != nil {
		v.Steps = append(v.Steps, d.deduction(rule)...)
		v.Steps = append(v.Steps, w.Say("derivation.deducted", "raw", four(o.Raw), "points", four(o.Deducted), "score", four(o.Score)))
	}
	rounded := stats.Round(o.Score, places)
	if rounded != four(o.Score) {
		v.Steps = append(v.Steps, w.Say("derivation.rounded", "score", rounded))
	}
	if b := o.Band; b != nil {
		v.Steps = append(v.Steps, w.Say("derivation.band", "from", b.From, "band", b.Label.In(d.language)))
	}
	return v
}

// deduction says the rule of the response rate, with its figures.
func (d *drawing) deduction(rule *survey.ResponseRateRule) []string {
	p, w := d.period, d.words
	steps := []string{w.Say("derivation.rate", "issued", p.Issued, "received", p.Respondents, "rate", stats.Round(p.Rate, 2))}
	missing := new(big.Rat).Sub(rat(rule.Floor), p.Rate)
	if missing.Sign() <= 0 {
		return append(steps, w.Say("derivation.rate_fine", "floor", rule.Floor))
	}
	args := []any{"floor", rule.Floor, "missing", stats.Round(missing, 2), "per", rule.Per, "deduct", rule.Deduct, "points", four(p.Overall.Deducted)}
	if rule.Proportional {
		return append(steps, w.Say("derivation.rate_proportional", args...))
	}
	return append(steps, w.Say("derivation.rate_step", args...))
}

// method says what the figures rest on, and what is withheld.
type method struct {
	Intro    template.HTML
	Facts    []fact
	Withheld []string
	Waiting  []string // questions of which nothing may be shown yet
	Margin   []string
	Contact  string
}

func (d *drawing) method() *method {
	s, w := d.survey, d.words
	v := &method{Intro: d.intro()}
	add := func(key string, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{Name: w.Say(key), Value: value})
		}
	}
	number := func(n int64) string {
		if n == 0 {
			return ""
		}
		return itoa(n)
	}
	for _, line := range render.Window(w, s) {
		add("method.window", line)
	}
	k := max(s.Results.MinGroup, 1)
	if p := d.period; p != nil {
		k = max(p.MinGroup, 1)
		add("results.period", periodName(w, p.Name))
		if d.asked.Whole() {
			add("method.population", number(p.Population))
			add("method.issued", number(p.Issued))
		} else {
			add("method.group", d.groupName())
		}
		add("method.received", number(p.Respondents))
		if p.Rate != nil {
			add("results.rate", w.Say("percent", "n", stats.Round(p.Rate, 2)))
		}
		if p.SampleSize > 0 {
			add("method.sample", number(p.SampleSize))
		}
		add("method.released", w.Say("method.release", "n", p.Release, "date", w.Date(p.Date)))
		for i := range p.Items {
			if p.Items[i].N == 0 {
				v.Waiting = append(v.Waiting, d.itemName(p.Items[i].Field))
			}
		}
		v.Margin = append(v.Margin, w.Say("method.margin"))
		if p.Population > 0 && d.asked.Whole() {
			v.Margin = append(v.Margin, w.Say("method.finite", "n", p.Population))
		}
		if p.Overall.Interval != nil {
			v.Margin = append(v.Margin, w.Say("method.widest"))
		}
		if d.newest && d.whole.Periods[len(d.whole.Periods)-1].Name != noPeriod && len(d.shown) > 1 {
			v.Margin = append(v.Margin, w.Say("method.comparison"))
		}
	}
	if k > 1 {
		v.Withheld = append(v.Withheld, w.Say("method.group_rule", "k", k), w.Say("method.few", "k", k))
		if d.period != nil && len(d.period.Survey().Segments()) > 0 {
			v.Withheld = append(v.Withheld, w.Say("method.pool", "k", k))
		}
		if len(v.Waiting) > 0 {
			v.Withheld = append(v.Withheld, w.Say("method.waiting", "k", k))
		}
	} else {
		v.Withheld = append(v.Withheld, w.Say("results.unprotected"))
	}
	v.Withheld = append(v.Withheld, w.Say("method.never"))
	return v
}
