package stats

import (
	"fmt"
	"glasspoll/internal/soak"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func (i *Interval) halfWidth() float64 { return (i.High - i.Low) / 2 }

func TestQuantile(t *testing.T) {
	for _, v := range []float64{1, 1.2, 2, 2.5, 4.9, 5, 11.37, 29, 29.999, 30, 30.5, 31, 32, 50, 100, 1000, 100_000} {
		if got, want := quantile(v), (distuv.StudentsT{Sigma: 1, Nu: v}).Quantile(0.975); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%g degrees: %.9g, want %.9g", v, got, want)
		}
		if p := student(quantile(v), v); math.Abs(p-level) > 1e-6 { // so that an interval without 0 and P below 5 % go together
			t.Errorf("%g degrees: P = %g at the quantile", v, p)
		}
	}
	if quantile(0.3) != quantile(1) || quantile(5+1e-9) != quantile(5) || quantile(5-1e-9) != quantile(5) {
		t.Error("below one degree, and beside whole ones")
	}
}

// TestWilson compares with published values: Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		count, n  int64
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		if i := wilson(c.count, c.n, 0); math.Abs(i.Low-c.low) > 5e-5 || math.Abs(i.High-c.high) > 5e-5 {
			t.Errorf("%d of %d: %v", c.count, c.n, i)
		}
	}
}

// TestBounded: the answers 5, 5, 4, 3, 5, 4 of 1 to 5, by hand.
func TestBounded(t *testing.T) {
	// On 0 to 1 they are 1, 1, 3/4, 1/2, 1, 3/4. m = 5/6; squares = 3·(1/6)² + 2·(1/12)² + (1/3)² = 1/12 + 1/72 + 1/9 = 5/24.
	// shrunk = (5+2)/10 = 0.7, prior = 4·0.21 = 0.84. ratio = (5/24 + 0.84)/(6·5/36 + 0.84) · 6/5 = 1.0483333/1.6733333·1.2 = 0.7517928.
	// t with 5 degrees is 2.5705818; zz = 6.6078908·0.7517928/6 = 0.8279604.
	// middle = (0.8333333 + 0.4139802)/1.8279604 = 0.6823531; half = √(0.8279604·0.1388889 + 0.1713796)/1.8279604 = 0.2927612.
	// On 1 to 5: 1 + 4·0.3895919 = 2.5584, 1 + 4·0.9751143 = 4.9005.
	i := bounded(4+1./3, 10./3, 6, 1, 5, 0)
	if math.Abs(i.Low-2.5584) > 1e-4 || math.Abs(i.High-4.9005) > 1e-4 {
		t.Errorf("%v", i)
	}
	for _, c := range []struct {
		name       string
		mean, sq   float64
		n, of      int64
		wide, none bool
	}{
		{"five times the best", 5, 0, 5, 0, true, false},
		{"five times the middle", 3, 0, 5, 0, true, false},
		{"all but one asked", 5, 0, 5, 6, true, false},
		{"everybody asked", 4, 2, 5, 5, false, false},
		{"more than there are", 4, 2, 6, 5, false, true},
		{"one", 4, 0, 1, 0, false, true},
	} {
		i := bounded(c.mean, c.sq, c.n, 1, 5, c.of)
		switch {
		case c.none != (i == nil):
			t.Errorf("%s: %v", c.name, i)
		case i == nil:
		case i.Low < 1 || i.High > 5 || i.Low > c.mean || i.High < c.mean || c.wide != (i.High-i.Low > 0.1):
			t.Errorf("%s: %v", c.name, *i)
		}
	}
}

// A drawing is a distribution of values from 0 to 1.
type drawing struct {
	name string
	p    []float64 // of values in equal steps
}

// drawings are answers to five steps, a net promoter score and eleven steps.
var drawings = []drawing{
	{"even", []float64{.2, .2, .2, .2, .2}},
	{"skewed", []float64{.02, .03, .05, .3, .6}},
	{"near the ceiling", []float64{0, 0, .02, .08, .9}},
	{"best or next", []float64{0, 0, 0, .3, .7}},
	{"at the ceiling", []float64{0, 0, 0, .02, .98}},
	{"yes or no", []float64{.1, 0, 0, 0, .9}},
	{"in the middle", []float64{0, .05, .9, .05, 0}},
	{"at both ends", []float64{.5, 0, 0, 0, .5}},
	{"a few far away", []float64{.02, 0, 0, .48, .5}},
	{farAway, []float64{.01, 0, 0, .04, .95}},
	{"nps", []float64{.2, .3, .5}},
	{"a good nps", []float64{.02, .13, .85}},
	{"eleven steps", []float64{.01, .01, .01, .02, .02, .05, .05, .1, .2, .23, .3}},
	{"eleven steps, low", []float64{.4, .2, .1, .1, .05, .05, .03, .03, .02, .01, .01}},
}

// farAway is the hardest: most samples of fewer than 300 have none or one of those who are far away.
const farAway = "one in a hundred far away"

// lowest is the coverage that is wanted, in percent.
func (d *drawing) lowest() float64 {
	if d.name == farAway {
		return 90
	}
	return 93
}

func (d *drawing) mean() (mean float64) {
	for i, p := range d.p {
		mean += p * float64(i) / float64(len(d.p)-1)
	}
	return mean
}

func (d *drawing) draw(r *rand.Rand) float64 {
	u := r.Float64()
	for i, p := range d.p {
		if u -= p; u < 0 || i == len(d.p)-1 {
			return float64(i) / float64(len(d.p)-1)
		}
	}
	panic("unreachable")
}

// bounded returns the interval of a mean on a scale.
func bounded(mean, squares float64, n int64, low, high float64, population int64) *Interval {
	e := estimate{mean: mean, squares: squares, n: float64(n), low: low, high: high}.of(n, population)
	return e.interval()
}

func meanAndSquares(values []float64) (mean, squares float64) {
	for _, x := range values {
		mean += x / float64(len(values))
	}
	for _, x := range values {
		squares += (x - mean) * (x - mean)
	}
	return mean, squares
}

// TestCoverage simulates how often the interval of a mean has the true one. The seed is fixed, so the result is too. As with
// Wilson's, what there is of steps in the answers makes coverage vary about 95 %; Student's interval falls to 10 % here.
func TestCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1927))
	runs := max(1000, soak.Cases(2000, 20_000))
	lowest, student := 100.0, 100.0
	for _, d := range drawings {
		for _, n := range []int{5, 8, 12, 20, 40, 100, 200} {
			covered, byStudent, truth := 0, 0, d.mean()
			values := make([]float64, n)
			for range runs {
				for i := range values {
					values[i] = d.draw(r)
				}
				mean, squares := meanAndSquares(values)
				i := bounded(mean, squares, int64(n), 0, 1, 0)
				if i.Low <= truth && truth <= i.High {
					covered++
				}
				if i := bounded(mean, squares, int64(n), math.Inf(-1), math.Inf(1), 0); i != nil && i.Low <= truth && truth <= i.High {
					byStudent++
				}
			}
			percent := 100 * float64(covered) / float64(runs)
			lowest, student = min(lowest, percent), min(student, 100*float64(byStudent)/float64(runs))
			if percent < d.lowest() {
				t.Errorf("%s, %d answers: %.1f %%", d.name, n, percent)
			}
		}
	}
	if student > 15 {
		t.Errorf("Student's interval covers %.1f %% in the worst case: the cases are too easy", student)
	}
	t.Logf("lowest coverage %.1f %%; of Student's %.1f %%", lowest, student)
}

// TestCoverageOfPopulations draws without replacement from finite populations, which are new in each run.
func TestCoverageOfPopulations(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1977))
	runs := max(300, soak.Cases(600, 10_000))
	for _, d := range drawings {
		for _, c := range [][2]int{{5, 8}, {5, 20}, {10, 12}, {20, 25}, {30, 200}, {100, 120}, {200, 400}} {
			covered, shares := 0, 0
			population := make([]float64, c[1])
			for range runs {
				for i := range population {
					population[i] = d.draw(r)
				}
				truth, _ := meanAndSquares(population)
				r.Shuffle(len(population), func(i, j int) { population[i], population[j] = population[j], population[i] })
				mean, squares := meanAndSquares(population[:c[0]])
				i := bounded(mean, squares, int64(c[0]), 0, 1, int64(c[1]))
				if i.Low-1e-9 <= truth && truth <= i.High+1e-9 {
					covered++
				}
				best, ofAll := int64(0), 0
				for i, x := range population {
					if x == 1 {
						ofAll++
						if i < c[0] {
							best++
						}
					}
				}
				if i, truth := wilson(best, int64(c[0]), int64(c[1])), float64(ofAll)/float64(c[1]); i.Low-1e-9 <= truth && truth <= i.High+1e-9 {
					shares++
				}
			}
			if percent := 100 * float64(covered) / float64(runs); percent < d.lowest()-0.5 {
				t.Errorf("%s, %d of %d: %.1f %%", d.name, c[0], c[1], percent)
			}
			if percent := 100 * float64(shares) / float64(runs); percent < 89 {
				t.Errorf("%s, share of the best in %d of %d: %.1f %%", d.name, c[0], c[1], percent)
			}
		}
	}
}

// TestIntervalsStayOnTheirScale tries all samples of small numbers.
func TestIntervalsStayOnTheirScale(t *testing.T) {
	for n := int64(2); n <= 7; n++ {
		for code := range int(math.Pow(5, float64(n))) {
			values := make([]float64, n)
			for i, rest := 0, code; i < int(n); i, rest = i+1, rest/5 {
				values[i] = float64(1 + rest%5)
			}
			if n == 7 && code%17 > 0 {
				continue
			}
			mean, squares := meanAndSquares(values)
			for _, population := range []int64{0, n, n + 1, 50} {
				i := bounded(mean, squares, n, 1, 5, population)
				if i.Low < 1 || i.High > 5 || i.Low > mean+1e-12 || i.High < mean-1e-12 || (i.High-i.Low < 1e-9) != (population == n) {
					t.Fatal(fmt.Sprint(values, " of ", population, ": ", *i))
				}
			}
		}
	}
}
