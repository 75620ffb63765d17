package mailing

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A received message is one that the server of a test has taken.
type received struct {
	from, to string
	content  []byte
	utf8     bool
}

// A mailServer is a real server in the process of the test.
type mailServer struct {
	t        *testing.T
	server   *smtp.Server
	port     string
	listener net.Listener

	mutex    sync.Mutex
	messages []received
	dials    int

	// What it does, called with the mutex held; nil is success.
	onMail func(from string) error
	onRcpt func(to string) error
	onData func(m received) error // after the message
	signIn func(user, password string) error
}

// start starts a server on this machine. change sets what it is like.
func start(t *testing.T, change func(*mailServer)) *mailServer {
	t.Helper()
	m := &mailServer{t: t}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.dials++
		return &session{mailServer: m, conn: c}, nil
	}))
	m.server.Domain, m.server.MaxLineLength = "mail.test", 1000
	m.server.ErrorLog = silent{}
	if change != nil {
		change(m)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, m.port, _ = net.SplitHostPort(listener.Addr().String())
	m.listener = listener
	go m.server.Serve(listener)
	t.Cleanup(func() { m.server.Close() })
	return m
}

// at returns the server as the program sees it.
func (m *mailServer) at(t *testing.T, scheme, user, password string) *Server {
	t.Helper()
	if user != "" {
		user += "@"
	}
	s, err := ParseServer(scheme+"://"+user+"127.0.0.1:"+m.port, password)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// taken returns the messages so far.
func (m *mailServer) taken() []received {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.messages
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// A session is one connection.
type session struct {
	*mailServer
	conn *smtp.Conn
	now  received
}

func (s *session) Reset()        { s.now = received{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.now = received{from: from, utf8: o != nil && o.UTF8}
	if s.onMail != nil {
		return s.onMail(from)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.now.to = to
	if s.onRcpt != nil {
		return s.onRcpt(to)
	}
	return nil
}

// errHangUp as a reply of the test closes the connection without one.
var errHangUp = errors.New("hang up")

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.now.content = bytes.Clone(content)
	if s.onData != nil {
		if err := s.onData(s.now); err != nil {
			if errors.Is(err, errHangUp) {
				s.conn.Close()
			}
			return err
		}
	}
	s.messages = append(s.messages, s.now)
	return nil
}

func (s *session) AuthMechanisms() []string {
	if s.signIn == nil {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error { return s.signIn(user, password) }), nil
}

// certificate returns a certificate for a name, that vouches for itself.
func certificate(t *testing.T, name string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestParseServer(t *testing.T) {
	for _, c := range []struct{ address, password, want string }{
		{"smtp://anna@mail.example.com", "secret", "mail.example.com:587 user=anna"},
		{"smtp://anna%40example.com@mail.example.com:2525", "secret", "mail.example.com:2525 user=anna@example.com"},
		{"smtps://anna@mail.example.com/", "secret", "mail.example.com:465 user=anna direct"},
		{"smtp://localhost", "", "localhost:25 user= open"},
		{"smtp://[::1]:1025", "", "[::1]:1025 user= open"},
	} {
		s, err := ParseServer(c.address, c.password)
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
			continue
		}
		got := s.Address() + " user=" + s.user
		if s.direct {
			got += " direct"
		}
		if s.open {
			got += " open"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.address, got, c.want)
		}
	}
	for _, c := range []struct{ address, password, want string }{
		{"mail.example.com", "", "not the address"},
		{"http://mail.example.com", "", "not the address"},
		{"smtp://", "", "not the address"},
		{"smtp://mail.example.com/x", "", "not the address"},
		{"smtp://mail.example.com?x", "", "not the address"},
		{"smtp://a:hunter2@mail.example.com", "", "leave the password out"},
		{"smtp://a@mail.example.com", "", "there is no password"},
		{"smtp://mail.example.com", "hunter2", "names no user"},
		{"smtp://mail.example.com:99999", "", "from 1 to 65535"},
		{"smtp://mail.example.com:x", "", "not the address"},
	} {
		_, err := ParseServer(c.address, c.password)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q and no password", c.address, err, c.want)
		}
	}
}

// TestConnecting connects to servers of all kinds. A wrong password is in no message.
func TestConnecting(t *testing.T) {
	valid, pool := certificate(t, "127.0.0.1", time.Now().AddDate(0, 1, 0))
	other, otherPool := certificate(t, "mail.example.com", time.Now().AddDate(0, 1, 0))
	old, oldPool := certificate(t, "127.0.0.1", time.Now().AddDate(0, -1, 0))
	withTLS := func(c tls.Certificate) func(*mailServer) {
		return func(m *mailServer) {
			m.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{c}}
			m.signIn = func(user, password string) error {
				if user != "anna" || password != "right" {
					return smtp.ErrAuthFailed
				}
				return nil
			}
		}
	}
	for name, c := range map[string]struct {
		change   func(*mailServer)
		roots    *x509.CertPool
		password string
		want     string
	}{
		"well":           {withTLS(valid), pool, "right", ""},
		"wrong password": {withTLS(valid), pool, "hunter2", "does not accept the name and password"},
		"unknown issuer": {withTLS(valid), nil, "right", "nobody whom this machine trusts"},
		"other name":     {withTLS(other), otherPool, "right", "for another name"},
		"expired":        {withTLS(old), oldPool, "right", "not valid"},
		"no STARTTLS":    {nil, nil, "right", "does not offer STARTTLS"},
		"no sign-in": {func(m *mailServer) {
			m.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{valid}}
		}, pool, "right", "takes no name and password"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.change).at(t, "smtp", "anna", c.password)
			s.open, s.roots = false, c.roots // as a server elsewhere
			check(t, s.Try(t.Context()), c.want)
		})
	}
	t.Run("no TLS at this port", func(t *testing.T) {
		s := start(t, nil).at(t, "smtps", "anna", "hunter2")
		check(t, s.Try(t.Context()), "does not begin with TLS")
	})
	t.Run("nobody there", func(t *testing.T) {
		m := start(t, nil)
		m.listener.Close()
		check(t, m.at(t, "smtp", "", "").Try(t.Context()), "nothing listens there")
	})
	t.Run("IPv6", func(t *testing.T) {
		m := start(t, nil)
		listener, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip(err)
		}
		go m.server.Serve(listener)
		s, err := ParseServer("smtp://"+listener.Addr().String(), "")
		if err == nil {
			err = s.Try(t.Context())
		}
		check(t, err, "")
	})
	t.Run("this machine", func(t *testing.T) {
		m := start(t, func(m *mailServer) {
			m.server.AllowInsecureAuth = true
			m.signIn = func(user, password string) error { return nil }
		})
		check(t, m.at(t, "smtp", "anna", "hunter2").Try(t.Context()), "")
		check(t, m.at(t, "smtp", "", "").Try(t.Context()), "")
	})
}

func check(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%v, want %q", err, want)
	case err != nil && strings.Contains(err.Error(), "hunter2"):
		t.Errorf("the password is in %v", err)
	}
}
