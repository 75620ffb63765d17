package compare_test

import (
	"strings"
	"testing"

	"glasspoll/internal/compare"
	"glasspoll/internal/questionnaire"
)

// TestPrivacy: who has answered was promised what the notice said then, and an edit says so.
func TestPrivacy(t *testing.T) {
	const head, questions = "title: T\npurpose: P\n", "sections: [{questions: [{id: a, type: yes_no, label: L}]}]\n"
	const notice = "privacy: {controller: C, contact: {email: a@example.com}, keep: {years: 2}, recipients: Nobody else}\n"
	version := func(source string) compare.Version {
		t.Helper()
		s, problems := questionnaire.Parse("t.yaml", []byte(source))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return compare.Version{Survey: s, Places: questionnaire.Locate("t.yaml", []byte(source))}
	}
	const promises = "t.yaml:3:10: takes effect for new answers: privacy notice: what it promises was edited: those who have answered were promised what it said before"
	for name, c := range map[string]struct{ before, after, want string }{
		"added":           {"", notice, "t.yaml:3:10: takes effect for new answers: privacy notice: it was added: its page is linked from the form"},
		"removed":         {notice, "", "t.yaml:3:10: takes effect for new answers: privacy notice: it was removed: its page is taken back, and what it promised to those who have answered still holds"},
		"kept longer":     {notice, strings.Replace(notice, "years: 2", "years: 5", 1), promises},
		"kept shorter":    {notice, strings.Replace(notice, "years: 2", "months: 6", 1), "t.yaml:3:65: takes effect at once: privacy notice: answers are kept for a shorter time, those given before too: what is older is deleted"},
		"given to others": {notice, strings.Replace(notice, "Nobody else", "Others", 1), promises},
		"whom to ask":     {notice, strings.Replace(notice, "a@example", "b@example", 1), "t.yaml:3:10: only wording: privacy notice: it was edited, and promises the same"},
		"nothing of this": {notice, notice, ""},
	} {
		changes := compare.Surveys(version(head+c.before+questions), version(head+c.after+questions))
		got := ""
		if len(changes) > 0 {
			got = changes[0].String()
		}
		if got != c.want || len(changes) > 1 {
			t.Errorf("%s: %q, want %s", name, changes, c.want)
		}
	}
}
