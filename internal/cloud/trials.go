package cloud

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Removing a survey that a load test has made. Nothing here works on any other survey: each method reads every version that is stored
// of the survey first.

// trial returns the versions of a survey that a load test has made. It is an error if one of them is of another survey, or there is
// none.
func (t *Table) trial(ctx context.Context, id string) ([]string, *survey.Survey, error) {
	if !strings.HasPrefix(id, survey.TrialPrefix) {
		return nil, nil, t.wrap(message.Errorf("survey %s was not made by a load test: nothing of it is removed", id))
	}
	versions, err := t.Versions(ctx, id)
	if err == nil && len(versions) == 0 {
		err = store.ErrUnknown
	}
	if err != nil {
		return nil, nil, err
	}
	var s *survey.Survey
	for _, version := range versions {
		if s, err = t.definition(ctx, id, version); err != nil {
			return nil, nil, err
		}
		if !s.IsTrial() {
			return nil, nil, t.wrap(message.Errorf("survey %s was not made by a load test: nothing of it is removed", id))
		}
	}
	return versions, s, nil
}

// CloseTrial takes a survey that a load test has made out of force, and from the list of surveys.
func (t *Table) CloseTrial(ctx context.Context, id string) error {
	if _, _, err := t.trial(ctx, id); err != nil {
		return err
	}
	t.mu.Lock()
	delete(t.definitions, id+"@")
	t.mu.Unlock()
	return t.deleteKeys(ctx, t.name, []item{key("D#"+id, current), key(surveysKey, id)})
}

// ForgetTrial removes the versions of a survey that a load test has made, of which nothing else is left.
func (t *Table) ForgetTrial(ctx context.Context, id string) error {
	versions, _, err := t.trial(ctx, id)
	if err != nil {
		return err
	}
	keys := make([]item, len(versions))
	for i, version := range versions {
		keys[i] = key("D#"+id, version)
	}
	if err := t.deleteKeys(ctx, t.name, keys); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, version := range versions {
		delete(t.definitions, id+"@"+version)
	}
	return nil
}

// RemoveTrial removes everything of a survey that a load test has made but its versions. It returns how many items are there after it.
func (t *Table) RemoveTrial(ctx context.Context, id string, responses func(yield func(string) bool)) (left int, err error) {
	_, s, err := t.trial(ctx, id)
	if err != nil {
		return 0, err
	}
	if inForce, err := t.get(ctx, "D#"+id, current); err != nil || inForce != nil {
		return 0, errors.Join(err, t.wrap(message.Errorf("survey %s is in force: close it first", id)))
	}
	for step := range 2 { // what says how much there is of the rest goes last
		r := &removal{Table: t, survey: s, remove: true}
		if err := r.walk(ctx, responses, step == 1); err != nil {
			return 0, err
		}
	}
	counting := &removal{Table: t, survey: s}
	for step := range 2 {
		if err := counting.walk(ctx, responses, step == 1); err != nil {
			return 0, err
		}
	}
	return int(counting.found.Load()), nil
}

// removal goes through everything of a survey, and removes it or counts it.
type removal struct {
	*Table
	survey *survey.Survey
	remove bool
	found  atomic.Int64
}

// removedAtOnce bounds the calls that are made at a time.
const removedAtOnce = 16

// removedTogether is how many items a call removes or reads.
const removedTogether = 25

// walk goes through the items of responses and all that follows from them or, if heads, through those that say how much of that there
// is. The kinds are those of the package's tables of items.
func (r *removal) walk(ctx context.Context, responses func(yield func(string) bool), heads bool) error {
	id, period := r.survey.ID, survey.OnePeriod
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(removedAtOnce)
	partition := func(table, pk string) {
		group.Go(func() error { return r.partition(ctx, table, pk) })
	}
	single := func(keys ...item) {
		group.Go(func() error { return r.single(ctx, keys) })
	}
	if heads {
		partition(r.name, "L#"+id)
		partition(r.name, "K#"+id)
		return group.Wait()
	}
	for _, kind := range []string{"T#", "P#", "C#", "O#", "W#", "F#", "U#"} {
		partition(r.name, kind+id)
	}
	partition(r.name, releasesKey(id, period))
	partition(r.name, "E#"+id+"#"+period)
	single(key("D#_beside", id), key("U", id), key("R", id))
	if r.invited != "" {
		partition(r.invited, counterKey(id))
	}
	n, err := r.readShards(ctx, id, period)
	if err != nil {
		return errors.Join(err, group.Wait())
	}
	for shard := range max(n, suggestedShards(r.survey)) {
		partition(r.name, shardKey(id, period, shard))
	}
	at, err := r.readHead(ctx, id, period)
	if err != nil {
		return errors.Join(err, group.Wait())
	}
	var keys []item
	add := func(i item) {
		if keys = append(keys, i); len(keys) == removedTogether {
			single(keys...)
			keys = nil
		}
	}
	for number := 1; number <= at.last+inTransit; number++ {
		add(key(segmentKey(id, period, number), noSort))
	}
	for response := range responses {
		add(idKey(id, response))
	}
	single(keys...)
	return group.Wait()
}

// partition removes or counts the items of a partition key.
func (r *removal) partition(ctx context.Context, table, pk string) error {
	found := r.query(ctx, &dynamodb.QueryInput{
		TableName: &table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ProjectionExpression: aws.String(partKey + ", " + sortKey), ExpressionAttributeValues: item{":pk": text(pk)},
	})
	var keys []item
	for i, err := range found {
		if err != nil {
			return err
		}
		keys = append(keys, i)
	}
	r.found.Add(int64(len(keys)))
	if !r.remove {
		return nil
	}
	return r.deleteKeys(ctx, table, keys)
}

// single removes or counts items that may be there, each alone in its partition.
func (r *removal) single(ctx context.Context, keys []item) error {
	if len(keys) == 0 {
		return nil
	}
	if r.remove {
		return r.deleteKeys(ctx, r.name, keys)
	}
	found, err := r.batch(ctx, keys, partKey)
	r.found.Add(int64(len(found)))
	return err
}

// deleteKeys deletes items of one of the tables, whether they are there or not.
func (t *Table) deleteKeys(ctx context.Context, table string, keys []item) error {
	for some := range slices.Chunk(keys, removedTogether) {
		requests := make([]types.WriteRequest, len(some))
		for i, k := range some {
			requests[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}}
		}
		for try := 0; len(requests) > 0; try++ {
			out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: requests}})
			if err != nil && !throttled(err) {
				return wrapOf(table, err)
			}
			if err == nil {
				requests = out.UnprocessedItems[table]
			}
			if len(requests) == 0 {
				break
			}
			if err := pause(ctx, try); err != nil {
				return wrapOf(table, err)
			}
		}
	}
	return nil
}
