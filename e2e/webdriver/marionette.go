package webdriver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"strconv"
	"strings"
	"time"
)

// firefox is a connection to a running Firefox. Each message is JSON after its length in bytes and a colon.
type firefox struct {
	connection net.Conn
	reader     *bufio.Reader
	sent       int
}

// Connect opens a session in a Firefox that listens for Marionette at an address.
func Connect(address string, capabilities map[string]any) (*Session, error) {
	connection, err := net.DialTimeout("tcp", address, limit)
	if err != nil {
		return nil, err
	}
	f := &firefox{connection: connection, reader: bufio.NewReader(connection)}
	if _, err = f.receive(); err == nil { // its greeting
		_, err = f.do(newSession, "", capabilities)
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return &Session{f}, nil
}

// do sends a request [0, number, name, parameters], and returns the value of its reply [1, number, error, value].
func (f *firefox) do(c command, element string, parameters object) (json.RawMessage, error) {
	parameters = maps.Clone(parameters)
	if parameters == nil {
		parameters = object{}
	}
	if element != "" {
		parameters["id"] = element
	}
	f.sent++
	request, err := json.Marshal([]any{0, f.sent, c.name, parameters})
	if err != nil {
		return nil, err
	}
	if err := f.connection.SetDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(f.connection, "%d:%s", len(request), request); err != nil {
		return nil, err
	}
	reply, err := f.receive()
	if err != nil {
		return nil, err
	}
	var kind, number int
	var failed *Error
	var value json.RawMessage
	if err := json.Unmarshal(reply, &[]any{&kind, &number, &failed, &value}); err != nil {
		return nil, err
	}
	if kind != 1 || number != f.sent {
		return nil, fmt.Errorf("message %d of kind %d came instead of the reply to message %d", number, kind, f.sent)
	}
	if failed != nil {
		return nil, failed
	}
	return unwrap(value), nil
}

// unwrap returns the value of {"value": …}. Other results stand for themselves.
func unwrap(result json.RawMessage) json.RawMessage {
	var wrapped map[string]json.RawMessage
	if json.Unmarshal(result, &wrapped) == nil && len(wrapped) == 1 && wrapped["value"] != nil {
		return wrapped["value"]
	}
	return result
}

func (f *firefox) receive() ([]byte, error) {
	length, err := f.reader.ReadString(':')
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	message := make([]byte, n)
	_, err = io.ReadFull(f.reader, message)
	return message, err
}

func (f *firefox) close() error { return f.connection.Close() }
