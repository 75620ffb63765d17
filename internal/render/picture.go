package render

import (
	"fmt"
	"html/template"
	"strings"

	"glasspoll/internal/survey"
)

// How wide pictures are shown, for the browser to choose a copy.
const (
	questionSizes = "(min-width: 44rem) 40rem, 100vw"
	cardSizes     = "(min-width: 44rem) 13rem, 50vw"
)

// coverSizes is how wide the picture of a cover is shown.
const coverSizes = "100vw"

// A cover is a band above a page: a picture, or else a colour, which the stylesheet has.
type cover struct{ Picture template.HTML }

// newCover returns the cover of a page; nil if it has none. Results have none: their first screen is for figures; nor have companions, which are read like paper.
func newCover(kind string, c *survey.Cover, language, root string) *cover {
	if c == nil || kind == "results" || kind == "document" {
		return nil
	}
	return &cover{image(c.Picture, coverSizes, ` fetchpriority="high"`, language, root)}
}

// picture writes the picture of a question or an option. Pictures of the first question may be on the first screen: all others are
// loaded when they are about to be seen.
func (b *builder) picture(p *survey.Picture, sizes string) template.HTML {
	loading := ""
	if b.begun {
		loading = ` loading="lazy"`
	}
	return image(p, sizes, loading, b.language, b.root)
}

// image writes an <img>; "" if there is no picture, or its file was not read. A browser without srcset loads the narrowest copy.
func image(p *survey.Picture, sizes, loading, language, root string) template.HTML {
	if p == nil || len(p.Copies) == 0 {
		return ""
	}
	attribute := template.HTMLEscapeString
	narrow := p.Copies[0]
	var h strings.Builder
	fmt.Fprintf(&h, `<img src="%s"`, attribute(root+narrow.Path))
	if len(p.Copies) > 1 {
		var set []string
		for _, c := range p.Copies {
			set = append(set, fmt.Sprintf("%s %dw", root+c.Path, c.Width))
		}
		fmt.Fprintf(&h, ` srcset="%s" sizes="%s"`, attribute(strings.Join(set, ", ")), sizes)
	}
	fmt.Fprintf(&h, ` width="%d" height="%d"%s alt="%s">`, narrow.Width, narrow.Height, loading, attribute(textIn(p.Alt, language)))
	return template.HTML(h.String())
}
