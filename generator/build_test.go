package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/console"
	"glasspoll/internal/server/servertest"
)

// BenchmarkBuild builds a site of 1,000 surveys of 30 questions in two languages as `glasspoll build` does: reading and
// parsing the YAML, rendering, minifying, writing every file to an empty directory.
func BenchmarkBuild(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		name := filepath.Join(dir, fmt.Sprintf("survey_%04d.yaml", i))
		if err := os.WriteFile(name, []byte(servertest.GeneratedSurvey(i, 30)), 0o666); err != nil {
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
