package results

import (
	"slices"
	"strconv"

	"glasspoll/internal/chart"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// charts returns the page's charts to stand alone: the index over the periods, the areas, the items, and each question, with the
// page's own figures and names. Without figures that may be shown there are none.
func (d *document) charts() []*chart.Chart {
	if d.period == nil || !d.page.allowed() {
		return nil
	}
	var all []*chart.Chart
	for _, c := range []*chart.Chart{d.trendSlide(), d.areasSlide(), d.itemsSlide(), d.invitedSlide()} {
		if c != nil {
			all = append(all, c)
		}
	}
	s := d.period.Survey()
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			all = append(all, d.questionSlides(&s.Sections[i].Questions[j])...)
		}
	}
	return all
}

// slide returns a chart without figures.
func (d *document) slide(id string, kind chart.Kind, title, about string) *chart.Chart {
	return &chart.Chart{ID: id, Name: title, Kind: kind, Title: title, About: about, Language: d.language}
}

// slideAbout says the survey and the period.
func (d *document) slideAbout() string {
	text := d.Plain(d.survey.Title.In(d.language))
	if period := d.periodName(d.period.Name); period != "" {
		text += " · " + period
	}
	return text + " · " + d.words.Say("results.n_alone", "n", d.period.Respondents)
}

func (d *document) withIntervals(c *chart.Chart) {
	for _, row := range c.Rows {
		if row.Low != nil {
			c.LowHead, c.HighHead = d.words.Say("charts.low"), d.words.Say("charts.high")
		}
	}
}

// setInterval hands an interval to a row, times a factor.
func setInterval(row *chart.Row, i *stats.Interval, factor float64) {
	if i != nil {
		row.Low, row.High = new(factor*i.Low), new(factor*i.High)
	}
}

// setTarget draws the survey's target, where the scale has it.
func (d *document) setTarget(c *chart.Chart) {
	if t := d.scoring().Target; t != nil {
		c.Target, c.TargetAs = new(decimalFloat(*t)), d.words.Say("results.target", "n", t.String())
	}
}

// trendSlide is nil for fewer than two periods with an index.
func (d *document) trendSlide() *chart.Chart {
	name := d.words.Say("results.score")
	c := d.slide("trend", chart.Lines, d.words.Say("results.trend_of", "title", name), d.slideAbout())
	c.Name, c.Head, c.Series, c.Max, c.Places = d.words.Say("results.trend"), d.words.Say("results.period"), []string{name}, d.best, d.places
	if d.indexTrend == nil {
		return nil
	}
	for _, i := range d.history {
		if d.indexTrend.Points[i].Value == nil {
			continue
		}
		row := chart.Row{Label: d.periodName(d.report.Periods[i].Name), Values: []float64{float(d.indexTrend.Points[i].Value)}}
		setInterval(&row, d.report.Periods[i].Overall.Interval, 1)
		c.Rows = append(c.Rows, row)
	}
	if len(c.Rows) < 2 {
		return nil
	}
	d.setTarget(c)
	d.withIntervals(c)
	return c
}

// invitedSlide says how many of those who were invited have come to each step. It is nil for a group, and without invitations.
func (d *document) invitedSlide() *chart.Chart {
	if d.period.Invited == nil || !d.page.Whole() {
		return nil
	}
	c := d.slide("funnel", chart.Bars, d.words.Say("invited.title"), d.slideAbout())
	c.Head, c.Series = d.words.Say("invited.step"), []string{d.words.Say("results.people")}
	for _, step := range d.invitedSteps() {
		c.Rows = append(c.Rows, chart.Row{Label: step.Label, Values: []float64{float64(step.N)}})
		c.Max = max(c.Max, float64(step.N))
	}
	if len(c.Rows) == 0 {
		return nil
	}
	return c
}

// areasSlide is nil without areas that have an index.
func (d *document) areasSlide() *chart.Chart {
	c := d.slide("areas", chart.Bars, d.words.Say("results.dimensions"), d.slideAbout())
	c.Head, c.Series, c.Max, c.Places = d.words.Say("results.area"), []string{d.words.Say("results.points")}, d.best, d.places
	for _, x := range d.period.Dimensions {
		if x.Score == nil {
			continue
		}
		row := chart.Row{Label: x.Label.In(d.language), Values: []float64{float(x.Score)}}
		if row.Label == "" {
			row.Label = x.ID
		}
		setInterval(&row, x.Interval, 1)
		c.Rows = append(c.Rows, row)
	}
	if len(c.Rows) == 0 {
		return nil
	}
	d.withIntervals(c)
	return c
}

// itemsSlide is nil without items of the index.
func (d *document) itemsSlide() *chart.Chart {
	c := d.slide("items", chart.Bars, d.words.Say("results.items"), d.slideAbout())
	c.Head, c.Series, c.Max, c.Places = d.words.Say("results.item"), []string{d.words.Say("results.of_100")}, 100, 1
	for _, item := range d.period.Ranked() {
		row := chart.Row{Label: d.itemName(item.Field), Values: []float64{float(item.Performance())}}
		if i := item.Interval; i != nil {
			setInterval(&row, &stats.Interval{Low: item.OutOf100(i.Low), High: item.OutOf100(i.High)}, 1)
		}
		c.Rows = append(c.Rows, row)
	}
	if len(c.Rows) == 0 {
		return nil
	}
	d.withIntervals(c)
	return c
}

// questionSlides returns the charts of a question: two of a matrix that asks for importance, too. Sensitive questions, whose
// figures are rounded, have none, nor have those that are ranked or shared out.
func (d *document) questionSlides(q *survey.Question) []*chart.Chart {
	own := slices.DeleteFunc(d.itemsOf(q), func(item *stats.Item) bool { return item.N == 0 })
	if len(own) == 0 || own[0].Coded || q.Type == survey.Ranking || q.Type == survey.ConstantSum {
		return nil
	}
	var all []*chart.Chart
	for _, part := range []survey.Part{survey.Whole, survey.ImportancePart, survey.SatisfactionPart} {
		items := slices.DeleteFunc(slices.Clone(own), func(item *stats.Item) bool { return item.Field.Part != part })
		if len(items) == 0 {
			continue
		}
		id, title, name := "q-"+q.ID, d.questionLabel(q), d.questionName(q)
		if part != survey.Whole {
			id, title, name = id+"-"+string(part), title+" · "+d.words.Say(string(part)), name+" · "+d.words.Say(string(part))
		}
		item := items[0]
		before := len(all)
		switch {
		case item.NPS != nil:
			all = append(all, d.npsSlide(id, title, item))
		case item.Field.HasScores() && q.Type != survey.MultiChoice && !item.Field.Numeric():
			all = append(all, d.scaleSlide(id, title, items))
		default:
			if c := d.sharesSlide(id, title, item); c != nil {
				all = append(all, c)
			}
		}
		for _, c := range all[before:] {
			c.Name = name
		}
	}
	return all
}

// questionName returns what results call a question.
func (d *document) questionName(q *survey.Question) string {
	if name := d.Plain(q.Short(d.language)); name != "" {
		return name
	}
	return d.questionLabel(q)
}

// scaleSlide shows items of one scale: the shares of its steps, the worst first.
func (d *document) scaleSlide(id, title string, items []*stats.Item) *chart.Chart {
	c := d.slide(id, chart.Stacked, title, d.answered(items[0].N, items[0].Base))
	c.Head, c.Max, c.Places, c.Percent = d.words.Say("results.item"), 100, 1, true
	options := items[0].Field.Options()
	order, tones := byScore(options), tonesOf(options)
	for _, i := range order {
		tone, err := strconv.Atoi(tones[i])
		if err != nil {
			tone = -1
		}
		c.Series, c.Tones = append(c.Series, d.option(&options[i])), append(c.Tones, tone)
	}
	if sides := sidesOf(items[0].Counts); len(items) > 1 && slices.Contains(sides, chart.Worse) {
		for _, i := range order {
			c.Sides = append(c.Sides, sides[i])
		}
	}
	for _, item := range items {
		row := chart.Row{Label: d.short(item.Field)}
		for _, i := range order {
			row.Values = append(row.Values, percentOfShare(item.Counts[i].Share))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

func percentOfShare(s stats.Share) float64 {
	if s.Of <= 0 {
		return 0
	}
	return s.Percent()
}

func (d *document) npsSlide(id, title string, item *stats.Item) *chart.Chart {
	c := d.slide(id, chart.Stacked, title, d.words.Say("results.nps_is", "n", d.withInterval(d.signed(item.NPS.Score, 1), item.NPS.Interval, 1)))
	c.Head, c.Max, c.Places, c.Percent, c.Tones = d.words.Say("results.item"), 100, 1, true, []int{0, 2, 4}
	c.Series = []string{d.words.Say("nps.detractors"), d.words.Say("nps.passives"), d.words.Say("nps.promoters")}
	c.Rows = []chart.Row{{Label: d.short(item.Field), Values: []float64{
		percentOfShare(item.NPS.Detractors), percentOfShare(item.NPS.Passives), percentOfShare(item.NPS.Promoters)}}}
	return c
}

// sharesSlide shows how many chose each option, or gave a number within each band; nil if nobody can say.
func (d *document) sharesSlide(id, title string, item *stats.Item) *chart.Chart {
	c := d.slide(id, chart.Bars, title, d.answered(item.N, item.Base))
	c.Head, c.Series, c.Max, c.Places, c.Percent = d.words.Say("results.option"), []string{d.words.Say("results.share")}, 100, 1, true
	add := func(label string, s stats.Share) {
		row := chart.Row{Label: label, Values: []float64{percentOfShare(s)}}
		if s.Of > 0 {
			setInterval(&row, s.Interval(), 100)
		}
		c.Rows = append(c.Rows, row)
	}
	switch {
	case item.Field.Numeric():
		for i := range item.Histogram {
			add(d.binName(&item.Histogram[i]), item.Histogram[i].Share)
		}
	case item.Field.Question.Type == survey.MultiChoice:
		for _, i := range byShare(item.Counts) {
			add(d.option(item.Counts[i].Option), item.Counts[i].Share)
		}
	case item.Field.Question.Type == survey.Consent:
		for _, x := range item.Counts {
			add(d.words.Say("consented"), x.Share)
		}
	default:
		for _, x := range item.Counts {
			add(d.option(x.Option), x.Share)
		}
	}
	if len(c.Rows) == 0 {
		return nil
	}
	d.withIntervals(c)
	return c
}
