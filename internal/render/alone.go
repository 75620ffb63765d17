package render

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io/fs"
	"strings"

	"glasspoll/internal/message"
)

// AloneStyle is what a page has in it that loads nothing, so that it can be printed or passed on.
type AloneStyle struct {
	Style    string // stylesheet
	Logo     []byte // the company's; nil without one
	LogoType string // media type
}

// StandAlone puts what the page loads into it, and drops its links.
func (p *Frame) StandAlone(a AloneStyle) {
	sum := sha256.Sum256([]byte(a.Style))
	p.Alone = &Alone{
		Policy: "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		Style:  template.CSS(a.Style),
	}
	if a.Logo != nil {
		p.Alone.Logo = template.URL("data:" + a.LogoType + ";base64," + base64.StdEncoding.EncodeToString(a.Logo))
	}
	p.Style, p.Print, p.More, p.Look, p.Script, p.Assets.Icon = Asset{}, Asset{}, Asset{}, Asset{}, Asset{}, ""
	p.Assets.Brand.Logo, p.Assets.Brand.LogoDark, p.Assets.Brand.Card = "", "", ""
	p.Locale = "" // and with it all that is for search engines and previews of links
	p.Languages = nil
}

// Stylesheet returns stylesheets of the templates one after the other, each without what it imports, for pages that stand alone.
func Stylesheet(templates fs.FS, names ...string) (string, error) {
	var style strings.Builder
	for _, name := range names {
		content, err := fs.ReadFile(templates, name)
		if err != nil {
			return "", message.Errorf("reading templates: %w", err)
		}
		for line := range strings.Lines(string(content)) {
			if !strings.HasPrefix(line, "@import") {
				style.WriteString(line)
			}
		}
	}
	return style.String(), nil
}
