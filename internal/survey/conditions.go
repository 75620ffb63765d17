package survey

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/expression"
)

// A condition is an expression that waits for all names to be known.
type condition struct {
	at    *yaml.Node
	key   string // show_if, required, …
	owner string // the question that the expression decides on: it may not use its own answer; "" if it may
	tree  *expression.Tree
}

// condition remembers an expression, and returns the place of its tree; nil if there is none.
func (o object) condition(key, owner string) *expression.Tree {
	s, ok := o.scalar(key)
	if !ok {
		return nil
	}
	tree := &expression.Tree{}
	o.reader.conditions = append(o.reader.conditions, condition{at: s, key: key, owner: owner, tree: tree})
	return tree
}

// checks reads what a question's answer must meet: one rule, or a list of them.
func (o object) checks() []Rule {
	v := o.values["check"]
	if v == nil {
		return nil
	}
	nodes := []*yaml.Node{v}
	if n := o.follow(v); n != nil && n.Kind == yaml.SequenceNode {
		nodes = o.list("check")
	}
	rules := make([]Rule, len(nodes))
	for i, n := range nodes {
		c := o.object(n, "a check", checkKeys)
		if c.node == nil {
			continue
		}
		c.need("that", ": the condition that the answer must meet")
		c.need("message", ": what the respondent is told if it does not")
		rules[i].Message = c.text("message")
		if s, ok := c.scalar("that"); ok {
			o.reader.conditions = append(o.reader.conditions, condition{at: s, key: "that", tree: &rules[i].That})
		}
	}
	return rules
}

// thanks reads what is shown afterwards: one text, or several of which the first that applies is shown.
func (o object) thanks() []Thanks {
	v := o.values["thanks"]
	if v == nil {
		return nil
	}
	if n := o.follow(v); n == nil || n.Kind != yaml.SequenceNode {
		if text := o.text("thanks"); text != nil {
			return []Thanks{{Text: text}}
		}
		return nil
	}
	items := o.list("thanks")
	var thanks []Thanks
	for i, n := range items {
		t := o.object(n, "a thank-you text", thanksKeys)
		if t.node == nil {
			continue
		}
		t.need("text", ": what the respondent reads afterwards")
		thanks = append(thanks, Thanks{ShowIf: t.condition("show_if", ""), Text: t.text("text")})
		switch last := i == len(items)-1; {
		case last && t.keys["show_if"] != nil:
			o.fail(n, "the last thank-you text must have no show_if: it is for everybody else")
		case !last && t.keys["show_if"] == nil:
			o.fail(n, "a thank-you text without show_if hides the ones below it: move it to the end")
		}
	}
	return thanks
}

// scope is what expressions may name.
func (s *Survey) scope() expression.Scope {
	scope := expression.Scope{
		"channel":  {Kind: expression.Choice, Options: s.Channels},
		"language": {Kind: expression.Choice, Options: s.Languages},
	}
	for q := range s.Questions() {
		if parts := q.Parts(); len(parts) > 0 && parts[0] != q.ID {
			scope[q.ID] = expression.Variable{Kind: expression.Group, Parts: parts}
		}
	}
	for _, f := range s.fields {
		if f.Part != OtherPart {
			scope[f.Name] = variable(f)
		}
	}
	return scope
}

func variable(f Field) expression.Variable {
	v := expression.Variable{Kind: f.kind()}
	if v.Kind != expression.Choice && v.Kind != expression.Set {
		return v
	}
	for _, o := range f.Options() {
		v.Options = append(v.Options, o.ID)
		if o.Score != nil && v.Kind == expression.Choice {
			if v.Scores == nil {
				v.Scores = map[string]Decimal{}
			}
			v.Scores[o.ID] = *o.Score
		}
	}
	return v
}

// kind is what a field's answers are to an expression. Steps without names are numbers.
func (f Field) kind() expression.Kind {
	switch f.Question.Type {
	case SingleChoice, Matrix, ImportanceMatrix:
		return expression.Choice
	case Rating:
		if f.Question.stepped() {
			return expression.Number
		}
		return expression.Choice
	case MultiChoice:
		return expression.Set
	case NPS, Number, Ranking, ConstantSum:
		return expression.Number
	case YesNo, Consent:
		return expression.Bool
	case Hidden:
		if len(f.Question.Options) > 0 {
			return expression.Choice
		}
	}
	return expression.Text
}

// stepped reports whether the options are numbered steps, which have no labels.
func (q *Question) stepped() bool { return len(q.Options) > 0 && len(q.Options[0].Label) == 0 }

// compile turns the remembered expressions into trees, and looks for questions that nobody can reach.
func (o object) compile(s *Survey) {
	scope := s.scope()
	faults := false
	for _, c := range o.conditions {
		tree, found := expression.Compile(c.at.Value, scope)
		for _, fault := range found {
			o.failInside(c.at, fault.Offset, "%s: %s", c.key, fault.Message)
		}
		faults = faults || len(found) > 0
		*c.tree = tree
		if names := tree.Uses(); c.owner != "" && slices.ContainsFunc(names, func(name string) bool { return questionOf(name) == c.owner }) {
			o.fail(c.at, "%s: %s would depend on its own answer: name another question", c.key, quote(c.owner))
			faults = true
		}
	}
	if faults {
		return
	}
	if cycle := s.arrange(); cycle != nil {
		o.fail(o.conditionAt(cycle[0]), "show_if goes round in a circle: %s; at least one of them must not depend on the others", strings.Join(append(cycle, cycle[0]), " → "))
		return
	}
	for i := range s.Sections {
		section := &s.Sections[i]
		for j := range section.Questions {
			q := &section.Questions[j]
			if section.ShowIf == nil || q.ShowIf == nil {
				continue
			}
			if both := (expression.Tree{Op: "and", Args: []expression.Tree{*section.ShowIf, *q.ShowIf}}); !expression.Satisfiable(both, scope) {
				o.fail(o.conditionAt(q.ID), "show_if: never true where the section's own show_if is: nobody would see the question")
			}
		}
	}
}

// conditionAt is where a question's show_if stands, or its section's or an option's.
func (o object) conditionAt(question string) *yaml.Node {
	for _, c := range o.conditions {
		if c.key == "show_if" && c.owner == question {
			return c.at
		}
	}
	for _, c := range o.conditions {
		if c.key == "show_if" {
			return c.at
		}
	}
	return o.node
}

// questionOf is the question that a field belongs to.
func questionOf(field string) string {
	id, _, _ := strings.Cut(field, ".")
	return id
}

// arrange puts the questions in an order in which each comes after all those that decide whether, or with which options,
// it is asked. It returns the questions of a circle, if there is one.
func (s *Survey) arrange() (cycle []string) {
	s.order = nil
	needs := map[string][]string{}
	byID := map[string]Placed{}
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			q := &s.Sections[i].Questions[j]
			byID[q.ID] = Placed{q, &s.Sections[i]}
			trees := []*expression.Tree{s.Sections[i].ShowIf, q.ShowIf}
			for _, option := range q.Options {
				trees = append(trees, option.ShowIf)
			}
			for _, tree := range trees {
				if tree == nil {
					continue
				}
				for _, name := range tree.Uses() {
					needs[q.ID] = append(needs[q.ID], questionOf(name))
				}
			}
		}
	}
	done := map[string]bool{}
	var path []string
	var visit func(id string) bool
	visit = func(id string) bool {
		q, known := byID[id]
		if !known || done[id] { // channel and language need nothing
			return true
		}
		if at := slices.Index(path, id); at >= 0 {
			cycle = slices.Clone(path[at:])
			return false
		}
		path = append(path, id)
		for _, need := range needs[id] {
			if !visit(need) {
				return false
			}
		}
		path = path[:len(path)-1]
		done[id] = true
		s.order = append(s.order, q)
		return true
	}
	for q := range s.Questions() {
		if !visit(q.ID) {
			return cycle
		}
	}
	return nil
}

// Placed is a question and the section that it stands in.
type Placed struct {
	*Question
	Section *Section
}

// Order lists the questions so that each comes after those that its being asked depends on.
func (s *Survey) Order() []Placed { return s.order }
