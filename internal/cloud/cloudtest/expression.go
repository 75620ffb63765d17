package cloudtest

import (
	"bytes"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// scope is what an expression is evaluated in.
type scope struct {
	item   Item
	names  map[string]string
	values Item
}

// An operand is a value in a scope; nil if the item has no such attribute.
type operand func(s *scope) types.AttributeValue

// A condition holds in a scope or does not.
type condition func(s *scope) bool

// parsed is a condition or key condition, and the placeholders that it uses.
type parsed struct {
	holds condition
	uses  []string
}

var conditions sync.Map // *parsed by its text

// conditionOf parses a condition; an empty one always holds.
func conditionOf(text string) (*parsed, error) {
	if found, ok := conditions.Load(text); ok {
		return found.(*parsed), nil
	}
	p := &parser{tokens: tokensOf(text)}
	holds, err := p.either()
	if err == nil && p.next != len(p.tokens) {
		err = fmt.Errorf("unexpected %q", p.tokens[p.next])
	}
	if err != nil {
		return nil, invalid("condition %q: %v", text, err)
	}
	found := &parsed{holds, p.uses}
	conditions.Store(text, found)
	return found, nil
}

const symbols = "(),=<>+-"

// tokensOf splits an expression into words and symbols.
func tokensOf(text string) (tokens []string) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		n := strings.IndexAny(text, symbols+" \n\t")
		switch {
		case n < 0:
			n = len(text)
		case n == 0 && len(text) > 1 && slices.Contains([]string{"<=", ">=", "<>"}, text[:2]):
			n = 2
		case n == 0:
			n = 1
		}
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
	return tokens
}

type parser struct {
	tokens []string
	next   int
	uses   []string
}

// accept passes the next token if it is the given one, whatever its case.
func (p *parser) accept(token string) bool {
	if p.next < len(p.tokens) && strings.EqualFold(p.tokens[p.next], token) {
		p.next++
		return true
	}
	return false
}

func (p *parser) expect(token string) error {
	if !p.accept(token) {
		return fmt.Errorf("%q expected as token %d", token, p.next)
	}
	return nil
}

func (p *parser) word() (string, error) {
	if p.next == len(p.tokens) || strings.ContainsAny(p.tokens[p.next], symbols) {
		return "", fmt.Errorf("a name or value expected as token %d", p.next)
	}
	p.next++
	word := p.tokens[p.next-1]
	if strings.ContainsAny(word, "[].") {
		return "", fmt.Errorf("cloudtest knows no paths within attributes: %s", word)
	}
	if word[0] == '#' || word[0] == ':' {
		p.uses = append(p.uses, word)
	}
	return word, nil
}

func (p *parser) either() (condition, error) {
	left, err := p.both()
	for err == nil && p.accept("OR") {
		var right condition
		before := left
		right, err = p.both()
		left = func(s *scope) bool { return before(s) || right(s) }
	}
	return left, err
}

func (p *parser) both() (condition, error) {
	left, err := p.one()
	for err == nil && p.accept("AND") {
		var right condition
		before := left
		right, err = p.one()
		left = func(s *scope) bool { return before(s) && right(s) }
	}
	return left, err
}

func (p *parser) one() (condition, error) {
	switch {
	case p.accept("NOT"):
		inner, err := p.one()
		return func(s *scope) bool { return !inner(s) }, err
	case p.accept("("):
		inner, err := p.either()
		if err == nil {
			err = p.expect(")")
		}
		return inner, err
	case p.accept("attribute_exists"):
		args, err := p.arguments(1)
		return func(s *scope) bool { return args[0](s) != nil }, err
	case p.accept("attribute_not_exists"):
		args, err := p.arguments(1)
		return func(s *scope) bool { return args[0](s) == nil }, err
	case p.accept("begins_with"):
		args, err := p.arguments(2)
		return func(s *scope) bool { return hasPrefix(args[0](s), args[1](s)) }, err
	}
	return p.comparison()
}

func (p *parser) arguments(n int) (args []operand, err error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	for i := range n {
		if i > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		a, err := p.operand()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	return args, p.expect(")")
}

func (p *parser) operand() (operand, error) {
	word, err := p.word()
	if err != nil {
		return nil, err
	}
	return operandOf(word), nil
}

// operandOf returns the value of a placeholder, or of the attribute that a word names.
func operandOf(word string) operand {
	switch word[0] {
	case ':':
		return func(s *scope) types.AttributeValue { return s.values[word] }
	case '#':
		return func(s *scope) types.AttributeValue { return s.item[s.names[word]] }
	}
	return func(s *scope) types.AttributeValue { return s.item[word] }
}

func (p *parser) comparison() (condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	if p.accept("BETWEEN") {
		low, err := p.operand()
		if err == nil {
			err = p.expect("AND")
		}
		if err != nil {
			return nil, err
		}
		high, err := p.operand()
		return func(s *scope) bool { return compares(left(s), ">=", low(s)) && compares(left(s), "<=", high(s)) }, err
	}
	for _, operator := range []string{"=", "<>", "<=", ">=", "<", ">"} {
		if p.accept(operator) {
			right, err := p.operand()
			return func(s *scope) bool { return compares(left(s), operator, right(s)) }, err
		}
	}
	return nil, fmt.Errorf("a comparison expected as token %d", p.next)
}

func hasPrefix(a, b types.AttributeValue) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return ok && strings.HasPrefix(a.Value, b.Value)
	case *types.AttributeValueMemberB:
		b, ok := b.(*types.AttributeValueMemberB)
		return ok && bytes.HasPrefix(a.Value, b.Value)
	}
	return false
}

// compares compares two values. Those of different types, or missing ones, are unequal and in no order.
func compares(a types.AttributeValue, operator string, b types.AttributeValue) bool {
	order, comparable := compare(a, b)
	switch operator {
	case "=":
		return comparable && order == 0
	case "<>":
		return !comparable || order != 0
	case "<":
		return comparable && order < 0
	case "<=":
		return comparable && order <= 0
	case ">":
		return comparable && order > 0
	}
	return comparable && order >= 0
}

func compare(a, b types.AttributeValue) (order int, comparable bool) {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		if b, ok := b.(*types.AttributeValueMemberS); ok {
			return strings.Compare(a.Value, b.Value), true
		}
	case *types.AttributeValueMemberB:
		if b, ok := b.(*types.AttributeValueMemberB); ok {
			return bytes.Compare(a.Value, b.Value), true
		}
	case *types.AttributeValueMemberN:
		if b, ok := b.(*types.AttributeValueMemberN); ok {
			x, okX := new(big.Rat).SetString(a.Value)
			y, okY := new(big.Rat).SetString(b.Value)
			if okX && okY {
				return x.Cmp(y), true
			}
		}
	case nil:
		return 0, false
	default:
		return 0, reflect.DeepEqual(a, b)
	}
	return 0, false
}

// checkPlaceholders checks that each placeholder that is used is defined, and the other way round.
func checkPlaceholders(names map[string]string, values Item, used ...string) error {
	all := slices.Concat(slices.Collect(maps.Keys(names)), slices.Collect(maps.Keys(values)))
	for _, name := range used {
		if !slices.Contains(all, name) {
			return invalid("%s is used in an expression and not defined", name)
		}
	}
	for _, name := range all {
		if !slices.Contains(used, name) {
			return invalid("%s is unused in expressions", name)
		}
	}
	return nil
}

// projectionOf returns the names of the attributes that a projection keeps; nil for all.
func projectionOf(text *string, names map[string]string) (kept, used []string, err error) {
	if text == nil {
		return nil, nil, nil
	}
	p := &parser{tokens: tokensOf(*text)}
	for {
		word, err := p.word()
		if err != nil {
			return nil, nil, invalid("projection %q: %v", *text, err)
		}
		if word[0] == '#' {
			word = names[word]
		}
		kept = append(kept, word)
		if p.next == len(p.tokens) {
			return kept, p.uses, nil
		}
		if err := p.expect(","); err != nil {
			return nil, nil, invalid("projection %q: %v", *text, err)
		}
	}
}

// An update changes attributes of an item.
type update struct {
	steps []func(s *scope, into Item) error
	uses  []string
}

// updateOf parses an update: SET with values, if_not_exists, sums and differences; REMOVE; ADD of numbers and to sets of texts.
func updateOf(text string) (*update, error) {
	p, u := &parser{tokens: tokensOf(text)}, &update{}
	for p.next < len(p.tokens) {
		clause := strings.ToUpper(p.tokens[p.next])
		p.next++
		for {
			step, err := p.step(clause)
			if err != nil {
				return nil, invalid("update %q: %v", text, err)
			}
			u.steps = append(u.steps, step)
			if !p.accept(",") {
				break
			}
		}
	}
	u.uses = p.uses
	return u, nil
}

func (p *parser) step(clause string) (func(s *scope, into Item) error, error) {
	target, err := p.word()
	if err != nil {
		return nil, err
	}
	name := func(s *scope) string {
		if target[0] == '#' {
			return s.names[target]
		}
		return target
	}
	switch clause {
	case "REMOVE":
		return func(s *scope, into Item) error { delete(into, name(s)); return nil }, nil
	case "ADD":
		added, err := p.operand()
		return func(s *scope, into Item) (err error) {
			before := s.item[name(s)]
			if more, ok := added(s).(*types.AttributeValueMemberSS); ok {
				into[name(s)], err = unionOf(before, more)
				return err
			}
			if before == nil {
				before = &types.AttributeValueMemberN{Value: "0"}
			}
			into[name(s)], err = sum(before, added(s), 1)
			return err
		}, err
	case "SET":
		if err := p.expect("="); err != nil {
			return nil, err
		}
		value, err := p.sum()
		return func(s *scope, into Item) (err error) { into[name(s)], err = value(s); return err }, err
	}
	return nil, fmt.Errorf("cloudtest does not know the clause %s", clause)
}

// sum parses the right side of an assignment.
func (p *parser) sum() (func(s *scope) (types.AttributeValue, error), error) {
	term := func() (operand, error) {
		if !p.accept("if_not_exists") {
			return p.operand()
		}
		args, err := p.arguments(2)
		return func(s *scope) types.AttributeValue {
			if v := args[0](s); v != nil {
				return v
			}
			return args[1](s)
		}, err
	}
	left, err := term()
	if err != nil {
		return nil, err
	}
	sign := int64(0)
	if p.accept("+") {
		sign = 1
	} else if p.accept("-") {
		sign = -1
	}
	if sign == 0 {
		return func(s *scope) (types.AttributeValue, error) {
			if v := left(s); v != nil {
				return v, nil
			}
			return nil, invalid("an update refers to an attribute that does not exist")
		}, nil
	}
	right, err := term()
	return func(s *scope) (types.AttributeValue, error) { return sum(left(s), right(s), sign) }, err
}

// unionOf returns a set of texts that has those of both; before may be nil.
func unionOf(before types.AttributeValue, more *types.AttributeValueMemberSS) (types.AttributeValue, error) {
	set, ok := before.(*types.AttributeValueMemberSS)
	if before == nil {
		set, ok = &types.AttributeValueMemberSS{}, true
	}
	if !ok || len(more.Value) == 0 {
		return nil, invalid("texts are added to what is no set of texts, or none are")
	}
	return &types.AttributeValueMemberSS{Value: slices.Compact(slices.Sorted(slices.Values(slices.Concat(set.Value, more.Value))))}, nil
}

func sum(a, b types.AttributeValue, sign int64) (types.AttributeValue, error) {
	x, okX := a.(*types.AttributeValueMemberN)
	y, okY := b.(*types.AttributeValueMemberN)
	if !okX || !okY {
		return nil, invalid("a sum of what are no numbers")
	}
	p, okP := new(big.Int).SetString(x.Value, 10)
	q, okQ := new(big.Int).SetString(y.Value, 10)
	if !okP || !okQ {
		return nil, invalid("cloudtest adds integers alone")
	}
	return &types.AttributeValueMemberN{Value: p.Add(p, q.Mul(q, big.NewInt(sign))).String()}, nil
}
