package render

import (
	"slices"
	"strings"

	"glasspoll/internal/survey"
)

// shuffled puts a question's options into another order for each submission, so that no option gains from its position. Anchored
// ones stay last. The order follows from the submission's id alone: the script computes the same one, and it can be
// computed again for a stored answer. Without an id it is the questionnaire's.
func shuffled(q *survey.Question, id string) []survey.Option {
	if !q.Shuffle || id == "" {
		return q.Options
	}
	options := slices.Clone(q.Options)
	place := func(o survey.Option) uint32 { return hash(strings.ToLower(id) + "." + q.ID + "." + o.ID) }
	anchored := func(o survey.Option) bool { return slices.Contains(q.Anchor, o.ID) }
	slices.SortStableFunc(options, func(a, b survey.Option) int {
		switch last := anchored(a); {
		case last != anchored(b) && last:
			return 1
		case last != anchored(b):
			return -1
		case last: // both
			return 0
		}
		x, y := place(a), place(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return options
}

// hash returns the FNV-1a (draft-eastlake-fnv) with the final mix of MurmurHash3, since FNV alone hardly changes the first bits when
// only the last letters differ.
func hash(text string) uint32 {
	h := uint32(0x811c9dc5)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 0x01000193
	}
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
