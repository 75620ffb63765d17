package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html/charset"

	"glasspoll/internal/message"
)

// Bounds of every workbook.
const (
	maxParts  = 2_000 // files within the archive
	maxSheets = 100
)

// ReadWorkbook reads all sheets of a workbook (.xlsx). A cell with a formula has the value of the last save, one with a number
// or a date has the number as it is stored.
func ReadWorkbook(source []byte, b Bounds) (sheets []Sheet, err error) {
	defer func() { // excelize may panic on a damaged file
		if recover() != nil {
			sheets, err = nil, errDamaged()
		}
	}()
	z, err := zip.NewReader(bytes.NewReader(source), int64(len(source)))
	if err != nil {
		return nil, errDamaged()
	}
	if err := checkArchive(z, b); err != nil {
		return nil, err
	}
	if err := checkSheets(z, b); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(source), excelize.Options{RawCellValue: true, UnzipSizeLimit: b.Unpacked, UnzipXMLSizeLimit: b.Unpacked})
	if err != nil {
		if errors.Is(err, excelize.ErrWorkbookPassword) || strings.Contains(err.Error(), "password") {
			return nil, message.Errorf("the workbook is locked by a password: save it without one")
		}
		return nil, errDamaged()
	}
	defer f.Close()
	names := f.GetSheetList()
	if len(names) > maxSheets {
		return nil, message.Errorf("the workbook has more than %d sheets", maxSheets)
	}
	filled := 0
	for _, name := range names {
		s, err := readSheet(f, name, b, &filled)
		if err != nil {
			return nil, message.Errorf("sheet %s: %w", message.Quoted(shorten(name)), err)
		}
		sheets = append(sheets, s)
	}
	return sheets, nil
}

func errDamaged() error {
	return message.Errorf("the workbook is damaged, or no .xlsx workbook: open it in Excel, LibreOffice or WPS and save it again")
}

// checkArchive refuses archives that unpack to more than b allows. It reads the sizes that the archive states; they are
// enforced when it is unpacked.
func checkArchive(z *zip.Reader, b Bounds) error {
	if len(z.File) > maxParts {
		return message.Errorf("the workbook has more than %d parts: save the sheet alone as a new workbook", maxParts)
	}
	total, most := uint64(0), uint64(b.Unpacked)
	workbook := false
	for _, f := range z.File {
		if total += f.UncompressedSize64; f.UncompressedSize64 > most || total > most {
			return message.Errorf("the workbook unpacks to more than %d MB: take the pictures and other sheets out", b.Unpacked>>20)
		}
		workbook = workbook || strings.HasPrefix(f.Name, "xl/")
	}
	if !workbook {
		return message.Errorf("this is an archive, but no .xlsx workbook")
	}
	return nil
}

// checkSheets refuses workbooks with a sheet that cannot be read to its end: excelize leaves out what stands behind the fault, and does
// not say so.
func checkSheets(z *zip.Reader, b Bounds) error {
	for _, f := range z.File {
		if !strings.HasSuffix(strings.ToLower(f.Name), ".xml") {
			continue
		}
		part, err := f.Open()
		if err != nil {
			return errDamaged()
		}
		whole := isWhole(xml.NewDecoder(io.LimitReader(part, b.Unpacked)))
		part.Close()
		if !whole {
			return errDamaged()
		}
	}
	return nil
}

// isWhole reports whether a part of a workbook can be read to the end of its rows, or is no sheet.
func isWhole(d *xml.Decoder) bool {
	d.CharsetReader = charset.NewReaderLabel
	isSheet := false
	for {
		token, err := d.Token()
		if err != nil {
			return !isSheet || errors.Is(err, io.EOF)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !isSheet && t.Name.Local != "worksheet" {
				return true
			}
			isSheet = true
		case xml.EndElement:
			if t.Name.Local == "sheetData" {
				return true
			}
		}
	}
}

func readSheet(f *excelize.File, name string, b Bounds, filled *int) (Sheet, error) {
	s := Sheet{Name: name}
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
		if cells += len(columns); cells > b.Cells {
			return s, message.Errorf("more than %d cells, blank ones included: delete the rows and columns that are not needed", b.Cells)
		}
		for i, text := range columns {
			columns[i] = tidyNumber(text)
		}
		if err := s.add(number, columns, b, filled); err != nil {
			return s, err
		}
	}
	if err := rows.Error(); err != nil {
		return s, errDamaged()
	}
	return s, nil
}

// tidyNumber writes out numbers that a workbook stores as binary fractions, such as 0.10000000000000001 and
// 1.3800138000000001E10.
func tidyNumber(s string) string {
	if len(s) < 15 || strings.ContainsFunc(s, func(c rune) bool { return !strings.ContainsRune("0123456789.-+eE", c) }) || !strings.Contains(s, ".") {
		return s
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return s
}
