// Package notify delivers news to people and programs. News has no answer of a respondent in it. It is delivered at least once:
// the id of an item stays the same when it is sent again.
package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Sender sends a message to one receiver. It may be asked to send the same one again. An error that says when it may be tried
// again is a [*Refusal].
type Sender interface {
	Send(ctx context.Context, m news.Message) error
}

// Refusal is an error of a receiver that wants to be left alone for a while.
type Refusal struct {
	Err   error
	After time.Duration
}

// Error implements error.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the error.
func (r *Refusal) Unwrap() error { return r.Err }

// Receiver is somebody who is told of news.
type Receiver struct {
	Name     string
	Language string
	Wants    func(i news.Item) bool
	Sender   Sender

	// Program says that each item is a message of its own, sent at once, and that no item is ever given up. For people, items
	// that come within a minute are one message.
	Program bool
	// Hurried says that failures are errors of the run, which is repeated by whoever called it.
	Hurried bool
}

// Ports are what a deliverer uses of a store.
type Ports interface {
	store.Outbox
	store.Progress
}

// Options are the dependencies of a deliverer.
type Options struct {
	Ports     Ports
	Receivers []Receiver
	Survey    func(ctx context.Context, id string) (*survey.Survey, error) // in force; [store.ErrUnknown] if there is none
	Site      string                                                       // as in [news.Reader]
	Now       func() time.Time
}

// Deliverer delivers what is in the outbox.
type Deliverer struct {
	Options

	mu   sync.Mutex           // one run at a time
	last map[string]time.Time // the last message to each receiver
}

// NewDeliverer makes a deliverer.
func NewDeliverer(o Options) *Deliverer { return &Deliverer{Options: o, last: map[string]time.Time{}} }

const (
	// together is the time within which news to people are one message.
	together = time.Minute

	// The wait after a failure. It doubles with each further one.
	firstRest, longestRest, longestRestOfPrograms = 10 * time.Second, 4 * time.Hour, 10 * time.Minute

	// A message that takes longer than the first has failed, and after the second a run begins no further one to the receiver: a
	// receiver that never replies must not take the time of a function on AWS, again and again.
	messageTime, receiverTime = 30 * time.Second, 30 * time.Second

	// attemptsOfItem bounds the attempts to tell people of an item: about two days.
	attemptsOfItem = 21
)

// Outcome is what a run has done.
type Outcome struct {
	Sent    map[string]int   // items, by receiver; without those whose time would say when an answer came
	Failed  map[string]error // by receiver: what is tried again
	GivenUp map[string]error // by receiver
	Next    time.Time        // when there is something to do again; zero if nothing waits
}

// run is one run of a deliverer. Receivers are told at the same time, each by a goroutine of its own.
type run struct {
	*Deliverer
	now time.Time

	lock    sync.Mutex // of what follows, of the deliverer and of its store; nobody holds it while a message is on its way
	items   []*news.Item
	surveys map[string]*survey.Survey // in force; nil: none
	out     Outcome
}

// Deliver delivers the news of surveys. Failures of receivers are in the outcome; an error is one of the store.
func (d *Deliverer) Deliver(ctx context.Context, surveys ...string) (Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &run{Deliverer: d, now: d.Now(), surveys: map[string]*survey.Survey{}, out: Outcome{Sent: map[string]int{}, Failed: map[string]error{}, GivenUp: map[string]error{}}}
	for _, id := range surveys {
		if err := r.read(ctx, id); err != nil {
			return r.out, err
		}
	}
	var all errgroup.Group
	for n := range d.Receivers {
		all.Go(func() error {
			r.lock.Lock()
			defer r.lock.Unlock()
			return r.tell(ctx, &d.Receivers[n])
		})
	}
	err := all.Wait()
	return r.out, err
}

// read reads the news of a survey, and finishes what nobody wants or what is too old.
func (r *run) read(ctx context.Context, id string) error {
	s, err := r.Survey(ctx, id)
	switch unknown := errors.Is(err, store.ErrUnknown); {
	case unknown && id != news.NoSurvey:
		return nil // it is being moved to this store, and is not in force yet
	case err != nil && !unknown:
		return err
	}
	items, err := r.Ports.News(ctx, id)
	if err != nil {
		return err
	}
	r.surveys[id] = s
	for _, i := range items {
		age := r.now.Sub(i.At)
		switch {
		case i.Withdrawn, i.Done && age > news.KeepDone, len(r.Receivers) == 0 && age > news.KeepDone:
			if err := r.Ports.RemoveNews(ctx, id, i.ID); err != nil {
				return err
			}
		case i.Done || len(r.Receivers) == 0:
		default:
			if done, err := r.finish(ctx, &i); err != nil {
				return err
			} else if !done {
				r.items = append(r.items, &i)
			}
		}
	}
	return nil
}

// Next returns when there is something to do for what is in the outbox of a survey, s (nil: it is not in force): an instant that has
// passed if that is now, and zero if the outbox is empty.
func (d *Deliverer) Next(s *survey.Survey, items []news.Item) (next time.Time) {
	for _, i := range items {
		if at := d.nextOf(s, &i); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// nextOf is Next of one item.
func (d *Deliverer) nextOf(s *survey.Survey, i *news.Item) time.Time {
	switch {
	case i.Withdrawn:
		return i.At
	case i.Done || len(d.Receivers) == 0:
		return i.At.Add(news.KeepDone + 1)
	}
	next := time.Time{}
	for n := range d.Receivers {
		to, at := &d.Receivers[n], i.At
		switch {
		case to.waits(i) && !to.Program:
			if morning := news.NotBefore(*i, s); morning.After(at) {
				at = morning
			}
		case to.waits(i):
		case i.Deliveries[to.Name].Dead:
			at = at.Add(news.KeepDead)
		default:
			continue
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if next.IsZero() {
		return i.At // it is finished
	}
	return next
}

// waits reports whether a receiver is still to be told of an item.
func (r *Receiver) waits(i *news.Item) bool {
	d := i.Deliveries[r.Name]
	return !d.Told && !d.Dead && r.Wants(*i)
}

// finish takes an item out of the outbox, or marks it as done, if nobody is to be told of it any more.
func (r *run) finish(ctx context.Context, i *news.Item) (done bool, err error) {
	for n := range r.Receivers {
		to := &r.Receivers[n]
		if to.waits(i) || i.Deliveries[to.Name].Dead && r.now.Sub(i.At) < news.KeepDead {
			return false, nil
		}
	}
	if i.IsOfChange() { // which is made once, and so is its news
		return true, r.Ports.RemoveNews(ctx, i.Survey, i.ID)
	}
	i.Done = true
	return true, r.save(ctx, i)
}

// save saves an item. What another process has changed meanwhile stays as it is: at worst a receiver is told twice.
func (r *run) save(ctx context.Context, i *news.Item) error {
	err := r.Ports.SaveNews(ctx, *i)
	if errors.Is(err, store.ErrStale) {
		return nil
	}
	i.Revision++
	return err
}

// tell tells one receiver what waits for it.
func (r *run) tell(ctx context.Context, to *Receiver) error {
	var waiting []*news.Item
	for _, i := range r.items {
		if !to.waits(i) {
			continue
		}
		if at := news.NotBefore(*i, r.surveys[i.Survey]); !to.Program && at.After(r.now) {
			r.again(at)
			continue
		}
		waiting = append(waiting, i)
	}
	if len(waiting) == 0 {
		return nil
	}
	rest, err := r.restOf(ctx, to)
	if err != nil {
		return err
	}
	if rest.until.After(r.now) && !to.Hurried {
		r.again(rest.until)
		return nil
	}
	// Those that have failed most often come last, so that one that is never taken does not hold up the others.
	slices.SortStableFunc(waiting, func(a, b *news.Item) int {
		return cmp.Or(cmp.Compare(a.Deliveries[to.Name].Attempts, b.Deliveries[to.Name].Attempts), a.At.Compare(b.At))
	})
	if !to.Program {
		if next := r.last[to.Name].Add(together); next.After(r.now) {
			r.again(next)
			return nil
		}
		r.last[to.Name] = r.now
		return r.send(ctx, to, &rest, waiting)
	}
	begun := time.Now()
	for _, i := range waiting {
		if time.Since(begun) > receiverTime {
			r.again(r.now)
			return nil
		}
		if err := r.send(ctx, to, &rest, []*news.Item{i}); err != nil || r.out.Failed[to.Name] != nil {
			return err
		}
	}
	return nil
}

// again says when there is something to do.
func (r *run) again(at time.Time) {
	if r.out.Next.IsZero() || at.Before(r.out.Next) {
		r.out.Next = at
	}
}

// send sends one message, and keeps what has come of it.
func (r *run) send(ctx context.Context, to *Receiver, rest *rest, items []*news.Item) error {
	copies := make([]news.Item, len(items))
	for n, i := range items {
		copies[n] = *i
	}
	reader := news.Reader{Language: to.Language, Site: r.Site, Zone: r.zone, Title: func(id, language string) string { return r.title(ctx, id, language) }}
	failed := r.attempt(ctx, to, news.Compose(copies, reader))
	if failed != nil && ctx.Err() != nil {
		return ctx.Err() // the attempt does not count
	}
	if failed != nil {
		r.out.Failed[to.Name] = failed
	}
	for _, i := range items {
		if err := r.keep(ctx, to, i, failed); err != nil {
			return err
		}
	}
	if failed == nil && rest.failures == 0 {
		return nil
	}
	if *rest = rest.after(to, failed, r.now); failed != nil {
		r.again(rest.until)
	}
	return r.Ports.SaveProgress(ctx, RestName(to.Name), rest.encode())
}

// attempt sends a message, while others are told.
func (r *run) attempt(ctx context.Context, to *Receiver, m news.Message) error {
	ctx, cancel := context.WithTimeout(ctx, messageTime)
	defer cancel()
	r.lock.Unlock()
	defer r.lock.Lock()
	return to.Sender.Send(ctx, m)
}

// keep keeps with an item what has come of an attempt.
func (r *run) keep(ctx context.Context, to *Receiver, i *news.Item, failed error) error {
	d := i.Deliveries[to.Name]
	if failed == nil {
		d = news.Delivery{Told: true}
		if s := r.surveys[i.Survey]; i.Case == nil || s != nil && !s.IsUntraceable() {
			r.out.Sent[to.Name]++
		}
	} else {
		d.Attempts, d.Error = d.Attempts+1, message.Of(failed).In(to.Language)
		if d.Dead = !to.Program && d.Attempts >= attemptsOfItem; d.Dead {
			r.out.GivenUp[to.Name] = failed
		}
	}
	deliveries := map[string]news.Delivery{to.Name: d}
	for name, other := range i.Deliveries {
		if name != to.Name {
			deliveries[name] = other
		}
	}
	i.Deliveries = deliveries
	if done, err := r.finish(ctx, i); done || err != nil {
		return err
	}
	return r.save(ctx, i)
}

// zone returns the timezone of a survey in force; nil if it is not known.
func (r *run) zone(id string) *time.Location {
	if s := r.surveys[id]; s != nil {
		return s.Location()
	}
	return nil
}

// title returns the title of a survey in force; "" if it is not known.
func (r *run) title(ctx context.Context, id, language string) string {
	s := r.surveys[id]
	if s == nil {
		var err error
		if s, err = r.Survey(ctx, id); err != nil { // of a digest
			return ""
		}
	}
	if s.Title[language] == "" {
		language = s.DefaultLanguage()
	}
	return s.Title[language]
}

// A rest is how long a receiver is left alone, and after how many failures in a row. It is the receiver's, not an item's. Of
// people's receivers it does not say when an answer came that has no time: those are told in the morning. Of a program's it may,
// as the program itself may: docs/privacy.md says so.
type rest struct {
	failures int
	until    time.Time
}

// RestName is the name under which a receiver's rest is kept: see [store.Progress].
func RestName(receiver string) string { return "news/" + receiver }

// restFormat begins a stored rest: its version.
const restFormat = "1 "

// NoRest is what is kept of a receiver that takes messages.
var NoRest = rest{until: time.Unix(0, 0)}.encode()

func (r rest) encode() string {
	return fmt.Sprintf(restFormat+"%d %d", r.failures, r.until.Unix())
}

// restOf reads the rest of a receiver. One that cannot be read is none.
func (r *run) restOf(ctx context.Context, to *Receiver) (rest, error) {
	text, err := r.Ports.Progress(ctx, RestName(to.Name))
	if err != nil {
		return rest{}, err
	}
	failures, until, _ := strings.Cut(strings.TrimPrefix(text, restFormat), " ")
	n, err1 := strconv.Atoi(failures)
	seconds, err2 := strconv.ParseInt(until, 10, 64)
	if err1 != nil || err2 != nil || !strings.HasPrefix(text, restFormat) || n < 1 {
		return rest{}, nil
	}
	return rest{n, time.Unix(seconds, 0)}, nil
}

// after returns the rest after an attempt.
func (r rest) after(to *Receiver, failed error, now time.Time) rest {
	if failed == nil {
		return rest{until: time.Unix(0, 0)}
	}
	longest := longestRest
	if to.Program {
		longest = longestRestOfPrograms
	}
	wait := min(firstRest<<min(r.failures, 20), longest)
	if refusal := new(Refusal); errors.As(failed, &refusal) {
		wait = max(wait, min(refusal.After, longestRest))
	}
	return rest{r.failures + 1, now.Add(wait)}
}
