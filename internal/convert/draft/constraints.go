package draft

import (
	"regexp"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// applyConstraints turns each question's constraint into limits of the question, where it has a key for them, and into a
// check for the rest.
func (w *writer) applyConstraints() {
	for _, s := range w.sections {
		for _, q := range s.questions {
			if q.Constraint != nil {
				w.applyConstraint(q)
			}
		}
	}
}

func (w *writer) applyConstraint(q *Question) {
	c, message := q.Constraint, q.ConstraintMessage
	tree, err := w.Parse(c.Source)
	if err != nil {
		w.Drop(c.At, "%s cannot be expressed here, so any answer will do: %v", report.Quote(c.At.Text), err)
		w.DropMessage(message)
		return
	}
	rest, limited := w.applyLimits(q, c.At, tree)
	if limited && message != nil {
		q.LimitMessage = message
	}
	if len(rest) == 0 {
		if !limited {
			w.DropMessage(message)
		}
		return
	}
	left := &Condition{At: c.At, Tree: condition.Join("and", rest), Find: c.Find}
	e, err := w.condition(left, q.Target, true)
	switch {
	case err != nil:
		w.Drop(c.At, "%s cannot be expressed here, so the answer is not checked by it: %v", report.Quote(c.At.Text), err)
		if !limited {
			w.DropMessage(message)
		}
		return
	case e.Expr == condition.Always:
		w.Ignore(c.At, "%s is always true", report.Quote(c.At.Text))
		w.DropMessage(message)
		return
	}
	if message == nil {
		message = w.WriteMessage(c.At)
	}
	q.Checks = append(q.Checks, Check{left, message})
}

// applyLimits applies the parts of a constraint that can be limits of the question, and returns the other parts, and whether
// there are limits that a message can be about.
func (w *writer) applyLimits(q *Question, at *report.Atom, tree *condition.Term) (rest []*condition.Term, limited bool) {
	parts := tree.Conjuncts()
	for _, t := range parts {
		if !q.Limit(t) {
			rest = append(rest, t)
		}
	}
	if len(rest) < len(parts) {
		report.Carry(at)
		for _, key := range []string{"min", "max", "min_length", "max_length", "pattern", "required"} {
			q.From(key, at)
		}
	}
	return rest, q.Limited()
}

// Limited reports whether the question has limits that a message can be about.
func (q *Question) Limited() bool {
	return q.Min != "" || q.Max != "" || q.MinLength > 0 || q.MaxLength > 0 || q.Pattern != ""
}

// WriteMessage returns a message for a check that has none in the source, and reports it.
func (d *Draft) WriteMessage(check *report.Atom) *Text {
	d.Change(check, "it had no message, so one was written: replace it by one that says what is wrong")
	return Builtin(check, "Please check this answer.", "请检查这个回答。")
}

// Limit applies a part of a constraint as a limit of the question, and reports whether the question has such a limit.
func (q *Question) Limit(t *condition.Term) bool {
	if len(t.Args) != 2 {
		if t.Op == "answered" && t.Args[0].Op == "self" {
			q.Required = true
			return true
		}
		return false
	}
	a, b, op := t.Args[0], t.Args[1], t.Op
	if a.Constant() && !b.Constant() && expression.Mirrored[op] != "" {
		a, b, op = b, a, expression.Mirrored[op]
	}
	of := a
	if a.Op == "length" || a.Op == "count" {
		of = a.Args[0]
	}
	if of.Op != "self" {
		return false
	}
	switch {
	case a.Op == "length":
		n, err := strconv.Atoi(b.Text)
		return err == nil && q.TakesText() && setBounds(op, n, &q.MinLength, &q.MaxLength)
	case a.Op == "count":
		return q.limitCount(op, b)
	case op == "matches" && b.Op == "text" && q.TakesText() && q.Pattern == "":
		return q.limitPattern(b.Text)
	case op == "!=" && b.Op == "text" && b.Text == "":
		q.Required = true
		return true
	case q.Kind == survey.Number:
		return q.limitNumber(op, b)
	case q.Kind == survey.DateType && b.Op == "text":
		return q.setBound(op, b.Text)
	}
	return false
}

// limitPattern sets the question's pattern, which is matched against the whole answer, from a regular expression.
func (q *Question) limitPattern(pattern string) bool {
	if _, err := regexp.Compile(pattern); err != nil || len(pattern) > maxPattern {
		return false
	}
	q.Pattern = strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	if strings.HasSuffix(pattern, `\$`) || strings.Contains(pattern, "|") {
		q.Pattern = pattern
	}
	return true
}

// limitCount limits how many options can be chosen.
func (q *Question) limitCount(op string, limit *condition.Term) bool {
	n, err := strconv.Atoi(limit.Text)
	least, most := 0, 0
	if err != nil || q.Kind != survey.MultiChoice || !setBounds(op, n, &least, &most) {
		return false
	}
	if least > 0 {
		q.Min = strconv.Itoa(least)
	}
	if most > 0 {
		q.Max = strconv.Itoa(most)
	}
	return true
}

func (q *Question) limitNumber(op string, limit *condition.Term) bool {
	d, err := decimal.Parse(strings.TrimSpace(limit.Text))
	if err != nil || limit.Op != "number" && limit.Op != "text" {
		return false
	}
	if q.Step == "1" && op == "<" {
		op, d = "<=", d-decimal.One
	} else if q.Step == "1" && op == ">" {
		op, d = ">=", d+decimal.One
	}
	return q.setBound(op, d.String())
}

// setBound sets one bound of a range, unless it is set already.
func (q *Question) setBound(op, limit string) bool {
	switch {
	case op == ">=" && q.Min == "":
		q.Min = limit
	case op == "<=" && q.Max == "":
		q.Max = limit
	default:
		return false
	}
	return true
}

// setBounds sets the bounds of a range of whole numbers.
func setBounds(op string, n int, least, most *int) bool {
	switch op {
	case ">":
		*least = n + 1
	case ">=":
		*least = n
	case "<":
		*most = n - 1
	case "<=":
		*most = n
	case "==":
		*least, *most = n, n
	default:
		return false
	}
	return *least >= 0 && *most >= 0
}
