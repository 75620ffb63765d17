package invitation

import (
	"maps"

	"glasspoll/internal/survey"
)

// An Invitation is what is stored of one. From Survey to Until it never changes.
type Invitation struct {
	Hash     Hash
	Survey   string
	Batch    string            // the name under which it was made with others
	Period   string            // that the answers count in; "": the one in which they are given
	Language string            // of the form; "": that of the browser
	Channel  string            // by which it is sent; "": none
	Values   map[string]string // the answers to hidden questions, by the names of their fields
	From     survey.Date       // the first day on which it can be used; "": at once
	Until    survey.Date       // the last such day, in the timezone of the survey; "": as long as the survey is open

	Withdrawn bool // it cannot be used any more
	Stopped   bool // whoever was invited wants no more messages about it, and may still use it

	// Redeemed is the mark: it has been used. Nothing says when.
	Redeemed bool
	Answer   string // the id of the answers it was used for, in identified surveys alone; "" in all others

	// Blinded is the hash of the blinded value that was signed for it, of an anonymous survey. The value is random: it tells
	// nothing of the answers, which may still be on their way.
	Blinded Digest
}

// A Digest is the SHA-256 of a blinded value; the zero value is none.
type Digest [32]byte

// A State is what can be done with an invitation.
type State int

// The states.
const (
	Usable    State = iota
	Early           // its first day is still to come
	Expired         // its last day is over
	Withdrawn       // taken back
	Redeemed        // used
)

// StateOn returns the state on a day in the survey's timezone. One that has been used stays so.
func (i Invitation) StateOn(today survey.Date) State {
	switch {
	case i.Redeemed:
		return Redeemed
	case i.Withdrawn:
		return Withdrawn
	case i.Until != "" && today > i.Until:
		return Expired
	case today < i.From:
		return Early
	}
	return Usable
}

// Issued returns the invitation as it was made: neither withdrawn nor stopped, and without a mark. The values are shared.
func (i Invitation) Issued() Invitation {
	i.Withdrawn, i.Stopped, i.Redeemed, i.Answer, i.Blinded = false, false, false, "", Digest{}
	return i
}

// Merge returns the invitation with the state of another record of it, too. What has been used stays used, also if the other
// says that it was withdrawn.
func (i Invitation) Merge(other Invitation) Invitation {
	i.Redeemed, i.Stopped = i.Redeemed || other.Redeemed, i.Stopped || other.Stopped
	i.Withdrawn = !i.Redeemed && (i.Withdrawn || other.Withdrawn)
	if i.Answer == "" {
		i.Answer = other.Answer
	}
	if i.Blinded == (Digest{}) {
		i.Blinded = other.Blinded
	}
	return i
}

// Redeem returns the invitation as one that has been used, for answers with an id ("": the mark does not say).
func (i Invitation) Redeem(id string) Invitation {
	i.Redeemed, i.Answer = true, id
	return i
}

// RedeemBlinded returns the invitation as one that has been used for a blinded value.
func (i Invitation) RedeemBlinded(value Digest) Invitation {
	i.Redeemed, i.Blinded = true, value
	return i
}

// Withdraw returns the invitation as one that was taken back, unless it has been used.
func (i Invitation) Withdraw() Invitation {
	i.Withdrawn = !i.Redeemed
	return i
}

// Stop returns the invitation as one about which no more messages are wanted.
func (i Invitation) Stop() Invitation {
	i.Stopped = true
	return i
}

// Equal reports whether two invitations are the same in everything.
func (i Invitation) Equal(other Invitation) bool {
	return i.Hash == other.Hash && i.fixed() == other.fixed() && maps.Equal(i.Values, other.Values)
}

// fixed is an invitation without its values, which compares by ==.
type fixed struct {
	survey, batch, period, language, channel string
	from, until                              survey.Date
	withdrawn, stopped, redeemed             bool
	answer                                   string
	blinded                                  Digest
}

func (i Invitation) fixed() fixed {
	return fixed{i.Survey, i.Batch, i.Period, i.Language, i.Channel, i.From, i.Until, i.Withdrawn, i.Stopped, i.Redeemed, i.Answer, i.Blinded}
}
