package export

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// TableOptions says how a table is written.
type TableOptions struct {
	Labels bool // texts in place of names and ids
	BOM    bool // of CSV: the byte order mark by which Excel recognises UTF-8
}

const bom = "\ufeff"

// NewCSV writes a table as CSV (RFC 4180) in UTF-8, with LF between rows. Formulas are escaped; see [EscapeFormula].
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
			s.record[i] = EscapeFormula(v.Full())
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
		return EscapeFormula(c.Label)
	default:
		return EscapeFormula(c.Raw)
	}
}

func (s *csvSink) Close() error {
	s.w.Flush()
	return s.w.Error()
}

// formulaStarts lists the characters that begin a formula in a spreadsheet (OWASP, CSV Injection), full-width ones included.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// plainNumber matches texts that a spreadsheet reads as numbers.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// EscapeFormula puts an apostrophe before a text that a spreadsheet would take for a formula, even after apostrophes of its
// own, so that removing one restores the text. Numbers are not escaped.
func EscapeFormula(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	if !strings.ContainsRune(formulaStarts, first) || plainNumber.MatchString(text) {
		return text
	}
	return "'" + text
}
