package stats

import (
	"math/big"

	"glasspoll/internal/invitation"
)

// Invited is how far the invitations of a period have come: facts, as [invitation.Facts] are made public, and none of which
// differs from another, or from what was received, by fewer than k people.
type Invited struct {
	invitation.Facts

	// Completed is how many of those who are invited have answered: all who have, if nobody else can. 0 if it is not said.
	Completed int64

	// Few says that fewer than k of those who were asked have not answered. Then neither Sum nor a response rate is given.
	Few bool

	// RateOfIssued is the response rate with the invitations that came back among those who were asked; nil if none are known
	// to have come back, or without a rate. In the words of AAPOR's Standard Definitions (10th edition, 2023), an invitation
	// that came back is a case of unknown eligibility: it is in the denominator of RR1, and not in that of RR5, which Period.Rate
	// is. One that was withdrawn is not eligible, and in neither. Whoever has started and not completed has not answered.
	RateOfIssued *big.Rat
}

// addInvited adds how far invitations have come, and the response rate that follows: Completed by Sum.Asked.
func (p *Period) addInvited() {
	i := &Invited{Facts: *p.released.Invited}
	p.Invited = i
	k := int64(max(i.K, p.MinGroup))
	if i.Completed = p.Received; i.Open {
		i.Completed = min(i.Sum.Completed, p.Received)
		if others := p.Received - i.Completed; others > 0 && others < k {
			i.Completed = 0
		}
	}
	if left := i.Sum.Asked - i.Completed; left > 0 && left < k {
		i.Few, i.Sum = true, invitation.Reach{}
		return
	}
	p.Issued = i.Sum.Issued
	if accepted := i.Sum.Accepted - i.Completed; accepted > -k && accepted < k && accepted != 0 {
		i.Sum.Accepted = 0
	}
	if i.Completed == 0 || i.Sum.Asked <= 0 {
		return
	}
	p.rate(i.Completed, i.Sum.Asked)
	if i.Sum.Bounced > 0 {
		i.RateOfIssued = big.NewRat(100*i.Completed, i.Sum.Asked+i.Sum.Bounced)
	}
}

// invitedAlone returns how many were asked, if nobody else can answer: the population that figures are about if no other is
// declared. 0 if it is not known.
func (p *Period) invitedAlone() int64 {
	if p.Invited == nil || p.Invited.Open {
		return 0
	}
	return p.Invited.Sum.Asked
}

// RateOf returns the response rate of a group of the invited, in percent: made of multiples of k, as its counts are. It is nil if
// too few were asked, or have answered.
func RateOf(g invitation.Reach) *big.Rat {
	if g.Asked <= 0 || g.Completed <= 0 {
		return nil
	}
	return big.NewRat(100*min(g.Completed, g.Asked), g.Asked)
}
