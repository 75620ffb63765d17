package questionnaire

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// An object is a YAML mapping whose keys are all known. If it could not be read, it has no keys and a nil node.
type object struct {
	*reader
	mapping      *mapping
	questionType survey.Type // of a question, once it is known
	node         *yaml.Node
	keys         map[string]*yaml.Node
	values       map[string]*yaml.Node
	merged       bool // it has a merge key (<<) that could not be read
}

// object reads a mapping and reports missing keys, except for a question: which keys it needs depends on its type, so the
// caller calls [object.failMissing]. A misspelled key is read as the key that was meant, so that the problems of its value
// are found in the same run.
func (r *reader) object(n *yaml.Node, m *mapping) object {
	o := object{reader: r, mapping: m, node: n, keys: map[string]*yaml.Node{}, values: map[string]*yaml.Node{}}
	if content := o.content(n); content != nil {
		k := keyReader{object: &o, content: content, allowed: m.names("")}
		for i := 0; i+1 < len(content.Content) && !o.stopped && !k.nextEntry; i += 2 {
			k.read(content.Content[i], content.Content[i+1])
		}
	}
	if m != &questionMapping {
		o.failMissing()
	}
	return o
}

// content returns the mapping node of an object. It reports anything else, and an empty mapping: o.node is nil then.
func (o *object) content(n *yaml.Node) *yaml.Node {
	what, allowed := o.mapping.name, o.mapping.names("")
	content := o.follow(n)
	switch {
	case content == nil:
		o.node = nil
		return nil
	case content.Kind == yaml.MappingNode && len(content.Content) > 0:
		return content
	case o.mapping == &questionnaireMapping && content.Kind == yaml.SequenceNode:
		o.fail(n, "a questionnaire begins with \"title: …\", not with a list: its questions belong below \"sections:\" and \"- questions:\"")
	case content.Kind != yaml.MappingNode && len(allowed) == 1:
		o.fail(n, "%s must hold its key, as \"%s: …\", not %s%s", what, allowed[0], kindOf(content), colonHint(content.Value))
	case content.Kind != yaml.MappingNode:
		o.fail(n, "%s must hold keys and values, such as \"%s: …\" and \"%s: …\", not %s%s", what, allowed[0], allowed[1], kindOf(content), colonHint(content.Value))
	default:
		if needed := o.mapping.needed(o.questionType); len(needed) > 0 {
			o.fail(n, "%s is empty: it needs %s", what, message.Words(needed...))
		} else {
			o.fail(n, "%s is empty: it may have %s", what, message.Words(allowed...))
		}
	}
	o.node = nil
	return nil
}

// A keyReader reads the keys of one object.
type keyReader struct {
	*object
	content   *yaml.Node
	allowed   []string
	unused    []string   // the allowed keys that are not given; filled when first needed
	list      *yaml.Node // the value of the previous key, if that is a block list
	nextEntry bool       // the remaining keys were meant for the next entry of a list
}

// read stores one key and its value, or reports what is wrong with the key.
func (k *keyReader) read(key, value *yaml.Node) {
	name := key.Value
	known := slices.Contains(k.allowed, name)
	if k.belongsToEntry(key, value, known && k.keys[name] == nil) {
		return
	}
	if k.list = nil; value.Kind == yaml.SequenceNode && value.Style&yaml.FlowStyle == 0 {
		k.list = value
	}
	switch {
	case isMerge(key):
		k.merged = true
	case isApart(key):
	case key.Kind != yaml.ScalarNode:
		k.fail(key, "a key must be a word, not %s", kindOf(key))
	case k.keys[name] != nil:
		k.failDuplicate(key)
	case known:
		k.keys[name], k.values[name] = key, value
	default:
		k.failUnknown(key, value)
	}
}

// failDuplicate reports a key that was given before.
func (k *keyReader) failDuplicate(key *yaml.Node) {
	first := k.keys[key.Value].Line
	what := string(k.mapping.name)
	inList := k.mapping != &questionnaireMapping && (strings.HasPrefix(what, "a ") || strings.HasPrefix(what, "an "))
	if inList && key != k.content.Content[0] && key.Value == k.content.Content[0].Value {
		k.fail(key, "key %s is given twice (first on line %d): keep one, or begin a new entry with \"- \"", quote(key.Value), first)
		k.nextEntry = true
		return
	}
	k.fail(key, "key %s is given twice (first on line %d): keep one", quote(key.Value), first)
}

// failUnknown reports a key that the mapping does not have, and reads it as the key that was meant, if that is clear.
func (k *keyReader) failUnknown(key, value *yaml.Node) {
	name := key.Value
	trimmed := strings.TrimLeft(name, wideSpaces)
	switch {
	case trimmed != name:
		k.report(key.Line, key.Column, wideIndent([]rune(name)[0]))
		k.readAs(trimmed, key, value)
	case !colonHint(name).IsZero():
		k.fail(key, "unknown key %s%s", quote(name), colonHint(name))
		if word := beforeColon(name); k.keys[word] == nil {
			k.keys[word] = key // so that it is not reported as missing too
		}
	case k.afterComma(key, value):
		k.fail(key, "the comma before %s ends the value: inside { }, a text with a comma in it needs quotes", quote(name))
	default:
		own := k.ownKeys()
		if k.unused == nil {
			k.unused = slices.DeleteFunc(slices.Clone(own), func(name string) bool { return k.isGiven(name) })
		}
		if meant := nearest(name, k.unused); meant != "" {
			k.fail(key, "unknown key %s%s", quote(name), suggest(name, k.unused))
			k.unused = without(k.unused, []string{meant})
			k.readAs(meant, key, value)
			return
		}
		k.fail(key, "unknown key %s: %s may have %s", quote(name), k.mapping.name.Text(), message.Words(own...))
	}
}

// ownKeys lists the keys that the mapping may have; a question, those of its type.
func (k *keyReader) ownKeys() []string {
	if k.mapping != &questionMapping {
		return k.allowed
	}
	return k.mapping.names(typeIn(k.content))
}

// isGiven reports whether the mapping has a key, or another in whose place it would stand.
func (k *keyReader) isGiven(name string) bool {
	if keyOf(k.content, name) != nil {
		return true
	}
	if k.mapping != &questionMapping {
		return false
	}
	sources := specOf(typeIn(k.content)).sources
	return slices.Contains(sources, name) && slices.ContainsFunc(sources, func(other string) bool { return keyOf(k.content, other) != nil })
}

// readAs stores the value of a misspelled key under another name, unless that is given already.
func (k *keyReader) readAs(name string, key, value *yaml.Node) {
	if k.keys[name] == nil {
		k.keys[name], k.values[name] = key, value
	}
}

// belongsToEntry reports whether a key is indented like the dashes of the list before it, though it belongs to the last
// entry of that list. If so, it reports the key and adds it to the entry. own says whether the object itself can have the
// key.
func (k *keyReader) belongsToEntry(key, value *yaml.Node, own bool) bool {
	if own || k.list == nil || len(k.list.Content) == 0 || key.Kind != yaml.ScalarNode || key.Column != k.list.Column {
		return false
	}
	entry := k.list.Content[len(k.list.Content)-1]
	if entry.Kind != yaml.MappingNode || len(entry.Content) == 0 || keyOf(entry, key.Value) != nil || !keyNames()[key.Value] {
		return false
	}
	first := entry.Content[0]
	k.fail(key, "%s is indented like the dash, and so outside of the entry that begins on line %d: indent it by %d more spaces, as %s", quote(key.Value), entry.Line, first.Column-key.Column, quote(first.Value))
	entry.Content = append(entry.Content, key, value)
	return true
}

// keyOf finds a key of a mapping, or nil.
func keyOf(m *yaml.Node, name string) *yaml.Node {
	for i := 0; m != nil && m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i]
		}
	}
	return nil
}

// failMissing reports the keys that must be given and are not.
func (o object) failMissing() {
	for _, name := range o.mapping.needed(o.questionType) {
		if o.lacks(name) {
			k, _ := o.mapping.key(name, o.questionType)
			o.need(name, k.missing())
		}
	}
}

// need reports a missing key, at the position of the mapping.
func (o object) need(name string, why message.Text) {
	if o.lacks(name) {
		o.fail(o.node, "%s is missing%s", quote(name), why)
	}
}

// lacks reports whether a key that must be given is missing.
func (o object) lacks(name string) bool { return o.keys[name] == nil && o.node != nil && !o.merged }

// has reports whether a key was given with a supported value.
func (o object) has(name string) bool { return o.values[name] != nil }

// form returns the form of a key's value.
func (o object) form(name string) form {
	k, _ := o.mapping.key(name, o.questionType)
	return k.form
}

// afterComma reports whether a key is really the rest of a text inside { } that has a comma.
func (r *reader) afterComma(key, value *yaml.Node) bool {
	return value.Kind == yaml.ScalarNode && value.Tag == "!!null" && value.Value == "" && value.Line == key.Line && key.Style == 0 &&
		key.Column+len([]rune(key.Value)) == value.Column
}

// beforeColon returns the part of a key before a wide or tight colon: the key that was meant.
func beforeColon(text string) string {
	word, _, _ := strings.Cut(strings.ReplaceAll(text, "：", ":"), ":")
	return strings.TrimSpace(word)
}

// colonHint says what is wrong with a colon that YAML does not read as one.
func colonHint(text string) message.Text {
	switch {
	case wideColon.MatchString(text):
		return message.New(": %s", wideColonMessage)
	case tightColon.MatchString(text):
		return message.New(": %s", tightColonMessage)
	}
	return message.Text{}
}
