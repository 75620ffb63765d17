package answer

import (
	"bytes"
	"encoding/json"
	"slices"
)

// members reads the names in a JSON value that is known to be well formed. unknown are those of the outermost object that
// are not among known; twice are the paths of names ("answers.q.row") that an object has more than once. Both are in the
// order of the text, each once, and bounded by maxProblems.
func members(body []byte, known ...string) (unknown, twice []string) {
	s := memberScanner{body: body, known: known}
	for s.at = 0; s.at < len(body); s.at++ {
		switch body[s.at] {
		case '{':
			s.open = append(s.open, level{object: true})
			s.nameNext = true
		case '[':
			s.open = append(s.open, level{})
			s.nameNext = false
		case '}', ']':
			s.open = s.open[:len(s.open)-1]
			s.nameNext = false
		case ',':
			s.nameNext = len(s.open) > 0 && s.open[len(s.open)-1].object
		case '"':
			text := s.scanString()
			if s.nameNext {
				s.addName(unquote(text))
			}
			s.nameNext = false
		}
	}
	return s.unknown, s.twice
}

// A memberScanner reads the names in a JSON value.
type memberScanner struct {
	body           []byte
	known          []string
	at             int     // the byte
	open           []level // the objects and arrays around it
	nameNext       bool    // the next string is a name
	repeats        int
	unknown, twice []string
}

// scanString reads a string, up to the closing quote.
func (s *memberScanner) scanString() []byte {
	from := s.at
	for s.at++; s.body[s.at] != '"'; s.at++ {
		if s.body[s.at] == '\\' {
			s.at++
		}
	}
	return s.body[from : s.at+1]
}

// addName notes a name of the innermost object.
func (s *memberScanner) addName(name []byte) {
	innermost := &s.open[len(s.open)-1]
	innermost.name = name
	if len(s.open) == 1 && len(s.unknown) < maxProblems {
		if name := string(name); !slices.Contains(s.known, name) && !slices.Contains(s.unknown, name) {
			s.unknown = append(s.unknown, name)
		}
	}
	if len(s.open) > maxDepth || s.repeats >= maxProblems || !innermost.isRepeated() {
		return
	}
	s.repeats++
	if path := s.path(); !slices.Contains(s.twice, path) {
		s.twice = append(s.twice, path)
	}
}

// path joins the names of the objects that are open.
func (s *memberScanner) path() string {
	names := make([][]byte, 0, len(s.open))
	for _, l := range s.open {
		if l.object {
			names = append(names, l.name)
		}
	}
	return string(bytes.Join(names, []byte(".")))
}

// A level is an object or array that is open.
type level struct {
	object bool
	name   []byte          // of the member that is being read
	names  [][]byte        // of the members so far, as long as they are few
	set    map[string]bool // of the members so far, when they are many
}

// maxDepth is the number of objects around the innermost name that a submission can have: itself, the answers, a question and
// a row. What is deeper has the wrong type.
const maxDepth = 4

// maxNames is the number of names up to which a list is faster than a set.
const maxNames = 64

// isRepeated adds the current name, and reports whether the object has it already.
func (l *level) isRepeated() bool {
	if l.set != nil {
		repeated := l.set[string(l.name)]
		l.set[string(l.name)] = true
		return repeated
	}
	for _, name := range l.names {
		if bytes.Equal(name, l.name) {
			return true
		}
	}
	l.names = append(l.names, l.name)
	if len(l.names) > maxNames {
		l.set = make(map[string]bool, 4*maxNames)
		for _, name := range l.names {
			l.set[string(name)] = true
		}
	}
	return false
}

// unquote reads a JSON string as the decoder does: two spellings of a name are one name.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return quoted // not reached: the value is well formed
	}
	return []byte(text)
}
