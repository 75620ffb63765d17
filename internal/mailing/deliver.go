package mailing

import (
	"errors"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
)

// An outcome is what became of a message.
type outcome int

const (
	accepted  outcome = iota // the server has taken it over
	later                    // refused for now
	undeliver                // refused for good, because of the address
	doubtful                 // likewise, by a server that has accepted no address yet
	refused                  // refused for good, because of something else
	notTaken                 // the connection was lost, and the message not handed over
	unclear                  // the connection was lost when it had been handed over: nobody knows
	unfit                    // this server cannot write to such an address
)

// A delivery is the outcome, and what the server has said.
type delivery struct {
	outcome  outcome
	note     string
	explicit bool // of undeliver: the reply says by its code that the address is wrong
}

// deliver hands a message to the server.
func (c *connection) deliver(m Message) delivery {
	if err := c.server.UpdateDeadline(sendTime); err != nil {
		return lost(err)
	}
	international := !isASCII(m.From + m.To)
	if supported, _ := c.server.Extension("SMTPUTF8"); international && !supported {
		return delivery{outcome: unfit}
	}
	c.server.SkipSMTPUTF8(!international) // a message that asks for it without need may come back from a server on its way
	err := c.server.Mail(bracketed(m.From))
	if err != nil {
		return c.refusal(err, false)
	}
	if err = c.server.Rcpt(bracketed(m.To)); err != nil {
		return c.refusal(err, true)
	}
	w, err := c.server.Data()
	if err != nil {
		return c.refusal(err, false)
	}
	if _, err := w.Write(m.Content); err != nil {
		return lost(err) // without the end, which alone makes it a message
	}
	if err := w.Close(); err != nil {
		var reply *textproto.Error
		if errors.As(err, &reply) {
			return judge(reply, false)
		}
		return delivery{outcome: unclear, note: bounded(err.Error())}
	}
	note := ""
	if with, ok := w.(interface{ ServerResponse() string }); ok {
		note = bounded(with.ServerResponse())
	}
	return delivery{outcome: accepted, note: note}
}

// refusal says what an error before the message means, and makes the connection ready for the next one.
func (c *connection) refusal(err error, address bool) delivery {
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		return lost(err)
	}
	c.server.Reset() // if it fails, the next message finds out
	return judge(reply, address)
}

func lost(err error) delivery { return delivery{outcome: notTaken, note: bounded(err.Error())} }

var enhanced = regexp.MustCompile(`^([245])\.([0-9]{1,3})\.([0-9]{1,3})\b`)

// judge says what a reply means. address says that it is the one to the address.
func judge(reply *textproto.Error, address bool) delivery {
	d := delivery{outcome: refused, note: bounded(replyOf(reply).String())}
	switch {
	case reply.Code == 421: // it closes the connection, perhaps because nothing was sent for a while
		d.outcome = notTaken
		return d
	case reply.Code < 500:
		d.outcome = later
		return d
	}
	if code := enhanced.FindStringSubmatch(reply.Msg); code != nil {
		if blamesAddress(code[2], code[3]) {
			d.outcome, d.explicit = undeliver, true
		}
		return d
	}
	if address && reply.Code >= 550 && reply.Code <= 553 { // RFC 5321, 4.2.3
		d.outcome = undeliver
	}
	return d
}

// blamesAddress reports whether a subject and detail of RFC 3463 say that the address cannot be written to: 1 is about addresses,
// but 1.7 and 1.8 about the sender's; 2 about mailboxes.
func blamesAddress(subject, detail string) bool {
	return subject == "1" && detail != "7" && detail != "8" || subject == "2"
}

// bracketed returns an address as commands have it, with quotes where they are needed.
func bracketed(address string) string { return (&mail.Address{Address: address}).String() }

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c >= 0x80 })
}
