package intake_test

import (
	"net/http"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
)

const tierYAML = surveyYAML + `      - {id: tier, type: hidden, label: {zh: 级别, en: Tier}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
access: `

// A survey for the invited takes no answers without an invitation. What was typed stays in the form, and there is no empty one.
func TestOnlyTheInvited(t *testing.T) {
	d := open(t, tierYAML+"invited\n")
	w := d.form("overall=5&advice=More+tea&_language=en&tier=a")
	page := w.Body.String()
	if w.Code != http.StatusForbidden || !strings.Contains(page, "This survey is by invitation") || !strings.Contains(page, "More tea</textarea>") || strings.Contains(page, `name="tier" value="a"`) {
		t.Errorf("%d\n%s", w.Code, page)
	}
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `"code":"invited_only"`) {
		t.Error(w.Code, w.Body)
	}
	for _, unknown := range []string{"0123456789ABCDEF", "x", strings.Repeat("0", 9999)} {
		if w := d.form("overall=5&_invitation=" + unknown); w.Code != http.StatusForbidden {
			t.Errorf("%.20s: %d", unknown, w.Code)
		}
	}
	if w := d.send("GET", formAddress+"en?tier=a", "", ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "<form") || !strings.Contains(w.Body.String(), "This survey is by invitation") {
		t.Error(w.Code, w.Body)
	}
	if len(d.responses) > 0 {
		t.Errorf("stored: %v", d.responses)
	}
}

// Of a survey for both, others' answers have no value of the invitation, whatever they send; nor have those from a page of
// before there were invitations.
func TestHiddenValuesAreOfTheInvited(t *testing.T) {
	d := open(t, tierYAML+"both\n")
	before, problems := questionnaire.Parse("service.yaml", []byte(strings.TrimSuffix(tierYAML, "access: ")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.definitions["service@"+before.Version] = before
	for _, version := range []string{d.survey.Version, before.Version} {
		if w := d.form("overall=5&tier=a&_version=" + version); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code, w.Body)
		}
		d.now = d.now.AddDate(0, 0, 1)
	}
	if w := d.send("POST", "/api/surveys/service/responses?tier=a", "application/x-www-form-urlencoded", "overall=4"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":3,"tier":"a"}}`); w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	if len(d.responses) != 4 {
		t.Errorf("%d stored", len(d.responses))
	}
	for _, r := range d.responses {
		if len(r.Answers) != 1 {
			t.Errorf("stored: %v", r.Answers)
		}
	}
	if w := d.send("GET", formAddress+"en?tier=a", "", ""); w.Code != http.StatusOK || hidden(w)["tier"] != "" {
		t.Error(w.Code, hidden(w))
	}
}
