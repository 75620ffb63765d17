package stats

import (
	"math"
	"math/big"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// rows returns the sums over whole rows of the items in force; nil if there are none. A unit is given as "|option".
func (p *Period) rows(unit string) *tally.Rows {
	if p.form.rows == "" {
		return nil
	}
	return p.released.Rows[p.form.rows+unit]
}

// addAlpha adds the alphas of the index and of the dimensions.
func (p *Period) addAlpha() {
	rows := p.rows("")
	if rows == nil {
		return
	}
	p.Overall.Alpha = alpha(rows.Scales[""])
	for i := range p.Dimensions {
		p.Dimensions[i].Alpha = alpha(rows.Scales[p.Dimensions[i].ID])
	}
}

// alpha returns Cronbach's alpha: k/(k-1) · (1 - Σ variance of items / variance of totals). There is none if totals do not
// vary.
func alpha(s *tally.Scale) *Alpha {
	if s == nil || s.N < minRows || len(s.Sums) < 2 || len(s.Squares) != len(s.Sums) {
		return nil
	}
	spread := func(sum, squares int64) float64 { // n·Σx² - (Σx)²
		n := new(big.Int).Mul(big.NewInt(s.N), big.NewInt(squares))
		n.Sub(n, new(big.Int).Mul(big.NewInt(sum), big.NewInt(sum)))
		f, _ := new(big.Float).SetInt(n).Float64()
		return f
	}
	total, items, k := spread(s.Total, s.TotalSquares), 0.0, float64(len(s.Sums))
	if total <= 0 {
		return nil
	}
	for i := range s.Sums {
		items += spread(s.Sums[i], s.Squares[i])
	}
	return &Alpha{Value: twoPlaces(k / (k - 1) * (1 - items/total)), Items: len(s.Sums), N: s.N}
}

// twoPlaces rounds a figure that is made of whole rows: more would say something about single ones.
func twoPlaces(x float64) float64 { return math.Round(100*x) / 100 }

// addEarlyLate compares the first half of the rows with the rest, as near to the middle as whole steps allow.
func (p *Period) addEarlyLate() {
	if p.rows("") == nil {
		return
	}
	var steps []release.Step
	all := int64(0)
	for _, s := range p.released.Steps {
		if s.Signature == p.form.rows && s.Rows > 0 {
			steps, all = append(steps, s), all+s.Rows
		}
	}
	at, before, nearest := 0, int64(0), all
	for i, s := range steps {
		if before += s.Rows; abs(2*before-all) < nearest {
			at, nearest = i+1, abs(2*before-all)
		}
	}
	early, a := wave(steps[:at])
	late, b := wave(steps[at:])
	if early.N < minRows || late.N < minRows {
		return
	}
	if test := compare(b, a); test != nil {
		correct(test)
		p.EarlyLate = &EarlyLate{early, late, *test}
	}
}

func abs(n int64) int64 { return max(n, -n) }

// wave sums steps.
func wave(steps []release.Step) (Wave, figure) {
	var w Wave
	index, squares := new(big.Int), 0.0
	for i, s := range steps {
		if i == 0 {
			w.Since = s.Date
		}
		w.Until, w.N = s.Date, w.N+s.Rows
		index.Add(index, big.NewInt(s.Index))
		squares += float64(s.Squares)
	}
	if w.N == 0 {
		return w, figure{}
	}
	w.Mean = new(big.Rat).SetFrac(index, big.NewInt(w.N*int64(survey.One)))
	mean := float(w.Mean)
	e := estimate{mean: mean, squares: max(0, squares/float64(millionths)-float64(w.N)*mean*mean), n: float64(w.N), low: math.Inf(-1), high: math.Inf(1)}
	return w, e.figure()
}

// correlation is Pearson's, over at least 30 respondents who answered both; there is none where one of the two never varies.
func correlation(m *tally.Moments) (r float64, ok bool) {
	if m == nil || m.N < minRows {
		return 0, false
	}
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
	return twoPlaces(covariance(m.XY, m.X, m.Y) / math.Sqrt(xx) / math.Sqrt(yy)), true
}

// fisher returns the interval of a correlation r in n pairs (Fisher, Metron 1, 1921). What is rounded to 1 may be less.
func fisher(r float64, n int64) *Interval {
	if n <= 3 {
		return nil
	}
	at, half := math.Atanh(min(0.995, max(-0.995, r))), z/math.Sqrt(float64(n-3))
	return &Interval{math.Tanh(at - half), math.Tanh(at + half)}
}
