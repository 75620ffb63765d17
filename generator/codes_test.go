package main

import (
	"os"
	"strings"
	"testing"

	"glasspoll/internal/audit"
)

// TestCodesAreDocumented: every code that programs may meet is in the table of the guide, with whether it can be repaired.
func TestCodesAreDocumented(t *testing.T) {
	t.Parallel()
	for file, repairable := range map[string]string{"../docs/exports.md": "| yes |", "../docs/exports.zh.md": "| 能 |"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for code := range audit.Codes() {
			row := ""
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "|") && strings.Contains(line, "`"+string(code)+"`") {
					row = line
				}
			}
			if row == "" {
				t.Errorf("%s lacks %s", file, code)
				continue
			}
			if got := strings.Contains(row, repairable); got != (audit.Finding{Code: code}).Repairable() {
				t.Errorf("%s: whether %s is repairable is wrong", file, code)
			}
		}
	}
}
