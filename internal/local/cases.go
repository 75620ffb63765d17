package local

import (
	"context"

	"go.etcd.io/bbolt"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

var casesBucket = []byte("cases")

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

// OpenCase implements [store.Cases].
func (s *Store) OpenCase(ctx context.Context, c *cases.Case, also ...news.Item) (opened bool, err error) {
	data, err := c.Encode()
	if err != nil {
		return false, s.wrap(err)
	}
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		b, err := makeBucket(tx, casesBucket, []byte(c.Survey))
		if err != nil {
			return err
		}
		if opened = b.Get([]byte(c.ID)) == nil; !opened {
			return nil
		}
		if err := putNews(tx, also); err != nil {
			return err
		}
		return b.Put([]byte(c.ID), withRevision(1, data))
	})
	if err != nil {
		return false, err
	}
	if opened {
		c.Revision = 1
	}
	return opened, nil
}

// CasesOf implements [store.Cases].
func (s *Store) CasesOf(ctx context.Context, survey string) (all []*cases.Case, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
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

// SaveCase implements [store.Cases].
func (s *Store) SaveCase(ctx context.Context, c *cases.Case, also ...news.Item) error {
	data, err := c.Encode()
	if err != nil {
		return s.wrap(err)
	}
	err = s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		b := bucket(tx, casesBucket, []byte(c.Survey))
		if b == nil {
			return true, nil
		}
		stored, _, err := splitRevision(b.Get([]byte(c.ID)))
		if err != nil || stored == 0 || stored != c.Revision {
			return err == nil, err
		}
		if err := putNews(tx, also); err != nil {
			return false, err
		}
		return false, b.Put([]byte(c.ID), withRevision(c.Revision+1, data))
	})
	if err == nil {
		c.Revision++
	}
	return err
}
