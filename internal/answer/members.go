package answer

import (
	"encoding/json"
	"slices"
	"strings"
)

// A jsonText reads a JSON value that is known to be well formed. Strings that it returns share the memory of text.
type jsonText struct {
	text string
	at   int // the byte that is read next
}

// kind returns the first byte of the value that is next: one of {["tfn, a minus or a digit.
func (j *jsonText) kind() byte {
	j.skipSpace()
	return j.text[j.at]
}

func (j *jsonText) skipSpace() {
	for strings.IndexByte(" \t\r\n", j.text[j.at]) >= 0 {
		j.at++
	}
}

// string reads a string, as the decoder of encoding/json does: two spellings of a text are one text.
func (j *jsonText) string() string {
	from := j.at
	escaped := false
	for j.at++; j.text[j.at] != '"'; j.at++ {
		if j.text[j.at] == '\\' {
			escaped = true
			j.at++
		}
	}
	j.at++
	if !escaped {
		return j.text[from+1 : j.at-1]
	}
	var text string
	if json.Unmarshal([]byte(j.text[from:j.at]), &text) != nil {
		return j.text[from:j.at] // not reached: the value is well formed
	}
	return text
}

// word reads a number, true, false or null.
func (j *jsonText) word() string {
	from := j.at
	for j.at < len(j.text) && strings.IndexByte(",]} \t\r\n", j.text[j.at]) < 0 {
		j.at++
	}
	return j.text[from:j.at]
}

// skip skips the value that is next.
func (j *jsonText) skip() {
	for depth := 0; ; {
		switch j.kind() {
		case '{', '[':
			depth++
			j.at++
		case '}', ']':
			depth--
			j.at++
		case '"':
			for j.at++; j.text[j.at] != '"'; j.at++ {
				if j.text[j.at] == '\\' {
					j.at++
				}
			}
			j.at++
		case ',', ':':
			j.at++
		default:
			j.word()
		}
		if depth == 0 {
			return
		}
	}
}

// more reports whether the object or array that is read has one more member or element, and goes there. It is called at the
// bracket that opens it, and after each member or element; after the last one it goes behind the closing bracket.
func (j *jsonText) more() bool {
	j.skipSpace()
	last := j.text[j.at]
	j.at++
	if last == '{' || last == '[' {
		j.skipSpace()
		last = j.text[j.at]
		if last == '}' || last == ']' {
			j.at++
			return false
		}
		return true
	}
	if last == ',' {
		j.skipSpace()
	}
	return last == ','
}

// name reads the name of a member, and goes to its value.
func (j *jsonText) name() string {
	name := j.string()
	j.skipSpace()
	j.at++ // the colon
	j.skipSpace()
	return name
}

// members reads the names in a JSON value that is known to be well formed. unknown are those of the outermost object that
// are not among known; twice are the paths of names ("answers.q.row") that an object has more than once. Both are in the
// order of the text, each once, and bounded by maxProblems. replaced are where the values begin that a later member of the same
// name replaces, sorted.
func members(text string, known []string) (unknown, twice []string, replaced []int) {
	s := memberScanner{jsonText: jsonText{text: text}, known: known}
	s.names = s.few[:0]
	s.open = s.levels[:0]
	for s.at < len(text) {
		switch text[s.at] {
		case '{':
			s.open = append(s.open, level{object: true, first: len(s.names)})
			s.nameNext = true
		case '[':
			s.open = append(s.open, level{first: len(s.names)})
			s.nameNext = false
		case '}', ']':
			s.names = s.names[:s.open[len(s.open)-1].first]
			s.open = s.open[:len(s.open)-1]
			s.nameNext = false
		case ',':
			s.nameNext = len(s.open) > 0 && s.open[len(s.open)-1].object
		case '"':
			if s.nameNext {
				s.addName(s.name())
			} else {
				s.skip()
			}
			s.nameNext = false
			continue
		}
		s.at++
	}
	slices.Sort(s.replaced)
	return s.unknown, s.twice, s.replaced
}

// A memberScanner reads the names in a JSON value.
type memberScanner struct {
	jsonText
	known          []string
	open           []level  // the objects and arrays around the byte that is next
	names          []member // of the objects that are open, the innermost last, as long as they are few
	nameNext       bool     // the next string is a name
	repeats        int
	unknown, twice []string
	replaced       []int

	few    [maxNames]member // of most submissions, all that names needs
	levels [maxDepth]level
}

// A member is a name in an object, and where its value begins.
type member struct {
	name string
	at   int
}

// addName notes a name of the innermost object.
func (s *memberScanner) addName(name string) {
	innermost := &s.open[len(s.open)-1]
	innermost.name = name
	if len(s.open) == 1 && len(s.unknown) < maxProblems && !slices.Contains(s.known, name) && !slices.Contains(s.unknown, name) {
		s.unknown = append(s.unknown, name)
	}
	if len(s.open) > maxDepth || !s.isRepeated(innermost) || s.repeats >= maxProblems {
		return
	}
	s.repeats++
	if path := s.path(); !slices.Contains(s.twice, path) {
		s.twice = append(s.twice, path)
	}
}

// maxPath bounds a path in bytes: more than any field has. Many paths may begin with the same long name.
const maxPath = 512

// path joins the names of the objects that are open. A longer one than maxPath is cut.
func (s *memberScanner) path() string {
	names := make([]string, 0, len(s.open))
	for _, l := range s.open {
		if l.object {
			names = append(names, l.name)
		}
	}
	path := strings.Join(names, ".")
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	return path
}

// A level is an object or array that is open.
type level struct {
	object bool
	name   string         // of the member that is being read
	first  int            // its members are the names from this one on, as long as they are few
	set    map[string]int // where the values of the members so far begin, when they are many
}

// maxDepth is the number of objects around the innermost name that a submission can have: itself, the answers, a question and
// a row. What is deeper has the wrong type.
const maxDepth = 4

// maxNames is the number of names up to which a list is faster than a set.
const maxNames = 64

// isRepeated adds the name of the member that is being read, and reports whether the object has it already.
func (s *memberScanner) isRepeated(l *level) bool {
	if l.set != nil {
		before, repeated := l.set[l.name]
		l.set[l.name] = s.at
		if repeated {
			s.replaced = append(s.replaced, before)
		}
		return repeated
	}
	names := s.names[l.first:]
	for i := range names {
		if names[i].name == l.name {
			s.replaced = append(s.replaced, names[i].at)
			names[i].at = s.at
			return true
		}
	}
	s.names = append(s.names, member{l.name, s.at})
	if len(names) >= maxNames {
		l.set = make(map[string]int, 4*maxNames)
		for _, m := range s.names[l.first:] {
			l.set[m.name] = m.at
		}
		s.names = s.names[:l.first]
	}
	return false
}
