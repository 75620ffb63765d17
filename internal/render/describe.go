package render

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	reader "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// The widths that descriptions are cut at, in halves of a Chinese character: what search engines and link previews show at
// most, and two lines of the list of surveys.
const (
	maxDescription = 160
	maxExcerpt     = 120
)

// Description returns what search engines and link previews show of an author's text.
func Description(markdown string) string { return describe(markdown, maxDescription) }

// textParser returns the parser of authors' texts, which takes longer to make than a text to parse. It may be used concurrently.
var textParser = sync.OnceValue(goldmark.DefaultParser)

// describe returns the first paragraph of an author's text as plain text, cut after a sentence or a word.
func describe(markdown string, maxWidth int) string {
	source := []byte(markdown)
	for block := textParser().Parse(reader.NewReader(source)).FirstChild(); block != nil; block = block.NextSibling() {
		if block.Kind() == ast.KindParagraph {
			return shorten(joinLines(plainText(block, source)), maxWidth)
		}
	}
	return ""
}

// plainText returns the text of a block without markup and raw HTML.
func plainText(block ast.Node, source []byte) string {
	var b strings.Builder
	ast.Walk(block, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // never an error: it returns this function's
		switch n := n.(type) {
		case *ast.RawHTML:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if entering {
				b.Write(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(n.Segment.Value(source)))))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// joinLines joins lines with a space, except between characters that are written without.
func joinLines(s string) string {
	var b strings.Builder
	last := utf8.RuneError // of an empty text
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(line)
		first, size := utf8.DecodeRuneInString(line)
		if size == 0 {
			continue
		}
		if last != utf8.RuneError && !(isUnspaced(last) && isUnspaced(first)) {
			b.WriteByte(' ')
		}
		b.WriteString(line)
		last, _ = utf8.DecodeLastRuneInString(line)
	}
	return b.String()
}

// isUnspaced reports whether a character is one of those that are written without spaces between them.
func isUnspaced(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana) || c >= 0x3000 && c <= 0x303f || c >= 0xff00 && c <= 0xffef ||
		strings.ContainsRune("“”‘’…—", c)
}

// shorten cuts a text after a sentence, or else at a word, so that it is no wider than maxWidth.
func shorten(s string, maxWidth int) string {
	if width(s) <= maxWidth {
		return s
	}
	runes, most := []rune(s), 0
	for left := maxWidth; left > 0; most++ {
		left -= width(string(runes[most]))
	}
	for i := most - 1; i > most/3; i-- {
		if strings.ContainsRune("。！？", runes[i]) || strings.ContainsRune(".!?", runes[i]) && unicode.IsSpace(runes[i+1]) {
			return string(runes[:i+1])
		}
	}
	for i := most - 1; i > most/2; i-- {
		if unicode.IsSpace(runes[i]) || isUnspaced(runes[i]) {
			return strings.TrimRightFunc(string(runes[:i]), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsPunct(c) }) + "…"
		}
	}
	return string(runes[:most-1]) + "…"
}
