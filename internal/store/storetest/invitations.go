package storetest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
)

// Invitations keeps invitations and takes answers by them.
type Invitations interface {
	store.Invitations
	store.Inviter
	store.Redeemer
	store.Stopper
	store.DayResponses
	store.Counters
	store.Totals
	store.KeyRing
	store.Marker
}

// invited returns an invitation whose hash and values follow from n.
func invited(n int) invitation.Invitation {
	var s invitation.Secret
	binary.BigEndian.PutUint64(s[:], uint64(n))
	return invitation.Invitation{
		Hash: s.Hash(), Survey: surveyID, Batch: fmt.Sprint("batch ", n/10%3), Channel: []string{"mail", "card"}[n%2], Language: "zh",
		Values: map[string]string{"tier": string(rune('a' + n%3)), "region": "north"},
	}
}

func invite(t *testing.T, b Backend, want int, all ...invitation.Invitation) {
	t.Helper()
	if added, err := b.Invitations.PutInvitations(ctx, all); err != nil || added != want {
		t.Fatalf("PutInvitations of %d = %d, %v; want %d", len(all), added, err, want)
	}
}

// wantInvitation checks what is stored of an invitation.
func wantInvitation(t *testing.T, b Backend, want invitation.Invitation) {
	t.Helper()
	if got, err := b.Invitations.Invitation(ctx, want.Hash); err != nil || !got.Equal(want) {
		t.Errorf("stored is %+v, %v; want %+v", got, err, want)
	}
}

func allInvitations(t *testing.T, b Backend, survey string) (all []invitation.Invitation) {
	t.Helper()
	for i, err := range b.Invitations.InvitationsOf(ctx, survey) {
		if err != nil {
			t.Fatal(err)
		}
		if n := len(all); n > 0 && bytes.Compare(all[n-1].Hash[:], i.Hash[:]) >= 0 {
			t.Errorf("%s comes after %s", i.Hash, all[n-1].Hash)
		}
		all = append(all, i)
	}
	return all
}

func redeemed(t *testing.T, b Backend, r store.Redemption, want bool) {
	t.Helper()
	if created, err := b.Invitations.Redeem(ctx, r); err != nil || created != want {
		t.Fatalf("Redeem(%s, %s) = %t, %v; want %t", r.Response.ID, r.Hash, created, err, want)
	}
}

func notRedeemed(t *testing.T, b Backend, r store.Redemption, want error) {
	t.Helper()
	if created, err := b.Invitations.Redeem(ctx, r); created || !errors.Is(err, want) {
		t.Fatalf("Redeem(%s, %s) = %t, %v; want %v", r.Response.ID, r.Hash, created, err, want)
	}
}

// invitations stores invitations, again, in other states, and withdraws some.
func invitations(t *testing.T, b Backend) {
	first, second, other := invited(1), invited(2), invited(3)
	first.Period, first.From, first.Until = period, "2026-11-01", "2026-11-30"
	second.Values, second.Channel, second.Language, second.Batch = nil, "", "", ""
	other.Survey = surveyID + "_two"
	if _, err := b.Invitations.Invitation(ctx, first.Hash); !errors.Is(err, store.ErrNotInvited) {
		t.Errorf("one that is not stored: %v", err)
	}
	invite(t, b, 0)
	invite(t, b, 2, first, other)
	invite(t, b, 1, other, first, second, second)
	invite(t, b, 0, second, first)
	changed := first
	changed.Batch, changed.Values, changed.Until = "another", map[string]string{"tier": "z"}, ""
	invite(t, b, 0, changed)
	for _, want := range []invitation.Invitation{first, second, other} {
		wantInvitation(t, b, want)
	}
	if _, err := b.Invitations.PutInvitations(ctx, []invitation.Invitation{invited(9), {Hash: invited(8).Hash}}); err == nil {
		t.Error("an invitation to no survey is stored")
	}
	withdraw := func(want int, hashes ...invitation.Hash) {
		t.Helper()
		if n, err := b.Invitations.WithdrawInvitations(ctx, hashes); err != nil || n != want {
			t.Errorf("%d withdrawn, %v; want %d", n, err, want)
		}
	}
	withdraw(0)
	withdraw(1, first.Hash, invited(8).Hash)
	withdraw(0, first.Hash)
	invite(t, b, 0, first)
	first = first.Withdraw()
	b = b.reopen(t)
	wantInvitation(t, b, first)
	invite(t, b, 0, second.Redeem(""), other.Redeem("answers").Withdraw()) // as another store has them
	second, other = second.Redeem(""), other.Redeem("answers")
	withdraw(0, second.Hash, other.Hash)
	invite(t, b, 0, second.Issued(), other.Issued())
	wantInvitation(t, b, second)
	wantInvitation(t, b, other)
	first = first.Issued().Redeem("")
	invite(t, b, 0, first)
	wantInvitation(t, b, first)
	if all := allInvitations(t, b, surveyID); len(all) != 2 {
		t.Errorf("%d invitations to one survey", len(all))
	}
	if all := allInvitations(t, b, other.Survey); len(all) != 1 || !all[0].Equal(other) {
		t.Errorf("to the other survey: %+v", all)
	}
	if all := allInvitations(t, b, "none"); len(all) != 0 {
		t.Errorf("to no survey: %+v", all)
	}
}

// stopping notes who wants no more messages, of invitations in every state; they stay what they were otherwise.
func stopping(t *testing.T, b Backend) {
	plain, used, withdrawn := invited(1), invited(2).Redeem("answers"), invited(3).Withdraw()
	invite(t, b, 3, plain, used, withdrawn)
	stop := func(hash invitation.Hash, want bool) {
		t.Helper()
		if first, err := b.Invitations.StopMessages(ctx, hash); first != want || err != nil {
			t.Errorf("StopMessages = %t, %v; want %t", first, err, want)
		}
	}
	for _, i := range []invitation.Invitation{plain, used, withdrawn} {
		stop(i.Hash, true)
		stop(i.Hash, false)
		invite(t, b, 0, i) // as it was before
		wantInvitation(t, b, i.Stop())
	}
	b = b.reopen(t)
	if first, err := b.Invitations.StopMessages(ctx, invited(8).Hash); first || !errors.Is(err, store.ErrNotInvited) {
		t.Errorf("one that is not stored: %t, %v", first, err)
	}
	if _, err := b.Invitations.Invitation(ctx, invited(8).Hash); !errors.Is(err, store.ErrNotInvited) {
		t.Errorf("one that is not stored has come to be: %v", err)
	}
	redeemed(t, b, store.Redemption{Response: response(1), Hash: plain.Hash}, true)
	wantInvitation(t, b, plain.Stop().Redeem(""))
	other := invited(4)
	invite(t, b, 1, other)
	invite(t, b, 0, other.Stop()) // as another store has it
	stop(other.Hash, false)
	wantInvitation(t, b, other.Stop())
}

// manyInvitations stores more than a back end writes or reads at once, uses and withdraws some, and counts them.
func manyInvitations(t *testing.T, b Backend) {
	n := soak.Cases(1_100, 100_000)
	all := make([]invitation.Invitation, n)
	var counts invitation.Counts
	for i := range all {
		all[i] = invited(i)
	}
	invite(t, b, n/2, all[:n/2]...)
	invite(t, b, n-n/2, all...)
	for i := range n {
		switch i % 50 {
		case 7:
			redeemed(t, b, store.Redemption{Response: response(i), Hash: all[i].Hash, Identified: i%4 == 1}, true)
			all[i] = all[i].Redeem("")
			if i%4 == 1 {
				all[i].Answer = response(i).ID
			}
		case 8:
			if k, err := b.Invitations.WithdrawInvitations(ctx, []invitation.Hash{all[i].Hash}); k != 1 || err != nil {
				t.Fatal(k, err)
			}
			all[i] = all[i].Withdraw()
		}
		counts.Add(all[i])
	}
	slices.SortFunc(all, func(a, b invitation.Invitation) int { return bytes.Compare(a.Hash[:], b.Hash[:]) })
	got := allInvitations(t, b, surveyID)
	if !slices.EqualFunc(got, all, invitation.Invitation.Equal) {
		t.Errorf("%d invitations, or others, want %d", len(got), n)
	}
	if got, err := store.InvitationCounts(ctx, b.Invitations, surveyID); err != nil || !reflect.DeepEqual(got, counts.All()) {
		t.Errorf("counts %+v, %v; want %+v", got, err, counts.All())
	}
	read := 0
	for i, err := range b.Invitations.InvitationsOf(ctx, surveyID) { // the caller may write, and stop early
		if err != nil {
			t.Fatal(err)
		}
		if !i.Redeemed && !i.Withdrawn {
			if _, err := b.Invitations.WithdrawInvitations(ctx, []invitation.Hash{i.Hash}); err != nil {
				t.Fatal(err)
			}
		}
		if read++; read == 5 {
			break
		}
	}
}

// redeem stores answers by invitation: once, and the same again is success. The mark names them if it is to.
func redeem(t *testing.T, b Backend) {
	for n, identified := range []bool{false, true} {
		mine := invited(n)
		invite(t, b, 1, mine)
		r := response(n)
		r.Private = []answer.Answer{{"email", "a@example.org"}}
		use := store.Redemption{Response: r, Hash: mine.Hash, Identified: identified}
		redeemed(t, b, use, true)
		mine = mine.Redeem("")
		if identified {
			mine.Answer = r.ID
		}
		wantInvitation(t, b, mine)
		redeemed(t, b, use, false)
		put(t, b, r, false) // as any answers
		b = b.reopen(t)
		redeemed(t, b, use, false)
		late := use
		late.Response.Period = "2027-Q1"
		redeemed(t, b, late, false)
		others := use
		others.Response.Answers = r.Answers[:3]
		notRedeemed(t, b, others, store.ErrConflict)
		device := use
		device.Response.ID = response(n + 10).ID
		notRedeemed(t, b, device, store.ErrRedeemed)
		collect(t, b, surveyID, period)
		notRedeemed(t, b, device, store.ErrRedeemed)
		redeemed(t, b, use, false)
		wantInvitation(t, b, mine)
		stored := entries(t, b, surveyID, period)
		want := r
		want.Private = nil
		if len(stored) != n+1 || !reflect.DeepEqual(stored[n].Response, want) {
			t.Errorf("in the log: %+v", stored)
		}
		if private, err := b.Erasure.Private(ctx, surveyID, period, r.ID); err != nil || !reflect.DeepEqual(private, r.Private) {
			t.Errorf("private answers %v, %v", private, err)
		}
	}
	wantEachOnce(t, ids(t, b, surveyID, "2027-Q1"), 0)
}

// redeemRefused gives answers by invitations that do not hold: nothing is stored, and nothing is marked. An id that is taken
// marks nothing either. That an invitation is over is not the store's to say.
func redeemRefused(t *testing.T, b Backend) {
	unknown, withdrawn, other, over := invited(1), invited(2), invited(3), invited(4)
	other.Survey = surveyID + "_two"
	over.From, over.Until = "2001-01-01", "2001-01-02"
	invite(t, b, 3, withdrawn, other, over)
	if n, err := b.Invitations.WithdrawInvitations(ctx, []invitation.Hash{withdrawn.Hash}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r := response(1)
	notRedeemed(t, b, store.Redemption{Response: r, Hash: unknown.Hash}, store.ErrNotInvited)
	notRedeemed(t, b, store.Redemption{Response: r, Hash: other.Hash}, store.ErrNotInvited)
	notRedeemed(t, b, store.Redemption{Response: r, Hash: withdrawn.Hash}, store.ErrInvitationWithdrawn)
	if _, err := b.Invitations.Redeem(ctx, store.Redemption{Response: answer.Response{Survey: surveyID, Period: period}, Hash: over.Hash}); err == nil {
		t.Error("answers without an id are stored")
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 0)
	if taken, err := b.IDs.Taken(ctx, surveyID, r.ID); taken || err != nil {
		t.Errorf("the id of refused answers is taken: %v", err)
	}
	wantInvitation(t, b, other)
	put(t, b, response(2), true) // without an invitation
	redeemed(t, b, store.Redemption{Response: response(2), Hash: over.Hash}, false)
	redeemed(t, b, store.Redemption{Response: response(2), Hash: unknown.Hash}, false)
	wantInvitation(t, b, over)
	redeemed(t, b, store.Redemption{Response: r, Hash: over.Hash}, true)
	wantInvitation(t, b, over.Redeem(""))
	wantEachOnce(t, ids(t, b, surveyID, period), 2)
}

// redeemErased erases answers that were given by invitation: it stays used, and the answers cannot come again.
func redeemErased(t *testing.T, b Backend) {
	mine := invited(1)
	invite(t, b, 1, mine)
	use := store.Redemption{Response: response(1), Hash: mine.Hash}
	redeemed(t, b, use, true)
	if erased, err := b.Erasure.Erase(ctx, surveyID, use.Response.ID, nil); !erased || err != nil {
		t.Fatal(erased, err)
	}
	notRedeemed(t, b, use, store.ErrWithdrawn)
	device := use
	device.Response.ID = response(2).ID
	notRedeemed(t, b, device, store.ErrRedeemed)
	wantInvitation(t, b, mine.Redeem(""))
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
}

// devicesAtOnce sends answers by each invitation from several devices at the same time, each of them twice: one device's
// answers are stored for each invitation, and it alone is told so.
func devicesAtOnce(t *testing.T, b Backend) {
	const people, devices = 12, 4
	all := make([]invitation.Invitation, people)
	for i := range all {
		all[i] = invited(i)
	}
	invite(t, b, people, all...)
	var created, same, refused [people]atomic.Int64
	var group errgroup.Group
	for i := range people * devices * 2 {
		from := b
		if b.At != nil {
			from = b.At(time.Duration(i%3) * time.Second)
		}
		group.Go(func() error {
			person := i % people
			ok, err := from.Invitations.Redeem(ctx, store.Redemption{Response: response(i % (people * devices)), Hash: all[person].Hash, Identified: true})
			switch {
			case errors.Is(err, store.ErrRedeemed):
				refused[person].Add(1)
			case err != nil:
				return err
			case ok:
				created[person].Add(1)
			default:
				same[person].Add(1)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	log := ids(t, b, surveyID, period)
	wantEachOnce(t, log, people)
	for i := range all {
		if created[i].Load() != 1 || same[i].Load() != 1 || refused[i].Load() != 2*(devices-1) {
			t.Errorf("person %d: %d stored, %d the same, %d refused", i, created[i].Load(), same[i].Load(), refused[i].Load())
		}
		if stored, err := b.Invitations.Invitation(ctx, all[i].Hash); err != nil || !stored.Redeemed || log[stored.Answer] != 1 {
			t.Errorf("person %d: %+v, %v", i, stored, err)
		}
	}
}

// redeemAndWithdraw uses invitations while they are taken back: whichever is first holds, and there are as many answers as
// marks.
func redeemAndWithdraw(t *testing.T, b Backend) {
	const n = 16
	all := make([]invitation.Invitation, n)
	for i := range all {
		all[i] = invited(i)
	}
	invite(t, b, n, all...)
	var stored, withdrawn atomic.Int64
	var group errgroup.Group
	for i := range all {
		group.Go(func() error {
			created, err := b.Invitations.Redeem(ctx, store.Redemption{Response: response(i), Hash: all[i].Hash})
			if created {
				stored.Add(1)
			}
			if errors.Is(err, store.ErrInvitationWithdrawn) {
				return nil
			}
			return err
		})
		group.Go(func() error {
			k, err := b.Invitations.WithdrawInvitations(ctx, []invitation.Hash{all[i].Hash})
			withdrawn.Add(int64(k))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	invite(t, b, 0, all...) // which changes no state
	marks, back := 0, 0
	for _, i := range allInvitations(t, b, surveyID) {
		switch {
		case i.Redeemed:
			marks++
		case i.Withdrawn:
			back++
		}
	}
	if int64(marks) != stored.Load() || int64(back) != withdrawn.Load() || marks+back != n {
		t.Errorf("%d marks of %d answers, %d of %d withdrawn, of %d", marks, stored.Load(), back, withdrawn.Load(), n)
	}
	wantEachOnce(t, ids(t, b, surveyID, period), marks)
}

// dayArrivals stores answers whose arrival is kept to the day, by invitation and without, among others with a time: their
// entries have that day and no time, each is read once, and a cursor passes what came before.
func dayArrivals(t *testing.T, b Backend) {
	location := time.FixedZone("", 8*60*60)
	day := time.Date(2026, 11, 30, 0, 0, 0, 0, location)
	next := day.AddDate(0, 0, 1)
	const n = 6
	put(t, b, response(100), true) // with a time, which is after both days or before
	collect(t, b, surveyID, period)
	cursor := ""
	want := map[string]time.Time{}
	for i := range n {
		at := day
		if i >= n/2 {
			at = next
		}
		mine := invited(i)
		invite(t, b, 1, mine)
		redeemed(t, b, store.Redemption{Response: response(i), Hash: mine.Hash, Day: at}, true)
		created, err := b.Invitations.PutOn(ctx, at, response(n+i), "none")
		if !created || err != nil {
			t.Fatal(created, err)
		}
		if created, err := b.Invitations.PutOn(ctx, next, response(n+i)); created || err != nil {
			t.Errorf("the same again: %t, %v", created, err)
		}
		want[response(i).ID], want[response(n+i).ID] = at, at
		collect(t, b, surveyID, period)
		for _, e := range after(t, b, surveyID, period, cursor) {
			cursor = e.Cursor
			if at, known := want[e.Response.ID]; known && !e.Arrived.Equal(at) {
				t.Errorf("%s has arrived at %s, want %s", e.Response.ID, e.Arrived, at)
			}
		}
		put(t, b, response(200+i), true)
	}
	if _, err := b.Invitations.PutOn(ctx, day, answer.Response{ID: response(n).ID, Survey: surveyID, Period: period}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("other answers: %v", err)
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 1+3*n)
}

// counters counts at the same time, by name and survey.
func counters(t *testing.T, b Backend) {
	want := map[string]int64{"opened/a/2026-11-30": 12, "opened/一/2026-11-30": 6, "started/a/2026-12-01": 6}
	if got, err := b.Invitations.Counted(ctx, surveyID); err != nil || len(got) != 0 {
		t.Errorf("before: %v, %v", got, err)
	}
	var group errgroup.Group
	for name, n := range want {
		for range n {
			group.Go(func() error { return b.Invitations.Count(ctx, surveyID, name) })
		}
	}
	if err := errors.Join(group.Wait(), b.Invitations.Count(ctx, surveyID+"_two", "opened")); err != nil {
		t.Fatal(err)
	}
	if err := b.Invitations.Count(ctx, surveyID, ""); err == nil {
		t.Error("a counter without a name")
	}
	b = b.reopen(t)
	if got, err := b.Invitations.Counted(ctx, surveyID); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("counted %v, %v; want %v", got, err, want)
	}
}

// raised raises counters at the same time as they are counted, and to less than they are.
func raised(t *testing.T, b Backend) {
	i := b.Invitations
	counts := func() map[string]int64 {
		t.Helper()
		got, err := i.Counted(ctx, surveyID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if err := i.Raise(ctx, surveyID, nil); err != nil || len(counts()) != 0 {
		t.Errorf("raised nothing: %v, %v", err, counts())
	}
	var group errgroup.Group
	for n := range int64(8) {
		group.Go(func() error { return i.Raise(ctx, surveyID, map[string]int64{"a": 10 + n, "b/一": 3}) })
		group.Go(func() error { return i.Count(ctx, surveyID, "c") })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(i.Raise(ctx, surveyID, map[string]int64{"a": 16, "c": 9}), i.Raise(ctx, surveyID+"_two", map[string]int64{"a": 99})); err != nil {
		t.Fatal(err)
	}
	if i.Raise(ctx, surveyID, map[string]int64{"": 1}) == nil || i.Raise(ctx, surveyID, map[string]int64{"d": -1}) == nil {
		t.Error("raised a counter without a name, or to less than nothing")
	}
	b = b.reopen(t)
	i = b.Invitations
	if want := map[string]int64{"a": 17, "b/一": 3, "c": 9}; !reflect.DeepEqual(counts(), want) {
		t.Errorf("counted %v, want %v", counts(), want)
	}
}
