package convert

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/questionnaire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// readSource reads a questionnaire of testdata: .json as it is, .form as a workbook.
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
	r.WriteTo(&b)
	return b.String()
}

// TestGolden compares whole questionnaires and their reports with what is kept in testdata.
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
			for kind, got := range map[string]string{".yaml": string(result.YAML), ".report": printed(&result.Report)} {
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
					t.Errorf("%s differs (go test -update writes it anew):\n%s", golden, difference(string(want), got))
				}
			}
		})
	}
}

// difference shows the first lines in which two texts differ.
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
