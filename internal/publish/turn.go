package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const (
	// renewEvery is how often a turn is renewed while it lasts: several times before it would be over.
	renewEvery = 6 * time.Second
	// maxTurn is after how long a publisher leaves what has come meanwhile to others: a function must end before its time limit.
	maxTurn = 40 * time.Second
	// runTime is kept for a run before the end of the context: without it, the publisher does not wait to make one.
	runTime = 20 * time.Second
	// leaving is how long it may take to leave a turn after a failure.
	leaving = 5 * time.Second
)

// Turns are the ports of publishers that take turns.
type Turns interface {
	store.Turns
	store.Leases
}

// publishInTurn runs until nothing has been left to the turn meanwhile. early is for how long it is too early to begin.
func (p *Publisher) publishInTurn(ctx context.Context, s *survey.Survey, turn *store.Turn, early time.Duration) (whole Outcome, err error) {
	begun := time.Now()
	stop := p.keep(ctx, turn)
	defer stop()
	for {
		if err := p.wait(ctx, early); err != nil {
			whole.More = true
			return whole, errors.Join(err, p.leave(ctx, turn))
		}
		started := time.Now()
		turn.Next = time.Time{}
		if p.apart > 0 {
			turn.Next = p.now().Add(p.apart)
		}
		out, err := p.runOnce(ctx, s, turn.Names)
		whole.add(out)
		if err != nil || out.More {
			whole.More = true
			return whole, errors.Join(err, p.leave(ctx, turn))
		}
		if !turn.Oldest.IsZero() {
			whole.Age = max(whole.Age, p.now().Sub(turn.Oldest))
		}
		took := time.Since(started)
		if pause := Pause(took); p.apart > 0 && took+pause > p.apart {
			turn.Next = p.now().Add(pause)
		}
		again, err := p.turns.EndTurn(ctx, turn)
		if err == nil && !again {
			return whole, nil
		}
		early = 0
		if p.apart > 0 {
			early = max(Pause(took), p.apart-time.Since(started))
		}
		if err != nil || time.Since(begun) > maxTurn || !lasts(ctx, early+runTime) {
			whole.Left = true
			return whole, errors.Join(err, p.leave(ctx, turn))
		}
	}
}

// lasts reports whether a context does not end within a time.
func lasts(ctx context.Context, d time.Duration) bool {
	end, ok := ctx.Deadline()
	return !ok || time.Until(end) > d
}

// wait waits, unless the context ends too soon for a run afterwards.
func (p *Publisher) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if !lasts(ctx, d+runTime) {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keep renews a turn until stop is called. If it cannot, another process may take it: then two are at the same work, which is right
// as well.
func (p *Publisher) keep(ctx context.Context, turn *store.Turn) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	own := &store.Turn{Survey: turn.Survey, Token: turn.Token}
	var renewing sync.WaitGroup
	renewing.Go(func() {
		timer := time.NewTimer(renewEvery)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if still, err := p.turns.RenewTurn(ctx, own); err == nil && !still {
				return
			}
			timer.Reset(renewEvery)
		}
	})
	return func() {
		cancel()
		renewing.Wait()
	}
}

// leave ends a turn whose work is not done, also if the context has ended.
func (p *Publisher) leave(ctx context.Context, turn *store.Turn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaving)
	defer cancel()
	if err := p.turns.LeaveTurn(ctx, turn); err != nil {
		return fmt.Errorf("leaving the turn: %w", err)
	}
	return nil
}

// add adds what another run has done. The report is that of the last run.
func (o *Outcome) add(more Outcome) {
	o.Folded += more.Folded
	o.Released = append(o.Released, more.Released...)
	o.Replaced += more.Replaced
	o.Opened += more.Opened
	o.Held += more.Held
	o.Report = more.Report
}
