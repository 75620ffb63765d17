package e2e

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/e2e/aws"
	"glasspoll/internal/answer"
	"glasspoll/internal/soak"
)

// respondents send answers as templates/send.js does: the same again while there is no reply, or one of 429 or 5xx. They remember
// what they were told.
type respondents struct {
	d         *deployment
	survey    string
	functions []*aws.Function // which take submissions
	submit    func(n int) string

	mu           sync.Mutex
	next         int
	pending      []int // sent, and not acknowledged
	sent         map[string]bool
	acknowledged map[string]bool
	counts       map[string]int // acknowledged, by the answer to overall
	retried      int            // tries that were not acknowledged
}

func newRespondents(d *deployment, survey string, submit func(n int) string, functions ...*aws.Function) *respondents {
	return &respondents{d: d, survey: survey, functions: functions, submit: submit, sent: map[string]bool{}, acknowledged: map[string]bool{}, counts: map[string]int{}}
}

// count returns how many have sent answers.
func (r *respondents) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// sendNew lets n respondents more send their answers once, and waits for the replies.
func (r *respondents) sendNew(n int) {
	r.d.t.Helper()
	r.mu.Lock()
	first := r.next
	r.next += n
	for i := first; i < r.next; i++ {
		r.pending = append(r.pending, i)
	}
	r.mu.Unlock()
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { r.try(first + i) })
	}
	wait.Wait()
}

// sendAgain sends what is pending again, until it is acknowledged.
func (r *respondents) sendAgain() {
	r.d.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		r.mu.Lock()
		left := slices.Clone(r.pending)
		r.mu.Unlock()
		if len(left) == 0 || r.d.t.Failed() {
			return
		}
		if time.Now().After(deadline) {
			r.d.t.Errorf("%d answers to %s are not taken, though the network works:\n%s", len(left), r.survey, r.d.log)
			return
		}
		for _, n := range left {
			r.try(n)
		}
	}
}

// try sends the answers of respondent n once.
func (r *respondents) try(n int) {
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	r.mu.Lock()
	r.sent[id] = true
	r.mu.Unlock()
	status, reply := r.d.invoke(r.functions[n%len(r.functions)], http.MethodPost, "/api/surveys/"+r.survey+"/responses", r.submit(n))
	r.mu.Lock()
	defer r.mu.Unlock()
	var stored struct{ ID, Receipt string }
	switch {
	case status == http.StatusCreated || status == http.StatusOK:
		if err := json.Unmarshal([]byte(reply), &stored); err != nil || stored.ID != id || stored.Receipt == "" {
			r.d.t.Errorf("%s was acknowledged as %s", id, reply)
		}
		r.acknowledged[id] = true
		r.counts[fmt.Sprint(n%5+1)]++
		r.pending = slices.DeleteFunc(r.pending, func(one int) bool { return one == n })
	case status == 0 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		r.retried++
	default: // the page sends this again never
		r.d.t.Errorf("%s was refused for good: %d %s", id, status, reply)
	}
}

// invoke has a function answer a request. The status is 0 if there is no reply.
func (d *deployment) invoke(f *aws.Function, method, address, body string) (status int, reply string) {
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: address, Headers: map[string]string{"content-type": "application/json", "host": "polls.example"}, Body: body}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, "203.0.113.7"
	raw, err := f.Invoke(d.t.Context(), e)
	var r events.APIGatewayV2HTTPResponse
	if err != nil || json.Unmarshal(raw, &r) != nil {
		return 0, ""
	}
	return r.StatusCode, r.Body
}

// another returns one more process of a function.
func (d *deployment) another(f *aws.Function) *aws.Function {
	d.t.Helper()
	more := &aws.Function{Binary: f.Binary, Env: slices.Clone(f.Env), Timeout: f.Timeout, Log: f.Log}
	if err := more.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(more.Stop)
	return more
}

// network puts a network between a store and functions that have not run yet; variable is that of their environment which names
// the store.
func (d *deployment) network(variable string, store *aws.Proxy, functions []*aws.Function) *aws.Network {
	d.t.Helper()
	n, err := aws.NewNetwork(store.URL)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(n.Stop)
	for _, f := range functions {
		for i, pair := range f.Env {
			if strings.HasPrefix(pair, variable+"=") {
				f.Env[i] = variable + "=" + n.URL
			}
		}
	}
	return n
}

// watch looks at the page until the function that it returns is called, and fails if it ever goes back, is cut off, or counts more
// than were sent.
func (d *deployment) watch(sent func() int) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var seen figures
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
			out, err := d.bucket.GetObject(d.t.Context(), &s3.GetObjectInput{Bucket: sdk.String(d.name()), Key: sdk.String("service/results/results.json")})
			if err != nil {
				continue // not there yet
			}
			var now figures
			err = json.NewDecoder(out.Body).Decode(&now)
			out.Body.Close()
			if err != nil || now.Revision < seen.Revision || now.Respondents < seen.Respondents || now.Respondents > sent() {
				d.t.Errorf("the page went from %+v to %+v (%v), and %d have sent answers", seen, now, err, sent())
				return
			}
			seen = now
		}
	}()
	return func() { close(done); <-ended }
}

// publishUntilDone delivers a batch of the stream again and again until nothing of it has failed, as the event source mapping does.
func (d *deployment) publishUntilDone() {
	d.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		d.endTurns()
		err := d.publishChanges()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%v\n%s", err, d.log)
		}
	}
}

// badNetworks are the conditions that networks are tried in. Those that leave a call without a reply come in both directions: the
// store has not seen the call, or it has done it.
var badNetworks = []struct {
	name       string
	conditions []aws.Condition
}{
	{"slow with jitter, and narrow", []aws.Condition{
		{Kind: "latency", Attributes: map[string]int{"latency": 15, "jitter": 14}}, {Kind: "latency", Upstream: true, Attributes: map[string]int{"latency": 10, "jitter": 9}},
		{Kind: "bandwidth", Attributes: map[string]int{"rate": 50}}, {Kind: "slicer", Attributes: map[string]int{"average_size": 100, "size_variation": 50, "delay": 50}},
	}},
	{"calls reset", []aws.Condition{{Kind: "reset_peer", Upstream: true}}},
	{"replies reset", []aws.Condition{{Kind: "reset_peer"}}},
	{"calls swallowed, then closed", []aws.Condition{{Kind: "timeout", Upstream: true, Attributes: map[string]int{"timeout": 100}}}},
	{"replies swallowed", []aws.Condition{{Kind: "timeout", Attributes: map[string]int{"timeout": 0}}}},
	{"half open", []aws.Condition{{Kind: "half_open", Upstream: true}, {Kind: "half_open"}}},
	{"replies cut in their head", []aws.Condition{{Kind: "limit_data", Attributes: map[string]int{"bytes": 60}}}},
	{"replies cut in their body", []aws.Condition{{Kind: "limit_data", Attributes: map[string]int{"bytes": 400}}}},
	{"calls cut", []aws.Condition{{Kind: "limit_data", Upstream: true, Attributes: map[string]int{"bytes": 1500}}}},
}

// badTimes is a deployment whose functions reach their stores through networks, and those who use it.
type badTimes struct {
	*deployment
	toTable, toBucket *aws.Network
	round, archive    *aws.Function
	functions         []*aws.Function
	open, invited     *respondents
	link              string // that is not used
	old               []string
	publishersFailed  int
}

// newBadTimes makes a deployment in which a period is over, and another one has an answer. All functions have connections.
func newBadTimes(t *testing.T, invitations int) *badTimes {
	t.Helper()
	d := deploy(t)
	secrets := d.inviteMany(t, d.guests(t), invitations+1)
	archives := archivesOf(d)
	if _, err := d.bucket.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &archives}); err != nil {
		t.Fatal(err)
	}
	b := &badTimes{deployment: d, round: d.another(d.publish), archive: d.function("archive", nil), link: "/i/" + secrets[invitations]}
	b.archive.Env = append(slices.Clone(d.publish.Env), "ARCHIVES="+archives, "TMPDIR="+t.TempDir())
	submit := []*aws.Function{d.submit, d.another(d.submit), d.another(d.submit)}
	b.functions = append(submit, d.invite, d.publish, b.round, b.archive)
	b.toTable, b.toBucket = d.network("DYNAMODB_ENDPOINT", d.database, b.functions), d.network("S3_ENDPOINT", d.files, b.functions)
	b.open = newRespondents(d, "service", serviceSubmission, submit...)
	b.invited = newRespondents(d, "guests", func(n int) string { return invitedSubmission(secrets[n], n) }, submit...)
	b.open.sendNew(1)
	b.invited.sendNew(1)
	d.publishUntilDone()
	b.old = d.putOld(t)
	return b
}

func archivesOf(d *deployment) string { return d.name() + "-archives" }

// TestOnAWSBadNetworks sends answers and follows links, publishes, makes rounds and archives while the network fails in one way
// after the other; then what was not acknowledged is sent again, as the page does. After each, an independent recount of the table
// and of the public page finds what was acknowledged, once.
func TestOnAWSBadNetworks(t *testing.T) {
	t.Parallel()
	rounds := soak.Cases(1, 20)
	b := newBadTimes(t, rounds*len(badNetworks)+2)
	stop := b.watch(b.open.count)
	for range rounds {
		for _, bad := range badNetworks {
			begin := time.Now()
			b.through(t, bad.conditions)
			t.Logf("%s: %d submissions had to be sent again so far, %d publishers failed; took %v", bad.name, b.open.retried+b.invited.retried, b.publishersFailed,
				time.Since(begin).Round(time.Millisecond))
			b.checkCounted(t, b.open, b.old)
			b.checkGuests(t, b.invited)
			if t.Failed() {
				t.Fatalf("after %s:\n%s", bad.name, b.log)
			}
		}
	}
	stop()
	if b.open.retried == 0 || b.invited.retried == 0 || b.publishersFailed == 0 {
		t.Error("nothing had to be done again: the networks were too good")
	}
	if status, _ := b.invoke(b.invite, http.MethodGet, b.link, ""); status != http.StatusSeeOther {
		t.Errorf("a link that was not used: %d", status)
	}
	if _, err := b.archive.Invoke(t.Context(), map[string]string{}); err != nil {
		t.Error(err)
	}
	checkArchiveOf(t, fetchArchive(t.Context(), t, b.bucket, archivesOf(b.deployment)), b.old)
}

// through lets everybody work while first the table and then the bucket is reached through a bad network, and completes the work
// when it is good again.
func (b *badTimes) through(t *testing.T, conditions []aws.Condition) {
	t.Helper()
	b.limit(1500*time.Millisecond, 3*time.Second)
	if err := b.toTable.Impair(conditions...); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() { b.open.sendNew(2) })
	wait.Go(func() { b.invited.sendNew(1) })
	wait.Go(func() { b.invoke(b.invite, http.MethodGet, b.link, "") })
	wait.Go(func() { b.publishChanges() })
	wait.Go(func() { b.round.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}) })
	wait.Go(func() { b.archive.Invoke(t.Context(), map[string]string{}) })
	wait.Wait()
	if err := b.toTable.Restore(); err != nil {
		t.Fatal(err)
	}
	b.limit(30*time.Second, 3*time.Second)
	b.open.sendAgain()
	b.invited.sendAgain()
	b.endTurns()
	if err := b.toBucket.Impair(conditions...); err != nil {
		t.Fatal(err)
	}
	if b.publishChanges() != nil {
		b.publishersFailed++
	}
	if err := b.toBucket.Restore(); err != nil {
		t.Fatal(err)
	}
	b.limit(30*time.Second, 30*time.Second)
	b.publishUntilDone()
	b.endTurns()
	if _, err := b.round.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
		t.Errorf("the round afterwards: %v", err)
	}
}

// limit sets the time limits of the functions that answer respondents, and of the others.
func (b *badTimes) limit(answering, others time.Duration) {
	for _, f := range b.functions {
		f.Timeout = answering
		if f == b.publish || f == b.round || f == b.archive {
			f.Timeout = others
		}
	}
}

// oldPeriod is a period that is over.
const oldPeriod = "2020-Q1"

// putOld stores answers of a period that is over, and publishes them. It returns their ids.
func (d *deployment) putOld(t *testing.T) (ids []string) {
	t.Helper()
	for i := range 3 {
		id := fmt.Sprintf("10000000-0000-4000-8000-%012d", i)
		ids = append(ids, id)
		r := answer.Response{ID: id, Survey: "service", Version: d.survey.Version, Period: oldPeriod, Language: "en", Answers: []answer.Answer{{"overall", "3"}}}
		if created, err := d.table.Put(t.Context(), r); err != nil || !created {
			t.Fatal(created, err)
		}
	}
	if err := d.publishChanges(oldPeriod); err != nil {
		t.Fatal(err)
	}
	return ids
}

// checkCounted recounts the open survey.
func (d *deployment) checkCounted(t *testing.T, r *respondents, old []string) {
	t.Helper()
	c := recountOf(t, d.allItems(t, d.name()), "service")
	sent, acknowledged := map[string]bool{}, map[string]bool{}
	for id := range r.sent {
		sent[id] = true
	}
	for id := range r.acknowledged {
		acknowledged[id] = true
	}
	for _, id := range old {
		sent[id], acknowledged[id] = true, true
	}
	c.checkLogs(sent, acknowledged)
	c.wantEntries(oldPeriod, len(old))
	c.checkTallies(todayIn(t, d.survey.Timezone))
	c.checkPages(d.objects(t), "overall", r.counts)
	c.report(t)
}

// checkGuests recounts the survey for the invited: as many invitations are used as answers are stored.
func (d *deployment) checkGuests(t *testing.T, r *respondents) {
	t.Helper()
	c := recountOf(t, d.allItems(t, d.name()), "guests")
	c.checkLogs(r.sent, r.acknowledged)
	c.checkTallies(todayIn(t, "Asia/Shanghai"))
	used := 0
	for key, item := range d.invitedItems(t) {
		if strings.HasPrefix(key[0], "V#") && item["used"] != nil {
			used++
		}
	}
	if used != len(r.acknowledged) {
		t.Errorf("%d invitations are used, and %d answers were acknowledged", used, len(r.acknowledged))
	}
	c.report(t)
}

// checkArchiveOf checks that an archive has each of some answers once.
func checkArchiveOf(t *testing.T, name string, ids []string) {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	lines := 0
	for _, f := range z.File {
		if filepath.Ext(f.Name) != ".jsonl" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		for scan := bufio.NewScanner(r); scan.Scan(); {
			lines++
		}
		r.Close()
	}
	if lines != len(ids) {
		t.Errorf("the archive has %d lines of %d answers", lines, len(ids))
	}
}
