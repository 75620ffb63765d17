package workbook

import (
	"fmt"
	"regexp"
	"strings"

	"glasspoll/internal/chart"
)

// axisLine is the line of the axis of values.
var axisLine = regexp.MustCompile(`(<valAx>.*?<spPr><a:ln[^>]*>).*?</a:ln>`)

// finish adds to a drawing what the library has no options for: intervals, numbers that are left out, what is not seen, and an
// axis without a line. The drawing is the library's XML, whose elements have no prefix.
func (s *sheet) finish(path string, parts []series) error {
	stored, _ := s.file.Pkg.Load(path)
	drawing, ok := stored.([]byte)
	if !ok {
		return fmt.Errorf("the workbook lacks %s", path)
	}
	pieces := strings.SplitAfter(string(drawing), "<ser>")
	if len(pieces) != len(parts)+1 {
		return fmt.Errorf("%s has %d series, not %d", path, len(pieces)-1, len(parts))
	}
	for i, p := range parts {
		piece := &pieces[i+1]
		if p.unlabelled {
			*piece = strings.Replace(*piece, `<showVal val="1"></showVal>`, `<showVal val="0"></showVal>`, 1)
		} else if hidden := hiddenLabels(p.hidden); hidden != "" {
			*piece = strings.Replace(*piece, "<dLbls>", "<dLbls>"+hidden, 1)
		}
		if p.unseen {
			*piece = strings.Replace(*piece, "<dLbls>", "<spPr><a:noFill/></spPr><dLbls>", 1)
		}
		if i == 0 && s.whiskers() {
			*piece = strings.Replace(*piece, "<cat>", s.errorBars()+"<cat>", 1)
		}
	}
	out := axisLine.ReplaceAllString(strings.Join(pieces, ""), "${1}<a:noFill/></a:ln>")
	s.file.Pkg.Store(path, []byte(out))
	return nil
}

// hiddenLabels leaves the numbers of some rows out.
func hiddenLabels(rows []int) string {
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, `<dLbl><idx val="%d"/><delete val="1"/></dLbl>`, row)
	}
	return b.String()
}

// errorBars draws the interval of each figure.
func (s *sheet) errorBars() string {
	direction, colour := "", ink
	if s.Kind == chart.Lines { // where numbers stand on them
		direction, colour = `<errDir val="y"/>`, faint
	}
	side := func(name string, column int) string {
		return "<" + name + "><numRef><f>" + s.reference(column, headRow+1, s.last()) + "</f></numRef></" + name + ">"
	}
	return "<errBars>" + direction + `<errBarType val="both"/><errValType val="cust"/><noEndCap val="0"/>` +
		side("plus", s.aidsAt+1) + side("minus", s.aidsAt) +
		`<spPr><a:ln w="15875"><a:solidFill><a:srgbClr val="` + colour + `"/></a:solidFill></a:ln></spPr></errBars>`
}
