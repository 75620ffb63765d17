// Package condition turns conditions of other tools into those of this one. The readers parse them into [Term]s, and a
// [Writer] writes them in our expression language.
package condition

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
)

// A Term is a foreign condition, or a part of one, taken apart. XPath and SurveyJS's expressions both become terms.
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
type Term struct {
	Op   string
	Args []*Term
	Text string
}

func (t *Term) Walk(visit func(*Term)) {
	visit(t)
	for _, a := range t.Args {
		a.Walk(visit)
	}
}

// Conjuncts are the parts that must all hold.
func (t *Term) Conjuncts() []*Term {
	if t.Op == "and" {
		return append(t.Args[0].Conjuncts(), t.Args[1].Conjuncts()...)
	}
	return []*Term{t}
}

func Join(op string, parts []*Term) *Term {
	var all *Term
	for _, p := range parts {
		if all == nil {
			all = p
		} else {
			all = &Term{Op: op, Args: []*Term{all, p}}
		}
	}
	return all
}

// Kinds of targets, as conditions tell them apart.
const (
	Choice  = "choice"
	Set     = "set"
	Number  = "number"
	Bool    = "flag" // yes or no
	Text    = "words"
	Date    = "day"
	Group   = "group" // a question with rows
	Missing = "gone"  // a question that was not carried over
)

// A Target is what a foreign name stands for here.
type Target struct {
	Field   string // our name
	Kind    string
	Options map[string]string // of a choice or set: our ids by the source's values
	Why     string            // of one that is gone
}

// option finds one of our ids by the source's value, as SurveyJS does whatever its case.
func (t *Target) option(value string) (string, bool) {
	if id, ok := t.Options[value]; ok {
		return id, true
	}
	found := ""
	for v, id := range t.Options {
		if strings.EqualFold(v, value) {
			if found != "" && found != id {
				return "", false
			}
			found = id
		}
	}
	return found, found != ""
}

// A Writer says terms in our expression language.
type Writer struct {
	Scope map[string]*Target
	Self  *Target
}

// An Expr is a part that has been said.
type Expr struct {
	Text  string
	level int // how tightly it holds together: see below
}

const (
	levelOr = iota
	levelAnd
	levelCompare
	levelAtom
)

var (
	Always = Expr{"true", levelAtom}
	Never  = Expr{"false", levelAtom}
)

func (p Expr) within(level int) string {
	if p.level < level {
		return "(" + p.Text + ")"
	}
	return p.Text
}

// Write says what must be true or false.
func (s Writer) Write(t *Term) (Expr, error) {
	switch t.Op {
	case "true":
		return Always, nil
	case "false":
		return Never, nil
	case "and", "or":
		a, err := s.Write(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		b, err := s.Write(t.Args[1])
		if err != nil {
			return Expr{}, err
		}
		return Both(t.Op, a, b), nil
	case "not":
		if inner := t.Args[0]; inner.Op == "not" {
			return s.Write(inner.Args[0])
		}
		p, err := s.Write(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		return opposite(p), nil
	case "==", "!=", "<", "<=", ">", ">=":
		return s.compare(t.Op, t.Args[0], t.Args[1])
	case "has":
		return s.has(t.Args[0], t.Args[1])
	case "any", "all":
		return s.several(t.Op, t.Args[0], t.Args[1])
	case "answered":
		to, err := s.target(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		return Expr{"answered(" + to.Field + ")", levelAtom}, nil
	case "name", "self":
		to, err := s.target(t)
		if err != nil {
			return Expr{}, err
		}
		if to.Kind == Bool {
			return Expr{to.Field, levelAtom}, nil
		}
		return Expr{"answered(" + to.Field + ")", levelAtom}, nil
	case "matches":
		return Expr{}, errors.New("an expression for a text's form can only be a question's pattern")
	case "odd":
		return Expr{}, errors.New(t.Text)
	default:
		return Expr{}, errors.New("part of it is neither true nor false")
	}
}

func Both(op string, a, b Expr) Expr {
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
	return Expr{a.within(level) + " " + op + " " + b.within(level), level}
}

func opposite(p Expr) Expr {
	switch p {
	case Always:
		return Never
	case Never:
		return Always
	}
	if p.level == levelCompare && strings.Count(p.Text, " == ") == 1 && !strings.ContainsAny(strings.Split(p.Text, " == ")[1], " ") {
		return Expr{strings.Replace(p.Text, " == ", " != ", 1), levelCompare}
	}
	if inner, ok := strings.CutPrefix(p.Text, "not "); ok && p.level == levelAtom {
		return Expr{inner, levelAtom}
	}
	return Expr{"not " + p.within(levelAtom), levelAtom}
}

// target finds what a name stands for.
func (s Writer) target(t *Term) (*Target, error) {
	switch t.Op {
	case "self":
		if s.Self == nil {
			return nil, errors.New("it uses its own answer")
		}
		return s.Self, nil
	case "name":
	case "odd":
		return nil, errors.New(t.Text)
	default:
		return nil, errors.New("it asks for more than a question's answer")
	}
	to := s.Scope[t.Text]
	switch {
	case to == nil:
		return nil, fmt.Errorf("there is no question %s", report.Quote(t.Text))
	case to.Kind == Missing:
		return nil, fmt.Errorf("it uses %s, %s", report.Quote(t.Text), to.Why)
	}
	return to, nil
}

func (t *Term) Constant() bool {
	switch t.Op {
	case "text", "number", "null", "true", "false", "list":
		return true
	}
	return false
}

var Mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func (s Writer) compare(op string, a, b *Term) (Expr, error) {
	if a.Constant() && !b.Constant() {
		return s.compare(Mirrored[op], b, a)
	}
	if op == "!=" {
		p, err := s.compare("==", a, b)
		return opposite(p), err
	}
	for _, t := range []*Term{a, b} {
		if t.Op == "odd" {
			return Expr{}, errors.New(t.Text)
		}
	}
	switch {
	case a.Constant():
		return folded(op, a, b)
	case a.Op == "length":
		// The only question that can be asked of a length outside a question's own limits is whether there is any text.
		n, err := strconv.ParseFloat(b.Text, 64)
		to, wrong := s.target(a.Args[0])
		switch {
		case wrong != nil:
			return Expr{}, wrong
		case err == nil && (op == ">" && n == 0 || op == ">=" && n == 1):
			return Expr{"answered(" + to.Field + ")", levelAtom}, nil
		case err == nil && (op == "==" && n == 0 || op == "<" && n == 1 || op == "<=" && n == 0):
			return opposite(Expr{"answered(" + to.Field + ")", levelAtom}), nil
		}
		return Expr{}, errors.New("a text's length can only be a question's own min_length or max_length")
	case a.Op == "count":
		to, err := s.target(a.Args[0])
		if err != nil {
			return Expr{}, err
		}
		if to.Kind != Set && to.Kind != Group {
			return Expr{}, fmt.Errorf("'%s' has only one value to count", to.Field)
		}
		n, err := number(b)
		if err != nil {
			return Expr{}, err
		}
		return Expr{fmt.Sprintf("count(%s) %s %s", to.Field, op, n), levelCompare}, nil
	case a.Op != "name" && a.Op != "self":
		if !truth(a) {
			return Expr{}, errors.New("it compares more than a question's answer")
		}
		return s.ofCondition(op, a, b)
	}
	to, err := s.target(a)
	if err != nil {
		return Expr{}, err
	}
	answered := Expr{"answered(" + to.Field + ")", levelAtom}
	if b.Op == "null" || b.Op == "text" && b.Text == "" {
		if op == "==" {
			return opposite(answered), nil
		}
		return Expr{}, errors.New("it asks whether an answer is more or less than nothing")
	}
	if !b.Constant() {
		return s.two(op, to, b)
	}
	return s.constant(op, to, b)
}

func truth(t *Term) bool {
	switch t.Op {
	case "and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "has", "any", "all", "answered":
		return true
	}
	return false
}

// ofCondition says selected(…) = true() and the like.
func (s Writer) ofCondition(op string, a, b *Term) (Expr, error) {
	if op != "==" || b.Op != "true" && b.Op != "false" {
		return Expr{}, errors.New("it compares a condition with more than true or false")
	}
	p, err := s.Write(a)
	if err == nil && b.Op == "false" {
		p = opposite(p)
	}
	return p, err
}

// folded works out a comparison of constants.
func folded(op string, a, b *Term) (Expr, error) {
	x, errX := strconv.ParseFloat(a.Text, 64)
	y, errY := strconv.ParseFloat(b.Text, 64)
	result := false
	switch {
	case op == "==":
		result = a.Op == b.Op && a.Text == b.Text || errX == nil && errY == nil && x == y || a.Text == b.Text && a.Op != "list"
	case errX != nil || errY != nil:
		return Expr{}, errors.New("it compares two constants")
	default:
		result = op == "<" && x < y || op == "<=" && x <= y || op == ">" && x > y || op == ">=" && x >= y
	}
	if result {
		return Always, nil
	}
	return Never, nil
}

// two compares the answers of two questions.
func (s Writer) two(op string, a *Target, t *Term) (Expr, error) {
	b, err := s.target(t)
	switch {
	case err != nil:
		return Expr{}, err
	case a.Kind != b.Kind || a.Kind == Set || a.Kind == Group:
		return Expr{}, fmt.Errorf("'%s' and '%s' cannot be compared with each other", a.Field, b.Field)
	case a.Kind == Choice || a.Kind == Bool:
		if op != "==" {
			return Expr{}, errors.New("options have no order")
		}
		for value, id := range a.Options {
			if b.Options[value] != id {
				return Expr{}, fmt.Errorf("'%s' and '%s' have different options", a.Field, b.Field)
			}
		}
	}
	return Expr{a.Field + " " + op + " " + b.Field, levelCompare}, nil
}

// number says a constant number.
func number(t *Term) (string, error) {
	if t.Op != "number" && t.Op != "text" {
		return "", errors.New("it compares a number with something else")
	}
	d, err := decimal.Parse(strings.TrimSpace(t.Text))
	if err != nil {
		return "", fmt.Errorf("%s is no number of at most three decimals", report.Quote(t.Text))
	}
	return d.String(), nil
}

// constant compares an answer with a constant.
func (s Writer) constant(op string, to *Target, b *Term) (Expr, error) {
	equal := op == "=="
	switch to.Kind {
	case Group:
		return Expr{}, fmt.Errorf("'%s' has several answers, one in each row", to.Field)
	case Choice:
		if b.Op == "list" {
			if !equal || len(b.Args) != 1 {
				return Expr{}, fmt.Errorf("'%s' is compared with a list, but has one value", to.Field)
			}
			return s.constant(op, to, b.Args[0])
		}
		if !equal {
			return ranked(op, to, b)
		}
		id, ok := to.option(b.Text)
		if !ok {
			return Expr{}, fmt.Errorf("%s is not one of the options of '%s'", report.Quote(b.Text), to.Field)
		}
		return Expr{to.Field + " == " + strconv.Quote(id), levelCompare}, nil
	case Set:
		if !equal {
			return Expr{}, fmt.Errorf("the options of '%s' have no order", to.Field)
		}
		items := []*Term{b}
		if b.Op == "list" {
			items = b.Args
		}
		p, err := s.each("and", to, items)
		return Both("and", p, Expr{fmt.Sprintf("count(%s) == %d", to.Field, len(items)), levelCompare}), err
	case Number:
		n, err := number(b)
		return Expr{to.Field + " " + op + " " + n, levelCompare}, err
	case Bool:
		id, ok := to.option(b.Text)
		switch {
		case !equal || !ok:
			return Expr{}, fmt.Errorf("%s is neither yes nor no", report.Quote(b.Text))
		case id == "yes":
			return Expr{to.Field, levelAtom}, nil
		}
		return Expr{to.Field + " == false", levelCompare}, nil
	case Date:
		if _, err := time.Parse(time.DateOnly, b.Text); err != nil {
			return Expr{}, fmt.Errorf("%s is no date such as 2026-10-31", report.Quote(b.Text))
		}
	default:
		if !equal {
			return Expr{}, fmt.Errorf("'%s' is a text, which is neither more nor less than another", to.Field)
		}
		if b.Op != "text" && b.Op != "number" {
			return Expr{}, fmt.Errorf("'%s' is a text, and compared with something else", to.Field)
		}
	}
	return Expr{to.Field + " " + op + " " + strconv.Quote(b.Text), levelCompare}, nil
}

// ranked says a comparison of options that are numbers in the source: as a list of those that it holds for.
func ranked(op string, to *Target, b *Term) (Expr, error) {
	limit, err := strconv.ParseFloat(b.Text, 64)
	if err != nil {
		return Expr{}, fmt.Errorf("the options of '%s' have no order", to.Field)
	}
	type step struct {
		value float64
		id    string
	}
	var steps []step
	for value, id := range to.Options {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue // as in the source, where a word is neither more nor less than a number
		}
		if op == "<" && v < limit || op == "<=" && v <= limit || op == ">" && v > limit || op == ">=" && v >= limit {
			steps = append(steps, step{v, id})
		}
	}
	if len(steps) == 0 {
		return Expr{}, fmt.Errorf("no option of '%s' is %s %s", to.Field, op, b.Text)
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
		return Expr{to.Field + " == " + ids[0], levelCompare}, nil
	}
	return Expr{to.Field + " in [" + strings.Join(ids, ", ") + "]", levelCompare}, nil
}

// has says that a set, or a text, contains something.
func (s Writer) has(a, b *Term) (Expr, error) {
	to, err := s.target(a)
	switch {
	case err != nil:
		return Expr{}, err
	case b.Op == "list":
		return s.several("all", a, b)
	case !b.Constant():
		return Expr{}, errors.New("what is contained must be a constant")
	case to.Kind == Set || to.Kind == Choice:
		return s.each("and", to, []*Term{b})
	case to.Kind == Text && b.Text != "":
		return Expr{to.Field + " contains " + strconv.Quote(b.Text), levelCompare}, nil
	}
	return Expr{}, fmt.Errorf("'%s' is no question of which something can be contained", to.Field)
}

// several says that an answer is any, or has all, of a list.
func (s Writer) several(op string, a, b *Term) (Expr, error) {
	to, err := s.target(a)
	if err != nil {
		return Expr{}, err
	}
	items := b.Args
	if b.Op != "list" {
		items = []*Term{b}
	}
	if len(items) == 0 {
		return Expr{}, errors.New("a list in it is empty")
	}
	if op == "all" {
		return s.each("and", to, items)
	}
	if (to.Kind == Choice || to.Kind == Number) && len(items) > 1 {
		var list []string
		for _, item := range items {
			if to.Kind == Number {
				n, err := number(item)
				if err != nil {
					return Expr{}, err
				}
				list = append(list, n)
				continue
			}
			id, ok := to.option(item.Text)
			if !ok {
				return Expr{}, fmt.Errorf("%s is not one of the options of '%s'", report.Quote(item.Text), to.Field)
			}
			list = append(list, strconv.Quote(id))
		}
		return Expr{to.Field + " in [" + strings.Join(list, ", ") + "]", levelCompare}, nil
	}
	return s.each("or", to, items)
}

// each says, of every one of some constants, that an answer has it.
func (s Writer) each(op string, to *Target, items []*Term) (Expr, error) {
	all := Always
	if op == "or" {
		all = Never
	}
	for _, item := range items {
		var p Expr
		var err error
		if to.Kind == Set {
			id, ok := to.option(item.Text)
			if !ok {
				return Expr{}, fmt.Errorf("%s is not one of the options of '%s'", report.Quote(item.Text), to.Field)
			}
			p = Expr{to.Field + " contains " + strconv.Quote(id), levelCompare}
		} else if p, err = s.constant("==", to, item); err != nil {
			return Expr{}, err
		}
		all = Both(op, all, p)
	}
	return all, nil
}
