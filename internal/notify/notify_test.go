package notify

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/local"
	"glasspoll/internal/news"
	"glasspoll/internal/survey"
)

// recorder is a sender that records what it has sent, after a number of failures.
type recorder struct {
	mu    sync.Mutex
	sent  []string
	fails int
}

var errDown = errors.New("down")

func (r *recorder) Send(_ context.Context, i news.Item) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails > 0 {
		r.fails--
		return errDown
	}
	r.sent = append(r.sent, i.CaseID())
	return nil
}

// all returns the ids of what has been sent so far.
func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// outbox is an outbox in memory, of the survey "tea".
type outbox struct {
	mu      sync.Mutex
	pending []news.Item
	fails   int // how often marking fails
}

var _ Outbox = (*outbox)(nil)

// opened is the news of a case of the survey "tea".
func opened(id string) news.Item { return news.OfOpened(&cases.Case{ID: id, Survey: "tea"}) }

func (o *outbox) SaveNews(context.Context, news.Item) error { return nil }

func newOutbox(ids ...string) *outbox {
	o := &outbox{}
	for _, id := range ids {
		o.pending = append(o.pending, opened(id))
	}
	return o
}

func (o *outbox) Surveys(context.Context) ([]string, error) { return []string{"tea"}, nil }

func (o *outbox) News(context.Context, string) ([]news.Item, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.pending), nil
}

func (o *outbox) RemoveNews(_ context.Context, _, id string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails > 0 {
		o.fails--
		return errDown
	}
	o.pending = slices.DeleteFunc(o.pending, func(i news.Item) bool { return i.ID == id })
	return nil
}

func (o *outbox) add(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pending = append(o.pending, opened(id))
}

func TestDeliver(t *testing.T) {
	box, to := newOutbox("A", "B", "C"), &recorder{fails: 1}
	box.pending[1].Withdrawn = true
	if sent, err := Deliver(t.Context(), box, to, "tea"); sent != 0 || !errors.Is(err, errDown) || len(box.pending) != 3 {
		t.Errorf("a receiver that is down got %d, %v", sent, err)
	}
	// A notification that was sent and not marked is sent again.
	box.fails = 1
	if _, err := Deliver(t.Context(), box, to, "tea"); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if sent, err := Deliver(t.Context(), box, to, "tea"); sent != 2 || err != nil {
		t.Errorf("sent %d, %v", sent, err)
	}
	if want := []string{"A", "A", "C"}; !slices.Equal(to.sent, want) || len(box.pending) != 0 {
		t.Errorf("sent %v, want %v; %d are pending", to.sent, want, len(box.pending))
	}
	if sent, err := Deliver(t.Context(), box, to, "tea"); sent != 0 || err != nil {
		t.Errorf("again: %d, %v", sent, err)
	}
}

// TestNotifierRetries checks that what could not be sent is sent after a wait that doubles, and that new notifications are
// sent at once.
func TestNotifierRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, to := newOutbox("A"), &recorder{fails: 2}
		n := New(Options{Outbox: box, Sender: to, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			n.Run(ctx)
		}()
		sentAfter := func(wait time.Duration, want ...string) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if sent := to.all(); !slices.Equal(sent, want) {
				t.Errorf("sent %v, want %v", sent, want)
			}
		}
		sentAfter(firstRetry + 2*firstRetry - 1)
		sentAfter(2, "A")
		box.add("B")
		sentAfter(lastRetry, "A")
		n.Wake()
		n.Wake()
		sentAfter(0, "A", "B")
		cancel()
		<-ended
	})
}

// TestNotifierContinues checks that what could not be sent is sent by a later process.
func TestNotifierContinues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	open := func() *local.Store {
		t.Helper()
		s, err := local.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	kept := open()
	if err := kept.PutDefinition(t.Context(), &survey.Survey{ID: "tea", Version: "1"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"A", "B"} {
		c := &cases.Case{ID: id, Survey: "tea", Type: "complaint", Severity: survey.Minor}
		if _, err := kept.OpenCase(t.Context(), c, news.OfOpened(c)); err != nil {
			t.Fatal(err)
		}
	}
	to := &recorder{fails: 1}
	log := slog.New(slog.DiscardHandler)
	if New(Options{kept, to, log}).deliver(t.Context()) || len(to.sent) != 0 {
		t.Errorf("sent %v to a receiver that is down", to.sent)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	kept = open()
	defer kept.Close()
	if !New(Options{kept, to, log}).deliver(t.Context()) || !slices.Equal(to.sent, []string{"A", "B"}) {
		t.Errorf("sent %v", to.sent)
	}
	if pending, err := kept.News(t.Context(), "tea"); len(pending) != 0 || err != nil {
		t.Errorf("%d are pending, %v", len(pending), err)
	}
}
