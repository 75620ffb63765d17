package draft

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/decimal"
)

// textNode writes a text in the survey's languages: as one string if all are the same. flow says that it is within { }.
func (w *writer) textNode(texts map[string]string, flow bool) *yaml.Node {
	first := texts[w.languages[0]]
	same := true
	length := 0
	lines := false
	for _, l := range w.languages {
		same = same && texts[l] == first
		length += len([]rune(texts[l]))
		lines = lines || strings.Contains(texts[l], "\n")
	}
	scalar := func(s string, flow bool) *yaml.Node {
		if flow {
			return flowStringNode(s)
		}
		return stringNode(s)
	}
	if len(w.languages) == 1 || same && !hasLetters(first) {
		return scalar(first, flow)
	}
	n := mapping()
	if flow || length < 70 && !lines {
		n.Style, flow = yaml.FlowStyle, true
	}
	for _, l := range w.languages {
		put(n, l, scalar(texts[l], flow))
	}
	return n
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func sequence() *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode} }

// put adds a key to a mapping.
func put(n *yaml.Node, key string, v *yaml.Node) {
	n.Content = append(n.Content, stringNode(key), v)
}

// valueOf returns the value of a key of a mapping, or nil.
func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// remove removes a value from a mapping, with its key, or from a sequence.
func remove(parent, n *yaml.Node) {
	i := slices.Index(parent.Content, n)
	switch {
	case i < 0:
	case parent.Kind == yaml.MappingNode:
		parent.Content = slices.Delete(parent.Content, i-1, i+1)
	default:
		parent.Content = slices.Delete(parent.Content, i, i+1)
	}
}

// stringNode writes a string, in quotes where YAML needs them. Ids that are numbers have none.
func stringNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if _, err := strconv.Atoi(s); err == nil && s[0] != '+' && len(s) < 10 {
		n.Tag = "!!int"
		if len(s) > 1 && s[0] == '0' {
			n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
		}
	}
	switch strings.ToLower(s) {
	case "yes", "no", "on", "off", "y", "n": // true and false to readers of YAML 1.1
		n.Style = yaml.DoubleQuotedStyle
	}
	if strings.Contains(s, "\n") {
		n.Style = yaml.LiteralStyle
	}
	return n
}

// flowStringNode writes a string within { }, where more characters need quotes.
func flowStringNode(s string) *yaml.Node {
	n := stringNode(s)
	if n.Tag == "!!str" && strings.ContainsAny(s, "?,:[]{}#&*!|>'\"%@`\n") {
		n.Style = yaml.DoubleQuotedStyle
		if strings.Contains(s, "\"") && !strings.ContainsAny(s, "'\n") {
			n.Style = yaml.SingleQuotedStyle
		}
	}
	return n
}

// literalNode writes a number, a date or true.
func literalNode(s string) *yaml.Node {
	tag := "!!float"
	if s == "true" {
		tag = "!!bool"
	} else if _, err := strconv.Atoi(s); err == nil {
		tag = "!!int"
	} else if _, err := decimal.Parse(s); err != nil {
		tag = "!!timestamp"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

func flowList(items []string) *yaml.Node {
	n := sequence()
	n.Style = yaml.FlowStyle
	for _, i := range items {
		n.Content = append(n.Content, flowStringNode(i))
	}
	return n
}
