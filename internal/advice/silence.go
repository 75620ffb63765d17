package advice

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

// silences are the comments of a file that switch advice off.
type silences struct {
	spans   []span
	unknown []Advice // comments whose code does not exist
}

// A span is the lines, from 1 and inclusive, in which a code is off.
type span struct {
	code     string
	from, to int
}

var silencingComment = regexp.MustCompile(`(?:^|\s)#\s*advice:\s*off\s+([a-z0-9_,\s]+?)\s*(?:#.*)?$`)

// readSilences finds the comments, and the lines that each of them is for.
func readSilences(file string, source []byte) silences {
	var s silences
	text := strings.TrimPrefix(string(source), "\uFEFF")
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	begun := false // after the first line that is no comment
	for i, line := range lines {
		content := strings.TrimSpace(line)
		alone := strings.HasPrefix(content, "#")
		if at := silencingComment.FindStringSubmatchIndex(line); at != nil {
			from, to := i+1, len(lines)
			switch {
			case !alone:
				from, to = i+1, entryEnd(lines, i)
			case begun:
				from = nextContentLine(lines, i+1)
				to = entryEnd(lines, from)
				from++
			}
			for _, code := range strings.FieldsFunc(line[at[2]:at[3]], func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
				if !isCode(code) {
					column := 1 + utf8.RuneCountInString(line[:at[2]+strings.Index(line[at[2]:], code)])
					s.unknown = append(s.unknown, Advice{Place: questionnaire.Place{File: file, Line: i + 1, Column: column}, Code: UnknownCode,
						Sentence: message.New("there is no advice with the code '%s'", code), Fix: message.New("write one of the codes that glasspoll check prints in brackets, or remove the comment")})
					continue
				}
				s.spans = append(s.spans, span{code, from, to})
			}
		}
		begun = begun || content != "" && !alone && content != "---"
	}
	return s
}

// covers reports whether the advice is switched off.
func (s silences) covers(a Advice) bool {
	for _, span := range s.spans {
		if span.code == a.Code && a.Line >= span.from && a.Line <= span.to {
			return true
		}
	}
	return false
}

// nextContentLine returns the index of the first line from i on that is neither empty nor a comment.
func nextContentLine(lines []string, i int) int {
	for i < len(lines)-1 && (strings.TrimSpace(lines[i]) == "" || strings.HasPrefix(strings.TrimSpace(lines[i]), "#")) {
		i++
	}
	return min(i, len(lines)-1)
}

// entryEnd returns the last line, from 1, of the entry that begins on line i, from 0. The entry includes all lines below
// that are indented deeper, and the entries of a list right below its key.
func entryEnd(lines []string, i int) int {
	indent := indentation(lines[i])
	listed := isEntry(lines[i])
	end := i + 1
	for j := i + 1; j < len(lines); j++ {
		content := strings.TrimSpace(lines[j])
		if content == "" || strings.HasPrefix(content, "#") {
			continue
		}
		n := indentation(lines[j])
		if n < indent || n == indent && (listed || !isEntry(lines[j])) {
			break
		}
		end = j + 1
	}
	return end
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isEntry(line string) bool {
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, "- ") || line == "-"
}
