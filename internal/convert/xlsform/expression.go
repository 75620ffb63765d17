package xlsform

import (
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

var syntax = condition.Syntax{
	Name:   "${",
	InWord: "-_:.",
	Signs:  []string{"<=", ">=", "!=", "==", "//", "..", "=", "<", ">", "(", ")", ",", "+", "-", "*", "|", "/", ".", "[", "]", "@", ":"},
}

// parseExpression parses an XLSForm expression, which is XPath with ${name} for the answer of a question.
func parseExpression(source string) (*condition.Term, error) {
	switch strings.ToLower(strings.TrimSpace(source)) {
	case "yes", "true":
		return &condition.Term{Op: "true"}, nil
	case "no", "false":
		return &condition.Term{Op: "false"}, nil
	}
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
	return p.Chain("or", func() (*condition.Term, error) { return p.Chain("and", p.equality) })
}

// equality parses = and !=, which bind less tightly than < and > in XPath.
func (p *parser) equality() (*condition.Term, error) {
	return p.comparison([]string{"=", "==", "!="}, func() (*condition.Term, error) {
		return p.comparison([]string{"<=", ">=", "<", ">"}, p.sum)
	})
}

func (p *parser) comparison(signs []string, operand func() (*condition.Term, error)) (*condition.Term, error) {
	t, err := operand()
	for err == nil {
		op, ok := p.Sign(signs...)
		if !ok {
			return t, nil
		}
		if op == "=" {
			op = "=="
		}
		var b *condition.Term
		b, err = operand()
		t = &condition.Term{Op: op, Args: []*condition.Term{t, b}}
	}
	return nil, err
}

func (p *parser) sum() (*condition.Term, error) {
	product := func() (*condition.Term, error) { return p.Arithmetic(p.factor, []string{"*", "|"}, "div", "mod") }
	return p.Arithmetic(product, []string{"+", "-"})
}

func (p *parser) factor() (*condition.Term, error) {
	switch t := p.Next(); t.Kind {
	case "name", "text", "number":
		return &condition.Term{Op: t.Kind, Text: t.Text}, nil
	case "word":
		if _, ok := p.Sign("("); ok {
			return p.call(t.Text)
		}
		return &condition.Term{Op: "column", Text: t.Text}, nil
	case "sign":
		switch t.Text {
		case ".":
			return p.self()
		case "..", "/":
			return p.path(t.Text)
		case "-":
			return p.negative()
		case "(":
			return p.Brackets(p.or)
		case "//", "@":
			return nil, message.Errorf("it finds answers by a path that is not that of one question")
		}
		return nil, message.Errorf("cannot be read from %s on", report.Quote(t.Text))
	default:
		return nil, message.Errorf("it ends too early")
	}
}

// self parses what follows the question with the condition: a path from there, or nothing.
func (p *parser) self() (*condition.Term, error) {
	if _, ok := p.Sign("/"); ok {
		return p.path("./")
	}
	return &condition.Term{Op: "self"}, nil
}

// path parses the rest of a path to a question, such as ../name; begun is what has been read of it.
func (p *parser) path(begun string) (*condition.Term, error) {
	path := begun
	for {
		if !strings.HasSuffix(path, "/") {
			if _, ok := p.Sign("/"); !ok {
				break
			}
			path += "/"
		}
		step, ok := p.Sign("..", ".")
		if !ok {
			t := p.Next()
			if t.Kind != "word" {
				return nil, message.Errorf("it finds answers by a path that is not that of one question")
			}
			step = t.Text
		}
		path += step
	}
	if t := p.Peek(); t.Kind == "sign" && t.Text == "[" {
		return nil, message.Errorf("it finds answers by a path that is not that of one question")
	}
	return &condition.Term{Op: "name", Text: path}, nil
}

// negative parses what follows a minus sign.
func (p *parser) negative() (*condition.Term, error) {
	n, err := p.factor()
	switch {
	case err != nil:
		return nil, err
	case n.Op != "number":
		return &condition.Term{Op: "call", Text: "-", Args: []*condition.Term{{Op: "number", Text: "0"}, n}}, nil
	}
	n.Text = "-" + n.Text
	return n, nil
}

// call parses the arguments of a function.
func (p *parser) call(name string) (*condition.Term, error) {
	args, err := p.List(")", p.or)
	if err != nil {
		return nil, err
	}
	term := func(op string, arity int) (*condition.Term, error) {
		if len(args) != arity {
			return nil, message.Errorf("%s() has %d values", name, len(args))
		}
		return &condition.Term{Op: op, Args: args}, nil
	}
	switch name {
	case "true", "false":
		return term(name, 0)
	case "not":
		return term("not", 1)
	case "selected":
		return term("has", 2)
	case "contains":
		return term("part", 2)
	case "current":
		if len(args) == 0 {
			return p.self()
		}
	case "boolean":
		if len(args) == 1 {
			return condition.Not(condition.Not(args[0])), nil
		}
	case "count-selected":
		return term("count", 1)
	case "string-length":
		if len(args) == 0 {
			args = []*condition.Term{{Op: "self"}}
		}
		return term("length", 1)
	case "regex":
		return term("matches", 2)
	case "date", "decimal-date-time", "decimal-date":
		if len(args) == 1 {
			return args[0], nil
		}
	}
	return &condition.Term{Op: "call", Text: name, Args: args}, nil
}
