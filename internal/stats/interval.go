package stats

import "math"

// Interval is a 95 % confidence interval.
type Interval struct{ Low, High float64 }

// z is the 97.5 % quantile of the normal distribution.
const z = 1.959963984540054

// correction returns the factor of a variance when n are drawn from a finite population without replacement (Cochran, Sampling
// Techniques, 1977, section 2.6): (N-n)/(N-1), 0 when all were asked. A population of 0 is unknown, and taken as infinite.
func correction(n, population int64) float64 {
	switch {
	case population == 0:
		return 1
	case n >= population:
		return 0
	default:
		return float64(population-n) / float64(population-1)
	}
}

// wilson returns the score interval of a share of count in n (Wilson, JASA 22, 1927). For a finite population, n is divided by
// the correction. It is nil for n = 0.
func wilson(count, n, population int64) *Interval {
	if n == 0 {
		return nil
	}
	p, c := float64(count)/float64(n), correction(n, population)
	zz := z * z * c / float64(n)
	middle, half := (p+zz/2)/(1+zz), z*math.Sqrt(c*p*(1-p)/float64(n)+zz*zz/(4*z*z))/(1+zz)
	return &Interval{max(0, middle-half), min(1, middle+half)}
}

// student returns the interval of a mean of n values with a sample variance. It is nil for fewer than two.
func student(mean, variance float64, n, population int64) *Interval {
	if n < 2 {
		return nil
	}
	half := quantile(n-1) * math.Sqrt(variance/float64(n)*correction(n, population))
	return &Interval{mean - half, mean + half}
}

// quantiles are the 97.5 % quantiles of Student's t with 1 to 30 degrees of freedom.
var quantiles = [...]float64{12.7062047, 4.30265273, 3.18244631, 2.77644511, 2.57058184, 2.44691185, 2.36462425, 2.30600414, 2.26215716, 2.22813885,
	2.20098516, 2.17881283, 2.16036866, 2.14478669, 2.13144955, 2.1199053, 2.10981558, 2.10092204, 2.09302405, 2.08596345,
	2.07961384, 2.07387307, 2.06865761, 2.06389856, 2.05953855, 2.05552944, 2.05183052, 2.04840714, 2.04522964, 2.04227246}

// quantile returns the 97.5 % quantile of Student's t; above 30 degrees of freedom by the expansion of Abramowitz and Stegun,
// 26.7.5, which is then good to seven digits.
func quantile(degrees int64) float64 {
	if degrees <= int64(len(quantiles)) {
		return quantiles[degrees-1]
	}
	const (
		z3 = z * z * z
		z5 = z3 * z * z
		z7 = z5 * z * z
		z9 = z7 * z * z
	)
	v := float64(degrees)
	return z + (z3+z)/(4*v) + (5*z5+16*z3+3*z)/(96*v*v) + (3*z7+19*z5+17*z3-15*z)/(384*v*v*v) +
		(79*z9+776*z7+1482*z5-1920*z3-945*z)/(92160*v*v*v*v)
}
