package store

import (
	"bytes"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"glasspoll/internal/release"
)

// TestReleaseOfAnEarlierVersionIsTheSum: the latest release as an earlier program has stored it agrees with the sum of what
// all have added, although it would be stored otherwise today; and the release before it does not.
func TestReleaseOfAnEarlierVersionIsTheSum(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "edited"} {
		text, err := os.ReadFile("../release/testdata/version1/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		var stored SummedRelease
		for line := range strings.Lines(string(text)) {
			kind, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if kind == "json" {
				continue
			}
			data, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			if kind == "release" { // comes before what it adds
				stored.Number, stored.Whole = stored.Number+1, data
				continue
			}
			before := stored.Sum
			added, err := release.DecodeAddition(data)
			if err != nil {
				t.Fatal(err)
			}
			if stored.Sum, err = before.Plus(added); err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(stored.Sum.Encode(), stored.Whole) {
				t.Fatal("it is stored as today")
			}
			if text := stored.Problem("a copy"); !text.IsZero() {
				t.Errorf("%s, release %d: %s", name, stored.Number, text)
			}
			if before != nil {
				other := stored
				other.Whole = before.Encode()
				if other.Agrees() {
					t.Errorf("%s: release %d is taken for release %d", name, before.Number, stored.Number)
				}
			}
		}
		if stored.Number != 5 {
			t.Errorf("%s: %d releases", name, stored.Number)
		}
	}
}
