package draft

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

const maxRepairs = 20 // rounds of leaving out what the parser refuses

// encodeValid encodes the survey, leaving out, round by round, what is never shown and what the parser refuses.
func (w *writer) encodeValid() ([]byte, error) {
	restore := w.Save()
	root := w.survey()
	for range maxRepairs {
		text, err := w.encode(root)
		if err != nil {
			return nil, err
		}
		if above := w.preface(); len(text)+max(len(above.In(message.English)), len(above.In(message.Chinese))) > maxYAML {
			return nil, message.Errorf("it would make a questionnaire of more than %d KB: split it", maxYAML>>10)
		}
		_, problems := questionnaire.Parse(w.ID+".yaml", text)
		if len(problems) == 0 {
			return text, nil
		}
		r := repair{writer: w, root: root, removed: map[*yaml.Node]bool{}}
		ancestries, err := r.ancestries(text, problems)
		if err != nil {
			return nil, err
		}
		if never := r.never(ancestries, problems); len(never) > 0 {
			restore()
			for _, leaveOut := range never {
				leaveOut()
			}
			w.dropNever()
			if len(w.sections) == 0 {
				return nil, w.noQuestion()
			}
			restore = w.Save()
			root = w.survey()
			continue
		}
		repaired := false
		for i, nodes := range ancestries {
			repaired = r.dropPart(nodes, problems[i]) || repaired
		}
		if prune(root); len(valueOf(root, "sections").Content) == 0 {
			return nil, w.noQuestion()
		}
		if !repaired {
			return nil, message.Errorf("nothing valid could be made of it: %s", problems[0].Message)
		}
	}
	return nil, message.Errorf("nothing valid could be made of it: too much in it does not fit together")
}

// A repair is one round of leaving out what the parser refuses.
type repair struct {
	*writer
	root    *yaml.Node
	removed map[*yaml.Node]bool
}

// ancestries returns, for each problem of the encoded text, the nodes that lead from the root to it.
func (r *repair) ancestries(text []byte, problems questionnaire.Problems) ([][]*yaml.Node, error) {
	encoded, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	ancestries := make([][]*yaml.Node, len(problems)) // before anything is removed, since the places are those of the text
	for i, p := range problems {
		if p.Line > 0 {
			ancestries[i] = nodesAlong(r.root, pathTo(encoded, p.Line, p.Column))
		}
	}
	return ancestries, nil
}

// never returns what leaves out the parts that are never shown, since no answers meet their condition.
func (r *repair) never(ancestries [][]*yaml.Node, problems questionnaire.Problems) (leaveOut []func()) {
	for i, nodes := range ancestries {
		if problems[i].Message.Code != "never_true" {
			continue
		}
		for _, n := range nodes {
			if found := r.parts[n]; found.never != nil {
				leaveOut = append(leaveOut, found.never)
			}
		}
	}
	return leaveOut
}

// parseYAML returns the top node of a text, with the places of all nodes.
func parseYAML(text []byte) (*yaml.Node, error) {
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil || len(tree.Content) == 0 {
		return nil, message.Errorf("nothing valid could be made of it: too much in it does not fit together")
	}
	return tree.Content[0], nil
}

// pathTo returns the path from the root to the innermost node at a place, as indices of Content.
func pathTo(root *yaml.Node, line, column int) []int {
	var best, path []int
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Line < line || n.Line == line && n.Column <= column {
			best = slices.Clone(path)
		}
		for i, c := range n.Content {
			path = append(path, i)
			walk(c)
			path = path[:len(path)-1]
		}
	}
	walk(root)
	return best
}

// nodesAlong returns the nodes along a path. Instead of a key, it returns the value.
func nodesAlong(root *yaml.Node, path []int) []*yaml.Node {
	nodes := []*yaml.Node{root}
	for _, i := range path {
		n := nodes[len(nodes)-1]
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			i++
		}
		nodes = append(nodes, n.Content[i])
	}
	return nodes
}

var braces = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// dropPart removes the smallest part around a problem, and reports it. nodes lead from the root to the problem.
func (r *repair) dropPart(nodes []*yaml.Node, p questionnaire.Problem) bool {
	if len(nodes) == 0 {
		return false
	}
	if deepest := nodes[len(nodes)-1]; deepest.Kind == yaml.ScalarNode && strings.Contains(p.Message.String(), "{{") && braces.MatchString(deepest.Value) {
		r.dropPiped(nodes, p)
		return true
	}
	for i := len(nodes) - 1; i > 0; i-- {
		n, parent := nodes[i], nodes[i-1]
		found, ok := r.parts[n]
		if !ok {
			continue
		}
		if r.removed[n] || slices.ContainsFunc(nodes[:i], func(n *yaml.Node) bool { return r.removed[n] }) {
			return true
		}
		r.removed[n] = true
		r.MarkAll(report.Dropped, found.at, found.atoms, "%s was left out, since it would not be valid here: %s", found.what, p.Message)
		remove(parent, n)
		return true
	}
	return false
}

// dropPiped removes an answer from a text that cannot show it.
func (r *repair) dropPiped(nodes []*yaml.Node, p questionnaire.Problem) {
	text := nodes[len(nodes)-1]
	found := part{what: message.New("the text")}
	for _, n := range nodes {
		if inner, ok := r.parts[n]; ok {
			found = inner
		}
	}
	r.Remark(report.Dropped, found.at, "%s shows an answer that it cannot show, which became …: %s", found.what, p.Message)
	if which := braces.FindString(p.Message.String()); which != "" && strings.Contains(text.Value, which) {
		text.Value = strings.ReplaceAll(text.Value, which, "…")
		return
	}
	text.Value = braces.ReplaceAllString(text.Value, "…")
}

// prune removes sections without questions, and keys without content.
func prune(root *yaml.Node) {
	if sections := valueOf(root, "sections"); sections != nil {
		sections.Content = slices.DeleteFunc(sections.Content, func(s *yaml.Node) bool {
			questions := valueOf(s, "questions")
			return questions == nil || len(questions.Content) == 0
		})
	}
	for _, key := range []string{"scales", "thanks"} {
		if n := valueOf(root, key); n != nil && n.Kind != yaml.ScalarNode && len(n.Content) == 0 {
			remove(root, n)
		}
	}
}

// encode encodes the tree, with blank lines between sections.
func (w *writer) encode(root *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, err
	}
	top, err := parseYAML(b.Bytes())
	if err != nil {
		return nil, err
	}
	blank := map[int]bool{} // lines, from 1, that get a blank line above
	for i := 0; i+1 < len(top.Content); i += 2 {
		switch k, v := top.Content[i], top.Content[i+1]; k.Value {
		case "sections":
			blank[k.Line] = true
			for j, s := range v.Content {
				if j > 0 {
					blank[s.Line] = true
				}
			}
		case "scales":
			blank[k.Line] = true
		}
	}
	var out []string
	for i, l := range strings.Split(b.String(), "\n") {
		if blank[i+1] {
			out = append(out, "")
		}
		out = append(out, l)
	}
	return []byte(strings.Join(out, "\n")), nil
}

// preface is a comment that says what the author still has to decide.
func (w *writer) preface() message.Text {
	text := message.New("# Imported from %s (%s); the report of the import says what was left out.\n# Still to decide: period, window and contact; scoring (dimensions, weights, bands); results.\n# alerts: default opens a case, to be followed up, for each answer that rates something 3 of 5 or lower; write none for no cases.\n",
		strings.Join(strings.Fields(markup.Clean(w.File)), " "), w.Format)
	if len(w.unscored) > 0 {
		text = message.New("%s# Options without scores are counted but have no part in the index. To give them one, add score: to the options of: %s.\n", text, message.Words(w.unscored...))
	}
	return text
}
