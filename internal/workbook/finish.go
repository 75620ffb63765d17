package workbook

import (
	"fmt"
	"strings"

	"glasspoll/internal/chart"
)

// finish adds to a drawing what the library has no options for: intervals, numbers that are left out, and a legend without
// repetitions. The drawing is the library's XML, whose elements have no prefix.
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
		if i == 0 && s.whiskers() {
			*piece = strings.Replace(*piece, "<cat>", s.errorBars()+"<cat>", 1)
		}
	}
	out := strings.Join(pieces, "")
	for i, p := range parts {
		if p.unnamed {
			out = strings.Replace(out, `<legendPos val="b"></legendPos>`, fmt.Sprintf(`<legendPos val="b"></legendPos><legendEntry><idx val="%d"/><delete val="1"/></legendEntry>`, i), 1)
		}
	}
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
	direction := ""
	if s.Kind == chart.Lines {
		direction = `<errDir val="y"/>`
	}
	side := func(name string, column int) string {
		return "<" + name + "><numRef><f>" + s.reference(column, headRow+1, s.last()) + "</f></numRef></" + name + ">"
	}
	return "<errBars>" + direction + `<errBarType val="both"/><errValType val="cust"/><noEndCap val="0"/>` +
		side("plus", s.aidsAt+1) + side("minus", s.aidsAt) +
		`<spPr><a:ln w="15875"><a:solidFill><a:srgbClr val="` + ink + `"/></a:solidFill></a:ln></spPr></errBars>`
}
