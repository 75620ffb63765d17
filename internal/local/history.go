package local

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/release"
)

// Surveys lists the ids of all surveys that have ever been in force, in order.
func (s *Store) Surveys(ctx context.Context) (ids []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket(currentBucket).ForEach(func(id, _ []byte) error {
			ids = append(ids, string(id))
			return nil
		})
	})
	return ids, err
}

// History yields all releases of a period, oldest first, and stops at the first error.
func (s *Store) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		var after []byte
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			var r *release.Release
			err := s.view(func(tx *bbolt.Tx) error { // one each: who walks may write meanwhile
				b := bucket(tx, releasesBucket, []byte(survey), []byte(period))
				if b == nil {
					return nil
				}
				c := b.Cursor()
				k, v := c.First()
				if after != nil {
					if k, v = c.Seek(after); k != nil && string(k) == string(after) {
						k, v = c.Next()
					}
				}
				if k == nil {
					return nil
				}
				after, r = append([]byte(nil), k...), &release.Release{}
				if err := json.Unmarshal(v, r); err != nil {
					return fmt.Errorf("release %x of %s %s: %w", k, survey, period, err)
				}
				return nil
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if r == nil || !yield(r, nil) {
				return
			}
		}
	}
}
