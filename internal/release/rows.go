package release

import (
	"cmp"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// minRows is the fewest new rows by which figures made of whole rows move: correlations, alpha, the variance of the index. They
// are not sums over one question, so the exchange of answers within a block changes them; the exchange of whole rows within
// a step does not. Statistical offices hold such figures safe to publish from a sufficient number (Griffiths et al.,
// Handbook on Statistical Disclosure Control for Outputs, 2019).
const minRows = 30

// maxSteps bounds the steps that a release lists. When there are more, each two neighbours are joined.
const maxSteps = 64

// holdRows adds the rows of a block to those that wait for a step.
func (n *next) holdRows(b block) {
	if b.counters.Rows == nil {
		return
	}
	for _, signature := range b.signatures() {
		n.Held.Rows[signature] = n.Held.Rows[signature].Plus(b.counters.Rows)
	}
}

// signatures returns the keys in [Release.Rows] under which the rows of a block are added: one, or a second one of their unit
// if the index is a mean of units; none if the questionnaire has no rows. Rows of a unit wait for steps of their own. The pool
// is in no unit.
func (b block) signatures() []string {
	signature := tally.RowSignature(b.form)
	if signature == "" {
		return nil
	}
	if i := segmentIndex(b.form, b.form.Scoring.Unit); i >= 0 && b.form.Scoring.Model == survey.MeanOfUnits && b.key != Pool {
		if unit := keyPart(b.key, i); unit != "" {
			return []string{signature, signature + "|" + unit}
		}
	}
	return []string{signature}
}

// publishRows moves the rows that are enough for a step, and reports whether there were any.
func (n *next) publishRows() (moved bool) {
	for signature, waiting := range n.Held.Rows {
		if !n.exact && waiting.N < int64(max(n.K, minRows)) {
			continue
		}
		n.Rows[signature] = n.Rows[signature].Plus(waiting)
		delete(n.Held.Rows, signature)
		n.addStep(signature, waiting)
		moved = true
	}
	if moved {
		slices.SortStableFunc(n.Steps, func(a, b Step) int {
			if a.Last != b.Last {
				return a.Last - b.Last
			}
			return cmp.Compare(a.Signature, b.Signature)
		})
	}
	return moved
}

// addStep lists a step: the blocks of the releases from the one after its last step on.
func (n *next) addStep(signature string, rows *tally.Rows) {
	step := Step{
		Date: n.today, Rows: rows.N, Index: rows.Index, Squares: rows.Squares, Signature: signature, First: 1, Last: n.Number,
	}
	listed := 0
	for _, s := range n.Steps {
		if s.Signature == signature {
			listed++
			step.First = s.Last + 1
		}
	}
	n.Steps = append(n.Steps, step)
	if listed+1 > maxSteps {
		n.joinSteps(signature)
	}
}

// joinSteps joins each two neighbouring steps of a signature.
func (n *next) joinSteps(signature string) {
	var joined []Step
	open := -1 // index in joined of a step that waits for its neighbour
	for _, s := range n.Steps {
		switch {
		case s.Signature != signature:
			joined = append(joined, s)
		case open < 0:
			open = len(joined)
			joined = append(joined, s)
		default:
			first := &joined[open]
			first.Date, first.Last = s.Date, s.Last
			first.Rows, first.Index, first.Squares = first.Rows+s.Rows, first.Index+s.Index, first.Squares+s.Squares
			open = -1
		}
	}
	n.Steps = joined
}
