package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	reading "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// How long descriptions are at most; a Han character is as wide as two others. Search engines and link previews cut
// off more than about the one, and the list of surveys has two lines for the other.
const (
	widestDescription = 160
	widestExcerpt     = 120
)

// Description is what search engines and link previews show of an author's text.
func Description(markdown string) string { return describe(markdown, widestDescription) }

// describe is the beginning of an author's text without its marks: its first paragraph, cut at a sentence or a word.
func describe(markdown string, widest int) string {
	source := []byte(markdown)
	var b strings.Builder
	for block := goldmark.DefaultParser().Parse(reading.NewReader(source)).FirstChild(); block != nil; block = block.NextSibling() {
		if block.Kind() != ast.KindParagraph {
			continue
		}
		ast.Walk(block, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // it returns what this returns: no error
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
		break
	}
	return shorten(joinLines(b.String()), widest)
}

// joinLines makes one line of several: with a space between, except between Han characters.
func joinLines(s string) string {
	var b strings.Builder
	last := utf8.RuneError // of an empty text
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(line)
		first, size := utf8.DecodeRuneInString(line)
		if size == 0 {
			continue
		}
		if last != utf8.RuneError && !(wide(last) && wide(first)) {
			b.WriteByte(' ')
		}
		b.WriteString(line)
		last, _ = utf8.DecodeLastRuneInString(line)
	}
	return b.String()
}

// wide reports whether a character is one of those that are written without spaces between.
func wide(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana) || c >= 0x3000 && c <= 0x303f || c >= 0xff00 && c <= 0xffef ||
		strings.ContainsRune("“”‘’…—", c)
}

// shorten cuts a text after a sentence, or else at a word, so that it is no wider than widest.
func shorten(s string, widest int) string {
	if width(s) <= widest {
		return s
	}
	runes, most := []rune(s), 0
	for left := widest; left > 0; most++ {
		left -= width(string(runes[most]))
	}
	for i := most - 1; i > most/3; i-- {
		if strings.ContainsRune("。！？", runes[i]) || strings.ContainsRune(".!?", runes[i]) && unicode.IsSpace(runes[i+1]) {
			return string(runes[:i+1])
		}
	}
	for i := most - 1; i > most/2; i-- {
		if unicode.IsSpace(runes[i]) || wide(runes[i]) {
			return strings.TrimRightFunc(string(runes[:i]), func(c rune) bool { return unicode.IsSpace(c) || unicode.IsPunct(c) }) + "…"
		}
	}
	return string(runes[:most-1]) + "…"
}
