package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
)

// beginTurn begins a turn, and checks which periods are to be done.
func beginTurn(t *testing.T, b Backend, periods, want []string) *store.Turn {
	t.Helper()
	turn, err := b.Turns.BeginTurn(ctx, surveyID, periods...)
	if err != nil || turn == nil || turn.Survey != surveyID || !slices.Equal(turn.Periods, want) {
		t.Fatalf("BeginTurn = %+v, %v; want periods %v", turn, err, want)
	}
	return turn
}

// turnAway begins a turn while another one lasts.
func turnAway(t *testing.T, b Backend, periods ...string) {
	t.Helper()
	if turn, err := b.Turns.BeginTurn(ctx, surveyID, periods...); err != nil || turn != nil {
		t.Fatalf("BeginTurn = %+v, %v; want none", turn, err)
	}
}

// endTurn ends a turn, and checks whether it goes on, and with which periods.
func endTurn(t *testing.T, b Backend, turn *store.Turn, want bool, periods ...string) {
	t.Helper()
	if again, err := b.Turns.EndTurn(ctx, turn); err != nil || again != want || again && !slices.Equal(turn.Periods, periods) {
		t.Fatalf("EndTurn = %t, %v with periods %v; want %t with %v", again, err, turn.Periods, want, periods)
	}
}

func turns(t *testing.T, b Backend) {
	if b.Turns == nil {
		t.Skip("this back end is used by one process")
	}
	turn := beginTurn(t, b, []string{"2026-Q4", "2026-Q3"}, []string{"2026-Q3", "2026-Q4"})
	endTurn(t, b, turn, false)
	turn = beginTurn(t, b, nil, nil)
	turnAway(t, b)
	turnAway(t, b, "2026-Q4")
	turnAway(t, b, "2026-Q2", "2026-Q4")
	if other, err := b.Turns.BeginTurn(ctx, "other"); err != nil || other == nil {
		t.Errorf("another survey's turn is %+v, %v", other, err)
	}
	endTurn(t, b, turn, true, "2026-Q2", "2026-Q4")
	turnAway(t, b, "2026-Q4") // which is at work, and has changed once more
	endTurn(t, b, turn, true, "2026-Q4")
	turnAway(t, b)
	endTurn(t, b, turn, true)
	turnAway(t, b, "2026-Q1")
	if err := b.Turns.LeaveTurn(ctx, turn); err != nil {
		t.Fatal(err)
	}
	turn = beginTurn(t, b, []string{"2026-Q4"}, []string{"2026-Q1", "2026-Q4"})
	if err := b.Turns.LeaveTurn(ctx, turn); err != nil {
		t.Fatal(err)
	}
	turn = beginTurn(t, b, nil, []string{"2026-Q1", "2026-Q4"})
	endTurn(t, b, turn, false)

	// A turn that has lasted for hours is taken for lost, with what it had to do.
	lost := beginTurn(t, b, []string{"2026-Q4"}, []string{"2026-Q4"})
	if b.At == nil {
		return
	}
	later := b.At(3 * time.Hour)
	turn = beginTurn(t, later, []string{"2026-Q1"}, []string{"2026-Q1", "2026-Q4"})
	endTurn(t, b, lost, false) // it was another one's in the end
	if err := b.Turns.LeaveTurn(ctx, lost); err != nil {
		t.Error(err)
	}
	turnAway(t, later, "2026-Q2")
	endTurn(t, later, turn, true, "2026-Q2")
	endTurn(t, later, turn, false)
}

// turnsAtOnce takes turns from many goroutines: one at a time, and whatever was asked for is done afterwards.
func turnsAtOnce(t *testing.T, b Backend) {
	if b.Turns == nil {
		t.Skip("this back end is used by one process")
	}
	var mu sync.Mutex
	asked, working, done := map[string]bool{}, 0, map[string]bool{}
	work := func(periods []string) {
		mu.Lock()
		defer mu.Unlock()
		if working++; working > 1 {
			t.Error("two have a turn at the same time")
		}
		for _, period := range periods {
			if !asked[period] {
				t.Errorf("%s is done before anybody asked for it", period)
			}
			done[period] = true
		}
	}
	rest := func() {
		mu.Lock()
		defer mu.Unlock()
		working--
	}
	var group errgroup.Group
	for w := range 8 {
		group.Go(func() error {
			for i := range 6 {
				period := fmt.Sprintf("%d of %d", i, w)
				mu.Lock()
				asked[period] = true
				mu.Unlock()
				turn, err := b.Turns.BeginTurn(ctx, surveyID, period)
				if err != nil {
					return err
				}
				for again := turn != nil; again; {
					work(turn.Periods)
					time.Sleep(time.Millisecond) // so that others ask meanwhile
					rest()
					if again, err = b.Turns.EndTurn(ctx, turn); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(done) != len(asked) {
		t.Errorf("%d of %d periods are done", len(done), len(asked))
	}
	endTurn(t, b, beginTurn(t, b, nil, nil), false)
}
