package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// releases carries the releases that the target lacks, up to the last one that was there when the run began. difference says
// that the target has other ones, or lacks some that are not to be carried now.
func (p *period) releases(ctx context.Context, write bool) (appended int, difference string, err error) {
	for range attempts {
		n, difference, err := p.releasesOnce(ctx, write)
		appended += n
		if !errors.Is(err, store.ErrStale) {
			return appended, difference, err
		}
	}
	return appended, "", fmt.Errorf("releases: %w %d times", store.ErrStale, attempts)
}

func (p *period) releasesOnce(ctx context.Context, write bool) (appended int, difference string, err error) {
	next, stop := iter.Pull2(p.to.History(ctx, p.survey.ID, p.name))
	defer stop()
	for r, err := range p.from.History(ctx, p.survey.ID, p.name) {
		if err != nil {
			return appended, "", err
		}
		if r.Number > p.last[p.name] {
			break
		}
		if mine, err, there := next(); there {
			if err != nil {
				return appended, "", err
			}
			if !bytes.Equal(mine.Encode(), r.Encode()) {
				return appended, fmt.Sprintf("%s %s: release %d is another one", p.survey.ID, p.name, r.Number), nil
			}
			continue
		}
		if !write {
			return appended, fmt.Sprintf("%s %s: releases are missing from number %d on", p.survey.ID, p.name, r.Number), nil
		}
		t, revision, err := p.to.Tally(ctx, p.survey.ID, p.name)
		if err != nil {
			return appended, "", err
		}
		if err := p.to.Append(ctx, r, tally.Restart(t), revision); err != nil { // the tally follows, see tally
			return appended, "", err
		}
		appended++
	}
	return appended, "", nil
}
