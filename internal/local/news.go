package local

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

var (
	newsBucket   = []byte("news")
	untoldBucket = []byte("untold") // the outbox of earlier versions, which had nothing but opened cases
)

// putNews puts items into the outbox.
func putNews(tx *bbolt.Tx, items []news.Item) error {
	for _, i := range items {
		data, err := i.Encode()
		if err != nil {
			return err
		}
		b, err := makeBucket(tx, newsBucket, []byte(i.Survey))
		if err != nil {
			return err
		}
		if err := b.Put([]byte(i.ID), withRevision(1, data)); err != nil {
			return err
		}
	}
	return nil
}

// caseIn returns a case of a survey; nil if there is none.
func caseIn(tx *bbolt.Tx, survey string, id []byte) (*cases.Case, error) {
	all := bucket(tx, casesBucket, []byte(survey))
	if all == nil {
		return nil, nil
	}
	data := all.Get(id)
	if data == nil {
		return nil, nil
	}
	return decodeCase(survey, id, data)
}

// News implements [store.Outbox].
func (s *Store) News(ctx context.Context, survey string) (all []news.Item, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if list := bucket(tx, untoldBucket, []byte(survey)); list != nil {
			err := list.ForEach(func(id, _ []byte) error {
				c, err := caseIn(tx, survey, id)
				if c != nil {
					i := news.OfOpened(c)
					i.Withdrawn = c.Withdrawn
					all = append(all, i)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		list := bucket(tx, newsBucket, []byte(survey))
		if list == nil {
			return nil
		}
		return list.ForEach(func(id, data []byte) error {
			i, err := decodeNews(survey, id, data)
			if err != nil {
				return err
			}
			if about := i.CaseID(); about != "" {
				c, err := caseIn(tx, survey, []byte(about))
				if err != nil {
					return err
				}
				i.Withdrawn = c != nil && c.Withdrawn
			}
			all = append(all, i)
			return nil
		})
	})
	slices.SortFunc(all, news.Compare)
	return all, err
}

func decodeNews(survey string, id, data []byte) (news.Item, error) {
	revision, data, err := splitRevision(data)
	if err == nil && revision == 0 {
		err = errCodec
	}
	var i news.Item
	if err == nil {
		i, err = news.Decode(data, revision)
	}
	if err == nil && i.ID != string(id) {
		err = errCodec
	}
	if err != nil {
		return news.Item{}, message.Errorf("%s, news %s: %w", survey, id, err)
	}
	return i, nil
}

// SaveNews implements [store.Outbox]. An item of the outbox of earlier versions, whose revision is 0, moves to that of now.
func (s *Store) SaveNews(ctx context.Context, i news.Item) error {
	data, err := i.Encode()
	if err != nil {
		return s.wrap(err)
	}
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		b, err := makeBucket(tx, newsBucket, []byte(i.Survey))
		if err != nil {
			return false, err
		}
		stored, _, err := splitRevision(b.Get([]byte(i.ID)))
		if err != nil || stored != i.Revision {
			return err == nil, err
		}
		if stored == 0 {
			if list := bucket(tx, untoldBucket, []byte(i.Survey)); list == nil || list.Get([]byte(i.CaseID())) == nil {
				return true, nil
			} else if err := list.Delete([]byte(i.CaseID())); err != nil {
				return false, err
			}
		}
		return false, b.Put([]byte(i.ID), withRevision(i.Revision+1, data))
	})
}

// RemoveNews implements [store.Outbox].
func (s *Store) RemoveNews(ctx context.Context, survey, id string) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if list := bucket(tx, newsBucket, []byte(survey)); list != nil {
			if err := list.Delete([]byte(id)); err != nil {
				return err
			}
		}
		if list := bucket(tx, untoldBucket, []byte(survey)); list != nil {
			return list.Delete([]byte(news.OpenedCase(id)))
		}
		return nil
	})
}

// AddNews implements [store.Announcer].
func (s *Store) AddNews(ctx context.Context, i news.Item) (added bool, err error) {
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, newsBucket, []byte(i.Survey))
		if added = b == nil || b.Get([]byte(i.ID)) == nil; !added {
			return nil
		}
		return putNews(tx, []news.Item{i})
	})
	return added && err == nil, err
}
