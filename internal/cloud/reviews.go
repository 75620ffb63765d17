package cloud

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

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
		var waits *review.Decisions // a correction, of which the next item may say more
		for i, err := range t.items(ctx, reviewsKey(survey, period)) {
			if err != nil {
				yield(review.Decisions{}, err)
				return
			}
			if strings.HasSuffix(textOf(i, sortKey), said) {
				if err := t.addSaid(waits, i); err != nil {
					yield(review.Decisions{}, err)
					return
				}
				continue
			}
			if waits != nil && !yield(*waits, nil) {
				return
			}
			d, err := t.decisionsOf(i)
			if waits = nil; err == nil && d.Correction != nil {
				waits = &d
				continue
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
		if waits != nil {
			yield(*waits, nil)
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
	writes := []types.TransactWriteItem{t.putNew(decisionsItem(survey, period, d)), {Put: t.tallyIf(survey, period, counted, revision)}}
	if d.Correction != nil {
		said, held, err := t.correction(ctx, survey, period, d)
		if err == nil && held != isHere {
			err = store.ErrStale
		}
		if err != nil {
			return err
		}
		writes = append(writes, said...)
	}
	failed, err := t.transact(ctx, writes)
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
	stored, err = t.createDecisions(ctx, survey, period, d)
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
	if err == nil && d.Correction != nil {
		err = t.completeCorrection(ctx, survey, period, d)
	}
	return false, err
}

var _ store.Reviews = (*Table)(nil)
