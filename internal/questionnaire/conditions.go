package questionnaire

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/expression"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A condition is an expression that is compiled once all names are known.
type condition struct {
	at    *yaml.Node
	key   string // show_if, required, …
	owner string // the question that it belongs to, whose own answer it may not use; "" if there is none
	tree  *expression.Tree
}

// condition returns the tree of an expression, which is compiled later; nil if there is none.
func (o object) condition(key, owner string) *expression.Tree {
	s, ok := o.scalar(key)
	if !ok {
		return nil
	}
	tree := &expression.Tree{}
	o.addCondition(condition{at: s, key: key, owner: owner, tree: tree})
	return tree
}

func (r *reader) addCondition(c condition) { r.conditions = append(r.conditions, c) }

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
			o.addCondition(condition{at: s, key: "that", tree: &rules[i].That})
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
	entries := o.list("thanks")
	var thanks []survey.Thanks
	for i, n := range entries {
		t := o.object(n, &thanksMapping)
		if t.node == nil {
			continue
		}
		thanks = append(thanks, survey.Thanks{ShowIf: t.condition("show_if", ""), Text: t.text("text")})
		switch last := i == len(entries)-1; {
		case last && t.keys["show_if"] != nil:
			o.fail(n, "the last thank-you text must have no show_if: it is for everybody else")
		case !last && t.keys["show_if"] == nil:
			o.fail(n, "a thank-you text without show_if hides the ones below it: move it to the end")
		}
	}
	return thanks
}

// scopeOf returns the names that the expressions of a survey may use.
func scopeOf(s *survey.Survey) expression.Scope {
	scope := expression.Scope{
		"channel":  {Kind: expression.Choice, Options: s.Channels},
		"language": {Kind: expression.Choice, Options: s.Languages},
	}
	if len(s.Channels) == 0 {
		scope["channel"] = expression.Variable{Kind: expression.Choice, Without: message.New("the survey has no channels: add \"channels: [web, phone]\" to it")}
	}
	for q := range s.Questions() {
		if parts := q.Parts(); len(parts) > 0 && parts[0] != q.ID {
			scope[q.ID] = expression.Variable{Kind: expression.Group, Parts: parts, Items: ratedRows(s, q)}
		}
		if isBroken(q) {
			scope[q.ID] = expression.Variable{Kind: expression.Broken}
		}
	}
	for _, f := range s.Fields() {
		if f.Part != survey.OtherPart && !isBroken(f.Question) {
			scope[f.Name] = variableOf(s, f)
		}
	}
	return scope
}

// ratedRows lists the fields of a matrix's rows, if they have scores; of an importance matrix, those that say how satisfied the
// respondent is.
func ratedRows(s *survey.Survey, q *survey.Question) []string {
	var rows []string
	for _, f := range s.Fields() {
		if f.Question.ID == q.ID && f.Row != nil && f.Part != survey.ImportancePart && f.HasScores() {
			rows = append(rows, f.Name)
		}
	}
	return rows
}

// isBroken reports whether a question could not be read well enough to check conditions that use it.
func isBroken(q *survey.Question) bool {
	if slices.ContainsFunc(q.Options, func(o survey.Option) bool { return o.ID == "" }) ||
		slices.ContainsFunc(q.Rows, func(row survey.Row) bool { return row.ID == "" }) {
		return true
	}
	switch q.Type {
	case "":
		return true
	case survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.Ranking, survey.ConstantSum:
		return len(q.Options) == 0
	case survey.Matrix:
		return len(q.Options) == 0 || len(q.Rows) == 0
	case survey.ImportanceMatrix:
		return len(q.Options) == 0 || len(q.Rows) == 0 || len(q.Importance) == 0
	}
	return false
}

// variableOf describes a field for expressions.
func variableOf(s *survey.Survey, f survey.Field) expression.Variable {
	v := expression.Variable{Kind: answerKind(f), Min: f.Question.Min, Max: f.Question.Max}
	switch f.Question.Type {
	case survey.DateType:
		v.Layout = time.DateOnly
	case survey.Time:
		v.Layout = "15:04"
	case survey.ConstantSum:
		v.Min, v.Max = new(survey.Decimal), f.Question.Total
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

// answerKind returns the kind of a field's answers in expressions. Steps without labels are numbers.
func answerKind(f survey.Field) expression.Kind {
	q := f.Question
	switch q.Type {
	case survey.SingleChoice, survey.Matrix, survey.ImportanceMatrix:
		return expression.Choice
	case survey.Rating:
		if len(q.Options) > 0 && len(q.Options[0].Label) == 0 {
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
		if len(q.Options) > 0 {
			return expression.Choice
		}
	}
	return expression.Text
}

// A conditionCompiler compiles the conditions of a survey against its names.
type conditionCompiler struct {
	object
	survey   *survey.Survey
	scope    expression.Scope
	budget   int
	nameless bool // a question has no readable id, so an unknown name may be its
}

// compileConditions compiles all conditions, and reports those that can never hold.
func (o object) compileConditions(s *survey.Survey) {
	if len(o.conditions) == 0 {
		return
	}
	c := conditionCompiler{object: o, survey: s, scope: scopeOf(s), budget: expression.Budget}
	before := len(o.problems)
	if o.has("channels") && len(s.Channels) == 0 { // they could not be read
		c.scope["channel"] = expression.Variable{Kind: expression.Broken}
	}
	broken := false
	for _, v := range c.scope {
		broken = broken || v.Kind == expression.Broken
	}
	for q := range s.Questions() {
		c.nameless = c.nameless || q.ID == ""
	}
	c.compileAll()
	whole := !broken && !c.nameless && before == len(o.problems)
	if c.checkCycle() && whole {
		c.checkReachable()
	}
}

func (c *conditionCompiler) compileAll() {
	compiled := map[*yaml.Node]expression.Tree{} // several aliases may lead to one node
	for _, cond := range c.conditions {
		tree, done := compiled[cond.at]
		if !done {
			var faults []expression.Fault
			tree, faults = expression.Compile(cond.at.Value, c.scope, &c.budget)
			compiled[cond.at] = tree
			for _, fault := range faults {
				c.failFault(cond, fault)
			}
		}
		*cond.tree = tree
		if cond.owner != "" && uses(tree, cond.owner) {
			c.failOwnAnswer(cond, cond.owner)
		}
	}
}

// failFault reports a mistake in an expression.
func (c *conditionCompiler) failFault(cond condition, fault expression.Fault) {
	switch {
	case fault.Unknown != "" && c.nameless: // it may be the question whose id could not be read
	case cond.key == "required" && fault.Unknown == strings.TrimSpace(cond.at.Value):
		c.fail(cond.at, "required: %s is neither true, false nor a condition%s", quote(cond.at.Value), suggest(cond.at.Value, c.requiredWords(cond.owner)))
	default:
		c.failInside(cond.at, fault.Offset, "%s: %s", cond.key, fault.Message)
	}
}

// requiredWords lists what may stand alone as a question's required: words, and other questions that are true or false.
func (c *conditionCompiler) requiredWords(owner string) []string {
	words := []string{"true", "false"}
	if q, ok := c.survey.Question(owner); ok && len(q.Rows) > 0 {
		words = append(words, "all")
	}
	for _, name := range fieldNames(c.survey) {
		if c.scope[name].Kind == expression.Bool && survey.QuestionOf(name) != owner {
			words = append(words, name)
		}
	}
	return words
}

// uses reports whether an expression depends on a question.
func uses(tree expression.Tree, question string) bool {
	return slices.ContainsFunc(tree.Uses(), func(name string) bool { return survey.QuestionOf(name) == question })
}

func (c *conditionCompiler) failOwnAnswer(cond condition, question string) {
	c.fail(cond.at, "%s: %s would depend on its own answer: name another question", cond.key, quote(question))
}

// conditionOf finds the condition of a tree.
func (c *conditionCompiler) conditionOf(tree *expression.Tree) condition {
	return c.conditions[slices.IndexFunc(c.conditions, func(cond condition) bool { return cond.tree == tree })]
}

// checkCycle reports questions that depend on one another, at the first condition of the cycle. It returns false if there
// are any.
func (c *conditionCompiler) checkCycle() bool {
	cycle := c.survey.Arrange()
	if cycle == nil {
		return true
	}
	var first survey.Placed
	for i := range c.survey.Sections {
		section := &c.survey.Sections[i]
		for j := range section.Questions {
			if q := &section.Questions[j]; q.ID == cycle[0] {
				first = survey.Placed{Question: q, Section: section}
			}
		}
	}
	next := cycle[1%len(cycle)]
	for _, tree := range first.Conditions() {
		if !uses(*tree, next) {
			continue
		}
		cond := c.conditionOf(tree)
		if len(cycle) == 1 {
			c.failOwnAnswer(cond, next)
		} else {
			c.fail(cond.at, "%s is circular: %s; at least one of them must not depend on the others", cond.key, strings.Join(append(cycle, cycle[0]), " → "))
		}
		break
	}
	return false
}

// checkReachable reports conditions that can hold by themselves, but not together with those of their section and of the
// questions that they name.
func (c *conditionCompiler) checkReachable() {
	s := c.survey
	for _, q := range s.Order() {
		asked := expression.All(q.Section.ShowIf, q.ShowIf)
		for _, name := range append(q.Parts(), q.ID) {
			if v, ok := c.scope[name]; ok {
				v.Asked = asked
				c.scope[name] = v
			}
		}
	}
	for i := range s.Sections {
		section := &s.Sections[i]
		if !c.canHold(section.ShowIf, nil, "nobody would see the section") {
			continue
		}
		for j := range section.Questions {
			c.checkQuestionReachable(section, &section.Questions[j])
		}
	}
	for i := range s.Thanks {
		c.canHold(s.Thanks[i].ShowIf, nil, "nobody would read the text")
	}
	for i := range s.Alerts {
		if when := &s.Alerts[i].When; when.Op != "" { // else it is the default, and made later
			c.canHold(when, nil, "it would never open a case")
		}
	}
}

func (c *conditionCompiler) checkQuestionReachable(section *survey.Section, q *survey.Question) {
	if !c.canHold(q.ShowIf, section.ShowIf, "nobody would see the question") {
		return
	}
	asked := expression.All(section.ShowIf, q.ShowIf)
	c.canHold(q.RequiredIf, asked, "the question would never be required")
	for i := range q.Options {
		c.canHold(q.Options[i].ShowIf, asked, "nobody would be offered the option")
	}
	for i := range q.Checks {
		c.canHold(&q.Checks[i].That, asked, "nobody could answer")
	}
}

// canHold reports whether a condition can hold together with the one around it. If it cannot, that is a problem, whose
// message ends with the consequence.
func (c *conditionCompiler) canHold(tree, around *expression.Tree, consequence message.Key) bool {
	if tree == nil || tree.Op == "" || expression.Satisfiable(*expression.All(around, tree), c.scope, &c.budget) {
		return true
	}
	cond := c.conditionOf(tree)
	c.fail(cond.at, "%s: never true together with the conditions on its section and on the questions it names: %s", cond.key, consequence)
	return false
}
