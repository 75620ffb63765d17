package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/console"
)

// BenchmarkBuild builds a site of 1,000 surveys of 30 questions in two languages as `glasspoll build` does: reading and
// parsing the YAML, rendering, minifying, writing every file to an empty directory.
func BenchmarkBuild(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		name := filepath.Join(dir, fmt.Sprintf("survey_%04d.yaml", i))
		if err := os.WriteFile(name, []byte(generated(i, 30)), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	out := b.TempDir()
	builds := 0
	for b.Loop() {
		err := buildCommand{Surveys: dir, Out: filepath.Join(out, fmt.Sprint(builds))}.Run(&console.Console{Out: io.Discard, Err: io.Discard})
		if err != nil {
			b.Fatal(err)
		}
		builds++
	}
	pages := 0
	err := walkFiles(os.DirFS(filepath.Join(out, "0")), func(path string, _ []byte) {
		if strings.HasSuffix(path, ".html") {
			pages++
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(pages*builds)/b.Elapsed().Seconds(), "pages/s")
}

// generated is a survey of so many questions of mixed types, in two languages.
func generated(number, questions int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: {zh: 第 %d 次满意度调查, en: Satisfaction survey %d}\n", number, number)
	b.WriteString(`languages: [zh, en]
minutes: 5
intro: {zh: "请按您的**真实感受**回答。", en: "Please answer as you **really** feel."}
thanks: {zh: 谢谢您的回答。, en: Thank you for your answers.}
scales:
  satisfaction:
    - {id: very_good, label: {zh: 非常满意, en: Very satisfied}, score: 10}
    - {id: good, label: {zh: 满意, en: Satisfied}, score: 8}
    - {id: fair, label: {zh: 一般, en: Fair}, score: 6}
    - {id: poor, label: {zh: 不满意, en: Dissatisfied}, score: 3}
    - {id: none, label: {zh: 没意见, en: No opinion}}
sections:
  - title: {zh: 服务, en: Service}
    questions:
`)
	for q := range questions {
		text := fmt.Sprintf("label: {zh: 第 %d 题怎么样？, en: 'How was number %d?'}", q, q)
		switch q % 6 {
		case 0, 1:
			fmt.Fprintf(&b, "      - {id: q%d, type: single_choice, required: true, scale: satisfaction, %s}\n", q, text)
		case 2:
			fmt.Fprintf(&b, "      - {id: q%d, type: rating, steps: 5, %s}\n", q, text)
		case 3:
			fmt.Fprintf(&b, "      - {id: q%d, type: nps, %s}\n", q, text)
		case 4:
			fmt.Fprintf(&b, "      - {id: q%d, type: number, min: 0, max: 1000, unit: {zh: 元, en: CNY}, %s}\n", q, text)
		case 5:
			fmt.Fprintf(&b, "      - {id: q%d, type: long_text, %s}\n", q, text)
		}
	}
	return b.String()
}

// TestFolderErrorChangesNothing holds that a build which cannot be finished leaves the old site, to the byte.
func TestFolderErrorChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	build := func(files map[string]string, end func(*folder) error) {
		t.Helper()
		f, err := openFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		for path, content := range files {
			if err := f.Write(path, []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := end(f); err != nil {
			t.Fatal(err)
		}
	}
	discard := func(f *folder) error { f.discard(); return nil }

	build(map[string]string{"a/index.html": "one"}, discard)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a discarded first build leaves its directory: %v", err)
	}
	build(map[string]string{"a/index.html": "one", "b/index.html": "two"}, (*folder).commit)
	before := tree(t, dir)
	build(map[string]string{"a/index.html": "changed", "c/index.html": "new"}, discard)
	if after := tree(t, dir); after != before {
		t.Errorf("a discarded build changed the directory from\n%s\nto\n%s", before, after)
	}

	// Killed in the middle of commit, or before: the next build mends it.
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write("c/index.html", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := f.saveManifest(map[string]bool{"a/index.html": true, "b/index.html": true, "c/index.html": true}); err != nil {
		t.Fatal(err)
	}
	if err := moveInto(dir, filepath.Join(dir, stagingName)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "c", "index.html")); err != nil {
		t.Fatal(err)
	}
	build(map[string]string{"a/index.html": "one", "b/index.html": "two"}, (*folder).commit)
	if after := tree(t, dir); after != before {
		t.Errorf("after a killed build, the directory is\n%s\nwant\n%s", after, before)
	}
}

// TestFolderIgnoresWildManifest holds that nothing outside the directory is removed, whatever the manifest says.
func TestFolderIgnoresWildManifest(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "site")
	outside := filepath.Join(parent, "precious")
	if err := errors.Join(
		os.Mkdir(dir, 0o777),
		os.WriteFile(outside, nil, 0o666),
		os.WriteFile(filepath.Join(dir, manifestName), []byte("../precious\n"+outside+"\n\n"), 0o666),
	); err != nil {
		t.Fatal(err)
	}
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

// tree prints every file of a directory with its content.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	root := os.DirFS(dir)
	if err := walkFiles(root, func(path string, content []byte) { fmt.Fprintf(&b, "%s: %s\n", path, content) }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func walkFiles(root fs.FS, see func(path string, content []byte)) error {
	return fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err == nil {
			see(path, content)
		}
		return err
	})
}
