// Package contacts reads lists of people to invite, from CSV and workbooks: columns are found by their names, and every fault is
// reported with its row and column. It is pure: bytes and a survey in, contacts and faults out.
package contacts

import (
	"slices"

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
type Fault = sheets.Fault

// Read reads a list for a survey. It returns an error if the file cannot be read at all, or has no column that contacts can be
// known by.
func Read(s *survey.Survey, source []byte) (*List, error) {
	l := &List{survey: s}
	table, head, form, err := sheets.Read(source, MaxSource, bounds, l.hasHeader)
	if err != nil {
		return nil, err
	}
	l.Form = form
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

// hasHeader reports whether a row names the columns: one of them is an e-mail address or a telephone number.
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
		lines = append(lines, message.New("column %s %s: %s", sheets.Letters(c.Number), sheets.Quote(c.Header), c.meaning(l.survey)))
	}
	for q := range l.survey.Questions() {
		if _, found := l.heads[hidden+q.ID]; q.Type == survey.Hidden && !found {
			lines = append(lines, message.New("no column is named %s (%s): it stays empty", q.ID, q.Label.In(l.survey.DefaultLanguage())))
		}
	}
	return lines
}

// headers lists the first cells of a row.
func headers(row sheets.Row) message.Text {
	var texts []message.Text
	for _, c := range row.Cells[:min(len(row.Cells), 10)] {
		texts = append(texts, sheets.Quote(c.Text))
	}
	return message.Join(", ", texts...)
}
