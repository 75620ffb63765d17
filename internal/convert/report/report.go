// Package report lists what happened to every part of a questionnaire that is converted: each cell of a workbook, or leaf of
// JSON, is an [Atom] with an [Outcome], and whatever is not carried over unchanged has a [Line].
package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/convert/markup"
	"glasspoll/internal/message"
)

// Outcome is what happened to one thing that the author wrote.
type Outcome string

// The outcomes. If an atom gets several, the one further down counts.
const (
	Pending Outcome = ""        // not read yet; never in a finished report
	Carried Outcome = "carried" // it is in the YAML, or takes effect there
	Ignored Outcome = "ignored" // it has no meaning for a survey here
	Changed Outcome = "changed" // carried over in another form
	Dropped Outcome = "dropped" // left out
)

var outcomes = []Outcome{Pending, Carried, Ignored, Changed, Dropped}

// Undecided marks a line that asks the author for something that the source does not say.
const Undecided Outcome = "undecided"

// A Place is where something is in the source: a cell of a workbook, or a property of JSON.
type Place struct {
	Name         string // survey!C4, or pages[0].elements[2].title
	Line, Column int    // of JSON, from 1; 0 in a workbook
	Order        int    // among all places of the source
}

// An Atom is one thing that the author wrote: a cell, or a leaf of JSON.
type Atom struct {
	At      Place
	Text    string
	Outcome Outcome
}

// A Line is one remark of the report.
type Line struct {
	At      Place
	Outcome Outcome
	Message message.Text
}

// A Report lists what happened to every part of the source.
type Report struct {
	File   string
	Format string          // XLSForm or SurveyJS
	Atoms  []*Atom         // in the order of the source
	Lines  []Line          // in that order too, once finished
	Counts map[Outcome]int // of atoms; set when finished

	headers  []header
	noun     string // what an atom is called: cell or property; see [message.Count]
	reported map[Line]bool
}

// A header stands for the atoms below it.
type header struct {
	*Atom
	below []*Atom
}

// Head adds an atom that has no meaning but what it gives to others: it is carried over if one of them is.
func (r *Report) Head(a *Atom, below []*Atom) { r.headers = append(r.headers, header{a, below}) }

// decide gives a header the outcome of what is below it.
func (h header) decide() {
	outcome := Ignored
	for _, a := range h.below {
		switch a.Outcome {
		case Carried, Changed:
			h.Mark(Carried)
			return
		case Dropped:
			outcome = Dropped
		}
	}
	h.Mark(outcome)
}

// New starts the report on a file. noun is what its atoms are called: cell or property.
func New(file, format, noun string) *Report {
	return &Report{File: file, Format: format, noun: noun, reported: map[Line]bool{}}
}

// Add adds the next atom of the source.
func (r *Report) Add(at Place, text string) *Atom {
	at.Order = len(r.Atoms) + 1
	a := &Atom{At: at, Text: text}
	r.Atoms = append(r.Atoms, a)
	return a
}

// Mark gives the atom an outcome, unless it has one that outweighs it.
func (a *Atom) Mark(o Outcome) {
	if slices.Index(outcomes, o) > slices.Index(outcomes, a.Outcome) {
		a.Outcome = o
	}
}

// Carry marks atoms as carried over. Those that are nil are skipped.
func Carry(atoms ...*Atom) {
	for _, a := range atoms {
		if a != nil {
			a.Mark(Carried)
		}
	}
}

// Remark adds a line, unless it has the same line already for a place of the same name.
func (r *Report) Remark(o Outcome, at Place, format string, args ...any) {
	r.add(o, at, message.New(format, args...))
}

func (r *Report) add(o Outcome, at Place, text message.Text) {
	line := Line{at, o, text}
	key := line
	key.At = Place{Name: at.Name}
	if !r.reported[key] {
		r.reported[key] = true
		r.Lines = append(r.Lines, line)
	}
}

// Change reports that an atom is carried over in another form.
func (r *Report) Change(a *Atom, format string, args ...any) {
	a.Mark(Changed)
	r.Remark(Changed, a.At, format, args...)
}

// Drop reports that an atom is left out.
func (r *Report) Drop(a *Atom, format string, args ...any) {
	a.Mark(Dropped)
	r.Remark(Dropped, a.At, format, args...)
}

// Ignore reports that an atom has no meaning here.
func (r *Report) Ignore(a *Atom, format string, args ...any) {
	a.Mark(Ignored)
	r.Remark(Ignored, a.At, format, args...)
}

// Ask reports something that the author has to decide.
func (r *Report) Ask(at Place, format string, args ...any) { r.Remark(Undecided, at, format, args...) }

// MarkAll gives atoms one outcome, and one line for all of them.
func (r *Report) MarkAll(o Outcome, at Place, atoms []*Atom, format string, args ...any) {
	for _, a := range atoms {
		a.Mark(o)
	}
	text := message.New(format, args...)
	if n := len(atoms); n > 1 {
		text = message.New("%s (%s)", text, message.Count(n, r.noun))
	}
	r.add(o, at, text)
}

// Save returns a function that takes back what is reported from now on.
func (r *Report) Save() (restore func()) {
	lines, reported := slices.Clone(r.Lines), maps.Clone(r.reported)
	outcomes := make([]Outcome, len(r.Atoms))
	for i, a := range r.Atoms {
		outcomes[i] = a.Outcome
	}
	return func() {
		r.Lines, r.reported = lines, reported
		for i, a := range r.Atoms {
			a.Outcome = outcomes[i]
		}
	}
}

// Finish reports the atoms that nothing has read, counts the outcomes, and sorts the lines.
func (r *Report) Finish() {
	r.Counts = map[Outcome]int{}
	for _, h := range r.headers {
		h.decide()
	}
	for _, a := range r.Atoms {
		if a.Outcome == Pending && markup.Clean(a.Text) == "" {
			a.Outcome = Carried // blank
		}
		if a.Outcome == Pending {
			r.Drop(a, "%s is not known to the importer", Quote(a.Text))
		}
		r.Counts[a.Outcome]++
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int { return cmp.Compare(a.At.Order, b.At.Order) })
}

// Of returns the lines of one outcome, in the order of the source.
func (r *Report) Of(o Outcome) []Line {
	return slices.DeleteFunc(slices.Clone(r.Lines), func(l Line) bool { return l.Outcome != o })
}

// Summary says in one sentence how much was carried over.
func (r *Report) Summary() message.Text {
	total := 0
	for _, n := range r.Counts {
		total += n
	}
	carried := message.New("%d of %s carried over", r.Counts[Carried]+r.Counts[Changed], message.Count(total, r.noun))
	if n := r.Counts[Changed]; n > 0 {
		carried = message.New("%s (%d in another form)", carried, n)
	}
	return message.New("%s, %d left out, %d without a meaning here", carried, r.Counts[Dropped], r.Counts[Ignored])
}

var headings = []struct {
	outcome Outcome
	title   message.Key
}{
	{Undecided, "To decide"},
	{Dropped, "Left out"},
	{Changed, "Carried over in another form"},
	{Ignored, "Without a meaning here"},
}

// Write writes the report in a language, one remark a line, each with its place: file:survey!C4: …, or file:12:5: property: ….
func (r *Report) Write(w io.Writer, language string) error {
	var b bytes.Buffer
	fmt.Fprintln(&b, message.New("%s (%s): %s", r.File, r.Format, r.Summary()).In(language))
	for _, h := range headings {
		lines := r.Of(h.outcome)
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", h.title.Text().In(language))
		for _, l := range lines {
			fmt.Fprintf(&b, "  %s:%s %s\n", r.File, l.At, l.Message.In(language))
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// String formats the place as it follows the file name in the report: "survey!C4:" or "12:5: property:".
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

// Quote quotes what the author wrote, on one line, and shortened if it is long.
func Quote(s string) message.Text {
	s = strings.Join(strings.Fields(markup.Clean(s)), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return message.New("'%s'", s)
}
