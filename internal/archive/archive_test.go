package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/records"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
)

const tea = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
results: {min_group: 2}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
`

// filledStore returns a store with nine responses, which have been released.
func filledStore(t *testing.T) *local.Store { return storeOf(t, tea) }

// storeOf is filledStore of another questionnaire with the same question.
func storeOf(t *testing.T, source string) *local.Store {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	dir := t.TempDir()
	store, err := local.Open(filepath.Join(dir, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-00000000000%d", i), Survey: s.ID, Version: s.Version, Period: "all", Language: "zh",
			Answers: []answer.Answer{{"taste", fmt.Sprint(1 + i%5)}}}
		if _, err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	pages, err := local.OpenPages(filepath.Join(dir, "pages"))
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := publish.New(publish.Options{Collector: store, Log: store, Definitions: store, Tallies: store, Releases: store, Pages: pages, Renderer: results.New(renderer), Now: time.Now}).Publish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return store
}

// TestForgedArchives changes the content of an archive, and then its checksums as well: the figures do not follow.
func TestForgedArchives(t *testing.T) {
	store := filledStore(t)
	snapshot, err := records.TakeSnapshot(t.Context(), store, "tea", "all", false)
	if err != nil {
		t.Fatal(err)
	}
	var whole, again bytes.Buffer
	for _, b := range []*bytes.Buffer{&whole, &again} {
		if _, _, err := Write(t.Context(), b, store, snapshot, Options{Period: "all"}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(whole.Bytes(), again.Bytes()) {
		t.Error("the same responses give two archives")
	}
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, whole.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if checked, err := Check(t.Context(), file); err != nil || len(checked.Findings) > 0 {
		t.Fatal(checked, err)
	}
	for name, c := range map[string]struct {
		file, old, new, want string
	}{
		"an answer":           {"answers.jsonl", `["taste","5"]`, `["taste","1"]`, "tally: "},
		"a tally":             {"tally.json", `"respondents":9`, `"respondents":10`, "10 respondents counted who wait, 9 respondents found"},
		"a release":           {"releases/000001.json", `"respondents":9`, `"respondents":12`, "the block is not the respondents who waited"},
		"the number":          {"manifest.json", `"responses": 9`, `"responses": 90`, "9 responses and 0 withdrawn of 90 and 0"},
		"the index":           {"manifest.json", `"index": "`, `"index": "1`, "the index is not the one"},
		"the survey":          {"manifest.json", `"survey": "tea"`, `"survey": "coffee"`, "manifest.json does not follow from the answers"},
		"the period":          {"manifest.json", `"period": "all"`, `"period": "2026"`, "manifest.json does not follow from the answers"},
		"the first arrival":   {"manifest.json", `"first": "20`, `"first": "19`, "manifest.json does not follow from the answers"},
		"the list of files":   {"manifest.json", `"name": "tally.json"`, `"name": "answers.jsonl"`, "tally.json has been added"},
		"the releases' count": {"manifest.json", `"releases": 1`, `"releases": 2`, "1 releases of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forged := filepath.Join(t.TempDir(), "forged.zip")
			for _, sums := range []bool{false, true} {
				forge(t, file, forged, c.file, c.old, c.new, sums)
				want := c.want
				if !sums {
					want = c.file + " is not what it was"
				}
				checked, err := Check(t.Context(), forged)
				if err != nil || !slices.ContainsFunc(checked.Findings, func(finding message.Text) bool { return strings.Contains(finding.String(), want) }) {
					t.Errorf("with sums %t: %+v, %v, want %s", sums, checked, err, want)
				}
			}
		})
	}
}

// forge copies an archive with another content of one file and, if sums is set, the checksums that follow from it.
func forge(t *testing.T, from, to, name, old, new string, sums bool) {
	t.Helper()
	source, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	contents := map[string][]byte{}
	for _, f := range source.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if contents[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	if !bytes.Contains(contents[name], []byte(old)) {
		t.Fatalf("%s has no %s:\n%s", name, old, contents[name])
	}
	contents[name] = bytes.Replace(contents[name], []byte(old), []byte(new), 1)
	if sums {
		var files []File
		for name, content := range contents {
			if name != sumsFile {
				files = append(files, File{Name: name, SHA256: hexSum(content)})
			}
		}
		contents[sumsFile] = sumsOf(files)
	}
	target, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(target)
	for name, content := range contents {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	if err := errors.Join(z.Close(), target.Close()); err != nil {
		t.Fatal(err)
	}
}
