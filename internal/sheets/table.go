package sheets

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/message"
)

// headerRows is how far down the names of columns may stand: above them may be a title.
const headerRows = 10

// Read reads a table from a file of at most size bytes: CSV, or the sheet of a workbook that has a header. head is the index of the
// row that names the columns: the first of the first rows that is a header, else the first. form says how the file is written.
func Read(source []byte, size int, b Bounds, isHeader func(Row) bool) (table Sheet, head int, form message.Text, err error) {
	header := func(s Sheet) int { return max(0, slices.IndexFunc(s.Rows[:min(len(s.Rows), headerRows)], isHeader)) }
	switch {
	case len(source) > size:
		return Sheet{}, 0, form, message.Errorf("the file is larger than %d MB: divide the list, and read one part after the other", size>>20)
	case len(bytes.TrimSpace(source)) == 0:
		return Sheet{}, 0, form, message.Errorf("the file is empty")
	case bytes.HasPrefix(source, []byte("\xD0\xCF\x11\xE0")):
		return Sheet{}, 0, form, message.Errorf("this is an old .xls workbook, or one locked by a password: open it in Excel, LibreOffice or WPS, and save it as .xlsx without a password")
	case !bytes.HasPrefix(source, []byte("PK")):
		csv, err := ReadCSV(source, b)
		if err == nil && len(csv.Rows) == 0 {
			err = message.Errorf("the file is empty")
		}
		if err != nil {
			return Sheet{}, 0, form, err
		}
		return csv.Sheet, header(csv.Sheet), message.New("CSV in %s, separated by %s", csv.Encoding, separatorNames[csv.Separator]), nil
	}
	all, err := ReadWorkbook(source, b)
	if err != nil {
		return Sheet{}, 0, form, err
	}
	all = slices.DeleteFunc(all, func(s Sheet) bool { return len(s.Rows) == 0 })
	if len(all) == 0 {
		return Sheet{}, 0, form, message.Errorf("the workbook is empty")
	}
	found := slices.IndexFunc(all, func(s Sheet) bool { return isHeader(s.Rows[header(s)]) })
	table = all[max(found, 0)]
	form = message.New("sheet %s of a workbook", Quote(table.Name))
	if others := len(all) - 1; others > 0 {
		form = message.New("%s; its other sheets are not read", form)
	}
	return table, header(table), form, nil
}

var separatorNames = map[rune]message.Key{',': "commas", ';': "semicolons", '\t': "tabs"}

// A Fault is something that must be changed in a table.
type Fault struct {
	Row, Column int    // from 1; Column is 0 for a whole row
	Header      string // of the column, "" if it has none
	Text        message.Text
}

// Message returns the fault with its place.
func (f Fault) Message() message.Text {
	switch {
	case f.Column == 0:
		return message.New("row %d: %s", f.Row, f.Text)
	case f.Header == "":
		return message.New("row %d, column %s: %s", f.Row, Letters(f.Column), f.Text)
	}
	return message.New("row %d, column %s %s: %s", f.Row, Letters(f.Column), Quote(f.Header), f.Text)
}

// Quote quotes what stands in a table, in one line and bounded.
func Quote(s string) message.Text {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return message.Quoted(s)
}

// Fold brings a name into a form in which different ways to write it are equal: letters and digits alone, small ones.
func Fold(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.M, c) {
			return c
		}
		return -1
	}, strings.ToLower(norm.NFKC.String(text)))
}
