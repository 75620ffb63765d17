package answer_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"glasspoll/internal/answer"
)

// The ids of keys are stored, so they stay what they are.
func TestIDOf(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"6f1c3f0e-52f1-4d6b-9a52-0b4f3f1f7a11": "6f1c3f0e-52f1-4d6b-9a52-0b4f3f1f7a11",
		"018f3f0e-52f1-7d6b-9a52-0b4f3f1f7a11": "018f3f0e-52f1-7d6b-9a52-0b4f3f1f7a11",
		"c0ffee00-1111-8222-9333-444455556666": "97179f1e-dd2d-82f5-a51e-aa42511218c5",
	} {
		if got := answer.IDOf("tea", uuid.MustParse(given)); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}

// Giving the id of a key, which the receipt shows, leads to another id.
func TestIDsOfKeysCannotBeGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		random := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random"))
		key := answer.Key(random)
		if key.Version() != 8 || key.Variant() != uuid.RFC4122 {
			t.Fatalf("%s has version %d", key, key.Version())
		}
		id := answer.IDOf("tea", key)
		if id == key.String() || id == answer.IDOf("coffee", key) || answer.IDOf("tea", uuid.MustParse(id)) == id {
			t.Fatalf("%s, given, is stored as %s", key, id)
		}
		if again := answer.IDOf("tea", key); again != id {
			t.Fatalf("%s, then %s", id, again)
		}
		if other := uuid.UUID(random); other.Version() != 8 && answer.IDOf("tea", other) != other.String() {
			t.Fatalf("%s is stored as another id", other)
		}
	})
}
