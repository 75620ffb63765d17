package surveyjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/convert/report"
)

// Bounds of a JSON definition.
const (
	maxDepth  = 64      // of nested values
	maxValues = 100_000 // in all
)

// A node is a JSON value and where it stands.
type node struct {
	kind    byte // '{' '[' 's' 'n' 'b' '0'
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

// get is an object's member, or nil; null is as good as none.
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

// leaves are all atoms within.
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

// first is an atom that stands for the value: its only or first leaf.
func (n *node) first() *report.Atom {
	if all := n.leaves(); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (n *node) scalar() bool { return n != nil && (n.kind == 's' || n.kind == 'n' || n.kind == 'b') }

func (n *node) str() string {
	if n.scalar() {
		return n.text
	}
	return ""
}

// isTrue reports whether a value is true, which some write in quotes.
func (n *node) isTrue() bool { return n != nil && (n.kind == 'b' || n.kind == 's') && n.text == "true" }

// brief shows a value within a message.
func (n *node) brief() string {
	if n.scalar() {
		return report.Quote(n.text)
	}
	if n.kind == '[' {
		return fmt.Sprintf("a list of %d", len(n.items))
	}
	return "an object"
}

// jsonReader reads JSON with the place of every value.
type jsonReader struct {
	*report.Report
	source []byte
	dec    *json.Decoder
	values int

	offset, line, column int // where position was asked for last
}

func readJSON(r *report.Report, source []byte) (*node, error) {
	j := &jsonReader{Report: r, source: bytes.TrimPrefix(source, []byte("\uFEFF")), line: 1, column: 1}
	j.dec = json.NewDecoder(bytes.NewReader(j.source))
	j.dec.UseNumber()
	n, err := j.value("", 0)
	if err == nil {
		if _, after := j.dec.Token(); after != io.EOF {
			err = errors.New("something follows after its end")
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
	hint := ""
	if looksLikeScript.Match(j.source[:min(len(j.source), 4096)]) {
		hint = "; names and texts need double quotes: it may be JavaScript rather than JSON (the JSON Editor of Survey Creator shows JSON)"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it breaks off")
	}
	return nil, fmt.Errorf("%d:%d: this JSON cannot be read: %v%s", line, column, err, hint)
}

var looksLikeScript = regexp.MustCompile(`(?m)^\s*[{,]?\s*[A-Za-z_]+\s*:|//|'`)

// position is the line and column, in characters from 1, of an offset. It goes on from the last one, since a definition
// may well be one long line.
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

// place is where the next value, or key, begins.
func (j *jsonReader) place(name string) report.Place {
	offset := int(j.dec.InputOffset())
	for offset < len(j.source) && strings.ContainsRune(" \t\r\n,:", rune(j.source[offset])) {
		offset++
	}
	line, column := j.position(offset)
	return report.Place{Name: name, Line: line, Column: column}
}

func (j *jsonReader) value(name string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	if j.values++; j.values > maxValues {
		return nil, fmt.Errorf("more than %d values: a survey never has", maxValues)
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

func (j *jsonReader) object(n *node, name string, depth int) error {
	var seen map[string]bool
	for j.dec.More() {
		at := j.place(name)
		key, err := j.dec.Token()
		if err != nil {
			return err
		}
		path := key.(string)
		if name != "" {
			path = name + "." + path
		}
		v, err := j.value(path, depth+1)
		if err != nil {
			return err
		}
		if v.atom != nil { // where the property begins, rather than its value
			v.atom.At.Line, v.atom.At.Column = at.Line, at.Column
		}
		v.at.Line, v.at.Column = at.Line, at.Column
		if seen == nil {
			seen = map[string]bool{}
		}
		for i, m := range n.members {
			if !seen[key.(string)] {
				break
			}
			if m.key == key {
				j.MarkAll(report.Dropped, m.value.at, m.value.leaves(), "given twice: the last one was taken")
				n.members = append(n.members[:i], n.members[i+1:]...)
				break
			}
		}
		seen[key.(string)] = true
		n.members = append(n.members, member{key.(string), v})
	}
	return nil
}
