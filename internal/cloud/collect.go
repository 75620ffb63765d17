package cloud

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/sleep"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// # Why each response is in the log once
//
// A log is its segments 1, 2, 3 and so on, and its head, which says the number of the last one. A response that is stored
// waits in the queue, in one of the shards of its period, and is in no segment. It gets into the queue once, in the
// transaction that takes its id; and it is deleted from it by a collector that knows of a segment with it.
//
//	A  A segment is created together with the head that says so, on condition that the head still says the number before.
//	   So the log has one order, in which each segment was created by one collector, and no segment is beyond the head.
//	B  The head's "swept" says up to which segment all responses have been deleted from the queue. It is raised after the
//	   deletions have been acknowledged.
//	C  Whoever creates a segment knows of each response in it that no segment before has it.
//
// C is what there is to show. A collector (1) reads the head, then (2) the number of shards, (3) learns the ids in the
// segments from swept to the last one, deletes them from the queue, wherever they may be in it, and raises swept to the last
// one, (4) reads the queue, shard after shard, all of them or some, (5) creates segments of what it has read, and (6) deletes
// what is in a segment from the queue. All reads are strongly consistent. Take a response that it has read from the queue in
// 4, and a segment k that has it. If k is up to swept, the response was deleted before swept was written, so before 1, and it
// does not come back: it was not read in 4. If k is up to the last segment as read in 1, it was deleted in 3, and not read in
// 4. If k was created later, by another collector, then the head has moved, and creating a segment fails (A); the collector
// reads the head again, learns the ids in the segments that it does not know, leaves out the responses with these ids, and
// goes on in the middle of the queue. What is still to be read there is covered by the same argument. If k is its own, the
// response is no longer among those that it has left; and each key is read once.
//
// 3 finds each of its responses: the shard of an id follows from the number of shards that whoever stored it knew, which is a
// power of two, and not greater than that of 2, because the number is only raised, and was raised before it was used. There
// are up to seven such numbers, and half of the time the next one leads to the same shard.
//
// A crash leaves: after 5, a segment whose responses are still in the queue, some of them after a part of 6. swept is before
// that segment, so the next collector deletes those that are left. A creation whose outcome is unknown is like one of another
// collector: the head tells. So what a crash costs is bounded by what is collected between two of 6 ([maxCollected]), however
// much waits: nothing else is read again.
//
// Every response that was stored before the call is collected: it is in the queue when 4 begins, or in a segment already. Its
// shard is read if all are, because the number of shards was raised before it was stored, so before 2. Who reads some shards
// alone knows of which there is news, by the table's stream, and leaves the others as they are.
//
// swept may be raised to m when each response of the segments up to m has been deleted. Those up to the last one of 1 are
// deleted in 3; those of own segments in 6. Of a segment that another collector has created since, some may be in a part of
// the queue that was read before they were stored: swept stays before it, and that collector, or 3 of the next one, raises it.
//
// No clock has a part in this. Responses are put into order by their arrivals among those that are collected together, and
// nothing else depends on them.
//
// Deletion after a retention time: a segment expires with the last of its entries, which all expire within a day. A response
// that has expired waiting, of which a segment may have been, is left to expire.

// head is the head of a log.
type head struct {
	last    int // number of the last segment; 0: the log is empty
	entries int // of all segments, those that have expired included
	swept   int

	since  int // the arrival from which on the rate of responses is measured, in nanoseconds since 1970
	before int // entries at that time
}

// The attributes of heads and segments.
const (
	lastSegment = "last"
	entryCount  = "entries"
	sweptUpTo   = "swept"
	rateSince   = "since"
	rateBefore  = "before"
)

func headOf(i item) head {
	last, _ := integerOf(i, lastSegment)
	entries, _ := integerOf(i, entryCount)
	swept, _ := integerOf(i, sweptUpTo)
	since, _ := integerOf(i, rateSince)
	before, _ := integerOf(i, rateBefore)
	return head{int(last), int(entries), int(swept), int(since), int(before)}
}

// grewWithin reports whether the last arrivals that the rate was measured by are within a time of now, before or after it. So
// arrivals far in the future do not keep a log in sight for ever.
func (h head) grewWithin(past time.Duration, now time.Time) bool {
	return now.Sub(time.Unix(0, int64(h.since))).Abs() < past
}

func (t *Table) readHead(ctx context.Context, survey, period string) (head, error) {
	i, err := t.get(ctx, "L#"+survey, period)
	return headOf(i), err
}

const (
	// maxCollected bounds the responses that a collector holds, and maxCollectedBytes their bytes.
	maxCollected      = 20_000
	maxCollectedBytes = 8 << 20

	// parallelShards is how many shards are read at a time, and parallelDeletes how many calls delete at a time.
	parallelShards  = 32
	parallelDeletes = 16

	// maxArrivals bounds the arrivals from which the number of shards follows.
	maxArrivals = 1 << 20
)

// grace is for how long after its end a period may get responses that nobody has been told of.
const grace = 24 * time.Hour

// Collect implements [store.Collector]. For each period, it costs a read for each shard; of parts of periods, for each of these.
// Unless parts are all that is named, it looks at the period of now and of a day ago, while the survey's window is open, at those
// whose logs have grown in the last two days, as when a questionnaire's periods have been changed, and at those that are given.
func (t *Table) Collect(ctx context.Context, survey string, names ...string) error {
	n := namesOf(names)
	if !n.sweep {
		return t.collectAll(ctx, survey, n)
	}
	s, err := t.Definition(ctx, survey, "")
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return err
	}
	more, err := t.collected(ctx, survey, s)
	if err != nil {
		return err
	}
	for _, period := range more {
		n.parts[period] = nil
	}
	if err := t.collectAll(ctx, survey, n); err != nil {
		return err
	}
	if s != nil {
		for _, at := range []time.Time{t.now(), t.now().Add(grace)} {
			if err := t.prepareShards(ctx, survey, s.PeriodAt(at), suggestedShards(s)); err != nil {
				return err
			}
		}
	}
	return nil
}

// collected returns the periods of a survey in which responses may wait to be collected, in order. s is nil if the survey is not
// in force.
func (t *Table) collected(ctx context.Context, id string, s *survey.Survey) (periods []string, err error) {
	for i, err := range t.heads(ctx, id) {
		if err != nil {
			return nil, err
		}
		if s == nil || headOf(i).grewWithin(2*grace, t.now()) {
			periods = append(periods, textOf(i, sortKey))
		}
	}
	if s != nil {
		for _, at := range []time.Time{t.now(), t.now().Add(-grace)} {
			if open, _ := s.OpenAt(at); open {
				periods = append(periods, s.PeriodAt(at))
			}
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(periods))), nil
}

// named is what a call of Collect is for.
type named struct {
	sweep bool             // not only parts are named
	parts map[string][]int // shards by period; nil: all of the period
}

// namesOf sorts out names. A part that is no shard is nothing to collect.
func namesOf(names []string) named {
	n := named{sweep: len(names) == 0, parts: map[string][]int{}}
	for _, name := range names {
		period, part, isPart := store.SplitName(name)
		shard, err := strconv.Atoi(part)
		shards, known := n.parts[period]
		switch {
		case !isPart:
			n.sweep = true
			if name != store.Everything {
				n.parts[period] = nil
			}
		case err == nil && shard >= 0 && shard < maxShards && period != "" && (!known || shards != nil):
			n.parts[period] = append(shards, shard)
		}
	}
	return n
}

// collectAll collects what is named, period after period.
func (t *Table) collectAll(ctx context.Context, survey string, n named) error {
	begun := time.Now()
	for _, period := range slices.Sorted(maps.Keys(n.parts)) {
		c := &collection{Table: t, survey: survey, period: period, parts: n.parts[period], learned: map[string]bool{}, begun: begun}
		if err := c.collect(ctx); err != nil {
			return err
		}
	}
	return nil
}

// collectPeriod collects all of one period.
func (t *Table) collectPeriod(ctx context.Context, survey, period string) error {
	return t.collectAll(ctx, survey, named{parts: map[string][]int{period: nil}})
}

// prepareShards makes the number of shards what those who are asked suggest, before they answer.
func (t *Table) prepareShards(ctx context.Context, survey, period string, n int) error {
	if n == minShards {
		return nil
	}
	if known, err := t.shardsOf(ctx, survey, period); err != nil || known >= n {
		return err
	}
	return t.RaiseShards(ctx, survey, period, n)
}

// A collection is one collector's work on one period.
type collection struct {
	*Table
	survey, period string
	parts          []int     // shards to read; nil: all
	begun          time.Time // when Collect was called
	head           head      // as it was read or written last
	shards         int       // as it was read
	raised         int       // for those who store

	known   int             // the last segment that was read, swept, or created here
	learned map[string]bool // ids in segments of others that were created meanwhile
	clean   int             // the last segment that is swept when the own ones are
	foreign bool            // another one has created a segment meanwhile: clean stays

	rate     float64   // responses a second, as far as it has been measured here
	left     []waiting // to be put into segments
	bytes    int
	arrivals []int64
}

func (c *collection) collect(ctx context.Context) (err error) {
	if c.head, err = c.readHead(ctx, c.survey, c.period); err != nil {
		return err
	}
	if c.shards, err = c.readShards(ctx, c.survey, c.period); err != nil {
		return err
	}
	c.raised = c.shards
	if err := c.sweepSegments(ctx); err != nil {
		return err
	}
	c.known, c.clean = c.head.last, c.head.last
	if err := c.readQueue(ctx); err != nil {
		return err
	}
	return c.raiseSwept(ctx)
}

// sweepSegments deletes from the queue what is in the segments that are not swept, and raises swept.
func (c *collection) sweepSegments(ctx context.Context) error {
	var gone []item
	for s, err := range c.segments(ctx, c.survey, c.period, c.head.swept+1, c.head.last) {
		if err != nil {
			return err
		}
		ids, err := c.idsOf(s)
		if err != nil {
			return err
		}
		for _, id := range ids {
			for _, shard := range shardsOfID(id, c.shards) {
				gone = append(gone, key(shardKey(c.survey, c.period, shard), id))
			}
		}
		if len(gone) < maxCollected {
			continue
		}
		if err := c.sweptTo(ctx, gone, s.number); err != nil {
			return err
		}
		gone = nil
	}
	return c.sweptTo(ctx, gone, c.head.last)
}

// sweptTo deletes what is left of segments up to a number in the queue, and raises swept to it.
func (c *collection) sweptTo(ctx context.Context, gone []item, number int) error {
	if err := c.deleteAll(ctx, gone); err != nil {
		return err
	}
	c.clean = number
	return c.raiseSwept(ctx)
}

// idsOf returns the ids of a segment's responses.
func (c *collection) idsOf(s *segment) ([]string, error) {
	ids := make([]string, len(s.entries))
	for i, e := range s.entries {
		var err error
		if ids[i], err = answer.StoredID(e.record); err != nil {
			return nil, c.wrap(message.Errorf("%s: %w", s.name, err))
		}
	}
	return ids, nil
}

// learn reads the ids in the segments that others have created, up to the last one.
func (c *collection) learn(ctx context.Context) error {
	for s, err := range c.segments(ctx, c.survey, c.period, c.known+1, c.head.last) {
		if err != nil {
			return err
		}
		ids, err := c.idsOf(s)
		if err != nil {
			return err
		}
		for _, id := range ids {
			c.learned[id] = true
		}
	}
	c.known = c.head.last
	return nil
}

// toRead returns the shards that are to be read: those that are named, unless these are most.
func (c *collection) toRead() []int {
	parts := slices.Compact(slices.Sorted(slices.Values(c.parts)))
	if c.parts != nil && len(parts) <= c.shards/2 {
		return parts
	}
	all := make([]int, c.shards)
	for i := range all {
		all[i] = i
	}
	return all
}

// shouldEnd reports whether so much of the time until the context's deadline has passed that what is collected should be
// counted before there is more.
func (c *collection) shouldEnd(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ok && time.Since(c.begun) > time.Until(end)
}

// readQueue reads the shards that it is to read, and puts what waits there into segments.
func (c *collection) readQueue(ctx context.Context) error {
	type scan struct {
		input *dynamodb.QueryInput
		items []item
	}
	var open []*scan
	for _, shard := range c.toRead() {
		open = append(open, &scan{input: &dynamodb.QueryInput{
			TableName: &c.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
			ExpressionAttributeValues: item{":pk": text(shardKey(c.survey, c.period, shard))},
		}})
	}
	for len(open) > 0 {
		some := open[:min(parallelShards, len(open))]
		group, within := errgroup.WithContext(ctx)
		for _, s := range some {
			group.Go(func() error {
				page, err := c.client.Query(within, s.input)
				if err != nil {
					return c.wrap(err)
				}
				s.items, s.input.ExclusiveStartKey = page.Items, page.LastEvaluatedKey
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		var swept []item
		for _, s := range some {
			swept = append(swept, c.take(s.items)...)
		}
		if err := c.deleteAll(ctx, swept); err != nil {
			return err
		}
		var more []*scan
		for _, s := range some {
			if len(s.input.ExclusiveStartKey) > 0 {
				more = append(more, s)
			}
		}
		open = append(more, open[len(some):]...)
		if len(c.left) >= maxCollected || c.bytes >= maxCollectedBytes || len(open) == 0 {
			if err := c.flush(ctx, len(open) == 0); err != nil {
				return err
			}
			if len(open) > 0 && c.shouldEnd(ctx) {
				return store.ErrMore
			}
		}
	}
	return nil
}

// take adds items of the queue to those that are to be collected. It returns the keys of those that are in a segment.
func (c *collection) take(items []item) (swept []item) {
	for _, i := range items {
		id := textOf(i, sortKey)
		at, _ := integerOf(i, arrived)
		w := waiting{id: id, at: at, record: bytesOf(i, body), own: key(textOf(i, partKey), id)}
		w.expires, _ = integerOf(i, Expires)
		switch {
		case c.learned[id]:
			swept = append(swept, w.own)
		case !expired(i, c.now()):
			c.left = append(c.left, w)
			c.bytes += len(w.record)
			if len(c.arrivals) < maxArrivals {
				c.arrivals = append(c.arrivals, at)
			}
		}
	}
	return swept
}

// flush puts what is left into segments, and deletes it from the queue. Unless it is the end, what does not fill a segment
// stays.
func (c *collection) flush(ctx context.Context, end bool) error {
	slices.SortFunc(c.left, func(a, b waiting) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
	var done []item
	for len(c.left) > 0 {
		bodies, n := packAll(c.left, end)
		if n == 0 {
			break
		}
		created, err := c.create(ctx, bodies, c.left[:n])
		if err != nil {
			return err
		}
		if !created {
			more, err := c.catchUp(ctx)
			if err != nil {
				return err
			}
			done = append(done, more...)
			continue
		}
		for _, w := range c.left[:n] {
			done = append(done, w.own)
			c.bytes -= len(w.record)
		}
		c.left = c.left[n:]
	}
	if err := c.moreShards(ctx); err != nil { // before deleting, which takes long when the shards have no units left
		return err
	}
	if err := c.deleteAll(ctx, done); err != nil {
		return err
	}
	if c.foreign {
		return nil
	}
	c.clean = c.head.last
	return c.raiseSwept(ctx)
}

// moreShards raises the number of shards if responses come faster than they are meant to take. The collector goes on with
// those that it has begun with: what is stored in others has come since.
func (c *collection) moreShards(ctx context.Context) error {
	n := max(shardsFor(c.arrivals), powerOfTwo(c.rate))
	if n <= c.raised {
		return nil
	}
	if err := c.RaiseShards(ctx, c.survey, c.period, n); err != nil {
		return err
	}
	c.raised = n
	return nil
}

// create creates the next segments, in one transaction, which is faster than one after another. It returns false if another
// one has created any.
func (c *collection) create(ctx context.Context, bodies []packed, responses []waiting) (bool, error) {
	after := c.head
	var writes []types.TransactWriteItem
	first := 0
	for _, p := range bodies {
		after.last, after.entries = after.last+1, after.entries+p.n
		segment := key(segmentKey(c.survey, c.period, after.last), noSort)
		segment[body], segment[counter], segment[entryCount] = binaryOf(p.body), number(1), number(p.n)
		until := int64(0) // either all expire, or none
		for _, w := range responses[first : first+p.n] {
			until = max(until, w.expires)
		}
		if until > 0 {
			segment[Expires] = number(until)
		}
		writes = append(writes, c.putNew(segment))
		first += p.n
	}
	rate := after.measure(responses[len(responses)/2].at, len(responses))
	update := &types.Update{
		TableName: &c.name, Key: key("L#"+c.survey, c.period),
		UpdateExpression:         aws.String("SET #last = :next, #entries = :entries, #since = :since, #before = :before"),
		ConditionExpression:      aws.String("#last = :last"),
		ExpressionAttributeNames: map[string]string{"#last": lastSegment, "#entries": entryCount, "#since": rateSince, "#before": rateBefore},
		ExpressionAttributeValues: item{
			":last": number(c.head.last), ":next": number(after.last), ":entries": number(after.entries), ":since": number(after.since), ":before": number(after.before),
		},
	}
	if c.head.last == 0 {
		update.ConditionExpression = free()
		delete(update.ExpressionAttributeValues, ":last")
	}
	failed, err := c.transact(ctx, append(writes, types.TransactWriteItem{Update: update}))
	if err != nil || failed >= 0 {
		return false, err
	}
	c.head, c.known, c.rate = after, after.last, max(c.rate, rate)
	return true, nil
}

// measure returns the rate at which responses arrive, in a second, and begins to measure again, if it has been measured for
// long enough; else 0. at is the arrival of the middle one of the n that were put into the log last, so those up to it are
// counted. What was collected long after it arrived may be measured too low, as it is not in order; shardsFor knows its rate.
func (h *head) measure(at int64, n int) (rate float64) {
	elapsed := time.Duration(at - int64(h.since))
	if h.since > 0 && elapsed.Abs() < minSpan {
		return 0
	}
	counted := h.entries - n + n/2
	if h.since > 0 && elapsed > 0 {
		rate = float64(counted-h.before) / elapsed.Seconds()
	}
	h.since, h.before = int(at), counted
	return rate
}

// catchUp learns the segments that others have created, and leaves out what is in them. It returns the keys of that.
func (c *collection) catchUp(ctx context.Context) (swept []item, err error) {
	before := c.head.last
	if c.head, err = c.readHead(ctx, c.survey, c.period); err != nil {
		return nil, err
	}
	if c.head.last <= before {
		return nil, c.wrap(message.Errorf("the log of %s %s has a segment %d that its head does not know: restore the table from a backup", c.survey, c.period, before+1))
	}
	c.foreign = true
	if err := c.learn(ctx); err != nil {
		return nil, err
	}
	c.left = slices.DeleteFunc(c.left, func(w waiting) bool {
		if c.learned[w.id] {
			swept = append(swept, w.own)
			c.bytes -= len(w.record)
		}
		return c.learned[w.id]
	})
	return swept, nil
}

// raiseSwept writes down up to which segment all responses have been deleted from the queue.
func (c *collection) raiseSwept(ctx context.Context) error {
	if c.clean <= c.head.swept {
		return nil
	}
	_, err := c.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &c.name, Key: key("L#"+c.survey, c.period), UpdateExpression: aws.String("SET #swept = :swept"),
		ConditionExpression:       aws.String("attribute_exists(" + partKey + ") AND (attribute_not_exists(#swept) OR #swept < :swept)"),
		ExpressionAttributeNames:  map[string]string{"#swept": sweptUpTo},
		ExpressionAttributeValues: item{":swept": number(c.clean)},
	})
	if err != nil && !stale(err) { // stale: another one has raised it, or is creating a segment, and will
		return c.wrap(err)
	}
	c.head.swept = c.clean
	return nil
}

// deletesAtOnce is how many items a call may delete.
const deletesAtOnce = 25

// Deletions take units of the keys that responses are stored under. At most as many are made in a second, of each shard, as three
// times the responses that it is meant to take, so that those who store find units; in all, a table without a load takes leastPace.
// When there are more shards by now, those that were read get few responses, and most of their units are for deletions.
const (
	pacePerShard    = 3 * perShard
	pacePerOldShard = 600
	leastPace       = 2_000
)

// betweenDeletes is the time from one call that deletes to the next.
func (c *collection) betweenDeletes() time.Duration {
	pace := pacePerShard
	if c.raised > c.shards {
		pace = pacePerOldShard
	}
	return time.Second * deletesAtOnce / time.Duration(max(leastPace, pace*c.shards))
}

// deleteAll deletes items of the queue by their keys. It returns once all are deleted.
func (c *collection) deleteAll(ctx context.Context, keys []item) error {
	var refused sync.Once
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelDeletes)
	next := time.Now()
	for some := range slices.Chunk(keys, deletesAtOnce) {
		if err := sleep.For(within, time.Until(next)); err != nil {
			return cmp.Or(group.Wait(), c.wrap(err))
		}
		if now := time.Now(); next.Before(now) {
			next = now
		}
		next = next.Add(c.betweenDeletes())
		group.Go(func() error {
			requests := make([]types.WriteRequest, len(some))
			for i, k := range some {
				requests[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}}
			}
			return c.deleteBatch(within, requests, &refused)
		})
	}
	return group.Wait()
}

// deleteBatch deletes items, trying again with those that the table has not come to. If it keeps refusing, the shards have no
// units left: those who store take them, and there must be more shards for them before any rate can be measured.
func (c *collection) deleteBatch(ctx context.Context, requests []types.WriteRequest, refused *sync.Once) error {
	for try := 0; ; try++ {
		out, err := c.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{c.name: requests}})
		switch {
		case throttled(err):
			refused.Do(func() { err = c.muchMoreShards(ctx) })
			if err != nil && !throttled(err) {
				return err
			}
		case err != nil:
			return c.wrap(err)
		default:
			if requests = out.UnprocessedItems[c.name]; len(requests) == 0 {
				return nil
			}
		}
		if err := pause(ctx, try); err != nil {
			return c.wrap(err)
		}
	}
}

// muchMoreShards quadruples the number of shards.
func (c *collection) muchMoreShards(ctx context.Context) error {
	n := min(4*c.raised, maxShards)
	if n == c.raised {
		return nil
	}
	if err := c.RaiseShards(ctx, c.survey, c.period, n); err != nil {
		return err
	}
	c.raised = n
	return nil
}
