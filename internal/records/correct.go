package records

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Amendment is what somebody wants to correct of a response.
type Amendment struct {
	Set    map[string][]string // by field, as typed
	Clear  []string            // fields, or questions: all of their fields
	Reason string
	By     string
	At     time.Time
	Random io.Reader `json:"-"` // seals answers that are to be sealed
}

// Corrected is a response before and after an amendment, with its private answers.
type Corrected struct {
	Answered *survey.Survey
	Before   answer.Response
	After    answer.Response
	Number   int         // of the correction, in the period
	State    tally.State // of the response
	Counts   bool        // it counts as corrected from now on; else it is in no figure that is still to come, or is published already
	Moved    bool        // it counts in another group from now on
}

// changes returns the answers that change, as they are afterwards, and the private ones.
func (c *Corrected) changes() (answers, private []answer.Answer) {
	return review.Changes(c.Before.Answers, c.After.Answers), review.Changes(c.Before.Private, c.After.Private)
}

// Correct corrects a response, by the questionnaire that it answers, and stores that together with a tally into which it is folded;
// if apply is not set, it only says what would come of it. The error is a [*Refusal] if the answers are wrong.
func Correct(ctx context.Context, records store.Records, s *survey.Survey, id string, a Amendment, apply bool) (*Corrected, error) {
	for range decideTries {
		m, err := readAmending(ctx, records, s, id)
		if err != nil {
			return nil, err
		}
		d, err := m.correct(a)
		if err != nil || !apply {
			return &m.Corrected, err
		}
		m.tally.Decided = d.Number
		err = records.Decide(ctx, s.ID, m.period, d, m.tally, m.revision)
		if !errors.Is(err, store.ErrStale) {
			return &m.Corrected, err
		}
	}
	return nil, message.Errorf("the tally of %s: %w %d times: try again", s.ID, store.ErrStale, decideTries)
}

// amending is a response that is being corrected, and what is known besides.
type amending struct {
	*ledger
	Corrected
	entry store.Entry
}

// readAmending reads the tally, then the response and its corrections.
func readAmending(ctx context.Context, records store.Records, s *survey.Survey, id string) (*amending, error) {
	entry, err := findIn(ctx, records, s.ID, id)
	if err != nil {
		return nil, err
	}
	m := &amending{}
	if m.ledger, err = readAgreeing(ctx, records, s, entry.Response.Period); err != nil {
		return nil, err
	}
	if m.entry, err = findIn(ctx, records, s.ID, id); err != nil { // again: it may have been erased before the tally was read
		return nil, err
	}
	r := m.entry.Response
	if r.Withdrawn {
		return nil, message.Errorf("the answers of %s have been erased: there is nothing to correct", answer.Receipt(id))
	}
	if m.Answered, err = m.answered.Survey(ctx, r.Version); err != nil {
		return nil, err
	}
	if m.Answered == nil {
		return nil, message.Errorf("version %s of %s, which the response answers, is not stored: nobody can check what is corrected", r.Version, s.ID)
	}
	m.Before, err = CorrectedResponse(ctx, records, m.Answered, m.known, r)
	m.State = m.tally.StateOf(m.Answered, m.known.Came(m.Answered, m.entry), r)
	return m, err
}

// CorrectedResponse returns a response with its private answers, all as persons have corrected them.
func CorrectedResponse(ctx context.Context, records store.Records, answered *survey.Survey, known store.Settled, r answer.Response) (answer.Response, error) {
	private, err := records.Private(ctx, r.Survey, r.Period, r.ID)
	if err != nil {
		return r, err
	}
	corrections, err := store.AddPrivate(ctx, records, r.Survey, r.ID, known.Corrections(r.ID))
	if err != nil {
		return r, err
	}
	r.Private = private
	return review.Corrected(answered, r, corrections), nil
}

// corrections are what persons have corrected of responses of one period of a survey. It may be used by one goroutine.
type corrections struct {
	records store.Records
	survey  string
	period  string // that is known
	known   store.Settled
}

// apply replaces an entry's answers, and the private ones if they are wanted, by the corrected ones. answered is the questionnaire
// that it answers; nil if that is not known.
func (c *corrections) apply(ctx context.Context, answered *survey.Survey, period string, e *store.Entry, private bool) (err error) {
	if c.period != period {
		if err := c.known.ReadDecisions(ctx, c.records, c.survey, period); err != nil {
			return err
		}
		c.period = period
	}
	all := c.known.Corrections(e.Response.ID)
	if len(all) == 0 || e.Response.Withdrawn {
		return nil
	}
	if private {
		if all, err = store.AddPrivate(ctx, c.records, c.survey, e.Response.ID, all); err != nil {
			return err
		}
	}
	e.Response = review.Corrected(answered, e.Response, all)
	return nil
}

// findIn finds a response of a survey.
func findIn(ctx context.Context, records store.Records, survey, id string) (store.Entry, error) {
	found, err := records.Find(ctx, id)
	if err != nil {
		return store.Entry{}, err
	}
	for _, e := range found {
		if e.Response.Survey == survey {
			return e, nil
		}
	}
	return store.Entry{}, message.Errorf("%s has no response %s: look for a mistyped letter, or another --data or --table", survey, answer.Receipt(id))
}

// correct returns the correction, and folds it into the tally.
func (m *amending) correct(a Amendment) (review.Decisions, error) {
	if err := m.amend(a); err != nil {
		return review.Decisions{}, err
	}
	answers, private := m.changes()
	if len(answers) == 0 && len(private) == 0 {
		return review.Decisions{}, message.Errorf("the response says this already: nothing is corrected")
	}
	id := m.entry.Response.ID
	if len(m.known.Corrections(id)) >= review.MaxCorrections {
		return review.Decisions{}, message.Errorf("a response can be corrected %d times, and this one has been", review.MaxCorrections)
	}
	m.Moved = tally.CohortKey(m.Answered, m.Before) != tally.CohortKey(m.Answered, m.After)
	if err := m.checkMoved(); err != nil {
		return review.Decisions{}, err
	}
	m.Number = m.tally.Decided + 1
	d := review.Decisions{
		Number: m.Number, By: a.By, At: a.At, IDs: []string{id},
		Correction: &review.Correction{Moved: m.Moved, Reason: a.Reason, Answers: answers, Private: private},
	}
	if err := d.Check(); err != nil {
		return d, err
	}
	m.Counts = m.known.Correct(m.tally, m.Answered, m.entry, d)
	return d, nil
}

// checkMoved checks that a response that is to count in another group is in no block. Groups are facts, and facts decide who is in
// a block.
func (m *amending) checkMoved() error {
	carried := m.State == tally.Waits && m.entry.Cursor <= m.known.Through && !m.known.Came(m.Answered, m.entry).HasNumber()
	switch {
	case !m.Moved || m.State == tally.IsHeld || m.State == tally.Waits && !carried:
		return nil
	case m.State == tally.Uncounted:
		return message.Errorf("the response is not counted yet, and the correction would move it to another group: try again when results have been published")
	case m.State == tally.Rejected:
		return message.Errorf("the response was rejected, so it is in no group: what it says besides can be corrected")
	case carried:
		return message.Errorf("the response was carried from another store, and the correction would move it to another group: whether it is published already is not known any more. What it says besides can be corrected")
	}
	return message.Errorf("the response is published already, as one of a group, and the correction would move it to another one: that stays as it is. What it says besides can be corrected")
}

// amend computes the response as it is to be.
func (m *amending) amend(a Amendment) error {
	fields := map[string][]string{}
	for _, given := range [][]answer.Answer{m.Before.Answers, m.Before.Private} {
		for _, one := range given {
			fields[one.Field()] = one.Values()
		}
	}
	for _, name := range a.Clear {
		names := []string{name}
		if q, ok := m.Answered.Question(name); ok {
			names = nil
			for _, f := range m.Answered.FieldsOf(q) {
				names = append(names, f.Name)
			}
		} else if _, ok := m.Answered.Field(name); !ok {
			return &Refusal{m.Answered, []answer.Problem{{Field: name, Code: answer.UnknownField}}}
		}
		for _, name := range names {
			delete(fields, name)
		}
	}
	maps.Copy(fields, a.Set)
	r := m.Before
	checked, _, problems := answer.Check(m.Answered, answer.Posted{Language: r.Language, Channel: r.Channel, Fields: fields, Stored: true})
	if len(problems) > 0 {
		return &Refusal{m.Answered, problems}
	}
	m.After = r
	m.After.Answers, m.After.Private = checked.Answers, checked.Private
	// The digest of what was sent stays that of the original: it tells a retry.
	err := m.After.Seal(m.Answered, a.Random, []byte(r.ID))
	m.After.Keyed = r.Keyed
	return err
}

// Dropped returns the fields that had an answer and have none, though nobody has taken it away: what is not asked any more, given
// the other answers.
func (c *Corrected) Dropped(a Amendment) (fields []string) {
	answers, private := c.changes()
	for _, change := range slices.Concat(answers, private) {
		if name := change.Field(); len(change) == 1 && a.Set[name] == nil && !slices.Contains(a.Clear, name) && !slices.Contains(a.Clear, survey.QuestionOf(name)) {
			fields = append(fields, name)
		}
	}
	return fields
}

// Changed returns what changes, private answers last, and those of them as they were. An answer without values is none.
func (c *Corrected) Changed() (before, after []answer.Answer) {
	was := map[string]answer.Answer{}
	for _, a := range slices.Concat(c.Before.Answers, c.Before.Private) {
		was[a.Field()] = a
	}
	answers, private := c.changes()
	after = slices.Concat(answers, private)
	for _, a := range after {
		before = append(before, append(answer.Answer{a.Field()}, was[a.Field()][min(1, len(was[a.Field()])):]...))
	}
	return before, after
}

// Refusal says that amended answers are wrong.
type Refusal struct {
	Survey   *survey.Survey
	Problems []answer.Problem
}

func (r *Refusal) Error() string {
	return "the corrected answers do not meet the questionnaire that was answered"
}
