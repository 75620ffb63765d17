package mailing

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

// News sends news by e-mail to one address.
type News struct {
	server *Server
	from   mail.Address
	to     string
	now    func() time.Time
}

// NewNews checks the addresses.
func NewNews(server *Server, from, to string) (*News, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, message.Errorf("the address that e-mail comes from: %w", err)
	}
	if sender.Address, err = asciiDomain(sender.Address); err != nil {
		return nil, err
	}
	if to, err = asciiDomain(to); err != nil {
		return nil, err
	}
	return &News{server, *sender, to, time.Now}, nil
}

// maxNews bounds the text of a message, in bytes.
const maxNews = 100_000

// Send implements [notify.Sender].
func (n *News) Send(ctx context.Context, m news.Message) error {
	text := m.Text(maxNews) + "\n"
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(encodingOf(text)))
	from := n.from
	from.Name = headerText(from.Name)
	out.FromMailAddress(&from)
	out.ToMailAddress(&mail.Address{Address: n.to})
	out.Subject(headerText(m.Title))
	out.SetDateWithValue(n.now())
	hash := sha256.New()
	hash.Write([]byte("glasspoll news 1\n" + n.to))
	for _, i := range m.Items {
		hash.Write([]byte("\n" + i.MessageID()))
	}
	out.SetMessageIDWithValue(messageID(strings.ToLower(base32.StdEncoding.EncodeToString(hash.Sum(nil)[:tagSize])), from.Address))
	out.SetGenHeader("Auto-Submitted", "auto-generated") // so that no notes of absence come back
	out.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	out.SetBodyString(gomail.TypeTextPlain, text)
	var content bytes.Buffer
	if _, err := out.WriteTo(&content); err != nil {
		return message.Errorf("the message: %w", err)
	}
	_, err := n.server.SendOne(ctx, Message{From: from.Address, To: n.to, Content: content.Bytes()})
	return err
}
