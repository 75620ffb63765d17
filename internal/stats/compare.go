package stats

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strings"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Line is one figure over the periods; Field is zero for the index.
type Line struct {
	Field  survey.Field
	Points []Point // one for each period, in order
}

// Point is one period's figure: the published index, an item's mean, or a net promoter score.
type Point struct {
	Period string
	N      int64    // respondents, or answers with a score
	Value  *big.Rat // nil where there is none
	Broken bool     // the last period with a value had another scale, or another index

	scale  string   // only values with the same one can be compared
	before *big.Rat // the value that this one is compared with
}

// Change is the difference to the last period with a value; nil where there is none, or it cannot be compared.
func (p *Point) Change() *big.Rat {
	if p.before == nil {
		return nil
	}
	return new(big.Rat).Sub(p.Value, p.before)
}

// trend follows the index, and every item that is asked today by its name.
func trend(report *Report) []Line {
	lines := []Line{{}}
	for _, f := range report.Survey.Fields() {
		if f.Counted() && (f.HasScores() || f.Numeric()) && f.Question.Type != survey.MultiChoice {
			lines = append(lines, Line{Field: f})
		}
	}
	for i := range lines {
		lines[i].follow(report.Periods)
	}
	return lines
}

// follow finds the line's figure in each period, and compares it with the last one.
func (l *Line) follow(periods []Period) {
	l.Points = make([]Point, len(periods))
	var last *Point
	for i := range periods {
		point := &l.Points[i]
		*point = periods[i].point(l.Field)
		if point.Value == nil {
			continue
		}
		if last != nil {
			if point.Broken = point.scale != last.scale; !point.Broken {
				point.before = last.Value
			}
		}
		last = point
	}
}

// point returns the figure of a field, or of the index if the field is zero.
func (p *Period) point(f survey.Field) Point {
	if f.Question == nil {
		return Point{Period: p.Name, N: p.Respondents, Value: p.Overall.Score, scale: p.form.rules}
	}
	item := p.Item(f.Name)
	if item == nil {
		return Point{Period: p.Name}
	}
	point := Point{Period: p.Name, N: item.Scored, Value: item.Mean, scale: item.counted.scale}
	if item.NPS != nil {
		point.Value = item.NPS.Score
	}
	return point
}

// indexRules returns all that the index depends on besides the answers.
func (f *form) indexRules() string {
	s := f.Survey
	var b strings.Builder
	b.WriteString(s.Scoring.Model + " " + s.Scoring.Unit + " " + s.Scoring.Of)
	if r := s.Scoring.Rule; r != nil {
		b.WriteString(" " + r.Floor.String() + " " + r.Per.String() + " " + r.Deduct.String())
		if r.Proportional {
			b.WriteString(" proportional")
		}
	}
	for _, c := range f.counted {
		if c.weight != nil {
			b.WriteString("\n" + c.Name + " " + c.weight.RatString() + " " + c.scale)
		}
	}
	return b.String()
}

// Item returns a field's figures; nil if the field was not counted in the period.
func (p *Period) Item(name string) *Item {
	if i, ok := p.form.indexes[name]; ok {
		return &p.Items[i]
	}
	return nil
}

// Ranked lists the items of the index that have answers by performance, the best first.
func (p *Period) Ranked() []*Item {
	type performance struct {
		*Item
		exact   *big.Rat
		rounded float64 // correctly, so that two which differ are in the right order
	}
	var all []performance
	for i := range p.Items {
		item := &p.Items[i]
		if exact := item.Performance(); item.Weight != nil && exact != nil {
			all = append(all, performance{item, exact, float(exact)})
		}
	}
	slices.SortStableFunc(all, func(a, b performance) int {
		if a.rounded != b.rounded {
			return cmp.Compare(b.rounded, a.rounded)
		}
		return b.exact.Cmp(a.exact)
	})
	ranked := make([]*Item, len(all))
	for i, x := range all {
		ranked[i] = x.Item
	}
	return ranked
}

// Performance is the index of the items with a scale by the model percent_of_max, whatever the survey's model. It is nil
// if none has an answer.
func (p *Period) Performance() *big.Rat {
	var all sums
	for i := range p.Items {
		if item := &p.Items[i]; item.Weight != nil && item.counted.isScale && item.Scored > 0 {
			all.add(survey.PercentOfMax, item, item.counted.indexWeight)
		}
	}
	return all.score(survey.PercentOfMax)
}

// CrossTab is one field's figures by the values of a segment.
type CrossTab struct {
	Rows, By survey.Field
	Cells    []Cell // in the questionnaire's order
}

// Cell is a field's figures among those who gave one answer to the segment question.
type Cell struct {
	Option *survey.Option
	Item   Item
}

// CrossTabs breaks fields down as declared when the period's first release was made.
func (p *Period) CrossTabs() []CrossTab {
	s, r := p.form, p.released
	tabs := make([]CrossTab, 0, len(r.CrossTabs))
	for _, c := range r.CrossTabs {
		at, counts := s.indexes[c.Rows]
		by, ok := s.Field(c.By)
		if !counts || !ok {
			continue
		}
		rows := &s.counted[at]
		options := by.Options()
		tab := CrossTab{Rows: rows.Field, By: by, Cells: make([]Cell, len(options))}
		var counted tally.Item
		for i := range options {
			counted.Gather(r.CohortsWith(by.Name, options[i].ID), rows.Name)
			tab.Cells[i] = Cell{&options[i], rows.item(&counted, 0)}
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

// Drivers set the performance of items against their importance (Martilla and James, Journal of Marketing 41, 1977). The
// quadrants meet at the means of both.
type Drivers struct {
	Items                   []Driver
	Importance, Performance float64
}

// Driver is one item in the quadrants.
type Driver struct {
	Field       survey.Field
	N           int64   // respondents whose importance is known
	Importance  float64 // stated: mean importance by its highest step, 0 to 1; derived: correlation with the overall item
	Performance float64 // mean by the highest score, 0 to 1
	Quadrant    Quadrant
}

// Quadrant is the priority of an item, by whether its importance and performance are above or below the mean.
type Quadrant string

// The quadrants.
const (
	Improve Quadrant = "improve"  // important, and done worse than the mean
	Keep    Quadrant = "keep"     // important, and done well
	Low     Quadrant = "low"      // not important, and done worse than the mean
	Surplus Quadrant = "overdone" // done well, and not important
)

func (d *Drivers) add(f survey.Field, n int64, importance, performance float64) {
	d.Items = append(d.Items, Driver{Field: f, N: n, Importance: importance, Performance: performance})
}

// quadrants assigns the items to quadrants, once all are added. It returns nil for fewer than two.
func (d *Drivers) quadrants() *Drivers {
	if len(d.Items) < 2 {
		return nil
	}
	for _, x := range d.Items {
		d.Importance += x.Importance / float64(len(d.Items))
		d.Performance += x.Performance / float64(len(d.Items))
	}
	for i, x := range d.Items {
		important, well := x.Importance >= d.Importance, x.Performance >= d.Performance
		switch {
		case important && well:
			d.Items[i].Quadrant = Keep
		case important:
			d.Items[i].Quadrant = Improve
		case well:
			d.Items[i].Quadrant = Surplus
		default:
			d.Items[i].Quadrant = Low
		}
	}
	return d
}

// Drivers returns the importance that respondents state, in rows that ask for importance and satisfaction, and the one
// that is derived from the correlation with their overall judgement. Either is nil unless two items have it.
func (p *Period) Drivers() (stated, derived *Drivers) {
	stated, derived = &Drivers{}, &Drivers{}
	for i := range p.Items {
		item := &p.Items[i]
		percent := item.Performance()
		if item.Weight == nil || percent == nil {
			continue
		}
		performance := float(percent) / 100
		if row, ok := strings.CutSuffix(item.Field.Name, ".satisfaction"); ok {
			if importance := p.Item(row + ".importance"); importance != nil && importance.Mean != nil {
				stated.add(item.Field, importance.Scored, float(importance.Mean)/float(rat(importance.Field.MaxScore())), performance)
			}
		}
		if m := p.released.Pairs[item.Field.Name]; m != nil {
			if r, ok := correlation(m); ok {
				derived.add(item.Field, m.N, r, performance)
			}
		}
	}
	return stated.quadrants(), derived.quadrants()
}

// correlation is Pearson's, over respondents who answered both; there is none where one of the two never varies. It is
// rounded to two places: more would reveal single answers rather than the item.
func correlation(m *tally.Moments) (r float64, ok bool) {
	product := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
	covariance := func(ab, a, b int64) float64 { // n·Σab - Σa·Σb
		x := product(m.N, ab)
		f, _ := new(big.Float).SetInt(x.Sub(x, product(a, b))).Float64()
		return f
	}
	xx, yy := covariance(m.XX, m.X, m.X), covariance(m.YY, m.Y, m.Y)
	if xx <= 0 || yy <= 0 {
		return 0, false
	}
	return math.Round(100*covariance(m.XY, m.X, m.Y)/math.Sqrt(xx)/math.Sqrt(yy)) / 100, true
}

// Step is how many reached one stage of a survey.
type Step struct {
	Name string // issued, completed
	N    int64
}

// Funnel lists the stages that are counted. Opening and starting a form are not: its pages are static.
func (p *Period) Funnel() []Step {
	var steps []Step
	if p.Issued > 0 {
		steps = append(steps, Step{"issued", p.Issued})
	}
	return append(steps, Step{"completed", p.Respondents})
}
