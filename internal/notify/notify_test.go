package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
)

// recorder is a sender that records the ids of what it has sent, a message each, after a number of failures.
type recorder struct {
	mu    sync.Mutex
	sent  []string
	texts []string
	fails int
	err   error // of a failure; errDown if it is nil
}

var errDown = errors.New("down")

func (r *recorder) Send(_ context.Context, m news.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails > 0 {
		r.fails--
		if r.err != nil {
			return r.err
		}
		return errDown
	}
	var ids []string
	for _, i := range m.Items {
		ids = append(ids, strings.TrimPrefix(i.ID, "case_"))
	}
	r.sent, r.texts = append(r.sent, strings.Join(ids, "+")), append(r.texts, m.Text(10_000))
	return nil
}

// take returns what has been sent since it was last called.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := r.sent
	r.sent, r.texts = nil, nil
	return sent
}

// newsOf wants news of cases.
func newsOf(kinds ...news.Kind) func(news.Item) bool {
	return func(i news.Item) bool { return slices.Contains(kinds, i.Kind) }
}

// world is a store, some receivers and a clock.
type world struct {
	*testing.T
	*storetest.Memory
	now       time.Time
	surveys   map[string]*survey.Survey
	deliverer *Deliverer
}

func newWorld(t *testing.T, receivers ...Receiver) *world {
	w := &world{T: t, Memory: storetest.NewMemory(), now: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), surveys: map[string]*survey.Survey{}}
	w.surveys["tea"] = &survey.Survey{ID: "tea", Languages: []string{"en"}, Title: survey.Text{"en": "Tea"}}
	w.start(receivers...)
	return w
}

// start starts a deliverer with no memory.
func (w *world) start(receivers ...Receiver) {
	w.deliverer = NewDeliverer(Options{Ports: w.Memory, Receivers: receivers, Now: func() time.Time { return w.now }, Survey: w.survey})
}

func (w *world) survey(_ context.Context, id string) (*survey.Survey, error) {
	if s := w.surveys[id]; s != nil {
		return s, nil
	}
	return nil, store.ErrUnknown
}

// open opens cases with news of them.
func (w *world) open(ids ...string) {
	w.Helper()
	for _, id := range ids {
		c := &cases.Case{ID: id, Survey: "tea", Type: "complaint", Severity: survey.Minor, Opened: w.now}
		if _, err := w.OpenCase(w.Context(), c, news.OfOpened(c)); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) deliver(surveys ...string) Outcome {
	w.Helper()
	out, err := w.deliverer.Deliver(w.Context(), append(surveys, "tea")...)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// wantSent delivers and wants messages, each with these items.
func (w *world) wantSent(to *recorder, want ...string) {
	w.Helper()
	w.deliver()
	if sent := to.take(); !slices.Equal(sent, want) {
		w.Errorf("sent %q, want %q", sent, want)
	}
}

// wantLeft wants items in the outbox.
func (w *world) wantLeft(n int) {
	w.Helper()
	all, err := w.News(w.Context(), "tea")
	if err != nil || len(all) != n {
		w.Errorf("%d items are in the outbox, %v; want %d", len(all), err, n)
	}
}

func TestNewsOfAMinuteAreOneMessage(t *testing.T) {
	to := &recorder{}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: newsOf(news.CaseOpened), Sender: to})
	w.open("A", "B")
	w.wantSent(to, "A+B")
	w.wantLeft(0)
	w.open("C")
	out := w.deliver()
	if sent := to.take(); len(sent) > 0 || !out.Next.Equal(w.now.Add(time.Minute)) {
		t.Errorf("within the minute: sent %q, next at %v", sent, out.Next)
	}
	w.now = w.now.Add(30 * time.Second)
	w.open("D")
	w.wantSent(to)
	w.now = w.now.Add(30 * time.Second)
	w.wantSent(to, "C+D")
	w.wantSent(to)
}

func TestProgramsGetEachItem(t *testing.T) {
	to := &recorder{fails: 1}
	w := newWorld(t, Receiver{Name: "webhook", Wants: OpenedCases, Sender: to, Program: true})
	w.open("A", "B", "C")
	w.wantSent(to) // it stops at the first failure
	w.wantLeft(3)
	w.now = w.now.Add(firstRest)
	w.wantSent(to, "B", "C", "A") // what has failed comes last
	w.wantLeft(0)
}

// TestReceiversAreIndependent has one receiver down: the other one gets everything once, and the first when it is back.
func TestReceiversAreIndependent(t *testing.T) {
	down, up := &recorder{fails: 1000}, &recorder{}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: OpenedCases, Sender: down}, Receiver{Name: "wecom", Language: "zh", Wants: OpenedCases, Sender: up})
	w.open("A")
	w.wantSent(up, "A")
	for range 5 {
		w.now = w.now.Add(time.Hour)
		w.wantSent(up)
	}
	down.fails = 0
	w.now = w.now.Add(longestRest)
	w.wantSent(down, "A")
	w.wantLeft(0)
	if rest, _ := w.Progress(t.Context(), "news/slack"); rest != NoRest {
		t.Errorf("a receiver that is back rests: %s", rest)
	}
}

// silent is a sender to a receiver that never replies.
type silent struct{}

func (silent) Send(ctx context.Context, _ news.Message) error {
	<-ctx.Done()
	return ctx.Err()
}

// patient is a sender to a receiver that takes its time.
type patient struct {
	recorder
	time time.Duration
}

func (p *patient) Send(ctx context.Context, m news.Message) error {
	time.Sleep(p.time)
	return p.recorder.Send(ctx, m)
}

// TestSlowReceiversHoldUpNobody has receivers that never reply, and one with which everything would take hours: a run ends in
// time for a function on AWS, and the others are told at once.
func TestSlowReceiversHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, last := &patient{time: 20 * time.Second}, &recorder{}
		w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: OpenedCases, Sender: silent{}}, Receiver{Name: "webhook", Wants: OpenedCases, Sender: silent{}, Program: true},
			Receiver{Name: "webhook-slow", Wants: OpenedCases, Sender: slow, Program: true}, Receiver{Name: "events", Wants: OpenedCases, Sender: last, Program: true, Hurried: true})
		w.open("A", "B", "C", "D")
		begun, ended := time.Now(), make(chan Outcome)
		go func() { ended <- w.deliver() }()
		time.Sleep(time.Second)
		synctest.Wait()
		if sent := last.take(); !slices.Equal(sent, []string{"A", "B", "C", "D"}) {
			t.Errorf("after a second the last one was told %q", sent)
		}
		out := <-ended
		if took := time.Since(begun); took > time.Minute || out.Failed["slack"] == nil || out.Failed["webhook"] == nil || out.Next.After(w.now) {
			t.Errorf("after %v: %+v", took, out)
		}
		w.deliver()
		if sent := slow.take(); !slices.Equal(sent, []string{"A", "B", "C", "D"}) {
			t.Errorf("in two runs the slow one was told %q", sent)
		}
	})
}

// TestGivenUp fails until people are not told any more, and counts attempts and waits.
func TestGivenUp(t *testing.T) {
	to := &recorder{fails: 1000}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: OpenedCases, Sender: to})
	w.open("A")
	begin, tries := w.now, 0
	var out Outcome
	for out.GivenUp["slack"] == nil {
		before := to.fails
		out = w.deliver()
		if tries += before - to.fails; tries > 100 {
			t.Fatal("it is never given up")
		}
		after := to.fails
		if again := w.deliver(); to.fails != after || !again.Next.IsZero() && again.Next.Before(w.now) {
			t.Fatalf("attempt %d was followed by another at once", tries)
		}
		w.now = out.Next
	}
	if took := w.now.Sub(begin); tries != attemptsOfItem || took < 40*time.Hour || took > 72*time.Hour {
		t.Errorf("given up after %d attempts in %v", tries, took)
	}
	to.fails = 0
	w.wantSent(to)
	w.wantLeft(1) // to be looked at
	w.open("B")
	w.now = w.now.Add(longestRest)
	w.wantSent(to, "B")
	w.now = w.now.Add(news.KeepDead)
	w.wantSent(to)
	w.wantLeft(0)
}

// TestProgramsAreNeverGivenUp has a program away for two weeks.
func TestProgramsAreNeverGivenUp(t *testing.T) {
	to := &recorder{fails: 3000}
	w := newWorld(t, Receiver{Name: "webhook", Wants: OpenedCases, Sender: to, Program: true})
	w.open("A")
	end := w.now.Add(14 * 24 * time.Hour)
	for w.now.Before(end) {
		out := w.deliver()
		if out.Next.Sub(w.now) > longestRestOfPrograms || !out.Next.After(w.now) {
			t.Fatalf("tried again after %v", out.Next.Sub(w.now))
		}
		w.now = out.Next
	}
	to.fails = 0
	w.wantSent(to, "A")
}

// TestRetryAfter waits for as long as a receiver asks for, also in another process.
func TestRetryAfter(t *testing.T) {
	to := &recorder{fails: 1, err: &Refusal{errDown, 10 * time.Minute}}
	slack := Receiver{Name: "slack", Language: "en", Wants: OpenedCases, Sender: to}
	w := newWorld(t, slack)
	w.open("A")
	if out := w.deliver(); !out.Next.Equal(w.now.Add(10*time.Minute)) || !errors.Is(out.Failed["slack"], errDown) {
		t.Errorf("%+v", out)
	}
	w.start(slack)
	w.now = w.now.Add(10*time.Minute - time.Second)
	w.wantSent(to)
	w.now = w.now.Add(time.Second)
	w.wantSent(to, "A")
}

// failing fails the n-th write of the outbox, before or after it is made.
type failing struct {
	*storetest.Memory
	n     int
	after bool
}

func (f *failing) fault(do func() error) error {
	f.n--
	if f.n == 0 && !f.after {
		return errDown
	}
	if err := do(); err != nil {
		return err
	}
	if f.n == 0 {
		return errDown
	}
	return nil
}

func (f *failing) SaveNews(ctx context.Context, i news.Item) error {
	return f.fault(func() error { return f.Memory.SaveNews(ctx, i) })
}

func (f *failing) RemoveNews(ctx context.Context, survey, id string) error {
	return f.fault(func() error { return f.Memory.RemoveNews(ctx, survey, id) })
}

func (f *failing) SaveProgress(ctx context.Context, name, value string) error {
	return f.fault(func() error { return f.Memory.SaveProgress(ctx, name, value) })
}

// TestNothingIsLost interrupts deliveries at each write: in the end everybody has everything, and nothing is left.
func TestNothingIsLost(t *testing.T) {
	for stop := 1; stop <= 14; stop++ {
		people, program := &recorder{fails: 1}, &recorder{}
		receivers := []Receiver{{Name: "slack", Language: "en", Wants: newsOf(news.CaseOpened, news.SurveyOpened), Sender: people}, {Name: "webhook", Wants: OpenedCases, Sender: program, Program: true}}
		w := newWorld(t, receivers...)
		w.open("A", "B")
		if _, err := w.AddNews(t.Context(), news.Item{ID: "opened_x", Kind: news.SurveyOpened, Survey: "tea", At: w.now}); err != nil {
			t.Fatal(err)
		}
		faulty := &failing{w.Memory, stop, stop%2 == 0}
		for range 6 {
			NewDeliverer(Options{Ports: faulty, Receivers: receivers, Now: func() time.Time { return w.now }, Survey: w.survey}).Deliver(t.Context(), "tea")
			w.now = w.now.Add(time.Hour)
		}
		for name, to := range map[string]*recorder{"A+B+opened_x": people, "A B": program} {
			for _, id := range strings.FieldsFunc(name, func(c rune) bool { return c == '+' || c == ' ' }) {
				if !strings.Contains(strings.Join(to.sent, " "), id) {
					t.Errorf("stopped at %d: %s was never told; %q", stop, id, to.sent)
				}
			}
		}
		w.wantLeft(1) // the survey's, which is done
		if added, err := w.AddNews(t.Context(), news.Item{ID: "opened_x", Kind: news.SurveyOpened, Survey: "tea", At: w.now}); added || err != nil {
			t.Errorf("stopped at %d: it would be told again, %v", stop, err)
		}
	}
}

// TestDoneIsKept keeps what follows from something else until it is no news any more.
func TestDoneIsKept(t *testing.T) {
	to := &recorder{}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: newsOf(news.SurveyOpened), Sender: to})
	if _, err := w.AddNews(t.Context(), news.Item{ID: "opened_2026-11-30", Kind: news.SurveyOpened, Survey: "tea", At: w.now}); err != nil {
		t.Fatal(err)
	}
	w.wantSent(to, "opened_2026-11-30")
	w.wantLeft(1)
	w.now = w.now.Add(news.KeepDone)
	w.wantSent(to)
	w.wantLeft(1)
	w.now = w.now.Add(1)
	w.wantSent(to)
	w.wantLeft(0)
}

func TestNobodyWantsIt(t *testing.T) {
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: newsOf(news.CaseClosed), Sender: &recorder{}})
	w.open("A")
	w.deliver()
	w.wantLeft(0)
	w.start() // without receivers, what is new stays for whoever is named next
	w.open("B")
	w.deliver()
	w.wantLeft(1)
	w.now = w.now.Add(news.KeepDone + 1)
	w.deliver()
	w.wantLeft(0)
}

func TestWithdrawnCasesAreNotTold(t *testing.T) {
	to := &recorder{}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: OpenedCases, Sender: to})
	w.open("A")
	all, err := w.CasesOf(t.Context(), "tea")
	if err != nil {
		t.Fatal(err)
	}
	all[0].Withdraw(w.now)
	if err := w.SaveCase(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	w.wantSent(to)
	w.wantLeft(0)
}

// TestNoTimeIsKept wants nothing of an untraceable survey to say when an answer came: neither what is counted for the log nor
// what is stored.
func TestNoTimeIsKept(t *testing.T) {
	to := &recorder{fails: 1}
	program := &recorder{}
	w := newWorld(t, Receiver{Name: "slack", Language: "en", Wants: OpenedCases, Sender: to}, Receiver{Name: "webhook", Wants: OpenedCases, Sender: program, Program: true})
	w.surveys["tea"] = parse(t, "tea", "access: invited\nanonymity: confidential")
	w.open("A")
	for w.now.Before(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) { // 8 o'clock in Shanghai
		out := w.deliver()
		if to.fails != 1 || !out.Next.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
			t.Fatalf("at %v people were told of an answer of the day, next at %v", w.now, out.Next)
		}
		w.now = w.now.Add(4 * time.Hour)
	}
	if sent := program.take(); !slices.Equal(sent, []string{"A"}) {
		t.Errorf("a program was told %q", sent)
	}
	w.deliver()
	all, err := w.News(t.Context(), "tea")
	if err != nil || len(all) != 1 || all[0].Deliveries["slack"] != (news.Delivery{Attempts: 1, Error: "down"}) || !all[0].Deliveries["webhook"].Told {
		t.Errorf("kept %+v, %v", all, err)
	}
	w.now = w.now.Add(time.Minute)
	if out := w.deliver(); len(out.Sent) != 0 || len(to.take()) != 1 {
		t.Errorf("%+v", out)
	}
}

// TestNotifier delivers in the background: at once when it is woken, and again after a failure.
func TestNotifier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &recorder{fails: 2}
		w := newWorld(t)
		w.deliverer = NewDeliverer(Options{Ports: w.Memory, Receivers: []Receiver{{Name: "webhook", Wants: OpenedCases, Sender: to, Program: true}}, Now: time.Now, Survey: w.survey})
		w.open("A")
		n := New(NotifierOptions{Surveys: func(context.Context) ([]string, error) { return []string{"tea"}, nil }, Deliverer: w.deliverer, Log: slog.New(slog.DiscardHandler)})
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
			if sent := to.take(); !slices.Equal(sent, want) {
				t.Errorf("sent %v, want %v", sent, want)
			}
		}
		sentAfter(firstRest + 2*firstRest - 2*time.Second)
		sentAfter(4*time.Second, "A")
		w.open("B")
		n.Wake()
		n.Wake()
		sentAfter(0, "B")
		w.open("C") // by another process
		sentAfter(interval, "C")
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
	if err := kept.PutDefinition(t.Context(), &survey.Survey{ID: "tea", Version: "1", Languages: []string{"en"}, Timezone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"A", "B"} {
		c := &cases.Case{ID: id, Survey: "tea", Type: "complaint", Severity: survey.Minor}
		if _, err := kept.OpenCase(t.Context(), c, news.OfOpened(c)); err != nil {
			t.Fatal(err)
		}
	}
	to, now := &recorder{fails: 1}, time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	deliver := func() {
		t.Helper()
		d := NewDeliverer(Options{
			Ports: kept, Receivers: []Receiver{{Name: "webhook", Wants: OpenedCases, Sender: to, Program: true}}, Now: func() time.Time { return now },
			Survey: func(ctx context.Context, id string) (*survey.Survey, error) { return kept.Definition(ctx, id, "") },
		})
		if _, err := d.Deliver(t.Context(), "tea"); err != nil {
			t.Fatal(err)
		}
	}
	deliver()
	if len(to.sent) != 0 {
		t.Errorf("sent %v to a receiver that is down", to.sent)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	kept = open()
	defer kept.Close()
	now = now.Add(time.Minute)
	deliver()
	if fmt.Sprint(to.sent) != "[B A]" {
		t.Errorf("sent %v", to.sent)
	}
	if all, err := kept.News(t.Context(), "tea"); len(all) != 0 || err != nil {
		t.Errorf("%d are pending, %v", len(all), err)
	}
}

// TestTexts has a message in both languages.
func TestTexts(t *testing.T) {
	en, zh := &recorder{}, &recorder{}
	w := newWorld(t, Receiver{Name: "slack", Language: message.English, Wants: OpenedCases, Sender: en}, Receiver{Name: "wecom", Language: message.Chinese, Wants: OpenedCases, Sender: zh})
	w.surveys["tea"].Title["zh"] = "茶"
	w.open("A")
	w.deliver()
	for got, want := range map[string]string{
		en.texts[0]: "Glasspoll: a new case\nNew case A: complaint, minor; 'Tea'",
		zh.texts[0]: "Glasspoll：有新事项\n新事项 A：投诉，一般；“茶”",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestNotInForce tells nobody of a survey that is being moved to this store, and of what is of no survey.
func TestNotInForce(t *testing.T) {
	to := &recorder{}
	w := newWorld(t, Receiver{Name: "webhook", Wants: OpenedCases, Sender: to, Program: true})
	delete(w.surveys, "tea")
	w.open("A")
	c := &cases.Case{ID: "B", Survey: news.NoSurvey, Type: "complaint", Severity: survey.Minor, Opened: w.now}
	if _, err := w.OpenCase(t.Context(), c, news.OfOpened(c)); err != nil {
		t.Fatal(err)
	}
	w.deliver(news.NoSurvey)
	if sent := to.take(); !slices.Equal(sent, []string{"B"}) {
		t.Errorf("sent %q", sent)
	}
	w.wantLeft(1)
}
