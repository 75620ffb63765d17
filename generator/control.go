package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"glasspoll/internal/console"
	"glasspoll/internal/local"
)

// The data file belongs to one process. So a verb that needs it does its work where the file is open: in its own process,
// or, while `serve` runs, in that one. It is asked through a Unix-domain socket in the data directory, which only the
// directory's owner can open and which no network reaches. What the verb prints, and the files that it writes, come back
// through the socket, so that files belong to whoever has asked, wherever he is.

// A verb is work on a store. Its options are its exported fields: they are sent as JSON. What it needs of the asker's
// files it reads into them before.
type verb interface {
	// do runs where the store is open. It may run beside others and beside answers that come in.
	do(ctx context.Context, w *workplace) error
}

// writing is a verb that writes files: the one that it names, or beside it with other endings; or, if what it names is a
// folder, in that.
type writing interface{ writesTo() string }

// mayWrite reports whether a file is one that a verb was asked to write.
func mayWrite(v verb, name string) bool {
	w, writes := v.(writing)
	if !writes || w.writesTo() == "" || filepath.Clean(name) != name {
		return false
	}
	out := filepath.Clean(w.writesTo())
	beside := filepath.Dir(name) == filepath.Dir(out) && strings.HasPrefix(name, strings.TrimSuffix(out, filepath.Ext(out))+".")
	return name == out || beside || strings.HasPrefix(name, out+string(filepath.Separator))
}

// verbs are those that a running server can be asked for, by the words they are called with.
func verbs() map[string]func() verb {
	return map[string]func() verb{
		"cases list":      func() verb { return &listCasesCommand{} },
		"cases show":      func() verb { return &showCaseCommand{} },
		"cases assign":    func() verb { return &assignCaseCommand{} },
		"cases close":     func() verb { return &closeCaseCommand{} },
		"cases summary":   func() verb { return &summariseCasesCommand{} },
		"results export":  func() verb { return &exportCommand{} },
		"results erase":   func() verb { return &eraseCommand{} },
		"results archive": func() verb { return &archiveCommand{} },
		"results pages":   func() verb { return &levelPagesCommand{} },
		"results report":  func() verb { return &reportCommand{} },
		"results verify":  func() verb { return &verifyCommand{} },
	}
}

// A workplace is what a verb works with.
type workplace struct {
	store  resultsStore
	local  *local.Store // the same; nil on AWS
	out    io.Writer
	err    io.Writer
	create creator
	log    *slog.Logger        // what an operator must be able to look up later
	news   func(survey string) // says that a survey's answers have changed, so that its results follow; nil where nobody publishes
}

// A creator makes a file of the asker's. Nothing is seen of it until it is closed; if it never is, nothing remains. A
// private one only its owner can read.
type creator func(name string, private bool) (io.WriteCloser, error)

const (
	controlName = "control.sock"
	// controlProtocol changes when programs of before and after would not understand each other.
	controlProtocol = 1
	// longestSocket is how long the path of a socket may be on every system.
	longestSocket = 100
)

// perform does a verb with the store in a data directory.
func perform(ctx context.Context, c *console.Console, data, name string, v verb) error {
	if connection := dialControl(data); connection != nil {
		return askServer(ctx, c, connection, name, v)
	}
	path := filepath.Join(data, dataFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s in %s: name the data directory of `glasspoll serve` with --data DIR", dataFile, data)
	}
	store, err := local.Open(path)
	if err != nil {
		if connection := dialControl(data); connection != nil { // it was only just starting
			return askServer(ctx, c, connection, name, v)
		}
		return err
	}
	defer store.Close()
	files := &outputs{}
	defer files.discard()
	return v.do(ctx, &workplace{store: store, local: store, out: c.Out, err: c.Err, create: files.create, log: slog.New(slog.NewTextHandler(c.Err, nil))})
}

// dataFile is the store within the data directory.
const dataFile = "glasspoll.db"

// request is what is asked of a server.
type request struct {
	Protocol int
	Verb     string
	Options  []byte // JSON
}

// controlFrame is a piece of the answer.
type controlFrame struct {
	Kind    controlKind
	File    int    // of a file: its number
	Name    string // of a new file
	Private bool
	Data    []byte
	Code    int // at the end: the exit code
}

type controlKind int

const (
	toOut controlKind = iota
	toErr
	newFile
	toFile
	fileDone
	ended // Data is the error's text; none if it has been printed already
)

// socketPath is the control socket's path in a data directory, by a detour if it is too long for a socket. done must be
// called when the path is no longer needed.
func socketPath(data, name string) (path string, done func(), err error) {
	path = filepath.Join(data, name)
	if len(path) <= longestSocket {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("%s: the path is longer than %d bytes", path, longestSocket)
	}
	directory, err := os.Open(data)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", directory.Fd(), name), func() { directory.Close() }, nil
}

// dialControl reaches the server that has a data directory; nil if there is none.
func dialControl(data string) net.Conn {
	path, done, err := socketPath(data, controlName)
	if err != nil {
		return nil
	}
	defer done()
	connection, err := net.Dial("unix", path)
	if err != nil {
		return nil // nobody, or one that has ended without removing its socket
	}
	return connection
}

// askServer has a server do a verb, and takes what comes of it.
func askServer(ctx context.Context, c *console.Console, connection net.Conn, name string, v verb) error {
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { connection.Close() })() // then the server stops as well
	options, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(connection).Encode(request{controlProtocol, name, options}); err != nil {
		return fmt.Errorf("asking the running server: %w", err)
	}
	files := &outputs{}
	defer files.discard()
	open := map[int]io.WriteCloser{}
	for answer := gob.NewDecoder(bufio.NewReaderSize(connection, 64<<10)); ; {
		var f controlFrame
		if err := answer.Decode(&f); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the running server broke off: %w", err)
		}
		var err error
		switch f.Kind {
		case toOut:
			_, err = c.Out.Write(f.Data)
		case toErr:
			_, err = c.Err.Write(f.Data)
		case newFile:
			if !mayWrite(v, f.Name) { // the asker may be more powerful than the server, and must not lend it that
				return fmt.Errorf("the running server wants to write %s, which was not asked for", f.Name)
			}
			open[f.File], err = files.create(f.Name, f.Private)
		case toFile:
			_, err = open[f.File].Write(f.Data)
		case fileDone:
			err = open[f.File].Close()
		case ended:
			return failure(f.Code, string(f.Data))
		}
		if err != nil {
			return err
		}
	}
}

// outcome is an error as it is sent, and failure what it is again at the other end.
func outcome(err error) (code int, text string) {
	if err == nil || errors.Is(err, console.ErrProblems) {
		return console.ExitCode(err), ""
	}
	return console.ExitCode(err), err.Error()
}

func failure(code int, text string) error {
	switch {
	case code == console.ExitOK:
		return nil
	case text == "":
		return console.ErrProblems
	case code == console.ExitUsage:
		return console.UsageError{Err: errors.New(text)}
	default:
		return errors.New(text)
	}
}

// control answers for a server on its socket.
type control struct {
	listener net.Listener
	data     string
	place    func() *workplace // a copy of what verbs work with
	known    map[string]func() verb
	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// listenControl opens the socket in a data directory, in the place of any that is left of a server before: whoever has the
// store open is the only one.
func listenControl(data string, place func() *workplace) (*control, error) {
	// It is made in a directory that nobody else can enter, and moved once its mode is right.
	hidden, err := os.MkdirTemp(data, ".control-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(hidden)
	path, done, err := socketPath(hidden, "s")
	if err != nil {
		return nil, err
	}
	defer done()
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false) // it will be elsewhere
	err = os.Chmod(path, 0o600)
	if err == nil {
		err = os.Rename(path, filepath.Join(data, controlName))
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	k := &control{listener: listener, data: data, place: place, known: verbs()}
	k.ctx, k.stop = context.WithCancel(context.Background())
	k.running.Go(k.accept)
	return k, nil
}

// close takes no more requests, breaks off those under way, and removes the socket. The store must still be open.
func (k *control) close() {
	os.Remove(filepath.Join(k.data, controlName))
	k.stop()
	k.listener.Close()
	k.running.Wait()
}

func (k *control) accept() {
	for {
		connection, err := k.listener.Accept()
		if err != nil {
			if k.ctx.Err() == nil {
				k.place().log.Error("commands are not taken any more", "error", err)
			}
			return
		}
		k.running.Go(func() { k.answer(connection) })
	}
}

func (k *control) answer(connection net.Conn) {
	defer connection.Close()
	ctx, cancel := context.WithCancel(k.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	asked := gob.NewDecoder(connection)
	var r request
	if asked.Decode(&r) != nil {
		return
	}
	k.running.Go(func() { // nothing more is sent: what can still be read is that the asker has gone
		var more request
		asked.Decode(&more)
		cancel()
	})
	out := newReply(connection)
	code, text := outcome(k.run(ctx, r, out))
	out.end(code, text)
}

func (k *control) run(ctx context.Context, r request, out *reply) (err error) {
	place := k.place()
	defer func() {
		if fault := recover(); fault != nil { // answers must go on being taken
			place.log.Error("panic", "command", r.Verb, "value", fault)
			err = fmt.Errorf("%s panicked: %v. Please report it", r.Verb, fault)
		}
	}()
	create := k.known[r.Verb]
	if create == nil || r.Protocol != controlProtocol {
		return errors.New("the running server is another version of glasspoll and does not know this command: restart it with this one, or stop it first")
	}
	v := create()
	if err := json.Unmarshal(r.Options, v); err != nil {
		return fmt.Errorf("asking the running server: %w", err)
	}
	place.out, place.err, place.create = out.stream(toOut), out.stream(toErr), out.create
	return v.do(ctx, place)
}

// reply sends frames. Frames of one stream are gathered; the streams keep their order among each other.
type reply struct {
	mu      sync.Mutex
	to      *bufio.Writer
	encoder *gob.Encoder
	files   int
	failed  error
}

func newReply(w io.Writer) *reply {
	to := bufio.NewWriterSize(w, 64<<10)
	return &reply{to: to, encoder: gob.NewEncoder(to)}
}

func (r *reply) send(f controlFrame, now bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = r.encoder.Encode(f)
	}
	if r.failed == nil && now {
		r.failed = r.to.Flush()
	}
	return r.failed
}

func (r *reply) end(code int, text string) {
	r.send(controlFrame{Kind: ended, Code: code, Data: []byte(text)}, true)
}

func (r *reply) stream(kind controlKind) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		// What is said on the way should be read on the way.
		if err := r.send(controlFrame{Kind: kind, Data: p}, kind == toErr); err != nil {
			return 0, err
		}
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (r *reply) create(name string, private bool) (io.WriteCloser, error) {
	r.mu.Lock()
	r.files++
	file := &sentFile{reply: r, number: r.files}
	r.mu.Unlock()
	return file, r.send(controlFrame{Kind: newFile, File: file.number, Name: name, Private: private}, false)
}

// sentFile is a file at the other end.
type sentFile struct {
	reply  *reply
	number int
}

func (f *sentFile) Write(p []byte) (int, error) {
	if err := f.reply.send(controlFrame{Kind: toFile, File: f.number, Data: p}, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *sentFile) Close() error {
	return f.reply.send(controlFrame{Kind: fileDone, File: f.number}, false)
}

// outputs are the files that one verb writes.
type outputs struct {
	open map[*output]bool
}

// output is a file that comes to be when it is closed.
type output struct {
	*bufio.Writer
	all       *outputs
	file      *os.File
	name      string
	temporary string
}

func (o *outputs) create(name string, private bool) (io.WriteCloser, error) {
	mode := fs.FileMode(0o666)
	if private {
		mode = 0o600
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // such as /dev/stdout
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a directory: name a file in it", name)
		}
		file, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return o.keep(&output{file: file}), nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, err
	}
	// In the same directory, so that it can be moved; whoever may write the one may write the other.
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return nil, err
	}
	temporary.Close()
	os.Remove(temporary.Name())
	file, err := os.OpenFile(temporary.Name(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) // with the umask, which CreateTemp does without
	if err != nil {
		return nil, err
	}
	return o.keep(&output{file: file, name: name, temporary: file.Name()}), nil
}

func (o *outputs) keep(f *output) *output {
	if o.open == nil {
		o.open = map[*output]bool{}
	}
	f.all, f.Writer = o, bufio.NewWriterSize(f.file, 64<<10)
	o.open[f] = true
	return f
}

// Close puts the file in its place, durably.
func (f *output) Close() error {
	err := f.Flush()
	if err == nil && f.temporary != "" {
		err = f.file.Sync()
	}
	if closed := f.file.Close(); err == nil {
		err = closed
	}
	delete(f.all.open, f)
	if f.temporary == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.temporary, f.name)
	}
	if err != nil {
		os.Remove(f.temporary) // as well as it can; the error is the one that counts
	}
	return err
}

// discard leaves nothing of files that were not closed.
func (o *outputs) discard() {
	for f := range o.open {
		f.file.Close()
		if f.temporary != "" {
			os.Remove(f.temporary)
		}
	}
}

// workplace is what verbs work with while the server runs.
func (w *works) workplace() *workplace {
	return &workplace{store: w.store, local: w.store, log: w.log, news: w.publishing.notice}
}
