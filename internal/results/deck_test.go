package results

import (
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/chart"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/stats"
)

// A deck has the page's charts and its first sentences; without figures that may be shown it has neither.
func TestDeck(t *testing.T) {
	s := rendertest.Every(t)
	for _, language := range s.Languages {
		page := Page{Set: NewSet(twoQuarters(s)), Language: language}
		deck, err := NewDeck(renderer(t), page)
		if err != nil {
			t.Fatal(err)
		}
		if len(deck.Charts) == 0 {
			t.Errorf("%s: no charts", language)
		}
		overall := &page.Set.Report.Periods[1].Overall
		if score := stats.Round(overall.Score, 1); len(deck.Sentences) == 0 || !strings.Contains(deck.Sentences[0], score) {
			t.Errorf("%s: %q lacks the index %s", language, deck.Sentences, score)
		}
		if deck.Title == "" || deck.About == "" || slices.ContainsFunc(deck.Charts, func(c *chart.Chart) bool { return c.Name == "" }) {
			t.Errorf("%s: %q, %q, or a chart without a name", language, deck.Title, deck.About)
		}
		for _, c := range deck.Charts {
			if c.Sides != nil && (len(c.Sides) != len(c.Series) || !slices.Contains(c.Sides, chart.Worse) || !slices.Contains(c.Sides, chart.Better)) {
				t.Errorf("%s: sides %v of %q", c.ID, c.Sides, c.Series)
			}
		}
		if !slices.ContainsFunc(deck.Charts, func(c *chart.Chart) bool { return c.Sides != nil }) {
			t.Error("no matrix has its middles below each other")
		}
	}
	s.Results.Audience = Staff
	deck, err := NewDeck(renderer(t), Page{Set: NewSet(twoQuarters(s)), Language: "en"})
	if err != nil || len(deck.Charts) > 0 || len(deck.Sentences) > 0 || deck.About != "" {
		t.Errorf("to the public: %+v, %v", deck, err)
	}
	if deck, err = NewDeck(renderer(t), Page{Set: NewSet(twoQuarters(s)), Language: "en", Level: Staff}); err != nil || len(deck.Charts) == 0 || !strings.Contains(deck.Sentences[0], "staff") {
		t.Errorf("to the staff: %+v, %v", deck, err)
	}
}
