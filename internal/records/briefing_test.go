package records

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/briefing"
	"glasspoll/internal/cases"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/survey"
)

// TestBriefChoosesPeriods checks which period a survey has in a report, and what is said where it has none.
func TestBriefChoosesPeriods(t *testing.T) {
	records, s := filled(t, 10)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	make := func(name, level string, ids ...string) (*Briefing, error) {
		span, err := cases.ParseSpan(name)
		if err != nil {
			t.Fatal(err)
		}
		return Brief(t.Context(), records, BriefingOptions{
			Figures: briefing.Figures{Span: span, Level: level, Now: now, Language: "en"}, IDs: ids,
			Actions:      map[string]survey.Actions{s.ID: {Measures: []survey.Measure{{Problem: survey.Text{"en": "Cold tea"}, Measure: survey.Text{"en": "New kettles"}, Status: survey.Doing, Due: "2026-11-01"}}}},
			CompanyNames: survey.Text{"": "Tea Company"},
		})
	}
	html := func(b *Briefing, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		if err := b.Write(&page, ".html", Colours{}); err != nil {
			t.Fatal(err)
		}
		return page.String()
	}
	for name, period := range map[string]string{"2026-09": "September 2026", "2026-10": "October 2026", "2026-Q3": "September 2026", "2026-Q4": "October 2026"} {
		page := html(make(name, results.Management, s.ID))
		if !strings.Contains(page, "<td class=\"\">"+period) || !strings.Contains(page, "New kettles") || !strings.Contains(page, "Overdue") || !strings.Contains(page, "Tea Company") {
			t.Errorf("%s does not have %s:\n%s", name, period, page)
		}
		if name == "2026-09" && strings.Contains(page, "October 2026") {
			t.Error("September has what came later")
		}
	}
	if page := html(make("2026-11", results.Management)); !strings.Contains(page, "there are no figures of the span that can be shown") {
		t.Errorf("November has figures:\n%s", page)
	}
	if page := html(make("2026-10", results.Staff)); strings.Contains(page, "October 2026: index") { // nothing has been released
		t.Error("staff read what has not been released")
	}
	if _, err := make("2026-10", results.Management, "coffee"); err == nil || !strings.Contains(err.Error(), "there is no survey coffee here: there are tea") {
		t.Errorf("an unknown survey: %v", err)
	}
	for _, ending := range []string{".docx", ".xlsx"} {
		b, err := make("2026-10", results.Management)
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := b.Write(&file, ending, Colours{}); err != nil || !bytes.HasPrefix(file.Bytes(), []byte("PK")) {
			t.Errorf("%s: %v", ending, err)
		}
	}
}

// TestBriefOfNothing checks that a report of a span in which there was no survey says when it was made, and that the span is over.
func TestBriefOfNothing(t *testing.T) {
	records, _ := filled(t, 3)
	later, problems := questionnaire.Parse("tea.yaml", []byte(strings.Replace(tea, "timezone: UTC", "timezone: UTC\nwindow: {from: 2026-09-01}", 1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := records.PutDefinition(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	span, err := cases.ParseSpan("2025-01")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Brief(t.Context(), records, BriefingOptions{Figures: briefing.Figures{Span: span, Level: results.Management, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Language: "en"}})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := b.Write(&page, ".html", Colours{}); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); !strings.Contains(text, "There was no survey in the span") || !strings.Contains(text, "20 November 2026") || strings.Contains(text, "has not ended") {
		t.Errorf("the report of nothing:\n%s", text)
	}
}

// TestBriefLeavesOut checks that a report for staff leaves out surveys whose results are for management, with their cases, and one
// of all surveys those that were closed before and have nothing to say.
func TestBriefLeavesOut(t *testing.T) {
	records, s := filled(t, 3)
	for id, source := range map[string]string{
		"board": strings.Replace(tea, "min_group: 2", "min_group: 2, audience: management", 1),
		"old":   strings.Replace(tea, "timezone: UTC", "timezone: UTC\nwindow: {until: 2025-12-31}", 1),
	} {
		more, problems := questionnaire.Parse(id+".yaml", []byte(source))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := records.PutDefinition(t.Context(), more); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i, id := range []string{"board", s.ID, cases.NoSurvey} {
		c := &cases.Case{ID: strings.Repeat("0", 15) + string(rune('1'+i)), Survey: id, Timezone: "UTC", Type: "complaint", Severity: survey.Minor, Priority: survey.NormalPriority,
			Opened: time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC), Status: cases.Open, Changes: []cases.Change{{What: cases.WasOpened}}}
		if _, err := records.OpenCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	october, err := cases.ParseSpan("2026-10")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Brief(t.Context(), records, BriefingOptions{Figures: briefing.Figures{Span: october, Level: results.Staff, Now: now}, IDs: []string{"board"}}); err == nil || !strings.Contains(err.Error(), "the results of board are for management") {
		t.Errorf("staff read what is for management: %v", err)
	}
	for level, want := range map[string][2]string{results.Staff: {"board", "Cases opened: 2;"}, results.Management: {"", "Cases opened: 3;"}} {
		b, err := Brief(t.Context(), records, BriefingOptions{Figures: briefing.Figures{Span: october, Level: level, Now: now, Language: "en"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(b.LeftOut, " "); got != want[0] {
			t.Errorf("%s: %q is left out, not %q", level, got, want[0])
		}
		var page bytes.Buffer
		if err := b.Write(&page, ".html", Colours{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(page.String(), want[1]) {
			t.Errorf("%s does not say %q", level, want[1])
		}
		documents := b.Tables()[len(b.Tables())-1]
		if n := len(documents.Rows); n != map[string]int{results.Staff: 1, results.Management: 2}[level] {
			t.Errorf("%s is about %d surveys: %v", level, n, documents.Rows)
		}
	}
}
