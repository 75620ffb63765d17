package results

import (
	"math/big"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// head is the top of the page: the index, and what it is compared with.
type head struct {
	Title, Score, Scale string
	Band                string
	Between             string // the interval of the score; "" without one
	Dial                *dial
	Facts               []fact
	Confidence          string // how far the figure can be trusted, in plain words
	Date                string

	change *fact  // since the last period
	tiles  []fact // those of the facts that matter most
	more   []fact // the other ones
}

// fact is one figure with its name, a note and a tone: up, down or "".
type fact struct{ Name, Value, Note, Tone string }

func (d *document) head() head {
	p := d.period
	v := head{Confidence: sentences(d.confidence()...)}
	if d.page.Whole() { // of a group it is not known: releases are of everybody
		v.Date = d.words.Date(p.Date)
	}
	if p.Overall.Score != nil {
		d.addIndex(&v)
	}
	if nps := d.firstNPS(); nps != nil {
		f := fact{Name: d.words.Say("results.nps"), Value: d.signed(nps.Score, 0)}
		if between := nps.Interval; between != nil && d.interval(between, 0) != "" {
			f.Note = d.words.Say("results.between", "low", d.signedFloat(between.Low, 0), "high", d.signedFloat(between.High, 0))
		}
		v.add(&v.tiles, f)
	}
	if len(v.tiles) < 2 {
		d.addSatisfied(&v)
	}
	if p.Rate != nil {
		v.add(&v.tiles, fact{Name: d.words.Say("results.rate"), Value: d.percent(p.Rate, 1), Note: d.rateNote()})
	} else {
		people := fact{Name: d.words.Say("results.people"), Value: itoa(p.Respondents)}
		v.Facts = append(v.Facts, people)
		if p.Overall.Score != nil { // or the sentence says it
			v.tiles = append(v.tiles, people)
		}
	}
	return v
}

// addSatisfied adds the share of the best two answers to the question about everything together.
func (d *document) addSatisfied(v *head) {
	item := d.items[d.scoring().Overall]
	if item == nil || item.Coded || item.TopTwo.Of <= 0 {
		return
	}
	v.add(&v.tiles, fact{Name: d.itemName(item.Field), Value: d.percentOf(item.TopTwo.N, item.Scored), Note: d.words.Say("results.best_two")})
}

// add adds a fact to all and to a list of the summary.
func (v *head) add(list *[]fact, f fact) {
	v.Facts, *list = append(v.Facts, f), append(*list, f)
}

// rateNote says what the response rate is made of.
func (d *document) rateNote() string {
	p := d.period
	if i := p.Invited; i != nil {
		return d.words.Say("results.rate_invited", "n", i.Completed, "asked", i.Sum.Asked)
	}
	if p.Through == "" || p.Through == p.Date { // the page says that date
		return d.words.Say("results.rate_of", "n", p.Received, "issued", p.Issued)
	}
	return d.words.Say("results.rate_through", "n", p.Received, "issued", p.Issued, "date", d.words.Date(p.Through))
}

// addIndex adds the index on its scale, and its comparisons.
func (d *document) addIndex(v *head) {
	o, w := &d.period.Overall, d.words
	v.Title, v.Score, v.Between = w.Say("results.score"), d.published(o), d.scoreInterval(o.Interval)
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
		v.Facts, v.change = append(v.Facts, f), &f
	}
	if o.Gap != nil {
		f := fact{Name: w.Say("results.target", "n", d.scoring().Target.String()), Value: d.signed(o.Gap, o.Places(d.places))}
		f.Note, f.Tone = w.Say("results.target_missed"), "down"
		if o.Gap.Sign() >= 0 {
			f.Note, f.Tone = w.Say("results.target_met"), "up"
		}
		v.add(&v.tiles, f)
	}
	if o.PerAnswer != nil && o.Units == nil {
		v.add(&v.more, fact{Name: w.Say("results.per_answer"), Value: stats.Round(o.PerAnswer, 2)})
	}
	if o.Pooled != nil {
		v.add(&v.more, fact{Name: w.Say("results.pooled"), Value: d.index(o.Pooled), Note: w.Say("results.pooled_text")})
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

// effects are the words for effect sizes.
var effects = map[stats.Size]string{
	stats.NoEffect: "results.effect_tiny", stats.Small: "results.effect_small", stats.Medium: "results.effect_medium", stats.Large: "results.effect_large",
}

// verdict says what a test has found, and how large the difference is; the tone is up, down or "".
func (d *document) verdict(t *stats.Test) (text, tone string) {
	if t == nil {
		return "", ""
	}
	size := d.words.Say(effects[t.Size])
	switch t.Result {
	case stats.Higher:
		return d.words.Say("results.higher", "size", size), "up"
	case stats.LowerThan:
		return d.words.Say("results.lower", "size", size), "down"
	}
	return d.words.Say("results.alike"), ""
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
	if change == nil {
		return fact{}, false
	}
	f.Value = d.signed(change, d.places)
	if d.scoring().GroupModel() == survey.WeightedCount { // sums of more answers are larger
		f.Name, f.Value = f.Name+" · "+d.words.Say("results.per_answer"), d.signed(change, 2)
	}
	if change.Sign() == 0 {
		f.Note = d.words.Say("results.unchanged")
	} else {
		f.Note, f.Tone = d.verdict(d.tests.Index)
	}
	return f, true
}

func (d *document) scoreInterval(i *stats.Interval) string { return d.interval(i, d.places) }

// confidence says in plain words how far the figures can be trusted.
func (d *document) confidence() []string {
	p, w := d.period, d.words
	census := p.Overall.Method == stats.MethodAll
	var said []string
	if census {
		said = append(said, w.Say("sure.census", "n", p.Respondents))
	} else {
		said = append(said, d.precision()...)
	}
	switch {
	case p.SampleSize <= 0:
	case p.Respondents >= p.SampleSize:
		said = append(said, w.Say("sure.enough", "n", p.SampleSize))
	default:
		said = append(said, w.Say("sure.not_enough", "n", p.SampleSize, "missing", p.SampleSize-p.Respondents))
	}
	for _, problem := range p.Problems {
		switch problem.Kind {
		case stats.MoreThanPopulation:
			said = append(said, w.Say("sure.more_than_population", "n", problem.N, "population", problem.Of))
		case stats.MoreThanIssued:
			said = append(said, w.Say("sure.more_than_issued", "n", problem.N, "issued", problem.Of))
		case stats.UnknownForm:
			said = append(said, w.Say("sure.unknown_form", "n", problem.N))
		}
	}
	if !census && p.Rate != nil && p.Rate.Cmp(half) < 0 {
		said = append(said, w.Say("sure.low_rate", "n", stats.Round(new(big.Rat).Sub(big.NewRat(100, 1), p.Rate), 0)))
	}
	return said
}

// half is a response rate of 50 percent.
var half = big.NewRat(50, 1)

// precision says the interval of the index, how wide it is on its scale, and whether that can be relied on: only if it is made
// from the respondents' own indexes, and at least half of those who were asked have answered.
func (d *document) precision() []string {
	o, w := &d.period.Overall, d.words
	if o.RawInterval == nil || o.Raw == nil || d.interval(o.RawInterval, d.places) == "" {
		return nil
	}
	low, high := fixed(o.RawInterval.Low, d.places), fixed(o.RawInterval.High, d.places)
	var said []string
	figure := o.Raw
	switch {
	case o.PerAnswer != nil:
		figure = o.PerAnswer
		said = append(said, w.Say("sure.per_answer", "value", stats.Round(figure, d.places), "low", low, "high", high))
	case o.Deducted != nil && o.Deducted.Sign() > 0:
		said = append(said, w.Say("sure.raw", "raw", d.index(o.Raw), "low", low, "high", high))
	default:
		said = append(said, w.Say("sure.interval", "low", low, "high", high))
	}
	switch {
	case o.Method == stats.MethodBound && d.page.Whole():
		said = append(said, w.Say("sure.widest"))
	case o.Method == stats.MethodBound:
		said = append(said, w.Say("sure.widest_alone"))
	}
	if d.best <= 0 {
		return said
	}
	switch percent := d.marginPercent(figure); {
	case percent > roughMargin:
		return append(said, w.Say("sure.rough"))
	case percent > 2.5:
		return append(said, w.Say("sure.fair"))
	}
	said = append(said, w.Say("sure.close"))
	if p := d.period; len(p.Problems) == 0 && o.Method != stats.MethodBound && p.Rate != nil && p.Rate.Cmp(half) >= 0 {
		said = append(said, w.Say("sure.relied"))
	}
	return said
}

// roughMargin is the margin of error, in percent of the scale, from which a figure is a direction only.
const roughMargin = 5

// marginPercent returns how far a figure of the index may be off, in percent of its scale.
func (d *document) marginPercent(figure *big.Rat) float64 {
	between := d.period.Overall.RawInterval
	return 100 * max(float(figure)-between.Low, between.High-float(figure)) / d.best
}
