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

func writeBOM(w io.Writer, withBOM bool) error {
	if !withBOM {
		return nil
	}
	_, err := io.WriteString(w, bom)
	return err
}

// NewCSV writes a table as CSV, in which formulas are escaped; see [spreadsheet.Escape].
func NewCSV(w io.Writer, p *Plan, o TableOptions) (Table, error) {
	if err := writeBOM(w, o.BOM); err != nil {
		return nil, err
	}
	_, err := w.Write(appendLine(nil, p.heads(o.Labels), spreadsheet.Append))
	return &csvTable{plan: p, labels: o.Labels, to: w}, err
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

// appendLine appends a line of CSV.
func appendLine(data []byte, record []string, field func([]byte, string) []byte) []byte {
	for i, text := range record {
		if i > 0 {
			data = append(data, ',')
		}
		data = field(data, text)
	}
	return append(data, '\n')
}

type csvTable struct {
	lines
	plan   *Plan
	labels bool
	to     io.Writer
}

func (t *csvTable) Encoder() Encoder { return &csvEncoder{csvTable: t} }

func (t *csvTable) Write(b *Block) error {
	_, err := t.to.Write(b.data)
	return err
}

func (t *csvTable) Close() error { return nil }

type csvEncoder struct {
	*csvTable
	row Row
}

func (e *csvEncoder) Encode(b *Block) {
	for i := range b.Records {
		e.row = e.plan.Row(e.row, &b.Records[i])
		for j, c := range e.row {
			if j > 0 {
				b.data = append(b.data, ',')
			}
			text := c.Raw
			if e.labels && text != "" && e.plan.Variables[j].Kind == Choice {
				text = c.Label()
			}
			b.data = spreadsheet.Append(b.data, text)
		}
		b.data = append(b.data, '\n')
	}
}
