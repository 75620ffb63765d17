package condition

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
)

// number returns a constant as a number, and how our expressions write it.
func (r *run) number(c *Term) (float64, string, error) {
	v, err := r.Dialect.Evaluate(c, nil)
	if err != nil {
		return 0, "", err
	}
	n, ok := r.Dialect.Number(v)
	if !ok {
		return 0, "", &message.Error{Text: message.New("it compares a number with something else"), Err: errNoNumber}
	}
	d, err := decimal.Parse(strconv.FormatFloat(n, 'f', -1, 64))
	if err != nil {
		return 0, "", message.Errorf("%s is no number of at most three decimals", report.Quote(c.Text))
	}
	return n, d.String(), nil
}

// compareConstant compares the answer of a question with a constant.
func (r *run) compareConstant(op string, to *Target, c *Term) (Expr, error) {
	if v, err := r.Dialect.Evaluate(c, nil); err != nil {
		return Expr{}, err
	} else if list, ok := v.([]Value); v == nil || v == "" || ok && len(list) == 0 {
		if op == "==" {
			return negate(answered(to)), nil
		}
		return Expr{}, message.Errorf("it asks whether an answer is more or less than nothing")
	}
	unanswered, err := r.holdsUnanswered(op, &Term{Op: "null"}, c)
	if err != nil {
		return Expr{}, err
	}
	e, err := r.compareKind(op, to, c)
	if unanswered {
		e = Combine("or", e, negate(answered(to)))
	}
	return e, err
}

// compareKind compares an answer with a constant, which it is not equal to if there is none.
func (r *run) compareKind(op string, to *Target, c *Term) (Expr, error) {
	switch to.Kind {
	case Set:
		return r.compareSet(op, to, c)
	case Number:
		_, digits, err := r.number(c)
		if errors.Is(err, errNoNumber) {
			if c.Op == "list" {
				return Expr{}, err
			}
			r.note("%s is no number, so no answer to '%s' equals it, or is more or less", report.Quote(c.Text), to.Field)
			return Never, nil
		}
		return comparison("%s %s %s", to.name(), op, digits), err
	case Date:
		if _, err := time.Parse(time.DateOnly, c.Text); err != nil || c.Op != "text" {
			return Expr{}, message.Errorf("%s is no date such as 2026-10-31", report.Quote(c.Text))
		}
		return comparison("%s %s %s", to.name(), op, strconv.Quote(c.Text)), nil
	case Text:
		return r.compareText(op, to, c)
	}
	return Expr{}, message.Errorf("'%s' has several answers, one in each row", to.Field)
}

func (r *run) compareText(op string, to *Target, c *Term) (Expr, error) {
	if op != "==" {
		return Expr{}, message.Errorf("'%s' is a text, which is neither more nor less than another", to.Field)
	}
	if c.Op == "list" {
		return Expr{}, message.Errorf("'%s' is a text, and compared with something else", to.Field)
	}
	text := c.Text
	if c.Op == "true" || c.Op == "false" {
		text = c.Op
	}
	r.noteCase(to)
	return comparison("%s == %s", to.name(), strconv.Quote(text)), nil
}

// noteCase remarks that texts are compared letter by letter here.
func (r *run) noteCase(to *Target) {
	if r.Dialect.IgnoresCase {
		r.note("'%s' is a text: here it must be the same in capitals and small letters too", to.Field)
	}
}

// compareSet compares a set with the options that it must consist of.
func (r *run) compareSet(op string, to *Target, c *Term) (Expr, error) {
	if op != "==" {
		return Expr{}, message.Errorf("the options of '%s' have no order", to.Field)
	}
	items := []*Term{c}
	switch {
	case c.Op == "list":
		items = c.Args
	case !r.Dialect.TextSet:
		r.note("'%s' has several options to choose, so its answer is never equal to one: contains asks for it", to.Field)
		return Never, nil
	case strings.Contains(strings.TrimSpace(c.Text), " "):
		return Expr{}, message.Errorf("it compares several options of '%s' in their order", to.Field)
	}
	all := Always
	seen := map[string]bool{}
	var chosen []Value
	for _, item := range items {
		v, err := r.Dialect.Evaluate(item, nil)
		if err != nil {
			return Expr{}, err
		}
		for _, o := range to.Options {
			if r.Dialect.Equal(o.Value, v) {
				chosen = append(chosen, o.Value)
			}
		}
		e, err := r.hasOption(to, item)
		if err != nil {
			return Expr{}, err
		}
		if seen[e.Text] {
			return Expr{}, message.Errorf("it names an option of '%s' twice", to.Field)
		}
		seen[e.Text] = true
		all = Combine("and", all, e)
	}
	if v, err := r.Dialect.Evaluate(&Term{Op: op, Args: []*Term{{Op: "self"}, c}}, chosen); err == nil && !r.Dialect.TextSet && !r.Dialect.Holds(v, Truthy) {
		r.note("%s equals no answer to '%s', of whose options some differ in capitals only", report.Quote(c.Text), to.Field)
		return Never, nil
	}
	return Combine("and", all, comparison("count(%s) == %d", to.name(), len(items))), nil
}

// hasOption writes that a set has the options with a value.
func (r *run) hasOption(to *Target, c *Term) (Expr, error) {
	v, err := r.Dialect.Evaluate(c, nil)
	if err != nil {
		return Expr{}, err
	}
	found := Never
	for _, id := range to.IDs(func(value string) bool { return r.Dialect.Equal(value, v) }) {
		found = Combine("or", found, comparison("%s contains %s", to.name(), strconv.Quote(id)))
	}
	if found == Never {
		r.note("%s is not one of the options of '%s', so no answer equals it", report.Quote(c.Text), to.Field)
	}
	return found, nil
}

// compareAnswers compares the answers of two questions.
func (r *run) compareAnswers(op string, a, b *Target) (Expr, error) {
	switch {
	case a.Kind != b.Kind || a.Kind == Set || a.Kind == Group || a.AsSet || b.AsSet:
		return Expr{}, message.Errorf("'%s' and '%s' cannot be compared with each other", a.Field, b.Field)
	case a.Kind == Choice || a.Kind == Bool:
		if op != "==" {
			return Expr{}, message.Errorf("options have no order")
		}
		for _, o := range a.Options {
			ids := b.IDs(func(value string) bool { return r.Dialect.Equal(value, o.Value) })
			if len(ids) != 1 || ids[0] != o.ID || len(a.Options) != len(b.Options) {
				return Expr{}, message.Errorf("'%s' and '%s' have different options", a.Field, b.Field)
			}
		}
	case a.Kind == Text && op != "==":
		return Expr{}, message.Errorf("'%s' is a text, which is neither more nor less than another", a.Field)
	case a.Kind == Text:
		r.noteCase(a)
	}
	e := comparison("%s %s %s", a.name(), op, b.name())
	unanswered, err := r.holdsUnanswered(op, &Term{Op: "null"}, &Term{Op: "null"})
	if unanswered && a != b {
		e = Combine("or", e, Combine("and", negate(answered(a)), negate(answered(b))))
	}
	return e, err
}

// compareWhole compares a number without its decimals.
func (r *run) compareWhole(op string, a, limit *Term) (Expr, error) {
	to, err := r.resolve(a)
	if err != nil {
		return Expr{}, err
	}
	n, digits, err := r.number(limit)
	switch {
	case err != nil:
		return Expr{}, err
	case to.Kind != Number:
		return Expr{}, NoCall("int")
	case n != math.Trunc(n) || math.Abs(n) > 1e9:
		return Expr{}, message.Errorf("%s is no whole number", digits)
	}
	least := comparison("%s >= %d", to.name(), int(n))
	if n <= 0 {
		least = comparison("%s > %d", to.name(), int(n)-1)
	}
	most := comparison("%s <= %d", to.name(), int(n))
	if n >= 0 {
		most = comparison("%s < %d", to.name(), int(n)+1)
	}
	switch op {
	case ">=":
		return least, nil
	case "<=":
		return most, nil
	case "<":
		return Combine("and", answered(to), negate(least)), nil
	case ">":
		return Combine("and", answered(to), negate(most)), nil
	}
	return Combine("and", least, most), nil
}

// contains writes that a set or a text contains something, or that an answer is one of a list.
func (r *run) contains(op string, a, b *Term) (Expr, error) {
	if a.Constant() && !b.Constant() {
		return Expr{}, message.Errorf("what is contained must be a constant")
	}
	to, err := r.resolve(a)
	switch {
	case err != nil:
		return Expr{}, err
	case !b.Constant():
		return Expr{}, message.Errorf("what is contained must be a constant")
	}
	items := []*Term{b}
	if b.Op == "list" {
		items = b.Args
	}
	switch {
	case slices.ContainsFunc(items, func(item *Term) bool { return item.Op == "list" }):
		return Expr{}, message.Errorf("what is contained must be a constant")
	case len(items) == 0:
		return Expr{}, message.Errorf("a list in it is empty")
	}
	joined, all := "and", Always
	if op == "any" {
		joined, all = "or", Never
	}
	for _, item := range items {
		e, err := r.hasItem(op, to, item, b.Op == "list")
		if err != nil {
			return Expr{}, err
		}
		all = Combine(joined, all, e)
	}
	if op == "any" && to.Kind == Number {
		return r.numberIn(to, items, all)
	}
	return all, nil
}

// hasItem writes that an answer contains, or is, one value.
func (r *run) hasItem(op string, to *Target, item *Term, listed bool) (Expr, error) {
	switch {
	case to.Kind == Set && op == "part":
		return r.hasPart(to, item)
	case to.Kind == Set:
		return r.hasOption(to, item)
	case to.Kind == Text && item.Op == "text" && item.Text != "" && (op == "part" || !r.Dialect.TextSet && !(op == "any" && listed)):
		r.noteCase(to)
		return comparison("%s contains %s", to.name(), strconv.Quote(item.Text)), nil
	case op == "any" && listed && to.Kind != Group:
		return r.compareKind("==", to, item)
	}
	return Expr{}, message.Errorf("'%s' is no question of which something can be contained", to.Field)
}

// hasPart writes that the value of an option chosen contains a text.
func (r *run) hasPart(to *Target, item *Term) (Expr, error) {
	if item.Text == "" || strings.Contains(item.Text, " ") {
		return Expr{}, message.Errorf("it compares several options of '%s' in their order", to.Field)
	}
	found := Never
	for _, id := range to.IDs(func(value string) bool { return strings.Contains(value, item.Text) }) {
		found = Combine("or", found, comparison("%s contains %s", to.name(), strconv.Quote(id)))
	}
	return found, nil
}

// numberIn writes that a number is one of a list, of which each is what all writes.
func (r *run) numberIn(to *Target, items []*Term, each Expr) (Expr, error) {
	var list []string
	for _, item := range items {
		_, digits, err := r.number(item)
		if err != nil {
			return each, nil
		}
		list = append(list, digits)
	}
	if len(list) == 1 {
		return each, nil
	}
	return comparison("%s in [%s]", to.name(), strings.Join(list, ", ")), nil
}
