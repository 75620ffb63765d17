package render

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"golang.org/x/text/language"

	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Frame holds the data that every page has.
type Frame struct {
	*wording.Words
	Lang      string // of the page: the words may be in English
	Dir       string
	Root      string
	Title     string // of the document
	Kind      string // class of the body
	Languages []Link
	Assets    Assets
	Style     Asset
	Print     Asset // stylesheet for paper
	More      Asset // stylesheet of this kind of page, after Style; its path is "" without one
	Look      Asset // stylesheet of the survey's own look, after Style; its path is "" without one
	Cover     *cover
	Script    Asset
	Blind     Asset  // script of anonymous surveys, before Script; its path is "" on all other pages
	Seal      Asset  // script of forms whose answers are sealed, before Script; its path is "" on all other pages
	Refresh   string // address that browsers without a script are led to; "" if they stay
	Company   string // "" without one
	Alone     *Alone // nil on a page that loads files

	BlindSettings template.JS // of the script Blind
	SealSettings  template.JS // of the script Seal

	// For search engines and link previews.
	Private     bool   // not to be indexed
	Description string // one or two sentences
	Canonical   string // the one address of several
	Locale      string // "zh_CN"; "" leaves out the description and all that is for link previews
	Card        string // title of a link preview; "" if it is the document's
	Picture     string // absolute, because previews know no other addresses; "" where the site's is not known
	Wide        bool   // Picture is as wide as the preview
}

// Alone is what a page has in it that others load.
type Alone struct {
	Policy string // content security policy: nothing else is loaded
	Style  template.CSS
	Logo   template.URL // a data: address; "" without a logo
}

// Link is an address relative to the page, with its text.
type Link struct {
	Lang, Href, Name string
	Current          bool
}

// Frame returns the frame of a page; kind is one of survey, thanks, results, document, home and notice.
func (r *Renderer) Frame(kind, title, language, root string, languages []Link) Frame {
	p := Frame{
		Words: r.words.In(language), Lang: language, Dir: wording.Dir(language), Root: root, Title: title, Kind: kind,
		Languages: languages, Assets: r.assets, Style: r.assets.Style, Print: r.assets.Print, Company: textIn(r.assets.Brand.Name, language),
	}
	p.Cover = newCover(kind, r.assets.Brand.Cover, language, root)
	switch {
	case kind == "results" && r.assets.Results.Path != "":
		p.Style, p.Print = r.assets.Results, Asset{}
	case kind == "document" && r.assets.Document.Path != "":
		p.Style, p.Print = r.assets.Document, Asset{}
	case kind == "home":
		p.More = r.assets.HomeStyle
	case kind == "survey":
		p.Script = r.assets.Script
	case kind == "thanks":
		p.Script, p.More = r.assets.Thanks, r.assets.ThanksStyle
	case kind == "notice":
		p.More = r.assets.ThanksStyle
	}
	return p
}

// Of gives the frame the look of a survey.
func (p *Frame) Of(id string) {
	look := p.Assets.Look(id)
	p.Look, p.Assets.Icon, p.Assets.Brand = look.Style, look.Icon, look.Brand
	p.Company = textIn(look.Brand.Name, p.Lang)
	p.Cover = newCover(p.Kind, look.Brand.Cover, p.Lang, p.Root)
}

// Share sets what search engines and link previews show of the page at a path from the site's root.
func (p *Frame) Share(path, description string) {
	p.Description, p.Locale = description, locale(p.Lang)
	brand := p.Assets.Brand
	if brand.Address == "" {
		p.Canonical = href(p.Root, path)
		return
	}
	p.Canonical = brand.Address + path
	if picture, isWide := brand.preview(); picture != "" {
		p.Picture, p.Wide = brand.Address+picture, isWide
	}
}

// Alternate returns the address of the page in another language, absolute where that is known.
func (p Frame) Alternate(l Link) string {
	address := p.Assets.Brand.Address
	if rest, ok := strings.CutPrefix(l.Href, p.Root); ok && address != "" && !strings.HasPrefix(rest, ".") {
		return address + rest
	}
	return l.Href
}

// locale returns Open Graph's name of a language: with the country where most people speak it, if it names none.
func locale(name string) string {
	tag := language.Make(name)
	base, _ := tag.Base()
	region, sure := tag.Region()
	if sure == language.No {
		return base.String()
	}
	return base.String() + "_" + region.String()
}

// href joins the relative path to the site's root with a path from there. An empty address would mean the page itself.
func href(root, path string) string {
	if root+path == "" {
		return "./"
	}
	return root + path
}

// Address returns the short address of a survey's page: "ID/" + tail in the default language, else "ID/LANG/" + tail.
func Address(s *survey.Survey, language, root, tail string) string {
	if language == s.DefaultLanguage() {
		return root + s.ID + "/" + tail
	}
	return root + s.ID + "/" + language + "/" + tail
}

// LanguageLinks lists a survey's page in every language; nothing if there is only one.
func (r *Renderer) LanguageLinks(s *survey.Survey, current, root, tail string) []Link {
	if len(s.Languages) < 2 {
		return nil
	}
	links := make([]Link, len(s.Languages))
	for i, l := range s.Languages {
		links[i] = Link{Lang: l, Href: Address(s, l, root, tail), Name: r.LanguageName(l), Current: l == current}
	}
	return links
}

// LanguageName returns the name of a language in that language; its tag, if the interface does not have it.
func (r *Renderer) LanguageName(language string) string {
	if w := r.words.In(language); w.Language() == language {
		return w.Say("language.name")
	}
	return language
}

// markdown turns an author's text into HTML, without raw HTML and dangerous addresses.
func markdown(text string) template.HTML {
	if text == "" {
		return ""
	}
	var b bytes.Buffer
	if err := goldmark.Convert([]byte(text), &b); err != nil {
		return template.HTML("<p>" + template.HTMLEscapeString(text) + "</p>")
	}
	return template.HTML(b.String())
}
