// Package sheets reads tables of unknown origin: workbooks (.xlsx), and CSV with the encodings and separators that spreadsheets
// write. Whatever the bytes, it returns a table within the bounds or an error that says what to do. It is pure.
package sheets

import (
	"strings"

	"glasspoll/internal/message"
)

// Bounds says how large a table may be.
type Bounds struct {
	Unpacked int64 // bytes, of all parts of a workbook
	Cells    int   // of one sheet, blank ones between others included
	Filled   int   // of all sheets
}

// A Sheet is a table.
type Sheet struct {
	Name string // "" in CSV
	Rows []Row  // those that are not blank
}

// A Row has the cells of one row that are not blank.
type Row struct {
	Number int // from 1, as a spreadsheet numbers them
	Cells  []Cell
}

// A Cell has a text.
type Cell struct {
	Column int // from 1
	Text   string
}

// maxCell is the most characters that a cell of Excel holds.
const maxCell = 32_767

// add adds a row, unless it is blank. filled counts the cells of all sheets.
func (s *Sheet) add(number int, columns []string, b Bounds, filled *int) error {
	r := Row{Number: number}
	for i, text := range columns {
		if strings.TrimSpace(text) == "" {
			continue
		}
		if *filled++; *filled > b.Filled {
			return message.Errorf("more than %d cells: leave only what is needed", b.Filled)
		}
		if len(text) > maxCell*4 {
			text = strings.ToValidUTF8(text[:maxCell*4], "")
		}
		r.Cells = append(r.Cells, Cell{Column: i + 1, Text: text})
	}
	if len(r.Cells) > 0 {
		s.Rows = append(s.Rows, r)
	}
	return nil
}

// Letters returns a column's name in spreadsheets, such as C or AA.
func Letters(column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

func shorten(s string) string {
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
