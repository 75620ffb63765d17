package compare_test

import (
	"strings"
	"testing"

	"glasspoll/internal/compare"
	"glasspoll/internal/questionnaire"
)

// TestPlan: edits of the plan change no figure, and have to be approved again.
func TestPlan(t *testing.T) {
	const head, questions = "title: T\n", "sections: [{questions: [{id: a, type: yes_no, label: L}]}]\n"
	const plan = "plan:\n  document: {number: QR-2, approved_by: QA, approved_on: 2026-09-18}\n  purpose: P\n  target: A\n  method: M\n"
	version := func(source string) compare.Version {
		t.Helper()
		s, problems := questionnaire.Parse("t.yaml", []byte(source))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return compare.Version{Survey: s, Places: questionnaire.Locate("t.yaml", []byte(source))}
	}
	for name, c := range map[string]struct{ before, after, want string }{
		"added":           {"", plan, "t.yaml:3:3: only wording: plan: the plan was added"},
		"removed":         {plan, "", "t.yaml:3:3: only wording: plan: the plan was removed: its page is taken back"},
		"edited":          {plan, strings.Replace(plan, "target: A", "target: B", 1), "t.yaml:3:3: only wording: plan: the plan was edited, and its approval is still that of 2026-09-18: have it approved again"},
		"approved again":  {plan, strings.NewReplacer("target: A", "target: B", "09-18", "09-25").Replace(plan), "t.yaml:3:3: only wording: plan: the plan was edited"},
		"its own entry":   {plan, strings.Replace(plan, "QR-2", "QR-3", 1), "t.yaml:3:3: only wording: plan: the plan's entry in the quality manual was edited"},
		"nothing of this": {plan, plan, ""},
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
