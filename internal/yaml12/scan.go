package yaml12

import (
	"regexp"
	"strconv"
	"strings"
)

// A scanner goes through a text once, and notes what yaml.v3 would misread. It checks nothing: where the text is no YAML, it
// ends, and yaml.v3 says what is wrong.
type scanner struct {
	lines    []string
	line, at int    // the place, from 0, in bytes
	indents  []int  // of the block collections that are open
	flow     []flow // brackets that are open
	started  bool   // a document has begun, so that % begins no directive
	broken   bool
	edits    []edit
	anchors  map[string]string // names that yaml.v3 does not take, and what stands for them
	prefix   string            // of these
	apart    bool              // aliases are replaced by ~
}

func (s *scanner) scan() {
	for s.line < len(s.lines) && !s.broken {
		s.scanLine()
	}
}

func (s *scanner) text() string { return s.lines[s.line] }

func (s *scanner) rest() string { return s.lines[s.line][s.at:] }

func (s *scanner) nextLine() { s.line, s.at = s.line+1, 0 }

func (s *scanner) edit(at, length int, insert string) {
	s.edits = append(s.edits, edit{line: s.line, at: at, delete: length, insert: insert})
}

// skipBlanks moves to the next character that is neither a space nor a tab, in this line.
func (s *scanner) skipBlanks() { s.at = afterBlanks(s.text(), s.at) }

func afterBlanks(line string, at int) int {
	for at < len(line) && isBlank(line[at]) {
		at++
	}
	return at
}

// ends reports whether nothing but a comment is left in the line.
func (s *scanner) ends() bool {
	return s.at >= len(s.text()) || s.text()[s.at] == '#' && (s.at == 0 || isBlank(s.text()[s.at-1]))
}

// parent returns the indentation of the innermost block collection; -1 outside of all.
func (s *scanner) parent() int {
	if len(s.indents) == 0 {
		return -1
	}
	return s.indents[len(s.indents)-1]
}

// open notes that a block collection begins at a column, unless it is open.
func (s *scanner) open(column int) {
	if column > s.parent() {
		s.indents = append(s.indents, column)
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// isIndicator reports whether a character has a meaning everywhere inside brackets.
func isIndicator(c byte) bool { return strings.IndexByte(",[]{}", c) >= 0 }

// blankAt reports whether a blank or the line's end is at an offset.
func blankAt(line string, at int) bool { return at >= len(line) || isBlank(line[at]) }

// isMarker reports whether a line is --- or ..., perhaps with something behind it.
func isMarker(line string) bool {
	return (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")) && blankAt(line, 3)
}

func spaces(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// scanLine reads a line outside of brackets, quotes and block texts, and what begins in it.
func (s *scanner) scanLine() {
	line := s.text()
	indent, content := spaces(line), afterBlanks(line, 0)
	switch {
	case content == len(line) || line[content] == '#':
		if content > indent {
			s.edit(0, content, "")
		}
		s.nextLine()
		return
	case line[0] == '%' && !s.started:
		s.scanDirective()
		return
	case isMarker(line):
		s.started, s.indents = line[0] == '-', nil
		s.at = 3
		if s.skipBlanks(); s.ends() {
			s.nextLine()
		} else {
			s.scanNode()
		}
		return
	}
	s.started = true
	for len(s.indents) > 0 && s.parent() > indent {
		s.indents = s.indents[:len(s.indents)-1]
	}
	s.at = content
	if content > indent { // a tab that separates, not one that indents
		depth, line := len(s.indents), s.line
		s.scanNode()
		if len(s.indents) == depth && indent > s.parent() {
			s.edits = append(s.edits, edit{line: line, at: indent, delete: content - indent, insert: strings.Repeat(" ", content-indent)})
		}
		return
	}
	s.scanEntry()
}

// scanDirective makes a comment of a directive that yaml.v3 does not take, if a document follows.
func (s *scanner) scanDirective() {
	for _, line := range s.lines[s.line+1:] {
		if content := afterBlanks(line, 0); content == len(line) || line[content] == '#' || line[0] == '%' {
			continue
		}
		if isMarker(line) && line[0] == '-' && !strings.HasPrefix(s.text(), "%TAG") {
			s.edit(0, 1, "#")
		}
		break
	}
	s.nextLine()
}

// scanEntry reads the dashes at the beginning of a line, and what follows them.
func (s *scanner) scanEntry() {
	for strings.IndexByte("-?:", s.text()[s.at]) >= 0 && blankAt(s.text(), s.at+1) {
		s.open(s.at)
		s.at++
		from := s.at
		s.skipBlanks()
		if strings.Contains(s.text()[from:s.at], "\t") {
			s.edit(from, s.at-from, strings.Repeat(" ", s.at-from))
		}
		if s.ends() {
			s.nextLine()
			return
		}
	}
	s.scanNode()
}

// scanNode reads a value outside of brackets, or a key and its value.
func (s *scanner) scanNode() {
	for !s.broken {
		line, start := s.line, s.at
		if s.scanProperties() {
			s.nextLine()
			return
		}
		if !s.scanContent() {
			return
		}
		if s.skipBlanks(); s.at >= len(s.text()) || s.text()[s.at] != ':' || !blankAt(s.text(), s.at+1) {
			s.nextLine() // a comment, or what yaml.v3 refuses
			return
		}
		if line == s.line {
			s.open(start)
		}
		s.at++
		if s.skipBlanks(); s.ends() {
			s.nextLine()
			return
		}
	}
}

// scanContent reads a value or key without its properties. It returns false if the place is at the beginning of another line
// then, as after a block text.
func (s *scanner) scanContent() bool {
	switch c := s.text()[s.at]; c {
	case '"', '\'':
		s.scanQuoted(c)
	case '[', '{':
		s.scanFlow()
	case '*':
		s.scanAnchor()
	case '|', '>':
		if header := blockHeader.FindString(s.rest()); header != "" {
			s.scanBlock(header)
		} else {
			s.nextLine()
		}
		return false
	default:
		return s.scanPlain()
	}
	return !s.broken
}

var blockHeader = regexp.MustCompile(`^[|>][+\-1-9]{0,2}([ \t]+#.*|[ \t]*)$`)

// scanBlock reads a block text.
func (s *scanner) scanBlock(header string) {
	parent, indent := max(0, s.parent()), 0
	for _, c := range header[1:min(3, len(header))] {
		if c >= '1' && c <= '9' {
			indent = parent + int(c-'0')
		}
	}
	for s.nextLine(); s.line < len(s.lines); s.nextLine() {
		line := s.text()
		if n := spaces(line); n == len(line) || indent > 0 && n >= indent {
			continue
		} else if afterBlanks(line, 0) == len(line) && n <= max(s.parent(), indent-1) {
			s.edit(0, len(line), "")
		} else if indent == 0 && n > s.parent() && !(n == 0 && isMarker(line)) {
			indent = max(n, 1)
		} else {
			return
		}
	}
}

// scanPlain reads an unquoted key or value outside of brackets. Its result is that of scanContent.
func (s *scanner) scanPlain() bool {
	for first := true; ; first = false {
		line := s.text()
		for ; s.at < len(line); s.at++ {
			if line[s.at] == ':' && blankAt(line, s.at+1) {
				if !first {
					s.nextLine() // no key has several lines
				}
				return first
			}
			if s.ends() {
				return true
			}
		}
		if !s.continuesPlain() {
			return false
		}
	}
}

// continuesPlain moves to the next line that is not blank, and reports whether it continues a plain text. If not, it is at its
// beginning.
func (s *scanner) continuesPlain() bool {
	for s.nextLine(); s.line < len(s.lines); s.nextLine() {
		line := s.text()
		indent, content := spaces(line), afterBlanks(line, 0)
		if content < len(line) {
			if indent <= s.parent() || line[content] == '#' || isMarker(line) {
				return false
			}
			s.at = content
			return true
		}
		if content > indent {
			s.edit(0, len(line), "")
		}
	}
	return false
}

// scanProperties reads anchors and tags, and reports whether the line ends behind them.
func (s *scanner) scanProperties() bool {
	for {
		switch s.text()[s.at] {
		case '&':
			s.scanAnchor()
		case '!':
			s.scanTag()
		default:
			return false
		}
		if s.skipBlanks(); s.ends() {
			return true
		}
	}
}

var simpleName = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// scanAnchor reads an anchor or an alias, and renames it if yaml.v3 does not take its name.
func (s *scanner) scanAnchor() {
	line, start := s.text(), s.at+1
	for s.at = start; s.at < len(line) && !isBlank(line[s.at]) && !isIndicator(line[s.at]); s.at++ {
	}
	name := line[start:s.at]
	if s.apart && line[start-1] == '*' && simpleName.MatchString(name) {
		s.edit(start-1, s.at-start+1, "~")
		return
	}
	if simpleName.MatchString(name) {
		return
	}
	if line[start-1] == '&' && s.anchors[name] == "" {
		s.anchors[name] = s.anchorPrefix() + strconv.Itoa(len(s.anchors))
	}
	if short := s.anchors[name]; short != "" {
		s.edit(start, len(name), short)
	}
}

// anchorPrefix returns what no name of the text begins with.
func (s *scanner) anchorPrefix() string {
	if s.prefix == "" {
		text := strings.Join(s.lines, "\n")
		for s.prefix = "a"; strings.Contains(text, "&"+s.prefix); {
			s.prefix += "_"
		}
	}
	return s.prefix
}

// scanTag reads a tag. yaml.v3 takes commas and brackets for a part of it, and a sole ! for nothing.
func (s *scanner) scanTag() {
	line, start := s.text(), s.at
	verbatim := strings.HasPrefix(s.rest(), "!<")
	for ; s.at < len(line) && !isBlank(line[s.at]); s.at++ {
		if verbatim && line[s.at] == '>' {
			s.at++
			break
		}
		if !verbatim && isIndicator(line[s.at]) {
			break
		}
	}
	if next := afterBlanks(line, s.at); s.at == start+1 && (next == len(line) || line[next] != '[' && line[next] != '{') {
		s.edit(s.at, 0, "!str")
	}
	if len(s.flow) > 0 && s.at < len(line) && isIndicator(line[s.at]) {
		s.edit(s.at, 0, " ")
	}
}
