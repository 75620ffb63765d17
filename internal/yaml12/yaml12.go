// Package yaml12 reads YAML 1.2 with yaml.v3, whose scanner is of YAML 1.1: a text is rewritten where the two differ, and the
// tree is as if yaml.v3 had read the original. JSON is a subset of YAML 1.2. It is pure.
package yaml12

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

// Lines returns the lines of a text without its byte order mark. Lines may end in \n, \r\n or \r.
func Lines(source []byte) []string {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	if bytes.IndexByte(source, '\r') >= 0 {
		source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
		source = bytes.ReplaceAll(source, []byte("\r"), []byte("\n")) // as YAML counts lines, too
	}
	return strings.Split(string(source), "\n")
}

// Decode reads the first two documents of a text in UTF-8; each is nil if there is none. Columns of the nodes are in characters
// of the text. Messages of errors are those of yaml.v3, with its lines.
func Decode(source []byte) (first, second *yaml.Node, err error) {
	lines := Lines(source)
	s := scanner{lines: lines, anchors: map[string]string{}}
	s.scan()
	changes := apply(lines, s.edits)
	first, second, err = decode([]byte(strings.Join(lines, "\n")))
	names := map[string]string{}
	for name, short := range s.anchors {
		names[short] = name
	}
	for _, root := range []*yaml.Node{first, second} {
		if root != nil {
			restore(root, changes, names)
		}
	}
	return first, second, err
}

// Check returns the error of Decode, for a part of a text: what its aliases stand for may be elsewhere.
func Check(source []byte) error {
	lines := Lines(source)
	s := scanner{lines: lines, anchors: map[string]string{}, apart: true}
	s.scan()
	apply(lines, s.edits)
	_, _, err := decode([]byte(strings.Join(lines, "\n")))
	return err
}

var errUnreadable = errors.New("panic") // of yaml.v3's scanner

// decode recovers the panics of yaml.v3's scanner.
func decode(source []byte) (first, second *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			first, second, err = nil, nil, errUnreadable
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var one, two yaml.Node
	if err := decoder.Decode(&one); err == io.EOF || err == nil && len(one.Content) == 0 {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	if err := decoder.Decode(&two); err == io.EOF {
		return one.Content[0], nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	return one.Content[0], &two, nil
}

// restore gives nodes the places, styles and names of anchors that they have in the original.
func restore(n *yaml.Node, changes map[int]*change, names map[string]string) {
	if c := changes[n.Line-1]; c != nil {
		column, quoted := c.undo(n.Column - 1)
		n.Column = column + 1
		if quoted {
			n.Style &^= yaml.SingleQuotedStyle
		}
	}
	if name, renamed := names[n.Anchor]; renamed {
		n.Anchor = name
	}
	if name, renamed := names[n.Value]; renamed && n.Kind == yaml.AliasNode {
		n.Value = name
	}
	for _, c := range n.Content { // aliases are not followed
		restore(c, changes, names)
	}
}
