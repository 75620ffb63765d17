package transfer

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// releases carries the releases that the target lacks, up to the last one that was there when the run began. difference says
// that the target has other ones, or lacks some that are not to be carried now.
func (p *period) releases(ctx context.Context, write bool) (appended int, difference message.Text, err error) {
	for range attempts {
		n, difference, err := p.releasesOnce(ctx, write)
		appended += n
		if !errors.Is(err, store.ErrStale) {
			return appended, difference, err
		}
	}
	return appended, message.Text{}, message.Errorf("releases: %w %d times", store.ErrStale, attempts)
}

func (p *period) releasesOnce(ctx context.Context, write bool) (appended int, difference message.Text, err error) {
	next, stop := iter.Pull2(p.to.History(ctx, p.survey.ID, p.name))
	defer stop()
	for r, err := range p.from.History(ctx, p.survey.ID, p.name) {
		if err != nil {
			return appended, message.Text{}, err
		}
		if r.Number > p.last[p.name] {
			break
		}
		if mine, err, there := next(); there {
			if err != nil {
				return appended, message.Text{}, err
			}
			if !bytes.Equal(withoutPlaces(mine).Encode(), withoutPlaces(r).Encode()) {
				return appended, message.New("%s %s: release %d is another one", p.survey.ID, p.name, r.Number), nil
			}
			continue
		}
		if !write {
			return appended, message.New("%s %s: releases are missing from number %d on", p.survey.ID, p.name, r.Number), nil
		}
		if err := p.append(ctx, r); err != nil {
			return appended, message.Text{}, err
		}
		appended++
	}
	return appended, message.Text{}, nil
}

// append stores a release in the target, with the tally that fits it. If settle has carried the source's, it is that of this
// release or a later one. If not, because the target has the survey in force, it is the source's as long as the target has the
// same responses. Otherwise everybody whose response is in the target by now is settled, so that nobody is in two blocks; that
// some of them wait is lost.
func (p *period) append(ctx context.Context, r *release.Release) error {
	t, revision, err := p.to.Tally(ctx, p.survey.ID, p.name)
	if err != nil {
		return err
	}
	switch {
	case t != nil && t.Release >= r.Number && !p.inForce:
	case hasMarks(r):
		if t, err = p.settleAll(ctx, r, t); err != nil {
			return err
		}
	default:
		t = tally.Restart(t) // folded again from the release, which says how many are in it
	}
	return p.to.Append(ctx, r, t, revision)
}

// settleAll notes that all responses that the target has are settled, and returns the tally to store with the release.
func (p *period) settleAll(ctx context.Context, r *release.Release, before *tally.Tally) (*tally.Tally, error) {
	ends, err := p.to.Ends(ctx, p.survey.ID)
	if err != nil {
		return nil, err
	}
	end, after := ends[p.name], tally.Restart(before)
	counted, _, err := p.from.Tally(ctx, p.survey.ID, p.name)
	if err != nil {
		return nil, err
	}
	c := p.compared
	if same := c != nil && c.own == 0 && len(c.differences("")) == 0; same && counted != nil && counted.Release == r.Number && counted.Cursor == p.end && p.end != "" {
		end, after = c.end, placed(counted, c.end)
	}
	return after, store.SaveSettled(ctx, p.to, p.survey.ID, p.name, store.Settled{Through: end, Release: r.Number})
}

// withoutPlaces returns a release without places in the log, which are those of one store.
func withoutPlaces(r *release.Release) *release.Release {
	if r.Held == nil {
		return r
	}
	held := *r.Held
	held.Out = map[string]map[string]release.Mark{}
	for shape, marks := range r.Held.Out {
		held.Out[shape] = map[string]release.Mark{}
		for key, m := range marks {
			held.Out[shape][key] = release.Mark{Release: m.Release}
		}
	}
	without := *r
	without.Held = &held
	return &without
}
