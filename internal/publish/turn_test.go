package publish

import (
	"context"
	"errors"
	"slices"
	"testing"

	"glasspoll/internal/store"
)

// fakeTurns gives turns from a list: EndTurn goes on as often as it says, with its periods.
type fakeTurns struct {
	busy  bool
	again [][]string
	left  []string // periods of turns that were left
	ended int
	fail  error
}

func (f *fakeTurns) BeginTurn(_ context.Context, survey string, periods ...string) (*store.Turn, error) {
	if f.busy || f.fail != nil {
		return nil, f.fail
	}
	return &store.Turn{Survey: survey, Periods: periods}, nil
}

func (f *fakeTurns) EndTurn(_ context.Context, t *store.Turn) (bool, error) {
	if len(f.again) == 0 {
		f.ended++
		return false, nil
	}
	t.Periods, f.again = f.again[0], f.again[1:]
	return true, nil
}

func (f *fakeTurns) LeaveTurn(ctx context.Context, t *store.Turn) error {
	f.left = t.Periods
	return ctx.Err()
}

func TestTurns(t *testing.T) {
	s, m := parse(t, sample), newFakeStore()
	turns := &fakeTurns{busy: true}
	o := m.options(plain{}, at(20))
	o.Turns = turns
	p := New(o)
	m.putMany(0, 20, "2026-10")
	if out := publish(t, p, s); !out.TurnedAway || out.Folded != 0 || len(m.calls) != 0 {
		t.Errorf("turned away: %+v, %v", out, m.calls)
	}
	// It goes on while others are turned away, with the periods that they leave.
	turns.busy, turns.again = false, [][]string{{"2026-09"}, nil}
	out, err := p.Publish(ctx, s, "2026-10")
	if err != nil || out.TurnedAway || out.More || out.Folded != 20 || len(out.Released) != 1 || out.Report == nil || turns.ended != 1 || m.calls["Collect"] != 3 {
		t.Errorf("%+v, %v, %v", out, err, m.calls)
	}
	// After a failure, also if the context has ended, the turn is left with its work.
	m.fault = func(call string) (bool, bool) { return call == "Ends", false }
	if out, err := p.Publish(ctx, s, "2026-08"); !errors.Is(err, errInjected) || !out.More || !slices.Equal(turns.left, []string{"2026-08"}) {
		t.Errorf("%+v, %v, left %v", out, err, turns.left)
	}
	m.fault = nil
	cancelled, cancel := context.WithCancel(ctx)
	turns.left = nil
	m.during("Ends", 1, cancel)
	o.Log = failing{m}
	if _, err := New(o).Publish(cancelled, s, "2026-07"); !errors.Is(err, context.Canceled) || !slices.Equal(turns.left, []string{"2026-07"}) {
		t.Errorf("%v, left %v", err, turns.left)
	}
	turns.fail = errInjected
	if out, err := p.Publish(ctx, s); !errors.Is(err, errInjected) || out.TurnedAway {
		t.Errorf("%+v, %v", out, err)
	}
}

// failing is a log that fails when the context has ended.
type failing struct{ *fakeStore }

func (f failing) Ends(ctx context.Context, survey string) (map[string]string, error) {
	ends, err := f.fakeStore.Ends(ctx, survey)
	return ends, errors.Join(err, ctx.Err())
}
