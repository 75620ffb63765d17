package questionnaire

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// position returns the place in the file of the character at an offset of a scalar's value. It compares the value with how
// it is written: in quotes with escapes, on several lines that are folded, or in a block.
func (r *reader) position(n *yaml.Node, offset int) (line, column int) {
	c := cursor{lines: r.lines, line: n.Line - 1, column: n.Column - 1, style: n.Style}
	value := []rune(n.Value)
	c.skipProperties()
	switch {
	case c.inBlock():
		c.indent = c.blockIndent(n.Value)
		c.nextLine()
	case c.style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		c.column++
	}
	for i := 0; i < min(offset, len(value)); {
		c.joinLines()
		if c.advance(value[i]) {
			i++
		}
	}
	c.joinLines()
	if offset < len(value) && !isSpace(value[offset]) && c.atEnd() {
		c.skipBlankLines()
	}
	return c.line + 1, c.column + 1
}

// isSpace reports whether a character of a value can be written as a line end.
func isSpace(char rune) bool { return char == ' ' || char == '\n' }

// A cursor is a place inside a scalar as it is written, in lines and characters from 0.
type cursor struct {
	lines        []string
	line, column int
	style        yaml.Style
	indent       int // of a block

	// The last place whose byte offset in the line was computed: a line may be long.
	knownLine, knownColumn, knownByte int
}

func (c *cursor) inBlock() bool { return c.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 }

// advance moves past the source of one character of the value. It returns false if it moved past a line end that is not a
// character of the value.
func (c *cursor) advance(char rune) bool {
	switch {
	case c.atEnd() && c.line+1 < len(c.lines):
		c.nextLine()
		if !c.inBlock() {
			c.skipBlanks()
		}
		return isSpace(char)
	case c.style&yaml.DoubleQuotedStyle != 0 && strings.HasPrefix(c.rest(), "\\"):
		c.column += escapeLength(c.rest())
	case c.style&yaml.SingleQuotedStyle != 0 && strings.HasPrefix(c.rest(), "''"):
		c.column += 2
	default:
		c.column++
	}
	return true
}

// joinLines moves past line ends that are escaped with a backslash.
func (c *cursor) joinLines() {
	for c.style&yaml.DoubleQuotedStyle != 0 && c.rest() == "\\" {
		c.nextLine()
		c.skipBlanks()
	}
}

// atEnd reports whether the line ends here. In a block, blanks before the end belong to the value.
func (c *cursor) atEnd() bool {
	if c.inBlock() {
		return c.rest() == ""
	}
	return isBlank(c.rest())
}

// rest returns the line from the cursor on.
func (c *cursor) rest() string {
	if c.line >= len(c.lines) {
		return ""
	}
	if c.line != c.knownLine || c.column < c.knownColumn {
		c.knownLine, c.knownColumn, c.knownByte = c.line, 0, 0
	}
	rest := c.lines[c.line][c.knownByte:]
	c.knownByte += len(prefix(rest, c.column-c.knownColumn))
	c.knownColumn = c.column
	return c.lines[c.line][c.knownByte:]
}

func (c *cursor) nextLine() { c.line, c.column = min(c.line+1, len(c.lines)-1), c.indent }

// skipBlanks moves past the blanks at the beginning of a line.
func (c *cursor) skipBlanks() {
	c.column += len(c.rest()) - len(strings.TrimLeft(c.rest(), " \t"))
}

// skipBlankLines moves to the next line that is not blank.
func (c *cursor) skipBlankLines() {
	for isBlank(c.rest()) && c.line+1 < len(c.lines) {
		c.nextLine()
		if !c.inBlock() {
			c.skipBlanks()
		}
	}
}

// skipProperties moves past an anchor (&name) and a tag (!!str) before the value.
func (c *cursor) skipProperties() {
	for strings.HasPrefix(c.rest(), "&") || strings.HasPrefix(c.rest(), "!") {
		name := c.rest()
		if end := strings.IndexAny(name, " \t"); end >= 0 {
			name = name[:end]
		}
		c.column += utf8.RuneCountInString(name)
		c.skipBlankLines()
		c.skipBlanks()
	}
}

// blockIndent returns how many spaces each line of a block is indented by, without those of the value itself.
func (c *cursor) blockIndent(value string) int {
	hasText := func(line string) bool { return !isBlank(line) }
	below := c.lines[c.line+1:]
	ownLines := strings.Split(value, "\n")
	written := slices.IndexFunc(below, hasText)
	own := slices.IndexFunc(ownLines, hasText)
	if written < 0 || own < 0 {
		return 0
	}
	return max(0, indentOf(below[written])-indentOf(ownLines[own]))
}

// twoHalves matches the escapes of a character beyond U+FFFF, as JSON has them.
var twoHalves = regexp.MustCompile(`^\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// escapeLength returns the length of the escape sequence that text begins with, in a double-quoted scalar.
func escapeLength(text string) int {
	if twoHalves.MatchString(text) {
		return 12
	}
	length := 2
	if len(text) > 1 {
		length += map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]
	}
	return length
}
