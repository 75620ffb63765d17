package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// state is how far a period has been carried. It is kept in the target, as JSON.
type state struct {
	Format  int    `json:"format"`  // of this record
	Cursor  string `json:"cursor"`  // in the source's log, up to which responses have been carried
	Empty   bool   `json:"empty"`   // the target had nothing of the period, and the survey was not in force there
	Settled bool   `json:"settled"` // what the source knows from its tally alone is in the target, or there is no such thing

	Begun string `json:"begun,omitempty"` // cursor up to which carrying has begun: some behind Cursor may have been carried

	// The target's log ended at End when it had all responses up to the source's cursor Reached, and no others.
	Reached string `json:"reached,omitempty"`
	End     string `json:"end,omitempty"`
}

const stateFormat = 1

// collectEvery bounds the responses that wait in the target to be collected.
const collectEvery = 5_000

// sayEvery is the number of responses of a period after which a line is said.
const sayEvery = 100_000

// period is a period of a survey that is carried.
type period struct {
	*one
	name      string
	state     state
	responses int // stored by this run
	erased    int
	end       string      // of the source's log
	compared  *comparison // up to there; nil before
}

// versions finds the questionnaires that the responses were answered under. It is for one goroutine.
func (p *period) versions() *store.Answered { return store.NewAnswered(p.from, p.survey.ID, p.survey) }

// carry carries the period and compares.
func (p *period) carry(ctx context.Context) error {
	if p.write {
		if err := p.load(ctx); err != nil {
			return err
		}
		if err := p.decisions(ctx); err != nil {
			return err
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	ends, err := p.from.Ends(ctx, p.survey.ID)
	if err != nil {
		return err
	}
	p.end = ends[p.name]
	if p.write {
		if err := p.store(ctx, p.end); err != nil {
			return err
		}
	}
	if err := p.decisions(ctx); err != nil {
		return err
	}
	if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
		return err
	}
	if p.write {
		if err := p.foldDecisions(ctx); err != nil {
			return err
		}
	}
	erased := p.erased
	c, err := p.reconcile(ctx, p.end, "")
	if err != nil {
		return err
	}
	p.compared = c
	if p.erased > erased { // the tally that was carried may have counted them, and is empty then
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	appended, difference, err := p.releases(ctx, p.write)
	if err != nil {
		return err
	}
	differences := c.differences(p.survey.ID + " " + p.name)
	if !difference.IsZero() {
		differences = append(differences, difference)
	}
	p.summarize(c, appended, differences)
	return nil
}

// summarize adds the period to the report.
func (p *period) summarize(c *comparison, releases int, differences []message.Text) {
	p.report.Responses += p.responses
	p.report.Erased += p.erased
	p.report.Releases += releases
	p.report.Compared += c.compared
	p.report.Own += c.own
	p.report.Differences = append(p.report.Differences, differences...)
	verdict := message.Key("agree")
	if len(differences) > 0 {
		verdict = message.Key("differ")
	}
	if p.write {
		p.say("%s %s: responses carried: %d, releases: %d; responses compared: %d: %s", p.survey.ID, p.name, p.responses, releases, c.compared, verdict)
	} else {
		p.say("%s %s: responses compared: %d: %s", p.survey.ID, p.name, c.compared, verdict)
	}
}

// progressName is the name of the period's progress. It has the source's name as a hash, which is short.
func (p *period) progressName() string {
	source := sha256.Sum256([]byte(p.options.Source))
	return fmt.Sprintf("move/%x/%s/%s", source[:8], p.survey.ID, p.name)
}

// load reads how far the period has been carried. Before anything of it is, it checks that it can be.
func (p *period) load(ctx context.Context) error {
	text, err := p.to.Progress(ctx, p.progressName())
	if err != nil {
		return err
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &p.state); err != nil {
			return message.Errorf("the progress of an earlier move: %w", err)
		}
		if p.state.Format != stateFormat {
			return message.Errorf("the progress of an earlier move has format %d: go on with the newer glasspoll that has begun it", p.state.Format)
		}
		return nil
	}
	_, difference, err := p.releases(ctx, false)
	if err != nil {
		return err
	}
	mine, err := p.releasesThere(ctx)
	if err != nil {
		return err
	}
	if mine && !difference.IsZero() {
		return message.Errorf("the target has made other releases of this period than the source, so they cannot be brought together: move to a store that has none of it (%s)", difference)
	}
	empty, err := p.isEmpty(ctx)
	if err != nil {
		return err
	}
	p.state = state{Format: stateFormat, Empty: empty && !mine && !p.inForce}
	return p.save(ctx)
}

func (p *period) releasesThere(ctx context.Context) (bool, error) {
	for _, err := range p.to.History(ctx, p.survey.ID, p.name) {
		return err == nil, err
	}
	return false, nil
}

// isEmpty reports whether the target has no response and no tally of the period.
func (p *period) isEmpty(ctx context.Context) (bool, error) {
	if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
		return false, err
	}
	ends, err := p.to.Ends(ctx, p.survey.ID)
	if err != nil {
		return false, err
	}
	t, _, err := p.to.Tally(ctx, p.survey.ID, p.name)
	return t == nil && ends[p.name] == "", err
}

func (p *period) save(ctx context.Context) error {
	text, err := json.Marshal(p.state)
	if err != nil {
		return err
	}
	return p.to.SaveProgress(ctx, p.progressName(), string(text))
}

// store stores the source's responses up to a cursor in the target, from where an earlier run has come to.
func (p *period) store(ctx context.Context, until string) error {
	if until > max(p.state.Cursor, p.state.Begun) {
		p.state.Begun = until
		if err := p.save(ctx); err != nil {
			return err
		}
	}
	stored, waiting := 0, 0
	for batch, err := range newReader(p.from, p.survey.ID).batches(ctx, p.name, p.state.Cursor, until) {
		if err != nil {
			return err
		}
		n, err := p.to.Import(ctx, p.survey.ID, p.name, batch)
		if err != nil {
			return err
		}
		p.responses += n
		p.state.Cursor = batch[len(batch)-1].Cursor
		if err := p.save(ctx); err != nil {
			return err
		}
		if stored += len(batch); stored%sayEvery < len(batch) && stored >= sayEvery {
			p.say("%s %s: %d responses so far", p.survey.ID, p.name, stored)
		}
		if waiting += len(batch); waiting >= collectEvery {
			waiting = 0
			if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle carries what the source knows from its tally alone: whose alerts have been evaluated, who waits to be released, and the
// responses that were deleted after a retention time. In the target, responses have other places in the log, so it cannot be
// told there who of them is in a block: all count as settled, see [store.Settled], and the tally says who waits.
func (p *period) settle(ctx context.Context) error {
	for try := range attempts {
		counted, _, err := p.from.Tally(ctx, p.survey.ID, p.name)
		if err != nil {
			return err
		}
		if counted == nil {
			return p.setSettled(ctx)
		}
		last, err := p.lastRelease(ctx) // read after the tally, it is not older
		if err != nil {
			return err
		}
		if err := p.readInForce(ctx); err != nil {
			return err
		}
		if p.inForce || !p.state.Empty {
			return p.checkDeleted(ctx, counted)
		}
		if counted.Release != release.NumberOf(last) && hasMarks(last) {
			if try+1 < attempts {
				continue // a release is being appended
			}
			last = nil // the tally is not that of the release: who waits is lost
		}
		settled, err := p.settleAt(ctx, counted, last)
		if settled || err != nil {
			return err
		}
	}
	return message.Errorf("the tally: %w %d times", store.ErrStale, attempts)
}

// lastRelease returns the source's latest release of the period; nil if there is none.
func (p *period) lastRelease(ctx context.Context) (*release.Release, error) {
	latest, err := p.from.Latest(ctx, p.survey.ID)
	if err != nil {
		return nil, err
	}
	return release.ByPeriod(latest)[p.name], nil
}

// hasMarks reports whether a release says by places in the log who is in its blocks.
func hasMarks(r *release.Release) bool { return r != nil && r.Held != nil && len(r.Held.Out) > 0 }

func (p *period) setSettled(ctx context.Context) error {
	if p.state.Settled {
		return nil
	}
	p.state.Settled = true
	return p.save(ctx)
}

// settleAt carries the responses that the source has counted, or whose alerts it has evaluated, and then the tally, which fits
// the source's last release. It reports false if one of them has changed meanwhile.
func (p *period) settleAt(ctx context.Context, counted *tally.Tally, last *release.Release) (settled bool, err error) {
	reached := max(counted.Cursor, counted.Alerted)
	c, err := p.reach(ctx, reached, counted.Cursor)
	if err != nil {
		return false, err
	}
	if c == nil {
		return true, p.setSettled(ctx) // an earlier run has carried more than the source has counted to this day
	}
	next, revision, err := p.to.Tally(ctx, p.survey.ID, p.name)
	if err != nil {
		return false, err
	}
	end := p.state.End
	if next == nil {
		next = tally.New()
	}
	deleted := counted.Folded() - int64(c.counted)
	if deleted > 0 && !p.state.Settled || hasMarks(last) {
		if next, err = p.carriedTally(ctx, counted, deleted, end); next == nil || err != nil {
			return false, err
		}
		if hasMarks(last) {
			p.last[p.name] = last.Number
			err = store.SaveSettled(ctx, p.to, p.survey.ID, p.name, store.Settled{Through: end, Release: last.Number})
		}
		if err != nil {
			return false, err
		}
	} else if end > max(next.Cursor, next.Alerted) {
		next.Alerted = end
	}
	if err := p.readInForce(ctx); p.inForce || err != nil {
		return false, err // somebody else counts there now
	}
	switch err := p.to.SaveTally(ctx, p.survey.ID, p.name, next, revision); {
	case errors.Is(err, store.ErrStale):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, p.setSettled(ctx)
}

// reach carries the source's responses up to a cursor, compares, and notes where the target's log ends then. It returns nil if that
// is not known, because more have been carried.
func (p *period) reach(ctx context.Context, cursor, early string) (*comparison, error) {
	switch {
	case p.state.Reached == cursor && cursor != "":
		return p.reconcile(ctx, cursor, early)
	case max(p.state.Cursor, p.state.Begun) > cursor:
		return nil, nil
	}
	if err := p.store(ctx, cursor); err != nil {
		return nil, err
	}
	if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
		return nil, err
	}
	c, err := p.reconcile(ctx, cursor, early)
	if err != nil {
		return nil, err
	}
	ends, err := p.to.Ends(ctx, p.survey.ID)
	if err != nil {
		return nil, err
	}
	p.state.Reached, p.state.End = cursor, ends[p.name]
	return c, p.save(ctx)
}

// carriedTally returns the source's tally as it is stored in the target, whose log ends at a cursor and has what the source has
// of the responses counted, or whose alerts are evaluated, but for so many that were deleted. It returns nil if the source has
// changed meanwhile.
func (p *period) carriedTally(ctx context.Context, counted *tally.Tally, deleted int64, end string) (*tally.Tally, error) {
	same, err := p.erasedNone(ctx, counted)
	if !same || err != nil {
		return nil, err
	}
	if reached := counted.Alerted; counted.Cursor < reached {
		if deleted > 0 {
			return nil, message.Errorf("the source is counting this period again, and has deleted responses of it after the retention time: let it publish first, and move then")
		}
		if err := p.foldOn(ctx, counted, reached); err != nil {
			return nil, err
		}
	}
	if deleted > 0 {
		if err := store.SaveCarried(ctx, p.to, p.survey.ID, p.name, deleted); err != nil {
			return nil, err
		}
	}
	return placed(counted, end), nil
}

// placed returns a tally of the source as that of a target whose log has its responses up to a cursor.
func placed(t *tally.Tally, end string) *tally.Tally {
	t.Cursor, t.Alerted = end, ""
	t.SetLegacy(nil, nil)
	for _, part := range t.Parts {
		for key := range part.Out {
			part.Out[key] = end
		}
	}
	return t
}

// foldOn folds what the source's tally has not counted yet, up to a cursor.
func (p *period) foldOn(ctx context.Context, counted *tally.Tally, until string) error {
	settled := store.Settled{}
	if progress, ok := p.from.(store.Progress); ok {
		var err error
		if settled, err = store.SettledOf(ctx, progress, p.survey.ID, p.name); err != nil {
			return err
		}
	}
	if from, ok := p.from.(store.DecisionReader); ok {
		if err := settled.ReadDecisions(ctx, from, p.survey.ID, p.name); err != nil {
			return err
		}
	}
	versions := p.versions()
	for entry, err := range p.from.After(ctx, p.survey.ID, p.name, counted.Cursor) {
		if err != nil {
			return err
		}
		if entry.Cursor > until {
			return nil
		}
		if err := versions.Fold(ctx, counted, settled, entry); err != nil {
			return err
		}
	}
	return nil
}

// erasedNone reports whether none of the responses that the source has counted has been erased since, nor released, nor decided of.
func (p *period) erasedNone(ctx context.Context, counted *tally.Tally) (bool, error) {
	now, _, err := p.from.Tally(ctx, p.survey.ID, p.name)
	return err == nil && now != nil && now.Release == counted.Release && now.Erasures() == counted.Erasures() && now.Decided == counted.Decided, err
}

// checkDeleted checks that the source knows no responses from its tally alone, because they could not be counted in the
// target, which counts the period itself or has other responses of it.
func (p *period) checkDeleted(ctx context.Context, counted *tally.Tally) error {
	if p.state.Settled {
		return nil
	}
	there := int64(0)
	for entry, err := range p.from.After(ctx, p.survey.ID, p.name, "") {
		if err != nil {
			return err
		}
		if entry.Cursor > counted.Cursor {
			break
		}
		there++
	}
	if deleted := counted.Folded() - there; deleted > 0 {
		return message.Errorf("the source has deleted %d responses of this period after the retention time, and knows them from its tally alone. They can only be carried to a store that has nothing of the period and has not this survey in force: move to a new one", deleted)
	}
	return p.setSettled(ctx)
}
