package results

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// head is what a reader sees first.
type head struct {
	Title, Score, Scale string
	Band                string
	Dial                *dial
	Facts               []fact
	Sure                string // how sure the figure is, in plain words
	Date                string
}

// fact is one figure with its name, and what is to be said of it.
type fact struct{ Name, Value, Note, Tone string }

// places is to how many decimals an index is printed.
func (d *drawing) places() int {
	if d.scoring().Each() == survey.Mean {
		return 2
	}
	return 1
}

// scoreName is what the index is called.
func (d *drawing) scoreName() string { return d.words.Say("results.score") }

// best is the highest index there could be: 100, or the mean if everybody gave the best answer; 0 where it depends on how
// many answer.
func (d *drawing) best() float64 {
	s := d.scoring()
	switch {
	case s.Hundred():
		return 100
	case s.Each() != survey.Mean:
		return 0
	}
	reached, weights := 0.0, 0.0
	for _, item := range d.period.Items {
		if item.Weight != nil && item.Mean != nil {
			reached += float(item.Weight) * float64(item.Field.MaxScore()) / float64(survey.One)
			weights += float(item.Weight)
		}
	}
	if weights == 0 {
		return 0
	}
	return reached / weights
}

func (d *drawing) scoreInterval(i *stats.Interval) string {
	if i == nil {
		return ""
	}
	return fixed(i.Low, d.places()) + "–" + fixed(i.High, d.places())
}

// margin is half an interval, from the figure to its farther end: the nearer one may have been cut off at 0 or 100.
func margin(o *stats.Overall) float64 {
	at := float(o.Score)
	return max(at-o.Interval.Low, o.Interval.High-at)
}

func (d *drawing) head() head {
	p := d.period
	o := &p.Overall
	w := d.words
	v := head{Date: w.Date(p.Date)}
	respondents := fact{Name: w.Say("results.people"), Value: strconv.FormatInt(p.Respondents, 10)}
	if o.Score != nil {
		places := d.places()
		v.Title, v.Score = d.scoreName(), stats.Round(o.Score, places)
		best := d.best()
		switch {
		case d.scoring().Hundred():
			v.Scale = w.Say("results.scale")
		case best > 0:
			v.Scale = w.Say("results.scale_mean", "n", trimmed(fixed(best, 2)))
		default:
			v.Scale = w.Say("results.scale_sum")
		}
		if o.Band != nil {
			v.Band = o.Band.Label.In(d.language)
		}
		if best > 0 {
			v.Dial = d.dial(best)
		}
		if c, ok := d.changeFact(places); ok {
			v.Facts = append(v.Facts, c)
		}
		if o.Gap != nil {
			f := fact{Name: w.Say("results.target", "n", d.scoring().Target.String()), Value: d.signed(o.Gap, places)}
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
			v.Facts = append(v.Facts, fact{Name: w.Say("results.pooled"), Value: stats.Round(o.Pooled, places), Note: w.Say("results.pooled_text")})
		}
	}
	if nps := d.firstNPS(); nps != nil {
		f := fact{Name: w.Say("results.nps"), Value: d.signed(nps.Score, 0)}
		if nps.Interval != nil {
			f.Note = w.Say("results.margin", "n", fixed((nps.Interval.High-nps.Interval.Low)/2, 0))
		}
		v.Facts = append(v.Facts, f)
	}
	if p.Rate != nil {
		v.Facts = append(v.Facts, fact{Name: w.Say("results.rate"), Value: w.Say("percent", "n", stats.Round(p.Rate, 1)),
			Note: w.Say("results.rate_of", "n", p.Respondents, "issued", p.Issued)})
	} else {
		v.Facts = append(v.Facts, respondents)
	}
	v.Sure = sentences(d.sure()...)
	return v
}

// trimmed drops zeros after a decimal point.
func trimmed(text string) string {
	d, err := survey.ParseDecimal(text)
	if err != nil {
		return text
	}
	return d.String()
}

func (d *drawing) firstNPS() *stats.NPS {
	for i := range d.period.Items {
		if nps := d.period.Items[i].NPS; nps != nil {
			return nps
		}
	}
	return nil
}

// changeFact is the change since the last period, and whether it is more than chance makes.
func (d *drawing) changeFact(places int) (fact, bool) {
	point, before := d.point(""), d.before(d.course)
	if point == nil || before == nil {
		return fact{}, false
	}
	f := fact{Name: d.words.Say("results.since", "period", periodName(d.words, before.Name))}
	if point.Broken {
		f.Value, f.Note = broken, d.words.Say("results.not_comparable")
		return f, true
	}
	f.Value = d.signed(point.Change(), places)
	now, then := &d.period.Overall, &before.Overall
	switch {
	case point.Change().Sign() == 0:
		f.Note = d.words.Say("results.unchanged")
	case now.Interval == nil || then.Interval == nil:
	case math.Abs(float(point.Change())) <= math.Hypot(margin(now), margin(then)):
		f.Note = d.words.Say("results.within_margin")
	default:
		f.Note = d.words.Say("results.beyond_margin")
		f.Tone = map[bool]string{true: "up", false: "down"}[point.Change().Sign() > 0]
	}
	return f, true
}

// sentences joins sentences, with a space where the script has one: none stands behind a full stop as wide as a character.
func sentences(all ...string) string {
	var b strings.Builder
	for i, s := range all {
		if i > 0 && !strings.HasSuffix(all[i-1], "。") {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}

// sure says in plain words how far the figures can be trusted.
func (d *drawing) sure() []string {
	p, w := d.period, d.words
	o := &p.Overall
	var said []string
	census := p.Population > 0 && p.Respondents >= p.Population
	switch {
	case census:
		said = append(said, w.Say("sure.census", "n", p.Respondents))
	case o.Score != nil && o.Interval != nil:
		said = append(said, w.Say("sure.interval", "low", fixed(o.Interval.Low, d.places()), "high", fixed(o.Interval.High, d.places())))
		if best := d.best(); best > 0 {
			key := "sure.rough"
			switch m := 100 * margin(o) / best; {
			case m <= 2.5:
				key = "sure.close"
			case m <= 5:
				key = "sure.fair"
			}
			switch key {
			case "sure.close":
				said = append(said, w.Say("sure.close"))
			case "sure.fair":
				said = append(said, w.Say("sure.fair"))
			default:
				said = append(said, w.Say("sure.rough"))
			}
		}
	}
	if p.SampleSize > 0 {
		if p.Respondents >= p.SampleSize {
			said = append(said, w.Say("sure.enough", "n", p.SampleSize))
		} else {
			said = append(said, w.Say("sure.not_enough", "n", p.SampleSize, "missing", p.SampleSize-p.Respondents))
		}
	}
	if p.Issued > 0 && p.Respondents > p.Issued {
		said = append(said, w.Say("sure.more_than_issued", "n", p.Respondents, "issued", p.Issued))
	}
	if !census && p.Rate != nil && p.Rate.Cmp(big.NewRat(50, 1)) < 0 {
		said = append(said, w.Say("sure.low_rate", "n", stats.Round(new(big.Rat).Sub(big.NewRat(100, 1), p.Rate), 0)))
	}
	return said
}
