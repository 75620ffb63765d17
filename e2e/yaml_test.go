package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"glasspoll/internal/soak"
	"glasspoll/internal/yaml12"
	"glasspoll/internal/yaml12/yaml12test"
)

// otherwise matches what the package yaml reads otherwise than the specification: it drops blank lines after a line's end that
// is escaped, where [112] s-double-escaped keeps them as line feeds.
var otherwise = regexp.MustCompile(`\\\n[ \t]*\n`)

// TestYAML12 compares the trees of texts with those of the package yaml of npm: they are the same, or the text is refused with
// a reason.
func TestYAML12(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, c := range yaml12test.Corpus {
		texts = append(texts, c.Text)
	}
	generator := yaml12test.Texts()
	for i := range soak.Cases(4000, 400_000) {
		texts = append(texts, strings.TrimRight(generator.Example(i), "\n")+"\n") // the package yaml adds a last line end to a block text
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", "independent/yaml.mjs", "../.cache/npm/yaml/dist/index.js")
	command.Stdin, command.Stderr = bytes.NewReader(input), os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v (`make setup` installs node and the package yaml)", err)
	}
	var others []struct {
		Error string
		Tree  any
	}
	if err := json.Unmarshal(output, &others); err != nil {
		t.Fatal(err)
	}
	valid, refused := 0, 0
	for i, text := range texts {
		if others[i].Error != "" || otherwise.MatchString(text) {
			continue
		}
		valid++
		first, _, err := yaml12.Decode([]byte(text))
		if err != nil {
			refused++
			continue
		}
		if got, want := encode(t, yaml12test.Tree(first)), encode(t, others[i].Tree); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
	t.Logf("%d of %d texts are valid, %d of them are refused", valid, len(texts), refused)
	if valid < len(texts)/5 || refused > valid/20 {
		t.Errorf("%d of %d texts are valid, %d of them are refused", valid, len(texts), refused)
	}
	for i, c := range yaml12test.Corpus {
		var want any
		if c.Tree != "" {
			if err := json.Unmarshal([]byte(c.Tree), &want); err != nil {
				t.Fatal(err)
			}
			if got := encode(t, others[i].Tree); got != encode(t, want) {
				t.Errorf("the corpus has %s for %q, and the package yaml %s", c.Tree, c.Text, got)
			}
		}
	}
}

func encode(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
