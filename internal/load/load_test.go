package load

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/simulate"
	"glasspoll/internal/sleep"
	"glasspoll/internal/survey"
)

func TestPlan(t *testing.T) {
	p := Plan{Rate: 100, Ramp: 10 * time.Second, Hold: 20 * time.Second, Errors: 0.05}
	if p.Answers() != 2500 || p.Check(2500) != nil || p.Check(2499) == nil {
		t.Errorf("%d answers", p.Answers())
	}
	for n, want := range map[int]time.Duration{0: 0, 125: 5 * time.Second, 500: 10 * time.Second, 600: 11 * time.Second, 2499: 29990 * time.Millisecond} {
		if got := p.At(n); (got - want).Abs() > time.Microsecond {
			t.Errorf("answer %d at %s, want %s", n, got, want)
		}
	}
	last := time.Duration(-1)
	for n := range p.Answers() {
		if at := p.At(n); at <= last && n > 0 || at > p.Ramp+p.Hold {
			t.Fatalf("answer %d at %s, after %s", n, at, last)
		} else {
			last = at
		}
	}
	for _, wrong := range []Plan{{}, {Rate: 1}, {Rate: -1, Hold: time.Minute}, {Rate: math.NaN(), Hold: time.Minute}, {Rate: math.Inf(1), Hold: time.Minute}, {Rate: 1, Hold: -1}, {Rate: 1, Hold: 25 * time.Hour},
		{Rate: 1, Hold: time.Minute, Errors: 2}, {Rate: 1, Hold: time.Minute, Errors: math.NaN()}, {Rate: 1e5, Hold: 24 * time.Hour}} {
		if wrong.Check(MostAnswers) == nil {
			t.Errorf("%+v may be carried out", wrong)
		}
	}
	if cost := (Plan{Rate: 1000, Hold: 1000 * time.Second}).Cost(); cost < 5 || cost > 10 {
		t.Errorf("a million answers cost $%.2f", cost)
	}
}

func TestSurvey(t *testing.T) {
	s, err := Survey(NewID(), 300)
	if err != nil || !s.IsTrial() || s.Audience.Population != 300 {
		t.Fatal(s, err)
	}
	all := slices.Collect(ids(s))
	slices.Sort(all)
	if len(slices.Compact(all)) != 300 {
		t.Error("two answers have one id")
	}
	for name, change := range map[string]func(*survey.Survey){
		"id": func(s *survey.Survey) { s.ID = "tea" }, "purpose": func(s *survey.Survey) { s.Purpose = survey.Text{"en": "Load test"} }, "listed": func(s *survey.Survey) { s.Unlisted = false },
		"audience": func(s *survey.Survey) { s.Results.Audience = "public" },
	} {
		other := *s
		if change(&other); other.IsTrial() {
			t.Errorf("without its %s it is a trial all the same", name)
		}
	}
}

// site is a handler that stores answers.
type site struct {
	mu     sync.Mutex
	stored map[string]int
	times  []time.Duration // when they came
	begin  time.Time
	reply  func(n int) (reply Reply, stores bool) // to the n-th try
	takes  time.Duration                          // 0: 20 ms
}

func (s *site) post(ctx context.Context, body []byte) Reply {
	s.mu.Lock()
	n := len(s.times)
	s.times = append(s.times, time.Since(s.begin))
	reply, stores := Reply{Status: http.StatusCreated}, true
	if s.reply != nil {
		reply, stores = s.reply(n)
	}
	var made simulate.Submission
	if stores && json.Unmarshal(body, &made) == nil {
		if s.stored[made.ID]++; s.stored[made.ID] > 1 && reply.Status == http.StatusCreated {
			reply.Status = http.StatusOK
		}
	}
	s.mu.Unlock()
	if sleep.For(ctx, cmp.Or(s.takes, 20*time.Millisecond)) != nil {
		return Reply{}
	}
	return reply
}

// sendAll sends the answers of a plan to a site, in virtual time.
func sendAll(t *testing.T, p Plan, s *site, stopAfter time.Duration) (f Figures, all []sent) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		if stopAfter > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, stopAfter)
			defer cancel()
		}
		definition, err := Survey("loadtest_a", p.Answers())
		if err != nil {
			t.Fatal(err)
		}
		s.stored, s.begin = map[string]int{}, time.Now()
		x := &sender{plan: p, post: s.post}
		if all, err = x.send(ctx, definition, func(int) {}); err != nil {
			t.Fatal(err)
		}
		f = figuresOf(p, all, x.aborted)
	})
	return f, all
}

var steady = Plan{Rate: 20, Ramp: 5 * time.Second, Hold: 15 * time.Second, Seed: 1, Errors: 0.1}

// Answers are sent at their times, whatever became of those before: a site that stands still for a while makes all wait that were to come
// meanwhile, and the figures say so.
func TestSendIsOpenLoop(t *testing.T) {
	s := &site{}
	f, _ := sendAll(t, steady, s, 0)
	if f.Counts[Stored] != 350 || f.Tries != 350 || f.Aborted || f.LimitsHeld() || f.Took.At(0.99) != 20*time.Millisecond || f.Late.At(1) != 0 {
		t.Errorf("%+v", f)
	}
	for n, at := range s.times {
		if at != steady.At(n) {
			t.Fatalf("answer %d came at %s, want %s", n, at, steady.At(n))
		}
	}
	if f.Lasted < 19*time.Second || f.Lasted > 21*time.Second {
		t.Errorf("it lasted %s", f.Lasted)
	}
	slow := Plan{Rate: 10_000, Hold: time.Second, Seed: 1, Errors: 1} // more at once than this machine sends
	f, _ = sendAll(t, slow, &site{takes: 2 * time.Second}, 5*time.Minute)
	if f.Late.At(1) < time.Second || f.Took.At(0.99) < f.Late.At(0.5) {
		t.Errorf("waiting for a free place is not told: late %s, took %s", f.Late.At(1), f.Took.At(0.99))
	}
}

// What fails for a moment is sent again, under the same id, and counts once.
func TestSendTriesAgain(t *testing.T) {
	s := &site{reply: func(n int) (Reply, bool) {
		switch n % 40 {
		case 3:
			return Reply{}, true // stored, and the reply was lost
		case 7:
			return Reply{Status: http.StatusServiceUnavailable, RetryAfter: 3 * time.Second}, false
		}
		return Reply{Status: http.StatusCreated}, true
	}}
	f, _ := sendAll(t, steady, s, 0)
	if f.Acknowledged() != 350 || f.Counts[Known] == 0 || f.Retried == 0 || f.Aborted || f.Took.At(1) < 3*time.Second {
		t.Errorf("%+v", f)
	}
	if len(s.stored) != 350 {
		t.Errorf("%d are stored", len(s.stored))
	}
}

// A deployment that fails is left alone; one that asks for work has its limits, which is no failure.
func TestSendStops(t *testing.T) {
	for name, c := range map[string]struct {
		reply   Reply
		aborted bool
		outcome Outcome
	}{
		"5xx":               {Reply{Status: 500}, true, Failed},
		"no network":        {Reply{}, true, Failed},
		"the API's limit":   {Reply{Status: 429}, true, Failed},
		"no such survey":    {Reply{Status: 404}, true, Refused},
		"another's id":      {Reply{Status: 409}, true, Conflict},
		"limit of a range":  {Reply{Status: 429, Limited: true, RetryAfter: time.Minute}, false, Limited},
		"a page of the CDN": {Reply{Status: 302}, true, Failed},
	} {
		s := &site{reply: func(n int) (Reply, bool) {
			if n < 60 {
				return Reply{Status: http.StatusCreated}, true
			}
			return c.reply, false
		}}
		f, _ := sendAll(t, steady, s, 0)
		if f.Aborted != c.aborted || f.Counts[Stored] != 60 || f.Counts[c.outcome] == 0 || c.aborted && (f.Counts[NotSent] == 0 || f.Tries > 60+3*fewest) {
			t.Errorf("%s: %+v", name, f)
		}
		sum := 0
		for _, n := range f.Counts {
			sum += n
		}
		if sum != f.Planned {
			t.Errorf("%s: the counts are those of %d of %d answers", name, sum, f.Planned)
		}
	}
	s := &site{}
	f, _ := sendAll(t, steady, s, 10*time.Second)
	if len(s.times) > f.Planned || f.Counts[NotSent] < 190 || slices.Max(s.times) > 10*time.Second {
		t.Errorf("interrupted after ten seconds: %+v", f)
	}
}

func TestTimes(t *testing.T) {
	times := Times{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 5, 0.9: 9, 0.91: 10, 0.99: 10, 1: 10} {
		if got := times.At(share); got != want {
			t.Errorf("%v: %d, want %d", share, got, want)
		}
	}
	if (Times{}).At(0.5) != 0 {
		t.Error("of none")
	}
}

// The same seed makes the same answers, and the survey takes them.
func TestSubmissions(t *testing.T) {
	s, err := Survey("loadtest_a", 50)
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := submissions(s, 1), submissions(s, 1), submissions(s, 2)
	differ := false
	for n := range 50 {
		x, err := a()
		if err != nil {
			t.Fatal(err)
		}
		y, _ := b()
		z, _ := c()
		posted, err := answer.FromJSON(x.body)
		if err != nil || string(x.body) != string(y.body) || posted.ID != idOf(s.ID, n) || posted.Channel != "loadtest" {
			t.Fatalf("%s, %s: %v", x.body, y.body, err)
		}
		differ = differ || x.digest != z.digest
	}
	if !differ {
		t.Error("another seed makes the same answers")
	}
}
