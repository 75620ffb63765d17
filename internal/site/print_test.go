package site

import "testing"

// What is for paper alone is taken out of a stylesheet, in its order, whatever strings have in them.
func TestSplitPrint(t *testing.T) {
	for _, c := range []struct{ css, screen, paper string }{
		{"", "", ""},
		{"a{b:c}", "a{b:c}", ""},
		{"@media print{a{b:c}d{e:f}}", "", "a{b:c}d{e:f}"},
		{"a{b:c}@media print{a{b:d}}e{f:g}@media print{@page{margin:1mm}h{i:j}}k{l:m}", "a{b:c}e{f:g}k{l:m}", "a{b:d}@page{margin:1mm}h{i:j}"},
		{"@media (min-width:1px),print{a{b:c}}", "@media (min-width:1px),print{a{b:c}}", ""},
		{"@media screen{@media print{a{b:c}}}", "@media screen{@media print{a{b:c}}}", ""},
		{`a{content:"}@media print{"}@media print{b{content:'}\'}'}}c{d:e}`, `a{content:"}@media print{"}c{d:e}`, `b{content:'}\'}'}`},
	} {
		screen, paper := splitPrint([]byte(c.css))
		if string(screen) != c.screen || string(paper) != c.paper {
			t.Errorf("%s\nis split into %s\nand %s", c.css, screen, paper)
		}
	}
}
