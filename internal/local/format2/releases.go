package format2

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
)

// Latest reads the latest release of each period, see [store.Releases].
func (f *File) Latest(ctx context.Context, survey string) (latest []*release.Release, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, releasesBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEachBucket(func(period []byte) error {
			number, data := b.Bucket(period).Cursor().Last()
			if number == nil {
				return nil
			}
			r, err := decodeRelease(survey, string(period), number, data)
			latest = append(latest, r)
			return err
		})
	})
	return latest, err
}

// History implements [store.History].
func (f *File) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		var number []byte
		for {
			r, next, err := f.releaseAfter(ctx, survey, period, number)
			if err != nil {
				yield(nil, err)
				return
			}
			if r == nil || !yield(r, nil) {
				return
			}
			number = next
		}
	}
}

// releaseAfter reads the release that follows a number (nil: the first one), and its number; nil if there is none.
func (f *File) releaseAfter(ctx context.Context, survey, period string, after []byte) (r *release.Release, number []byte, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, releasesBucket, []byte(survey), []byte(period))
		if b == nil {
			return nil
		}
		c := b.Cursor()
		k, v := c.Seek(after)
		if k != nil && bytes.Equal(k, after) {
			k, v = c.Next()
		}
		if k == nil {
			return nil
		}
		number = bytes.Clone(k)
		r, err = decodeRelease(survey, period, k, v)
		return err
	})
	return r, number, err
}

func decodeRelease(survey, period string, number, data []byte) (*release.Release, error) {
	r, err := release.Decode(data)
	if err != nil {
		return nil, message.Errorf("release %x of %s %s: %w", number, survey, period, err)
	}
	if len(number) != 8 || r.Survey != survey || r.Period != period || uint64(r.Number) != binary.BigEndian.Uint64(number) {
		return nil, message.Errorf("release %x of %s %s: %w: it is release %d of %s %s", number, survey, period, errCodec, r.Number, r.Survey, r.Period)
	}
	return r, nil
}

// CasesOf reads all cases of a survey, see [store.Cases].
func (f *File) CasesOf(ctx context.Context, survey string) (all []*cases.Case, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, casesBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEach(func(id, data []byte) error {
			c, err := decodeCase(survey, id, data)
			all = append(all, c)
			return err
		})
	})
	return all, err
}

// Pending reads the cases in the outbox of a survey.
func (f *File) Pending(ctx context.Context, survey string) (pending []*cases.Case, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		list, all := bucket(tx, pendingBucket, []byte(survey)), bucket(tx, casesBucket, []byte(survey))
		if list == nil || all == nil {
			return nil
		}
		return list.ForEach(func(id, _ []byte) error {
			c, err := decodeCase(survey, id, all.Get(id))
			pending = append(pending, c)
			return err
		})
	})
	return pending, err
}

func decodeCase(survey string, id, data []byte) (*cases.Case, error) {
	revision, data, err := splitRevision(data)
	if err == nil && revision == 0 {
		err = errCodec
	}
	var c *cases.Case
	if err == nil {
		c, err = cases.Decode(data, revision)
	}
	if err != nil {
		return nil, message.Errorf("%s, case %s: %w", survey, id, err)
	}
	return c, nil
}

// News reads what is in the outbox of a survey, see [store.Outbox].
func (f *File) News(ctx context.Context, survey string) ([]news.Item, error) {
	pending, err := f.Pending(ctx, survey)
	return news.OfPending(pending), err
}
