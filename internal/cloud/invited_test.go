package cloud

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// invitedTable is the name of the table of invitations of a world.
const invitedTable = "invited"

// An invitedFate is what somebody who is invited may rely on.
type invitedFate struct {
	invited   bool            // by a reply
	withdrawn bool            // by a reply
	sent      map[string]bool // ids of answers that were sent by the invitation; true: the mark may name them
	used      string          // the id of the answers that are stored, by a reply
}

func personal(person int) invitation.Invitation {
	var s invitation.Secret
	s[0] = byte(person)
	return invitation.Invitation{Hash: s.Hash(), Survey: "tea", Batch: "all", Channel: "mail", Values: map[string]string{"tier": []string{"yes", "no"}[person%2]}}
}

func (w *world) noteInvited(person int, change func(*invitedFate)) invitedFate {
	w.mu.Lock()
	defer w.mu.Unlock()
	hash := personal(person).Hash
	f := w.inviting[hash]
	if f == nil {
		f = &invitedFate{sent: map[string]bool{}}
		w.inviting[hash] = f
	}
	was := *f
	change(f)
	return was
}

func (p *process) invite(ctx context.Context, people ...int) error {
	var all []invitation.Invitation
	for _, person := range people {
		all = append(all, personal(person))
	}
	_, err := p.PutInvitations(ctx, all)
	if err == nil {
		for _, person := range people {
			p.world.noteInvited(person, func(f *invitedFate) { f.invited = true })
		}
	}
	return err
}

func (p *process) withdraw(ctx context.Context, people ...int) error {
	var all []invitation.Hash
	for _, person := range people {
		all = append(all, personal(person).Hash)
	}
	_, err := p.WithdrawInvitations(ctx, all)
	if err == nil {
		for _, person := range people {
			p.world.noteInvited(person, func(f *invitedFate) { f.withdrawn = f.invited }) // else there was nothing to withdraw
		}
	}
	return err
}

// redeem is somebody who answers by an invitation, from a device of an earlier try or from another one.
func (p *process) redeem(ctx context.Context, person, n int, identified bool) error {
	r := worldResponse(n, "2026-10")
	p.world.send(r)
	before := p.world.noteInvited(person, func(f *invitedFate) { f.sent[r.ID] = identified })
	_, err := p.Redeem(ctx, store.Redemption{Response: r, Hash: personal(person).Hash, Identified: identified, Day: worldDay})
	switch now := p.world.note(r.ID, func(*fate) {}); {
	case err == nil:
		p.world.confirm(r.ID)
		p.world.noteInvited(person, func(f *invitedFate) { f.used = r.ID })
		if before.used != "" && before.used != r.ID || before.withdrawn && before.used == "" && !now.confirmed {
			return fmt.Errorf("answers %d were stored by an invitation that had been used or withdrawn", n)
		}
	case errors.Is(err, store.ErrRedeemed) && (before.used != "" && before.used != r.ID || before.used == "" && len(before.sent) > 1):
		return nil
	case errors.Is(err, store.ErrInvitationWithdrawn) && before.used == "":
		return nil
	case errors.Is(err, store.ErrNotInvited) && !before.invited:
		return nil // whoever invited was killed
	case errors.Is(err, store.ErrWithdrawn) && now.erasing:
		return nil
	}
	return err
}

// worldDay is the day on which answers by invitation arrive.
var worldDay = time.Date(2026, 10, 20, 0, 0, 0, 0, time.FixedZone("", 8*60*60))

// verifyInvitations checks that each invitation is marked if and only if answers are stored that were given by it, once.
func (w *world) verifyInvitations(t testing.TB, p *process) {
	t.Helper()
	ctx := context.Background()
	stored := map[invitation.Hash]invitation.Invitation{}
	for i, err := range p.InvitationsOf(ctx, "tea") {
		if err != nil {
			t.Fatal(err)
		}
		stored[i.Hash] = i
	}
	for hash, f := range w.inviting {
		i, found := stored[hash]
		if !found {
			if f.invited {
				t.Errorf("invitation %s was confirmed, and is lost", hash)
			}
			continue
		}
		var of []string
		for id := range f.sent {
			if taken, err := p.Taken(ctx, "tea", id); err != nil {
				t.Fatal(err)
			} else if taken {
				of = append(of, id)
			}
		}
		named := ""
		if len(of) == 1 && f.sent[of[0]] {
			named = of[0]
		}
		switch {
		case len(of) > 1:
			t.Errorf("by invitation %s, %d answers are stored", hash, len(of))
		case i.Redeemed != (len(of) == 1), i.Answer != named, f.used != "" && !slices.Contains(of, f.used):
			t.Errorf("invitation %s is %+v, and its answers are %v; confirmed are %q", hash, i, of, f.used)
		case f.withdrawn && !i.Withdrawn && !i.Redeemed:
			t.Errorf("invitation %s was withdrawn, and can be used", hash)
		}
	}
}

// TestNothingJoinsPersonAndAnswers stores the same answers twice: given by other people, and at other times of the day. Both
// tables must be the same in every byte, before answers are collected and afterwards. If the survey is identified, they are
// not.
func TestNothingJoinsPersonAndAnswers(t *testing.T) {
	t.Parallel()
	const people = 12
	tell := func(shift int, hour time.Duration, identified bool) [][]string {
		clock := worldDay.Add(hour)
		w := newWorld(nil, cloudtest.Options{Now: func() time.Time { return clock }})
		p := w.process(cloudtest.Hooks{}, Options{})
		var stages [][]string
		for person := range people {
			if err := p.invite(t.Context(), person); err != nil {
				t.Fatal(err)
			}
		}
		for n := range people {
			clock = clock.Add(time.Duration(1+shift) * time.Minute)
			if err := p.redeem(t.Context(), (n+shift)%people, n, identified); err != nil {
				t.Fatal(err)
			}
			if n%5 == 4 {
				stages = append(stages, itemTexts(w.server))
			}
			if n == 6 {
				if err := p.Collect(t.Context(), "tea", "2026-10"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := p.Collect(t.Context(), "tea", "2026-10"); err != nil {
			t.Fatal(err)
		}
		return append(stages, itemTexts(w.server))
	}
	for _, identified := range []bool{false, true} {
		one, other := tell(0, 9*time.Hour, identified), tell(people/2, 15*time.Hour, identified)
		last := len(one) - 1
		if same := reflect.DeepEqual(one[last], other[last]); same == identified {
			t.Errorf("identified: %t, and the tables are the same: %t", identified, same)
			for i := range one[last] {
				if one[last][i] != other[last][i] {
					t.Logf("%s\n%s", one[last][i], other[last][i])
				}
			}
		}
		if identified {
			continue
		}
		for i := range last { // in between, others have answered, but what is stored of the answers is the same
			if a, b := inFirst(one[i]), inFirst(other[i]); !reflect.DeepEqual(a, b) {
				t.Errorf("stage %d: %q, and %q", i, a, b)
			}
		}
	}
}

// itemTexts writes the items of both tables, sorted.
func itemTexts(s *cloudtest.Server) (all []string) {
	for _, i := range s.Items("") {
		text := textOf(i, partKey) + "/" + textOf(i, sortKey)
		for _, name := range sortedNames(i) {
			text += fmt.Sprintf(" %s=%+v", name, reflect.Indirect(reflect.ValueOf(i[name])))
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func sortedNames(i item) (names []string) {
	for name := range i {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// inFirst returns the items that are not invitations.
func inFirst(all []string) (left []string) {
	for _, text := range all {
		if !strings.Contains(text, " "+ofSurvey+"=") {
			left = append(left, text)
		}
	}
	return left
}

// TestWithoutInvitations uses a deployment that has no second table.
func TestWithoutInvitations(t *testing.T) {
	t.Parallel()
	w := newWorld(nil, cloudtest.Options{})
	p := w.process(cloudtest.Hooks{}, Options{}).Table
	p.invited = ""
	ctx := t.Context()
	hash := personal(1).Hash
	if _, err := p.Invitation(ctx, hash); !errors.Is(err, store.ErrNotInvited) {
		t.Error(err)
	}
	if created, err := p.Redeem(ctx, store.Redemption{Response: worldResponse(1, "2026-10"), Hash: hash}); created || !errors.Is(err, store.ErrNotInvited) {
		t.Error(created, err)
	}
	if _, err := p.PutInvitations(ctx, []invitation.Invitation{personal(1)}); !errors.Is(err, errNoInvitations) || !strings.Contains(err.Error(), "polls") {
		t.Error(err)
	}
	if _, err := p.WithdrawInvitations(ctx, []invitation.Hash{hash}); !errors.Is(err, errNoInvitations) {
		t.Error(err)
	}
	for i, err := range p.InvitationsOf(ctx, "tea") {
		t.Error(i, err)
	}
	if n := len(w.server.Items("")); n != 0 {
		t.Errorf("%d items are stored", n)
	}
}

// TestUnitsOfAnInvitedAnswer counts what an answer by invitation costs more than one without.
func TestUnitsOfAnInvitedAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(nil, cloudtest.Options{Now: october})
	p := w.process(cloudtest.Hooks{}, Options{})
	if err := p.invite(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	before := w.server.Usage()
	if err := p.redeem(t.Context(), 1, 1, false); err != nil {
		t.Fatal(err)
	}
	used := w.server.Usage().Minus(before)
	if got := used.Units[invitedTable+"/V"]; got.Writes != 2 || got.Reads != 0 || used.Calls["TransactWriteItems"] != 1 {
		t.Errorf("the mark costs %+v, of %s", got, used)
	}
}
