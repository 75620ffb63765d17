package cloud

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/bits"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Responses that wait are spread over shards, because a partition key takes 1,000 write units a second, and keys that lie on
// one partition share them. Their number is a power of two that only grows, for each period. A shard is never given up, and
// ids do not depend on them: so whoever knows an older number still writes where a collector looks.
const (
	minShards = 16
	maxShards = 1024

	// perShard is how many responses a second a shard is meant to take. Each costs 3 write units there, in a transaction and
	// to be deleted: with 60 units, 16 shards may lie on one partition.
	perShard = 20
)

// shards is the attribute with the number of shards.
const shards = "shards"

// A shardCount is a number of shards as it was read, and the time until which it may be used.
type shardCount struct {
	n     int
	until time.Time
}

// shardOf returns the shard of an id.
func shardOf(id string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % uint32(n))
}

// shardsOfID returns each shard that an id may have been stored in while there were up to n.
func shardsOfID(id string, n int) (all []int) {
	for some := minShards; some <= n; some *= 2 {
		if shard := shardOf(id, some); !slices.Contains(all, shard) {
			all = append(all, shard)
		}
	}
	return all
}

func shardKey(survey, period string, shard int) string {
	return fmt.Sprintf("Q#%s#%s#%04d", survey, period, shard)
}

// powerOfTwo returns the number of shards for a rate, in responses a second.
func powerOfTwo(rate float64) int {
	wanted := min(max(rate/perShard, minShards), maxShards)
	return 1 << bits.Len(uint(wanted+0.999)-1)
}

// minSpan is over how long a rate is measured at least: a few responses that arrive together are no rate.
const minSpan = 10 * time.Second

// wantedShards returns the number of shards for as many responses as have arrived within a time.
func wantedShards(responses int, within time.Duration) int {
	return powerOfTwo(float64(responses) / max(within, minSpan).Seconds())
}

// shardsFor returns the number of shards for arrivals, in nanoseconds since 1970, in any order. It leaves out the first and
// the last tenth: a clock that is wrong must not hide how many came at once. It also leaves out the beginnings of days: such
// arrivals are known to the day alone, and say nothing about a rate.
func shardsFor(arrivals []int64) int {
	arrivals = slices.DeleteFunc(slices.Clone(arrivals), beginsDay)
	if len(arrivals) < 10 {
		return minShards
	}
	slices.Sort(arrivals)
	first, last := len(arrivals)/10, len(arrivals)-len(arrivals)/10-1
	return wantedShards(last-first+1, time.Duration(arrivals[last]-arrivals[first]))
}

// beginsDay reports whether an arrival may be the beginning of a day: timezones differ by quarters of an hour. Of other
// arrivals, none in 900 billion is.
func beginsDay(at int64) bool { return at%int64(15*time.Minute) == 0 }

// busiest is the time within which a tenth of those who are asked may answer, as after a mailing.
const busiest = 15 * time.Minute

// suggestedShards returns the number of shards before anything has arrived, for those who are asked.
func suggestedShards(s *survey.Survey) int {
	return powerOfTwo(float64(max(s.Audience.Population, s.Audience.MostIssued())) / 10 / busiest.Seconds())
}

// readShards reads the number of shards of a period. The read is strongly consistent.
func (t *Table) readShards(ctx context.Context, survey, period string) (int, error) {
	i, err := t.get(ctx, "K#"+survey, period)
	if err != nil {
		return 0, err
	}
	stored, ok := integerOf(i, shards)
	switch {
	case i == nil:
		stored = minShards
	case !ok || stored < minShards || stored > maxShards || bits.OnesCount64(uint64(stored)) != 1:
		return 0, store.Permanent(t.wrap(message.Errorf("the number of shards of %s %s is damaged: it must be a power of two from %d to %d", survey, period, minShards, maxShards)))
	}
	n := int(stored)
	t.rememberShards(survey, period, n)
	return n, nil
}

// shardsOf returns the number of shards of a period. It may be half a minute old.
func (t *Table) shardsOf(ctx context.Context, survey, period string) (int, error) {
	t.mu.Lock()
	known := t.counts[periodKey{survey, period}]
	t.mu.Unlock()
	if known.n > 0 && t.now().Before(known.until) {
		return known.n, nil
	}
	n, err := t.readShards(ctx, survey, period)
	if err != nil && known.n > 0 {
		return known.n, nil // which is right as well
	}
	return n, err
}

func (t *Table) rememberShards(survey, period string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.counts) >= maxCached {
		clear(t.counts)
	}
	t.counts[periodKey{survey, period}] = shardCount{n, t.now().Add(currentTTL)}
}

// soonShards is when the number of shards is read again after a response could not be stored: they may be too few.
const soonShards = 5 * time.Second

// doubtShards makes sure that the number of shards is read again soon.
func (t *Table) doubtShards(survey, period string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := periodKey{survey, period}
	if known, soon := t.counts[name], t.now().Add(soonShards); known.until.After(soon) {
		t.counts[name] = shardCount{known.n, soon}
	}
}

// RaiseShards raises the number of shards of a period to n, a power of two from 16 to 1,024, unless it is that many already.
func (t *Table) RaiseShards(ctx context.Context, survey, period string, n int) error {
	if n < minShards || n > maxShards || bits.OnesCount(uint(n)) != 1 {
		return message.Errorf("%d shards: the number must be a power of two from %d to %d", n, minShards, maxShards)
	}
	i := key("K#"+survey, period)
	i[shards] = number(n)
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name, Item: i, ConditionExpression: aws.String("attribute_not_exists(" + partKey + ") OR #shards < :shards"),
		ExpressionAttributeNames: map[string]string{"#shards": shards}, ExpressionAttributeValues: item{":shards": number(n)},
	})
	if refused(err) {
		_, err = t.readShards(ctx, survey, period)
		return err
	}
	if err != nil {
		return t.wrap(err)
	}
	t.rememberShards(survey, period, n)
	return nil
}
