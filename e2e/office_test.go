package e2e

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/briefing"
	"glasspoll/internal/cases"
	"glasspoll/internal/local"
	"glasspoll/internal/paper"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
	"glasspoll/internal/results"
	"glasspoll/internal/survey"
)

// addCases puts made-up cases of the half year before an instant into a store: some closed in time, some late, some open.
func addCases(t *testing.T, store *local.Store, id string, now time.Time) {
	t.Helper()
	channels, kinds := []string{"phone", "web", ""}, []string{"complaint", "suggestion", "late_delivery"}
	for i := range 60 {
		opened := now.AddDate(0, 0, -3*i)
		c := &cases.Case{ID: fmt.Sprintf("%016d", i+1), Survey: id, Timezone: "Asia/Shanghai", Type: kinds[i%3], Channel: channels[i%len(channels)], Severity: survey.Major, Priority: survey.HighPriority, Owner: "客服部",
			Opened: opened, Due: survey.Date(opened.AddDate(0, 0, 5).Format(time.DateOnly)), Status: cases.Open, Changes: []cases.Change{{At: opened, What: cases.WasOpened}}}
		if i%4 != 0 {
			if err := c.Close(cases.Closing{Result: "已回访", Told: i%2 == 0, Agreed: cases.NotAsked}, opened.AddDate(0, 0, 1+i%9)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.OpenCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// printedFigures counts the figures of a document's tables, as they are printed.
func printedFigures(d *paper.Document) map[string]int {
	n := map[string]int{}
	for _, table := range d.Tables() {
		for _, row := range table.Rows {
			for _, c := range row {
				if c.Number != nil {
					n[plainMinus(c.Text)]++
				}
			}
		}
	}
	return n
}

func plainMinus(text string) string { return strings.ReplaceAll(text, "−", "-") }

// TestOffice opens the report as Word file and as workbook with an office program: every figure is there, and as often as the
// report has it; so are its headings, and the numbers of its charts.
func TestOffice(t *testing.T) {
	t.Parallel()
	office, err := program("libreoffice-writer-nogui and libreoffice-calc-nogui", "soffice", "libreoffice")
	if err != nil {
		t.Fatal(err)
	}
	reader, err := program("poppler-utils", "pdftotext")
	if err != nil {
		t.Fatal(err)
	}
	surveys, data := fillSamples(t, "service_staff", "retail")
	store, err := local.Open(filepath.Join(data, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	all, _, err := project.NewLibrary(surveys).Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if err := store.PutDefinition(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	addCases(t, store, "retail", now)
	quarter, err := cases.ParseSpan(fmt.Sprintf("%d-Q%d", now.Year(), (int(now.Month())+2)/3))
	if err != nil {
		t.Fatal(err)
	}
	report, err := records.Brief(t.Context(), store, records.BriefingOptions{Figures: briefing.Figures{Span: quarter.Before(), Level: results.Management, Now: now, Language: "zh", Number: "QR-08-2026"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Tables()) < 8 || len(report.Charts()) < 4 {
		t.Fatalf("%d tables, %d charts", len(report.Tables()), len(report.Charts()))
	}
	out := t.TempDir()
	for name, ending := range map[string]string{"word": ".docx", "book": ".xlsx"} {
		file, err := os.Create(filepath.Join(out, name+ending))
		if err != nil {
			t.Fatal(err)
		}
		if err := report.Write(file, ending, records.Colours{}); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	convert := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+filepath.Join(out, "profile"), "--headless", "--convert-to", "pdf", "--outdir", out,
		filepath.Join(out, "word.docx"), filepath.Join(out, "book.xlsx"))
	if said, err := convert.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, name := range []string{"word", "book"} {
		t.Run(name, func(t *testing.T) {
			text, err := exec.CommandContext(t.Context(), reader, filepath.Join(out, name+".pdf"), "-").Output()
			if err != nil {
				t.Fatalf("the office program has not opened it: %v", err)
			}
			found := map[string]int{}
			for _, word := range strings.Fields(plainMinus(string(text))) {
				found[word]++
			}
			wanted := printedFigures(report.Document)
			if len(wanted) < 30 {
				t.Fatalf("the report has only %d different figures", len(wanted))
			}
			for figure, n := range wanted {
				if found[figure] < n {
					t.Errorf("%s is there %d times, and %d times in the report", figure, found[figure], n)
				}
			}
			for _, c := range report.Charts() {
				for _, row := range c.Rows {
					if figure := c.Text(row.Values[0]); found[figure] == 0 {
						t.Errorf("%s of %s is not there", figure, c.Title)
					}
				}
			}
			if name == "word" {
				checkHeadings(t, report.Document, bare(string(text)))
			}
		})
	}
	checkWorkbookCharts(t, filepath.Join(out, "book.xlsx"), len(report.Charts()))
}

// checkHeadings checks that a printed document has its first page and its headings.
func checkHeadings(t *testing.T, d *paper.Document, text string) {
	t.Helper()
	wanted := []string{d.Title, d.Notice, d.Contents, d.Number}
	for _, f := range d.Facts {
		wanted = append(wanted, f.Name)
	}
	for _, b := range d.Blocks {
		if h, ok := b.(paper.Heading); ok {
			wanted = append(wanted, h.Text)
		}
	}
	for _, w := range wanted {
		if !strings.Contains(text, bare(w)) {
			t.Errorf("it does not say %q", w)
		}
	}
	if !strings.Contains(text, "第1页，共") {
		t.Error("pages have no numbers")
	}
}

// checkWorkbookCharts checks that each chart of the report is one of the workbook's own.
func checkWorkbookCharts(t *testing.T, file string, charts int) {
	t.Helper()
	book, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	n := 0
	for _, f := range book.File {
		if strings.HasPrefix(f.Name, "xl/charts/chart") {
			n++
		}
	}
	if n != charts {
		t.Errorf("%d charts in the workbook, %d in the report", n, charts)
	}
}
