package surveyjs

import (
	"errors"
	"fmt"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
)

var surveyJSSigns = []string{"<=", ">=", "!=", "<>", "==", "*=", "&&", "||", "=", "<", ">", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "^", "!"}

// parseExpression takes a SurveyJS expression apart. Its operators, from the loosest: or, and, comparisons, arithmetic,
// contains and its like, and last empty and notempty, which follow what they ask of.
func parseExpression(source string) (*condition.Term, error) {
	tokens, err := condition.Scan(source, "{", "_", surveyJSSigns)
	if err != nil {
		return nil, err
	}
	p := &surveyJSParser{tokens}
	return p.Whole(p.or)
}

type surveyJSParser struct{ condition.Tokens }

func (p *surveyJSParser) or() (*condition.Term, error) {
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	return p.Chain("or", func() (*condition.Term, error) { return p.Chain("and", p.comparison, "&&") }, "||")
}

var comparisons = map[string]string{"=": "==", "==": "==", "equal": "==", "!=": "!=", "<>": "!=", "notequal": "!=", "<": "<", "less": "<", "<=": "<=",
	"lessorequal": "<=", ">": ">", "greater": ">", ">=": ">=", "greaterorequal": ">="}

func (p *surveyJSParser) comparison() (*condition.Term, error) {
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

func (p *surveyJSParser) sum() (*condition.Term, error) {
	t, err := p.belonging()
	for err == nil {
		op, ok := p.Sign("+", "-", "*", "/", "%", "^")
		if !ok {
			if op, ok = p.Word("power"); !ok {
				return t, nil
			}
		}
		_, err = p.belonging()
		t = condition.Arithmetic(op)
	}
	return nil, err
}

// belonging is contains, anyof and the like.
func (p *surveyJSParser) belonging() (*condition.Term, error) {
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
		switch said := (&condition.Term{Args: []*condition.Term{t, b}}); op {
		case "*=", "contains", "contain":
			said.Op, t = "has", said
		case "notcontains", "notcontain":
			said.Op, t = "has", &condition.Term{Op: "not", Args: []*condition.Term{said}}
		case "anyof":
			said.Op, t = "any", said
		case "allof":
			said.Op, t = "all", said
		case "noneof":
			said.Op, t = "any", &condition.Term{Op: "not", Args: []*condition.Term{said}}
		}
	}
	return nil, err
}

func (p *surveyJSParser) factor() (*condition.Term, error) {
	t, err := p.value()
	if err != nil {
		return nil, err
	}
	if op, ok := p.Word("empty", "notempty"); ok {
		t = &condition.Term{Op: "answered", Args: []*condition.Term{t}}
		if op == "empty" {
			t = &condition.Term{Op: "not", Args: []*condition.Term{t}}
		}
	}
	return t, nil
}

func (p *surveyJSParser) value() (*condition.Term, error) {
	switch t := p.Next(); t.Kind {
	case "name":
		name := strings.TrimPrefix(strings.TrimPrefix(t.Text, "#"), "panel.")
		if of, ok := strings.CutSuffix(name, ".length"); ok {
			return &condition.Term{Op: "count", Args: []*condition.Term{{Op: "name", Text: of}}}, nil
		}
		return &condition.Term{Op: "name", Text: name}, nil
	case "text":
		return &condition.Term{Op: "text", Text: t.Text}, nil
	case "number":
		return &condition.Term{Op: "number", Text: t.Text}, nil
	case "word":
		switch lower := strings.ToLower(t.Text); {
		case p.Peek() == condition.Token{Kind: "sign", Text: "("}:
			p.Next()
			return p.call(t.Text)
		case lower == "true" || lower == "false":
			return &condition.Term{Op: lower, Text: lower}, nil
		case lower == "undefined" || lower == "null":
			return &condition.Term{Op: "null"}, nil
		case lower == "negate" || lower == "not":
			return p.negated()
		}
		return &condition.Term{Op: "text", Text: t.Text}, nil
	case "sign":
		switch t.Text {
		case "-":
			if n := p.Peek(); n.Kind == "number" {
				p.Next()
				return &condition.Term{Op: "number", Text: "-" + n.Text}, nil
			}
			return condition.Arithmetic("-"), nil
		case "!":
			return p.negated()
		case "(":
			inner, err := p.or()
			if err != nil {
				return nil, err
			}
			if _, ok := p.Sign(")"); !ok {
				return nil, errors.New("a bracket is never closed")
			}
			return inner, nil
		case "[":
			args, err := p.sequence("]")
			return &condition.Term{Op: "list", Args: args}, err
		}
		return nil, fmt.Errorf("cannot be read from %s on", report.Quote(t.Text))
	default:
		return nil, errors.New("it breaks off")
	}
}

func (p *surveyJSParser) negated() (*condition.Term, error) {
	if err := p.Enter(); err != nil {
		return nil, err
	}
	defer p.Leave()
	t, err := p.factor()
	return &condition.Term{Op: "not", Args: []*condition.Term{t}}, err
}

// sequence reads values up to a closing sign.
func (p *surveyJSParser) sequence(end string) ([]*condition.Term, error) {
	var args []*condition.Term
	if _, ok := p.Sign(end); ok {
		return nil, nil
	}
	for {
		a, err := p.or()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		if _, ok := p.Sign(","); ok {
			continue
		}
		if _, ok := p.Sign(end); !ok {
			return nil, errors.New("a bracket is never closed")
		}
		return args, nil
	}
}

func (p *surveyJSParser) call(name string) (*condition.Term, error) {
	if _, err := p.sequence(")"); err != nil {
		return nil, err
	}
	return condition.Unsupported("%s() is not part of conditions here", name), nil
}
