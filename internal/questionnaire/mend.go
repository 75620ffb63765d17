package questionnaire

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A file that is no YAML is read on as if what a message says had been done, so that one run shows all its mistakes. Only
// what can be mended in one way is: everything else ends the reading.

// An edit mends one line: from a column on, cut characters are replaced by others.
type edit struct {
	line, column int // from 1, in characters, of the file as the edits before have left it
	cut          int
	put          string
}

// apply mends one of a file's lines.
func (e edit) apply(lines []string) {
	here := []rune(lines[e.line-1])
	from := min(e.column-1, len(here))
	to := min(from+e.cut, len(here))
	lines[e.line-1] = string(here[:from]) + e.put + string(here[to:])
}

// before says where a place of the mended line was before.
func (e edit) before(line, column int) int {
	long := utf8.RuneCountInString(e.put)
	switch {
	case line != e.line || column < e.column:
		return column
	case column < e.column+long:
		return min(column, e.column+max(0, e.cut-1))
	}
	return column + e.cut - long
}

// Bounds of reading on.
const (
	maxMends  = 30
	mendBytes = 512 << 10 // read again, in all
)

// placed says where a place of the text that is read stands in the file.
func (r *reader) placed(line, column int) int {
	for _, e := range slices.Backward(r.edits) {
		column = e.before(line, column)
	}
	return column
}

// mend applies edits, which the places of all later problems allow for.
func (r *reader) mend(edits []edit) {
	for _, e := range edits {
		e.apply(r.lines)
	}
	r.edits = append(r.edits, edits...)
}

// reread reads a questionnaire that has problems once more, as if its slips were mended: problems that follow from them are
// gone then, and others are seen that they have hidden. It returns nil if there are no slips.
func reread(file string, source []byte) *reader {
	if len(source) > maxFile || !utf8.Valid(source) {
		return nil
	}
	lines := splitLines(source)
	found := slips(lines)
	if len(found) == 0 {
		return nil
	}
	r := newReader(file)
	for _, slip := range found {
		r.failAt(slip.line, slip.column, "%s", slip.message)
		r.edits = append(r.edits, slip.mend...)
	}
	r.questionnaire([]byte(strings.Join(lines, "\n")))
	return r
}

// indents are the edits that put ordinary spaces in place of what indents a file's lines, each tab as wide as given.
func indents(lines []string, tab int) []edit {
	var edits []edit
	for i, line := range lines {
		column := 1
		for _, c := range line {
			put := ""
			switch c {
			case ' ':
			case '\t':
				put = strings.Repeat(" ", tab)
			case '\u3000':
				put = "  "
			case '\u00A0':
				put = " "
			default:
				column = 0
			}
			if column == 0 {
				break
			}
			if put != "" {
				edits = append(edits, edit{i + 1, column, 1, put})
				column += len(put) - 1
			}
			column++
		}
	}
	return edits
}

// indented finds the edits of [indents] that make a file YAML, if any do.
func indented(lines []string) []edit {
	for _, tab := range []int{2, 4, 8} {
		edits := indents(lines, tab)
		if len(edits) > 2_000 {
			return nil
		}
		mended := slices.Clone(lines)
		for _, e := range edits {
			e.apply(mended)
		}
		if _, _, err := decodeYAML([]byte(strings.Join(mended, "\n"))); err == nil {
			return edits
		}
		if !strings.Contains(strings.Join(lines, "\n"), "\t") {
			break
		}
	}
	return nil
}

var (
	keyAndValue = regexp.MustCompile(`^( *(?:- +)*[A-Za-z_][A-Za-z0-9_-]*: +)(\S.*)$`)
	unbraced    = regexp.MustCompile(`^[^{}"']*, *[a-z_]+: .*\}$`) // keys and values that lack their {
)

// quoted is the edit that puts the value on a line into quotes, or nil.
func quoted(lines []string, line int) []edit {
	m := keyAndValue.FindStringSubmatch(lines[line-1])
	if m == nil || m[2][0] == '|' || m[2][0] == '>' || unbraced.MatchString(m[2]) { // the lines below may be its text
		return nil
	}
	value := strings.TrimRight(m[2], " ")
	return []edit{{line, 1 + utf8.RuneCountInString(m[1]), utf8.RuneCountInString(value), single(value)}}
}

// single puts a text into single quotes.
func single(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Slips have words only of the format's, so that no text is taken for one.
var (
	slipDash  = regexp.MustCompile(`^-([A-Za-z_][A-Za-z0-9_-]*):(?:\s|$)`)
	slipColon = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*) ?：[ \x{3000}]*`)
	slipTight = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*):[^\s/,}\]:\x{3000}\x{00A0}]`)
	slipSpace = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*):[\x{3000}\x{00A0}]`)
	slipPipe  = regexp.MustCompile(`^\{\{[^{}]*\}\}`)
	plainKey  = regexp.MustCompile(`^[^\s"'{\[#&*!|>-][^:]*: *(?: |$)`)
	anAnchor  = regexp.MustCompile(`^&\S+ +`)
	aCode     = regexp.MustCompile(`^[a-z]{2}$`) // of a language
)

// slips walks a questionnaire as a person reads it, and finds the wide colons, missing spaces and bare {{q}} that its own
// keys and values cannot have, also where YAML makes something else of them. The lines are mended on the way.
//
// It is for files that have problems: no file without any could hold one, but a slip says best what the matter is.
func slips(lines []string) []suspicion {
	s := slipper{lines: lines, known: keyNames(), block: -1, plain: -1}
	for ; s.at < len(lines) && len(s.found) < maxProblems && s.work < maxWork; s.at++ {
		line := lines[s.at]
		indent := indentOf(line)
		inside := s.quote != 0 || len(s.brackets) > 0
		switch {
		case indent == len(line), !inside && (s.block >= 0 && indent > s.block || s.plain >= 0 && indent > s.plain):
		case inside:
			s.value(0)
		default:
			s.block, s.plain = -1, -1
			s.entry(indent)
		}
	}
	return s.found
}

const maxWork = 8 << 20 // bytes of lines that are written anew: a line may be very long, and have many slips

// slipper is a place in a file and what is open there.
type slipper struct {
	lines    []string
	at       int // the line, from 0
	known    map[string]bool
	found    []suspicion
	work     int    // bytes written anew
	brackets []byte // that are open
	quote    byte   // that is open, or 0
	starts   bool   // inside brackets: a key or value may begin here
	isKey    bool   // … and it is a key
	block    int    // lines that are indented deeper belong to a block text; -1 outside
	plain    int    // lines that are indented deeper go on with a plain text; -1 outside
}

// rest is what stands on the line from a byte on.
func (s *slipper) rest(from int) string { return s.lines[s.at][from:] }

// note keeps a slip, which shows offset bytes on in the line, and mends it: cut bytes from there on become put.
func (s *slipper) note(offset, cut int, put, message string) {
	column := 1 + utf8.RuneCountInString(s.lines[s.at][:offset])
	e := edit{s.at + 1, column, utf8.RuneCountInString(s.lines[s.at][offset : offset+cut]), put}
	e.apply(s.lines)
	s.work += len(s.lines[s.at])
	s.found = append(s.found, suspicion{line: e.line, column: column, message: message, mend: []edit{e}})
}

// key mends the key that may begin at a byte of the line.
func (s *slipper) key(c int) {
	if m := slipColon.FindStringSubmatch(s.rest(c)); m != nil && (s.known[m[1]] || aCode.MatchString(m[1])) {
		colon := strings.Index(m[0], "：")
		s.note(c+colon, len(m[0])-colon, ": ", wideColonSaid)
	} else if m := slipTight.FindStringSubmatch(s.rest(c)); m != nil && s.known[m[1]] {
		s.note(c+len(m[1]), 1, ": ", tightColonSaid)
	} else if m := slipSpace.FindStringSubmatch(s.rest(c)); m != nil && s.known[m[1]] {
		s.note(c+len(m[1])+1, len(m[0])-len(m[1])-1, " ", wideSpaceSaid)
	}
}

// entry reads a line outside of brackets from its first byte that is no blank: dashes, a key and the beginning of a value.
func (s *slipper) entry(c int) {
	dash := -1
	for {
		if m := slipDash.FindStringSubmatch(s.rest(c)); m != nil && s.known[m[1]] {
			s.note(c, 1, "- ", "a space is missing after the dash: write \"- "+m[1]+": …\"")
		}
		if !strings.HasPrefix(s.rest(c), "- ") {
			break
		}
		dash = c
		c += 1 + indentOf(s.rest(c+1))
	}
	s.key(c)
	at := c
	if m := plainKey.FindString(s.rest(c)); m != "" {
		c += len(m)
	} else if dash >= 0 {
		at = dash
	}
	c += len(anAnchor.FindString(s.rest(c)))
	value := s.rest(c)
	switch {
	case value == "" || value[0] == '#':
	case slipPipe.MatchString(value):
		s.pipe(c, len(strings.TrimRight(value, " ")))
	case value[0] == '|' || value[0] == '>':
		s.block = at
	case strings.IndexByte("\"'{[", value[0]) >= 0:
		s.starts, s.isKey = true, false
		s.value(c)
	case c > at || dash >= 0:
		s.plain = at
	}
}

// value reads on in quotes and brackets, from a byte of the line to its end or theirs.
func (s *slipper) value(c int) {
	for c < len(s.lines[s.at]) && s.work < maxWork {
		line := s.lines[s.at]
		here := line[c]
		switch {
		case s.quote == '"' && here == '\\', s.quote == '\'' && strings.HasPrefix(line[c:], "''"):
			c += 2
			continue
		case s.quote != 0:
			if here == s.quote {
				s.quote, s.starts = 0, false
			}
		case here == ' ':
		case here == '#' && c > 0 && line[c-1] == ' ':
			return
		case here == ',' && len(s.brackets) > 0:
			s.starts, s.isKey = true, s.brackets[len(s.brackets)-1] == '{'
		case (here == '}' || here == ']') && len(s.brackets) > 0:
			s.brackets = s.brackets[:len(s.brackets)-1]
			s.starts = false
		case here == ':' && len(s.brackets) > 0 && (c+1 == len(line) || line[c+1] == ' '):
			s.starts, s.isKey = true, false
		case !s.starts:
		case here == '"' || here == '\'':
			s.quote = here
		case s.isKey:
			s.key(c)
			s.starts = false
		default:
			if long := barePipe(line[c:]); long > 0 && len(s.brackets) > 0 {
				c += s.pipe(c, long)
				s.starts = false
				continue
			}
			if s.starts = here == '{' || here == '['; s.starts {
				s.brackets, s.isKey = append(s.brackets, here), here == '{'
			}
		}
		if c++; s.quote == 0 && len(s.brackets) == 0 {
			return
		}
	}
}

// pipe puts the long bytes of a value into quotes, and returns how long it is then.
func (s *slipper) pipe(c, long int) int {
	value := single(s.rest(c)[:long])
	s.note(c, long, value, "a text that begins with {{ }}, or has it inside { }, needs quotes: write "+quote(s.rest(c)[:long]))
	return len(value)
}

// barePipe is the length, in bytes, of a value inside brackets that has {{q}} in it, which YAML takes for brackets; 0 if
// there is none.
func barePipe(rest string) int {
	long, piped := 0, false
	for i := 0; i < len(rest); i++ {
		m := ""
		if strings.HasPrefix(rest[i:], "{{") {
			m = slipPipe.FindString(rest[i:])
		}
		if m != "" {
			piped = true
			i += len(m) - 1
		} else if strings.IndexByte(",{}[]", rest[i]) >= 0 {
			break
		}
		if rest[i] != ' ' {
			long = i + 1
		}
	}
	if !piped {
		return 0
	}
	return long
}

// suffix is a line without its first n characters.
func suffix(line string, n int) string { return line[len(prefix(line, n)):] }

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// keyNames are all keys of the formats.
var keyNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	var walk func(f form)
	seen := map[*mapping]bool{}
	mapped := func(m *mapping) {
		if m == nil || seen[m] {
			return
		}
		seen[m] = true
		for i := range m.keys {
			names[m.keys[i].name] = true
			walk(m.keys[i].form)
		}
	}
	walk = func(f form) {
		mapped(f.of)
		if f.list != nil {
			walk(*f.list)
		}
		for _, e := range f.either {
			walk(e)
		}
	}
	for _, m := range formats {
		mapped(m)
	}
	return names
})
