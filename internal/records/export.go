package records

import (
	"bytes"
	"io"
	"iter"

	"glasspoll/internal/export"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/wording"
)

// Format is a format of exports.
type Format string

// The formats of exports.
const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSONL Format = "jsonl"
	SPSS  Format = "spss"
)

// Export writes the responses of a snapshot, or of a copy of one, withdrawn ones left out. With SPSS, what it returns writes the
// commands that read the data; else it returns nil.
func Export(entries iter.Seq2[store.Entry, error], w io.Writer, plan *export.Plan, format Format, o export.TableOptions) (*export.SPSS, error) {
	var table export.Table
	var spss *export.SPSS
	var err error
	switch format {
	case JSONL:
		table = export.NewJSONLines(w, plan)
	case CSV:
		table, err = export.NewCSV(w, plan, o)
	case XLSX:
		table, err = export.NewXLSX(w, plan, o)
	case SPSS:
		spss, err = export.NewSPSS(w, plan)
		table = spss
	default:
		err = message.Errorf("there is no format '%s'", format)
	}
	if err != nil {
		return nil, err
	}
	if err := writeTable(table, plan, entries); err != nil {
		return nil, err
	}
	return spss, table.Close()
}

// Codebook returns the codebook of an export as CSV and as HTML.
func Codebook(plan *export.Plan, words *wording.Words, bom bool) (csv, html []byte, err error) {
	book := plan.Book()
	var table, text bytes.Buffer
	if err := book.CSV(&table, words, bom); err != nil {
		return nil, nil, err
	}
	if err := book.HTML(&text, templates(), words); err != nil {
		return nil, nil, err
	}
	return table.Bytes(), text.Bytes(), nil
}
