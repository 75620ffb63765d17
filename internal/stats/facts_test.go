package stats

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/release"
)

// TestFacts: received and issued by period and channel, as they stand in today's questionnaire for the newest period and for
// those that it names, and as they stood for the others.
func TestFacts(t *testing.T) {
	source := func(audience string) string {
		return strings.Replace(strings.Replace(counted, "AUDIENCE", "period: year\n"+audience, 1), "min_group: 1", "min_group: 2", 1)
	}
	then := parseText(t, source("audience: {issued: 40, population: 50}"))
	now := parseText(t, source("audience: {issued: {2024: 20, 2026: {web: 10, sms: 4}}, population: 60}"))
	var latest []*release.Release
	for year := 2023; year <= 2026; year++ {
		r := periods(then, fmt.Sprint(year), "x=a v=5 channel=web", "v=5 channel=web", "y=3 channel=sms", "y=4")
		r.Facts = release.Facts{Received: 7, Through: fmt.Sprint(year, "-06-30"), Withdrawn: 2}
		r.Annulled = []release.Annulment{{Respondents: 5}, {Respondents: 6}}
		latest = append(latest, r)
	}
	latest[3].Facts = release.Facts{}
	report := NewReport(now, latest)
	for i, want := range []string{
		"7 2023-06-30 2 11 40 35/2 50", "7 2024-06-30 2 11 20 35 50", "7 2025-06-30 2 11 40 35/2 50",
		"4 2026-11-22 0 11 14 200/7 60", // not fewer than are in figures
	} {
		p := report.Periods[i]
		if got := fmt.Sprint(p.Received, " ", p.Through, " ", p.Withdrawn, " ", p.Annulled, " ", p.Issued, " ", exact(p.Rate), " ", p.Population); got != want {
			t.Errorf("%s: %s, want %s", p.Name, got, want)
		}
	}
	var channels []string
	for _, c := range report.Periods[3].Channels {
		channels = append(channels, fmt.Sprint(c.Name, " ", c.N, "/", c.Of, " ", c.Issued, " ", exact(c.Rate)))
	}
	if want := []string{"web 2/3 10 20", "sms 1/3 4 25"}; !slices.Equal(channels, want) {
		t.Errorf("channels %v, want %v", channels, want)
	}
	if c := report.Periods[0].Channels; len(c) != 2 || c[0].Issued != 0 || c[0].Rate != nil {
		t.Errorf("%+v", c)
	}
	few := parseText(t, source("audience: {issued: 4, population: 4}"))
	latest[0].Annulled = nil
	p := NewReport(few, latest[:1]).Periods[0]
	if want := []Problem{{Kind: MoreThanIssued, N: 7, Of: 4}, {Kind: MoreThanPopulation, N: 5, Of: 4}}; !slices.Equal(p.Problems, want) || p.Overall.Interval != nil {
		t.Errorf("%+v", p.Problems)
	}
}

// TestHiddenSegment: a segment that is hidden today divides nothing any more.
func TestHiddenSegment(t *testing.T) {
	public := parseText(t, strings.Replace(counted, "AUDIENCE", "", 1))
	r := released(public, "tier=gold x=a y=5", "tier=gold x=b y=4", "tier=tin x=a y=3")
	if p := NewReport(public, r).Periods[0]; len(p.Segments()) != 1 || p.GroupSize("tier", "gold") != 2 || len(p.CrossTabs()) != 2 {
		t.Errorf("%d, %d, %d", len(p.Segments()), p.GroupSize("tier", "gold"), len(p.CrossTabs()))
	}
	hidden := parseText(t, strings.NewReplacer("AUDIENCE", "", "segment: true", "publish: false", ", crosstabs: [{rows: x, by: tier}, {rows: spent, by: tier}]", "").Replace(counted))
	p := NewReport(hidden, r).Periods[0]
	if len(p.Segments()) != 0 || p.GroupSize("tier", "gold") != 0 || len(p.CrossTabs()) != 0 || p.Group("tier", "gold").Respondents != 0 || p.Item("tier") != nil {
		t.Errorf("%d, %d, %d", len(p.Segments()), p.GroupSize("tier", "gold"), len(p.CrossTabs()))
	}
	sensitive := parseText(t, strings.NewReplacer("AUDIENCE", "period: year", "segment: true", "sensitive: true", ", crosstabs: [{rows: x, by: tier}, {rows: spent, by: tier}]", "").Replace(counted))
	p = NewReport(sensitive, r).Periods[0]
	if len(p.Segments()) != 0 || p.GroupSize("tier", "gold") != 0 || !p.Item("tier").Coded {
		t.Errorf("sensitive: %d, %d", len(p.Segments()), p.GroupSize("tier", "gold"))
	}
}

// TestWeightedCountIsComparedPerAnswer: twice the answers are not a change.
func TestWeightedCountIsComparedPerAnswer(t *testing.T) {
	s := parseText(t, strings.NewReplacer("AUDIENCE", "period: year", "scoring: {overall: y}", "scoring: {overall: y, model: weighted_count}").Replace(counted))
	some := []string{"tier=gold x=a v=5 y=4", "tier=tin x=b v=5 y=4", "x=b v=4 y=3"}
	more := append(append([]string{}, some...), some...)
	report := NewReport(s, []*release.Release{periods(s, "2025", some...), periods(s, "2026", more...)})
	point := report.Trend[0].Points[1]
	if point.Broken || exact(point.Change()) != "0" || exact(point.Value) != "80" {
		t.Errorf("%s, %s", exact(point.Value), exact(point.Change()))
	}
	test := report.Tests(1).Index
	if test == nil || test.Difference > 1e-9 || test.Difference < -1e-9 || test.Result != Unclear {
		t.Errorf("%+v", test)
	}
	if o := report.Periods[1].Overall; o.Interval != nil || o.RawInterval == nil || o.RawInterval.Low > float(o.PerAnswer) || o.RawInterval.High < float(o.PerAnswer) {
		t.Errorf("%v of %s", o.RawInterval, exact(o.PerAnswer))
	}
}
