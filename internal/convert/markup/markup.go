// Package markup takes HTML and Markdown out of texts, or turns the one into the other.
package markup

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Clean takes out what no text may hold: control characters and broken encoding. Lines end in \n.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\u00A0", " ", "_x000D_", "").Replace(s)
	s = strings.Map(func(c rune) rune {
		if c == '\n' || !unicode.IsControl(c) && c != '\uFEFF' && c != '\uFFFE' && c != '\uFFFF' {
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
	outOfTitles = map[string]bool{"script": true, "style": true, "head": true, "template": true, "iframe": true, "object": true}
)

// Plain takes the markup out of a text that is shown as it stands. what says what was lost; "" if nothing.
func Plain(s string) (text, what string) {
	text = s
	if tagged.MatchString(text) {
		text, _ = fromHTML(text, false)
		what = "its HTML"
	}
	if strong.MatchString(text) || headingSign.MatchString(text) {
		text = headingSign.ReplaceAllString(strong.ReplaceAllString(text, "$1$2"), "")
		what = "its formatting"
	}
	return text, what
}

// Markdown turns HTML into Markdown as far as it is simple. what says what was lost; "" if nothing.
func Markdown(s string) (text, what string) {
	if !tagged.MatchString(s) {
		return s, ""
	}
	return fromHTML(s, true)
}

// fromHTML reads HTML as a text, with Markdown's signs if marks is set. lost names the elements that could not be said.
func fromHTML(s string, marks bool) (text, lost string) {
	var b strings.Builder
	var gone []string
	var links []string // the addresses of the open links
	skip := 0
	sign := func(s string) {
		if marks {
			b.WriteString(s)
		}
	}
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(1 << 20)
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		t := z.Token()
		if kind == html.TextToken {
			if skip == 0 {
				b.WriteString(t.Data)
			}
			continue
		}
		if kind != html.StartTagToken && kind != html.EndTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		start := kind != html.EndTagToken
		switch name := t.Data; {
		case outOfTitles[name]:
			if kind == html.StartTagToken {
				skip++
				gone = append(gone, name)
			} else if skip > 0 {
				skip--
			}
		case skip > 0:
		case name == "b" || name == "strong":
			sign("**")
		case name == "i" || name == "em":
			sign("*")
		case name == "br":
			b.WriteString("\n")
			sign("\n")
		case name == "p" || name == "div" || name == "ul" || name == "ol" || name == "section" || name == "table":
			b.WriteString("\n\n")
		case name == "tr" || name == "dt" || name == "dd":
			b.WriteString("\n")
		case len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6':
			b.WriteString("\n\n")
			if start {
				sign(strings.Repeat("#", int(name[1]-'0')) + " ")
			}
		case name == "li":
			if start {
				b.WriteString("\n- ")
			}
		case name == "a" && start:
			address := ""
			for _, a := range t.Attr {
				if a.Key == "href" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://") || strings.HasPrefix(a.Val, "mailto:")) && !strings.ContainsAny(a.Val, " ()<>\n") {
					address = a.Val
				}
			}
			if address == "" {
				gone = append(gone, "a")
			} else {
				sign("[")
			}
			links = append(links, address)
		case name == "a":
			if n := len(links); n > 0 {
				switch address := links[n-1]; {
				case address == "":
				case marks:
					b.WriteString("](" + address + ")")
				default:
					b.WriteString(" (" + address + ")")
				}
				links = links[:n-1]
			}
		case name == "span" || name == "font" || name == "center" || name == "u" || name == "small" || name == "label" || name == "td" || name == "th" || name == "tbody" || name == "thead" || name == "html" || name == "body":
			if start && len(t.Attr) > 0 {
				gone = append(gone, name)
			}
		case start:
			gone = append(gone, name)
		}
	}
	text = manyBreaks.ReplaceAllString(Clean(b.String()), "\n\n")
	if len(gone) > 0 {
		lost = "<" + gone[0] + ">"
	}
	return text, lost
}
