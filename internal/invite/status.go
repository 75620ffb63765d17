package invite

import (
	"cmp"
	"maps"
	"slices"

	stored "glasspoll/internal/invitation"
	"glasspoll/internal/invitees"
	"glasspoll/internal/survey"
)

// A State is what can be said of an invitee: the owner's record and the store of the answers together.
type State struct {
	*invitees.Invitee
	OptedOut bool         // wants no more mail
	Use      stored.State // of the invitation
	Answer   string       // the id of the answers it was used for, in identified surveys alone
}

// CanBeInvited reports whether the link is worth sending: it can be used, today or later, and mail is wanted.
func (s State) CanBeInvited() bool {
	return s.Stored && !s.OptedOut && (s.Use == stored.Usable || s.Use == stored.Early)
}

// StatesOf returns the states of all invitees on a day, by number. invitations are those in the store, by their hashes.
func StatesOf(record *invitees.Record, out *invitees.OptOuts, invitations map[stored.Hash]stored.Invitation, today survey.Date) []State {
	states := make([]State, 0, record.Len())
	for i := range record.All() {
		in, found := invitations[i.Secret.Hash()]
		if !found {
			in = i.Invitation(record.Survey)
		}
		if i.Withdrawn && !in.Redeemed {
			in.Withdrawn = true
		}
		states = append(states, State{i, i.Stopped || in.Stopped || out.Has(i.Contact), in.StateOn(today), in.Answer})
	}
	return states
}

// Figures counts invitees. One may be in several figures.
type Figures struct {
	Issued    int `json:"issued"`    // all
	Sent      int `json:"sent"`      // a message was accepted by the mail server
	Bounced   int `json:"bounced"`   // a message has come back
	OptedOut  int `json:"opted_out"` // want no more mail
	Used      int `json:"used"`
	Withdrawn int `json:"withdrawn"` // none of them is used
	Expired   int `json:"expired"`   // likewise
	Delayed   int `json:"delayed"`   // a message is delayed, and the invitation is not used
	Handed    int `json:"handed"`    // the link was given in a table or on a card
}

func (f *Figures) add(s State) {
	count := func(n *int, holds bool) {
		if holds {
			*n++
		}
	}
	has := func(state invitees.State) bool {
		return slices.ContainsFunc(s.Messages, func(m invitees.Message) bool { return m.State == state })
	}
	f.Issued++
	count(&f.Sent, has(invitees.Sent))
	count(&f.Bounced, has(invitees.Bounced))
	count(&f.Delayed, s.IsDelayed() && s.Use != stored.Redeemed)
	count(&f.Handed, len(s.Handed) > 0)
	count(&f.OptedOut, s.OptedOut)
	count(&f.Used, s.Use == stored.Redeemed)
	count(&f.Withdrawn, s.Use == stored.Withdrawn)
	count(&f.Expired, s.Use == stored.Expired)
}

// Rate returns the share of the invitations that have been used, of those that were not withdrawn; ok is false if there are none.
func (f Figures) Rate() (rate float64, ok bool) {
	n := f.Issued - f.Withdrawn
	return float64(f.Used) / float64(max(n, 1)), n > 0
}

// A FiguresOf counts the invitees that have something in common.
type FiguresOf struct {
	By    string `json:"by"`    // batch, channel, or the id of a hidden question
	Value string `json:"value"` // "" for none
	Figures
}

// Count counts invitees: all, and by batch, channel and segment.
func Count(s *survey.Survey, states []State) (all Figures, groups []FiguresOf) {
	type key struct{ by, value string }
	found := map[key]*FiguresOf{}
	var order []string
	add := func(by, value string, state State) {
		k := key{by, value}
		if found[k] == nil {
			found[k] = &FiguresOf{By: by, Value: value}
		}
		found[k].add(state)
	}
	order = append(order, "batch", "channel")
	for q := range hiddenIn(s) {
		if len(q.Options) > 0 {
			order = append(order, q.ID)
		}
	}
	for _, state := range states {
		all.add(state)
		add("batch", state.Batch.Name, state)
		add("channel", state.Contact.Channel, state)
		for _, id := range order[2:] {
			add(id, state.Contact.Values[id], state)
		}
	}
	for _, group := range slices.SortedFunc(maps.Values(found), func(a, b *FiguresOf) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.By), slices.Index(order, b.By)), cmp.Compare(a.Value, b.Value))
	}) {
		groups = append(groups, *group)
	}
	return all, groups
}
