// Package console has what all commands share: their streams, their exit codes, and how they print numbers and tables.
package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

// Console has the standard streams of a command, and the language of its reader.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	Language string // of messages; "" is English
	Asked    string // the language that the command line names; "" if it names none
}

// Print prints a line in the reader's language.
func (c *Console) Print(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, message.New(format, args...).In(c.Language))
}

// Problems prints problems on the error stream, and how many there are.
func (c *Console) Problems(problems questionnaire.Problems) { Problems(c.Err, c.Language, problems) }

// LanguageOf returns the language of messages that the environment asks for: that of the first variable that is set, as POSIX
// has it.
func LanguageOf(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if set := getenv(name); set != "" {
			if message.IsChinese(set) {
				return message.Chinese
			}
			break
		}
	}
	return message.English
}

// The exit codes.
const (
	ExitOK     = 0
	ExitFailed = 1 // problems were found, or the work could not be done
	ExitUsage  = 2
)

// ErrProblems means that problems were found, and have been printed.
var ErrProblems = errors.New("problems found")

// UsageError says that a flag or argument is invalid, whatever the files contain.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// Usagef returns a UsageError with a formatted text.
func Usagef(format string, args ...any) error { return UsageError{message.Errorf(format, args...)} }

// Line reads what somebody writes, to the end of the line; "" if the context ends first, since a stream that is being read does not
// end with it.
func Line(ctx context.Context, in *bufio.Reader) string {
	lines := make(chan string, 1)
	go func() {
		line, _ := in.ReadString('\n')
		lines <- line
	}()
	select {
	case line := <-lines:
		return line
	case <-ctx.Done():
		return ""
	}
}

// ExitCode returns the code of a command that ended with err.
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

// JSON prints a document as indented JSON.
func JSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// Problems prints problems, and how many there are.
func Problems(w io.Writer, language string, problems questionnaire.Problems) {
	files := map[string]bool{}
	for _, p := range problems {
		fmt.Fprintln(w, p.In(language))
		files[p.File] = true
	}
	fmt.Fprintln(w, message.New("%s in %s", message.Count(len(problems), "problem"), message.Count(len(files), "file")).In(language))
}

// Table prints rows of cells as columns, two spaces apart.
func Table(w io.Writer, rows [][]string) error { return table(w, rows, math.MaxInt) }

// Figures prints rows as Table does, all but the first columns, which are labels, aligned to the right.
func Figures(w io.Writer, labels int, rows [][]string) error { return table(w, rows, labels) }

func table(w io.Writer, rows [][]string, labels int) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			row[i] = plain(cell)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Columns(row[i]))
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-Columns(cell))
			if i >= labels {
				cells[i] = padding + cell
			} else {
				cells[i] = cell + padding
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " ")); err != nil {
			return err
		}
	}
	return nil
}

// plain returns a text with spaces in place of control characters, which could move the cursor of a terminal or change its title:
// others write what is printed.
func plain(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}

// Columns returns the width of a text in columns of a terminal. A Chinese character takes two.
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
