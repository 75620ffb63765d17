package convert

import (
	"errors"
	"fmt"
	"strings"
)

var surveyJSSigns = []string{"<=", ">=", "!=", "<>", "==", "*=", "&&", "||", "=", "<", ">", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "^", "!"}

// parseSurveyJS takes a SurveyJS expression apart. Its operators, from the loosest: or, and, comparisons, arithmetic,
// contains and its like, and last empty and notempty, which follow what they ask of.
func parseSurveyJS(source string) (*term, error) {
	tokens, err := scan(source, "{", "_", surveyJSSigns)
	if err != nil {
		return nil, err
	}
	p := &surveyJSParser{lexer{tokens: tokens}}
	return p.whole(p.or)
}

type surveyJSParser struct{ lexer }

func (p *surveyJSParser) or() (*term, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.chain("or", func() (*term, error) { return p.chain("and", p.comparison, "&&") }, "||")
}

var comparisons = map[string]string{"=": "==", "==": "==", "equal": "==", "!=": "!=", "<>": "!=", "notequal": "!=", "<": "<", "less": "<", "<=": "<=",
	"lessorequal": "<=", ">": ">", "greater": ">", ">=": ">=", "greaterorequal": ">="}

func (p *surveyJSParser) comparison() (*term, error) {
	t, err := p.sum()
	for err == nil {
		next := p.peek()
		op := comparisons[strings.ToLower(next.text)]
		if next.kind != "sign" && next.kind != "word" || op == "" {
			return t, nil
		}
		p.next()
		var b *term
		b, err = p.sum()
		t = &term{op: op, args: []*term{t, b}}
	}
	return nil, err
}

func (p *surveyJSParser) sum() (*term, error) {
	t, err := p.belonging()
	for err == nil {
		op, ok := p.sign("+", "-", "*", "/", "%", "^")
		if !ok {
			if op, ok = p.word("power"); !ok {
				return t, nil
			}
		}
		_, err = p.belonging()
		t = unsaid(op)
	}
	return nil, err
}

// belonging is contains, anyof and the like.
func (p *surveyJSParser) belonging() (*term, error) {
	t, err := p.factor()
	for err == nil {
		op, ok := p.sign("*=")
		if !ok {
			if op, ok = p.word("contains", "contain", "notcontains", "notcontain", "anyof", "allof", "noneof"); !ok {
				return t, nil
			}
		}
		var b *term
		b, err = p.factor()
		switch said := (&term{args: []*term{t, b}}); op {
		case "*=", "contains", "contain":
			said.op, t = "has", said
		case "notcontains", "notcontain":
			said.op, t = "has", &term{op: "not", args: []*term{said}}
		case "anyof":
			said.op, t = "any", said
		case "allof":
			said.op, t = "all", said
		case "noneof":
			said.op, t = "any", &term{op: "not", args: []*term{said}}
		}
	}
	return nil, err
}

func (p *surveyJSParser) factor() (*term, error) {
	t, err := p.value()
	if err != nil {
		return nil, err
	}
	if op, ok := p.word("empty", "notempty"); ok {
		t = &term{op: "answered", args: []*term{t}}
		if op == "empty" {
			t = &term{op: "not", args: []*term{t}}
		}
	}
	return t, nil
}

func (p *surveyJSParser) value() (*term, error) {
	switch t := p.next(); t.kind {
	case "name":
		name := strings.TrimPrefix(strings.TrimPrefix(t.text, "#"), "panel.")
		if of, ok := strings.CutSuffix(name, ".length"); ok {
			return &term{op: "count", args: []*term{{op: "name", text: of}}}, nil
		}
		return &term{op: "name", text: name}, nil
	case "text":
		return &term{op: "text", text: t.text}, nil
	case "number":
		return &term{op: "number", text: t.text}, nil
	case "word":
		switch lower := strings.ToLower(t.text); {
		case p.peek() == token{"sign", "("}:
			p.next()
			return p.call(t.text)
		case lower == "true" || lower == "false":
			return &term{op: lower, text: lower}, nil
		case lower == "undefined" || lower == "null":
			return &term{op: "null"}, nil
		case lower == "negate" || lower == "not":
			return p.negated()
		}
		return &term{op: "text", text: t.text}, nil
	case "sign":
		switch t.text {
		case "-":
			if n := p.peek(); n.kind == "number" {
				p.next()
				return &term{op: "number", text: "-" + n.text}, nil
			}
			return unsaid("-"), nil
		case "!":
			return p.negated()
		case "(":
			inner, err := p.or()
			if err != nil {
				return nil, err
			}
			if _, ok := p.sign(")"); !ok {
				return nil, errors.New("a bracket is never closed")
			}
			return inner, nil
		case "[":
			args, err := p.sequence("]")
			return &term{op: "list", args: args}, err
		}
		return nil, fmt.Errorf("cannot be read from %s on", show(t.text))
	default:
		return nil, errors.New("it breaks off")
	}
}

func (p *surveyJSParser) negated() (*term, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	t, err := p.factor()
	return &term{op: "not", args: []*term{t}}, err
}

// sequence reads values up to a closing sign.
func (p *surveyJSParser) sequence(end string) ([]*term, error) {
	var args []*term
	if _, ok := p.sign(end); ok {
		return nil, nil
	}
	for {
		a, err := p.or()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		if _, ok := p.sign(","); ok {
			continue
		}
		if _, ok := p.sign(end); !ok {
			return nil, errors.New("a bracket is never closed")
		}
		return args, nil
	}
}

func (p *surveyJSParser) call(name string) (*term, error) {
	if _, err := p.sequence(")"); err != nil {
		return nil, err
	}
	return odd("%s() is not part of conditions here", name), nil
}
