package questionnaire

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/message"
)

// yamlMessages translates yaml.v3's messages. The first entry whose part is in a message counts.
var yamlMessages = []struct {
	part  string
	words message.Key
}{
	{"mapping values are not allowed", secondColonMessage},
	{"did not find expected key", "this line does not fit the ones above it: check its indentation, quotes and brackets"},
	{"did not find expected '-' indicator", "this line fits neither the list above it nor an entry of it: check its indentation, and that each entry begins with \"- \""},
	{"block sequence entries are not allowed", "a list begins on a line of its own: move \"- \" to the next line, unless it is a text, which then needs quotes"},
	{"could not find expected ':'", "no key with \": \" on this line: write \"key: value\", or indent the line more if it continues the text above"},
	{"found character that cannot start any token", "a text may not begin with this character: put the text into quotes"},
	{"found unexpected end of stream", "a quote is opened and never closed"},
	{"did not find expected ',' or ']'", "the list in [ ] cannot be read from here on: is a comma, a quote or the closing ] missing?"},
	{"did not find expected ',' or '}'", "the keys and values in { } cannot be read from here on: is a comma, a quote or the closing } missing?"},
	{"did not find expected node content", "a value is missing here: is there a comma or a bracket too many?"},
	{"found unknown escape character", "a backslash in double quotes begins a code: write \\\\, or use single quotes"},
	{"did not find expected hexdecimal number", "a backslash in double quotes begins a code: write \\\\, or use single quotes"},
	{"found invalid Unicode character escape code", "a backslash in double quotes begins a code: write \\\\, or use single quotes"},
	{"unknown anchor", "* at the start of a value names an anchor, and none has this name: put a text that begins with * into quotes"},
	{"did not find expected alphabetic or numeric character", "* and & at the start of a value have a meaning in YAML: put a text that begins with one into quotes"},
	{"did not find expected comment or line break", "| and > at the start of a value have a meaning in YAML: put a text that begins with one into quotes"},
	{"indentation indicator equal to 0", "| and > at the start of a value have a meaning in YAML: put a text that begins with one into quotes"},
	{"found unexpected document indicator", "--- or ... in the middle of a text or a bracket: indent it, or close the quote or bracket before it"},
	{"did not find expected <document start>", "the questionnaire has ended above this line: check the indentation, and remove a line of three dots"},
	{"mapping keys are not allowed", "? at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"unexpected non-alphabetical", "%% at the start of a line has a meaning in YAML: put a text that begins with it into quotes"},
	{"directive", "%% at the start of a line has a meaning in YAML: put a text that begins with it into quotes"},
	{"URI", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"expected '!'", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"expected '>'", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"undefined tag handle", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
	{"expected whitespace or line break", "! at the start of a value has a meaning in YAML: put a text that begins with it into quotes"},
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// A failure holds where and why yaml.v3 stops reading a file.
type failure struct {
	lines        []string
	message      string // yaml.v3's own
	line, column int    // in characters, from 1
	text         string // of the line
	open         *mark  // the innermost bracket that is open there and never closed; nil if there is none
	above        int    // lines of the file above these
	tabs         int    // lines of the file that are indented by tabs or wide spaces
	check        func(text string) error
}

// diagnose finds why a file is not valid YAML, where an author would look for the mistake, and how to read on. yaml.v3
// reports at most a line, often that of the surrounding block, so locate searches for the place of the failure. The mistake
// itself (an unclosed quote, a wide colon) may be above it; see [findCause].
//
// The lines may be a part of the file, with so many above them; tabs is how many lines of the file are indented by tabs or wide
// spaces. check returns yaml.v3's error for a text.
func diagnose(lines []string, err error, above, tabs int, check func(text string) error) finding {
	f := failure{lines: lines, above: above, tabs: tabs, check: check}
	var from int
	f.message, from = splitYAMLError(err)
	f.locate(from)
	f.text = lines[f.line-1]
	for _, check := range []func() *finding{f.misindented, f.foreign, f.undashed} {
		if found := check(); found != nil {
			return *found
		}
	}
	found, open := findCause(lines, above, f.line, f.column)
	if found != nil {
		return *found
	}
	f.open = open
	for _, check := range []func() *finding{f.misaligned, f.bracketedText, f.unclosed, f.unfit, f.secondColon} {
		if found := check(); found != nil {
			return *found
		}
	}
	return f.described()
}

// fails reports whether yaml.v3's message contains a part.
func (f *failure) fails(part string) bool { return strings.Contains(f.message, part) }

// unclosed finds a bracket that is never closed.
func (f *failure) unclosed() *finding {
	if f.open == nil || !flowTrouble.MatchString(f.message) {
		return nil
	}
	return &finding{line: f.open.line, column: f.open.column, message: message.New("this %c is never closed: add %s", f.open.char, closing[f.open.char])}
}

// bracketedText finds a text inside brackets that begins with a bracket.
func (f *failure) bracketedText() *finding {
	if !flowTrouble.MatchString(f.message) {
		return nil
	}
	for _, m := range flowBracket.FindAllStringSubmatchIndex(f.text, -1) {
		before, value := utf8.RuneCountInString(f.text[:m[2]]), f.text[m[2]:m[3]]
		if f.column > before && f.column <= before+utf8.RuneCountInString(value)+1 {
			return &finding{line: f.line, column: before + 1, message: message.New("a text that begins with a bracket: put the whole text into quotes"),
				fix: []edit{{f.line, before + 1, utf8.RuneCountInString(value), singleQuoted(value)}}}
		}
	}
	return nil
}

// foreign finds a line in another notation: a comment of JSON, or the mark of code in a chat or a document.
func (f *failure) foreign() *finding {
	for line := f.line; line >= max(1, f.line-1); line-- {
		text := f.lines[line-1]
		indent := indentOf(text)
		switch {
		case strings.HasPrefix(text, "```"):
			return &finding{line: line, column: 1, message: message.New("a line of ``` is not YAML: remove it"), fix: []edit{{line, 1, utf8.RuneCountInString(text), ""}}}
		case strings.HasPrefix(text[indent:], "//"):
			return &finding{line: line, column: indent + 1, message: message.New("a comment begins with #, not with //"), fix: []edit{{line, indent + 1, 2, "#"}}}
		}
	}
	return nil
}

// undashed finds the entries of a list that lack their dashes: lines without a colon below a key without a value, at its
// indentation.
func (f *failure) undashed() *finding {
	if !f.fails("could not find expected ':'") {
		return nil
	}
	indent := indentOf(f.text)
	isEntry := func(line int) bool {
		return line > 0 && line <= len(f.lines) && indentOf(f.lines[line-1]) == indent && textAlone.MatchString(f.lines[line-1])
	}
	if !isEntry(f.line) {
		return nil
	}
	first := f.line
	for above := f.fullLine(first, -1); isEntry(above); above = f.fullLine(above, -1) {
		first = above
	}
	key := f.fullLine(first, -1)
	if key == 0 {
		return nil
	}
	m := keyAlone.FindStringSubmatch(f.lines[key-1])
	if m == nil || len(m[1]) != indent || !keyNames()[m[2]] {
		return nil
	}
	found := &finding{line: first, column: indent + 1, message: message.New("the entries of %s lack their dashes: begin each with \"- \"", m[2])}
	for line := first; isEntry(line); line = f.fullLine(line, 1) {
		found.fix = append(found.fix, edit{line, indent + 1, 0, "- "})
	}
	return found
}

// unfit finds a line that does not fit the ones above it.
func (f *failure) unfit() *finding {
	indent := indentOf(f.text)
	switch above := f.keyWithoutColon(indent); {
	case above > 0:
		return &finding{line: above, column: indent + 1, message: message.New("no key with \": \" on this line: write \"key: value\", or indent the line more if it continues the text above")}
	case f.fails("mapping values are not allowed") && indent > 0 && firstColon.MatchString(prefix(f.text, f.column)):
		return &finding{line: f.line, column: indent + 1,
			message: message.New("this line is indented deeper than the one above it, which has a value already: give both the same indentation")}
	case f.fails("could not find expected ':'") && strings.ContainsAny(prefix(f.text[indent:], 1), "{["):
		return &finding{line: f.line, column: indent + 1, message: message.New("this line does not fit the ones above it: does it need \"- \" in front?")}
	}
	return nil
}

// keyWithoutColon returns the line above the failing one if it begins with a key at the same column, but has no colon; 0 if not.
func (f *failure) keyWithoutColon(column int) int {
	above := f.fullLine(f.line, -1)
	if above == 0 || !f.fails("mapping values are not allowed") {
		return 0
	}
	m := wordAfterDashes.FindStringSubmatch(f.lines[above-1])
	if m == nil || len(m[1]) != column || strings.Contains(m[0], ": ") || !keyNames()[m[2]] && !languageCode.MatchString(m[2]) {
		return 0
	}
	return above
}

// secondColon finds a text with a colon inside brackets.
func (f *failure) secondColon() *finding {
	if f.open != nil || !flowTrouble.MatchString(f.message) {
		return nil
	}
	m := flowColon.FindStringSubmatch(prefix(f.text, f.column))
	if m == nil {
		return nil
	}
	if missing := f.missingComma(m[1], m[2]); missing != nil {
		return missing
	}
	value := f.text[len(m[1]):]
	if end := strings.IndexAny(value, ",{}[]"); end >= 0 {
		value = strings.TrimRight(value[:end], " ")
	}
	before := utf8.RuneCountInString(m[1])
	return &finding{
		line: f.line, column: 1 + before + utf8.RuneCountInString(m[2]), message: secondColonMessage.Text(),
		fix: []edit{{f.line, 1 + before, utf8.RuneCountInString(value), singleQuoted(value)}},
	}
}

// missingComma finds a key that a comma does not part from the text before it. before is the line up to the text, and text
// what stands before the colon.
func (f *failure) missingComma(before, text string) *finding {
	at := strings.LastIndex(text, " ")
	if at < 0 || !keyNames()[text[at+1:]] && !languageCode.MatchString(text[at+1:]) {
		return nil
	}
	column := 1 + utf8.RuneCountInString(before) + utf8.RuneCountInString(strings.TrimRight(text[:at], " "))
	return &finding{line: f.line, column: column, message: message.New("a comma is missing before %s", quote(text[at+1:])), fix: []edit{{f.line, column, 0, ","}}}
}

// described translates yaml.v3's message, if no check found anything more specific.
func (f *failure) described() finding {
	var words message.Key = "YAML cannot be read here: write this part more simply"
	for _, m := range yamlMessages {
		if f.fails(m.part) {
			words = m.words
			break
		}
	}
	column := f.shownAt()
	if f.fails("alphabetic or numeric") && aliasStart.MatchString(strings.TrimPrefix(f.text, prefix(f.text, column-1))) {
		words = "* at the start of a value names an anchor, and none has this name: put a text that begins with * into quotes"
	}
	m := keyAndValue.FindStringSubmatch(f.text)
	if f.open == nil && bracketText.MatchString(f.text) {
		words = "a text that begins with a bracket: put the whole text into quotes"
		column = 1 + utf8.RuneCountInString(m[1])
	}
	if words == secondColonMessage && m != nil && unbraced.MatchString(m[2]) {
		words = "a second \": \" in one line: the { is missing that belongs to the } at its end"
	}
	found := finding{line: f.line, column: column, message: words.Text()}
	if f.open == nil && strings.Contains(string(words), "into quotes") {
		found.fix = quoteValue(f.lines, f.line)
	}
	return found
}

// shownAt returns the column to report for yaml.v3's message.
func (f *failure) shownAt() int {
	before := prefix(f.text, f.column)
	switch {
	case lineTrouble.MatchString(f.message):
		return 1 + indentOf(f.text)
	case f.fails("unknown anchor"):
		name := strings.Trim(strings.TrimPrefix(strings.TrimSuffix(f.message, " referenced"), "unknown anchor "), "'")
		if at := strings.Index(f.text, "*"+name); at >= 0 {
			return 1 + utf8.RuneCountInString(f.text[:at])
		}
	case markTrouble.MatchString(f.message):
		if starts := startMark.FindAllStringIndex(before, -1); starts != nil {
			return utf8.RuneCountInString(f.text[:starts[len(starts)-1][1]])
		}
	case f.fails("comment or line break"), f.fails("indicator equal to 0"):
		if at := strings.LastIndexAny(before, "|>"); at >= 0 {
			return 1 + utf8.RuneCountInString(f.text[:at])
		}
	}
	return f.column
}

// misaligned finds a key that is indented slightly less or more than its siblings. If the next line is indented like the
// failing one, the line above is the wrong one; else the failing one is.
func (f *failure) misaligned() *finding {
	if !misplaced.MatchString(f.message) {
		return nil
	}
	above := f.fullLine(f.line, -1)
	if above == 0 {
		return nil
	}
	here, there := keyOnLine.FindStringSubmatch(f.text), keyOnLine.FindStringSubmatch(f.lines[above-1])
	if here == nil || there == nil || strings.Contains(here[1], "-") {
		return nil
	}
	indent, indentAbove := len(here[1]), len(there[1])
	next := f.fullLine(f.line, 1)
	for next <= len(f.lines) && indentOf(f.lines[next-1]) > max(indent, indentAbove) { // what belongs to it
		next = f.fullLine(next, 1)
	}
	agrees := next <= len(f.lines) && indentOf(f.lines[next-1]) == indent && !strings.HasPrefix(f.lines[next-1][indent:], "-")
	wrong, right, missing, model := f.line, above, indentAbove-indent, there[2]
	if agrees {
		wrong, right, missing, model = above, f.line, indent-indentAbove, here[2]
	}
	found := &finding{line: wrong, column: 1 + indentOf(f.lines[wrong-1])}
	switch {
	case missing > 2 || missing < -2 || missing == 0 || agrees && strings.Contains(there[1], "-") && missing < 0:
		return nil
	case agrees && missing == 2:
		found.message = message.New("indented by 2 too few, or without its \"- \": compare it with %s on line %d", quote(model), right+f.above)
	case missing > 0:
		found.message = message.New("indented by %d too few: give it as many spaces as %s on line %d", missing, quote(model), right+f.above)
		found.fix = []edit{{wrong, 1, 0, strings.Repeat(" ", missing)}}
	default:
		found.message = message.New("indented by %d too many: give it as many spaces as %s on line %d", -missing, quote(model), right+f.above)
		found.fix = []edit{{wrong, 1, -missing, ""}}
	}
	return found
}

// fullLine returns the next line, in steps of 1 or -1, that is not blank; 0 or len(f.lines)+1 if there is none.
func (f *failure) fullLine(line, step int) int {
	for line += step; line > 0 && line <= len(f.lines) && isBlank(f.lines[line-1]); line += step {
	}
	return line
}

// misindented finds a tab or a wide space in the indentation of the failing line or of the line above it. Elsewhere, in a
// block text, they are allowed.
func (f *failure) misindented() *finding {
	for line := f.line; line >= max(1, f.line-1); line-- {
		text := f.lines[line-1]
		at := indentMark.FindStringIndex(text)
		if at == nil || isBlank(text) {
			continue
		}
		char, _ := utf8.DecodeLastRuneInString(text[:at[1]])
		found := &finding{line: line, column: utf8.RuneCountInString(text[:at[1]]), message: wideIndent(char), fix: fixIndentation(f.lines)}
		if char == '\t' {
			found.message = message.New("a tab cannot indent YAML: use spaces")
		}
		if others := f.tabs - 1; others > 0 {
			found.message = message.New("%s; %d more lines have such", found.message, others)
		}
		return found
	}
	return nil
}

var (
	lineTrouble     = regexp.MustCompile(`did not find expected key|expected '-' indicator|document indicator|non-alphabetical|directive`)
	markTrouble     = regexp.MustCompile(`alphabetic or numeric|URI|expected '[!>]'|tag handle|whitespace or line break`)
	bracketText     = regexp.MustCompile(`^ *(?:- +)*[A-Za-z_][A-Za-z0-9_-]*: +(\[[^\[\]]*\]|\{[^{}]*\}) *[^ #]`)
	flowBracket     = regexp.MustCompile(`[{,] *[A-Za-z_][A-Za-z0-9_-]*: +(\[[^\[\]{}"',:]*\] *[^ ,:\[\]{}#"'][^,:\[\]{}"']*)[,}]`)
	keyOnLine       = regexp.MustCompile(`^( *(?:- +)*)([A-Za-z_][A-Za-z0-9_-]*): `)
	misplaced       = regexp.MustCompile(`did not find expected key|expected '-' indicator|mapping values are not allowed`)
	flowColon       = regexp.MustCompile(`^((?:.*[{,])? *[A-Za-z_][A-Za-z0-9_-]*: +)([^\s"'{}\[\],:][^"{}\[\],:]*): ?$`)
	aliasStart      = regexp.MustCompile(`^\*\S`)
	startMark       = regexp.MustCompile(`(^|[\s\[{,])[*&!]`)
	keyAlone        = regexp.MustCompile(`^( *(?:- +)*)([A-Za-z_][A-Za-z0-9_-]*): *(?:#.*)?$`)
	textAlone       = regexp.MustCompile(`^ *[^ #"'\[\]{}&*!|>%@-][^:：]*$`)
	wordAfterDashes = regexp.MustCompile(`^( *(?:- +)*)([A-Za-z_][A-Za-z0-9_-]*)[ \t].*$`)
	flowTrouble     = regexp.MustCompile(`expected ',' or|node content|mapping values|sequence entries|mapping keys`)
	indentMark      = regexp.MustCompile(`^ *[\t\x{3000}\x{00A0}]`)
	closing         = map[rune]string{'{': "}", '[': "]"}
	firstColon      = regexp.MustCompile(`^[ -]*["']?[^\s:"']+["']?\s*:$`) // a line's beginning up to its first colon
)

// splitYAMLError splits "yaml: line 3: what is wrong". The line is 1 if there is none.
func splitYAMLError(err error) (message string, line int) {
	first, _, _ := strings.Cut(err.Error(), "\n")
	m := yamlLine.FindStringSubmatch(first)
	line = 1
	if m[1] != "" {
		fmt.Sscan(m[1], &line)
	}
	return m[2], line
}

// locate finds the shortest prefix of the lines that fails with the same message, and notes where it ends. from is yaml.v3's
// line: that of the failure, a line above it, or the line after it.
func (f *failure) locate(from int) {
	inFlow := flowTrouble.MatchString(f.message)
	start := min(max(1, from-1), len(f.lines))
	fails := func(text string) bool {
		if inFlow { // a bracket that is merely cut off must not count
			text += closers(text, start)
		}
		err := f.check(text)
		if err == nil {
			return false
		}
		got, _ := splitYAMLError(err)
		return got == f.message
	}
	failsBy := func(n int) bool { return fails(strings.Join(f.lines[:n], "\n") + "\n") }
	low, high := start, start
	for step := 1; high < len(f.lines) && !failsBy(high); step *= 2 { // the place is near, as a rule
		low, high = high+1, min(high+step, len(f.lines))
	}
	f.line = search(low, high, failsBy)
	above := strings.Join(f.lines[:f.line-1], "\n")
	if f.line > 1 {
		above += "\n"
	}
	text := f.lines[f.line-1]
	f.column = search(1, max(1, utf8.RuneCountInString(text)), func(n int) bool { return fails(above + prefix(text, n)) })
}

// closers returns the quotes and brackets that close what a text leaves open, from a line on.
func closers(text string, from int) string {
	for range from - 1 {
		_, text, _ = strings.Cut(text, "\n")
	}
	var open []byte // the closing brackets that are missing, the outermost first
	quote := byte(0)
	starts := true // a key or value may begin here
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
	slices.Reverse(open)
	if quote != 0 {
		return string(quote) + string(open)
	}
	return string(open)
}

// search returns the smallest n in [low, high] for which ok holds, as [sort.Search] does; high if there is none.
func search(low, high int, ok func(int) bool) int {
	low = min(low, high)
	return low + sort.Search(high-low, func(i int) bool { return ok(low + i) })
}
