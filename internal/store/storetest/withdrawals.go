package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// withdraw takes a response back, and carries it out where that is done by another.
func withdraw(t *testing.T, b Backend, survey, id string) {
	t.Helper()
	done, err := b.Withdrawer.Withdraw(ctx, survey, id)
	if err != nil {
		t.Fatal(err)
	}
	if b.Withdrawals == nil {
		if !done.Erased || done.Period == "" {
			t.Fatalf("%+v, want it erased", done)
		}
		return
	}
	if done != (store.Withdrawal{}) {
		t.Fatalf("%+v, want the wish alone", done)
	}
	if ids, err := b.Withdrawals.Withdrawals(ctx, survey); err != nil || !slices.Equal(ids, []string{id}) {
		t.Fatalf("to be erased: %v, %v", ids, err)
	}
	if periods, err := store.CarryOut(ctx, b.Withdrawals, survey, time.Now()); err != nil || len(periods) != 1 {
		t.Fatal(periods, err)
	}
	if ids, err := b.Withdrawals.Withdrawals(ctx, survey); err != nil || len(ids) > 0 {
		t.Fatalf("still to be erased: %v, %v", ids, err)
	}
}

// wantTakenBack checks that nothing but the segment is left of a response of tier a, and that it cannot come again.
func wantTakenBack(t *testing.T, b Backend, r answer.Response) {
	t.Helper()
	for _, e := range entries(t, b, surveyID, "all") {
		if e.Response.ID != r.ID {
			continue
		}
		if left := e.Response.Answers; !e.Response.Withdrawn || len(left) != 1 || left[0].Field() != "tier" {
			t.Errorf("left of %s: %+v", r.ID, e.Response)
		}
	}
	if private, err := b.Erasure.Private(ctx, surveyID, "all", r.ID); err != nil || len(private) > 0 {
		t.Errorf("private answers left: %v, %v", private, err)
	}
	putWithdrawn(t, b, r)
	if done, err := b.Withdrawer.Withdraw(ctx, surveyID, r.ID); err != nil || !done.Erased || done.Period != "" {
		t.Errorf("taken back again: %+v, %v", done, err)
	}
}

// withdrawal takes back responses before and after they were counted, some for which there is nothing to take back, and one whose
// carrying out was interrupted.
func withdrawal(t *testing.T, b Backend) {
	if err := b.Definitions.PutDefinition(ctx, tiers(t)); err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		put(t, b, tiered(n), true)
	}
	publishAll(t, b, tiers(t))
	for n := range 3 {
		put(t, b, tiered(10+n), true)
	}
	for _, c := range [][2]string{{surveyID, tiered(99).ID}, {"other", tiered(0).ID}} {
		if done, err := b.Withdrawer.Withdraw(ctx, c[0], c[1]); !errors.Is(err, store.ErrNoResponse) || done.Erased {
			t.Errorf("%v: %+v, %v", c, done, err)
		}
	}
	withdraw(t, b, surveyID, tiered(0).ID)  // counted, and in no block
	withdraw(t, b, surveyID, tiered(10).ID) // not collected
	if b.Withdrawals != nil {
		if _, err := b.Withdrawer.Withdraw(ctx, surveyID, tiered(11).ID); err != nil {
			t.Fatal(err)
		}
		if done, err := store.TakeBack(ctx, b.Withdrawals, surveyID, tiered(11).ID, time.Now()); err != nil || done.Period != "all" {
			t.Fatal(done, err)
		}
		// Here it was killed.
		if periods, err := store.CarryOut(ctx, b.Withdrawals, surveyID, time.Now()); err != nil || len(periods) > 0 {
			t.Fatal(periods, err)
		}
	} else {
		withdraw(t, b, surveyID, tiered(11).ID)
	}
	b = b.reopen(t)
	for _, n := range []int{0, 10, 11} {
		wantTakenBack(t, b, tiered(n))
	}
	publishAll(t, b, tiers(t))
	if got, want := figuresOf(t, b), (figures{received: 7, withdrawn: 3, waiting: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// withdrawalsAtOnce takes responses back, carries that out several times at once, and publishes meanwhile.
func withdrawalsAtOnce(t *testing.T, b Backend) {
	if err := b.Definitions.PutDefinition(ctx, tiers(t)); err != nil {
		t.Fatal(err)
	}
	const all, taken = 24, 6
	var group errgroup.Group
	for n := range all {
		put(t, b, tiered(n), true)
		if n%(all/taken) == 0 {
			for range 2 {
				group.Go(func() error {
					_, err := b.Withdrawer.Withdraw(ctx, surveyID, tiered(n).ID)
					if err == nil && b.Withdrawals != nil {
						_, err = store.CarryOut(ctx, b.Withdrawals, surveyID, time.Now())
					}
					if err != nil {
						return fmt.Errorf("response %d: %w", n, err)
					}
					return nil
				})
			}
		}
		if n%8 == 7 {
			publishAll(t, b, tiers(t))
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	publishAll(t, b, tiers(t))
	for n := range taken {
		wantTakenBack(t, b, tiered(n*all/taken))
	}
	if got := figuresOf(t, b); got.received != all || got.withdrawn != taken {
		t.Errorf("%+v", got)
	}
}
