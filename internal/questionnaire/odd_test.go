package questionnaire

import (
	"bytes"
	"fmt"
	"glasspoll/internal/survey"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// An oddSource is a file that text editors do not show well, or a hostile one.
type oddSource struct {
	name   string
	source []byte
	want   string // part of a problem
}

// oddResults parses each odd source, once for all tests: some are large.
var oddResults = sync.OnceValue(func() []oddResult {
	var results []oddResult
	for _, o := range oddSources() {
		r := oddResult{oddSource: o}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r.survey, r.problems = Parse("odd.yaml", o.source)
		runtime.ReadMemStats(&after)
		r.allocated = after.TotalAlloc - before.TotalAlloc
		results = append(results, r)
	}
	return results
})

type oddResult struct {
	oddSource
	survey    *survey.Survey
	problems  Problems
	allocated uint64 // bytes
}

const tail = `sections:
  - questions:
      - {id: q, type: yes_no, label: L}
`

// scaled is the size of a large source: a sixteenth under -short and under the race detector, which makes reading it slow.
func scaled(n int) int {
	if testing.Short() || raceDetector {
		return n / 16
	}
	return n
}

func oddSources() []oddSource {
	text := func(s string) []byte { return []byte(s) }
	var bomb strings.Builder
	bomb.WriteString("title: T\nscales:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&bomb, "  a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), i-1)
	}
	wide := "scales:\n  a: &o\n"
	for i := range 150 {
		wide += fmt.Sprintf("    - {id: x%d, label: X}\n", i)
	}
	var repeated strings.Builder
	repeated.WriteString("title: T\n" + wide)
	for i := range 2000 {
		fmt.Fprintf(&repeated, "  b%d: *o\n", i)
	}
	var unknown strings.Builder
	unknown.WriteString("title: T\n")
	for i := range scaled(20_000) {
		fmt.Fprintf(&unknown, "wrong%d: 1\n", i)
	}
	questions := "title: T\nsections:\n  - questions:\n"
	for i := range maxQuestions + 1 {
		questions += fmt.Sprintf("      - {id: q%d, type: yes_no, label: L}\n", i)
	}
	var options, rows []string
	for i := range maxOptions + 1 {
		options = append(options, fmt.Sprintf("{id: o%d, label: O}", i))
	}
	rows = options
	// Conditions that are expensive to check: many names with many values each, and no answers that meet them.
	var costly strings.Builder
	costly.WriteString("title: T\nscales: {s: [" + strings.Join(options[:200], ", ") + "]}\nsections:\n  - questions:\n")
	for i := range maxQuestions - 1 {
		fmt.Fprintf(&costly, "      - {id: q%d, type: single_choice, label: L, scale: s", i)
		if i > 6 {
			fmt.Fprintf(&costly, ", show_if: q0 == q1 and q1 == q2 and q2 == q3 and q3 == q4 and q4 == q5 and q5 != q0")
		}
		costly.WriteString("}\n")
	}
	var aliased strings.Builder
	aliased.WriteString("title: T\nsections:\n  - questions:\n      - {id: a, type: yes_no, label: A}\n      - {id: q, type: single_choice, label: L, options: &o [")
	for i := range maxOptions {
		fmt.Fprintf(&aliased, "{id: o%d, label: O, show_if: %sa}, ", i, strings.Repeat("a or ", 200))
	}
	aliased.WriteString("]}\n")
	for i := range maxQuestions - 2 {
		fmt.Fprintf(&aliased, "      - {id: q%d, type: single_choice, label: L, options: *o}\n", i)
	}
	var short strings.Builder
	short.WriteString("title: T\nsections:\n  - questions:\n      - {id: a, type: yes_no, label: A}\n")
	for i := range scaled(64) {
		fmt.Fprintf(&short, "      - {id: q%d, type: single_choice, label: L, options: [", i)
		for o := range maxOptions {
			fmt.Fprintf(&short, "{id: o%d, label: O, show_if: a}, ", o)
		}
		short.WriteString("]}\n")
	}
	short.WriteString("      - {id: last, type: yes_no, label: L, show_if: nobody}\n")
	return []oddSource{
		{"empty", nil, "1:1: the file is empty"},
		{"byte order mark alone", text("\uFEFF"), "1:1: the file is empty"},
		{"comments alone", text("# nothing\n\n# here\n"), "1:1: the file is empty"},
		{"UTF-16", text("\xff\xfet\x00i\x00"), "1:1: the file is saved as UTF-16, which Notepad calls Unicode: save it with the encoding UTF-8"},
		{"GBK", text("title: \xc2\xfa\xd2\xe2\n"), "1:8: not UTF-8 text"},
		{"half a character", text("id: a\ntitle: 满意\xe5\xba\n"), "2:10: not UTF-8 text"},
		{"NUL", text("title: a\x00b\n"), "1:9: invisible character U+0000: remove it"},
		{"escape", text("title: 满意\x1b[31m\n"), "1:10: invisible character U+001B: remove it"},
		{"line separator", text("title: a\u2028b\n"), "1:9: invisible character U+2028: remove it"},
		{"other direction", text("title: 满意\u202E度\n"), "1:10: invisible character U+202E: remove it"}, // it would turn what follows on a page
		{"next line", text("title: a\u0085b\n"), "1:9: invisible character U+0085: remove it"},
		{"second byte order mark", text("title: T\n\uFEFFid: a\n"), "2:1: invisible character U+FEFF: remove it"},
		{"tab", text("title: T\nsections:\n\t- questions: []\n"), "3:1: a tab cannot indent YAML: use spaces"},
		{"tab after spaces", text("title: T\nsections:\n  \t- questions: []\n"), "3:3: a tab cannot indent YAML: use spaces"},
		{"wide space", text("title: T\nsections:\n　　- questions: []\n"), "3:1: a wide or non-breaking space (U+3000) cannot indent YAML: use ordinary spaces"},
		{"non-breaking space", text("title: T\nsections:\n \u00A0- questions: []\n"), "3:2: a wide or non-breaking space (U+00A0) cannot indent YAML"},
		{"old Mac line ends", text("title: T\rrequird: x\r" + strings.ReplaceAll(tail, "\n", "\r")), "2:1: unknown key 'requird'"},
		{"Windows line ends", text("title: T\r\nminutes: x\r\n" + strings.ReplaceAll(tail, "\n", "\r\n")), "2:10: minutes must be"},
		{"10 MB", bytes.Repeat(text("# a line\n"), 10<<20/9), "1:1: the file is larger than 512 KB: a questionnaire is never that long"},
		{"a long line", text("title: " + strings.Repeat("很", 100_000) + "\n" + tail), "1:8: title is longer than 20000 characters: shorten it"},
		{"a long unknown key", text("title: T\n" + strings.Repeat("k", 900) + ": 1\n" + tail), "2:1: unknown key 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…'"},
		{"100,000 brackets", text("title: " + strings.Repeat("[", 100_000)), "1:1008: more than 1000 brackets are open: is one not closed?"},
		{"100,000 braces in lines", text("title: " + strings.Repeat("{\n", 100_000)), "1001:1: more than 1000 brackets are open"},
		{"deep flow", text("title: " + strings.Repeat("[", 900) + strings.Repeat("]", 900) + "\n" + tail), "1:48: nested more than 40 levels deep"},
		{"deep block", text("title: T\nsections:\n" + strings.Repeat("- ", 20_000) + "a\n"), "3:81: more than 40 lists begin on one line: remove all but one \"- \""},
		{"deep block in lines", deepLines(190), "nested more than 40 levels deep"},
		{"deep block that breaks", append(deepLines(190), " x: - y\n"...), "191:5: a list begins on a line of its own"},
		{"deeper block in lines", deepLines(900), "201:201: indented by more than 200 spaces: check the indentation"},
		{"a large file that breaks at its end", text(strings.Repeat(tail, scaled(maxFile)/len(tail)-1) + "title: a: b\n"), ":9: a second \": \" in one line"},
		{"a large file that breaks at its beginning", text("title: a: b\n" + strings.Repeat(tail, scaled(maxFile)/len(tail)-1)), "1:9: a second \": \" in one line"},
		{"a large file with an open quote", text("title: \"a\n" + strings.Repeat(tail, scaled(maxFile)/len(tail)-1)), "1:8: this quote is never closed"},
		{"a large file with an open brace", text("title: {\n" + strings.Repeat(tail, scaled(maxFile)/len(tail)-1)), "1:8: this { is never closed"},
		{"a long line of answers without quotes", text("title: T\nintro: {zh: " + strings.Repeat("{{a}}", scaled(90_000)) + "}\n" + tail), "2:13: a text that begins with {{ }}"},
		{"a long text of answers", text("title: \"" + strings.Repeat("{{a}}", 3_999) + "\"\n" + tail), "1:9: answers such as '{{a}}' cannot be shown"},
		{"a long line of wide colons", text("title: T\nx: {" + strings.Repeat("type：b, ", scaled(40_000)) + "}\n" + tail), "2:9: the colon ： is a wide one"},
		{"a long line in open braces", text("title: T\nintro: " + strings.Repeat("{", 900) + strings.Repeat("a：", 100_000) + "\n" + tail), "2:909: the colon ： is a wide one"},
		{"tabs on each line", text("title: T\nsections:\n" + strings.Repeat("\t- questions: 1\n", scaled(20_000))), fmt.Sprintf("3:1: a tab cannot indent YAML: use spaces; %d more lines have such", scaled(20_000)-1)},
		{"a second colon on each line", text("title: T\n" + strings.Repeat("intro: a: b\n", scaled(30_000))), "2:9: a second"},
		{"bomb", text(bomb.String() + tail), "3:15: 'x' is listed twice (first on line 3): keep one"},
		{"repeated aliases", text(repeated.String() + tail), "too large: with its aliases (*) written out, the file has more than 200000 values"},
		{"self-reference", text("title: T\nsections: &s\n  - *s\n"), "3:5: a section must hold keys and values"},
		{"self-reference in a text", text("title: &t {en: *t}\n" + tail), "1:16: title in 'en' must be a text, not keys with values"},
		{"self-reference of all", text("&a\ntitle: *a\nsections: *a\n"), "2:8: title in 'title' must be a text, not keys with values"},
		{"many unknown keys", text(unknown.String() + tail), "2:1: unknown key 'wrong0'"},
		{"too many problems", text(unknown.String() + tail), "more than 1000 problems: fix these first"},
		{"too many questions", text(questions), "504:9: more than 500 questions: split the survey into several files"},
		{"too many options", text("title: T\nsections:\n  - questions:\n      - {id: q, type: single_choice, label: L, options: [" + strings.Join(options, ", ") + "]}\n"), "more than 200 options: shorten the list, or ask with a short_text"},
		{"too many rows", text("title: T\nscales: {s: [{id: a, label: A}, {id: b, label: B}]}\nsections:\n  - questions:\n      - {id: q, type: matrix, label: L, scale: s, rows: [" + strings.Join(rows, ", ") + "]}\n"), "more than 200 rows: split the matrix"},
		{"conditions that are expensive to judge", text(costly.String() + "      - {id: last, type: yes_no, label: L, show_if: nobody}\n"), "show_if: there is no question 'nobody'"},
		{"long conditions behind aliases", text(aliased.String()), "too large: with its aliases (*) written out"},
		{"short conditions by the thousand", text(short.String()), "show_if: there is no question 'nobody'"},
		{"a long condition", text("title: T\nsections:\n  - questions:\n      - {id: q, type: yes_no, label: L, show_if: " + strings.Repeat("a", 2001) + "}\n"), "4:50: show_if: longer than 2000 characters: shorten it"},
		{"a long pattern", text("title: T\nsections:\n  - questions:\n      - {id: q, type: short_text, label: L, pattern: " + strings.Repeat("a", 501) + "}\n"), "4:54: pattern is longer than 500 characters: shorten it"},
	}
}

// deepLines returns mappings nested depth levels deep.
func deepLines(depth int) []byte {
	var b bytes.Buffer
	for i := range depth {
		fmt.Fprintf(&b, "%*sa:\n", i, "")
	}
	return b.Bytes()
}

func TestOddSources(t *testing.T) {
	for _, o := range oddResults() {
		t.Run(o.name, func(t *testing.T) {
			checkProblems(t, o.source, o.survey, o.problems)
			if !strings.Contains("\n"+o.problems.Error(), o.want) {
				t.Errorf("got\n%v\nwant\n%s", o.problems[:min(len(o.problems), 5)], o.want)
			}
			if o.allocated > 256<<20 && !raceDetector {
				t.Errorf("allocated %d MB", o.allocated>>20)
			}
		})
	}
}

// BenchmarkOddSources shows the time of each hostile file: it should be below a second.
func BenchmarkOddSources(b *testing.B) {
	for _, o := range oddSources() {
		b.Run(o.name, func(b *testing.B) {
			for b.Loop() {
				Parse("odd.yaml", o.source)
			}
		})
	}
}
