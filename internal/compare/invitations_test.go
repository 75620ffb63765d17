package compare_test

import (
	"strings"
	"testing"

	"glasspoll/internal/compare"
	"glasspoll/internal/questionnaire"
)

// What was promised to those who have answered stays; figures stay comparable.
func TestInvitationsAreCompared(t *testing.T) {
	read := func(keys string) compare.Version {
		t.Helper()
		source := []byte("title: A\n" + keys + "sections: [{questions: [{id: a, type: nps, label: A}]}]\n")
		s, problems := questionnaire.Parse("a.yaml", source)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return compare.Version{Survey: s, Places: questionnaire.Locate("a.yaml", source)}
	}
	for _, c := range []struct{ old, new, want, zh string }{
		{"access: both\n", "access: invited\n", "a.yaml:2:9: takes effect for new answers: survey: the survey is now answered by invitation alone; answers given before stay", "只凭邀请填写"},
		{"access: invited\n", "access: both\n", "a.yaml:2:9: takes effect for new answers: survey: the survey is now answered by invitation, and by whoever has its address; answers given before stay", "有网址的人也可以填写"},
		{"access: both\nanonymity: confidential\n", "access: both\nanonymity: identified\n", "a.yaml:3:12: takes effect for new answers: survey: what is known of the invited was changed from confidential to identified; answers given before keep what was promised then", "当时的承诺"},
		{"access: invited\n", "access: open\n", "a.yaml:2:9: takes effect for new answers: survey: the survey is now answered by whoever has its address; answers given before stay", "有网址的人都可以填写"},
	} {
		changes := compare.Surveys(read(c.old), read(c.new))
		if len(changes) != 1 || changes[0].String() != c.want || !strings.Contains(changes[0].In("zh"), c.zh) {
			t.Errorf("%q to %q: %v", c.old, c.new, changes)
		}
	}
}
