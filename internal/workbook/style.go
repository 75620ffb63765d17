package workbook

import (
	"errors"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The design's colours, on the white of a sheet.
const (
	ink, soft, faint = "1A211F", "56615D", "9AA5A0"
	line, headFill   = "DBE1DE", "EEF2F0"
	accent, onAccent = "0A6A5C", "FFFFFF"
	targetColour     = "AE231B"
)

// styles are those of cells.
type styles struct{ title, about, plain, head, figureHead, label, link, aidHead, missing int }

func (w *writer) makeStyles() error {
	var failed error
	add := func(s *excelize.Style) int {
		if s.Font.Family = w.font; s.Font.Color == "" {
			s.Font.Color = ink
		}
		id, err := w.file.NewStyle(s)
		failed = errors.Join(failed, err)
		return id
	}
	wrap := &excelize.Alignment{WrapText: true, Vertical: "center"}
	right := &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "right"}
	border := []excelize.Border{{Type: "bottom", Color: soft, Style: 1}}
	w.styles = styles{
		title:   add(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}}),
		about:   add(&excelize.Style{Font: &excelize.Font{Size: 10, Color: soft}}),
		plain:   add(&excelize.Style{Font: &excelize.Font{Size: 11}}),
		label:   add(&excelize.Style{Font: &excelize.Font{Size: 10}, Alignment: wrap}),
		link:    add(&excelize.Style{Font: &excelize.Font{Size: 10, Color: w.accent(), Underline: "single"}, Alignment: wrap}),
		missing: add(&excelize.Style{Font: &excelize.Font{Size: 10}, Alignment: right}),
		aidHead: add(&excelize.Style{Font: &excelize.Font{Size: 9, Color: soft}, Alignment: right}),

		head:       add(&excelize.Style{Font: &excelize.Font{Size: 10, Bold: true}, Alignment: wrap, Fill: fill(headFill), Border: border}),
		figureHead: add(&excelize.Style{Font: &excelize.Font{Size: 10, Bold: true}, Alignment: right, Fill: fill(headFill), Border: border}),
	}
	return failed
}

// figureStyles returns the styles of a chart's figures, and of those that are worked out for the drawing.
func (w *writer) figureStyles(format string) (figure, aid int, err error) {
	middle := &excelize.Alignment{Vertical: "center"}
	figure, err = w.file.NewStyle(&excelize.Style{Font: &excelize.Font{Family: w.font, Size: 10, Color: ink}, Alignment: middle, CustomNumFmt: &format})
	if err != nil {
		return 0, 0, err
	}
	aid, err = w.file.NewStyle(&excelize.Style{Font: &excelize.Font{Family: w.font, Size: 9, Color: soft}, Alignment: middle, CustomNumFmt: &format})
	return figure, aid, err
}

func (w *writer) accent() string   { return colourOr(w.Colours.Accent, accent) }
func (w *writer) onAccent() string { return colourOr(w.Colours.OnAccent, onAccent) }

func colourOr(colour, otherwise string) string {
	colour = strings.ToUpper(strings.TrimPrefix(colour, "#"))
	if len(colour) == 3 {
		colour = strings.Repeat(colour[:1], 2) + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:], 2)
	}
	if _, err := strconv.ParseUint(colour, 16, 32); err != nil || len(colour) != 6 {
		return otherwise
	}
	return colour
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}
