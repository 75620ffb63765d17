package questionnaire

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/yaml12"
)

// document reads the file's only YAML document, or reports why there is none. For messages, what names what the file should
// be, and begins says how such a file begins.
func (r *reader) document(source []byte, what, begins message.Key) *yaml.Node {
	if len(source) > maxFile {
		r.failAt(1, 1, "the file is larger than %d KB: a %s is never that long", maxFile>>10, what)
		return nil
	}
	if bytes.HasPrefix(source, []byte{0xFF, 0xFE}) || bytes.HasPrefix(source, []byte{0xFE, 0xFF}) || len(source) > 1 && (source[0] == 0 || source[1] == 0) {
		r.failAt(1, 1, "the file is saved as UTF-16, which Notepad calls Unicode: save it with the encoding UTF-8")
		return nil
	}
	r.lines = yaml12.Lines(source)
	if !r.readable() {
		return nil
	}
	first, second, err := yaml12.Decode(source)
	if err != nil {
		if r.hasSlips() {
			return nil
		}
		r.mend()
		r.fixMoreSlips()
		if first, second, err = yaml12.Decode([]byte(strings.Join(r.lines, "\n"))); err != nil {
			return nil
		}
	}
	switch {
	case first == nil || first.Kind == yaml.ScalarNode && first.Tag == "!!null":
		r.failAt(1, 1, "the file is empty: %s", begins)
		return nil
	case second != nil:
		r.fail(second, "a file holds one %s: move what follows --- to a file of its own, or remove ---", what)
		return nil
	}
	return first
}

// readable reports what yaml.v3's messages explain badly: encodings, invisible characters, very deep nesting. It returns
// false at the first of these.
func (r *reader) readable() bool {
	open := 0
	for i, line := range r.lines {
		column, indented, dashes := 0, true, 0
		for rest := line; len(rest) > 0; {
			c, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
			column++
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			entry := indented && (c == '-' || c == '?') && len(rest) > 0 && rest[0] == ' '
			if entry {
				dashes++
			}
			switch {
			case c == utf8.RuneError && size == 1:
				r.failAt(i+1, column, "not UTF-8 text, but perhaps GBK, Big5 or ANSI: save the file with the encoding UTF-8 (in Notepad: Save as, Encoding)")
			case c < ' ' && c != '\t', c >= 0x7F && c < 0xA0, c == '\u2028', c == '\u2029', c == '\u202D', c == '\u202E', c == '\uFEFF', c == '\uFFFE', c == '\uFFFF':
				r.failAt(i+1, column, "invisible character U+%04X: remove it", c)
			case open > maxOpen:
				r.failAt(i+1, column, "more than %d brackets are open: is one not closed?", maxOpen)
			case column > maxIndent && indented && !isBlank(rest):
				r.failAt(i+1, column, "indented by more than %d spaces: check the indentation", maxIndent)
			case dashes > maxDepth:
				r.failAt(i+1, column, "more than %d lists begin on one line: remove all but one \"- \"", maxDepth)
			default:
				if c != ' ' && !entry {
					indented = false
				}
				continue
			}
			return false
		}
	}
	return true
}

// The time that yaml.v3's scanner takes grows with the square of these.
const (
	maxOpen   = 1000 // brackets
	maxIndent = 200  // spaces
)
