package cloud

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cloud/cloudtest"
)

// TestSegmentInTransit reads a log whose last segment cannot be seen yet when the head names it.
func TestSegmentInTransit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(parseSurvey(t, "tea", worldSurvey), cloudtest.Options{})
		ctx := t.Context()
		p := w.process(cloudtest.Hooks{}, Options{})
		for i := range 3 {
			if err := p.put(ctx, worldResponse(i, "2026-10")); err != nil {
				t.Fatal(err)
			}
			if err := p.Collect(ctx, "tea", "2026-10"); err != nil {
				t.Fatal(err)
			}
		}
		last := segmentKey("tea", "2026-10", 3)
		segments := w.server.Items(last)
		if len(segments) != 1 {
			t.Fatalf("%d items of %s", len(segments), last)
		}
		w.server.Delete(func(i cloudtest.Item) bool { return textOf(i, partKey) == last })
		calls := 0
		hooks := cloudtest.Hooks{Around: func(ctx context.Context, _ cloudtest.Call, do func() error) error {
			if calls++; calls == 4 { // after the head, all segments, and the last one once more
				if _, err := w.server.Client(cloudtest.Hooks{}).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("polls"), Item: segments[0]}); err != nil {
					t.Error(err)
				}
			}
			return do()
		}}
		n := 0
		for _, err := range w.process(hooks, Options{}).After(ctx, "tea", "2026-10", "") {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 3 {
			t.Errorf("%d entries are read of 3", n)
		}
	})
}
