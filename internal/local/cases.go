package local

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"glasspoll/internal/cases"
	"glasspoll/internal/store"
)

var (
	casesBucket  = []byte("cases")
	untoldBucket = []byte("untold")
)

func encodeCase(c *cases.Case, revision int) ([]byte, error) {
	if c.ID == "" || c.Survey == "" {
		return nil, errors.New("a case without id or survey")
	}
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(revision)), data...), nil
}

func decodeCase(survey string, id, data []byte) (*cases.Case, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%s, case %s: %w", survey, id, errCodec)
	}
	c := &cases.Case{}
	if err := json.Unmarshal(data[8:], c); err != nil {
		return nil, fmt.Errorf("%s, case %s: %w", survey, id, err)
	}
	c.Revision = int(binary.BigEndian.Uint64(data))
	return c, nil
}

// OpenCase implements [store.Cases].
func (s *Store) OpenCase(ctx context.Context, c *cases.Case, notify bool) (opened bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	data, err := encodeCase(c, 1)
	if err != nil {
		return false, s.wrap(err)
	}
	err = s.update(func(tx *bbolt.Tx) error {
		b, err := makeBucket(tx, casesBucket, []byte(c.Survey))
		if err != nil {
			return err
		}
		if opened = b.Get([]byte(c.ID)) == nil; !opened {
			return nil
		}
		if notify {
			untold, err := makeBucket(tx, untoldBucket, []byte(c.Survey))
			if err != nil {
				return err
			}
			if err := untold.Put([]byte(c.ID), nil); err != nil {
				return err
			}
		}
		return b.Put([]byte(c.ID), data)
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
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
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
func (s *Store) SaveCase(ctx context.Context, c *cases.Case) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := encodeCase(c, c.Revision+1)
	if err != nil {
		return s.wrap(err)
	}
	stale := false
	err = s.update(func(tx *bbolt.Tx) error {
		b := bucket(tx, casesBucket, []byte(c.Survey))
		if stale = b == nil; stale {
			return nil
		}
		stored := b.Get([]byte(c.ID))
		if stale = len(stored) < 8 || int(binary.BigEndian.Uint64(stored)) != c.Revision; stale {
			return nil
		}
		return b.Put([]byte(c.ID), data)
	})
	if err == nil && stale {
		return store.ErrStale
	}
	if err == nil {
		c.Revision++
	}
	return err
}

// Pending implements [store.Outbox].
func (s *Store) Pending(ctx context.Context, survey string) (untold []*cases.Case, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		list, all := bucket(tx, untoldBucket, []byte(survey)), bucket(tx, casesBucket, []byte(survey))
		if list == nil || all == nil {
			return nil
		}
		return list.ForEach(func(id, _ []byte) error {
			c, err := decodeCase(survey, id, all.Get(id))
			untold = append(untold, c)
			return err
		})
	})
	return untold, err
}

// MarkDelivered implements [store.Outbox].
func (s *Store) MarkDelivered(ctx context.Context, survey, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.update(func(tx *bbolt.Tx) error {
		list := bucket(tx, untoldBucket, []byte(survey))
		if list == nil {
			return nil
		}
		return list.Delete([]byte(id))
	})
}
