package stats

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func figureOf(values ...float64) figure {
	mean, squares := meanAndSquares(values)
	e := estimate{mean: mean, squares: squares, n: float64(len(values)), low: math.Inf(-1), high: math.Inf(1)}
	return e.figure()
}

// TestWelch: the first example of the article on Welch's test in Wikipedia: t = -2.46 with 25.0 degrees, P = 0.021.
func TestWelch(t *testing.T) {
	a := figureOf(27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4)
	b := figureOf(27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4)
	test := compare(a, b)
	if math.Abs(test.P-0.021) > 5e-4 || math.Abs(test.Difference-(20.82-22.98666667)) > 1e-6 || test.Interval.High >= 0 {
		t.Errorf("%+v", test)
	}
	if back := compare(b, a); back.P != test.P || back.Effect != -test.Effect {
		t.Errorf("the other way round: %+v", back)
	}
	for _, c := range [][2]float64{{0, 5}, {1, 1}, {2.5, 3.7}, {-4, 20}, {1.96, 1e6}, {12, 2}} {
		if got, want := student(c[0], c[1]), 2*(distuv.StudentsT{Sigma: 1, Nu: c[1]}).CDF(-math.Abs(c[0])); math.Abs(got-want) > 1e-9 {
			t.Errorf("t = %g with %g degrees: %g, want %g", c[0], c[1], got, want)
		}
	}
	if math.Abs(student(1.959963985, math.Inf(1))-0.05) > 1e-9 {
		t.Error("the normal distribution")
	}
	if compare(a, figure{}) != nil || compare(figureOf(1, 1), a) != nil {
		t.Error("a figure without precision is compared")
	}
}

// TestShares: 30 and 15 of 100. Together 22.5 %: z = 0.15/√(0.225·0.775·0.02) = 2.540003, P = 0.011085; h = 2·(0.579640 - 0.397699).
func TestShares(t *testing.T) {
	share := func(n, of float64) figure {
		e := estimate{mean: n / of, squares: n * (1 - n/of), n: of, low: 0, high: 1}
		f := e.figure()
		f.width = 1
		return f
	}
	test := compare(share(30, 100), share(15, 100))
	correct(test)
	if math.Abs(test.P-0.011085) > 1e-5 || math.Abs(test.Effect-0.363882) > 1e-5 || test.Size != Small || test.Result != Higher {
		t.Errorf("%+v", test)
	}
	// 30 of 200 and 15 of 50, together 18 %: z = 0.15/√(0.18·0.82·0.025) = 2.469351
	if test := compare(share(30, 200), share(15, 50)); math.Abs(test.P-0.013536) > 1e-5 || test.Difference >= 0 {
		t.Errorf("%+v", test)
	}
	if test := compare(share(100, 100), share(100, 100)); test.P != 1 {
		t.Errorf("two of all: %+v", test)
	}
	if test := compare(share(5, 5), share(0, 5)); test.P > 0.01 || test.Interval.High > 1 {
		t.Errorf("all and none of five: %+v", test)
	}
}

// TestHolm: the smallest of four is multiplied by 4, the next by 3, and none is adjusted to less than the one before.
func TestHolm(t *testing.T) {
	tests := []*Test{{P: 0.01, Difference: 1}, {P: 0.04, Difference: 1}, {P: 0.03, Difference: -1}, {P: 0.005, Difference: -1}}
	a, b, c, d := tests[0], tests[1], tests[2], tests[3]
	correct(tests...)
	got := fmt.Sprintf("%.2f %s, %.2f %s, %.2f %s, %.2f %s", a.Adjusted, a.Result, b.Adjusted, b.Result, c.Adjusted, c.Result, d.Adjusted, d.Result)
	if want := "0.03 higher, 0.06 unclear, 0.06 unclear, 0.02 lower"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for effect, want := range map[float64]Size{0: NoEffect, 0.199: NoEffect, -0.2: Small, 0.49: Small, 0.5: Medium, -0.79: Medium, 0.8: Large, 3: Large} {
		if got := sizeOf(effect); got != want {
			t.Errorf("%g is %s", effect, got)
		}
	}
}

// TestCertain: between two figures of everybody there is no chance.
func TestCertain(t *testing.T) {
	of := func(mean float64) figure {
		e := estimate{mean: mean, squares: 3, n: 10, low: 1, high: 5}.of(10, 10)
		return e.figure()
	}
	different, same := compare(of(3), of(3.1)), compare(of(3), of(3))
	correct(different, same)
	if different.Result != LowerThan || same.Result != Unclear {
		t.Errorf("%+v, %+v", different, same)
	}
}
