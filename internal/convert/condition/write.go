package condition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/expression"
	"glasspoll/internal/message"
)

// A Writer writes terms in our expression language.
type Writer struct {
	Scope map[string]*Target // by the source's names
	Self  *Target            // the question that the condition belongs to; nil if there is none
}

// An Expr is an expression in our language.
type Expr struct {
	Text  string
	level int // of the operator outside: how tightly it binds
}

// The levels, from the loosest binding to the tightest.
const (
	levelOr = iota
	levelAnd
	levelCompare
	levelAtom
)

// The constants.
var (
	Always = Expr{"true", levelAtom}
	Never  = Expr{"false", levelAtom}
)

// operand returns the expression as an operand of an operator of a level: in brackets, if it binds less tightly.
func (e Expr) operand(level int) string {
	if e.level < level {
		return "(" + e.Text + ")"
	}
	return e.Text
}

// Combine joins two expressions by and, or by or, as far as neither is constant.
func Combine(op string, a, b Expr) Expr {
	level, neutral, other := levelAnd, Always, Never
	if op == "or" {
		level, neutral, other = levelOr, Never, Always
	}
	switch {
	case a == neutral:
		return b
	case b == neutral:
		return a
	case a == other || b == other:
		return other
	}
	return Expr{a.operand(level) + " " + op + " " + b.operand(level), level}
}

func negate(e Expr) Expr {
	switch e {
	case Always:
		return Never
	case Never:
		return Always
	}
	if e.level == levelCompare && strings.Count(e.Text, " == ") == 1 && !strings.ContainsAny(strings.Split(e.Text, " == ")[1], " ") {
		return Expr{strings.Replace(e.Text, " == ", " != ", 1), levelCompare}
	}
	if inner, ok := strings.CutPrefix(e.Text, "not "); ok && e.level == levelAtom {
		return Expr{inner, levelAtom}
	}
	return Expr{"not " + e.operand(levelAtom), levelAtom}
}

func comparison(expression string, args ...any) Expr {
	return Expr{fmt.Sprintf(expression, args...), levelCompare}
}

func answered(to *Target) Expr { return Expr{"answered(" + to.Field + ")", levelAtom} }

// Write writes a term that is true or false.
func (w Writer) Write(t *Term) (Expr, error) {
	switch t.Op {
	case "true":
		return Always, nil
	case "false":
		return Never, nil
	case "and", "or":
		a, err := w.Write(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		b, err := w.Write(t.Args[1])
		if err != nil {
			return Expr{}, err
		}
		return Combine(t.Op, a, b), nil
	case "not":
		if inner := t.Args[0]; inner.Op == "not" {
			return w.Write(inner.Args[0])
		}
		e, err := w.Write(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		return negate(e), nil
	case "==", "!=", "<", "<=", ">", ">=":
		return w.compare(t.Op, t.Args[0], t.Args[1])
	case "has":
		return w.has(t.Args[0], t.Args[1])
	case "any", "all":
		return w.hasOf(t.Op, t.Args[0], t.Args[1])
	case "answered":
		to, err := w.resolve(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		return answered(to), nil
	case "name", "self":
		to, err := w.resolve(t)
		if err != nil {
			return Expr{}, err
		}
		if to.Kind == Bool {
			return Expr{to.Field, levelAtom}, nil
		}
		return answered(to), nil
	case "matches":
		return Expr{}, message.Errorf("a regular expression can only be a question's pattern")
	case "unsupported":
		return Expr{}, &message.Error{Text: t.Why}
	default:
		return Expr{}, message.Errorf("part of it is neither true nor false")
	}
}

// resolve returns what a name stands for.
func (w Writer) resolve(t *Term) (*Target, error) {
	switch t.Op {
	case "self":
		if w.Self == nil {
			return nil, message.Errorf("it uses its own answer")
		}
		return w.Self, nil
	case "name":
	case "unsupported":
		return nil, &message.Error{Text: t.Why}
	default:
		return nil, message.Errorf("it uses something other than a question's answer")
	}
	to := w.Scope[t.Text]
	switch {
	case to == nil:
		return nil, message.Errorf("there is no question %s", report.Quote(t.Text))
	case to.Kind == Missing:
		return nil, message.Errorf("it uses %s, %s", report.Quote(t.Text), to.Why)
	}
	return to, nil
}

func (w Writer) compare(op string, a, b *Term) (Expr, error) {
	if a.Constant() && !b.Constant() {
		return w.compare(expression.Mirrored[op], b, a)
	}
	if op == "!=" {
		e, err := w.compare("==", a, b)
		return negate(e), err
	}
	for _, t := range []*Term{a, b} {
		if t.Op == "unsupported" {
			return Expr{}, &message.Error{Text: t.Why}
		}
	}
	switch {
	case a.Constant():
		return compareConstants(op, a, b)
	case a.Op == "length":
		return w.compareLength(op, a.Args[0], b)
	case a.Op == "count":
		return w.compareCount(op, a.Args[0], b)
	case a.Op == "name" || a.Op == "self":
		return w.compareAnswer(op, a, b)
	case a.isTruth():
		return w.compareTruth(op, a, b)
	}
	return Expr{}, message.Errorf("it compares something other than a question's answer")
}

// compareConstants evaluates the comparison of two constants.
func compareConstants(op string, a, b *Term) (Expr, error) {
	x, errX := strconv.ParseFloat(a.Text, 64)
	y, errY := strconv.ParseFloat(b.Text, 64)
	result := false
	switch {
	case op == "==":
		result = a.Op == b.Op && a.Text == b.Text || errX == nil && errY == nil && x == y || a.Text == b.Text && a.Op != "list"
	case errX != nil || errY != nil:
		return Expr{}, message.Errorf("it compares two constants")
	default:
		result = holds(op, x, y)
	}
	if result {
		return Always, nil
	}
	return Never, nil
}

// holds evaluates an inequality.
func holds(op string, x, y float64) bool {
	return op == "<" && x < y || op == "<=" && x <= y || op == ">" && x > y || op == ">=" && x >= y
}

// compareLength compares the length of a text. Outside a question's own limits, a condition can only check whether
// there is any text.
func (w Writer) compareLength(op string, text, limit *Term) (Expr, error) {
	n, err := strconv.ParseFloat(limit.Text, 64)
	to, unresolved := w.resolve(text)
	switch {
	case unresolved != nil:
		return Expr{}, unresolved
	case err == nil && (op == ">" && n == 0 || op == ">=" && n == 1):
		return answered(to), nil
	case err == nil && (op == "==" && n == 0 || op == "<" && n == 1 || op == "<=" && n == 0):
		return negate(answered(to)), nil
	}
	return Expr{}, message.Errorf("a text's length can only be a question's own min_length or max_length")
}

// compareCount compares the number of options chosen, or of rows answered.
func (w Writer) compareCount(op string, a, b *Term) (Expr, error) {
	to, err := w.resolve(a)
	if err != nil {
		return Expr{}, err
	}
	if to.Kind != Set && to.Kind != Group {
		return Expr{}, message.Errorf("'%s' has only one value to count", to.Field)
	}
	n, err := formatNumber(b)
	if err != nil {
		return Expr{}, err
	}
	return comparison("count(%s) %s %s", to.Field, op, n), nil
}

// compareTruth compares a condition with true or false: selected(…) = true().
func (w Writer) compareTruth(op string, a, b *Term) (Expr, error) {
	if op != "==" || b.Op != "true" && b.Op != "false" {
		return Expr{}, message.Errorf("it compares a condition with something other than true or false")
	}
	e, err := w.Write(a)
	if err == nil && b.Op == "false" {
		e = negate(e)
	}
	return e, err
}

// compareAnswer compares the answer of a question with nothing, with a constant or with another answer.
func (w Writer) compareAnswer(op string, a, b *Term) (Expr, error) {
	to, err := w.resolve(a)
	if err != nil {
		return Expr{}, err
	}
	switch {
	case b.Op == "null" || b.Op == "text" && b.Text == "":
		if op == "==" {
			return negate(answered(to)), nil
		}
		return Expr{}, message.Errorf("it asks whether an answer is more or less than nothing")
	case b.Constant():
		return compareConstant(op, to, b)
	}
	other, err := w.resolve(b)
	if err != nil {
		return Expr{}, err
	}
	return compareAnswers(op, to, other)
}

// compareAnswers compares the answers of two questions.
func compareAnswers(op string, a, b *Target) (Expr, error) {
	switch {
	case a.Kind != b.Kind || a.Kind == Set || a.Kind == Group:
		return Expr{}, message.Errorf("'%s' and '%s' cannot be compared with each other", a.Field, b.Field)
	case a.Kind == Choice || a.Kind == Bool:
		if op != "==" {
			return Expr{}, message.Errorf("options have no order")
		}
		for value, id := range a.Options {
			if b.Options[value] != id {
				return Expr{}, message.Errorf("'%s' and '%s' have different options", a.Field, b.Field)
			}
		}
	}
	return comparison("%s %s %s", a.Field, op, b.Field), nil
}

// formatNumber writes a number as our expressions do.
func formatNumber(t *Term) (string, error) {
	if t.Op != "number" && t.Op != "text" {
		return "", message.Errorf("it compares a number with something else")
	}
	d, err := decimal.Parse(strings.TrimSpace(t.Text))
	if err != nil {
		return "", message.Errorf("%s is no number of at most three decimals", report.Quote(t.Text))
	}
	return d.String(), nil
}

// compareConstant compares an answer with a constant.
func compareConstant(op string, to *Target, c *Term) (Expr, error) {
	switch to.Kind {
	case Group:
		return Expr{}, message.Errorf("'%s' has several answers, one in each row", to.Field)
	case Choice:
		return compareChoice(op, to, c)
	case Set:
		return compareSet(op, to, c)
	case Number:
		n, err := formatNumber(c)
		return comparison("%s %s %s", to.Field, op, n), err
	case Bool:
		return compareBool(op, to, c)
	case Date:
		if _, err := time.Parse(time.DateOnly, c.Text); err != nil {
			return Expr{}, message.Errorf("%s is no date such as 2026-10-31", report.Quote(c.Text))
		}
	default:
		if op != "==" {
			return Expr{}, message.Errorf("'%s' is a text, which is neither more nor less than another", to.Field)
		}
		if c.Op != "text" && c.Op != "number" {
			return Expr{}, message.Errorf("'%s' is a text, and compared with something else", to.Field)
		}
	}
	return comparison("%s %s %s", to.Field, op, strconv.Quote(c.Text)), nil
}

func compareChoice(op string, to *Target, c *Term) (Expr, error) {
	if c.Op == "list" {
		if op != "==" || len(c.Args) != 1 {
			return Expr{}, message.Errorf("'%s' is compared with a list, but has one value", to.Field)
		}
		return compareConstant(op, to, c.Args[0])
	}
	if op != "==" {
		return compareRank(op, to, c)
	}
	id, err := optionID(to, c)
	if err != nil {
		return Expr{}, err
	}
	return comparison("%s == %s", to.Field, id), nil
}

// optionID writes the id of the option with a value.
func optionID(to *Target, value *Term) (string, error) {
	id, ok := to.option(value.Text)
	if !ok {
		return "", message.Errorf("%s is not one of the options of '%s'", report.Quote(value.Text), to.Field)
	}
	return strconv.Quote(id), nil
}

// compareRank compares a choice whose values are numbers: the expression lists the options that the comparison holds
// for.
func compareRank(op string, to *Target, c *Term) (Expr, error) {
	limit, err := strconv.ParseFloat(c.Text, 64)
	if err != nil {
		return Expr{}, message.Errorf("the options of '%s' have no order", to.Field)
	}
	type step struct {
		value float64
		id    string
	}
	var steps []step
	for value, id := range to.Options {
		v, err := strconv.ParseFloat(value, 64)
		if err == nil && holds(op, v, limit) { // as in the source, no comparison holds for a value that is a word
			steps = append(steps, step{v, id})
		}
	}
	if len(steps) == 0 {
		return Expr{}, message.Errorf("no option of '%s' is %s %s", to.Field, op, c.Text)
	}
	slices.SortFunc(steps, func(x, y step) int {
		if x.value < y.value {
			return -1
		}
		return 1
	})
	ids := make([]string, len(steps))
	for i, s := range steps {
		ids[i] = strconv.Quote(s.id)
	}
	if len(ids) == 1 {
		return comparison("%s == %s", to.Field, ids[0]), nil
	}
	return oneOf(to, ids), nil
}

func oneOf(to *Target, constants []string) Expr {
	return comparison("%s in [%s]", to.Field, strings.Join(constants, ", "))
}

// compareSet compares a set with the options that it must consist of.
func compareSet(op string, to *Target, c *Term) (Expr, error) {
	if op != "==" {
		return Expr{}, message.Errorf("the options of '%s' have no order", to.Field)
	}
	items := []*Term{c}
	if c.Op == "list" {
		items = c.Args
	}
	e, err := each("and", to, items)
	return Combine("and", e, comparison("count(%s) == %d", to.Field, len(items))), err
}

func compareBool(op string, to *Target, c *Term) (Expr, error) {
	id, ok := to.option(c.Text)
	switch {
	case op != "==" || !ok:
		return Expr{}, message.Errorf("%s is neither yes nor no", report.Quote(c.Text))
	case id == "yes":
		return Expr{to.Field, levelAtom}, nil
	}
	return comparison("%s == false", to.Field), nil
}

// has writes that a set or a text contains something.
func (w Writer) has(a, b *Term) (Expr, error) {
	to, err := w.resolve(a)
	switch {
	case err != nil:
		return Expr{}, err
	case b.Op == "list":
		return w.hasOf("all", a, b)
	case !b.Constant():
		return Expr{}, message.Errorf("what is contained must be a constant")
	case to.Kind == Set || to.Kind == Choice:
		return each("and", to, []*Term{b})
	case to.Kind == Text && b.Text != "":
		return comparison("%s contains %s", to.Field, strconv.Quote(b.Text)), nil
	}
	return Expr{}, message.Errorf("'%s' is no question of which something can be contained", to.Field)
}

// hasOf writes that an answer is, or contains, any or all of a list.
func (w Writer) hasOf(op string, a, b *Term) (Expr, error) {
	to, err := w.resolve(a)
	if err != nil {
		return Expr{}, err
	}
	items := b.Args
	if b.Op != "list" {
		items = []*Term{b}
	}
	switch {
	case len(items) == 0:
		return Expr{}, message.Errorf("a list in it is empty")
	case op == "all":
		return each("and", to, items)
	case len(items) == 1 || to.Kind != Choice && to.Kind != Number:
		return each("or", to, items)
	}
	write := formatNumber
	if to.Kind == Choice {
		write = func(t *Term) (string, error) { return optionID(to, t) }
	}
	var constants []string
	for _, item := range items {
		c, err := write(item)
		if err != nil {
			return Expr{}, err
		}
		constants = append(constants, c)
	}
	return oneOf(to, constants), nil
}

// each joins by op, for every item, that the answer is it or contains it.
func each(op string, to *Target, items []*Term) (Expr, error) {
	all := Always
	if op == "or" {
		all = Never
	}
	for _, item := range items {
		var e Expr
		if to.Kind == Set {
			id, err := optionID(to, item)
			if err != nil {
				return Expr{}, err
			}
			e = comparison("%s contains %s", to.Field, id)
		} else {
			var err error
			if e, err = compareConstant("==", to, item); err != nil {
				return Expr{}, err
			}
		}
		all = Combine(op, all, e)
	}
	return all, nil
}
