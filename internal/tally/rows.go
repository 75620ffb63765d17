package tally

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"glasspoll/internal/survey"
)

// rowPlan holds what the sums over whole rows need of a questionnaire, with the fields of which [survey.Field.InRows] holds.
type rowPlan struct {
	fields []survey.Field // the items of the index, by name, and the overall item

	// The own index of a respondent is factor · Σ weight·score / Σ weight·divisor, in thousandths, over the items scored.
	weights  []int64 // of each field, 0 without one
	divisors []int64 // weight · divisor of each field
	factor   uint64  // 0 if there is no index

	overall int       // index of the overall item, or -1
	paired  []bool    // by field: whether it is paired with the overall item
	scales  []scaling // by dimension, and of all items

	given []int64 // the respondent's scores, unscored where there is none; reused
	n     int     // how many are given
}

// scaling holds what the sums over a scale need.
type scaling struct {
	name string
	rows []int // indexes of its items
	unit int64 // greatest common divisor of their scores
}

const (
	// mostRespondents is how many respondents 64 bits have room for, in sums of squares too.
	mostRespondents = 900_000_000

	// highestIndex is the highest index that is folded, in thousandths: mostRespondents times its square fit in 64 bits.
	highestIndex = 100_000
)

// newRowPlan returns nil if no item is scored.
func newRowPlan(s *survey.Survey) *rowPlan {
	p := &rowPlan{overall: -1}
	for _, f := range s.Fields() {
		if f.Scored() && f.InRows() {
			p.fields = append(p.fields, f)
		}
	}
	if len(p.fields) == 0 {
		return nil
	}
	slices.SortFunc(p.fields, func(a, b survey.Field) int { return cmp.Compare(a.Name, b.Name) })
	p.planIndex(s)
	p.planScales(s)
	p.planPairs(s)
	p.given = make([]int64, len(p.fields))
	return p
}

// indexWeight is the weight of an item in the index, in millionths: its own times its dimension's.
func indexWeight(s *survey.Survey, f survey.Field) int64 {
	weight := int64(survey.One)
	for _, d := range s.Scoring.Dimensions {
		if d.ID == f.Question.Dimension {
			weight = int64(d.Weight)
		}
	}
	return int64(f.Weight()) * weight
}

// planIndex looks up weights and divisors. Weights are divided by their greatest common divisor. There is no index where its
// sums could exceed 64 bits.
func (p *rowPlan) planIndex(s *survey.Survey) {
	common := int64(0)
	for _, f := range p.fields {
		p.weights = append(p.weights, indexWeight(s, f))
		common = gcd(common, p.weights[len(p.weights)-1])
	}
	if common == 0 {
		return // all have a dimension without weight
	}
	model, reached, divisor := s.Scoring.GroupModel(), new(big.Int), new(big.Int)
	highest := int64(0)
	for i, f := range p.fields {
		p.weights[i] /= common
		d, best := int64(survey.One), int64(f.MaxScore())
		switch model {
		case survey.PercentOfMax:
			d = best
		case survey.Graded10:
			d *= 10
		}
		weight := big.NewInt(p.weights[i])
		reached.Add(reached, new(big.Int).Mul(weight, big.NewInt(best)))
		divisor.Add(divisor, new(big.Int).Mul(weight, big.NewInt(d)))
		p.divisors = append(p.divisors, p.weights[i]*d)
		if d == 0 {
			return // every score is 0
		}
		ratio := big.NewInt(best)
		ratio.Mul(ratio, big.NewInt(int64(indexFactor(model)))).Div(ratio, big.NewInt(d))
		if !ratio.IsInt64() || ratio.Int64() > highestIndex {
			return
		}
		highest = max(highest, ratio.Int64())
	}
	if reached.IsInt64() && divisor.IsInt64() {
		p.factor = indexFactor(model)
	}
}

// indexFactor makes thousandths of the index of Σ w·q / Σ w·d.
func indexFactor(model string) uint64 {
	if model == survey.PercentOfMax || model == survey.Graded10 {
		return 100 * uint64(survey.One)
	}
	return uint64(survey.One)
}

// planScales looks up the items of each dimension, and of all. One of less than two items is none.
func (p *rowPlan) planScales(s *survey.Survey) {
	names := []string{""}
	for _, d := range s.Scoring.Dimensions {
		names = append(names, d.ID)
	}
	for _, name := range names {
		scale := scaling{name: name}
		highest := new(big.Int)
		for i, f := range p.fields {
			if name != "" && f.Question.Dimension != name {
				continue
			}
			scale.rows = append(scale.rows, i)
			highest.Add(highest, big.NewInt(int64(f.MaxScore())))
			for _, o := range f.Options() {
				if o.Score != nil {
					scale.unit = gcd(scale.unit, int64(*o.Score))
				}
			}
		}
		if len(scale.rows) < 2 || scale.unit == 0 {
			continue
		}
		highest.Div(highest, big.NewInt(scale.unit))
		if highest.Mul(highest, highest).Cmp(big.NewInt(math.MaxInt64/mostRespondents)) <= 0 {
			p.scales = append(p.scales, scale)
		}
	}
}

// planPairs looks up the overall item, and the items that are paired with it.
func (p *rowPlan) planPairs(s *survey.Survey) {
	for _, f := range p.fields {
		p.paired = append(p.paired, s.Paired(f))
	}
	overall, _ := s.Field(s.Scoring.Overall)
	if !slices.Contains(p.paired, true) || !overall.InRows() {
		return
	}
	p.overall = slices.IndexFunc(p.fields, func(f survey.Field) bool { return f.Name == s.Scoring.Overall })
	if p.overall < 0 {
		p.overall, p.fields = len(p.fields), append(p.fields, overall) // not in the index itself
		p.weights, p.divisors, p.paired = append(p.weights, 0), append(p.divisors, 0), append(p.paired, false)
	}
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// RowSignature says what the rows of two questionnaires must have in common to be added: items, weights, dimensions, model and
// overall item. It is "" if there are no rows.
func RowSignature(s *survey.Survey) string {
	p := newRowPlan(s)
	if p == nil {
		return ""
	}
	type item struct {
		Name, Key, Dimension string
		Weight, Own          int64
		Paired               bool
	}
	var items []item
	for i, f := range p.fields {
		weight := int64(0)
		if f.Scored() {
			weight = indexWeight(s, f)
		}
		items = append(items, item{f.Name, s.ItemKey(f), f.Question.Dimension, weight, int64(f.Weight()), p.paired[i]})
	}
	overall := ""
	if p.overall >= 0 {
		overall = p.fields[p.overall].Name
	}
	return hashOf([]any{s.Scoring.Model, s.Scoring.GroupModel(), s.Scoring.Unit, overall, items}, 8)
}

// begin forgets the scores of the respondent before.
func (p *rowPlan) begin() {
	for i := range p.given {
		p.given[i] = unscored
	}
	p.n = 0
}

// score notes a score of the respondent.
func (p *rowPlan) score(row int, score int64) {
	if score != unscored && p.given[row] == unscored {
		p.given[row] = score
		p.n++
	}
}

// index returns the respondent's own index, in thousandths, rounded half up.
func (p *rowPlan) index() (index int64, ok bool) {
	if p.factor == 0 {
		return 0, false
	}
	reached, divisor := uint64(0), uint64(0)
	for i, score := range p.given {
		if score != unscored {
			reached += uint64(p.weights[i] * score)
			divisor += uint64(p.divisors[i])
		}
	}
	if divisor == 0 {
		return 0, false
	}
	high, low := bits.Mul64(reached, p.factor)
	quotient, rest := bits.Div64(high, low, divisor) // below highestIndex, so high is below divisor
	if rest >= divisor-rest {
		quotient++
	}
	return int64(quotient), true
}

// foldRows adds what the respondent's scores are together.
func (c *Counters) foldRows(p *rowPlan) {
	if p.n == 0 {
		return
	}
	if c.Rows == nil {
		c.Rows = &Rows{}
	}
	rows, folded := c.Rows, c.folded
	if folded.rows != rows {
		folded.rows, folded.pairs, folded.scales = rows, make([]*Moments, len(p.fields)), make([]*Scale, len(p.scales))
	}
	if index, ok := p.index(); ok {
		rows.N++
		rows.Index += index
		rows.Squares += index * index
	}
	if p.overall >= 0 && p.given[p.overall] != unscored {
		folded.foldPairs(p)
	}
	for i := range p.scales {
		folded.foldScale(p, i)
	}
}

func (f *folded) foldPairs(p *rowPlan) {
	y := p.given[p.overall]
	for i, x := range p.given {
		if x == unscored || !p.paired[i] {
			continue
		}
		m := f.pairs[i]
		if m == nil {
			m = f.rows.pair(p.fields[i].Name)
			f.pairs[i] = m
		}
		m.N++
		m.X += x
		m.Y += y
		m.XX += x * x
		m.YY += y * y
		m.XY += x * y
	}
}

// pair returns the moments of an item.
func (r *Rows) pair(name string) *Moments {
	if r.Pairs == nil {
		r.Pairs = map[string]*Moments{}
	}
	if r.Pairs[name] == nil {
		r.Pairs[name] = &Moments{}
	}
	return r.Pairs[name]
}

func (f *folded) foldScale(p *rowPlan, i int) {
	scale := &p.scales[i]
	if p.n < len(scale.rows) {
		return
	}
	for _, row := range scale.rows {
		if p.given[row] == unscored {
			return
		}
	}
	s := f.scales[i]
	if s == nil {
		s = f.rows.scale(scale.name, len(scale.rows))
		f.scales[i] = s
	}
	total := int64(0)
	for at, row := range scale.rows {
		x := p.given[row] / scale.unit
		total += x
		s.Sums[at] += x
		s.Squares[at] += x * x
	}
	s.N++
	s.Total += total
	s.TotalSquares += total * total
}

// scale returns the sums over a scale of so many items.
func (r *Rows) scale(name string, items int) *Scale {
	if r.Scales == nil {
		r.Scales = map[string]*Scale{}
	}
	if r.Scales[name] == nil {
		r.Scales[name] = &Scale{}
	}
	s := r.Scales[name]
	s.Sums, s.Squares = addEach(s.Sums, make([]int64, items), 1), addEach(s.Squares, make([]int64, items), 1)
	return s
}
