package indexed

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

func shardKey(survey, period string, shard int) string {
	return fmt.Sprintf("R#%s#%s#%02d", survey, period, shard)
}

// shardOf returns the shard of an id, by FNV-1a.
func shardOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % shards)
}

// Periods implements [store.Log]. A period is listed once a publisher has learned of it; those of the current questionnaire
// that none has learned of are looked for.
func (t *Table) Periods(ctx context.Context, survey string) ([]string, error) {
	periods, err := t.sortKeys(ctx, "N#"+survey)
	if err != nil {
		return nil, err
	}
	s, err := t.inForce(ctx, survey)
	if err != nil || s == nil {
		return periods, err
	}
	now := time.Now()
	for _, period := range []string{s.PeriodBefore(now), s.PeriodAt(now)} {
		if period == "" || slices.Contains(periods, period) {
			continue
		}
		end, err := t.edge(ctx, survey, period, bounds{})
		if err != nil {
			return nil, err
		}
		if end != "" {
			periods = append(periods, period)
		}
	}
	slices.Sort(periods)
	return periods, nil
}

// Ends implements [store.Log].
func (t *Table) Ends(ctx context.Context, survey string) (map[string]string, error) {
	periods, err := t.Periods(ctx, survey)
	if err != nil {
		return nil, err
	}
	ends := map[string]string{}
	for _, period := range periods {
		end, err := t.edge(ctx, survey, period, bounds{})
		if err != nil {
			return nil, err
		}
		if end != "" {
			ends[period] = end
		}
	}
	return ends, nil
}

// bounds says which entry of each shard edge looks for.
type bounds struct {
	before string           // the last one before this place; "" for the last one of all
	after  func(int) string // if it is set, the first one after the place that it returns for the shard
}

// edge returns the place of an entry: of those that the bounds select in each shard the last one, or, with after, the first
// one; "" if there is none.
func (t *Table) edge(ctx context.Context, survey, period string, b bounds) (string, error) {
	var found [shards]string
	group, within := errgroup.WithContext(ctx)
	for shard := range shards {
		group.Go(func() error {
			from, condition := "0", "PK = :pk AND arrived > :from"
			switch {
			case b.after != nil:
				from = max(from, b.after(shard))
			case b.before != "":
				from, condition = b.before, "PK = :pk AND arrived < :from"
			}
			for i, err := range t.query(within, &dynamodb.QueryInput{
				IndexName: aws.String(byTime), Limit: aws.Int32(1), ScanIndexForward: aws.Bool(b.after != nil),
				KeyConditionExpression: &condition, ProjectionExpression: aws.String("SK, arrived"),
				ExpressionAttributeValues: item{":pk": text(shardKey(survey, period, shard)), ":from": text(from)},
			}) {
				if err != nil {
					return err
				}
				found[shard] = textOf(i, arrived)
				return nil
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return "", err
	}
	place := ""
	for _, at := range found {
		if at != "" && (place == "" || (b.after != nil) == (at < place)) {
			place = at
		}
	}
	return place, nil
}

// After implements [store.Log].
func (t *Table) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for e, err := range t.entries(ctx, survey, period, cursor) {
			if !yield(e.Entry, err) || err != nil {
				return
			}
		}
	}
}

// A shardEntry is an entry of the log of a shard.
type shardEntry struct {
	store.Entry
	shard int
}

// entries yields the entries of all shards of a period after a place, in the order of their arrivals. It stops at the first
// error, which it yields.
func (t *Table) entries(ctx context.Context, survey, period, after string) iter.Seq2[shardEntry, error] {
	return func(yield func(shardEntry, error) bool) {
		type head struct {
			entry shardEntry
			err   error
			next  func() (shardEntry, error, bool)
		}
		var heads []*head
		for shard := range shards {
			next, stop := iter.Pull2(t.shard(ctx, survey, period, shard, after))
			defer stop()
			h := &head{next: next}
			var more bool
			if h.entry, h.err, more = next(); more {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			first := slices.MinFunc(heads, func(a, b *head) int {
				if (a.err != nil) != (b.err != nil) { // errors first
					return map[bool]int{true: -1, false: 1}[a.err != nil]
				}
				return strings.Compare(a.entry.Cursor, b.entry.Cursor)
			})
			if !yield(first.entry, first.err) || first.err != nil {
				return
			}
			var more bool
			if first.entry, first.err, more = first.next(); !more {
				heads = slices.DeleteFunc(heads, func(h *head) bool { return h == first })
			}
		}
	}
}

// shard yields the entries of one shard after a place.
func (t *Table) shard(ctx context.Context, survey, period string, shard int, after string) iter.Seq2[shardEntry, error] {
	return func(yield func(shardEntry, error) bool) {
		for i, err := range t.query(ctx, &dynamodb.QueryInput{
			IndexName:                 aws.String(byTime),
			KeyConditionExpression:    aws.String("PK = :pk AND arrived > :from"),
			ProjectionExpression:      aws.String("SK, arrived, body"),
			ExpressionAttributeValues: item{":pk": text(shardKey(survey, period, shard)), ":from": text(max("0", after))},
		}) {
			var e store.Entry
			if err == nil {
				e, err = t.entryOf(i, survey, period)
			}
			if !yield(shardEntry{e, shard}, err) || err != nil {
				return
			}
		}
	}
}

func (t *Table) entryOf(i item, survey, period string) (store.Entry, error) {
	at := textOf(i, arrived)
	digits, _, _ := strings.Cut(at, "#")
	nanoseconds, err := strconv.ParseInt(digits, 10, 64)
	var r answer.Response
	if err == nil {
		err = json.Unmarshal(bytesOf(i, body), &r)
	}
	if err == nil && (r.Survey != survey || r.Period != period) {
		err = message.Errorf("it is one of %s %s", r.Survey, r.Period)
	}
	if err != nil {
		return store.Entry{}, t.wrap(message.Errorf("%s %s, response %s: %w", survey, period, textOf(i, sortKey), err))
	}
	return store.Entry{Cursor: at, Arrived: time.Unix(0, nanoseconds), Response: r}, nil
}

// Private implements [store.PrivateAnswers].
func (t *Table) Private(ctx context.Context, survey, period, id string) (answers []answer.Answer, err error) {
	i, err := t.get(ctx, shardKey(survey, period, shardOf(id)), id)
	if err != nil || bytesOf(i, private) == nil {
		return nil, err
	}
	if err := json.Unmarshal(bytesOf(i, private), &answers); err != nil {
		return nil, t.wrap(message.Errorf("private answers of %s: %w", id, err))
	}
	return answers, nil
}

// Find returns the entries of all responses with an id, see [store.Erasure]. It costs a read for each period of each survey.
func (t *Table) Find(ctx context.Context, id string) (found []store.Entry, err error) {
	surveys, err := t.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	for _, survey := range surveys {
		periods, err := t.Periods(ctx, survey)
		if err != nil {
			return nil, err
		}
		for _, period := range periods {
			i, err := t.get(ctx, shardKey(survey, period, shardOf(id)), id)
			if err != nil {
				return nil, err
			}
			if i == nil {
				continue
			}
			e, err := t.entryOf(i, survey, period)
			if err != nil {
				return nil, err
			}
			found = append(found, e)
		}
	}
	return found, nil
}
