// Package render writes pages: a survey's form, its thank-you pages, the list of surveys, and notices such as "not found".
// It has the frame of all pages, those of package results included. Templates and wording come from a file system and are
// parsed once; a page is a pure function of its arguments, and the same byte for byte each time.
package render

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Renderer writes pages. It may be used by many goroutines at once.
type Renderer struct {
	templates map[string]func() (*template.Template, error) // by language; see withWords
	words     *wording.Catalog
	assets    Assets
	questions questionCache

	buffers *sync.Pool // of *bytes.Buffer
}

// largePage is about the size of a results page in bytes: 30 questions, 10 cross-tabulations and 8 periods.
const largePage = 224 << 10

// pageNames are the templates that pages are made from.
var pageNames = []string{"survey.begin", "survey.questions", "survey.question", "survey.choices", "survey.end", "thanks.html", "results.html", "results_summary.html", "home.html", "notice.html", "plan.html", "privacy.html", "withdraw.html"}

// New parses *.html in the root of a file system, and wording/*.yaml beside them.
func New(templates fs.FS, assets Assets) (*Renderer, error) {
	sub, err := fs.Sub(templates, "wording")
	if err != nil {
		return nil, message.Errorf("templates: %w", err)
	}
	words, err := wording.Load(sub)
	if err != nil {
		return nil, message.Errorf("templates: %w", err)
	}
	pages, err := template.New("").Option("missingkey=error").ParseFS(templates, "*.html")
	if err != nil {
		return nil, message.Errorf("templates: %w", err)
	}
	for _, name := range pageNames {
		if pages.Lookup(name) == nil {
			return nil, message.Errorf("templates: no %s", name)
		}
	}
	first := words.In(words.Languages()[0])
	for _, t := range pages.Templates() {
		for _, key := range wordingKeys(t) {
			if !first.Has(key) {
				return nil, message.Errorf("templates: %s says %q, which the wording lacks", t.Name(), key)
			}
		}
	}
	byLanguage := map[string]func() (*template.Template, error){}
	for _, language := range words.Languages() {
		byLanguage[language] = sync.OnceValues(func() (*template.Template, error) { return withWords(pages, words.In(language)) })
	}
	buffers := &sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, largePage)) }}
	return &Renderer{templates: byLanguage, words: words, assets: assets, buffers: buffers}, nil
}

// With returns a renderer of the same templates for other assets.
func (r *Renderer) With(assets Assets) *Renderer {
	return &Renderer{templates: r.templates, words: r.words, assets: assets, buffers: r.buffers}
}

// Words returns the interface's words in a language; in English if it does not have that language.
func (r *Renderer) Words(language string) *wording.Words { return r.words.In(language) }

// Match returns the language that suits a browser's Accept-Language header best, among the given ones or, without any, those
// of the interface, English first. If none suits, it returns the first.
func (r *Renderer) Match(accept string, among ...string) string {
	if len(among) == 0 {
		among = slices.Insert(slices.Clone(r.words.Languages()), 0, "en")
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return among[0]
	}
	tags := make([]language.Tag, len(among))
	for i, l := range among {
		tags[i] = language.Make(l)
	}
	_, best, _ := language.NewMatcher(tags).Match(wanted...)
	return among[best]
}

// Message returns the text of a problem in a language.
func (r *Renderer) Message(language string, p answer.Problem) string {
	return problemText(r.words.In(language), p)
}

// WorkScript returns the path of the script that works before answers are taken, from the site's root; "" without one.
func (r *Renderer) WorkScript() string { return r.assets.Work.Path }

func problemText(w *wording.Words, p answer.Problem) string {
	args := p.Args
	for i, a := range args {
		if a == "message" && i%2 == 0 && p.Code.IsLimit() {
			return fmt.Sprint(args[i+1])
		}
		if whom, isContact := a.(*survey.Contact); isContact {
			args = slices.Clone(args)
			args[i] = contactText(w, whom)
			continue
		}
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

// contactText returns whom respondents may ask, in one line.
func contactText(w *wording.Words, c *survey.Contact) string {
	if c == nil {
		return w.Say("contact.none")
	}
	parts := slices.DeleteFunc([]string{c.Name.In(w.Language()), c.Email, c.Phone}, func(s string) bool { return s == "" })
	return strings.Join(parts, " ")
}

// writeWhole writes all of a page or, on an error, nothing: a template that a site has changed may fail half-way.
func (r *Renderer) writeWhole(w io.Writer, render func(*bytes.Buffer) error) error {
	b := r.buffers.Get().(*bytes.Buffer)
	defer r.buffers.Put(b)
	b.Reset()
	if err := render(b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WritePage writes a page that is one template.
func (r *Renderer) WritePage(w io.Writer, name string, words *wording.Words, data any) error {
	return r.writeWhole(w, func(b *bytes.Buffer) error { return r.execute(b, name, words, data) })
}

func (r *Renderer) execute(b *bytes.Buffer, name string, words *wording.Words, data any) error {
	templates, err := r.templates[words.Language()]()
	if err == nil {
		err = templates.ExecuteTemplate(b, name, data)
	}
	if err != nil {
		return message.Errorf("render %s: %w", name, err)
	}
	return nil
}
