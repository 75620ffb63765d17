package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// state is how far a period has been carried. It is kept in the target, as JSON.
type state struct {
	Format  int    `json:"format"`  // of this record
	Cursor  string `json:"cursor"`  // in the source's log, up to which responses have been carried
	Empty   bool   `json:"empty"`   // the target had nothing of the period, and the survey was not in force there
	Settled bool   `json:"settled"` // what the source knows from its tally alone is in the target, or there is no such thing
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
}

// carry carries the period and compares.
func (p *period) carry(ctx context.Context) error {
	if p.write {
		if err := p.load(ctx); err != nil {
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
	end := ends[p.name]
	if p.write {
		if err := p.store(ctx, end); err != nil {
			return err
		}
	}
	if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
		return err
	}
	c, err := p.reconcile(ctx, end, "")
	if err != nil {
		return err
	}
	appended, difference, err := p.releases(ctx, p.write)
	if err != nil {
		return err
	}
	differences := c.differences(p.survey.ID + " " + p.name)
	if difference != "" {
		differences = append(differences, difference)
	}
	p.summarize(c, appended, differences)
	return nil
}

// summarize adds the period to the report.
func (p *period) summarize(c *comparison, releases int, differences []string) {
	p.report.Responses += p.responses
	p.report.Erased += p.erased
	p.report.Releases += releases
	p.report.Compared += c.compared
	p.report.Own += c.own
	p.report.Differences = append(p.report.Differences, differences...)
	verdict := "agree"
	if len(differences) > 0 {
		verdict = "differ"
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
			return fmt.Errorf("the progress of an earlier move: %w", err)
		}
		if p.state.Format != stateFormat {
			return fmt.Errorf("the progress of an earlier move has format %d: go on with the newer glasspoll that has begun it", p.state.Format)
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
	if mine && difference != "" {
		return fmt.Errorf("the target has made other releases of this period than the source, so they cannot be brought together: move to a store that has none of it (%s)", difference)
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

// settle carries what the source knows from its tally alone: whose alerts have been evaluated, and the responses that were
// deleted after a retention time.
func (p *period) settle(ctx context.Context) error {
	for range attempts {
		counted, _, err := p.from.Tally(ctx, p.survey.ID, p.name)
		if err != nil {
			return err
		}
		if counted == nil {
			return p.setSettled(ctx)
		}
		if err := p.readInForce(ctx); err != nil {
			return err
		}
		if p.inForce || !p.state.Empty {
			return p.checkDeleted(ctx, counted)
		}
		settled, err := p.settleAt(ctx, counted)
		if settled || err != nil {
			return err
		}
	}
	return fmt.Errorf("the tally: %w %d times", store.ErrStale, attempts)
}

func (p *period) setSettled(ctx context.Context) error {
	if p.state.Settled {
		return nil
	}
	p.state.Settled = true
	return p.save(ctx)
}

// settleAt carries the responses that the source has counted, or whose alerts it has evaluated, and then the tally. It reports
// false if one of them has changed meanwhile.
func (p *period) settleAt(ctx context.Context, counted *tally.Tally) (settled bool, err error) {
	reached := max(counted.Cursor, counted.Alerted)
	if err := p.store(ctx, reached); err != nil {
		return false, err
	}
	if p.state.Cursor > reached {
		return true, p.setSettled(ctx) // an earlier run has carried more than the source has counted to this day
	}
	if err := p.to.Collect(ctx, p.survey.ID, p.name); err != nil {
		return false, err
	}
	c, err := p.reconcile(ctx, reached, counted.Cursor)
	if err != nil {
		return false, err
	}
	next, revision, err := p.to.Tally(ctx, p.survey.ID, p.name)
	if err != nil {
		return false, err
	}
	ends, err := p.to.Ends(ctx, p.survey.ID)
	if err != nil {
		return false, err
	}
	end := ends[p.name]
	if next == nil {
		next = tally.Empty(nil)
	}
	if deleted := respondents(counted) - int64(c.counted); deleted > 0 && !p.state.Settled {
		if counted.Cursor < reached {
			return false, errors.New("the source is counting this period again, and has deleted responses of it after the retention time: let it publish first, and move then")
		}
		same, err := p.erasedNone(ctx, counted)
		if !same || err != nil {
			return false, err
		}
		if err := store.SaveCarried(ctx, p.to, p.survey.ID, p.name, deleted); err != nil {
			return false, err
		}
		next = counted
		next.Cursor, next.Alerted = end, ""
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

// erasedNone reports whether none of the responses that the source has counted has been erased since.
func (p *period) erasedNone(ctx context.Context, counted *tally.Tally) (bool, error) {
	now, _, err := p.from.Tally(ctx, p.survey.ID, p.name)
	return err == nil && now != nil && now.Shape == counted.Shape && now.Total().Withdrawn == counted.Total().Withdrawn, err
}

// respondents returns how many responses a tally counts, those that were withdrawn included.
func respondents(t *tally.Tally) int64 {
	total := t.Total()
	return total.Respondents + total.Withdrawn
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
	if deleted := respondents(counted) - there; deleted > 0 {
		return fmt.Errorf("the source has deleted %d responses of this period after the retention time, and knows them from its tally alone. They can only be carried to a store that has nothing of the period and has not this survey in force: move to a new one", deleted)
	}
	return p.setSettled(ctx)
}
