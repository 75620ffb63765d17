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

// picture writes an <img>; "" if there is no picture, or its file was not read. Pictures of the first question may be on the
// first screen: all others are loaded when they are about to be seen. A browser without srcset loads the narrowest copy.
func (b *builder) picture(p *survey.Picture, sizes string) template.HTML {
	if p == nil || len(p.Copies) == 0 {
		return ""
	}
	attribute := template.HTMLEscapeString
	narrow := p.Copies[0]
	var h strings.Builder
	fmt.Fprintf(&h, `<img src="%s"`, attribute(b.root+narrow.Path))
	if len(p.Copies) > 1 {
		var set []string
		for _, c := range p.Copies {
			set = append(set, fmt.Sprintf("%s %dw", b.root+c.Path, c.Width))
		}
		fmt.Fprintf(&h, ` srcset="%s" sizes="%s"`, attribute(strings.Join(set, ", ")), sizes)
	}
	fmt.Fprintf(&h, ` width="%d" height="%d"`, narrow.Width, narrow.Height)
	if b.begun {
		h.WriteString(` loading="lazy"`)
	}
	fmt.Fprintf(&h, ` alt="%s">`, attribute(p.Alt.In(b.language)))
	return template.HTML(h.String())
}
