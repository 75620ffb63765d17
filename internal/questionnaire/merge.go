package questionnaire

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A merger replaces merge keys (<<: *name, <<: [*one, *other]) by the keys that they stand for. A key that a mapping has itself
// counts, then that of the first mapping named. The keys keep their places.
type merger struct {
	*reader
	sizes map[*yaml.Node]int // of the nodes whose merge keys are replaced, with all in them; those being read have none yet
}

// mergeKeys replaces the merge keys of a tree. It counts what it copies, with all in it, as visits.
func (r *reader) mergeKeys(root *yaml.Node) {
	if !hasMerge(root) {
		return
	}
	m := merger{reader: r, sizes: map[*yaml.Node]int{}}
	m.merge(root)
}

// merge replaces the merge keys in a node, and in those that it refers to.
func (m *merger) merge(n *yaml.Node) {
	if _, known := m.sizes[n]; known || m.stopped {
		return
	}
	m.sizes[n] = 0
	if n.Kind == yaml.AliasNode {
		m.merge(n.Alias)
	}
	for _, c := range n.Content {
		m.merge(c)
	}
	if n.Kind == yaml.MappingNode {
		m.mergeInto(n)
	}
	size := 1
	for _, c := range n.Content {
		size += m.sizes[c]
	}
	m.sizes[n] = size
}

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.Tag == "!!merge" }

// hasMerge reports whether there is a merge key in a node. What aliases refer to is elsewhere in the tree.
func hasMerge(n *yaml.Node) bool { return isMerge(n) || slices.ContainsFunc(n.Content, hasMerge) }

// mergeInto replaces the merge keys of a mapping. One that cannot be read stays.
func (m *merger) mergeInto(n *yaml.Node) {
	if !slices.ContainsFunc(n.Content, isMerge) {
		return
	}
	var own, added []*yaml.Node
	given := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode {
			given[key.Value] = true
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !isMerge(key) {
			own = append(own, key, value)
			continue
		}
		sources, ok := m.sources(value)
		if !ok {
			own = append(own, key, value)
		}
		for _, source := range sources {
			added = m.add(added, source, value, given)
		}
	}
	n.Content = append(own, added...)
}

// sources returns the mappings that a merge key names, or reports its value.
func (m *merger) sources(value *yaml.Node) (sources []*yaml.Node, ok bool) {
	list := []*yaml.Node{value}
	if s := target(value); s.Kind == yaml.SequenceNode {
		list = s.Content
	}
	for _, each := range list {
		s := target(each)
		switch {
		case s.Kind != yaml.MappingNode:
			if value.Kind == yaml.AliasNode { // the list is elsewhere
				each = value
			}
			m.fail(each, "<< takes over the keys of other mappings: write \"<<: *name\", where &name is in front of keys with values")
			return nil, false
		case m.sizes[s] == 0:
			m.fail(each, "<< takes over keys from a mapping that it is a part of: name another one")
			return nil, false
		}
		sources = append(sources, s)
	}
	return sources, true
}

// add adds the keys of a mapping that are not given yet.
func (m *merger) add(to []*yaml.Node, source, at *yaml.Node, given map[string]bool) []*yaml.Node {
	for i := 0; i+1 < len(source.Content) && !m.stopped; i += 2 {
		key, value := source.Content[i], source.Content[i+1]
		if key.Kind == yaml.ScalarNode && given[key.Value] {
			m.visits++
			continue
		}
		if m.visits += m.sizes[key] + m.sizes[value]; m.visits >= maxVisits {
			m.stopTooLarge(at)
		}
		given[key.Value] = true
		to = append(to, key, value)
	}
	return to
}

// isApart reports whether a key is for the author alone, such as a place for anchors.
func isApart(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && strings.HasPrefix(key.Value, "x-")
}
