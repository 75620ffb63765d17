package transfer

import (
	"context"
	"iter"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// inviting is a source that may have invitations. One of an earlier form has none.
type inviting interface {
	InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error]
}

var _ inviting = store.Inviter(nil)

// invitations carries the invitations that the target lacks, and takes over which of the others have been used or withdrawn. No
// mark joins an invitation and its answers, so they are carried apart, once before the answers and once after them: while the
// survey is not in force in the target, nobody uses an invitation there, and in the end none is unmarked whose answers are there.
func (o *one) invitations(ctx context.Context) error {
	from, ok := o.from.(inviting)
	if !ok {
		return nil
	}
	if err := o.signingKeys(ctx); err != nil {
		return err
	}
	all := from.InvitationsOf(ctx, o.survey.ID)
	if !o.write {
		return o.compareInvitations(ctx, all)
	}
	var some []invitation.Invitation
	put := func() error {
		added, err := o.to.PutInvitations(ctx, some)
		o.report.Invitations += added
		some = some[:0]
		return err
	}
	for i, err := range all {
		if err != nil {
			return err
		}
		if some = append(some, i); len(some) < batchSize {
			continue
		}
		if err := put(); err != nil {
			return err
		}
	}
	if len(some) > 0 {
		if err := put(); err != nil {
			return err
		}
	}
	counts, err := o.counters(ctx)
	if err != nil || len(counts) == 0 {
		return err
	}
	return o.to.Raise(ctx, o.survey.ID, counts)
}

// counters returns the counters of the source, such as how many forms were opened on a day.
func (o *one) counters(ctx context.Context) (map[string]int64, error) {
	from, ok := o.from.(store.Counts)
	if !ok {
		return nil, nil
	}
	return from.Counted(ctx, o.survey.ID)
}

// compareInvitations says how many invitations the target lacks, and how many can be used there and not in the source.
func (o *one) compareInvitations(ctx context.Context, all iter.Seq2[invitation.Invitation, error]) error {
	there := map[invitation.Hash]invitation.Invitation{}
	for i, err := range o.to.InvitationsOf(ctx, o.survey.ID) {
		if err != nil {
			return err
		}
		there[i.Hash] = i
	}
	missing, behind := 0, 0
	for i, err := range all {
		if err != nil {
			return err
		}
		mine, found := there[i.Hash]
		switch {
		case !found:
			missing++
		case !mine.Merge(i).Equal(mine):
			behind++
		}
	}
	counts, err := o.counters(ctx)
	if err != nil {
		return err
	}
	known, err := o.to.Counted(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	lower := 0
	for name, n := range counts {
		if known[name] < n {
			lower++
		}
	}
	if lower > 0 {
		o.differs("%s: %d counters of invitations are lower", o.survey.ID, lower)
	}
	if missing > 0 {
		o.differs("%s: %d invitations are missing", o.survey.ID, missing)
	}
	if behind > 0 {
		o.differs("%s: %d invitations have been used or withdrawn, and are not marked as such", o.survey.ID, behind)
	}
	return nil
}
