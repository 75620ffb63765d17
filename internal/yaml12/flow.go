package yaml12

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// A flow is a bracket that is open, and where its current entry stands.
type flow struct {
	char     byte
	begun    bool // the entry has begun
	line, at int  // there
	asked    bool // it begins with ?
	valued   bool // its colon has been read
	json     bool // quotes or brackets were closed last, so that a colon need not be followed by a blank
}

// longKey is the length of a key, in bytes, beyond which yaml.v3 may not find its colon: its limit of 1024, less what may be in
// front.
const longKey = 900

func (s *scanner) top() *flow { return &s.flow[len(s.flow)-1] }

// begin notes that something of an entry begins here.
func (s *scanner) begin() {
	if f := s.top(); !f.begun {
		f.begun, f.line, f.at = true, s.line, s.at
	}
}

// closed notes that quotes or brackets were closed before this place.
func (s *scanner) closed() {
	if len(s.flow) > 0 {
		s.top().json = true
	}
}

// scanFlow reads from a bracket to the one that closes it.
func (s *scanner) scanFlow() {
	depth := len(s.flow)
	for first := true; (first || len(s.flow) > depth) && !s.broken; first = false {
		if !first {
			if s.skipBlanks(); s.ends() {
				s.nextLine()
				s.broken = s.line >= len(s.lines) || isMarker(s.text())
				continue
			}
		}
		s.scanToken()
	}
}

// scanToken reads what begins here, inside brackets or at the first of them.
func (s *scanner) scanToken() {
	line, c := s.text(), s.text()[s.at]
	switch {
	case c == '[' || c == '{':
		if len(s.flow) > 0 {
			s.begin()
		}
		s.flow = append(s.flow, flow{char: c})
		s.at++
	case c == ']' || c == '}':
		s.broken = c != s.top().char+2 // as ASCII has them
		s.flow = s.flow[:len(s.flow)-1]
		s.at++
		s.closed()
	case c == ',':
		*s.top() = flow{char: s.top().char}
		s.at++
	case c == '?' && (blankAt(line, s.at+1) || isIndicator(line[s.at+1])):
		s.begin()
		s.top().asked = true
		s.at++
	case c == ':' && s.isColon():
		s.scanColon()
	case c == '"' || c == '\'':
		s.begin()
		s.scanQuoted(c)
		s.closed()
	default:
		s.begin()
		s.top().json = false
		switch c {
		case '&', '*':
			s.scanAnchor()
		case '!':
			s.scanTag()
		default:
			s.scanFlowPlain()
		}
	}
}

// endsPlain reports whether the colon at an offset ends a plain text inside brackets.
func endsPlain(line string, at int) bool {
	return line[at] == ':' && (blankAt(line, at+1) || isIndicator(line[at+1]))
}

// isColon reports whether the colon here separates a key from its value.
func (s *scanner) isColon() bool {
	f := s.top()
	return endsPlain(s.text(), s.at) || f.json && !f.valued
}

// scanColon reads the colon after a key. yaml.v3 needs a ? before a key on several lines, which JSON may have; but in one without
// quotes, a comma has rather been forgotten.
func (s *scanner) scanColon() {
	f := s.top()
	if f.char == '{' && (f.json || f.begun && afterBlanks(s.text(), 0) == s.at) && !f.asked && !f.valued && (f.line != s.line || s.at-f.at > longKey) {
		s.edits = append(s.edits, edit{line: f.line, at: f.at, order: -1, insert: "? "})
	}
	s.begin()
	f.valued, f.json = true, false
	s.at++
}

// scanFlowPlain reads a plain text inside brackets. yaml.v3 needs quotes around one with a ? or with a : in front, and a space
// after the colon that ends one.
func (s *scanner) scanFlowPlain() {
	start := edit{line: s.line, at: s.at, insert: "'", quotes: true}
	misread := s.text()[s.at] == ':'
	var doubled []edit
	end := start
	for {
		line := s.text()
		for ; s.at < len(line) && !isIndicator(line[s.at]) && !endsPlain(line, s.at) && !s.ends(); s.at++ {
			switch c := line[s.at]; {
			case isBlank(c):
				continue
			case c == '?':
				misread = true
			case c == '\'':
				doubled = append(doubled, edit{line: s.line, at: s.at, insert: "'"})
			}
			end = edit{line: s.line, at: s.at + 1, insert: "'"}
		}
		if s.at < len(line) || !s.continuesFlowPlain() {
			break
		}
	}
	if misread {
		s.edits = append(append(append(s.edits, start), doubled...), end)
	}
	if line := s.text(); s.at+1 < len(line) && line[s.at] == ':' && isIndicator(line[s.at+1]) {
		s.edit(s.at+1, 0, " ")
	}
}

// continuesFlowPlain moves to the next line that is not blank, and reports whether a plain text goes on there.
func (s *scanner) continuesFlowPlain() bool {
	for line := s.line + 1; line < len(s.lines); line++ {
		text := s.lines[line]
		content := afterBlanks(text, 0)
		if content == len(text) {
			if strings.Contains(text, "\t") {
				s.edits = append(s.edits, edit{line: line, delete: len(text)})
			}
			continue
		}
		if text[content] == '#' || isIndicator(text[content]) || endsPlain(text, content) || isMarker(text) {
			return false
		}
		s.line, s.at = line, content
		return true
	}
	return false
}

// scanQuoted reads from a quotation mark to the one that closes it.
func (s *scanner) scanQuoted(quote byte) {
	for s.at++; ; s.at++ {
		for s.at >= len(s.text()) {
			if s.nextLine(); s.line >= len(s.lines) || isMarker(s.text()) {
				s.broken = true
				return
			}
		}
		switch c := s.text()[s.at]; {
		case c == '\\' && quote == '"':
			s.scanEscape()
		case c == '\'' && quote == '\'' && strings.HasPrefix(s.rest(), "''"):
			s.at++
		case c == quote:
			s.at++
			return
		}
	}
}

// scanEscape reads what follows a backslash, up to its last character. yaml.v3 knows neither \/ nor halves of a character.
func (s *scanner) scanEscape() {
	rest := s.rest()
	if strings.HasPrefix(rest, `\/`) {
		s.edit(s.at, 1, "")
	}
	if len(rest) >= 12 {
		if char := utf16.DecodeRune(half(rest), half(rest[6:])); char != '\uFFFD' {
			s.edit(s.at, 12, string(char))
			s.at += 11
			return
		}
	}
	s.at++
}

// half returns the code of an escape \uXXXX; -1 if text begins with none.
func half(text string) rune {
	if !strings.HasPrefix(text, `\u`) {
		return -1
	}
	code, err := strconv.ParseUint(text[2:6], 16, 16)
	if err != nil {
		return -1
	}
	return rune(code)
}
