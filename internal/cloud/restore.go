package cloud

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Restored counts the items that a table lacked, by kind, and those that were there.
type Restored struct{ Responses, Releases, Cases, Others, There int }

// Missing returns the number of items that the table lacked.
func (r Restored) Missing() int { return r.Responses + r.Releases + r.Cases + r.Others }

// kind returns the counter for the items of a partition that are copied one by one, by the prefix of its key; nil for all
// others: responses, which come from the logs; numbers of shards, tallies and latest releases, which follow from the rest; the
// outbox, whose notifications have been delivered since.
func (r *Restored) kind(pk, sk string) *int {
	prefix, _, _ := strings.Cut(pk, "#")
	if prefix == "P" && (strings.Count(pk, "#") < 2 || sk == latestRelease) {
		return nil
	}
	return map[string]*int{"P": &r.Releases, "C": &r.Cases, "D": &r.Others, "E": &r.Others, surveysKey: &r.Others, progressKey: &r.Others}[prefix]
}

const (
	// restoreAttempts bounds the tries to empty a tally while others change it.
	restoreAttempts = 20

	// parallelCopies bounds the items that are copied at a time.
	parallelCopies = 32
)

// Restore copies into a table what it lacks of another one, such as point-in-time recovery makes. It replaces nothing, so what
// was changed or erased since stays so, and copies nothing that has expired. A response is lacking if it is not in the log. It is
// put into the queue, and gets a new place in the log. Before, the period's tally is emptied, so that it is folded again: no
// matter where Restore is interrupted, a tally counts what it has read of the log, and running it again completes it. If the
// period has releases, all responses that are in the log then are settled: see [store.Settled]. Unless do is set, Restore only
// counts. It holds 16 bytes for each response of a period.
func Restore(ctx context.Context, client *dynamodb.Client, from, into string, do bool) (Restored, error) {
	r := &restoration{from: NewTable(client, from, Options{}), table: NewTable(client, into, Options{}), do: do, periods: map[periodKey]bool{}}
	for _, t := range []*Table{r.from, r.table} {
		if err := t.CheckForm(ctx); err != nil {
			return r.found, err
		}
	}
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &from, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r.found, r.from.wrap(err)
		}
		group, within := errgroup.WithContext(ctx)
		group.SetLimit(parallelCopies)
		for _, i := range page.Items {
			group.Go(func() error { return r.take(within, i) })
		}
		if err := group.Wait(); err != nil {
			return r.found, err
		}
	}
	for name := range r.periods {
		if err := r.responses(ctx, name.survey, name.period); err != nil {
			return r.found, err
		}
		if err := r.latest(ctx, name.survey, name.period); err != nil {
			return r.found, err
		}
	}
	return r.found, nil
}

type restoration struct {
	from, table *Table
	do          bool

	mu      sync.Mutex
	found   Restored
	periods map[periodKey]bool // of the other table, with responses or releases
}

// take copies one item if the table lacks it, or notes its period.
func (r *restoration) take(ctx context.Context, i item) error {
	pk, sk := textOf(i, partKey), textOf(i, sortKey)
	prefix, survey, _ := strings.Cut(pk, "#")
	switch prefix {
	case "L", "P":
		period := sk
		if s, p, whole := strings.Cut(survey, "#"); whole {
			survey, period = s, p
		}
		r.note(survey, period)
	case "Q":
		if survey, name, ok := ResponseKey(pk); ok {
			period, _, _ := store.SplitName(name)
			r.note(survey, period)
		}
	}
	if r.found.kind(pk, sk) == nil || expired(i, r.table.now()) {
		return nil
	}
	out, err := r.table.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &r.table.name, Key: key(pk, sk), ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String(partKey),
	})
	if err != nil {
		return r.table.wrap(err)
	}
	if len(out.Item) > 0 {
		r.count(nil, 1)
		return nil
	}
	if r.do {
		if created, err := r.table.create(ctx, i); err != nil || !created {
			return err
		}
	}
	r.count(r.found.kind(pk, sk), 1)
	return nil
}

func (r *restoration) note(survey, period string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.periods[periodKey{survey, period}] = true
}

// count adds to a counter; nil is the one of items that are there.
func (r *restoration) count(kind *int, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kind == nil {
		kind = &r.found.There
	}
	*kind += n
}

func expired(i item, now time.Time) bool {
	at, ok := integerOf(i, Expires)
	return ok && at <= now.Unix()
}

// idSum stands for an id in little memory.
type idSum [16]byte

func sumOf(id string) idSum {
	sum := sha256.Sum256([]byte(id))
	return idSum(sum[:])
}

// responses restores those of a period.
func (r *restoration) responses(ctx context.Context, survey, period string) error {
	if r.do {
		if err := r.table.collectPeriod(ctx, survey, period); err != nil {
			return err
		}
	}
	there := map[idSum]bool{}
	for _, read := range []func(context.Context, string, string, func([]waiting) error) error{r.table.inLog, r.table.inQueue} {
		err := read(ctx, survey, period, func(some []waiting) error {
			for _, w := range some {
				there[sumOf(w.id)] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	begun := false
	lacking := func(some []waiting) error {
		var missing []waiting
		for _, w := range some {
			if sum := sumOf(w.id); !there[sum] {
				missing = append(missing, w)
				there[sum] = true // it may be in the log and in the queue
			} else {
				r.count(nil, 1)
			}
		}
		if r.do && len(missing) > 0 && !begun {
			if err := r.begin(ctx, survey, period); err != nil {
				return err
			}
			begun = true
		}
		return r.putBack(ctx, survey, period, missing)
	}
	if err := r.from.inLog(ctx, survey, period, lacking); err != nil {
		return err
	}
	if err := r.from.inQueue(ctx, survey, period, lacking); err != nil || !r.do {
		return err
	}
	return r.settle(ctx, survey, period)
}

// begin is called before the first response of a period is put back. If anything has been released of it, the response may be
// in a block, and gets another place than the block's mark is about: so until all is back, nobody gets into a block.
func (r *restoration) begin(ctx context.Context, survey, period string) error {
	released, err := r.hasReleases(ctx, survey, period)
	if err != nil {
		return err
	}
	if released {
		settled, err := store.SettledOf(ctx, r.table, survey, period)
		if err != nil {
			return err
		}
		settled.Through = store.AllSettled
		if err := store.SaveSettled(ctx, r.table, survey, period, settled); err != nil {
			return err
		}
	}
	return r.emptyTally(ctx, survey, period)
}

func (r *restoration) hasReleases(ctx context.Context, survey, period string) (bool, error) {
	for _, err := range r.table.History(ctx, survey, period) {
		return err == nil, err
	}
	return false, nil
}

// settle is called when all responses of a period are back. If that was begun, now or by a call that was interrupted, all that
// are in the log now stay settled, and later ones are not.
func (r *restoration) settle(ctx context.Context, survey, period string) error {
	settled, err := store.SettledOf(ctx, r.table, survey, period)
	if err != nil || settled.Through != store.AllSettled {
		return err
	}
	if err := r.table.collectPeriod(ctx, survey, period); err != nil {
		return err
	}
	ends, err := r.table.Ends(ctx, survey)
	if err != nil {
		return err
	}
	settled.Through = ends[period]
	if err := store.SaveSettled(ctx, r.table, survey, period, settled); err != nil {
		return err
	}
	return r.emptyTally(ctx, survey, period)
}

// inLog passes on the responses in a log that have not expired.
func (t *Table) inLog(ctx context.Context, survey, period string, take func([]waiting) error) error {
	head, err := t.readHead(ctx, survey, period)
	if err != nil {
		return err
	}
	for s, err := range t.segments(ctx, survey, period, 1, head.last) {
		if err != nil {
			return err
		}
		if expired(s.item, t.now()) {
			continue
		}
		var some []waiting
		for _, e := range s.entries {
			id, err := answer.StoredID(e.record)
			if err != nil {
				return t.wrap(message.Errorf("%s: %w", s.name, err))
			}
			until, _ := integerOf(s.item, Expires)
			some = append(some, waiting{id: id, at: e.at, record: e.record, expires: until})
		}
		if err := take(some); err != nil {
			return err
		}
	}
	return nil
}

// inQueue passes on the responses in a queue that have not expired.
func (t *Table) inQueue(ctx context.Context, survey, period string, take func([]waiting) error) error {
	n, err := t.readShards(ctx, survey, period)
	if err != nil {
		return err
	}
	for shard := range n {
		var some []waiting
		for i, err := range t.items(ctx, shardKey(survey, period, shard)) {
			if err != nil {
				return err
			}
			if expired(i, t.now()) {
				continue
			}
			at, _ := integerOf(i, arrived)
			until, _ := integerOf(i, Expires)
			some = append(some, waiting{id: textOf(i, sortKey), at: at, record: bytesOf(i, body), expires: until})
		}
		if err := take(some); err != nil {
			return err
		}
	}
	return nil
}

// putBack puts responses into the queue that are in no log, with their ids if those are free. It leaves out those that have
// been erased since.
func (r *restoration) putBack(ctx context.Context, survey, period string, missing []waiting) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelCopies)
	for _, w := range missing {
		group.Go(func() error {
			own := idKey(survey, w.id)
			before, err := r.from.get(within, textOf(own, partKey), noSort)
			if err != nil {
				return err
			}
			now, err := r.table.get(within, textOf(own, partKey), noSort)
			if err != nil {
				return err
			}
			if before == nil || now != nil && (now[withdrawn] != nil) != (before[withdrawn] != nil) {
				return nil
			}
			if now != nil && textOf(now, ofPeriod) != period {
				return nil // the id has been used in another period since
			}
			if r.do {
				if created, err := r.enqueue(within, survey, period, w, before, now); err != nil || !created {
					return err
				}
			}
			r.count(&r.found.Responses, 1)
			return nil
		})
	}
	return group.Wait()
}

// enqueue puts a response into the queue, and takes its id unless it has it (now).
func (r *restoration) enqueue(ctx context.Context, survey, period string, w waiting, before, now item) (bool, error) {
	t := r.table
	n, err := t.shardsOf(ctx, survey, period)
	if err != nil {
		return false, err
	}
	waits := key(shardKey(survey, period, shardOf(w.id, n)), w.id)
	waits[body], waits[arrived] = binaryOf(w.record), number(w.at)
	if before[Expires] != nil {
		waits[Expires] = before[Expires]
	}
	id := t.putNew(before)
	if now != nil {
		id = types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: idKey(survey, w.id), ConditionExpression: aws.String("attribute_exists(" + partKey + ") AND attribute_not_exists(#withdrawn)"),
			ExpressionAttributeNames: map[string]string{"#withdrawn": withdrawn},
		}}
		if now[withdrawn] != nil {
			id.ConditionCheck.ConditionExpression = aws.String("attribute_exists(#withdrawn)")
		}
	}
	failed, err := t.transact(ctx, []types.TransactWriteItem{id, t.putNew(waits)})
	return err == nil && failed < 0, err
}

// emptyTally makes a period be folded again. It stores a tally also where there is none, so that a publisher that has begun to
// fold fails and begins again.
func (r *restoration) emptyTally(ctx context.Context, survey, period string) error {
	for range restoreAttempts {
		before, revision, err := r.table.Tally(ctx, survey, period)
		if err != nil {
			return err
		}
		if err := r.table.SaveTally(ctx, survey, period, tally.Restart(before), revision); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return r.table.wrap(message.Errorf("the tally of %s %s keeps changing: try again", survey, period))
}

// latest makes the latest release and its number those that the stored additions lead to, if they are missing or older.
func (r *restoration) latest(ctx context.Context, survey, period string) error {
	if !r.do {
		return nil
	}
	var last *release.Release
	for stored, err := range r.table.History(ctx, survey, period) {
		if err != nil {
			return err
		}
		last = stored
	}
	if last == nil {
		return nil
	}
	t := r.table
	whole, small := key(releasesKey(survey, period), latestRelease), key("P#"+survey, period)
	whole[body], small[releaseNumber] = compressed(last.Encode()), number(last.Number)
	i, err := t.get(ctx, "P#"+survey, period)
	if err != nil {
		return err
	}
	sum, err := t.get(ctx, releasesKey(survey, period), latestRelease)
	if err != nil {
		return err
	}
	if n, _ := integerOf(i, releaseNumber); int(n) >= last.Number && sum != nil {
		return nil
	}
	condition := free()
	put := &types.Put{TableName: &t.name, Item: small, ConditionExpression: condition}
	if i != nil {
		put.ConditionExpression = aws.String("#number = :number")
		put.ExpressionAttributeNames = map[string]string{"#number": releaseNumber}
		put.ExpressionAttributeValues = item{":number": i[releaseNumber]}
	}
	failed, err := t.transact(ctx, []types.TransactWriteItem{{Put: put}, {Put: &types.Put{TableName: &t.name, Item: whole}}})
	if err == nil && failed >= 0 {
		err = t.wrap(message.Errorf("the releases of %s %s are being changed: try again", survey, period))
	}
	return err
}
