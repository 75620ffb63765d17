package questionnaire

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Options without scores, and rows, may be written without an id. Then the id is made from the label in the survey's default
// language alone, so that it stays when others are added, removed or moved, and when other languages are added.

// What made ids begin with, if the label is not made of ASCII words.
const (
	optionPrefix = "o_"
	rowPrefix    = "r_"
)

const maxSlug = 32 // characters; the id of a longer label is a hash

var (
	asciiWords = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 _,.!?'’():;/&-]*$`)
	betweenIDs = regexp.MustCompile(`[^a-z0-9]+`)
)

// deriveID makes an id from a label: its words in lower case, joined by _, if they are ASCII letters and digits; else the
// prefix and 32 bits of the label's SHA-256. It returns "" for a label without text.
func deriveID(prefix, label string) string {
	label = strings.Join(strings.Fields(norm.NFC.String(label)), " ")
	if label == "" {
		return ""
	}
	if asciiWords.MatchString(label) {
		slug := strings.NewReplacer("'", "", "’", "").Replace(strings.ToLower(label))
		slug = strings.Trim(betweenIDs.ReplaceAllString(slug, "_"), "_")
		if len(slug) <= maxSlug && slug != "null" { // which YAML reads as nothing
			return slug
		}
	}
	sum := sha256.Sum256([]byte(label))
	return prefix + hex.EncodeToString(sum[:4])
}

// A missingID is an option or row without an id, and the id that was made for it.
type missingID struct {
	node  *yaml.Node // a mapping, a text, or an alias to a text
	id    string
	label string
}

// choiceObject reads an option or a row: a mapping, or a text, which is its label.
func (r *reader) choiceObject(n *yaml.Node, m *mapping) object {
	if isNull(target(n)) {
		r.fail(n, "an entry is empty: write its text, or remove the entry")
		return object{reader: r, mapping: m}
	}
	if !r.isBareText(n) {
		return r.object(n, m)
	}
	if words := target(n).Value; len(r.languages) > 1 && strings.ContainsFunc(words, unicode.IsLetter) {
		r.fail(n, "a text alone is a label in one language: write {label: %s}", r.labelExample(flowText(words)))
		return object{reader: r, mapping: m}
	}
	text := map[string]*yaml.Node{"label": n}
	return object{reader: r, mapping: m, node: n, keys: text, values: text}
}

// makeID makes the id of an option or row that has none, and remembers that it did.
func (o object) makeID(prefix string, label survey.Text) string {
	words := label.In(o.languages[0])
	id := deriveID(prefix, words)
	if id != "" {
		node := o.node
		if node.Kind == yaml.AliasNode && node.Alias.Kind == yaml.MappingNode {
			node = node.Alias
		}
		o.reader.missing = append(o.reader.missing, missingID{node, id, words})
	}
	return id
}

// isMade reports whether an option or row has no id of its own.
func (o object) isMade() bool { return o.node != nil && o.keys["id"] == nil }

// failMadeID reports an option without an id among options with scores, whose figures are compared over the years.
func (o object) failMadeID() {
	if o.isMade() && !o.merged {
		o.fail(o.node, "an option has an id if the list has scores, which are compared over the years: write %s", o.optionExample("", o.wordsOf()))
	}
}

// wordsOf returns the label of an option or row as it is written, if that is one text.
func (o object) wordsOf() string { return scalarText(o.values["label"]) }

// A takenID is the id of an entry of a list.
type takenID struct {
	line  int
	label survey.Text
}

// isTaken reports an option or row whose id an entry before it has.
func (o object) isTaken(id string, label survey.Text, taken map[string]takenID) bool {
	first, found := taken[id]
	if !found || id == "" || o.node == nil {
		return false
	}
	switch words := label.In(o.languages[0]); {
	case !o.isMade() && o.mapping == &rowMapping:
		o.fail(o.values["id"], "row %s is given twice (first on line %d): every row needs an id of its own", quote(id), first.line)
	case !o.isMade():
		o.fail(o.values["id"], "option %s is given twice (first on line %d): every option needs an id of its own", quote(id), first.line)
	case words == first.label.In(o.languages[0]):
		o.fail(o.node, "%s is listed twice (first on line %d): keep one", quote(words), first.line)
	default:
		o.fail(o.node, "%s would have the id %s like the one on line %d: give it another, such as %s", quote(words), quote(id), first.line, o.optionExample(id+"_2", words))
	}
	return true
}

var (
	listCommas = regexp.MustCompile(`[,，;；、]`)
	wideCommas = regexp.MustCompile(`[，；]`)
)

// choices returns the entries of a list of options or rows; name names it in messages. It reports texts that were meant as
// several entries.
func (r *reader) choices(v *yaml.Node, name message.Text) []*yaml.Node {
	list := target(v)
	if r.isBareText(v) && !strings.HasPrefix(list.Value, "-") {
		lines, parts := r.linesOf(list), meantEntries(list.Value)
		switch {
		case len(lines) > 1 && len(r.languages) == 1:
			first := strings.TrimSpace(entryMark.ReplaceAllString(lines[0], ""))
			r.fail(v, "%s must be a list: write each line as an entry, such as %s", name, quote("- "+first))
			return nil
		case len(parts) == 1 && parts[0] == strings.TrimSpace(list.Value):
		case len(r.languages) > 1 && strings.ContainsFunc(list.Value, unicode.IsLetter):
			r.fail(v, "%s must be a list: write \"- %s\", and so on", name, "{label: "+r.labelExample(flowText(parts[0]))+"}")
			return nil
		default:
			r.fail(v, "%s must be a list: write %s", name, flowList(parts))
			return nil
		}
	}
	entries := r.entries(v, name)
	if list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle == 0 {
		return entries
	}
	var apart []*yaml.Node
	for _, n := range entries {
		apart = append(apart, r.splitWide(n, len(entries) == 1)...)
	}
	return apart
}

// splitWide returns the texts that wide commas part in an entry of a list in brackets, and reports the commas. Ideographic
// commas may belong to a text, unless it is alone.
func (r *reader) splitWide(n *yaml.Node, alone bool) []*yaml.Node {
	commas := wideCommas
	if alone {
		commas = listCommas
	}
	if n.Kind != yaml.ScalarNode || n.Style != 0 || !commas.MatchString(n.Value) {
		return []*yaml.Node{n}
	}
	at := commas.FindStringIndex(n.Value)[0]
	r.failInside(n, utf8.RuneCountInString(n.Value[:at]), "the comma in %s is a wide one: write \", \" between entries, or put the text into quotes if it is one entry", quote(n.Value))
	var parts []*yaml.Node
	for _, text := range commas.Split(n.Value, -1) {
		part := *n
		part.Value = strings.TrimSpace(text)
		parts = append(parts, &part)
	}
	return parts
}

// meantEntries returns the entries that a text in place of a list seems to stand for: what is numbered, or what commas or
// slashes part.
func meantEntries(text string) []string {
	text = inWideBrackets(text)
	if starts := numberMark.FindAllStringIndex(text, -1); len(starts) > 1 && starts[0][0] == 0 {
		return numberMark.Split(text, -1)[1:]
	}
	if parts := listCommas.Split(text, -1); len(parts) > 1 {
		return parts
	}
	return slashes.Split(text, -1)
}

// linesOf returns the lines of a plain or block text as they are in the file; nil if they cannot be told apart.
func (r *reader) linesOf(n *yaml.Node) []string {
	if n.Style&yaml.LiteralStyle != 0 {
		return slices.DeleteFunc(strings.Split(n.Value, "\n"), isBlank)
	}
	var lines []string
	words := strings.Fields(n.Value)
	for i := n.Line; i >= 1 && i <= len(r.lines) && len(words) > 0; i++ {
		line := r.lines[i-1]
		if i == n.Line {
			line = suffix(line, n.Column-1)
		}
		have := strings.Fields(line)
		if len(have) > len(words) || !slices.Equal(have, words[:len(have)]) {
			return nil
		}
		if words = words[len(have):]; len(have) > 0 {
			lines = append(lines, strings.Join(have, " "))
		}
	}
	return lines
}

var (
	slashes    = regexp.MustCompile(`[/／|｜]`)
	numberMark = regexp.MustCompile(`(?:^|\s)(?:[A-Za-z][.．、)）]|[0-9]{1,2}[.．、)）]|[①-⑳])`)
	entryMark  = regexp.MustCompile(`^(?:[-－–—•·●○◆■□*]+|[A-Za-z][.．、)）]|[0-9]{1,2}[.．、)）]|[①-⑳])`)
)

// inWideBrackets returns what stands between the wide brackets around a text, or the text if there are none.
func inWideBrackets(text string) string {
	text = strings.TrimSpace(text)
	if m := wideBrackets.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

var wideBrackets = regexp.MustCompile(`^[【［〔｛（(]([^【】［］〔〕｛｝（）()]*)[】］〕｝）)]$`)

// flowList writes texts as a list in brackets.
func flowList(texts []string) string {
	var written []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			written = append(written, flowText(text))
		}
	}
	return "[" + strings.Join(written, ", ") + "]"
}

// flowText writes a text inside brackets: in quotes, if it needs them.
func flowText(text string) string {
	text = unquoted(text)
	if needsQuotes.MatchString(text) || isKeyword(text) {
		return singleQuoted(text)
	}
	return text
}

var needsQuotes = regexp.MustCompile("^[-?:!%@`|>*&# ]|[,，；:#{}\\[\\]\"'&*?]|^$| $")

// isKeyword reports whether YAML reads a word as something else than a text.
func isKeyword(text string) bool {
	switch strings.ToLower(text) {
	case "true", "false", "null", "~":
		return true
	}
	return false
}
