package questionnaire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// document reads the file's one YAML document, or reports why there is none. Holds is what it should be, and begins how
// that begins.
func (r *reader) document(source []byte, holds, begins string) *yaml.Node {
	if len(source) > maxFile {
		r.failAt(1, 1, "the file is larger than %d KB: a %s is never that long", maxFile>>10, holds)
		return nil
	}
	if bytes.HasPrefix(source, []byte{0xFF, 0xFE}) || bytes.HasPrefix(source, []byte{0xFE, 0xFF}) || len(source) > 1 && (source[0] == 0 || source[1] == 0) {
		r.failAt(1, 1, "the file is saved as UTF-16, which Notepad calls Unicode: save it with the encoding UTF-8")
		return nil
	}
	r.lines = splitLines(source)
	source = []byte(strings.Join(r.lines, "\n"))
	if !r.readable(source) {
		return nil
	}
	first, second, err := decodeYAML(source)
	for n, last := 1, (edit{}); err != nil; n++ {
		found := syntax(r.lines, err)
		if !found.after(last) {
			return nil // it may well follow from the mend before
		}
		r.failAt(found.line, found.column, "%s", found.message)
		if found.mend == nil || n > maxMends || n*len(source) > mendBytes {
			return nil
		}
		r.mend(found.mend)
		last = found.mend[len(found.mend)-1]
		source = []byte(strings.Join(r.lines, "\n"))
		first, second, err = decodeYAML(source)
	}
	switch {
	case first == nil || first.Kind == yaml.ScalarNode && first.Tag == "!!null":
		r.failAt(1, 1, "the file is empty: %s", begins)
		return nil
	case second != nil:
		r.fail(second, "a file holds one %s: move what follows --- to a file of its own, or remove ---", holds)
		return nil
	}
	return first
}

// splitLines takes a file apart, without a byte order mark, and with the line ends of any system.
func splitLines(source []byte) []string {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	source = bytes.ReplaceAll(source, []byte("\r"), []byte("\n")) // as YAML counts lines, too
	return strings.Split(string(source), "\n")
}

// decodeYAML reads the first document, and whatever follows it; each is nil where there is none. It is the one place
// where yaml.v3 meets a stranger's bytes, so it is also where a panic of its scanner ends.
func decodeYAML(source []byte) (first, second *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			first, second, err = nil, nil, errors.New("YAML cannot be read here: write this part more simply")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var one, two yaml.Node
	if err := decoder.Decode(&one); err == io.EOF || err == nil && len(one.Content) == 0 {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	if err := decoder.Decode(&two); err == io.EOF {
		return one.Content[0], nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	return one.Content[0], &two, nil
}

// readable checks what YAML's own messages explain badly: encodings, invisible characters, runaway nesting.
func (r *reader) readable(source []byte) bool {
	open := 0
	for i, line := range bytes.Split(source, []byte("\n")) {
		column, indented, dashes := 0, true, 0
		for rest := line; len(rest) > 0; {
			c, size := utf8.DecodeRune(rest)
			rest = rest[size:]
			column++
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			entry := indented && (c == '-' || c == '?') && len(rest) > 0 && rest[0] == ' '
			if entry {
				dashes++
			}
			blank := len(bytes.TrimSpace(rest)) == 0
			switch {
			case c == utf8.RuneError && size == 1:
				r.failAt(i+1, column, "not UTF-8 text, but perhaps GBK, Big5 or ANSI: save the file with the encoding UTF-8 (in Notepad: Save as, Encoding)")
			case c < ' ' && c != '\t', c >= 0x7F && c < 0xA0, c == '\u2028', c == '\u2029', c == '\uFEFF', c == '\uFFFE', c == '\uFFFF':
				r.failAt(i+1, column, "invisible character U+%04X: remove it", c)
			case open > maxOpen:
				r.failAt(i+1, column, "more than %d brackets are open: is one not closed?", maxOpen)
			case column > maxIndent && indented && !blank:
				r.failAt(i+1, column, "indented by more than %d spaces: check the indentation", maxIndent)
			case dashes > maxDepth:
				r.failAt(i+1, column, "more than %d lists begin on one line: remove all but one \"- \"", maxDepth)
			default:
				if c != ' ' && !entry {
					indented = false
				}
				continue
			}
			return false
		}
	}
	return true
}

// YAML's scanner slows down with the square of these.
const (
	maxOpen   = 1000 // brackets
	maxIndent = 200  // spaces
)

// sayings puts yaml.v3's messages into words. The first part that fits counts.
var sayings = []struct{ part, words string }{
	{"mapping values are not allowed", secondColonSaid},
	{"did not find expected key", "this line does not fit the ones above it: check its indentation, quotes and brackets"},
	{"did not find expected '-' indicator", "this line fits neither the list above it nor an entry of it: check its indentation, and that each entry begins with \"- \""},
	{"block sequence entries are not allowed", "a list begins on a line of its own: move \"- \" to the next line"},
	{"could not find expected ':'", "no key with \": \" on this line: write \"key: value\", or indent the line more if it goes on with the text above"},
	{"found character that cannot start any token", "a text may not begin with this character: put the text into quotes"},
	{"found unexpected end of stream", "a quote is opened and never closed"},
	{"did not find expected ',' or ']'", "the list in [ ] stops making sense here: is a comma, a quote or the closing ] missing?"},
	{"did not find expected ',' or '}'", "the keys and values in { } stop making sense here: is a comma, a quote or the closing } missing?"},
	{"did not find expected node content", "a value is missing here: is there a comma or a bracket too many?"},
	{"found unknown escape character", "a backslash in double quotes begins a code: write \\\\, or use single quotes"},
	{"did not find expected hexdecimal number", "a backslash in double quotes begins a code: write \\\\, or use single quotes"},
	{"found invalid Unicode character escape code", "a backslash in double quotes begins a code: write \\\\, or use single quotes"},
	{"unknown anchor", "* at the start of a value names an anchor, and there is none of this name: put a text that begins with * into quotes"},
	{"did not find expected alphabetic or numeric character", "* and & at the start of a value have a meaning in YAML: put a text that begins with one into quotes"},
	{"did not find expected comment or line break", "| and > at the start of a value have a meaning in YAML: put a text that begins with one into quotes"},
	{"indentation indicator equal to 0", "| and > at the start of a value have a meaning in YAML: put a text that begins with one into quotes"},
	{"found unexpected document indicator", "--- or ... in the middle of a text or a bracket: indent it, or close the quote or bracket before it"},
	{"did not find expected <document start>", "the questionnaire has ended above this line: check the indentation, and remove a line of three dots"},
	{"mapping keys are not allowed", "? at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"unexpected non-alphabetical", "% at the start of a line has a meaning in YAML: put a text that begins with it into quotes"},
	{"directive", "% at the start of a line has a meaning in YAML: put a text that begins with it into quotes"},
	{"URI", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"expected '!'", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"expected '>'", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"undefined tag handle", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"expected whitespace or line break", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// syntax finds why a file is no YAML, at the place where a person would look for it, and how to read on. yaml.v3 says a
// line at best, and that often of the surrounding block, so the place is found anew: the shortest beginning of the file
// that gives the same message ends where the trouble shows. What a person did wrong (an unclosed quote, a wide colon) may
// stand before that; see [suspicions].
func syntax(lines []string, err error) suspicion {
	raw, from := splitYAMLError(err)
	line, column := trouble(lines, raw, from)
	here := lines[line-1]
	indent := 1 + indentOf(here)

	for n := line; n >= max(1, line-1); n-- { // in a block text they may well stand
		if at := indentMark.FindStringIndex(lines[n-1]); at != nil && strings.TrimSpace(lines[n-1]) != "" {
			return misindented(lines, n, lines[n-1][:at[1]])
		}
	}
	found, open := suspicions(lines, line, column)
	if found != nil {
		return *found
	}
	if found := misaligned(lines, line, raw); found != nil {
		return *found
	}
	said := raw
	for _, s := range sayings {
		if strings.Contains(raw, s.part) {
			said = s.words
			break
		}
	}
	place := suspicion{line: line, column: indent}
	switch {
	case open != nil && flowTrouble.MatchString(raw):
		return suspicion{line: open.line, column: open.column, message: fmt.Sprintf("this %s is never closed: add %s", open.message, closing[open.message])}
	case strings.Contains(raw, "mapping values are not allowed") && firstColon.FindString(prefix(here, column)) != "":
		place.message = "this line is indented deeper than the one above it, which has a value already: give both the same indentation"
		return place
	case strings.Contains(raw, "could not find expected ':'") && strings.ContainsAny(prefix(here[indent-1:], 1), "{["):
		place.message = "this line does not fit the ones above it: does it need \"- \" in front?"
		return place
	case open == nil && bracketTrouble.MatchString(raw) && column > 1 && strings.HasPrefix(here[len(prefix(here, column-1)):], "?"):
		said = "inside { } and [ ], a text with a ? in it needs quotes"
	case open == nil && flowTrouble.MatchString(raw) && flowColon.MatchString(prefix(here, column)):
		m := flowColon.FindStringSubmatch(prefix(here, column))
		value := here[len(m[1]):]
		if end := strings.IndexAny(value, ",{}[]"); end >= 0 {
			value = strings.TrimRight(value[:end], " ")
		}
		return suspicion{
			line: line, column: 1 + utf8.RuneCountInString(m[1]+m[2]), message: secondColonSaid,
			mend: []edit{{line, 1 + utf8.RuneCountInString(m[1]), utf8.RuneCountInString(value), single(value)}},
		}
	case open == nil && bracketText.MatchString(here):
		said = "a text that begins with a bracket: put the whole text into quotes"
		column = 1 + utf8.RuneCountInString(keyAndValue.FindStringSubmatch(here)[1])
	case lineTrouble.MatchString(raw):
		column = indent
	case strings.Contains(raw, "unknown anchor"):
		if at := strings.Index(here, "*"+strings.Trim(strings.TrimPrefix(strings.TrimSuffix(raw, " referenced"), "unknown anchor "), "'")); at >= 0 {
			column = 1 + utf8.RuneCountInString(here[:at])
		}
	case markTrouble.MatchString(raw):
		if starts := startMark.FindAllStringIndex(prefix(here, column), -1); starts != nil {
			column = utf8.RuneCountInString(here[:starts[len(starts)-1][1]])
		}
	case strings.Contains(raw, "comment or line break"), strings.Contains(raw, "indicator equal to 0"):
		if at := strings.LastIndexAny(prefix(here, column), "|>"); at >= 0 {
			column = 1 + utf8.RuneCountInString(here[:at])
		}
	}
	if m := keyAndValue.FindStringSubmatch(here); said == secondColonSaid && m != nil && unbraced.MatchString(m[2]) {
		said = "a second \": \" in one line: the { is missing that belongs to the } at its end"
	}
	place.column, place.message = column, said
	if open == nil && strings.Contains(said, "into quotes") {
		place.mend = quoted(lines, line)
	}
	return place
}

// misaligned finds a key that is indented a little less or more than those beside it; nil if that is not what is wrong. Of
// two neighbours, the one is wrong that no other line agrees with.
func misaligned(lines []string, line int, raw string) *suspicion {
	if !misplaced.MatchString(raw) {
		return nil
	}
	full := func(n, step int) int {
		for n += step; n > 0 && n <= len(lines) && strings.TrimSpace(lines[n-1]) == ""; n += step {
		}
		return n
	}
	above := full(line, -1)
	if above == 0 {
		return nil
	}
	here, there := keyOnLine.FindStringSubmatch(lines[line-1]), keyOnLine.FindStringSubmatch(lines[above-1])
	if here == nil || there == nil || strings.Contains(here[1], "-") {
		return nil
	}
	indent, beside := len(here[1]), len(there[1])
	next := full(line, 1)
	for next <= len(lines) && indentOf(lines[next-1]) > max(indent, beside) { // what belongs to it
		next = full(next, 1)
	}
	agrees := next <= len(lines) && indentOf(lines[next-1]) == indent && !strings.HasPrefix(lines[next-1][indent:], "-")
	wrong, right, off, than := line, above, beside-indent, there[2]
	if agrees {
		wrong, right, off, than = above, line, indent-beside, here[2]
	}
	found := &suspicion{line: wrong, column: 1 + indentOf(lines[wrong-1])}
	switch {
	case off > 2 || off < -2 || off == 0 || agrees && strings.Contains(there[1], "-") && off < 0:
		return nil
	case agrees && off == 2:
		found.message = fmt.Sprintf("indented by 2 too few, or without its \"- \": compare it with %s on line %d", quote(than), right)
	case off > 0:
		found.message = fmt.Sprintf("indented by %d too few: give it as many spaces as %s on line %d", off, quote(than), right)
		found.mend = []edit{{wrong, 1, 0, strings.Repeat(" ", off)}}
	default:
		found.message = fmt.Sprintf("indented by %d too many: give it as many spaces as %s on line %d", -off, quote(than), right)
		found.mend = []edit{{wrong, 1, -off, ""}}
	}
	return found
}

// misindented reports what indents a line and may not: a tab, or a space that is none for YAML.
func misindented(lines []string, line int, margin string) suspicion {
	mark, _ := utf8.DecodeLastRuneInString(margin)
	found := suspicion{line: line, column: utf8.RuneCountInString(margin), message: indentedWide(mark), mend: indented(lines)}
	if mark == '\t' {
		found.message = "a tab cannot indent YAML: use spaces"
	}
	others := -1
	for _, l := range lines {
		if indentMark.MatchString(l) && strings.TrimSpace(l) != "" {
			others++
		}
	}
	if others > 0 {
		found.message += fmt.Sprintf("; %d more lines have such", others)
	}
	return found
}

var (
	lineTrouble    = regexp.MustCompile(`did not find expected key|expected '-' indicator|document indicator|non-alphabetical|directive`)
	bracketTrouble = regexp.MustCompile(`expected ',' or|node content`)
	markTrouble    = regexp.MustCompile(`alphabetic or numeric|URI|expected '[!>]'|tag handle|whitespace or line break`)
	bracketText    = regexp.MustCompile(`^ *(?:- +)*[A-Za-z_][A-Za-z0-9_-]*: +(\[[^\[\]]*\]|\{[^{}]*\}) *[^ #]`)
	keyOnLine      = regexp.MustCompile(`^( *(?:- +)*)([A-Za-z_][A-Za-z0-9_-]*): `)
	misplaced      = regexp.MustCompile(`did not find expected key|expected '-' indicator|mapping values are not allowed`)
	flowColon      = regexp.MustCompile(`^((?:.*[{,])? *[A-Za-z_][A-Za-z0-9_-]*: +)([^\s"'{}\[\],:][^"{}\[\],:]*): ?$`)
	startMark      = regexp.MustCompile(`(^|[\s\[{,])[*&!]`)
	flowTrouble    = regexp.MustCompile(`expected ',' or|node content|mapping values|sequence entries|mapping keys`)
	indentMark     = regexp.MustCompile(`^ *[\t\x{3000}\x{00A0}]`)
	closing        = map[string]string{"{": "}", "[": "]"}
	firstColon     = regexp.MustCompile(`^[ -]*["']?[^\s:"']+["']?\s*:$`) // a line's beginning up to its first colon
)

// prefix is the first n characters of a line.
func prefix(line string, n int) string {
	for i := range line {
		if n == 0 {
			return line[:i]
		}
		n--
	}
	return line
}

// splitYAMLError takes apart "yaml: line 3: what is wrong". The line is 1 where there is none.
func splitYAMLError(err error) (message string, line int) {
	said := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	line = 1
	if said[1] != "" {
		fmt.Sscan(said[1], &line)
	}
	return said[2], line
}

// trouble finds the shortest beginning of the file that fails with the same message, and says where it ends. from is
// yaml.v3's line: at most that of the trouble, or one above.
func trouble(lines []string, message string, from int) (line, column int) {
	inside := flowTrouble.MatchString(message)
	start := max(1, from-1)
	fails := func(text string) bool {
		if inside { // an open bracket alone must not look like the trouble
			text += closers(text, start)
		}
		_, _, err := decodeYAML([]byte(text))
		if err == nil {
			return false
		}
		said, _ := splitYAMLError(err)
		return said == message
	}
	beginning := func(n int) bool { return fails(strings.Join(lines[:n], "\n") + "\n") }
	low, high := start, start
	for step := 1; high < len(lines) && !beginning(high); step *= 2 { // the place is near, as a rule
		low, high = high+1, min(high+step, len(lines))
	}
	line = search(low, high, beginning)
	above := strings.Join(lines[:line-1], "\n")
	if line > 1 {
		above += "\n"
	}
	here := lines[line-1]
	length := utf8.RuneCountInString(here)
	column = search(1, max(1, length), func(n int) bool { return fails(above + prefix(here, n)) })
	return line, column
}

// closers are the quotes and brackets that would close what a text leaves open from a line on.
func closers(text string, from int) string {
	for range from - 1 {
		_, rest, _ := strings.Cut(text, "\n")
		text = rest
	}
	var open []byte
	quote := byte(0)
	starts := true
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
			continue
		case c == ' ':
			continue
		case starts && (c == '"' || c == '\''):
			quote = c
		case starts && c == '{':
			open = append(open, '}')
			continue
		case starts && c == '[':
			open = append(open, ']')
			continue
		case len(open) > 0 && c == open[len(open)-1]:
			open = open[:len(open)-1]
		}
		starts = c == '\n' || c == ',' && len(open) > 0 || (c == ':' || c == '-') && (i+1 == len(text) || text[i+1] == ' ')
	}
	var end []byte
	if quote != 0 {
		end = append(end, quote)
	}
	for i := len(open) - 1; i >= 0; i-- {
		end = append(end, open[i])
	}
	return string(end)
}

// search finds the least n in [low, high] for which ok holds, given that it holds from there on; high if for none.
func search(low, high int, ok func(int) bool) int {
	low = min(low, high)
	for low < high {
		if middle := (low + high) / 2; ok(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}

// A suspicion is something that a person takes for YAML and YAML does not.
type suspicion struct {
	line, column int // in characters, from 1
	message      string
	mend         []edit // what the message says to do, if that can be done in one way
}

// after reports whether it shows behind what an edit has put there.
func (s suspicion) after(e edit) bool {
	return s.line > e.line || s.line == e.line && s.column >= e.column+utf8.RuneCountInString(e.put)
}

const (
	wideColonSaid   = "the colon ： is a wide one: write \": \" (an ordinary colon and a space)"
	secondColonSaid = "a second \": \" in one line: put a text that contains \": \" into quotes"
	tightColonSaid  = "a space is missing after the colon"
	wideSpaceSaid   = "the space after the colon is a wide or non-breaking one: write an ordinary space"
)

var (
	wideColon  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*[ \x{3000}]*：`)
	tightColon = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*:[^\s/,}\]:]`)
	wideSpace  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*:[\x{3000}\x{00A0}]`)
	wideComma  = regexp.MustCompile(`^，[ \x{3000}]*[A-Za-z_][A-Za-z0-9_-]*[ \x{3000}]*[:：]`)
	blockText  = regexp.MustCompile(`(^|[:\-] +)[|>][+\-0-9]*\s*(#.*)?$`)
	anchored   = regexp.MustCompile(`^&[A-Za-z0-9_-]+(\s|$)`)
	emptyQuote = regexp.MustCompile(`^\s*([,:}\]#]|$)`)
)

// suspicions walks the file up to the trouble as a person reads it, line by line, and returns the last suspicion that
// can have caused the trouble, and the innermost bracket that is open there (message is the bracket itself) if the file
// leaves one open. Each is nil where there is none.
func suspicions(lines []string, troubleLine, troubleColumn int) (found, open *suspicion) {
	var brackets []suspicion
	var quote *suspicion // the quotation mark that is open
	shallow := 0         // the indentation of the line suspected: what is deeper continues it
	block := -1          // the indentation of the key whose block text this is, or -1
	note := func(line, column int, format string, args ...any) {
		found = &suspicion{line: line, column: column, message: fmt.Sprintf(format, args...)}
		shallow = indentOf(lines[line-1])
	}
	for i := range lines {
		number := i + 1
		past := number > troubleLine
		if past && len(brackets) == 0 && quote == nil {
			return found, nil
		}
		if past && open == nil && len(brackets) > 0 {
			open = &suspicion{}
			*open = brackets[len(brackets)-1]
		}
		text := lines[i]
		trimmed := strings.TrimLeft(text, " ")
		indent := len(text) - len(trimmed)
		if block >= 0 && (trimmed == "" || indent > block) {
			continue
		}
		block = -1
		if trimmed != "" && number < troubleLine && indent <= shallow {
			found = nil // a line that was read well since
		}
		chars := []rune(text)
		from := offsets(text)  // a line may be long: its rest is no copy
		starts := quote == nil // whether a key or value may begin at this character
		for c := 0; c < len(chars); c++ {
			column := c + 1
			if quote != nil {
				mark := []rune(quote.message)[0]
				switch {
				case mark == '"' && chars[c] == '\\':
					c++
				case chars[c] != mark:
				case mark == '\'' && c+1 < len(chars) && chars[c+1] == '\'':
					c++
				default:
					opened := *quote
					quote = nil
					rest := text[from[c+1]:]
					switch {
					case emptyQuote.MatchString(rest) || opened.line > troubleLine:
						starts = false
					case opened.line < number:
						note(opened.line, opened.column, "this quote is not closed on its line: add %s at the end of the text", opened.message)
						return found, nil
					case len(brackets) > 0 && strings.HasPrefix(strings.TrimSpace(rest), opened.message):
						note(number, column+1, "a comma is missing after the closing quote")
						return found, nil
					default:
						note(number, column+1, "text after the closing quote: put the whole text into quotes, and write a %s inside it twice", string(mark))
						if mark == '"' {
							found.message = "text after the closing quote: put the whole text into quotes, and write a \" inside it as \\\""
						}
						if len(brackets) == 0 {
							found.mend = quoted(lines, number)
						}
						return found, nil
					}
				}
				continue
			}
			rest := text[from[c]:]
			rest = rest[:min(len(rest), longestSlip)]
			here := chars[c]
			switch {
			case here == ' ':
				continue
			case here == '#' && (c == 0 || chars[c-1] == ' '):
				c = len(chars)
				continue
			case here == '-' && starts && (c+1 == len(chars) || chars[c+1] == ' '):
				continue
			case starts && (here == '"' || here == '\''):
				quote = &suspicion{line: number, column: column, message: string(here)}
				continue
			case starts && (here == '{' || here == '['):
				brackets = append(brackets, suspicion{line: number, column: column, message: string(here)})
				continue
			case len(brackets) > 0 && (here == '}' || here == ']'):
				brackets = brackets[:len(brackets)-1]
				starts = false
				continue
			case len(brackets) > 0 && here == ',':
				starts = true
				continue
			case here == ':' && (c+1 == len(chars) || chars[c+1] == ' '):
				starts = true
				continue
			}
			if starts && !past {
				if m := wideColon.FindString(rest); m != "" {
					note(number, column+utf8.RuneCountInString(m)-1, wideColonSaid)
					after := strings.TrimLeft(rest[len(m):], " \u3000")
					found.mend = []edit{{number, found.column, 1 + utf8.RuneCountInString(rest[len(m):len(rest)-len(after)]), ": "}}
				} else if m := wideSpace.FindString(rest); m != "" {
					note(number, column+utf8.RuneCountInString(m)-1, wideSpaceSaid)
					found.mend = []edit{{number, found.column, 1, " "}}
				} else if m := tightColon.FindString(rest); m != "" && troubled(number, column, troubleLine, troubleColumn) {
					note(number, column+utf8.RuneCountInString(m)-2, tightColonSaid)
					found.mend = []edit{{number, found.column, 1, ": "}}
				} else if here == '&' && !anchored.MatchString(rest) {
					note(number, column, "& at the start of a value has a meaning in YAML: put a text that begins with it into quotes")
					found.mend = quoted(lines, number)
				} else if here == '“' || here == '”' || here == '‘' {
					if strings.Contains(rest, ": ") {
						note(number, column, "“ ” are no quotes in YAML, so that \": \" inside them ends the text: write \" \" around it")
						found.mend = quoted(lines, number)
					}
				}
			}
			if wideComma.MatchString(rest) && len(brackets) > 0 && !past {
				note(number, column, "the comma ， is a wide one: write \", \" between entries")
				after := strings.TrimLeft(rest[len("，"):], " \u3000")
				found.mend = []edit{{number, column, utf8.RuneCountInString(rest[:len(rest)-len(after)]), ", "}}
			}
			starts = false
		}
		if quote == nil && len(brackets) == 0 && blockText.MatchString(trimmed) {
			block = indent
		}
	}
	if quote != nil && quote.line <= troubleLine {
		return &suspicion{line: quote.line, column: quote.column, message: fmt.Sprintf("this quote is never closed: add %s at the end of the text", quote.message)}, nil
	}
	if len(brackets) > 0 && open == nil {
		open = &brackets[len(brackets)-1]
	} else if len(brackets) == 0 {
		open = nil
	}
	return found, open
}

// longestSlip is how many bytes of a line are looked at for what a person takes for a key and its colon.
const longestSlip = 400

// offsets are where the characters of a line begin, in bytes, and where the last one ends.
func offsets(line string) []int {
	from := make([]int, 0, len(line)+1)
	for i := range line {
		from = append(from, i)
	}
	return append(from, len(line))
}

// troubled reports whether the trouble shows at or after a place.
func troubled(line, column, troubleLine, troubleColumn int) bool {
	return line < troubleLine || line == troubleLine && column <= troubleColumn
}
