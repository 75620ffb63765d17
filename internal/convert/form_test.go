package convert

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A sheet is a sheet of a workbook, as the .form files of testdata write it.
type sheet struct {
	name string
	rows [][]string
}

// readForm reads a workbook written as text: "# sheet", then rows between bars.
func readForm(t testing.TB, file string) []sheet {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parseForm(string(text))
}

func parseForm(text string) []sheet {
	var sheets []sheet
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "# "); ok {
			sheets = append(sheets, sheet{name: name})
			continue
		}
		if !strings.HasPrefix(line, "|") || len(sheets) == 0 {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		g := &sheets[len(sheets)-1]
		g.rows = append(g.rows, cells)
	}
	return sheets
}

// A fataler is a *testing.T, *testing.B or *rapid.T.
type fataler interface {
	Helper()
	Fatal(...any)
}

// workbook makes an .xlsx file as spreadsheet programs do.
func workbook(t fataler, sheets []sheet) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, g := range sheets {
		if i == 0 {
			if err := f.SetSheetName("Sheet1", g.name); err != nil {
				t.Fatal(err)
			}
		} else if _, err := f.NewSheet(g.name); err != nil {
			t.Fatal(err)
		}
		for r, row := range g.rows {
			for c, text := range row {
				if text == "" {
					continue
				}
				if err := f.SetCellStr(g.name, cellName(t, c+1, r+1), text); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plainWorkbook writes a small .xlsx file by hand, which is faster to write and to read than the files of [workbook].
func plainWorkbook(t fataler, sheets []sheet) []byte {
	t.Helper()
	var all []xmlSheet
	for _, s := range sheets {
		var rows strings.Builder
		for r, row := range s.rows {
			fmt.Fprintf(&rows, `<row r="%d">`, r+1)
			for c, text := range row {
				if text != "" {
					rows.WriteString(inline(cellName(t, c+1, r+1), text))
				}
			}
			rows.WriteString(`</row>`)
		}
		all = append(all, xmlSheet{s.name, rows.String()})
	}
	return archiveOf(t, all)
}

func cellName(t fataler, column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		t.Fatal(err)
	}
	return name
}
