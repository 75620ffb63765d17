package yaml12_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/yaml12"
	"glasspoll/internal/yaml12/yaml12test"
)

// TestCorpus compares trees with those of another implementation.
func TestCorpus(t *testing.T) {
	for _, c := range yaml12test.Corpus {
		first, _, err := yaml12.Decode([]byte(c.Text))
		if c.Tree == "" {
			continue // yaml.v3 may take it
		}
		if err != nil {
			t.Errorf("%q: %v", c.Text, err)
			continue
		}
		got, err := json.Marshal(yaml12test.Tree(first))
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if err := json.Unmarshal([]byte(c.Tree), &want); err != nil {
			t.Fatal(err)
		}
		if expected, _ := json.Marshal(want); string(got) != string(expected) {
			t.Errorf("%q:\n got %s\nwant %s", c.Text, got, expected)
		}
	}
}

// TestPlaces checks that each scalar whose value has a ✗ is where it is written: after a §, which is not part of the text.
func TestPlaces(t *testing.T) {
	for _, marked := range []string{
		"{选项?: §✗}", "{a: §✗?}", "{a: §✗?, b: §✗}", "{a: b?, §✗: c}", "{a: §:-) it's ✗, b: §✗}", "[§?✗, §✗, §✗]", "{a:, b: §✗}", "{a:,b: [?x, §✗]}",
		"a: &选项 b\nc: [*选项 , §✗]\n", "选: &an:chor b\n选项: §✗ x\n", "a: [&选项 b, §&选项 ✗, *选项 , §✗]",
		"{\"a\\/b\": §\"\\/✗\", c: §✗}", "{\"\\uD83D\\uDE00\": §\"\\uD83D\\uDE00✗\", c: §✗}", "{\"好\"\n: §✗, \"b\"\n: §✗}", "{\"a\"\n: b, c: d?, §\"✗\"\n: §✗}",
		"\t\n-\t§✗\n- \t §✗\n", "  \t# c\na: §✗\n", "a:\n  \t§✗\n", "[a: §✗?\n\n ,\n §✗?]", "[a: b?\n c, §✗]", "[! a, §! ✗, §✗]", "[!!str, §✗]", "%YAML 1.2\n---\na: §✗\n", "a: |\n  b\n \t\nc: §✗\n",
		"'好': {好: [好?, 好:, §✗]}",
	} {
		source := strings.ReplaceAll(marked, "§", "")
		first, _, err := yaml12.Decode([]byte(source))
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		var want, got []place
		for i, line := range strings.Split(marked, "\n") {
			for n, part := range strings.Split(line, "§") {
				if n > 0 {
					want = append(want, place{i + 1, utf8.RuneCountInString(strings.Join(strings.Split(line, "§")[:n], "")) + 1, startsPlain(part)})
				}
			}
		}
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			if strings.Contains(n.Value, "✗") {
				got = append(got, place{n.Line, n.Column, n.Style == 0})
			}
			for _, c := range n.Content {
				walk(c)
			}
		}
		walk(first)
		if !slices.Equal(got, want) {
			t.Errorf("%q:\n got %v\nwant %v", source, got, want)
		}
	}
}

type place struct {
	line, column int
	plain        bool
}

func startsPlain(text string) bool { return !strings.ContainsAny(text[:1], `"'!`) }

// TestUntouched checks that what a rewritten text had before is read as before: trees are the same with and without a line that
// must be rewritten.
func TestUntouched(t *testing.T) {
	for _, c := range yaml12test.Corpus {
		if c.Tree == "" || strings.HasPrefix(c.Text, "%") {
			continue
		}
		alone, _, err := yaml12.Decode([]byte(c.Text))
		if err != nil {
			t.Fatal(err)
		}
		below, _, err := yaml12.Decode([]byte("\t# a comment\n" + c.Text))
		if err != nil {
			t.Errorf("%q: %v", c.Text, err)
			continue
		}
		one, _ := json.Marshal(yaml12test.Tree(alone))
		two, _ := json.Marshal(yaml12test.Tree(below))
		if string(one) != string(two) {
			t.Errorf("%q: %s and %s", c.Text, one, two)
		}
	}
}

// FuzzDecode checks that any text has a tree, whose places are in it, or an error.
func FuzzDecode(f *testing.F) {
	for _, c := range yaml12test.Corpus {
		f.Add(c.Text)
	}
	texts := yaml12test.Texts()
	for i := range 50 {
		f.Add(texts.Example(i))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\u0085\u2028\u2029\uFEFF\x00") || len(text) > 2000 {
			t.Skip()
		}
		lines := strings.Split(text, "\n")
		first, second, err := yaml12.Decode([]byte(text))
		if err != nil {
			return
		}
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			if n.Line < 1 || n.Line > len(lines)+1 || n.Column < 1 || n.Line <= len(lines) && n.Column > utf8.RuneCountInString(lines[n.Line-1])+1 {
				t.Fatalf("%q at %d:%d", n.Value, n.Line, n.Column)
			}
			for _, c := range n.Content {
				walk(c)
			}
		}
		for _, n := range []*yaml.Node{first, second} {
			if n != nil {
				walk(n)
			}
		}
	})
}

// BenchmarkDecode reads long files: the time must follow their length.
func BenchmarkDecode(b *testing.B) {
	for name, text := range map[string]string{
		"lines":      strings.Repeat("- {id: a, label: {en: How was it?, zh: 怎么样?}}\n", 8000),
		"one line":   "[" + strings.Repeat(`{"id":"a","label":"a\/b?",c: what?},`, 10_000) + "]",
		"plain":      "- {a: " + strings.Repeat("b\n", 100_000) + "?}",
		"open quote": strings.Repeat("a: \"b\n", 50_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				yaml12.Decode([]byte(text))
			}
		})
	}
}
