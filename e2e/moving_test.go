package e2e

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/transfer"
)

// movable is what both kinds of stores are, to the test below.
type movable interface {
	transfer.Target
	store.Responses
}

// moving is a store to which answers come while another one is carried.
type moving struct {
	movable
	came func()
}

// After lets an answer come after each that is read.
func (m moving) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for e, err := range m.movable.After(ctx, survey, period, cursor) {
			if !yield(e, err) {
				return
			}
			m.came()
		}
	}
}

func movedResponse(s string, version string, n int) answer.Response {
	r := answer.Response{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Survey: s, Version: version, Period: []string{"2026-Q3", "2026-Q4"}[n%2],
		Language: "en", Answers: []answer.Answer{{"overall", fmt.Sprint(1 + n%5)}},
	}
	if n%3 == 0 {
		r.Private = []answer.Answer{{"mail", fmt.Sprintf("person%d@example.com", n)}}
	}
	return r
}

// everything returns the responses of a store by id.
func everything(t *testing.T, s movable, survey string) map[string]answer.Response {
	t.Helper()
	if err := s.Collect(t.Context(), survey, "2026-Q3", "2026-Q4"); err != nil {
		t.Fatal(err)
	}
	periods, err := s.Periods(t.Context(), survey)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]answer.Response{}
	for _, period := range periods {
		for e, err := range s.After(t.Context(), survey, period, "") {
			if err != nil {
				t.Fatal(err)
			}
			r := e.Response
			if r.Private, err = s.Private(t.Context(), survey, period, r.ID); err != nil {
				t.Fatal(err)
			}
			if _, twice := all[r.ID]; twice {
				t.Errorf("%s is stored twice", r.ID)
			}
			all[r.ID] = r
		}
	}
	return all
}

// TestMoveToAWSAndBack carries a data directory to a table and the table to another directory, while answers come in and are
// erased.
func TestMoveToAWSAndBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": dynamoDB(t)}
	client, name := newDynamoDBClient(func(key string) string { return env[key] }), uniqueName()
	if _, err := client.CreateTable(ctx, cloud.Schema(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	s, problems := questionnaire.Parse("service.yaml", []byte(verbsSurvey))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	dir := t.TempDir()
	open := func(dir string) *local.Store {
		t.Helper()
		opened, err := local.Open(filepath.Join(dir, "glasspoll.db"))
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}
	one, two, table := filepath.Join(dir, "one"), filepath.Join(dir, "two"), cloud.NewTable(client, name, cloud.Options{})
	here := open(one)
	if err := here.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	next := 0
	put := func(into movable, n int) {
		t.Helper()
		for range n {
			if _, err := into.Put(ctx, movedResponse(s.ID, s.Version, next)); err != nil {
				t.Fatal(err)
			}
			next++
		}
	}
	erase := func(in movable, n int) {
		t.Helper()
		if erased, err := in.Erase(ctx, s.ID, movedResponse(s.ID, s.Version, n).ID, nil); err != nil || !erased {
			t.Fatal(erased, err)
		}
	}
	move := func(from, to movable, came func()) {
		t.Helper()
		report, err := transfer.Move(ctx, moving{from, came}, to, transfer.Options{Source: "the test", Now: time.Now})
		if err != nil || len(report.Differences) > 0 {
			t.Fatal(report, err)
		}
	}
	put(here, 20)
	erase(here, 3)
	move(here, table, func() {
		if next < 40 {
			put(here, 1)
		}
	})
	erase(here, 5)
	put(table, 4)
	put(here, 4)
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	command := func(arguments ...string) {
		t.Helper()
		c := exec.CommandContext(ctx, binary, append([]string{"results", "move"}, arguments...)...)
		c.Env = append(os.Environ(), "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
		for key, value := range env {
			c.Env = append(c.Env, key+"="+value)
		}
		var out, text bytes.Buffer
		c.Stdout, c.Stderr = &out, &text
		if err := c.Run(); err != nil || !strings.Contains(out.String(), "has everything") {
			t.Fatalf("%v: %v\n%s%s", arguments, err, &out, &text)
		}
	}
	command(one, "table:"+name)

	there := open(two)
	came := 0
	move(table, there, func() {
		if came++; came%5 == 0 && next < 60 {
			put(table, 1)
		}
	})
	erase(table, 20)
	if err := there.Close(); err != nil {
		t.Fatal(err)
	}
	command("table:"+name, two)
	command("table:"+name, two, "--check")

	there = open(two)
	defer there.Close()
	want, got := everything(t, table, s.ID), everything(t, there, s.ID)
	if len(got) != next || !reflect.DeepEqual(got, want) {
		t.Errorf("%d responses, %d in the table, want %d", len(got), len(want), next)
	}
	for n := range next {
		r := movedResponse(s.ID, s.Version, n)
		mine := got[r.ID]
		if n == 3 || n == 5 || n == 20 {
			r = r.Tombstone(nil)
		}
		if !reflect.DeepEqual(mine, r) {
			t.Errorf("response %d is %+v, want %+v", n, mine, r)
		}
	}
	if inForce, err := there.Definition(ctx, s.ID, ""); err != nil || inForce.Version != s.Version {
		t.Errorf("in force: %v, %v", inForce, err)
	}
}
