package questionnaire

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"glasspoll/internal/message"
)

// A slip is a typing mistake, such as a wide colon or a missing space, next to a key of the format. Texts have none, because
// only the format's own keys are searched.
var (
	slipDash     = regexp.MustCompile(`^-([A-Za-z_][A-Za-z0-9_-]*):(?:\s|$)`)
	slipColon    = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*) ?：[ \x{3000}]*`)
	slipTight    = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*):[^\s/,}\]:\x{3000}\x{00A0}]`)
	slipSpace    = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_-]*):[\x{3000}\x{00A0}]`)
	slipComma    = regexp.MustCompile(`^，[ \x{3000}]*([A-Za-z_][A-Za-z0-9_-]*) ?[:：]`)
	slipPipe     = regexp.MustCompile(`^\{\{[^{}]*\}\}`)
	plainKey     = regexp.MustCompile(`^[^\s"'{\[#&*!|>-][^:]*: *(?: |$)`)
	anchorPrefix = regexp.MustCompile(`^&\S+ +`)
	languageCode = regexp.MustCompile(`^[a-z]{2}$`)
)

// fixSlips finds the wide colons, missing spaces and unquoted {{q}} at the keys of a questionnaire, even where YAML reads
// them as something else, and fixes the lines.
//
// Call it only for files that have problems: there, a slip is the most likely cause.
func fixSlips(lines []string) []finding {
	s := slipScanner{lines: lines, keys: keyNames(), block: -1, plain: -1}
	for ; s.line < len(lines) && len(s.found) < maxProblems && s.edited < maxEdited; s.line++ {
		line := lines[s.line]
		indent := indentOf(line)
		if inside := s.quote != 0 || len(s.brackets) > 0; inside && indent <= s.opened && blockEntry.MatchString(line) || len(s.brackets) > 0 && s.quote == 0 && strings.HasPrefix(line[indent:], "- ") {
			s.quote, s.brackets = 0, nil // what is open there was not meant to be
		}
		inside := s.quote != 0 || len(s.brackets) > 0
		switch {
		case indent == len(line), !inside && (s.block >= 0 && indent > s.block || s.plain >= 0 && indent > s.plain):
		case inside:
			s.scanFlow(0)
		default:
			s.block, s.plain = -1, -1
			s.scanEntry(indent)
		}
	}
	return s.found
}

// maxEdited bounds how many bytes of lines are rewritten: a line may be very long and have many slips.
const maxEdited = 8 << 20

// A slipScanner holds a place in a file and the quotes and brackets that are open there. Places in a line are byte offsets.
type slipScanner struct {
	lines    []string
	line     int // from 0
	keys     map[string]bool
	found    []finding
	edited   int    // bytes of lines written
	brackets []byte // that are open
	quote    byte   // that is open, or 0
	opened   int    // the indentation of the line on which the outermost began
	starts   bool   // inside brackets: a key or value may begin here
	isKey    bool   // what may begin here is a key
	block    int    // lines that are indented deeper belong to a block text; -1 outside
	plain    int    // lines that are indented deeper continue a plain text; -1 outside
}

// rest returns the line from a byte offset on.
func (s *slipScanner) rest(from int) string { return s.lines[s.line][from:] }

// fix records a slip, and replaces length bytes of the line at a byte offset.
func (s *slipScanner) fix(at, length int, insert string, text message.Text) {
	column := 1 + utf8.RuneCountInString(s.lines[s.line][:at])
	e := edit{s.line + 1, column, utf8.RuneCountInString(s.rest(at)[:length]), insert}
	e.apply(s.lines)
	s.edited += len(s.lines[s.line])
	s.found = append(s.found, finding{line: e.line, column: column, message: text, fix: []edit{e}})
}

// scanKey fixes the key that may begin at a byte offset of the line.
func (s *slipScanner) scanKey(at int) {
	rest := s.rest(at)
	if m := slipColon.FindStringSubmatch(rest); m != nil && (s.keys[m[1]] || languageCode.MatchString(m[1])) {
		colon := strings.Index(m[0], "：")
		s.fix(at+colon, len(m[0])-colon, ": ", wideColonMessage.Text())
	} else if m := slipTight.FindStringSubmatch(rest); m != nil && s.keys[m[1]] {
		s.fix(at+len(m[1]), 1, ": ", tightColonMessage.Text())
	} else if m := slipSpace.FindStringSubmatch(rest); m != nil && s.keys[m[1]] {
		s.fix(at+len(m[1])+1, len(m[0])-len(m[1])-1, " ", wideSpaceMessage.Text())
	}
}

// scanEntry reads a line outside brackets from its first non-blank byte: dashes, a key and the beginning of a value.
func (s *slipScanner) scanEntry(at int) {
	dash := -1
	for {
		if m := slipDash.FindStringSubmatch(s.rest(at)); m != nil && s.keys[m[1]] {
			s.fix(at, 1, "- ", message.New("a space is missing after the dash: write \"- %s: …\"", m[1]))
		}
		if !strings.HasPrefix(s.rest(at), "- ") {
			break
		}
		dash = at
		at += 1 + indentOf(s.rest(at+1))
	}
	s.scanKey(at)
	indent := at
	if m := plainKey.FindString(s.rest(at)); m != "" {
		at += len(m)
	} else if dash >= 0 {
		indent = dash
	}
	at += len(anchorPrefix.FindString(s.rest(at)))
	value := s.rest(at)
	switch {
	case value == "" || value[0] == '#':
	case slipPipe.MatchString(value):
		s.quotePipe(at, len(strings.TrimRight(value, " ")))
	case value[0] == '|' || value[0] == '>':
		s.block = indent
	case strings.IndexByte("\"'{[", value[0]) >= 0:
		s.starts, s.isKey, s.opened = true, false, indentOf(s.lines[s.line])
		s.scanFlow(at)
	case at > indent || dash >= 0:
		s.plain = indent
	}
}

// scanFlow reads quotes and brackets from a byte offset on, until they or the line end.
func (s *slipScanner) scanFlow(at int) {
	for at < len(s.lines[s.line]) && s.edited < maxEdited {
		if s.quote != 0 {
			at = s.scanQuoted(at)
		} else if at = s.scanBracketed(at); at < 0 {
			return
		}
		if s.quote == 0 && len(s.brackets) == 0 {
			return
		}
	}
}

// scanQuoted reads one byte or escape inside quotes, and returns the offset of the next one.
func (s *slipScanner) scanQuoted(at int) int {
	char := s.lines[s.line][at]
	switch {
	case s.quote == '"' && char == '\\', s.quote == '\'' && strings.HasPrefix(s.rest(at), "''"):
		return at + 2
	case char == s.quote:
		s.quote, s.starts = 0, false
	}
	return at + 1
}

// scanBracketed reads one byte inside brackets, or a key or value that begins there, and returns the offset of the next byte;
// -1 if the rest of the line is a comment.
func (s *slipScanner) scanBracketed(at int) int {
	line := s.lines[s.line]
	char := line[at]
	bracketed := len(s.brackets) > 0
	switch {
	case char == ' ':
	case char == '#' && at > 0 && line[at-1] == ' ':
		return -1
	case bracketed && s.brackets[len(s.brackets)-1] == '{' && s.scanComma(at):
		s.starts, s.isKey = true, true
	case char == ',' && bracketed:
		s.starts, s.isKey = true, s.brackets[len(s.brackets)-1] == '{'
	case (char == '}' || char == ']') && bracketed:
		s.brackets = s.brackets[:len(s.brackets)-1]
		s.starts = false
	case char == ':' && bracketed && (at+1 == len(line) || line[at+1] == ' '):
		s.starts, s.isKey = true, false
	case !s.starts:
	case char == '"' || char == '\'':
		s.quote = char
	case s.isKey:
		s.scanKey(at)
		s.starts = false
	default:
		if length := pipedLength(line[at:]); length > 0 && bracketed {
			s.starts = false
			return at + s.quotePipe(at, length)
		}
		if s.starts = char == '{' || char == '['; s.starts {
			s.brackets, s.isKey = append(s.brackets, char), char == '{'
		}
	}
	return at + 1
}

// scanComma fixes a wide comma inside { } that a key follows.
func (s *slipScanner) scanComma(at int) bool {
	m := slipComma.FindStringSubmatch(s.rest(at))
	if m == nil || !s.keys[m[1]] && !languageCode.MatchString(m[1]) {
		return false
	}
	blank := strings.TrimLeft(s.rest(at)[len("，"):], " \u3000")
	s.fix(at, len(s.rest(at))-len(blank), ", ", message.New("the comma ， is a wide one: write \", \" between entries"))
	return true
}

// quotePipe puts a value of length bytes into quotes, and returns its new length.
func (s *slipScanner) quotePipe(at, length int) int {
	value := s.rest(at)[:length]
	quoted := singleQuoted(value)
	s.fix(at, length, quoted, message.New("a text that begins with {{ }}, or has it inside { }, needs quotes: write '%s'", shown(value)))
	return len(quoted)
}

// pipedLength returns the length, in bytes, of a value inside brackets that contains {{q}}, which YAML reads as brackets; 0
// if there is none.
func pipedLength(rest string) int {
	length, piped := 0, false
	for i := 0; i < len(rest); i++ {
		pipe := ""
		if strings.HasPrefix(rest[i:], "{{") {
			pipe = slipPipe.FindString(rest[i:])
		}
		if pipe != "" {
			piped = true
			i += len(pipe) - 1
		} else if strings.IndexByte(",{}[]", rest[i]) >= 0 {
			break
		}
		if rest[i] != ' ' {
			length = i + 1
		}
	}
	if !piped {
		return 0
	}
	return length
}

// keyNames returns the keys of all formats.
var keyNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, m := range mappingsOf(formats...) {
		for i := range m.keys {
			names[m.keys[i].name] = true
		}
	}
	return names
})
