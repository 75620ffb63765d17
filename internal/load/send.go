package load

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/simulate"
	"glasspoll/internal/sleep"
	"glasspoll/internal/survey"
)

// A Reply is what came back of one try.
type Reply struct {
	Status     int           // 0: nothing, the network failed or it took too long
	RetryAfter time.Duration // 0: not said
	Limited    bool          // the form handler's own limit, which asks one range of addresses for work or to wait
}

// Post sends one submission, as JSON.
type Post func(ctx context.Context, body []byte) Reply

// Outcome is what became of an answer.
type Outcome int

// The outcomes. Of an answer that has failed it is not known whether it is stored.
const (
	Stored   Outcome = iota // acknowledged
	Known                   // acknowledged as stored before: by a try of which no reply came
	Limited                 // the handler's limit asked for work
	Refused                 // for good
	Conflict                // other answers are stored under the id, which must not be
	Failed                  // after all tries
	NotSent                 // the test ended before
	outcomes
)

// acknowledged reports whether the answer must be stored.
func (o Outcome) acknowledged() bool { return o == Stored || o == Known }

// sent is one answer, and what became of it.
type sent struct {
	id      string
	digest  [answer.DigestSize]byte
	outcome Outcome
	tries   int
	late    time.Duration // when the first try began, after it was to
	took    time.Duration // to the last reply, from when the answer was to be sent
}

const (
	// mostAtOnce bounds the answers that are under way. With more, the next ones wait, which counts as time that they take.
	mostAtOnce = 4_000

	mostTries   = 4
	firstPause  = time.Second
	longestWait = 10 * time.Second

	// window is how many tries the share of errors is taken of, and fewest how many there must be.
	window = 200
	fewest = 40
)

// prepared is a submission, ready to be sent, and the digest under which it is stored.
type prepared struct {
	body   []byte
	digest [answer.DigestSize]byte
}

// submissions makes up the answers of a test.
func submissions(s *survey.Survey, seed uint64) func() (prepared, error) {
	simulator, n := simulate.New(s, seed), 0
	return func() (prepared, error) {
		made, err := simulator.Next()
		if err != nil {
			return prepared{}, err
		}
		made.ID = idOf(s.ID, n)
		n++
		body, err := json.Marshal(made)
		if err != nil {
			return prepared{}, err
		}
		posted, err := answer.FromJSON(body)
		if err != nil {
			return prepared{}, err
		}
		r, _, problems := answer.Check(s, posted)
		if len(problems) > 0 {
			return prepared{}, fmt.Errorf("made-up answers are refused: %s at %q", problems[0].Code, problems[0].Field)
		}
		return prepared{body, r.Digest()}, nil
	}
}

// sender sends the answers of a test.
type sender struct {
	plan Plan
	post Post
	stop context.CancelFunc // of what is still to be sent

	mu      sync.Mutex
	last    []bool // of the last tries, whether each has failed
	aborted bool
}

// send sends all answers, each at its time, and returns what became of each. It ends early if the context does, or if too many tries
// fail.
func (x *sender) send(ctx context.Context, s *survey.Survey, progress func(n int)) ([]sent, error) {
	ctx, x.stop = context.WithCancel(ctx)
	defer x.stop()
	all := make([]sent, x.plan.Answers())
	next := submissions(s, x.plan.Seed)
	slots := make(chan struct{}, mostAtOnce)
	var group sync.WaitGroup
	defer group.Wait()
	begin := time.Now()
	for n := range all {
		all[n] = sent{id: idOf(s.ID, n), outcome: NotSent}
	}
	for n := range all {
		made, err := next()
		if err != nil {
			return all, err
		}
		all[n].digest = made.digest
		at := begin.Add(x.plan.At(n))
		if sleep.For(ctx, time.Until(at)) != nil {
			return all, nil
		}
		select {
		case <-ctx.Done():
			return all, nil
		case slots <- struct{}{}:
		}
		progress(n)
		group.Add(1)
		go func() {
			defer group.Done()
			x.sendOne(ctx, &all[n], made.body, at)
			<-slots
		}()
	}
	return all, nil
}

// sendOne sends one answer, several times if that may help.
func (x *sender) sendOne(ctx context.Context, a *sent, body []byte, at time.Time) {
	a.late, a.outcome = time.Since(at), Failed
	pause := firstPause
	for a.tries < mostTries {
		a.tries++
		reply := x.post(ctx, body)
		a.took = time.Since(at)
		if ctx.Err() != nil && reply.Status == 0 {
			return // it was broken off, which is no fault of the deployment
		}
		outcome, final := outcomeOf(reply)
		x.note(!final || outcome == Refused || outcome == Conflict)
		if final {
			a.outcome = outcome
			return
		}
		if a.tries == mostTries || sleep.For(ctx, min(max(reply.RetryAfter, pause), longestWait)) != nil {
			return
		}
		pause *= 2
	}
}

// outcomeOf returns what a reply means; final is false if another try may succeed.
func outcomeOf(r Reply) (outcome Outcome, final bool) {
	switch {
	case r.Status == http.StatusCreated:
		return Stored, true
	case r.Status == http.StatusOK:
		return Known, true
	case r.Status == http.StatusTooManyRequests && r.Limited:
		return Limited, true
	case r.Status == http.StatusConflict:
		return Conflict, true
	case r.Status >= 400 && r.Status < 500 && r.Status != http.StatusTooManyRequests:
		return Refused, true
	}
	return Failed, false
}

// note counts a try, and ends the test if too many have failed.
func (x *sender) note(failed bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last = append(x.last, failed)
	x.last = x.last[max(0, len(x.last)-window):]
	bad := 0
	for _, one := range x.last {
		if one {
			bad++
		}
	}
	if len(x.last) >= fewest && float64(bad) > x.plan.Errors*float64(len(x.last)) {
		x.aborted = true
		x.stop()
	}
}

// Times are how long answers took, sorted.
type Times []time.Duration

// At returns the time within which a share of the answers was replied to, by the nearest rank; 0 of none.
func (t Times) At(share float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	rank := int(math.Ceil(share * float64(len(t))))
	return t[min(max(rank, 1), len(t))-1]
}

// Figures are what a test has measured of the sending.
type Figures struct {
	Planned int
	Counts  [outcomes]int
	Tries   int // of all answers that were sent
	Retried int // answers that took more than one

	Took Times // of answers that are acknowledged, from when they were to be sent
	Late Times // how late this machine was to send them: it is part of what they took

	Lasted  time.Duration // until the last answer was acknowledged
	Aborted bool          // too many tries failed
}

// Acknowledged returns how many answers must be stored.
func (f Figures) Acknowledged() int { return f.Counts[Stored] + f.Counts[Known] }

// LimitsHeld reports whether the handler's limits have been met: the test then measures these, and not what the table takes.
func (f Figures) LimitsHeld() bool { return f.Counts[Limited] > 0 }

func figuresOf(p Plan, all []sent, aborted bool) Figures {
	f := Figures{Planned: len(all), Aborted: aborted}
	for n, a := range all {
		f.Counts[a.outcome]++
		f.Tries += a.tries
		if a.tries > 1 {
			f.Retried++
		}
		if a.tries > 0 {
			f.Late = append(f.Late, a.late)
		}
		if a.outcome.acknowledged() {
			f.Took = append(f.Took, a.took)
			f.Lasted = max(f.Lasted, p.At(n)+a.took)
		}
	}
	slices.Sort(f.Took)
	slices.Sort(f.Late)
	return f
}
