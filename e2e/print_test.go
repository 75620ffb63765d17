package e2e

import (
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"glasspoll/internal/demo"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
)

// maxPrinted bounds the pages of a printed sample.
const maxPrinted = 6

// printedPage is a page of a PDF, as pdftotext -bbox-layout describes it, in points.
type printedPage struct {
	Height float64       `xml:"height,attr"`
	Lines  []printedLine `xml:"flow>block>line"`
}

type printedLine struct {
	Left   float64  `xml:"xMin,attr"`
	Top    float64  `xml:"yMin,attr"`
	Right  float64  `xml:"xMax,attr"`
	Bottom float64  `xml:"yMax,attr"`
	Words  []string `xml:"word"`
}

// bare is a text without its spaces, which a PDF has at other places.
func bare(text string) string { return strings.Join(strings.Fields(text), "") }

func (l printedLine) text() string { return bare(strings.Join(l.Words, "")) }

// printed reads a PDF.
func printed(t *testing.T, reader, file string) []printedPage {
	t.Helper()
	described, err := exec.Command(reader, "-bbox-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Pages []printedPage `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal(described, &document); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return document.Pages
}

// rows counts the heights at which a page has text.
func (p printedPage) rows() int {
	var tops []float64
	for _, l := range p.Lines {
		tops = append(tops, l.Top)
	}
	slices.Sort(tops)
	n := 0
	last := -100.0
	for _, top := range tops {
		if top-last > 4 {
			n, last = n+1, top
		}
	}
	return n
}

// end returns where the lowest text of a page ends, its number left out.
func (p printedPage) end() (bottom float64) {
	for _, l := range p.Lines {
		if l.Top < p.Height-numberHeight {
			bottom = max(bottom, l.Bottom)
		}
	}
	return bottom
}

// isLarge reports whether a line is as large as headings are, 10 points and more. Rows of tables, of 8 points, may have the name
// of one. A Chinese character is as wide as its font is large; how high a line is depends on the font.
func (l printedLine) isLarge(language string) bool {
	if language == "zh" {
		return (l.Right-l.Left)/float64(utf8.RuneCountInString(l.text())) > 9.4
	}
	return l.Bottom-l.Top > 11.2
}

// A printedQuestion is a heading and the last row of the table below it.
type printedQuestion struct{ heading, last string }

var (
	questionElement = regexp.MustCompile(`(?s)<article id="q-[^"]*">\s*<h3>([^<]+)</h3>(.*?)</article>`)
	detailsElement  = regexp.MustCompile(`(?s)<details>.*?</details>`) // which is not printed
	rowElement      = regexp.MustCompile(`role="rowheader">([^<]+)<`)
	leadElement     = regexp.MustCompile(`(?s)<h2>([^<]+)</h2>\s*<p class="of">[^<]*</p>\s*<table.*?role="rowheader">(?:<a [^>]*>)?([^<]+)<`)
)

// questionsOf returns the questions of a page that have a table.
func questionsOf(page string) (all []printedQuestion) {
	for _, q := range questionElement.FindAllStringSubmatch(page, -1) {
		rows := rowElement.FindAllStringSubmatch(detailsElement.ReplaceAllString(q[2], ""), -1)
		if len(rows) > 0 {
			all = append(all, printedQuestion{bare(html.UnescapeString(q[1])), bare(html.UnescapeString(rows[len(rows)-1][1]))})
		}
	}
	return all
}

// ledTables returns the headings with a sentence before their table, each with the first row.
func ledTables(page string) (all []printedQuestion) {
	for _, m := range leadElement.FindAllStringSubmatch(page, -1) {
		all = append(all, printedQuestion{bare(html.UnescapeString(m[1])), bare(html.UnescapeString(m[2]))})
	}
	return all
}

// broken lists the questions that begin on a page and do not end on it.
func (p printedPage) broken(questions []printedQuestion) (all []string) {
	var b strings.Builder
	for _, l := range p.Lines {
		b.WriteString(l.text())
	}
	text := b.String()
	for _, q := range questions {
		if strings.Contains(text, q.heading) && !strings.Contains(text, q.last) {
			all = append(all, q.heading)
		}
	}
	return all
}

// numberHeight is the height of the edge in which a page's number stands, in points.
const numberHeight = 45

// stranded lists the headings of a page below which nothing stands in their column.
func (p printedPage) stranded(headings map[string]bool, language string) (all []string) {
	for _, h := range p.Lines {
		if !headings[h.text()] || !h.isLarge(language) {
			continue
		}
		follows := slices.ContainsFunc(p.Lines, func(l printedLine) bool {
			return l.Top > h.Top+4 && l.Top < h.Bottom+60 && l.Left < h.Right && l.Right > h.Left && l.Top < p.Height-numberHeight
		})
		if !follows {
			all = append(all, h.text())
		}
	}
	return all
}

var (
	headingElement = regexp.MustCompile(`<h[23]>([^<]+)`)
	indexElement   = regexp.MustCompile(`<p class="score"><b>([^<]+)</b>`)
)

// fillSamples returns a directory of surveys, and one of data in which samples have answers of six periods.
func fillSamples(t *testing.T, samples ...string) (surveys, data string) {
	t.Helper()
	surveys, data = t.TempDir(), t.TempDir()
	for _, pattern := range append(samples, "reason_") {
		files, err := filepath.Glob("../surveys/" + pattern + "*")
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if err := os.WriteFile(filepath.Join(surveys, filepath.Base(file)), []byte(readFile(t, file)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, problems, err := project.NewLibrary(surveys).Read()
	if err != nil || len(problems) > 0 || len(all) != len(samples) {
		t.Fatal(err, problems, len(all))
	}
	store, err := local.Open(filepath.Join(data, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, s := range all {
		if err := demo.FillPast(t.Context(), store, s, demo.Options{Answers: 60, Periods: 6, Seed: 1}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return surveys, data
}

// glasspoll runs the program, with a directory for temporary files of which nothing may be left.
func glasspoll(t *testing.T, arguments ...string) string {
	t.Helper()
	temporary := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	command := exec.CommandContext(ctx, binary, arguments...)
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("glasspoll %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("glasspoll %s left %v, %v", strings.Join(arguments, " "), left, err)
	}
	return string(out)
}

// TestPrinted prints the results of samples with a browser: few pages, none of them nearly empty, no heading without what it is
// the heading of; and their summaries, each on one sheet.
func TestPrinted(t *testing.T) {
	t.Parallel()
	reader, err := program("poppler-utils", "pdftotext")
	if err != nil {
		t.Fatal(err)
	}
	samples := []string{"service_staff", "retail"}
	surveys, data := fillSamples(t, samples...)
	p := startWithReload(t, surveys, data)
	fill := exec.Command(binary, "demo", "--url", p.url, "--answers", "240", "--surveys", surveys)
	if out, err := fill.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	for _, id := range samples {
		for deadline := time.Now().Add(patience); p.results(t, id).Respondents < 200; time.Sleep(100 * time.Millisecond) { // some wait for others of their group
			if time.Now().After(deadline) {
				t.Fatalf("%s has results of %d respondents", id, p.results(t, id).Respondents)
			}
		}
	}
	for _, id := range samples {
		for _, language := range []string{"zh", "en"} {
			t.Run(id+" "+language, func(t *testing.T) {
				out := t.TempDir()
				common := []string{"results", "pdf", id, "--language", language, "--level", "public", "--data", data, "--surveys", surveys, "--no-sandbox", "--timeout", patience.String(), "--out"}
				name := func(file string) string { return filepath.Join(out, file) }
				glasspoll(t, append(common, name("page.html"))...)
				page := readFile(t, name("page.html"))
				headings := map[string]bool{}
				for _, m := range headingElement.FindAllStringSubmatch(page, -1) {
					headings[bare(html.UnescapeString(m[1]))] = true
				}
				questions := questionsOf(page)
				index := indexElement.FindStringSubmatch(page)
				led := ledTables(page)
				if len(headings) < 10 || len(questions) < 5 || len(led) == 0 || index == nil {
					t.Fatalf("%d headings, %d questions, %d tables with a sentence, index %q", len(headings), len(questions), len(led), index)
				}

				glasspoll(t, append(common, name("page.pdf"))...)
				pages := printed(t, reader, name("page.pdf"))
				if len(pages) < 3 || len(pages) > maxPrinted {
					t.Errorf("%d pages", len(pages))
				}
				seen := 0
				for i, printed := range pages {
					if n := printed.rows(); n < 12 {
						t.Errorf("page %d has %d lines", i+1, n)
					}
					if i < len(pages)-1 && printed.end() < printed.Height/2 {
						t.Errorf("page %d is empty from %.0f of %.0f points on", i+1, printed.end(), printed.Height)
					}
					for _, h := range printed.stranded(headings, language) {
						t.Errorf("page %d: nothing follows the heading %q", i+1, h)
					}
					for _, q := range printed.broken(questions) {
						t.Errorf("page %d: the question %q is broken", i+1, q)
					}
					for _, h := range printed.broken(led) {
						t.Errorf("page %d: the table of %q begins on the next one", i+1, h)
					}
					for _, l := range printed.Lines {
						if headings[l.text()] && l.isLarge(language) {
							seen++
						}
					}
				}
				if seen < 10 {
					t.Errorf("only %d headings are recognized", seen)
				}

				glasspoll(t, append(common, name("summary.pdf"), "--summary")...)
				summary := printed(t, reader, name("summary.pdf"))
				if len(summary) != 1 {
					t.Fatalf("the summary has %d pages", len(summary))
				}
				if !slices.ContainsFunc(summary[0].Lines, func(l printedLine) bool { return strings.Contains(l.text(), index[1]) && l.Bottom-l.Top > 30 }) {
					t.Errorf("the summary does not have the index %s in large figures", index[1])
				}
				if n, end := summary[0].rows(), summary[0].end(); n < 20 || end < .8*summary[0].Height {
					t.Errorf("the summary has %d lines, and is empty from %.0f of %.0f points on", n, end, summary[0].Height)
				}
			})
		}
	}
	t.Run("charts", func(t *testing.T) {
		out := t.TempDir()
		glasspoll(t, "results", "charts", "retail", "--language", "zh", "--png", "yes", "--data", data, "--no-sandbox", "--timeout", patience.String(), "--out", out)
		drawings, err := filepath.Glob(filepath.Join(out, "*.svg"))
		if err != nil || len(drawings) < 10 {
			t.Fatal(len(drawings), err)
		}
		for _, svg := range drawings {
			checkPicture(t, svg, strings.TrimSuffix(svg, ".svg")+".png")
		}
	})
}

var svgSize = regexp.MustCompile(`^<svg [^>]*width="(\d+)" height="(\d+)"`)

// checkPicture compares a picture with the drawing that it is of: twice its size, on white up to its edges, and drawn on.
func checkPicture(t *testing.T, svg, picture string) {
	t.Helper()
	file, err := os.Open(picture)
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	decoded, err := png.Decode(file)
	if err != nil {
		t.Error(picture, err)
		return
	}
	size := decoded.Bounds().Size()
	if m := svgSize.FindStringSubmatch(readFile(t, svg)); m == nil || fmt.Sprint(size.X/2) != m[1] || fmt.Sprint(size.Y/2) != m[2] {
		t.Errorf("%s: %v, of a drawing of %q", picture, size, m)
	}
	white := color.NRGBA{255, 255, 255, 255}
	drawn := 0
	for y := range size.Y {
		for x := range size.X {
			if color.NRGBAModel.Convert(decoded.At(x, y)) == white {
				continue
			}
			drawn++
			if y < 16 || y >= size.Y-16 || x < 16 || x >= size.X-16 {
				t.Fatalf("%s: drawn on at %d, %d, which is at its edge", picture, x, y)
			}
		}
	}
	if drawn < 2000 {
		t.Errorf("%s: only %d pixels are drawn on", picture, drawn)
	}
}
