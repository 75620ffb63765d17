package local

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

var (
	_ store.Checker = (*Store)(nil)
	_ store.Mender  = (*Store)(nil)
)

// Logged implements [store.Checker].
func (s *Store) Logged(ctx context.Context, survey, period string) (entries int64, end string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		log := bucket(tx, logBucket, []byte(survey), []byte(period))
		if log == nil {
			return nil
		}
		expired, err := expiredOf(tx, []byte(survey), []byte(period))
		if err != nil {
			return err
		}
		entries = int64(log.Stats().KeyN) + int64(expired.entries)
		last, err := endOf(tx, []byte(survey), []byte(period))
		if last > 0 {
			end = formatCursor(last)
		}
		return err
	})
	return entries, end, err
}

// CheckKeys implements [store.Checker].
func (s *Store) CheckKeys(ctx context.Context, survey, period string) iter.Seq2[store.KeyProblem, error] {
	return func(yield func(store.KeyProblem, error) bool) {
		problem, err := s.checkRelease(ctx, survey, period)
		if (problem != nil || err != nil) && !yield(orNone(problem), err) || err != nil {
			return
		}
		c := idCheck{page: page{Store: s, survey: survey, period: period}}
		for {
			more, err := c.next(ctx)
			if err != nil {
				yield(store.KeyProblem{}, err)
				return
			}
			if !more {
				break
			}
			for _, w := range c.wrong {
				if !yield(w.problem(), nil) {
					return
				}
			}
		}
		if s.checkOrphans(ctx, survey, period, yield) {
			s.checkMarks(ctx, survey, period, yield)
		}
	}
}

func orNone(p *store.KeyProblem) store.KeyProblem {
	if p == nil {
		return store.KeyProblem{}
	}
	return *p
}

// idCheck compares the entries of a log with the index of ids, page by page.
type idCheck struct {
	page
	wrong []wrongID // of the last page
}

// wrongID is an entry that disagrees with what the index of ids says of its id.
type wrongID struct {
	id    string
	entry pageEntry
	found []byte // in the index; nil if the id is free
	want  place
	what  store.Disagreement
	twice bool // there is another entry with the id
}

func (w wrongID) problem() store.KeyProblem {
	if w.twice {
		return store.KeyProblem{What: w.what, Response: w.id, Text: message.New("response %s is in the logs twice, and counted twice: restore a copy of the store that has it once", w.id)}
	}
	text := map[store.Disagreement]message.Key{
		store.IDMissing:   "response %s is in the log, and its id is free: it could be stored a second time",
		store.IDElsewhere: "response %s is in the log, and its id is said to be of another entry",
		store.IDContent:   "response %s does not have the content that the index of ids says",
	}[w.what]
	return store.KeyProblem{What: w.what, Response: w.id, Text: text.Text(w.id)}
}

// next checks the next page, and returns false at the end of the log.
func (c *idCheck) next(ctx context.Context) (more bool, err error) {
	c.wrong = c.wrong[:0]
	if err := c.read(ctx); err != nil || len(c.entries) == 0 {
		return false, err
	}
	responses := make([]answer.Response, len(c.entries))
	for i, e := range c.entries {
		entry, err := c.decode(ctx, e)
		if err != nil {
			return false, err
		}
		responses[i] = entry.Response
	}
	err = c.view(ctx, func(tx *bbolt.Tx) error {
		for i, e := range c.entries {
			if err := c.compare(tx, e, responses[i]); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range c.wrong {
		w := &c.wrong[i]
		if err == nil && w.what == store.IDElsewhere {
			other, lookup := c.Stored(ctx, c.survey, w.id)
			w.twice = lookup == nil && other != nil && other.Entry.Response.ID == w.id
		}
	}
	return true, err
}

func (c *idCheck) compare(tx *bbolt.Tx, e pageEntry, r answer.Response) error {
	survey := []byte(c.survey)
	log := bucket(tx, logBucket, survey, []byte(c.period))
	if log == nil || !bytes.Equal(log.Get(binary.BigEndian.AppendUint64(nil, e.position)), e.data) {
		return nil // erased meanwhile
	}
	id := keyOf(r.ID)
	if private := bucket(tx, privateBucket, survey); private != nil {
		if data := private.Get(id[:]); data != nil {
			var err error
			if r.Private, err = answer.DecodePrivate(data); err != nil {
				return message.Errorf("%s, private answers of %s: %w", c.survey, r.ID, err)
			}
		}
	}
	number, err := knownPeriod(tx, survey, []byte(c.period))
	if err != nil {
		return err
	}
	w := wrongID{id: r.ID, entry: e, want: place{period: number, position: e.position}}
	if !r.Withdrawn {
		digest := r.Digest()
		w.want.digest = digest[:]
	}
	if ids := bucket(tx, idsBucket, survey); ids != nil {
		w.found = bytes.Clone(ids.Get(id[:]))
	}
	if number != 0 && bytes.Equal(w.found, w.want.encode()) {
		return nil
	}
	w.what = store.IDContent
	found, err := decodePlace(w.found)
	switch {
	case w.found == nil:
		w.what = store.IDMissing
	case err == nil && (found.position != e.position || found.period != number):
		w.what = store.IDElsewhere
	}
	c.wrong = append(c.wrong, w)
	return nil
}

// knownPeriod returns the number of a period; 0 if it has none.
func knownPeriod(tx *bbolt.Tx, survey, period []byte) (uint64, error) {
	periods := bucket(tx, periodsBucket, survey)
	if periods == nil {
		return 0, nil
	}
	data := periods.Get(period)
	if data == nil {
		return 0, nil
	}
	number, n := binary.Uvarint(data)
	if n <= 0 {
		return 0, message.Errorf("%s, the number of period %s: %w", survey, period, errCodec)
	}
	return number, nil
}

// idsAtOnce bounds the ids that are read in one transaction.
const idsAtOnce = 20_000

// checkOrphans yields the ids that are said to be of entries of the period that are not in its log. It returns whether there is
// to be more.
func (s *Store) checkOrphans(ctx context.Context, survey, period string, yield func(store.KeyProblem, error) bool) bool {
	for after := []byte(nil); ; {
		var orphans []store.KeyProblem
		last := []byte(nil)
		err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
			orphans, last, err = orphansAfter(tx, []byte(survey), []byte(period), after)
			return err
		})
		if err != nil {
			yield(store.KeyProblem{}, err)
			return false
		}
		for _, p := range orphans {
			if !yield(p, nil) {
				return false
			}
		}
		if last == nil {
			return true
		}
		after = last
	}
}

// orphansAfter checks some of the ids after one, and returns the last of them; nil if there are no more. Ids that are of no
// period are those of the survey's first.
func orphansAfter(tx *bbolt.Tx, survey, period, after []byte) (orphans []store.KeyProblem, last []byte, err error) {
	ids, log := bucket(tx, idsBucket, survey), bucket(tx, logBucket, survey, period)
	if ids == nil {
		return nil, nil, nil
	}
	number, err := knownPeriod(tx, survey, period)
	if err != nil {
		return nil, nil, err
	}
	expired, err := expiredOf(tx, survey, period)
	if err != nil {
		return nil, nil, err
	}
	first := firstPeriod(tx, survey)
	others := otherPeriods(tx, survey, period)
	n := 0
	c := ids.Cursor()
	id, data := c.Seek(after)
	if id != nil && bytes.Equal(id, after) {
		id, data = c.Next()
	}
	for ; id != nil && n < idsAtOnce; id, data = c.Next() {
		n++
		last = bytes.Clone(id)
		at, err := decodePlace(data)
		if err == nil && at.period != number && (others[at.period] || !bytes.Equal(first, period)) {
			continue
		}
		if err == nil && at.period == number && at.isExpired() && expired.tombstones > 0 {
			continue
		}
		if err != nil || at.period != number || !hasEntry(log, at.position, id) {
			orphans = append(orphans, store.KeyProblem{What: store.IDWithoutEntry, Response: idText(id), Text: message.New("id %s is taken, and its response is not in the log", idText(id))})
		}
	}
	if id == nil {
		return orphans, nil, nil
	}
	return orphans, last, nil
}

// firstPeriod returns the first of a survey's periods; nil if there is none. With it is checked what is of no period.
func firstPeriod(tx *bbolt.Tx, survey []byte) []byte {
	logs := bucket(tx, logBucket, survey)
	if logs == nil {
		return nil
	}
	first, _ := logs.Cursor().First()
	return first
}

// checkMarks yields, with a survey's first period, the marks of invitations that name answers whose id is free, and whether
// there are more marks than ids. Which answers the other marks were set for is in nothing that is stored.
func (s *Store) checkMarks(ctx context.Context, survey, period string, yield func(store.KeyProblem, error) bool) {
	first := false
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		first = string(firstPeriod(tx, []byte(survey))) == period
		return nil
	})
	if err == nil && !first {
		return
	}
	marks, ids, freed := 0, 0, 0
	var alone []store.KeyProblem
	for i, failed := range s.InvitationsOf(ctx, survey) {
		if err = cmp.Or(err, failed); err != nil {
			break
		}
		if !i.Redeemed || i.Blinded != (invitation.Digest{}) { // whose answers may still be on their way
			continue
		}
		marks++
		if i.Answer == "" {
			continue
		}
		taken, failed := s.Taken(ctx, survey, i.Answer)
		if err = failed; err != nil {
			break
		}
		if !taken {
			alone = append(alone, store.KeyProblem{What: store.MarkAlone, Response: i.Answer, Text: message.New("invitation %s has been used for response %s, whose id is free", i.Hash, i.Answer)})
		}
	}
	if err == nil { // after the marks: each was set together with an id
		err = s.view(ctx, func(tx *bbolt.Tx) error {
			if b := bucket(tx, idsBucket, []byte(survey)); b != nil {
				ids = b.Stats().KeyN
			}
			var err error
			freed, err = freedIDs(tx, []byte(survey))
			return err
		})
	}
	if len(alone) <= freed { // they may be those that were deleted after a retention time
		alone = nil
	}
	for _, p := range alone {
		if err == nil && !yield(p, nil) {
			return
		}
	}
	switch {
	case err != nil:
		yield(store.KeyProblem{}, err)
	case marks > ids+freed:
		yield(store.KeyProblem{What: store.MarkAlone, Text: message.New("%d invitations have been used, and %d ids are taken", marks, ids)}, nil)
	}
}

// otherPeriods returns the numbers of a survey's periods but for one.
func otherPeriods(tx *bbolt.Tx, survey, period []byte) map[uint64]bool {
	others := map[uint64]bool{}
	periods := bucket(tx, periodsBucket, survey)
	if periods == nil {
		return others
	}
	c := periods.Cursor()
	for name, data := c.First(); name != nil; name, data = c.Next() {
		if number, n := binary.Uvarint(data); n > 0 && !bytes.Equal(name, period) {
			others[number] = true
		}
	}
	return others
}

// hasEntry reports whether the entry at a position of a log is of an id.
func hasEntry(log *bbolt.Bucket, position uint64, id []byte) bool {
	if log == nil {
		return false
	}
	data := log.Get(binary.BigEndian.AppendUint64(nil, position))
	if data == nil {
		return false
	}
	_, body, err := splitLogEntry(position, data)
	if err != nil {
		return false
	}
	stored, err := answer.StoredID(body)
	if err != nil {
		return false
	}
	key := keyOf(stored)
	return bytes.Equal(key[:], id)
}

// idText writes the key of an id as a UUID.
func idText(id []byte) string {
	if len(id) != len(idKey{}) {
		return fmt.Sprintf("%x", id)
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// MendKeys implements [store.Mender].
func (s *Store) MendKeys(ctx context.Context, survey, period string) (changed []string, err error) {
	c := idCheck{page: page{Store: s, survey: survey, period: period}}
	for {
		more, err := c.next(ctx)
		if err != nil || !more {
			return changed, err
		}
		if len(c.wrong) == 0 {
			continue
		}
		var mended []string
		err = s.update(ctx, func(tx *bbolt.Tx) (err error) {
			mended, err = c.mend(tx)
			return err
		})
		if err != nil {
			return changed, err
		}
		changed = append(changed, mended...)
	}
}

// mend enters the wrong ids of the last page, but for those that another entry has, too, those that have changed meanwhile,
// and those whose entry is not what was received: its digest in the index is the only trace of that.
func (c *idCheck) mend(tx *bbolt.Tx) (mended []string, err error) {
	survey := []byte(c.survey)
	log := bucket(tx, logBucket, survey, []byte(c.period))
	ids, err := makeBucket(tx, idsBucket, survey)
	if err != nil {
		return nil, err
	}
	number, err := periodNumber(tx, survey, []byte(c.period))
	if err != nil {
		return nil, err
	}
	for _, w := range c.wrong {
		id := keyOf(w.id)
		if log == nil || !bytes.Equal(log.Get(binary.BigEndian.AppendUint64(nil, w.entry.position)), w.entry.data) || !bytes.Equal(ids.Get(id[:]), w.found) {
			continue
		}
		if _, damaged := decodePlace(w.found); w.twice || w.what == store.IDContent && len(w.want.digest) > 0 && damaged == nil {
			continue
		}
		w.want.period = number
		if err := ids.Put(id[:], w.want.encode()); err != nil {
			return nil, err
		}
		mended = append(mended, w.id)
	}
	return mended, nil
}

func (s *Store) storedRelease(ctx context.Context, survey, period string) (stored store.SummedRelease, err error) {
	var additions [][]byte
	err = s.view(ctx, func(tx *bbolt.Tx) (err error) {
		if b := bucket(tx, releasesBucket, []byte(survey)); b != nil {
			stored.Number, stored.Whole, err = splitRevision(b.Get([]byte(period)))
			if err != nil {
				return message.Errorf("latest release of %s %s: %w", survey, period, err)
			}
			stored.Whole = bytes.Clone(stored.Whole)
		}
		if b := bucket(tx, addedBucket, []byte(survey), []byte(period)); b != nil {
			for number := uint64(1); ; number++ {
				data := b.Get(binary.BigEndian.AppendUint64(nil, number))
				if data == nil {
					break
				}
				additions = append(additions, bytes.Clone(data))
			}
		}
		return err
	})
	for number := 0; number < len(additions) && err == nil; number++ {
		if stored.Sum, err = plus(stored.Sum, additions[number]); err != nil {
			err = s.wrap(message.Errorf("%s %s, release %d: %w", survey, period, number+1, err))
		}
	}
	return stored, err
}

func (s *Store) checkRelease(ctx context.Context, survey, period string) (*store.KeyProblem, error) {
	stored, err := s.storedRelease(ctx, survey, period)
	if err != nil || stored.Agrees() {
		return nil, err
	}
	return &store.KeyProblem{What: store.ReleaseNotSum, Text: stored.Problem("a copy of the store")}, nil
}

// MendRelease implements [store.Mender].
func (s *Store) MendRelease(ctx context.Context, survey, period string) (changed bool, err error) {
	stored, err := s.storedRelease(ctx, survey, period)
	if err != nil || stored.Agrees() || stored.Lost() {
		return false, err
	}
	whole := withRevision(stored.Sum.Number, stored.Sum.Encode())
	err = s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		b, err := makeBucket(tx, releasesBucket, []byte(survey))
		if err != nil {
			return false, err
		}
		number, _, err := splitRevision(b.Get([]byte(period)))
		if err != nil || number != stored.Number {
			return err == nil, err
		}
		return false, b.Put([]byte(period), whole)
	})
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest[periodKey{survey, period}] = stored.Sum
	return true, nil
}
