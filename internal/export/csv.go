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

// A table is CSV (RFC 4180) in UTF-8, with LF between rows, that may be opened by a spreadsheet. So formulas in it are escaped,
// and in nothing else; see [EscapeFormula].
type table struct{ w *csv.Writer }

func newTable(w io.Writer, withBOM bool) (table, error) {
	if withBOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return table{}, err
		}
	}
	return table{csv.NewWriter(w)}, nil
}

// write writes a record, whose cells it escapes.
func (t table) write(record []string) error {
	for i, text := range record {
		record[i] = EscapeFormula(text)
	}
	return t.w.Write(record)
}

func (t table) close() error {
	t.w.Flush()
	return t.w.Error()
}

// NewCSV writes a table as CSV.
func NewCSV(w io.Writer, p *Plan, o TableOptions) (Sink, error) {
	to, err := newTable(w, o.BOM)
	if err != nil {
		return nil, err
	}
	s := &csvSink{plan: p, labels: o.Labels, table: to, record: make([]string, len(p.Variables))}
	for i, v := range p.Variables {
		s.record[i] = v.Name
		if o.Labels {
			s.record[i] = v.Full()
		}
	}
	return s, s.table.write(s.record)
}

type csvSink struct {
	plan   *Plan
	labels bool
	table  table
	record []string
}

func (s *csvSink) Write(row Row) error {
	for i, c := range row {
		s.record[i] = c.Raw
		if s.labels && s.plan.Variables[i].Kind == Choice && c.Raw != "" {
			s.record[i] = c.Label
		}
	}
	return s.table.write(s.record)
}

func (s *csvSink) Close() error { return s.table.close() }

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
