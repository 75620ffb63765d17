package results

import (
	"io"

	"glasspoll/internal/render"
)

// Alone is what a results page has that loads nothing and links to no other page, so that it can be printed or passed on.
type Alone struct {
	render.AloneStyle
	Summary bool // the page's first screen alone, for one sheet of paper
}

// WriteAlone writes one results page, or its summary, as a file that stands alone.
func WriteAlone(w io.Writer, r *Renderer, p Page, a Alone) error {
	d, err := r.document(p)
	if err != nil {
		return err
	}
	v := d.view()
	v.standAlone(a)
	if !a.Summary {
		return r.frame.WritePage(w, "results.html", d.words, v)
	}
	v.Kind = "results summary"
	v.Measures = nil // what they are linked to is not there
	for _, f := range v.Findings() {
		for i := range f.Rows {
			f.Rows[i].Href = ""
		}
	}
	return r.frame.WritePage(w, "results_summary.html", d.words, v)
}

// standAlone puts what the page loads into it, and drops its links.
func (v *view) standAlone(a Alone) {
	v.Frame.StandAlone(a.AloneStyle)
	v.Filters, v.Form, v.Data, v.Table = nil, "", "", ""
	v.removeLinks()
}

// removeLinks drops the links to other pages, which do not exist beside a page that stands alone.
func (v *view) removeLinks() {
	v.Method.Plan = ""
	for i := range v.Segments {
		for j := range v.Segments[i].Rows {
			v.Segments[i].Rows[j].Href = ""
		}
	}
	for i := range v.Units {
		v.Units[i].Href = ""
	}
	if v.Trend != nil {
		for i := range v.Trend.Rows {
			v.Trend.Rows[i].Href = ""
		}
	}
}
