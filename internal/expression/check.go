package expression

import "fmt"

// Check reports a tree that is no condition and could not be evaluated, such as one from a damaged definition.
func (t Tree) Check() error {
	valid, parts := true, t.Args
	switch t.Op {
	case "and", "or":
		valid = len(t.Args) == 2
	case "not":
		valid = len(t.Args) == 1
	case "==", "<", "<=":
		if len(t.Args) == 2 {
			return checkOperands(t.Args)
		}
		valid = false
	case "in":
		if len(t.Args) == 2 && t.Args[1].Op == "list" {
			return checkOperands(append([]Tree{t.Args[0]}, t.Args[1].Args...))
		}
		valid = false
	case "contains":
		valid, parts = len(t.Args) == 2 && len(t.Args[0].Names) == 1 && t.Args[1].Text != nil, nil
	case "answered":
		valid = len(t.Names) > 0
	case string(Bool):
		valid = len(t.Names) == 1
	case "literal":
		valid = t.Bool != nil
	default:
		valid = false
	}
	if !valid {
		return fmt.Errorf("%q is no condition", t.Op)
	}
	for _, part := range parts {
		if err := part.Check(); err != nil {
			return err
		}
	}
	return nil
}

// checkOperands checks the sides of a comparison.
func checkOperands(operands []Tree) error {
	for _, t := range operands {
		valid := true
		switch t.Op {
		case string(Choice), string(Number), string(Text), string(Bool), "score":
			valid = len(t.Names) == 1
		case "count":
			valid = len(t.Names) > 0
		case "literal":
			valid = t.Text != nil || t.Number != nil || t.Bool != nil
		default:
			if err := t.Check(); err != nil {
				return err
			}
		}
		if !valid {
			return fmt.Errorf("%q cannot be compared", t.Op)
		}
	}
	return nil
}
