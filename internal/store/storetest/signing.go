package storetest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// someKeys makes a few private keys, once: it takes long.
var someKeys = sync.OnceValues(func() ([]blind.Private, error) {
	keys := make([]blind.Private, 3)
	for i := range keys {
		var err error
		if keys[i], err = blind.NewPrivate(rand.Reader); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(keys, func(a, b blind.Private) int { return strings.Compare(a.ID(), b.ID()) })
	return keys, nil
})

// signingKeys stores private keys, again, and of another survey.
func signingKeys(t *testing.T, b Backend) {
	keys, err := someKeys()
	if err != nil {
		t.Fatal(err)
	}
	put := func(survey string, keys ...blind.Private) {
		t.Helper()
		if err := b.Invitations.PutSigningKeys(ctx, survey, keys); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Invitations.SigningKey(ctx, surveyID, keys[0].ID()); !errors.Is(err, store.ErrNoKey) {
		t.Errorf("before there is any: %v", err)
	}
	put(surveyID)
	put(surveyID, keys[1], keys[0])
	put(surveyID, keys[0])
	put("another", keys[2])
	b = b.reopen(t)
	for _, want := range keys[:2] {
		if got, err := b.Invitations.SigningKey(ctx, surveyID, want.ID()); err != nil || !bytes.Equal(got.Encode(), want.Encode()) {
			t.Errorf("%s: %v", want.ID(), err)
		}
	}
	for _, other := range []string{keys[2].ID(), "", "x"} {
		if _, err := b.Invitations.SigningKey(ctx, surveyID, other); other != "" && !errors.Is(err, store.ErrNoKey) || err == nil {
			t.Errorf("key %q: %v", other, err)
		}
	}
	for survey, want := range map[string][]blind.Private{surveyID: keys[:2], "another": keys[2:], "none": nil} {
		got, err := b.Invitations.SigningKeysOf(ctx, survey)
		if err != nil || !slices.EqualFunc(got, want, func(a, b blind.Private) bool { return a.ID() == b.ID() }) {
			t.Errorf("%s: %v, %v; want %d", survey, got, err, len(want))
		}
	}
}

// redeemedBlindly marks invitations for blinded values: for one each, which may be asked for again, and not for answers as well.
func redeemedBlindly(t *testing.T, b Backend) {
	one, other, answered, back := invited(1), invited(2), invited(3), invited(4)
	another := invited(5)
	another.Survey = "another"
	invite(t, b, 5, one, other, answered, back, another)
	if _, err := b.Invitations.WithdrawInvitations(ctx, []invitation.Hash{back.Hash}); err != nil {
		t.Fatal(err)
	}
	redeemed(t, b, store.Redemption{Response: response(1), Hash: answered.Hash}, true)
	first, second := invitation.Digest{1}, invitation.Digest{2}
	for _, c := range []struct {
		what  string
		hash  invitation.Hash
		value invitation.Digest
		want  error
	}{
		{"the first value", one.Hash, first, nil},
		{"the same again", one.Hash, first, nil},
		{"another value", one.Hash, second, store.ErrRedeemed},
		{"the same value for another", other.Hash, first, nil},
		{"one that has been used for answers", answered.Hash, first, store.ErrRedeemed},
		{"one that was withdrawn", back.Hash, first, store.ErrInvitationWithdrawn},
		{"one to another survey", another.Hash, first, store.ErrNotInvited},
		{"one that is not stored", invited(9).Hash, first, store.ErrNotInvited},
	} {
		if err := b.Invitations.RedeemBlinded(ctx, surveyID, c.hash, c.value); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
	notRedeemed(t, b, store.Redemption{Response: response(2), Hash: one.Hash}, store.ErrRedeemed)
	if n, err := b.Invitations.WithdrawInvitations(ctx, []invitation.Hash{one.Hash}); n != 0 || err != nil {
		t.Errorf("a used one: %d withdrawn, %v", n, err)
	}
	b = b.reopen(t)
	wantInvitation(t, b, one.RedeemBlinded(first))
	wantInvitation(t, b, other.RedeemBlinded(first))
	wantInvitation(t, b, answered.Redeem(""))
	wantInvitation(t, b, back.Withdraw())
	wantInvitation(t, b, another)
	// Another store takes the marks over.
	carried := invited(6)
	invite(t, b, 1, carried)
	invite(t, b, 0, carried.RedeemBlinded(second), one)
	wantInvitation(t, b, carried.RedeemBlinded(second))
	wantInvitation(t, b, one.RedeemBlinded(first))
}

// blindedAtOnce sends many values for one invitation at the same time: one is marked.
func blindedAtOnce(t *testing.T, b Backend) {
	i := invited(1)
	invite(t, b, 1, i)
	var marked atomic.Int32
	var senders sync.WaitGroup
	for n := range 12 {
		senders.Go(func() {
			switch err := b.Invitations.RedeemBlinded(ctx, surveyID, i.Hash, invitation.Digest{byte(n%6 + 1)}); {
			case err == nil:
				marked.Add(1)
			case !errors.Is(err, store.ErrRedeemed):
				t.Error(err)
			}
		})
	}
	senders.Wait()
	if n := marked.Load(); n != 2 {
		t.Errorf("%d of two equal values each are marked, want 2", n)
	}
}
