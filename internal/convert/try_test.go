package convert

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTry(t *testing.T) {
	files, _ := filepath.Glob(os.Getenv("TRY"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		r, err := Convert(f, b)
		if err != nil {
			fmt.Printf("ERR %s: %v\n", filepath.Base(f), err)
			continue
		}
		fmt.Printf("OK  %s (%d lines yaml, decide %d)\n", r.Report.File+": "+r.Report.Summary(), strings.Count(string(r.YAML), "\n"), len(r.Report.Of(Decide)))
		if os.Getenv("SHOW") != "" {
			fmt.Println(string(r.YAML))
			r.Report.WriteTo(os.Stdout)
		}
	}
}
