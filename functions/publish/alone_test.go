package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// TestFinishKeepsNobodyWaiting finishes what is left of surveys of which one has a work list that cannot be read, one is not known, and
// one never comes to its end: the last one is published within the time that the function has.
func TestFinishKeepsNobodyWaiting(t *testing.T) {
	withSurveys(t, 3, "", func(t *testing.T, s *stack, _ *survey.Survey) {
		table := s.table()
		for _, id := range []string{"a-stranger", "s0000", "s0001", "s0002"} {
			if own, _, err := table.BeginTurn(t.Context(), id, store.Work{Names: []string{store.Everything}}); own == nil || err != nil {
				t.Fatal(own, err)
			}
		}
		newer := &dynamodb.UpdateItemInput{TableName: aws.String("polls"), UpdateExpression: aws.String("SET #version = :nine"),
			Key:                       map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "U"}, "SK": &types.AttributeValueMemberS{Value: "s0000"}},
			ExpressionAttributeNames:  map[string]string{"#version": "version"},
			ExpressionAttributeValues: map[string]types.AttributeValue{":nine": &types.AttributeValueMemberN{Value: "9"}}}
		if _, err := s.server.Client(cloudtest.Hooks{}).SDK().UpdateItem(t.Context(), newer); err != nil {
			t.Fatal(err)
		}
		s.stop = func(ctx context.Context, c cloudtest.Call) error {
			if strings.Contains(c.Key(), "L#s0001") {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		time.Sleep(time.Minute) // the turns are over
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		if _, err := s.function().handle(ctx, []byte(`{"finish": true}`)); err == nil || !strings.Contains(err.Error(), "s0000") {
			t.Errorf("the run says %v", err)
		}
		left, err := table.Unfinished(t.Context())
		if err != nil || slices.Contains(left, "s0002") || !slices.Contains(left, "s0000") || !slices.Contains(left, "s0001") {
			t.Errorf("left: %v, %v", left, err)
		}
		if log := s.log.String(); !strings.Contains(log, `"msg":"published"`) {
			t.Errorf("nothing is published:\n%s", log)
		}
	})
}

// TestNewsKeepsNobodyWaiting announces surveys of which the first cannot be read.
func TestNewsKeepsNobodyWaiting(t *testing.T) {
	withSurveys(t, 2, "window: {from: 2026-10-14, until: 2026-10-30}\n", func(t *testing.T, s *stack, _ *survey.Survey) {
		f := s.function()
		for _, id := range s.ids {
			if err := f.table.SaveLook(t.Context(), id, &cloud.Look{Window: time.Now()}, false); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.news.use("GLASSPOLL_NEWS_SLACK=https://hooks.slack.com/services/T/B/x"); err != nil {
			t.Fatal(err)
		}
		f.news.read = time.Now()
		broken := errors.New("broken")
		s.stop = func(_ context.Context, c cloudtest.Call) error {
			if strings.Contains(c.Key(), "D#s0000") || strings.Contains(c.Key(), turn) { // and nobody is told
				return broken
			}
			return nil
		}
		if _, err := f.handle(t.Context(), []byte(`{"news": true}`)); !errors.Is(err, broken) {
			t.Errorf("the run says %v", err)
		}
		if items, err := f.table.News(t.Context(), "s0001"); err != nil || len(items) == 0 {
			t.Errorf("announced: %v, %v", items, err)
		}
	})
}

// TestLookOfAClockAhead looks at a survey that a process with a wrong clock has looked at last.
func TestLookOfAClockAhead(t *testing.T) {
	now := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	for ahead, want := range map[time.Duration]action{0: nothing, time.Minute: nothing, 24 * time.Hour: publishes} {
		at := now.Add(ahead)
		v := view{now: now, edition: "e", sweeps: true}
		l := cloud.Look{Version: 1, InForce: "v", Edition: "e", Tried: at, Swept: at, Due: at.Add(time.Hour), Moved: now.Add(-sweepEvery)}
		if got := v.actionOf(task{survey: "tea", version: "v", look: l}); got != want {
			t.Errorf("%v ahead: %v, want %v", ahead, got, want)
		}
	}
}
