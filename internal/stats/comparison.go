package stats

import "glasspoll/internal/survey"

// Test compares two independent figures. All tests of a page are corrected together, so that with nothing different, one of
// 20 pages shows a difference rather than one of 20 comparisons.
type Test struct {
	Difference float64   // in the figure's unit; of a weighted count, per answer
	Interval   *Interval // of Difference, for it alone
	P          float64   // two-sided, for this comparison alone
	Adjusted   float64   // corrected: Holm, Scandinavian Journal of Statistics 6, 1979
	Effect     float64   // Cohen's d, or h of two shares, with the sign of Difference
	Size       Size      // of Effect
	Result     Result    // by Adjusted, at 5 %
}

// Result is what a test finds.
type Result string

// The results.
const (
	Higher    Result = "higher"
	LowerThan Result = "lower"
	Unclear   Result = "unclear" // chance alone explains it
)

// Size is an effect size in words (Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988).
type Size string

// The sizes.
const (
	NoEffect Size = "none"   // below 0.2
	Small    Size = "small"  // from 0.2
	Medium   Size = "medium" // from 0.5
	Large    Size = "large"  // from 0.8
)

// Tests are the comparisons of one page, corrected together.
type Tests struct {
	N        int              // comparisons made
	Index    *Test            // with the last period that has an index; nil if it cannot be compared, or has no interval
	Changes  map[string]*Test // by field: items with the last period that has them, on the same scale
	Standing map[string]*Test // by field: performance of an item of the index with that of the others together, in points of 100
	Groups   []GroupTest      // of every segment, in the questionnaire's order; groups without an index, or a rest, are left out

	best, worst []*Item
}

// RestTests are the comparisons of a group with all other groups of its segment together, corrected together. The pool is in
// neither.
type RestTests struct {
	N     int // comparisons made
	Index *Test
	Items map[string]*Test // by field: items of the index
}

// GroupTest compares the index of a group with that of all other groups of its segment together. The pool is in neither.
type GroupTest struct {
	Segment survey.Field
	Option  survey.Option
	Rest    float64 // the index of the others; of a weighted count, per answer
	Test
}

// Best lists the items that are done clearly better than the others together, the best first.
func (t *Tests) Best() []*Item { return t.best }

// Weakest lists the items that are done clearly worse than the others together, the weakest first.
func (t *Tests) Weakest() []*Item { return t.worst }

// Of returns the test of a group; nil without one.
func (t *Tests) Of(segment, option string) *GroupTest {
	for i := range t.Groups {
		if g := &t.Groups[i]; g.Segment.Name == segment && g.Option.ID == option {
			return g
		}
	}
	return nil
}
