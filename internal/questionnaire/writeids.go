package questionnaire

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// A MadeID is the id that was made for an option or row of a file that has none there.
type MadeID struct {
	Place
	ID, Label string
}

// MissingIDs lists the options and rows of a questionnaire that have no id, in the order of the file. Of a file with problems
// it may list only some.
func MissingIDs(file string, source []byte) []MadeID {
	r := newReader(file)
	r.questionnaire(source)
	return r.madeIDs()
}

// madeIDs lists the ids that were made, each once.
func (r *reader) madeIDs() []MadeID {
	made := make([]MadeID, 0, len(r.missing))
	for _, m := range r.missing {
		made = append(made, MadeID{Place{r.file, m.node.Line, r.originalColumn(m.node.Line, m.node.Column)}, m.id, m.label})
	}
	slices.SortStableFunc(made, func(a, b MadeID) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return slices.Compact(made) // aliases lead to one entry several times
}

// WriteIDs puts the ids that were made for options and rows into a questionnaire. Nothing else of the file changes, nor does
// what it means: the survey that it compiles to is the same. It returns problems if the file has any, or if an id cannot be
// written.
func WriteIDs(file string, source []byte) (written []byte, made []MadeID, problems Problems) {
	s, problems := Parse(file, source)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	r := newReader(file)
	root := r.document(source, "", "")
	r.survey(root)
	w := idWriter{reader: r, source: source, starts: lineStarts(source), inBlock: map[*yaml.Node]bool{}}
	w.isJSON = root.Style&yaml.FlowStyle != 0 && len(root.Content) > 0 && root.Content[0].Style&yaml.DoubleQuotedStyle != 0
	w.findEntries(root)
	written = w.write(r.missing)
	if made = r.madeIDs(); isSameSurvey(s, file, written, 0) {
		return written, made, nil
	}
	culprit := r.missing[0]
	for _, m := range r.missing[:min(len(r.missing), maxTrials)] {
		if !isSameSurvey(s, file, w.write([]missingID{m}), len(made)-1) {
			culprit = m
			break
		}
	}
	r.fail(culprit.node, "the id of %s cannot be written here: write it by hand, as %s", quote(culprit.label), r.optionExample(culprit.id, culprit.label))
	return nil, nil, r.problems
}

// maxTrials bounds the search for the entry whose id cannot be written.
const maxTrials = 100

// isSameSurvey reports whether a file compiles to a survey, with a number of ids that are missing.
func isSameSurvey(s *survey.Survey, file string, source []byte, missing int) bool {
	other, problems := Parse(file, source)
	return len(problems) == 0 && other.Version == s.Version && other.Shape == s.Shape && len(MissingIDs(file, source)) == missing
}

// An idWriter puts ids into a file.
type idWriter struct {
	*reader
	source  []byte
	starts  []int               // the byte offset of each line
	inBlock map[*yaml.Node]bool // entries of lists that are not in brackets
	isJSON  bool
}

// An insertion is text to be put at a byte offset of the source.
type insertion struct {
	at   int
	text string
}

func (w *idWriter) findEntries(n *yaml.Node) {
	for _, c := range n.Content {
		if n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0 {
			w.inBlock[c] = true
		}
		w.findEntries(c)
	}
}

// write returns the source with the ids of some entries.
func (w *idWriter) write(entries []missingID) []byte {
	var all []insertion
	done := map[*yaml.Node]bool{}
	for _, m := range entries {
		if !done[m.node] {
			all = append(all, w.insertions(m)...)
		}
		done[m.node] = true
	}
	slices.SortStableFunc(all, func(a, b insertion) int { return a.at - b.at })
	var out bytes.Buffer
	at := 0
	for _, i := range all {
		out.Write(w.source[at:i.at])
		out.WriteString(i.text)
		at = i.at
	}
	out.Write(w.source[at:])
	return out.Bytes()
}

// insertions returns what gives an entry its id.
func (w *idWriter) insertions(m missingID) []insertion {
	id, label := "id: "+m.id, "label: "
	if w.isJSON {
		id, label = `"id": "`+m.id+`"`, `"label": `
	}
	n, start := m.node, w.offset(m.node.Line, m.node.Column)
	if n.Kind == yaml.MappingNode {
		key := firstKey(n)
		if key == nil {
			return nil
		}
		at := w.offset(key.Line, key.Column)
		if n.Style&yaml.FlowStyle != 0 {
			return []insertion{{at, id + ", "}}
		}
		return []insertion{{at, id + w.lineEnd(key.Line) + strings.Repeat(" ", w.originalColumn(key.Line, key.Column)-1)}}
	}
	if w.inBlock[n] && !isBraced(n) {
		return []insertion{{start, id + w.lineEnd(n.Line) + strings.Repeat(" ", w.originalColumn(n.Line, n.Column)-1) + label}}
	}
	end, brace := w.end(n), "}"
	if n.Kind == yaml.AliasNode {
		brace = " }" // which is no part of the alias
	}
	return []insertion{{start, "{" + id + ", " + label}, {end, brace}}
}

// firstKey returns the first key that is written in a mapping itself, and not merged into it from above; nil if there is none.
func firstKey(m *yaml.Node) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if key := m.Content[i]; key.Line > m.Line || key.Line == m.Line && key.Column >= m.Column {
			return key
		}
	}
	return nil
}

// isBraced reports whether a text of a list that is not in brackets can stand inside braces as it is.
func isBraced(n *yaml.Node) bool {
	quoted := n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
	block := n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	return n.Kind == yaml.AliasNode || quoted || !block && !strings.ContainsAny(n.Value, ",[]{}?:#")
}

// end returns the offset behind a text or an alias.
func (w *idWriter) end(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		return w.offset(n.Line, n.Column+1+utf8.RuneCountInString(n.Value))
	}
	line, column := w.position(n, utf8.RuneCountInString(n.Value))
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		column++
	}
	return w.offset(line, column)
}

// lineStarts returns the byte offset of each line, and of the end. Lines end as in [yaml12.Lines].
func lineStarts(source []byte) []int {
	at := len(source) - len(bytes.TrimPrefix(source, []byte("\uFEFF")))
	starts := []int{at}
	for ; at < len(source); at++ {
		if source[at] == '\n' || source[at] == '\r' && !bytes.HasPrefix(source[at:], []byte("\r\n")) {
			starts = append(starts, at+1)
		}
	}
	return append(starts, len(source))
}

// offset returns the byte offset, in the source, of a place in the lines that were read.
func (w *idWriter) offset(line, column int) int {
	i := min(line-1, len(w.starts)-2)
	own := w.source[w.starts[i]:w.starts[i+1]]
	return w.starts[i] + len(prefix(string(bytes.TrimRight(own, "\r\n")), w.originalColumn(line, column)-1))
}

// lineEnd returns how a line of the source ends; the last one like the first.
func (w *idWriter) lineEnd(line int) string {
	end := w.source[w.offset(line, 1):]
	at := bytes.IndexAny(end, "\r\n")
	if at < 0 {
		end = w.source
		at = bytes.IndexAny(end, "\r\n")
	}
	switch {
	case at < 0 || end[at] == '\n':
		return "\n"
	case bytes.HasPrefix(end[at:], []byte("\r\n")):
		return "\r\n"
	default:
		return "\r"
	}
}
