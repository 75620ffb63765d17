package questionnaire

import (
	"strings"
	"testing"

	"glasspoll/internal/yaml12"
)

// TestPositions checks that the position of ✗ in a value is found in the file, however the value is written.
func TestPositions(t *testing.T) {
	for name, source := range map[string]string{
		"plain":                     "k: 好 and ✗ b",
		"plain, in braces":          "a: {b: 好, c: 好 ✗ b}",
		"plain, in brackets":        "- [好, 好 ✗]",
		"plain, at the beginning":   "k: ✗",
		"plain, on two lines":       "k: 好 and\n    more ✗ b",
		"plain, after an empty one": "k: 好 and\n\n\n    more ✗ b",
		"plain, after two words":    "k: a\n  b\n  ✗",
		"with an anchor":            "k: &one 好 ✗ b",
		"with an anchor, below":     "k: &a\n    a ✗ b",
		"single":                    "k: '好 it''s ✗ b'",
		"single, on two lines":      "k: '好 it''s  \n\n   so ''✗ b'",
		"double":                    `k: "好 \"q\" \\ \u4e2d \x41 \t ✗ b"`,
		"double, long escape":       `k: "\U0001F600✗"`,
		"double, on two lines":      "k: \"好 \\\"a\n     \\\"b ✗ b\"",
		"double, going on":          "k: \"好 a\\\n     b \\\n   ✗ b\"",
		"literal":                   "k: |\n  好\n\n    deep\n  one ✗ b\n",
		"literal, indented":         "a:\n  - k: |-\n      好 ✗\n",
		"literal, first deep":       "k: |2\n    好\n  ✗\n",
		"folded":                    "k: >\n  好\n  two\n\n  three\n\n\n  four ✗ b\n",
		"folded, deeper lines":      "k: >\n  好\n    deep\n    deep ✗\n  back\n",
		"rewritten":                 "k: {a: b?, c: it's 好 ✗?}",
		"rewritten, on two lines":   "k: [a: b?, c: it's\n  好? ✗]",
		"rewritten anchor":          "k: &选项 好 ✗ b",
		"halves of a character":     `k: "\/\uD83D\uDE00✗"`,
		"with a tag":                "k: !!str 好 ✗ b",
		"with a tag and an anchor":  "k: !!str\t&a\n  好 ✗ b",
		"folded, after deep":        "k: >\n  好\n    deep\n\n  back ✗\n",
	} {
		first, _, err := yaml12.Decode([]byte(source))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n := first
		for len(n.Content) > 0 {
			n = n.Content[len(n.Content)-1]
		}
		before, _, found := strings.Cut(n.Value, "✗")
		if !found {
			t.Fatalf("%s: %q", name, n.Value)
		}
		r := reader{lines: strings.Split(source, "\n")}
		line, column := r.position(n, len([]rune(before)))
		if got := []rune(r.lines[line-1]); column > len(got) || got[column-1] != '✗' {
			t.Errorf("%s: %d:%d in\n%s", name, line, column, source)
		}
	}
}
