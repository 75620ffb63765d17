package storetest

import "testing"

// TestMemory runs the suite over the back end in memory. It tests the suite: what fails here asks too much of every back
// end.
func TestMemory(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Backend { return NewMemory().backend() })
}
