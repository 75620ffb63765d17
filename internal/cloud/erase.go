package cloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// What operators do with their own login. No function calls it, and no function's role allows it.

// Find returns the entries of all responses with an id, of any survey and period: one, unless a client has used an id
// twice. Its cost is one read for each survey's period.
func (t *Table) Find(ctx context.Context, id string) ([]store.Entry, error) {
	surveys, err := t.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	var found []store.Entry
	for _, survey := range surveys {
		periods, err := t.Periods(ctx, survey)
		if err != nil {
			return nil, err
		}
		for _, period := range periods {
			stored, r, err := t.response(ctx, survey, period, id)
			if err != nil {
				return nil, err
			}
			if stored != nil {
				at := textOf(stored, arrived)
				found = append(found, store.Entry{Cursor: at, Settled: true, Arrived: arrivedAt(at), Response: r})
			}
		}
	}
	return found, nil
}

// response reads one response; nil if there is none.
func (t *Table) response(ctx context.Context, survey, period, id string) (stored item, r answer.Response, err error) {
	own := keyOfResponse(survey, period, id)
	stored, err = t.get(ctx, textOf(own, partKey), textOf(own, sortKey))
	if err != nil || stored == nil {
		return nil, r, err
	}
	if err := json.Unmarshal(bytesOf(stored, body), &r); err != nil {
		return nil, r, t.wrap(fmt.Errorf("response %s: %w", id, err))
	}
	return stored, r, nil
}

// Private returns the private answers of a response; none if it has none or there is no such response.
func (t *Table) Private(ctx context.Context, survey, period, id string) (answers []answer.Answer, err error) {
	own := keyOfResponse(survey, period, id)
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: own, ConsistentRead: aws.Bool(true),
		ProjectionExpression: aws.String("#private"), ExpressionAttributeNames: map[string]string{"#private": private}})
	if err != nil {
		return nil, t.wrap(err)
	}
	data := bytesOf(out.Item, private)
	if data == nil {
		return nil, nil
	}
	if err := json.Unmarshal(data, &answers); err != nil {
		return nil, t.wrap(fmt.Errorf("private answers of %s: %w", id, err))
	}
	return answers, nil
}

// eraseAttempts is how often an erasure is tried while others change the same tally.
const eraseAttempts = 20

// Erase puts a tombstone in the place of a response: its id, so that it cannot come again, its version, its arrival, and
// those of its answers whose fields are kept. The rest is gone, and so are its private answers and the hash by which it
// would be known again. At once, the shard's tally counts the tombstone in its place: see [Table.without]. It returns false
// if there is no such response, or only its tombstone.
func (t *Table) Erase(ctx context.Context, survey, period, id string, keep []string) (erased bool, err error) {
	shard := store.Shard{Survey: survey, Period: period, Number: shardOf(id)}
	for range eraseAttempts {
		stored, r, err := t.response(ctx, survey, period, id)
		if err != nil || stored == nil || r.Withdrawn {
			return false, err
		}
		left := answer.Response{ID: r.ID, Survey: r.Survey, Version: r.Version, Period: r.Period, Withdrawn: true}
		for _, a := range r.Answers {
			if slices.Contains(keep, a.Field()) {
				left.Answers = append(left.Answers, a)
			}
		}
		data, err := json.Marshal(left)
		if err != nil {
			return false, t.wrap(err)
		}
		stone := keyOfResponse(survey, period, id)
		stone[arrived] = stored[arrived]
		stone[body] = &types.AttributeValueMemberB{Value: data}
		if until := stored[Expires]; until != nil {
			stone[Expires] = until
		}
		// Saved whatever it counts: whoever has folded meanwhile must find another revision than the one read.
		before, revision, err := t.Tally(ctx, shard)
		if err != nil {
			return false, err
		}
		after, passed, err := t.without(ctx, before, textOf(stored, arrived), r, left)
		if err == nil && passed {
			err = t.withdrawCases(ctx, survey, id)
		}
		if err != nil {
			return false, err
		}
		failed, err := t.transact(ctx, []types.TransactWriteItem{
			{Put: &types.Put{
				TableName: &t.name, Item: stone, ConditionExpression: aws.String("#body = :body"),
				ExpressionAttributeNames: map[string]string{"#body": body}, ExpressionAttributeValues: item{":body": stored[body]},
			}},
			{Put: t.tallyIf(shard, after, revision)},
		})
		if err != nil {
			return false, err
		}
		if failed < 0 {
			return true, nil
		}
	}
	return false, t.wrap(errors.New("the response or its tally changes all the time: try again"))
}

// without is a shard's tally after one of its responses has become a tombstone. It is not folded anew where that can be
// helped: of responses that were counted and have expired since, the tally is all that is left, and releases wait for as many
// respondents as they have shown. Passed says that the cursor stays behind the tombstone, so that no publisher will meet it.
func (t *Table) without(ctx context.Context, before *tally.Tally, cursor string, was, is answer.Response) (after *tally.Tally, passed bool, err error) {
	if before == nil || before.Cursor < cursor { // not counted yet
		return cmp.Or(before, tally.Empty(nil)), false, nil
	}
	s, err := t.Definition(ctx, was.Survey, "")
	if err == nil {
		after, passed = tally.Exchange(s, before, was, is)
	} else if !errors.Is(err, store.ErrUnknown) {
		return nil, false, err
	}
	if !passed {
		after = tally.Empty(before)
	}
	return after, passed, nil
}

// withdrawCases closes the cases of a response, as publishers do where they meet a tombstone. It comes before the erasure:
// whoever erases again finds them as long as the response is there. All are stored that the response has opened, since a
// tally does not pass it sooner.
func (t *Table) withdrawCases(ctx context.Context, survey, id string) error {
	for range eraseAttempts {
		all, err := t.CasesOf(ctx, survey)
		if err != nil {
			return err
		}
		stale := false
		for _, c := range all {
			if c.Response != id {
				continue
			}
			c.Withdraw(t.now())
			if err := t.SaveCase(ctx, c); errors.Is(err, store.ErrStale) {
				stale = true
			} else if err != nil {
				return err
			}
		}
		if !stale {
			return nil
		}
	}
	return t.wrap(errors.New("a case of the response changes all the time: try again"))
}

// History yields all releases of a period, oldest first, and stops at the first error.
func (t *Table) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		pages := t.query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
			ExpressionAttributeValues: item{":pk": text(releasesKey(survey, period))},
		})
		for page, err := range pages {
			if err != nil {
				yield(nil, t.wrap(err))
				return
			}
			for _, i := range page.Items {
				data, err := unpacked(i, body)
				r := &release.Release{}
				if err == nil {
					err = json.Unmarshal(data, r)
				}
				if err != nil {
					yield(nil, t.wrap(fmt.Errorf("release of %s %s: %w", survey, period, err)))
					return
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}
