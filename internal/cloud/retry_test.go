package cloud

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Errors as DynamoDB gives them.
var (
	errRate     = &types.ProvisionedThroughputExceededException{Message: aws.String("The level of configured provisioned throughput for the table was exceeded")}
	errFault    = &types.InternalServerError{Message: aws.String("an internal fault")}
	errReset    = &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	errNoRight  = &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "not authorized"}
	errWrongKey = &smithy.GenericAPIError{Code: "ValidationException", Message: "The provided key element does not match the schema"}
)

// cancelledFor returns the error of a transaction that was cancelled for a reason.
func cancelledFor(code string) error {
	return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{{Code: aws.String("None")}, {Code: &code}}}
}

// rateOf returns the error by which DynamoDB refuses a call for its rate.
func rateOf(c cloudtest.Call) error {
	if _, ok := c.Input.(*dynamodb.TransactWriteItemsInput); ok {
		return cancelledFor("ThrottlingError")
	}
	return errRate
}

// errHangs is of a call that gets no answer.
var errHangs = errors.New("no answer")

// A submission that meets lasting faults costs a bounded time and a bounded number of calls: whatever the fault is, and whichever of
// its calls it is of. The guide promises one second.
func TestFailsFast(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	for name, c := range map[string]struct {
		err   func(cloudtest.Call) error
		most  time.Duration
		calls int // of one kind
	}{
		"throttled":   {rateOf, time.Second, 8},
		"fault":       {func(cloudtest.Call) error { return errFault }, time.Second, 8},
		"conflict":    {func(cloudtest.Call) error { return cancelledFor("TransactionConflict") }, time.Second, 9},
		"reset":       {func(cloudtest.Call) error { return errReset }, time.Second, 2},
		"hangs":       {func(cloudtest.Call) error { return errHangs }, 2*perTry + patience, 2},
		"no right":    {func(cloudtest.Call) error { return errNoRight }, 0, 1},
		"wrong keys":  {func(cloudtest.Call) error { return errWrongKey }, 0, 1},
		"unspecified": {func(cloudtest.Call) error { return errors.New("odd") }, 0, 1},
	} {
		for _, of := range []string{"", "GetItem", "TransactWriteItems"} {
			for range 20 { // waits are random
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(tea, cloudtest.Options{})
					if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(t.Context(), tea); err != nil {
						t.Fatal(err)
					}
					calls := map[string]int{}
					p := w.process(cloudtest.Hooks{Around: func(ctx context.Context, call cloudtest.Call, do func() error) error {
						if of != "" && of != call.Name {
							return do()
						}
						calls[call.Name]++
						err := c.err(call)
						if err == errHangs {
							<-ctx.Done()
						}
						return err
					}}, Options{Awaited: true})
					begin := time.Now()
					ctx, cancel := Awaited(t.Context())
					defer cancel()
					_, err := p.Definition(ctx, tea.ID, "")
					if err == nil {
						_, err = p.Put(ctx, worldResponse(1, "2026-10"))
					}
					if took := time.Since(begin); err == nil || took > c.most {
						t.Errorf("%s of %s: %v after %v, want at most %v", name, of, err, took, c.most)
					}
					for call, n := range calls {
						if n > c.calls {
							t.Errorf("%s of %s: %d calls of %s", name, of, n, call)
						}
					}
				})
			}
		}
	}
}

// All calls of one submission share its patience: the definition, the number of shards, the transaction.
func TestCallsShareThePatience(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	for range 50 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(tea, cloudtest.Options{})
			if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(t.Context(), tea); err != nil {
				t.Fatal(err)
			}
			tries := map[string]int{}
			p := w.process(cloudtest.Hooks{Around: func(_ context.Context, c cloudtest.Call, do func() error) error {
				if tries[c.Name]++; tries[c.Name]%4 == 0 {
					return do()
				}
				return rateOf(c)
			}}, Options{Awaited: true})
			rich := awaited
			rich.budget, rich.first = 1000, 1000
			p.client = newRetries(rich).of(p.calls)
			begin := time.Now()
			ctx, cancel := Awaited(t.Context())
			defer cancel()
			for range 20 {
				if _, err := p.Surveys(ctx); err != nil {
					break
				}
			}
			if took := time.Since(begin); took > time.Second || took == 0 {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// When throttling lasts, a process tries once; when it ends, retries are earned again.
func TestBudgetOfRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRetries(awaited)
		made := 0
		fails := func(context.Context) error { made++; return errRate }
		works := func(context.Context) error { return nil }
		call := func(n int, f func(context.Context) error) (calls int) {
			made = 0
			for range n {
				r.do(t.Context(), f)
			}
			return made
		}
		if made := call(100, fails); made != 101 {
			t.Errorf("a new process makes %d calls of 100 that are refused", made)
		}
		call(10, works)
		if made := call(100, fails); made != 101 {
			t.Errorf("after 10 that were not, it makes %d", made)
		}
		call(1000, works)
		if made := call(100, fails); made < 103 || made > 105 { // one call has patience for some
			t.Errorf("after 1,000 that were not, it makes %d", made)
		}
		// Others that write the same are no throttling.
		made = 0
		conflicts := func(context.Context) error { made++; return cancelledFor("TransactionConflict") }
		if err := r.do(t.Context(), conflicts); err == nil || made != awaited.conflicts {
			t.Errorf("%v, after %d calls", err, made)
		}
	})
}

// What nobody waits for goes on for longer.
func TestPatientCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRetries(patient)
		for range 100 {
			made := 0
			err := r.do(t.Context(), func(context.Context) error {
				if made++; made < patientTries {
					return errRate
				}
				return nil
			})
			if err != nil || made != patientTries {
				t.Errorf("%v, after %d calls", err, made)
			}
		}
	})
}

// The same answers at once, and again: one reply says created, the others that they are there, and none is lost or told so wrongly,
// also while replies are lost and calls are refused.
func TestTheSameTwiceAtOnce(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	for seed := range uint64(soak.Cases(60, 2000)) {
		synctest.Test(t, func(t *testing.T) {
			random, mu := rand.New(rand.NewPCG(seed, 1)), sync.Mutex{}
			w := newWorld(tea, cloudtest.Options{})
			if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(t.Context(), tea); err != nil {
				t.Fatal(err)
			}
			around := func(ctx context.Context, c cloudtest.Call, do func() error) error {
				mu.Lock()
				before, n := time.Duration(random.IntN(20))*time.Millisecond, random.IntN(10)
				mu.Unlock()
				time.Sleep(before)
				switch {
				case n == 0:
					return rateOf(c)
				case n == 1:
					do()
					return errReset
				case n == 2:
					return errFault
				}
				return do()
			}
			var group sync.WaitGroup
			created := 0
			for range 4 {
				group.Go(func() {
					p := w.process(cloudtest.Hooks{Around: around, Prepared: func(context.Context, cloudtest.Call) error {
						time.Sleep(10 * time.Millisecond)
						return nil
					}}, Options{Awaited: true})
					for range 2 {
						ctx, cancel := Awaited(t.Context())
						w.send(worldResponse(1, "2026-10"))
						first, err := p.Put(ctx, worldResponse(1, "2026-10"))
						cancel()
						mu.Lock()
						if err == nil {
							w.confirm(worldResponse(1, "2026-10").ID)
						}
						if first {
							created++
						}
						if errors.Is(err, store.ErrConflict) {
							t.Errorf("seed %d: the same answers conflict: %v", seed, err)
						}
						mu.Unlock()
					}
				})
			}
			group.Wait()
			if created > 1 {
				t.Errorf("seed %d: created %d times", seed, created)
			}
			w.verify(t)
		})
	}
}

// A crowd is submissions at a function of which as many instances run as are busy.
type crowd struct {
	throttled float64 // share of tries of the writing call
	policy    policy

	begun, stored, refused int
	running, most          int
	busy                   time.Duration // sum
	idle                   []*process
}

// crowdRate and crowdTime are how many submissions arrive a second, and for how long after the throttling has begun.
const (
	crowdRate = 2000
	crowdTime = 2 * time.Second
)

// run lets submissions arrive for a second without throttling, and then with it.
func (c *crowd) run(t *testing.T, s *survey.Survey) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s, cloudtest.Options{Partitions: 256})
		if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(1, uint64(100*c.throttled)))
		throttling := false
		around := func(ctx context.Context, call cloudtest.Call, do func() error) error {
			mu.Lock()
			refused := throttling && random.Float64() < c.throttled && call.Name == "TransactWriteItems"
			mu.Unlock()
			return latency(ctx, call, func() error {
				if refused {
					return rateOf(call)
				}
				return do()
			})
		}
		instance := func() *process {
			p := w.process(cloudtest.Hooks{Around: around}, Options{Awaited: true})
			p.client = newRetries(c.policy).of(p.calls)
			return p
		}
		submit := func(n int) {
			mu.Lock()
			var p *process
			if last := len(c.idle) - 1; last >= 0 {
				p, c.idle = c.idle[last], c.idle[:last]
			} else {
				p = instance()
			}
			counted := throttling
			c.running++
			if counted {
				c.begun++
				c.most = max(c.most, c.running)
			}
			mu.Unlock()
			begin := time.Now()
			ctx, cancel := Awaited(t.Context())
			defer cancel()
			_, err := p.Definition(ctx, s.ID, "")
			if err == nil {
				_, err = p.Put(ctx, choiceResponse(s, n))
			}
			mu.Lock()
			defer mu.Unlock()
			c.running--
			c.idle = append(c.idle, p)
			if counted {
				c.busy += time.Since(begin)
				if err == nil {
					c.stored++
				} else {
					c.refused++
				}
			}
		}
		var group sync.WaitGroup
		for n := range int((crowdTime + time.Second).Seconds() * crowdRate) {
			if n == crowdRate {
				mu.Lock()
				throttling = true
				mu.Unlock()
			}
			group.Go(func() { submit(n) })
			time.Sleep(time.Second / crowdRate)
		}
		group.Wait()
	})
}

func (c *crowd) String() string {
	each := c.busy / time.Duration(c.begun)
	return fmt.Sprintf("%.0f %% throttled: %d stored, %d refused, at most %d at once, %v each, so by Little's law %.0f on average",
		100*c.throttled, c.stored, c.refused, c.most, each.Round(time.Millisecond), crowdRate*each.Seconds())
}

// Little's law: as many instances run as submissions arrive in the time that one takes. Throttling, however much of it, must not
// take the instances that an account may run, which are 1,000 at first. docs/operators-aws.md has the figures.
func TestThrottlingLeavesTheAccountItsInstances(t *testing.T) {
	s := choices(t)
	for _, share := range []float64{0, 0.05, 0.5, 1} {
		c := &crowd{throttled: share, policy: awaited}
		c.run(t, s)
		t.Log(c)
		if c.most > 300 {
			t.Errorf("%v", c)
		}
		if want := 0.95 * (1 - share); float64(c.stored) < want*float64(c.begun) {
			t.Errorf("%v: too few are stored", c)
		}
	}
}
