package cloud

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
)

// A staller lets one call wait until the time of whoever makes it is over: the table or the bucket has done it by then, or not.
type staller struct {
	mu   sync.Mutex
	at   int // the call, from 1; 0: none
	done bool
	n    int    // calls so far
	last string // the call that waited
}

func (s *staller) around(ctx context.Context, c cloudtest.Call, do func() error) error {
	s.mu.Lock()
	s.n++
	hit, done := s.n == s.at, s.done
	if hit {
		s.last = kindOf(c)
	}
	s.mu.Unlock()
	if hit && done {
		do()
	}
	if hit {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return do()
}

// kindOf returns the name of a call and the kind of its first item: "GetItem D".
func kindOf(c cloudtest.Call) string {
	name, of, _ := strings.Cut(c.Key(), " ")
	return name + " " + of[:1]
}

// TestDeadlineAtEachCall lets the time of a publisher be over at each of its calls. The process lives on, with what it remembers of
// the run that it has broken off, and completes the work when it is invoked again, also after another process has been at it.
func TestDeadlineAtEachCall(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	for _, done := range []bool{false, true} {
		stalled := map[string]int{}
		step := 3 // most calls are one of many of a kind
		if soak.Whole() {
			step = 1
		}
		for at, last := 1, false; !last; at += step {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(s, cloudtest.Options{Now: newClocks(endOfSeptember).ahead(0)})
				w.turns = true
				ctx := t.Context()
				st := &staller{done: done}
				p, other := w.process(cloudtest.Hooks{Around: st.around}, Options{}), w.process(cloudtest.Hooks{}, Options{})
				if err := other.PutDefinition(ctx, s); err != nil {
					t.Fatal(err)
				}
				n := 0
				answers := func(more int) {
					t.Helper()
					for ; more > 0; n, more = n+1, more-1 {
						if err := other.put(ctx, worldResponse(n, worldPeriods[n%2])); err != nil {
							t.Fatal(err)
						}
					}
				}
				answers(9)
				if err := p.publish(ctx, worldPeriods...); err != nil {
					t.Fatal(err)
				}
				answers(7)
				st.mu.Lock()
				st.at, st.n = at, 0
				st.mu.Unlock()
				short, cancel := context.WithTimeout(ctx, 10*time.Second)
				err := p.publish(short, worldPeriods...)
				cancel()
				st.mu.Lock()
				last, st.at = st.last == "", 0
				stalled[st.last]++
				st.mu.Unlock()
				if !last && err == nil {
					t.Errorf("call %d, %s, was never answered, and the run has ended well", at, st.last)
				}
				if last && err != nil || err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("call %d, %s: %v", at, st.last, err)
				}
				if at%2 == 0 {
					answers(2)
					time.Sleep(5 * time.Minute)
					if err := other.publish(ctx, worldPeriods...); err != nil {
						t.Error(err)
					}
				}
				answers(3)
				time.Sleep(5 * time.Minute)
				if err := p.publish(ctx, worldPeriods...); err != nil {
					t.Errorf("after call %d, %s: %v", at, st.last, err)
				}
				w.turns = false // whose item changes with every run
				w.verify(t)
				if t.Failed() {
					t.Fatalf("call %d, %s", at, st.last)
				}
			})
		}
		t.Logf("done %t: %v", done, stalled)
		if len(stalled) < 12 {
			t.Errorf("only %d kinds of calls were tried: %v", len(stalled), stalled)
		}
	}
}
