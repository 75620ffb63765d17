// Package results writes the results pages of a survey from its report: as HTML, JSON and CSV, and the report for
// management. Every file is a pure function of its arguments, and the same byte for byte each time.
package results

import (
	"io"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// Renderer writes results pages. It may be used by many goroutines at once. Its methods are what publishing needs: templates find
// methods by name, so that a program with templates is linked with all that are exported. The rest are functions.
type Renderer struct{ frame *render.Renderer }

// New returns a renderer whose pages have the frame, the templates and the words of another.
func New(frame *render.Renderer) *Renderer { return &Renderer{frame} }

// Page is one page of a survey's results. Without a period it is about the newest, without a segment about everybody.
type Page struct {
	Set      *Set
	Actions  survey.Actions // measures, and reviewed quotes
	Today    survey.Date    // measures that are due before it are marked
	Language string
	Root     string // from the page to the site's root: "../../", "../../../", …
	Level    string // the audience of the page: one of [Levels]; "" is the public
	Folder
}

// HTML writes one results page, from released figures alone.
func (r *Renderer) HTML(w io.Writer, p Page) error {
	if !p.allowed() {
		return r.frame.Notice(w, render.NoticePage{Language: p.Language, Root: p.Root, Code: answer.NotPublic, Survey: p.Set.Report.Survey.ID})
	}
	d, err := r.document(p)
	if err != nil {
		return err
	}
	return r.frame.WritePage(w, "results.html", d.words, d.view())
}
