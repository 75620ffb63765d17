package convert

import (
	"errors"
	"fmt"
)

var xpathSigns = []string{"<=", ">=", "!=", "==", "//", "..", "=", "<", ">", "(", ")", ",", "+", "-", "*", "|", "/", ".", "[", "]", "@", ":"}

// parseXPath takes an XLSForm expression apart.
func parseXPath(source string) (*term, error) {
	tokens, err := scan(source, "${", "-_:.", xpathSigns)
	if err != nil {
		return nil, err
	}
	p := &xpath{lexer{tokens: tokens}}
	return p.whole(p.or)
}

type xpath struct{ lexer }

func (p *xpath) or() (*term, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.chain("or", func() (*term, error) { return p.chain("and", p.equality) })
}

// equality is = and !=, which bind less tightly than < and > in XPath.
func (p *xpath) equality() (*term, error) {
	return p.binary([]string{"=", "==", "!="}, func() (*term, error) {
		return p.binary([]string{"<=", ">=", "<", ">"}, p.sum)
	})
}

func (p *xpath) binary(signs []string, part func() (*term, error)) (*term, error) {
	t, err := part()
	for err == nil {
		op, ok := p.sign(signs...)
		if !ok {
			return t, nil
		}
		if op == "=" {
			op = "=="
		}
		var b *term
		b, err = part()
		t = &term{op: op, args: []*term{t, b}}
	}
	return nil, err
}

func (p *xpath) sum() (*term, error) {
	t, err := p.factor()
	for err == nil {
		op, ok := p.sign("+", "-", "*", "|")
		if !ok {
			if op, ok = p.word("div", "mod"); !ok {
				return t, nil
			}
		}
		_, err = p.factor()
		t = unsaid(op)
	}
	return nil, err
}

func (p *xpath) factor() (*term, error) {
	switch t := p.next(); t.kind {
	case "name":
		return &term{op: "name", text: t.text}, nil
	case "text":
		return &term{op: "text", text: t.text}, nil
	case "number":
		return &term{op: "number", text: t.text}, nil
	case "word":
		if _, ok := p.sign("("); ok {
			return p.call(t.text)
		}
		return &term{op: "column", text: t.text}, nil
	case "sign":
		switch t.text {
		case ".":
			return &term{op: "self"}, nil
		case "-":
			n, err := p.factor()
			if err == nil && n.op != "number" {
				n = unsaid("-")
			} else if err == nil {
				n.text = "-" + n.text
			}
			return n, err
		case "(":
			inner, err := p.or()
			if err != nil {
				return nil, err
			}
			if _, ok := p.sign(")"); !ok {
				return nil, errors.New("a bracket is never closed")
			}
			return inner, nil
		case "/", "..", "//", "@":
			return nil, errors.New("it finds answers by a path rather than by ${name}")
		}
		return nil, fmt.Errorf("cannot be read from %s on", show(t.text))
	default:
		return nil, errors.New("it breaks off")
	}
}

func (p *xpath) call(name string) (*term, error) {
	var args []*term
	if _, ok := p.sign(")"); !ok {
		for {
			a, err := p.or()
			if err != nil {
				return nil, err
			}
			args = append(args, a)
			if _, ok := p.sign(","); ok {
				continue
			}
			if _, ok := p.sign(")"); !ok {
				return nil, errors.New("a bracket is never closed")
			}
			break
		}
	}
	of := func(n int, op string) (*term, error) {
		if len(args) != n {
			return nil, fmt.Errorf("%s() has %d values", name, len(args))
		}
		return &term{op: op, args: args}, nil
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
			args = []*term{{op: "self"}}
		}
		return of(1, "length")
	case "regex":
		return of(2, "matches")
	case "boolean", "number", "string", "int", "date", "normalize-space", "decimal-date-time", "decimal-date":
		if len(args) == 1 {
			return args[0], nil
		}
	}
	return odd("%s() is not part of conditions here", name), nil
}
