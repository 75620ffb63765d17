// Package chart draws a chart as an SVG that stands alone, for slides and documents, and writes its table.
package chart

import (
	"bytes"
	"strconv"
	"strings"

	"glasspoll/internal/spreadsheet"
)

// Kind is how a chart shows its figures.
type Kind string

// The kinds of charts.
const (
	Bars    Kind = "bars"    // a bar for the first figure of each row
	Stacked Kind = "stacked" // the figures of a row end to end; they are percent
	Lines   Kind = "lines"   // the first figures as a course from row to row
)

// Chart is figures to be shown together.
type Chart struct {
	ID       string // the name of its files
	Name     string // a short name; "" for none
	Kind     Kind
	Title    string
	About    string // what it is about, in a sentence
	Language string
	Head     string   // of the column of labels
	Series   []string // heads of the columns of figures
	LowHead  string   // of the columns of intervals; "" for a chart without
	HighHead string
	Tones    []int   // of the series of a stacked chart: 0, the worst, to 4, the best, or -1 for none
	Sides    []Side  // of its series, if rows compare better with their middles below each other; nil if not
	Max      float64 // the end of the scale, which begins at 0
	Places   int     // decimals
	Percent  bool    // figures are percent
	Target   *float64
	TargetAs string // its name
	Rows     []Row
}

// Side is where a series belongs in a chart whose rows have their middles below each other.
type Side int

// The sides.
const (
	Apart  Side = iota // an answer without a score
	Worse              // below the middle of the scale
	Middle             // on it
	Better             // above it
)

// Row is the figures of one item, group, answer or period.
type Row struct {
	Label     string
	Values    []float64
	Low, High *float64 // the interval of the first figure
}

// Round returns a figure as tables have it.
func (c *Chart) Round(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', c.Places, 64), 64)
	if err != nil || rounded == 0 { // no minus before zero
		return 0
	}
	return rounded
}

// Text prints a figure.
func (c *Chart) Text(x float64) string {
	text := strings.Replace(c.number(x), "-", "−", 1)
	if c.Percent {
		text += "%"
	}
	return text
}

func (c *Chart) number(x float64) string { return strconv.FormatFloat(c.Round(x), 'f', c.Places, 64) }

// CSV returns the table: UTF-8 with a byte order mark, as spreadsheet programs want it.
func (c *Chart) CSV() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := spreadsheet.NewWriter(&b)
	w.UseCRLF()
	head := append([]string{c.Head}, c.Series...)
	if c.LowHead != "" {
		head = append(head, c.LowHead, c.HighHead)
	}
	if err := w.Write(head); err != nil {
		return nil, err
	}
	for _, row := range c.Rows {
		line := []string{row.Label}
		for _, x := range row.Values {
			line = append(line, c.number(x))
		}
		switch {
		case c.LowHead == "":
		case row.Low == nil || row.High == nil:
			line = append(line, "", "")
		default:
			line = append(line, c.number(*row.Low), c.number(*row.High))
		}
		if err := w.Write(line); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
