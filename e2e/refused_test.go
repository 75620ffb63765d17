package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"glasspoll/e2e/aws"
	"glasspoll/internal/answer"
)

// TestOnAWSRefused has the table refuse reads alone, writes alone, or every other call, and the bucket refuse everything, while
// answers are sent by processes that know the questionnaire and by new ones. What is refused can be sent again, and the page says
// so; everything is counted once when the stores take calls again.
func TestOnAWSRefused(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	fresh := d.another(d.submit)
	r := newRespondents(d, "service", serviceSubmission, d.submit, fresh)
	stop := d.watch(r.count)
	r.sendNew(2)
	d.publishUntilDone()
	reads := func(c aws.Call) bool { return strings.Contains(c.Name, "Get") || c.Name == "Query" }
	for _, c := range []struct {
		name   string
		store  *aws.Proxy
		refuse func(aws.Call) bool
		taken  bool // answers are, by who has read the questionnaire lately
	}{
		{"reads of the table", d.database, reads, true},
		{"writes of the table", d.database, func(c aws.Call) bool { return !reads(c) }, false},
		{"half of the calls of the table", d.database, func(c aws.Call) bool { return c.Number%2 == 0 }, false},
		{"the bucket", d.files, func(aws.Call) bool { return true }, true},
	} {
		fresh.Kill()
		before := len(r.acknowledged)
		c.store.Inject(func(call aws.Call) aws.Fault {
			if c.refuse(call) {
				return aws.Refused
			}
			return aws.None
		}, nil)
		var wait sync.WaitGroup
		wait.Go(func() { r.sendNew(4) })
		wait.Go(func() { d.publishChanges() })
		wait.Go(func() {
			if status, reply := d.invoke(d.submit, http.MethodGet, "/api/surveys/service/form/en", ""); status == http.StatusNotFound || status >= 400 && status < 500 {
				t.Errorf("%s are refused: a form is answered by %d %s", c.name, status, reply)
			}
		})
		wait.Wait()
		c.store.Reset()
		if c.taken && len(r.acknowledged) == before {
			t.Errorf("%s are refused: no answer was taken", c.name)
		}
		r.sendAgain()
		d.publishUntilDone()
		d.checkCounted(t, r, nil)
		if t.Failed() {
			t.Fatalf("%s\n%s", c.name, d.log)
		}
	}
	stop()
	if r.retried == 0 {
		t.Error("nothing was refused")
	}
	if status, reply := d.invoke(d.submit, http.MethodPost, "/api/surveys/service/responses", serviceSubmission(1)); status != http.StatusOK || strings.Contains(reply, string(answer.NotStored)) {
		t.Errorf("sent again long after: %d %s", status, reply)
	}
}
