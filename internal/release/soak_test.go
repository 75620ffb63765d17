package release

import (
	"testing"

	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 20_000) }
