package cloud

import (
	"context"
	"slices"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// What operators do with their own credentials. Of it, the function that publishes may erase a response that its respondent has taken
// back, without reading private answers: see [Table.placeOf].

// Find implements [store.Erasure].
func (t *Table) Find(ctx context.Context, id string) ([]store.Entry, error) {
	return store.Find(ctx, t, id)
}

// Erase implements [store.Erasure].
func (t *Table) Erase(ctx context.Context, survey, id string, keep []string) (erased bool, err error) {
	return store.Erase(ctx, t, survey, id, keep, t.now())
}

// Stored implements [store.Eraser]. It collects first, also because the response may be in the log and in the queue too.
func (t *Table) Stored(ctx context.Context, survey, id string) (*store.Stored, error) {
	own := idKey(survey, id)
	taken, err := t.placeOf(ctx, own)
	if err != nil || taken == nil {
		return nil, err
	}
	period := textOf(taken, ofPeriod)
	at, _ := integerOf(taken, arrived)
	if err := t.collectPeriod(ctx, survey, period); err != nil {
		return nil, err
	}
	s, index, err := t.find(ctx, survey, period, id, at)
	if err != nil {
		return nil, err
	}
	if s == nil {
		if taken[Expires] != nil || taken[withdrawn] != nil { // the segment has been deleted after the retention time
			return nil, nil
		}
		return nil, t.wrap(message.Errorf("response %s of %s %s: its id is taken, and it is not in the log: run `glasspoll results verify`", id, survey, period))
	}
	entry, err := t.entryAt(ctx, survey, period, s, index)
	if err != nil {
		return nil, err
	}
	found := &store.Stored{Entry: entry}
	found.Replace = func(ctx context.Context, tombstone answer.Response, counted *tally.Tally, revision int) error {
		return t.replace(ctx, taken, s, index, tombstone, counted, revision)
	}
	return found, nil
}

// placeOf reads what an id's item says of the place of its response, and nothing of answers; nil if the id is free.
func (t *Table) placeOf(ctx context.Context, own item) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: own, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("#1, #2, #3, #4, #5, #6, #7"),
		ExpressionAttributeNames: map[string]string{"#1": partKey, "#2": sortKey, "#3": ofPeriod, "#4": arrived, "#5": withdrawn, "#6": Expires, "#7": corrects},
	})
	if err != nil {
		return nil, t.wrap(err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	return out.Item, nil
}

// near is how many segments before and after the likely one are read before all the others.
const near = 8

// find finds a response that arrived at an instant in a log: its segment, and its index there; nil if it is not in the log.
// Segments are nearly in the order of arrivals, so a binary search leads close to it.
func (t *Table) find(ctx context.Context, survey, period, id string, at int64) (s *segment, index int, err error) {
	head, err := t.readHead(ctx, survey, period)
	if err != nil {
		return nil, 0, err
	}
	likely := 1 + sort.Search(max(head.last-1, 0), func(i int) bool {
		if err != nil {
			return true
		}
		var last int64
		for s, failed := range t.segments(ctx, survey, period, i+1, i+1) {
			if err = failed; err == nil {
				_, last = span(s.entries)
			}
		}
		return last >= at // one that has expired is before
	})
	if err != nil {
		return nil, 0, err
	}
	from, to := likely, likely-1 // what has been searched
	for _, around := range []int{0, near, head.last} {
		first, last := max(likely-around, 1), min(likely+around, head.last)
		for _, part := range [][2]int{{first, from - 1}, {to + 1, last}} {
			if s, index, err := t.findIn(ctx, survey, period, id, part[0], part[1]); s != nil || err != nil {
				return s, index, err
			}
		}
		from, to = first, last
	}
	return nil, 0, nil
}

// findIn finds a response in some segments; nil if it is in none of them.
func (t *Table) findIn(ctx context.Context, survey, period, id string, from, to int) (*segment, int, error) {
	for s, err := range t.segments(ctx, survey, period, from, to) {
		if err != nil {
			return nil, 0, err
		}
		index, err := indexOf(s.entries, id)
		if err != nil {
			return nil, 0, t.wrap(message.Errorf("%s: %w", s.name, err))
		}
		if index >= 0 {
			return s, index, nil
		}
	}
	return nil, 0, nil
}

// replace puts a tombstone in the place of a response, in its segment and at its id, and saves the tally of its period. From
// then on the id is taken for ever: it has nothing left that a retention time is for.
func (t *Table) replace(ctx context.Context, taken item, s *segment, index int, tombstone answer.Response, counted *tally.Tally, revision int) error {
	id := key(textOf(taken, partKey), noSort)
	for _, name := range []string{ofPeriod, arrived} {
		if taken[name] != nil {
			id[name] = taken[name]
		}
	}
	id[withdrawn] = &types.AttributeValueMemberBOOL{Value: true}

	blank, err := t.blankCorrections(ctx, tombstone.Survey, tombstone.Period, tombstone.ID)
	if err != nil {
		return err
	}
	entries := slices.Clone(s.entries)
	entries[index].record = answer.Append(nil, tombstone, t.knownVocabulary(ctx, tombstone.Survey, tombstone.Version))
	segment := item{}
	for name, value := range s.item {
		segment[name] = value
	}
	segment[body], segment[counter] = binaryOf(encodeSegment(entries)), number(s.revision+1)
	unchanged, names, values := sameCorrections(taken)
	if len(values) == 0 {
		values = nil // the service takes no empty ones
	}
	failed, err := t.transact(ctx, append([]types.TransactWriteItem{
		{Put: &types.Put{TableName: &t.name, Item: id, ConditionExpression: unchanged, ExpressionAttributeNames: names, ExpressionAttributeValues: values}},
		{Put: &types.Put{
			TableName: &t.name, Item: segment, ConditionExpression: aws.String("revision = :revision"),
			ExpressionAttributeValues: item{":revision": number(s.revision)},
		}},
		{Put: t.tallyIf(tombstone.Survey, tombstone.Period, counted, revision)},
	}, blank...))
	if err == nil && failed >= 0 {
		return store.ErrStale
	}
	return err
}

// Private implements [store.PrivateAnswers].
func (t *Table) Private(ctx context.Context, survey, _, id string) (answers []answer.Answer, err error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: idKey(survey, id), ConsistentRead: aws.Bool(true),
		ProjectionExpression: aws.String("#private"), ExpressionAttributeNames: map[string]string{"#private": private}})
	if err != nil {
		return nil, t.wrap(err)
	}
	data := bytesOf(out.Item, private)
	if data == nil {
		return nil, nil
	}
	if answers, err = answer.DecodePrivate(data); err != nil {
		return nil, t.wrap(message.Errorf("private answers of %s: %w", id, err))
	}
	return answers, nil
}
