package export

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// TableOptions say how a table is written.
type TableOptions struct {
	Labels bool // texts in place of names and ids
	BOM    bool // of CSV: the mark by which Excel knows UTF-8
}

const bom = "\ufeff"

// NewCSV writes a table as CSV after RFC 4180, in UTF-8, with LF between rows. Texts that a spreadsheet would take for a
// formula are made harmless, see [Harmless].
func NewCSV(w io.Writer, p *Plan, o TableOptions) (Sink, error) {
	if o.BOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return nil, err
		}
	}
	s := &csvSink{plan: p, labels: o.Labels, w: csv.NewWriter(w), record: make([]string, len(p.Variables))}
	for i, v := range p.Variables {
		s.record[i] = v.Name
		if o.Labels {
			s.record[i] = Harmless(v.Full())
		}
	}
	return s, s.w.Write(s.record)
}

type csvSink struct {
	plan   *Plan
	labels bool
	w      *csv.Writer
	record []string
}

func (s *csvSink) Write(row Row) error {
	for i, c := range row {
		s.record[i] = s.text(s.plan.Variables[i].Kind, c)
	}
	return s.w.Write(s.record)
}

func (s *csvSink) text(kind Kind, c Cell) string {
	switch {
	case c.Raw == "" || kind == Number || kind == Chosen:
		return c.Raw
	case kind == Choice && s.labels:
		return Harmless(c.Label)
	default:
		return Harmless(c.Raw)
	}
}

func (s *csvSink) Close() error {
	s.w.Flush()
	return s.w.Error()
}

// risky are the characters at which spreadsheets begin to read a formula (OWASP, CSV Injection), wide ones included.
const risky = "=+-@\t\r\n＝＋－＠"

// plainNumber is what a spreadsheet reads as the number that it is.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// Harmless puts an apostrophe before a text that a spreadsheet would take for a formula, and before one that begins with
// apostrophes and such a text, so that taking one away gives the text back. Numbers stay as they are.
func Harmless(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	if !strings.ContainsRune(risky, first) || plainNumber.MatchString(text) {
		return text
	}
	return "'" + text
}
