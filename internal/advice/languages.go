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

	"glasspoll/internal/survey"
)

// languages compares every text's languages with the survey's first one.
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
	for _, c := range a.choices() {
		for _, other := range a.s.Languages[1:] {
			a.polarity(c, a.s.Languages[0], other)
		}
	}
}

// texts visits everything that a respondent reads, scales once each.
func (a *adviser) texts(visit func(survey.Text, path)) {
	s := a.s
	visit(s.Title, path{"title"})
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
	a.each(func(q *survey.Question, at path) {
		visit(q.Label, at.to("label"))
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
		}
	})
	for _, c := range a.choices() {
		for i, o := range c.options {
			at := c.at.to(i, "label")
			if o.ID == survey.Other {
				at = c.at[:len(c.at)-1].to("other")
			}
			visit(o.Label, at)
		}
	}
	for i, d := range s.Scoring.Dimensions {
		visit(d.Label, path{"scoring", "dimensions", i, "label"})
	}
	for _, b := range s.Scoring.Bands {
		for i := range s.Scoring.Bands { // the survey sorts them, the file may not
			if from, _ := a.places.Plain("scoring", "bands", i, "from"); parses(from, b.From) {
				visit(b.Label, path{"scoring", "bands", i, "label"})
			}
		}
	}
}

func parses(text string, as survey.Decimal) bool {
	d, err := survey.ParseDecimal(text)
	return err == nil && d == as
}

// script is what a language is written in: Han stands for Chinese alone, since Japanese has other scripts beside it.
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

func letters(text string, in *unicode.RangeTable) int {
	n := 0
	for _, c := range text {
		if unicode.Is(in, c) {
			n++
		}
	}
	return n
}

// brief is the length, in letters, up to which a name or an abbreviation may be the same in every language: NPS, WeChat.
const brief = 12

// untranslated reports a text that is the same in two languages, or in the wrong one's script.
func (a *adviser) untranslated(t survey.Text, first, other string, at path) bool {
	one, two := script(first), script(other)
	switch {
	case one == nil || two == nil:
		return false
	case t[first] == t[other] && (one != two && letters(t[other], one) > 0 && one != unicode.Latin ||
		letters(t[other], unicode.Latin) > brief || strings.Count(t[other], " ") > 1 && letters(t[other], unicode.Latin) > 0):
		a.say(Untranslated, at.to(other), "translate it", "the text is the same in %s and in %s: '%s'", speech(first), speech(other), short(t[other]))
		return true
	case one == two:
		return false
	}
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		own, foreign := script(pair[0]), script(pair[1])
		if letters(t[pair[0]], own) == 0 && letters(t[pair[0]], foreign) > 0 && (foreign != unicode.Latin || letters(t[pair[0]], foreign) > brief) {
			a.say(Untranslated, at.to(pair[0]), "translate it", "the text for %s seems to be written in %s: '%s'", speech(pair[0]), speech(pair[1]), short(t[pair[0]]))
			return true
		}
	}
	return false
}

// short shows the beginning of a text on one line.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return text
}

var placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}|\$\{[^{}]*\}|\{[A-Za-z_][A-Za-z0-9_.]*\}|%[sd]\b`)

// placeholders compares what is filled in.
func (a *adviser) placeholders(t survey.Text, first, other string, at path) {
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		has := filled(t[pair[1]])
		for _, p := range filled(t[pair[0]]) {
			if !slices.Contains(has, p) {
				a.say(PlaceholderDiffers, at.to(pair[1]), "write it in both, or in neither", "%s stands in the %s text and not in the %s one", p, speech(pair[0]), speech(pair[1]))
			}
		}
	}
}

// filled lists a text's placeholders, without the spaces in them.
func filled(text string) []string {
	var all []string
	for _, p := range placeholder.FindAllString(text, -1) {
		all = append(all, strings.ReplaceAll(p, " ", ""))
	}
	return all
}

// punctuation reports a text with none beside one that plainly has some: a question without its mark, or three signs
// against none.
func (a *adviser) punctuation(t survey.Text, first, other string, at path) {
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		with, without := strings.TrimRight(t[pair[0]], " \n*_”\""), t[pair[1]]
		asks := (strings.HasSuffix(with, "?") || strings.HasSuffix(with, "？")) && asking[base(pair[1])] != nil && asking[base(pair[1])].MatchString(strings.ToLower(without))
		if signs(without) > 0 || !asks && signs(with) < 3 || strings.TrimSpace(without) == "" {
			continue
		}
		what := "three signs or more"
		if asks {
			what = "a question mark"
		}
		a.say(PunctuationDiffers, at.to(pair[1]), "see whether the end of the text is missing", "the %s text has %s, and the %s one no punctuation at all", speech(pair[0]), what, speech(pair[1]))
	}
}

// asking tells a question without its mark from a heading, such as "Promptness" beside "How promptly was it done?".
var asking = map[string]*regexp.Regexp{
	"zh": regexp.MustCompile(`吗|嗎|呢|什么|什麼|怎么|怎麼|怎样|怎樣|如何|哪|多少|多久|几|幾|是否|为什么|為什麼|谁|誰`),
	"en": regexp.MustCompile(`^(?:how|what|which|who|when|where|why|do|did|does|are|is|was|were|would|will|can|could|have|has|should)\b`),
}

// signs counts the marks that part sentences and their parts.
func signs(text string) int {
	return strings.Count(text, "…") + len(sentenceMarks.FindAllString(text, -1))
}

var sentenceMarks = regexp.MustCompile(`[，。；：！？、,;:!?]|\.(?:\s|$)`)

// polarity compares the options' meaning as far as scale words are known in both languages.
func (a *adviser) polarity(c choice, first, other string) {
	type reading struct{ one, two, at int }
	var read []reading
	for i, o := range c.options {
		one, ok := degree(base(first), o.Label[first])
		two, also := degree(base(other), o.Label[other])
		if !ok || !also {
			continue
		}
		if one*two < 0 && c.judged {
			a.say(PolarityDiffers, c.at.to(i, "label", other), "exchange the labels that were mixed up", "option '%s' seems to praise in one language and to blame in the other: '%s', '%s'", o.ID, o.Label[first], o.Label[other])
			return
		}
		read = append(read, reading{one, two, i})
	}
	for i := range read {
		for _, later := range read[i+1:] {
			if (read[i].one-later.one)*(read[i].two-later.two) < 0 && c.judged {
				p, q := c.options[read[i].at], c.options[later.at]
				a.say(OrderDiffers, c.at.to(later.at, "label", other), "put the labels of both languages into one order", "the options '%s' and '%s' run the other way in %s: '%s', '%s'", p.ID, q.ID, speech(other), p.Label[other], q.Label[other])
				return
			}
		}
	}
}

var (
	address  = regexp.MustCompile(`https?://\S+|www\.\S+|\S+@\S+`)
	figure   = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	thousand = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+(?:\.\d+)?$`)
	// measured follows a figure that languages write in other units: 1 万 and 10,000, 17 点 and 5 pm.
	measured = regexp.MustCompile(`^\s*(?:[万亿千百点时:：]|am\b|pm\b|a\.m|p\.m|o'clock|thousand|million|hundred|k\b|bn\b)`)
)

// numbers compares the figures of two texts: each must stand in the other one too, in figures or in words.
func (a *adviser) numbers(t survey.Text, first, other string, at path) {
	for _, pair := range [][2]string{{first, other}, {other, first}} {
		if lexicons[base(pair[1])].neutral == nil {
			continue // its number words are not known
		}
		has := figures(t[pair[1]])
		for _, n := range figures(t[pair[0]]) {
			if !n.relative && !slices.ContainsFunc(has, func(m number) bool { return m.text == n.text }) && !spelled(n.text, base(pair[1]), t[pair[1]]) {
				a.say(NumberDiffers, at.to(pair[1]), "make both say the same", "the number %s stands in the %s text and not in the %s one", n.text, speech(pair[0]), speech(pair[1]))
			}
		}
	}
}

type number struct {
	text     string // plain digits, such as 1000 or 0.5
	relative bool   // to a unit that the other language may not use
}

func figures(text string) []number {
	text = address.ReplaceAllString(placeholder.ReplaceAllString(norm.NFKC.String(text), ""), "")
	var all []number
	for _, at := range figure.FindAllStringIndex(text, -1) {
		n := number{text: text[at[0]:at[1]], relative: measured.MatchString(text[at[1]:]) || at[0] > 0 && text[at[0]-1] == ':'}
		if thousand.MatchString(n.text) {
			n.text = strings.ReplaceAll(n.text, ",", "")
		}
		if whole := strings.TrimLeft(n.text, "0"); whole != "" && whole[0] != '.' && whole[0] != ',' {
			n.text = whole
		}
		all = append(all, n)
	}
	return all
}

// spelled reports whether a text has a number in words.
func spelled(figure, language, text string) bool {
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

// chineseNumber lists the ways to write a number from 0 to 10,000; those that are no round number only below 100.
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

// englishNumber lists patterns for the ways to write a number; as for [chineseNumber].
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
