package questionnaire

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// inside finds where a character of a value stands in the file: the value is walked together with the way in which it is
// written, which may be in quotes with escapes, on several lines that are folded, or in a block.
func (r *reader) inside(n *yaml.Node, offset int) (line, column int) {
	w := walker{lines: r.lines, line: n.Line - 1, column: n.Column - 1}
	value := []rune(n.Value)
	offset = min(offset, len(value))
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	w.anchor()
	switch {
	case block:
		w.indent = w.blockIndent(n.Value)
		w.next()
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		w.column++
	}
	for i := 0; i <= offset; i++ {
		for n.Style&yaml.DoubleQuotedStyle != 0 && w.rest() == "\\" { // the line goes on
			w.next()
			w.blanks()
		}
		ended := w.rest() == ""
		if !block {
			ended = strings.TrimSpace(w.rest()) == ""
		}
		switch {
		case i == offset:
			if ended && i < len(value) && value[i] != ' ' && value[i] != '\n' { // lines left out in folding
				w.skip(block)
			}
		case ended && w.line+1 < len(w.lines):
			if value[i] != '\n' && value[i] != ' ' { // this line is empty, and stands for nothing
				i--
			}
			w.next()
			if !block {
				w.blanks()
			}
		case n.Style&yaml.DoubleQuotedStyle != 0 && strings.HasPrefix(w.rest(), "\\"):
			w.column += escape(w.rest())
		case n.Style&yaml.SingleQuotedStyle != 0 && strings.HasPrefix(w.rest(), "''"):
			w.column += 2
		default:
			w.column++
		}
	}
	return w.line + 1, w.column + 1
}

// walker is a place in a file, in lines and characters from 0.
type walker struct {
	lines        []string
	line, column int
	indent       int // of a block

	seenLine, seenColumn, seenByte int // a place whose byte in the line is known: a line may be long
}

// rest is what stands on the line from here on.
func (w *walker) rest() string {
	if w.line >= len(w.lines) {
		return ""
	}
	if w.line != w.seenLine || w.column < w.seenColumn {
		w.seenLine, w.seenColumn, w.seenByte = w.line, 0, 0
	}
	rest := w.lines[w.line][w.seenByte:]
	w.seenByte += len(prefix(rest, w.column-w.seenColumn))
	w.seenColumn = w.column
	return w.lines[w.line][w.seenByte:]
}

func (w *walker) next() { w.line, w.column = min(w.line+1, len(w.lines)-1), w.indent }

// blanks goes past the blanks that begin a line.
func (w *walker) blanks() {
	w.column += len(w.rest()) - len(strings.TrimLeft(w.rest(), " \t"))
}

// skip goes past empty lines.
func (w *walker) skip(block bool) {
	for strings.TrimSpace(w.rest()) == "" && w.line+1 < len(w.lines) {
		w.next()
		if !block {
			w.blanks()
		}
	}
}

// anchor goes past an anchor (&name) that stands before the value.
func (w *walker) anchor() {
	if !strings.HasPrefix(w.rest(), "&") {
		return
	}
	name, _, _ := strings.Cut(w.rest(), " ")
	w.column += utf8.RuneCountInString(name)
	w.skip(false)
	w.blanks()
}

// blockIndent is by how many blanks each line of a block is indented, those of the value itself not counted.
func (w *walker) blockIndent(value string) int {
	full := func(line string) bool { return strings.TrimSpace(line) != "" }
	written := slices.IndexFunc(w.lines[w.line+1:], full)
	own := strings.Split(value, "\n")
	at := slices.IndexFunc(own, full)
	if written < 0 || at < 0 {
		return 0
	}
	return max(0, indentOf(w.lines[w.line+1+written])-indentOf(own[at]))
}

// escape is the length of the escape sequence that a text in double quotes begins with.
func escape(text string) int {
	length := 2
	if len(text) > 1 {
		length += map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]
	}
	return length
}
