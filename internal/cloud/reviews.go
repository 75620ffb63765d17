package cloud

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func reviewsKey(survey, period string) string { return "E#" + survey + "#" + period }

func decisionsItem(survey, period string, d review.Decisions) item {
	i := key(reviewsKey(survey, period), fmt.Sprintf("%010d", d.Number))
	i[body] = compressed(d.Encode())
	return i
}

func (t *Table) decisionsOf(i item) (review.Decisions, error) {
	number, err := strconv.Atoi(textOf(i, sortKey))
	var data []byte
	if err == nil {
		data, err = decompressed(i, body)
	}
	var d review.Decisions
	if err == nil {
		d, err = review.Decode(number, data)
	}
	if err != nil {
		return review.Decisions{}, t.wrap(message.Errorf("decisions %s of %s: %w", textOf(i, sortKey), textOf(i, partKey), err))
	}
	return d, nil
}

// Decisions implements [store.Reviews].
func (t *Table) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	return func(yield func(review.Decisions, error) bool) {
		for i, err := range t.items(ctx, reviewsKey(survey, period)) {
			var d review.Decisions
			if err == nil {
				d, err = t.decisionsOf(i)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// Decide implements [store.Reviews].
func (t *Table) Decide(ctx context.Context, survey, period string, d review.Decisions, counted *tally.Tally, revision int) error {
	if stale, err := t.follows(ctx, survey, period, d); stale || err != nil {
		if err == nil {
			err = store.ErrStale
		}
		return err
	}
	failed, err := t.transact(ctx, []types.TransactWriteItem{t.putNew(decisionsItem(survey, period, d)), {Put: t.tallyIf(survey, period, counted, revision)}})
	if err == nil && failed >= 0 {
		err = store.ErrStale
	}
	return err
}

// follows checks that decisions follow the last ones.
func (t *Table) follows(ctx context.Context, survey, period string, d review.Decisions) (stale bool, err error) {
	last := 0
	if d.Number > 1 {
		before, err := t.get(ctx, reviewsKey(survey, period), fmt.Sprintf("%010d", d.Number-1))
		if err != nil {
			return false, err
		}
		if before != nil {
			last = d.Number - 1
		}
	}
	stale, err = store.CheckDecisions(d, last)
	return stale, t.wrap(err)
}

// ImportDecisions implements [store.Reviews].
func (t *Table) ImportDecisions(ctx context.Context, survey, period string, d review.Decisions) (stored bool, err error) {
	if _, err := t.follows(ctx, survey, period, d); err != nil {
		return false, err
	}
	stored, err = t.create(ctx, decisionsItem(survey, period, d))
	if stored || err != nil {
		return stored, err
	}
	i, err := t.get(ctx, reviewsKey(survey, period), fmt.Sprintf("%010d", d.Number))
	if err != nil {
		return false, err
	}
	there, err := t.decisionsOf(i)
	if err == nil && !there.Equal(d) {
		err = t.wrap(message.Errorf("%s %s, decisions %d: %w", survey, period, d.Number, store.ErrOtherDecisions))
	}
	return false, err
}

var _ store.Reviews = (*Table)(nil)
