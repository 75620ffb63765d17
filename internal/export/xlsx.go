package export

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// NewXLSX writes a workbook with the answers on one sheet, or several where one is too small, and the codebook on another.
// Texts are text cells, which no spreadsheet takes for formulas. Rows beyond a few megabytes are kept in a temporary file.
// Nothing is written to w before Close.
func NewXLSX(w io.Writer, p *Plan, o TableOptions) (Sink, error) {
	if len(p.Variables) > excelize.MaxColumns {
		return nil, fmt.Errorf("%d columns are more than a sheet holds (%d): export as CSV", len(p.Variables), excelize.MaxColumns)
	}
	s := &xlsxSink{plan: p, labels: o.Labels, to: w, file: excelize.NewFile(), cells: make([]any, len(p.Variables)), most: excelize.TotalRows}
	var err error
	for style, of := range map[*int]*excelize.Style{
		&s.bold: {Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}},
		&s.wrap: {Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}},
		&s.when: {CustomNumFmt: new("yyyy-mm-dd hh:mm:ss")},
		&s.day:  {CustomNumFmt: new("yyyy-mm-dd")},
	} {
		made, failed := s.file.NewStyle(of)
		*style, err = made, errors.Join(err, failed)
	}
	if err == nil {
		err = s.file.SetSheetName("Sheet1", s.name())
	}
	if err == nil {
		err = s.begin()
	}
	if err != nil {
		s.file.Close()
		return nil, err
	}
	return s, nil
}

type xlsxSink struct {
	plan                  *Plan
	labels                bool
	to                    io.Writer
	file                  *excelize.File
	bold, wrap, when, day int // styles
	cells                 []any

	sheets int
	stream *excelize.StreamWriter
	row    int // last one written to the sheet
	most   int // rows of a sheet
}

func (s *xlsxSink) name() string {
	name := s.plan.options.Words.Say("sheet.answers")
	if s.sheets > 0 {
		name += " " + strconv.Itoa(s.sheets+1)
	}
	return name
}

// begin starts a sheet with its header.
func (s *xlsxSink) begin() (err error) {
	if s.stream, err = s.file.NewStreamWriter(s.name()); err != nil {
		return err
	}
	s.sheets++
	if err := s.stream.SetColWidth(1, len(s.plan.Variables), 16); err != nil {
		return err
	}
	if err := s.stream.SetColWidth(1, 2, 31); err != nil {
		return err
	}
	if err := s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, v := range s.plan.Variables {
		name := v.Name
		if s.labels {
			name = v.Full()
		}
		s.cells[i] = excelize.Cell{StyleID: s.bold, Value: name}
	}
	s.row = 1
	return s.stream.SetRow("A1", s.cells)
}

func (s *xlsxSink) Write(row Row) error {
	if s.row == s.most {
		if err := s.stream.Flush(); err != nil {
			return err
		}
		if _, err := s.file.NewSheet(s.name()); err != nil {
			return err
		}
		if err := s.begin(); err != nil {
			return err
		}
	}
	for i, c := range row {
		s.cells[i] = s.value(s.plan.Variables[i].Kind, c)
	}
	s.row++
	return s.stream.SetRow("A"+strconv.Itoa(s.row), s.cells)
}

// wholeNumber matches ids that are numbers, such as a rating's steps.
var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// exactDigits is how many digits a spreadsheet's numbers keep.
const exactDigits = 15

// earliest is the first day on which Excel's calendar agrees with ours: it has a 29 February 1900.
var earliest = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)

func (s *xlsxSink) value(kind Kind, c Cell) any {
	switch {
	case c.Raw == "":
		return nil
	case kind == Choice && s.labels:
		return c.Label
	case kind == Chosen, kind == Number && len(c.Raw) <= exactDigits, kind == Choice && wholeNumber.MatchString(c.Raw):
		if n, err := strconv.ParseFloat(c.Raw, 64); err == nil {
			return n
		}
	case kind == Arrived:
		if at, err := time.Parse(time.RFC3339, c.Raw); err == nil { // on the clock of the survey's timezone
			return excelize.Cell{StyleID: s.when, Value: time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)}
		}
	case kind == Day:
		if day, err := time.Parse(time.DateOnly, c.Raw); err == nil && !day.Before(earliest) {
			return excelize.Cell{StyleID: s.day, Value: day}
		}
	}
	return c.Raw
}

func (s *xlsxSink) Close() error {
	defer s.file.Close()
	if err := s.stream.Flush(); err != nil {
		return err
	}
	if err := s.codebook(); err != nil {
		return err
	}
	s.file.SetActiveSheet(0)
	return s.file.Write(s.to)
}

func (s *xlsxSink) codebook() error {
	name := s.plan.options.Words.Say("sheet.codebook")
	if _, err := s.file.NewSheet(name); err != nil {
		return err
	}
	stream, err := s.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for column, width := range []float64{24, 12, 48, 32, 18, 32, 8, 10, 10} {
		if err := stream.SetColWidth(column+1, column+1, width); err != nil {
			return err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, line := range s.plan.Book().lines(s.plan.options.Words) {
		cells := make([]any, len(line))
		for j, text := range line {
			style := s.wrap
			if i == 0 {
				style = s.bold
			}
			var value any = text
			if n, err := strconv.ParseFloat(text, 64); err == nil && i > 0 && j >= 6 {
				value = n
			}
			cells[j] = excelize.Cell{StyleID: style, Value: value}
		}
		if err := stream.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return stream.Flush()
}
