package store

import (
	"context"
	"iter"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// The errors of invitations that callers branch on.
var (
	// ErrNotInvited says that there is no such invitation to the survey.
	ErrNotInvited error = message.Key("no such invitation")

	// ErrRedeemed says that an invitation has been used, for other answers than those at hand.
	ErrRedeemed error = message.Key("this invitation has been used")

	// ErrInvitationWithdrawn says that an invitation has been taken back.
	ErrInvitationWithdrawn error = message.Key("this invitation has been withdrawn")
)

// Invitations finds invitations.
type Invitations interface {
	// Invitation returns the one with a hash; ErrNotInvited if there is none. The read is strongly consistent, and the
	// invitation is the caller's own.
	Invitation(ctx context.Context, hash invitation.Hash) (invitation.Invitation, error)
}

// Inviter keeps the invitations of whoever sends them. What is stored of one is never removed.
type Inviter interface {
	// PutInvitations stores invitations, durably, and returns how many of them were not stored before. What is stored under a
	// hash stays as it is, but for its state: one that is given as used, withdrawn or stopped is so from then on, and one that
	// is not stays what it was. So they may be put again, also by a store that everything is moved to. After an error, any of them
	// may have been stored: put them again.
	PutInvitations(ctx context.Context, all []invitation.Invitation) (added int, err error)

	// WithdrawInvitations takes invitations back, durably, but for those that have been used or are not stored, and returns
	// how many could be used before the call.
	WithdrawInvitations(ctx context.Context, hashes []invitation.Hash) (withdrawn int, err error)

	// InvitationsOf yields all invitations to a survey in the order of their hashes, which tells nothing about when they were
	// made or used. It stops at the first error, which it yields. Between two the caller may call whatever it likes.
	InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error]
}

// Stopper notes who wants no more messages.
type Stopper interface {
	// StopMessages notes, durably, that whoever has an invitation wants no more messages about it, and returns whether that was
	// not noted before. The invitation can be used as before. The error is ErrNotInvited if there is none.
	StopMessages(ctx context.Context, hash invitation.Hash) (first bool, err error)
}

// Redemption is answers that are given by an invitation.
type Redemption struct {
	Response answer.Response
	Hash     invitation.Hash

	// Identified lets the mark name the response, also when that has become a tombstone. Otherwise nothing that is stored joins the two: the mark says that the
	// invitation has been used, and neither when nor for what.
	Identified bool

	// Day is stored as the arrival, if it is not zero, and no finer time of it is kept: the beginning of the day. See
	// [DayResponses].
	Day time.Time
}

// Redeemer takes answers that are given by invitation. It cannot return any.
type Redeemer interface {
	// Redeem stores a response, as Responses.Put does, and marks its invitation as used: both or neither, durably. An id that
	// is taken is answered as by Put, whatever the invitation is by now, and marks nothing: so the same answers sent again
	// are success, although no mark says which answers it was set for. Other answers are stored only by an invitation to
	// their survey that has not been used: else the error is ErrNotInvited, ErrRedeemed or ErrInvitationWithdrawn, and
	// nothing changes. Of any number of answers that are given by one invitation at the same time, one is stored. Whether it is an
	// invitation of today is up to the caller.
	Redeem(ctx context.Context, r Redemption) (created bool, err error)
}

// DayResponses takes answers whose arrival is known to the day alone, as those of a survey in which nothing may join a person
// and an answer. It cannot return any.
type DayResponses interface {
	// PutOn is Responses.Put, but the arrival that is stored is the given one, the beginning of a day, and nothing that is
	// stored tells it more finely; only the order of a log tells, of two answers, which came first, and where answers of both
	// kinds are in one log, between which arrivals one lies.
	PutOn(ctx context.Context, day time.Time, r answer.Response, also ...string) (created bool, err error)
}

// Counters counts what is known of a survey by approximation, such as the forms that were opened on a day. Nobody is in a name.
type Counters interface {
	Counts

	// Count adds one to a counter. After an error it may have been added: a count may be lost, or be one too many.
	Count(ctx context.Context, survey, name string) error
}

// Counts reads counters: all that publishing may know of invitations. What it costs follows how many counters there are, not
// how many invitations.
type Counts interface {
	// Counted returns the counters of a survey by their names.
	Counted(ctx context.Context, survey string) (map[string]int64, error)
}

// Totals keeps counters of what is stored and never becomes less, such as the invitations to a survey.
type Totals interface {
	// Raise sets counters to what they are at least, durably: one that is as high already stays. So it may be repeated, and
	// several may do it at the same time.
	Raise(ctx context.Context, survey string, counts map[string]int64) error
}

// Tallying is what counting invitations needs of a back end.
type Tallying interface {
	Inviter
	Counts
	Totals
}

// RaiseInvitations counts the invitations to a survey and raises the counters from which pages say how many were issued. It
// reads all of them: call it when invitations have been made or withdrawn, and not when pages are made. Invitations that are of
// no period count in that of the day.
func RaiseInvitations(ctx context.Context, b Tallying, s *survey.Survey, now time.Time) error {
	known, err := b.Counted(ctx, s.ID)
	if err != nil {
		return err
	}
	totals, err := invitation.Totals(s, s.PeriodAt(now), b.InvitationsOf(ctx, s.ID), known)
	if err != nil {
		return err
	}
	return b.Raise(ctx, s.ID, totals)
}

// CheckCounter checks the name of a counter.
func CheckCounter(survey, name string) error {
	if survey == "" || name == "" || len(name) > invitation.MaxCounterName {
		return message.Errorf("a counter without a survey or a name, or with one of more than %d bytes", invitation.MaxCounterName)
	}
	return nil
}

// CheckCounters checks the names of counters that are raised, and what to.
func CheckCounters(survey string, counts map[string]int64) error {
	for name, n := range counts {
		if err := CheckCounter(survey, name); err != nil {
			return err
		}
		if n < 0 {
			return message.Errorf("counter %s cannot be %d", name, n)
		}
	}
	return nil
}

// InvitationCounts counts the invitations to a survey by batch, channel and values.
func InvitationCounts(ctx context.Context, from Inviter, survey string) ([]invitation.Count, error) {
	var counts invitation.Counts
	for i, err := range from.InvitationsOf(ctx, survey) {
		if err != nil {
			return nil, err
		}
		counts.Add(i)
	}
	return counts.All(), nil
}

// CheckInvitations checks what every back end needs of invitations that are to be stored.
func CheckInvitations(all []invitation.Invitation) error {
	for _, i := range all {
		if err := i.Check(); err != nil {
			return message.Errorf("invitation %s: %w", i.Hash, err)
		}
	}
	return nil
}
