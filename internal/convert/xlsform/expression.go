package xlsform

import (
	"errors"
	"fmt"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
)

var xpathSigns = []string{"<=", ">=", "!=", "==", "//", "..", "=", "<", ">", "(", ")", ",", "+", "-", "*", "|", "/", ".", "[", "]", "@", ":"}

// parseExpression takes an XLSForm expression apart.
func parseExpression(source string) (*condition.Term, error) {
	tokens, err := condition.Scan(source, "${", "-_:.", xpathSigns)
	if err != nil {
		return nil, err
	}
	p := &xpath{tokens}
	return p.Whole(p.or)
}

type xpath struct{ condition.Tokens }

func (p *xpath) or() (*condition.Term, error) {
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	return p.Chain("or", func() (*condition.Term, error) { return p.Chain("and", p.equality) })
}

// equality is = and !=, which bind less tightly than < and > in XPath.
func (p *xpath) equality() (*condition.Term, error) {
	return p.binary([]string{"=", "==", "!="}, func() (*condition.Term, error) {
		return p.binary([]string{"<=", ">=", "<", ">"}, p.sum)
	})
}

func (p *xpath) binary(signs []string, part func() (*condition.Term, error)) (*condition.Term, error) {
	t, err := part()
	for err == nil {
		op, ok := p.Sign(signs...)
		if !ok {
			return t, nil
		}
		if op == "=" {
			op = "=="
		}
		var b *condition.Term
		b, err = part()
		t = &condition.Term{Op: op, Args: []*condition.Term{t, b}}
	}
	return nil, err
}

func (p *xpath) sum() (*condition.Term, error) {
	t, err := p.factor()
	for err == nil {
		op, ok := p.Sign("+", "-", "*", "|")
		if !ok {
			if op, ok = p.Word("div", "mod"); !ok {
				return t, nil
			}
		}
		_, err = p.factor()
		t = condition.Arithmetic(op)
	}
	return nil, err
}

func (p *xpath) factor() (*condition.Term, error) {
	switch t := p.Next(); t.Kind {
	case "name":
		return &condition.Term{Op: "name", Text: t.Text}, nil
	case "text":
		return &condition.Term{Op: "text", Text: t.Text}, nil
	case "number":
		return &condition.Term{Op: "number", Text: t.Text}, nil
	case "word":
		if _, ok := p.Sign("("); ok {
			return p.call(t.Text)
		}
		return &condition.Term{Op: "column", Text: t.Text}, nil
	case "sign":
		switch t.Text {
		case ".":
			return &condition.Term{Op: "self"}, nil
		case "-":
			n, err := p.factor()
			if err == nil && n.Op != "number" {
				n = condition.Arithmetic("-")
			} else if err == nil {
				n.Text = "-" + n.Text
			}
			return n, err
		case "(":
			inner, err := p.or()
			if err != nil {
				return nil, err
			}
			if _, ok := p.Sign(")"); !ok {
				return nil, errors.New("a bracket is never closed")
			}
			return inner, nil
		case "/", "..", "//", "@":
			return nil, errors.New("it finds answers by a path rather than by ${name}")
		}
		return nil, fmt.Errorf("cannot be read from %s on", report.Quote(t.Text))
	default:
		return nil, errors.New("it breaks off")
	}
}

func (p *xpath) call(name string) (*condition.Term, error) {
	var args []*condition.Term
	if _, ok := p.Sign(")"); !ok {
		for {
			a, err := p.or()
			if err != nil {
				return nil, err
			}
			args = append(args, a)
			if _, ok := p.Sign(","); ok {
				continue
			}
			if _, ok := p.Sign(")"); !ok {
				return nil, errors.New("a bracket is never closed")
			}
			break
		}
	}
	of := func(n int, op string) (*condition.Term, error) {
		if len(args) != n {
			return nil, fmt.Errorf("%s() has %d values", name, len(args))
		}
		return &condition.Term{Op: op, Args: args}, nil
	}
	switch name {
	case "true", "false":
		return of(0, name)
	case "not":
		return of(1, "not")
	case "selected", "contains":
		return of(2, "has")
	case "count-selected":
		return of(1, "count")
	case "string-length":
		if len(args) == 0 {
			args = []*condition.Term{{Op: "self"}}
		}
		return of(1, "length")
	case "regex":
		return of(2, "matches")
	case "boolean", "number", "string", "int", "date", "normalize-space", "decimal-date-time", "decimal-date":
		if len(args) == 1 {
			return args[0], nil
		}
	}
	return condition.Unsupported("%s() is not part of conditions here", name), nil
}
