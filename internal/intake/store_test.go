package intake_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/local"
)

// openStored is open with the embedded store in place of the memory.
func openStored(t *testing.T, yaml string) (*fixture, *local.Store) {
	t.Helper()
	d := open(t, yaml)
	s, err := local.Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.PutDefinition(t.Context(), d.survey); err != nil {
		t.Fatal(err)
	}
	d.handler.Definitions, d.handler.Responses, d.handler.IDs, d.handler.Secrets = s, s, s, s
	return d, s
}

// places returns the period of each response in the logs, by id.
func places(t *testing.T, s *local.Store, survey string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	periods, err := s.Periods(context.Background(), survey)
	if err != nil {
		t.Fatal(err)
	}
	for _, period := range periods {
		for e, err := range s.After(context.Background(), survey, period, "") {
			if err != nil {
				t.Fatal(err)
			}
			found[e.Response.ID] = append(found[e.Response.ID], period)
		}
	}
	return found
}

// TestRetryAcrossThePeriodsEndWithAStore sends answers again from a device that was offline while a period ended: the reply is
// the same receipt, and they are in the log once. Other answers under the id are refused.
func TestRetryAcrossThePeriodsEndWithAStore(t *testing.T) {
	t.Parallel()
	d, s := openStored(t, strings.Replace(surveyYAML, "until: 2026-12-31", "until: 2027-12-31", 1))
	body := `{"id":"` + uuid1 + `","answers":{"overall":5,"mail":"mei@example.org"}}`
	d.now = time.Date(2026, 12, 31, 23, 59, 59, 0, d.survey.Location())
	first := d.json(body)
	if first.Code != 201 {
		t.Fatal(first.Code, first.Body)
	}
	for _, later := range []time.Duration{2 * time.Second, 24 * time.Hour, 200 * 24 * time.Hour} {
		d.now = d.now.Add(later)
		if w := d.json(body); w.Code != 200 || w.Body.String() != first.Body.String() {
			t.Errorf("%v: %d %s, want 200 %s", d.now, w.Code, w.Body, first.Body)
		}
		if w := d.json(strings.Replace(body, "5,", "4,", 1)); w.Code != 409 || !strings.Contains(w.Body.String(), `"code":"conflict"`) {
			t.Errorf("%v: other answers: %d %s", d.now, w.Code, w.Body)
		}
	}
	if got := places(t, s, d.survey.ID); len(got) != 1 || len(got[uuid1]) != 1 || got[uuid1][0] != "2026-Q4" {
		t.Errorf("in the logs: %v", got)
	}
	// A second click on a form without an id, on either side of the end.
	d.now = time.Date(2027, 3, 31, 23, 59, 59, 0, d.survey.Location())
	one := d.form("overall=3")
	d.now = d.now.Add(2 * time.Second)
	two := d.form("overall=3")
	if one.Code != 303 || two.Code != 303 || len(places(t, s, d.survey.ID)) != 2 {
		t.Errorf("%d, %d, in the logs: %v", one.Code, two.Code, places(t, s, d.survey.ID))
	}
}

// TestErasedAnswersSentAgain sends answers again that have been erased, as a device does that was offline since, also in a later
// period. They are refused for good, with a message that neither asks to try again nor says that other answers count.
func TestErasedAnswersSentAgain(t *testing.T) {
	t.Parallel()
	d, s := openStored(t, strings.Replace(surveyYAML, "until: 2026-12-31", "until: 2027-12-31", 1))
	body := `{"id":"` + uuid1 + `","language":"en","answers":{"overall":5}}`
	if w := d.json(body); w.Code != 201 {
		t.Fatal(w.Code, w.Body)
	}
	if erased, err := s.Erase(t.Context(), d.survey.ID, uuid1, nil); !erased || err != nil {
		t.Fatal(erased, err)
	}
	for range 2 {
		for _, sent := range []string{body, strings.Replace(body, "5}", "4}", 1)} {
			w := d.json(sent)
			if w.Code != 409 || w.Header().Get("Retry-After") != "" || !strings.Contains(w.Body.String(), `"code":"withdrawn"`) || !strings.Contains(w.Body.String(), "have been withdrawn and deleted") {
				t.Errorf("%s: %d %s", sent, w.Code, w.Body)
			}
		}
		for language, says := range map[string]string{"en": "have been withdrawn and deleted", "zh": "已经撤回并删除"} {
			w := d.form("overall=5&_language=" + language + "&_id=" + uuid1)
			if w.Code != 409 || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), uuid1) {
				t.Errorf("%s: %d %s", language, w.Code, w.Body)
			}
		}
		d.now = d.now.AddDate(0, 4, 0)
	}
	for e, err := range s.After(t.Context(), d.survey.ID, "2026-Q4", "") {
		if err != nil || !e.Response.Withdrawn || len(e.Response.Answers) > 0 {
			t.Errorf("%+v, %v", e, err)
		}
	}
	// Somebody who has withdrawn answers may answer anew: with the id of a new form.
	if got := places(t, s, d.survey.ID); len(got) != 1 {
		t.Errorf("in the logs: %v", got)
	}
	if w := d.json(strings.Replace(body, uuid1, answerAnew, 1)); w.Code != 201 || len(places(t, s, d.survey.ID)) != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

const answerAnew = "6f1c9ee4-5f2b-4b3e-9a30-0000000000ff"
