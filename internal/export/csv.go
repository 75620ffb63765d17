package export

import (
	"io"

	"glasspoll/internal/spreadsheet"
)

// TableOptions says how a table is written.
type TableOptions struct {
	Labels bool // texts in place of names and ids
	BOM    bool // of CSV: the byte order mark by which Excel recognises UTF-8
}

const bom = "\ufeff"

func newTable(w io.Writer, withBOM bool) (*spreadsheet.Writer, error) {
	if withBOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return nil, err
		}
	}
	return spreadsheet.NewWriter(w), nil
}

// NewCSV writes a table as CSV, in which formulas are escaped; see [spreadsheet.Escape].
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
	return s, s.table.Write(s.record)
}

type csvSink struct {
	plan   *Plan
	labels bool
	table  *spreadsheet.Writer
	record []string
}

func (s *csvSink) Write(row Row) error {
	for i, c := range row {
		s.record[i] = c.Raw
		if s.labels && s.plan.Variables[i].Kind == Choice && c.Raw != "" {
			s.record[i] = c.Label
		}
	}
	return s.table.Write(s.record)
}

func (s *csvSink) Close() error { return s.table.Flush() }
