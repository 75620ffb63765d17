package surveyjs

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

const maxPattern = 500 // bytes

// A validator is a condition that an answer must meet.
type validator struct {
	*object
	q       *draft.Question
	kind    *node
	message *draft.Text
}

// readValidators reads the validators of a question.
func (o *object) readValidators(q *draft.Question) {
	for _, n := range o.list("validators") {
		v := &validator{object: o.reader.object(n), q: q}
		v.kind = v.take("type")
		v.message = v.localized("text")
		if v.kind != nil {
			v.Head(v.kind.first(), slices.DeleteFunc(n.leaves(), func(a *report.Atom) bool { return a == v.kind.first() }))
		}
		v.read()
		v.reportRest("a validator")
	}
}

func (v *validator) read() {
	switch v.kind.str() {
	case "numeric", "numericvalidator":
		v.readNumeric()
	case "text", "textvalidator":
		v.limit(func() {
			v.readLength("minLength", "min_length", &v.q.MinLength)
			v.readLength("maxLength", "max_length", &v.q.MaxLength)
		})
	case "answercount", "answercountvalidator":
		v.limit(func() {
			v.readCount("minCount", "min", &v.q.Min)
			v.readCount("maxCount", "max", &v.q.Max)
		})
	case "regex", "regexvalidator":
		v.limit(v.readPattern)
	case "email", "emailvalidator":
		v.readEmail()
		v.DropMessage(v.message)
	case "expression", "expressionvalidator":
		v.readExpression()
	default:
		v.MarkAll(report.Dropped, v.at, v.leaves(), "the check %s is not known to the importer", report.Quote(v.kind.str()))
	}
}

// limit reads limits of the question, whose message is the validator's.
func (v *validator) limit(read func()) {
	type limits struct {
		min, max, pattern string
		least, most       int
	}
	of := func(q *draft.Question) limits { return limits{q.Min, q.Max, q.Pattern, q.MinLength, q.MaxLength} }
	before := of(v.q)
	read()
	switch {
	case v.message == nil:
	case of(v.q) == before:
		v.DropText(v.message)
	case v.q.LimitMessage != nil:
		v.DropMessage(v.message)
	default:
		if before != (limits{}) && v.q.Kind != survey.Number {
			for _, a := range v.message.Atoms() {
				v.Change(a, "it is shown for all limits of the question")
			}
		}
		v.q.LimitMessage = v.message
	}
}

// become makes a text a question of another type, and reports the limits that it had as a text.
func (v *validator) become(kind survey.Type) {
	for _, key := range []string{"min_length", "max_length", "pattern"} {
		if a := v.q.KeySource(key); a != nil {
			v.Drop(a, "answers of this type have no such limit here: %s", report.Quote(a.Text))
		}
	}
	if v.q.LimitMessage != nil {
		v.DropText(v.q.LimitMessage)
	}
	v.q.Kind, v.q.MaxLength, v.q.MinLength, v.q.Pattern, v.q.LimitMessage = kind, 0, 0, "", nil
}

// readNumeric makes a text a number, and reads its limits. What is not asked as a number is checked.
func (v *validator) readNumeric() {
	if v.q.TakesText() {
		v.become(survey.Number)
		v.Change(v.kind.first(), "only numbers are answers, so the type became number")
	}
	self := &condition.Term{Op: "self"}
	var parts []*condition.Term
	var atoms []*report.Atom
	for _, limit := range []struct{ key, op string }{{"minValue", ">="}, {"maxValue", "<="}} {
		n := v.take(limit.key)
		if n == nil {
			continue
		}
		if _, err := decimal.Parse(n.str()); err != nil {
			v.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s is no number of at most three decimals", limit.key, n.brief())
			continue
		}
		atoms = append(atoms, n.first())
		parts = append(parts, &condition.Term{Op: limit.op, Args: []*condition.Term{self, {Op: "number", Text: n.str()}}})
	}
	if len(parts) == 0 {
		if v.kind.first().Outcome == report.Pending {
			v.noNumber()
		}
		v.DropText(v.message)
		return
	}
	var rest []*condition.Term
	message := v.message
	v.limit(func() {
		for i, t := range parts {
			if v.q.Kind == survey.Number && v.q.Limit(t) {
				v.q.From(map[string]string{">=": "min", "<=": "max"}[t.Op], atoms[i])
				report.Carry(atoms[i])
			} else {
				rest = append(rest, t)
			}
		}
		if len(rest) == len(parts) {
			v.message = nil // it is that of the check alone
		}
	})
	if len(rest) == 0 {
		return
	}
	if message == nil {
		message = v.WriteMessage(atoms[0])
	}
	report.Carry(atoms...)
	v.q.Checks = append(v.q.Checks, draft.Check{That: &draft.Condition{At: atoms[0], Tree: condition.Join("and", rest)}, Message: message})
}

// noNumber reports that answers need not be numbers.
func (v *validator) noNumber() {
	if v.q.Kind == survey.Number || v.q.Kind == survey.NPS || v.q.Kind == survey.Rating {
		v.Ignore(v.kind.first(), "answers are numbers anyway")
		return
	}
	v.Drop(v.kind.first(), "answers of this type are not checked for being numbers")
}

// readLength reads a limit of a text's length; key is that of the YAML.
func (v *validator) readLength(property, key string, to *int) {
	limit := v.take(property)
	length, err := strconv.Atoi(limit.str())
	switch {
	case limit == nil:
	case err == nil && length == 0:
		report.Carry(limit.first()) // no limit
	case err == nil && length > 0 && length <= draft.MaxText && v.q.TakesText():
		if *to > 0 && *to < length == (key == "max_length") {
			v.Ignore(limit.first(), "another limit asks for more")
			return
		}
		*to = length
		v.q.From(key, limit.first())
		report.Carry(limit.first())
	default:
		v.MarkAll(report.Dropped, limit.at, limit.leaves(), "%s cannot be a limit here", property)
	}
}

// readCount reads a limit of how many options can be chosen; key is that of the YAML.
func (v *validator) readCount(property, key string, to *string) {
	limit := v.take(property)
	count, err := strconv.Atoi(limit.str())
	switch {
	case limit == nil:
	case err == nil && count == 0:
		report.Carry(limit.first()) // no limit
	case err == nil && count > 0 && v.q.Kind == survey.MultiChoice:
		if was, err := strconv.Atoi(*to); err == nil && was < count == (key == "max") {
			v.Ignore(limit.first(), "another limit asks for more")
			return
		}
		*to = strconv.Itoa(count)
		v.q.From(key, limit.first())
		report.Carry(limit.first())
	default:
		v.MarkAll(report.Dropped, limit.at, limit.leaves(), "%s cannot be a limit here", property)
	}
}

func (v *validator) readPattern() {
	n := v.take("regex")
	if n == nil {
		return
	}
	pattern := n.str()
	if _, err := regexp.Compile(pattern); err != nil || len(pattern) > maxPattern || v.q.Pattern != "" || !v.q.TakesText() {
		v.MarkAll(report.Dropped, n.at, n.leaves(), "%s cannot be a pattern here", n.brief())
		return
	}
	v.q.Pattern = wholePattern(pattern)
	v.q.From("pattern", n.first())
	report.Carry(n.first())
	switch i := v.take("caseInsensitive"); {
	case i.isTrue():
		v.q.Pattern = ""
		v.MarkAll(report.Dropped, n.at, append(n.leaves(), i.leaves()...), "%s: patterns tell capitals and small letters apart here, so it was left out", n.brief())
	default:
		report.Carry(i.leaves()...)
	}
}

// wholePattern converts a pattern that may match anywhere in a text to one that matches the whole text, in a syntax that
// browsers support too.
func wholePattern(pattern string) string {
	const anything = `[\s\S]*`
	if strings.Contains(pattern, "|") {
		return anything + "(?:" + pattern + ")" + anything
	}
	p, start := strings.CutPrefix(pattern, "^")
	if !start {
		p = anything + p
	}
	if strings.HasSuffix(p, "$") && !strings.HasSuffix(p, `\$`) {
		return strings.TrimSuffix(p, "$")
	}
	return p + anything
}

func (v *validator) readEmail() {
	switch v.q.Kind {
	case survey.Email:
		v.MarkAll(report.Ignored, v.at, v.kind.leaves(), "the type checks that it is an e-mail address")
	case survey.ShortText:
		v.become(survey.Email)
		v.Change(v.kind.first(), "only e-mail addresses are answers, so the type became email")
	default:
		v.MarkAll(report.Dropped, v.at, v.leaves(), "only a text can be an e-mail address")
	}
}

func (v *validator) readExpression() {
	n := v.take("expression")
	var conditions []*draft.Condition
	if n != nil {
		conditions = v.conditions(n, condition.One)
	}
	if len(conditions) == 0 {
		v.MarkAll(report.Dropped, v.at, v.leaves(), "a check without a condition")
		return
	}
	if v.message == nil {
		v.message = v.WriteMessage(n.first())
	}
	v.q.Checks = append(v.q.Checks, draft.Check{That: conditions[0], Message: v.message})
}
