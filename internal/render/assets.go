package render

import (
	"reflect"
	"strings"

	"glasspoll/internal/survey"
)

// Asset is a file that pages load: its path from the site's root, and its subresource integrity ("sha384-…"), if any.
type Asset struct{ Path, Integrity string }

// Assets are the files that pages load, and the company that they name. An empty path leaves a file out.
type Assets struct {
	Style       Asset  // of all pages but those of results
	Print       Asset  // what Style has for paper
	HomeStyle   Asset  // of the home page, after Style
	ThanksStyle Asset  `json:",omitzero"` // of thank-you pages and notices, after Style
	FullStyle   Asset  // of pages with the script Full, after Style
	Results     Asset  // the stylesheet of results pages; if there is none, Style
	Document    Asset  `json:",omitzero"` // the stylesheet of companions, see [Companion]; if there is none, Style
	Script      Asset  // of surveys' pages
	Full        Asset  // the script of surveys' pages with steps or widgets; if there is none, Script
	Thanks      Asset  // the script of thank-you pages
	Blind       Asset  // the script of anonymous surveys' pages, before Script
	Seal        Asset  `json:",omitzero"` // the script of forms whose answers are sealed, before Script
	Home        Asset  // the script of home pages that can be searched
	Opened      Asset  `json:",omitzero"` // the script that reports an invitee's form as opened
	Work        Asset  `json:",omitzero"` // the script that works before answers are taken; it is loaded only then
	Icon        string // path
	Brand       Brand
	Looks       map[string]Look `json:",omitempty"` // of surveys with a look of their own, by id
}

// A Look is what is different on the pages of one survey.
type Look struct {
	Style Asset  // after the page's own stylesheet; it may be empty
	Icon  string // path
	Brand Brand
}

// Look returns the look of a survey's pages: its own or, if it has none, the site's.
func (a Assets) Look(id string) Look {
	if own, ok := a.Looks[id]; ok {
		return own
	}
	return Look{Icon: a.Icon, Brand: a.Brand}
}

// Equal reports whether pages would be the same with either.
func (a Assets) Equal(b Assets) bool { return reflect.DeepEqual(a, b) }

// Brand is the company that asks. Paths are from the site's root.
type Brand struct {
	Name          survey.Text `json:",omitempty"` // by language; "" is for all others; nil without a company
	Address       string      // of the site, with a slash at the end; "" leaves out what needs one
	Logo          string      // path
	LogoDark      string      // path; "" if Logo is for dark pages too
	Width, Height int         // of the logo as it is shown, in CSS pixels
	Light, Dark   string      // the page's colour, for the browser around it
	Card          string      // path of a square PNG picture, for link previews and home screens; "" leaves it out

	Cover *survey.Cover `json:",omitempty"` // above forms, thank-you pages, notices and the home page
}

// preview returns the path of the picture that link previews show, and whether it is wide: the cover's, a logo that is no SVG,
// which they do not show, or the card.
func (b Brand) preview() (path string, isWide bool) {
	if b.Cover != nil && b.Cover.Picture != nil {
		if n := len(b.Cover.Picture.Copies); n > 0 {
			return b.Cover.Picture.Copies[n-1].Path, true
		}
	}
	if strings.HasSuffix(b.Logo, ".png") {
		return b.Logo, false
	}
	return b.Card, false
}

// textIn returns a text of a theme in a language, or in the language that it is a variant of.
func textIn(t survey.Text, language string) string {
	for {
		if text := t[language]; text != "" {
			return text
		}
		at := strings.LastIndexByte(language, '-')
		if at < 0 {
			return t[""]
		}
		language = language[:at]
	}
}
