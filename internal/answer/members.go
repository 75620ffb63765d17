package answer

import (
	"bytes"
	"encoding/json"
	"slices"
)

// members walks the names in a JSON value that is known to be well formed. Unknown are those of the outermost object that
// are not among known; twice are paths of names ("answers.q.row") that an object has more than once. Both are in the
// order of the text, each once; beyond maxProblems no more are looked for.
func members(body []byte, known ...string) (unknown, twice []string) {
	var open []level
	key := false // a string that begins now is a name
	again := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{':
			open = append(open, level{object: true})
			key = true
		case '[':
			open = append(open, level{})
			key = false
		case '}', ']':
			open = open[:len(open)-1]
			key = false
		case ',':
			key = len(open) > 0 && open[len(open)-1].object
		case '"':
			from := i
			for i++; body[i] != '"'; i++ {
				if body[i] == '\\' {
					i++
				}
			}
			if !key {
				continue
			}
			key = false
			at := &open[len(open)-1]
			at.name = unquoted(body[from : i+1])
			if len(open) == 1 && len(unknown) < maxProblems {
				if name := string(at.name); !slices.Contains(known, name) && !slices.Contains(unknown, name) {
					unknown = append(unknown, name)
				}
			}
			if at.again() && again < maxProblems {
				again++
				path := make([][]byte, 0, len(open))
				for _, l := range open {
					if l.object {
						path = append(path, l.name)
					}
				}
				if joined := string(bytes.Join(path, []byte("."))); !slices.Contains(twice, joined) {
					twice = append(twice, joined)
				}
			}
		}
	}
	return unknown, twice
}

// level is an object or array that is being walked.
type level struct {
	object bool
	name   []byte          // whose value is being read
	names  [][]byte        // those before it, as long as they are few
	many   map[string]bool // the same, when they are not
}

// few is up to how many names it is quicker to look at each.
const few = 64

// again notes the name, and reports whether it has been noted before.
func (l *level) again() bool {
	if l.many != nil {
		before := l.many[string(l.name)]
		l.many[string(l.name)] = true
		return before
	}
	for _, name := range l.names {
		if bytes.Equal(name, l.name) {
			return true
		}
	}
	l.names = append(l.names, l.name)
	if len(l.names) > few {
		l.many = make(map[string]bool, 4*few)
		for _, name := range l.names {
			l.many[string(name)] = true
		}
	}
	return false
}

// unquoted reads a JSON string, as the decoder does: two spellings of a name are one name.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	if json.Unmarshal(quoted, &text) != nil {
		return quoted // the value is well formed: this is not reached
	}
	return []byte(text)
}
