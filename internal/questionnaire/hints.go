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
	word = strings.ToLower(strings.Trim(width.Fold.String(word), " “”‘’"))
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

// without returns the words of a list that are not in another.
func without(words, others []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(others, word) })
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
