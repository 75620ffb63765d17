package messagetest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/message"
)

// Golden compares texts, each in English and below it in Chinese, with a file for a reader to look over. Of texts that differ
// only in what they quote, or in numbers, the file has the first.
func Golden(t *testing.T, file string, texts []message.Text, update bool) {
	t.Helper()
	texts = slices.Clone(texts)
	slices.SortFunc(texts, func(a, b message.Text) int { return strings.Compare(a.String(), b.String()) })
	seen := map[string]bool{}
	var b strings.Builder
	for _, text := range texts {
		if kind := varying.ReplaceAllString(text.In(message.Chinese), "…"); !seen[kind] {
			seen[kind] = true
			b.WriteString(text.String() + "\n    " + text.In(message.Chinese) + "\n")
		}
	}
	if update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		if i >= len(got) || i >= len(old) || got[i] != old[i] {
			t.Errorf("%s:%d differs from the messages: go test -update, and read them", file, i+1)
			return
		}
	}
}

var varying = regexp.MustCompile(`“[^”]*”|"[^"]*"|[0-9]+|[a-z_]+：`)
