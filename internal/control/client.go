package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

// ErrNoServer means that no server has the data directory open.
var ErrNoServer = errors.New("no server is running")

var (
	errOtherVersion error = message.Key("the running server is another version of glasspoll and does not know this command: restart it with this one, or stop it first")
	// Servers from before HTTP close a connection that they do not understand.
	errNoAnswer error = message.Key("the running server has closed the connection without an answer. It is another version of glasspoll, unless it has just ended: restart it with this one, or stop it first")
)

// Request asks a server to run a verb.
type Request struct {
	Verb    string
	Options any // is sent as JSON
	// Writes is the file that the verb writes, perhaps with others that differ in their endings, or the folder in which it
	// writes files; "" if it writes none.
	Writes string
}

// Do runs a verb in the server of a data directory. It prints what the verb prints, writes the files that it writes, and
// returns its error. It returns ErrNoServer if there is no server.
func Do(ctx context.Context, c *console.Console, data string, r Request) error {
	options, err := json.Marshal(r.Options)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the server stops as well
	asked, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://glasspoll"+path(r.Verb), bytes.NewReader(options))
	if err != nil {
		return err
	}
	asked.Header.Set(languageHeader, c.Language)
	transport := &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, data) },
		DisableKeepAlives:  true,
		DisableCompression: true,
	}
	response, err := transport.RoundTrip(asked)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrNoServer):
		return err
	case err != nil: // in one of many ways, depending on how much has been sent
		return errNoAnswer
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusBadRequest:
		text, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
		return message.Errorf("asking the running server: %s", bytes.TrimSpace(text))
	default:
		return errOtherVersion
	}
	in := receiver{console: c, writes: r.Writes, open: map[uint32]io.WriteCloser{}}
	defer in.files.Discard()
	err = in.receive(response.Body)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// dial connects to the server of a data directory.
func dial(ctx context.Context, data string) (net.Conn, error) {
	path, release, err := socketPath(data, socketName)
	if err != nil {
		return nil, ErrNoServer // it could not have opened one either
	}
	defer release()
	var d net.Dialer
	connection, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, ErrNoServer // there is none, or it has ended without removing its socket
	}
	return connection, nil
}

// receiver prints and writes what frames say.
type receiver struct {
	console *console.Console
	writes  string // as in Request
	files   Files
	open    map[uint32]io.WriteCloser
}

// receive reads frames to the last one, and returns the error that the verb ended with.
func (r *receiver) receive(body io.Reader) error {
	in := bufio.NewReaderSize(body, 64<<10)
	var buffer []byte
	for {
		f, err := readFrame(in, &buffer)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // there must be an exit frame
		}
		if err != nil {
			return message.Errorf("the connection to the running server was lost: %w", err)
		}
		switch f.kind {
		case stdout:
			_, err = r.console.Out.Write(f.content)
		case stderr:
			_, err = r.console.Err.Write(f.content)
		case create:
			err = r.create(f)
		case write, done:
			err = r.write(f)
		case exit:
			var end result
			if err := json.Unmarshal(f.content, &end); err != nil {
				return message.Errorf("the connection to the running server was lost: %w", err)
			}
			return end.err()
		default:
			err = errOtherVersion
		}
		if err != nil {
			return err
		}
	}
}

func (r *receiver) create(f frame) error {
	var file newFile
	if err := json.Unmarshal(f.content, &file); err != nil {
		return err
	}
	// The client may have more rights than the server, which the server must not be able to use.
	if !mayWrite(r.writes, file.Name) {
		return message.Errorf("the running server tried to write %s, which this command has not asked for", file.Name)
	}
	created, err := r.files.Create(file.Name, file.Private)
	r.open[f.file] = created
	return err
}

func (r *receiver) write(f frame) error {
	file := r.open[f.file]
	if file == nil {
		return message.Errorf("the running server writes to a file that it has not created: file %d", f.file)
	}
	if f.kind == done {
		delete(r.open, f.file)
		return file.Close()
	}
	_, err := file.Write(f.content)
	return err
}

// err returns the error that a verb has ended with.
func (r result) err() error {
	switch {
	case r.Code == console.ExitOK:
		return nil
	case r.Error == "":
		return console.ErrProblems
	case r.Code == console.ExitUsage:
		return console.UsageError{Err: errors.New(r.Error)}
	default:
		return errors.New(r.Error)
	}
}

// mayWrite reports whether a file is one that a verb was asked to write.
func mayWrite(writes, name string) bool {
	if writes == "" || filepath.Clean(name) != name {
		return false
	}
	out := filepath.Clean(writes)
	sibling := filepath.Dir(name) == filepath.Dir(out) && strings.HasPrefix(name, strings.TrimSuffix(out, filepath.Ext(out))+".")
	return name == out || sibling || strings.HasPrefix(name, out+string(filepath.Separator))
}

// Running reports whether a server has a data directory open.
func Running(ctx context.Context, data string) bool {
	connection, err := dial(ctx, data)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}
