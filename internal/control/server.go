package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// A Verb is work that a server does for a client. Several may run at the same time. The context ends when the client goes
// away or the server is closed.
type Verb func(ctx context.Context, out Output) error

// Table maps the name of a verb, words separated by spaces, to a function that makes it from its options, which are JSON.
type Table map[string]func(options []byte) (Verb, error)

// Output is where a verb prints and writes: the client's console, and its files.
type Output struct {
	*console.Console
	Create CreateFunc
}

// CreateFunc creates a file on the client's side. It appears when it is closed; if it never is, nothing remains of it. A
// private one can be read by its owner only.
type CreateFunc func(name string, private bool) (io.WriteCloser, error)

// Server runs verbs for clients on the socket of a data directory.
type Server struct {
	data  string
	verbs Table
	log   *slog.Logger
	http  *http.Server
	ctx   context.Context // ends when the server is closed
	stop  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // requests, and Serve
}

// Listen opens the socket in a data directory and serves verbs on it until the server is closed.
func Listen(data string, verbs Table, logger *slog.Logger) (*Server, error) {
	listener, err := listen(data)
	if err != nil {
		return nil, err
	}
	s := &Server{data: data, verbs: verbs, log: logger}
	s.ctx, s.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+root, s.serve)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	s.running.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("commands are not taken any more", "error", err)
		}
	})
	return s, nil
}

// Close removes the socket, cancels the requests under way, and waits for them. What verbs work with must still be open.
func (s *Server) Close() {
	os.Remove(filepath.Join(s.data, socketName))
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.http.Close()
	s.running.Wait()
}

// begin reports whether a request may still be served. If so, s.running.Done must be called after it.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.running.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()

	name := strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, root), "/", " ")
	decode := s.verbs[name]
	if decode == nil {
		http.NotFound(w, r)
		return
	}
	options, err := io.ReadAll(r.Body) // to its end: only then does the context end when the client goes away
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	verb, err := decode(options)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	reply := newReply(w, r.Header.Get(languageHeader))
	reply.flush() // a client that gets no header takes the server for one from before HTTP
	err = s.run(ctx, name, verb, reply)
	if s.ctx.Err() != nil {
		panic(http.ErrAbortHandler) // the verb was cancelled, whatever it returns
	}
	reply.end(err)
}

// run runs a verb. A panic must not end the server, which takes answers.
func (s *Server) run(ctx context.Context, name string, verb Verb, reply *reply) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			s.log.Error("panic", "command", name, "value", fault)
			err = message.Errorf("%s panicked: %v. Please report it", name, fault)
		}
	}()
	return verb(ctx, Output{&console.Console{Out: reply.stream(stdout), Err: reply.stream(stderr), Language: reply.language}, reply.create})
}

// reply writes frames to a client.
type reply struct {
	mu       sync.Mutex
	to       *bufio.Writer
	flush    func() error
	files    uint32
	err      error  // the first: nothing is written after it
	language string // of messages
}

func newReply(w http.ResponseWriter, language string) *reply {
	return &reply{to: bufio.NewWriterSize(w, 64<<10), flush: http.NewResponseController(w).Flush, language: language}
}

// send writes content in frames, and flushes them if they should be read at once.
func (r *reply) send(k kind, file uint32, content []byte, flush bool) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sent := 0
	for {
		part := content[sent:min(len(content), sent+maxFrame)]
		if r.err == nil {
			r.err = writeFrame(r.to, frame{k, file, part})
		}
		if r.err != nil {
			return sent, r.err
		}
		if sent += len(part); sent == len(content) {
			break
		}
	}
	if flush {
		if r.err = r.to.Flush(); r.err == nil {
			r.err = r.flush()
		}
	}
	return sent, r.err
}

func (r *reply) sendJSON(k kind, file uint32, content any, flush bool) error {
	encoded, err := json.Marshal(content)
	if err != nil {
		return err
	}
	_, err = r.send(k, file, encoded, flush)
	return err
}

// end sends the exit code and the error of a verb.
func (r *reply) end(err error) {
	end := result{Code: console.ExitCode(err)}
	if err != nil && !errors.Is(err, console.ErrProblems) {
		end.Error = message.Of(err).In(r.language)
	}
	r.sendJSON(exit, 0, end, true) // the client may be gone
}

// stream returns a writer to one of the client's streams. Errors and progress are sent at once.
func (r *reply) stream(k kind) io.Writer {
	return writerFunc(func(p []byte) (int, error) { return r.send(k, 0, p, k == stderr) })
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (r *reply) create(name string, private bool) (io.WriteCloser, error) {
	r.mu.Lock()
	r.files++
	file := remoteFile{r, r.files}
	r.mu.Unlock()
	return file, r.sendJSON(create, file.number, newFile{name, private}, false)
}

// remoteFile is a file on the client's side.
type remoteFile struct {
	reply  *reply
	number uint32
}

func (f remoteFile) Write(p []byte) (int, error) { return f.reply.send(write, f.number, p, false) }

func (f remoteFile) Close() error {
	_, err := f.reply.send(done, f.number, nil, false)
	return err
}
