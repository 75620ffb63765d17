// Package spreadsheet writes CSV that spreadsheets may open. In it, and in no other file, what they would take for formulas is
// escaped.
package spreadsheet

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Writer writes CSV (RFC 4180) in UTF-8.
type Writer struct {
	csv    *csv.Writer
	record []string
}

// NewWriter returns a writer with LF after each record.
func NewWriter(w io.Writer) *Writer { return &Writer{csv: csv.NewWriter(w)} }

// UseCRLF writes CR and LF after each record.
func (w *Writer) UseCRLF() { w.csv.UseCRLF = true }

// Write writes a record; see [Escape].
func (w *Writer) Write(record []string) error {
	w.record = w.record[:0]
	for _, text := range record {
		w.record = append(w.record, Escape(text))
	}
	return w.csv.Write(w.record)
}

// Flush writes what is buffered, and returns the first error of all writing.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// formulaStarts lists the characters that begin a formula in a spreadsheet (OWASP, CSV Injection), full-width ones included.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// plainNumber matches texts that a spreadsheet reads as numbers.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// Escape puts an apostrophe before a text that a spreadsheet would take for a formula, even after apostrophes of its own, so that
// removing one restores the text. Numbers are not escaped.
func Escape(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "'"))
	if !strings.ContainsRune(formulaStarts, first) || plainNumber.MatchString(text) {
		return text
	}
	return "'" + text
}
