package convert

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/decimal"
)

// A term is a foreign condition, or a part of one, taken apart. XPath and SurveyJS's expressions both become terms.
//
//	op                          what                                            uses
//	and or                      both, either                                    args
//	not                         the opposite                                    args[0]
//	true false                  constants
//	== != < <= > >=             comparison                                      args
//	has                         args[0], a set or a text, contains args[1]      args
//	any all                     args[0] has any, or all, of the list args[1]    args
//	answered                    args[0] has an answer                           args
//	count length                of the options chosen, of the characters        args[0]
//	matches                     args[0] matches the expression args[1]          args
//	name                        a question's answer                             text
//	self                        the answer of the question itself
//	column                      a choice's own value, within its filter         text
//	text number null            a constant                                      text
//	list                        of constants                                    args
//	odd                         what cannot be said here                        text: why
type term struct {
	op   string
	args []*term
	text string
}

func (t *term) walk(visit func(*term)) {
	visit(t)
	for _, a := range t.args {
		a.walk(visit)
	}
}

// conjuncts are the parts that must all hold.
func (t *term) conjuncts() []*term {
	if t.op == "and" {
		return append(t.args[0].conjuncts(), t.args[1].conjuncts()...)
	}
	return []*term{t}
}

func join(op string, parts []*term) *term {
	var all *term
	for _, p := range parts {
		if all == nil {
			all = p
		} else {
			all = &term{op: op, args: []*term{all, p}}
		}
	}
	return all
}

// Kinds of targets, as conditions tell them apart.
const (
	choiceKind = "choice"
	setKind    = "set"
	numberKind = "number"
	flagKind   = "flag" // yes or no
	wordsKind  = "words"
	dayKind    = "day"
	groupKind  = "group" // a question with rows
	goneKind   = "gone"  // a question that was not carried over
)

// A target is what a foreign name stands for here.
type target struct {
	field   string // our name
	kind    string
	options map[string]string // of a choice or set: our ids by the source's values
	why     string            // of one that is gone
}

// option finds one of our ids by the source's value, as SurveyJS does whatever its case.
func (t *target) option(value string) (string, bool) {
	if id, ok := t.options[value]; ok {
		return id, true
	}
	found := ""
	for v, id := range t.options {
		if strings.EqualFold(v, value) {
			if found != "" && found != id {
				return "", false
			}
			found = id
		}
	}
	return found, found != ""
}

// A sayer says terms in our expression language.
type sayer struct {
	scope map[string]*target
	self  *target
}

// A phrase is a part that has been said.
type phrase struct {
	text  string
	level int // how tightly it holds together: see below
}

const (
	levelOr = iota
	levelAnd
	levelCompare
	levelAtom
)

var (
	always = phrase{"true", levelAtom}
	never  = phrase{"false", levelAtom}
)

func (p phrase) within(level int) string {
	if p.level < level {
		return "(" + p.text + ")"
	}
	return p.text
}

// condition says what must be true or false.
func (s sayer) condition(t *term) (phrase, error) {
	switch t.op {
	case "true":
		return always, nil
	case "false":
		return never, nil
	case "and", "or":
		a, err := s.condition(t.args[0])
		if err != nil {
			return phrase{}, err
		}
		b, err := s.condition(t.args[1])
		if err != nil {
			return phrase{}, err
		}
		return both(t.op, a, b), nil
	case "not":
		if inner := t.args[0]; inner.op == "not" {
			return s.condition(inner.args[0])
		}
		p, err := s.condition(t.args[0])
		if err != nil {
			return phrase{}, err
		}
		return opposite(p), nil
	case "==", "!=", "<", "<=", ">", ">=":
		return s.compare(t.op, t.args[0], t.args[1])
	case "has":
		return s.has(t.args[0], t.args[1])
	case "any", "all":
		return s.several(t.op, t.args[0], t.args[1])
	case "answered":
		to, err := s.target(t.args[0])
		if err != nil {
			return phrase{}, err
		}
		return phrase{"answered(" + to.field + ")", levelAtom}, nil
	case "name", "self":
		to, err := s.target(t)
		if err != nil {
			return phrase{}, err
		}
		if to.kind == flagKind {
			return phrase{to.field, levelAtom}, nil
		}
		return phrase{"answered(" + to.field + ")", levelAtom}, nil
	case "matches":
		return phrase{}, errors.New("an expression for a text's form can only be a question's pattern")
	case "odd":
		return phrase{}, errors.New(t.text)
	default:
		return phrase{}, errors.New("part of it is neither true nor false")
	}
}

func both(op string, a, b phrase) phrase {
	level, neutral, other := levelAnd, always, never
	if op == "or" {
		level, neutral, other = levelOr, never, always
	}
	switch {
	case a == neutral:
		return b
	case b == neutral:
		return a
	case a == other || b == other:
		return other
	}
	return phrase{a.within(level) + " " + op + " " + b.within(level), level}
}

func opposite(p phrase) phrase {
	switch p {
	case always:
		return never
	case never:
		return always
	}
	if p.level == levelCompare && strings.Count(p.text, " == ") == 1 && !strings.ContainsAny(strings.Split(p.text, " == ")[1], " ") {
		return phrase{strings.Replace(p.text, " == ", " != ", 1), levelCompare}
	}
	if inner, ok := strings.CutPrefix(p.text, "not "); ok && p.level == levelAtom {
		return phrase{inner, levelAtom}
	}
	return phrase{"not " + p.within(levelAtom), levelAtom}
}

// target finds what a name stands for.
func (s sayer) target(t *term) (*target, error) {
	switch t.op {
	case "self":
		if s.self == nil {
			return nil, errors.New("it uses its own answer")
		}
		return s.self, nil
	case "name":
	case "odd":
		return nil, errors.New(t.text)
	default:
		return nil, errors.New("it asks for more than a question's answer")
	}
	to := s.scope[t.text]
	switch {
	case to == nil:
		return nil, fmt.Errorf("there is no question %s", show(t.text))
	case to.kind == goneKind:
		return nil, fmt.Errorf("it uses %s, %s", show(t.text), to.why)
	}
	return to, nil
}

func (t *term) constant() bool {
	switch t.op {
	case "text", "number", "null", "true", "false", "list":
		return true
	}
	return false
}

var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (s sayer) compare(op string, a, b *term) (phrase, error) {
	if a.constant() && !b.constant() {
		return s.compare(mirrored[op], b, a)
	}
	if op == "!=" {
		p, err := s.compare("==", a, b)
		return opposite(p), err
	}
	for _, t := range []*term{a, b} {
		if t.op == "odd" {
			return phrase{}, errors.New(t.text)
		}
	}
	switch {
	case a.constant():
		return folded(op, a, b)
	case a.op == "length":
		// The only question that can be asked of a length outside a question's own limits is whether there is any text.
		n, err := strconv.ParseFloat(b.text, 64)
		to, wrong := s.target(a.args[0])
		switch {
		case wrong != nil:
			return phrase{}, wrong
		case err == nil && (op == ">" && n == 0 || op == ">=" && n == 1):
			return phrase{"answered(" + to.field + ")", levelAtom}, nil
		case err == nil && (op == "==" && n == 0 || op == "<" && n == 1 || op == "<=" && n == 0):
			return opposite(phrase{"answered(" + to.field + ")", levelAtom}), nil
		}
		return phrase{}, errors.New("a text's length can only be a question's own min_length or max_length")
	case a.op == "count":
		to, err := s.target(a.args[0])
		if err != nil {
			return phrase{}, err
		}
		if to.kind != setKind && to.kind != groupKind {
			return phrase{}, fmt.Errorf("'%s' has only one value to count", to.field)
		}
		n, err := number(b)
		if err != nil {
			return phrase{}, err
		}
		return phrase{fmt.Sprintf("count(%s) %s %s", to.field, op, n), levelCompare}, nil
	case a.op != "name" && a.op != "self":
		if !truth(a) {
			return phrase{}, errors.New("it compares more than a question's answer")
		}
		return s.ofCondition(op, a, b)
	}
	to, err := s.target(a)
	if err != nil {
		return phrase{}, err
	}
	answered := phrase{"answered(" + to.field + ")", levelAtom}
	if b.op == "null" || b.op == "text" && b.text == "" {
		if op == "==" {
			return opposite(answered), nil
		}
		return phrase{}, errors.New("it asks whether an answer is more or less than nothing")
	}
	if !b.constant() {
		return s.two(op, to, b)
	}
	return s.constant(op, to, b)
}

func truth(t *term) bool {
	switch t.op {
	case "and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "has", "any", "all", "answered":
		return true
	}
	return false
}

// ofCondition says selected(…) = true() and the like.
func (s sayer) ofCondition(op string, a, b *term) (phrase, error) {
	if op != "==" || b.op != "true" && b.op != "false" {
		return phrase{}, errors.New("it compares a condition with more than true or false")
	}
	p, err := s.condition(a)
	if err == nil && b.op == "false" {
		p = opposite(p)
	}
	return p, err
}

// folded works out a comparison of constants.
func folded(op string, a, b *term) (phrase, error) {
	x, errX := strconv.ParseFloat(a.text, 64)
	y, errY := strconv.ParseFloat(b.text, 64)
	result := false
	switch {
	case op == "==":
		result = a.op == b.op && a.text == b.text || errX == nil && errY == nil && x == y || a.text == b.text && a.op != "list"
	case errX != nil || errY != nil:
		return phrase{}, errors.New("it compares two constants")
	default:
		result = op == "<" && x < y || op == "<=" && x <= y || op == ">" && x > y || op == ">=" && x >= y
	}
	if result {
		return always, nil
	}
	return never, nil
}

// two compares the answers of two questions.
func (s sayer) two(op string, a *target, t *term) (phrase, error) {
	b, err := s.target(t)
	switch {
	case err != nil:
		return phrase{}, err
	case a.kind != b.kind || a.kind == setKind || a.kind == groupKind:
		return phrase{}, fmt.Errorf("'%s' and '%s' cannot be compared with each other", a.field, b.field)
	case a.kind == choiceKind || a.kind == flagKind:
		if op != "==" {
			return phrase{}, errors.New("options have no order")
		}
		for value, id := range a.options {
			if b.options[value] != id {
				return phrase{}, fmt.Errorf("'%s' and '%s' have different options", a.field, b.field)
			}
		}
	}
	return phrase{a.field + " " + op + " " + b.field, levelCompare}, nil
}

// number says a constant number.
func number(t *term) (string, error) {
	if t.op != "number" && t.op != "text" {
		return "", errors.New("it compares a number with something else")
	}
	d, err := decimal.Parse(strings.TrimSpace(t.text))
	if err != nil {
		return "", fmt.Errorf("%s is no number of at most three decimals", show(t.text))
	}
	return d.String(), nil
}

// constant compares an answer with a constant.
func (s sayer) constant(op string, to *target, b *term) (phrase, error) {
	equal := op == "=="
	switch to.kind {
	case groupKind:
		return phrase{}, fmt.Errorf("'%s' has several answers, one in each row", to.field)
	case choiceKind:
		if b.op == "list" {
			if !equal || len(b.args) != 1 {
				return phrase{}, fmt.Errorf("'%s' is compared with a list, but has one value", to.field)
			}
			return s.constant(op, to, b.args[0])
		}
		if !equal {
			return ranked(op, to, b)
		}
		id, ok := to.option(b.text)
		if !ok {
			return phrase{}, fmt.Errorf("%s is not one of the options of '%s'", show(b.text), to.field)
		}
		return phrase{to.field + " == " + strconv.Quote(id), levelCompare}, nil
	case setKind:
		if !equal {
			return phrase{}, fmt.Errorf("the options of '%s' have no order", to.field)
		}
		items := []*term{b}
		if b.op == "list" {
			items = b.args
		}
		p, err := s.each("and", to, items)
		return both("and", p, phrase{fmt.Sprintf("count(%s) == %d", to.field, len(items)), levelCompare}), err
	case numberKind:
		n, err := number(b)
		return phrase{to.field + " " + op + " " + n, levelCompare}, err
	case flagKind:
		id, ok := to.option(b.text)
		switch {
		case !equal || !ok:
			return phrase{}, fmt.Errorf("%s is neither yes nor no", show(b.text))
		case id == "yes":
			return phrase{to.field, levelAtom}, nil
		}
		return phrase{to.field + " == false", levelCompare}, nil
	case dayKind:
		if _, err := time.Parse(time.DateOnly, b.text); err != nil {
			return phrase{}, fmt.Errorf("%s is no date such as 2026-10-31", show(b.text))
		}
	default:
		if !equal {
			return phrase{}, fmt.Errorf("'%s' is a text, which is neither more nor less than another", to.field)
		}
		if b.op != "text" && b.op != "number" {
			return phrase{}, fmt.Errorf("'%s' is a text, and compared with something else", to.field)
		}
	}
	return phrase{to.field + " " + op + " " + strconv.Quote(b.text), levelCompare}, nil
}

// ranked says a comparison of options that are numbers in the source: as a list of those that it holds for.
func ranked(op string, to *target, b *term) (phrase, error) {
	limit, err := strconv.ParseFloat(b.text, 64)
	if err != nil {
		return phrase{}, fmt.Errorf("the options of '%s' have no order", to.field)
	}
	type step struct {
		value float64
		id    string
	}
	var steps []step
	for value, id := range to.options {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue // as in the source, where a word is neither more nor less than a number
		}
		if op == "<" && v < limit || op == "<=" && v <= limit || op == ">" && v > limit || op == ">=" && v >= limit {
			steps = append(steps, step{v, id})
		}
	}
	if len(steps) == 0 {
		return phrase{}, fmt.Errorf("no option of '%s' is %s %s", to.field, op, b.text)
	}
	slices.SortFunc(steps, func(x, y step) int {
		if x.value < y.value {
			return -1
		}
		return 1
	})
	ids := make([]string, len(steps))
	for i, st := range steps {
		ids[i] = strconv.Quote(st.id)
	}
	if len(ids) == 1 {
		return phrase{to.field + " == " + ids[0], levelCompare}, nil
	}
	return phrase{to.field + " in [" + strings.Join(ids, ", ") + "]", levelCompare}, nil
}

// has says that a set, or a text, contains something.
func (s sayer) has(a, b *term) (phrase, error) {
	to, err := s.target(a)
	switch {
	case err != nil:
		return phrase{}, err
	case b.op == "list":
		return s.several("all", a, b)
	case !b.constant():
		return phrase{}, errors.New("what is contained must be a constant")
	case to.kind == setKind || to.kind == choiceKind:
		return s.each("and", to, []*term{b})
	case to.kind == wordsKind && b.text != "":
		return phrase{to.field + " contains " + strconv.Quote(b.text), levelCompare}, nil
	}
	return phrase{}, fmt.Errorf("'%s' is no question of which something can be contained", to.field)
}

// several says that an answer is any, or has all, of a list.
func (s sayer) several(op string, a, b *term) (phrase, error) {
	to, err := s.target(a)
	if err != nil {
		return phrase{}, err
	}
	items := b.args
	if b.op != "list" {
		items = []*term{b}
	}
	if len(items) == 0 {
		return phrase{}, errors.New("a list in it is empty")
	}
	if op == "all" {
		return s.each("and", to, items)
	}
	if (to.kind == choiceKind || to.kind == numberKind) && len(items) > 1 {
		var list []string
		for _, item := range items {
			if to.kind == numberKind {
				n, err := number(item)
				if err != nil {
					return phrase{}, err
				}
				list = append(list, n)
				continue
			}
			id, ok := to.option(item.text)
			if !ok {
				return phrase{}, fmt.Errorf("%s is not one of the options of '%s'", show(item.text), to.field)
			}
			list = append(list, strconv.Quote(id))
		}
		return phrase{to.field + " in [" + strings.Join(list, ", ") + "]", levelCompare}, nil
	}
	return s.each("or", to, items)
}

// each says, of every one of some constants, that an answer has it.
func (s sayer) each(op string, to *target, items []*term) (phrase, error) {
	all := always
	if op == "or" {
		all = never
	}
	for _, item := range items {
		var p phrase
		var err error
		if to.kind == setKind {
			id, ok := to.option(item.text)
			if !ok {
				return phrase{}, fmt.Errorf("%s is not one of the options of '%s'", show(item.text), to.field)
			}
			p = phrase{to.field + " contains " + strconv.Quote(id), levelCompare}
		} else if p, err = s.constant("==", to, item); err != nil {
			return phrase{}, err
		}
		all = both(op, all, p)
	}
	return all, nil
}
