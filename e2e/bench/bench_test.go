package main

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadme checks that the table in README.md has the form that the command writes. Its figures are nobody's bar.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, written, _, err := block(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems(written) {
		t.Error(problem)
	}
}

var (
	number    = `[\d,]+(\.\d+)?`
	cell      = regexp.MustCompile(`^(` + number + `( \(` + number + ` to ` + number + `\))?|` + nothing + `|` + notInstalled + `)$`)
	firstCell = regexp.MustCompile(`^(build|one of|live reload|accept,|publish|export|backup|serve) .*, (s|ms|MB|MB/s|1/s|cores|1)$`)
)

// problems says what of a table is not as [table.write] has it.
func problems(text string) (all []string) {
	rows, foot, _ := strings.Cut(text, "\n\n")
	if !strings.HasPrefix(foot, "Measured on ") || !strings.HasSuffix(foot, ").\n") {
		all = append(all, "the foot does not say when it was measured, and how")
	}
	lines := strings.Split(rows, "\n")
	if len(lines) < 3 {
		return append(all, "there are no rows")
	}
	width := len(table{}.header())
	for i, line := range lines {
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
		switch {
		case i == 0:
			if !slices.Equal(cells, table{}.header()) {
				all = append(all, "the header is "+line)
			}
		case i == 1:
			if line != "|"+strings.Repeat("---|", width) {
				all = append(all, "below the header is "+line)
			}
		case len(cells) != width || !firstCell.MatchString(cells[0]) || !cell.MatchString(cells[1]) || !cell.MatchString(cells[3]) || !cell.MatchString(cells[4]):
			all = append(all, "not a row: "+line)
		}
	}
	return all
}

// TestTable checks a table of made-up figures: medians, ratios by round, peers that are missing.
func TestTable(t *testing.T) {
	figures := []figure{{"s", "build 1,000 surveys: time", "s"}, {"part", "one of 1,000 changed: part of the full time", "1"}}
	found := map[string][]values{
		nameNow:  {{"s": 2, "part": 0.05}, {"s": 3, "part": 0.04}, {"s": 1.5, "part": 0.06}},
		"Hugo 1": {{"s": 4}, {"s": 2}, {"s": 1500}},
	}
	measured := side{"Hugo 1", nil}
	missing := rows(figures[:1], map[string][]values{nameNow: found[nameNow]}, []side{measured})
	measured.measure = func(context.Context) (values, error) { return nil, nil }
	for _, c := range []struct {
		table table
		want  string
	}{
		{table{rows: rows(figures, found, []side{measured})}, `|  | Glasspoll | beside it |  | ratio |
|---|---|---|---|---|
| build 1,000 surveys: time, s | 2.00 (1.50 to 3.00) | Hugo 1 | 4.00 (2.00 to 1,500) | 0.50 (0.001 to 1.50) |
| one of 1,000 changed: part of the full time, 1 | 0.050 (0.040 to 0.060) | – | – | – |
`},
		{table{rows: missing}, `|  | Glasspoll | beside it |  | ratio |
|---|---|---|---|---|
| build 1,000 surveys: time, s | 2.00 (1.50 to 3.00) | Hugo 1 | not installed | – |
`},
	} {
		c.table.foot = "Measured on a day ([how](x))."
		var b strings.Builder
		if err := c.table.write(&b); err != nil {
			t.Fatal(err)
		}
		if want := c.want + "\n" + c.table.foot + "\n"; b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
		if found := problems(b.String()); len(found) > 0 {
			t.Errorf("the check of README.md refuses it: %q", found)
		}
		if found := problems(strings.Replace(b.String(), "2.00 (", "two (", 1)); len(found) == 0 {
			t.Error("the check of README.md takes anything")
		}
	}
}
