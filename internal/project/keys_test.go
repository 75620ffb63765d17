package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/survey"
)

const anonymousYAML = `title: Tea
languages: [en]
access: invited
anonymity: anonymous
sections: [{questions: [{id: good, type: yes_no, label: Good}]}]
`

// keyOf returns a key that differs by a byte.
func keyOf(b byte, tier string) survey.Key {
	modulus := make([]byte, survey.KeySize)
	modulus[0], modulus[1], modulus[survey.KeySize-1] = 255, b, 1
	var values map[string]string
	if tier != "" {
		values = map[string]string{"tier": tier}
	}
	return survey.NewKey(modulus, "", values)
}

// TestKeysBesideAQuestionnaire: they are part of the definition, each change is a version, none is ever replaced, and a damaged file is
// a problem of the questionnaire.
func TestKeysBesideAQuestionnaire(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("tea.yaml", anonymousYAML)
	library := NewLibrary(dir)
	read := func() *survey.Survey {
		t.Helper()
		surveys, problems, err := library.Read()
		if err != nil || len(problems) > 0 || len(surveys) != 1 {
			t.Fatal(surveys, problems, err)
		}
		return surveys[0]
	}
	none := read()
	if none.Keys != nil {
		t.Errorf("keys before there are any: %+v", none.Keys)
	}
	keys := &survey.Keys{Variant: survey.BlindVariant, Keys: []survey.Key{keyOf(1, "a")}}
	if err := WriteKeys(dir, "tea", keys); err != nil {
		t.Fatal(err)
	}
	first := read()
	if first.Version == none.Version || first.Shape != none.Shape || first.Keys.Fingerprint() != keys.Fingerprint() {
		t.Errorf("with keys: version %s after %s, shape %s after %s, %+v", first.Version, none.Version, first.Shape, none.Shape, first.Keys)
	}
	if again := read(); again != first {
		t.Error("what has not changed is read again")
	}
	keys.Keys = append(keys.Keys, keyOf(2, ""))
	if err := WriteKeys(dir, "tea", keys); err != nil {
		t.Fatal(err)
	}
	if second := read(); second.Version == first.Version || len(second.Keys.Keys) != 2 {
		t.Errorf("with another key: version %s, %+v", second.Version, second.Keys)
	}
	for what, bad := range map[string][]survey.Key{"replaced": {keyOf(3, "a"), keyOf(2, "")}, "removed": {keyOf(1, "a")}} {
		if err := WriteKeys(dir, "tea", &survey.Keys{Variant: survey.BlindVariant, Keys: bad}); err == nil || !strings.Contains(err.Error(), "is to be kept") {
			t.Errorf("a key is %s: %v", what, err)
		}
	}
	write("tea.keys.json", `{"variant":"x"}`)
	if _, problems, err := library.Read(); err != nil || len(problems) != 1 || !strings.Contains(fmt.Sprint(problems), "tea.keys.json") || !strings.Contains(fmt.Sprint(problems), "put back the copy") {
		t.Errorf("a damaged file: %v, %v", problems, err)
	}
	if good := library.LastGood(); len(good) != 1 || len(good[0].Keys.Keys) != 2 {
		t.Errorf("the last good one: %+v", good)
	}
}
