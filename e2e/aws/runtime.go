// Package aws stands in for what AWS runs: the Lambda service that invokes a function, and the network between a function and
// its stores, where faults are injected. The stores are real servers: DynamoDB Local and an S3 server.
package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Function is one Lambda function: a binary, invoked through the Lambda Runtime API as documented for custom runtimes
// (2018-06-01). Like the service, it starts the binary for an invocation if no process runs, and invokes it one event at a time.
type Function struct {
	Binary  string
	Env     []string
	Timeout time.Duration // the time that an invocation has, as announced to the function
	Log     io.Writer

	server   *http.Server
	listener net.Listener
	calls    chan *invocation // to the running process
	started  int              // number of processes so far; each has its own path of the API
	mu       sync.Mutex       // held during an invocation
	state    sync.Mutex
	process  *exec.Cmd
	exited   chan struct{}
	pending  map[string]*invocation
	number   int
}

type invocation struct {
	id    string
	event []byte
	reply chan result
}

type result struct {
	body []byte
	err  error
}

// ErrKilled means that the function's process ended during an invocation.
var ErrKilled = errors.New("the function's process ended")

// Start starts the Runtime API. The function's process starts with the first invocation.
func (f *Function) Start() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f.listener, f.pending = listener, map[string]*invocation{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{process}/2018-06-01/runtime/invocation/next", f.next)
	mux.HandleFunc("POST /{process}/2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		f.finish(w, r.PathValue("id"), result{body, err})
	})
	mux.HandleFunc("POST /{process}/2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.finish(w, r.PathValue("id"), result{nil, fmt.Errorf("the function failed: %s", body)})
	})
	mux.HandleFunc("POST /{process}/2018-06-01/runtime/init/error", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(f.Log, r.Body)
		w.WriteHeader(http.StatusAccepted)
	})
	// aws-lambda-go registers an extension, without which Lambda sends no SIGTERM.
	mux.HandleFunc("POST /{process}/2020-01-01/extension/register", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "1")
		io.WriteString(w, "{}")
	})
	mux.HandleFunc("GET /{process}/2020-01-01/extension/event/next", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f.server = &http.Server{Handler: mux}
	go f.server.Serve(listener)
	return nil
}

// Stop kills the process and stops the Runtime API.
func (f *Function) Stop() {
	f.Kill()
	f.server.Close()
}

// Kill kills the process with SIGKILL, and waits until it has ended.
func (f *Function) Kill() {
	f.state.Lock()
	process, exited := f.process, f.exited
	f.state.Unlock()
	if process != nil {
		process.Process.Kill()
		<-exited
	}
}

// Started returns how many processes have been started.
func (f *Function) Started() int {
	f.state.Lock()
	defer f.state.Unlock()
	return f.started
}

// Signal sends the process a signal.
func (f *Function) Signal(signal os.Signal) {
	f.state.Lock()
	defer f.state.Unlock()
	if f.process != nil {
		f.process.Process.Signal(signal)
	}
}

func (f *Function) run() error {
	f.state.Lock()
	defer f.state.Unlock()
	if f.process != nil {
		return nil
	}
	command := exec.Command(f.Binary)
	command.Env = append(os.Environ(), f.Env...)
	command.Env = append(command.Env, fmt.Sprintf("AWS_LAMBDA_RUNTIME_API=%s/%d", f.listener.Addr(), f.started+1), "AWS_LAMBDA_FUNCTION_NAME=test")
	command.Stdout, command.Stderr = f.Log, f.Log
	if err := command.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	// Each process has its own channel: a request left over from a killed process must not take an event from its successor.
	f.process, f.exited, f.calls = command, exited, make(chan *invocation)
	f.started++
	go func() {
		command.Wait()
		f.state.Lock()
		f.process = nil
		for id, call := range f.pending {
			delete(f.pending, id)
			call.reply <- result{nil, ErrKilled}
		}
		f.state.Unlock()
		close(exited)
	}()
	return nil
}

// graceTime is added to a function's timeout before it is killed: on a busy machine its reply may be late, while a function
// that ignores its deadline never replies at all.
const graceTime = time.Minute

// Invoke sends an event to the function and returns its reply.
func (f *Function) Invoke(ctx context.Context, event any) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	if err := f.run(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, f.Timeout+graceTime)
	defer cancel()
	f.state.Lock()
	f.number++
	call := &invocation{id: strconv.Itoa(f.number), event: body, reply: make(chan result, 1)}
	exited, calls := f.exited, f.calls
	f.state.Unlock()
	select {
	case calls <- call:
	case <-exited:
		return nil, ErrKilled
	case <-ctx.Done():
		return nil, fmt.Errorf("the function does not ask for an event: %w", ctx.Err())
	}
	select {
	case r := <-call.reply:
		return r.body, r.err
	case <-ctx.Done():
		f.Kill()
		return nil, fmt.Errorf("the function does not reply: %w", ctx.Err())
	}
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.state.Lock()
	calls, current := f.calls, r.PathValue("process") == strconv.Itoa(f.started)
	f.state.Unlock()
	if !current {
		http.Error(w, "this process has ended", http.StatusGone)
		return
	}
	select {
	case <-r.Context().Done():
	case call := <-calls:
		f.state.Lock()
		f.pending[call.id] = call
		gone := f.process == nil
		f.state.Unlock()
		if gone {
			f.finish(w, call.id, result{nil, ErrKilled})
			return
		}
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", call.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(f.Timeout).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:test")
		w.Header().Set("Content-Type", "application/json")
		w.Write(call.event)
	}
}

func (f *Function) finish(w http.ResponseWriter, id string, r result) {
	f.state.Lock()
	call := f.pending[id]
	delete(f.pending, id)
	f.state.Unlock()
	if call == nil {
		http.Error(w, "no such invocation", http.StatusBadRequest)
		return
	}
	call.reply <- r
	w.WriteHeader(http.StatusAccepted)
}

// Proxy stands between a function and a store. It records the calls, and can inject faults into them.
type Proxy struct {
	Target string // URL of the store
	URL    string // URL of the proxy, set by Listen

	// Denied returns why a call is not allowed; "" if it is. The store does not see a call that is not. Nil allows all.
	Denied func(Call) string

	mu    sync.Mutex
	calls int
	fault func(Call) Fault
	onHit func()
	log   []Call

	paused bool
}

// Call is one call that a client made.
type Call struct {
	Number int    // from 1, since the last Inject or Reset
	Name   string // of DynamoDB: the operation; of S3: method and path
	Body   []byte
	Header http.Header
}

// Fault is what happens to a call.
type Fault int

const (
	None       Fault = iota
	NotApplied       // the connection is closed before the store has seen the call
	Applied          // the store handles the call, but the client gets no reply
	Stalled          // no reply comes until the client gives up
	Refused          // the store says that calls come too fast
)

// Listen starts the proxy.
func (n *Proxy) Listen() (stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.URL = "http://" + listener.Addr().String()
	server := &http.Server{Handler: n}
	go server.Serve(listener)
	return func() { server.Close() }, nil
}

// Inject applies to each further call the fault that the function returns for it; calls to the function do not overlap. onHit
// runs before the connection of a NotApplied or Applied call is closed.
func (n *Proxy) Inject(fault func(Call) Fault, onHit func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls, n.fault, n.onHit, n.log = 0, fault, onHit, nil
}

// Reset ends the faults and forgets the calls so far.
func (n *Proxy) Reset() { n.Inject(nil, nil) }

// Pause sets whether calls pass unrecorded and without faults.
func (n *Proxy) Pause(paused bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.paused = paused
}

// Calls returns the calls since the last Inject or Reset.
func (n *Proxy) Calls() []Call {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Call(nil), n.log...)
}

func (n *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	n.mu.Lock()
	name := r.Method + " " + r.URL.Path
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		name = target[strings.LastIndex(target, ".")+1:]
	}
	fault := None
	if !n.paused {
		n.calls++
		call := Call{n.calls, name, body, r.Header}
		n.log = append(n.log, call)
		if n.fault != nil {
			fault = n.fault(call)
		}
	}
	onHit := n.onHit
	n.mu.Unlock()
	if n.Denied != nil {
		if why := n.Denied(Call{Name: name, Body: body, Header: r.Header}); why != "" {
			refuse(w, r, why)
			return
		}
	}
	if fault == Stalled {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if fault == Refused {
		throttle(w, r)
		return
	}
	if fault == NotApplied {
		onHit()
		panic(http.ErrAbortHandler)
	}
	out, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, n.Target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	out.Header, out.Host, out.ContentLength = r.Header.Clone(), r.Host, int64(len(body))
	reply, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer reply.Body.Close()
	answer, err := io.ReadAll(reply.Body)
	if err != nil || fault == Applied {
		if fault == Applied {
			onHit()
		}
		panic(http.ErrAbortHandler)
	}
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.StatusCode)
	w.Write(answer)
}

// refuse replies as AWS does when a policy does not allow a call.
func refuse(w http.ResponseWriter, r *http.Request, why string) {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazon.coral.service#AccessDeniedException", "message": why})
	case strings.HasPrefix(r.URL.Path, "/v2/email/"):
		w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		json.NewEncoder(w).Encode(map[string]string{"message": why})
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>", html.EscapeString(why))
	}
}

// throttle replies as DynamoDB and S3 do to whoever calls too often.
func throttle(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") == "" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Throughput exceeds the current capacity of your table"}`)
}
