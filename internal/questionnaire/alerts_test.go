package questionnaire

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/survey"
)

// lowScoring has items on all kinds of scales, and what the default alert must not look at.
const lowScoring = `title: T
languages: [en]
period: quarter
results: {min_group: 5}
scales:
  five: [{id: a, label: A, score: 10}, {id: b, label: B, score: 8}, {id: c, label: C, score: 6}, {id: d, label: D, score: 3}, {id: e, label: E, score: 0}, {id: x, label: No opinion}]
sections:
  - questions:
      - {id: stars, type: rating, steps: 5, label: L}
      - {id: four, type: rating, steps: 4, label: L}
      - {id: seven, type: rating, steps: 7, label: L}
      - {id: ten, type: rating, steps: 10, label: L}
      - {id: recommend, type: nps, label: L}
      - {id: words, type: single_choice, scale: five, label: L}
      - {id: grid, type: matrix, scale: five, label: L, rows: [{id: one, label: L}, {id: two, label: L}]}
      - {id: both, type: importance_matrix, scale: five, importance_scale: five, label: L, rows: [{id: one, label: L}]}
      - {id: secret, type: rating, steps: 5, private: true, label: L}
      - {id: delicate, type: rating, steps: 5, sensitive: true, label: L}
      - {id: aside, type: rating, steps: 5, weight: 0, label: L}
      - {id: likes, type: multi_choice, label: L, options: [{id: a, label: A}, {id: b, label: B}]}
`

func TestDefaultAlert(t *testing.T) {
	s := parse(t, lowScoring+"alerts: default\n")
	if len(s.Alerts) != 1 {
		t.Fatalf("%+v", s.Alerts)
	}
	alert := s.Alerts[0]
	if alert.ID != "low_score" || alert.Opens != "low_score" || alert.Severity != survey.Minor || alert.Priority != survey.NormalPriority {
		t.Errorf("%+v", alert)
	}
	for given, holds := range map[string]bool{
		"": false, "stars 3": true, "stars 4": false, "four 2": true, "four 3": false, "seven 4": true, "seven 5": false, "ten 5": true, "ten 6": false,
		"recommend 5": true, "recommend 6": false, "words c": true, "words b": false, "words x": false, "grid.two d": true, "grid.one a": false,
		"both.one.satisfaction e": true, "both.one.importance e": false, "secret 1": false, "delicate 1": false, "aside 1": false, "likes a": false,
	} {
		name, value, _ := strings.Cut(given, " ")
		answers := func(asked string) []string {
			if asked == name {
				return []string{value}
			}
			return nil
		}
		if alert.When.Holds(answers) != holds {
			t.Errorf("with %q it holds: %t", given, !holds)
		}
	}
	if uses := alert.When.Uses(); len(uses) != 9 || slices.Contains(uses, "secret") {
		t.Errorf("it looks at %v", uses)
	}
	again, err := survey.Decode(s.Encode())
	if err != nil || again.Version != s.Version {
		t.Errorf("decoded: %v", err)
	}

	named := parse(t, lowScoring+"alerts: [{when: default, open: low, owner: desk, due_days: 5}, {when: stars == 5, open: praise}]\n")
	if len(named.Alerts) != 2 || named.Alerts[0].Owner != "desk" || len(named.Alerts[0].When.Uses()) != 9 {
		t.Errorf("%+v", named.Alerts)
	}
	for _, none := range []string{"", "alerts: none\n", "common: {alerts: default}\n"} {
		if s := parse(t, lowScoring+none); s.Alerts != nil {
			t.Errorf("%q: %+v", none, s.Alerts)
		}
	}
	plain := "title: T\nalerts: default\nsections: [{questions: [{id: remark, type: long_text, label: L}]}]\n"
	if s := parse(t, plain); len(s.Alerts) != 0 {
		t.Errorf("without anything rated: %+v", s.Alerts)
	}
}

// TestLowestScore writes the default alert's condition of a matrix by hand.
func TestLowestScore(t *testing.T) {
	s := parse(t, lowScoring+"alerts: [{when: score(grid) <= 6 or score(both) < 3, open: low}]\n")
	if uses := fmt.Sprint(s.Alerts[0].When.Uses()); uses != "[grid.one grid.two both.one.satisfaction]" {
		t.Errorf("it looks at %s", uses)
	}
}

func TestDeadlines(t *testing.T) {
	s := parse(t, lowScoring+"channels: [web, counter]\ndeadlines: [{channel: counter, hours: 24}, {channel: letter, type: complaint, days: 5}, {severity: critical, days: 0}]\n"+
		"alerts: [{when: stars == 1, open: complaint, subtype: late, due_hours: 48, escalate_to: 主管}]\n")
	if d := s.Deadlines; len(d) != 3 || *d[0].Hours != 24 || d[0].Channel != "counter" || d[1].Type != "complaint" || *d[2].Days != 0 || d[2].Severity != survey.Critical {
		t.Errorf("%+v", d)
	}
	if a := s.Alerts[0]; a.Subtype != "late" || *a.DueHours != 48 || !slices.Equal(a.Escalate, []string{"主管"}) {
		t.Errorf("%+v", a)
	}
	plain := parse(t, lowScoring+"channels: [web, counter]\n")
	if public := s.Public(); public.Deadlines != nil || s.Shape != plain.Shape || string(s.Form()) != string(plain.Form()) {
		t.Error("deadlines are public, or figures depend on them")
	}
}
