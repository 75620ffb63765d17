package cloud

import (
	"context"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// checkMarks returns, with a survey's first period, the marks of invitations that name answers whose id is free, and whether there
// are more marks than there have been responses. Which answers the other marks were set for is in nothing that is stored.
func (t *Table) checkMarks(ctx context.Context, survey, period string) (problems []store.KeyProblem, err error) {
	periods, err := t.Periods(ctx, survey)
	if err != nil || len(periods) == 0 || periods[0] != period {
		return nil, err
	}
	if never, err := t.never(ctx, survey, isInvited); never || err != nil {
		return nil, err
	}
	marks, named := int64(0), map[string]invitation.Hash{}
	for i, err := range t.InvitationsOf(ctx, survey) {
		switch {
		case err != nil:
			return nil, err
		case !i.Redeemed, i.Blinded != (invitation.Digest{}): // whose answers may still be on their way
			continue
		}
		marks++
		if i.Answer != "" {
			named[i.Answer] = i.Hash
		}
	}
	received := int64(0) // after the marks: each was set together with a response
	for _, period := range periods {
		waiting, err := t.queued(ctx, survey, period) // before the log, to which they go
		if err != nil {
			return nil, err
		}
		head, err := t.readHead(ctx, survey, period)
		if err != nil {
			return nil, err
		}
		received += int64(len(waiting)) + int64(head.entries)
	}
	if marks > received {
		problems = append(problems, store.KeyProblem{What: store.MarkAlone, Text: message.New("%d invitations have been used, and %d responses have been received", marks, received)})
	}
	free, err := t.freeOf(ctx, survey, named)
	if err != nil || len(free) == 0 {
		return problems, err
	}
	if expire, err := t.expires(ctx, survey, periods); expire || err != nil {
		return problems, err
	}
	for _, id := range free {
		problems = append(problems, store.KeyProblem{What: store.MarkAlone, Response: id, Text: message.New("invitation %s has been used for response %s, whose id is free", named[id], id)})
	}
	return problems, nil
}

// freeOf returns those of some ids that are free.
func (t *Table) freeOf(ctx context.Context, survey string, ids map[string]invitation.Hash) (free []string, err error) {
	for some := range slices.Chunk(slices.Sorted(maps.Keys(ids)), segmentsAtOnce) {
		keys := make([]item, len(some))
		for n, id := range some {
			keys[n] = idKey(survey, id)
		}
		found, err := t.batch(ctx, keys, strings.Join([]string{partKey, sortKey}, ", "))
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			if found[textOf(idKey(survey, id), partKey)] == nil {
				free = append(free, id)
			}
		}
	}
	return free, nil
}

// expires reports whether responses of a survey are deleted after a time, and their ids with them: a segment that expires, or has
// expired, tells.
func (t *Table) expires(ctx context.Context, survey string, periods []string) (bool, error) {
	for _, period := range periods {
		head, err := t.readHead(ctx, survey, period)
		if err != nil {
			return false, err
		}
		if head.last == 0 {
			continue
		}
		there := false
		for s, err := range t.segments(ctx, survey, period, 1, 1) {
			if err != nil {
				return false, err
			}
			there = s.item[Expires] == nil
		}
		if !there {
			return true, nil
		}
	}
	return false, nil
}
