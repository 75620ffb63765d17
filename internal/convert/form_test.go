package convert

import (
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A table is a sheet's name and its rows, as the .form files of testdata have them.
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
	var grids []sheet
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "# "); ok {
			grids = append(grids, sheet{name: name})
			continue
		}
		if !strings.HasPrefix(line, "|") || len(grids) == 0 {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		g := &grids[len(grids)-1]
		g.rows = append(g.rows, cells)
	}
	return grids
}

// A fataler is a test of whichever kind.
type fataler interface {
	Helper()
	Fatal(...any)
}

// workbook makes an .xlsx of it.
func workbook(t fataler, grids []sheet) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, g := range grids {
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

func cellName(t fataler, column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		t.Fatal(err)
	}
	return name
}
