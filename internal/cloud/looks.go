package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// looksKey is the partition of what the last looks at surveys found: an item for each, so that one query tells a round which of
// them need another one. They are a cache: a survey without one is looked at.
const looksKey = "R"

// The attributes of a look, besides body and revision.
const (
	lookAgain = "again" // something has changed since, which the stream has told
	lookForms = "forms" // a [Forms], as JSON: written by another schedule than the rest
)

// lookVersion is the version of looks. Those of another one say nothing.
const lookVersion = 1

// A Look is what the last look at a survey found. Times are zero for never.
type Look struct {
	Version int `json:"version"`

	InForce string    `json:"in_force,omitempty"` // version of the questionnaire that was published
	Edition string    `json:"edition,omitempty"`  // of the site, by which pages were rendered
	Tried   time.Time `json:"tried,omitzero"`     // when a look was begun last, whatever came of it
	Swept   time.Time `json:"swept,omitzero"`     // when it was looked for everything that may wait
	Moved   time.Time `json:"moved,omitzero"`     // when something had come that the look before did not know
	Pending bool      `json:"pending,omitempty"`  // the last look has failed, or has not come to its end

	Due    time.Time `json:"due,omitzero"`    // when the time alone may change results: a day or a period has ended
	Window time.Time `json:"window,omitzero"` // when the window begins or ends next
	Cases  time.Time `json:"cases,omitzero"`  // when a case becomes overdue, or is handed up
	News   time.Time `json:"news,omitzero"`   // when there is something to do for what is in the outbox

	Again    bool  `json:"-"` // something has changed since
	Forms    Forms `json:"-"`
	revision int64
}

// Forms says which of a survey's forms is in place.
type Forms struct {
	Of    string    `json:"of"`             // the questionnaire and the site that they are of
	Until time.Time `json:"until,omitzero"` // when they are to be looked at again; zero for never
}

func lookOf(i item) Look {
	var l Look
	if json.Unmarshal([]byte(textOf(i, body)), &l) != nil || l.Version != lookVersion {
		l = Look{}
	}
	_ = json.Unmarshal([]byte(textOf(i, lookForms)), &l.Forms) // without it, they are looked at
	l.revision, _ = integerOf(i, counter)
	again, _ := i[lookAgain].(*types.AttributeValueMemberBOOL)
	l.Again = again != nil && again.Value
	return l
}

// Looks returns what the last looks found, by survey. The read is strongly consistent.
func (t *Table) Looks(ctx context.Context) (map[string]Look, error) {
	looks := map[string]Look{}
	for i, err := range t.items(ctx, looksKey) {
		if err != nil {
			return nil, err
		}
		looks[textOf(i, sortKey)] = lookOf(i)
	}
	return looks, nil
}

// Look returns what the last look at a survey found. The read is strongly consistent.
func (t *Table) Look(ctx context.Context, survey string) (Look, error) {
	i, err := t.get(ctx, looksKey, survey)
	return lookOf(i), err
}

// SaveLook replaces what the last look at a survey found, unless another one has or something has changed since l was read: then
// it returns [store.ErrStale]. Of a look that is only begun, what has changed since the one before stays to be looked at.
func (t *Table) SaveLook(ctx context.Context, survey string, l *Look, begun bool) error {
	l.Version = lookVersion
	data, err := json.Marshal(l)
	if err != nil {
		return t.wrap(err)
	}
	update := &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: key(looksKey, survey),
		UpdateExpression:          aws.String("SET #body = :body, #revision = :next REMOVE #again"),
		ConditionExpression:       aws.String("#revision = :revision"),
		ExpressionAttributeNames:  map[string]string{"#body": body, "#revision": counter, "#again": lookAgain},
		ExpressionAttributeValues: item{":body": text(string(data)), ":revision": number(l.revision), ":next": number(l.revision + 1)},
	}
	if begun {
		update.UpdateExpression = aws.String("SET #body = :body, #revision = :next")
		delete(update.ExpressionAttributeNames, "#again")
	}
	if l.revision == 0 {
		update.ConditionExpression = aws.String("attribute_not_exists(#revision)")
		delete(update.ExpressionAttributeValues, ":revision")
	}
	_, err = t.client.UpdateItem(ctx, update)
	if stale(err) {
		return store.ErrStale
	}
	if err != nil {
		return t.wrap(err)
	}
	l.revision++
	l.Again = l.Again && begun
	return nil
}

// LookAgain says that something has changed of a survey, after it has.
func (t *Table) LookAgain(ctx context.Context, survey string) error {
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: key(looksKey, survey), UpdateExpression: aws.String("SET #again = :true ADD #revision :one"),
		ExpressionAttributeNames:  map[string]string{"#again": lookAgain, "#revision": counter},
		ExpressionAttributeValues: item{":true": &types.AttributeValueMemberBOOL{Value: true}, ":one": number(1)},
	})
	return t.wrap(err)
}

// SaveForms says which forms of a survey are in place.
func (t *Table) SaveForms(ctx context.Context, survey string, f Forms) error {
	data, err := json.Marshal(f)
	if err != nil {
		return t.wrap(err)
	}
	_, err = t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: key(looksKey, survey), UpdateExpression: aws.String("SET #forms = :forms"),
		ExpressionAttributeNames: map[string]string{"#forms": lookForms}, ExpressionAttributeValues: item{":forms": text(string(data))},
	})
	return t.wrap(err)
}

// versionsAtOnce is how many calls read which versions are in force, at a time.
const versionsAtOnce = 10

// InForce returns the versions that are in force of surveys, by survey. The read is strongly consistent.
func (t *Table) InForce(ctx context.Context, surveys []string) (map[string]string, error) {
	versions := make(map[string]string, len(surveys))
	var mu sync.Mutex
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(versionsAtOnce)
	for some := range slices.Chunk(surveys, segmentsAtOnce) {
		group.Go(func() error {
			keys := make([]item, len(some))
			for n, id := range some {
				keys[n] = key("D#"+id, current)
			}
			found, err := t.batch(within, keys, "")
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range some {
				if v := textOf(found["D#"+id], version); v != "" {
					versions[id] = v
				}
			}
			return nil
		})
	}
	return versions, group.Wait()
}

// waitingAtOnce is how many shards of a survey are asked at a time whether anything waits there.
const waitingAtOnce = 4

// errWaits ends a search.
var errWaits = errors.New("something waits")

// Waits reports whether anything of a survey waits to be published that the stream may have lost: a response in a shard where
// [Table.Collect] looks for it, or a wish to take one back. It costs a read for each shard, and reads at most one item of each.
func (t *Table) Waits(ctx context.Context, s *survey.Survey) (bool, error) {
	periods, err := t.collected(ctx, s.ID, s)
	if err != nil {
		return false, err
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(waitingAtOnce)
	group.Go(func() error { return t.waitsAt(within, "W#"+s.ID) })
	for _, period := range periods {
		n, err := t.readShards(ctx, s.ID, period)
		if err != nil {
			return false, errors.Join(err, ignoreWaits(group.Wait()))
		}
		for shard := range n {
			if within.Err() != nil {
				break
			}
			group.Go(func() error { return t.waitsAt(within, shardKey(s.ID, period, shard)) })
		}
	}
	err = group.Wait()
	return errors.Is(err, errWaits), ignoreWaits(err)
}

func ignoreWaits(err error) error {
	if errors.Is(err, errWaits) {
		return nil
	}
	return err
}

// waitsAt returns errWaits if there is anything in a partition.
func (t *Table) waitsAt(ctx context.Context, pk string) error {
	page, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true), Limit: aws.Int32(1), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: item{":pk": text(pk)},
	})
	if err != nil {
		return t.wrap(err)
	}
	if len(page.Items) > 0 {
		return errWaits
	}
	return nil
}

// publishedKey is the sort key, beside the site's assets, of when the site was published last.
const publishedKey = "published"

// MarkPublished says that a site has been published, after everything of it is in place.
func (t *Table) MarkPublished(ctx context.Context) error {
	i := key(siteKey, publishedKey)
	i[body] = text(fmt.Sprintf("1 %d", t.now().UnixNano()))
	return t.put(ctx, i)
}

// Published tells one publication of the site from another; "" before the first one, and of earlier versions. The read is
// strongly consistent.
func (t *Table) Published(ctx context.Context) (string, error) {
	i, err := t.get(ctx, siteKey, publishedKey)
	return textOf(i, body), err
}
