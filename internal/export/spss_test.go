package export

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// unquote reads string literals that are joined by plus signs, as SPSS does.
func unquote(t *rapid.T, text string) string {
	var b strings.Builder
	for rest := strings.TrimSpace(text); ; {
		literal, ok := strings.CutPrefix(rest, "'")
		for closed := false; ok && !closed; {
			var part string
			part, literal, ok = strings.Cut(literal, "'")
			b.WriteString(part)
			if literal, closed = strings.CutPrefix(literal, "'"); closed {
				b.WriteByte('\'')
			}
			closed = !closed
		}
		if ok && literal == "" {
			return b.String()
		}
		if rest, ok = strings.CutPrefix(literal, " +\n"); !ok {
			t.Fatalf("no literal, or no plus sign: %.80s", literal)
		}
		rest = strings.TrimLeft(rest, " ")
	}
}

func TestLiteral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"'", "''''", "a", "很好", "😀", " ", ".", "\n", "+"})
		text := strings.Join(rapid.SliceOfN(piece, 0, 600).Draw(t, "text"), "")
		before := "  " + strings.Repeat("x", rapid.IntRange(1, 64).Draw(t, "before")) + " "
		written := literal(before, text)
		for line := range strings.SplitSeq(written, "\n") {
			if len(line) >= maxLine || !utf8.ValidString(line) { // a period may follow
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
		if got := unquote(t, strings.TrimPrefix(written, strings.TrimRight(before, " "))); got != plain(text) {
			t.Fatalf("%q is read as %q", text, got)
		}
	})
}

func TestDistinct(t *testing.T) {
	long := strings.Repeat("满意", 30)
	middle := func(n int) string { return long + fmt.Sprint(n) + long }
	texts := []string{"short", long + " a", long + " b", middle(1), middle(2), middle(1), middle(3), "short", ""}
	labels := distinct(texts, 120)
	for i, label := range labels {
		if len(label) > 120 || !utf8.ValidString(label) {
			t.Errorf("%q has %d bytes", label, len(label))
		}
		for j, other := range labels {
			if (label == other) != (texts[i] == texts[j]) {
				t.Errorf("%q and %q are written as %q and %q", texts[i], texts[j], label, other)
			}
		}
	}
	if labels[0] != "short" || !strings.HasPrefix(labels[1], "满意满意") || !strings.HasSuffix(labels[1], "意满意 a") {
		t.Errorf("%q", labels)
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`[ab很' ]{0,60}(很好){0,30}[ab]{0,60}`), 1, 8).Draw(t, "texts")
		labels := distinct(texts, 60)
		for i := range labels {
			if len(labels[i]) > 60 || !utf8.ValidString(labels[i]) {
				t.Fatalf("%q", labels[i])
			}
			for j := range labels {
				if (labels[i] == labels[j]) != (plain(texts[i]) == plain(texts[j])) {
					t.Fatalf("%q and %q: %q", texts[i], texts[j], labels[i])
				}
			}
		}
	})
}
