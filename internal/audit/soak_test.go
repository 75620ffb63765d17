package audit_test

import (
	"flag"
	"os"
	"testing"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if soak.On() {
		flag.Set("rapid.checks", "20000")
	}
	os.Exit(m.Run())
}
