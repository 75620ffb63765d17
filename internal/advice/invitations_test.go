package advice_test

import (
	"strings"
	"testing"

	"glasspoll/internal/advice"
	"glasspoll/internal/questionnaire"
)

// Where answers are stored with who gave them, a contact detail that is required gives nobody away.
func TestContactDetailsOfTheIdentified(t *testing.T) {
	for keys, want := range map[string]int{"": 1, "access: both\nanonymity: identified\n": 0} {
		source := []byte(completeSurvey + keys + "sections: [{questions: [{id: q, type: email, required: true, label: {zh: 邮箱, en: E-mail}}]}]\n")
		if n := countOf(t, source, advice.SensitiveRequired); n != want {
			t.Errorf("%q: %d, want %d", keys, n, want)
		}
	}
}

// TestIssuedIsCounted: where there are invitations, a number of issued questionnaires is not used.
func TestIssuedIsCounted(t *testing.T) {
	for keys, want := range map[string]int{"": 0, "access: invited\n": 1, "access: both\n": 1} {
		source := []byte(completeSurvey + keys + "audience: {issued: 40}\nsections: [{questions: [{id: q, type: nps, label: {zh: 推荐, en: Recommend}}]}]\n")
		if n := countOf(t, source, advice.IssuedIsCounted); n != want {
			t.Errorf("%q: %d, want %d", keys, n, want)
		}
	}
}

// TestNoticeForTheInvited: a list of people is personal data, whatever the questionnaire asks.
func TestNoticeForTheInvited(t *testing.T) {
	without := strings.Replace(completeSurvey, itsNotice, "", 1)
	for keys, want := range map[string]int{without: 0, without + "access: invited\n": 1, without + "access: both\n": 1, completeSurvey + "access: invited\n": 0} {
		if n := countOf(t, []byte(keys+"sections: [{questions: [{id: q, type: nps, label: {zh: 推荐, en: Recommend}}]}]\n"), advice.NoNotice); n != want {
			t.Errorf("%q: %d, want %d", keys, n, want)
		}
	}
}

// countOf returns how many pieces of advice about a questionnaire, in which nothing is wrong, have a code.
func countOf(t *testing.T, source []byte, code string) (n int) {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", source)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, a := range advice.Of(s, "tea.yaml", source) {
		if a.Code == code {
			n++
		}
	}
	return n
}
