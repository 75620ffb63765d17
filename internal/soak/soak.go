// Package soak decides how long random tests run: briefly by default, at length under `make soak`.
// Only tests import it.
package soak

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// percent returns GLASSPOLL_SOAK: how much of the long runs to do, in percent. 0 or unset means the brief runs, and any text
// that is not a number means 100.
func percent() int {
	text := os.Getenv("GLASSPOLL_SOAK")
	if text == "" {
		return 0
	}
	if n, err := strconv.Atoi(text); err == nil {
		return max(0, n)
	}
	return 100
}

// Cases returns how many cases a random test runs. In a soak that is long, times the percentage of GLASSPOLL_SOAK, but at
// least normal. Otherwise it is normal or, under -short, a tenth of it (at least one).
func Cases(normal, long int) int {
	switch p := percent(); {
	case p > 0:
		return max(normal, long*p/100)
	case testing.Short():
		return max(1, normal/10)
	default:
		return normal
	}
}

// Whole reports whether the long runs are done in full, which takes hours. The largest simulations run only then.
func Whole() bool { return percent() >= 100 }

// Main is a TestMain for packages that use rapid. In a soak, each property is checked with [Cases](100, checks) cases.
func Main(m *testing.M, checks int) {
	flag.Parse()
	if percent() > 0 {
		if err := flag.Set("rapid.checks", strconv.Itoa(Cases(100, checks))); err != nil {
			panic(err) // the package does not use rapid
		}
	}
	os.Exit(m.Run())
}
