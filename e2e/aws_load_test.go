package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/internal/cloud"
)

// A loadSite passes answers to a deployment's form handler, as its API does.
type loadSite struct {
	*httptest.Server

	posts  atomic.Int64
	onPost func(n int) // before the n-th is passed on, from 1
	mu     sync.Mutex  // a process of a function takes one event at a time
}

func (d *deployment) loadSite(onPost func(n int)) *loadSite {
	site := &loadSite{onPost: onPost}
	site.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		survey, found := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/api/surveys/"), "/responses")
		if err != nil || !found {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		if n := int(site.posts.Add(1)); site.onPost != nil {
			site.onPost(n)
		}
		site.mu.Lock()
		defer site.mu.Unlock()
		reply, err := d.postTo(survey, r.Header.Get("Content-Type"), string(body), false)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		for name, value := range reply.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(reply.StatusCode)
		io.WriteString(w, reply.Body)
	}))
	d.t.Cleanup(site.Close)
	return site
}

// publishOften invokes the publisher again and again, as its schedule does, until stop is called, which waits for the last run.
func (d *deployment) publishOften() (stop func()) {
	ctx, cancel := context.WithCancel(d.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if _, err := d.publish.Invoke(d.t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
				d.t.Error(err)
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

// everything lists the keys of both tables and of the bucket, sorted.
func (d *deployment) everything() []string {
	d.t.Helper()
	var all []string
	for _, table := range []string{d.name(), cloud.InvitationTable(d.name())} {
		pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: sdk.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(d.t.Context())
			if err != nil {
				d.t.Fatal(err)
			}
			for _, i := range page.Items {
				if pk, sk := i["PK"].(*types.AttributeValueMemberS).Value, i["SK"].(*types.AttributeValueMemberS).Value; pk == "R" && sk == "_" {
					continue // of cases that belong to no survey: any round leaves it
				}
				all = append(all, table+" "+i["PK"].(*types.AttributeValueMemberS).Value+" "+i["SK"].(*types.AttributeValueMemberS).Value)
			}
		}
	}
	files, err := d.bucket.ListObjectsV2(d.t.Context(), &s3.ListObjectsV2Input{Bucket: sdk.String(d.name())})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, file := range files.Contents {
		all = append(all, "file "+*file.Key)
	}
	slices.Sort(all)
	return all
}

// row returns what a line of a load test's table says.
func row(out, name string) string {
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` +(.*)$`).FindStringSubmatch(out)
	if line == nil {
		return "no line"
	}
	return strings.TrimSpace(line[1])
}

// deployWithAnswer makes a deployment that has published one answer.
func deployWithAnswer(t *testing.T) *deployment {
	t.Helper()
	d := deploy(t)
	if reply, err := d.post("application/json", serviceSubmission(1), false); err != nil || reply.StatusCode != 201 {
		t.Fatal(reply, err)
	}
	if err := d.publishChanges(); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOnAWSLoadTest runs `glasspoll deploy load` against the functions: it counts exactly, and leaves nothing.
func TestOnAWSLoadTest(t *testing.T) {
	t.Parallel()
	d := deployWithAnswer(t)
	was := d.everything()
	counting := make(chan func(), 1)
	site := d.loadSite(func(n int) {
		if n == 100 {
			counting <- d.publishOften()
		}
	})
	// What the publisher is at when the survey is closed has ended within the time to settle.
	out, err := d.run(t.Context(), "deploy", "load", "--url", site.URL, "--table", d.name(), "--rate", "400", "--ramp", "0s", "--for", "500ms", "--errors", "100", "--settle", "100ms", "--yes")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	(<-counting)()
	for name, want := range map[string]string{
		"planned": "200", "refused": "0", "failed": "0", "in the log": "200", "acknowledged, and not stored": "0",
		"stored more than once": "0", "stored with other answers": "0", "stored, and never sent": "0",
	} {
		if got := row(out, name); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
	// One whose reply came too late is acknowledged when it is sent again.
	stored, errStored := strconv.Atoi(row(out, "stored"))
	before, errBefore := strconv.Atoi(row(out, "stored before, by a try whose reply was lost"))
	if err := errors.Join(errStored, errBefore); err != nil || stored+before != 200 {
		t.Errorf("%d and %d are acknowledged, not 200: %v", stored, before, err)
	}
	if counted := row(out, "counted by the publisher"); !strings.HasPrefix(counted, "200,") {
		t.Errorf("counted: %s", counted)
	}
	if after := d.everything(); !slices.Equal(was, after) {
		t.Errorf("what is left is not what was there:\n%s", strings.Join(differ(was, after), "\n"))
	}
	if t.Failed() {
		t.Log(out)
	}
}

// differ lists what only one of two sorted lists has.
func differ(before, after []string) (lines []string) {
	for _, one := range before {
		if !slices.Contains(after, one) {
			lines = append(lines, "- "+one)
		}
	}
	for _, one := range after {
		if !slices.Contains(before, one) {
			lines = append(lines, "+ "+one)
		}
	}
	return lines
}

// TestOnAWSLoadTestKilled kills the command while it sends, and removes what it has left.
func TestOnAWSLoadTestKilled(t *testing.T) {
	t.Parallel()
	d := deployWithAnswer(t)
	before := d.everything()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	site := d.loadSite(func(n int) {
		if n == 60 {
			kill()
		}
	})
	out, err := d.run(ctx, "deploy", "load", "--url", site.URL, "--table", d.name(), "--rate", "200", "--ramp", "0s", "--for", "1s", "--errors", "100", "--settle", "1ms", "--yes")
	if err == nil {
		t.Fatalf("it was not killed:\n%s", out)
	}
	id := regexp.MustCompile(`--clean (loadtest_[0-9a-f]+)`).FindStringSubmatch(out)
	if id == nil {
		t.Fatalf("it has not said how to remove what it leaves:\n%s", out)
	}
	site.Close() // and waits for what is under way
	if _, err := d.publish.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
		t.Fatal(err)
	}
	if now := d.everything(); len(now) < len(before)+20 {
		t.Fatalf("it has left nothing to remove: %s", differ(before, now))
	}
	out, err = d.run(t.Context(), "deploy", "load", "--table", d.name(), "--clean", id[1], "--settle", "1ms")
	if after := d.everything(); err != nil || !slices.Equal(before, after) {
		t.Errorf("%v\n%s\n%s", err, out, strings.Join(differ(before, after), "\n"))
	}
	for _, other := range []string{"service", id[1]} { // somebody's, and one of which nothing is left
		if out, err := d.run(t.Context(), "deploy", "load", "--table", d.name(), "--clean", other, "--settle", "1ms"); err == nil {
			t.Errorf("%s is removed:\n%s", other, out)
		}
	}
	if after := d.everything(); !slices.Equal(before, after) {
		t.Errorf("a survey of people is touched:\n%s", strings.Join(differ(before, after), "\n"))
	}
}
