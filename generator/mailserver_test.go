package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"
)

// mailServer is a command of test scripts: `mailserver DIR` starts a mail server, names it in GLASSPOLL_SMTP, and writes what it
// takes to DIR/ADDRESS.N.eml, with N from 1. It refuses addresses that begin with "wrong" for good, and never replies to a message to
// one that begins with "hang". `mailserver -` waits until it has got such a message.
func mailServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: mailserver DIR")
	}
	box := ts.Value(mailBoxKey{}).(*mailBox)
	if args[0] == "-" {
		select {
		case <-box.hung:
		case <-time.After(time.Minute):
			ts.Fatalf("no message has come")
		}
		return
	}
	box.dir = ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(box.dir, 0o777))
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{mailBox: box}, nil }))
	server.Domain = "mail.test"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	go server.Serve(listener)
	ts.Defer(func() { server.Close() })
	ts.Setenv("GLASSPOLL_SMTP", "smtp://"+listener.Addr().String())
}

// A mailBoxKey finds the mail box of a script.
type mailBoxKey struct{}

type mailBox struct {
	dir   string
	mutex sync.Mutex
	taken map[string]int
	hung  chan struct{} // gets a value for each message without a reply
	end   chan struct{} // closed at the end
}

// newMailBox returns a box, and makes it end with the script.
func newMailBox(env *testscript.Env) {
	box := &mailBox{taken: map[string]int{}, hung: make(chan struct{}, 10), end: make(chan struct{})}
	env.Values[mailBoxKey{}] = box
	env.Defer(func() { close(box.end) })
}

type mailSession struct {
	*mailBox
	to string
}

func (s *mailSession) Reset()                               { s.to = "" }
func (s *mailSession) Logout() error                        { return nil }
func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "wrong") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.to = to
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if strings.HasPrefix(s.to, "hang") {
		s.hung <- struct{}{}
		<-s.end
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.taken[s.to]++
	return os.WriteFile(filepath.Join(s.dir, fmt.Sprintf("%s.%d.eml", s.to, s.taken[s.to])), content, 0o666)
}
