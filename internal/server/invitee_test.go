package server

import (
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// Authors see the form of a survey for the invited; visitors do not.
func TestPreviewForInvitees(t *testing.T) {
	t.Parallel()
	s, problems := questionnaire.Parse("tea.yaml", []byte(servertest.TeaSurvey+"access: invited\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, preview := range []bool{true, false} {
		e, _, err := builder{preview: preview}.build([]*survey.Survey{s}, glasspoll.Templates(), &theme.Theme{}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if page := e.page("tea/invitee/index.html"); (page != nil) != preview || preview && !strings.Contains(string(page.content), "<form") {
			t.Errorf("preview %t: %v", preview, page != nil)
		}
		if page := e.page("tea/index.html"); page == nil || strings.Contains(string(page.content), "<form") {
			t.Errorf("preview %t: the survey's own page is not what visitors see", preview)
		}
	}
}
