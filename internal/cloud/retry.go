package cloud

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Calls to the tables are tried again here and nowhere else: the SDK's client makes each once. There are two policies. A
// respondent waits for a function of submissions, and every instance that waits takes one of those that the account may run:
// so such calls fail fast, and the page, which costs nothing while it waits, sends again. Publishers and commands are few,
// have time, and would only have to begin anew.

// Bounds of what a respondent waits for.
const (
	// patience is how long after its beginning a submission still begins a try because of others: refused for the rate,
	// conflicts, faults of DynamoDB. It holds for all of its calls together.
	patience = 1 * time.Second

	// perTry bounds one try of a call. A connection may have died unnoticed while the function was frozen. There is one more
	// try then, on another connection.
	perTry = 3 * time.Second

	// longestWait bounds all calls of one submission: two tries without an answer, and patience.
	longestWait = 7 * time.Second
)

// patientTries bounds the tries of a call that nobody waits for.
const patientTries = 5

// A policy says how often and for how long a call is tried.
type policy struct {
	perTry    time.Duration
	patience  time.Duration // 0: no bound but the tries
	tries     int           // of a call that is refused for its rate, or meets a fault
	conflicts int           // tries of a write that others are making at the same time
	lost      int           // tries of a call that gets no answer
	base      time.Duration // before the second try the wait is random, up to this; before each other one up to twice as much
	budget    int           // most tokens that are saved up, of which a retry takes retryCost; 0: no bound. Conflicts take none
	first     int           // tokens of a new process: new ones are many when all are slow
	earned    int           // tokens that a call earns which succeeds at once
}

var (
	awaited = policy{
		perTry: perTry, patience: patience, tries: 8, conflicts: 9, lost: 2, base: 50 * time.Millisecond,
		budget: 5 * retryCost, first: retryCost, earned: 1,
	}
	patient = policy{perTry: 10 * time.Second, tries: patientTries, conflicts: 9, lost: patientTries, base: 100 * time.Millisecond}
)

const retryCost = 10

// conflictBase is the base of waits for other writers: a transaction takes some ten milliseconds.
const conflictBase = 10 * time.Millisecond

// longestPause bounds the wait between two tries.
const longestPause = 5 * time.Second

type awaitedKey struct{}

// Awaited returns the context of everything that a respondent waits for: its calls share patience, and end after longestWait.
func Awaited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, awaitedKey{}, time.Now()), longestWait)
}

// retries tries the calls of one process. Its budget bounds by how much retries slow down a process under lasting throttling:
// then nearly each call is tried once.
type retries struct {
	policy
	mu    sync.Mutex
	saved int
}

func newRetries(p policy) *retries { return &retries{policy: p, saved: p.first} }

// of returns calls that are tried again.
func (r *retries) of(c calls) calls {
	return calls{
		again(r, c.GetItem), again(r, c.PutItem), again(r, c.Query), again(r, c.UpdateItem), again(r, c.BatchGetItem), again(r, c.BatchWriteItem),
		transactions(r, c.TransactWriteItems),
	}
}

type transactionCall = func(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)

// transactions returns a call that is tried again with a token, by which DynamoDB knows for ten minutes one whose reply was lost. It
// compares what was sent, and a map is written in any order: so each try sends the same bytes. One that was cancelled is another
// transaction when it is tried again.
func transactions(r *retries, call transactionCall) transactionCall {
	return func(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
		var sent sentBody
		marked := *in
		o = append(slices.Clip(o), dynamodb.WithAPIOptions(sent.repeat))
		return again(r, func(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
			if in.ClientRequestToken == nil {
				in.ClientRequestToken = aws.String(crand.Text())
			}
			out, err := call(ctx, in, o...)
			if cancelled := new(types.TransactionCanceledException); errors.As(err, &cancelled) {
				in.ClientRequestToken, sent = nil, nil
			}
			return out, err
		})(ctx, &marked, o...)
	}
}

// A sentBody is the body of a call's first try; nil before it.
type sentBody []byte

// repeat makes a call send the body again that was sent first.
func (b *sentBody) repeat(stack *middleware.Stack) error {
	return stack.Serialize.Add(middleware.SerializeMiddlewareFunc("RepeatBody", func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (out middleware.SerializeOutput, metadata middleware.Metadata, err error) {
		request := in.Request.(*smithyhttp.Request)
		if *b == nil {
			if *b, err = io.ReadAll(request.GetStream()); err != nil {
				return out, metadata, err
			}
		}
		if in.Request, err = request.SetStream(bytes.NewReader(*b)); err != nil {
			return out, metadata, err
		}
		return next.HandleSerialize(ctx, in)
	}), middleware.After)
}

// again returns a call that is tried again.
func again[I, O any](r *retries, call func(context.Context, I, ...func(*dynamodb.Options)) (*O, error)) func(context.Context, I, ...func(*dynamodb.Options)) (*O, error) {
	return func(ctx context.Context, in I, o ...func(*dynamodb.Options)) (out *O, err error) {
		err = r.do(ctx, func(ctx context.Context) error {
			out, err = call(ctx, in, o...)
			return err
		})
		return out, err
	}
}

// do makes a call until it succeeds, fails for good, or may not be tried again.
func (r *retries) do(ctx context.Context, call func(context.Context) error) error {
	begin, ok := ctx.Value(awaitedKey{}).(time.Time)
	if !ok {
		begin = time.Now()
	}
	unsure := false
	for try := 1; ; try++ {
		k, err := r.try(ctx, call)
		unsure = unsure || k == lost || k == fault
		switch {
		case err == nil:
			if try == 1 {
				r.earn()
			}
			return nil
		case k == final && unsure:
			return &unsureError{err}
		case k == final || ctx.Err() != nil:
			return err
		}
		wait := r.wait(k, try)
		if r.patience > 0 && k != lost && time.Since(begin)+wait > r.patience || !r.mayRetry(k, try) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// try makes a call once, within its time, and returns what kind of error it has.
func (r *retries) try(ctx context.Context, call func(context.Context) error) (kind, error) {
	within, cancel := context.WithTimeout(ctx, r.perTry)
	defer cancel()
	err := call(within)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		return lost, err
	}
	return kindOfError(err), err
}

// wait draws the time before another try: any up to a bound that doubles.
func (r *retries) wait(k kind, try int) time.Duration {
	switch k {
	case conflict:
		return random(conflictBase << min(try-1, 5))
	case lost:
		return random(r.base)
	}
	return random(min(r.base<<(try-1), longestPause))
}

func random(most time.Duration) time.Duration { return rand.N(most) }

// mayRetry reports whether a call may be tried again after so many tries, and takes that from the budget.
func (r *retries) mayRetry(k kind, tries int) bool {
	if tries >= map[kind]int{throttling: r.tries, fault: r.tries, conflict: r.conflicts, lost: r.lost}[k] {
		return false
	}
	if r.budget == 0 || k == conflict {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.saved < retryCost {
		return false
	}
	r.saved -= retryCost
	return true
}

func (r *retries) earn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saved = min(r.saved+r.earned, r.budget)
}

// A kind of error is how it is treated.
type kind int

const (
	final      kind = iota // another try does not help
	throttling             // refused for the rate: nothing was written
	conflict               // others were writing the same: nothing was written
	fault                  // of DynamoDB: it may have been written
	lost                   // no answer: it may have been written
)

// kindOfError returns the kind of a call's error.
func kindOfError(err error) kind {
	var cancelled *types.TransactionCanceledException
	var conflicting *types.TransactionConflictException
	var inProgress *types.TransactionInProgressException
	var api smithy.APIError
	var status interface{ HTTPStatusCode() int }
	switch {
	case err == nil:
		return final
	case errors.As(err, &cancelled):
		return kindOfReasons(cancelled.CancellationReasons)
	case errors.As(err, &conflicting), errors.As(err, &inProgress):
		return conflict
	case throttled(err):
		return throttling
	case errors.As(err, &status) && status.HTTPStatusCode() >= 500, errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer:
		return fault
	case retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary:
		return lost
	}
	return final
}

// kindOfReasons returns the kind of a cancelled transaction. A condition that does not hold is an answer, whatever else there is.
func kindOfReasons(reasons []types.CancellationReason) kind {
	k := final
	for _, reason := range reasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed", "ValidationError", "ItemCollectionSizeLimitExceeded":
			return final
		case "ThrottlingError", "ProvisionedThroughputExceeded":
			k = throttling
		case "TransactionConflict":
			if k == final {
				k = conflict
			}
		}
	}
	return k
}

// throttled reports whether an error says that a call was refused for its rate.
func throttled(err error) bool {
	return err != nil && retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// An unsureError is one that another try would not mend, after a try whose outcome is unknown.
type unsureError struct{ err error }

func (e *unsureError) Error() string { return e.err.Error() }

func (e *unsureError) Unwrap() error { return e.err }
