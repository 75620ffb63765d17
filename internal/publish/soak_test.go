package publish

import (
	"flag"
	"os"
	"testing"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if soak.On() {
		flag.Set("rapid.checks", "5000")
	}
	os.Exit(m.Run())
}
