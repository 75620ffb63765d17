package questionnaire

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"golang.org/x/text/width"

	"glasspoll/internal/message"
)

// quote shows a word of the file in a message, in quotes.
func quote(s string) message.Text { return message.Quoted(shown(s)) }

// shown makes a word of the file fit for a message: on one line and not too long.
func shown(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

// unquoted is shown without quotes around it.
func unquoted(s string) string { return strings.Trim(shown(s), "'") }

func didYouMean(word string) message.Text { return message.New(": did you mean '%s'?", word) }

// suggest returns the part of a message that suggests the nearest of some words; nothing if none is near.
func suggest(word string, among []string) message.Text {
	meant := nearest(word, among)
	if meant == "" {
		return message.Text{}
	}
	if hint := lookalike(word); !hint.IsZero() {
		return message.New("%s, write '%s'", hint, meant)
	}
	return didYouMean(meant)
}

// nearest finds the word that was probably meant: a known synonym, or a word that differs in at most about a third of its
// letters. It returns "" if there is none.
func nearest(word string, among []string) string {
	if len(word) > maxID {
		return ""
	}
	word = strings.ToLower(strings.TrimSpace(width.Fold.String(word)))
	for _, meant := range synonyms[word] {
		if slices.Contains(among, meant) {
			return meant
		}
	}
	best, distance := "", 1+max(1, (utf8.RuneCountInString(word)+1)/3)
	for _, a := range among {
		d := levenshtein.ComputeDistance(word, a)
		if isSwap(word, a) {
			d = 1
		}
		if d < distance && d < utf8.RuneCountInString(word) {
			best, distance = a, d
		}
	}
	return best
}

// isSwap reports whether two words differ only by a swap of two adjacent letters.
func isSwap(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// synonyms maps names that other tools and languages use to the keys, types and words of the format.
var synonyms = map[string][]string{
	"name": {"label", "title", "id"}, "text": {"label", "short_text"}, "question": {"label"}, "caption": {"label"}, "heading": {"title", "label"},
	"description": {"help", "intro"}, "hint": {"help"}, "introduction": {"intro"}, "thank_you": {"thanks"}, "thankyou": {"thanks"},
	"choices": {"options"}, "answers": {"options"}, "items": {"rows", "options"}, "columns": {"scale"}, "pages": {"sections"}, "groups": {"sections"},
	"mandatory": {"required"}, "points": {"score"}, "value": {"score"}, "locale": {"languages"}, "locales": {"languages"}, "language": {"languages"},
	"lang": {"languages"}, "tz": {"timezone"}, "regex": {"pattern"}, "minimum": {"min"}, "maximum": {"max"}, "end": {"until"}, "start": {"from"}, "to": {"until"},
	"标题": {"title", "label"}, "题目": {"label"}, "选项": {"options"}, "必填": {"required", "true"}, "类型": {"type"}, "分数": {"score"}, "语言": {"languages"}, "问题": {"questions"},
	"radio": {"single_choice", "radio"}, "select": {"single_choice", "dropdown"}, "select_one": {"single_choice"}, "dropdown": {"single_choice", "dropdown"}, "choice": {"single_choice"},
	"single": {"single_choice"}, "checkbox": {"multi_choice"}, "checkboxes": {"multi_choice"}, "select_multiple": {"multi_choice"}, "multiple": {"multi_choice"},
	"multiple_choice": {"multi_choice"}, "multi": {"multi_choice"}, "stars": {"stars", "rating"}, "likert": {"rating"}, "grid": {"matrix"}, "table": {"matrix"},
	"textarea": {"long_text"}, "comment": {"long_text"}, "string": {"short_text"}, "integer": {"number"}, "numeric": {"number"}, "tel": {"phone"}, "mail": {"email"},
	"when": {"show_if"}, "if": {"show_if", "that"}, "visible_if": {"show_if"}, "visibleif": {"show_if"}, "relevant": {"show_if"}, "condition": {"show_if", "that"},
	"constraint": {"check"}, "validation": {"check"}, "randomize": {"shuffle"}, "random": {"shuffle"}, "required_if": {"required"}, "sum": {"total"},
	"boolean": {"yes_no"}, "rank": {"ranking"}, "sort": {"ranking"}, "排序": {"ranking"}, "website": {"url"}, "link": {"url"}, "网址": {"url"}, "allocation": {"constant_sum"}, "是": {"true"}, "必答": {"required", "true"}, "选填": {"false"}, "可选": {"false"}, "不必填": {"false"}, "否": {"false"}, "对": {"true"}, "y": {"true"}, "n": {"false"}, "1": {"true"}, "0": {"false"},
	"cn": {"zh"}, "chs": {"zh"}, "chi": {"zh"}, "中文": {"zh"}, "英文": {"en"}, "月": {"month"}, "月度": {"month"}, "monthly": {"month"}, "季": {"quarter"}, "季度": {"quarter"}, "quarterly": {"quarter"},
	"年": {"year"}, "年度": {"year"}, "yearly": {"year"}, "annual": {"year"},
	"单选": {"single_choice"}, "多选": {"multi_choice"}, "评分": {"rating"}, "矩阵": {"matrix"}, "量表": {"rating"},
}
