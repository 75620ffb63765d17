// Package yaml12test has texts in YAML 1.2 for tests, and the form in which their trees are compared.
package yaml12test

import (
	"strings"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// Tree returns what a node says, in values that JSON has: texts, nil, and lists that begin with "seq", "map", "alias" or
// "anchor". Numbers and booleans are as they are written.
func Tree(n *yaml.Node) any {
	var tree any
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.AliasNode:
		return []any{"alias", n.Value}
	case n.Kind == yaml.SequenceNode || n.Kind == yaml.MappingNode:
		list := []any{map[yaml.Kind]string{yaml.SequenceNode: "seq", yaml.MappingNode: "map"}[n.Kind]}
		for _, c := range n.Content {
			list = append(list, Tree(c))
		}
		tree = list
	case n.Tag != "!!null":
		tree = n.Value
	}
	if n.Anchor != "" {
		return []any{"anchor", n.Anchor, tree}
	}
	return tree
}

// Texts generates texts in YAML 1.2, some of which are not valid.
func Texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		w := writer{t: t}
		w.write(w.oneOf("", "", "", "%YAML 1.2\n---\n", "---\n", "# c\n", "\t# c\n", "\t\n"))
		w.block(0, 0)
		text := w.b.String()
		if w.chance(4) { // not valid, as a rule
			text = w.mutate(text)
		}
		return text
	})
}

// A writer writes random YAML.
type writer struct {
	t       *rapid.T
	b       strings.Builder
	anchors []string
}

func (w *writer) write(s string) { w.b.WriteString(s) }

func (w *writer) int(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "n") }

// chance is true once in n times.
func (w *writer) chance(n int) bool { return w.int(n) == 0 }

func (w *writer) oneOf(words ...string) string { return words[w.int(len(words))] }

func (w *writer) mutate(text string) string {
	at := w.int(len(text) + 1)
	to := min(len(text), at+w.int(3))
	return strings.ToValidUTF8(text[:at]+w.oneOf("", ":", "?", "-", " ", ",", "\n", "\t", "#", "'", `"`, "[", "}", ": ", " #", "&", "*", "!", "|", "%")+text[to:], "")
}

func indentation(n int) string { return strings.Repeat(" ", n) }

// block writes a collection at an indentation; its first line is indented already.
func (w *writer) block(indent, depth int) {
	isMap := !w.chance(3)
	for i := range 1 + w.int(4) {
		if i > 0 {
			w.write(w.oneOf("", "", "", "", "\t\n", indentation(indent)+"# c\n", "\n", " \t # c\n") + indentation(indent))
		}
		if isMap {
			w.key(indent)
		} else {
			w.write("-" + w.oneOf(" ", " ", " ", "  ", "\t", " \t"))
		}
		w.value(indent, depth, !isMap)
	}
}

// key writes a key outside of brackets, and what separates it from the value.
func (w *writer) key(indent int) {
	if w.chance(12) {
		w.write("? ")
		w.plain(false)
		w.write("\n" + indentation(indent) + ":" + w.oneOf(" ", "\t"))
		return
	}
	w.properties()
	switch w.int(5) {
	case 0:
		w.quoted(false, "")
	case 1:
		w.write(`'` + w.words() + `'`)
	default:
		w.plain(false)
	}
	w.write(w.oneOf(":", ":", ":", " :") + w.oneOf(" ", " ", "\t"))
}

// value writes a value after a dash or a key, and the end of its line.
func (w *writer) value(indent, depth int, inList bool) {
	if w.properties(); w.chance(10) {
		w.write(w.oneOf("\n", " # c\n", "\t\n"))
		return
	}
	below := indent + 1 + w.int(3)
	next := func() { w.write(w.oneOf("\n", " # c\n", "\t# c\n") + indentation(below)) }
	choice := w.int(10)
	switch {
	case choice < 3 && depth < 3:
		if !(inList && w.chance(2)) {
			next()
		} else {
			below = indent + 2
		}
		w.block(below, depth+1)
		return
	case choice < 6:
		if w.chance(4) {
			next()
		}
		w.flow(below, 0)
	case choice == 6:
		w.scalarBlock(below)
		return
	case choice == 7:
		w.quoted(true, indentation(below))
	case choice == 8 && len(w.anchors) > 0:
		w.write("*" + w.oneOf(w.anchors...))
	default:
		if w.chance(4) {
			next()
		}
		w.plain(false)
		for w.chance(4) {
			w.write(w.oneOf("\n", "\n\n", " \t\n\t\n") + indentation(below) + w.oneOf("", "\t"))
			w.plain(false)
		}
	}
	w.write(w.oneOf("\n", "\n", " # c\n", "\t\n"))
}

func (w *writer) properties() {
	if w.chance(10) {
		name := w.oneOf("a", "选项", "an:chor", "a?b", "x-1", "b#c", "?", "é")
		w.anchors = append(w.anchors, name)
		w.write("&" + name + w.oneOf(" ", "\t"))
	}
	if w.chance(15) {
		w.write(w.oneOf("!!str", "!", "!<tag:yaml.org,2002:str>") + " ")
	}
}

// words writes a few words.
func (w *writer) words() string {
	s := w.word()
	for w.chance(3) {
		s += w.oneOf(" ", " ", "  ", "\t") + w.word()
	}
	return s
}

func (w *writer) word() string {
	return w.oneOf("a", "b", "How?", "是?", "12", "1e3", "0o14", ".inf", "~", "null", "true", "yes", "<<", "a:b", "http://a.example/x?y=1", "x#y", "e", "?x", ":x", "-x", "::", "?", "a?b", "“q”", "😀",
		"it''s", "a-", "a!", "a&b", "a*", "%", "@", "=", "---", "...", "-1", "x'y", `x"y`, "$", "^", "\\")
}

func (w *writer) plain(inFlow bool) {
	s := w.words()
	if inFlow && w.chance(2) {
		s = w.oneOf("?x", ":-) good", ":x", "-x", "?", "::", ":?") + w.oneOf("", " "+w.word())
	}
	w.write(s)
}

// quoted writes a text in double quotes, if indentation is not empty on several lines.
func (w *writer) quoted(lines bool, indentation string) {
	w.write(`"`)
	for range w.int(4) {
		w.write(w.oneOf("a", "b c", " ", `\"`, `\\`, `\/`, `\n`, `\t`, `\u4e2d`, `\uD83D\uDE00`, `\x41`, `\U0001F600`, `\ `, "\\\t", `\_`, "#", " #", ": ", "'", "{", "?"))
		if lines && w.chance(3) {
			w.write(w.oneOf("\n", "\\\n", "\n\n", " \n", "\t\n \n") + indentation + w.oneOf("", "", "\t", `\ `))
		}
	}
	w.write(`"`)
}

// scalarBlock writes a block text.
func (w *writer) scalarBlock(indent int) {
	w.write(w.oneOf("|", ">") + w.oneOf("", "", "-", "+") + w.oneOf("\n", " # c\n", "\t\n"))
	w.write(w.oneOf("", "", "\n"))
	for range 1 + w.int(4) {
		w.write(indentation(indent) + w.oneOf("a", "b: c", "# c", "- d", "{", "'", "[?x", "a\n", "a\tb ", "a\n\n") + "\n")
		w.write(w.oneOf("", "", "", "\n", indentation(indent)+"  more\n", indentation(indent)+"\tmore\n"))
	}
}

// space writes what may stand between two tokens inside brackets.
func (w *writer) space(indent int) string {
	return w.oneOf("", "", " ", " ", "\t", "\n"+indentation(indent), " # c\n"+indentation(indent), "\n\t\n"+indentation(indent)+"\t")
}

// flow writes a value inside brackets, or brackets.
func (w *writer) flow(indent, depth int) {
	if depth > 0 {
		w.properties()
	}
	choice := w.int(6)
	switch {
	case depth > 0 && choice < 2 || depth > 2:
		w.plain(true)
		for w.chance(8) {
			w.write("\n" + indentation(indent))
			w.plain(true)
		}
	case depth > 0 && choice == 2:
		w.quoted(w.chance(3), indentation(indent))
	case depth > 0 && choice == 3 && len(w.anchors) > 0:
		w.write("*" + w.oneOf(w.anchors...) + " ")
	case choice%2 == 0:
		w.write("[" + w.space(indent))
		for range w.int(4) {
			w.flow(indent, depth+1)
			w.write(w.space(indent) + "," + w.space(indent))
		}
		if w.chance(2) {
			w.flow(indent, depth+1)
		} else if w.chance(2) {
			w.pair(indent, depth)
		}
		w.write(w.space(indent) + "]")
	default:
		w.write("{" + w.space(indent))
		for range w.int(4) {
			w.pair(indent, depth)
			w.write(w.space(indent) + "," + w.space(indent))
		}
		if w.chance(2) {
			w.pair(indent, depth)
		}
		w.write(w.space(indent) + "}")
	}
}

// pair writes a key and its value inside brackets; either may be missing.
func (w *writer) pair(indent, depth int) {
	if w.chance(8) {
		w.write("? ")
	}
	switch w.int(4) {
	case 0:
		w.quoted(w.chance(4), indentation(indent))
		w.write(w.space(indent) + ":" + w.space(indent))
	case 1:
		w.plain(true)
		if w.write(w.oneOf("", " ") + ":"); w.chance(3) {
			return
		}
		w.write(" ")
	case 2:
		w.plain(true)
		w.write(w.space(indent) + ": " + w.space(indent))
	default:
		w.write("plain")
		if w.chance(3) {
			return
		}
		w.write(": ")
	}
	w.flow(indent, depth+1)
}
