package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// publishing brings new answers to the results pages, beside the requests and never in their way.
type publishing struct {
	log     *slog.Logger
	current func() (*publish.Publisher, []*survey.Survey)
	wake    chan struct{} // holds one
	opened  func()        // called when cases were opened; nil: nobody wants to know

	running sync.Mutex // one run at a time: two would only get in each other's way

	mu    sync.Mutex
	dirty map[string]bool // surveys with news
}

const (
	gather = 200 * time.Millisecond // answers that come together are published together
	// regularly is how often every survey is looked at: periods end and windows close without any answer.
	regularly = 10 * time.Minute
	// After a failure it is tried again, at first soon.
	firstRetry, lastRetry = time.Second, time.Minute
)

func newPublishing(log *slog.Logger, current func() (*publish.Publisher, []*survey.Survey)) *publishing {
	return &publishing{log: log, current: current, wake: make(chan struct{}, 1), dirty: map[string]bool{}}
}

// notice says that a survey has news. It never waits.
func (p *publishing) notice(id string) {
	p.mu.Lock()
	p.dirty[id] = true
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// all publishes every survey. What fails is logged, and tried again by run.
func (p *publishing) all(ctx context.Context) {
	_, surveys := p.current()
	for _, s := range surveys {
		p.mu.Lock()
		p.dirty[s.ID] = true
		p.mu.Unlock()
	}
	p.pending(ctx)
}

// pending publishes what has news, and reports whether that worked.
func (p *publishing) pending(ctx context.Context) (fine bool) {
	p.running.Lock()
	defer p.running.Unlock()
	p.mu.Lock()
	dirty := p.dirty
	p.dirty = map[string]bool{}
	p.mu.Unlock()

	publisher, surveys := p.current()
	fine = true
	for _, s := range surveys {
		if !dirty[s.ID] {
			continue
		}
		out, err := publisher.Publish(ctx, s)
		for _, r := range out.Released {
			p.log.Info("results released", "survey", s.ID, "period", r.Period, "release", r.Number)
		}
		if out.Opened > 0 {
			p.log.Info("cases opened", "survey", s.ID, "cases", out.Opened)
			if p.opened != nil {
				p.opened()
			}
		}
		if err != nil {
			fine = false
			p.mu.Lock()
			p.dirty[s.ID] = true
			p.mu.Unlock()
			if ctx.Err() == nil {
				p.log.Error("results not published, will be tried again", "survey", s.ID, "error", err)
			}
		}
	}
	return fine
}

// run publishes until the context ends.
func (p *publishing) run(ctx context.Context) {
	tick := time.NewTicker(regularly)
	defer tick.Stop()
	retry := firstRetry
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.all(ctx)
			continue
		case <-again:
		case <-p.wake:
			select {
			case <-ctx.Done():
				return
			case <-time.After(gather):
			}
		}
		again = nil
		if p.pending(ctx) {
			retry = firstRetry
			continue
		}
		again = time.After(retry)
		retry = min(2*retry, lastRetry)
	}
}

// announcing tells of every response that was stored.
type announcing struct {
	store.Responses
	notice func(survey string)
}

func (a announcing) Put(ctx context.Context, r answer.Response, also ...store.Key) (bool, error) {
	created, err := a.Responses.Put(ctx, r, also...)
	if created && err == nil {
		a.notice(r.Survey)
	}
	return created, err
}
