package questionnaire

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// badDraft returns a questionnaire of some questions, most of which have a mistake, and the lines of the mistakes.
func badDraft(questions int) (source string, mistakes []int) {
	var b strings.Builder
	line := 0
	write := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		b.WriteString(text)
		line += strings.Count(text, "\n")
	}
	write("title: T\nsections:\n")
	for i := range questions {
		if i%200 == 0 {
			write("  - title: Part\n    intro: |\n      %s\n    questions:\n", strings.Repeat("Some words: [more. ", 20))
		}
		good := line
		switch i % 10 {
		case 0:
			write("      - {id: q%d, type: yes_no, label: L\n", i)
		case 1:
			write("      - id: q%d\n        type: yes_no\n        label: \"L\n", i)
		case 2:
			write("      - {id: q%d, type: yes_no, label: [L] must}\n", i)
		case 3:
			write("      - id: q%d\n        type yes_no\n        label: L\n", i)
		case 4:
			write("      - {id: q%d, type: single_choice, label: L, options: [{id: a, label: A}, {id: b, label: B]}\n", i)
		case 5:
			write("      - id: q%d\n        type: yes_no\n         label: L\n", i)
		case 6:
			write("      - {id: q%d, type: yes_no, label: L, requird: true}\n", i)
		default:
			write("      - id: q%d\n        type: single_choice\n        label: {en: How was it?}\n        options: [\n          {id: a, label: A},\n          {id: b, label: B}\n        ]\n", i)
			continue
		}
		mistakes = append(mistakes, good+1+map[int]int{1: 2, 3: 1, 5: 2}[i%10])
	}
	return b.String(), mistakes
}

// TestMendAll checks that each mistake of a draft is found, and nothing else; and that what is given to yaml.v3 grows with the
// length of the file.
func TestMendAll(t *testing.T) {
	for _, questions := range []int{10, 30, 100, 490} {
		source, mistakes := badDraft(questions)
		r := newReader("t.yaml")
		r.questionnaire([]byte(source))
		var got []int
		for _, p := range r.problems.sorted() {
			got = append(got, p.Line)
		}
		if fmt.Sprint(got) != fmt.Sprint(mistakes) {
			t.Errorf("%d questions, mistakes on lines\n%v, found\n%v\n%v", questions, mistakes, got, r.problems.sorted())
		}
		each := r.checked / len(source)
		t.Logf("%d bytes, %d mistakes: each byte read %d times", len(source), len(mistakes), each)
		if each > 120 {
			t.Errorf("%d bytes, %d mistakes: each byte read %d times", len(source), len(mistakes), each)
		}
	}
}

func BenchmarkMend(b *testing.B) {
	source, mistakes := badDraft(490)
	long := source + "x-more:\n" + strings.Repeat("  - {id: a, label: [A] b}\n  - {id: a, label: A, more: text, that: fills, the: file}\n", (maxFile-len(source))/90)
	for name, source := range map[string]string{fmt.Sprintf("%d mistakes", len(mistakes)): source, "half a megabyte": long} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				Parse("t.yaml", []byte(source))
			}
		})
	}
}

// TestMendEnd checks that a line at the margin, which ends the questionnaire for YAML, is not reported once more for each of the
// lines below it.
func TestMendEnd(t *testing.T) {
	source, err := os.ReadFile("../../surveys/retail.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	at := 60 + slices.IndexFunc(lines[60:], func(l string) bool { return strings.HasPrefix(l, "          zh:") })
	lines[at] = "，  " + strings.TrimSpace(lines[at])
	_, problems := Parse("retail.yaml", []byte(strings.Join(lines, "\n")))
	ended := 0
	for _, p := range problems {
		if p.Code() == "several_documents" {
			ended++
		}
	}
	if ended > 1 || len(problems) > 5 || !slices.ContainsFunc(problems, func(p Problem) bool { return p.Line == at+1 }) {
		t.Errorf("line %d at the margin:\n%s", at+1, problems.Error())
	}
}
