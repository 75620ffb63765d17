package questionnaire

import (
	"bytes"
	"testing"

	"glasspoll/internal/survey"
)

// FuzzParse checks that, for any bytes, Parse returns a survey or problems, each inside the file. A survey can be encoded and
// decoded, and its file is valid by the schema.
func FuzzParse(f *testing.F) {
	schema := compiledSchema(f)
	for _, files := range badFiles(f) {
		for _, bad := range files {
			f.Add([]byte(bad.source))
		}
	}
	for _, good := range goodSources() {
		f.Add([]byte(good))
	}
	for _, odd := range oddSources() {
		if len(odd.source) < 10_000 {
			f.Add(odd.source)
		}
	}
	for _, source := range []string{repetitions, `{"title": "a\/b \uD83D\uDE00", "sections": [{"questions": [{"id": "q", "type": "yes_no", "label": "How?"}]}]}`,
		"title: {en: How?, zh: &选项 x}\nintro: *选项\nx-a: {<<: [&a {b: c}, *a]}\n%YAML 1.2\n---\n\t# c\n"} {
		f.Add([]byte(source))
	}
	draft, _ := badDraft(10)
	f.Add([]byte(draft))
	f.Fuzz(func(t *testing.T, source []byte) {
		s, problems := Parse("fuzz.yaml", source)
		checkProblems(t, source, s, problems)
		if s == nil {
			return
		}
		if _, err := validate(schema, string(source)); err != nil {
			t.Fatal(err)
		}
		if written, _, problems := WriteIDs("fuzz.yaml", source); len(problems) > 0 {
			checkProblems(t, source, nil, problems)
		} else if whole, problems := Parse("fuzz.yaml", written); len(problems) > 0 || whole.Version != s.Version {
			t.Fatalf("with its ids written: %v\n%s", problems, written)
		}
		data := s.Encode()
		again, err := survey.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Encode(), data) {
			t.Fatal("the compiled form changes")
		}
		version, shape := s.Version, s.Shape
		if again.Seal() != nil || again.Version != version || again.Shape != shape {
			t.Fatal("the hashes change")
		}
	})
}
