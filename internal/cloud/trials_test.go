package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud/cloudtest"
	loading "glasspoll/internal/load"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// everything returns all items of a table in words, by key.
func everything(s *cloudtest.Server) map[string]string {
	all := map[string]string{}
	for _, i := range s.Items("") {
		words, _ := json.Marshal(i)
		all[textOf(i, partKey)+" "+textOf(i, sortKey)] = string(words)
	}
	return all
}

func silent(message.Text) {}

// loaded makes a load test on a table on which people answer another survey, with a publisher at work.
func loaded(t *testing.T, w *world, id string, change func(n int, r *answer.Response) (status int)) loading.Result {
	t.Helper()
	p := w.process(cloudtest.Hooks{}, Options{})
	test := &loading.Test{
		Store: p, Plan: loading.Plan{Rate: 20, Ramp: 2 * time.Second, Hold: 3 * time.Second, Seed: 1, Errors: 1}, Patience: time.Minute, Pause: time.Second, Progress: silent,
		Post: func(survey string) loading.Post {
			n := 0
			return func(ctx context.Context, body []byte) loading.Reply {
				posted, err := answer.FromJSON(body)
				if err != nil {
					t.Error(err)
				}
				s, err := p.Definition(ctx, survey, "")
				if err != nil {
					t.Error(err)
					return loading.Reply{Status: 404}
				}
				r, _, problems := answer.Check(s, posted)
				if r.Period = s.PeriodAt(w.now()); len(problems) > 0 {
					t.Error(problems)
				}
				n++
				if status := change(n, &r); status > 0 {
					return loading.Reply{Status: status}
				}
				if _, err := p.Put(ctx, r); err != nil {
					t.Error(err)
				}
				return loading.Reply{Status: http.StatusCreated}
			}
		},
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Second):
			}
			if s, err := p.Definition(t.Context(), id, ""); err == nil {
				if _, err := p.publisher.Publish(t.Context(), s, s.PeriodAt(w.now())); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	result, err := test.Run(t.Context(), id)
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// teaWorld is a table with answers to an ordinary survey.
func teaWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(parseSurvey(t, "tea", worldSurvey), cloudtest.Options{})
	p := w.process(cloudtest.Hooks{}, Options{})
	for n := range 5 {
		if err := p.put(t.Context(), worldResponse(n, "2026-10")); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.publish(t.Context(), "2026-10"); err != nil {
		t.Fatal(err)
	}
	return w
}

const trialID = "loadtest_a1"

func asSent(int, *answer.Response) int { return 0 }

// A load test finds what was acknowledged stored and counted once; whatever is not as it was acknowledged, it finds, too.
func TestLoadTestComparesExactly(t *testing.T) {
	var kept *answer.Response
	for name, c := range map[string]struct {
		change func(n int, r *answer.Response) int
		wrong  func(r loading.Result) bool
	}{
		"all is well": {asSent, nil},
		"lost": {func(n int, _ *answer.Response) int {
			if n == 7 {
				return http.StatusCreated
			}
			return 0
		}, func(r loading.Result) bool { return r.Missing == 1 && r.Logged == 79 }},
		"changed": {func(n int, r *answer.Response) int {
			if n == 7 {
				r.Answers = r.Answers[1:]
			}
			return 0
		}, func(r loading.Result) bool { return r.Different == 1 }},
		"somebody else's": {func(n int, r *answer.Response) int {
			if n == 7 {
				r.ID = "00000000-0000-4000-8000-000000000007"
			}
			return 0
		}, func(r loading.Result) bool { return r.Foreign == 1 && r.Missing == 1 }},
		"another's answers": {func(n int, r *answer.Response) int {
			if n == 7 {
				kept = r
			}
			if n == 8 {
				r.ID = kept.ID
				return http.StatusConflict
			}
			return 0
		}, func(r loading.Result) bool { return r.Counts[loading.Conflict] == 1 }},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := teaWorld(t)
			r := loaded(t, w, trialID, c.change)
			if c.wrong == nil && (!r.Passed() || r.Acknowledged() != 80 || r.Logged != 80 || r.Counted != 80) {
				t.Errorf("%s: %+v", name, r)
			}
			if c.wrong != nil && (r.Passed() || !c.wrong(r)) {
				t.Errorf("%s: %+v", name, r)
			}
		})
	}
}

// Cleaning up can be killed at every call, before it and after, and done again: then the table is as it was before the test.
func TestLoadTestLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := teaWorld(t)
		before := everything(w.server)
		if r := loaded(t, w, trialID, asSent); !r.Passed() {
			t.Fatalf("%+v", r)
		}
		if grown := len(everything(w.server)) - len(before); grown < 80 {
			t.Fatalf("a load test has left %d items to remove", grown)
		}
		full := w.server
		calls := 0
		for at := 1; ; at++ {
			for _, after := range []bool{false, true} {
				w.server = full.Copy()
				k := &killer{at: at, after: after}
				err := loading.Clean(t.Context(), w.process(cloudtest.Hooks{Around: k.around}, Options{}), trialID, 0, silent)
				if err == nil && !k.dead {
					calls = at - 1
				} else if err == nil {
					t.Errorf("killed at call %d, %s, it reports success", at, k.last)
				}
				err = loading.Clean(t.Context(), w.process(cloudtest.Hooks{}, Options{}), trialID, 0, silent)
				if err != nil && !strings.Contains(err.Error(), "nothing is left") {
					t.Fatalf("killed at call %d, %s, and again: %v", at, k.last, err)
				}
				if left := everything(w.server); !reflect.DeepEqual(left, before) {
					t.Fatalf("killed at call %d, %s: %d items are left, and %d were there: %v", at, k.last, len(left), len(before), added(left, before))
				}
			}
			if calls > 0 {
				break
			}
		}
		if calls < 20 {
			t.Errorf("cleaning up makes %d calls", calls)
		}
		t.Logf("killed at each of %d calls", calls)
	})
}

func added(after, before map[string]string) (keys []string) {
	for k := range after {
		if _, ok := before[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// Nothing of a survey that a load test has not made is removed: neither of one that people answer, nor of one that has its id, or has
// been changed since.
func TestOrdinarySurveysAreNotRemoved(t *testing.T) {
	w := teaWorld(t)
	p := w.process(cloudtest.Hooks{}, Options{})
	s, err := loading.Survey(trialID, 10)
	if err != nil {
		t.Fatal(err)
	}
	taken := parseSurvey(t, "loadtest_tea", strings.Replace(worldSurvey, "title:", "listed: false\npurpose: {en: A load test, zh: 测试}\ntitle:", 1))
	changed := parseSurvey(t, trialID, worldSurvey)
	for _, one := range []*survey.Survey{w.survey, taken, s, changed} {
		if err := p.PutDefinition(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	before := everything(w.server)
	for _, id := range []string{"tea", "loadtest_tea", trialID} { // the last has two versions, one of which is ordinary
		store := w.process(cloudtest.Hooks{}, Options{})
		none := func(func(string) bool) {}
		_, err := store.RemoveTrial(t.Context(), id, none)
		for i, err := range []error{loading.Clean(t.Context(), store, id, 0, silent), store.CloseTrial(t.Context(), id), store.ForgetTrial(t.Context(), id), err} {
			if err == nil || !strings.Contains(err.Error(), "not made by a load test") {
				t.Errorf("%s, %d: %v", id, i, err)
			}
		}
	}
	if err := loading.Clean(t.Context(), p, "loadtest_none", 0, silent); err == nil {
		t.Error("a survey that is not there is removed")
	}
	if after := everything(w.server); !reflect.DeepEqual(after, before) {
		t.Errorf("%d items, and %d before", len(after), len(before))
	}
	test := &loading.Test{Store: p, Plan: loading.Plan{Rate: 1, Hold: time.Second}, Progress: silent, Post: func(string) loading.Post {
		return func(context.Context, []byte) loading.Reply { t.Error(errors.New("sent")); return loading.Reply{} }
	}}
	if _, err := test.Run(t.Context(), trialID); err == nil {
		t.Error(fmt.Errorf("a survey that is there is answered by a load test"))
	}
	// In force, it is not removed either.
	own, _ := loading.Survey("loadtest_b2", 10)
	if err := p.PutDefinition(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if _, err := p.RemoveTrial(t.Context(), own.ID, func(func(string) bool) {}); err == nil || !strings.Contains(err.Error(), "in force") {
		t.Error(err)
	}
}
