package cloud

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// The items of limits, which DynamoDB deletes when their time is over. An ordinary answer needs none of the first two. They are in
// the table of the answers, and the secret is in that of the invitations, if there is one: of that table nothing is copied, so
// that a secret is gone when it is deleted, and with it what labels stand for.
//
//	PK           SK    what
//	F#survey     id    label of the range that a response came from, if that has sent more than people do
//	B#label      -     until when a range has used its rate
//	Y            day   32 random bytes that the labels of a day are keyed with
const (
	daySecrets = "Y"
	usedUntil  = "free" // milliseconds since 1970
)

// secretLife is from its day on: processes whose clocks differ still agree on yesterday's.
const secretLife = 48 * time.Hour

// dayCache holds the secrets of days as they were last read, by their days.
type dayCache struct {
	mu     sync.Mutex
	values map[string][]byte
}

// PutOrigin implements [store.Origins]. It needs the right to put the item, and none to read it.
func (t *Table) PutOrigin(ctx context.Context, survey, id, label string) error {
	i := key("F#"+survey, id)
	i[body], i[Expires] = text(label), number(t.now().Add(store.OriginLife).Unix())
	return t.put(ctx, i)
}

// Origins implements [store.Origins].
func (t *Table) Origins(ctx context.Context, survey string) (map[string]string, error) {
	labels, now := map[string]string{}, t.now().Unix()
	for i, err := range t.items(ctx, "F#"+survey) {
		if err != nil {
			return nil, err
		}
		if until, _ := integerOf(i, Expires); until >= now { // DynamoDB may take its time
			labels[textOf(i, sortKey)] = textOf(i, body)
		}
	}
	return labels, nil
}

// apart returns the name of the table of which nothing is copied, if there is one.
func (t *Table) apart() string { return cmp.Or(t.invited, t.name) }

// DaySecret implements [store.DaySecrets]. Each process reads it once a day, and the first one makes it.
func (t *Table) DaySecret(ctx context.Context, at time.Time) ([]byte, error) {
	day := at.UTC().Format(time.DateOnly)
	c := &t.days
	c.mu.Lock()
	value := c.values[day]
	c.mu.Unlock()
	if value != nil {
		return slices.Clone(value), nil
	}
	for range 2 {
		i, err := t.getIn(ctx, t.apart(), daySecrets, day)
		if err != nil {
			return nil, err
		}
		if i != nil {
			value := bytesOf(i, body)
			if err := store.CheckSecret(value); err != nil {
				return nil, store.Permanent(t.wrap(err))
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.values == nil || len(c.values) > 2 {
				c.values = map[string][]byte{}
			}
			c.values[day] = value
			return slices.Clone(value), nil
		}
		i = key(daySecrets, day)
		i[body], i[Expires] = binaryOf(store.NewSecret()), number(at.Add(secretLife).Unix())
		if _, err := t.createIn(ctx, t.apart(), i); err != nil {
			return nil, err
		}
	}
	return nil, t.wrap(message.Errorf("the secret of the day was deleted at once: try again"))
}

// rateAttempts bounds the tries to change the item of a range, which may begin its time anew at the same moment in two processes.
const rateAttempts = 4

// rateLife is how long an item of a range stays after its last change: longer than its label is in use.
const rateLife = 24 * time.Hour

// Advance implements [store.Rates]. It is one write, or two for a range that has used nothing.
func (t *Table) Advance(ctx context.Context, label string, now time.Time, step time.Duration) (time.Time, error) {
	values := item{":now": number(now.UnixMilli()), ":step": number(step.Milliseconds()), ":expires": number(now.Add(rateLife).Unix())}
	for range rateAttempts {
		at, err := t.changeRate(ctx, label, "SET #free = #free + :step, #expires = :expires", "#free >= :now", values)
		if !refused(err) {
			return at, t.wrap(err)
		}
		first := item{":now": number(now.UnixMilli()), ":first": number(now.Add(step).UnixMilli()), ":expires": values[":expires"]}
		at, err = t.changeRate(ctx, label, "SET #free = :first, #expires = :expires", "attribute_not_exists(#free) OR #free < :now", first)
		if !refused(err) {
			return at, t.wrap(err)
		}
	}
	return time.Time{}, t.wrap(message.Errorf("the rate of a range keeps changing: try again"))
}

// changeRate changes the item of a range if a condition holds, and returns until when it has used its rate.
func (t *Table) changeRate(ctx context.Context, label, update, condition string, values item) (time.Time, error) {
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: key("B#"+label, noSort), UpdateExpression: &update, ConditionExpression: aws.String(condition),
		ExpressionAttributeNames: map[string]string{"#free": usedUntil, "#expires": Expires}, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil {
		return time.Time{}, err
	}
	at, ok := integerOf(out.Attributes, usedUntil)
	if !ok {
		return time.Time{}, message.Errorf("attribute %s is missing", usedUntil)
	}
	return time.UnixMilli(at), nil
}
