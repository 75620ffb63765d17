package cloud

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// What a response costs, in write units of 1 KB: 4 for the transaction that stores it, of two items; 2 more for each other
// id that is checked in it; 1 to delete it from the queue; and its share of a segment, which is also written in a
// transaction: 0.25 of 120 bytes, and 4 in the worst case, that it is collected alone. So about 5.3, or 7.3 of a plain form,
// whose submission may be stored under another id. Reading it costs 0.05 read units of 4 KB in the queue, and 0.03 each time
// its segment is read. TestUnitsOfAnAnswer counts all that, and
// TestStoredAnswersCostNothing the bytes: 30 choices take about 170 in the table.

// DynamoDB takes an item of 400 KB, which is 409,600 bytes.
const (
	maxItem  = 400 << 10
	overhead = 1000 // bytes of an item besides its body: key, arrival, and what a segment adds
)

// noSort is the sort key of an item that is alone in its partition.
const noSort = "-"

func idKey(survey, id string) item { return key("I#"+survey+"#"+id, noSort) }

// Put implements [store.Responses]. It needs the rights to put responses and to check conditions on them, and no right to
// read one: when an id is taken, a condition on the hash of what is there tells the same answers from others.
func (t *Table) Put(ctx context.Context, r answer.Response, also ...string) (created bool, err error) {
	return t.PutOn(ctx, t.now(), r, also...)
}

// PutOn implements [store.DayResponses]. It needs the rights of Put.
func (t *Table) PutOn(ctx context.Context, day time.Time, r answer.Response, also ...string) (created bool, err error) {
	if err := store.CheckResponse(r); err != nil {
		return false, t.wrap(err)
	}
	id, waits, err := t.responseItems(ctx, r, day)
	if err != nil {
		return false, err
	}
	ids := []string{r.ID}
	writes := []types.TransactWriteItem{t.putNew(id), {Put: &types.Put{TableName: &t.name, Item: waits}}}
	for _, other := range also {
		if other == "" || slices.Contains(ids, other) {
			continue
		}
		ids = append(ids, other)
		writes = append(writes, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: idKey(r.Survey, other), ConditionExpression: free(),
		}})
	}
	failed, err := t.transact(ctx, writes)
	if err != nil {
		t.doubtShards(r.Survey, r.Period)
		return false, err
	}
	if failed < 0 {
		return true, nil
	}
	return false, t.sameAt(ctx, idKey(r.Survey, ids[max(failed-1, 0)]), id[hash])
}

// sameAt returns nil if the id at a key is taken by a response with the given hash, ErrConflict if it is by another one, and
// ErrWithdrawn if it is by a tombstone, which has none.
func (t *Table) sameAt(ctx context.Context, at item, digest types.AttributeValue) error {
	same, err := t.meets(ctx, at, "#hash = :hash", map[string]string{"#hash": hash}, item{":hash": digest})
	if err != nil || same {
		return err
	}
	gone, err := t.meets(ctx, at, "attribute_exists(#withdrawn)", map[string]string{"#withdrawn": withdrawn}, nil)
	switch {
	case err != nil:
		return err
	case gone:
		return store.ErrWithdrawn
	default:
		return store.ErrConflict
	}
}

// meets reports whether the item at a key meets a condition.
func (t *Table) meets(ctx context.Context, at item, condition string, names map[string]string, values item) (bool, error) {
	failed, err := t.transact(ctx, []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
		TableName: &t.name, Key: at, ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}}})
	return err == nil && failed < 0, err
}

// importedStays is how long an old response stays at least that is imported: until it has been counted, for certain.
const importedStays = 7 * 24 * time.Hour

// expiry returns when a response may be deleted that arrived at an instant.
func (t *Table) expiry(at time.Time) time.Time {
	until := at.Add(t.retention)
	if least := t.now().Add(min(importedStays, t.retention)); until.Before(least) {
		return least
	}
	return until
}

// responseItems returns the two items of a response that arrives at an instant: of its id, and in the queue.
func (t *Table) responseItems(ctx context.Context, r answer.Response, at time.Time) (id, waits item, err error) {
	n, err := t.shardsOf(ctx, r.Survey, r.Period)
	if err != nil {
		return nil, nil, err
	}
	record := answer.Append(nil, r, t.knownVocabulary(ctx, r.Survey, r.Version))
	id, waits = idKey(r.Survey, r.ID), key(shardKey(r.Survey, r.Period, shardOf(r.ID, n)), r.ID)
	id[ofPeriod], id[arrived] = text(r.Period), number(at.UnixNano())
	waits[body], waits[arrived] = binaryOf(record), number(at.UnixNano())
	if t.retention > 0 {
		until := number(t.expiry(at).Unix())
		waits[Expires] = until
		if !r.Withdrawn { // what has no answers stays
			id[Expires] = until
		}
	}
	var apart []byte
	if r.Withdrawn {
		id[withdrawn] = &types.AttributeValueMemberBOOL{Value: true}
	} else {
		digest := r.Digest()
		id[hash] = binaryOf(digest[:])
		if len(r.Private) > 0 {
			apart = answer.AppendPrivate(nil, r.Private)
			id[private] = binaryOf(apart)
		}
	}
	if max(len(record), len(apart)) > maxItem-overhead {
		return nil, nil, store.ErrTooLarge
	}
	return id, waits, nil
}

// knownVocabulary returns the vocabulary of a version of a survey's questionnaire; nil if there is no such version, or it
// cannot be read: a response can be stored without it.
func (t *Table) knownVocabulary(ctx context.Context, survey, version string) *answer.Vocabulary {
	v, err := t.vocabulary(ctx, survey, version)
	if err != nil {
		return nil
	}
	return v
}

// vocabulary returns the vocabulary of a version of a survey's questionnaire.
func (t *Table) vocabulary(ctx context.Context, survey, version string) (*answer.Vocabulary, error) {
	if version == "" {
		return nil, store.ErrUnknown
	}
	name := survey + "@" + version
	t.mu.Lock()
	v := t.vocabularies[name]
	t.mu.Unlock()
	if v != nil {
		return v, nil
	}
	s, err := t.Definition(ctx, survey, version)
	if err != nil {
		return nil, err
	}
	v = answer.NewVocabulary(s)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.vocabularies) >= maxCached {
		clear(t.vocabularies)
	}
	t.vocabularies[name] = v
	return v, nil
}

// ResponseKey parses the partition key of a response that has been stored, of an id whose response has been erased, of one that is
// to be, or of decisions about responses, as the table's stream delivers it. name is that of the part of the survey's work that
// follows, see [store.PartName]. The key of an id does not say the period.
func ResponseKey(pk string) (survey, name string, ok bool) {
	kind, rest, _ := strings.Cut(pk, "#")
	survey, rest, ok = strings.Cut(rest, "#")
	if kind == "W" {
		return survey, store.PartName("", ""), !ok && survey != ""
	}
	if !ok || survey == "" {
		return "", "", false
	}
	switch kind {
	case "I":
		return survey, store.PartName("", ""), rest != ""
	case "E":
		return survey, store.PartName(rest, ""), rest != ""
	case "Q":
		period, shard, ok := strings.Cut(rest, "#")
		return survey, store.PartName(period, shard), ok && period != "" && shard != ""
	}
	return "", "", false
}
