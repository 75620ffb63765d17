package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const (
	// maxTurn is how long a publisher goes on because others were turned away: a function must end before its time limit.
	maxTurn = 20 * time.Second
	// leaving is how long it may take to leave a turn after a failure.
	leaving = 5 * time.Second
)

// publishInTurn runs until nobody has been turned away meanwhile.
func (p *Publisher) publishInTurn(ctx context.Context, s *survey.Survey, turn *store.Turn) (whole Outcome, err error) {
	begun := time.Now()
	for {
		out, err := p.runOnce(ctx, s, turn.Periods)
		whole.add(out)
		again := true
		if err == nil {
			again, err = p.turns.EndTurn(ctx, turn)
		}
		switch {
		case err == nil && !again:
			return whole, nil
		case err != nil || time.Since(begun) > maxTurn:
			whole.More = true
			return whole, errors.Join(err, p.leave(ctx, turn))
		}
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
	o.Report = more.Report
}
