package questionnaire

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/yaml12"
)

// After a YAML error, reading continues as if the fix in the message had been applied, so that one run shows all mistakes of
// the file; see [mender].

// An edit changes one line: from a column on, it deletes characters and inserts others.
type edit struct {
	line, column int // from 1, in characters, in the file as earlier edits have left it
	delete       int
	insert       string
}

// apply edits one of a file's lines.
func (e edit) apply(lines []string) {
	line := []rune(lines[e.line-1])
	from := min(e.column-1, len(line))
	to := min(from+e.delete, len(line))
	lines[e.line-1] = string(line[:from]) + e.insert + string(line[to:])
}

// undo returns the column that a place of the edited file had before the edit.
func (e edit) undo(line, column int) int {
	inserted := utf8.RuneCountInString(e.insert)
	switch {
	case line != e.line || column < e.column:
		return column
	case column < e.column+inserted:
		return min(column, e.column+max(0, e.delete-1))
	}
	return column + e.delete - inserted
}

// originalColumn returns the column, in the original file, of a place in the fixed file.
func (r *reader) originalColumn(line, column int) int {
	for _, e := range slices.Backward(r.edits) {
		column = e.undo(line, column)
	}
	return column
}

// fix applies edits. [reader.originalColumn] corrects the positions of later problems for them.
func (r *reader) fix(edits []edit) {
	for _, e := range edits {
		e.apply(r.lines)
	}
	r.edits = append(r.edits, edits...)
}

// parseFixed reads a questionnaire that has problems once more, with its slips fixed: problems that a slip caused disappear,
// and problems that it hid are found. It returns nil if there are no slips.
func parseFixed(file string, source []byte, files Files) *reader {
	if len(source) > maxFile || !utf8.Valid(source) {
		return nil
	}
	r := newReader(file)
	r.slips, r.lines, r.files = slipsFixed, yaml12.Lines(source), files
	if r.fixMoreSlips(); len(r.problems) == 0 {
		return nil
	}
	r.questionnaire([]byte(strings.Join(r.lines, "\n")))
	return r
}

// hasSlips reports whether the file is to be read without its slips first. If so, it reports one of them.
func (r *reader) hasSlips() bool {
	if r.slips != slipsFirst {
		return false
	}
	found := fixSlips(slices.Clone(r.lines))
	if len(found) > 0 {
		r.report(found[0].line, found[0].column, found[0].message)
	}
	return len(found) > 0
}

// fixMoreSlips reports and fixes the slips of a questionnaire.
func (r *reader) fixMoreSlips() {
	if r.slips == noSlips {
		return
	}
	for _, slip := range fixSlips(r.lines) {
		r.report(slip.line, slip.column, slip.message)
		r.edits = append(r.edits, slip.fix...)
	}
}

const maxIndentEdits = 2_000 // in one file

// fixIndentation returns the edits that make a file valid YAML by indenting it with ordinary spaces, or nil. It tries several
// widths of a tab.
func fixIndentation(lines []string) []edit {
	for _, tab := range []int{2, 4, 8} {
		edits := indentEdits(lines, tab)
		if len(edits) > maxIndentEdits {
			return nil
		}
		fixed := slices.Clone(lines)
		for _, e := range edits {
			e.apply(fixed)
		}
		if _, _, err := yaml12.Decode([]byte(strings.Join(fixed, "\n"))); err == nil {
			return edits
		}
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "\t") }) {
			break
		}
	}
	return nil
}

// indentEdits replaces the indentation of a file's lines by ordinary spaces, each tab by a number of them.
func indentEdits(lines []string, tab int) []edit {
	var edits []edit
	for i, line := range lines {
		column := 1
		for _, c := range line {
			spaces := 0
			switch c {
			case ' ':
				column++
				continue
			case '\t':
				spaces = tab
			case '\u3000':
				spaces = 2
			case '\u00A0':
				spaces = 1
			}
			if spaces == 0 {
				break
			}
			edits = append(edits, edit{i + 1, column, 1, strings.Repeat(" ", spaces)})
			column += spaces
		}
	}
	return edits
}

var (
	keyAndValue = regexp.MustCompile(`^( *(?:- +)*[A-Za-z_][A-Za-z0-9_-]*: +)(\S.*)$`)
	unbraced    = regexp.MustCompile(`^[^{}"']*, *[a-z_]+: .*\}$`) // keys and values that lack their {
)

// quoteValue returns the edit that puts the value on a line into quotes; nil if it is not clear where the value ends.
func quoteValue(lines []string, line int) []edit {
	m := keyAndValue.FindStringSubmatch(lines[line-1])
	if m == nil || m[2][0] == '|' || m[2][0] == '>' || unbraced.MatchString(m[2]) { // the lines below may be its text
		return nil
	}
	value := strings.TrimRight(m[2], " ")
	return []edit{{line, 1 + utf8.RuneCountInString(m[1]), utf8.RuneCountInString(value), singleQuoted(value)}}
}

// singleQuoted puts a text into single quotes.
func singleQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
