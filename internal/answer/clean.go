package answer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/survey"
)

// What a keyboard, an input method or a copied page puts into numbers, dates and addresses is brought into one form: ASCII
// digits, points and hyphens, without marks that nobody can see. The page's script (templates/rules.js) has the same table.
var cleaning = map[survey.Type][]func(string) string{
	survey.Number:      {usualForms, asciiDigits, hyphens, points, ungroup},
	survey.ConstantSum: {usualForms, asciiDigits, hyphens, points, ungroup},
	survey.Ranking:     {usualForms, asciiDigits},
	survey.DateType:    {usualForms, asciiDigits, hyphens},
	survey.Time:        {usualForms, asciiDigits},
	survey.Phone:       {usualForms, asciiDigits, hyphens},
	survey.Email:       {usualForms, asciiDigits, hyphens, points},
	survey.URL:         {hostForms}, // in a path, all may mean what it says
}

// clean removes surrounding white space and control characters, and brings all but prose into the form of its type. Prose keeps
// marks that nobody can see, unless it has nothing else. Line ends become \n.
func clean(f survey.Field, value string) string {
	t := f.Question.Type
	if f.Part == survey.OtherPart {
		t = survey.ShortText
	}
	steps, machine := cleaning[t]
	prose := t == survey.ShortText || t == survey.LongText || t == survey.Hidden
	if !machine && !prose {
		return strings.TrimSpace(value)
	}
	value = removeControls(value, t == survey.LongText)
	if isASCII(value) { // and so in the form of any type
		return Trim(value)
	}
	if prose {
		if value = Trim(norm.NFC.String(value)); isInvisible(value) {
			return ""
		}
		return value
	}
	value = norm.NFC.String(strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Cf, c) {
			return -1
		}
		return c
	}, value))
	for _, step := range steps {
		value = step(value)
	}
	return Trim(value)
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool { return c >= utf8.RuneSelf }) < 0
}

// removeControls removes control characters. Line ends and tabs become spaces, unless lines are kept.
func removeControls(value string, lines bool) string {
	if lines {
		value = strings.ReplaceAll(value, "\r\n", "\n")
	}
	return strings.Map(func(c rune) rune {
		switch {
		case lines && (c == '\n' || c == '\t'):
			return c
		case lines && c == '\r':
			return '\n'
		case c == '\n' || c == '\r' || c == '\t':
			return ' '
		case unicode.IsControl(c):
			return -1
		}
		return c
	}, value)
}

// Trim removes surrounding white space, as JavaScript's trim does.
func Trim(text string) string {
	return strings.TrimFunc(text, func(c rune) bool { return c == '\ufeff' || c != '\u0085' && unicode.IsSpace(c) })
}

var unraised = regexp.MustCompile(`[^\x{b2}\x{b3}\x{b9}\x{2070}\x{2074}-\x{208e}]+`)

// usualForms replaces variants of characters, such as wide ones. Raised and lowered digits stay: 10² is not 102.
func usualForms(text string) string { return unraised.ReplaceAllStringFunc(text, norm.NFKC.String) }

// asciiDigits replaces the decimal digits of all scripts. In Unicode those of a script follow each other, from zero to nine.
func asciiDigits(text string) string {
	return strings.Map(func(c rune) rune {
		if c < utf8.RuneSelf || !unicode.Is(unicode.Nd, c) {
			return c
		}
		zero := c
		for unicode.Is(unicode.Nd, zero-1) {
			zero--
		}
		return '0' + (c-zero)%10
	}, text)
}

// hyphens replaces other hyphens, dashes and the minus sign.
func hyphens(text string) string {
	return strings.Map(func(c rune) rune {
		if '\u2010' <= c && c <= '\u2015' || c == '\u2212' {
			return '-'
		}
		return c
	}, text)
}

// points replaces the ideographic full stop, and the Arabic decimal separator.
func points(text string) string { return otherPoints.Replace(text) }

var otherPoints = strings.NewReplacer("\u3002", ".", "\u066b", ".")

var host = regexp.MustCompile(`^((?i:https?)[:：][/／]{2})?[^/?#／？＃]*[／？＃]?`)

// hostForms replaces variants of characters up to the path.
func hostForms(text string) string {
	return host.ReplaceAllStringFunc(text, func(host string) string { return points(usualForms(host)) })
}

var grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}(\x{66c}[0-9]{3})+(\.|$)`)

// ungroup removes the Arabic thousands separator between groups of three. A comma stays: some write 1,500 for 1.5.
func ungroup(text string) string {
	return grouped.ReplaceAllStringFunc(text, func(whole string) string { return strings.ReplaceAll(whole, "\u066c", "") })
}

// invisible are the letters and symbols that show nothing: Hangul fillers, and the blank of Braille.
const invisible = "\u115f\u1160\u3164\uffa0\u2800"

// isInvisible reports whether nobody can see anything of a text.
func isInvisible(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool {
		return !unicode.In(c, unicode.Cc, unicode.Cf, unicode.Z, unicode.M) && !strings.ContainsRune(invisible, c)
	}) < 0
}

// visibleLength counts the characters of a text, without marks that nobody can see.
func visibleLength(text string) int {
	n := 0
	for _, c := range text {
		if !unicode.Is(unicode.Cf, c) && !strings.ContainsRune(invisible, c) {
			n++
		}
	}
	return n
}
