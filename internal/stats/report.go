package stats

import (
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// NewReport computes the figures of a survey from the latest release of each period, oldest first. Releases of an older
// form of the questionnaire are read with s: what s does not ask is left out.
func NewReport(s *survey.Survey, latest []*release.Release) *Report {
	report := &Report{Survey: s}
	for _, r := range latest {
		report.Revision += r.Number
		report.Periods = append(report.Periods, newPeriod(s, r))
	}
	return report
}

func newPeriod(s *survey.Survey, r *release.Release) Period {
	whole := tally.Total(r.Cohorts)
	p := Period{Name: r.Period, Release: r.Number, Date: r.Date, MinGroup: r.MinGroup, Respondents: whole.Respondents}
	for _, f := range s.Fields() {
		if f.Counted() {
			p.Items = append(p.Items, newItem(f, whole.Items[f.Name]))
		}
	}
	p.Dimensions, p.Overall.Raw = percentOfMax(s, p.Items)
	if p.Overall.Raw != nil {
		p.Overall.Score = p.Overall.Raw
		if p.Overall.Score.Sign() < 0 {
			p.Overall.Score = new(big.Rat)
		}
		p.Overall.Band = band(s.Scoring.Bands, p.Overall.Score)
	}
	return p
}

func newItem(f survey.Field, counted *tally.Item) Item {
	item := Item{Field: f}
	if counted == nil {
		counted = &tally.Item{}
	}
	item.N = counted.N
	if f.Numeric() {
		if item.N > 0 && counted.Sum != nil {
			item.Scored = item.N
			item.Mean = new(big.Rat).SetFrac(counted.Sum, big.NewInt(item.N*int64(survey.One)))
		}
		return item
	}
	sum := new(big.Rat)
	for _, o := range f.Options() {
		c := Count{Option: o, N: counted.Counts[o.ID]}
		if item.N > 0 {
			c.Share = big.NewRat(c.N, item.N)
		}
		item.Counts = append(item.Counts, c)
		// Several options of one answer have no one score.
		if o.Score != nil && f.Question.Type != survey.MultiChoice {
			item.Scored += c.N
			sum.Add(sum, new(big.Rat).Mul(rat(*o.Score), new(big.Rat).SetInt64(c.N)))
		}
	}
	if item.Scored > 0 {
		item.Mean = sum.Quo(sum, new(big.Rat).SetInt64(item.Scored))
	}
	return item
}

// percentOfMax scores the dimensions and the whole. Over any group of items
//
//	score = Σ w·q / Σ w·max × 100
//
// where q is an item's mean, max the highest score of its own scale, w its weight, and both sums run over the scored
// items with at least one scored answer. Within a dimension w is the item's own weight; over the whole it is the item's
// own times its dimension's, and an item of no dimension counts as one of weight 1. So all-best is 100 in each and in
// the whole. A score is nil where no item has an answer.
func percentOfMax(s *survey.Survey, items []Item) (dimensions []Dimension, overall *big.Rat) {
	var whole group
	groups := make([]group, len(s.Scoring.Dimensions))
	for _, item := range items {
		if !item.Field.Scored() || item.Mean == nil {
			continue
		}
		weight := rat(item.Field.Weight())
		for i, d := range s.Scoring.Dimensions {
			if d.ID == item.Field.Question.Dimension {
				groups[i].add(item, weight)
				weight = new(big.Rat).Mul(weight, rat(d.Weight))
				break
			}
		}
		whole.add(item, weight)
	}
	for i, d := range s.Scoring.Dimensions {
		dimensions = append(dimensions, Dimension{Dimension: d, Score: groups[i].score()})
	}
	return dimensions, whole.score()
}

// A group is items that are scored together.
type group struct{ reached, reachable big.Rat }

func (g *group) add(item Item, weight *big.Rat) {
	g.reached.Add(&g.reached, new(big.Rat).Mul(weight, item.Mean))
	g.reachable.Add(&g.reachable, new(big.Rat).Mul(weight, rat(item.Field.MaxScore())))
}

func (g *group) score() *big.Rat {
	if g.reachable.Sign() <= 0 {
		return nil
	}
	share := new(big.Rat).Quo(&g.reached, &g.reachable)
	return share.Mul(share, big.NewRat(100, 1))
}

// band finds the band of an unrounded score: the first, from the highest, whose lower limit it reaches.
func band(bands []survey.Band, score *big.Rat) *survey.Band {
	for i := range bands {
		if score.Cmp(rat(bands[i].From)) >= 0 {
			return &bands[i]
		}
	}
	return nil
}

func rat(d survey.Decimal) *big.Rat { return big.NewRat(int64(d), int64(survey.One)) }

// Round prints a figure with so many decimals, half away from zero: 12.345 to two places is "12.35", -0.5 to none "-1".
// What rounds to nothing has no sign.
func Round(r *big.Rat, places int) string {
	text := r.FloatString(places) // rounds half away from zero, exactly
	for _, c := range text {
		if c >= '1' && c <= '9' {
			return text
		}
	}
	if text[0] == '-' {
		return text[1:]
	}
	return text
}
