package publish

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/store"
)

// fakeTurns gives turns from a list: EndTurn goes on as often as it says, with its names.
type fakeTurns struct {
	busy    bool
	early   time.Duration
	resumed []string // what ResumeTurn finds; nil: nothing
	again   [][]string
	left    []string // of turns that were left
	ended   []time.Time
	renewed int
	fail    error
}

func (f *fakeTurns) BeginTurn(_ context.Context, survey string, w store.Work) (*store.Turn, time.Duration, error) {
	if f.busy || f.fail != nil || f.early > 0 {
		return nil, f.early, f.fail
	}
	return &store.Turn{Survey: survey, Work: w}, 0, nil
}

func (f *fakeTurns) ResumeTurn(_ context.Context, survey string) (*store.Turn, time.Duration, error) {
	if f.resumed == nil || f.fail != nil {
		return nil, 0, f.fail
	}
	return &store.Turn{Survey: survey, Work: store.Work{Names: f.resumed}}, f.early, nil
}

func (f *fakeTurns) RenewTurn(context.Context, *store.Turn) (bool, error) {
	f.renewed++
	return f.renewed < 3, nil
}

func (f *fakeTurns) Unfinished(context.Context) ([]string, error) { return nil, nil }

func (f *fakeTurns) EndTurn(_ context.Context, t *store.Turn) (bool, error) {
	f.ended = append(f.ended, t.Next)
	if len(f.again) == 0 {
		return false, nil
	}
	t.Names, f.again = f.again[0], f.again[1:]
	return true, nil
}

func (f *fakeTurns) LeaveTurn(ctx context.Context, t *store.Turn) error {
	f.left = t.Names
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
	turns.busy, turns.again = false, [][]string{{"2026-09"}, {store.Everything}}
	out, err := p.Publish(ctx, s, "2026-10")
	if err != nil || out.TurnedAway || out.More || out.Folded != 20 || len(out.Released) != 1 || out.Report == nil || len(turns.ended) != 3 || m.calls["Collect"] != 3 {
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

// TestTurnsApart leaves time between turns: who comes too early is told so, whoever finishes waits, and so does whoever goes on. A
// turn is renewed meanwhile, and no more once it is another one's.
func TestTurnsApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, m := parse(t, sample), newFakeStore()
		turns := &fakeTurns{early: 12 * time.Second}
		o := m.options(plain{}, time.Now)
		o.Turns, o.Apart = turns, 15*time.Second
		p, begin := New(o), time.Now()
		if out, err := p.Publish(ctx, s, "2026-10"); err != nil || !out.TurnedAway || out.Early != turns.early || len(m.calls) != 0 {
			t.Errorf("%+v, %v", out, err)
		}
		if out, err := p.Finish(ctx, s); err != nil || !out.TurnedAway || out.Early != 0 {
			t.Errorf("nothing is left: %+v, %v", out, err)
		}
		turns.resumed, turns.again = []string{"2026-10"}, [][]string{{"2026-10"}, {"2026-10"}}
		out, err := p.Finish(ctx, s)
		if err != nil || out.TurnedAway || m.calls["Collect"] != 3 || time.Since(begin) != 42*time.Second || turns.renewed != 3 {
			t.Errorf("%+v, %v after %v, renewed %d times, %v", out, err, time.Since(begin), turns.renewed, m.calls)
		}
		for i, next := range turns.ended {
			if want := begin.Add(12*time.Second + time.Duration(i+1)*15*time.Second); !next.Equal(want) {
				t.Errorf("turn %d ends, the next begins at %v, want %v", i, next, want)
			}
		}
		// It does not go on for ever: after a while, what others have left is left to others.
		turns.early, turns.again = 0, slices.Repeat([][]string{{"2026-10"}}, 10)
		if out, err := p.Publish(ctx, s); err != nil || !out.Left || out.More || len(turns.again) != 6 || !slices.Equal(turns.left, []string{"2026-10"}) {
			t.Errorf("%+v, %v, %d", out, err, len(turns.again))
		}
		// It does not wait if the context ends before it could work.
		short, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		turns.early, turns.left = 15*time.Second, nil
		if out, err := p.Finish(short, s); !errors.Is(err, context.DeadlineExceeded) || !out.More || turns.left == nil {
			t.Errorf("%+v, %v", out, err)
		}
		// Age is that of the oldest response when its run has ended.
		turns.early, turns.again = 0, nil
		if out, err := p.PublishWork(ctx, s, store.Work{Names: []string{"2026-10"}, Oldest: time.Now().Add(-time.Minute)}); err != nil || out.Age != time.Minute {
			t.Errorf("%+v, %v", out, err)
		}
		// What collecting has not come to is left, and the rest is published.
		m.more = true
		m.putMany(0, 20, "2026-10")
		if out, err := p.Publish(ctx, s, "2026-10"); err != nil || !out.More || out.Folded != 20 || !slices.Equal(turns.left, []string{"2026-10"}) {
			t.Errorf("%+v, %v, left %v", out, err, turns.left)
		}
	})
}
