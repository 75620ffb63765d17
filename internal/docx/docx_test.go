package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/chart"
	"glasspoll/internal/paper"
)

// hostile is a text with everything that XML, fields and spreadsheets could take for something else.
const hostile = "=1+1 <b>&\"'\x00\x01\ufffe</w:t>]]> {PAGE}\n第二行"

func report() *paper.Document {
	return &paper.Document{
		Language: "zh", Company: hostile, Title: "报告", Subtitle: "2026年10月", Number: "QR-08-2026-10", Notice: hostile,
		Facts: []paper.Fact{{Name: "文件编号", Value: hostile}}, Contents: "目录", Page: [3]string{"第", "页，共", "页"},
		Sign: &paper.Table{Head: []string{"签署", "签名"}, Rows: [][]paper.Cell{paper.Texts("编制", "")}},
		Blocks: []paper.Block{
			paper.Heading{Level: 1, Text: "一、概要"}, paper.List{"一点", hostile}, paper.Heading{Level: 2, Text: hostile}, paper.Paragraph{Text: hostile}, paper.Paragraph{Text: "注", Note: true},
			paper.Heading{Level: 9, Text: "深"},
			paper.Table{Name: "表", Title: hostile, Head: []string{"项目", "件数", "比例"}, Rows: [][]paper.Cell{
				{paper.Text(hostile), paper.Count(12), paper.None()}, {paper.Text("short")}, {paper.Text("乙"), {Text: "3", Number: new(3.0), Format: "0", Bad: true}, {Text: "25.0%", Number: new(.25), Format: "0.0%"}, paper.Text("too many")},
			}},
			paper.Table{}, paper.Chart{Chart: &chart.Chart{}},
			paper.Chart{Chart: &chart.Chart{ID: "trend", Kind: chart.Lines, Title: "走势", About: hostile, Head: "周期", Series: []string{"指数"}, Max: 100, Places: 1, Target: new(80.0), TargetAs: "目标80", LowHead: "低", HighHead: "高",
				Rows: []chart.Row{{Label: hostile, Values: []float64{75.04}, Low: new(70.0), High: new(80.0)}, {Label: "2", Values: []float64{79}}}}},
			paper.Chart{Chart: &chart.Chart{ID: "areas", Kind: chart.Bars, Title: "分项", Head: "分项", Series: []string{"指数"}, Max: 100, Places: 1, LowHead: "低", HighHead: "高",
				Rows: []chart.Row{{Label: "甲", Values: []float64{75}, Low: new(70.0), High: new(80.0)}}}},
			paper.Chart{Chart: &chart.Chart{ID: "scale", Kind: chart.Stacked, Title: "量表", Head: "项目", Series: []string{"差", "好"}, Tones: []int{0, 4}, Percent: true, Max: 100,
				Rows: []chart.Row{{Label: "甲", Values: []float64{2, 98}}, {Label: "乙", Values: []float64{40}}}}},
		},
	}
}

// opened returns the parts of a Word file.
func opened(t *testing.T, d *paper.Document) map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, d, Options{Accent: "#abc"}); err != nil {
		t.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range files.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if parts[f.Name] != "" {
			t.Errorf("%s is there twice", f.Name)
		}
		parts[f.Name] = string(content)
	}
	return parts
}

// checkPackage checks what every program that opens the file relies on: each part is XML, has a type, and is found by a relation.
func checkPackage(t *testing.T, parts map[string]string) {
	t.Helper()
	types := parts["[Content_Types].xml"]
	target := regexp.MustCompile(`Target="([^"]*)"`)
	found := map[string]bool{"[Content_Types].xml": true}
	for name, content := range parts {
		if strings.HasSuffix(name, ".xlsx") {
			continue
		}
		for d := xml.NewDecoder(strings.NewReader(content)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !strings.HasSuffix(name, ".rels") {
			continue
		}
		found[name] = true
		for _, m := range target.FindAllStringSubmatch(content, -1) {
			to := path.Join(path.Dir(path.Dir(name)), m[1])
			if _, exists := parts[to]; !exists {
				t.Errorf("%s leads to %s, which is not there", name, to)
			}
			found[to] = true
		}
	}
	for name := range parts {
		if !found[name] {
			t.Errorf("nothing leads to %s", name)
		}
		if !strings.HasSuffix(name, ".rels") && !strings.HasSuffix(name, ".xlsx") && name != "[Content_Types].xml" && !strings.Contains(types, `PartName="/`+name+`"`) {
			t.Errorf("%s has no type", name)
		}
	}
	for _, m := range regexp.MustCompile(`PartName="/([^"]*)"`).FindAllStringSubmatch(types, -1) {
		if parts[m[1]] == "" {
			t.Errorf("there is a type of %s, which is not there", m[1])
		}
	}
}

func TestWrite(t *testing.T) {
	parts := opened(t, report())
	checkPackage(t, parts)
	body := parts["word/document.xml"]
	for _, want := range []string{
		`<w:pStyle w:val="Heading1"/>`, `<w:pStyle w:val="Heading2"/>`, `<w:pStyle w:val="Heading3"/>`, `<w:tblHeader/>`, `TOC \o "1-2"`, `<w:br/>`,
		`<w:color w:val="AE231B"/>`, `descr="`, `<w:pStyle w:val="TableFigure"/>`, `&lt;b&gt;`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the body has no %s", want)
		}
	}
	// Contents lead to headings; the third level is not among them.
	anchors := regexp.MustCompile(`w:anchor="([^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(anchors) != 2 {
		t.Errorf("%d entries in the contents", len(anchors))
	}
	for _, m := range anchors {
		if strings.Count(body, `w:name="`+m[1]+`"`) != 1 {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
	for part, want := range map[string]string{
		"word/styles.xml": `w:eastAsia="zh-CN"`, "word/settings.xml": `w:eastAsia="zh-CN"`, "docProps/core.xml": "<dc:identifier>QR-08-2026-10</dc:identifier>",
		"docProps/custom.xml": "QR-08-2026-10", "word/header1.xml": "QR-08-2026-10", "word/footer1.xml": "NUMPAGES", "word/charts/chart1.xml": `val="AABBCC"`,
	} {
		if !strings.Contains(parts[part], want) {
			t.Errorf("%s has no %s", part, want)
		}
	}
	if !strings.Contains(parts["docProps/core.xml"], "<dc:language>zh</dc:language>") || !strings.Contains(parts["word/styles.xml"], `w:eastAsia="SimHei"`) {
		t.Error("the language or its font is missing")
	}
	if parts["word/charts/chart4.xml"] != "" || parts["word/charts/chart3.xml"] == "" {
		t.Error("a chart without figures is drawn, or one with figures is not")
	}
	var again bytes.Buffer
	var first bytes.Buffer
	if err := errors.Join(Write(&again, report(), Options{}), Write(&first, report(), Options{})); err != nil || !bytes.Equal(again.Bytes(), first.Bytes()) {
		t.Errorf("the same document makes other bytes: %v", err)
	}
}

// TestFiguresOfCharts checks that a drawing's figures are those of its workbook, at the cells that it names.
func TestFiguresOfCharts(t *testing.T) {
	parts := opened(t, report())
	series := regexp.MustCompile(`<c:numRef><c:f>Sheet1!\$([A-Z])\$2:\$[A-Z]\$(\d+)</c:f><c:numCache>(.*?)</c:numCache>`)
	value := regexp.MustCompile(`<c:pt idx="(\d+)"><c:v>([^<]*)</c:v>`)
	for _, n := range []string{"1", "2", "3"} {
		book, err := excelize.OpenReader(strings.NewReader(parts["word/embeddings/chart"+n+".xlsx"]))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		drawn := series.FindAllStringSubmatch(parts["word/charts/chart"+n+".xml"], -1)
		if want := map[string]int{"1": 2, "2": 1, "3": 2}[n]; len(drawn) != want {
			t.Errorf("chart %s has %d series", n, len(drawn))
		}
		for _, s := range drawn {
			for _, v := range value.FindAllStringSubmatch(s[3], -1) {
				row := string(rune('2' + v[1][0] - '0'))
				if got, err := book.GetCellValue("Sheet1", s[1]+row); err != nil || got != v[2] {
					t.Errorf("chart %s draws %s, and %s%s is %q, %v", n, v[2], s[1], row, got, err)
				}
			}
		}
	}
}

func TestRightToLeft(t *testing.T) {
	d := report()
	d.Language, d.RTL = "ar", true
	parts := opened(t, d)
	checkPackage(t, parts)
	if !strings.Contains(parts["word/styles.xml"], "<w:bidi/>") || !strings.Contains(parts["word/styles.xml"], `w:bidi="ar"`) || !strings.Contains(parts["word/document.xml"], "<w:bidiVisual/>") {
		t.Error("it is written from left to right")
	}
	for _, style := range []string{"TableFigure", "Drawing"} {
		_, definition, _ := strings.Cut(parts["word/styles.xml"], `w:styleId="`+style+`"`)
		definition, _, _ = strings.Cut(definition, "</w:style>")
		if !strings.Contains(definition, `<w:bidi w:val="0"/>`) || !strings.Contains(definition, `<w:rtl w:val="0"/>`) {
			t.Errorf("%s is written from right to left: signs would stand behind their figures", style)
		}
	}
}

// TestNothingIsBroken checks that no word, figure or day is wider than its column, where there is room.
func TestNothingIsBroken(t *testing.T) {
	table := paper.Table{Head: []string{"事项", "Respondents", "期限", "人数"}, Wide: []int{20, 1, 1, 1}, Rows: [][]paper.Cell{
		{paper.Text("一件很长的事项，要写在好几行里才写得下，所以这一列最宽"), paper.Text("no clear difference"), paper.Text("2026年12月31日"), paper.Count(1234567)},
	}}
	widths, _ := widthsOf(table)
	for i, text := range []string{"一", "Respondents", "2026年12月31日", "1234567"} {
		if least := textWidth * (longestWord(text) + cellMargins) / pageTenths; widths[i] < least-1 {
			t.Errorf("%q has %d of the %d that it needs", text, widths[i], least)
		}
	}
}

// TestHeadsAreWhole checks that heads of a table of many columns, and the name of the longest month, have the room that they need
// in DejaVu Sans, the widest of the usual fonts: their widths are those of its bold and its book weight, in thousandths of the
// size, which is 9 points.
func TestHeadsAreWhole(t *testing.T) {
	const size, cellMargin = 9 * 20, 2 * 90 // in twentieths of a point
	table := paper.Table{
		Head: []string{"Span", "Opened", "Closed", "In time", "Share in time", "Told", "Mean days", "Open", "Overdue"}, Wide: []int{9, 4, 4, 4, 5, 5, 5, 4, 4},
		Rows: [][]paper.Cell{{paper.Text("November 2026"), paper.Count(461), paper.Count(0), paper.Count(0), paper.None(), paper.Count(0), paper.None(), paper.Count(461), paper.Count(0)}},
	}
	widths, _ := widthsOf(table)
	for column, thousandths := range map[int]int{0: 5210, 1: 4370, 2: 3770, 8: 4790} {
		if least := size*thousandths/1000 + cellMargin; widths[column] < least {
			t.Errorf("%q has %d of the %d that it needs", table.Head[column], widths[column], least)
		}
	}
}

// TestLongTextsLeaveRoom checks that a very long title does not make the columns beside it as narrow as a character, and that a
// table that does not fit has smaller letters.
func TestLongTextsLeaveRoom(t *testing.T) {
	table := paper.Table{Head: []string{"调查", "目标"}, Rows: [][]paper.Cell{{paper.Text(strings.Repeat("长", 300)), paper.Text("80 · 未达到")}}}
	widths, _ := widthsOf(table)
	if want := textWidth * tenths("80 · 未达到") / pageTenths; widths[1] < want {
		t.Errorf("the column beside a long title has %d of %d", widths[1], want)
	}
	wide := report()
	wide.Blocks = []paper.Block{paper.Table{Head: slices.Repeat([]string{"Respondents"}, 7), Rows: [][]paper.Cell{paper.Texts("1", "2", "3", "4", "5", "6", "7")}}}
	if body := opened(t, wide)["word/document.xml"]; !strings.Contains(body, `<w:sz w:val="16"/>`) {
		t.Error("a table that does not fit has letters of the usual size")
	}
}

func TestWidths(t *testing.T) {
	for _, table := range []paper.Table{
		{Head: []string{"a"}},
		{Head: []string{"调查", "人数"}, Rows: [][]paper.Cell{{paper.Text(strings.Repeat("满意", 90)), paper.Count(1234567)}}},
		{Head: slices.Repeat([]string{"abcdefghijklmn"}, 30)},
		{Head: []string{"a", "b"}, Wide: []int{1, 0}},
	} {
		sum := 0
		widths, _ := widthsOf(table)
		for i, width := range widths {
			if sum += width; width <= 0 {
				t.Errorf("column %d of %q has the width %d", i, table.Head, width)
			}
		}
		if sum != textWidth {
			t.Errorf("%q is %d wide", table.Head, sum)
		}
	}
}

// TestLongContents checks that contents that would not fit on the first page name the chapters alone.
func TestLongContents(t *testing.T) {
	d := report()
	for range maxContents {
		d.Blocks = append(d.Blocks, paper.Heading{Level: 2, Text: "Tea"})
	}
	body := opened(t, d)["word/document.xml"]
	if n := strings.Count(body, "w:anchor="); n != 1 || !strings.Contains(body, `TOC \o "1-1"`) {
		t.Errorf("%d entries in the contents", n)
	}
}
