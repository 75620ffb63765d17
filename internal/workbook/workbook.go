// Package workbook writes charts as an Excel workbook: for each a sheet with its figures and, beside them, a chart of the
// spreadsheet program's own, which can be edited and copied to slides. Tables without a chart have sheets before them.
package workbook

import (
	"cmp"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/chart"
	"glasspoll/internal/paper"
	"glasspoll/internal/wording"
)

// Book is what a workbook holds.
type Book struct {
	Title     string
	About     string   // what the figures are about
	Sentences []string // what they say
	Tables    []paper.Table
	Charts    []*chart.Chart
	Language  string
	Words     *wording.Words
	Colours   Colours
}

// Colours are those of a company, as six digits with or without a number sign. An empty one is the design's.
type Colours struct {
	Accent   string // of bars and lines
	OnAccent string // of text on them
}

// Write writes the workbook. Texts are text cells, which no spreadsheet takes for formulas. Figures are rounded as in the
// tables of [chart.Chart.CSV]; those that are percent are fractions, shown as percent.
func Write(to io.Writer, b *Book) error {
	w := &writer{Book: b, file: excelize.NewFile(), font: fontOf(b.Language), taken: map[string]bool{}, formats: map[string]int{}}
	defer w.file.Close()
	if err := w.write(); err != nil {
		return err
	}
	return w.file.Write(to)
}

// fontOf returns a font for a language that Excel, WPS and their users' systems have or have a substitute for.
func fontOf(language string) string {
	base, rest, _ := strings.Cut(strings.ToLower(language), "-")
	switch {
	case base == "zh" && (strings.Contains(rest, "hant") || rest == "tw" || rest == "hk"):
		return "Microsoft JhengHei"
	case base == "zh":
		return "Microsoft YaHei"
	case base == "ja":
		return "Yu Gothic"
	case base == "ko":
		return "Malgun Gothic"
	}
	return "Arial"
}

// writer writes one workbook.
type writer struct {
	*Book
	file   *excelize.File
	font   string
	styles styles
	taken  map[string]bool // names of sheets, in small letters
	drawn  int             // charts so far

	formats map[string]int // styles of the figures of tables, by format
}

// The first sheet's rows.
const (
	titleRow = 1
	aboutRow = 2
	linkRow  = 3 // of a chart's sheet: back to the first one
	headRow  = 4 // of a chart's sheet
)

func (w *writer) write() error {
	if err := w.file.SetDefaultFont(w.font); err != nil {
		return err
	}
	if err := w.makeStyles(); err != nil {
		return err
	}
	contents := w.sheetName(w.Words.Say("sheet.contents"))
	if err := w.file.SetSheetName("Sheet1", contents); err != nil {
		return err
	}
	var names, titles []string
	add := func(name, title string) error {
		name = w.sheetName(cmp.Or(name, title))
		names, titles = append(names, name), append(titles, cmp.Or(title, name))
		_, err := w.file.NewSheet(name)
		return err
	}
	for _, t := range w.Tables {
		if err := add(t.Name, t.Title); err != nil {
			return err
		}
	}
	for _, c := range w.Charts {
		if err := add(c.Name, c.Title); err != nil {
			return err
		}
	}
	if err := w.contents(contents, names, titles); err != nil {
		return err
	}
	for i, t := range w.Tables {
		if err := w.tableSheet(names[i], contents, t); err != nil {
			return err
		}
	}
	for i, c := range w.Charts {
		if err := w.chartSheet(names[len(w.Tables)+i], contents, c); err != nil {
			return err
		}
	}
	w.file.SetActiveSheet(0)
	return w.file.SetDocProps(&excelize.DocProperties{
		Title: w.Title, Description: w.About, Language: w.Language, Creator: "Glasspoll", LastModifiedBy: "Glasspoll",
		Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z", // the same figures make the same file
	})
}

// maxName is how many UTF-16 units the name of a sheet has at most.
const maxName = 31

// sheetName makes a name for a sheet that no other one has.
func (w *writer) sheetName(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\'':
			return '’'
		case r < ' ' || strings.ContainsRune(`:\/?*[]`, r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || strings.EqualFold(text, "history") { // Excel keeps that one for itself
		text = w.Words.Say("sheet.chart")
	}
	name := cut(text, maxName)
	for i := 2; w.taken[strings.ToLower(name)]; i++ {
		end := " (" + strconv.Itoa(i) + ")"
		name = cut(text, maxName-len(end)) + end
	}
	w.taken[strings.ToLower(name)] = true
	return name
}

// cut returns a text of at most so many UTF-16 units, with "…" for what is left out.
func cut(text string, most int) string {
	if len(utf16.Encode([]rune(text))) <= most {
		return text
	}
	var b strings.Builder
	n := 1
	for _, r := range text {
		if n += utf16.RuneLen(r); n > most {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// contents writes the first sheet: what the figures say, and links to the other sheets.
func (w *writer) contents(sheet string, names, titles []string) error {
	first := aboutRow + len(w.Sentences) + 3 // the first link's row
	if err := w.setUp(sheet, first-1); err != nil {
		return err
	}
	for i, name := range names {
		if err := w.link(sheet, cell(1, first+i), name); err != nil {
			return err
		}
	}
	stream, err := w.file.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for _, column := range []int{2, 1} { // the library writes the last one first
		if err := stream.SetColWidth(column, column, []float64{40, 80}[column-1]); err != nil {
			return err
		}
	}
	rows := [][]any{{w.text(w.styles.title, w.Title)}, {w.text(w.styles.about, w.About)}}
	for _, sentence := range w.Sentences {
		rows = append(rows, []any{w.text(w.styles.plain, sentence)})
	}
	rows = append(rows, nil, []any{w.text(w.styles.head, w.Words.Say("sheet.chart")), w.text(w.styles.head, w.Words.Say("sheet.about"))})
	for i, title := range titles {
		rows = append(rows, []any{w.text(w.styles.link, names[i]), w.text(w.styles.label, title)})
	}
	for i, row := range rows {
		if err := stream.SetRow(cell(1, i+1), row); err != nil {
			return err
		}
	}
	return stream.Flush()
}

// setUp sets what all sheets have: no lines between cells, a head that stays, and paper on its side, one page wide.
func (w *writer) setUp(sheet string, head int) error {
	hidden, rightToLeft := false, w.Words.Dir() == "rtl"
	if err := w.file.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &hidden, RightToLeft: &rightToLeft}); err != nil {
		return err
	}
	if err := w.file.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: head, TopLeftCell: cell(1, head+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	orientation, paper, wide, high, fit := "landscape", 9, 1, 0, true // A4
	if err := w.file.SetPageLayout(sheet, &excelize.PageLayoutOptions{Orientation: &orientation, Size: &paper, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return err
	}
	return w.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit})
}

// link makes a cell lead to a sheet.
func (w *writer) link(sheet, from, to string) error {
	return w.file.SetCellHyperLink(sheet, from, quoted(to)+"!A1", "Location")
}

// quoted returns a sheet's name as references have it. Names have no quotes.
func quoted(sheet string) string { return "'" + sheet + "'" }

func (w *writer) text(style int, text string) excelize.Cell {
	return excelize.Cell{StyleID: style, Value: text}
}

// excelColumn returns the letters of a column, as cell does.
func excelColumn(column int) string {
	name, _ := excelize.ColumnNumberToName(column)
	return name
}

// cell returns the name of a cell, from 1 on. Places are those of charts, far from the ends of a sheet.
func cell(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column, row)
	return name
}
