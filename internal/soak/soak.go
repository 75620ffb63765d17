// Package soak says how long random tests run: briefly by default, at length under `make soak`.
// Only tests import it.
package soak

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// percent is how much of the long runs is asked for, by GLASSPOLL_SOAK: a percentage; any other text means all of them,
// and 0 or nothing means the brief runs.
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

// Cases returns how many cases a random test runs: the asked-for part of long, but at least normal; without a soak, normal,
// or a tenth of it (at least one) under -short.
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

// Main is a TestMain for tests that use rapid: under a soak they check so many cases each, or the asked-for part of them.
func Main(m *testing.M, checks int) {
	flag.Parse()
	if percent() > 0 {
		if err := flag.Set("rapid.checks", strconv.Itoa(Cases(100, checks))); err != nil {
			panic(err) // the package does not use rapid
		}
	}
	os.Exit(m.Run())
}
