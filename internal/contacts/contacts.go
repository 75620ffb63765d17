// Package contacts reads lists of people to invite, from CSV and workbooks: columns are found by their names, and every fault is
// reported with its row and column. It is pure: bytes and a survey in, contacts and faults out.
package contacts

import (
	"bytes"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/sheets"
	"glasspoll/internal/survey"
)

// Bounds of a list.
const (
	MaxSource = 20 << 20 // bytes
	MaxRows   = 100_000
	maxText   = 500   // characters of a cell
	maxFaults = 1_000 // that are kept; others are counted
)

var bounds = sheets.Bounds{Unpacked: 96 << 20, Cells: 4_000_000, Filled: 1_500_000}

// A Contact is somebody to invite. Fields may be empty, but for one of Email and Phone.
type Contact struct {
	Name     string            `json:"name,omitempty"`
	Email    string            `json:"email,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Language string            `json:"language,omitempty"` // one of the survey's
	Channel  string            `json:"channel,omitempty"`  // one of the survey's
	Values   map[string]string `json:"values,omitempty"`   // answers to hidden questions, by id

	Row int `json:"-"` // of the list
}

// A List is what was read.
type List struct {
	Form     message.Text // how the file is written
	Columns  []Column
	Contacts []Contact // of the rows without a fault, in their order
	Rows     int       // below the header, blank ones left out
	Faults   []Fault   // by row and column
	More     int       // faults that are not in Faults

	survey *survey.Survey
	heads  map[string]Column // by use
}

// A Fault is something that must be changed in the list.
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
		return message.New("row %d, column %s: %s", f.Row, sheets.Letters(f.Column), f.Text)
	}
	return message.New("row %d, column %s %s: %s", f.Row, sheets.Letters(f.Column), quote(f.Header), f.Text)
}

// Read reads a list for a survey. It returns an error if the file cannot be read at all, or has no column that contacts can be
// known by.
func Read(s *survey.Survey, source []byte) (*List, error) {
	l := &List{survey: s}
	table, err := l.table(source)
	if err != nil {
		return nil, err
	}
	head := l.header(table)
	l.mapColumns(table.Rows[head])
	if l.heads[email].Number == 0 && l.heads[phone].Number == 0 {
		return nil, message.Errorf("no column is named e-mail or phone: write the names of the columns into the first row, such as name, e-mail, phone; row %d has %s",
			table.Rows[head].Number, headers(table.Rows[head]))
	}
	rows := table.Rows[head+1:]
	if len(rows) > MaxRows {
		return nil, message.Errorf("the list has more than %d rows: divide it, and read one part after the other", MaxRows)
	}
	number := table.Rows[head].Number
	r := reader{List: l, head: number, last: number, first: map[string]int{}, named: map[int]bool{}}
	for _, c := range l.Columns {
		r.named[c.Number] = true
	}
	for _, row := range rows {
		r.read(row)
	}
	l.sort()
	return l, nil
}

// table returns the sheet that has the list.
func (l *List) table(source []byte) (sheets.Sheet, error) {
	switch {
	case len(source) > MaxSource:
		return sheets.Sheet{}, message.Errorf("the file is larger than %d MB: divide the list, and read one part after the other", MaxSource>>20)
	case len(bytes.TrimSpace(source)) == 0:
		return sheets.Sheet{}, message.Errorf("the file is empty")
	case bytes.HasPrefix(source, []byte("\xD0\xCF\x11\xE0")):
		return sheets.Sheet{}, message.Errorf("this is an old .xls workbook, or one locked by a password: open it in Excel, LibreOffice or WPS, and save it as .xlsx without a password")
	case !bytes.HasPrefix(source, []byte("PK")):
		csv, err := sheets.ReadCSV(source, bounds)
		if err == nil && len(csv.Rows) == 0 {
			err = message.Errorf("the file is empty")
		}
		l.Form = message.New("CSV in %s, separated by %s", csv.Encoding, separators[csv.Separator])
		return csv.Sheet, err
	}
	all, err := sheets.ReadWorkbook(source, bounds)
	if err != nil {
		return sheets.Sheet{}, err
	}
	all = slices.DeleteFunc(all, func(s sheets.Sheet) bool { return len(s.Rows) == 0 })
	if len(all) == 0 {
		return sheets.Sheet{}, message.Errorf("the workbook is empty")
	}
	found := slices.IndexFunc(all, func(s sheets.Sheet) bool { return l.hasHeader(s.Rows[l.header(s)]) })
	table := all[max(found, 0)]
	l.Form = message.New("sheet %s of a workbook", quote(table.Name))
	if others := len(all) - 1; others > 0 {
		l.Form = message.New("%s; its other sheets are not read", l.Form)
	}
	return table, nil
}

var separators = map[rune]message.Key{',': "commas", ';': "semicolons", '\t': "tabs"}

// header returns the index of the row with the names of columns: the first of the first rows that names an e-mail address or a
// telephone; above it may be a title.
func (l *List) header(table sheets.Sheet) int {
	return max(0, slices.IndexFunc(table.Rows[:min(len(table.Rows), 10)], l.hasHeader))
}

func (l *List) hasHeader(row sheets.Row) bool {
	return slices.ContainsFunc(row.Cells, func(c sheets.Cell) bool {
		use, _ := builtin(c.Text)
		return use == email || use == phone
	})
}

func (l *List) fault(row, column int, format string, args ...any) {
	l.report(Fault{Row: row, Column: column, Text: message.New(format, args...)})
}

func (l *List) report(f Fault) {
	if len(l.Faults) >= maxFaults {
		l.More++
		return
	}
	if i := slices.IndexFunc(l.Columns, func(c Column) bool { return c.Number == f.Column }); i >= 0 {
		f.Header = l.Columns[i].Header
	}
	l.Faults = append(l.Faults, f)
}

func (l *List) sort() {
	slices.SortStableFunc(l.Faults, func(a, b Fault) int {
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return a.Column - b.Column
	})
}

// Mapping says what is read from each column, a line a column, and which questions have none.
func (l *List) Mapping() []message.Text {
	var lines []message.Text
	for _, c := range l.Columns {
		lines = append(lines, message.New("column %s %s: %s", sheets.Letters(c.Number), quote(c.Header), c.meaning(l.survey)))
	}
	for q := range l.survey.Questions() {
		if _, found := l.heads[hidden+q.ID]; q.Type == survey.Hidden && !found {
			lines = append(lines, message.New("no column is named %s (%s): it stays empty", q.ID, q.Label.In(l.survey.DefaultLanguage())))
		}
	}
	return lines
}

// quote quotes what stands in the list, in one line and bounded.
func quote(s string) message.Text {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return message.Quoted(s)
}

// headers lists the first cells of a row.
func headers(row sheets.Row) message.Text {
	var texts []message.Text
	for _, c := range row.Cells[:min(len(row.Cells), 10)] {
		texts = append(texts, quote(c.Text))
	}
	return message.Join(", ", texts...)
}
