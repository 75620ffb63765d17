package cloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// The table of invitations, which has neither a stream nor point-in-time recovery. Its items:
//
//	PK           SK      what
//	V#digits     hash    invitation as it was made, its survey, its state, and of an identified survey the id of the answers
//	N#survey     name    a counter
//
// The digits are the first two of the 32 of the hash. So invitations are under 256 partition keys, all of which are read to list
// those of a survey. Private keys for signing are there too, and the secrets of days, of which no copies shall stay: see
// SigningKey and DaySecret.
const (
	ofSurvey = "survey"
	used     = "used"
	answered = "answer" // the id of the answers
	counted  = "n"
)

// parallelInvitations is how many invitations are written, or partition keys read, at a time.
const parallelInvitations = 16

func invitationKey(hash invitation.Hash) item {
	digits := hash.String()
	return key("V#"+digits[:2], digits)
}

// invitationItem returns the item of an invitation.
func invitationItem(i invitation.Invitation) item {
	stored := invitationKey(i.Hash)
	stored[body], stored[ofSurvey] = binaryOf(i.Issued().Encode()), text(i.Survey)
	yes := &types.AttributeValueMemberBOOL{Value: true}
	if i.Withdrawn {
		stored[withdrawn] = yes
	}
	if i.Stopped {
		stored[stopped] = yes
	}
	if i.Redeemed {
		stored[used] = yes
	}
	if i.Answer != "" {
		stored[answered] = text(i.Answer)
	}
	if i.Blinded != (invitation.Digest{}) {
		stored[blinded] = binaryOf(i.Blinded[:])
	}
	return stored
}

// invitationOf reads the item of an invitation.
func invitationOf(stored item) (i invitation.Invitation, err error) {
	hash, err := invitation.ParseHash(textOf(stored, sortKey))
	if err != nil {
		return i, err
	}
	if i, err = invitation.Decode(hash, bytesOf(stored, body)); err != nil {
		return i, err
	}
	i.Redeemed, i.Answer = stored[used] != nil, textOf(stored, answered)
	i.Withdrawn, i.Stopped = stored[withdrawn] != nil && !i.Redeemed, stored[stopped] != nil
	if copy(i.Blinded[:], bytesOf(stored, blinded)); stored[blinded] != nil && len(bytesOf(stored, blinded)) != len(i.Blinded) {
		return i, message.Errorf("invitation %s: the item is damaged: restore the table from a backup", hash)
	}
	if textOf(stored, ofSurvey) != i.Survey {
		return i, message.Errorf("invitation %s: its survey is said to be %s and %s: restore the table from a backup", hash, textOf(stored, ofSurvey), i.Survey)
	}
	return i, nil
}

// Invitation implements [store.Invitations].
func (t *Table) Invitation(ctx context.Context, hash invitation.Hash) (i invitation.Invitation, err error) {
	if t.invited == "" {
		return i, store.ErrNotInvited
	}
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.invited, Key: invitationKey(hash), ConsistentRead: aws.Bool(true)})
	switch {
	case err != nil:
		return i, t.wrapInvited(err)
	case out.Item == nil:
		return i, store.ErrNotInvited
	}
	i, err = invitationOf(out.Item)
	return i, store.Permanent(t.wrapInvited(err))
}

// PutInvitations implements [store.Inviter].
func (t *Table) PutInvitations(ctx context.Context, all []invitation.Invitation) (added int, err error) {
	if err := errors.Join(t.withInvitations(), store.CheckInvitations(all)); err != nil || len(all) == 0 {
		return 0, err
	}
	return countEach(ctx, all, func(ctx context.Context, i invitation.Invitation) (bool, error) {
		created, err := t.putInvitation(ctx, i)
		if err != nil || created {
			return created, err
		}
		return false, t.raiseState(ctx, i)
	})
}

// countEach calls a function for each of some values, several at a time, and returns how often it was true.
func countEach[V any](ctx context.Context, all []V, do func(context.Context, V) (bool, error)) (int, error) {
	var n atomic.Int64
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelInvitations)
	for _, v := range all {
		group.Go(func() error {
			done, err := do(within, v)
			if done {
				n.Add(1)
			}
			return err
		})
	}
	err := group.Wait()
	return int(n.Load()), err
}

// putInvitation stores an invitation if its hash is free, and reports whether it was.
func (t *Table) putInvitation(ctx context.Context, i invitation.Invitation) (created bool, err error) {
	return t.createIn(ctx, t.invited, invitationItem(i))
}

// raiseState gives an invitation that is stored the state of another record of it, too.
func (t *Table) raiseState(ctx context.Context, i invitation.Invitation) (err error) {
	if i.Stopped {
		if _, err := t.noteStopped(ctx, i.Hash); err != nil {
			return err
		}
	}
	switch {
	case i.Redeemed && i.Blinded != (invitation.Digest{}):
		_, err = t.updateInvitation(ctx, i.Hash, "SET #used = :true, #blinded = if_not_exists(#blinded, :blinded)", "attribute_exists(#key)", item{":blinded": binaryOf(i.Blinded[:])})
	case i.Redeemed && i.Answer != "":
		_, err = t.updateInvitation(ctx, i.Hash, "SET #used = :true, #answer = if_not_exists(#answer, :answer)", "attribute_exists(#key)", item{":answer": text(i.Answer)})
	case i.Redeemed:
		_, err = t.updateInvitation(ctx, i.Hash, "SET #used = :true", "attribute_exists(#key)", nil)
	case i.Withdrawn:
		_, err = t.withdrawInvitation(ctx, i.Hash)
	}
	return err
}

// withdrawInvitation withdraws one, and reports whether it could be used before.
func (t *Table) withdrawInvitation(ctx context.Context, hash invitation.Hash) (bool, error) {
	return t.updateInvitation(ctx, hash, "SET #withdrawn = :true", "attribute_exists(#key) AND attribute_not_exists(#used) AND attribute_not_exists(#withdrawn)", nil)
}

// invitationNames are the attributes that expressions about invitations may name.
var invitationNames = map[string]string{"#key": partKey, "#survey": ofSurvey, "#used": used, "#withdrawn": withdrawn, "#answer": answered, "#blinded": blinded, "#stopped": stopped}

var placeholder = regexp.MustCompile(`#[a-z]+`)

// namesIn returns those of the names that expressions use: DynamoDB takes no others.
func namesIn(expressions string) map[string]string {
	names := map[string]string{}
	for _, token := range placeholder.FindAllString(expressions, -1) {
		names[token] = invitationNames[token]
	}
	return names
}

// updateInvitation changes the item of an invitation if a condition holds, and reports whether it did.
func (t *Table) updateInvitation(ctx context.Context, hash invitation.Hash, update, condition string, values item) (bool, error) {
	all := item{":true": &types.AttributeValueMemberBOOL{Value: true}}
	for name, value := range values {
		all[name] = value
	}
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.invited, Key: invitationKey(hash), UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: namesIn(update + condition), ExpressionAttributeValues: all,
	})
	if refused(err) {
		return false, nil
	}
	return err == nil, t.wrapInvited(err)
}

// WithdrawInvitations implements [store.Inviter].
func (t *Table) WithdrawInvitations(ctx context.Context, hashes []invitation.Hash) (withdrawn int, err error) {
	if err := t.withInvitations(); err != nil {
		return 0, err
	}
	return countEach(ctx, hashes, t.withdrawInvitation)
}

// InvitationsOf implements [store.Inviter]. It reads the invitations to every survey. A deployment of an earlier version, which
// has no table of them, has none to a survey that never took any.
func (t *Table) InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error] {
	return func(yield func(invitation.Invitation, error) bool) {
		for first := 0; first < 256; first += parallelInvitations {
			parts, err := t.readInvitations(ctx, survey, first)
			if err != nil {
				if err = t.unlessNever(ctx, survey, isInvited, err); err != nil {
					yield(invitation.Invitation{}, err)
				}
				return
			}
			for _, part := range parts {
				for _, i := range part {
					if !yield(i, nil) {
						return
					}
				}
			}
		}
	}
}

// readInvitations reads the invitations to a survey under some successive partition keys.
func (t *Table) readInvitations(ctx context.Context, survey string, first int) (parts [parallelInvitations][]invitation.Invitation, err error) {
	if err := t.withInvitations(); err != nil {
		return parts, err
	}
	group, within := errgroup.WithContext(ctx)
	for n := range parts {
		group.Go(func() error {
			for stored, err := range t.itemsIn(within, t.invited, fmt.Sprintf("V#%02x", first+n)) {
				if err != nil {
					return err
				}
				if textOf(stored, ofSurvey) != survey {
					continue
				}
				i, err := invitationOf(stored)
				if err != nil {
					return t.wrapInvited(err)
				}
				parts[n] = append(parts[n], i)
			}
			return nil
		})
	}
	err = group.Wait()
	return parts, err
}

// Redeem implements [store.Redeemer], in one transaction over both tables. It needs the rights of Put, and to update and to read
// items of the table of invitations, which has no answers.
func (t *Table) Redeem(ctx context.Context, r store.Redemption) (created bool, err error) {
	if err := store.CheckResponse(r.Response); err != nil {
		return false, t.wrap(err)
	}
	if t.invited == "" {
		return false, store.ErrNotInvited
	}
	at := r.Day
	if at.IsZero() {
		at = t.now()
	}
	id, waits, err := t.responseItems(ctx, r.Response, at)
	if err != nil {
		return false, err
	}
	mark := &types.Update{
		TableName: &t.invited, Key: invitationKey(r.Hash), UpdateExpression: aws.String("SET #used = :true"),
		ConditionExpression:       aws.String("#survey = :survey AND attribute_not_exists(#used) AND attribute_not_exists(#withdrawn)"),
		ExpressionAttributeValues: item{":survey": text(r.Response.Survey), ":true": &types.AttributeValueMemberBOOL{Value: true}},
	}
	if r.Identified {
		mark.UpdateExpression = aws.String("SET #used = :true, #answer = :answer")
		mark.ExpressionAttributeValues[":answer"] = text(r.Response.ID)
	}
	mark.ExpressionAttributeNames = namesIn(*mark.UpdateExpression + *mark.ConditionExpression)
	failed, err := t.transact(ctx, []types.TransactWriteItem{t.putNew(id), {Put: &types.Put{TableName: &t.name, Item: waits}}, {Update: mark}})
	switch {
	case err != nil:
		t.doubtShards(r.Response.Survey, r.Response.Period)
		return false, err
	case failed < 0:
		return true, nil
	case failed == 0: // also if the mark is set: these are the answers that it was set for, or others under their id
		return false, t.sameAt(ctx, idKey(r.Response.Survey, r.Response.ID), id[hash])
	}
	return false, t.notInvited(ctx, r)
}

// notInvited returns why an invitation does not hold.
func (t *Table) notInvited(ctx context.Context, r store.Redemption) error {
	i, err := t.Invitation(ctx, r.Hash)
	switch {
	case err != nil:
		return err
	case i.Survey != r.Response.Survey:
		return store.ErrNotInvited
	case i.Redeemed:
		return store.ErrRedeemed
	case i.Withdrawn:
		return store.ErrInvitationWithdrawn
	}
	return t.wrapInvited(message.Errorf("an invitation is being changed: try again")) // without its hash, which would be logged with a time
}

func counterKey(survey string) string { return "N#" + survey }

// Count implements [store.Counters].
func (t *Table) Count(ctx context.Context, survey, name string) error {
	if err := errors.Join(t.withInvitations(), store.CheckCounter(survey, name)); err != nil {
		return err
	}
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.invited, Key: key(counterKey(survey), name), UpdateExpression: aws.String("ADD #n :one"),
		ExpressionAttributeNames: map[string]string{"#n": counted}, ExpressionAttributeValues: item{":one": number(1)},
	})
	return t.wrapInvited(err)
}

// Counted implements [store.Counters].
func (t *Table) Counted(ctx context.Context, survey string) (map[string]int64, error) {
	all := map[string]int64{}
	if err := t.withInvitations(); err != nil {
		return all, t.unlessNever(ctx, survey, isInvited, err)
	}
	for stored, err := range t.itemsIn(ctx, t.invited, counterKey(survey)) {
		if err != nil {
			return all, t.unlessNever(ctx, survey, isInvited, err)
		}
		all[textOf(stored, sortKey)], _ = integerOf(stored, counted)
	}
	return all, nil
}

// Raise implements [store.Totals].
func (t *Table) Raise(ctx context.Context, survey string, counts map[string]int64) error {
	if err := errors.Join(t.withInvitations(), store.CheckCounters(survey, counts)); err != nil || len(counts) == 0 {
		return err
	}
	_, err := countEach(ctx, slices.Sorted(maps.Keys(counts)), func(ctx context.Context, name string) (bool, error) {
		return true, t.raise(ctx, survey, name, counts[name])
	})
	return err
}

// raise sets a counter, if it is lower.
func (t *Table) raise(ctx context.Context, survey, name string, n int64) error {
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.invited, Key: key(counterKey(survey), name), UpdateExpression: aws.String("SET #n = :n"),
		ConditionExpression:      aws.String("attribute_not_exists(#n) OR #n < :n"),
		ExpressionAttributeNames: map[string]string{"#n": counted}, ExpressionAttributeValues: item{":n": number(n)},
	})
	if refused(err) {
		return nil
	}
	return t.wrapInvited(err)
}
