// Package console is what every command shares: where it reads and prints, how it ends, and how it writes numbers and
// tables.
package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/width"

	"glasspoll/internal/questionnaire"
)

// Console is where a command reads and prints.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
}

// The exit codes.
const (
	ExitOK     = 0
	ExitFailed = 1 // problems were found, or the work could not be done
	ExitUsage  = 2
)

// ErrProblems means that problems were found, and have been printed.
var ErrProblems = errors.New("problems found")

// UsageError is a flag or argument that cannot be right, whatever the files say.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// Usagef is a UsageError with a text of its own.
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// ExitCode is the code of a command that ended with err.
func ExitCode(err error) int {
	var usage UsageError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &usage):
		return ExitUsage
	default:
		return ExitFailed
	}
}

// Line prints one line.
func Line(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// JSON prints a document for machines that a person can read.
func JSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// Problems prints problems, and how many there are.
func Problems(w io.Writer, problems questionnaire.Problems) {
	files := map[string]bool{}
	for _, p := range problems {
		fmt.Fprintln(w, p)
		files[p.File] = true
	}
	fmt.Fprintf(w, "%s in %s\n", Count(len(problems), "problem"), Count(len(files), "file"))
}

// Count is a number and a noun, in the plural unless it is one: "1 file", "2 files".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Columns is how many columns of a terminal text takes: Chinese characters take two.
func Columns(text string) int {
	n := 0
	for _, c := range text {
		n++
		if kind := width.LookupRune(c).Kind(); kind == width.EastAsianWide || kind == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
