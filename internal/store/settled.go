package store

import (
	"context"
	"encoding/json"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Settled says which responses of a period's log count as received and are in no block to come, whatever the marks of
// releases say: because they have another place in the log than when the blocks were made, as in a store that everything was
// moved to, or where answers were restored. All may be in blocks; that some of them waited, fewer than a block has, is lost.
// What rules hold back is not settled, nor is what was accepted, or moved to another cohort by a correction: decisions have the same
// numbers in every store.
type Settled struct {
	Through string `json:"through"`           // cursor of the last of them; "" if there are none, [AllSettled] if every response is
	Release int    `json:"release,omitempty"` // marks of releases up to this number are about places in another log

	decided decisions // see [Settled.ReadDecisions]
}

// AllSettled is behind every cursor. It holds while places are being changed.
const AllSettled = "\U0010FFFF"

// SettledOf returns what is settled of a period. A reader of the log must ask after it has read the tally: whoever changes what is
// settled gives the tally another revision before any place changes, and once more afterwards.
func SettledOf(ctx context.Context, p Progress, survey, period string) (s Settled, err error) {
	text, err := p.Progress(ctx, settledName(survey, period))
	if err != nil || text == "" {
		return Settled{}, err
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Settled{}, message.Errorf("which responses of %s %s are settled: %w", survey, period, err)
	}
	return s, nil
}

// SaveSettled saves what SettledOf returns.
func SaveSettled(ctx context.Context, p Progress, survey, period string, s Settled) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return p.SaveProgress(ctx, settledName(survey, period), string(text))
}

func settledName(survey, period string) string { return "settled/" + survey + "/" + period }

// Resume is [release.Release.Resume] in a log where some responses are settled.
func (s Settled) Resume(last *release.Release, before *tally.Tally) *tally.Tally {
	t := last.Resume(before)
	t.Decided = s.decided.last
	if last == nil || last.Held == nil || s.Release == 0 {
		return t
	}
	for shape, marks := range last.Held.Out {
		for key, m := range marks {
			if m.Release <= s.Release {
				t.Parts[shape].Out[key] = s.Through
			}
		}
	}
	t.SetLegacy(nil, nil) // they are all settled
	return t
}

// Fold is [tally.Tally.FoldCame] of an entry, which answers a questionnaire (nil: it is not known), in a log where some responses
// are settled.
func (s Settled) Fold(t *tally.Tally, answered *survey.Survey, e Entry) {
	t.Decided = max(t.Decided, s.decided.last)
	if c := s.Came(answered, e); e.Cursor > s.Through {
		t.FoldCame(answered, c, e.Response)
	} else {
		t.FoldSettled(answered, c, e.Response)
	}
}

// Unfold is [tally.Tally.UnfoldCame] of an entry in a log where some responses are settled. It also reports false if the entry is
// settled and others of its cohort that are may wait, as in a tally that was moved together with those who waited.
func (s Settled) Unfold(t *tally.Tally, answered *survey.Survey, e Entry) bool {
	c := s.Came(answered, e)
	if e.Cursor > s.Through || c.HasNumber() || t.HeldBy(answered, e.Arrived, e.Response) != "" {
		return t.UnfoldCame(answered, c, e.Response)
	}
	if e.Response.Withdrawn || e.Cursor > t.Cursor || mayWait(t, answered, e, s.Through) { // settled ones are corrected in their cohort alone
		return false
	}
	t.Withdrawn++
	return true
}

// mayWait reports whether any of an entry's cohort may wait whose places are up to a cursor.
func mayWait(t *tally.Tally, answered *survey.Survey, e Entry, through string) bool {
	shape := ""
	if answered != nil {
		shape = answered.Shape
	}
	part := t.Parts[shape]
	if part == nil {
		return false
	}
	key := tally.CohortKey(answered, e.Response)
	return part.Cohorts[key] != nil && part.Out[key] <= through
}
