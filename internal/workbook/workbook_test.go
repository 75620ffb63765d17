package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"glasspoll"
	"glasspoll/internal/chart"
	"glasspoll/internal/wording"
)

// charts are of every kind, with hostile texts.
func charts() []*chart.Chart {
	low, high, target := 60.25, 81.56, 80.0
	long := "=HYPERLINK(\"http://example.org\",\"a\") [x]:*?/\\ 'quoted' " + strings.Repeat("满意度调查", 20)
	return []*chart.Chart{
		{ID: "trend", Name: "走势", Kind: chart.Lines, Title: "指数：历期走势", About: "2026", Head: "期次", Series: []string{"指数"}, LowHead: "下限", HighHead: "上限", Max: 100, Places: 1,
			Target: &target, TargetAs: "目标 80", Rows: []chart.Row{{Label: "Q1", Values: []float64{71.26}, Low: &low, High: &high}, {Label: "Q2", Values: []float64{75.25}}, {Label: "Q3", Values: []float64{77}, Low: &low, High: &high}}},
		{ID: "items", Kind: chart.Bars, Title: long, Head: "=1+1", Series: []string{"+cmd"}, LowHead: "下限", HighHead: "上限", Max: 100, Places: 1,
			Rows: []chart.Row{{Label: "=1+1", Values: []float64{71.26}, Low: &low, High: &high}, {Label: long, Values: []float64{65}, Low: &low, High: &high}}},
		{ID: "q-few", Name: "走势", Kind: chart.Bars, Title: "短的", Head: "选项", Series: []string{"占比"}, LowHead: "下限", HighHead: "上限", Max: 100, Places: 1, Percent: true,
			Rows: []chart.Row{{Label: "甲", Values: []float64{71.26}, Low: &low, High: &high}, {Label: "乙", Values: []float64{0}}}},
		{ID: "q-one", Kind: chart.Stacked, Title: "History", Head: "项目", Series: []string{"差", "好", "无"}, Tones: []int{0, 4, -1}, Max: 100, Places: 1, Percent: true,
			Rows: []chart.Row{{Label: "服务", Values: []float64{12.25, 85, 2.75}}}},
		{ID: "q-grid", Kind: chart.Stacked, Title: "走势", Head: "项目", Series: []string{"很差", "差", "中", "好", "很好", "无"}, Tones: []int{0, 1, 2, 3, 4, -1}, Max: 100, Places: 1, Percent: true,
			Sides: []chart.Side{chart.Worse, chart.Worse, chart.Middle, chart.Better, chart.Better, chart.Apart},
			Rows:  []chart.Row{{Label: "服务", Values: []float64{5, 10, 15, 30, 35, 5}}, {Label: "价格", Values: []float64{20.2, 19.8, 10, 2, 48, 0}}}},
		{ID: "q-sum", Kind: chart.Bars, Title: "A sum", Head: "Item", Series: []string{"Points"}, Places: 0, Rows: []chart.Row{{Label: "A", Values: []float64{-0.2}}}},
		{ID: "none", Kind: chart.Bars, Title: "\x00\xff"},
	}
}

func book(t *testing.T, language string) *Book {
	t.Helper()
	files, err := fs.Sub(glasspoll.Templates(), "report")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := wording.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return &Book{Title: "=Results", About: "2026 Q4", Sentences: []string{"@first", "-second"}, Charts: charts(), Language: language, Words: catalog.In(language),
		Colours: Colours{Accent: "#123456", OnAccent: "#fff"}}
}

func written(t *testing.T, b *Book) ([]byte, *excelize.File) {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, b); err != nil {
		t.Fatal(err)
	}
	file, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return out.Bytes(), file
}

// drawing is the part of a chart's XML that says what is drawn from which cells.
type drawing struct {
	Bars   *group `xml:"chart>plotArea>barChart"`
	Lines  *group `xml:"chart>plotArea>lineChart"`
	Values struct {
		Low  val       `xml:"scaling>min"`
		High val       `xml:"scaling>max"`
		Grid *struct{} `xml:"majorGridlines"`
	} `xml:"chart>plotArea>valAx"`
}

type val struct {
	Val string `xml:"val,attr"`
}

type group struct {
	Grouping val `xml:"grouping"`
	Overlap  val `xml:"overlap"`
	Series   []struct {
		Name       string `xml:"tx>strRef>f"`
		Categories string `xml:"cat>strRef>f"`
		Values     string `xml:"val>numRef>f"`
		Plus       string `xml:"errBars>plus>numRef>f"`
		Minus      string `xml:"errBars>minus>numRef>f"`
		Labelled   val    `xml:"dLbls>showVal"`
		Hidden     []struct {
			Index val `xml:"idx"`
		} `xml:"dLbls>dLbl"`
		Fill      val       `xml:"spPr>solidFill>srgbClr"`
		Invisible *struct{} `xml:"spPr>noFill"`
	} `xml:"ser"`
}

// part returns a file of the workbook.
func part(t *testing.T, book []byte, name string) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func drawings(t *testing.T, book []byte, n int) []drawing {
	t.Helper()
	all := make([]drawing, n)
	for i := range all {
		if err := xml.Unmarshal(part(t, book, "xl/charts/chart"+strconv.Itoa(i+1)+".xml"), &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// cells returns what the cells of a reference hold, and what their formulas come to.
func cells(t *testing.T, file *excelize.File, reference string) (values []string, formulas int) {
	t.Helper()
	sheet, place, ok := strings.Cut(strings.TrimPrefix(reference, "'"), "'!")
	if !ok {
		t.Fatalf("%q is no reference", reference)
	}
	first, last, many := strings.Cut(strings.ReplaceAll(place, "$", ""), ":")
	if !many {
		last = first
	}
	column, from, err := excelize.CellNameToCoordinates(first)
	if err != nil {
		t.Fatal(err)
	}
	_, to, err := excelize.CellNameToCoordinates(last)
	if err != nil {
		t.Fatal(err)
	}
	for row := from; row <= to; row++ {
		at := cell(column, row)
		value, err := file.GetCellValue(sheet, at, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		formula, err := file.GetCellFormula(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		if formula != "" {
			formulas++
			computed, err := file.CalcCellValue(sheet, at, excelize.Options{RawCellValue: true})
			if err != nil || math.Abs(number(t, computed)-number(t, value)) > 1e-9 {
				t.Errorf("%s: %s is %s, and %s is stored: %v", at, formula, computed, value, err)
			}
		}
		values = append(values, value)
	}
	return values, formulas
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// What a chart draws are the figures of its own table, rounded as CSV has them.
func TestSeriesReferToTheFigures(t *testing.T) {
	for _, language := range []string{"zh", "en", "ar"} {
		b := book(t, language)
		content, file := written(t, b)
		for i, d := range drawings(t, content, 6) {
			c := b.Charts[i]
			drawn := d.Bars
			if c.Kind == chart.Lines {
				drawn = d.Lines
			}
			if drawn == nil {
				t.Fatalf("%s: no drawing of its kind", c.ID)
			}
			if d.Values.Grid != nil {
				t.Errorf("%s has lines behind its figures", c.ID)
			}
			for j, s := range drawn.Series {
				labels, _ := cells(t, file, s.Categories)
				for k, label := range labels {
					if label != c.Rows[k].Label {
						t.Errorf("%s: row %d is %q, want %q", c.ID, k, label, c.Rows[k].Label)
					}
				}
				name, _ := cells(t, file, s.Name)
				values, _ := cells(t, file, s.Values)
				if len(values) != len(c.Rows) {
					t.Fatalf("%s: %d figures of %d rows", c.ID, len(values), len(c.Rows))
				}
				if name[0] == noName {
					continue
				}
				own := j
				if len(c.Sides) > 0 {
					own-- // behind what is not seen
				}
				for k, value := range values {
					want := c.Target
					if name[0] != c.TargetAs || c.Target == nil {
						want = &c.Rows[k].Values[own]
					}
					checkFigure(t, c, number(t, value), *want)
				}
			}
		}
	}
}

// checkFigure compares a cell with a figure of a chart.
func checkFigure(t *testing.T, c *chart.Chart, got, want float64) {
	t.Helper()
	if want = c.Round(want); c.Percent {
		want /= 100
	}
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: a cell is %v, want %v", c.ID, got, want)
	}
}

// Rows of a matrix have their middles below each other: what is not seen at their left makes up for what they have there.
func TestMatricesDiverge(t *testing.T) {
	b := book(t, "zh")
	content, file := written(t, b)
	c, d := b.Charts[4], drawings(t, content, 5)[4]
	if d.Bars.Grouping.Val != "stacked" || d.Bars.Overlap.Val != "100" || d.Values.High.Val != "1.2" {
		t.Errorf("%+v, %+v", d.Bars.Grouping, d.Values)
	}
	var names []string
	columns := make([][]string, len(d.Bars.Series))
	for i, s := range d.Bars.Series {
		name, _ := cells(t, file, s.Name)
		names = append(names, name[0])
		columns[i], _ = cells(t, file, s.Values)
	}
	if got := strings.Join(names, "|"); got != noName+"|很差|差|中|好|很好" {
		t.Errorf("series are %s", got)
	}
	if d.Bars.Series[0].Invisible == nil || d.Bars.Series[0].Labelled.Val != "0" || d.Bars.Series[1].Invisible != nil || d.Bars.Series[3].Labelled.Val != "1" {
		t.Error("what is seen and what is not are exchanged")
	}
	for row := range c.Rows {
		middle := number(t, columns[3][row]) / 2
		for _, column := range columns[:3] {
			middle += number(t, column[row])
		}
		if math.Abs(middle-0.45) > 1e-9 { // of the second row, which has most at its left
			t.Errorf("the middle of row %d is at %v", row, middle)
		}
	}
	if s := d.Bars.Series[4]; len(s.Hidden) != 1 || s.Hidden[0].Index.Val != "1" {
		t.Errorf("numbers without room: %+v", s.Hidden)
	}
}

// Intervals reach from each figure to its ends, and are drawn where the page draws them.
func TestIntervals(t *testing.T) {
	b := book(t, "en")
	content, file := written(t, b)
	for i, d := range drawings(t, content, 6) {
		drawn := d.Bars
		if drawn == nil {
			drawn = d.Lines
		}
		c, s := b.Charts[i], drawn.Series[0]
		if want := c.LowHead != "" && !c.Percent; (s.Plus != "") != want || (s.Minus != "") != want {
			t.Errorf("%s: intervals from %q and %q", c.ID, s.Minus, s.Plus)
			continue
		} else if !want {
			continue
		}
		minus, n := cells(t, file, s.Minus)
		plus, m := cells(t, file, s.Plus)
		known := 0
		for k, row := range c.Rows {
			if row.Low == nil {
				if minus[k] != "" || plus[k] != "" {
					t.Errorf("%s: an interval of %s", c.ID, row.Label)
				}
				continue
			}
			known++
			if below := c.Round(row.Values[0]) - c.Round(*row.Low); math.Abs(number(t, minus[k])-below) > 1e-9 {
				t.Errorf("%s: %s below, want %v", c.ID, minus[k], below)
			}
			if above := c.Round(*row.High) - c.Round(row.Values[0]); math.Abs(number(t, plus[k])-above) > 1e-9 {
				t.Errorf("%s: %s above, want %v", c.ID, plus[k], above)
			}
		}
		if n != known || m != known {
			t.Errorf("%s: %d and %d formulas, want %d", c.ID, n, m, known)
		}
	}
}

// worked are formulas that work out figures for a drawing.
var worked = regexp.MustCompile(`^(MAX\([A-Z0-9$:]+\)-)?[A-Z]+[0-9]+([-+/]([A-Z]+[0-9]+|2))*$`)

// Texts are texts: none is a formula, whatever it begins with.
func TestTextsAreNoFormulas(t *testing.T) {
	content, file := written(t, book(t, "zh"))
	sheets := file.GetSheetList()
	for _, sheet := range sheets {
		rows, err := file.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, text := range row {
				formula, err := file.GetCellFormula(sheet, cell(c+1, r+1))
				if err != nil {
					t.Fatal(err)
				}
				if formula != "" && !worked.MatchString(formula) {
					t.Errorf("%s: %q is the formula %s", sheet, text, formula)
				}
			}
		}
	}
	for i := range sheets {
		if sheet := part(t, content, "xl/worksheets/sheet"+strconv.Itoa(i+1)+".xml"); bytes.Contains(sheet, []byte("<f>=")) || bytes.Contains(sheet, []byte("HYPERLINK(")) && !bytes.Contains(sheet, []byte("<t>=HYPERLINK(")) {
			t.Errorf("sheet %d has a text as a formula", i+1)
		}
	}
	if title, err := file.GetCellValue(sheets[0], "A1"); err != nil || title != "=Results" {
		t.Errorf("the title is %q, %v", title, err)
	}
}

// Names of sheets are short, different whatever the case, and have no character that Excel refuses; the first sheet leads to
// each of the others, and they lead back.
func TestSheets(t *testing.T) {
	b := book(t, "en")
	_, file := written(t, b)
	sheets := file.GetSheetList()
	if len(sheets) != 1+len(b.Charts) {
		t.Fatalf("sheets: %q", sheets)
	}
	seen := map[string]bool{}
	for i, name := range sheets {
		if len(utf16.Encode([]rune(name))) > maxName || strings.ContainsAny(name, `:\/?*[]'`) || seen[strings.ToLower(name)] || strings.EqualFold(name, "history") {
			t.Errorf("a sheet is called %q", name)
		}
		seen[strings.ToLower(name)] = true
		from, at, to := sheets[0], cell(1, aboutRow+len(b.Sentences)+2+i), name
		if i == 0 {
			from, at, to = sheets[1], cell(1, linkRow), sheets[0]
		}
		if there, target, err := file.GetCellHyperLink(from, at); err != nil || !there || target != "'"+to+"'!A1" {
			t.Errorf("%s %s leads to %s, want %s: %v", from, at, target, to, err)
		}
		panes, err := file.GetPanes(name)
		if err != nil || !panes.Freeze || panes.YSplit < headRow {
			t.Errorf("%s: the head does not stay: %+v, %v", name, panes, err)
		}
	}
	if sheets[1] != "走势" || sheets[3] != "走势 (2)" || sheets[5] != "走势 (3)" {
		t.Errorf("sheets: %q", sheets)
	}
}

// Bars have the accent of the company, and what is written on them its counterpart; Chinese has a font with Chinese.
func TestLook(t *testing.T) {
	content, _ := written(t, book(t, "zh"))
	if got := drawings(t, content, 2)[1].Bars.Series[0].Fill.Val; got != "123456" {
		t.Errorf("bars are %s", got)
	}
	for _, name := range []string{"xl/charts/chart2.xml", "xl/styles.xml"} {
		if !bytes.Contains(part(t, content, name), []byte("Microsoft YaHei")) {
			t.Errorf("%s names no font for Chinese", name)
		}
	}
	again, _ := written(t, book(t, "zh"))
	if !bytes.Equal(part(t, content, "xl/charts/chart2.xml"), part(t, again, "xl/charts/chart2.xml")) {
		t.Error("the same figures are drawn in another way")
	}
	for colour, want := range map[string]string{"": "0A6A5C", "#abc": "AABBCC", "#0a6a5c": "0A6A5C", "red": "0A6A5C", "#12345g": "0A6A5C"} {
		if got := colourOr(colour, accent); got != want {
			t.Errorf("%q is %s, want %s", colour, got, want)
		}
	}
}
