package cloud

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
)

// said ends the sort key of what a correction says. It sorts behind the correction, and before the next one. The publisher's role
// reads it; private answers are in the item of the response's id, which the role does not read. Each correction changes a number in
// that item, so that an erasure notices it.
const said = "+"

func saidItem(survey, period string, number int) item {
	return key(reviewsKey(survey, period), fmt.Sprintf("%010d", number)+said)
}

// addSaid adds to a correction (nil: none) what an item says of it.
func (t *Table) addSaid(d *review.Decisions, i item) (err error) {
	if d == nil || fmt.Sprintf("%010d", d.Number)+said != textOf(i, sortKey) {
		err = message.Key("it is of no correction")
	}
	var data []byte
	if err == nil && bytesOf(i, body) != nil {
		data, err = decompressed(i, body)
	}
	if err == nil {
		err = d.Correction.Decode(data)
	}
	if err != nil {
		return t.wrap(message.Errorf("decisions %s of %s: %w", textOf(i, sortKey), textOf(i, partKey), err))
	}
	return nil
}

// presence says whether a response is stored.
type presence byte

const (
	isMissing presence = iota
	isErased
	isHere
)

// correction returns what stores what a correction says, but for its record: nothing of an erased response, and no private answers
// unless the response is here.
func (t *Table) correction(ctx context.Context, survey, period string, d review.Decisions) (writes []types.TransactWriteItem, held presence, err error) {
	own := idKey(survey, d.IDs[0])
	taken, err := t.get(ctx, textOf(own, partKey), noSort)
	if err != nil {
		return nil, 0, err
	}
	says := saidItem(survey, period, d.Number)
	switch {
	case taken == nil:
		held = isMissing
		writes = append(writes, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: own, ConditionExpression: free()}})
	case taken[withdrawn] != nil || d.Correction.Erased:
		return []types.TransactWriteItem{t.putNew(says)}, isErased, nil
	default:
		held = isHere
		if taken[Expires] != nil {
			says[Expires] = taken[Expires]
		}
		update, err := t.addPrivate(own, taken, d)
		if err != nil {
			return nil, 0, err
		}
		if update != nil {
			writes = append(writes, types.TransactWriteItem{Update: update})
		}
	}
	says[body] = compressed(d.Correction.Encode())
	return append(writes, t.putNew(says)), held, nil
}

// addPrivate returns what adds a correction, and its private answers, to the item of the response's id, as it was read; nil if it has
// these.
func (t *Table) addPrivate(own, taken item, d review.Decisions) (*types.Update, error) {
	all, err := review.DecodePrivate(bytesOf(taken, corrected))
	if err != nil {
		return nil, t.wrap(message.Errorf("private answers of %s: %w", d.IDs[0], err))
	}
	if _, known := all[d.Number]; known {
		return nil, nil
	}
	condition, names, values := sameCorrections(taken)
	set := "SET #corrects = :next"
	values[":next"] = number(correctsOf(taken) + 1)
	if len(d.Correction.Private) > 0 {
		if all == nil {
			all = review.PrivateCorrections{}
		}
		all[d.Number] = d.Correction.Private
		set += ", #corrected = :private"
		names["#corrected"], values[":private"] = corrected, binaryOf(all.Encode())
	}
	return &types.Update{
		TableName: &t.name, Key: own, UpdateExpression: &set, ConditionExpression: condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}, nil
}

// sameCorrections is the condition that a response is not erased, and not corrected since the item of its id was read.
func sameCorrections(taken item) (condition *string, names map[string]string, values item) {
	names = map[string]string{"#withdrawn": withdrawn, "#corrects": corrects}
	exists := "attribute_exists(" + partKey + ") AND attribute_not_exists(#withdrawn) AND "
	n := correctsOf(taken)
	if n == 0 {
		return aws.String(exists + "attribute_not_exists(#corrects)"), names, item{}
	}
	return aws.String(exists + "#corrects = :corrects"), names, item{":corrects": number(n)}
}

func correctsOf(taken item) int {
	n, _ := integerOf(taken, corrects)
	return int(n)
}

// createDecisions stores decisions that another store has, unless the number is taken, and reports whether it did.
func (t *Table) createDecisions(ctx context.Context, survey, period string, d review.Decisions) (bool, error) {
	record := decisionsItem(survey, period, d)
	if d.Correction == nil {
		return t.create(ctx, record)
	}
	for range transactRetries {
		before, err := t.get(ctx, textOf(record, partKey), textOf(record, sortKey))
		if err != nil || before != nil {
			return false, err
		}
		writes, _, err := t.correction(ctx, survey, period, d)
		if err != nil {
			return false, err
		}
		failed, err := t.transact(ctx, append([]types.TransactWriteItem{t.putNew(record)}, writes...))
		if err != nil || failed < 0 {
			return err == nil, err
		}
	}
	return false, t.wrap(message.Errorf("decisions %d of %s %s: %w %d times", d.Number, survey, period, store.ErrStale, transactRetries))
}

// completeCorrection adds the private answers of a correction that is stored, once its response is here, and removes what it says if
// the response was erased before it came.
func (t *Table) completeCorrection(ctx context.Context, survey, period string, d review.Decisions) error {
	own := idKey(survey, d.IDs[0])
	for range transactRetries {
		taken, err := t.get(ctx, textOf(own, partKey), noSort)
		if err != nil {
			return err
		}
		if gone := taken[withdrawn] != nil; gone || taken == nil && d.Correction.Erased {
			_, err := t.transact(ctx, []types.TransactWriteItem{{Put: &types.Put{TableName: &t.name, Item: saidItem(survey, period, d.Number)}}})
			return err
		}
		if taken == nil || len(d.Correction.Private) == 0 {
			return nil
		}
		update, err := t.addPrivate(own, taken, d)
		if err != nil || update == nil {
			return err
		}
		failed, err := t.transact(ctx, []types.TransactWriteItem{{Update: update}})
		if err != nil || failed < 0 {
			return err
		}
	}
	return t.wrap(message.Errorf("decisions %d of %s %s: %w %d times", d.Number, survey, period, store.ErrStale, transactRetries))
}

// blankCorrections returns what removes what corrections say of a response. Their items stay, so that nothing is restored there.
func (t *Table) blankCorrections(ctx context.Context, survey, period, id string) (writes []types.TransactWriteItem, err error) {
	for i, err := range t.items(ctx, reviewsKey(survey, period)) {
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(textOf(i, sortKey), said) {
			continue
		}
		d, err := t.decisionsOf(i)
		if err != nil {
			return nil, err
		}
		if d.Correction != nil && d.IDs[0] == id {
			writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: saidItem(survey, period, d.Number)}})
		}
	}
	return writes, nil
}

// PrivateCorrections implements [store.PrivateCorrections].
func (t *Table) PrivateCorrections(ctx context.Context, survey, id string) (review.PrivateCorrections, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: idKey(survey, id), ConsistentRead: aws.Bool(true),
		ProjectionExpression: aws.String("#corrected"), ExpressionAttributeNames: map[string]string{"#corrected": corrected}})
	if err != nil {
		return nil, t.wrap(err)
	}
	all, err := review.DecodePrivate(bytesOf(out.Item, corrected))
	if err != nil {
		return nil, t.wrap(message.Errorf("private answers of %s: %w", id, err))
	}
	return all, nil
}
