package stats

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Interval is a 95 % confidence interval.
type Interval struct{ Low, High float64 }

// z is the 97.5 % quantile of the normal distribution.
const z = 1.959963984540054

// noInterval, in the place of a population, is for figures of which no interval can be given.
const noInterval = -1

// wilson returns the score interval of a share of count in n (Wilson, JASA 22, 1927). For a finite population, n is divided by
// the correction (N-n)/(N-1) (Cochran, Sampling Techniques, 1977, section 2.6), and the ends are where they can be at all:
// what those who were not asked would say is between none and all. A population of 0 is unknown, and taken as infinite. It is
// nil for n = 0, and for more answers than the population.
func wilson(count, n, population int64) *Interval {
	if n == 0 || population != 0 && n > population {
		return nil
	}
	p, c := float64(count)/float64(n), 1.0
	if population > 0 {
		c = float64(population-n) / max(1, float64(population-1))
	}
	i := score(p, z*z*c/float64(n))
	i.reach(p, float64(n), population)
	return i
}

// score solves |p-x| = √(zz·x·(1-x)) for x.
func score(p, zz float64) *Interval {
	middle, half := (p+zz/2)/(1+zz), math.Sqrt(zz*p*(1-p)+zz*zz/4)/(1+zz)
	return &Interval{max(0, middle-half), min(1, middle+half)}
}

// reach narrows an interval of a mean p of n values from 0 to 1 to where that of the whole population can be.
func (i *Interval) reach(p, n float64, population int64) {
	if population > 0 {
		asked := n / float64(population)
		i.Low, i.High = max(i.Low, p*asked), min(i.High, p*asked+1-asked)
	}
	i.Low, i.High = min(i.Low, p), max(i.High, p) // despite rounding
}

// An estimate is a mean, and what is known of its precision.
type estimate struct {
	mean, squares float64 // squares are the squared differences of the values from their mean, added
	n             float64 // values, or as many as are as precise
	low, high     float64 // ends of the scale; infinite where it has none
	asked         int64   // of a finite population
	population    int64   // 0 if it is unknown; see noInterval
	isIndex       bool    // of several items
	isWeighted    bool
}

// of returns the estimate for a finite population of which some were asked.
func (e estimate) of(asked, population int64) estimate {
	e.asked, e.population = asked, population
	return e
}

// isKnown reports whether the estimate has a precision: from at least two values, and not more than the population.
func (e *estimate) isKnown() bool {
	return e.n >= 2 && (e.population == 0 || e.asked <= e.population)
}

// rest is the part of the population that was not asked, by which variances are multiplied.
func (e *estimate) rest() float64 {
	if e.population == 0 {
		return 1
	}
	return float64(e.population-e.asked) / float64(e.population)
}

// imagined is the number of answers that are added to what the spread is estimated from, as Agresti and Coull (American
// Statistician 52, 1998) do for shares.
const imagined = 4

// imaginedOfIndex is the same for an index. Sums of several items seldom have the spread of a share, so fewer are enough.
const imaginedOfIndex = 1

// interval returns the interval of the mean. On a scale with two ends it stays on the scale, and has a width even if all
// values are equal, also at the ends.
//
// It is Wilson's, with the number of answers that a share would need to be as certain: a mean of values between 0 and 1
// with the variance v is as certain as a share of n·m·(1-m)/v answers (Korn and Graubard, Survey Methodology 24, 1998),
// with Student's quantile because v is estimated. The ratio v / m·(1-m) is estimated with four imagined answers, half of them
// at each end, whose ratio is 1. Coverage is simulated in intervals_test.go. For a finite population, see [wilson].
//
// Without a scale it is Student's, not beyond an end that is known; values that are all equal say nothing about others
// then, and there is none.
func (e *estimate) interval() *Interval {
	switch width := e.high - e.low; {
	case !e.isKnown() || width <= 0:
		return nil
	case math.IsInf(width, 1):
		return e.studentInterval()
	default:
		m := min(1, max(0, (e.mean-e.low)/width))
		i := score(m, e.spread(m, e.squares/(width*width))*e.rest())
		limited := e.population
		if e.isIndex || e.isWeighted { // not everybody who was asked counts once in it
			limited = 0
		}
		i.reach(m, float64(e.asked), limited)
		return &Interval{e.low + width*i.Low, e.low + width*i.High}
	}
}

// spread returns the zz of [score] for a mean m of values from 0 to 1.
func (e *estimate) spread(m, squares float64) float64 {
	shrunk := (e.n*m + imagined/2) / (e.n + imagined)
	prior := shrunk * (1 - shrunk)
	if e.isIndex {
		prior *= imaginedOfIndex
	} else {
		prior *= imagined
	}
	ratio := (squares + prior) / (e.n*m*(1-m) + prior) * e.n / (e.n - 1)
	t := quantile(e.n - 1)
	return t * t * ratio / e.n
}

func (e *estimate) studentInterval() *Interval {
	if e.squares <= 0 {
		return nil
	}
	half := quantile(e.n-1) * math.Sqrt(e.squares/(e.n-1)/e.n*e.rest())
	return &Interval{max(e.low, e.mean-half), min(e.high, e.mean+half)}
}

// quantiles are the 97.5 % quantiles of Student's t with 1 to 30 degrees of freedom.
var quantiles = [...]float64{12.7062047, 4.30265273, 3.18244631, 2.77644511, 2.57058184, 2.44691185, 2.36462425, 2.30600414, 2.26215716, 2.22813885,
	2.20098516, 2.17881283, 2.16036866, 2.14478669, 2.13144955, 2.1199053, 2.10981558, 2.10092204, 2.09302405, 2.08596345,
	2.07961384, 2.07387307, 2.06865761, 2.06389856, 2.05953855, 2.05552944, 2.05183052, 2.04840714, 2.04522964, 2.04227246}

// quantile returns the 97.5 % quantile of Student's t, the value that [student] gives 5 %; below 1 degree of freedom that of 1.
// Above 30 it is by the expansion of Abramowitz and Stegun, 26.7.5, which is then good to seven digits.
func quantile(degrees float64) float64 {
	if whole := math.Round(degrees); math.Abs(degrees-whole) < 1e-6 || degrees < 1 {
		degrees = max(1, whole)
	}
	if most := float64(len(quantiles)); degrees <= most {
		if degrees == math.Trunc(degrees) {
			return quantiles[int(degrees)-1]
		}
		x := mathext.InvRegIncBeta(degrees/2, 0.5, level)
		return math.Sqrt(degrees * (1 - x) / x)
	}
	const (
		z3 = z * z * z
		z5 = z3 * z * z
		z7 = z5 * z * z
		z9 = z7 * z * z
	)
	v := degrees
	return z + (z3+z)/(4*v) + (5*z5+16*z3+3*z)/(96*v*v) + (3*z7+19*z5+17*z3-15*z)/(384*v*v*v) +
		(79*z9+776*z7+1482*z5-1920*z3-945*z)/(92160*v*v*v*v)
}
