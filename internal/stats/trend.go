package stats

import (
	"math/big"

	"glasspoll/internal/survey"
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

	scale    string   // only values with the same one can be compared
	compared *big.Rat // Value; of a weighted count, which grows with the answers, that for each answer
	before   *big.Rat // what it is compared with
}

// Change is the difference to the last period with a value; nil where there is none, or it cannot be compared. Of a weighted
// count it is that for each answer.
func (p *Point) Change() *big.Rat {
	if p.before == nil || p.compared == nil {
		return nil
	}
	return new(big.Rat).Sub(p.compared, p.before)
}

// trend follows the index, and every item that is asked today by its name.
func trend(report *Report) []Line {
	lines := []Line{{}}
	for _, f := range report.Survey.Fields() {
		if f.Counted() && !f.Sensitive() && (f.HasScores() || f.Numeric()) && f.Question.Type != survey.MultiChoice {
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
				point.before = last.compared
			}
		}
		last = point
	}
}

// point returns the figure of a field, or of the index if the field is zero.
func (p *Period) point(f survey.Field) Point {
	if f.Question == nil {
		point := Point{Period: p.Name, N: p.Respondents, Value: p.Overall.Score, compared: p.Overall.Score, scale: p.form.rules}
		if p.form.Scoring.GroupModel() == survey.WeightedCount {
			point.compared = p.Overall.PerAnswer
		}
		return point
	}
	item := p.Item(f.Name)
	if item == nil {
		return Point{Period: p.Name}
	}
	point := Point{Period: p.Name, N: item.Scored, Value: item.Mean, scale: item.counted.key}
	if item.NPS != nil {
		point.Value = item.NPS.Score
	}
	point.compared = point.Value
	return point
}
