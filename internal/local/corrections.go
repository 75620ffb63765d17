package local

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
)

// presence says whether a response is stored.
type presence byte

const (
	isMissing presence = iota
	isErased
	isHere
)

func presenceOf(tx *bbolt.Tx, survey, id string) (presence, error) {
	_, at, entry, err := lookUp(tx, []byte(survey), keyOf(id))
	switch {
	case err == nil && entry == nil && at.period != 0: // its tombstone has expired
		return isErased, nil
	case err != nil || entry == nil:
		return isMissing, err
	case len(at.digest) == 0:
		return isErased, nil
	}
	return isHere, nil
}

// putCorrection stores what a correction says: nothing if the response has been erased, and no private answers unless it is here.
func putCorrection(tx *bbolt.Tx, survey, period string, d review.Decisions) error {
	held, err := presenceOf(tx, survey, d.IDs[0])
	if err != nil {
		return err
	}
	said, err := makeBucket(tx, correctionsBucket, []byte(survey), []byte(period))
	switch {
	case err != nil:
		return err
	case held == isHere && d.Correction.Erased: // until the response is erased here
		return nil
	case held == isErased || d.Correction.Erased: // it may have been imported before its response
		return said.Delete(decisionsKey(d.Number))
	}
	if err := said.Put(decisionsKey(d.Number), d.Correction.Encode()); err != nil {
		return err
	}
	if held == isMissing || len(d.Correction.Private) == 0 {
		return nil
	}
	corrected, err := makeBucket(tx, correctedBucket, []byte(survey))
	if err != nil {
		return err
	}
	id := keyOf(d.IDs[0])
	private, err := review.DecodePrivate(corrected.Get(id[:]))
	if err != nil {
		return err
	}
	if private == nil {
		private = review.PrivateCorrections{}
	}
	private[d.Number] = d.Correction.Private
	return corrected.Put(id[:], private.Encode())
}

// eraseCorrections removes what corrections say of a response.
func eraseCorrections(tx *bbolt.Tx, survey, period []byte, id string, key idKey) error {
	if corrected := bucket(tx, correctedBucket, survey); corrected != nil {
		if err := corrected.Delete(key[:]); err != nil {
			return err
		}
	}
	said := bucket(tx, correctionsBucket, survey, period)
	if said == nil {
		return nil
	}
	var own [][]byte
	reviews := bucket(tx, reviewsBucket, survey, period)
	err := said.ForEach(func(number, _ []byte) error {
		if reviews == nil {
			return errCodec
		}
		d, err := review.Decode(1, reviews.Get(number))
		if err == nil && d.Correction != nil && d.IDs[0] == id {
			own = append(own, bytes.Clone(number))
		}
		return err
	})
	for _, number := range own {
		if err == nil {
			err = said.Delete(number)
		}
	}
	return err
}

// PrivateCorrections implements [store.PrivateCorrections].
func (s *Store) PrivateCorrections(ctx context.Context, survey, id string) (private review.PrivateCorrections, err error) {
	key := keyOf(id)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if b := bucket(tx, correctedBucket, []byte(survey)); b != nil {
			var problem error
			if private, problem = review.DecodePrivate(b.Get(key[:])); problem != nil {
				return message.Errorf("%s, private answers of %s: %w", survey, id, problem)
			}
		}
		return nil
	})
	return private, err
}
