package results

import (
	"math"
	"math/big"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// head is the top of the page: the index, and what it is compared with.
type head struct {
	Title, Score, Scale string
	Band                string
	Dial                *dial
	Facts               []fact
	Confidence          string // how far the figure can be trusted, in plain words
	Date                string
}

// fact is one figure with its name, a note and a tone: up, down or "".
type fact struct{ Name, Value, Note, Tone string }

func (d *document) head() head {
	p := d.period
	v := head{Date: d.words.Date(p.Date), Confidence: sentences(d.confidence()...)}
	if p.Overall.Score != nil {
		d.addIndex(&v)
	}
	if nps := d.firstNPS(); nps != nil {
		f := fact{Name: d.words.Say("results.nps"), Value: d.signed(nps.Score, 0)}
		if nps.Interval != nil {
			f.Note = d.words.Say("results.margin", "n", fixed(halfWidth(nps.Interval), 0))
		}
		v.Facts = append(v.Facts, f)
	}
	if p.Rate != nil {
		v.Facts = append(v.Facts, fact{Name: d.words.Say("results.rate"), Value: d.percent(p.Rate, 1),
			Note: d.words.Say("results.rate_of", "n", p.Respondents, "issued", p.Issued)})
	} else {
		v.Facts = append(v.Facts, fact{Name: d.words.Say("results.people"), Value: itoa(p.Respondents)})
	}
	return v
}

// addIndex adds the index on its scale, and its comparisons.
func (d *document) addIndex(v *head) {
	o, w := &d.period.Overall, d.words
	v.Title, v.Score = w.Say("results.score"), d.index(o.Score)
	switch {
	case d.scoring().OutOf100():
		v.Scale = w.Say("results.scale")
	case d.best > 0:
		v.Scale = w.Say("results.scale_mean", "n", trimZeros(fixed(d.best, 2)))
	default:
		v.Scale = w.Say("results.scale_sum")
	}
	if o.Band != nil {
		v.Band = o.Band.Label.In(d.language)
	}
	if d.best > 0 {
		v.Dial = d.dial()
	}
	if f, ok := d.changeFact(); ok {
		v.Facts = append(v.Facts, f)
	}
	if o.Gap != nil {
		f := fact{Name: w.Say("results.target", "n", d.scoring().Target.String()), Value: d.signed(o.Gap, d.places)}
		f.Note, f.Tone = w.Say("results.target_missed"), "down"
		if o.Gap.Sign() >= 0 {
			f.Note, f.Tone = w.Say("results.target_met"), "up"
		}
		v.Facts = append(v.Facts, f)
	}
	if o.PerAnswer != nil && o.Units == nil {
		v.Facts = append(v.Facts, fact{Name: w.Say("results.per_answer"), Value: stats.Round(o.PerAnswer, 2)})
	}
	if o.Pooled != nil {
		v.Facts = append(v.Facts, fact{Name: w.Say("results.pooled"), Value: d.index(o.Pooled), Note: w.Say("results.pooled_text")})
	}
}

// trimZeros drops zeros after a decimal point.
func trimZeros(text string) string {
	d, err := survey.ParseDecimal(text)
	if err != nil {
		return text
	}
	return d.String()
}

func (d *document) firstNPS() *stats.NPS {
	for i := range d.period.Items {
		if nps := d.period.Items[i].NPS; nps != nil {
			return nps
		}
	}
	return nil
}

// changeFact returns the change of the index since the last period, and whether it is more than chance explains.
func (d *document) changeFact() (f fact, ok bool) {
	point, before := d.point(""), d.before(d.indexTrend)
	if point == nil || before == nil {
		return fact{}, false
	}
	f = fact{Name: d.words.Say("results.since", "period", d.periodName(before.Name))}
	if point.Broken {
		f.Value, f.Note = notComparable, d.words.Say("results.not_comparable")
		return f, true
	}
	change := point.Change()
	f.Value = d.signed(change, d.places)
	now, then := &d.period.Overall, &before.Overall
	switch {
	case change.Sign() == 0:
		f.Note = d.words.Say("results.unchanged")
	case now.Interval == nil || then.Interval == nil:
	case math.Abs(float(change)) <= math.Hypot(margin(now), margin(then)):
		f.Note = d.words.Say("results.within_margin")
	default:
		f.Note = d.words.Say("results.beyond_margin")
		if f.Tone = "down"; change.Sign() > 0 {
			f.Tone = "up"
		}
	}
	return f, true
}

// margin returns the margin of error of an index: from the figure to the farther end of its interval. The nearer one may have
// been cut off at 0 or 100.
func margin(o *stats.Overall) float64 {
	score := float(o.Score)
	return max(score-o.Interval.Low, o.Interval.High-score)
}

func (d *document) scoreInterval(i *stats.Interval) string {
	if i == nil {
		return ""
	}
	return fixed(i.Low, d.places) + "–" + fixed(i.High, d.places)
}

// confidence says in plain words how far the figures can be trusted.
func (d *document) confidence() []string {
	p, w := d.period, d.words
	var said []string
	census := p.Population > 0 && p.Respondents >= p.Population
	switch {
	case census:
		said = append(said, w.Say("sure.census", "n", p.Respondents))
	case p.Overall.Score != nil && p.Overall.Interval != nil:
		said = append(said, d.precision()...)
	}
	switch {
	case p.SampleSize <= 0:
	case p.Respondents >= p.SampleSize:
		said = append(said, w.Say("sure.enough", "n", p.SampleSize))
	default:
		said = append(said, w.Say("sure.not_enough", "n", p.SampleSize, "missing", p.SampleSize-p.Respondents))
	}
	if p.Issued > 0 && p.Respondents > p.Issued {
		said = append(said, w.Say("sure.more_than_issued", "n", p.Respondents, "issued", p.Issued))
	}
	if !census && p.Rate != nil && p.Rate.Cmp(big.NewRat(50, 1)) < 0 {
		said = append(said, w.Say("sure.low_rate", "n", stats.Round(new(big.Rat).Sub(big.NewRat(100, 1), p.Rate), 0)))
	}
	return said
}

// precision says the interval of the index, and how wide it is on its scale.
func (d *document) precision() []string {
	o, w := &d.period.Overall, d.words
	said := []string{w.Say("sure.interval", "low", fixed(o.Interval.Low, d.places), "high", fixed(o.Interval.High, d.places))}
	if d.best <= 0 {
		return said
	}
	switch percent := 100 * margin(o) / d.best; {
	case percent <= 2.5:
		return append(said, w.Say("sure.close"))
	case percent <= 5:
		return append(said, w.Say("sure.fair"))
	default:
		return append(said, w.Say("sure.rough"))
	}
}
