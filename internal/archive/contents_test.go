package archive

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/message"
	"glasspoll/internal/records"
)

// planned is a questionnaire whose records lack nothing.
const planned = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
document: {number: QR-1, approved_by: QA, approved_on: 2026-09-20}
plan:
  document: {number: QR-2, approved_by: QA, approved_on: 2026-09-18}
  purpose: {zh: 了解口味, en: To learn about taste}
  target: {zh: 茶客, en: Drinkers}
  method: {zh: 网上, en: Online}
audience: {population: 40, issued: 20, sample: ten_plus_5_percent}
results: {min_group: 2}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
`

// contentsOf reads the files of an archive.
func contentsOf(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if all[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all
}

// writeArchive writes files as an archive whose checksums agree.
func writeArchive(t *testing.T, contents map[string][]byte) string {
	t.Helper()
	var files []File
	for name, content := range contents {
		if name != sumsFile {
			files = append(files, File{Name: name, SHA256: hexSum(content)})
		}
	}
	contents[sumsFile] = sumsOf(files)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range contents {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// archiveOf returns the archive of a questionnaire with nine responses.
func archiveOf(t *testing.T, source string) []byte {
	t.Helper()
	store := storeOf(t, source)
	snapshot, err := records.TakeSnapshot(t.Context(), store, "tea", "all", false)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, _, err := Write(t.Context(), &b, store, snapshot, Options{Period: "all", Name: "tea.yaml", Questionnaire: []byte(source)}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRecordsAreComplete: an archive has the plan, the numbers and the report, and lacks nothing that an auditor asks for.
func TestRecordsAreComplete(t *testing.T) {
	t.Parallel()
	data := archiveOf(t, planned)
	contents := contentsOf(t, data)
	checked, err := Check(t.Context(), writeArchive(t, contents))
	if err != nil || len(checked.Findings) > 0 || len(checked.Gaps) > 0 {
		t.Fatalf("%+v, %v", checked, err)
	}
	var n Numbers
	if err := json.Unmarshal(contents[numbersFile], &n); err != nil {
		t.Fatal(err)
	}
	if n.Population != 40 || n.Sample != 12 || n.Issued != 20 || n.Received != 9 || n.Counted != 9 || n.Released != 9 || n.Rate != "45.00" {
		t.Errorf("%+v", n)
	}
	for name, want := range map[string]string{"plan.zh.html": "了解口味", "plan.en.html": "To learn about taste"} {
		if page := string(contents[name]); !strings.Contains(page, want) || !strings.Contains(page, "QR-2") || strings.Contains(page, "<script") ||
			strings.Contains(page, "href=\"..") || !strings.Contains(page, "Content-Security-Policy") || !strings.Contains(page, "size: A4") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

// TestMissingFiles takes files out of an archive, out of its checksums and out of its manifest too: they are missed.
func TestMissingFiles(t *testing.T) {
	t.Parallel()
	data := archiveOf(t, planned)
	for _, name := range []string{numbersFile, "plan.zh.html", "plan.en.html", "report.zh.html", "codebook.en.csv", tallyFile, answersFile} {
		for _, listed := range []bool{true, false} {
			contents := contentsOf(t, data)
			if contents[name] == nil {
				t.Fatalf("the archive has no %s", name)
			}
			delete(contents, name)
			if !listed {
				contents[manifestFile] = withoutFile(t, contents[manifestFile], name)
			}
			checked, err := Check(t.Context(), writeArchive(t, contents))
			if err != nil {
				t.Fatalf("%s, listed %t: %v", name, listed, err)
			}
			said := 0
			for _, f := range checked.Findings {
				if f.String() == name+" is missing" {
					said++
				}
			}
			if said != 1 {
				t.Errorf("%s, listed %t: %v", name, listed, checked.Findings)
			}
		}
	}
}

// withoutFile takes a file out of a manifest.
func withoutFile(t *testing.T, manifest []byte, name string) []byte {
	t.Helper()
	var m Manifest
	if err := json.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	m.Files = slices.DeleteFunc(m.Files, func(f File) bool { return f.Name == name })
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestForgedNumbers: numbers that do not follow from the answers are found, however good the checksums are.
func TestForgedNumbers(t *testing.T) {
	t.Parallel()
	data := archiveOf(t, planned)
	for old, new := range map[string]string{
		`"issued": 20`: `"issued": 10`, `"received": 9`: `"received": 8`, `"counted": 9`: `"counted": 19`, `"rate": "45.00"`: `"rate": "95.00"`,
	} {
		contents := contentsOf(t, data)
		forged := bytes.Replace(contents[numbersFile], []byte(old), []byte(new), 1)
		if bytes.Equal(forged, contents[numbersFile]) {
			t.Fatalf("no %s in %s", old, forged)
		}
		contents[numbersFile] = forged
		checked, err := Check(t.Context(), writeArchive(t, contents))
		if err != nil || len(checked.Findings) != 1 || checked.Findings[0].String() != "numbers.json does not follow from the answers" {
			t.Errorf("%s: %+v, %v", new, checked, err)
		}
	}
}

// TestGaps: what the records lack is said, and is no fault. An archive of an earlier version is not asked for what that did
// not write.
func TestGaps(t *testing.T) {
	t.Parallel()
	contents := contentsOf(t, archiveOf(t, tea))
	checked, err := Check(t.Context(), writeArchive(t, contents))
	if err != nil || len(checked.Findings) > 0 || len(checked.Gaps) != 3 {
		t.Fatalf("%+v, %v", checked, err)
	}
	var m map[string]any
	if err := json.Unmarshal(contents[manifestFile], &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "contents")
	m["files"] = slices.DeleteFunc(m["files"].([]any), func(f any) bool { return f.(map[string]any)["name"] == numbersFile })
	if contents[manifestFile], err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	delete(contents, numbersFile)
	checked, err = Check(t.Context(), writeArchive(t, contents))
	if err != nil || len(checked.Findings) > 0 {
		t.Fatalf("%+v, %v", checked, err)
	}
	if !slices.ContainsFunc(checked.Gaps, func(g message.Text) bool { return strings.Contains(g.String(), "an earlier version") }) {
		t.Errorf("%v", checked.Gaps)
	}
}
