package mailing

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	html "html/template"
	"io/fs"
	"net/mail"
	"strings"
	text "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
)

// Headers are what all messages have in common.
type Headers struct {
	From    mail.Address // without a name, the survey's contact is named, in the language of the message
	ReplyTo string       // "": answers go to From

	// ReturnPath is where messages come back that cannot be delivered; "": to From. A * in it becomes the tag of the message, so
	// that the address alone says which message it was.
	ReturnPath string

	// Unsubscribe is an address to which mail can be sent to receive no more; "": none.
	Unsubscribe string
}

// A Composer makes messages.
type Composer struct {
	letters *invite.Personal
	headers Headers
	html    *html.Template
	text    *text.Template
}

// A Message is ready to be sent to one address.
type Message struct {
	From, To string // of the envelope
	Content  []byte // header and body
	HTML     []byte // the part of the body, to look at
}

// The templates.
const (
	htmlTemplate = "mail.html"
	textTemplate = "mail.txt"
	folder       = "invite/"
)

// NewComposer returns what makes the messages with the letters of a survey. It checks that the templates, which may be an author's
// own, have the links without which a message is of no use.
func NewComposer(templates fs.FS, letters *invite.Personal, h Headers) (*Composer, error) {
	h, err := h.checked()
	if err != nil {
		return nil, err
	}
	c := &Composer{letters: letters, headers: h}
	if c.html, err = html.New(htmlTemplate).Option("missingkey=error").ParseFS(templates, folder+htmlTemplate); err == nil {
		c.text, err = text.New(textTemplate).Option("missingkey=error").ParseFS(templates, folder+textTemplate)
	}
	if err != nil {
		return nil, message.Errorf("templates: %w", err)
	}
	for _, language := range letters.Languages() {
		for _, again := range []bool{false, true} {
			if err := c.checkLinks(letters.Sample(language, again)); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// checked returns the headers with addresses as servers take them.
func (h Headers) checked() (Headers, error) {
	if h.From.Address == "" {
		return h, message.Errorf("nobody is named who sends: write --from ADDRESS, or give the survey a contact with an e-mail address")
	}
	for _, address := range []*string{&h.From.Address, &h.ReplyTo, &h.ReturnPath, &h.Unsubscribe} {
		if *address == "" {
			continue
		}
		one, err := asciiDomain(*address)
		if err != nil {
			return h, err
		}
		*address = one
	}
	if h.ReplyTo == h.From.Address {
		h.ReplyTo = ""
	}
	if h.ReturnPath == "" {
		h.ReturnPath = h.From.Address
	}
	return h, nil
}

// asciiDomain checks an address, and returns it with the domain as it is in DNS.
func asciiDomain(address string) (string, error) {
	wrong := message.Errorf("%s is no e-mail address: write one such as li@example.com", message.Quoted(invite.OneLine(address)))
	one, err := mail.ParseAddress(address)
	if err != nil || one.Name != "" {
		return "", wrong
	}
	at := strings.LastIndexByte(one.Address, '@')
	domain, err := idna.Lookup.ToASCII(one.Address[at+1:])
	if err != nil {
		return "", wrong
	}
	return one.Address[:at+1] + domain, nil
}

// Message makes the message of a name to an invitee.
func (c *Composer) Message(i *invitees.Invitee, name string, date time.Time) (Message, error) {
	to, err := asciiDomain(i.Contact.Email)
	if err != nil {
		return Message{}, err
	}
	return c.compose(c.letters.Letter(i, name != Invitation), mail.Address{Name: i.Contact.Name, Address: to}, tagOf(i.Secret, name), date)
}

// Sample makes a message to try things out with: what invitees get, but for names and links.
func (c *Composer) Sample(to, language, name string, date time.Time) (Message, error) {
	to, err := asciiDomain(to)
	if err != nil {
		return Message{}, err
	}
	return c.compose(c.letters.Sample(language, name != Invitation), mail.Address{Address: to}, tagOf(invitation.Secret{}, name), date)
}

// tagHeader has the tag too: some services give messages an id of their own.
const tagHeader = "X-Glasspoll-Message"

// compose makes a message. Equal arguments make equal messages.
func (c *Composer) compose(l invite.Letter, to mail.Address, tag string, date time.Time) (Message, error) {
	plain, page, err := c.render(l)
	if err != nil {
		return Message{}, err
	}
	from := c.headers.From
	if from.Name == "" {
		from.Name = l.From
	}
	from.Name, to.Name = headerText(from.Name), headerText(to.Name)
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("glasspoll-"+tag), gomail.WithEncoding(encodingOf(plain+page)))
	m.FromMailAddress(&from)
	m.ToMailAddress(&to)
	if c.headers.ReplyTo != "" {
		m.ReplyToMailAddress(&mail.Address{Name: from.Name, Address: c.headers.ReplyTo})
	}
	m.Subject(headerText(l.Subject))
	m.SetDateWithValue(date)
	m.SetMessageIDWithValue(messageID(tag, from.Address))
	m.SetGenHeader(tagHeader, tag)
	m.SetGenHeader(gomail.HeaderContentLang, l.Lang)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // so that no notes of absence come back
	m.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	c.setUnsubscribe(m, l, tag)
	m.SetBodyString(gomail.TypeTextPlain, plain)
	m.AddAlternativeString(gomail.TypeTextHTML, page)
	var content bytes.Buffer
	if _, err := m.WriteTo(&content); err != nil {
		return Message{}, message.Errorf("the message: %w", err)
	}
	return Message{From: strings.ReplaceAll(c.headers.ReturnPath, "*", tag), To: to.Address, Content: content.Bytes(), HTML: []byte(page)}, nil
}

// headerText returns a text for a field: one line, and nothing that a reader would decode once more.
func headerText(text string) string { return strings.ReplaceAll(invite.OneLine(text), "=?", "= ?") }

// setUnsubscribe sets the headers of RFC 2369 and RFC 8058, which mail programs show as a button.
func (c *Composer) setUnsubscribe(m *gomail.Msg, l invite.Letter, tag string) {
	ways := "<" + l.StopURL + ">"
	if c.headers.Unsubscribe != "" {
		ways += ", <mailto:" + c.headers.Unsubscribe + "?subject=unsubscribe%20" + tag + ">"
	}
	m.SetGenHeader(gomail.HeaderListUnsubscribe, ways)
	if strings.HasPrefix(l.StopURL, "https://") { // as RFC 8058 has it
		m.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
}

func (c *Composer) render(l invite.Letter) (plain, page string, err error) {
	var a, b strings.Builder
	if err = c.text.Execute(&a, l); err == nil {
		err = c.html.Execute(&b, l)
	}
	if err != nil {
		return "", "", message.Errorf("templates: %w", err)
	}
	return a.String(), b.String(), nil
}

// encodingOf returns the encoding that makes a text shorter: base64 if much of it is not ASCII.
func encodingOf(body string) gomail.Encoding {
	other := 0
	for at := range len(body) {
		if body[at] >= 0x80 {
			other++
		}
	}
	if other*6 > len(body) { // three bytes each for these, against a third more for all
		return gomail.EncodingB64
	}
	return gomail.EncodingQP
}

// Names of messages.
const (
	Invitation = "invitation"
	Reminder   = "reminder" // as a sample; the real ones are numbered
	reminder   = "reminder "
)

// tagSize is the length of a tag in bytes, before it is written in base 32: too long to be guessed.
const tagSize = 10

// tagOf names a message to an invitee in headers, and in what comes back. The secret does not follow from it, nor the hash by which
// the store of the answers knows the invitation; and who has not seen the message cannot make it up.
func tagOf(secret invitation.Secret, name string) string {
	hash := sha256.New()
	hash.Write([]byte("glasspoll message 1\n")) // messages are known by it that have been sent, so it must not change
	hash.Write(secret[:])
	hash.Write([]byte(name))
	return strings.ToLower(base32.StdEncoding.EncodeToString(hash.Sum(nil)[:tagSize]))
}

// messageID returns the Message-ID, without its brackets.
func messageID(tag, from string) string {
	return "glasspoll." + tag + from[strings.LastIndexByte(from, '@'):]
}

// namesOf lists the names of the messages that an invitee has been sent, or may have been.
func namesOf(i *invitees.Invitee) []string {
	var names []string
	for _, m := range i.Messages {
		if m.State != invitees.Made {
			names = append(names, m.Name)
		}
	}
	return names
}
