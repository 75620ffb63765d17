package advice

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// missingIDs reports that options or rows have no id, at the first.
func (a *adviser) missingIDs(file string, source []byte) {
	missing := questionnaire.MissingIDs(file, source)
	if len(missing) == 0 {
		return
	}
	first := missing[0]
	text := message.New("'%s' has no id, so that an edited label is another option", first.Label)
	if n := len(missing); n > 1 {
		text = message.New("%d options and rows have no id, '%s' first, so that an edited label is another option", n, first.Label)
	}
	a.found = append(a.found, Advice{Place: first.Place, Code: DerivedIDs, Sentence: text,
		Fix: message.New("run 'glasspoll check --write-ids %s' before it is published", file)})
}

// A numbering is one way in which other programs and documents number what they list. Its first group is the number.
type numbering struct {
	form    *regexp.Regexp
	ordinal func(number string) int
}

var numberings = []numbering{
	{regexp.MustCompile(`^([0-9]{1,3})[.．](?:[^0-9]|$)`), decimal},
	{regexp.MustCompile(`^([0-9]{1,3}) ?[、)）]`), decimal},
	{regexp.MustCompile(`^([0-9]{1,3}) ?[:：][^0-9]`), decimal},
	{regexp.MustCompile(`^[(（] ?([0-9]{1,3}) ?[)）]`), decimal},
	{regexp.MustCompile(`^[Qq] ?([0-9]{1,3}) ?[.．、:：)）]`), decimal},
	{regexp.MustCompile(`^第 ?([0-9]{1,3}) ?[题題]`), decimal},
	{regexp.MustCompile(`^([A-Z])[.．、:：)）] ?(?:[^A-Z.\s]|[A-Z][a-z ])`), letter},
	{regexp.MustCompile(`^[(（]([A-Za-z])[)）]`), letter},
	{regexp.MustCompile(`^([a-z])(?:[.)] |[.．、)）] ?[^\x00-\x7F])`), letter},
	{regexp.MustCompile(`^([一二三四五六七八九十]{1,3})[、.．]`), chinese},
	{regexp.MustCompile(`^[(（]([一二三四五六七八九十]{1,3})[)）]`), chinese},
	{regexp.MustCompile(`^([①-⑳])`), func(s string) int { return int([]rune(s)[0]-'①') + 1 }},
	{regexp.MustCompile(`^([⑴-⒇])`), func(s string) int { return int([]rune(s)[0]-'⑴') + 1 }},
	{regexp.MustCompile(`^([⒈-⒛])`), func(s string) int { return int([]rune(s)[0]-'⒈') + 1 }},
	{regexp.MustCompile(`^([㈠-㈩])`), func(s string) int { return int([]rune(s)[0]-'㈠') + 1 }},
}

func decimal(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func letter(s string) int { return int(strings.ToUpper(s)[0]-'A') + 1 }

// chinese returns the value of a numeral up to 99; 0 if it is none.
func chinese(s string) int {
	tens, ones, found := strings.Cut(s, "十")
	digit := func(s string) int { return strings.Index("一二三四五六七八九", s)/len("一") + 1 }
	switch {
	case !found:
		return digit(s)
	case tens == "" && ones == "":
		return 10
	case tens == "":
		return 10 + digit(ones)
	case ones == "":
		return 10 * digit(tens)
	}
	return 10*digit(tens) + digit(ones)
}

// numbered returns how many of some texts are numbered in one way, one after another in their order, and the index of the
// first, whose number is 1 if fromOne. What is left without the numbers differs: "1. Halbjahr" and "2. Halbjahr" are names.
func numbered(texts []string, fromOne bool) (count, first int) {
	for _, n := range numberings {
		last, from, run := 0, 0, 0
		var rests []string
		for i, text := range texts {
			m := n.form.FindStringSubmatchIndex(text)
			if m == nil {
				continue
			}
			rest := strings.TrimLeft(text[m[3]:], ".．、:：)） ")
			ordinal := n.ordinal(text[m[2]:m[3]])
			if run == 0 || ordinal != last+1 || slices.Contains(rests, rest) {
				from, run, rests = i, 0, nil
			}
			if run == 0 && fromOne && ordinal != 1 || rest == "" {
				continue
			}
			last, run, rests = ordinal, run+1, append(rests, rest)
			if run > count && run > 1 {
				count, first = run, from
			}
		}
	}
	return count, first
}

// A listing is texts that stand one below the other, such as the options of a question.
type listing struct {
	what   message.Text
	texts  []survey.Text
	places []path
	whole  bool // numbers are reported only if they begin with 1 and most texts have one
}

func (l *listing) add(t survey.Text, at path) {
	l.texts, l.places = append(l.texts, t), append(l.places, at)
}

// pastedNumbers reports numbers in texts: at the first text, in the first language that has them.
func (a *adviser) pastedNumbers(l listing, fix message.Key) {
	for _, language := range a.s.Languages {
		texts := make([]string, len(l.texts))
		for i, t := range l.texts {
			texts[i] = strings.TrimSpace(t[language])
		}
		if count, first := numbered(texts, l.whole); count > 1 && (!l.whole || count*3 >= len(texts)*2) {
			a.add(PastedNumbering, l.places[first], fix, "%s have numbers in their texts, '%s' first", l.what, texts[first])
			return
		}
	}
}

// numberings reports the numbers and types that were copied together with the texts.
func (a *adviser) numberings() {
	for _, c := range a.optionLists() {
		options := listing{what: message.New("the options of the %s", c.name), whole: true}
		for i, o := range c.options {
			options.add(o.Label, c.at.to(i, "label"))
		}
		a.pastedNumbers(options, "leave the numbers out: options need none")
	}
	questions := listing{what: message.New("questions")}
	a.eachQuestion(func(q *survey.Question, at path) {
		if q.Type == survey.Hidden || q.Type == survey.Note {
			return
		}
		questions.add(q.Label, at.to("label"))
		rows := listing{what: message.New("the rows of question '%s'", q.ID), whole: true}
		for i, r := range q.Rows {
			rows.add(r.Label, at.to("rows", i, "label"))
		}
		a.pastedNumbers(rows, "leave the numbers out: rows need none")
		a.pastedType(q, at.to("label"))
	})
	a.pastedNumbers(questions, "leave the numbers out: the page numbers questions itself, by what is asked")
	sections := listing{what: message.New("the sections"), whole: true}
	for i, s := range a.s.Sections {
		sections.add(s.Title, path{"sections", i, "title"})
	}
	a.pastedNumbers(sections, "leave the numbers out: they are wrong where a section is not shown")
}

// typeMark matches a type in brackets, as other programs write it before or behind a question.
var typeMark = regexp.MustCompile(`(?i)[【\[(（] ?(可?(?:单选|多选|填空|简答|问答|打分|评分|排序|矩阵|量表|判断|必答|必填|选填|选答)题?|single[- ](?:choice|select)|multiple[- ](?:choice|select|answers?)|required|optional) ?[】\])）]`)

// markedTypes are the types that a mark may stand for. The first word that is in the mark counts.
var markedTypes = []struct {
	word  string
	types []survey.Type
}{
	{"单选", []survey.Type{survey.SingleChoice, survey.Rating, survey.NPS, survey.YesNo}},
	{"single", []survey.Type{survey.SingleChoice, survey.Rating, survey.NPS, survey.YesNo}},
	{"多选", []survey.Type{survey.MultiChoice}},
	{"multiple", []survey.Type{survey.MultiChoice}},
	{"填空", []survey.Type{survey.ShortText, survey.LongText, survey.Number, survey.Email, survey.Phone, survey.URL, survey.DateType, survey.Time}},
	{"简答", []survey.Type{survey.ShortText, survey.LongText}},
	{"问答", []survey.Type{survey.ShortText, survey.LongText}},
	{"打分", []survey.Type{survey.Rating, survey.NPS, survey.Number, survey.Matrix, survey.ImportanceMatrix, survey.ConstantSum}},
	{"评分", []survey.Type{survey.Rating, survey.NPS, survey.Number, survey.Matrix, survey.ImportanceMatrix, survey.ConstantSum}},
	{"量表", []survey.Type{survey.Rating, survey.NPS, survey.SingleChoice, survey.Matrix, survey.ImportanceMatrix}},
	{"排序", []survey.Type{survey.Ranking}},
	{"矩阵", []survey.Type{survey.Matrix, survey.ImportanceMatrix}},
	{"判断", []survey.Type{survey.YesNo, survey.SingleChoice}},
}

// pastedType reports a type, or that an answer is required, in brackets in a question's label.
func (a *adviser) pastedType(q *survey.Question, at path) {
	for _, l := range a.s.Languages {
		label := q.Label[l]
		simplified := toSimplified.Replace(label) // each character is as long as in label
		m := typeMark.FindStringSubmatchIndex(simplified)
		if m == nil {
			continue
		}
		mark, word := label[m[0]:m[1]], strings.ToLower(simplified[m[2]:m[3]])
		switch {
		case contradictsType(word, q.Type):
			a.addFix(PastedNumbering, at.to(l), message.New("correct one of them, and leave '%s' out of the label", mark), "the label says '%s', and the type is %s", mark, string(q.Type))
		case contradictsRequired(word, q):
			a.addFix(PastedNumbering, at.to(l), message.New("correct \"required\", and leave '%s' out of the label", mark), "the label says '%s', and the page does not", mark)
		default:
			a.addFix(PastedNumbering, at.to(l), message.New("leave '%s' out of the label: the page says how to answer", mark), "the label has '%s' in it, which belongs to another program", mark)
		}
		return
	}
}

func contradictsType(mark string, t survey.Type) bool {
	for _, m := range markedTypes {
		if strings.Contains(mark, m.word) {
			return !slices.Contains(m.types, t)
		}
	}
	return false
}

func contradictsRequired(mark string, q *survey.Question) bool {
	required := q.Required || q.RequiredIf != nil || slices.ContainsFunc(q.Rows, func(r survey.Row) bool { return r.Required })
	switch mark {
	case "必答", "必填", "必答题", "必填题", "required":
		return !required
	case "选答", "选填", "选答题", "选填题", "optional":
		return required
	}
	return false
}
