package docx

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/chart"
)

// Measures of a drawing, in English Metric Units: 12700 are a point.
const (
	emu          = 12700
	chartWidth   = textWidth / 20 * emu
	courseHeight = 210 * emu
	edges        = 46 * emu // above and below the bars, with a legend
	barHeight    = 24 * emu
	mostHeight   = 640 * emu // a page
)

const chartName = "http://schemas.openxmlformats.org/drawingml/2006/chart"

// chart writes a drawing, whose figures are in a part of its own.
func (w *writer) chart(c *chart.Chart) {
	if len(c.Rows) == 0 || len(c.Series) == 0 {
		return
	}
	book, err := figuresOf(c)
	if err != nil {
		w.err = err
		return
	}
	w.drawn++
	n := strconv.Itoa(w.drawn)
	d := &drawing{Chart: c, writer: w}
	w.charts = append(w.charts,
		part{"word/charts/chart" + n + ".xml", d.xml()},
		part{"word/charts/_rels/chart" + n + ".xml.rels", relationsOf([][2]string{{relations + "/package", "../embeddings/chart" + n + ".xlsx"}})},
		part{"word/embeddings/chart" + n + ".xlsx", book})
	height := courseHeight
	if c.Kind != chart.Lines {
		height = min(edges+barHeight*len(c.Rows), mostHeight)
	}
	fmt.Fprintf(&w.out, `<w:p><w:pPr><w:pStyle w:val="Drawing"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="%d" cy="%d"/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:docPr id="%s" name="%s" descr="%s"/><wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="`+chartName+`"><c:chart r:id="rId%d"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`,
		chartWidth, height, n, escape("Chart "+n), escape(c.Describe()), firstChart+w.drawn-1)
}

// drawing is a chart that is being drawn.
type drawing struct {
	*chart.Chart
	writer *writer
	out    strings.Builder
}

// Identifiers of the axes.
const (
	axisOfRows   = "1"
	axisOfValues = "2"
)

func (d *drawing) xml() string {
	kind := "barChart"
	d.put(head, `<c:chartSpace xmlns:c="`, chartName, `" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="`, relations,
		`"><c:date1904 val="0"/><c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>`)
	series := len(d.Series)
	switch d.Kind {
	case chart.Lines:
		kind = "lineChart"
		series = 1
		d.put(`<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>`)
	case chart.Stacked:
		d.put(`<c:barChart><c:barDir val="bar"/><c:grouping val="stacked"/><c:varyColors val="0"/>`)
	default:
		series = 1
		d.put(`<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>`)
	}
	for i := range series {
		d.series(i)
	}
	if d.hasTarget() {
		d.target(series)
	}
	switch d.Kind {
	case chart.Lines:
		d.put(`<c:marker val="1"/>`)
	case chart.Stacked:
		d.put(`<c:gapWidth val="45"/><c:overlap val="100"/>`)
	default:
		d.put(`<c:gapWidth val="60"/>`)
	}
	d.put(`<c:axId val="`, axisOfRows, `"/><c:axId val="`, axisOfValues, `"/></c:`, kind, `>`)
	d.axes()
	d.put(`</c:plotArea>`)
	if d.Kind == chart.Stacked || d.hasTarget() {
		d.put(`<c:legend><c:legendPos val="b"/><c:overlay val="0"/>`, d.font(9, soft), `</c:legend>`)
	}
	d.put(`<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>`,
		`<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>`)
	return d.out.String()
}

func (d *drawing) put(xml ...string) {
	for _, x := range xml {
		d.out.WriteString(x)
	}
}

// hasTarget reports whether a line of the target is drawn.
func (d *drawing) hasTarget() bool { return d.Target != nil && d.Kind == chart.Lines }

// targetAbove reports whether the line of the target is where numbers above the points would be.
func (d *drawing) targetAbove() bool {
	last, ok := valueAt(d.Rows[len(d.Rows)-1], 0)
	return ok && d.hasTarget() && *d.Target > last && *d.Target-last < d.Max/6
}

// font is the properties of a text in the drawing, of a size in points.
func (d *drawing) font(points int, colour string) string {
	fonts := d.writer.fonts
	return `<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="` + strconv.Itoa(100*points) + `"><a:solidFill><a:srgbClr val="` + colour + `"/></a:solidFill><a:latin typeface="` +
		fonts.latin + `"/><a:ea typeface="` + fonts.heading + `"/></a:defRPr></a:pPr><a:endParaRPr lang="en-US"/></a:p></c:txPr>`
}

func solid(colour string) string {
	return `<a:solidFill><a:srgbClr val="` + colour + `"/></a:solidFill>`
}

// series draws the figures of one series.
func (d *drawing) series(i int) {
	fill, text := d.writer.accent, ink
	if d.Kind == chart.Stacked {
		fill, text = d.ToneColours(i)
		fill, text = colourOr(fill, accent), colourOr(text, onAccent)
	}
	d.begin(i, d.Series[i])
	position, width := "outEnd", ""
	switch d.Kind {
	case chart.Lines:
		if position = "t"; d.targetAbove() {
			position = "b"
		}
		d.put(`<c:spPr><a:ln w="31750" cap="rnd">`, solid(fill), `<a:round/></a:ln></c:spPr><c:marker><c:symbol val="circle"/><c:size val="7"/><c:spPr>`, solid(fill), `</c:spPr></c:marker>`)
		width = `<c:errDir val="y"/>`
	case chart.Stacked:
		position = "ctr"
		d.put(`<c:spPr>`, solid(fill), `</c:spPr><c:invertIfNegative val="0"/>`)
	default:
		if d.whiskers() {
			position = "inBase"
			text = onAccent
		}
		d.put(`<c:spPr>`, solid(fill), `</c:spPr><c:invertIfNegative val="0"/>`)
	}
	d.put(`<c:dLbls>`)
	if d.Kind == chart.Stacked {
		d.hideSmall(i)
	}
	d.put(`<c:numFmt formatCode="`, escape(d.format()), `" sourceLinked="0"/><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>`, d.font(9, text), `<c:dLblPos val="`, position, `"/>`, shown(true), `</c:dLbls>`)
	if i == 0 && d.whiskers() {
		d.errorBars(width)
	}
	d.values(1+i, func(row chart.Row) (float64, bool) { return valueAt(row, i) })
	if d.Kind == chart.Lines {
		d.put(`<c:smooth val="0"/>`)
	}
	d.put(`</c:ser>`)
}

func valueAt(row chart.Row, i int) (float64, bool) {
	if i >= len(row.Values) {
		return 0, false
	}
	return row.Values[i], true
}

// begin opens a series.
func (d *drawing) begin(i int, name string) {
	n := strconv.Itoa(i)
	d.put(`<c:ser><c:idx val="`, n, `"/><c:order val="`, n, `"/><c:tx><c:strRef><c:f>`, cell(1+i, 0), `</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>`, escape(name), `</c:v></c:pt></c:strCache></c:strRef></c:tx>`)
}

// target draws the line of the target.
func (d *drawing) target(i int) {
	d.begin(i, d.TargetAs)
	d.put(`<c:spPr><a:ln w="19050">`, solid(target), `<a:prstDash val="dash"/></a:ln></c:spPr><c:marker><c:symbol val="none"/></c:marker>`)
	d.values(1+i, func(chart.Row) (float64, bool) { return *d.Target, true })
	d.put(`<c:smooth val="0"/></c:ser>`)
}

// values writes the labels of the rows and their figures, which are in a column of the workbook.
func (d *drawing) values(column int, of func(chart.Row) (float64, bool)) {
	count := strconv.Itoa(len(d.Rows))
	d.put(`<c:cat><c:strRef><c:f>`, cells(0, len(d.Rows)), `</c:f><c:strCache><c:ptCount val="`, count, `"/>`)
	for i, row := range d.Rows {
		d.put(`<c:pt idx="`, strconv.Itoa(i), `"><c:v>`, escape(row.Label), `</c:v></c:pt>`)
	}
	d.put(`</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:f>`, cells(column, len(d.Rows)), `</c:f><c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="`, count, `"/>`)
	for i, row := range d.Rows {
		if x, ok := of(row); ok {
			d.put(`<c:pt idx="`, strconv.Itoa(i), `"><c:v>`, number(d.Round(x)), `</c:v></c:pt>`)
		}
	}
	d.put(`</c:numCache></c:numRef></c:val>`)
}

// leastLabelled is the part of a bar, in percent, on which a number has room.
const leastLabelled = 6

// hideSmall leaves out numbers that have no room.
func (d *drawing) hideSmall(i int) {
	for at, row := range d.Rows {
		if x, ok := valueAt(row, i); !ok || x < leastLabelled {
			d.put(`<c:dLbl><c:idx val="`, strconv.Itoa(at), `"/><c:delete val="1"/></c:dLbl>`)
		}
	}
}

func shown(value bool) string {
	show := "0"
	if value {
		show = "1"
	}
	return `<c:showLegendKey val="0"/><c:showVal val="` + show + `"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/>`
}

// whiskers reports whether intervals are drawn.
func (d *drawing) whiskers() bool {
	return d.LowHead != "" && !d.Percent && d.Kind != chart.Stacked
}

// errorBars draws the interval of each figure.
func (d *drawing) errorBars(direction string) {
	side := func(name string, of func(chart.Row) float64) {
		d.put(`<c:`, name, `><c:numLit><c:formatCode>General</c:formatCode><c:ptCount val="`, strconv.Itoa(len(d.Rows)), `"/>`)
		for i, row := range d.Rows {
			reach := 0.0
			if row.Low != nil && row.High != nil && len(row.Values) > 0 {
				reach = of(row)
			}
			d.put(`<c:pt idx="`, strconv.Itoa(i), `"><c:v>`, number(reach), `</c:v></c:pt>`)
		}
		d.put(`</c:numLit></c:`, name, `>`)
	}
	d.put(`<c:errBars>`, direction, `<c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>`)
	side("plus", func(row chart.Row) float64 { return d.Round(*row.High) - d.Round(row.Values[0]) })
	side("minus", func(row chart.Row) float64 { return d.Round(row.Values[0]) - d.Round(*row.Low) })
	d.put(`<c:spPr><a:ln w="12700">`, solid(soft), `</a:ln></c:spPr></c:errBars>`)
}

// format is that of numbers in the drawing.
func (d *drawing) format() string {
	format := "0"
	if d.Places > 0 {
		format += "." + strings.Repeat("0", d.Places)
	}
	if d.Percent {
		format += `"%"`
	}
	return format
}

// axes writes the axis of the rows, from above, and that of the values, which begins at 0.
func (d *drawing) axes() {
	lines := d.Kind == chart.Lines
	orientation, rowsAt, valuesAt, hidden, grid, size := "maxMin", "l", "t", "1", "", 9
	if lines {
		orientation, rowsAt, valuesAt, hidden = "minMax", "b", "l", "0"
		size = 8 // labels are beside each other
		grid = `<c:majorGridlines><c:spPr><a:ln w="6350">` + solid("DBE1DE") + `</a:ln></c:spPr></c:majorGridlines>`
	}
	d.put(`<c:catAx><c:axId val="`, axisOfRows, `"/><c:scaling><c:orientation val="`, orientation, `"/></c:scaling><c:delete val="0"/><c:axPos val="`, rowsAt,
		`"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/><c:spPr><a:ln w="6350">`, solid(line), `</a:ln></c:spPr>`,
		d.font(size, ink), `<c:crossAx val="`, axisOfValues, `"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>`)
	most := ""
	if d.Max > 0 {
		most = `<c:max val="` + number(d.Max) + `"/>`
	}
	d.put(`<c:valAx><c:axId val="`, axisOfValues, `"/><c:scaling><c:orientation val="minMax"/>`, most, `<c:min val="0"/></c:scaling><c:delete val="`, hidden, `"/><c:axPos val="`, valuesAt, `"/>`, grid,
		`<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:spPr><a:ln><a:noFill/></a:ln></c:spPr>`,
		d.font(9, soft), `<c:crossAx val="`, axisOfRows, `"/><c:crosses val="autoZero"/><c:crossBetween val="between"/></c:valAx>`)
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// figuresSheet is the sheet of a chart's workbook.
const figuresSheet = "Sheet1"

// cell returns a cell of the workbook: column 0 has the labels, row 0 the heads.
func cell(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column+1, row+1, true) // as in excelize: from 1 on
	return figuresSheet + "!" + name
}

// cells returns the cells of a column below its head.
func cells(column, rows int) string {
	end, _ := excelize.CoordinatesToCellName(column+1, rows+1, true)
	return cell(column, 1) + ":" + end
}

// figuresOf returns a workbook of a chart's figures: what the word processor opens to have them edited.
func figuresOf(c *chart.Chart) (string, error) {
	file := excelize.NewFile()
	defer file.Close()
	put := func(column, row int, value any) error {
		name, err := excelize.CoordinatesToCellName(column+1, row+1)
		if err != nil {
			return err
		}
		if text, ok := value.(string); ok {
			return file.SetCellStr(figuresSheet, name, text)
		}
		return file.SetCellValue(figuresSheet, name, value)
	}
	heads := append([]string{c.Head}, c.Series...)
	targetAt := 0
	if c.Target != nil && c.Kind == chart.Lines {
		heads = append(heads[:2:2], c.TargetAs)
		targetAt = 2
	}
	for i, text := range heads {
		if err := put(i, 0, text); err != nil {
			return "", err
		}
	}
	for i, row := range c.Rows {
		if err := put(0, i+1, row.Label); err != nil {
			return "", err
		}
		for j, x := range row.Values[:min(len(row.Values), len(heads)-1)] {
			if err := put(j+1, i+1, c.Round(x)); err != nil {
				return "", err
			}
		}
		if targetAt > 0 {
			if err := put(targetAt, i+1, *c.Target); err != nil {
				return "", err
			}
		}
	}
	if err := file.SetDocProps(&excelize.DocProperties{Creator: "Glasspoll", LastModifiedBy: "Glasspoll", Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z"}); err != nil {
		return "", err
	}
	var out bytes.Buffer
	err := file.Write(&out)
	return out.String(), err
}
