package results

import (
	"math"
	"slices"
	"testing"

	"glasspoll/internal/chart"
	"glasspoll/internal/render/rendertest"
)

// Charts that stand alone have the figures of the report; shares add up, and none is of a sensitive question.
func TestChartsHaveTheFiguresOfTheReport(t *testing.T) {
	s := rendertest.Every(t)
	set := NewSet(twoQuarters(s))
	for _, language := range s.Languages {
		deck, err := NewDeck(renderer(t), Page{Set: set, Language: language})
		if err != nil {
			t.Fatal(err)
		}
		all := deck.Charts
		byID := map[string]*chart.Chart{}
		for _, c := range all {
			if byID[c.ID] != nil {
				t.Errorf("%s: two charts %s", language, c.ID)
			}
			byID[c.ID] = c
			for _, row := range c.Rows {
				if len(row.Values) != len(c.Series) {
					t.Errorf("%s: %d figures of %d series", c.ID, len(row.Values), len(c.Series))
				}
				sum := 0.0
				for _, x := range row.Values {
					sum += x
				}
				if c.Kind == chart.Stacked && math.Abs(sum-100) > 1e-6 {
					t.Errorf("%s: the shares of %q add up to %v", c.ID, row.Label, sum)
				}
			}
			if _, err := c.CSV(); err != nil {
				t.Error(err)
			}
		}
		period := &set.Report.Periods[1]
		items := byID["items"]
		if items == nil {
			t.Fatalf("%s: no chart of the items", language)
		}
		for i, item := range period.Ranked() {
			if got, want := items.Rows[i].Values[0], float(item.Performance()); got != want {
				t.Errorf("%s is %v in the chart, %v in the report", item.Field.Name, got, want)
			}
		}
		trend := byID["trend"]
		if trend == nil || len(trend.Rows) != 2 || trend.Rows[1].Values[0] != float(period.Overall.Score) {
			t.Errorf("%s: the course is %+v", language, trend)
		}
		for i := range period.Items {
			if item := &period.Items[i]; item.Coded && byID["q-"+item.Field.Question.ID] != nil {
				t.Errorf("a chart of the sensitive %s", item.Field.Name)
			}
		}
		if !slices.ContainsFunc(all, func(c *chart.Chart) bool { return c.Kind == chart.Stacked }) {
			t.Error("no chart of a scale")
		}
	}
}
