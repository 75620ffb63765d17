package advice

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// languages compares every text in the other languages with that in the first one.
func (a *adviser) languages() {
	if len(a.s.Languages) < 2 {
		return
	}
	a.texts(func(t survey.Text, at path) {
		for _, other := range a.s.Languages[1:] {
			first := a.s.Languages[0]
			if len(t) == 0 || a.untranslated(t, first, other, at) {
				continue
			}
			a.placeholders(t, first, other, at)
			a.numbers(t, first, other, at)
			a.punctuation(t, first, other, at)
		}
	})
	for _, c := range a.optionLists() {
		for _, other := range a.s.Languages[1:] {
			a.polarity(c, a.s.Languages[0], other)
		}
	}
}

// texts calls visit for everything that a respondent reads, once for each scale.
func (a *adviser) texts(visit func(survey.Text, path)) {
	s := a.s
	visit(s.Title, path{"title"})
	visit(s.Purpose, path{"purpose"})
	visit(s.Intro, path{"intro"})
	for i, t := range s.Thanks {
		at := path{"thanks"}
		if a.places.Has("thanks", i, "text") {
			at = path{"thanks", i, "text"}
		}
		visit(t.Text, at)
	}
	if s.Contact != nil {
		visit(s.Contact.Name, path{"contact", "name"})
	}
	for i, section := range s.Sections {
		visit(section.Title, path{"sections", i, "title"})
		visit(section.Intro, path{"sections", i, "intro"})
	}
	a.eachQuestion(func(q *survey.Question, at path) {
		visit(q.Label, at.to("label"))
		visit(q.ShortName, at.to("short"))
		visit(q.ShortNo, at.to("short_no"))
		visit(q.Help, at.to("help"))
		visit(q.Low, at.to("low"))
		visit(q.High, at.to("high"))
		visit(q.Unit, at.to("unit"))
		for i, rule := range q.Checks {
			where := at.to("check", i, "message")
			if !a.places.Has(where...) {
				where = at.to("check", "message")
			}
			visit(rule.Message, where)
		}
		for i, row := range q.Rows {
			visit(row.Label, at.to("rows", i, "label"))
			visit(row.ShortName, at.to("rows", i, "short"))
		}
	})
	for _, c := range a.optionLists() {
		for i, o := range c.options {
			at := c.at.to(i, "label")
			if o.ID == survey.Other {
				at = c.at[:len(c.at)-1].to("other")
			}
			visit(o.Label, at)
			visit(o.ShortName, c.at.to(i, "short"))
		}
	}
	for i, d := range s.Scoring.Dimensions {
		visit(d.Label, path{"scoring", "dimensions", i, "label"})
	}
	for _, b := range s.Scoring.Bands {
		for i := range s.Scoring.Bands { // sorted in the survey, but maybe not in the file
			if from, _ := a.places.Plain("scoring", "bands", i, "from"); isDecimal(from, b.From) {
				visit(b.Label, path{"scoring", "bands", i, "label"})
			}
		}
	}
}

func isDecimal(text string, as survey.Decimal) bool {
	d, err := survey.ParseDecimal(text)
	return err == nil && d == as
}

// script returns the script of a language. Han is Chinese only, since Japanese has other scripts too.
func script(code string) *unicode.RangeTable {
	s, _ := language.Make(code).Script()
	switch s.String() {
	case "Hans", "Hant", "Hani":
		return unicode.Han
	case "Latn":
		return unicode.Latin
	case "Cyrl":
		return unicode.Cyrillic
	}
	return nil
}

func countLetters(text string, in *unicode.RangeTable) int {
	n := 0
	for _, c := range text {
		if unicode.Is(in, c) {
			n++
		}
	}
	return n
}

// maxSameLetters is how many letters a name or abbreviation may have to be the same in every language: NPS, WeChat.
const maxSameLetters = 12

// untranslated reports a text that is the same in two languages, or in the script of the wrong one.
func (a *adviser) untranslated(t survey.Text, first, other string, at path) bool {
	one, two := script(first), script(other)
	switch {
	case one == nil || two == nil:
		return false
	case t[first] == t[other] && (one != two && countLetters(t[other], one) > 0 && one != unicode.Latin ||
		countLetters(t[other], unicode.Latin) > maxSameLetters || strings.Count(t[other], " ") > 1 && countLetters(t[other], unicode.Latin) > 0):
		a.add(Untranslated, at.to(other), "translate it", "the text is the same in %s and in %s: '%s'", languageName(first), languageName(other), shorten(t[other]))
		return true
	case one == two:
		return false
	}
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		own, foreign := script(pair[0]), script(pair[1])
		if countLetters(t[pair[0]], own) == 0 && countLetters(t[pair[0]], foreign) > 0 && (foreign != unicode.Latin || countLetters(t[pair[0]], foreign) > maxSameLetters) {
			a.add(Untranslated, at.to(pair[0]), "translate it", "the text for %s seems to be written in %s: '%s'", languageName(pair[0]), languageName(pair[1]), shorten(t[pair[0]]))
			return true
		}
	}
	return false
}

// shorten returns the beginning of a text, on one line.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return text
}

var placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}|\$\{[^{}]*\}|\{[A-Za-z_][A-Za-z0-9_.]*\}|%[sd]\b`)

// placeholders reports placeholders that only one of the languages has.
func (a *adviser) placeholders(t survey.Text, first, other string, at path) {
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		has := placeholdersIn(t[pair[1]])
		for _, p := range placeholdersIn(t[pair[0]]) {
			if !slices.Contains(has, p) {
				a.add(PlaceholderDiffers, at.to(pair[1]), "write it in both, or in neither", "%s stands in the %s text and not in the %s one", p, languageName(pair[0]), languageName(pair[1]))
			}
		}
	}
}

// placeholdersIn returns the placeholders of a text, without the spaces in them.
func placeholdersIn(text string) []string {
	var all []string
	for _, p := range placeholder.FindAllString(text, -1) {
		all = append(all, strings.ReplaceAll(p, " ", ""))
	}
	return all
}

// punctuation reports a text without any where the other language clearly has some: a question without its mark, or no
// mark against three.
func (a *adviser) punctuation(t survey.Text, first, other string, at path) {
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		with, without := strings.TrimRight(t[pair[0]], " \n*_”\""), t[pair[1]]
		asks := (strings.HasSuffix(with, "?") || strings.HasSuffix(with, "？")) && questionWords[baseLanguage(pair[1])] != nil && questionWords[baseLanguage(pair[1])].MatchString(strings.ToLower(without))
		if countMarks(without) > 0 || !asks && countMarks(with) < 3 || strings.TrimSpace(without) == "" {
			continue
		}
		what := message.New("three signs or more")
		if asks {
			what = message.New("a question mark")
		}
		a.add(PunctuationDiffers, at.to(pair[1]), "see whether the end of the text is missing", "the %s text has %s, and the %s one no punctuation at all", languageName(pair[0]), what, languageName(pair[1]))
	}
}

// questionWords distinguish a question without its mark from a heading, such as "Promptness" for "How promptly was it done?".
var questionWords = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`吗|嗎|呢|什么|什麼|怎么|怎麼|怎样|怎樣|如何|哪|多少|多久|几|幾|是否|为什么|為什麼|谁|誰`),
	"en": regexp.MustCompile(`^(?:how|what|which|who|when|where|why|do|did|does|are|is|was|were|would|will|can|could|have|has|should)\b`),
}

// countMarks counts the marks between sentences and clauses.
func countMarks(text string) int {
	return strings.Count(text, "…") + len(sentenceMarks.FindAllString(text, -1))
}

var sentenceMarks = regexp.MustCompile(`[，。；：！？、,;:!?]|\.(?:\s|$)`)

// polarity compares the degrees of options in two languages, as far as their words are known in both.
func (a *adviser) polarity(c optionList, first, other string) {
	type reading struct{ one, two, at int }
	var read []reading
	for i, o := range c.options {
		one, ok := degreeOf(baseLanguage(first), o.Label[first])
		two, also := degreeOf(baseLanguage(other), o.Label[other])
		if !ok || !also {
			continue
		}
		if one*two < 0 && c.judged {
			a.add(PolarityDiffers, c.at.to(i, "label", other), "exchange the labels that were mixed up", "option '%s' seems to praise in one language and to blame in the other: '%s', '%s'", o.ID, o.Label[first], o.Label[other])
			return
		}
		read = append(read, reading{one, two, i})
	}
	for i := range read {
		for _, later := range read[i+1:] {
			if (read[i].one-later.one)*(read[i].two-later.two) < 0 && c.judged {
				p, q := c.options[read[i].at], c.options[later.at]
				a.add(OrderDiffers, c.at.to(later.at, "label", other), "put the labels of both languages into one order", "the options '%s' and '%s' run the other way in %s: '%s', '%s'", p.ID, q.ID, languageName(other), p.Label[other], q.Label[other])
				return
			}
		}
	}
}

var (
	link       = regexp.MustCompile(`https?://\S+|www\.\S+|\S+@\S+`)
	figureForm = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	thousands  = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+(?:\.\d+)?$`)
	// unitAfter matches behind a figure that another language writes in another unit: 1 万 and 10,000, 17 点 and 5 pm.
	unitAfter = regexp.MustCompile(`^\s*(?:[万亿千百点时:：]|am\b|pm\b|a\.m|p\.m|o'clock|thousand|million|hundred|k\b|bn\b)`)
)

// numbers compares the figures of two texts: each must be in the other one too, in figures or in words.
func (a *adviser) numbers(t survey.Text, first, other string, at path) {
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		if lexicons[baseLanguage(pair[1])].neutral == nil {
			continue // no number words are known in it
		}
		has := figures(t[pair[1]])
		for _, n := range figures(t[pair[0]]) {
			if !n.otherUnit && !slices.ContainsFunc(has, func(m number) bool { return m.text == n.text }) && !hasInWords(n.text, baseLanguage(pair[1]), t[pair[1]]) {
				a.add(NumberDiffers, at.to(pair[1]), "make both say the same", "the number %s stands in the %s text and not in the %s one", n.text, languageName(pair[0]), languageName(pair[1]))
			}
		}
	}
}

type number struct {
	text      string // plain digits, such as 1000 or 0.5
	otherUnit bool   // the other language may use another unit
}

func figures(text string) []number {
	text = link.ReplaceAllString(placeholder.ReplaceAllString(norm.NFKC.String(text), ""), "")
	var all []number
	for _, at := range figureForm.FindAllStringIndex(text, -1) {
		n := number{text: text[at[0]:at[1]], otherUnit: unitAfter.MatchString(text[at[1]:]) || at[0] > 0 && text[at[0]-1] == ':'}
		if thousands.MatchString(n.text) {
			n.text = strings.ReplaceAll(n.text, ",", "")
		}
		if whole := strings.TrimLeft(n.text, "0"); whole != "" && whole[0] != '.' && whole[0] != ',' {
			n.text = whole
		}
		all = append(all, n)
	}
	return all
}

// hasInWords reports whether the text has the number in words.
func hasInWords(figure, language, text string) bool {
	text = strings.ToLower(text)
	if figure == "0.5" || figure == ".5" {
		return strings.Contains(text, "半") || strings.Contains(text, "half")
	}
	n, err := strconv.Atoi(figure)
	if err != nil || n > 10_000 {
		return false
	}
	if language == "zh" {
		return slices.ContainsFunc(chineseNumber(n), func(word string) bool { return strings.Contains(text, word) })
	}
	return regexp.MustCompile(`\b(?:` + strings.Join(englishNumber(n), "|") + `)\b`).MatchString(text)
}

var chineseDigits = []string{"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"}

// chineseNumber returns the ways to write a number from 0 to 10,000; from 100 on only round ones.
func chineseNumber(n int) []string {
	special := map[int][]string{0: {"零", "〇", "没有", "无"}, 1: {"一", "首", "单", "每", "本"}, 2: {"二", "两", "双", "兩", "雙"}, 100: {"百"}, 1000: {"千"}, 10_000: {"万", "萬"}}
	words := special[n]
	switch {
	case n < 10:
		words = append(words, chineseDigits[n])
	case n < 100:
		word := "十"
		if n >= 20 {
			word = chineseDigits[n/10] + "十"
		}
		if n%10 > 0 {
			word += chineseDigits[n%10]
		}
		words = append(words, word)
	case n < 1000 && n%100 == 0:
		words = append(words, chineseDigits[n/100]+"百")
	}
	if len(words) == 0 {
		words = []string{fmt.Sprint(n)}
	}
	return words
}

// englishNumber returns patterns for the ways to write a number, of the same numbers as [chineseNumber].
func englishNumber(n int) []string {
	small := []string{"zero|no|none|nothing", "one|a|an|first|once|single|last|per|each|every|jan(?:uary)?", "two|second|twice|both|double|half[- ]?yearly|feb(?:ruary)?", "three|third|thrice|quarterly|mar(?:ch)?", "four|fourth|apr(?:il)?",
		"five|fifth|may", "six|sixth|june?", "seven|seventh|july?", "eight|eighth|aug(?:ust)?", "nine|ninth|sept?(?:ember)?", "ten|tenth|oct(?:ober)?", "eleven|eleventh|nov(?:ember)?", "twelve|twelfth|dozen|dec(?:ember)?", "thirteen", "fourteen|fortnight", "fifteen", "sixteen",
		"seventeen", "eighteen", "nineteen"}
	tens := []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	words := []string{fmt.Sprintf("%d(?:st|nd|rd|th)?", n)}
	switch {
	case n < 20:
		words = append(words, small[n])
	case n < 100 && n%10 == 0:
		words = append(words, tens[n/10])
	case n < 100:
		words = append(words, tens[n/10]+"[- ](?:"+small[n%10]+")")
	case n%1000 == 0 && n/1000 <= 10:
		words = append(words, "(?:"+small[n/1000]+") thousand")
	case n%100 == 0 && n < 1000:
		words = append(words, "(?:"+small[n/100]+") hundred")
	}
	return words
}
