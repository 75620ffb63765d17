package results

import (
	"slices"
	"strings"

	"glasspoll/internal/chart"
	"glasspoll/internal/paper"
	"glasspoll/internal/stats"
)

// Brief is what the results of one survey say in a report of several: figures and sentences as its results page has them.
type Brief struct {
	Title     string // of the survey
	Period    string // in words; "" for a survey without periods
	Language  string // that the texts are in
	Sentences []string
	Sure      []string // how far the figures can be trusted

	Respondents             paper.Cell // as all figures here: an empty cell if it is not known
	Received, Issued, Rate  paper.Cell
	Index, Interval, Change paper.Cell
	Target, Band            paper.Cell

	Course       []CoursePoint  // of the index over the periods, oldest first; nil for fewer than two
	Charts       []*chart.Chart // of that course, and of the areas
	Best, Worst  []BriefItem
	Risen, Fell  []BriefItem // since the last period, by more than chance explains
	BestAs       string      // what the best are called: only those that a test finds are "the best"
	WorstAs      string
	Notes        []string // where nothing stands out or has changed
	Measures     []BriefMeasure
	MeasuresAsOf string // the day that their states are of; "" where none depends on it
}

// CoursePoint is the index of one period.
type CoursePoint struct {
	Period                                           string
	Respondents, Index, Interval, Change, Rate, Band paper.Cell
}

// BriefItem is an item of the index.
type BriefItem struct{ Label, Value, Diff string }

// BriefMeasure is one improvement.
type BriefMeasure struct {
	About, Problem, Measure, Owner, Due, Effect string
	State                                       string // planned, doing, done, dropped or overdue
	Status                                      string // the same in words
}

// NewBrief sums a results page up. Without figures that may be shown, only the title and the measures are there.
func NewBrief(r *Renderer, p Page) (*Brief, error) {
	d, err := r.document(p)
	if err != nil {
		return nil, err
	}
	none := paper.None()
	b := &Brief{Title: d.Plain(d.survey.Title.In(d.language)), Language: d.language,
		Respondents: none, Received: none, Issued: none, Rate: none, Index: none, Interval: none, Change: none, Target: none, Band: none}
	if m := d.allMeasures(); m != nil {
		b.MeasuresAsOf = m.AsOf
		for _, row := range m.Rows {
			b.Measures = append(b.Measures, BriefMeasure{row.About, row.Problem, row.Measure, row.Owner, row.Due, row.Effect, row.State, row.Status})
		}
	}
	if d.period == nil || !p.allowed() {
		return b, nil
	}
	d.brief(b)
	return b, nil
}

// brief adds the figures of the page's period.
func (d *document) brief(b *Brief) {
	p := d.period
	b.Period = d.periodName(p.Name)
	say, also := d.say()
	b.Sentences = slices.DeleteFunc([]string{say, also}, func(s string) bool { return s == "" })
	b.Sure = d.confidence()
	b.Respondents = paper.Count(int(p.Respondents))
	b.Received = paper.Count(int(max(p.Received, p.Respondents)))
	if p.Issued > 0 {
		b.Issued = paper.Count(int(p.Issued))
	}
	point := d.coursePoint(p, d.point(""))
	b.Index, b.Interval, b.Change, b.Rate, b.Band = point.Index, point.Interval, point.Change, point.Rate, point.Band
	if f, ok := d.changeFact(); ok && f.Note != "" {
		b.Change.Text += " · " + f.Note
	}
	if gap := p.Overall.Gap; gap != nil {
		met := d.words.Say("results.target_met")
		if gap.Sign() < 0 {
			met = d.words.Say("results.target_missed")
		}
		b.Target = paper.Cell{Text: d.scoring().Target.String() + " · " + met, Bad: gap.Sign() < 0}
	}
	d.addCourse(b)
	if c := d.areasSlide(); c != nil && len(c.Rows) > 1 {
		b.Charts = append(b.Charts, c)
	}
	d.addFindings(b)
}

// coursePoint returns the index of a period; point is its place in the trend.
func (d *document) coursePoint(p *stats.Period, point *stats.Point) CoursePoint {
	none := paper.None()
	v := CoursePoint{Period: d.periodName(p.Name), Respondents: paper.Count(int(p.Respondents)), Index: none, Interval: none, Change: none, Rate: none, Band: none}
	if o := &p.Overall; o.Score != nil {
		places := o.Places(d.places)
		v.Index = figureCell(d.published(o), float(o.Score), decimalFormat(places))
		if between := d.scoreInterval(o.Interval); between != "" {
			v.Interval = paper.Text(between)
		}
		if o.Band != nil {
			v.Band = paper.Text(o.Band.Label.In(d.language))
		}
	}
	if change := d.pointChange(point, d.places); change != "" {
		v.Change = paper.Text(change)
	}
	if p.Rate != nil {
		v.Rate = figureCell(d.percent(p.Rate, 1), float(p.Rate)/100, "0.0%")
	}
	return v
}

func figureCell(text string, number float64, format string) paper.Cell {
	return paper.Cell{Text: text, Number: &number, Format: format}
}

// decimalFormat is a workbook's format of numbers with so many decimals.
func decimalFormat(places int) string {
	if places == 0 {
		return "0"
	}
	return "0." + strings.Repeat("0", places)
}

// addCourse adds the index over the periods.
func (d *document) addCourse(b *Brief) {
	c := d.trendSlide()
	if c == nil {
		return
	}
	b.Charts = append(b.Charts, c)
	for _, i := range d.history {
		if point := &d.indexTrend.Points[i]; point.Value != nil {
			b.Course = append(b.Course, d.coursePoint(&d.report.Periods[i], point))
		}
	}
}

// addFindings adds the best and the weakest items, and those that have clearly changed.
func (d *document) addFindings(b *Brief) {
	standing, notes := d.standing()
	moved, more := d.moved()
	b.Notes = slices.Concat(notes, more)
	items := func(rows []scoreRow) (all []BriefItem) {
		for _, row := range rows {
			all = append(all, BriefItem{row.Label, row.Value, row.Diff})
		}
		return all
	}
	for _, f := range standing {
		switch f.Title {
		case d.words.Say("results.best"), d.words.Say("results.highest"):
			b.Best, b.BestAs = items(f.Rows), f.Title
		default:
			b.Worst, b.WorstAs = items(f.Rows), f.Title
		}
	}
	for _, f := range moved {
		if f.Tone == "up" {
			b.Risen = items(f.Rows)
		} else {
			b.Fell = items(f.Rows)
		}
	}
}
