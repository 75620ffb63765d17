package headers

import (
	"strings"
	"testing"
)

func TestMoved(t *testing.T) {
	for _, name := range []string{"index.html", "results.json", "results.csv"} {
		for _, title := range []string{"Service", `"><script>alert(1)</script>`, "服务"} {
			body := Moved(name, "../../results/", "zh", title)
			if to, moved := MovedTo(body); to != "../../results/" || !moved {
				t.Errorf("%s leads to %q (%t): %s", name, to, moved, body)
			}
			if strings.Contains(string(body), "<script") {
				t.Errorf("%s", body)
			}
		}
	}
	for _, body := range []string{"", "{}", "<!doctype html>\n<html lang=\"zh\" dir=\"ltr\">\n<meta charset=\"utf-8\">\n<title>x</title>",
		`{"survey":"service"}`, "\ufeffperiod,segment\r\n", `{"moved":""}`, `{"moved":"`,
		"<!doctype html>\n<html lang=\"zh\" dir=\"ltr\">\n<title>x</title>" + strings.Repeat(" ", 1<<10) + movedRefresh + "../\">"} {
		if to, moved := MovedTo([]byte(body)); moved {
			t.Errorf("%q leads to %q", body, to)
		}
	}
}
