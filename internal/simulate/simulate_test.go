package simulate

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/starter"
	"glasspoll/internal/survey"
)

// everything asks every type, under conditions and checks that an answer given at random seldom meets.
const everything = `
title: Everything
channels: [web, phone]
scales:
  good: [{id: good, label: Good, score: 3}, {id: fair, label: Fair, score: 2}, {id: poor, label: Poor, score: 1}, {id: none, label: No opinion}]
  matters: [{id: much, label: Much, score: 2}, {id: little, label: Little, score: 1}]
sections:
  - id: first
    questions:
      - {id: tier, type: hidden, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: form, type: hidden, label: Form number}
      - {id: overall, type: single_choice, label: Overall, scale: good, other: true, required: late == true}
      - {id: why, type: long_text, label: Why, show_if: score(overall) < 3, required: true}
      - {id: parts, type: matrix, label: Parts, scale: good, rows: [{id: staff, label: Staff}, {id: goods, label: Goods}], required: overall == "poor"}
      - {id: weighed, type: importance_matrix, label: Weighed, scale: good, importance_scale: matters, required: all, rows: [{id: staff, label: Staff}, {id: goods, label: Goods}]}
      - {id: stars, type: rating, label: Stars, steps: 5, display: stars}
      - {id: recommend, type: nps, label: Recommend}
      - {id: reasons, type: multi_choice, label: Reasons, min: 2, max: 3, other: Elsewhere, shuffle: true, options: [{id: near, label: Near}, {id: cheap, label: Cheap}, {id: kind, label: Kind, show_if: stars > 2}, {id: nothing, label: Nothing, exclusive: true}]}
      - {id: order, type: ranking, label: Order, max: 2, required: true, options: [{id: near, label: Near, show_if: reasons contains "near"}, {id: cheap, label: Cheap}, {id: kind, label: Kind}]}
      - {id: budget, type: constant_sum, label: Budget, total: 100, options: [{id: near, label: Near, show_if: channel == "web"}, {id: cheap, label: Cheap}, {id: kind, label: Kind}], check: {that: budget.kind >= 20, message: At least 20}}
  - id: second
    show_if: answered(recommend) and recommend < 9
    questions:
      - {id: visits, type: number, label: Visits, min: 1, max: 50, step: 1, display: slider, required: true}
      - {id: spoilt, type: number, label: Spoilt visits, min: 0, max: 50, step: 1, required: true, check: [{that: spoilt <= visits, message: Not more than all}, {that: spoilt != 0, message: At least one}]}
      - {id: code, type: short_text, label: Code, pattern: "[A-Z]{2}[0-9]{4}", required: true}
      - {id: begun, type: date, label: Begun, min: 2026-01-01, max: 2027-01-01, required: true}
      - {id: ended, type: date, label: Ended, min: 2026-01-01, max: 2027-01-01, required: true, check: {that: ended >= begun, message: Not before the beginning}}
      - {id: at, type: time, label: At}
      - {id: site, type: url, label: Site}
      - {id: late, type: yes_no, label: Late}
      - {id: mail, type: email, label: Mail, required: late}
      - {id: call, type: phone, label: Call}
      - {id: agreed, type: consent, label: Agreed, show_if: answered(mail) or answered(call)}
      - {id: read, type: note, label: Read}
`

// testSurveys returns the samples, and surveys with what the samples lack.
func testSurveys(t *testing.T) []*survey.Survey {
	t.Helper()
	samples, err := starter.Samples()
	if err != nil {
		t.Fatal(err)
	}
	var surveys []*survey.Survey
	for _, sample := range samples {
		surveys = append(surveys, sample.Survey)
	}
	var problems questionnaire.Problems
	for _, file := range []string{"../answer/testdata/every.yaml", "../render/testdata/every.yaml"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, found := questionnaire.Parse(filepath.Base(file), source)
		surveys, problems = append(surveys, s), append(problems, found...)
	}
	s, found := questionnaire.Parse("everything.yaml", []byte(everything))
	surveys, problems = append(surveys, s), append(problems, found...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return surveys
}

// TestRespondentsAreAccepted checks that simulated respondents are accepted, and that together they answer every question and
// get every thank-you text.
func TestRespondentsAreAccepted(t *testing.T) {
	const respondents = 400
	for _, s := range testSurveys(t) {
		given, thanks := map[string]int{}, map[int]bool{}
		c := New(s, 1)
		for range respondents {
			sub, err := c.Next()
			if err != nil {
				t.Errorf("%s: %v", s.ID, err)
				break
			}
			body, err := json.Marshal(sub)
			if err != nil {
				t.Fatal(err)
			}
			posted, err := answer.FromJSON(body)
			if err != nil {
				t.Fatal(err)
			}
			response, page, problems := answer.Check(s, posted)
			if len(problems) > 0 {
				t.Errorf("%s: %v", s.ID, problems)
				break
			}
			thanks[page] = true
			for _, a := range append(response.Answers, response.Private...) {
				given[a.Field()]++
			}
		}
		for _, f := range s.Fields() {
			if given[f.Name] == 0 {
				t.Errorf("%s: none of %d answers %s", s.ID, respondents, f.Name)
			}
		}
		for i := range s.Thanks {
			if !thanks[i] {
				t.Errorf("%s: none of %d gets thanks %d", s.ID, respondents, i+1)
			}
		}
	}
}

// TestSeeds checks that the same seed makes the same respondents, so that running a demo twice adds none.
func TestSeeds(t *testing.T) {
	for _, s := range testSurveys(t) {
		a, b, c := New(s, 7), New(s, 7), New(s, 8)
		for i := range 20 {
			x, errX := a.Next()
			y, errY := b.Next()
			z, errZ := c.Next()
			if err := errors.Join(errX, errY, errZ); err != nil {
				t.Fatal(s.ID, err)
			}
			if !reflect.DeepEqual(x, y) {
				t.Fatalf("%s, respondent %d: %v and %v", s.ID, i, x, y)
			}
			if x.ID == z.ID {
				t.Fatalf("%s, respondent %d: two seeds give the same respondent", s.ID, i)
			}
		}
	}
}

// TestImpossibleCheck checks that a check that no answer meets is an error, not an endless loop.
func TestImpossibleCheck(t *testing.T) {
	s, problems := questionnaire.Parse("riddle.yaml", []byte(`
title: Riddle
sections:
  - questions:
      - {id: word, type: short_text, label: The word, required: true, check: {that: word == "sesame", message: That is not it}}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if sub, err := New(s, 1).Next(); err == nil {
		t.Errorf("a riddle is answered with %v", sub.Answers)
	}
}

// Respondents of the past are others, and the period before this one is the last that is over.
func TestGoBack(t *testing.T) {
	for name, periods := range map[string][3]string{
		"month": {"2026-10", "2026-09", "2025-11"}, "quarter": {"2026-Q3", "2026-Q2", "2023-Q4"}, "year": {"2025", "2024", "2014"},
	} {
		s, problems := questionnaire.Parse("past.yaml", []byte("title: Past\nlanguages: [en]\nperiod: "+name+"\nsections: [{questions: [{id: rated, type: rating, steps: 5, label: Rated}]}]\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		at := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
		if got := [3]string{PeriodBefore(s, at, 1), PeriodBefore(s, at, 2), PeriodBefore(s, at, 12)}; got != periods {
			t.Errorf("before November 2026 came %v, want %v", got, periods)
		}
		ids := map[string]bool{}
		for back := range 3 {
			m := New(s, 1)
			if back > 0 {
				m.GoBack(back, time.Time{})
			}
			for range 20 {
				r, err := m.Response("then")
				if err != nil || r.Period != "then" || r.Survey != "past" || ids[r.ID] {
					t.Fatalf("%v %+v", err, r)
				}
				ids[r.ID] = true
			}
		}
	}
}

// TestForms checks that every sample can be filled in, plausibly and wrongly.
func TestForms(t *testing.T) {
	for _, s := range testSurveys(t) {
		if s.ID == "every" || s.ID == "everything" { // their checks and texts are not made for all this
			continue
		}
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			for _, language := range s.Languages {
				f := &Form{Survey: s, Language: language}
				for seed := range uint64(5) {
					if problems := f.problems(f.Plausible(seed)); len(problems) > 0 {
						t.Errorf("in %s: %v", language, problems)
					}
					if len(f.problems(f.Invalid(seed))) == 0 {
						t.Errorf("in %s: invalid values are accepted", language)
					}
				}
			}
		})
	}
}

// sample returns one of the samples.
func sample(t *testing.T, id string) *survey.Survey {
	t.Helper()
	for _, s := range testSurveys(t) {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no sample %s", id)
	return nil
}

// people makes up respondents.
func people(t *testing.T, s *survey.Survey, seed uint64, n int) []answer.Response {
	t.Helper()
	m := New(s, seed)
	all := make([]answer.Response, n)
	for i := range all {
		r, err := m.Response("")
		if err != nil {
			t.Fatal(err)
		}
		all[i] = r
	}
	return all
}

// given returns a respondent's answer to a field; "" if there is none.
func given(r answer.Response, field string) string {
	for _, a := range r.Answers {
		if a.Field() == field && len(a.Values()) > 0 {
			return a.Values()[0]
		}
	}
	return ""
}

// Counts are those of people: most shop a few times a month, and hardly anybody every day.
func TestQuantities(t *testing.T) {
	var visits []int
	for _, r := range people(t, sample(t, "retail"), 1, 300) {
		if n, err := strconv.Atoi(given(r, "visits_last_month")); err == nil {
			visits = append(visits, n)
		}
	}
	slices.Sort(visits)
	if len(visits) < 200 {
		t.Fatalf("only %d say how often they come", len(visits))
	}
	if median, most := visits[len(visits)/2], visits[len(visits)*95/100]; median < 3 || median > 9 || most > 25 {
		t.Errorf("half come up to %d times a month, and 95 %% up to %d times", median, most)
	}
	for _, n := range visits {
		if n >= 20 && n%5 != 0 {
			t.Errorf("somebody remembers %d visits", n)
		}
	}
}

// The options are what people say: few choose "other".
func TestFewChooseOther(t *testing.T) {
	answered, others := 0, 0
	for seed := uint64(1); seed <= 5; seed++ {
		for _, r := range people(t, sample(t, "retail"), seed, 200) {
			for _, a := range r.Answers {
				if a.Field() != "reasons" || len(a.Values()) == 0 {
					continue
				}
				answered++
				if slices.Contains(a.Values(), survey.Other) {
					others++
				}
			}
		}
	}
	if share := float64(others) / float64(answered); answered < 800 || share == 0 || share > 0.15 {
		t.Errorf("%d of %d chose %q", others, answered, survey.Other)
	}
}

// Those who are satisfied recommend and come again, whatever the seed.
func TestLoyaltyGoesWithSatisfaction(t *testing.T) {
	s := sample(t, "retail")
	for seed := range uint64(5) {
		var happy, unhappy, happyN, unhappyN, back, away int
		for _, r := range people(t, s, seed, 400) {
			recommend, _ := strconv.Atoi(given(r, "recommend"))
			again := given(r, "come_again")
			switch overall, _ := strconv.Atoi(given(r, "overall")); {
			case overall >= 4:
				happy, happyN = happy+recommend, happyN+1
				if again == "certainly_not" || again == "probably_not" {
					away++
				}
			case overall >= 1 && overall <= 2:
				unhappy, unhappyN = unhappy+recommend, unhappyN+1
				if again == "certainly" {
					back++
				}
			}
		}
		if happyN == 0 || unhappyN == 0 || happy/happyN < 7 || unhappy/unhappyN > 5 || back > unhappyN/10 || away > happyN/20 {
			t.Errorf("seed %d: %d satisfied (mean %d, %d stay away) and %d dissatisfied (mean %d, %d certainly come back)",
				seed, happyN, happy/max(happyN, 1), away, unhappyN, unhappy/max(unhappyN, 1), back)
		}
	}
}

// Texts differ, and none is a placeholder.
func TestTextsDiffer(t *testing.T) {
	for _, s := range testSurveys(t) {
		if s.ID == "every" { // has texts of a length that none of ours has
			continue
		}
		texts := map[string]int{}
		n := 0
		for _, r := range people(t, s, 3, 300) {
			own := map[string]bool{}
			for _, f := range s.Fields() {
				if text := given(r, f.Name); f.Question.Type == survey.LongText && text != "" {
					texts[text]++
					n++
					if own[text] {
						t.Errorf("%s: one respondent writes %q twice", s.ID, text)
					}
					own[text] = true
				}
				if text := given(r, f.Name); strings.Contains(text, itemPlace) || text == "Sample" || text == "示例" {
					t.Errorf("%s: %s is %q", s.ID, f.Name, text)
				}
			}
		}
		for text, times := range texts {
			if n >= 50 && times > n/6 {
				t.Errorf("%s: %d of %d texts are %q", s.ID, times, n, text)
			}
		}
	}
}

// A check that refuses few values is failed too: by the value at which it turns.
func TestInvalidFailsTightChecks(t *testing.T) {
	const source = `title: {en: Tight}
languages: [en]
sections:
  - id: all
    questions:
      - {id: low, type: number, min: 0, max: 5000, required: true, label: {en: Low}}
      - {id: high, type: number, min: 0, max: 6000, required: true, label: {en: High}, check: {that: high > low, message: {en: Higher}}}
      - {id: same, type: number, min: 0, max: 100000, required: true, label: {en: Same}, check: {that: same != low, message: {en: Not that}}}
      - {id: most, type: number, min: 0, max: 100000, required: true, label: {en: Most}, check: {that: most < 100000, message: {en: Less}}}
      - {id: from, type: date, min: 2000-01-01, max: 2030-12-31, required: true, label: {en: From}}
      - {id: until, type: date, min: 2000-01-01, max: 2030-12-31, required: true, label: {en: Until}, check: {that: until != from, message: {en: Another day}}}
      - {id: begin, type: time, required: true, label: {en: Begin}}
      - {id: end, type: time, required: true, label: {en: End}, check: {that: end != begin, message: {en: Later}}}
`
	s, problems := questionnaire.Parse("tight.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f := &Form{Survey: s, Language: "en"}
	for seed := range uint64(20) {
		r := f.respondent(New(s, seed))
		for _, q := range s.Order() {
			f.answer(r, q.Question)
			if len(q.Checks) == 0 {
				continue
			}
			failing := f.failCheck(r, q.Question, s.FieldsOf(q.Question))
			r.values[q.ID] = failing[q.ID]
			if failing == nil || len(r.state().Failed[q.ID]) == 0 || !f.onlyFails(r, q.Question) {
				t.Errorf("seed %d: %s is %v", seed, q.ID, failing[q.ID])
			}
			f.answer(r, q.Question)
		}
	}
}
