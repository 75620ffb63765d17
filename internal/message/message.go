// Package message makes the sentences that authors and operators read, in English and in Chinese. English is the reference: a
// message is made from an English format, and the catalogue in zh/ has the same format in Chinese. It is pure.
package message

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The languages of messages.
const (
	English = "en"
	Chinese = "zh"
)

// A Text is a sentence, or a part of one, in every language of messages. It is comparable. The zero Text is empty.
type Text struct {
	Code string // of the kind of message, or of the first part that has one; stable, whatever the wording. "" if there is none
	en   string
	zh   string
}

// New makes a text from an English format of package fmt. An argument that is a Text, a Key or an error is in the
// language of the text it is put into. The format must be in the catalogue; if it is not, the text is English in Chinese too.
func New(format string, args ...any) Text {
	t := Text{en: format, zh: format}
	entry, known := catalogue()[format]
	if known {
		t.Code, t.zh = entry.Code, entry.Chinese
	}
	for i := 0; t.Code == "" && i < len(args); i++ {
		switch a := args[i].(type) {
		case Text:
			t.Code = a.Code
		case error:
			t.Code = Of(a).Code
		}
	}
	t.en, t.zh = sprint(t.en, English, args), sprint(t.zh, Chinese, args)
	return t
}

// Plain returns a text that is the same in every language: a name, an id, a piece of a file.
func Plain(s string) Text { return Text{en: s, zh: s} }

// In returns the text in a language: Chinese for zh and all that begins with "zh-", English for every other.
func (t Text) In(language string) string {
	if IsChinese(language) {
		return t.zh
	}
	return t.en
}

// String returns the text in English.
func (t Text) String() string { return t.en }

// MarshalText makes a text English in JSON.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.en), nil }

// Map returns the text with a function applied to it in every language.
func (t Text) Map(change func(string) string) Text {
	return Text{Code: t.Code, en: change(t.en), zh: change(t.zh)}
}

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t == Text{} }

// IsChinese reports whether messages for a reader of the language are in Chinese. It takes tags ("zh-Hant") and the names of
// locales ("zh_CN.UTF-8").
func IsChinese(language string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(language), Chinese)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], "-_.@"))
}

func plain(words []string) []Text {
	texts := make([]Text, len(words))
	for i, w := range words {
		texts[i] = Plain(w)
	}
	return texts
}

// Quoted returns what an author wrote, in the quotes of each language: 'a' and “a”.
func Quoted(s string) Text { return Text{en: "'" + s + "'", zh: "“" + s + "”"} }

// A Key is an entry of the catalogue, by its English: what tables and parameters hold of a sentence that is made later. As an
// argument it is in the language of the text that it is put into.
type Key string

// Text returns the text of New.
func (k Key) Text(args ...any) Text { return New(string(k), args...) }

// Error returns the English: a Key may be an error that callers branch on. Two that are equal are one error.
func (k Key) Error() string { return string(k) }

// Message returns the text of the error.
func (k Key) Message() Text { return k.Text() }

// Join joins texts. The separator is an entry of the catalogue, such as ", ", or the same in every language.
func Join(separator string, parts ...Text) Text {
	between := New(separator)
	return join(between.en, between.zh, parts)
}

func join(english, chinese string, parts []Text) Text {
	en, zh := make([]string, len(parts)), make([]string, len(parts))
	for i, p := range parts {
		en[i], zh[i] = p.en, p.zh
	}
	return Text{en: strings.Join(en, english), zh: strings.Join(zh, chinese)}
}

// Words lists words that are the same in every language: "a, b, c" and "a、b、c".
func Words(words ...string) Text { return join(", ", "、", plain(words)) }

// Facts lists facts that stand side by side: "a, b" and "a，b".
func Facts(parts ...Text) Text { return join(", ", "，", parts) }

// List joins texts as a sentence does: "a", "a and b", "a, b and c"; in Chinese, "a、b、c".
func List(parts ...Text) Text { return enumerate(" and ", "、", parts) }

// Either joins texts as a sentence does: "a", "a or b", "a, b or c"; in Chinese, "a、b 或 c".
func Either(parts ...Text) Text { return enumerate(" or ", " 或 ", parts) }

// enumerate joins texts, the last one by a conjunction.
func enumerate(english, chinese string, parts []Text) Text {
	n := len(parts)
	if n < 2 {
		return join("", "", parts)
	}
	return join(english, chinese, []Text{join(", ", "、", parts[:n-1]), parts[n-1]})
}

// Count returns a number and a noun, in the plural unless it is one: "1 file", "2 files". The catalogue has
// it with the number, in the singular: "%d file".
func Count(n int, noun string) Text {
	plural := noun + "s"
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.ContainsAny(stem[len(stem)-1:], "aeo") {
		plural = stem + "ies"
	}
	word := noun
	if n != 1 {
		word = plural
	}
	return Text{en: fmt.Sprintf("%d %s", n, word), zh: New("%d "+noun, n).zh}
}

// An Error is an error with a text.
type Error struct {
	Text
	Err error // the cause; may be nil
}

// Error returns the text in English.
func (e *Error) Error() string { return e.en }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an error with the text of New. The arguments for %w are its causes.
func Errorf(format string, args ...any) error {
	e := &Error{Text: New(format, args...)}
	switch wrapped := fmt.Errorf(format, args...).(type) {
	case interface{ Unwrap() error }:
		e.Err = wrapped.Unwrap()
	case interface{ Unwrap() []error }:
		e.Err = errors.Join(wrapped.Unwrap()...)
	}
	return e
}

// sprint formats arguments in a language.
func sprint(format, language string, args []any) string {
	own := make([]any, len(args))
	for i, a := range args {
		own[i] = a
		switch a := a.(type) {
		case Text:
			own[i] = a.In(language)
		case Key:
			own[i] = a.Text().In(language)
		case error:
			own[i] = Of(a).In(language)
		}
	}
	format = strings.ReplaceAll(format, "%w", "%v")
	if language == Chinese {
		return sprintWide(format, own)
	}
	return fmt.Sprintf(format, own...)
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([-+#0-9.]*)([a-zA-Z%])`)

// sprintWide formats as fmt.Sprintf does, but drops the spaces of the format that separate arguments from Chinese, where an
// argument itself begins or ends with a Chinese character or sign.
func sprintWide(format string, args []any) string {
	var b strings.Builder
	from, next, dropSpace := 0, 0, false
	for _, at := range verb.FindAllStringSubmatchIndex(format, -1) {
		literal := format[from:at[0]]
		if from = at[1]; dropSpace {
			literal = strings.TrimPrefix(literal, " ")
		}
		if at[2] >= 0 {
			index, _ := strconv.Atoi(format[at[2]:at[3]])
			next = index - 1
		}
		var arg []any
		if letter := format[at[6]:at[7]]; letter != "%" && next >= 0 && next < len(args) {
			arg = args[next : next+1]
			next++
		}
		text := fmt.Sprintf("%"+format[at[4]:at[7]], arg...)
		first, _ := utf8.DecodeRuneInString(text)
		last, _ := utf8.DecodeLastRuneInString(text)
		if before, spaced := strings.CutSuffix(literal, " "); spaced && isWide(first) && separates(before, at[0] > 1) {
			literal = before
		}
		dropSpace = isWide(last)
		b.WriteString(literal)
		b.WriteString(text)
	}
	rest := format[from:]
	if dropSpace {
		rest = strings.TrimPrefix(rest, " ")
	}
	b.WriteString(rest)
	return b.String()
}

// separates reports whether a space behind a text is there for the change of scripts alone, not behind a sign of ASCII, such as a
// colon, and not to indent. within says that an argument stands before an empty text.
func separates(text string, within bool) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return text == "" && within || text != "" && (isWide(last) || unicode.IsLetter(last) || unicode.IsDigit(last))
}

// isWide reports whether a character is as wide as a Chinese one in Chinese text.
func isWide(c rune) bool {
	return unicode.In(c, unicode.Han) || c >= 0x3000 && c < 0x3040 || c >= 0xFF00 && c < 0xFFEF || c == '“' || c == '”'
}
