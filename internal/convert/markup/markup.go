// Package markup removes HTML and Markdown from texts, or converts HTML to Markdown.
package markup

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"glasspoll/internal/message"
)

// Clean removes what no text may have: control characters, broken encoding, blanks at the ends of lines. Lines end in \n.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\u00A0", " ", "_x000D_", "").Replace(s)
	s = strings.Map(func(c rune) rune {
		if c == '\n' || !unicode.IsControl(c) && c != '\u202D' && c != '\u202E' && c != '\uFEFF' && c != '\uFFFE' && c != '\uFFFF' {
			return c
		}
		return -1
	}, s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

var (
	tagged      = regexp.MustCompile(`(?i)</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|&(amp|lt|gt|quot|nbsp|#\d+);`)
	strong      = regexp.MustCompile(`\*\*([^*\n]+)\*\*|__([^_\n]+)__`)
	headingSign = regexp.MustCompile(`(?m)^#{1,6} +`)
	manyBreaks  = regexp.MustCompile(`\n{3,}`)
)

// Plain removes the markup from a text that is shown as plain text. lost names what was lost; "" if nothing was.
func Plain(s string) (text string, lost message.Key) {
	text = s
	if tagged.MatchString(text) {
		text, _ = convertHTML(text, false)
		lost = "its HTML"
	}
	if strong.MatchString(text) || headingSign.MatchString(text) {
		text = headingSign.ReplaceAllString(strong.ReplaceAllString(text, "$1$2"), "")
		lost = "its formatting"
	}
	return text, lost
}

// Markdown converts HTML to Markdown, as far as that has a counterpart. lost names what was lost; "" if nothing was.
func Markdown(s string) (text, lost string) {
	if !tagged.MatchString(s) {
		return s, ""
	}
	return convertHTML(s, true)
}

// convertHTML converts HTML into plain text or Markdown. lost names the first element that was lost.
func convertHTML(s string, markdown bool) (text, lost string) {
	c := converter{markdown: markdown}
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(1 << 20)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return manyBreaks.ReplaceAllString(Clean(c.out.String()), "\n\n"), c.lost
		case html.TextToken:
			if c.skipping == 0 {
				c.out.WriteString(z.Token().Data)
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			c.tag(z.Token())
		}
	}
}

// A converter converts one HTML text.
type converter struct {
	markdown bool
	out      strings.Builder
	lost     string   // the first element that was lost
	links    []string // the addresses of the open links; "" for a lost one
	skipping int      // open elements whose content is no text
}

// sign writes a sign of Markdown.
func (c *converter) sign(s string) {
	if c.markdown {
		c.out.WriteString(s)
	}
}

func (c *converter) lose(element string) {
	if c.lost == "" {
		c.lost = "<" + element + ">"
	}
}

func (c *converter) tag(t html.Token) {
	name := t.Data
	start := t.Type != html.EndTagToken
	switch kind := elements[name]; {
	case kind == hidden && t.Type == html.StartTagToken:
		c.skipping++
		c.lose(name)
	case kind == hidden:
		c.skipping = max(0, c.skipping-1)
	case c.skipping > 0:
	case kind == bold:
		c.sign("**")
	case kind == italic:
		c.sign("*")
	case kind == lineBreak:
		c.out.WriteString("\n")
		c.sign("\n")
	case kind == block:
		c.out.WriteString("\n\n")
	case kind == row:
		c.out.WriteString("\n")
	case kind == heading:
		c.out.WriteString("\n\n")
		if start {
			c.sign(strings.Repeat("#", int(name[1]-'0')) + " ")
		}
	case kind == item:
		if start {
			c.out.WriteString("\n- ")
		}
	case kind == link && start:
		c.openLink(t)
	case kind == link:
		c.closeLink()
	case kind == inline:
		if start && len(t.Attr) > 0 {
			c.lose(name)
		}
	case start:
		c.lose(name)
	}
}

// How elements are converted.
type element int

const (
	other  element = iota // is lost, but for its content
	hidden                // is lost with its content
	inline                // is its content; attributes are lost
	bold
	italic
	lineBreak
	block
	row
	heading
	item
	link
)

var elements = map[string]element{
	"script": hidden, "style": hidden, "head": hidden, "template": hidden, "iframe": hidden, "object": hidden,
	"span": inline, "font": inline, "center": inline, "u": inline, "small": inline, "label": inline, "td": inline, "th": inline,
	"tbody": inline, "thead": inline, "html": inline, "body": inline,
	"b": bold, "strong": bold, "i": italic, "em": italic, "br": lineBreak,
	"p": block, "div": block, "ul": block, "ol": block, "section": block, "table": block,
	"tr": row, "dt": row, "dd": row,
	"h1": heading, "h2": heading, "h3": heading, "h4": heading, "h5": heading, "h6": heading,
	"li": item, "a": link,
}

func (c *converter) openLink(t html.Token) {
	address := ""
	for _, a := range t.Attr {
		if a.Key == "href" && isAddress(a.Val) {
			address = a.Val
		}
	}
	if address == "" {
		c.lose("a")
	} else {
		c.sign("[")
	}
	c.links = append(c.links, address)
}

func (c *converter) closeLink() {
	last := len(c.links) - 1
	if last < 0 {
		return
	}
	switch address := c.links[last]; {
	case address == "":
	case c.markdown:
		c.out.WriteString("](" + address + ")")
	default:
		c.out.WriteString(" (" + address + ")")
	}
	c.links = c.links[:last]
}

// isAddress reports whether a link may lead there, and Markdown can write it.
func isAddress(s string) bool {
	if strings.ContainsAny(s, " ()<>\n") {
		return false
	}
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "mailto:")
}
