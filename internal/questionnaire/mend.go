package questionnaire

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/yaml12"
)

// Bounds of mending.
const (
	maxWhole    = 4 << 10 // bytes of a file that is mended as a whole; a larger one is mended part by part
	maxPart     = 1 << 10 // bytes of several entries that are mended together
	maxMended   = 4 << 20 // bytes given to yaml.v3, and eight times the file
	maxAttempts = 60      // at one part
)

// A mender makes valid YAML of a file that is not, so that one run shows all mistakes of the file: it applies the fix that the
// message of a mistake describes or, if there is none, closes a quote or bracket, or leaves an entry out. Lines keep their
// numbers.
type mender struct {
	*reader
	budget int  // bytes that may still be given to yaml.v3
	tabs   int  // lines that are indented by tabs or wide spaces, 0 once they are reported
	ended  bool // an end of the questionnaire above some line is reported: what follows it may be reported as such again
}

// mend makes the file's lines valid YAML, or gives up.
func (r *reader) mend() {
	m := mender{reader: r}
	for _, line := range r.lines {
		if indentMark.MatchString(line) && !isBlank(line) {
			m.tabs++
		}
	}
	whole := size(r.lines)
	m.budget = maxMended + 8*whole
	if whole > maxWhole {
		m.mendRegion(0, len(r.lines))
	}
	m.mendPart(&part{mender: &m, to: len(r.lines), whole: true})
}

// A part is some lines of the file that are mended together.
type part struct {
	*mender
	from, to int
	whole    bool
	omitted  map[int]bool // lines that are left out, from 0
	last     span         // the lines of the last change
	fixed    *edit        // the last edit of it, if it was the fix of a message
	level    int          // how much was left out by it
}

// A span holds lines, from 0; to is behind the last.
type span struct{ from, to int }

func (s span) holds(line int) bool { return line >= s.from && line < s.to }

func (p *part) lines() []string {
	lines := slices.Clone(p.reader.lines[p.from:p.to])
	for i := range lines {
		if p.omitted[p.from+i] {
			lines[i] = ""
		}
	}
	return lines
}

// check reports what yaml.v3 finds wrong with some lines.
func (p *part) check(text string) error {
	p.checked += len(text) + 100
	if p.whole {
		_, _, err := yaml12.Decode([]byte(text))
		return err
	}
	return yaml12.Check([]byte(text))
}

// mendPart makes a part valid.
func (m *mender) mendPart(p *part) {
	for range maxAttempts {
		lines := p.lines()
		err := p.check(strings.Join(lines, "\n"))
		if err == nil || m.checked > m.budget || m.stopped {
			return
		}
		found := diagnose(lines, err, p.from, m.tabs, p.check)
		found.move(p.from)
		p.mendAt(found)
	}
	if !p.whole {
		p.leaveOut(span{p.from, p.to})
	}
}

// mendAt reports a mistake, unless it is a consequence of the last change, and mends it.
func (p *part) mendAt(found finding) {
	line := found.line - 1
	isTab := found.message.Code == "tab" || found.message.Code == "wide_space"
	if p.isCausedByLast(found) {
		p.level++
	} else {
		p.level = 0
		isEnd := found.message.Code == "several_documents"
		if (!isTab || p.tabs > 0) && (!isEnd || !p.ended) {
			p.report(found.line, found.column, found.message)
		}
		p.ended = p.ended || isEnd
	}
	if p.fixed = nil; isTab {
		p.tabs = 0
	}
	if p.level == 0 && found.fix != nil {
		p.fix(found.fix)
		p.fixed = &found.fix[len(found.fix)-1]
		p.last = span{line, p.fixed.line}
		return
	}
	if p.level == 0 && (p.closeQuote(found) || p.closeBracket(found)) {
		return
	}
	if p.level == 0 && found.message.Code == "indentation" && p.isDeeper(line) {
		p.last = span{line, p.end(p.above(line, indentOf(p.reader.lines[line])))}
		p.leaveOut(p.last)
		return
	}
	p.leaveOutAt(line, max(1, p.level))
}

// isDeeper reports whether a line is indented deeper than the one above it.
func (p *part) isDeeper(line int) bool {
	for above := line - 1; above >= p.from; above-- {
		if text := p.reader.lines[above]; !isBlank(text) {
			return indentOf(text) < indentOf(p.reader.lines[line])
		}
	}
	return false
}

// isCausedByLast reports whether a mistake may be a consequence of the last change.
func (p *part) isCausedByLast(found finding) bool {
	if p.fixed != nil {
		return !found.after(*p.fixed)
	}
	return p.last.holds(found.line - 1)
}

// leaveOutAt leaves out the value on a line, at the next level its entry, then the value of the entry around it, and so on.
func (p *part) leaveOutAt(line, level int) {
	if isBlank(p.reader.lines[line]) {
		line = p.above(line, len(p.reader.lines[line])+1)
	}
	for ; level > 2; level-- {
		line = p.above(line, indentOf(p.reader.lines[line]))
	}
	p.last = span{line, p.end(line)}
	text := p.reader.lines[line]
	head := entryHead.FindString(text)
	if level == 1 && head != "" && len(head) < len(text) {
		p.leaveUnread(p.last)
		p.fix([]edit{{line + 1, 1 + utf8.RuneCountInString(head), utf8.RuneCountInString(text[len(head):]), ""}})
		p.clear(span{line + 1, p.last.to})
		return
	}
	p.leaveOut(p.last)
}

var entryHead = regexp.MustCompile(`^ *(?:- +)*(?:[A-Za-z_][A-Za-z0-9_-]*: )?`)

// leaveOut leaves lines out.
func (p *part) leaveOut(s span) {
	p.leaveUnread(s)
	p.clear(s)
}

func (p *part) clear(s span) {
	for i := s.from; i < s.to; i++ {
		if n := utf8.RuneCountInString(p.reader.lines[i]); n > 0 {
			p.fix([]edit{{i + 1, 1, n, ""}})
		}
	}
}

// above returns the next line above that is indented by fewer spaces than indent; the first of the part if there is none.
func (p *part) above(line, indent int) int {
	for line--; line > p.from; line-- {
		if text := p.reader.lines[line]; !isBlank(text) && indentOf(text) < indent {
			return line
		}
	}
	return p.from
}

// end returns the line after an entry that begins on a line: the next one that is not indented deeper.
func (p *part) end(line int) int {
	indent, end := indentOf(p.reader.lines[line]), line+1
	for i := end; i < p.to; i++ {
		if text := p.reader.lines[i]; isBlank(text) {
			continue
		} else if indentOf(text) <= indent {
			break
		}
		end = i + 1
	}
	return end
}

// closeQuote closes a quote at the end of its line, in front of the brackets that are closed there.
func (p *part) closeQuote(found finding) bool {
	line := found.line - 1
	text := p.reader.lines[line]
	before, rest := prefix(text, found.column-1), suffix(text, found.column-1)
	if found.message.Code != "unclosed_quote" || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return false
	}
	end := strings.TrimRight(rest, " ")
	for open := closers(before, 1); open != "" && len(end) > 1 && end[len(end)-1] == open[len(open)-1]; open = open[:len(open)-1] {
		end = strings.TrimRight(end[:len(end)-1], " ")
	}
	if strings.HasSuffix(end, "\\") {
		return false
	}
	p.insert(line, utf8.RuneCountInString(before+end), rest[:1])
	return true
}

// closeBracket closes a bracket, and those inside it, at the end of its entry.
func (p *part) closeBracket(found finding) bool {
	line := found.line - 1
	text := p.reader.lines[line]
	if rest := suffix(text, found.column-1); found.message.Code != "unclosed_bracket" || rest == "" || rest[0] != '[' && rest[0] != '{' {
		return false
	}
	end := line
	if next := p.end(line); !isEntries(p.reader.lines[line+1 : next]) {
		end = next - 1
	}
	missing := closers(strings.Join(p.reader.lines[line:end+1], "\n"), 1)
	if missing == "" || strings.ContainsAny(missing, `"'`) {
		return false
	}
	last := strings.TrimRight(p.reader.lines[end], " ")
	p.insert(end, utf8.RuneCountInString(last), missing)
	p.last.from = line
	return true
}

// isEntries reports whether lines begin with an entry of a list or with a key outside of brackets.
func isEntries(lines []string) bool {
	for _, line := range lines {
		if !isBlank(line) {
			return blockEntry.MatchString(line)
		}
	}
	return false
}

var blockEntry = regexp.MustCompile(`^ *(- |[A-Za-z_][A-Za-z0-9_-]*:( |$))`)

// insert inserts text into a line, whose rest may be misread.
func (p *part) insert(line, column int, text string) {
	p.leaveUnread(span{line, line + 1})
	p.fix([]edit{{line + 1, column + 1, 0, text}})
	p.last = span{line, line + 1}
}
