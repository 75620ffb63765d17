// Package spreadsheet writes CSV that spreadsheets may open. In it, and in no other file, what they would take for formulas is
// escaped.
package spreadsheet

import (
	"bufio"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Writer writes CSV (RFC 4180) in UTF-8.
type Writer struct {
	to      *bufio.Writer
	crlf    bool
	scratch []byte
}

// NewWriter returns a writer with LF after each record.
func NewWriter(w io.Writer) *Writer { return &Writer{to: bufio.NewWriter(w)} }

// UseCRLF writes CR and LF after each record.
func (w *Writer) UseCRLF() { w.crlf = true }

// Write writes a record; see [Escape].
func (w *Writer) Write(record []string) error {
	line := w.scratch[:0]
	for i, text := range record {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendField(line, Escape(text), w.crlf)
	}
	if w.crlf {
		line = append(line, '\r')
	}
	w.scratch = append(line, '\n')
	_, err := w.to.Write(w.scratch)
	return err
}

// Flush writes what is buffered, and returns the first error of all writing.
func (w *Writer) Flush() error { return w.to.Flush() }

// Append appends one field of a record with LF after it; see [Escape].
func Append(data []byte, text string) []byte { return appendField(data, Escape(text), false) }

// AppendRaw appends one field as [Append] does, without escaping formulas: for programs that have none.
func AppendRaw(data []byte, text string) []byte { return appendField(data, text, false) }

// appendField appends a field, in quotes where it needs them. Line breaks within it are those of the records.
func appendField(data []byte, text string, crlf bool) []byte {
	if !needsQuotes(text) {
		return append(data, text...)
	}
	data = append(data, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			data = append(data, '"', '"')
		case c == '\n' && crlf:
			data = append(data, '\r', '\n')
		case c == '\r' && crlf:
		default:
			data = append(data, c)
		}
	}
	return append(data, '"')
}

// needsQuotes decides as encoding/csv does: quotes also go around a space at the beginning, which some readers drop, and around
// `\.`, which ends the input of some databases.
func needsQuotes(text string) bool {
	for i := range len(text) {
		switch text[i] {
		case '\n', '\r', '"', ',':
			return true
		}
	}
	if text == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(text)
	return unicode.IsSpace(first) || text == `\.`
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
