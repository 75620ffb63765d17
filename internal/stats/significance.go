package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// A figure is what a test compares.
type figure struct {
	value     float64
	variance  float64 // of value, not of one respondent
	degrees   float64 // of freedom of the variance
	deviation float64 // of one respondent
	n         float64
	width     float64 // of a scale with two steps, so that value is a share of it; 0 for any other
	low       float64
	isKnown   bool
}

// guarded is the number of answers, half of them at each end of the scale, that variances are guarded with against samples
// that happen to agree.
const guarded = 1

// figure returns what tests need of an estimate.
func (e *estimate) figure() figure {
	if !e.isKnown() {
		return figure{}
	}
	variance := e.squares / (e.n - 1)
	if width := e.high - e.low; width > 0 && !math.IsInf(width, 1) {
		m := ((e.mean-e.low)/width*e.n + guarded/2.) / (e.n + guarded)
		variance = (e.squares + guarded*m*(1-m)*width*width) / (e.n - 1 + guarded)
	}
	if variance <= 0 {
		return figure{}
	}
	return figure{value: e.mean, variance: variance / e.n * e.rest(), degrees: e.n - 1, deviation: math.Sqrt(variance), n: e.n, isKnown: true}
}

// figure returns what tests need of an item's mean.
func (i *Item) figure() figure {
	f := i.estimate.figure()
	if i.counted.scores == 2 && !i.Field.Numeric() {
		f.low, f.width = i.estimate.low, i.estimate.high-i.estimate.low
	}
	return f
}

// scaled returns the figure in another unit.
func (f figure) scaled(by float64) figure {
	f.value, f.variance, f.deviation = f.value*by, f.variance*by*by, f.deviation*by
	f.low, f.width = f.low*by, f.width*by
	return f
}

// compare tests a against b: two shares by their pooled variance, other figures by Welch's test (Biometrika 34, 1947). It
// returns nil if either has no precision.
func compare(a, b figure) *Test {
	if !a.isKnown || !b.isKnown {
		return nil
	}
	if a.width > 0 && a.width == b.width && a.low == b.low {
		return compareShares(a, b)
	}
	t := &Test{Difference: a.value - b.value}
	variance := a.variance + b.variance
	degrees := variance * variance / (a.variance*a.variance/a.degrees + b.variance*b.variance/b.degrees)
	if variance <= 0 { // everybody was asked both times
		t.P = certain(t.Difference)
		t.Interval = &Interval{t.Difference, t.Difference}
	} else {
		deviation := math.Sqrt(variance)
		t.P = student(t.Difference/deviation, degrees)
		half := quantile(degrees) * deviation
		t.Interval = &Interval{t.Difference - half, t.Difference + half}
	}
	if pooled := math.Sqrt((a.deviation*a.deviation + b.deviation*b.deviation) / 2); pooled > 0 {
		t.Effect = t.Difference / pooled
	}
	return t
}

// compareShares tests two shares on a scale of two steps.
func compareShares(a, b figure) *Test {
	p, q := (a.value-a.low)/a.width, (b.value-b.low)/b.width
	t := &Test{Difference: a.value - b.value}
	t.Effect = 2 * (math.Asin(math.Sqrt(clamp(p))) - math.Asin(math.Sqrt(clamp(q)))) // Cohen's h
	half := z * math.Sqrt(a.variance+b.variance)
	t.Interval = &Interval{max(-a.width, t.Difference-half), min(a.width, t.Difference+half)}
	pooled := (p*a.n + q*b.n) / (a.n + b.n)
	variance := pooled * (1 - pooled) * (1/a.n + 1/b.n)
	switch {
	case a.variance+b.variance <= 0:
		t.P = certain(t.Difference)
	case variance <= 0:
		t.P = 1
	default:
		t.P = math.Erfc(math.Abs(p-q) / math.Sqrt(2*variance))
	}
	return t
}

func clamp(x float64) float64 { return min(1, max(0, x)) }

// certain returns the probability of a difference between figures without sampling error.
func certain(difference float64) float64 {
	if difference != 0 {
		return 0
	}
	return 1
}

// student returns the probability of |t| or more by Student's distribution.
func student(t, degrees float64) float64 {
	switch {
	case math.IsInf(degrees, 1):
		return math.Erfc(math.Abs(t) / math.Sqrt2)
	case degrees <= 0 || math.IsNaN(t):
		return 1
	}
	return mathext.RegIncBeta(degrees/2, 0.5, degrees/(degrees+t*t))
}

// level is that of tests.
const level = 0.05

// correct corrects tests together, by Holm's method, judges them, and returns how many they are.
func correct(all ...*Test) int {
	slices.SortStableFunc(all, func(a, b *Test) int { return cmp.Compare(a.P, b.P) })
	highest := 0.0
	for i, t := range all {
		highest = max(highest, min(1, t.P*float64(len(all)-i)))
		t.Adjusted, t.Size = highest, sizeOf(t.Effect)
		switch {
		case t.Adjusted > level || t.Difference == 0:
			t.Result = Unclear
		case t.Difference > 0:
			t.Result = Higher
		default:
			t.Result = LowerThan
		}
	}
	return len(all)
}

func sizeOf(effect float64) Size {
	switch effect = math.Abs(effect); {
	case effect < 0.2:
		return NoEffect
	case effect < 0.5:
		return Small
	case effect < 0.8:
		return Medium
	}
	return Large
}
