package stats

import (
	"testing"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 5_000) }
