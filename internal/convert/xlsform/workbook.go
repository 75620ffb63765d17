package xlsform

import (
	"strconv"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/sheets"
)

// bounds of a form's workbook.
var bounds = sheets.Bounds{Unpacked: maxUnpacked, Cells: 1_000_000, Filled: 100_000}

const maxUnpacked = 48 << 20

// A sheet is a sheet of a workbook.
type sheet struct {
	name string
	rows []row // those that are not blank
}

type row struct {
	number int // from 1
	cells  []cell
}

type cell struct {
	column  int // from 1
	text    string
	formula bool
	atom    *report.Atom // once the report has it
}

// readWorkbook reads all sheets.
func readWorkbook(source []byte) ([]sheet, error) {
	read, err := sheets.ReadWorkbook(source, bounds)
	if err != nil {
		return nil, err
	}
	marks := readMarks(source)
	var all []sheet
	for _, from := range read {
		s := sheet{name: from.Name}
		for _, r := range from.Rows {
			own := row{number: r.Number}
			for _, c := range r.Cells {
				own.cells = append(own.cells, cell{column: c.Column, text: c.Text})
			}
			s.rows = append(s.rows, own)
		}
		s.applyMarks(marks[s.name])
		all = append(all, s)
	}
	return all, nil
}

// applyMarks marks formulas, and writes booleans as words.
func (s *sheet) applyMarks(marks map[string]cellMark) {
	if len(marks) == 0 {
		return
	}
	for _, r := range s.rows {
		for i := range r.cells {
			c := &r.cells[i]
			m := marks[address(c.column, r.number)]
			c.formula = m.formula
			if m.boolean && c.text == "1" {
				c.text = "TRUE"
			} else if m.boolean && c.text == "0" {
				c.text = "FALSE"
			}
		}
	}
}

// address returns a cell's name, such as C4.
func address(column, row int) string { return sheets.Letters(column) + strconv.Itoa(row) }
