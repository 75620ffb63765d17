package local

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// A record is a response as it is stored, without its place.
type record struct {
	survey, period []byte
	id             idKey
	digest         []byte // equal for equal answers; none of a tombstone
	body, private  []byte
}

func (s *Store) newRecord(ctx context.Context, r answer.Response) (record, error) {
	if err := store.CheckResponse(r); err != nil {
		return record{}, s.wrap(err)
	}
	v, err := s.vocabulary(ctx, r.Survey, r.Version)
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return record{}, err
	}
	rec := record{survey: []byte(r.Survey), period: []byte(r.Period), id: keyOf(r.ID), body: answer.Append(nil, r, v)}
	if !r.Withdrawn {
		digest := r.Digest()
		rec.digest = digest[:]
	}
	if len(r.Private) > 0 {
		rec.private = answer.AppendPrivate(nil, r.Private)
	}
	return rec, nil
}

// vocabulary returns the vocabulary of a version of a survey's questionnaire. The error is ErrUnknown if it is not stored.
func (s *Store) vocabulary(ctx context.Context, survey, version string) (*answer.Vocabulary, error) {
	key := definitionKey{survey, version}
	if known, ok := s.vocabularies.Load(key); ok {
		return known.(*answer.Vocabulary), nil
	}
	if version == "" {
		return nil, store.ErrUnknown
	}
	def, err := s.Definition(ctx, survey, version)
	if err != nil {
		return nil, err
	}
	known, _ := s.vocabularies.LoadOrStore(key, answer.NewVocabulary(def))
	return known.(*answer.Vocabulary), nil
}

// Put implements [store.Responses].
func (s *Store) Put(ctx context.Context, r answer.Response, also ...string) (created bool, err error) {
	return s.putNew(ctx, r, also, func(tx *bbolt.Tx, rec record) (refused, err error) {
		return nil, appendRecord(tx, rec, arrival{at: s.now().UnixNano()})
	})
}

// PutOn implements [store.DayResponses].
func (s *Store) PutOn(ctx context.Context, day time.Time, r answer.Response, also ...string) (created bool, err error) {
	return s.putNew(ctx, r, also, func(tx *bbolt.Tx, rec record) (refused, err error) {
		return nil, appendRecord(tx, rec, arrival{day.UnixNano(), true})
	})
}

// putNew stores a response by add unless its id is taken. What add refuses it leaves as it is.
func (s *Store) putNew(ctx context.Context, r answer.Response, also []string, add func(tx *bbolt.Tx, rec record) (refused, err error)) (created bool, err error) {
	rec, err := s.newRecord(ctx, r)
	if err != nil {
		return false, err
	}
	var refused error // not that of the transaction: that would undo it for every write that shares it
	err = s.update(ctx, func(tx *bbolt.Tx) (err error) {
		created, refused = false, nil
		taken, err := takenBy(tx, rec, also)
		if taken == nil && err == nil {
			refused, err = add(tx, rec)
			created = refused == nil
			return err
		}
		switch {
		case err != nil:
		case len(taken.digest) == 0:
			refused = store.ErrWithdrawn
		case !hmac.Equal(taken.digest, rec.digest): // in a time that says nothing about how much of it is equal
			refused = store.ErrConflict
		}
		return err
	})
	if err != nil {
		return false, err
	}
	return created, refused
}

// takenBy returns the place of the response that has the record's id, or one of the others; nil if all are free.
func takenBy(tx *bbolt.Tx, rec record, also []string) (*place, error) {
	ids := bucket(tx, idsBucket, rec.survey)
	if ids == nil {
		return nil, nil
	}
	data := ids.Get(rec.id[:])
	for _, id := range also {
		if data != nil {
			break
		}
		if id != "" {
			key := keyOf(id)
			data = ids.Get(key[:])
		}
	}
	if data == nil {
		return nil, nil
	}
	taken, err := decodePlace(data)
	return &taken, err
}

// An arrival is when a response was stored, in nanoseconds since 1970.
type arrival struct {
	at    int64
	toDay bool // it is the beginning of a day, and the position must not tell more
}

// appendRecord stores a response whose id is free, at the end of its log. Writes are serial, so its position is behind every
// one in the log.
func appendRecord(tx *bbolt.Tx, rec record, a arrival) error {
	number, err := periodNumber(tx, rec.survey, rec.period)
	if err != nil {
		return err
	}
	log, err := makeBucket(tx, logBucket, rec.survey, rec.period)
	if err != nil {
		return err
	}
	end, err := endOf(tx, rec.survey, rec.period)
	if err != nil {
		return err
	}
	position, err := nextPosition(tx.Bucket(logBucket), end, a)
	if err != nil {
		return err
	}
	log.FillPercent = 0.95 // a log grows at its end only
	if err := log.Put(binary.BigEndian.AppendUint64(nil, position), logEntry(position, a.at, rec.body)); err != nil {
		return err
	}
	if rec.private != nil {
		private, err := makeBucket(tx, privateBucket, rec.survey)
		if err != nil {
			return err
		}
		if err := private.Put(rec.id[:], rec.private); err != nil {
			return err
		}
	}
	ids, err := makeBucket(tx, idsBucket, rec.survey)
	if err != nil {
		return err
	}
	return ids.Put(rec.id[:], place{number, position, rec.digest}.encode())
}

// nextPosition returns the position of a response that is appended to the log that has had positions up to end. It is the
// arrival unless that is not behind every position in the file; of an arrival that is known to the day alone, behind every one
// in its own log, since those of other surveys are times.
func nextPosition(logs *bbolt.Bucket, end uint64, a arrival) (uint64, error) {
	sequence := logs.Sequence()
	last := sequence
	if a.toDay {
		last = end
	}
	if last == math.MaxUint64 {
		return 0, message.Errorf("the last position of the log is taken: %w", errCodec)
	}
	position := max(uint64(max(a.at, 0)), last+1)
	if position <= sequence {
		return position, nil
	}
	return position, logs.SetSequence(position)
}

// periodNumber returns the number of a period, which gets the next one if it has none.
func periodNumber(tx *bbolt.Tx, survey, period []byte) (uint64, error) {
	periods, err := makeBucket(tx, periodsBucket, survey)
	if err != nil {
		return 0, err
	}
	if data := periods.Get(period); data != nil {
		number, n := binary.Uvarint(data)
		if n <= 0 {
			return 0, message.Errorf("%s, the number of period %s: %w", survey, period, errCodec)
		}
		return number, nil
	}
	number, err := periods.NextSequence()
	if err != nil {
		return 0, err
	}
	return number, periods.Put(period, binary.AppendUvarint(nil, number))
}

// periodOf returns the period that has a number.
func periodOf(tx *bbolt.Tx, survey []byte, number uint64) (string, error) {
	periods := bucket(tx, periodsBucket, survey)
	if periods == nil {
		return "", errCodec
	}
	want, c := binary.AppendUvarint(nil, number), periods.Cursor()
	for period, data := c.First(); period != nil; period, data = c.Next() {
		if bytes.Equal(data, want) {
			return string(period), nil
		}
	}
	return "", errCodec
}

// Import implements [store.Importer].
func (s *Store) Import(ctx context.Context, survey, period string, entries []store.Entry) (imported int, err error) {
	records := make([]record, len(entries))
	for i, e := range entries {
		e.Response.Survey, e.Response.Period = survey, period
		if records[i], err = s.newRecord(ctx, e.Response); err != nil {
			return 0, err
		}
	}
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		imported = 0
		for i, rec := range records {
			taken, err := takenBy(tx, rec, nil)
			if err != nil {
				return err
			}
			if taken != nil {
				continue
			}
			if err := appendRecord(tx, rec, arrival{at: entries[i].Arrived.UnixNano()}); err != nil {
				return err
			}
			imported++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return imported, nil
}

// Private implements [store.PrivateAnswers].
func (s *Store) Private(ctx context.Context, survey, _, id string) (answers []answer.Answer, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, privateBucket, []byte(survey))
		if b == nil {
			return nil
		}
		key := keyOf(id)
		if data := b.Get(key[:]); data != nil {
			answers, err = answer.DecodePrivate(data)
		}
		if err != nil {
			return message.Errorf("%s, private answers of %s: %w", survey, id, err)
		}
		return nil
	})
	return answers, err
}
