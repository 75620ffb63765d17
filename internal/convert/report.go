package convert

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Fate is what became of one thing that the author wrote.
type Fate string

// The fates. Of several, the one further down holds.
const (
	Pending Fate = ""        // not met yet; nothing ends so
	Carried Fate = "carried" // it stands in the YAML, or takes effect there
	Idle    Fate = "idle"    // there is nothing to carry: it has no meaning for a survey here
	Changed Fate = "changed" // carried in another form
	Lost    Fate = "lost"    // left out
)

var fates = []Fate{Pending, Carried, Idle, Changed, Lost}

// Decide marks a line that asks the author for something that the source does not say.
const Decide Fate = "decide"

// Place is where something stands in the source: a cell of a workbook, or a property of JSON.
type Place struct {
	Name         string // survey!C4, or pages[0].elements[2].title
	Line, Column int    // of JSON, from 1; 0 in a workbook
	order        int    // among all places of the source
}

// An atom is one thing that the author wrote: a cell, or a leaf of JSON.
type atom struct {
	at   Place
	text string
	fate Fate
}

// A Line is one remark of the report.
type Line struct {
	At      Place
	Fate    Fate
	Message string
}

// A Report says what became of everything in the source.
type Report struct {
	File   string
	Format string // XLSForm or SurveyJS
	Lines  []Line // in the order of the source
	Counts map[Fate]int

	unit  string // what Counts counts: cell or property
	atoms []*atom
	said  map[string]bool
}

// add takes one more thing into account.
func (r *Report) add(at Place, text string) *atom {
	at.order = len(r.atoms) + 1
	a := &atom{at: at, text: text}
	r.atoms = append(r.atoms, a)
	return a
}

func (a *atom) meet(f Fate) {
	if slices.Index(fates, f) > slices.Index(fates, a.fate) {
		a.fate = f
	}
}

func carry(atoms ...*atom) {
	for _, a := range atoms {
		if a != nil {
			a.meet(Carried)
		}
	}
}

// line adds a remark, each once.
func (r *Report) line(f Fate, at Place, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	key := string(f) + at.Name + "\x00" + message
	if r.said == nil {
		r.said = map[string]bool{}
	}
	if !r.said[key] {
		r.said[key] = true
		r.Lines = append(r.Lines, Line{at, f, message})
	}
}

func (r *Report) changed(a *atom, format string, args ...any) {
	a.meet(Changed)
	r.line(Changed, a.at, format, args...)
}

func (r *Report) lost(a *atom, format string, args ...any) {
	a.meet(Lost)
	r.line(Lost, a.at, format, args...)
}

func (r *Report) idle(a *atom, format string, args ...any) {
	a.meet(Idle)
	r.line(Idle, a.at, format, args...)
}

func (r *Report) decide(at Place, format string, args ...any) { r.line(Decide, at, format, args...) }

// all gives many atoms one fate, and one line that stands for all of them.
func (r *Report) all(f Fate, at Place, atoms []*atom, format string, args ...any) {
	for _, a := range atoms {
		a.meet(f)
	}
	message := fmt.Sprintf(format, args...)
	if n := len(atoms); n > 1 {
		message += fmt.Sprintf(" (%d %s)", n, plural(r.unit, n))
	}
	r.line(f, at, "%s", message)
}

// finish reports what nothing has looked at, counts, and sorts.
func (r *Report) finish() {
	r.Counts = map[Fate]int{}
	for _, a := range r.atoms {
		if a.fate == Pending && clean(a.text) == "" {
			a.fate = Carried // a blank says nothing
		}
		if a.fate == Pending {
			r.lost(a, "%s is not known to the importer", show(a.text))
		}
		r.Counts[a.fate]++
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int { return cmp.Compare(a.At.order, b.At.order) })
}

// Of lists the lines of one fate, in the order of the source.
func (r *Report) Of(f Fate) []Line {
	return slices.DeleteFunc(slices.Clone(r.Lines), func(l Line) bool { return l.Fate != f })
}

// Summary says in one sentence how much was carried over.
func (r *Report) Summary() string {
	total := 0
	for _, n := range r.Counts {
		total += n
	}
	parts := []string{fmt.Sprintf("%d of %d %s carried over", r.Counts[Carried]+r.Counts[Changed], total, plural(r.unit, total))}
	if n := r.Counts[Changed]; n > 0 {
		parts[0] += fmt.Sprintf(" (%d in another form)", n)
	}
	parts = append(parts, fmt.Sprintf("%d left out", r.Counts[Lost]), fmt.Sprintf("%d without a meaning here", r.Counts[Idle]))
	return strings.Join(parts, ", ")
}

var headings = []struct {
	fate  Fate
	title string
}{
	{Decide, "To decide"},
	{Lost, "Left out"},
	{Changed, "Carried over in another form"},
	{Idle, "Without a meaning here"},
}

// WriteTo prints the report, one remark a line, each with its place: file:survey!C4: …, or file:12:5: property: ….
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s (%s): %s\n", r.File, r.Format, r.Summary())
	for _, h := range headings {
		lines := r.Of(h.fate)
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", h.title)
		for _, l := range lines {
			fmt.Fprintf(&b, "  %s:%s %s\n", r.File, l.At, l.Message)
		}
	}
	return b.WriteTo(w)
}

func (p Place) String() string {
	switch {
	case p.Line > 0 && p.Name != "":
		return fmt.Sprintf("%d:%d: %s:", p.Line, p.Column, p.Name)
	case p.Line > 0:
		return fmt.Sprintf("%d:%d:", p.Line, p.Column)
	case p.Name != "":
		return p.Name + ":"
	}
	return ""
}

func plural(word string, n int) string {
	switch {
	case n == 1:
		return word
	case strings.HasSuffix(word, "y"):
		return strings.TrimSuffix(word, "y") + "ies"
	}
	return word + "s"
}

// show quotes what the author wrote, on one line and not too long.
func show(s string) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return "'" + s + "'"
}
