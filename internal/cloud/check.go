package cloud

import (
	"bytes"
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

var (
	_ store.Checker = (*Table)(nil)
	_ store.Mender  = (*Table)(nil)
)

// Logged implements [store.Checker]. The head counts the entries of segments that have expired, too.
func (t *Table) Logged(ctx context.Context, survey, period string) (entries int64, end string, err error) {
	head, err := t.readHead(ctx, survey, period)
	if err != nil || head.last == 0 {
		return 0, "", err
	}
	return int64(head.entries), cursorAt(head.last, 0, 1), nil
}

// CheckKeys implements [store.Checker]. It reads an item for each response of the period: its id, with the private answers. Ids
// whose response is not in the log are not found, because nothing lists the ids.
func (t *Table) CheckKeys(ctx context.Context, survey, period string) iter.Seq2[store.KeyProblem, error] {
	return func(yield func(store.KeyProblem, error) bool) {
		for p, err := range t.CheckWithoutIDs(ctx, survey, period) {
			if !yield(p, err) || err != nil {
				return
			}
		}
		for wrong, err := range t.wrongIDs(ctx, survey, period) {
			if err != nil {
				yield(store.KeyProblem{}, err)
				return
			}
			if !yield(wrong.problem(), nil) {
				return
			}
		}
		alone, err := t.checkMarks(ctx, survey, period)
		if err != nil {
			yield(store.KeyProblem{}, err)
			return
		}
		for _, p := range alone {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// CheckWithoutIDs is CheckKeys for those who may not read the ids' items, or not so many. It costs a few reads.
func (t *Table) CheckWithoutIDs(ctx context.Context, survey, period string) iter.Seq2[store.KeyProblem, error] {
	return func(yield func(store.KeyProblem, error) bool) {
		stored, err := t.storedRelease(ctx, survey, period)
		if err != nil {
			yield(store.KeyProblem{}, err)
			return
		}
		if text := stored.Problem("a backup"); !text.IsZero() && !yield(store.KeyProblem{What: store.ReleaseNotSum, Text: text}, nil) {
			return
		}
		stuck, err := t.stuck(ctx, survey, period)
		if err != nil {
			yield(store.KeyProblem{}, err)
			return
		}
		for _, id := range stuck {
			if !yield(store.KeyProblem{What: store.NotCollected, Response: id, Text: message.New("response %s waits, and collecting leaves it", id)}, nil) {
				return
			}
		}
	}
}

// stuck returns the ids of responses that wait before and after collecting.
func (t *Table) stuck(ctx context.Context, survey, period string) (ids []string, err error) {
	before, err := t.queued(ctx, survey, period)
	if err != nil || len(before) == 0 {
		return nil, err
	}
	if err := t.collectPeriod(ctx, survey, period); err != nil {
		return nil, err
	}
	after, err := t.queued(ctx, survey, period)
	if err != nil {
		return nil, err
	}
	for id := range after {
		if before[id] {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// queued returns the ids of the responses that wait, without those that have expired.
func (t *Table) queued(ctx context.Context, survey, period string) (map[string]bool, error) {
	n, err := t.readShards(ctx, survey, period)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for shard := range n {
		for i, err := range t.items(ctx, shardKey(survey, period, shard)) {
			if err != nil {
				return nil, err
			}
			if !expired(i, t.now()) {
				ids[textOf(i, sortKey)] = true
			}
		}
	}
	return ids, nil
}

// wrongID is a response of a log whose id's item says something else.
type wrongID struct {
	response answer.Response
	at       int64
	what     store.Disagreement
	item     item // nil if there is none
}

func (w wrongID) problem() store.KeyProblem {
	text := map[store.Disagreement]message.Key{
		store.IDMissing:   "response %s is in the log, and its id is free: it could be stored a second time",
		store.IDElsewhere: "response %s is in the log, and its id is said to be of another period",
		store.IDContent:   "response %s does not have the content that its id's item says",
	}[w.what]
	return store.KeyProblem{What: w.what, Response: w.response.ID, Text: text.Text(w.response.ID)}
}

// wrongIDs yields the responses of a period whose ids disagree. Ids expire by themselves, and a segment with its last entry: so
// a free id is no disagreement where the segment is going to expire.
func (t *Table) wrongIDs(ctx context.Context, survey, period string) iter.Seq2[wrongID, error] {
	return func(yield func(wrongID, error) bool) {
		head, err := t.readHead(ctx, survey, period)
		if err != nil {
			yield(wrongID{}, err)
			return
		}
		for s, err := range t.segments(ctx, survey, period, 1, head.last) {
			if err != nil {
				yield(wrongID{}, err)
				return
			}
			all, err := t.wrongIn(ctx, survey, period, s)
			if err != nil {
				yield(wrongID{}, err)
				return
			}
			for _, w := range all {
				if !yield(w, nil) {
					return
				}
			}
		}
	}
}

// wrongIn returns the responses of a segment whose ids disagree. An erasure between the two reads changes both: so it reads the
// segment again if anything disagrees.
func (t *Table) wrongIn(ctx context.Context, survey, period string, s *segment) (wrong []wrongID, err error) {
	for range 3 {
		if wrong, err = t.compareIDs(ctx, survey, period, s); err != nil || len(wrong) == 0 {
			return nil, err
		}
		revision, number := s.revision, s.number
		for again, err := range t.segments(ctx, survey, period, number, number) {
			if err != nil {
				return nil, err
			}
			s = again
		}
		if s.revision == revision {
			return wrong, nil
		}
	}
	return nil, nil // erasures all the time: the next check sees more
}

func (t *Table) compareIDs(ctx context.Context, survey, period string, s *segment) (wrong []wrongID, err error) {
	for from := 0; from < len(s.entries); from += segmentsAtOnce {
		to := min(from+segmentsAtOnce, len(s.entries))
		entries := make([]store.Entry, 0, to-from)
		keys := make([]item, 0, to-from)
		asked := map[string]bool{}
		for i := from; i < to; i++ {
			entry, err := t.entryAt(ctx, survey, period, s, i)
			if err != nil {
				return nil, err
			}
			entries = append(entries, entry)
			own := idKey(survey, entry.Response.ID)
			if name := textOf(own, partKey); !asked[name] {
				asked[name] = true
				keys = append(keys, own)
			}
		}
		found, err := t.batch(ctx, keys, "")
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			w := wrongID{response: entry.Response, at: s.entries[from+i].at, item: found[textOf(idKey(survey, entry.Response.ID), partKey)]}
			if w.what, err = w.compare(period, s.item[Expires] != nil); err != nil {
				return nil, t.wrap(message.Errorf("id %s of %s: %w", entry.Response.ID, survey, err))
			}
			if w.what != "" {
				wrong = append(wrong, w)
			}
		}
	}
	return wrong, nil
}

// compare returns how an id's item disagrees with its response; "" if it does not.
func (w *wrongID) compare(period string, expires bool) (store.Disagreement, error) {
	erased, _ := w.item[withdrawn].(*types.AttributeValueMemberBOOL)
	switch {
	case w.item == nil && expires:
		return "", nil
	case w.item == nil:
		return store.IDMissing, nil
	case textOf(w.item, ofPeriod) != period:
		return store.IDElsewhere, nil
	case (erased != nil && erased.Value) != w.response.Withdrawn:
		return store.IDContent, nil
	case w.response.Withdrawn:
		return "", nil
	}
	digest, err := w.digest()
	if err != nil {
		return "", err
	}
	if !bytes.Equal(bytesOf(w.item, hash), digest) {
		return store.IDContent, nil
	}
	return "", nil
}

// digest returns the digest of the response with the private answers that its id's item has.
func (w *wrongID) digest() ([]byte, error) {
	r := w.response
	if data := bytesOf(w.item, private); data != nil {
		var err error
		if r.Private, err = answer.DecodePrivate(data); err != nil {
			return nil, err
		}
	}
	digest := r.Digest()
	return digest[:], nil
}

// MendKeys implements [store.Mender]. The private answers of an id whose item is gone are gone, too: if it comes again with
// them, it is refused.
func (t *Table) MendKeys(ctx context.Context, survey, period string) (changed []string, err error) {
	for w, err := range t.wrongIDs(ctx, survey, period) {
		if err != nil {
			return changed, err
		}
		mended, err := t.mendID(ctx, survey, period, w)
		if err != nil {
			return changed, err
		}
		if mended {
			changed = append(changed, w.response.ID)
		}
	}
	return changed, nil
}

// mendID writes an id's item again, unless it has been changed since it was read, or another period has a response with the id.
// What is not what was received stays as it is: the digest is the only trace of that.
func (t *Table) mendID(ctx context.Context, survey, period string, w wrongID) (mended bool, err error) {
	if w.what == store.IDContent && !w.response.Withdrawn {
		return false, nil
	}
	if w.what == store.IDElsewhere {
		at, _ := integerOf(w.item, arrived)
		other, _, err := t.find(ctx, survey, textOf(w.item, ofPeriod), w.response.ID, at)
		if err != nil || other != nil {
			return false, err
		}
	}
	if received := bytesOf(w.item, hash); received != nil && !w.response.Withdrawn {
		if digest, err := w.digest(); err != nil || !bytes.Equal(received, digest) {
			return false, t.wrap(err)
		}
	}
	own := idKey(survey, w.response.ID)
	for name, value := range w.item {
		own[name] = value
	}
	own[ofPeriod], own[arrived] = text(period), number(w.at)
	delete(own, withdrawn)
	if w.response.Withdrawn {
		delete(own, hash)
		delete(own, private)
		delete(own, corrected)
		delete(own, corrects)
		own[withdrawn] = &types.AttributeValueMemberBOOL{Value: true}
	} else {
		digest, err := w.digest()
		if err != nil {
			return false, t.wrap(err)
		}
		own[hash] = binaryOf(digest)
	}
	write := &types.Put{TableName: &t.name, Item: own, ConditionExpression: free()}
	if w.item != nil {
		write.ConditionExpression = aws.String("#period = :period AND #at = :at")
		write.ExpressionAttributeNames = map[string]string{"#period": ofPeriod, "#at": arrived}
		write.ExpressionAttributeValues = item{":period": w.item[ofPeriod], ":at": w.item[arrived]}
	}
	failed, err := t.transact(ctx, []types.TransactWriteItem{{Put: write}})
	return err == nil && failed < 0, err
}

func (t *Table) storedRelease(ctx context.Context, survey, period string) (stored store.SummedRelease, err error) {
	for range transactRetries {
		before, err := t.get(ctx, "P#"+survey, period)
		if err != nil {
			return stored, err
		}
		number, _ := integerOf(before, releaseNumber)
		stored = store.SummedRelease{Number: int(number)}
		whole, err := t.get(ctx, releasesKey(survey, period), latestRelease)
		if err != nil {
			return stored, err
		}
		if whole != nil {
			stored.Whole, _ = decompressed(whole, body)
		}
		for stored.Sum, err = range t.History(ctx, survey, period) {
			if err != nil {
				return stored, err
			}
		}
		after, err := t.get(ctx, "P#"+survey, period)
		if err != nil {
			return stored, err
		}
		if now, _ := integerOf(after, releaseNumber); now == number {
			return stored, nil // else a release was appended meanwhile
		}
	}
	return stored, t.wrap(message.Errorf("releases of %s %s: %w %d times", survey, period, store.ErrStale, transactRetries))
}

// MendRelease implements [store.Mender].
func (t *Table) MendRelease(ctx context.Context, survey, period string) (changed bool, err error) {
	stored, err := t.storedRelease(ctx, survey, period)
	if err != nil || stored.Agrees() || stored.Lost() {
		return false, err
	}
	small := &types.Put{TableName: &t.name, Item: key("P#"+survey, period), ConditionExpression: free()}
	small.Item[releaseNumber] = number(stored.Last())
	if stored.Number > 0 {
		small.ConditionExpression = aws.String("#number = :number")
		small.ExpressionAttributeNames = map[string]string{"#number": releaseNumber}
		small.ExpressionAttributeValues = item{":number": number(stored.Number)}
	}
	whole := key(releasesKey(survey, period), latestRelease)
	whole[body] = compressed(stored.Sum.Encode())
	failed, err := t.transact(ctx, []types.TransactWriteItem{{Put: small}, {Put: &types.Put{TableName: &t.name, Item: whole}}})
	switch {
	case err != nil:
		return false, err
	case failed >= 0:
		return false, store.ErrStale
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latest[periodKey{survey, period}] = stored.Sum
	return true, nil
}
