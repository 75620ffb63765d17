package condition

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/expression"
	"glasspoll/internal/message"
)

// A Writer writes terms in our expression language.
type Writer struct {
	Dialect Dialect
	Find    func(name string) *Target // by the source's name; nil if there is none
	Self    *Target                   // the question that the condition belongs to; nil if there is none
	Lack    bool                      // what a part that cannot be written counts as: what asks too much rather than too little
}

// A Written is a condition in our language.
type Written struct {
	Expr
	Notes []message.Text // on what is not quite the same
	Lost  []error        // why parts were left out
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

func constant(holds bool) Expr {
	if holds {
		return Always
	}
	return Never
}

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
	case a == neutral || a == b:
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
	if e.level == levelCompare {
		for op, opposite := range map[string]string{" == ": " != ", " != ": " == "} {
			if a, b, ok := strings.Cut(e.Text, op); ok && !strings.ContainsAny(a+b, " ") {
				return Expr{a + opposite + b, levelCompare}
			}
		}
	}
	if inner, ok := strings.CutPrefix(e.Text, "not "); ok && e.level == levelAtom {
		return Expr{inner, levelAtom}
	}
	return Expr{"not " + e.operand(levelAtom), levelAtom}
}

func comparison(expression string, args ...any) Expr {
	return Expr{fmt.Sprintf(expression, args...), levelCompare}
}

func answered(to *Target) Expr { return Expr{"answered(" + to.name() + ")", levelAtom} }

// Write writes a condition that counts as true in a sense. It fails if nothing of it can be written.
func (w Writer) Write(t *Term, s Sense) (Written, error) {
	r := &run{Writer: w, done: map[step]Expr{}}
	e := r.write(t, s, w.Lack)
	if len(r.lost) > 0 && e == constant(w.Lack) {
		return Written{}, r.lost[0]
	}
	return Written{e, r.notes, r.lost}, nil
}

// A run writes one condition.
type run struct {
	Writer
	notes []message.Text
	lost  []error
	done  map[step]Expr
}

// A step is a term that is written in a sense, and what it counts as if it cannot be.
type step struct {
	term *Term
	as   Sense
	lack bool
}

// note adds a remark on something that is not quite the same.
func (r *run) note(format string, args ...any) {
	if n := message.New(format, args...); !slices.Contains(r.notes, n) {
		r.notes = append(r.notes, n)
	}
}

// write writes a part of the condition.
func (r *run) write(t *Term, s Sense, lack bool) Expr {
	at := step{t, s, lack}
	if e, ok := r.done[at]; ok {
		return e
	}
	var e Expr
	switch t.Op {
	case "and":
		e = r.and(t, s, lack)
	case "or":
		e = r.or(t, s, lack)
	case "not":
		if to := r.list(t.Args[0]); to != nil {
			r.note("'%s' counts as true by itself, whatever is chosen of it", to.Field)
			return Never
		}
		e = negate(r.write(t.Args[0], Truthy, !lack))
	default:
		var err error
		if e, err = r.part(t, s); err != nil {
			r.lost = append(r.lost, err)
			e = constant(lack)
		}
	}
	r.done[at] = e
	return e
}

// list returns the question that a term stands for, if it counts as true by itself; else nil.
func (r *run) list(t *Term) *Target {
	if !r.Dialect.ListIsTrue || t.Op != "name" && t.Op != "self" {
		return nil
	}
	if to, err := r.resolve(t); err == nil && to.List {
		return to
	}
	return nil
}

// and writes a and b, whose value is b's if a counts as true, else a's.
func (r *run) and(t *Term, s Sense, lack bool) Expr {
	a, b := t.Args[0], t.Args[1]
	e := r.write(b, s, lack)
	truthy := r.write(a, Truthy, lack)
	if s == NotFalse && r.write(a, s, lack) != truthy {
		return Combine("and", r.write(a, s, lack), Combine("or", negate(r.write(a, Truthy, !lack)), e))
	}
	return Combine("and", truthy, e)
}

// or writes a or b, whose value is a's if that counts as true, else b's.
func (r *run) or(t *Term, s Sense, lack bool) Expr {
	a, b := t.Args[0], t.Args[1]
	e := r.write(b, s, lack)
	own, truthy := r.write(a, s, lack), r.write(a, Truthy, lack)
	if own == truthy || s == NotFalse {
		return Combine("or", truthy, e)
	}
	return Combine("or", own, Combine("and", negate(r.write(a, Truthy, !lack)), e))
}

// exact writes a part that must not lack anything.
func (r *run) exact(t *Term, s Sense) (Expr, error) {
	own := &run{Writer: r.Writer, done: map[step]Expr{}}
	e := own.write(t, s, true)
	if len(own.lost) > 0 {
		return Expr{}, own.lost[0]
	}
	r.notes = append(r.notes, own.notes...)
	return e, nil
}

// part writes a part without and, or, not.
func (r *run) part(t *Term, s Sense) (Expr, error) {
	t, targets, err := r.bind(t)
	switch {
	case err != nil:
		return Expr{}, err
	case len(targets) == 0:
		v, err := r.Dialect.Evaluate(t, nil)
		return constant(r.Dialect.Holds(v, s)), err
	case len(targets) == 1 && (targets[0].Kind == Choice || targets[0].Kind == Bool):
		return r.enumerate(t, targets[0], s)
	}
	e, err := r.structured(t, s)
	if err != nil && len(targets) == 1 && targets[0].Kind == Number && len(targets[0].Options) > 0 {
		return r.enumerate(t, targets[0], s)
	}
	return e, err
}

// bind finds the targets of a term, and returns the term with nothing in place of those that never have an answer.
func (r *run) bind(t *Term) (*Term, []*Target, error) {
	switch t.Op {
	case "name", "self":
		to, err := r.resolve(t)
		if err != nil {
			return nil, nil, err
		}
		if to.Kind == Nothing {
			r.note("%s never has an answer: %s", report.Quote(t.Text), to.Why)
			return &Term{Op: "null"}, nil, nil
		}
		return t, []*Target{to}, nil
	}
	bound := *t
	bound.Args = nil
	var all []*Target
	for _, a := range t.Args {
		arg, targets, err := r.bind(a)
		if err != nil {
			return nil, nil, err
		}
		bound.Args = append(bound.Args, arg)
		for _, to := range targets {
			if !slices.Contains(all, to) {
				all = append(all, to)
			}
		}
	}
	if t.Op == "call" && len(bound.Args) == 1 && len(all) == 1 && r.Dialect.Unchanged != nil && r.Dialect.Unchanged(t.Text, all[0].Kind) {
		return bound.Args[0], all, nil
	}
	if t.Op == "call" && len(all) == 0 {
		if v, err := r.Dialect.Evaluate(&bound, nil); err == nil && constantOf(v) != nil {
			return constantOf(v), nil, nil
		}
	}
	return &bound, all, nil
}

// resolve returns what a name stands for.
func (r *run) resolve(t *Term) (*Target, error) {
	switch t.Op {
	case "self":
		if r.Self == nil {
			return nil, message.Errorf("it uses its own answer")
		}
		return r.Self, nil
	case "name":
	default:
		return nil, message.Errorf("it uses something other than a question's answer")
	}
	to := r.Find(t.Text)
	switch {
	case to == nil:
		return nil, message.Errorf("there is no question %s", report.Quote(t.Text))
	case to.Kind == Missing:
		return nil, message.Errorf("it uses %s, %s", report.Quote(t.Text), to.Why)
	}
	return to, nil
}

// enumerate writes which options of one question a term counts as true for.
func (r *run) enumerate(t *Term, to *Target, s Sense) (Expr, error) {
	v, err := r.Dialect.Evaluate(t, nil)
	if err != nil {
		return Expr{}, err
	}
	unanswered := r.Dialect.Holds(v, s)
	var with, without []string
	for _, o := range to.Options {
		v, err := r.Dialect.Evaluate(t, o.Value)
		if err != nil {
			return Expr{}, err
		}
		if r.Dialect.Holds(v, s) {
			with = append(with, o.ID)
		} else {
			without = append(without, o.ID)
		}
	}
	with, without = distinct(with), distinct(without)
	if slices.ContainsFunc(with, func(id string) bool { return slices.Contains(without, id) }) {
		return Expr{}, message.Errorf("two options of '%s' became one", to.Field)
	}
	r.noteMissing(t, to)
	if unanswered {
		return negate(isOneOf(to, without, with)), nil
	}
	return isOneOf(to, with, without), nil
}

// distinct returns the ids, each once.
func distinct(ids []string) []string {
	var all []string
	for _, id := range ids {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// noteMissing remarks constants that are compared with an answer, and are none of its options.
func (r *run) noteMissing(t *Term, to *Target) {
	if len(t.Args) != 2 || !slices.Contains([]string{"==", "!=", "has", "lacks", "any", "all"}, t.Op) {
		return
	}
	constants := t.Args[1:]
	if t.Args[0].Constant() {
		constants = t.Args[:1]
	} else if t.Args[0].Op != "name" && t.Args[0].Op != "self" {
		return
	}
	if constants[0].Op == "list" {
		constants = constants[0].Args
	}
	for _, c := range constants {
		if c.Op == "text" && c.Text != "" || c.Op == "number" {
			if v, err := r.Dialect.Evaluate(c, nil); err == nil && !slices.ContainsFunc(to.Options, func(o Option) bool { return r.Dialect.Equal(o.Value, v) }) {
				r.note("%s is not one of the options of '%s', so no answer equals it", report.Quote(c.Text), to.Field)
			}
		}
	}
}

// isOneOf writes that a question's answer is one of some options; others are all other options.
func isOneOf(to *Target, ids, others []string) Expr {
	switch {
	case len(ids) == 0:
		return Never
	case len(others) == 0:
		return answered(to)
	case to.Kind == Bool && ids[0] == "yes":
		return Expr{to.name(), levelAtom}
	case to.Kind == Bool:
		return comparison("%s == false", to.name())
	case to.AsSet:
		return comparison("%s contains %s", to.name(), to.constant(ids[0]))
	case len(ids) == 1:
		return comparison("%s == %s", to.name(), to.constant(ids[0]))
	case len(others) == 1 && len(ids) > 3:
		return Combine("and", answered(to), comparison("%s != %s", to.name(), to.constant(others[0])))
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = to.constant(id)
	}
	return comparison("%s in [%s]", to.name(), strings.Join(list, ", "))
}

// constant writes one of a target's options.
func (t *Target) constant(id string) string {
	if t.Kind == Number {
		return id
	}
	return strconv.Quote(id)
}

// structured writes a part that uses numbers, texts, dates, sets or several questions.
func (r *run) structured(t *Term, s Sense) (Expr, error) {
	switch t.Op {
	case "==", "!=", "<", "<=", ">", ">=":
		return r.compare(t.Op, t.Args[0], t.Args[1])
	case "has", "part", "any", "all":
		return r.contains(t.Op, t.Args[0], t.Args[1])
	case "lacks":
		e, err := r.contains("has", t.Args[0], t.Args[1])
		return negate(e), err
	case "answered":
		if t.Args[0].isTruth() || t.Args[0].Op == "count" {
			return Always, nil
		}
		to, err := r.resolve(t.Args[0])
		if err != nil {
			return Expr{}, err
		}
		return answered(to), nil
	case "name", "self":
		to, err := r.resolve(t)
		if err != nil {
			return Expr{}, err
		}
		return r.bare(to, s), nil
	case "count":
		to, err := r.resolve(t.Args[0])
		switch {
		case err != nil:
			return Expr{}, err
		case s == True:
			return r.bare(to, s), nil
		case s == One:
			return comparison("count(%s) == 1", to.name()), nil
		case s == NotFalse:
			return Always, nil
		}
		return answered(to), nil
	case "matches":
		return Expr{}, message.Errorf("a regular expression can only be a question's pattern")
	case "call":
		return Expr{}, NoCall(t.Text)
	}
	return Expr{}, message.Errorf("part of it is neither true nor false")
}

// NoCall is the error for a function, or a sign of arithmetic, that has no counterpart.
func NoCall(name string) error {
	if strings.ContainsAny(name, "+-*/%^|") || name == "div" || name == "mod" {
		return message.Errorf("there is no arithmetic (%s) in conditions here", name)
	}
	return message.Errorf("%s() is not part of conditions here", name)
}

// bare writes an answer that stands by itself.
func (r *run) bare(to *Target, s Sense) Expr {
	switch {
	case s == NotFalse && to.Kind != Text:
		return Always
	case s == True && to.Kind != Text, s == One && to.Kind != Text && to.Kind != Number:
		r.note("an answer to '%s' alone is neither true nor false", to.Field)
		return Never
	case to.Kind == Number && s == One:
		return comparison("%s == 1", to.name())
	case to.Kind == Number:
		if len(to.Options) > 0 && !slices.ContainsFunc(to.Options, func(o Option) bool { return o.ID == "0" }) {
			return answered(to)
		}
		return Combine("and", answered(to), comparison("%s != 0", to.name()))
	case to.Kind != Text || !r.Dialect.IgnoresCase:
		return answered(to)
	case s == Truthy:
		r.note("'%s' is a text: of those that say 0 or false, only these two count as none here", to.Field)
		return Combine("and", answered(to), Expr{fmt.Sprintf("not (%s)", comparison(`%s in ["0", "false"]`, to.name()).Text), levelAtom})
	case s == NotFalse:
		r.note("'%s' is a text: only false, in small letters, is taken for false", to.Field)
		return comparison(`%s != "false"`, to.name())
	}
	r.note("'%s' is a text: only true, in small letters, is taken for true", to.Field)
	return comparison(`%s == "true"`, to.name())
}

// compare writes a comparison.
func (r *run) compare(op string, a, b *Term) (Expr, error) {
	if a.Constant() && !b.Constant() {
		return r.compare(expression.Mirrored[op], b, a)
	}
	if op == "!=" {
		e, err := r.compare("==", a, b)
		return negate(e), err
	}
	switch {
	case a.isTruth():
		return r.compareTruth(op, a, b)
	case b.Constant() && a.Op == "count":
		return r.compareCount(op, a, b)
	case b.Constant() && a.Op == "length":
		return r.compareLength(op, a, b)
	case b.Constant() && a.Op == "call" && a.Text == "int" && len(a.Args) == 1:
		return r.compareWhole(op, a.Args[0], b)
	}
	for _, t := range []*Term{a, b} {
		if t.Op == "call" {
			return Expr{}, NoCall(t.Text)
		}
	}
	to, err := r.resolve(a)
	if err != nil {
		return Expr{}, err
	}
	if b.Constant() {
		return r.compareConstant(op, to, b)
	}
	other, err := r.resolve(b)
	if err != nil {
		return Expr{}, err
	}
	return r.compareAnswers(op, to, other)
}

// holdsUnanswered reports whether a comparison holds if the question is unanswered.
func (r *run) holdsUnanswered(op string, a, b *Term) (bool, error) {
	v, err := r.Dialect.Evaluate(&Term{Op: op, Args: []*Term{a, b}}, nil)
	return r.Dialect.Holds(v, Truthy), err
}

// compareTruth compares a condition with a constant: selected(…) = true().
func (r *run) compareTruth(op string, a, b *Term) (Expr, error) {
	if op != "==" || !b.Constant() {
		return Expr{}, message.Errorf("it compares a condition with something other than true or false")
	}
	ifTrue, err := r.holdsUnanswered(op, &Term{Op: "true"}, b)
	if err != nil {
		return Expr{}, err
	}
	ifFalse, err := r.holdsUnanswered(op, &Term{Op: "false"}, b)
	if err != nil || ifTrue == ifFalse {
		return constant(ifTrue), err
	}
	e, err := r.exact(a, Truthy)
	if ifFalse {
		e = negate(e)
	}
	return e, err
}

// compareLength compares the length of a text. Outside a question's own limits, a condition can only check whether
// there is any text.
func (r *run) compareLength(op string, a, limit *Term) (Expr, error) {
	n, err := strconv.ParseFloat(limit.Text, 64)
	to, unresolved := r.resolve(a.Args[0])
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
func (r *run) compareCount(op string, a, b *Term) (Expr, error) {
	to, err := r.resolve(a.Args[0])
	if err != nil {
		return Expr{}, err
	}
	if to.Kind != Set && to.Kind != Group || !to.List && !r.Dialect.TextSet {
		return Expr{}, message.Errorf("'%s' has only one value to count", to.Field)
	}
	n, digits, err := r.number(b)
	if err != nil {
		return Expr{}, err
	}
	if n < 0 || n == 0 && op == "<" {
		return constant(holds(op, 0, n)), nil
	}
	return comparison("count(%s) %s %s", to.name(), op, digits), nil
}

// holds evaluates a comparison of numbers.
func holds(op string, x, y float64) bool {
	return op == "==" && x == y || op == "<" && x < y || op == "<=" && x <= y || op == ">" && x > y || op == ">=" && x >= y
}

// errNoNumber is the cause of an error for a constant that no number equals.
var errNoNumber = errors.New("no number")
