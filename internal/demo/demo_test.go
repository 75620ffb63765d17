package demo

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

func tea(t *testing.T) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nperiod: month\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func TestFill(t *testing.T) {
	var mu sync.Mutex
	seen := 0
	statuses := []int{http.StatusCreated, http.StatusOK, http.StatusForbidden}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			return
		}
		body, _ := io.ReadAll(r.Body)
		if _, err := answer.FromJSON(body); err != nil || r.URL.Path != "/s/api/surveys/tea/responses" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		seen++
		w.WriteHeader(statuses[seen%len(statuses)])
	}))
	defer site.Close()
	c := NewClient(site.URL + "/s/")
	defer c.Close()
	sent, err := c.Fill(t.Context(), tea(t), Options{Answers: 30, Seed: 1})
	if want := (Sent{New: 10, Known: 10, Closed: 10}); err != nil || sent != want {
		t.Errorf("%+v, %v, want %+v", sent, err, want)
	}
	statuses = []int{http.StatusBadRequest}
	if _, err := c.Fill(t.Context(), tea(t), Options{Answers: 1, Seed: 1}); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("a refusal: %v", err)
	}
	if !Reachable(t.Context(), site.URL) || Reachable(t.Context(), "http://127.0.0.1:1/") {
		t.Error("Reachable is wrong")
	}
}

// memory keeps the periods of responses by their ids.
type memory struct {
	mu      sync.Mutex
	periods map[string]string
}

func (m *memory) Put(_ context.Context, r answer.Response, _ ...string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if of := m.periods[r.ID]; of != "" && of != r.Period {
		return false, store.ErrConflict
	}
	m.periods[r.ID] = r.Period
	return true, nil
}

func TestFillPast(t *testing.T) {
	m := &memory{periods: map[string]string{}}
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	if err := FillPast(t.Context(), m, tea(t), Options{Answers: 20, Periods: 3, Seed: 1}, now); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, period := range m.periods {
		counts[period]++
	}
	if len(counts) != 2 || counts["2026-09"] != 20 || counts["2026-08"] != 20 {
		t.Errorf("%v", counts)
	}
	// A month later, October is the period before.
	if err := FillPast(t.Context(), m, tea(t), Options{Answers: 20, Periods: 2, Seed: 1}, now.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if len(m.periods) != 60 {
		t.Errorf("%d respondents, want 60", len(m.periods))
	}
}
