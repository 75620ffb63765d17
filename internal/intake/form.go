package intake

import (
	"net/http"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// maxQuery bounds the query of a form's address, in bytes: room for the longest values of a dozen hidden questions.
const maxQuery = 8 << 10

// serveForm replies with an empty form under an id of its own. The page of the site cannot carry one, because everybody gets
// the same; its script makes one, and browsers without it are led here. Every copy of the form is one submission: the browser
// keeps it for the way back, and asks again for another answer. The invited get their form here, too.
func (s *submission) serveForm(id, language string) {
	if len(s.r.URL.RawQuery) > maxQuery {
		s.notice(s.w, s.r, http.StatusRequestURITooLong, answer.Problem{Code: answer.NotFound})
		return
	}
	s.isForm, s.posted = true, answer.Posted{Language: language, Fields: map[string][]string{}}
	if s.r.Method == http.MethodPost && !s.readInvitation() {
		return
	}
	if !s.findSurvey(s.r.Context(), id) {
		return
	}
	if s.r.Method == http.MethodPost && !s.current.HasInvitations() {
		s.allows(http.MethodGet, http.MethodHead)
		return
	}
	if s.current.PhaseAt(s.now) != survey.Open { // without grace: nobody begins after the end
		s.refuseClosed()
	} else if s.admit(s.r.Context()) {
		s.seal.Rendered = s.now
		s.form(http.StatusOK, render.SurveyPage{}, "Cache-Control", "private, max-age=0", "X-Robots-Tag", "noindex")
	}
}
