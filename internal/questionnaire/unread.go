package questionnaire

import (
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/message"
)

// Lines are unread if they are left out, since they are not valid YAML, or if their rest may be misread. What is only there
// because of them is not reported.
type unreadLines struct {
	span
	indent int
	key    string // with which they begin
}

var (
	leadingKey   = regexp.MustCompile(`^ *(?:- +)*([A-Za-z_][A-Za-z0-9_-]*)`)
	entryDashes  = regexp.MustCompile(`^ *(?:- +)*`)
	nameInText   = regexp.MustCompile(`[A-Za-z0-9_]+`)
	wordInText   = regexp.MustCompile(`[A-Za-z0-9_-]+`)
	nameInQuotes = regexp.MustCompile(`'[A-Za-z0-9_.]+'`)
)

// leaveUnread notes that lines, as they are now, are not read.
func (r *reader) leaveUnread(s span) {
	u := unreadLines{span: s, indent: indentOf(r.lines[s.from])}
	if m := leadingKey.FindStringSubmatch(r.lines[s.from]); m != nil {
		u.key = m[1]
	}
	r.unread = append(r.unread, u)
	if r.lost == nil {
		r.lost = map[string]bool{}
	}
	for _, line := range r.lines[s.from:s.to] {
		for _, name := range nameInText.FindAllString(line, -1) {
			r.lost[name] = true
		}
	}
}

// Codes of problems about what the survey as a whole lacks, what a mapping or list lacks, its languages, and names that are
// declared elsewhere.
var (
	overallCodes  = []string{"no_scores", "no_figures", "no_end", "unreachable", "wrong_model", "bad_bands", "segment_hidden", "single_option"}
	lackCodes     = []string{"missing_key", "missing_language", "missing_id", "empty_value", "not_a_list", "not_keys", "no_questions", "empty_file"}
	languageCodes = []string{"unknown_language", "missing_language", "bad_language"}
	nameCodes     = []string{"unknown_question", "unknown_option", "unknown_scale", "unknown_row", "unknown_dimension", "unknown_channel", "unknown_period", "unused_scale",
		"bad_condition", "bad_placeholder", "never_true", "not_a_segment", "private_question"}
)

// isConsequence reports whether a problem may only be there because lines are not read.
func (r *reader) isConsequence(line, column int, text message.Text) bool {
	if len(r.unread) == 0 {
		return false
	}
	if slices.Contains(overallCodes, text.Code) || slices.Contains(nameCodes, text.Code) && r.namesLost(text) {
		return true
	}
	lacks, ofLanguage := slices.Contains(lackCodes, text.Code), slices.Contains(languageCodes, text.Code)
	named := wordInText.FindAllString(text.String(), -1)
	for _, u := range r.unread {
		switch {
		case u.holds(line - 1),
			ofLanguage && u.indent == 0 && (u.key == "title" || u.key == "languages"),
			lacks && r.reaches(line-1, column-1, u),
			slices.Contains(named, u.key) && r.isBeside(line-1, u):
			return true
		}
	}
	return false
}

// namesLost reports whether a message quotes a name that unread lines have.
func (r *reader) namesLost(text message.Text) bool {
	for _, quoted := range nameInQuotes.FindAllString(text.String(), -1) {
		for name := range strings.SplitSeq(strings.Trim(quoted, "'"), ".") {
			if r.lost[name] {
				return true
			}
		}
	}
	return false
}

// reaches reports whether what begins at a place holds unread lines below.
func (r *reader) reaches(line, column int, u unreadLines) bool {
	if u.from < line {
		return u.indent == column && !slices.ContainsFunc(r.lines[u.from:line], func(line string) bool { return !isBlank(line) })
	}
	indent := indentOf(r.lines[line])
	if u.indent < column && u.indent <= indent {
		return false
	}
	for _, below := range r.lines[line+1 : max(u.from, line+1)] {
		if n := indentOf(below); n < column && n <= indent && !isBlank(below) {
			return false
		}
	}
	return true
}

// isBeside reports whether a line and unread lines are of one mapping.
func (r *reader) isBeside(line int, u unreadLines) bool {
	first, last := min(line, u.from), max(line, u.from)
	for i := last; i >= first; i-- {
		if text := r.lines[i]; !isBlank(text) && indentOf(text) < u.indent && !(i == first && len(entryDashes.FindString(text)) == u.indent) {
			return false
		}
	}
	return true
}
