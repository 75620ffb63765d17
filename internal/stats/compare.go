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

// Line is the course of one figure over the periods; Field is zero for the index.
type Line struct {
	Field  survey.Field
	Points []Point // one a period, in order
}

// Point is one period's figure: the published index, an item's mean, or a net promoter score.
type Point struct {
	Period string
	N      int64    // respondents, or answers with a score
	Value  *big.Rat // nil where there is none
	Broken bool     // the scale, or what the index is made of, is another than in the last period that has a value

	last *big.Rat // the value that this one compares with
}

// Change is that since the last period that has a value; nil where there is none, or it cannot be compared.
func (p *Point) Change() *big.Rat {
	if p.last == nil {
		return nil
	}
	return new(big.Rat).Sub(p.Value, p.last)
}

// trend follows the index and every item that is asked today, matched by its name.
func trend(report *Report) []Line {
	lines := []Line{{}}
	for _, f := range report.Survey.Fields() {
		if f.Counted() && (f.HasScores() || f.Numeric()) && f.Question.Type != survey.MultiChoice {
			lines = append(lines, Line{Field: f})
		}
	}
	for i := range lines {
		line := &lines[i]
		line.Points = make([]Point, len(report.Periods))
		var last *Point
		scale := ""
		for j := range report.Periods {
			p, point := &report.Periods[j], &line.Points[j]
			point.Period = p.Name
			now := ""
			if line.Field.Question == nil {
				point.N, point.Value, now = p.Respondents, p.Overall.Score, p.form.rules
			} else if item := p.Item(line.Field.Name); item != nil {
				point.N, point.Value, now = item.Scored, item.Mean, item.of.scale
				if item.NPS != nil {
					point.Value = item.NPS.Score
				}
			}
			if point.Value != nil {
				if last != nil {
					if point.Broken = now != scale; !point.Broken {
						point.last = last.Value
					}
				}
				last, scale = point, now
			}
		}
	}
	return lines
}

// indexRules says all that an index depends on besides the answers.
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

// Item finds a field's figures; nil if the field was not counted in the period.
func (p *Period) Item(name string) *Item {
	if at, ok := p.form.places[name]; ok {
		return &p.Items[at]
	}
	return nil
}

// Ranked lists the items of the index that have answers, best first by performance. The best and the worst are its ends.
func (p *Period) Ranked() []*Item {
	type performer struct {
		*Item
		exact   *big.Rat
		rounded float64 // correctly, so that what differs here differs in the same way
	}
	var all []performer
	for i := range p.Items {
		item := &p.Items[i]
		if reached := item.Performance(); item.Weight != nil && reached != nil {
			all = append(all, performer{item, reached, float(reached)})
		}
	}
	slices.SortStableFunc(all, func(a, b performer) int {
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

// Performance is what the items of the index with a scale reach together, by their weights, in percent of what they could:
// the index by the model percent_of_max. It is nil if none has an answer.
func (p *Period) Performance() *big.Rat {
	var all group
	for i := range p.Items {
		if item := &p.Items[i]; item.Weight != nil && item.of.boxed && item.Scored > 0 {
			all.add(survey.PercentOfMax, item, item.of, item.of.whole)
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

// CrossTabs breaks fields down as was declared when the period's first release was made.
func (p *Period) CrossTabs() []CrossTab {
	s, r := p.form, p.released
	tabs := make([]CrossTab, 0, len(r.CrossTabs))
	for _, c := range r.CrossTabs {
		at, counts := s.places[c.Rows]
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

// Drivers set the items' performance against their importance (Martilla and James, Journal of Marketing 41, 1977). The
// quadrants meet at the means of both.
type Drivers struct {
	Items                   []Driver
	Importance, Performance float64
}

// Driver is one item in the quadrants.
type Driver struct {
	Field       survey.Field
	N           int64   // of whom the importance is known
	Importance  float64 // stated: mean importance by its highest step, 0 to 1; derived: correlation with the overall item
	Performance float64 // mean by the highest score, 0 to 1
	Quadrant    Quadrant
}

// Quadrant says what an item's importance and performance, each above or below the mean, call for.
type Quadrant string

// The quadrants.
const (
	Improve Quadrant = "improve"  // important, and done worse than the mean
	Keep    Quadrant = "keep"     // important, and done well
	Low     Quadrant = "low"      // neither
	Surplus Quadrant = "overdone" // done well, and not important
)

func (d *Drivers) add(f survey.Field, n int64, importance, performance float64) {
	d.Items = append(d.Items, Driver{Field: f, N: n, Importance: importance, Performance: performance})
}

// quadrants places the items, once all are known; fewer than two have no mean to be above or below of.
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

// Drivers finds what respondents say is important, in rows that ask for importance and satisfaction, and what goes with
// their overall judgement. Either is nil unless two items have it.
func (p *Period) Drivers() (stated, derived *Drivers) {
	stated, derived = &Drivers{}, &Drivers{}
	for i := range p.Items {
		item := &p.Items[i]
		reached := item.Performance()
		if item.Weight == nil || reached == nil {
			continue
		}
		performance := float(reached) / 100
		if row, ok := strings.CutSuffix(item.Field.Name, ".satisfaction"); ok {
			if asked := p.Item(row + ".importance"); asked != nil && asked.Mean != nil {
				stated.add(item.Field, asked.Scored, float(asked.Mean)/float(rat(asked.Field.MaxScore())), performance)
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

// correlation is Pearson's, over those who answered both; there is none where one of the two never varies. It is rounded
// to two places: more would tell more of single answers than of the item.
func correlation(m *tally.Moments) (r float64, ok bool) {
	product := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
	spread := func(ab, a, b int64) float64 { // n·Σab - Σa·Σb
		x := product(m.N, ab)
		f, _ := new(big.Float).SetInt(x.Sub(x, product(a, b))).Float64()
		return f
	}
	xx, yy := spread(m.XX, m.X, m.X), spread(m.YY, m.Y, m.Y)
	if xx <= 0 || yy <= 0 {
		return 0, false
	}
	return math.Round(100*spread(m.XY, m.X, m.Y)/math.Sqrt(xx)/math.Sqrt(yy)) / 100, true
}

// Step is how many got as far as one stage of a survey.
type Step struct {
	Name string // issued, completed
	N    int64
}

// Funnel lists the stages that are counted. Opening and starting a form are not: its pages are static and tell nobody.
func (p *Period) Funnel() []Step {
	var steps []Step
	if p.Issued > 0 {
		steps = append(steps, Step{"issued", p.Issued})
	}
	return append(steps, Step{"completed", p.Respondents})
}
