package render

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// listed parses a survey of a window, in English.
func listed(t *testing.T, id, window, more string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(id+".yaml", fmt.Appendf(nil, `title: Survey %s
languages: [en]
purpose: To improve %s.
window: {%s}
%s
sections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]
`, id, id, window, more))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func homeOf(t *testing.T, r *Renderer, surveys []*survey.Survey) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Home(&b, surveys, HomePage{Language: "en", Languages: []string{"en"}, At: october}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is open comes first, then what is not open yet, then what is closed, the last one closed first; a closed survey's
// link leads to its results, if they are public.
func TestHomeOrder(t *testing.T) {
	page := homeOf(t, renderer(t), []*survey.Survey{
		listed(t, "old", "until: 2026-01-31", ""),
		listed(t, "soon", "from: 2026-11-01, until: 2026-11-30", ""),
		listed(t, "recent", "until: 2026-09-30", ""),
		listed(t, "now", "from: 2026-10-01, until: 2026-10-31", "minutes: 3"),
		listed(t, "silent", "until: 2025-12-31", "results: {audience: management}"),
	})
	at := 0
	for _, want := range []string{
		"Open now", `href="now/"`, "31 October 2026", `href="now/results/"`, "Take the survey",
		"Opening soon", `href="soon/"`, "1 November 2026",
		"Closed", `href="recent/results/" aria-label="Results: Survey recent"`, "Closed on 30 September 2026", `href="old/results/"`, "31 January 2026", `href="silent/"`,
	} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("no %q where it is expected, in\n%s", want, page)
		}
		at += i + len(want)
	}
	for want, n := range map[string]int{"Take the survey": 1, `href="soon/results/"`: 0, `href="silent/results/"`: 0, `href="recent/"`: 0, "find": 0} {
		if got := strings.Count(page, want); got != n {
			t.Errorf("%q is there %d times, want %d", want, got, n)
		}
	}
}

// A date that all surveys of a group have is said once; where none is open, the page says so and lists the others.
func TestHomeSaysDatesOnce(t *testing.T) {
	same := homeOf(t, renderer(t), []*survey.Survey{listed(t, "a", "until: 2026-12-31", ""), listed(t, "b", "until: 2026-12-31", "")})
	if n := strings.Count(same, "31 December 2026"); n != 1 {
		t.Errorf("one date of two surveys is said %d times", n)
	}
	two := homeOf(t, renderer(t), []*survey.Survey{listed(t, "a", "until: 2026-12-31", ""), listed(t, "b", "until: 2026-12-30", "")})
	if strings.Count(two, "31 December 2026") != 1 || strings.Count(two, "30 December 2026") != 1 {
		t.Error("two dates are not said once each")
	}
	most := homeOf(t, renderer(t), []*survey.Survey{
		listed(t, "a", "until: 2026-12-31", ""), listed(t, "b", "until: 2026-12-31", ""), listed(t, "c", "until: 2026-12-31", ""),
		listed(t, "d", "until: 2026-12-30", ""), listed(t, "e", "from: 2026-10-01", ""),
	})
	for want, n := range map[string]int{"Until 31 December 2026, unless it says otherwise": 1, "31 December 2026": 1, "<li>Until 30 December 2026": 1, "No closing date": 1} {
		if got := strings.Count(most, want); got != n {
			t.Errorf("%q is there %d times, want %d", want, got, n)
		}
	}
	closed := homeOf(t, renderer(t), []*survey.Survey{listed(t, "a", "until: 2026-01-31", "")})
	if !strings.Contains(closed, "no surveys at the moment") || !strings.Contains(closed, `href="a/results/"`) {
		t.Error("with nothing open, the page does not say so, or leaves out what is closed")
	}
}

// Each of a few surveys has a button; of many, the cards are close together.
func TestHomeOfFew(t *testing.T) {
	var surveys []*survey.Survey
	for i := range fewSurveys + 1 {
		surveys = append(surveys, listed(t, fmt.Sprintf("s%d", i), "until: 2026-12-31", ""))
		page := homeOf(t, renderer(t), surveys)
		few := len(surveys) <= fewSurveys
		if strings.Contains(page, `class="surveys few"`) != few || (strings.Count(page, `class="go button"`) == len(surveys)) != few {
			t.Errorf("%d surveys:\n%s", len(surveys), page)
		}
	}
}

// From twelve surveys on there is a search, hidden until its script shows it.
func TestHomeSearch(t *testing.T) {
	r := renderer(t)
	r.assets.Home = Asset{Path: "assets/home-1.js"}
	var surveys []*survey.Survey
	for i := range searchFrom {
		if page := homeOf(t, r, surveys); strings.Contains(page, "home-1.js") || strings.Contains(page, `type="search"`) {
			t.Fatalf("a search of %d", i)
		}
		surveys = append(surveys, listed(t, fmt.Sprintf("s%d", i), "until: 2026-12-31", ""))
	}
	page := homeOf(t, r, surveys)
	for _, want := range []string{`<div class="find" role="search" hidden>`, `<label for="find">`, `id="find" type="search"`, `src="assets/home-1.js"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
}

// The company's name is in the heading, and not above it again unless as its logo.
func TestHomeNamesTheCompany(t *testing.T) {
	surveys := []*survey.Survey{listed(t, "a", "until: 2026-12-31", "")}
	plain := lantern
	plain.Logo, plain.LogoDark = "", ""
	for _, brand := range []Brand{lantern, plain} {
		page := homeOf(t, branded(t, brand), surveys)
		name := textIn(brand.Name, "en")
		if !strings.Contains(page, "<h1>Surveys by "+html.EscapeString(name)+"</h1>") {
			t.Errorf("the heading does not name %s", name)
		}
		if said := strings.Count(rendertest.Text(t, []byte(page[strings.Index(page, "<header"):])), name); said != 1 {
			t.Errorf("the company is named %d times", said)
		}
		if strings.Contains(page, "<img") != (brand.Logo != "") {
			t.Error("the logo is missing, or is there without one")
		}
	}
}

// What is for paper is a stylesheet that does not hold up the page; the home page has one of its own.
func TestStylesheetsOfPages(t *testing.T) {
	r := renderer(t)
	r.assets.Print, r.assets.HomeStyle = Asset{Path: "assets/print-1.css"}, Asset{Path: "assets/home-1.css"}
	page := homeOf(t, r, nil)
	for _, want := range []string{`<link rel="stylesheet" href="assets/home-1.css">`, `<link rel="stylesheet" media="print" href="assets/print-1.css">`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if more := r.Frame("survey", "", "en", "", nil).More; more != (Asset{}) {
		t.Errorf("a form has %v", more)
	}
	r.assets.Results = Asset{Path: "assets/results-1.css"}
	if paper := r.Frame("results", "", "en", "", nil).Print; paper != (Asset{}) {
		t.Errorf("results have their own rules for paper, and %v", paper)
	}
}
