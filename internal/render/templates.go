package render

import (
	"html/template"
	"maps"
	"slices"
	"strings"
	"text/template/parse"

	"glasspoll/internal/wording"
)

// wordingKeys lists the keys of the wording that a template uses: the literals after .Say.
func wordingKeys(t *template.Template) []string {
	keys := map[string]bool{}
	walk(t, func(n parse.Node) parse.Node {
		if command, ok := n.(*parse.CommandNode); ok {
			if key, ok := wordingKey(command); ok {
				keys[key] = true
			}
		}
		return n
	})
	return slices.Sorted(maps.Keys(keys))
}

// withWords returns the templates with all words put in that need no arguments. A page has hundreds of them, and looking
// each up takes longer than writing it.
func withWords(pages *template.Template, words *wording.Words) (*template.Template, error) {
	pages, err := pages.Clone()
	if err != nil {
		return nil, err
	}
	for _, t := range pages.Templates() {
		walk(t, func(n parse.Node) parse.Node {
			action, ok := n.(*parse.ActionNode)
			if !ok || len(action.Pipe.Decl) > 0 || len(action.Pipe.Cmds) != 1 || len(action.Pipe.Cmds[0].Args) != 2 {
				return n
			}
			if method := action.Pipe.Cmds[0].Args[0].String(); method != ".Say" && method != "$.Say" {
				return n // perhaps words in another language
			}
			if key, ok := wordingKey(action.Pipe.Cmds[0]); ok {
				return &parse.TextNode{NodeType: parse.NodeText, Pos: action.Pos, Text: []byte(template.HTMLEscapeString(words.Say(key)))}
			}
			return n
		})
	}
	return pages, nil
}

// wordingKey returns the key that a command looks up.
func wordingKey(command *parse.CommandNode) (key string, ok bool) {
	if len(command.Args) < 2 || !strings.HasSuffix(command.Args[0].String(), ".Say") {
		return "", false
	}
	literal, ok := command.Args[1].(*parse.StringNode)
	if !ok {
		return "", false
	}
	return literal.Text, true
}

// walk visits every node of a template. A node in a list is replaced by what visit returns.
func walk(t *template.Template, visit func(parse.Node) parse.Node) {
	if t.Tree == nil {
		return
	}
	var node func(parse.Node)
	pipe := func(p *parse.PipeNode) {
		if p != nil {
			node(p)
		}
	}
	list := func(l *parse.ListNode) {
		if l == nil {
			return
		}
		for i, n := range l.Nodes {
			l.Nodes[i] = visit(n)
			node(n)
		}
	}
	branch := func(b *parse.BranchNode) { pipe(b.Pipe); list(b.List); list(b.ElseList) }
	node = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ActionNode:
			pipe(n.Pipe)
		case *parse.TemplateNode:
			pipe(n.Pipe)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		case *parse.PipeNode:
			for _, c := range n.Cmds {
				visit(c)
				node(c)
			}
		case *parse.CommandNode:
			for _, a := range n.Args {
				node(a)
			}
		}
	}
	list(t.Tree.Root)
}
