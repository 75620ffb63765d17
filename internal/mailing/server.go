package mailing

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"glasspoll/internal/invite"
	"glasspoll/internal/message"
)

// A Server is a mail server that takes messages.
type Server struct {
	host     string
	port     int
	user     string
	password string
	direct   bool           // TLS from the first byte on
	open     bool           // no TLS at all
	roots    *x509.CertPool // of certificates; nil: the system's
}

// ParseServer reads the address of a mail server: smtp://USER@HOST:PORT, which must offer STARTTLS unless it is this machine, or
// smtps://USER@HOST:PORT. The password is not part of it.
func ParseServer(address, password string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, message.Errorf("this is not the address of a mail server: write one such as smtp://name@mail.example.com, with %%40 for an @ in the name")
	}
	if _, given := u.User.Password(); given {
		return nil, message.Errorf("leave the password out of the address of the mail server, where others see it: put it into a file or the environment")
	}
	s := &Server{host: u.Hostname(), user: u.User.Username(), password: password, direct: u.Scheme == "smtps"}
	s.open = !s.direct && loopback(s.host)
	switch {
	case s.user != "" && password == "":
		return nil, message.Errorf("the mail server's address names the user %s, and there is no password", message.Quoted(s.user))
	case s.user == "" && password != "":
		return nil, message.Errorf("there is a password for the mail server, and its address names no user: write smtp://NAME@%s", u.Host)
	}
	s.port = 587
	if s.direct {
		s.port = 465
	} else if s.open {
		s.port = 25
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, message.Errorf("the mail server's port is a number from 1 to 65535")
		}
	}
	return s, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Address returns the host and port.
func (s *Server) Address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// The time that is waited for a server.
const (
	dialTime = 30 * time.Second
	sendTime = 2 * time.Minute // for one message
)

// A connection takes messages, one after the other.
type connection struct {
	server *smtp.Client
	close  func()
}

// Try signs in at the server and leaves again.
func (s *Server) Try(ctx context.Context) error {
	c, err := s.dial(ctx)
	if err == nil {
		c.close()
	}
	return err
}

// SendOne sends one message, and returns the server's reply.
func (s *Server) SendOne(ctx context.Context, m Message) (reply message.Text, err error) {
	c, err := s.dial(ctx)
	if err != nil {
		return message.Text{}, err
	}
	defer c.close()
	switch d := c.deliver(m); d.outcome {
	case accepted:
		return message.Plain(d.note), nil
	case unfit:
		return message.Text{}, message.Errorf("this mail server cannot write to such an address")
	default:
		return message.Text{}, message.Errorf("mail server %s: it replies: %s", s.Address(), d.note)
	}
}

func (s *Server) dial(ctx context.Context) (*connection, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(dialTime), gomail.WithTLSConfig(&tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}),
	}
	switch {
	case s.direct:
		options = append(options, gomail.WithSSL())
	case s.open:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.user != "" {
		way := gomail.SMTPAuthAutoDiscover
		if s.open {
			way = gomail.SMTPAuthPlainNoEnc
		}
		options = append(options, gomail.WithSMTPAuth(way), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	host := s.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // an address of IPv6, to which the port is added
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return nil, message.Errorf("mail server %s: %w", s.Address(), err)
	}
	server, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, message.Errorf("mail server %s: %w", s.Address(), s.explain(err))
	}
	return &connection{server, func() { client.CloseWithSMTPClient(server) }}, nil
}

// explain says what can be done about an error of connecting or signing in.
func (s *Server) explain(err error) error {
	var (
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		noTLS    tls.RecordHeaderError
		refused  *textproto.Error
		operated *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return message.Errorf("nobody whom this machine trusts vouches for its certificate: have it replaced, or add the certificate of who issued it to those of this machine (SSL_CERT_FILE)")
	case errors.As(err, &host):
		return message.Errorf("its certificate is for another name: write the name that is in the certificate")
	case errors.As(err, &invalid):
		return message.Errorf("its certificate is not valid, perhaps since a day that has passed: have it renewed, and look at the clock of this machine")
	case errors.As(err, &noTLS):
		return message.Errorf("it does not begin with TLS at this port: write smtp:// for port 587, smtps:// for port 465")
	case errors.As(err, &refused):
		if refused.Code == 535 || refused.Code == 534 || refused.Code == 454 {
			return message.Errorf("it does not accept the name and password: %s", replyOf(refused))
		}
		return message.Errorf("it replies: %s", replyOf(refused))
	case strings.Contains(err.Error(), "does not support STARTTLS"):
		return message.Errorf("it does not offer STARTTLS, so that anybody on the way could read the messages: use its port for submission, often 587, or smtps:// with port 465")
	case errors.Is(err, gomail.ErrNoSupportedAuthDiscovered), strings.Contains(err.Error(), "does not support SMTP AUTH"):
		return message.Errorf("it takes no name and password in a way that is safe here: ask who runs it for the port and the way to sign in")
	case errors.As(err, &operated), errors.Is(err, context.DeadlineExceeded):
		return err // message says it
	}
	return message.Errorf("it cannot be used: %w", err)
}

// replyOf returns what a server has replied, in one line and bounded.
func replyOf(err *textproto.Error) message.Text {
	return message.Plain(bounded(strconv.Itoa(err.Code) + " " + err.Msg))
}

// maxNote bounds what is kept of a reply, in characters.
const maxNote = 300

func bounded(text string) string {
	text = invite.OneLine(text)
	if r := []rune(text); len(r) > maxNote {
		return string(r[:maxNote]) + "…"
	}
	return text
}
