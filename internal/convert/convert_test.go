package convert

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 5_000) }

var update = flag.Bool("update", false, "rewrite the golden files")

// readSource reads a questionnaire of testdata: .json unchanged, .form as a workbook.
func readSource(t testing.TB, file string) (name string, content []byte) {
	t.Helper()
	if strings.HasSuffix(file, ".form") {
		return strings.TrimSuffix(filepath.Base(file), ".form") + ".xlsx", workbook(t, readForm(t, file))
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(file), content
}

func sourceFiles(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"testdata/*.form", "testdata/*.json"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) < 4 {
		t.Fatalf("testdata holds only %d questionnaires", len(all))
	}
	return all
}

func printed(r *report.Report) string {
	var b bytes.Buffer
	r.Write(&b, message.English)
	return b.String()
}

// TestGolden compares questionnaires and their reports with the golden files.
func TestGolden(t *testing.T) {
	for _, file := range sourceFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			name, content := readSource(t, file)
			result, err := Convert(name, content)
			if err != nil {
				t.Fatal(err)
			}
			if _, problems := questionnaire.Parse(result.ID+".yaml", result.YAML); len(problems) > 0 {
				t.Errorf("the YAML does not parse: %v", problems)
			}
			for kind, got := range map[string]string{".yaml": string(result.File(message.English)), ".report": printed(&result.Report)} {
				golden := file + kind
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
						t.Fatal(err)
					}
					continue
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s differs (go test -update rewrites it):\n%s", golden, difference(string(want), got))
				}
			}
		})
	}
}

// TestCommentIsInTheReadersLanguage reads the comment above the YAML.
func TestCommentIsInTheReadersLanguage(t *testing.T) {
	result, err := Convert("茶.json", []byte(`{"elements": [{"type": "radiogroup", "name": "q", "title": "Tea?", "choices": ["a", "b"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{
		message.English: "# Imported from 茶.json (SurveyJS); the report",
		message.Chinese: "# 由茶.json 导入（SurveyJS）；导入报告写明了漏掉的内容。\n# 还要决定：",
	} {
		file := string(result.File(language))
		if _, problems := questionnaire.Parse("x.yaml", []byte(file)); !strings.HasPrefix(file, want) || len(problems) > 0 {
			t.Errorf("%s: %v\n%s", language, problems, file)
		}
	}
}

// TestBlankLinesStayOutOfTexts checks that the blank line above a section does not end up in a text whose last line begins
// with #.
func TestBlankLinesStayOutOfTexts(t *testing.T) {
	result, err := Convert("x.json", []byte(`{"pages": [
		{"title": "One", "elements": [{"type": "text", "name": "q"}, {"type": "html", "name": "n", "html": "a\n# b"}]},
		{"title": "Two", "elements": [{"type": "text", "name": "r"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse("x.yaml", result.YAML)
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	if label := s.Sections[0].Questions[1].Label["en"]; label != "a\n# b" {
		t.Errorf("got %q in\n%s", label, result.YAML)
	}
}

// TestOneQuestionAtATime keeps that a survey shows one question at a time.
func TestOneQuestionAtATime(t *testing.T) {
	for mode, cards := range map[string]bool{"questionPerPage": true, "inputPerPage": true, "standard": false, "singlePage": false, "": false} {
		result, err := Convert("x.json", []byte(`{"questionsOnPageMode": "`+mode+`", "pages": [{"elements": [{"type": "text", "name": "q"}, {"type": "text", "name": "r"}]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		s, problems := questionnaire.Parse("x.yaml", result.YAML)
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		if s.Cards != cards {
			t.Errorf("%q becomes\n%s", mode, result.YAML)
		}
	}
}

// difference returns the first lines in which two texts differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return "- " + a + "\n+ " + b
		}
	}
	return "(nothing)"
}
