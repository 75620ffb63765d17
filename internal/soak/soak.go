// Package soak says how long random tests run: briefly by default, at length under `make soak`.
// Only tests import it.
package soak

import (
	"os"
	"testing"
)

// On reports whether the long runs are asked for: GLASSPOLL_SOAK is set and not empty.
func On() bool { return os.Getenv("GLASSPOLL_SOAK") != "" }

// Cases returns how many cases a random test runs: soak under [On], a tenth of normal (at least one) under -short, else
// normal.
func Cases(normal, soak int) int {
	switch {
	case On():
		return soak
	case testing.Short():
		return max(1, normal/10)
	default:
		return normal
	}
}
