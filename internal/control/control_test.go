package control

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// serve listens in a new directory with a long name.
func serve(t *testing.T, table Table) (data string, s *Server) {
	t.Helper()
	data = filepath.Join(t.TempDir(), strings.Repeat("long", 30)) // longer than the path of a socket may be
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := Listen(data, table, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return data, s
}

// plain returns an entry of a table for a verb without options.
func plain(v Verb) func([]byte) (Verb, error) {
	return func([]byte) (Verb, error) { return v, nil }
}

// printed returns a console that keeps what is printed on it, in one order.
func printed() (*console.Console, *bytes.Buffer) {
	var b bytes.Buffer
	return &console.Console{Out: &b, Err: &b}, &b
}

// untilStopped prints until its context ends, and passes on why.
func untilStopped(stopped chan<- error) Verb {
	return func(ctx context.Context, out Output) (err error) {
		defer func() { stopped <- err }()
		for {
			if _, err := io.WriteString(out.Out, "working\n"); err != nil {
				return err
			}
			fmt.Fprintln(out.Err, "working")
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Millisecond):
			}
		}
	}
}

// firstWrite is a writer whose channel ready is closed by the first write.
type firstWrite struct {
	once  sync.Once
	ready chan struct{}
}

func newFirstWrite() *firstWrite { return &firstWrite{ready: make(chan struct{})} }

func (o *firstWrite) Write(p []byte) (int, error) {
	o.once.Do(func() { close(o.ready) })
	return len(p), nil
}

func TestVerb(t *testing.T) {
	data, s := serve(t, Table{
		"results export": func(options []byte) (Verb, error) {
			var o struct{ Survey, Out string }
			if err := json.Unmarshal(options, &o); err != nil {
				return nil, err
			}
			return func(_ context.Context, out Output) error {
				for i := range 3 {
					fmt.Fprintf(out.Out, "out %d\n", i)
					fmt.Fprintf(out.Err, "err %d\n", i)
				}
				f, err := out.Create(o.Out, true)
				if err != nil {
					return err
				}
				for range 3 { // larger than a frame
					if _, err := f.Write(bytes.Repeat([]byte{0xff}, maxFrame)); err != nil {
						return err
					}
				}
				fmt.Fprintln(out.Err, o.Survey)
				return f.Close()
			}, nil
		},
	})
	if info, err := os.Stat(filepath.Join(data, socketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	name := filepath.Join(t.TempDir(), "answers.csv")
	c, b := printed()
	err := Do(t.Context(), c, data, Request{Verb: "results export", Options: map[string]string{"Survey": "tea", "Out": name}, Writes: name})
	if want := "out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\ntea\n"; err != nil || b.String() != want {
		t.Errorf("%v, %q", err, b)
	}
	if info, err := os.Stat(name); err != nil || info.Size() != 3*maxFrame || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	if err := Do(t.Context(), c, data, Request{Verb: "results export", Options: []int{1}}); err == nil || !strings.Contains(err.Error(), "asking the running server: json: cannot unmarshal") {
		t.Errorf("options of another kind: %v", err)
	}
	s.Close()
	if _, err := os.Stat(filepath.Join(data, socketName)); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
	if err := Do(t.Context(), c, data, Request{Verb: "results export"}); !errors.Is(err, ErrNoServer) {
		t.Errorf("after the end: %v", err)
	}
}

// TestErrors checks that the client ends with the error that the verb ended with.
func TestErrors(t *testing.T) {
	ends := map[string]error{"well": nil, "problems": console.ErrProblems, "usage": console.Usagef("--out: which?"), "failure": message.Errorf("the file is empty")}
	table := Table{"panic": plain(func(context.Context, Output) error { panic("a mistake") })}
	for name, err := range ends {
		table[name] = plain(func(context.Context, Output) error { return err })
	}
	data, _ := serve(t, table)
	c, _ := printed()
	for name, want := range ends {
		got := Do(t.Context(), c, data, Request{Verb: name})
		if console.ExitCode(got) != console.ExitCode(want) || errors.Is(got, console.ErrProblems) != errors.Is(want, console.ErrProblems) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	chinese, _ := printed()
	chinese.Language = message.Chinese
	if err := Do(t.Context(), chinese, data, Request{Verb: "failure"}); err == nil || err.Error() != message.Of(ends["failure"]).In(message.Chinese) {
		t.Errorf("in Chinese: %v", err)
	}
	for range 2 { // the server goes on
		if err := Do(t.Context(), c, data, Request{Verb: "panic"}); err == nil || err.Error() != "panic panicked: a mistake. Please report it" {
			t.Errorf("a verb that panics: %v", err)
		}
	}
	if err := Do(t.Context(), c, data, Request{Verb: "dance"}); err == nil || err.Error() != errOtherVersion.Error() {
		t.Errorf("an unknown verb: %v", err)
	}
}

// TestClientGoes checks that work for a client that goes away is cancelled.
func TestClientGoes(t *testing.T) {
	stopped := make(chan error, 1)
	data, _ := serve(t, Table{"slow": plain(untilStopped(stopped))})
	ctx, cancel := context.WithCancel(t.Context())
	output := newFirstWrite()
	asked := make(chan error, 1)
	go func() { asked <- Do(ctx, &console.Console{Out: io.Discard, Err: output}, data, Request{Verb: "slow"}) }()
	<-output.ready
	cancel()
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Errorf("the client: %v", err)
	}
	if err := <-stopped; err == nil {
		t.Error("the work goes on")
	}
}

// TestClientGoesDuringSilence does the same while the verb writes nothing.
func TestClientGoesDuringSilence(t *testing.T) {
	begun, stopped := make(chan struct{}), make(chan struct{})
	data, _ := serve(t, Table{"silent": plain(func(ctx context.Context, _ Output) error {
		close(begun)
		<-ctx.Done()
		close(stopped)
		return ctx.Err()
	})})
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := printed()
	asked := make(chan error, 1)
	go func() { asked <- Do(ctx, c, data, Request{Verb: "silent"}) }()
	<-begun
	cancel()
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Errorf("the client: %v", err)
	}
	<-stopped
}

// TestServerCloses checks that a server that is closed cancels verbs and waits for them, even if their clients do not read,
// and that the client ends with an error.
func TestServerCloses(t *testing.T) {
	stopped := make(chan error, 2)
	data, s := serve(t, Table{"slow": plain(untilStopped(stopped))})
	output := newFirstWrite()
	asked := make(chan error, 1)
	go func() {
		asked <- Do(t.Context(), &console.Console{Out: io.Discard, Err: output}, data, Request{Verb: "slow"})
	}()
	<-output.ready
	idle, err := dial(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	fmt.Fprintf(idle, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", path("slow"))
	if _, err := io.ReadFull(idle, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if len(stopped) != 2 {
		t.Errorf("%d of 2 have ended with the server", len(stopped))
	}
	if err := <-asked; err == nil || !strings.Contains(err.Error(), "the connection to the running server was lost") {
		t.Errorf("the client: %v", err)
	}
}

// TestTwoAtOnce checks that verbs run at the same time, and that what they print is not mixed up.
func TestTwoAtOnce(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	data, _ := serve(t, Table{"say": func(options []byte) (Verb, error) {
		var text string
		if err := json.Unmarshal(options, &text); err != nil {
			return nil, err
		}
		return func(_ context.Context, out Output) error {
			both.Done()
			both.Wait()
			for range 100 {
				fmt.Fprintln(out.Out, text)
			}
			return nil
		}, nil
	}})
	var clients sync.WaitGroup
	for _, text := range []string{"one", "other"} {
		clients.Go(func() {
			c, b := printed()
			if err := Do(t.Context(), c, data, Request{Verb: "say", Options: text}); err != nil || b.String() != strings.Repeat(text+"\n", 100) {
				t.Errorf("%s: %v, %q", text, err, b)
			}
		})
	}
	clients.Wait()
}

// TestFilesNotAskedFor checks that the client writes nothing but what was asked for.
func TestFilesNotAskedFor(t *testing.T) {
	dir := t.TempDir()
	data, _ := serve(t, Table{"write": func(options []byte) (Verb, error) {
		var name string
		err := json.Unmarshal(options, &name)
		return func(_ context.Context, out Output) error {
			f, err := out.Create(name, false)
			if err != nil {
				return err
			}
			return f.Close()
		}, err
	}})
	c, _ := printed()
	other := filepath.Join(dir, ".profile")
	err := Do(t.Context(), c, data, Request{Verb: "write", Options: other, Writes: filepath.Join(dir, "answers.csv")})
	if err == nil || err.Error() != "the running server tried to write "+other+", which this command has not asked for" {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("written: %v, %v", entries, err)
	}
	if err := Do(t.Context(), c, data, Request{Verb: "write", Options: dir, Writes: dir}); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory as a file: %v", err)
	}
}

func TestMayWrite(t *testing.T) {
	const file, folder = "/home/a/answers.csv", "/home/a/pages"
	for _, c := range []struct {
		writes, name string
		want         bool
	}{
		{file, "/home/a/answers.csv", true}, {file, "/home/a/answers.sps", true}, {file, "/home/a/answers.codebook.html", true},
		{file, "/home/a/.profile", false}, {file, "/home/a/answers2.csv", false}, {file, "/etc/passwd", false}, {file, "answers.csv", false},
		{file, "/home/a/answers.d/../../x", false}, {file, "/home/a/answers.d/x", false}, {file, "", false},
		{folder, "/home/a/pages/tea/results/index.html", true}, {folder, "/home/a/pages2/x", false}, {folder, "/home/a/pages/../x", false},
		{"", "/home/a/answers.csv", false},
	} {
		if got := mayWrite(c.writes, c.name); got != c.want {
			t.Errorf("%q, %q: %t", c.writes, c.name, got)
		}
	}
}

// TestKilledServer kills a server process in the middle of a file: the client ends with an error, and no half file is left.
func TestKilledServer(t *testing.T) {
	dir := t.TempDir()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serveUntilKilled+"="+dir)
	said, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill() })
	if _, err := io.ReadFull(said, make([]byte, 1)); err != nil { // it listens
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out", "answers.csv")
	output := newFirstWrite()
	asked := make(chan error, 1)
	go func() {
		asked <- Do(t.Context(), &console.Console{Out: io.Discard, Err: output}, dir, Request{Verb: "half", Options: out, Writes: out})
	}()
	select {
	case <-output.ready:
	case err := <-asked:
		t.Fatal(err)
	}
	server.Process.Kill()
	server.Wait()
	if err := <-asked; err == nil || !strings.Contains(err.Error(), "the connection to the running server was lost") {
		t.Errorf("the client: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}

	// The socket that is left has no server, and another server can take its place.
	c, _ := printed()
	if _, err := os.Stat(filepath.Join(dir, socketName)); err != nil {
		t.Fatal(err)
	}
	if err := Do(t.Context(), c, dir, Request{Verb: "half"}); !errors.Is(err, ErrNoServer) {
		t.Errorf("a socket without a server: %v", err)
	}
	next, err := Listen(dir, Table{"well": plain(func(context.Context, Output) error { return nil })}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := Do(t.Context(), c, dir, Request{Verb: "well"}); err != nil {
		t.Errorf("the next server: %v", err)
	}
}

const serveUntilKilled = "CONTROL_TEST_SERVES_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveUntilKilled); dir != "" {
		writeHalf(dir)
	}
	os.Exit(m.Run())
}

// writeHalf serves a verb that never finishes its file.
func writeHalf(dir string) {
	_, err := Listen(dir, Table{"half": func(options []byte) (Verb, error) {
		var name string
		err := json.Unmarshal(options, &name)
		return func(ctx context.Context, out Output) error {
			f, err := out.Create(name, false)
			if err != nil {
				return err
			}
			io.WriteString(f, "half")
			fmt.Fprintln(out.Err, "half is written")
			<-ctx.Done()
			return ctx.Err()
		}, err
	}}, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(".")
	select {}
}

// TestOtherVersions calls servers from before HTTP, and from after this version of the protocol.
func TestOtherVersions(t *testing.T) {
	for name, answer := range map[string]func(net.Conn){
		"of before HTTP": func(connection net.Conn) {
			defer connection.Close()
			var request struct {
				Protocol int
				Verb     string
				Options  []byte
			}
			if err := gob.NewDecoder(connection).Decode(&request); err == nil {
				t.Error("it understands HTTP")
			}
		},
		"of a later protocol": func(connection net.Conn) {
			listener := make(chan net.Conn, 1)
			listener <- connection
			http.Serve(oneConnection{listener}, http.NotFoundHandler())
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			listener, err := listen(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				connection, err := listener.Accept()
				if err == nil {
					answer(connection)
				}
			}()
			c, _ := printed()
			options := strings.Repeat("x", 1<<20) // more than the socket holds
			if err := Do(t.Context(), c, dir, Request{Verb: "results verify", Options: options}); err == nil || !strings.Contains(err.Error(), "another version of glasspoll") {
				t.Error(err)
			}
		})
	}
}

// oneConnection is a listener that accepts one connection.
type oneConnection struct{ next chan net.Conn }

func (o oneConnection) Accept() (net.Conn, error) {
	select {
	case c := <-o.next:
		return c, nil
	default:
		return nil, net.ErrClosed
	}
}
func (o oneConnection) Close() error   { return nil }
func (o oneConnection) Addr() net.Addr { return &net.UnixAddr{} }

// TestNonsense sends what is not a request, which must do no harm.
func TestNonsense(t *testing.T) {
	data, _ := serve(t, Table{"well": plain(func(context.Context, Output) error { return nil })})
	for _, nonsense := range []string{"", "GET / HTTP/1.1\r\n\r\n", "POST /v1/well HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", strings.Repeat("\xff", 10_000)} {
		connection, err := dial(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(connection, nonsense)
		connection.(*net.UnixConn).CloseWrite()
		answer, _ := io.ReadAll(connection) // it may also be cut off
		if bytes.Contains(answer, []byte(" 200 ")) {
			t.Errorf("%.10q is answered with %q", nonsense, answer)
		}
		connection.Close()
	}
	c, _ := printed()
	if err := Do(t.Context(), c, data, Request{Verb: "well"}); err != nil {
		t.Error(err)
	}
}

// TestBrokenFrames checks that invalid frames end the client with an error.
func TestBrokenFrames(t *testing.T) {
	for name, body := range map[string][]byte{
		"nothing":            nil,
		"half a header":      {1, 0, 0},
		"too much":           {1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		"too little":         {1, 0, 0, 0, 0, 0, 0, 0, 9, 'x'},
		"no such file":       {byte(write), 0, 0, 0, 7, 0, 0, 0, 0},
		"no such file's end": {byte(done), 0, 0, 0, 7, 0, 0, 0, 0},
		"no such kind":       {99, 0, 0, 0, 0, 0, 0, 0, 0},
		"no result":          {byte(exit), 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		c, _ := printed()
		r := receiver{console: c, open: map[uint32]io.WriteCloser{}}
		if err := r.receive(bytes.NewReader(body)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestFiles checks that a file exists whole or not at all, and has the mode that was asked for.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "deep", "answers.csv")
	all := &Files{}
	file, err := all.Create(name, true)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, "half")
	all.Discard()
	if entries, _ := os.ReadDir(filepath.Dir(name)); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
	for _, private := range []bool{false, true} { // a private one takes the place of one that everybody can read
		all = &Files{}
		if file, err = all.Create(name, private); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(file, private)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		all.Discard()
		info, err := os.Stat(name)
		if err != nil || (info.Mode().Perm() == 0o600) != private {
			t.Errorf("private %t: %v, %v", private, info.Mode(), err)
		}
		if content, _ := os.ReadFile(name); string(content) != fmt.Sprint(private) {
			t.Errorf("%q", content)
		}
	}
}
