package questionnaire

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
)

var (
	questionID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	choiceID   = regexp.MustCompile(`^[a-z0-9][a-z0-9_]*$`)
	surveyID   = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	onlyDigits = regexp.MustCompile(`^[0-9]+$`)
)

const maxID = 64 // characters of any id

// isName reports whether a word has the form of a question's or channel's id.
func isName(word string) bool { return questionID.MatchString(word) && len(word) <= maxID }

// id reads an id. It returns fallback if none is given.
func (o object) id(fallback string) string { return o.identifier("id", fallback) }

// identifier reads a key whose value has the form of an id.
func (o object) identifier(key, fallback string) string {
	s, ok := o.scalar(key)
	if !ok {
		return fallback
	}
	if len(s.Value) > maxID {
		o.fail(s, "%s is longer than %d characters: shorten it", key, maxID)
		return fallback
	}
	pattern, rule := questionID, message.Key("lower-case letters a–z, digits and _, starting with a letter")
	switch o.form(key).kind {
	case choiceIDForm:
		pattern, rule = choiceID, "lower-case letters a–z, digits and _"
	case fileIDForm:
		pattern, rule = surveyID, "lower-case letters a–z, digits, _ and -, starting with a letter"
	}
	if pattern.MatchString(s.Value) {
		return s.Value
	}
	hint := o.idHint(s.Value, pattern, o.kindOfID(key))
	if hint.IsZero() {
		example := "delivery_time"
		if k, _ := o.mapping.key(key, o.questionType); key != "id" {
			example = k.example
		}
		hint = message.New(": write one such as %s", example)
	}
	o.fail(s, "%s %s may have only %s%s", key, quote(s.Value), rule.Text(), hint)
	return fallback
}

// kindOfID names what has the id that a key gives.
func (o object) kindOfID(key string) string {
	if key == "open" {
		return "case"
	}
	return o.mapping.id
}

// idHint suggests an id for a word that is not one, or names a letter that only looks like one of a–z. kind names what has the
// id.
func (r *reader) idHint(word string, pattern *regexp.Regexp, kind string) message.Text {
	if hint := lookalike(word); !hint.IsZero() {
		return hint
	}
	if id := fixID(word, pattern, kind); id != "" && !r.taken[id] {
		return didYouMean(id)
	}
	return message.Text{}
}

// lookalike names a letter of a word that is not one of a–z, though it may look like one; nothing if there is none.
func lookalike(word string) message.Text {
	for _, c := range width.Fold.String(word) {
		if c > unicode.MaxASCII && unicode.IsLetter(c) && !unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			return message.New(": '%c' (U+%04X) is none of the letters a–z, even if it looks like one", c, c)
		}
	}
	return message.Text{}
}

// fixID turns a word into an id, or returns "" if that is not possible. A number becomes one behind the kind of what has the id:
// q1 for a question, channel_1 for a channel.
func fixID(word string, pattern *regexp.Regexp, kind string) string {
	id := strings.ToLower(strings.Trim(width.Fold.String(word), " “”‘’\"'"))
	if onlyDigits.MatchString(id) && pattern != choiceID {
		if kind == questionMapping.id {
			id = "q" + id
		} else {
			id = kind + "_" + id
		}
	}
	id = strings.Map(func(c rune) rune {
		switch {
		case c == ' ' || c == '-' || c == '.' || c == '/' || c == '&':
			return '_'
		case strings.ContainsRune("?!,:;()'", c):
			return -1
		}
		return c
	}, id)
	if id = strings.TrimLeft(id, "_"); !pattern.MatchString(id) {
		id = strings.TrimLeft(id, "_0123456789")
	}
	reserved := kind == questionMapping.id && slices.Contains(keywords, id) || kind == questionnaireMapping.id && slices.Contains(reservedIDs, id)
	if !pattern.MatchString(id) || len(id) > maxID || reserved {
		return ""
	}
	return id
}

// take notes ids, so that none of them is suggested for another. It returns a function that forgets them.
func (r *reader) take(ids []string) (forget func()) {
	before := r.taken
	r.taken = map[string]bool{}
	for _, id := range ids {
		r.taken[id] = true
	}
	return func() { r.taken = before }
}

// idsIn lists the ids that the entries of a list have.
func idsIn(entries []*yaml.Node) (ids []string) {
	for _, n := range entries {
		if id := child(target(n), "id"); id != nil {
			ids = append(ids, scalarText(id))
		}
	}
	return ids
}
