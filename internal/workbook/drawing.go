package workbook

import (
	"fmt"
	"math"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/chart"
)

// Sizes of drawings, in pixels.
const (
	drawingWidth            = 800
	courseHeight            = 400
	leastHeight, mostHeight = 260, 1000
	maxTitle                = 120 // characters of a title
	leastLabelled           = 4.5 // percent: no number on a narrower part of a bar
)

// series is a row of figures in a drawing.
type series struct {
	name, values int // columns of the head and of the figures
	colour, text string
	dashed       bool
	unlabelled   bool  // no numbers on it
	unseen       bool  // neither a line nor an area
	hidden       []int // rows without a number
}

// draw adds the drawing to the sheet.
func (s *sheet) draw() error {
	if len(s.Rows) == 0 || len(s.Series) == 0 {
		return nil
	}
	parts := s.parts()
	c := &excelize.Chart{
		Type:       excelize.Bar,
		Title:      []excelize.RichTextRun{{Text: cut(s.Title, maxTitle), Font: s.chartFont(14, ink, true)}},
		Legend:     excelize.ChartLegend{Position: "none", Font: s.chartFont(10, ink, false)},
		Dimension:  excelize.ChartDimension{Width: drawingWidth, Height: s.height()},
		Format:     excelize.GraphicOptions{AltText: s.Title + ". " + s.About, Name: s.ID},
		Border:     excelize.ChartLine{Type: excelize.ChartLineNone},
		Fill:       fill("FFFFFF"),
		PlotArea:   excelize.ChartPlotArea{ShowVal: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: s.labelFormat()}},
		XAxis:      excelize.ChartAxis{ReverseOrder: true, Font: *s.chartFont(10, ink, false), TickLabelPosition: excelize.ChartTickLabelLow},
		YAxis:      excelize.ChartAxis{Font: *s.chartFont(10, soft, false), TickLabelPosition: excelize.ChartTickLabelHigh, Minimum: new(0.0), NumFmt: excelize.ChartNumFmt{CustomNumFmt: s.axisFormat()}},
		GapWidth:   new(uint(60)),
		VaryColors: new(false),
	}
	s.setKind(c, parts)
	for _, p := range parts {
		c.Series = append(c.Series, s.excelSeries(c, p))
	}
	if err := s.file.AddChart(s.name, cell(s.drawingAt(), headRow+1), c); err != nil {
		return err
	}
	s.drawn++
	if err := s.setPrintArea(); err != nil {
		return err
	}
	return s.finish(fmt.Sprintf("xl/charts/chart%d.xml", s.drawn), parts)
}

// setPrintArea has the table and the drawing printed, and not what is behind it.
func (s *sheet) setPrintArea() error {
	rows := max(s.last(), headRow+1+int(s.height())/20)
	end, err := excelize.CoordinatesToCellName(s.drawingAt()+chartColumns, rows, true)
	if err != nil {
		return err
	}
	return s.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: quoted(s.name) + "!$A$1:" + end, Scope: s.name})
}

// setKind sets what depends on the kind of chart.
func (s *sheet) setKind(c *excelize.Chart, parts []series) {
	end := s.Max
	if s.Percent {
		end /= 100
	}
	if end > 0 {
		c.YAxis.Maximum, c.YAxis.MajorUnit = new(end), end/4
	}
	if s.Kind == chart.Stacked || len(parts) > 1 {
		c.Legend.Position = "bottom"
	}
	switch {
	case s.Kind == chart.Lines:
		c.Type = excelize.Line
		c.XAxis.ReverseOrder, c.YAxis.TickLabelPosition = false, excelize.ChartTickLabelNextToAxis
	case s.diverges():
		c.Type, c.Overlap = excelize.BarStacked, new(100)
		c.YAxis.None = true // it would say how far from the left a bar ends, which is no figure
		c.YAxis.Maximum = new(math.Ceil(20*(s.most(s.leftOf)+s.most(s.rightOf))) / 20)
	case s.Kind == chart.Stacked:
		c.Type, c.Overlap = excelize.BarPercentStacked, new(100)
	}
}

// height returns the height of the drawing.
func (s *sheet) height() uint {
	if s.Kind == chart.Lines {
		return courseHeight
	}
	rows := 0.0
	for _, row := range s.Rows {
		rows += 22 + 12*lines(row.Label, mostLabel)
	}
	return uint(min(max(130+rows, leastHeight), mostHeight))
}

// parts returns the series in the order in which they are drawn.
func (s *sheet) parts() []series {
	switch {
	case s.diverges():
		return s.divergingParts()
	case s.Kind == chart.Stacked:
		var parts []series
		for i := range s.Series {
			parts = append(parts, s.tonePart(i, s.seriesAt(i)))
		}
		return parts
	}
	parts := []series{{name: s.seriesAt(0), values: s.seriesAt(0), colour: s.accent(), text: ink}}
	if s.labelsInside() {
		parts[0].text = s.onAccent()
	}
	if s.hasTarget() {
		parts = append(parts, series{name: s.targetAt(), values: s.targetAt(), colour: targetColour, text: targetColour, dashed: true, unlabelled: true})
	}
	return parts
}

// tonePart returns a series of a stacked chart, without numbers where there is no room for them.
func (s *sheet) tonePart(i, values int) series {
	colour, text := s.ToneColours(i)
	p := series{name: s.seriesAt(i), values: values, colour: colourOr(colour, line), text: colourOr(text, ink)}
	for row := range s.Rows {
		if s.Rows[row].Values[i] < leastLabelled {
			p.hidden = append(p.hidden, row)
		}
	}
	return p
}

// divergingParts returns the series from the worst to the best, behind one that is not seen and ends where the worst begins.
// Answers without a score are in the table alone.
func (s *sheet) divergingParts() []series {
	parts := []series{{name: s.aidsAt + 1, values: s.aidsAt + 1, unlabelled: true, unseen: true}}
	for i, side := range s.Sides {
		if side != chart.Apart {
			parts = append(parts, s.tonePart(i, s.seriesAt(i)))
		}
	}
	return parts
}

// excelSeries returns a series in terms of the library.
func (s *sheet) excelSeries(c *excelize.Chart, p series) excelize.ChartSeries {
	first := headRow + 1
	out := excelize.ChartSeries{
		Name:       s.reference(p.name, headRow, headRow),
		Categories: s.reference(1, first, s.last()),
		Values:     s.reference(p.values, first, s.last()),
		Fill:       fill(p.colour),
		DataLabel:  excelize.ChartDataLabel{Font: *s.chartFont(10, p.text, false)},
	}
	switch {
	case c.Type == excelize.Line:
		out.Line = excelize.ChartLine{Type: excelize.ChartLineSolid, Width: 2.5}
		out.Marker = excelize.ChartMarker{Symbol: "circle", Size: 8, Fill: fill(p.colour), Border: excelize.ChartLine{Type: excelize.ChartLineNone}}
		out.DataLabelPosition = excelize.ChartDataLabelsPositionAbove
		if s.targetAbove() {
			out.DataLabelPosition = excelize.ChartDataLabelsPositionBelow
		}
		if p.dashed {
			out.Line.Width, out.Line.Dash, out.Marker.Symbol = 1.5, excelize.ChartDashDash, "none"
		}
	case c.Type == excelize.Bar && s.labelsInside():
		out.DataLabelPosition = excelize.ChartDataLabelsPositionInsideBase
	case c.Type == excelize.Bar:
		out.DataLabelPosition = excelize.ChartDataLabelsPositionOutsideEnd
	default:
		out.DataLabelPosition = excelize.ChartDataLabelsPositionCenter
	}
	return out
}

// targetAbove reports whether the line of the target is where numbers above the last point would be.
func (s *sheet) targetAbove() bool {
	if !s.hasTarget() {
		return false
	}
	gap := *s.Target - s.Rows[len(s.Rows)-1].Values[0]
	return gap > 0 && gap < s.Max/6
}

// labelsInside reports whether the numbers of bars stand at their beginning: beside an interval there is no room at the end.
func (s *sheet) labelsInside() bool {
	if s.Kind != chart.Bars || !s.whiskers() {
		return false
	}
	for _, row := range s.Rows {
		if row.Values[0] < s.Max/8 {
			return false
		}
	}
	return true
}

// reference returns the cells of a column from one row to another.
func (s *sheet) reference(column, from, to int) string {
	first, _ := excelize.CoordinatesToCellName(column, from, true) // as in cell
	last, _ := excelize.CoordinatesToCellName(column, to, true)
	if from == to {
		return quoted(s.name) + "!" + first
	}
	return quoted(s.name) + "!" + first + ":" + last
}

// labelFormat returns the format of numbers in the drawing.
func (s *sheet) labelFormat() string {
	if s.Kind == chart.Stacked {
		return "0%"
	}
	return s.format()
}

func (s *sheet) axisFormat() string {
	switch {
	case s.Percent:
		return "0%"
	case s.Max > 0 && s.Max < 10:
		return "0.##"
	}
	return "0"
}

func (w *writer) chartFont(size float64, colour string, bold bool) *excelize.Font {
	return &excelize.Font{Family: w.font, Size: size, Color: colour, Bold: bold}
}
