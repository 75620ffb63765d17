package questionnaire

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// checkPipes checks each {{name}} in all texts: its question must be answered before the text is shown. It walks the YAML
// tree, because the Survey has no positions.
func (o object) checkPipes(s *survey.Survey) {
	if !hasPipes(o.node) {
		return
	}
	c := pipeChecker{object: o, survey: s, where: message.New("here: only in labels, help, notes, and the title and intro of a section, and in thanks")}
	for key, v := range pairs(o.node) {
		switch key {
		case "sections":
			c.checkSections(v)
		case "thanks":
			c.withAnswered(pipeNames(s)).checkTexts(v)
		default:
			c.checkTexts(v)
		}
	}
}

// hasPipes reports whether any value, aliases aside, has double braces.
func hasPipes(n *yaml.Node) bool {
	if n == nil {
		return false
	}
	return n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "{{") || slices.ContainsFunc(n.Content, hasPipes)
}

// pairs iterates over the keys and values of a mapping. Any other node has none.
func pairs(n *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// A pipeChecker checks the texts at one point of the questionnaire.
type pipeChecker struct {
	object
	survey   *survey.Survey
	answered []string     // names that are answered at that point; nil where no answer can be shown
	where    message.Text // for the message, where no answer can be shown
}

// withAnswered returns a checker for texts that are shown when some names are answered.
func (c pipeChecker) withAnswered(answered []string) pipeChecker {
	c.answered = answered
	return c
}

func (c pipeChecker) checkSections(v *yaml.Node) {
	answered := hiddenQuestions(c.survey)
	list := c.follow(v)
	if list == nil {
		return
	}
	for _, section := range list.Content {
		before := slices.Clone(answered)
		for key, v := range pairs(c.follow(section)) {
			switch key {
			case "title", "intro":
				c.withAnswered(before).checkTexts(v)
			case "questions":
				if questions := c.follow(v); questions != nil {
					for _, q := range questions.Content {
						answered = append(answered, c.checkQuestion(q, answered)...)
					}
				}
			}
		}
	}
}

// checkQuestion checks one question's texts, and returns the names that are answered with it.
func (c pipeChecker) checkQuestion(n *yaml.Node, before []string) (answered []string) {
	for key, v := range pairs(c.follow(n)) {
		switch key {
		case "id":
			if v := c.follow(v); v != nil {
				for _, name := range pipeNames(c.survey) {
					if name == v.Value || survey.QuestionOf(name) == v.Value {
						answered = append(answered, name)
					}
				}
			}
		case "label", "help", "options", "rows", "other":
			c.withAnswered(before).checkTexts(v)
		case "show_if", "required", "pattern": // no texts
		case "check":
			check := c
			check.where = message.New("in a check's message: say it without the answer")
			check.checkTexts(v)
		default:
			c.checkTexts(v)
		}
	}
	return answered
}

// checkTexts checks every text below a node.
func (c pipeChecker) checkTexts(v *yaml.Node) {
	n := c.follow(v)
	if n == nil {
		return
	}
	for key, v := range pairs(n) {
		if key != "show_if" && key != "that" {
			c.checkTexts(v)
		}
	}
	if n.Kind == yaml.SequenceNode {
		for _, entry := range n.Content {
			c.checkTexts(entry)
		}
	}
	if n.Kind != yaml.ScalarNode || len(n.Value) > maxText*4 { // a text that is too long is reported
		return
	}
	end := 0
	for _, pipe := range survey.Pipes(n.Value) {
		c.checkBraces(n, end, pipe.Start)
		c.check(n, pipe)
		end = pipe.End
	}
	c.checkBraces(n, end, len(n.Value))
}

// checkBraces reports {{ in n.Value[from:to], between two pipes: they are not closed, so respondents would see them.
func (c pipeChecker) checkBraces(n *yaml.Node, from, to int) {
	if at := strings.Index(n.Value[from:to], "{{"); at >= 0 {
		c.failInside(n, utf8.RuneCountInString(n.Value[:from+at]), "{{ without }}: an earlier answer is shown by {{ID}}, with two braces on each side")
	}
}

func (c pipeChecker) check(n *yaml.Node, pipe survey.Pipe) {
	at := utf8.RuneCountInString(n.Value[:pipe.Start])
	shown := quote("{{" + pipe.Name + "}}")
	var fields []survey.Field
	if q, ok := c.survey.Question(pipe.Name); ok {
		fields = c.survey.FieldsOf(q)
	}
	switch {
	case c.answered == nil:
		c.failInside(n, at, "answers such as %s cannot be shown %s", shown, c.where)
	case sealsName(c.survey, pipe.Name):
		c.failInside(n, at, "answers to %s are sealed, so %s cannot show them: remove it, or write \"sealed: false\" at the question", quote(survey.QuestionOf(pipe.Name)), shown)
	case slices.Contains(c.answered, pipe.Name):
	case c.survey.Shows(pipe.Name):
		c.failInside(n, at, "%s is not answered yet when this is read: show only answers to earlier questions", shown)
	case len(fields) > 0:
		c.failInside(n, at, "%s has several answers: name one of them, such as %s", shown, quote("{{"+fields[0].Name+"}}"))
	default:
		c.failInside(n, at, "%s names no question%s", shown, suggest(pipe.Name, c.answered))
	}
}

// hiddenQuestions lists the hidden questions. Their values come with the link, so they are answered from the beginning.
func hiddenQuestions(s *survey.Survey) []string {
	names := []string{}
	for q := range s.Questions() {
		if q.Type == survey.Hidden {
			names = append(names, q.ID)
		}
	}
	return names
}

// pipeNames lists the names that can be written in double braces: fields and rankings.
func pipeNames(s *survey.Survey) []string {
	names := []string{}
	for _, f := range s.Fields() {
		if s.Shows(f.Name) {
			names = append(names, f.Name)
		}
	}
	for q := range s.Questions() {
		if q.Type == survey.Ranking {
			names = append(names, q.ID)
		}
	}
	return names
}
