// Package paper holds a text for paper as blocks: headings, paragraphs, lists, tables and charts. It knows no file format;
// packages that write one read it from here, so that all files of a document say the same. It is pure.
package paper

import (
	"strconv"

	"glasspoll/internal/chart"
)

// Document is a text for paper.
type Document struct {
	Language string
	RTL      bool   // it is written from right to left
	Company  string // above the title; "" leaves it out
	Title    string
	Subtitle string
	Number   string    // by which records refer to it; "" leaves it out
	Notice   string    // who may read it, and what its figures are; on the first page
	Facts    []Fact    // of the first page
	Sign     *Table    // for signatures, on the first page; nil without
	Contents string    // the title of the contents
	Page     [3]string // what stands before the number of a page, between it and the number of pages, and after that
	Blocks   []Block
}

// Fact is a name and what it stands for.
type Fact struct{ Name, Value string }

// Block is a [Heading], a [Paragraph], a [List], a [Table] or a [Chart].
type Block interface{ block() }

// Heading is the heading of a chapter, at level 1, or of a part of one, at level 2 or 3.
type Heading struct {
	Level int
	Text  string
}

// Paragraph is a text; a note is smaller, and says how something before it is to be read.
type Paragraph struct {
	Text string
	Note bool
}

// List is points.
type List []string

// Table is rows of cells below a head.
type Table struct {
	Name  string // a short one, for a sheet of a workbook
	Title string // "" where the heading says it
	Head  []string
	Rows  [][]Cell
	Wide  []int // shares of the width, by column; nil: as the texts need
}

// Chart is figures to be drawn, where they also stand in a table.
type Chart struct{ *chart.Chart }

func (Heading) block()   {}
func (Paragraph) block() {}
func (List) block()      {}
func (Table) block()     {}
func (Chart) block()     {}

// Cell is a text or a figure of a table.
type Cell struct {
	Text   string   // as it is printed
	Number *float64 // what a workbook computes with; nil for a text
	Format string   // of Number, in a workbook: "0", "0.0", "0.0%"
	Strong bool     // it stands out: a sum, a day that has passed
	Bad    bool     // it needs attention
}

// Text makes a cell of a text.
func Text(text string) Cell { return Cell{Text: text} }

// Texts makes cells of texts.
func Texts(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i] = Text(text)
	}
	return cells
}

// Count makes a cell of a number of things.
func Count(n int) Cell { return Cell{Text: strconv.Itoa(n), Number: new(float64(n)), Format: "0"} }

// None is the cell of a figure that there is not.
func None() Cell { return Cell{Text: "–"} }

// IsFigures reports whether a column holds figures: at least one, and besides them nothing but what is missing.
func (t Table) IsFigures(column int) bool {
	figures := false
	for _, row := range t.Rows {
		switch {
		case column >= len(row):
		case row[column].Number != nil:
			figures = true
		case row[column].Text != "" && row[column].Text != None().Text:
			return false
		}
	}
	return figures
}

// Charts lists the charts of the document.
func (d *Document) Charts() []*chart.Chart {
	var all []*chart.Chart
	for _, b := range d.Blocks {
		if c, ok := b.(Chart); ok {
			all = append(all, c.Chart)
		}
	}
	return all
}

// Tables lists the tables of the document.
func (d *Document) Tables() []Table {
	var all []Table
	for _, b := range d.Blocks {
		if t, ok := b.(Table); ok {
			all = append(all, t)
		}
	}
	return all
}
