package questionnaire

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
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
func (o object) checks() []survey.Rule {
	v := o.values["check"]
	if v == nil {
		return nil
	}
	nodes := []*yaml.Node{v}
	if n := o.follow(v); n != nil && n.Kind == yaml.SequenceNode {
		nodes = o.list("check")
	}
	rules := make([]survey.Rule, len(nodes))
	for i, n := range nodes {
		c := o.object(n, &checkMapping)
		if c.node == nil {
			continue
		}
		rules[i].Message = c.text("message")
		if s, ok := c.scalar("that"); ok {
			o.reader.conditions = append(o.reader.conditions, condition{at: s, key: "that", tree: &rules[i].That})
		}
	}
	return rules
}

// thanks reads what is shown afterwards: one text, or several of which the first that applies is shown.
func (o object) thanks() []survey.Thanks {
	v := o.values["thanks"]
	if v == nil {
		return nil
	}
	if n := o.follow(v); n == nil || n.Kind != yaml.SequenceNode {
		if text := o.text("thanks"); text != nil {
			return []survey.Thanks{{Text: text}}
		}
		return nil
	}
	items := o.list("thanks")
	var thanks []survey.Thanks
	for i, n := range items {
		t := o.object(n, &thanksMapping)
		if t.node == nil {
			continue
		}
		thanks = append(thanks, survey.Thanks{ShowIf: t.condition("show_if", ""), Text: t.text("text")})
		switch last := i == len(items)-1; {
		case last && t.keys["show_if"] != nil:
			o.fail(n, "the last thank-you text must have no show_if: it is for everybody else")
		case !last && t.keys["show_if"] == nil:
			o.fail(n, "a thank-you text without show_if hides the ones below it: move it to the end")
		}
	}
	return thanks
}

// scopeOf is what expressions may name.
func scopeOf(s *survey.Survey) expression.Scope {
	scope := expression.Scope{
		"channel":  {Kind: expression.Choice, Options: s.Channels},
		"language": {Kind: expression.Choice, Options: s.Languages},
	}
	if len(s.Channels) == 0 {
		scope["channel"] = expression.Variable{Kind: expression.Choice, Without: "the survey has no channels: add \"channels: [web, phone]\" to it"}
	}
	for q := range s.Questions() {
		if parts := q.Parts(); len(parts) > 0 && parts[0] != q.ID {
			scope[q.ID] = expression.Variable{Kind: expression.Group, Parts: parts}
		}
		if broken(q) {
			scope[q.ID] = expression.Variable{Kind: expression.Broken}
		}
	}
	for _, f := range s.Fields() {
		if f.Part != survey.OtherPart && !broken(f.Question) {
			scope[f.Name] = variableOf(s, f)
		}
	}
	return scope
}

// broken reports whether a question could not be read well enough for conditions on it to be judged.
func broken(q *survey.Question) bool {
	nameless := slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ID == "" }) ||
		slices.ContainsFunc(q.Rows, func(row survey.Row) bool { return row.ID == "" })
	switch q.Type {
	case "":
		return true
	case survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.Ranking, survey.ConstantSum:
		return nameless || len(q.Options) == 0
	case survey.Matrix:
		return nameless || len(q.Options) == 0 || len(q.Rows) == 0
	case survey.ImportanceMatrix:
		return nameless || len(q.Options) == 0 || len(q.Rows) == 0 || len(q.Importance) == 0
	}
	return nameless
}

// variableOf is what an expression may know of a field.
func variableOf(s *survey.Survey, f survey.Field) expression.Variable {
	v := expression.Variable{Kind: kindOfAnswer(f), Least: f.Question.Min, Most: f.Question.Max}
	switch f.Question.Type {
	case survey.DateType:
		v.Layout = time.DateOnly
	case survey.Time:
		v.Layout = "15:04"
	case survey.ConstantSum:
		v.Least, v.Most = new(survey.Decimal), f.Question.Total
	}
	if v.Kind == expression.Text || v.Kind == expression.Bool {
		return v
	}
	for _, o := range f.Options() {
		v.Options = append(v.Options, o.ID)
		if o.Score != nil && v.Kind == expression.Choice {
			if v.Scores == nil {
				v.Scores = map[string]survey.Decimal{}
			}
			v.Scores[o.ID] = *o.Score
		}
		for _, l := range s.Languages {
			if label := o.Label.In(l); label != "" && v.Kind != expression.Number {
				if v.Labels == nil {
					v.Labels = map[string]string{}
				}
				v.Labels[label] = o.ID
			}
		}
	}
	return v
}

// kindOfAnswer is what a field's answers are to an expression. Steps without names are numbers.
func kindOfAnswer(f survey.Field) expression.Kind {
	switch f.Question.Type {
	case survey.SingleChoice, survey.Matrix, survey.ImportanceMatrix:
		return expression.Choice
	case survey.Rating:
		if stepped(f.Question) {
			return expression.Number
		}
		return expression.Choice
	case survey.MultiChoice:
		return expression.Set
	case survey.NPS, survey.Number, survey.Ranking, survey.ConstantSum:
		return expression.Number
	case survey.YesNo, survey.Consent:
		return expression.Bool
	case survey.Hidden:
		if len(f.Question.Options) > 0 {
			return expression.Choice
		}
	}
	return expression.Text
}

// stepped reports whether the options are numbered steps, which have no labels.
func stepped(q *survey.Question) bool { return len(q.Options) > 0 && len(q.Options[0].Label) == 0 }

// compile turns the remembered expressions into trees, and looks for what nobody can ever reach.
func (o object) compile(s *survey.Survey) {
	if len(o.conditions) == 0 {
		return
	}
	scope, budget, before := scopeOf(s), expression.Budget, len(o.problems)
	if o.has("channels") && len(s.Channels) == 0 { // they could not be read
		scope["channel"] = expression.Variable{Kind: expression.Broken}
	}
	nameless := o.unnamed(s)
	compiled := map[*yaml.Node]expression.Tree{} // once each, however many aliases lead to it
	for _, c := range o.conditions {
		tree, known := compiled[c.at]
		var found []expression.Fault
		if !known {
			tree, found = expression.Compile(c.at.Value, scope, &budget)
			compiled[c.at] = tree
		}
		for _, fault := range found {
			switch {
			case fault.Unknown != "" && nameless: // it may well be the question whose id could not be read
			case c.key == "required" && fault.Unknown == strings.TrimSpace(c.at.Value):
				o.fail(c.at, "required: %s is neither true, false nor a condition%s", quote(c.at.Value), suggest(c.at.Value, append(fieldNames(s), "true", "false", "all")))
			default:
				o.failInside(c.at, fault.Offset, "%s: %s", c.key, fault.Message)
			}
		}
		*c.tree = tree
		if slices.ContainsFunc(tree.Uses(), func(name string) bool { return c.owner != "" && survey.QuestionOf(name) == c.owner }) {
			o.ownAnswer(c, c.owner)
		}
	}
	whole := !nameless
	for _, v := range scope {
		whole = whole && v.Kind != expression.Broken
	}
	whole = whole && before == len(o.problems)
	if o.circle(s) == nil && whole {
		o.reach(s, scope, &budget)
	}
}

// unnamed reports whether a question's or row's name is not known, though it may have one.
func (o object) unnamed(s *survey.Survey) bool {
	for q := range s.Questions() {
		if q.ID == "" {
			return true
		}
	}
	return false
}

func (o object) ownAnswer(c condition, question string) {
	o.fail(c.at, "%s: %s would depend on its own answer: name another question", c.key, quote(question))
}

// circle reports questions that wait for one another, at the condition that closes the circle.
func (o object) circle(s *survey.Survey) (cycle []string) {
	if cycle = s.Arrange(); cycle == nil {
		return nil
	}
	var first survey.Placed
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			if q := &s.Sections[i].Questions[j]; q.ID == cycle[0] {
				first = survey.Placed{Question: q, Section: &s.Sections[i]}
			}
		}
	}
	next := cycle[1%len(cycle)]
	for _, tree := range first.Conditions() {
		if !slices.ContainsFunc(tree.Uses(), func(name string) bool { return survey.QuestionOf(name) == next }) {
			continue
		}
		c := o.conditions[slices.IndexFunc(o.conditions, func(c condition) bool { return c.tree == tree })]
		if len(cycle) == 1 {
			o.ownAnswer(c, next)
		} else {
			o.fail(c.at, "%s goes round in a circle: %s; at least one of them must not depend on the others", c.key, strings.Join(append(cycle, cycle[0]), " → "))
		}
		return cycle
	}
	return cycle
}

// reach looks for conditions that are possible by themselves, and impossible where they stand: together with those of the
// section and of the questions that they name.
func (o object) reach(s *survey.Survey, scope expression.Scope, budget *int) {
	for _, q := range s.Order() {
		asked := expression.All(q.Section.ShowIf, q.ShowIf)
		for _, name := range append(q.Parts(), q.ID) {
			if v, ok := scope[name]; ok {
				v.Asked = asked
				scope[name] = v
			}
		}
	}
	possible := func(trees ...*expression.Tree) bool {
		all := expression.All(trees...)
		return all == nil || expression.Satisfiable(*all, scope, budget)
	}
	judge := func(tree *expression.Tree, consequence string, around ...*expression.Tree) bool {
		if tree == nil || tree.Op == "" || possible(append(around, tree)...) {
			return true
		}
		c := o.conditions[slices.IndexFunc(o.conditions, func(c condition) bool { return c.tree == tree })]
		o.fail(c.at, "%s: never true together with the conditions on its section and on the questions it names: %s", c.key, consequence)
		return false
	}
	for i := range s.Sections {
		section := &s.Sections[i]
		if !judge(section.ShowIf, "nobody would see the section") {
			continue
		}
		for j := range section.Questions {
			q := &section.Questions[j]
			if !judge(q.ShowIf, "nobody would see the question", section.ShowIf) {
				continue
			}
			asked := expression.All(section.ShowIf, q.ShowIf)
			judge(q.RequiredIf, "the question would never be required", asked)
			for k := range q.Options {
				judge(q.Options[k].ShowIf, "nobody would be offered the option", asked)
			}
			for k := range q.Checks {
				judge(&q.Checks[k].That, "nobody could answer", asked)
			}
		}
	}
	for i := range s.Thanks {
		judge(s.Thanks[i].ShowIf, "nobody would read the text")
	}
	for i := range s.Alerts {
		judge(&s.Alerts[i].When, "it would never open a case")
	}
}
