package workbook

import (
	"slices"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/paper"
)

// tableSheet writes the sheet of a table: title, a link back, and the table.
func (w *writer) tableSheet(name, contents string, t paper.Table) error {
	if err := w.setUp(name, headRow); err != nil {
		return err
	}
	if err := w.link(name, cell(1, linkRow), contents); err != nil {
		return err
	}
	stream, err := w.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	widths, figures := tableWidths(t), make([]bool, len(t.Head))
	for i, width := range slices.Backward(widths) { // the library writes the last one first
		if err := stream.SetColWidth(i+1, i+1, float64(width)); err != nil {
			return err
		}
	}
	title := t.Title
	if title == "" {
		title = t.Name
	}
	head := make([]any, len(t.Head))
	for i, text := range t.Head {
		style := w.styles.head
		if figures[i] = t.IsFigures(i); figures[i] {
			style = w.styles.figureHead
		}
		head[i] = w.text(style, text)
	}
	for i, row := range [][]any{{w.text(w.styles.title, title)}, {w.text(w.styles.about, w.About)}, {w.text(w.styles.link, contents)}, head} {
		if err := stream.SetRow(cell(1, i+1), row); err != nil {
			return err
		}
	}
	for i, row := range t.Rows {
		line, tall := make([]any, len(row)), 1.0
		for j, c := range row {
			if line[j], err = w.tableCell(c, j < len(figures) && figures[j]); err != nil {
				return err
			}
			if j < len(widths) {
				tall = max(tall, lines(c.Text, widths[j]))
			}
		}
		if err := stream.SetRow(cell(1, headRow+1+i), line, excelize.RowOpts{Height: tall*lineHeight + 4}); err != nil {
			return err
		}
	}
	return stream.Flush()
}

// tableWidths returns the widths of the columns, in characters.
func tableWidths(t paper.Table) []int {
	widths := make([]int, len(t.Head))
	for i, text := range t.Head {
		widths[i] = columns(text)
		for _, row := range t.Rows {
			if i < len(row) {
				widths[i] = max(widths[i], columns(row[i].Text))
			}
		}
		widths[i] = min(max(widths[i]*6/5+2, 8), mostLabel)
	}
	return widths
}

// tableCell returns a cell as a sheet has it, in a column of figures or of texts.
func (w *writer) tableCell(c paper.Cell, among bool) (excelize.Cell, error) {
	switch {
	case c.Number == nil && among:
		return w.text(w.styles.missing, c.Text), nil
	case c.Number == nil:
		return w.text(w.styles.label, c.Text), nil
	}
	style, known := w.formats[c.Format]
	if !known {
		var err error
		if style, _, err = w.figureStyles(c.Format); err != nil {
			return excelize.Cell{}, err
		}
		w.formats[c.Format] = style
	}
	return excelize.Cell{StyleID: style, Value: *c.Number}, nil
}
