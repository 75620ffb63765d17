package xlsform

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// Bounds of a workbook. Sheets are read row by row.
const (
	maxParts    = 2_000     // files within the archive
	maxUnpacked = 48 << 20  // bytes, of all of them
	maxCells    = 1_000_000 // of one sheet, blank ones between others included
	maxFilled   = 100_000   // of all sheets
	maxCell     = 32_767    // characters: Excel's own bound
	maxSheets   = 100
)

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

// readWorkbook reads all sheets. The source may be hostile, so everything is bounded.
func readWorkbook(source []byte) (sheets []sheet, err error) {
	defer func() { // excelize may panic on a damaged file
		if recover() != nil {
			sheets, err = nil, errDamaged()
		}
	}()
	if err := checkArchive(source); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(source), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		if errors.Is(err, excelize.ErrWorkbookPassword) || strings.Contains(err.Error(), "password") {
			return nil, message.Errorf("the workbook is locked by a password: save it without one")
		}
		return nil, errDamaged()
	}
	defer f.Close()
	marks := readMarks(source)
	filled := 0
	names := f.GetSheetList()
	if len(names) > maxSheets {
		return nil, message.Errorf("the workbook has more than %d sheets", maxSheets)
	}
	for _, name := range names {
		s, err := readSheet(f, name, &filled)
		if err != nil {
			return nil, message.Errorf("sheet %s: %w", report.Quote(name), err)
		}
		s.applyMarks(marks[name])
		sheets = append(sheets, s)
	}
	return sheets, nil
}

func errDamaged() error {
	return message.Errorf("the workbook is damaged, or no .xlsx workbook: open it in Excel, LibreOffice or WPS and save it again")
}

// checkArchive refuses archives that unpack to more than a form can be. It reads the sizes that the archive states; they
// are enforced when it is unpacked.
func checkArchive(source []byte) error {
	z, err := zip.NewReader(bytes.NewReader(source), int64(len(source)))
	if err != nil {
		return errDamaged()
	}
	if len(z.File) > maxParts {
		return message.Errorf("the workbook has more than %d parts: a form never has", maxParts)
	}
	total := uint64(0)
	workbook := false
	for _, f := range z.File {
		if total += f.UncompressedSize64; f.UncompressedSize64 > maxUnpacked || total > maxUnpacked {
			return message.Errorf("the workbook unpacks to more than %d MB: a form never does; take the pictures and other sheets out", maxUnpacked>>20)
		}
		workbook = workbook || strings.HasPrefix(f.Name, "xl/")
	}
	if !workbook {
		return message.Errorf("this is an archive, but no .xlsx workbook")
	}
	return nil
}

func readSheet(f *excelize.File, name string, filled *int) (sheet, error) {
	s := sheet{name: name}
	rows, err := f.Rows(name)
	if err != nil {
		if strings.Contains(err.Error(), "not a worksheet") {
			return s, nil // it is a chart
		}
		return s, errDamaged()
	}
	defer rows.Close()
	cells := 0
	for number := 1; rows.Next(); number++ {
		columns, err := rows.Columns()
		if err != nil {
			return s, errDamaged()
		}
		if cells += len(columns); cells > maxCells {
			return s, message.Errorf("more than %d cells, blank ones included: delete the rows and columns that are not needed", maxCells)
		}
		r := row{number: number}
		for i, text := range columns {
			if strings.TrimSpace(text) == "" {
				continue
			}
			if *filled++; *filled > maxFilled {
				return s, message.Errorf("more than %d cells: a form never has", maxFilled)
			}
			if len(text) > maxCell*4 {
				text = strings.ToValidUTF8(text[:maxCell*4], "")
			}
			r.cells = append(r.cells, cell{column: i + 1, text: tidyNumber(text)})
		}
		if len(r.cells) > 0 {
			s.rows = append(s.rows, r)
		}
	}
	if err := rows.Error(); err != nil {
		return s, errDamaged()
	}
	return s, nil
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

// tidyNumber rounds decimals that a binary fraction represents badly, such as 0.10000000000000001.
func tidyNumber(s string) string {
	if len(s) < 15 || strings.ContainsFunc(s, func(c rune) bool { return !strings.ContainsRune("0123456789.-+eE", c) }) || !strings.Contains(s, ".") {
		return s
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return s
}

// address returns a cell's name, such as C4.
func address(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return fmt.Sprintf("R%dC%d", row, column)
	}
	return name
}
