package workbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/chart"
)

// Widths of columns, in characters, and heights of lines, in points.
const (
	leastLabel, mostLabel = 16, 44
	figureWidth           = 15
	lineHeight            = 15.0
	chartColumns          = 13 // of the default width, which a chart covers
)

// sheet is the sheet of one chart.
type sheet struct {
	*writer
	*chart.Chart
	name        string
	stream      *excelize.StreamWriter
	labelWidth  int
	heads       []string // of all columns but the first
	aidsAt      int      // the first column of figures that are worked out for the drawing; they are behind it
	aidHeads    []string
	figure, aid int // styles
	rows        [][]any
}

// chartSheet writes the sheet of a chart: title, a link back, the table and, beside it, the drawing.
func (w *writer) chartSheet(name, contents string, c *chart.Chart) error {
	s := &sheet{writer: w, Chart: c, name: name, labelWidth: labelWidth(c)}
	var err error
	if s.figure, s.aid, err = w.figureStyles(s.format()); err != nil {
		return err
	}
	if err := w.setUp(name, headRow); err != nil {
		return err
	}
	if err := w.link(name, cell(1, linkRow), contents); err != nil {
		return err
	}
	s.fill()
	if s.stream, err = w.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := s.setSizes(); err != nil {
		return err
	}
	if err := s.draw(); err != nil { // into the part of the sheet that follows its cells
		return err
	}
	return s.write(contents)
}

// format returns the format of figures.
func (s *sheet) format() string {
	format := "0"
	if s.Places > 0 {
		format += "." + strings.Repeat("0", s.Places)
	}
	if s.Percent {
		format += "%"
	}
	return format
}

// value returns a figure as its cell has it.
func (s *sheet) value(x float64) float64 {
	x = s.Round(x)
	if !s.Percent {
		return x
	}
	part, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', s.Places, 64)+"e-2", 64)
	if err != nil {
		return x / 100
	}
	return part
}

func (s *sheet) number(x float64) excelize.Cell {
	return excelize.Cell{StyleID: s.figure, Value: s.value(x)}
}

// last returns the row of the last figures.
func (s *sheet) last() int { return headRow + len(s.Rows) }

// whiskers reports whether the drawing has intervals. Shares have theirs in the table alone: many short bars would be hidden.
func (s *sheet) whiskers() bool { return s.LowHead != "" && !s.Percent && s.Kind != chart.Stacked }

func (s *sheet) hasTarget() bool { return s.Target != nil && s.Kind == chart.Lines }

// diverges reports whether rows have their middles below each other.
func (s *sheet) diverges() bool { return s.Kind == chart.Stacked && len(s.Sides) == len(s.Series) }

// The columns: labels in the first, then the figures of each series, the interval, and the target.
func (s *sheet) seriesAt(i int) int { return 2 + i }
func (s *sheet) lowAt() int         { return s.seriesAt(len(s.Series)) }
func (s *sheet) targetAt() int {
	if s.LowHead != "" {
		return s.lowAt() + 2
	}
	return s.lowAt()
}

// fill makes the rows of the table, with the figures that are worked out for the drawing far behind it.
func (s *sheet) fill() {
	s.heads = append(s.heads, s.Series...)
	if s.LowHead != "" {
		s.heads = append(s.heads, s.LowHead, s.HighHead)
	}
	if s.hasTarget() {
		s.heads = append(s.heads, s.TargetAs)
	}
	s.aidsAt = s.drawingAt() + chartColumns + 1
	for i, row := range s.Rows {
		line := []any{s.text(s.styles.label, row.Label)}
		for _, x := range row.Values {
			line = append(line, s.number(x))
		}
		switch {
		case s.LowHead == "":
		case row.Low == nil || row.High == nil:
			line = append(line, nil, nil)
		default:
			line = append(line, s.number(*row.Low), s.number(*row.High))
		}
		if s.hasTarget() {
			line = append(line, s.number(*s.Target))
		}
		s.rows = append(s.rows, line)
		s.fillAids(i, row)
	}
}

// drawingAt returns the column at which the drawing begins, one beside the table.
func (s *sheet) drawingAt() int { return len(s.heads) + 3 }

// fillAids adds the figures that the drawing needs and readers do not: how far an interval reaches on each side, and how
// far a bar begins from the left. They follow the table's figures when these are edited.
func (s *sheet) fillAids(i int, row chart.Row) {
	at := headRow + 1 + i
	var aids []any
	add := func(head, formula string, value float64) {
		if i == 0 {
			s.aidHeads = append(s.aidHeads, head)
		}
		if formula == "" {
			aids = append(aids, nil)
			return
		}
		aids = append(aids, excelize.Cell{StyleID: s.aid, Formula: formula, Value: value})
	}
	if s.whiskers() {
		value, low, high := cell(s.seriesAt(0), at), cell(s.lowAt(), at), cell(s.lowAt()+1, at)
		if row.Low != nil && row.High != nil {
			add("−", value+"-"+low, s.value(row.Values[0])-s.value(*row.Low))
			add("+", high+"-"+value, s.value(*row.High)-s.value(row.Values[0]))
		} else {
			add("−", "", 0)
			add("+", "", 0)
		}
	}
	if s.diverges() {
		left := s.leftOf(i)
		column := excelColumn(s.aidsAt)
		add(noName, s.leftFormula(at), left)
		add(noName, fmt.Sprintf("MAX(%s$%d:%s$%d)-%s%d", column, headRow+1, column, s.last(), column, at), s.most(s.leftOf)-left)
	}
	if len(aids) > 0 {
		s.rows[i] = append(s.rows[i], make([]any, s.aidsAt-1-len(s.rows[i]))...)
		s.rows[i] = append(s.rows[i], aids...)
	}
}

// noName is the head of a column that the legend has without a word.
const noName = "\u00a0"

// leftOf returns how much of a row is to the left of the middle: what is worse, and half of what is neither.
func (s *sheet) leftOf(row int) float64 { return s.sideOf(row, chart.Worse) }

// rightOf returns how much of a row is to the right of the middle.
func (s *sheet) rightOf(row int) float64 { return s.sideOf(row, chart.Better) }

func (s *sheet) sideOf(row int, wanted chart.Side) float64 {
	sum := 0.0
	for i, side := range s.Sides {
		switch side {
		case wanted:
			sum += s.value(s.Rows[row].Values[i])
		case chart.Middle:
			sum += s.value(s.Rows[row].Values[i]) / 2
		}
	}
	return sum
}

// most returns the largest of the rows' values.
func (s *sheet) most(of func(row int) float64) float64 {
	most := 0.0
	for row := range s.Rows {
		most = max(most, of(row))
	}
	return most
}

// leftFormula computes leftOf from the cells of the table.
func (s *sheet) leftFormula(at int) string {
	var terms []string
	for i, side := range s.Sides {
		switch side {
		case chart.Worse:
			terms = append(terms, cell(s.seriesAt(i), at))
		case chart.Middle:
			terms = append(terms, cell(s.seriesAt(i), at)+"/2")
		}
	}
	return strings.Join(terms, "+")
}

// setSizes sets the widths of columns and, for the place of the drawing, the heights of rows; the stream writes them again.
func (s *sheet) setSizes() error {
	for column := len(s.heads) + 2; column > 0; column-- { // the library writes the last one first
		width := float64(figureWidth)
		switch column {
		case 1:
			width = float64(s.labelWidth)
		case len(s.heads) + 2:
			width = 3
		}
		if err := s.stream.SetColWidth(column, column, width); err != nil {
			return err
		}
	}
	for i := range s.Rows {
		if err := s.file.SetRowHeight(s.name, headRow+1+i, s.rowHeight(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) rowHeight(i int) float64 {
	return lines(s.Rows[i].Label, s.labelWidth)*lineHeight + 4
}

// write writes the cells.
func (s *sheet) write(contents string) error {
	top := []any{s.text(s.styles.title, s.Title)}
	note := []any{s.text(s.styles.link, contents)}
	head := []any{s.text(s.styles.head, s.Head)}
	tall := lines(s.Head, s.labelWidth)
	for _, text := range s.heads {
		head = append(head, s.text(s.styles.figureHead, text))
		tall = max(tall, lines(text, figureWidth))
	}
	if len(s.aidHeads) > 0 {
		note = append(note, make([]any, s.aidsAt-2)...)
		note = append(note, s.text(s.styles.about, s.Words.Say("sheet.worked_out")))
		head = append(head, make([]any, s.aidsAt-1-len(head))...)
		for _, text := range s.aidHeads {
			head = append(head, s.text(s.styles.aidHead, text))
		}
	}
	for i, row := range [][]any{top, {s.text(s.styles.about, s.About)}, note} {
		if err := s.stream.SetRow(cell(1, i+1), row); err != nil {
			return err
		}
	}
	if err := s.stream.SetRow(cell(1, headRow), head, excelize.RowOpts{Height: tall*lineHeight + 4}); err != nil {
		return err
	}
	for i, row := range s.rows {
		if err := s.stream.SetRow(cell(1, headRow+1+i), row, excelize.RowOpts{Height: s.rowHeight(i)}); err != nil {
			return err
		}
	}
	return s.stream.Flush()
}

// labelWidth returns the width of the column of labels.
func labelWidth(c *chart.Chart) int {
	most := leastLabel
	for _, row := range c.Rows {
		most = max(most, columns(row.Label)*6/5+2)
	}
	return min(most, mostLabel)
}

// columns returns the width of a text in characters of which Chinese ones are two.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n++
		if utf8.RuneLen(r) > 2 {
			n++
		}
	}
	return n
}

// lines returns how many lines a text takes in a column of a width: at most 6.
func lines(text string, width int) float64 {
	return min(max(math.Ceil(float64(columns(text))*1.1/float64(width)), 1), 6)
}
