package results

import (
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/stats"
)

// Lists, filters and groups have short names, and the question itself is said once: where it is answered.
func TestShortNames(t *testing.T) {
	const question = "Are you a member of the club?"
	for _, c := range []struct {
		short       string
		yes, no     string
		aboutMember string
	}{
		{"short: {en: Members}, short_no: {en: Not members}, ", "Members", "Not members", "Results · Members"},
		{"short: {en: Member}, ", "Member: Yes", "Member: No", "Results · Member: Yes"},
		{"", "Yes", "No", "Results · " + question + ": Yes"},
	} {
		s := parsed(t, `
title: {en: Club}
languages: [en]
timezone: UTC
scoring: {overall: all}
sections:
  - questions:
      - {id: member, type: yes_no, segment: true, `+c.short+`label: {en: "`+question+`"}}
      - {id: all, type: rating, steps: 5, label: {en: "All in all, how satisfied are you?"}, short: {en: All in all}}
      - {id: items, type: matrix, scale: five, label: {en: How do you like these?}, rows: [{id: a, label: {en: The way in which we answer}, short: {en: Answers}}, {id: b, label: {en: Price}}]}
scales:
  five: [{id: bad, label: {en: Bad}, score: 1}, {id: good, label: {en: Good}, score: 5}]
results: {crosstabs: [{rows: all, by: member}]}
`)
		p := newPeriod(t)
		p.answer(s, "2026-11-01", 10, "member=yes all=5 items.a=good items.b=bad")
		p.answer(s, "2026-11-01", 10, "member=no all=2 items.a=good items.b=bad")
		p.release(s, "2026-11-02", true)
		page := p.page(s, "en")
		root := parsePage(t, renderer(t), page)
		var names []string
		for _, row := range bodyCells(byID(t, root, "items")) {
			names = append(names, row[0])
		}
		slices.Sort(names)
		if got := strings.Join(names, ", "); got != "All in all, Answers, Price" {
			t.Errorf("items are %s", got)
		}
		groups := textOf(byID(t, root, "groups"))
		has(t, groups, "All in all, by ", c.yes+" 10", c.no+" 10")
		whole := textOf(root)
		for _, said := range []string{"All in all, how satisfied are you?", "The way in which we answer"} {
			if n := strings.Count(whole, said); n != 1 {
				t.Errorf("%q is said %d times", said, n)
			}
		}
		page.Folder = Folder{Segment: "member", Option: "yes"}
		has(t, text(t, page), c.aboutMember)
	}
}

// What a short name says changes no figure.
func TestShortNamesChangeNoFigure(t *testing.T) {
	source := `
title: {en: One}
languages: [en]
timezone: UTC
sections:
  - questions:
      - {id: a, type: rating, steps: 5, label: {en: Alpha}, short: {en: First}}
`
	was, problems := questionnaire.Parse("one.yaml", []byte(source))
	is, more := questionnaire.Parse("one.yaml", []byte(strings.Replace(source, "First", "A", 1)))
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	if was.Shape != is.Shape || was.Version == is.Version {
		t.Errorf("shapes %s and %s, versions %s and %s", was.Shape, is.Shape, was.Version, is.Version)
	}
	p := newPeriod(t)
	p.answer(was, "2026-11-01", 10, "a=5")
	p.release(was, "2026-11-02", true)
	for _, s := range []*stats.Report{p.page(was, "en").Set.Report, p.page(is, "en").Set.Report} {
		if got := s.Periods[0].Item("a"); got.N != 10 || got.Scored != 10 || len(s.Periods[0].Removed) > 0 {
			t.Errorf("%+v", got)
		}
	}
}
