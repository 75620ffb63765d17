package surveyjs

import (
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

var syntax = condition.Syntax{
	Name:    "{",
	InWord:  "_",
	Signs:   []string{"<=", "=<", ">=", "=>", "!=", "<>", "==", "*=", "&&", "||", "=", "<", ">", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "^", "!"},
	Escapes: true,
}

// parseExpression parses a SurveyJS expression. Its operators, the loosest first: or, and, comparisons, arithmetic,
// contains and its relatives, and last empty and notempty, which follow their operand.
func parseExpression(source string) (*condition.Term, error) {
	tokens, err := condition.Scan(source, syntax)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens}
	return p.Whole(p.or)
}

type parser struct{ condition.Tokens }

func (p *parser) or() (*condition.Term, error) {
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	return p.Chain("or", func() (*condition.Term, error) { return p.Chain("and", p.comparison, "&&") }, "||")
}

var comparisons = map[string]string{"=": "==", "==": "==", "equal": "==", "equals": "==", "!=": "!=", "<>": "!=", "notequal": "!=", "notequals": "!=", "<": "<", "less": "<",
	"<=": "<=", "=<": "<=", "lessorequal": "<=", ">": ">", "greater": ">", ">=": ">=", "=>": ">=", "greaterorequal": ">="}

func (p *parser) comparison() (*condition.Term, error) {
	t, err := p.sum()
	for err == nil {
		next := p.Peek()
		op := comparisons[strings.ToLower(next.Text)]
		if next.Kind != "sign" && next.Kind != "word" || op == "" {
			return t, nil
		}
		p.Next()
		var b *condition.Term
		b, err = p.sum()
		t = &condition.Term{Op: op, Args: []*condition.Term{t, b}}
	}
	return nil, err
}

func (p *parser) sum() (*condition.Term, error) {
	power := func() (*condition.Term, error) { return p.Arithmetic(p.membership, []string{"^"}, "power") }
	product := func() (*condition.Term, error) { return p.Arithmetic(power, []string{"*", "/", "%"}) }
	return p.Arithmetic(product, []string{"+", "-"})
}

// membership parses contains, anyof and similar operators.
func (p *parser) membership() (*condition.Term, error) {
	t, err := p.factor()
	for err == nil {
		op, ok := p.Sign("*=")
		if !ok {
			if op, ok = p.Word("contains", "contain", "notcontains", "notcontain", "anyof", "allof", "noneof"); !ok {
				return t, nil
			}
		}
		var b *condition.Term
		b, err = p.factor()
		has := &condition.Term{Args: []*condition.Term{t, b}}
		switch op {
		case "*=", "contains", "contain":
			has.Op = "has"
		case "notcontains", "notcontain":
			has.Op = "lacks"
		case "anyof", "noneof":
			has.Op = "any"
		case "allof":
			has.Op = "all"
		}
		t = has
		if op == "noneof" {
			t = condition.Not(has)
		}
	}
	return nil, err
}

func (p *parser) factor() (*condition.Term, error) {
	t, err := p.value()
	if err != nil {
		return nil, err
	}
	if op, ok := p.Word("empty", "notempty"); ok {
		t = &condition.Term{Op: "answered", Args: []*condition.Term{t}}
		if op == "empty" {
			t = condition.Not(t)
		}
	}
	return t, nil
}

func (p *parser) value() (*condition.Term, error) {
	switch t := p.Next(); t.Kind {
	case "name":
		name := strings.TrimPrefix(t.Text, "#")
		if of, ok := strings.CutSuffix(name, ".length"); ok {
			return &condition.Term{Op: "count", Args: []*condition.Term{{Op: "name", Text: of}}}, nil
		}
		return &condition.Term{Op: "name", Text: name}, nil
	case "text", "number":
		return &condition.Term{Op: t.Kind, Text: t.Text}, nil
	case "word":
		return p.word(t.Text)
	case "sign":
		switch t.Text {
		case "-":
			if n := p.Peek(); n.Kind == "number" {
				p.Next()
				return &condition.Term{Op: "number", Text: "-" + n.Text}, nil
			}
			return nil, condition.NoCall("-")
		case "!":
			return p.negation()
		case "(":
			return p.Brackets(p.or)
		case "[":
			args, err := p.List("]", p.or)
			return &condition.Term{Op: "list", Args: args}, err
		}
		return nil, message.Errorf("cannot be read from %s on", report.Quote(t.Text))
	default:
		return nil, message.Errorf("it ends too early")
	}
}

// word parses what begins with a word: a function, a constant, a negation, or a text without quotes.
func (p *parser) word(word string) (*condition.Term, error) {
	if _, ok := p.Sign("("); ok {
		args, err := p.List(")", p.or)
		return &condition.Term{Op: "call", Text: word, Args: args}, err
	}
	switch lower := strings.ToLower(word); lower {
	case "true", "false":
		return &condition.Term{Op: lower, Text: lower}, nil
	case "undefined", "null":
		return &condition.Term{Op: "null"}, nil
	case "negate":
		return p.negation()
	}
	return &condition.Term{Op: "text", Text: word}, nil
}

// negation parses the operand of ! or negate.
func (p *parser) negation() (*condition.Term, error) {
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	t, err := p.factor()
	return condition.Not(t), err
}
