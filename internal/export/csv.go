package export

import (
	"bytes"
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
func NewCSV(w io.Writer, p *Plan, o TableOptions) (Table, error) {
	head, err := newTable(w, o.BOM)
	if err == nil {
		err = head.Write(p.heads(o.Labels))
	}
	if err == nil {
		err = head.Flush()
	}
	return &csvTable{lines{w}, p, o.Labels}, err
}

// heads are the names of the columns, or their texts.
func (p *Plan) heads(labels bool) []string {
	heads := make([]string, len(p.Variables))
	for i, v := range p.Variables {
		heads[i] = v.Name
		if labels {
			heads[i] = v.Full()
		}
	}
	return heads
}

type csvTable struct {
	lines
	plan   *Plan
	labels bool
}

func (t *csvTable) Encoder() Encoder {
	r := &recordEncoder{plan: t.plan, text: t.text}
	w := spreadsheet.NewWriter(&r.encoded)
	r.write, r.flush = w.Write, w.Flush
	return r
}

// text returns the text of a cell of variable i.
func (t *csvTable) text(i int, c Cell) string {
	if t.labels && c.Raw != "" && t.plan.Variables[i].Kind == Choice {
		return c.Label()
	}
	return c.Raw
}

// A recordEncoder encodes rows as records of CSV.
type recordEncoder struct {
	plan    *Plan
	text    func(variable int, c Cell) string
	write   func(record []string) error // to encoded
	flush   func() error
	encoded bytes.Buffer
	row     Row
	record  []string
}

func (e *recordEncoder) Encode(b *Block) {
	e.encoded.Reset()
	for i := range b.Records {
		e.row, e.record = e.plan.Row(e.row, &b.Records[i]), e.record[:0]
		for j, c := range e.row {
			e.record = append(e.record, e.text(j, c))
		}
		e.write(e.record) // to memory: cannot fail
	}
	e.flush()
	b.data = append(b.data, e.encoded.Bytes()...)
}
