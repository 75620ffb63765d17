package questionnaire

import "strings"

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
