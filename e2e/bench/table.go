package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// table is what the command prints: GitHub's Markdown.
type table struct {
	rows    []row
	before  string // commit, or ""
	started time.Time
	load    string // of the machine, when it started
	foot    string
}

const (
	notInstalled = "not installed"
	nothing      = "–"
)

func (t table) header() []string {
	if t.before == "" {
		return []string{"", "Glasspoll", "beside it", "", "ratio"}
	}
	return []string{"", "Glasspoll", t.before, "ratio", "beside it", "", "ratio"}
}

func (t table) cells(r row) []string {
	cells := []string{r.what + ", " + r.unit, spread(r.now)}
	if t.before != "" {
		cells = append(cells, spread(r.before), spread(ratios(r.now, r.before)))
	}
	switch {
	case r.peer == "":
		return append(cells, nothing, nothing, nothing)
	case len(r.beside) == 0:
		return append(cells, r.peer, notInstalled, nothing)
	}
	return append(cells, r.peer, spread(r.beside), spread(ratios(r.now, r.beside)))
}

func (t table) write(w io.Writer) error {
	var b bytes.Buffer
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	header := t.header()
	line(header)
	b.WriteString("|" + strings.Repeat("---|", len(header)) + "\n")
	for _, r := range t.rows {
		line(t.cells(r))
	}
	b.WriteString("\n" + t.foot + "\n")
	_, err := w.Write(b.Bytes())
	return err
}

// spread shows the median of values, with the least and the greatest.
func spread(values []float64) string {
	if len(values) == 0 {
		return nothing
	}
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 1 {
		return digits(sorted[0])
	}
	return fmt.Sprintf("%s (%s to %s)", digits(median(sorted)), digits(sorted[0]), digits(sorted[len(sorted)-1]))
}

// ratios returns the ratio of each round.
func ratios(of, to []float64) (all []float64) {
	for i := range min(len(of), len(to)) {
		if to[i] != 0 {
			all = append(all, of[i]/to[i])
		}
	}
	return all
}

// median returns the median of sorted values.
func median[T cmp.Ordered](sorted []T) T { return sorted[len(sorted)/2] }

// digits shows a number with three significant digits, or all before the point, with commas between thousands.
func digits(n float64) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	switch {
	case n == 0:
		return "0"
	case n < 0.1:
		return strconv.FormatFloat(n, 'f', 3, 64)
	case n < 10:
		return strconv.FormatFloat(n, 'f', 2, 64)
	case n < 100:
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// foot says of what and of which machine the figures are.
func (b *bench) foot(t table) string {
	return fmt.Sprintf(`Measured on %s by `+"`make bench`"+`: medians of %d rounds, in which the programs took turns, with the least and the greatest; ratios are of Glasspoll to the other in the same round. `+
		`All of it, and what sent the requests, ran on one machine: %s; load average %s when it started, %s when it ended. [What is measured, and how](docs/performance.md).`,
		t.started.Format("2006-01-02 15:04"), b.rounds, machine(), t.load, loadAverage())
}

// The table stands in README.md between two marks.
const (
	markBegin = "<!-- The table of `make bench`, written by `make bench README=1`. -->\n"
	markEnd   = "<!-- End of the table. -->\n"
)

// block splits a text at the marks: what is before the table, the table, and what comes after it.
func block(text string) (before, table, after string, err error) {
	before, rest, opened := strings.Cut(text, markBegin)
	table, after, closed := strings.Cut(rest, markEnd)
	if !opened || !closed {
		return "", "", "", fmt.Errorf("there are no lines %q and %q", strings.TrimSpace(markBegin), strings.TrimSpace(markEnd))
	}
	return before + markBegin, table, markEnd + after, nil
}

func (t table) writeInto(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, _, after, err := block(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var b strings.Builder
	b.WriteString(before)
	if err := t.write(&b); err != nil {
		return err
	}
	b.WriteString(after)
	return os.WriteFile(path, []byte(b.String()), 0o666)
}
