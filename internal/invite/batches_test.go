package invite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"glasspoll/internal/contacts"
	stored "glasspoll/internal/invitation"
	"glasspoll/internal/invitees"
	"glasspoll/internal/survey"
)

// anOwner keeps a record in memory.
type anOwner struct{ *invitees.Record }

func (o anOwner) Write(events ...invitees.Event) error {
	for _, e := range events {
		if err := o.Apply(e); err != nil {
			return err
		}
	}
	return nil
}

// aStore keeps invitations in memory, until it has failed often enough to be well again.
type aStore struct {
	kept   map[stored.Hash]stored.Invitation
	faults int
	late   bool // a fault comes after the work
}

var errFault = errors.New("a fault")

func (s *aStore) fault() error {
	if s.faults--; s.faults >= 0 {
		return errFault
	}
	return nil
}

func (s *aStore) PutInvitations(_ context.Context, all []stored.Invitation) (added int, err error) {
	err = s.fault()
	if err != nil && !s.late {
		return 0, err
	}
	for _, i := range all {
		if known, found := s.kept[i.Hash]; found {
			s.kept[i.Hash] = known.Merge(i)
			continue
		}
		s.kept[i.Hash] = i
		added++
	}
	return added, err
}

func (s *aStore) WithdrawInvitations(_ context.Context, hashes []stored.Hash) (withdrawn int, err error) {
	err = s.fault()
	if err != nil && !s.late {
		return 0, err
	}
	for _, hash := range hashes {
		if i, found := s.kept[hash]; found && !i.Redeemed && !i.Withdrawn {
			s.kept[hash] = i.Withdraw()
			withdrawn++
		}
	}
	return withdrawn, err
}

func (s *aStore) InvitationsOf(context.Context, string) iter.Seq2[stored.Invitation, error] {
	return func(yield func(stored.Invitation, error) bool) {
		for i := range maps.Values(s.kept) {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func quietly(int, int) {}

// TestStoreTells stores more than go at once.
func TestStoreTells(t *testing.T) {
	t.Parallel()
	var told []string
	var list []contacts.Contact
	for i := range 2*storedAtOnce + 1 {
		list = append(list, contacts.Contact{Email: fmt.Sprintf("c%d@example.com", i)})
	}
	owner, to := anOwner{invitees.New("tea")}, &aStore{kept: map[stored.Hash]stored.Invitation{}}
	events, err := owner.Invite(list, invitees.Batch{Name: "all"}, rand.NewChaCha8([32]byte{}))
	if err == nil {
		err = owner.Write(events...)
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := Store(t.Context(), owner, "tea", to, func(done, all int) { told = append(told, fmt.Sprintf("%d of %d", done, all)) })
	if n != 2*storedAtOnce+1 || err != nil || !slices.Equal(told, []string{"5000 of 10001", "10000 of 10001"}) {
		t.Errorf("%d, %v, %q", n, err, told)
	}
}

// TestStoreGoesOn stores invitations with a store that fails before or after its work, and again.
func TestStoreGoesOn(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		owner, to := anOwner{invited(t, 12)}, &aStore{kept: map[stored.Hash]stored.Invitation{}, faults: 1, late: late}
		if _, err := Store(t.Context(), owner, "tea", to, quietly); !errors.Is(err, errFault) {
			t.Error(err)
		}
		for _, want := range []int{12, 0} {
			if n, err := Store(t.Context(), owner, "tea", to, quietly); n != want || err != nil {
				t.Errorf("%d stored, %v; want %d", n, err, want)
			}
		}
		for i := range owner.All() {
			if in := to.kept[i.Secret.Hash()]; !i.Stored || !in.Equal(i.Invitation("tea")) || in.Batch != "spring" {
				t.Errorf("%d: %+v", i.Number, in)
			}
		}
		if len(to.kept) != 12 {
			t.Errorf("%d are kept", len(to.kept))
		}
	}
}

// TestWithdraw withdraws all but one that has been used, with a store that fails first. What was never stored never is.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		owner, to := anOwner{invited(t, 4)}, &aStore{kept: map[stored.Hash]stored.Invitation{}}
		all := slices.Collect(owner.All())
		if err := owner.Write(all[3].WithdrawnEvent()); err != nil { // before it is stored
			t.Fatal(err)
		}
		if n, err := Store(t.Context(), owner, "tea", to, quietly); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		used := all[0].Secret.Hash()
		to.kept[used] = to.kept[used].Redeem("")
		to.faults, to.late = 1, late
		if err := Withdraw(t.Context(), owner, all[1:3], to); !errors.Is(err, errFault) || all[1].Withdrawn {
			t.Errorf("%v, %t", err, all[1].Withdrawn)
		}
		if err := Withdraw(t.Context(), owner, all, to); err != nil {
			t.Error(err)
		}
		invitations, err := States(t.Context(), to, "tea")
		if err != nil {
			t.Fatal(err)
		}
		var uses []stored.State
		for _, s := range StatesOf(owner.Record, nil, invitations, "2026-03-01") {
			uses = append(uses, s.Use)
			if s.CanBeInvited() {
				t.Errorf("%d can be invited", s.Number)
			}
		}
		if want := []stored.State{stored.Redeemed, stored.Withdrawn, stored.Withdrawn, stored.Withdrawn}; !slices.Equal(uses, want) {
			t.Errorf("%v, want %v", uses, want)
		}
	}
}

// TestCount counts people in all states, and by what they have in common.
func TestCount(t *testing.T) {
	t.Parallel()
	s := parsed(t, shared)
	owner, to := anOwner{invited(t, 6)}, &aStore{kept: map[stored.Hash]stored.Invitation{}}
	if _, err := Store(t.Context(), owner, "tea", to, quietly); err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(owner.All())
	change := func(n int, how func(stored.Invitation) stored.Invitation) {
		hash := all[n].Secret.Hash()
		to.kept[hash] = how(to.kept[hash])
	}
	change(0, func(i stored.Invitation) stored.Invitation { return i.Redeem("an id") })
	change(1, stored.Invitation.Withdraw)
	change(2, func(i stored.Invitation) stored.Invitation { i.Stopped = true; return i })
	for n, state := range map[int]invitees.State{0: invitees.Sent, 3: invitees.Sent} {
		if err := owner.Write(all[n].MessageEvent(invitees.Message{Name: "invitation", State: state})); err != nil {
			t.Fatal(err)
		}
	}
	if err := owner.Write(all[3].MessageEvent(invitees.Message{Name: "invitation", State: invitees.Bounced})); err != nil {
		t.Fatal(err)
	}
	for day, expired := range map[string]int{"2026-06-30": 0, "2026-07-01": 4} { // the batch is valid until the former
		states := StatesOf(owner.Record, nil, to.kept, survey.Date(day))
		figures, groups := Count(s, states)
		if want := (Figures{Issued: 6, Sent: 1, Bounced: 1, OptedOut: 1, Used: 1, Withdrawn: 1, Expired: expired}); figures != want {
			t.Errorf("%s: %+v, want %+v", day, figures, want)
		}
		if rate, ok := figures.Rate(); !ok || rate != 0.2 {
			t.Errorf("%f, %t", rate, ok)
		}
		if states[0].Answer != "an id" || states[1].Answer != "" {
			t.Errorf("%+v", states[:2])
		}
		sums := map[string]int{}
		var names []string
		for _, g := range groups {
			sums[g.By] += g.Issued
			names = append(names, g.By+" "+g.Value)
		}
		if want := []string{"batch spring", "channel ", "channel email", "tier ", "tier key", "tier other_one"}; !slices.Equal(names, want) {
			t.Errorf("%q, want %q", names, want)
		}
		if want := map[string]int{"batch": 6, "channel": 6, "tier": 6}; !maps.Equal(sums, want) {
			t.Errorf("%v, want %v", sums, want)
		}
	}
	if rate, ok := (Figures{Issued: 1, Withdrawn: 1}).Rate(); ok || rate != 0 {
		t.Errorf("%f, %t", rate, ok)
	}
}

// TestFreed invites somebody anew whose invitation was withdrawn, and nobody else.
func TestFreed(t *testing.T) {
	t.Parallel()
	owner := anOwner{invited(t, 3)}
	all := slices.Collect(owner.All())
	who := contacts.Contact{Email: all[1].Contact.Email}
	if err := owner.Write(all[1].FreedEvent()); err == nil {
		t.Error("the invitation is not withdrawn")
	}
	if err := owner.Write(all[1].WithdrawnEvent()); err != nil {
		t.Fatal(err)
	}
	if d := owner.Divide([]contacts.Contact{who}, nil); len(d.Before) != 1 {
		t.Errorf("%+v", d)
	}
	if err := owner.Write(all[1].FreedEvent()); err != nil {
		t.Fatal(err)
	}
	other := contacts.Contact{Phone: all[1].Contact.Phone} // the other address is free, too
	if d := owner.Divide([]contacts.Contact{who, other}, nil); len(d.New) != 2 || len(d.Before) != 0 {
		t.Errorf("%+v", d)
	}
	events, err := owner.Invite([]contacts.Contact{all[1].Contact}, invitees.Batch{Name: "again"}, &counting{n: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Write(events...); err != nil {
		t.Fatal(err)
	}
	if i, known := owner.Find(other); !known || i.Number != 4 || owner.Len() != 4 {
		t.Errorf("%+v, %t", i, known)
	}
	if err := owner.Write(all[1].FreedEvent()); err != nil { // a second time changes nothing of the new one
		t.Error(err)
	}
	if i, _ := owner.Find(who); i.Number != 4 {
		t.Errorf("%+v", i)
	}
}
