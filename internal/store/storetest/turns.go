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

// Turns are turns of processes that may be killed.
type Turns interface {
	store.Turns
	store.Leases
}

// beginTurn begins a turn, and checks what is to be done.
func beginTurn(t *testing.T, b Backend, names, want []string) *store.Turn {
	t.Helper()
	turn, early, err := b.Turns.BeginTurn(ctx, surveyID, store.Work{Names: names})
	if err != nil || turn == nil || early != 0 || turn.Survey != surveyID || !slices.Equal(turn.Names, want) {
		t.Fatalf("BeginTurn = %+v, %v, %v; want %v", turn, early, err, want)
	}
	return turn
}

// turnAway begins a turn while another one lasts.
func turnAway(t *testing.T, b Backend, names ...string) {
	t.Helper()
	if turn, early, err := b.Turns.BeginTurn(ctx, surveyID, store.Work{Names: names}); err != nil || turn != nil || early != 0 {
		t.Fatalf("BeginTurn = %+v, %v, %v; want none", turn, early, err)
	}
}

// resumeTurn resumes a turn, and checks what is to be done, nil: none, and for how long it is early at most.
func resumeTurn(t *testing.T, b Backend, most time.Duration, want []string) *store.Turn {
	t.Helper()
	turn, early, err := b.Turns.ResumeTurn(ctx, surveyID)
	if err != nil || (turn == nil) != (want == nil) || turn != nil && !slices.Equal(turn.Names, want) || early > most || (early > 0) != (most > 0) {
		t.Fatalf("ResumeTurn = %+v, %v, %v; want %v, early for up to %v", turn, early, err, want, most)
	}
	return turn
}

// endTurn ends a turn, and checks whether it goes on, and with what.
func endTurn(t *testing.T, b Backend, turn *store.Turn, want bool, names ...string) {
	t.Helper()
	if again, err := b.Turns.EndTurn(ctx, turn); err != nil || again != want || again && !slices.Equal(turn.Names, names) {
		t.Fatalf("EndTurn = %t, %v with %v; want %t with %v", again, err, turn.Names, want, names)
	}
}

func leaveTurn(t *testing.T, b Backend, turn *store.Turn) {
	t.Helper()
	if err := b.Turns.LeaveTurn(ctx, turn); err != nil {
		t.Fatal(err)
	}
}

// wantUnfinished checks whether work on the survey is left.
func wantUnfinished(t *testing.T, b Backend, want bool) {
	t.Helper()
	if surveys, err := b.Turns.Unfinished(ctx); err != nil || slices.Contains(surveys, surveyID) != want {
		t.Fatalf("unfinished: %v, %v; want this survey among them: %t", surveys, err, want)
	}
}

func turns(t *testing.T, b Backend) {
	if b.Turns == nil {
		t.Skip("this back end is used by one process")
	}
	wantUnfinished(t, b, false)
	turn := beginTurn(t, b, []string{"2026-Q4", "2026-Q3"}, []string{"2026-Q3", "2026-Q4"})
	wantUnfinished(t, b, false) // somebody is at it
	endTurn(t, b, turn, false)
	wantUnfinished(t, b, false)
	resumeTurn(t, b, 0, nil)
	turn = beginTurn(t, b, []string{store.Everything}, []string{store.Everything})
	turnAway(t, b, "2026-Q4")
	turnAway(t, b, "2026-Q2", "2026-Q4")
	if other, _, err := b.Turns.BeginTurn(ctx, "other", store.Work{Names: []string{store.Everything}}); err != nil || other == nil {
		t.Errorf("another survey's turn is %+v, %v", other, err)
	}
	endTurn(t, b, turn, true, "2026-Q2", "2026-Q4")
	turnAway(t, b, "2026-Q4") // which is at work, and has changed once more
	endTurn(t, b, turn, true, "2026-Q4")
	turnAway(t, b, store.Everything)
	endTurn(t, b, turn, true, store.Everything)
	turnAway(t, b, "2026-Q1")
	if still, err := b.Turns.RenewTurn(ctx, turn); err != nil || !still {
		t.Errorf("renewed: %t, %v", still, err)
	}
	leaveTurn(t, b, turn)
	wantUnfinished(t, b, true)
	turn = beginTurn(t, b, []string{"2026-Q4"}, []string{store.Everything, "2026-Q1", "2026-Q4"})
	leaveTurn(t, b, turn)
	turn = resumeTurn(t, b, 0, []string{store.Everything, "2026-Q1", "2026-Q4"})
	wantUnfinished(t, b, false)
	endTurn(t, b, turn, false)
	turnsApart(t, b)
	lostTurn(t, b)
}

// turnsApart leaves time between turns: who comes too early leaves the work, and is told when; one may wait in a turn.
func turnsApart(t *testing.T, b Backend) {
	turn := beginTurn(t, b, []string{"2026-Q4"}, []string{"2026-Q4"})
	turn.Next = time.Now().Add(4 * time.Minute)
	endTurn(t, b, turn, false)
	resumeTurn(t, b, 0, nil)
	if early, wait, err := b.Turns.BeginTurn(ctx, surveyID, store.Work{Names: []string{"2026-Q3"}}); err != nil || early != nil || wait < time.Minute || wait > 4*time.Minute {
		t.Fatalf("BeginTurn = %v, %v, %v", early, wait, err)
	}
	wantUnfinished(t, b, true)
	turn = resumeTurn(t, b, 4*time.Minute, []string{"2026-Q3"})
	turnAway(t, b, "2026-Q3")
	wantUnfinished(t, b, false)
	turn.Next = time.Now().Add(4 * time.Minute)
	endTurn(t, b, turn, true, "2026-Q3")
	turn.Next = time.Time{}
	endTurn(t, b, turn, false)
}

// lostTurn takes a turn that has lasted for hours for lost, with what it had to do.
func lostTurn(t *testing.T, b Backend) {
	first := time.Now().Add(-time.Hour).Truncate(time.Second)
	lost, _, err := b.Turns.BeginTurn(ctx, surveyID, store.Work{Names: []string{"2026-Q4"}, Oldest: first})
	if err != nil || lost == nil || !lost.Oldest.Equal(first) {
		t.Fatalf("%+v, %v", lost, err)
	}
	if b.At == nil {
		return
	}
	later := b.At(3 * time.Hour)
	wantUnfinished(t, later, true)
	turn := beginTurn(t, later, []string{"2026-Q1"}, []string{"2026-Q1", "2026-Q4"})
	if !turn.Oldest.Equal(first) {
		t.Errorf("the oldest is of %v, want %v", turn.Oldest, first)
	}
	if still, err := b.Turns.RenewTurn(ctx, lost); err != nil || still {
		t.Errorf("renewed: %t, %v", still, err)
	}
	endTurn(t, b, lost, false) // it was another one's in the end
	leaveTurn(t, b, lost)
	for _, minutes := range []time.Duration{5, 3, 4} { // the oldest counts, whoever comes first
		w := store.Work{Names: []string{"2026-Q2"}, Oldest: first.Add(-minutes * time.Minute)}
		if none, _, err := later.Turns.BeginTurn(ctx, surveyID, w); err != nil || none != nil {
			t.Fatalf("%v, %v", none, err)
		}
	}
	endTurn(t, later, turn, true, "2026-Q2")
	if want := first.Add(-5 * time.Minute); !turn.Oldest.Equal(want) {
		t.Errorf("the oldest is of %v, want %v", turn.Oldest, want)
	}
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
				turn, _, err := b.Turns.BeginTurn(ctx, surveyID, store.Work{Names: []string{period}})
				if err != nil {
					return err
				}
				for again := turn != nil; again; {
					work(turn.Names)
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
