package simulate

import (
	"math"
	"strconv"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// What goes wrong is rare, and rarer with those who are satisfied; a fact is true of some.
func TestYesAndNo(t *testing.T) {
	type share struct {
		question    string
		least, most float64
	}
	for id, shares := range map[string][]share{
		"service_staff":   {{"extra_charge", 0.005, 0.15}, {"first_time", 0.7, 0.99}},
		"packaging":       {{"complained", 0.01, 0.2}, {"knows_complaint_channel", 0.5, 0.99}},
		"telecom_project": {{"open_issues", 0.01, 0.2}},
		"retail":          {{"member", 0.2, 0.8}, {"used_delivery", 0.2, 0.8}},
	} {
		all := people(t, sample(t, id), 1, 300)
		for _, c := range shares {
			yes, n := 0, 0
			for _, r := range all {
				switch given(r, c.question) {
				case "yes":
					yes++
					fallthrough
				case "no":
					n++
				}
			}
			if of := float64(yes) / float64(max(n, 1)); n < 250 || of < c.least || of > c.most {
				t.Errorf("%s: %d of %d say yes to %s", id, yes, n, c.question)
			}
		}
	}
}

// mean is the mean of the marks that respondents give to the fields that are wanted, out of 1.
func mean(all []answer.Response, s *survey.Survey, want func(survey.Field) bool) (mean float64, n int) {
	for _, r := range all {
		for _, f := range s.Fields() {
			if !want(f) {
				continue
			}
			for _, o := range f.Options() {
				if o.ID == given(r, f.Name) && o.Score != nil {
					mean += float64(*o.Score) / float64(f.MaxScore())
					n++
				}
			}
		}
	}
	return mean / float64(max(n, 1)), n
}

// The verdict on the whole follows from the items.
func TestVerdictFollowsFromTheItems(t *testing.T) {
	for _, id := range []string{"retail", "service_staff", "software"} {
		s := sample(t, id)
		n, off := 0, 0
		for _, r := range people(t, s, 2, 400) {
			one := []answer.Response{r}
			overall, given := mean(one, s, func(f survey.Field) bool { return f.Name == s.Scoring.Overall })
			items, rated := mean(one, s, func(f survey.Field) bool { return f.Name != s.Scoring.Overall && f.Question.Type == survey.Matrix })
			if given == 0 || rated == 0 {
				continue
			}
			n++
			if math.Abs(overall-items) > 0.25 {
				off++
			}
		}
		if n < 300 || off > n/50 {
			t.Errorf("%s: of %d respondents, %d judge the whole otherwise than the items", id, n, off)
		}
	}
}

// What is being worked on is low, and what has been improved was low.
func TestAnswersAgreeWithMeasures(t *testing.T) {
	s := sample(t, "retail")
	doing := survey.Actions{Measures: []survey.Measure{{Question: "service.waiting", Status: survey.Doing}}}
	done := survey.Actions{Measures: []survey.Measure{{Question: "delivery", Status: survey.Done}}}
	answers := func(seed uint64, a survey.Actions, back int) []answer.Response {
		m := New(s, seed)
		m.Follow(a)
		if back > 0 {
			m.GoBack(back, time.Now())
		}
		var all []answer.Response
		for range 200 {
			r, err := m.Response("")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		return all
	}
	waiting := func(f survey.Field) bool { return f.Name == "service.waiting" }
	delivery := func(f survey.Field) bool { return f.Question.ID == "delivery" }
	for seed := range uint64(4) {
		all := answers(seed, doing, 0)
		low, _ := mean(all, s, waiting)
		rest, _ := mean(all, s, func(f survey.Field) bool { return f.Question.Type == survey.Matrix && !waiting(f) })
		if low > rest-0.04 {
			t.Errorf("seed %d: what is being worked on has %.3f, the rest %.3f", seed, low, rest)
		}
		now, _ := mean(answers(seed, done, 0), s, delivery)
		before, _ := mean(answers(seed, done, 1), s, delivery)
		if now < before+0.04 {
			t.Errorf("seed %d: what was improved has %.3f, and had %.3f", seed, now, before)
		}
	}
}

// Dates in the answers of a past period are in its last weeks.
func TestDatesOfThePast(t *testing.T) {
	s := sample(t, "service_staff")
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	end := EndBefore(s, now, 2)
	if got := end.Format(time.DateOnly); got != "2026-09-30" {
		t.Fatalf("the month two before November ends on %s", got)
	}
	m := New(s, 1)
	m.GoBack(2, end)
	n := 0
	for range 300 {
		r, err := m.Response("2026-09")
		if err != nil {
			t.Fatal(err)
		}
		if on := given(r, "visited_on"); on != "" {
			n++
			if on < "2026-09-01" || on > "2026-09-30" {
				t.Errorf("answered in September about a visit on %s", on)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d dates", n)
	}
}

func TestEndsOfPeriods(t *testing.T) {
	at := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	for period, want := range map[string][2]string{"month": {"2026-01-31", "2025-12-31"}, "quarter": {"2025-12-31", "2025-09-30"}, "year": {"2025-12-31", "2024-12-31"}} {
		s, problems := questionnaire.Parse("past.yaml", []byte("title: Past\nlanguages: [en]\nperiod: "+period+"\nsections: [{questions: [{id: rated, type: rating, steps: 5, label: Rated}]}]\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for i, day := range want {
			if got := EndBefore(s, at, i+1).Format(time.DateOnly); got != day {
				t.Errorf("%s: %d before February 2026 ends on %s, want %s", period, i+1, got, day)
			}
		}
	}
}

// A follow-up visit is one of a few; what somebody waited goes with how satisfied they are.
func TestFollowUpQuantities(t *testing.T) {
	few, n := 0, 0
	for _, r := range people(t, sample(t, "service_staff"), 1, 400) {
		if visits, err := strconv.Atoi(given(r, "visits")); err == nil {
			n++
			if visits <= 5 {
				few++
			}
		}
	}
	if n < 20 || few < n*8/10 {
		t.Errorf("%d of %d needed at most five visits", few, n)
	}
}
