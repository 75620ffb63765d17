package questionnaire

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// piping looks through all texts for {{answers}}: they must be there already when the text is read. It walks the file,
// not the Survey, since only the file knows places.
func (o object) piping(s *survey.Survey) {
	if !pipesIn(o.node) {
		return
	}
	p := piper{object: o, survey: s, here: "here: only in labels, help, notes, and the title and intro of a section, and in thanks"}
	for key, v := range entries(o.node) {
		switch key {
		case "sections":
			p.sections(v)
		case "thanks":
			all := p
			all.answered = fieldsAndRankings(s)
			all.texts(v)
		default:
			p.texts(v)
		}
	}
}

// pipesIn reports whether any value, aliases aside, has double braces.
func pipesIn(n *yaml.Node) bool {
	if n == nil {
		return false
	}
	return n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "{{") || slices.ContainsFunc(n.Content, pipesIn)
}

// entries walks the keys of a mapping; of anything else, none.
func entries(n *yaml.Node) func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// piper checks texts at one point of the questionnaire.
type piper struct {
	object
	survey   *survey.Survey
	answered []string // what is known by then; nil where no answer can be shown
	here     string   // why none can
}

func (p piper) sections(v *yaml.Node) {
	known := linked(p.survey)
	list := p.follow(v)
	if list == nil {
		return
	}
	for _, section := range list.Content {
		m := p.follow(section)
		start := slices.Clone(known)
		for key, v := range entries(m) {
			at := p
			switch key {
			case "title", "intro":
				at.answered = start
				at.texts(v)
			case "questions":
				if questions := p.follow(v); questions != nil {
					for _, q := range questions.Content {
						known = append(known, p.question(q, known)...)
					}
				}
			}
		}
	}
}

// question checks one question's texts, and returns what is known once it is answered.
func (p piper) question(n *yaml.Node, known []string) (answered []string) {
	m := p.follow(n)
	for key, v := range entries(m) {
		at := p
		switch key {
		case "id":
			if v := p.follow(v); v != nil {
				for _, name := range fieldsAndRankings(p.survey) {
					if name == v.Value || survey.QuestionOf(name) == v.Value {
						answered = append(answered, name)
					}
				}
			}
		case "label", "help", "options", "rows", "other":
			at.answered = known
			at.texts(v)
		case "show_if", "required", "check", "pattern": // where braces mean what they mean; a check's message is plain
			if key == "check" {
				at.here = "in a check's message: say it without the answer"
				at.texts(v)
			}
		default:
			at.texts(v)
		}
	}
	return answered
}

// texts checks every value below a node.
func (p piper) texts(v *yaml.Node) {
	n := p.follow(v)
	if n == nil {
		return
	}
	for key, v := range entries(n) {
		if key != "show_if" && key != "that" {
			p.texts(v)
		}
	}
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			p.texts(c)
		}
	}
	if n.Kind != yaml.ScalarNode || len(n.Value) > maxText*4 { // it is too long, and said to be
		return
	}
	whole := 0
	for _, pipe := range survey.Pipes(n.Value) {
		if half := strings.Index(n.Value[whole:pipe.Start], "{{"); half >= 0 {
			p.half(n, whole+half)
		}
		whole = pipe.End
		p.check(n, pipe.Start, pipe.Name)
	}
	if half := strings.Index(n.Value[whole:], "{{"); half >= 0 {
		p.half(n, whole+half)
	}
}

// half reports braces that are not closed, which respondents would read.
func (p piper) half(n *yaml.Node, at int) {
	p.failInside(n, utf8.RuneCountInString(n.Value[:at]), "{{ without }}: an earlier answer is shown by {{ID}}, with two braces on each side")
}

func (p piper) check(n *yaml.Node, at int, name string) {
	at = utf8.RuneCountInString(n.Value[:at])
	var fields []survey.Field
	if q, ok := p.survey.Question(name); ok {
		fields = p.survey.FieldsOf(q)
	}
	switch {
	case p.answered == nil:
		p.failInside(n, at, "answers such as %s cannot be shown %s", quote("{{"+name+"}}"), p.here)
	case slices.Contains(p.answered, name):
	case p.survey.Shows(name):
		p.failInside(n, at, "%s is not answered yet when this is read: show only answers to earlier questions", quote("{{"+name+"}}"))
	case len(fields) > 0:
		p.failInside(n, at, "%s has several answers: name one of them, such as %s", quote("{{"+name+"}}"), quote("{{"+fields[0].Name+"}}"))
	default:
		p.failInside(n, at, "%s names no question%s", quote("{{"+name+"}}"), suggest(name, fieldsAndRankings(p.survey)))
	}
}

// linked are the values that come with the link, and so are known from the beginning.
func linked(s *survey.Survey) []string {
	names := []string{}
	for q := range s.Questions() {
		if q.Type == survey.Hidden {
			names = append(names, q.ID)
		}
	}
	return names
}

// fieldsAndRankings is every name that can stand in double braces.
func fieldsAndRankings(s *survey.Survey) []string {
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
