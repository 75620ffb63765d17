package transfer_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

// person is somebody who is invited, in a random past.
type person struct{ used, withdrawn bool }

func personal(who int) invitation.Invitation {
	var secret invitation.Secret
	secret[0], secret[1] = byte(who>>8), byte(who)
	return invitation.Invitation{Hash: secret.Hash(), Survey: surveyID, Batch: "all", Values: map[string]string{"tier": "a"}}
}

// invite invites somebody in the source.
func (w *world) invite(who int) {
	w.t.Helper()
	if added, err := w.from.PutInvitations(ctx, []invitation.Invitation{personal(who)}); added != 1 || err != nil {
		w.t.Fatal(added, err)
	}
}

var invitedDay = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// redeem answers by an invitation, and reports whether it could be used.
func (w *world) redeem(in *storetest.Memory, who, n int, period string) bool {
	w.t.Helper()
	created, err := in.Redeem(ctx, store.Redemption{Response: w.response(n, period), Hash: personal(who).Hash, Day: invitedDay})
	if err != nil && !errors.Is(err, store.ErrRedeemed) && !errors.Is(err, store.ErrInvitationWithdrawn) && !errors.Is(err, store.ErrNotInvited) {
		w.t.Fatal(err)
	}
	return created
}

// withdraw withdraws an invitation in the source, and reports whether it could be used.
func (w *world) withdraw(who int) bool {
	w.t.Helper()
	n, err := w.from.WithdrawInvitations(ctx, []invitation.Hash{personal(who).Hash})
	w.must(err)
	return n == 1
}

// wantPeople wants every invitation in the target, used if it was used anywhere.
func (w *world) wantPeople(people []*person) {
	w.t.Helper()
	for who, p := range people {
		want := personal(who)
		want.Redeemed, want.Withdrawn = p.used, p.withdrawn && !p.used
		if got, err := w.to.Invitation(ctx, want.Hash); err != nil || !got.Equal(want) {
			w.t.Errorf("invitation %d is %+v, %v; want %+v", who, got, err, want)
		}
	}
}

// TestInvitations carries invitations and their marks, more than are stored at once, and what has changed since.
func TestInvitations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	const n = 2500
	people := make([]*person, n)
	for who := range people {
		people[who] = &person{}
		w.invite(who)
	}
	use := func(in *storetest.Memory, who int) {
		t.Helper()
		people[who].used = true
		if !w.redeem(in, who, who, "2026-Q4") {
			t.Errorf("%d cannot answer", who)
		}
	}
	use(w.from, 3)
	people[4].withdrawn = w.withdraw(4)
	for range 3 {
		w.must(w.from.Count(ctx, surveyID, "opened"))
	}
	differences := func(want ...string) {
		t.Helper()
		got := w.check()
		for _, d := range want {
			if !slices.Contains(got, d) {
				t.Errorf("differences %q, want %q", got, d)
			}
		}
	}
	differences(surveyID+": 2500 invitations are missing", surveyID+": 1 counters of invitations are lower")
	if report := w.move(); report.Invitations != n {
		t.Errorf("%d carried", report.Invitations)
	}
	w.wantPeople(people)
	if got, err := w.to.Counted(ctx, surveyID); err != nil || got["opened"] != 3 {
		t.Errorf("counters %v, %v", got, err)
	}
	if got := w.check(); len(got) != 0 {
		t.Errorf("differences %q", got)
	}
	if w.redeem(w.to, 3, 10_000, "2026-Q4") || w.redeem(w.to, 4, 10_001, "2026-Q4") {
		t.Error("an invitation can be used that was used or withdrawn before it was carried")
	}
	use(w.from, 5)
	use(w.to, 6)
	people[7].withdrawn = w.withdraw(7)
	differences(surveyID + ": 2 invitations have been used or withdrawn, and are not marked as such")
	if report := w.move(); report.Invitations != 0 || report.Responses != 1 {
		t.Errorf("carried %+v", report)
	}
	w.wantPeople(people)
	if i, err := w.from.Invitation(ctx, personal(6).Hash); err != nil || i.Redeemed {
		t.Errorf("the source has changed: %+v, %v", i, err)
	}
}
