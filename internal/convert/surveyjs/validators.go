package surveyjs

import (
	"regexp"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
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
		report.Carry(v.kind.leaves()...)
		v.read()
		v.reportRest("a validator")
	}
}

func (v *validator) read() {
	switch v.kind.str() {
	case "numeric", "numericvalidator":
		v.readNumeric()
	case "text", "textvalidator":
		v.readLength("minLength", &v.q.MinLength)
		v.readLength("maxLength", &v.q.MaxLength)
		v.DropMessage(v.message)
	case "answercount", "answercountvalidator":
		v.readCount("minCount", &v.q.Min)
		v.readCount("maxCount", &v.q.Max)
		v.DropMessage(v.message)
	case "regex", "regexvalidator":
		v.readPattern()
		v.DropMessage(v.message)
	case "email", "emailvalidator":
		v.readEmail()
		v.DropMessage(v.message)
	case "expression", "expressionvalidator":
		v.readExpression()
	default:
		v.MarkAll(report.Dropped, v.at, v.leaves(), "the check %s is not known to the importer", report.Quote(v.kind.str()))
	}
}

// readNumeric reads limits of a number. They are the question's own if they have no message, and a check if they have.
func (v *validator) readNumeric() {
	self := &condition.Term{Op: "self"}
	var parts []*condition.Term
	var atoms []*report.Atom
	for _, limit := range []struct{ key, op string }{{"minValue", ">="}, {"maxValue", "<="}} {
		n := v.take(limit.key)
		if n == nil {
			continue
		}
		atoms = append(atoms, n.first())
		report.Carry(n.first())
		parts = append(parts, &condition.Term{Op: limit.op, Args: []*condition.Term{self, {Op: "number", Text: n.str()}}})
	}
	if len(parts) == 0 {
		v.DropText(v.message)
		return
	}
	whole := condition.Join("and", parts)
	if v.message != nil {
		writer := condition.Writer{Self: &condition.Target{Field: v.q.ID, Kind: draft.KindOf(v.q.Kind)}}
		if _, err := writer.Write(whole); err == nil {
			v.q.Checks = append(v.q.Checks, draft.Check{That: &draft.Condition{At: atoms[0], Tree: whole}, Message: v.message})
			return
		}
	}
	for i, t := range parts {
		if !v.q.Limit(t) {
			v.Drop(atoms[i], "answers of this type have no such limit here: %s", report.Quote(atoms[i].Text))
		}
	}
	v.DropMessage(v.message)
}

// readLength reads a limit of a text's length.
func (v *validator) readLength(key string, to *int) {
	limit := v.take(key)
	length, err := strconv.Atoi(limit.str())
	switch {
	case limit == nil:
	case err == nil && length >= 0 && length <= draft.MaxText && v.q.TakesText():
		if length > 0 {
			*to = length
		}
		report.Carry(limit.first())
	default:
		v.MarkAll(report.Dropped, limit.at, limit.leaves(), "%s cannot be a limit here", key)
	}
}

// readCount reads a limit of how many options can be chosen.
func (v *validator) readCount(key string, to *string) {
	limit := v.take(key)
	count, err := strconv.Atoi(limit.str())
	switch {
	case limit == nil:
	case err == nil && v.q.Kind == survey.MultiChoice:
		if count > 0 {
			*to = strconv.Itoa(count)
		}
		report.Carry(limit.first())
	default:
		v.MarkAll(report.Dropped, limit.at, limit.leaves(), "%s cannot be a limit here", key)
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
		v.q.Kind, v.q.MaxLength, v.q.MinLength, v.q.Pattern = survey.Email, 0, 0, ""
	default:
		v.MarkAll(report.Dropped, v.at, v.leaves(), "only a text can be an e-mail address")
	}
}

func (v *validator) readExpression() {
	n := v.take("expression")
	var conditions []*draft.Condition
	if n != nil {
		conditions = v.conditions(n)
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
