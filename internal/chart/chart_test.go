package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func charts() []*Chart {
	low, high, target := 60.25, 81.5, 80.0
	long := strings.Repeat("https://example.org/", 8) + strings.Repeat("字", 60)
	rows := []Row{{Label: `<script>alert("1")</script> & ` + long, Values: []float64{71.25, 28.75}, Low: &low, High: &high}, {Label: "=1+1", Values: []float64{0, 100}}}
	return []*Chart{
		{ID: "bars", Kind: Bars, Title: "A < B & C " + long, About: long, Language: "zh", Head: "Item", Series: []string{"Score", "Rest"}, LowHead: "from", HighHead: "to",
			Max: 100, Places: 1, Target: &target, TargetAs: "Target 80", Rows: rows},
		{ID: "stacked", Kind: Stacked, Title: "满意度", Language: "zh", Head: "项目", Series: []string{"很不满意", long}, Tones: []int{0, -1}, Max: 100, Places: 1, Percent: true, Rows: rows},
		{ID: "lines", Kind: Lines, Title: "Over time", Language: "en", Head: "Period", Series: []string{"Index", "-"}, Max: 100, Places: 1, Target: &target, TargetAs: "Target 80", Rows: rows},
		{ID: "none", Kind: Bars, Title: "", Language: "en", Series: []string{"Score"}},
		{ID: "one", Kind: Lines, Title: "\x00\xff", Language: "en", Series: []string{"Score"}, Rows: rows[:1]},
	}
}

// A drawing is well-formed, loads nothing, and says its title and its figures in words; a text never becomes markup.
func TestDrawingsStandAlone(t *testing.T) {
	for _, c := range charts() {
		drawn := c.Draw().SVG
		decoder := xml.NewDecoder(strings.NewReader(string(drawn)))
		title := ""
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", c.ID, err)
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			switch start.Name.Local {
			case "script", "style", "image", "use", "a", "foreignObject":
				t.Errorf("%s has a <%s>", c.ID, start.Name.Local)
			case "title":
				if err := decoder.DecodeElement(&title, &start); err != nil {
					t.Fatal(err)
				}
			}
			for _, a := range start.Attr {
				if a.Name.Local == "href" || strings.Contains(a.Value, "url(") || strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s: <%s %s=%q>", c.ID, start.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
		if c.ID == "bars" && title != c.Title {
			t.Errorf("the title is %q", title)
		}
	}
	bars := string(charts()[0].Draw().SVG)
	for _, want := range []string{"71.2", "60.2–81.5", "Target 80", "&lt;script&gt;"} {
		if !strings.Contains(bars, want) {
			t.Errorf("the drawing lacks %q", want)
		}
	}
}

// Lines of text are no wider than their room, and lose no letter.
func TestWrap(t *testing.T) {
	for _, text := range []string{"", "short", "several words in one line of some length", strings.Repeat("x", 85), "中文没有空格，也要换行" + strings.Repeat("字", 30), "mixed 中文 and English " + strings.Repeat("y", 40)} {
		lines := wrap(text, 200, textSize)
		for _, line := range lines {
			if textWidth(line, textSize) > 200 {
				t.Errorf("%q is too wide", line)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(strings.Join(lines, "")) != squeeze(text) {
			t.Errorf("%q became %q", text, lines)
		}
	}
}

func TestTable(t *testing.T) {
	table, err := charts()[0].CSV()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ufeffItem,Score,Rest,from,to\r\n", ",71.2,28.8,60.2,81.5\r\n", "'=1+1,0.0,100.0,,\r\n"} {
		if !strings.Contains(string(table), want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

// A value whose text would be on the line of the target, or on its name, has it below its interval.
func TestValuesAreNotOnTheTarget(t *testing.T) {
	target := 80.0
	var rows []Row
	for value := 55.0; value <= 95; value += 5 {
		low, high := value-3, value+3
		rows = append(rows, Row{Label: "Q", Values: []float64{value}, Low: &low, High: &high})
	}
	drawn := string((&Chart{ID: "lines", Kind: Lines, Language: "en", Series: []string{"Index"}, Max: 100, Places: 1, Target: &target, TargetAs: "Target 80", Rows: rows}).Draw().SVG)
	line := regexp.MustCompile(`<line x1="[\d.]+" y1="([\d.]+)"[^>]*stroke-dasharray`).FindStringSubmatch(drawn)
	texts := regexp.MustCompile(`<text x="[\d.]+" y="([\d.]+)"[^>]*paint-order[^>]*>([\d.]+)<`).FindAllStringSubmatch(drawn, -1)
	if line == nil || len(texts) < 4 {
		t.Fatalf("%d values, target %q: %s", len(texts), line, drawn)
	}
	at := decimal(t, line[1])
	for _, text := range texts {
		if y := decimal(t, text[1]); y > at-15 && y-11 < at {
			t.Errorf("%s is at %g, and the target at %g", text[2], y, at)
		}
	}
}

func decimal(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Nothing is less than zero by so little that it is printed as zero.
func TestNoMinusBeforeZero(t *testing.T) {
	c := &Chart{Head: "Item", Series: []string{"Score"}, Places: 1, Rows: []Row{{Label: "a", Values: []float64{-0.04}}, {Label: "b", Values: []float64{-0.06}}}}
	table, err := c.CSV()
	if want := "\ufeffItem,Score\r\na,0.0\r\nb,-0.1\r\n"; err != nil || string(table) != want {
		t.Errorf("%q, want %q: %v", table, want, err)
	}
	if text := c.Text(-0.04) + " " + c.Text(-0.06); text != "0.0 −0.1" {
		t.Error(text)
	}
}
