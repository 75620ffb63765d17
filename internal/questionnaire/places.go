package questionnaire

import (
	"gopkg.in/yaml.v3"

	"glasspoll/internal/yaml12"
)

// Place is a position in a questionnaire's file.
type Place struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
}

// Places finds the parts of a questionnaire in its file. A compiled Survey has no positions: only advice and comparisons,
// whose messages point into the file, need them.
type Places struct {
	file string
	root *yaml.Node
}

// Locate reads a questionnaire that [Parse] accepts. In any other file, it may find only the beginning.
func Locate(file string, source []byte) Places {
	p := Places{file: file}
	if root, _, err := yaml12.Decode(source); err == nil && root != nil {
		p.root = root
		newReader(file).mergeKeys(root)
	}
	return p
}

// At returns the place of a part. The path consists of keys and indexes, from 0: At("sections", 0, "questions", 2, "label",
// "zh"). For a part that is not written, it returns the place of the innermost written part around it.
func (p Places) At(path ...any) Place {
	place := Place{File: p.file, Line: 1, Column: 1}
	p.walk(path, func(n *yaml.Node) { place.Line, place.Column = n.Line, n.Column })
	return place
}

// Plain returns the scalar at a path as it is written, and whether there is one.
func (p Places) Plain(path ...any) (string, bool) {
	var last *yaml.Node
	if !p.walk(path, func(n *yaml.Node) { last = n }) || last == nil {
		return "", false
	}
	last = target(last)
	return last.Value, last.Kind == yaml.ScalarNode
}

// CutOff lists the plain values that are cut off by a comment without a space after its #, as in "label: our shop #1". The
// author hardly meant a comment.
func (p Places) CutOff() []Place {
	var places []Place
	seen := map[*yaml.Node]bool{} // what is merged is there several times
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		if n.Kind == yaml.ScalarNode && n.Style == 0 && len(n.LineComment) > 1 && n.LineComment[1] != ' ' && n.LineComment[1] != '#' {
			places = append(places, Place{File: p.file, Line: n.Line, Column: n.Column})
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	if p.root != nil {
		walk(p.root)
	}
	return places
}

// Has reports whether anything is written at a path.
func (p Places) Has(path ...any) bool { return p.root != nil && p.walk(path, func(*yaml.Node) {}) }

// walk visits the nodes along a path, and reports whether all of it is written.
func (p Places) walk(path []any, visit func(*yaml.Node)) bool {
	n := p.root
	if n == nil {
		return false
	}
	visit(n)
	for _, step := range path {
		next := child(target(n), step)
		if next == nil {
			return false
		}
		n = next
		visit(n)
	}
	return true
}

func child(n *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case string:
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case int:
		if n.Kind == yaml.SequenceNode && step >= 0 && step < len(n.Content) {
			return n.Content[step]
		}
	}
	return nil
}
