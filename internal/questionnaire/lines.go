package questionnaire

import (
	"bytes"
	"strings"
)

// prefix returns the first n characters of a line.
func prefix(line string, n int) string {
	for i := range line {
		if n == 0 {
			return line[:i]
		}
		n--
	}
	return line
}

// suffix returns a line without its first n characters.
func suffix(line string, n int) string { return line[len(prefix(line, n)):] }

// indentOf returns how many spaces a line begins with.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isBlank(line string) bool { return strings.TrimSpace(line) == "" }

// splitLines returns the lines of a file without its byte order mark. Lines may end in \n, \r\n or \r.
func splitLines(source []byte) []string {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	source = bytes.ReplaceAll(source, []byte("\r"), []byte("\n")) // as YAML counts lines, too
	return strings.Split(string(source), "\n")
}
