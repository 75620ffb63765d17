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
