package records

import (
	"context"
	"errors"
	"iter"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/results"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Reviewed is a response and what is known of whether it counts.
type Reviewed struct {
	store.Entry
	Answered *survey.Survey    // the questionnaire that it answers; nil if that is not known
	Rule     survey.HoldRule   // that holds it back, or has done so; "" for none
	State    tally.State       // what has become of it
	Decision *review.Decisions // what was decided of it last; nil if nothing was
}

// Review yields the responses of a period in the order of their log, tombstones included, with what is known of each. It stops at
// the first error, which it yields. Between two the caller may call whatever it likes.
func Review(ctx context.Context, records store.Records, s *survey.Survey, period string) iter.Seq2[Reviewed, error] {
	return func(yield func(Reviewed, error) bool) {
		l, err := readLedger(ctx, records, s, period)
		if err != nil {
			yield(Reviewed{}, err)
			return
		}
		l.entries(ctx, yield)
	}
}

// LookAt counts which answers of a period are the very same.
func LookAt(ctx context.Context, log store.Log, id, period string) (*review.Same, error) {
	same := &review.Same{}
	for batch, err := range store.Batches(ctx, log, id, period, "", "") {
		if err != nil {
			return nil, err
		}
		for _, e := range batch {
			same.Add(e.Response)
		}
	}
	return same, nil
}

// Review returns what says of a response whether it is held, was accepted or was rejected; nil if nothing is known of any.
func (n *Snapshot) Review(ctx context.Context) (func(r answer.Response, arrived time.Time) string, error) {
	ledgers, some := map[string]*ledger{}, false
	for _, period := range n.periods {
		l, err := readLedger(ctx, n.records, n.Survey, period)
		if err != nil {
			return nil, err
		}
		for _, s := range n.Census.Versions() {
			if _, err := l.answered.Survey(ctx, s.Version); err != nil { // all are known from now on
				return nil, err
			}
		}
		ledgers[period] = l
		some = some || l.tally.Held.Total() > 0 || l.known.HasReviewed()
	}
	if !some {
		return nil, nil
	}
	return func(r answer.Response, arrived time.Time) string {
		l := ledgers[r.Period]
		if l == nil {
			return ""
		}
		if d := l.known.Decided(r.ID); d != nil && d.Reject {
			return "rejected"
		} else if d != nil {
			return "accepted"
		}
		if s, err := l.answered.Survey(ctx, r.Version); err == nil && l.tally.HeldBy(s, arrived, r) != "" {
			return "held"
		}
		return ""
	}, nil
}

// reviewFigures counts what rules hold back of a period, and what looks made up; nil if that is nothing.
func reviewFigures(ctx context.Context, records store.Records, s *survey.Survey, period string) (*results.ReviewFigures, error) {
	l, err := readLedger(ctx, records, s, period)
	if err != nil {
		return nil, err
	}
	same, err := LookAt(ctx, records, s.ID, period)
	if err != nil {
		return nil, err
	}
	f := &results.ReviewFigures{Held: l.tally.Held.Total(), Looks: map[review.Look]int{}}
	if h := l.tally.Held; h != nil {
		f.Waiting, f.Rejected = h.Waiting, h.Rejected
	}
	l.entries(ctx, func(r Reviewed, failed error) bool {
		if err = failed; err == nil && r.State != tally.Rejected {
			for _, look := range review.LooksOf(r.Answered, r.Response, same) {
				f.Looks[look]++
			}
		}
		return err == nil
	})
	if err != nil || f.Held == 0 && f.Rejected == 0 && len(f.Looks) == 0 {
		return nil, err
	}
	return f, nil
}

// ledger is a period's tally, and what is known besides.
type ledger struct {
	records  store.Records
	survey   *survey.Survey
	period   string
	tally    *tally.Tally
	revision int
	known    store.Settled
	answered *store.Answered
}

// readLedger reads the tally of a period, then what is known besides.
func readLedger(ctx context.Context, records store.Records, s *survey.Survey, period string) (l *ledger, err error) {
	l = &ledger{records: records, survey: s, period: period, answered: store.NewAnswered(records, s.ID, s)}
	if err = l.readTally(ctx); err != nil {
		return nil, err
	}
	if l.known, err = store.SettledOf(ctx, records, s.ID, period); err != nil {
		return nil, err
	}
	return l, l.known.ReadDecisions(ctx, records, s.ID, period)
}

// readAgreeing returns a ledger whose tally has all known decisions. A decision that is stored between the two readings is in the
// second alone, so both are repeated. A tally that has not changed by then is being counted again, which is an error.
func readAgreeing(ctx context.Context, records store.Records, s *survey.Survey, period string) (*ledger, error) {
	before := -1
	for range decideTries {
		l, err := readLedger(ctx, records, s, period)
		if err != nil || l.tally.Decided == l.known.LastDecided() {
			return l, err
		}
		if l.revision == before {
			break
		}
		before = l.revision
	}
	return nil, message.Errorf("the answers of %s %s are being counted again: try again in a minute", s.ID, period)
}

// entries yields the responses of the log.
func (l *ledger) entries(ctx context.Context, yield func(Reviewed, error) bool) {
	for batch, err := range store.Batches(ctx, l.records, l.survey.ID, l.period, "", "") {
		if err != nil {
			yield(Reviewed{}, err)
			return
		}
		for _, e := range batch {
			r, err := l.review(ctx, e)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// review says what is known of a response.
func (l *ledger) review(ctx context.Context, e store.Entry) (Reviewed, error) {
	answered, err := l.answered.Survey(ctx, e.Response.Version)
	if err != nil {
		return Reviewed{}, err
	}
	return Reviewed{
		Entry: e, Answered: answered, Rule: l.tally.HeldBy(answered, e.Arrived, e.Response),
		State: l.tally.StateOf(answered, l.known.Came(answered, e), e.Response), Decision: l.known.Decided(e.Response.ID),
	}, nil
}

// Verdict is what a person decides of responses.
type Verdict struct {
	Reject bool // else they are accepted
	Reason string
	By     string
	At     time.Time
}

// Decided is what came of deciding.
type Decided struct {
	Changed []Reviewed // of which it was decided, as they were before
	Refused []Reviewed // of which it could not be, because of their state

	ids map[string]bool // of both
}

func (d *Decided) add(changed, refused []Reviewed) {
	d.Changed, d.Refused = append(d.Changed, changed...), append(d.Refused, refused...)
	if d.ids == nil {
		d.ids = map[string]bool{}
	}
	for _, some := range [][]Reviewed{changed, refused} {
		for _, r := range some {
			d.ids[r.Response.ID] = true
		}
	}
}

// decideTries bounds the tries to decide while publishers change the tally.
const decideTries = 50

// Decide decides of the responses that which says it is meant for, and stores that together with a tally into which it is folded.
// Decisions of many responses are stored one after the other, so what was done before an error stays.
func Decide(ctx context.Context, records store.Records, s *survey.Survey, period string, v Verdict, which func(Reviewed) bool) (done Decided, err error) {
	for range decideTries {
		l, err := readAgreeing(ctx, records, s, period)
		if err != nil {
			return done, err
		}
		var found []Reviewed // read after the tally: nothing has been erased of it before it was read
		l.entries(ctx, func(r Reviewed, failed error) bool {
			if err = failed; err == nil && which(r) && !done.ids[r.Response.ID] {
				found = append(found, r)
			}
			return err == nil
		})
		if err != nil || len(found) == 0 {
			return done, err
		}
		again, err := l.decide(ctx, v, found, &done)
		if !again || err != nil {
			return done, err
		}
	}
	return done, message.Errorf("the tally of %s %s: %w %d times: try again", s.ID, period, store.ErrStale, decideTries)
}

// decide decides of responses, as many at once as can be. It reports whether they must be read again, because some answers were
// erased meanwhile or it was decided of some.
func (l *ledger) decide(ctx context.Context, v Verdict, found []Reviewed, done *Decided) (again bool, err error) {
	for len(found) > 0 {
		some := found[:min(len(found), review.MaxIDs)]
		erasures, number := l.tally.Erasures(), l.tally.Decided
		changed, refused := l.fold(v, some)
		if len(changed) > 0 {
			switch err := l.save(ctx, v, changed); {
			case errors.Is(err, store.ErrStale):
				if err := l.readTally(ctx); err != nil {
					return false, err
				}
				if l.tally.Erasures() != erasures || l.tally.Decided != number {
					return true, nil
				}
				continue // answers have come, or a release
			case err != nil:
				return false, err
			}
		}
		done.add(changed, refused)
		found = found[len(some):]
	}
	return false, nil
}

func (l *ledger) readTally(ctx context.Context) (err error) {
	l.tally, l.revision, err = l.records.Tally(ctx, l.survey.ID, l.period)
	if l.tally == nil {
		l.tally = tally.New()
	}
	return err
}

// fold folds what is decided of some responses into the tally.
func (l *ledger) fold(v Verdict, some []Reviewed) (changed, refused []Reviewed) {
	d := review.Decisions{Number: l.tally.Decided + 1, Reject: v.Reject, At: v.At}
	for _, r := range some {
		if l.tally.Decide(r.Answered, l.known.Came(r.Answered, r.Entry), r.Response, store.DecisionOf(d, r.Answered)) {
			changed = append(changed, r)
		} else {
			refused = append(refused, r)
		}
	}
	return changed, refused
}

// save stores what was decided of responses together with the tally.
func (l *ledger) save(ctx context.Context, v Verdict, changed []Reviewed) error {
	d := review.Decisions{Number: l.tally.Decided + 1, Reject: v.Reject, Reason: v.Reason, By: v.By, At: v.At}
	for _, r := range changed {
		d.IDs = append(d.IDs, r.Response.ID)
	}
	l.tally.Decided = d.Number
	if err := l.records.Decide(ctx, l.survey.ID, l.period, d, l.tally, l.revision); err != nil {
		return err
	}
	l.revision++
	l.known.Decide(d)
	return nil
}
