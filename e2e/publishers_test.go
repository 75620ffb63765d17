package e2e

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"glasspoll/e2e/aws"
	"glasspoll/internal/soak"
)

// deliverTo invokes a publisher with records. What it returns as failed is lost: nobody sends it again.
func deliverTo(t *testing.T, f *aws.Function, records []events.DynamoDBEventRecord) {
	t.Helper()
	if len(records) == 0 {
		return
	}
	raw, err := f.Invoke(t.Context(), events.DynamoDBEvent{Records: records})
	var reply events.DynamoDBEventResponse
	if err == nil {
		err = json.Unmarshal(raw, &reply)
	}
	if err != nil && !errors.Is(err, aws.ErrKilled) {
		t.Error(err)
	}
}

// disturbed returns the records of a stream as they may come: some are lost, some come twice, in any order.
func disturbed(r *rand.Rand, records []events.DynamoDBEventRecord) (all []events.DynamoDBEventRecord) {
	for _, record := range records {
		for range r.IntN(3) {
			all = append(all, record)
		}
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// publishTogether lets respondents send answers while several publishers work on the same survey: each gets some of the stream's
// records, lost, doubled and out of order, or makes a round. Turns are taken away from whoever has one. At last all records are
// lost, and a round alone makes up for it.
func publishTogether(t *testing.T, d *deployment, r *respondents, publishers []*aws.Function, rounds int) {
	t.Helper()
	s := followStream(t, d)
	stop := d.watch(r.count)
	var records []events.DynamoDBEventRecord
	for seed := range rounds {
		random := rand.New(rand.NewPCG(uint64(seed), 7))
		var wait sync.WaitGroup
		wait.Go(func() { r.sendNew(4) })
		for i, p := range publishers {
			batch := disturbed(random, records)
			wait.Go(func() {
				if i%len(publishers) == seed%len(publishers) {
					p.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"})
					return
				}
				deliverTo(t, p, batch)
			})
		}
		if seed%2 == 1 {
			wait.Go(d.endTurns)
		}
		wait.Wait()
		r.sendAgain()
		records = s.newRecords()
	}
	r.sendNew(3)
	r.sendAgain()
	d.endTurns()
	for deadline := time.Now().Add(patience); d.publicFigures().Respondents != r.count(); time.Sleep(50 * time.Millisecond) {
		if _, err := publishers[0].Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("rounds publish %+v of %d\n%s", d.publicFigures(), r.count(), d.log)
		}
	}
	stop()
	d.checkCounted(t, r, nil)
}

// TestOnAWSFourPublishers has four publishers at work on one survey, as when the table's stream has as many shards.
func TestOnAWSFourPublishers(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	r := newRespondents(d, "service", serviceSubmission, d.submit, d.another(d.submit))
	publishTogether(t, d, r, []*aws.Function{d.publish, d.another(d.publish), d.another(d.publish), d.another(d.publish)}, soak.Cases(8, 300))
}

// TestOnAWSBesideAnEarlierVersion has functions of an earlier version at work on the same table, as during an upgrade, and after a
// way back. GLASSPOLL_EARLIER is a directory with its functions, as `go build -o DIR/publish ./functions/publish` makes them.
func TestOnAWSBesideAnEarlierVersion(t *testing.T) {
	t.Parallel()
	earlier := os.Getenv("GLASSPOLL_EARLIER")
	if earlier == "" {
		t.Skip("GLASSPOLL_EARLIER names no directory with functions of an earlier version")
	}
	d := deploy(t)
	old := func(f *aws.Function) *aws.Function {
		o := d.another(f)
		o.Binary = filepath.Join(earlier, filepath.Base(f.Binary))
		return o
	}
	r := newRespondents(d, "service", serviceSubmission, d.submit, old(d.submit))
	publishers := []*aws.Function{d.publish, old(d.publish), d.another(d.publish), old(d.publish)}
	publishTogether(t, d, r, publishers, soak.Cases(12, 300))
	slices.Reverse(publishers) // the last rounds are those of the earlier version
	publishTogether(t, d, r, publishers, soak.Cases(4, 100))
	publishers = publishers[:1]
	r.functions = r.functions[1:]
	publishTogether(t, d, r, publishers, 2)
	publishTogether(t, d, r, []*aws.Function{d.publish}, 2)
}
