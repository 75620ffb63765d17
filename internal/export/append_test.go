package export

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/wording"
)

// anyText draws texts with what formats treat in their own ways.
var anyText = rapid.OneOf(rapid.StringMatching(`[ a"\\<>&'_x0-9A\t\r\n\x01\x7f\x{2027}-\x{202a}\x{fffd}-\x{ffff}\x{1f600}“…]{0,9}`), rapid.StringMatching(`(_x00[0-4][0-9A-F]_?){0,3}`), rapid.String(),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }))

// TestJSONOfTexts compares texts with those of encoding/json, and numbers with a regular expression.
func TestJSONOfTexts(t *testing.T) {
	encoder := NewJSONLines(nil, nil).Encoder().(*lineEncoder)
	canonical := regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	rapid.Check(t, func(t *rapid.T) {
		text := anyText.Draw(t, "text")
		var want bytes.Buffer
		standard := json.NewEncoder(&want)
		standard.SetEscapeHTML(false)
		if err := standard.Encode(text); err != nil {
			t.Fatal(err)
		}
		if got := encoder.string([]byte("x"), text); string(got)+"\n" != "x"+want.String() {
			t.Fatalf("%q: %s, want %s", text, got, &want)
		}
		number := rapid.StringMatching(`-?[0-9.a\n-]{0,5}`).Draw(t, "number")
		if got := isNumber(number); got != canonical.MatchString(number) {
			t.Fatalf("%q: %t", number, got)
		}
	})
}

// TestXMLOfTexts reads a text cell back as XML, and undoes the codes that spreadsheets read.
func TestXMLOfTexts(t *testing.T) {
	code := regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)
	rapid.Check(t, func(t *rapid.T) {
		text := anyText.Draw(t, "text")
		var cell struct {
			Type string `xml:"t,attr"`
			Text struct {
				Space string `xml:"space,attr"`
				Value string `xml:",chardata"`
			} `xml:"is>t"`
		}
		data := append(appendTextCell([]byte("<c"), text), "</c>"...)
		if err := xml.Unmarshal(data, &cell); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		got := code.ReplaceAllStringFunc(cell.Text.Value, func(code string) string {
			n, _ := strconv.ParseUint(code[2:6], 16, 16)
			return string(rune(n))
		})
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
				return utf8.RuneError
			}
			return r
		}, strings.ToValidUTF8(text, "\ufffd"))
		// One for each byte that is no UTF-8, or one for several: both say that something is missing.
		if cell.Type != "inlineStr" || strings.ReplaceAll(got, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") || strings.Contains(got, "\ufffd") != strings.Contains(want, "\ufffd") {
			t.Fatalf("%q: %q in %s", text, got, data)
		}
		if trimmed := strings.Trim(text, " \t\r\n"); (trimmed != text) != (cell.Text.Space == "preserve") {
			t.Fatalf("%s", data)
		}
	})
	long := strings.Repeat("😀", excelize.TotalCellChars)
	if got := cutUnits(long, excelize.TotalCellChars); len(utf16.Encode([]rune(got))) != excelize.TotalCellChars-1 {
		t.Errorf("%d units", len(utf16.Encode([]rune(got))))
	}
	if exact := strings.Repeat("字", excelize.TotalCellChars); cutUnits(exact, excelize.TotalCellChars) != exact || cutUnits(exact+"a", excelize.TotalCellChars) != exact {
		t.Error("a text of the greatest length is cut")
	}
}

// TestSheets writes sheets of three rows and the header: as many as were counted, some of them empty if responses have been erased
// since.
func TestSheets(t *testing.T) {
	s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\nscoring: {overall: taste}\nsections:\n  - questions:\n      - {id: taste, type: rating, steps: 5, label: Taste}\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	templates, err := fs.Sub(glasspoll.Templates(), "report")
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := wording.Load(templates)
	if err != nil {
		t.Fatal(err)
	}
	records := make([]Record, 10)
	census := NewCensus()
	for i := range records {
		records[i] = Record{Response: answer.Response{ID: strconv.Itoa(i), Version: s.Version, Answers: []answer.Answer{{"taste", "4"}}}, Arrived: dayZero}
		census.Add(s, records[i].Response, dayZero)
	}
	p := NewPlan(s, census, Options{Words: catalog.In("en")})
	for n, want := range map[int]string{10: "4 4 4 2", 9: "4 4 4 1", 4: "4 2 1 1", 0: "1 1 1 1"} {
		var b bytes.Buffer
		if err := writeSheets(&b, p, records[:n], 4); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var rows []string
		for i, name := range f.GetSheetList()[:4] {
			sheet, err := f.GetRows(name)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, strconv.Itoa(len(sheet)))
			for j, row := range sheet[1:] {
				if row[0] != strconv.Itoa(3*i+j) || row[len(row)-1] != "4" {
					t.Errorf("row %d of sheet %d is %q", j+2, i+1, row)
				}
			}
		}
		if got := strings.Join(rows, " "); got != want || f.GetSheetList()[4] != "Codebook" {
			t.Errorf("%d responses: sheets of %s rows, want %s; %q", n, got, want, f.GetSheetList())
		}
	}
	if err := writeSheets(io.Discard, p, append(records, records...), 4); err != errMoreRows {
		t.Errorf("more rows than were counted: %v", err)
	}
}

// writeSheets writes sheets of up to most rows, in blocks of two.
func writeSheets(w io.Writer, p *Plan, records []Record, most int) error {
	to, err := newXLSX(w, p, TableOptions{}, most)
	if err != nil {
		return err
	}
	encoder := to.Encoder()
	var b Block
	for i := 0; i < len(records); i += len(b.Records) {
		b.Reset(i)
		b.Records = append(b.Records, records[i:i+to.Room(i, min(2, len(records)-i))]...)
		encoder.Encode(&b)
		if err := to.Write(&b); err != nil {
			return err
		}
	}
	return to.Close()
}
