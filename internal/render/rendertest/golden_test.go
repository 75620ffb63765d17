package rendertest

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// unfold restores a page.
func unfold(t rapid.TB, folded, base, name string) string {
	lines, isFolded := strings.CutPrefix(folded, foldPrefix+name+"\n")
	if !isFolded {
		return folded
	}
	baseLines := strings.Split(base, "\n")
	var page []string
	next := 0
	for line := range strings.SplitSeq(lines, "\n") {
		var skip, n int
		if _, err := fmt.Sscanf(line, foldFormat, &skip, &n); err != nil {
			page = append(page, line)
			continue
		}
		if next += skip; next+n > len(baseLines) {
			t.Fatalf("%s has no lines %d to %d", name, next, next+n)
		}
		page = append(page, baseLines[next:next+n]...)
		next += n
	}
	return strings.Join(page, "\n")
}

// A folded page keeps all that the page says, so that no fault in it goes unnoticed.
func TestFoldLosesNothing(t *testing.T) {
	text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", ""}), 0, 40), func(lines []string) string { return strings.Join(lines, "\n") })
	rapid.Check(t, func(t *rapid.T) {
		page, base, minRun := text.Draw(t, "page"), text.Draw(t, "base"), rapid.IntRange(1, 6).Draw(t, "minRun")
		folded := string(Fold([]byte(page), []byte(base), "base.html", minRun))
		if got := unfold(t, folded, base, "base.html"); got != page {
			t.Fatalf("restored %q, want %q, from %q", got, page, folded)
		}
	})
}

func TestFold(t *testing.T) {
	base := "head\n1\n2\n3\n4\nmiddle\na\nb\nend"
	page := "head\n2\n3\n4\nother\na\nb\nend"
	for minRun, want := range map[int]string{
		1: "@@ base.html\n@@ -0 =1\n@@ -1 =3\nother\n@@ -1 =3",
		3: "@@ base.html\nhead\n@@ -2 =3\nother\n@@ -1 =3",
		4: page,
	} {
		if got := string(Fold([]byte(page), []byte(base), "base.html", minRun)); got != want {
			t.Errorf("from %d lines: %q", minRun, got)
		}
	}
}
