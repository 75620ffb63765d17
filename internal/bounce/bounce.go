// Package bounce reads what says that mail could not be delivered: delivery reports (RFC 3464, and the older ones of Exim), one or a
// mailbox of them, and lists of addresses as mailing services export them. It is pure, and takes whatever mailboxes have in them.
package bounce

import (
	"bytes"
	"regexp"
	"time"

	"glasspoll/internal/message"
)

// Bounds of a file.
const (
	MaxSource = 256 << 20 // bytes
	maxMail   = 16 << 20  // of one message
	maxNote   = 300       // characters
)

// A Report says that a message did not reach somebody, or has not yet.
type Report struct {
	Place message.Text // in the file
	Tags  []string     // one of which may be the tag of the message
	To    []string     // addresses: the one that it was sent to, and the one that it could not be delivered to; one at least
	Date  time.Time    // of the report; zero if it does not say
	Final bool         // it will not be delivered; otherwise it may be, still
	Note  string       // why, in the words of a mail server
}

// A Result is what a file says.
type Result struct {
	Reports []Report
	Others  int // messages that are no reports
}

// Read reads a file: a message, a mailbox (mbox), or a list in CSV with a column of addresses.
func Read(source []byte) (Result, error) {
	switch {
	case len(source) > MaxSource:
		return Result{}, message.Errorf("the file is larger than %d MB: divide it", MaxSource>>20)
	case len(bytes.TrimSpace(source)) == 0:
		return Result{}, message.Errorf("the file is empty")
	case bytes.HasPrefix(source, []byte("From ")):
		return readMailbox(source), nil
	case field.Match(source) && usual.Match(source):
		var r Result
		r.add(source, message.New("the message"))
		return r, nil
	}
	return readList(source)
}

// field matches the beginning of a message: the name of a field.
var field = regexp.MustCompile(`^[!-9;-~]+:[ \t\r\n]`)

// usual matches the fields of which every message has one.
var usual = regexp.MustCompile(`(?mi)^(?:From|Date|Received|Return-Path|Message-ID|Content-Type|X-Failed-Recipients):`)

// separator matches the line before each message of a mailbox: From, an address or a hyphen, and a time. The first may be anything.
var separator = regexp.MustCompile(`\AFrom [^\r\n]*\r?\n|(?m:^From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,][^\r\n]*\r?\n)`)

// quotedFrom matches a line of a message that would be taken for the beginning of the next one, and was changed for it.
var quotedFrom = regexp.MustCompile(`(?m)^>(>*From )`)

func readMailbox(source []byte) Result {
	var r Result
	begins := separator.FindAllIndex(source, -1)
	number := 0
	for n := 0; n < len(begins); n++ {
		from := begins[n][1]
		for n+1 < len(begins) && !bytes.HasSuffix(bytes.ReplaceAll(source[max(0, begins[n+1][0]-4):begins[n+1][0]], []byte("\r"), nil), []byte("\n\n")) {
			n++ // a line of the text: an empty one must be before it
		}
		until := len(source)
		if n+1 < len(begins) {
			until = begins[n+1][0]
		}
		number++
		r.add(quotedFrom.ReplaceAll(source[from:until], []byte("$1")), message.New("message %d", number))
	}
	return r
}

// add adds what a message says.
func (r *Result) add(content []byte, place message.Text) {
	reports := reportsOf(content, place, 0)
	if len(reports) == 0 {
		r.Others++
	}
	r.Reports = append(r.Reports, reports...)
}
