package intake_test

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/intake"
	"glasspoll/internal/invitation"
	"glasspoll/internal/limit"
	"glasspoll/internal/publish"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/soak"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
)

const floodYAML = `
id: service
title: Flood
languages: [en]
sections:
  - questions:
      - {id: who, type: single_choice, required: true, label: Who, options: [{id: real, label: Real}, {id: made_up, label: Made up}]}
`

const (
	floodTime          = 10 * time.Minute
	shareOfAttacked    = 5  // one of so many people is in an attacked range
	shareWithoutScript = 10 // one of so many has no script
)

// A flood is a survey under attack, in simulated time.
type flood struct {
	*testing.T
	*storetest.Memory
	handler   *intake.Handler
	publisher *publish.Publisher
	survey    *survey.Survey
	now       time.Time
	queue     visits // what is to come
}

// visit is what somebody does at a time.
type visit struct {
	at time.Time
	do func()
}

// visits is a heap: the next one is the first.
type visits []visit

func (v visits) Len() int           { return len(v) }
func (v visits) Less(i, j int) bool { return v[i].at.Before(v[j].at) }
func (v visits) Swap(i, j int)      { v[i], v[j] = v[j], v[i] }
func (v *visits) Push(one any)      { *v = append(*v, one.(visit)) }
func (v *visits) Pop() any {
	last := len(*v) - 1
	one := (*v)[last]
	*v = (*v)[:last]
	return one
}

// Put stores a response at the simulated time.
func (f *flood) Put(ctx context.Context, r answer.Response, also ...string) (bool, error) {
	return f.PutOn(ctx, f.now, r, also...)
}

func newFlood(t *testing.T) *flood {
	t.Helper()
	s, problems := questionnaire.Parse("service.yaml", []byte(floodYAML))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f := &flood{T: t, Memory: storetest.NewMemory(), survey: s, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	f.must(f.PutDefinition(t.Context(), s))
	f.must(f.MakeSecret(t.Context()))
	now := func() time.Time { return f.now }
	f.handler = &intake.Handler{
		Definitions: f, Responses: f, IDs: f, Secrets: f, Renderer: pages(t).With(render.Assets{Work: render.Asset{Path: "assets/work.js"}}), Now: now,
		Client: func(r *http.Request) string { return r.RemoteAddr }, Log: slog.New(slog.DiscardHandler), Limits: intake.NewLimits(f, f),
	}
	rendered, err := publishtest.Renderer()
	f.must(err)
	f.publisher = publish.New(publish.Options{Collector: f, Log: f, Definitions: f, Tallies: f, Releases: f, Progress: f, Reviews: f, Pages: publishtest.NewRecorder(), Renderer: rendered, Now: now})
	return f
}

func (f *flood) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// later lets somebody do something at a time.
func (f *flood) later(after time.Duration, do func()) {
	heap.Push(&f.queue, visit{f.now.Add(after), do})
}

// run lets everything happen in its order, until nobody has anything left to do. Results are published as often as they are on AWS.
func (f *flood) run(each func()) {
	next := f.now
	for len(f.queue) > 0 {
		v := heap.Pop(&f.queue).(visit)
		for !next.After(v.at) {
			f.now = next
			_, err := f.publisher.Publish(f.Context(), f.survey)
			f.must(err)
			each()
			next = next.Add(20 * time.Second)
		}
		f.now = v.at
		v.do()
	}
	_, err := f.publisher.Publish(f.Context(), f.survey)
	f.must(err)
}

func (f *flood) send(method, address, media, body, from string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	r.RemoteAddr = from
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// sendJSON sends the n-th answers.
func (f *flood) sendJSON(n int, who, from, more string) *httptest.ResponseRecorder {
	return f.send("POST", api, jsonMedia, `{"id":"`+key(n)+`","answers":{"who":"`+who+`"}`+more+`}`, from)
}

// respond answers honestly as the page's script does: at once or, if it is asked to, after some work. done is called with the last status.
func (f *flood) respond(n int, from string, done func(status int)) {
	w := f.sendJSON(n, "real", from, "")
	for rounds := 0; w.Code == http.StatusTooManyRequests && rounds < 4; rounds++ {
		w = f.sendJSON(n, "real", from, `,"work":"`+limit.Solve(demanded(f.T, w).Challenge)+`"`)
	}
	done(w.Code)
}

// respondPlainly answers honestly without a script: the handler's form, sent again after the wait that it asks for.
func (f *flood) respondPlainly(from string, done func(status int)) {
	page := f.send("GET", formAddress+"en", "", "", from)
	f.later(20*time.Second, func() { f.sendForm(page, from, done) })
}

func (f *flood) sendForm(page *httptest.ResponseRecorder, from string, done func(status int)) {
	w := f.send("POST", api+"?seal="+sealIn(page), plainForm, url.Values{"who": {"real"}, "_id": {hidden(page)["_id"]}}.Encode(), from)
	if w.Code != http.StatusTooManyRequests {
		done(w.Code)
		return
	}
	wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if err != nil || !strings.Contains(w.Body.String(), `value="real" id="q-who" checked`) {
		f.Fatalf("%v: the form that is to be sent again is\n%s", err, w.Body)
	}
	f.later(time.Duration(wait)*time.Second, func() { f.sendForm(w, from, done) })
}

// published returns how many answers of a kind the page shows.
func (f *flood) published(who string) (n int64) {
	released, err := f.Latest(f.Context(), "service")
	f.must(err)
	for _, r := range released {
		for _, part := range r.Public().Parts {
			for _, c := range part.Cohorts {
				if i := c.Items["who"]; i != nil {
					n += i.Counts.Of(who)
				}
			}
		}
	}
	return n
}

// stored returns how many answers of a kind are stored, and how many of them are held back.
func (f *flood) stored(who string) (stored, held int) {
	t, _, err := f.Tally(f.Context(), "service", "all")
	f.must(err)
	for e, err := range f.After(f.Context(), "service", "all", "") {
		f.must(err)
		if e.Response.Answers[0][1] == who {
			stored++
			if t.HeldBy(f.survey, e.Arrived, e.Response) != "" {
				held++
			}
		}
	}
	return stored, held
}

// TestFlood sends 100,000 made-up answers within ten minutes (a fifth of them outside of a soak), from one machine and from 1,000
// ranges, while 500 people answer. Under 1 % of the 100,000 reach the page in this time, and none of the people is refused or lost.
func TestFlood(t *testing.T) {
	fakes, people := min(soak.Cases(20_000, 1_000_000), 100_000), 500
	if testing.Short() { // work takes time
		people = 50
	}
	for _, c := range []struct {
		name   string
		ranges int
		effort func(n int) bool // whether the n-th made-up answers are sent with work, or after the wait
		most   int64            // made-up answers on the page
	}{
		{"one machine", 1, func(int) bool { return false }, 165},
		{"one machine that works and waits", 1, func(n int) bool { return n%(fakes/100) == 0 }, 165},
		{"1000 ranges", 1000, func(int) bool { return false }, 210},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, r := newFlood(t), rand.New(rand.NewPCG(15, 1))
			end := f.now.Add(floodTime)
			attacked := func(n int) string {
				return fmt.Sprintf("10.%d.%d.%d:9", n%c.ranges/250, n%c.ranges%250, 1+n/c.ranges%250)
			}
			accepted := 0
			for n := range fakes {
				f.later(floodTime*time.Duration(n)/time.Duration(fakes), func() {
					w := f.sendJSON(n, "made_up", attacked(n), "")
					if w.Code == http.StatusTooManyRequests && c.effort(n) {
						task := demanded(t, w)
						if n%2 == 0 {
							f.later(time.Minute, func() { f.sendJSON(n, "made_up", attacked(n), `,"seal":"`+task.Seal+`"`) })
						} else {
							w = f.sendJSON(n, "made_up", attacked(n), `,"work":"`+limit.Solve(task.Challenge)+`"`)
						}
					}
					if w.Code == http.StatusCreated {
						accepted++
					}
				})
			}
			statuses, slowest := map[int]int{}, time.Duration(0)
			for n := range people {
				from := fmt.Sprintf("192.168.%d.7:5", n%250)
				if n%(2*shareOfAttacked) < 2 { // one of them has no script
					from = attacked(n)
				}
				f.later(time.Duration(r.Int64N(int64(floodTime))), func() {
					begun := f.now
					done := func(status int) {
						statuses[status]++
						slowest = max(slowest, f.now.Sub(begun))
					}
					if n%shareWithoutScript == 0 {
						f.respondPlainly(from, done)
					} else {
						f.respond(1_000_000+n, from, done)
					}
				})
			}
			reached := int64(0)
			f.run(func() {
				if !f.now.After(end) {
					reached = f.published("made_up")
				}
			})
			real, realHeld := f.stored("real")
			made, madeHeld := f.stored("made_up")
			t.Logf("of %d made-up answers %d were stored, %d of them are held, and %d reached the page within ten minutes (%.2f %%); of %d people's, %d are held, %d are on the page; the longest wait took %s",
				fakes, made, madeHeld, reached, 100*float64(reached)/float64(fakes), people, realHeld, f.published("real"), slowest)
			if reached > c.most {
				t.Errorf("%d made-up answers reached the page, want %d at most", reached, c.most)
			}
			if real != people || statuses[http.StatusCreated]+statuses[http.StatusSeeOther] != people || statuses[http.StatusSeeOther] != people/shareWithoutScript {
				t.Errorf("%d honest answers are stored; the replies are %v", real, statuses)
			}
			if accepted == 0 {
				t.Error("no made-up answer was taken: the test attacks nothing")
			}
		})
	}
}

// TestOthersOfABlock sends k − 1 answers around another's, to learn it from what is published. Where anybody may answer, this shows it.
// Where people are invited, whoever attacks has one answer, and nothing is published.
func TestOthersOfABlock(t *testing.T) {
	for access, shown := range map[string]int64{"open": 1, "invited": 0} {
		t.Run(access, func(t *testing.T) {
			f := newFlood(t)
			s, problems := questionnaire.Parse("service.yaml", []byte("access: "+access+"\n"+strings.TrimPrefix(floodYAML, "\n")))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			f.survey = s
			f.must(f.PutDefinition(t.Context(), s))
			f.handler.Invitations, f.handler.Redeemer, f.handler.Days = f, f, f
			with := map[string]string{"victim": "", "attacker": ""}
			if access == "invited" {
				for who, digit := range map[string]byte{"victim": 1, "attacker": 2} {
					secret := invitation.Secret{digit}
					if _, err := f.PutInvitations(t.Context(), []invitation.Invitation{{Hash: secret.Hash(), Survey: "service", Batch: "all"}}); err != nil {
						t.Fatal(err)
					}
					with[who] = `,"invitation":"` + secret.Word() + `"`
				}
			}
			if w := f.sendJSON(0, "real", "192.0.2.1:1", with["victim"]); w.Code != http.StatusCreated {
				t.Fatal(w.Code, w.Body)
			}
			taken := 0
			for n := 1; n < s.K(); n++ {
				for _, more := range []string{with["attacker"], ""} {
					if f.sendJSON(2*n+len(more)%2, "made_up", "198.51.100.1:1", more).Code == http.StatusCreated {
						taken++
						break
					}
				}
			}
			f.now = f.now.Add(48 * time.Hour)
			f.run(func() {})
			if got := f.published("real"); got != shown || (taken == s.K()-1) != (access == "open") || access == "invited" && taken != 1 {
				t.Errorf("%d of the answers around it were taken, and %d of the answer is published, want %d", taken, got, shown)
			}
		})
	}
}
