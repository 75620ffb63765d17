package advice_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"glasspoll/internal/advice"
	"glasspoll/internal/compare"
	"glasspoll/internal/questionnaire"
)

// FuzzOf checks any survey that compiles: every advice has a place in the file, and the survey does not differ from
// itself.
func FuzzOf(f *testing.F) {
	files, _ := filepath.Glob("../../surveys/*.yaml")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Add([]byte("# advice: off leading\n" + completeSurvey + satisfied + ratingOf("茶和 3 {{x}}点心？", "Tea & cakes")))
	f.Fuzz(func(t *testing.T, source []byte) {
		s, _ := questionnaire.Parse("tea.yaml", source)
		if s == nil {
			return
		}
		lines := 1 + bytes.Count(source, []byte("\n")) + bytes.Count(source, []byte("\r"))
		for _, a := range advice.Of(s, "tea.yaml", source) {
			if a.Line < 1 || a.Line > lines || a.Column < 1 || a.Fix.IsZero() {
				t.Errorf("%+v", a)
			}
		}
		v := compare.Version{Survey: s, Places: questionnaire.Locate("tea.yaml", source)}
		if changes := compare.Surveys(v, v); len(changes) > 0 {
			t.Errorf("differs from itself: %v", changes)
		}
	})
}
