package bounce

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/sheets"
)

var bounds = sheets.Bounds{Unpacked: 96 << 20, Cells: 4_000_000, Filled: 1_500_000}

// Names of the column that says how a message came back, and what such a column says of those that may still arrive, or have not
// been refused for good.
var (
	kindNames = regexp.MustCompile(`(?i)^\s*(bounce[ _-]?)?(type|kind|status|class|code)\s*$|^(退信)?(类型|種類|类别|状态|狀態|代码)$`)
	temporary = regexp.MustCompile(`(?i)temp|soft|transient|delay|^\s*4\.[0-9]|^\s*4[0-9]{2}\b|临时|臨時|暂时|暫時|软|軟|延迟|延遲`)
)

// readList reads a table with a column of addresses. Without a column that says otherwise, all are refused for good.
func readList(source []byte) (Result, error) {
	table, err := sheets.ReadCSV(source, bounds)
	if err != nil {
		return Result{}, err
	}
	addresses, kinds := 0, 0
	for _, row := range table.Rows {
		for _, cell := range row.Cells {
			if kindNames.MatchString(cell.Text) && kinds == 0 {
				kinds = cell.Column
			}
			if addresses == 0 && plainAddress(cell.Text) != "" {
				addresses = cell.Column
			}
		}
		if addresses != 0 {
			break
		}
	}
	if addresses == 0 {
		return Result{}, message.Errorf("this is neither a message, nor a mailbox, nor a list in CSV with a column of e-mail addresses")
	}
	var r Result
	for _, row := range table.Rows {
		address := plainAddress(cellOf(row, addresses))
		if address == "" {
			continue
		}
		kind := cellOf(row, kinds)
		r.Reports = append(r.Reports, Report{Place: message.New("row %d", row.Number), To: []string{address}, Final: !temporary.MatchString(kind), Note: oneLine(kind)})
	}
	return r, nil
}

// cellOf returns the text in a column of a row.
func cellOf(row sheets.Row, column int) string {
	at := slices.IndexFunc(row.Cells, func(c sheets.Cell) bool { return c.Column == column })
	if at < 0 {
		return ""
	}
	return strings.TrimSpace(row.Cells[at].Text)
}
