package render

import (
	"strings"
	"time"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// conditions says in words when something applies, for browsers that run no script and show everything.
type conditions struct {
	survey   *survey.Survey
	words    *wording.Words
	language string
	numbers  map[string]int // of questions, as printed on the page; by id
	texts    *Texts         // without answers
}

// newConditions numbers the questions: not a consent, which is a condition rather than a question.
func newConditions(s *survey.Survey, words *wording.Words, language string) *conditions {
	c := &conditions{survey: s, words: words, language: language, numbers: map[string]int{}, texts: NewTexts(s, words, language)}
	for i := range c.survey.Sections {
		section := &c.survey.Sections[i]
		for j := range section.Questions {
			q := &section.Questions[j]
			switch q.Type {
			case survey.Note, survey.Consent, survey.Hidden:
				continue
			}
			if !c.never(section.ShowIf) && !c.never(q.ShowIf) {
				c.numbers[q.ID] = len(c.numbers) + 1
			}
		}
	}
	return c
}

// simplify evaluates the parts of a condition that depend on the page's language alone, which does not change while the
// page is filled in.
func simplify(t expression.Tree, language string) expression.Tree {
	switch t.Op {
	case "and", "or":
		var undecided []expression.Tree
		for _, a := range t.Args {
			a = simplify(a, language)
			if v, known := constant(a); !known {
				undecided = append(undecided, a)
			} else if v == (t.Op == "or") {
				return a // decides the whole
			}
		}
		switch len(undecided) {
		case 0:
			return truth(t.Op == "and")
		case 1:
			return undecided[0]
		}
		return expression.Tree{Op: t.Op, Args: undecided}
	case "not":
		a := simplify(t.Args[0], language)
		if v, known := constant(a); known {
			return truth(!v)
		}
		return expression.Tree{Op: "not", Args: []expression.Tree{a}}
	}
	if uses := t.Uses(); len(uses) == 1 && uses[0] == "language" {
		return truth(t.Holds(func(string) []string { return []string{language} }))
	}
	return t
}

func truth(v bool) expression.Tree { return expression.Tree{Op: "literal", Bool: &v} }

func constant(t expression.Tree) (v, known bool) {
	if t.Op == "literal" && t.Bool != nil {
		return *t.Bool, true
	}
	return false, false
}

// never reports whether a condition cannot hold on a page in this language.
func (c *conditions) never(t *expression.Tree) bool {
	if t == nil {
		return false
	}
	v, known := constant(simplify(*t, c.language))
	return known && !v
}

// sentence says a condition within the sentence of a key; "" for one that always holds, or never.
func (c *conditions) sentence(key string, t *expression.Tree) string {
	if t == nil {
		return ""
	}
	simple := simplify(*t, c.language)
	if _, known := constant(simple); known {
		return ""
	}
	text, _ := c.phrase(simple, false)
	return c.words.Say(key, "condition", text)
}

// phrase says a condition, or its opposite. join is "and" or "or" if that is what joins its parts. A negation is moved
// inward, where it reads well: not (a or b) becomes not a and not b.
func (c *conditions) phrase(t expression.Tree, not bool) (text, join string) {
	switch t.Op {
	case "not":
		return c.phrase(t.Args[0], !not)
	case "and", "or":
		join = t.Op
		if not {
			join = map[string]string{"and": "or", "or": "and"}[t.Op]
		}
		for i, a := range t.Args {
			part, inner := c.phrase(a, not)
			if inner != "" && inner != join {
				part = c.words.Say("when.group", "condition", part)
			}
			if i == 0 {
				text = part
			} else {
				text = c.words.Say("when."+join, "a", text, "b", part)
			}
		}
		return text, join
	case "answered":
		return c.say("when.answered", "when.unanswered", not, "a", c.subject(t.Names)), ""
	case "bool":
		return c.choice(t.Names[0], []string{"yes"}, not), ""
	case "in":
		var values []string
		for _, item := range t.Args[1].Args {
			values = append(values, constantText(item))
		}
		return c.choice(t.Args[0].Names[0], values, not), ""
	case "contains":
		name, value := t.Args[0].Names[0], *t.Args[1].Text
		if t.Args[0].Op == string(expression.Set) {
			return c.say("when.has", "when.has_not", not, "a", c.name(name), "b", c.value(name, value)), ""
		}
		return c.say("when.contains", "when.contains_not", not, "a", c.name(name), "b", c.quote(value)), ""
	case "==", "<", "<=":
		return c.compare(t.Op, t.Args[0], t.Args[1], not)
	}
	return "", ""
}

func (c *conditions) say(key, opposite string, not bool, args ...any) string {
	if not {
		key = opposite
	}
	return c.words.Say(key, args...)
}

// compare says a comparison. The opposite of < is said as ≥, though it also holds without an answer.
func (c *conditions) compare(op string, a, b expression.Tree, not bool) (text, join string) {
	if v, known := constant(b); known { // a condition that is compared with true or false
		if a.Op == string(expression.Bool) && !v {
			return c.choice(a.Names[0], []string{"no"}, not), ""
		}
		return c.phrase(a, not != !v)
	}
	switch {
	case a.Op == "score" && b.Number != nil, b.Op == "score" && a.Number != nil:
		return c.scores(op, a, b, not), ""
	case isConstant(a):
		return c.ordered(mirror(op), b, a, not), ""
	case op == "==" && isConstant(b) && len(a.Names) == 1 && a.Op != "count":
		return c.choice(a.Names[0], []string{constantText(b)}, not), ""
	case op == "==" && !isConstant(b):
		return c.say("when.same", "when.not_same", not, "a", c.term(a, b), "b", c.term(b, a)), ""
	}
	return c.ordered(op, a, b, not), ""
}

func isConstant(t expression.Tree) bool { return t.Op == "literal" }

func mirror(op string) string {
	return map[string]string{"==": "==", "<": ">", "<=": ">="}[op]
}

// ordered says a comparison with an answer on its left side.
func (c *conditions) ordered(op string, a, b expression.Tree, not bool) string {
	if not {
		op = map[string]string{"==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[op]
	}
	keys := map[string]string{"==": "when.equals", "!=": "when.differs", "<": "when.less", "<=": "when.at_most", ">": "when.more", ">=": "when.at_least"}
	if f, ok := c.field(a); ok && (f.Question.Type == survey.DateType || f.Question.Type == survey.Time) {
		keys = map[string]string{"==": "when.equals", "!=": "when.differs", "<": "when.before", "<=": "when.until", ">": "when.after", ">=": "when.from"}
	}
	return c.words.Say(keys[op], "a", c.term(a, b), "b", c.term(b, a))
}

// scores says a comparison of a score as the options for which it holds: respondents do not see scores.
func (c *conditions) scores(op string, a, b expression.Tree, not bool) string {
	score := a
	if a.Number != nil {
		score = b
	}
	f, ok := c.field(score)
	if !ok {
		return ""
	}
	var values []string
	for _, o := range f.Options() {
		compared := expression.Tree{Op: op, Args: []expression.Tree{a, b}}
		if compared.Holds(func(string) []string { return []string{o.ID} }) {
			values = append(values, o.ID)
		}
	}
	return c.choice(f.Name, values, not)
}

// choice says that an answer is one of some values.
func (c *conditions) choice(name string, values []string, not bool) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = c.value(name, v)
	}
	list := enumerate(texts, c.words.Say("join.comma"), c.words.Say("join.or"))
	f, ok := c.survey.Field(name)
	if ok {
		switch f.Question.Type {
		case survey.Consent:
			return c.say("when.ticked", "when.unticked", not != (values[0] == "no"), "a", c.name(name))
		case survey.SingleChoice, survey.Rating, survey.Matrix, survey.ImportanceMatrix, survey.YesNo:
			return c.say("when.is", "when.is_not", not, "a", c.name(name), "b", list)
		}
	}
	return c.say("when.equals", "when.differs", not, "a", c.name(name), "b", list)
}

// term returns one side of a comparison in words.
func (c *conditions) term(t, otherSide expression.Tree) string {
	switch {
	case isConstant(t):
		if f, ok := c.field(otherSide); ok {
			return c.value(f.Name, constantText(t))
		}
		return constantText(t)
	case t.Op == "count":
		return c.words.Say("when.count", "a", c.subject(t.Names))
	case t.Op == "score":
		return c.words.Say("when.score", "a", c.name(t.Names[0]))
	case len(t.Names) == 1:
		return c.name(t.Names[0])
	}
	text, _ := c.phrase(t, false) // a condition in brackets
	return c.words.Say("when.group", "condition", text)
}

func constantText(t expression.Tree) string {
	switch {
	case t.Text != nil:
		return *t.Text
	case t.Number != nil:
		return t.Number.String()
	}
	return ""
}

func (c *conditions) field(t expression.Tree) (survey.Field, bool) {
	if len(t.Names) != 1 || t.Op == "count" {
		return survey.Field{}, false
	}
	return c.survey.Field(t.Names[0])
}

// value says a value of a field: an option by its label, a day in the language's form, a number as it is, and any other
// text in quotes.
func (c *conditions) value(name, value string) string {
	f, ok := c.survey.Field(name)
	if !ok { // the channel: its name, or the id of one that has none
		if key := "channel." + value; c.words.Has(key) {
			return c.quote(c.words.Say(key))
		}
		return c.quote(value)
	}
	switch f.Question.Type {
	case survey.DateType:
		if _, err := time.Parse(time.DateOnly, value); err == nil {
			return c.words.Date(value)
		}
	case survey.Number, survey.ConstantSum, survey.Ranking, survey.NPS, survey.Time:
		return value
	}
	for _, o := range f.Options() {
		if o.ID != value {
			continue
		}
		if text := OptionLabel(c.words, &o, c.language); text != o.ID {
			return c.quote(c.texts.Plain(text))
		}
		return value // a step
	}
	return c.quote(value)
}

func (c *conditions) quote(text string) string { return c.words.Say("when.quote", "text", text) }

// subject names the argument of a function: one field, or a question with all its rows.
func (c *conditions) subject(names []string) string {
	if len(names) == 1 {
		return c.name(names[0])
	}
	question, _, _ := strings.Cut(names[0], ".")
	return c.question(find(c.survey, question))
}

// maxQuestionWidth is the width up to which a question is named by its label, in halves of a Chinese character. Longer
// ones, and those with answers in them, are named by their number.
const maxQuestionWidth = 44

func (c *conditions) question(q *survey.Question) string {
	text := c.texts.Plain(q.Label.In(c.language))
	if n := c.numbers[q.ID]; n > 0 && (width(text) > maxQuestionWidth || text != q.Label.In(c.language)) {
		return c.words.Say("when.number", "n", n)
	}
	return c.quote(text)
}

// name returns the name of a field in a sentence.
func (c *conditions) name(name string) string {
	f, ok := c.survey.Field(name)
	if !ok {
		return c.words.Say("when." + name) // the channel; or the language, where it is compared with an answer
	}
	switch {
	case f.Part == survey.ImportancePart:
		return c.words.Say("when.importance", "a", c.quote(c.texts.Plain(f.Label().In(c.language))))
	case f.Part == survey.SatisfactionPart:
		return c.words.Say("when.satisfaction", "a", c.quote(c.texts.Plain(f.Label().In(c.language))))
	case f.Question.Type == survey.Ranking:
		return c.words.Say("when.rank", "a", c.quote(c.texts.Plain(OptionLabel(c.words, f.Option, c.language))))
	case f.Row != nil || f.Option != nil:
		return c.quote(c.texts.Plain(f.Label().In(c.language)))
	}
	return c.question(f.Question)
}
