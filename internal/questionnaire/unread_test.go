package questionnaire

import (
	"slices"
	"testing"
)

// TestCodesOfConsequences checks that the codes exist by which consequences are told.
func TestCodesOfConsequences(t *testing.T) {
	for _, code := range slices.Concat(overallCodes, lackCodes, languageCodes, nameCodes, []string{"unclosed_quote", "unclosed_bracket", "indentation", "tab", "wide_space"}) {
		if !slices.ContainsFunc(Mistakes(), func(m Mistake) bool { return m.Code == code }) {
			t.Errorf("no problem has the code %s", code)
		}
	}
}
