package surveyjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// Bounds of a JSON definition.
const (
	maxDepth  = 64      // of nested values
	maxValues = 100_000 // in all
)

// A node is a JSON value with its place.
type node struct {
	kind    byte // '{', '[', 's' string, 'n' number, 'b' boolean, '0' null
	text    string
	members []member // of an object, in order
	items   []*node
	atom    *report.Atom // of a leaf, or of an object or list with nothing in it
	at      report.Place
}

type member struct {
	key   string
	value *node
}

// get returns a member of an object, or nil if it is not there or null.
func (n *node) get(key string) *node {
	if n == nil || n.kind != '{' {
		return nil
	}
	for _, m := range n.members {
		if m.key == key && m.value.kind != '0' {
			return m.value
		}
	}
	return nil
}

// leaves returns all atoms within.
func (n *node) leaves() []*report.Atom {
	if n == nil {
		return nil
	}
	if n.atom != nil {
		return []*report.Atom{n.atom}
	}
	var out []*report.Atom
	for _, m := range n.members {
		out = append(out, m.value.leaves()...)
	}
	for _, i := range n.items {
		out = append(out, i.leaves()...)
	}
	return out
}

// first returns the first leaf, which represents the value in the report.
func (n *node) first() *report.Atom {
	if all := n.leaves(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// scalar reports whether the value is a string, a number or a boolean.
func (n *node) scalar() bool { return n != nil && (n.kind == 's' || n.kind == 'n' || n.kind == 'b') }

// str returns a scalar as text, else "".
func (n *node) str() string {
	if n.scalar() {
		return n.text
	}
	return ""
}

// isTrue reports whether the value is true, with or without quotes.
func (n *node) isTrue() bool { return n != nil && (n.kind == 'b' || n.kind == 's') && n.text == "true" }

// brief shows the value in a message.
func (n *node) brief() message.Text {
	if n.scalar() {
		return report.Quote(n.text)
	}
	if n.kind == '[' {
		return message.New("a list of %d", len(n.items))
	}
	return message.New("an object")
}

// A jsonReader reads JSON with the place of every value.
type jsonReader struct {
	*report.Report
	source []byte
	dec    *json.Decoder
	values int

	offset, line, column int // of the last call of position
}

// readJSON reads a whole document, and adds its leaves to the report.
func readJSON(r *report.Report, source []byte) (*node, error) {
	j := &jsonReader{Report: r, source: bytes.TrimPrefix(source, []byte("\uFEFF")), line: 1, column: 1}
	j.dec = json.NewDecoder(bytes.NewReader(j.source))
	j.dec.UseNumber()
	n, err := j.value("", 0)
	if err == nil {
		if _, after := j.dec.Token(); after != io.EOF {
			err = message.Errorf("something follows after its end")
		}
	}
	if err == nil {
		return n, nil
	}
	offset := int(j.dec.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = int(syntax.Offset) - 1
	}
	line, column := j.position(offset)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		err = message.Errorf("it ends too early")
	case syntax != nil:
		first, _ := utf8.DecodeRune(j.source[max(0, min(offset, len(j.source)-1)):])
		err = message.Errorf("%s does not belong here", report.Quote(string(first)))
	}
	if looksLikeScript.Match(j.source[:min(len(j.source), 4096)]) {
		return nil, message.Errorf("%d:%d: this JSON cannot be read: %w; names and texts need double quotes: it may be JavaScript rather than JSON (the JSON Editor of Survey Creator shows JSON)", line, column, err)
	}
	return nil, message.Errorf("%d:%d: this JSON cannot be read: %w", line, column, err)
}

var looksLikeScript = regexp.MustCompile(`(?m)^\s*[{,]?\s*[A-Za-z_]+\s*:|//|'`)

// position returns the line and column, in characters from 1, of an offset. It counts on from the last one, since a
// definition may be one long line.
func (j *jsonReader) position(offset int) (line, column int) {
	offset = max(0, min(offset, len(j.source)))
	if offset < j.offset {
		j.offset, j.line, j.column = 0, 1, 1
	}
	passed := j.source[j.offset:offset]
	if n := bytes.Count(passed, []byte("\n")); n > 0 {
		j.line += n
		j.column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	j.column += utf8.RuneCount(passed)
	j.offset = offset
	return j.line, j.column
}

// place returns where the next value or key begins.
func (j *jsonReader) place(name string) report.Place {
	offset := int(j.dec.InputOffset())
	for offset < len(j.source) && strings.ContainsRune(" \t\r\n,:", rune(j.source[offset])) {
		offset++
	}
	line, column := j.position(offset)
	return report.Place{Name: name, Line: line, Column: column}
}

// value reads the next value.
func (j *jsonReader) value(name string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, message.Errorf("nested more than %d levels deep", maxDepth)
	}
	if j.values++; j.values > maxValues {
		return nil, message.Errorf("more than %d values: a survey never has", maxValues)
	}
	n := &node{at: j.place(name)}
	t, err := j.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		n.kind = byte(t)
		if n.kind == '{' {
			err = j.object(n, name, depth)
		} else {
			for i := 0; err == nil && j.dec.More(); i++ {
				var item *node
				item, err = j.value(fmt.Sprintf("%s[%d]", name, i), depth+1)
				n.items = append(n.items, item)
			}
		}
		if err != nil {
			return nil, err
		}
		if _, err := j.dec.Token(); err != nil { // the closing bracket
			return nil, err
		}
		if len(n.members)+len(n.items) > 0 {
			n.at.Order = n.first().At.Order
			return n, nil
		}
		n.text = map[byte]string{'{': "{}", '[': "[]"}[n.kind]
	case string:
		n.kind, n.text = 's', t
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind, n.text = 'b', fmt.Sprint(t)
	default:
		n.kind, n.text = '0', "null"
	}
	n.atom = j.Add(n.at, n.text)
	n.at = n.atom.At
	return n, nil
}

// object reads the members of an object.
func (j *jsonReader) object(n *node, parent string, depth int) error {
	seen := map[string]bool{}
	for j.dec.More() {
		at := j.place(parent)
		key, err := j.dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		path := name
		if parent != "" {
			path = parent + "." + name
		}
		v, err := j.value(path, depth+1)
		if err != nil {
			return err
		}
		if v.atom != nil { // the place of a property is that of its key
			v.atom.At.Line, v.atom.At.Column = at.Line, at.Column
		}
		v.at.Line, v.at.Column = at.Line, at.Column
		if seen[name] {
			i := slices.IndexFunc(n.members, func(m member) bool { return m.key == name })
			first := n.members[i].value
			j.MarkAll(report.Dropped, first.at, first.leaves(), "given twice: the last one was taken")
			n.members = slices.Delete(n.members, i, i+1)
		}
		seen[name] = true
		n.members = append(n.members, member{name, v})
	}
	return nil
}
