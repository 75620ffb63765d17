package questionnaire

import "strings"

// mendRegion makes the lines of a large region valid YAML: the entries of its outermost level one by one, and then how they fit
// one another.
func (m *mender) mendRegion(from, to int) {
	siblings := siblingsIn(m.reader.lines, from, to)
	omitted := map[int]bool{}
	for i := 0; i < len(siblings); {
		s := siblings[i]
		if size(m.reader.lines[s.from:s.to]) <= maxPart {
			for i+1 < len(siblings) && size(m.reader.lines[s.from:siblings[i+1].to]) <= maxPart {
				i++
			}
			s.to = siblings[i].to
			s.to = m.mendLines(s.from, s.to, to)
		} else if head := m.reader.lines[s.from]; closers(head, 1) != "" || blockText.MatchString(strings.TrimLeft(head, " ")) {
			s.to = m.mendLines(s.from, s.to, to)
			omit(omitted, s)
		} else {
			m.mendLines(s.from, s.from+1, s.from+1)
			body := s.from + 1
			m.mendRegion(body, s.to)
			first := siblingsIn(m.reader.lines, body, s.to)
			if len(first) > 0 {
				body = first[0].from + 1
			}
			omit(omitted, span{body, s.to})
		}
		for i++; i < len(siblings) && siblings[i].from < s.to; i++ {
		}
	}
	m.mendPart(&part{mender: m, from: from, to: to, omitted: omitted})
}

func omit(omitted map[int]bool, s span) {
	for i := s.from; i < s.to; i++ {
		omitted[i] = true
	}
}

// mendLines makes lines valid, and returns the line after them: if what they leave open is closed further down, but above
// limit, and all of it is valid, the line after that.
func (m *mender) mendLines(from, to, limit int) int {
	p := &part{mender: m, from: from, to: to}
	text := strings.Join(m.reader.lines[from:to], "\n")
	if closers(text, 1) != "" && p.check(text) != nil {
		for end := to + 1; end <= min(limit, to+maxLonger); end++ {
			if text += "\n" + m.reader.lines[end-1]; closers(text, 1) == "" {
				if p.check(text) == nil {
					return end
				}
				break
			}
		}
	}
	m.mendPart(p)
	return to
}

const maxLonger = 50 // lines

// size returns the length of lines in bytes.
func size(lines []string) int {
	n := 0
	for _, line := range lines {
		n += len(line) + 1
	}
	return n
}

// siblingsIn splits lines where an entry of their outermost level begins.
func siblingsIn(lines []string, from, to int) []span {
	indent := -1
	for _, line := range lines[from:to] {
		if n := indentOf(line); isEntryStart(line) && (indent < 0 || n < indent) {
			indent = n
		}
	}
	var all []span
	for i := from; i < to; i++ {
		if len(all) == 0 || isEntryStart(lines[i]) && indentOf(lines[i]) == indent {
			all = append(all, span{i, i})
		}
		all[len(all)-1].to = i + 1
	}
	return all
}

// isEntryStart reports whether an entry may begin on a line.
func isEntryStart(line string) bool {
	text := strings.TrimLeft(line, " ")
	return text != "" && !isBlank(text) && strings.IndexByte("#]}", text[0]) < 0
}
