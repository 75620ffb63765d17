package questionnaire

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/message"
)

// A finding is a syntax mistake: something that an author takes for YAML, but YAML does not.
type finding struct {
	line, column int // in characters, from 1
	message      message.Text
	fix          []edit // the fix that the message describes, if there is only one way to do it
}

// after reports whether f is after the text that an edit inserted.
func (f finding) after(e edit) bool {
	return f.line > e.line || f.line == e.line && f.column >= e.column+utf8.RuneCountInString(e.insert)
}

// move moves a finding down by some lines.
func (f *finding) move(lines int) {
	f.line += lines
	for i := range f.fix {
		f.fix[i].line += lines
	}
}

const (
	wideColonMessage   message.Key = "the colon ： is a wide one: write \": \" (an ordinary colon and a space)"
	secondColonMessage message.Key = "a second \": \" in one line: put a text that contains \": \" into quotes"
	tightColonMessage  message.Key = "a space is missing after the colon"
	wideSpaceMessage   message.Key = "the space after the colon is a wide or non-breaking one: write an ordinary space"
)

var (
	wideColon  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*[ \x{3000}]*：`)
	tightColon = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*:[^\s/,}\]:]`)
	wideSpace  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*:[\x{3000}\x{00A0}]`)
	wideComma  = regexp.MustCompile(`^，[ \x{3000}]*[A-Za-z_][A-Za-z0-9_-]*[ \x{3000}]*[:：]`)
	blockText  = regexp.MustCompile(`(^|[:\-] +)[|>][+\-0-9]*\s*(#.*)?$`)
	anchorMark = regexp.MustCompile(`^&[A-Za-z0-9_-]+(\s|$)`)
	emptyQuote = regexp.MustCompile(`^\s*([,:}\]#]|$)`)
)

// A mark is a bracket or quotation mark that opens something.
type mark struct {
	line, column int // in characters, from 1
	char         rune
}

// A causeScanner scans a file line by line, up to the place where yaml.v3 fails, for a mistake that can have caused the
// failure: an unclosed quote or a wide colon may be far above.
type causeScanner struct {
	lines                []string
	failLine, failColumn int
	above                int      // lines of the file above these
	found                *finding // the last mistake that can be the cause
	foundIndent          int      // the indentation of its line: lines that are indented deeper continue it
	brackets             []mark   // that are open
	quote                *mark    // that is open
	mismatch             *mark    // the first bracket that is open where one around it is closed
	openAtFailure        *mark    // the innermost bracket that is open after the failing line
	block                int      // the indentation of the key whose block text is being read; -1 outside
	line                 int      // from 1
	text                 string   // of the line
	chars                []rune   // of the line
	offsets              []int    // of the characters in text, in bytes: a line may be long, so its rest is not copied
	at                   int      // the character, from 0
	starts               bool     // a key or value may begin at this character
	closed               bool     // the outermost bracket was closed in this line, and only blanks follow
}

// findCause returns the last mistake that can have caused the failure at a place, and the innermost bracket that is open
// there if the file never closes it. Each is nil if there is none.
func findCause(lines []string, above, failLine, failColumn int) (found *finding, open *mark) {
	s := causeScanner{lines: lines, above: above, failLine: failLine, failColumn: failColumn, block: -1}
	for s.line = 1; s.line <= len(lines); s.line++ {
		if s.mismatch != nil && s.past() {
			return s.found, s.mismatch
		}
		if s.past() && len(s.brackets) == 0 && s.quote == nil {
			return s.found, nil
		}
		if s.past() && s.openAtFailure == nil && len(s.brackets) > 0 {
			innermost := s.brackets[len(s.brackets)-1]
			s.openAtFailure = &innermost
		}
		if !s.scanLine() {
			return s.found, nil
		}
	}
	switch {
	case s.quote != nil && s.quote.line <= failLine:
		s.note(s.quote.line, s.quote.column, "this quote is never closed: add %s at the end of the text", string(s.quote.char))
		return s.found, nil
	case len(s.brackets) == 0:
		return s.found, nil
	case s.openAtFailure == nil:
		return s.found, &s.brackets[len(s.brackets)-1]
	}
	return s.found, s.openAtFailure
}

// past reports whether the line is after the failure. Such lines are scanned only for closing quotes and brackets.
func (s *causeScanner) past() bool { return s.line > s.failLine }

// note records a mistake, replacing the last one.
func (s *causeScanner) note(line, column int, format string, args ...any) {
	s.found = &finding{line: line, column: column, message: message.New(format, args...)}
	s.foundIndent = indentOf(s.lines[line-1])
}

// scanLine reads one line. It returns false if the cause is certain.
func (s *causeScanner) scanLine() bool {
	s.text = s.lines[s.line-1]
	trimmed := strings.TrimLeft(s.text, " ")
	indent := len(s.text) - len(trimmed)
	if s.block >= 0 && (trimmed == "" || indent > s.block) {
		return true
	}
	s.block = -1
	if len(s.brackets) > 0 && s.quote == nil && s.mismatch == nil && strings.HasPrefix(trimmed, "- ") { // an entry of a list outside of brackets
		inner := s.brackets[len(s.brackets)-1]
		s.mismatch = &inner
	}
	if trimmed != "" && s.line < s.failLine && indent <= s.foundIndent {
		s.found = nil // YAML has read this line, so what is above it is no mistake
	}
	s.chars, s.offsets = []rune(s.text), offsets(s.text)
	s.starts, s.closed = s.quote == nil, false
	for s.at = 0; s.at < len(s.chars); s.at++ {
		switch {
		case s.quote != nil:
			if !s.scanQuoted() {
				return false
			}
		case !s.scanStructure():
			s.scanPlain()
		}
	}
	if s.quote == nil && len(s.brackets) == 0 && blockText.MatchString(trimmed) {
		s.block = indent
	}
	return true
}

// scanQuoted reads a character inside quotes. It returns false if the quote is the cause.
func (s *causeScanner) scanQuoted() bool {
	char := s.chars[s.at]
	switch {
	case s.quote.char == '"' && char == '\\':
		s.at++
	case char != s.quote.char:
	case char == '\'' && s.at+1 < len(s.chars) && s.chars[s.at+1] == '\'':
		s.at++
	default:
		return s.closeQuote()
	}
	return true
}

// closeQuote reads the mark that closes a quote. It returns false if what follows shows that the quote is the cause.
func (s *causeScanner) closeQuote() bool {
	opened, next := *s.quote, s.at+2
	s.quote = nil
	rest := s.text[s.offsets[s.at+1]:]
	switch {
	case emptyQuote.MatchString(rest) || opened.line > s.failLine:
		s.starts = false
		return true
	case opened.line < s.line:
		s.note(opened.line, opened.column, "this quote is not closed on its line: add %s at the end of the text", string(opened.char))
	case len(s.brackets) > 0 && strings.HasPrefix(strings.TrimSpace(rest), string(opened.char)):
		s.note(s.line, next, "a comma is missing after the closing quote")
	default:
		if opened.char == '"' {
			s.note(s.line, next, "text after the closing quote: put the whole text into quotes, and write a \" inside it as \\\"")
		} else {
			s.note(s.line, next, "text after the closing quote: put the whole text into quotes, and write a ' inside it twice")
		}
		if len(s.brackets) == 0 {
			s.found.fix = quoteValue(s.lines, s.line)
		}
	}
	return false
}

// scanStructure reads a blank, comment, dash, quote, bracket, comma or colon; false if the character is none of these.
func (s *causeScanner) scanStructure() bool {
	char := s.chars[s.at]
	blankNext := s.at+1 == len(s.chars) || s.chars[s.at+1] == ' '
	opening := mark{line: s.line, column: s.at + 1, char: char}
	switch {
	case char == ' ':
	case char == '#' && (s.at == 0 || s.chars[s.at-1] == ' '):
		s.at = len(s.chars)
	case char == '-' && s.starts && blankNext:
	case s.starts && (char == '"' || char == '\''):
		s.quote = &opening
	case s.starts && (char == '{' || char == '['):
		s.brackets = append(s.brackets, opening)
	case len(s.brackets) > 0 && (char == '}' || char == ']'):
		s.matchBracket(s.brackets[len(s.brackets)-1], char)
		s.brackets = s.brackets[:len(s.brackets)-1]
		s.starts, s.closed = false, len(s.brackets) == 0
	case s.closed && (char == '}' || char == ']'):
		if !s.past() {
			s.note(s.line, s.at+1, "this %c closes nothing: remove it", char)
			s.found.fix = []edit{{s.line, s.at + 1, 1, ""}}
		}
	case len(s.brackets) > 0 && char == ',', char == ':' && blankNext:
		s.starts = true
	default:
		return false
	}
	return true
}

// matchBracket notes a bracket that is closed by one of the other kind.
func (s *causeScanner) matchBracket(inner mark, char rune) {
	switch {
	case inner.char+2 == char || s.mismatch != nil:
	case slices.ContainsFunc(s.brackets, func(m mark) bool { return m.char+2 == char }):
		s.mismatch = &inner
	case !s.past():
		s.note(s.line, s.at+1, "this %c closes the %c on line %d: write %s", char, inner.char, inner.line+s.above, closing[inner.char])
		s.found.fix = []edit{{s.line, s.at + 1, 1, closing[inner.char]}}
	}
}

// scanPlain reads a character of a key or an unquoted value.
func (s *causeScanner) scanPlain() {
	s.closed = false
	if !s.past() {
		rest := s.text[s.offsets[s.at]:]
		rest = rest[:min(len(rest), maxSlip)]
		if s.starts {
			s.scanStart(rest)
		}
		if len(s.brackets) > 0 && wideComma.MatchString(rest) {
			s.note(s.line, s.at+1, "the comma ， is a wide one: write \", \" between entries")
			after := strings.TrimLeft(rest[len("，"):], " \u3000")
			s.found.fix = []edit{{s.line, s.at + 1, utf8.RuneCountInString(rest[:len(rest)-len(after)]), ", "}}
		}
	}
	s.starts = false
}

// scanStart looks for a mistake in the key or value that begins here. rest is the line from here on.
func (s *causeScanner) scanStart(rest string) {
	column := s.at + 1
	if m := wideColon.FindString(rest); m != "" {
		s.note(s.line, column+utf8.RuneCountInString(m)-1, string(wideColonMessage))
		after := strings.TrimLeft(rest[len(m):], " \u3000")
		s.found.fix = []edit{{s.line, s.found.column, 1 + utf8.RuneCountInString(rest[len(m):len(rest)-len(after)]), ": "}}
		return
	}
	if m := wideSpace.FindString(rest); m != "" {
		s.note(s.line, column+utf8.RuneCountInString(m)-1, string(wideSpaceMessage))
		s.found.fix = []edit{{s.line, s.found.column, 1, " "}}
		return
	}
	if m := tightColon.FindString(rest); m != "" && (s.line < s.failLine || column <= s.failColumn) {
		s.note(s.line, column+utf8.RuneCountInString(m)-2, string(tightColonMessage))
		s.found.fix = []edit{{s.line, s.found.column, 1, ": "}}
		return
	}
	switch char := s.chars[s.at]; {
	case char == '&' && !anchorMark.MatchString(rest):
		s.note(s.line, column, "& at the start of a value has a meaning in YAML: put a text that begins with it into quotes")
		s.found.fix = quoteValue(s.lines, s.line)
	case (char == '“' || char == '”' || char == '‘') && strings.Contains(rest, ": "):
		s.note(s.line, column, "“ ” are no quotes in YAML, so that \": \" inside them ends the text: write \" \" around it")
		s.found.fix = quoteValue(s.lines, s.line)
	}
}

// maxSlip bounds how many bytes of a line are searched for a key and its colon.
const maxSlip = 400

// offsets returns the byte offset of each character of a line, and the length of the line.
func offsets(line string) []int {
	from := make([]int, 0, len(line)+1)
	for i := range line {
		from = append(from, i)
	}
	return append(from, len(line))
}
