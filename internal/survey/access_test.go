package survey_test

import (
	"bytes"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Who may answer, and what is known of the invited, are part of the definition, and change no figure.
func TestAccess(t *testing.T) {
	read := func(keys string) *survey.Survey {
		t.Helper()
		s, problems := questionnaire.Parse("a.yaml", []byte("title: A\n"+keys+"\nsections: [{questions: [{id: a, type: nps, label: A}]}]\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return s
	}
	open := read("")
	versions := map[string]bool{}
	for _, c := range []struct {
		keys         string
		access       survey.Access
		anonymity    survey.Anonymity
		invites, all bool
	}{
		{"", survey.OpenAccess, survey.Undeclared, false, true},
		{"access: invited", survey.InvitedAccess, survey.Confidential, true, false},
		{"access: both", survey.BothAccess, survey.Confidential, true, true},
		{"access: invited\nanonymity: anonymous", survey.InvitedAccess, survey.Anonymous, true, false},
		{"access: invited\nanonymity: identified", survey.InvitedAccess, survey.Identified, true, false},
	} {
		s := read(c.keys)
		if s.Access != c.access || s.Anonymity != c.anonymity || s.HasInvitations() != c.invites || s.IsOpenToAll() != c.all {
			t.Errorf("%q: %q, %q, %t, %t", c.keys, s.Access, s.Anonymity, s.HasInvitations(), s.IsOpenToAll())
		}
		if versions[s.Version] {
			t.Errorf("%q: has the version of another", c.keys)
		}
		versions[s.Version] = true
		if s.Shape != open.Shape || !bytes.Equal(s.Form(), open.Form()) {
			t.Errorf("%q: another shape or form", c.keys)
		}
		if again, err := survey.Decode(s.Encode()); err != nil || again.Access != c.access || again.Anonymity != c.anonymity {
			t.Errorf("%q: stored otherwise (%v)", c.keys, err)
		}
	}
	if same := read("access: open"); same.Version != open.Version || bytes.Contains(open.Encode(), []byte("access")) {
		t.Error("a survey for all has another version than before there were invitations")
	}
	if explicit := read("access: invited\nanonymity: confidential"); !versions[explicit.Version] {
		t.Error("the default has another version than what it stands for")
	}
}
