package export

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strconv"

	"glasspoll/internal/wording"
)

// A Book is a codebook: it describes the columns of an export.
type Book struct {
	Title     string
	Survey    string
	Language  string
	Responses int64
	Entries   []Entry
}

// Entry is one variable.
type Entry struct {
	*Variable
	Values []CodedValue
}

// CodedValue is one value of a choice, with its code in SPSS.
type CodedValue struct {
	Value
	SPSS string
}

// Book makes the codebook.
func (p *Plan) Book() *Book {
	b := &Book{Title: p.Survey.Title.In(p.Language), Survey: p.Survey.ID, Language: p.Language, Responses: p.Responses}
	for _, v := range p.Variables {
		e := Entry{Variable: v}
		switch v.Kind {
		case Choice:
			codes := v.codes()
			for _, value := range v.Values {
				e.Values = append(e.Values, CodedValue{value, codes.byID[value.ID]})
			}
		case Chosen:
			say := p.options.Words.Say
			e.Values = []CodedValue{{Value{ID: "1", Label: say("value.yes"), N: v.Ones}, "1"}, {Value{ID: "0", Label: say("value.no"), N: v.N - v.Ones}, "0"}}
		}
		b.Entries = append(b.Entries, e)
	}
	return b
}

// lines are the codebook as a table: a line for each variable, followed by one for each of its values.
func (b *Book) lines(w *wording.Words) [][]string {
	var header []string
	for _, key := range []string{"variable", "kind", "question", "part", "value", "label", "score", "spss", "n"} {
		header = append(header, w.Say("codebook."+key))
	}
	all := [][]string{header}
	for _, e := range b.Entries {
		all = append(all, []string{e.Name, e.KindText(w), e.Label, e.Of, "", "", "", "", strconv.FormatInt(e.N, 10)})
		for _, v := range e.Values {
			score := ""
			if v.Score != nil {
				score = v.Score.String()
			}
			all = append(all, []string{e.Name, "", "", "", v.ID, v.Label, score, v.SPSS, strconv.FormatInt(v.N, 10)})
		}
	}
	return all
}

// KindText describes the kind of the variable.
func (e Entry) KindText(w *wording.Words) string {
	text := w.Say("kind." + string(e.Kind))
	if e.Private {
		text += ", " + w.Say("codebook.private")
	}
	if e.Retired {
		text += ", " + w.Say("codebook.before")
	}
	return text
}

// CSV writes the codebook as CSV.
func (b *Book) CSV(w io.Writer, words *wording.Words, withBOM bool) error {
	to, err := newTable(w, withBOM)
	if err != nil {
		return err
	}
	for _, line := range b.lines(words) {
		if err := to.Write(line); err != nil {
			return err
		}
	}
	return to.Flush()
}

// HTML writes the codebook as a page, by the template codebook.html of a file system.
func (b *Book) HTML(w io.Writer, templates fs.FS, words *wording.Words) error {
	t, err := template.ParseFS(templates, "codebook.html")
	if err == nil {
		err = t.Execute(w, struct {
			*Book
			*wording.Words
			Dir string
		}{b, words, wording.Dir(b.Language)})
	}
	if err != nil {
		return fmt.Errorf("codebook: %w", err)
	}
	return nil
}
