// Package render writes pages: a survey, its thanks, the list of surveys, and what the handler says when something is
// amiss. It has the frame of all pages, those of results included. Templates and wording come from a file system and are parsed once; every page is a pure
// function of its arguments, and the same byte for byte each time.
package render

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"golang.org/x/text/language"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Asset is a file that pages load: its path from the site's root, and its subresource integrity ("sha384-…"), if any.
type Asset struct{ Path, Integrity string }

// Assets are the files that pages load, and what a company's theme says on each. An empty path leaves one out.
type Assets struct {
	Style   Asset  // of all pages but those of results
	Results Asset  // the stylesheet of results pages; if there is none, Style
	Script  Asset  // of surveys' pages
	Thanks  Asset  // the script of thank-you pages
	Icon    string // path
	Brand   Brand
}

// Equal reports whether pages would be the same with either.
func (a Assets) Equal(b Assets) bool { return reflect.DeepEqual(a, b) }

// Brand is who asks. Paths are from the site's root.
type Brand struct {
	Name          survey.Text `json:",omitempty"` // by language; under "" for all the others; nil if nobody is named
	Address       string      // of the site, with a slash at the end; "" leaves out what needs one
	Logo          string      // path
	LogoDark      string      // path; "" if Logo is for dark pages too
	Width, Height int         // of the logo as it is shown, in CSS pixels
	Light, Dark   string      // the page's colour, for the browser around it
}

// name is the company's in a language, or in the one that it is a variety of.
func (b Brand) name(language string) string {
	for {
		if name := b.Name[language]; name != "" {
			return name
		}
		at := strings.LastIndexByte(language, '-')
		if at < 0 {
			return b.Name[""]
		}
		language = language[:at]
	}
}

// faults are the codes that a [NoticePage] may have; each has a title as well.
var faults = []answer.Code{answer.Closed, answer.NotOpenYet, answer.NotStored, answer.Conflict, answer.NotFound, answer.NotPublic, answer.BadMethod, answer.TooMuch, answer.BadMediaType, answer.BadBody, answer.Internal}

// Renderer writes pages. It may be used by many goroutines at once.
type Renderer struct {
	pages  map[string]func() (*template.Template, error) // by the language that they speak
	words  *wording.Catalog
	assets Assets
	blanks blanks

	buffers *sync.Pool // of *bytes.Buffer
}

// largePage is about as much as a page of results has, in bytes: 30 questions, 10 cross-tabulations and 8 periods.
const largePage = 224 << 10

// pageNames are the templates that pages are made from.
var pageNames = []string{"survey.begin", "survey.questions", "survey.question", "survey.choices", "survey.end", "thanks.html", "results.html", "home.html", "notice.html"}

// New parses *.html in the root of a file system, and wording/*.yaml beside them.
func New(templates fs.FS, assets Assets) (*Renderer, error) {
	sub, err := fs.Sub(templates, "wording")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	words, err := wording.Load(sub)
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	pages, err := template.New("").Option("missingkey=error").ParseFS(templates, "*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	for _, name := range pageNames {
		if pages.Lookup(name) == nil {
			return nil, fmt.Errorf("templates: no %s", name)
		}
	}
	model := words.In(words.Languages()[0])
	for _, t := range pages.Templates() {
		for _, key := range saidIn(t) {
			if !model.Has(key) {
				return nil, fmt.Errorf("templates: %s says %q, which the wording lacks", t.Name(), key)
			}
		}
	}
	spoken := map[string]func() (*template.Template, error){}
	for _, language := range words.Languages() {
		spoken[language] = sync.OnceValues(func() (*template.Template, error) { return spokenIn(words.In(language), pages) })
	}
	buffers := &sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, largePage)) }}
	return &Renderer{pages: spoken, words: words, assets: assets, buffers: buffers}, nil
}

// With returns a renderer of the same templates for other assets.
func (r *Renderer) With(assets Assets) *Renderer {
	return &Renderer{pages: r.pages, words: r.words, assets: assets, buffers: r.buffers}
}

// Speaks reports whether the interface's own sentences exist in a language. In any other they fall back to English.
func (r *Renderer) Speaks(language string) bool { return r.words.Speaks(language) }

// Words are the interface's own sentences in a language.
func (r *Renderer) Words(language string) *wording.Words { return r.words.In(language) }

// Message says a problem in a language.
func (r *Renderer) Message(language string, p answer.Problem) string {
	return message(r.words.In(language), p)
}

func message(w *wording.Words, p answer.Problem) string {
	args := p.Args
	for i, a := range args {
		day, ok := a.(survey.Date)
		if s, isText := a.(string); isText && (p.Code == answer.TooEarly || p.Code == answer.TooLate || p.Code == answer.Closed || p.Code == answer.NotOpenYet) {
			day, ok = survey.Date(s), true
		}
		if ok && i%2 == 1 {
			args = slices.Clone(args)
			args[i] = w.Date(string(day))
		}
	}
	return w.Say("problem."+string(p.Code), args...)
}

// whole writes a page whole or, at an error, not at all: a template that a site has changed may fail half-way.
func (r *Renderer) whole(w io.Writer, draw func(*bytes.Buffer) error) error {
	b := r.buffers.Get().(*bytes.Buffer)
	defer r.buffers.Put(b)
	b.Reset()
	if err := draw(b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Execute writes a page that is one template.
func (r *Renderer) Execute(w io.Writer, name string, words *wording.Words, data any) error {
	return r.whole(w, func(b *bytes.Buffer) error { return r.part(b, name, words, data) })
}

func (r *Renderer) part(b *bytes.Buffer, name string, words *wording.Words, data any) error {
	pages, err := r.pages[words.Language()]()
	if err == nil {
		err = pages.ExecuteTemplate(b, name, data)
	}
	if err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}

// Frame is what every page has.
type Frame struct {
	*wording.Words
	Lang      string // of the page: the words may have fallen back
	Dir       string
	Root      string
	Title     string // of the document
	Kind      string // class of the body
	Languages []Link
	Assets    Assets
	Style     Asset
	Script    Asset
	Company   string // "" if nobody is named

	// For those who find the page by a link or a search.
	Private     bool   // not for search engines
	Description string // one or two sentences; "" leaves out all that is for sharing the page
	Canonical   string // the one address of several
	Locale      string // "zh_CN"
	Picture     string // absolute; "" if there is none that a preview could show
}

// Link is an address relative to the page, and what it is called.
type Link struct {
	Lang, Href, Name string
	Current          bool
}

// Frame makes what every page has; kind is one of survey, thanks, results, home and notice.
func (r *Renderer) Frame(kind, title, language, root string, languages []Link) Frame {
	p := Frame{
		Words: r.words.In(language), Lang: language, Dir: wording.Dir(language), Root: root, Title: title, Kind: kind,
		Languages: languages, Assets: r.assets, Style: r.assets.Style, Company: r.assets.Brand.name(language),
	}
	switch {
	case kind == "results" && r.assets.Results.Path != "":
		p.Style = r.assets.Results
	case kind == "survey":
		p.Script = r.assets.Script
	case kind == "thanks":
		p.Script = r.assets.Thanks
	}
	return p
}

// Share adds what search engines and link previews want: a page's path from the site's root, and what it is about.
func (p *Frame) Share(path, description string) {
	p.Description, p.Locale = description, locale(p.Lang)
	brand := p.Assets.Brand
	if brand.Address == "" {
		p.Canonical = href(p.Root, path)
		return
	}
	p.Canonical = brand.Address + path
	if strings.HasSuffix(brand.Logo, ".png") { // previews show no SVG
		p.Picture = brand.Address + brand.Logo
	}
}

// Alternate is the address of the page in another language, absolute where that is known.
func (p Frame) Alternate(l Link) string {
	address := p.Assets.Brand.Address
	if rest, ok := strings.CutPrefix(l.Href, p.Root); ok && address != "" && !strings.HasPrefix(rest, ".") {
		return address + rest
	}
	return l.Href
}

// locale is how Open Graph calls a language: with the country where most people speak it, if none is said.
func locale(name string) string {
	tag := language.Make(name)
	base, _ := tag.Base()
	region, sure := tag.Region()
	if sure == language.No {
		return base.String()
	}
	return base.String() + "_" + region.String()
}

// href joins a page's way to the root with a path from it; an empty address would mean the page itself.
func href(root, path string) string {
	if root+path == "" {
		return "./"
	}
	return root + path
}

// Address is the short address of a page of a survey: "ID/" + tail in the default language, else "ID/LANG/" + tail.
func Address(s *survey.Survey, language, root, tail string) string {
	if language == s.DefaultLanguage() {
		return root + s.ID + "/" + tail
	}
	return root + s.ID + "/" + language + "/" + tail
}

// LanguageLinks links a page of a survey to itself in every language.
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

// LanguageName is what a language calls itself; its tag, if the wording does not speak it.
func (r *Renderer) LanguageName(language string) string {
	if w := r.words.In(language); w.Language() == language {
		return w.Say("language.name")
	}
	return language
}

// markdown turns an author's text into HTML; raw HTML is left out, and dangerous addresses are.
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
