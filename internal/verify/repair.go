package verify

import (
	"context"
	"errors"

	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Repaired is what a repair of a period has changed, or would change. Its JSON is part of the machine form of `glasspoll
// results repair`: names stay.
type Repaired struct {
	Survey  string          `json:"survey"`
	Period  string          `json:"period"`
	Changes []Change        `json:"changes"`
	Left    []audit.Finding `json:"left"` // what is not changed
}

// Change is one change.
type Change struct {
	What      ChangeKind `json:"what"`
	State     State      `json:"state"`
	Responses []string   `json:"responses,omitempty"` // ids that are concerned

	Message message.Text `json:"message"`
}

// ChangeKind says what is changed.
type ChangeKind string

// What a repair changes.
const (
	RefoldTally    ChangeKind = "tally"
	MendIDs        ChangeKind = "ids"
	RewriteRelease ChangeKind = "release"
)

// State says whether a change was made.
type State string

// The states of a change.
const (
	Planned State = "planned"
	Done    State = "done"
	Refused State = "refused"
)

// Repair verifies a period and mends what differs and follows from something else: the tally from the log, the latest
// release from what all have added, the ids from the log. Releases that differ from the log stay as they are: they have been
// public. Unless apply is set, nothing is changed. It is safe while answers come in and publishers run.
func Repair(ctx context.Context, records store.Records, s *survey.Survey, period string, apply bool) (*Repaired, error) {
	v, counted, err := count(ctx, records, s, period)
	if err != nil {
		return nil, err
	}
	m := &mending{records: records, apply: apply, Repaired: Repaired{Survey: s.ID, Period: period, Changes: []Change{}, Left: []audit.Finding{}}}
	found := map[ChangeKind][]audit.Finding{}
	for _, f := range v.Findings {
		kind, ok := changeFor(f.Code)
		if !ok {
			m.Left = append(m.Left, f)
			continue
		}
		found[kind] = append(found[kind], f)
	}
	for _, step := range []struct {
		kind ChangeKind
		mend func(context.Context, *recounted, []audit.Finding) error
	}{{RewriteRelease, m.mendRelease}, {MendIDs, m.mendIDs}, {RefoldTally, m.mendTally}} {
		if len(found[step.kind]) == 0 {
			continue
		}
		if err := step.mend(ctx, counted, found[step.kind]); err != nil {
			return nil, err
		}
	}
	if apply && len(m.Changes) > 0 {
		again, err := Period(ctx, records, s, period)
		if err != nil {
			return nil, err
		}
		m.Left = again.Findings
	}
	return &m.Repaired, nil
}

// changeFor returns the change that mends a finding.
func changeFor(code audit.Code) (ChangeKind, bool) {
	switch code {
	case audit.TallyReceived, audit.TallyRespondents, audit.TallyAnswers, audit.TallyOption, audit.TallyBase, audit.TallyRows, audit.TallyReleased, audit.TallyDamaged:
		return RefoldTally, true
	case audit.IDMissing, audit.IDElsewhere, audit.IDContent:
		return MendIDs, true
	case audit.ReleaseWhole:
		return RewriteRelease, true
	}
	return "", false
}

// mending is a repair at work.
type mending struct {
	Repaired
	records store.Records
	apply   bool
}

func (m *mending) change(what ChangeKind, state State, responses []string, format string, args ...any) {
	m.Changes = append(m.Changes, Change{what, state, responses, message.New(format, args...)})
}

const cannotMend message.Key = "this store cannot be mended: it is only read"

func (m *mending) mendRelease(ctx context.Context, _ *recounted, found []audit.Finding) error {
	if !m.apply {
		m.change(RewriteRelease, Planned, nil, "the latest release is written again, as the sum of what all releases have added")
		return nil
	}
	mender, ok := m.records.(store.Mender)
	if !ok {
		m.change(RewriteRelease, Refused, nil, "%s", cannotMend)
		return nil
	}
	changed, err := mender.MendRelease(ctx, m.Survey, m.Period)
	switch {
	case errors.Is(err, store.ErrStale):
		m.change(RewriteRelease, Refused, nil, "a release was appended meanwhile: run the command again")
		return nil
	case err != nil:
		return err
	case !changed:
		m.change(RewriteRelease, Refused, nil, "%s", found[0].Message)
		return nil
	}
	m.change(RewriteRelease, Done, nil, "the latest release was written again, as the sum of what all releases have added")
	return nil
}

func (m *mending) mendIDs(ctx context.Context, _ *recounted, found []audit.Finding) error {
	if !m.apply {
		var ids []string
		for _, f := range found {
			ids = append(ids, f.Response)
		}
		m.change(MendIDs, Planned, ids, "the index of ids is mended from the log, %d of them", len(ids))
		return nil
	}
	mender, ok := m.records.(store.Mender)
	if !ok {
		m.change(MendIDs, Refused, nil, "%s", cannotMend)
		return nil
	}
	changed, err := mender.MendKeys(ctx, m.Survey, m.Period)
	if err != nil {
		return err
	}
	if len(changed) == 0 {
		m.change(MendIDs, Refused, nil, "%s", found[0].Message)
		return nil
	}
	m.change(MendIDs, Done, changed, "the index of ids was mended from the log, %d of them", len(changed))
	return nil
}

func (m *mending) mendTally(ctx context.Context, counted *recounted, _ []audit.Finding) error {
	if counted.stored == nil {
		return m.mendDamagedTally(ctx, counted)
	}
	was, found := counted.stored.Folded(), counted.at.Folded()
	_, complete := m.records.(store.Checker)
	lost := message.Text{}
	if counted.settled.Through != "" {
		lost = message.New(". Who waited when the answers were carried here is known from it alone, and is not published any more then")
	}
	switch {
	case counted.deleted > 0:
		m.change(RefoldTally, Refused, nil, "the tally is not counted again: %d responses have been deleted after the retention time, and are known from the tally alone. If a copy of the store has them, restore it", counted.deleted)
		return nil
	case !complete && was > found:
		m.change(RefoldTally, Refused, nil, "the tally is not counted again: it has counted %d responses, the log has %d, and the others may have been deleted after a retention time", was, found)
		return nil
	case !m.apply:
		m.change(RefoldTally, Planned, nil, "the tally is counted again: %d respondents wait in it, and %d by the log%s", counted.stored.Waiting(), counted.at.Waiting(), lost)
		return nil
	}
	if err := counted.saveTally(ctx); err != nil {
		return err
	}
	m.change(RefoldTally, Done, nil, "the tally was counted again: %d respondents waited in it, and %d by the log%s", counted.stored.Waiting(), counted.at.Waiting(), lost)
	return nil
}

// mendDamagedTally replaces a tally that cannot be decoded by an empty one, so that the next publisher counts the log again. Where
// responses may have been deleted from the log, it would lose what the tally alone knew.
func (m *mending) mendDamagedTally(ctx context.Context, counted *recounted) error {
	_, complete := m.records.(store.Checker)
	switch {
	case counted.deleted > 0 || !complete:
		m.change(RefoldTally, Refused, nil, "the tally is damaged and is not counted again: responses have been deleted after the retention time, or may have been, and it alone knew them. Restore the store from a copy")
		return nil
	case !m.apply:
		m.change(RefoldTally, Planned, nil, "the tally is damaged: it is emptied, and the next publisher counts it again from the log")
		return nil
	}
	err := m.records.SaveTally(ctx, m.Survey, m.Period, tally.New(), counted.revision)
	switch {
	case errors.Is(err, store.ErrStale):
		m.change(RefoldTally, Refused, nil, "the tally was changed meanwhile: run the command again")
		return nil
	case err != nil:
		return err
	}
	m.change(RefoldTally, Done, nil, "the tally was damaged: it is empty now, and the next publisher counts it again from the log")
	return nil
}

// maxTallySaves bounds the tries to save a tally that publishers change meanwhile.
const maxTallySaves = 20

// saveTally replaces the stored tally by the recount. If a publisher has moved on meanwhile, what it has folded is folded, too.
func (c *recounted) saveTally(ctx context.Context) error {
	stored, at, revision := c.stored, c.at, c.revision
	for range maxTallySaves {
		mended := at.Clone()
		mended.Release, mended.Cursor, mended.Alerted = stored.Release, stored.Cursor, stored.Alerted
		err := c.records.SaveTally(ctx, c.survey.ID, c.period, mended, revision)
		if !errors.Is(err, store.ErrStale) {
			return err
		}
		next, now, err := c.records.Tally(ctx, c.survey.ID, c.period)
		if err != nil || next == nil {
			return err // or it is being folded again from the start
		}
		if at, err = c.follow(ctx, stored, next, at); err != nil || at == nil {
			return err
		}
		stored, revision = next, now
	}
	return message.Errorf("tally of %s %s: %w %d times: try again", c.survey.ID, c.period, store.ErrStale, maxTallySaves)
}

// follow returns who waits at the cursor of next, given who does at the cursor of stored; nil if next does not fit the latest
// release, so that the next publisher counts the log again.
func (c *recounted) follow(ctx context.Context, stored, next *tally.Tally, at *tally.Tally) (*tally.Tally, error) {
	if next.Release == stored.Release && next.Decided == stored.Decided && next.Cursor >= stored.Cursor {
		more, withdrawn := at.Clone(), int64(0)
		if next.Cursor > stored.Cursor {
			for entries, err := range store.Batches(ctx, c.recounter.records, c.survey.ID, c.period, stored.Cursor, next.Cursor) {
				if err != nil {
					return nil, err
				}
				for _, entry := range entries {
					if err := c.answered.Fold(ctx, more, c.settled, entry); err != nil {
						return nil, err
					}
					if entry.Response.Withdrawn {
						withdrawn++
					}
				}
			}
		}
		// Nothing that was counted before has been erased since: each erasure adds one to the withdrawn of the tally.
		if next.Withdrawn-stored.Withdrawn == withdrawn {
			return more, nil
		}
	}
	r, err := c.count(ctx, next)
	if err != nil || r.stored == nil {
		return nil, err
	}
	return r.at, nil
}
