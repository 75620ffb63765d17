package server

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

// shownProblem is a problem as an open page shows it.
type shownProblem struct {
	questionnaire.Problem
	surveys   []string // that the file is, or would be; none for a template
	neverGood bool     // the file has had problems ever since the server started
	excerpt   []sourceLine
}

// concerns reports whether a page of a survey should show the problem open.
func (p *shownProblem) concerns(survey string) bool {
	return len(p.surveys) == 0 || slices.Contains(p.surveys, survey)
}

// place returns where the problem is, as file:line:column, or as much of that as is known.
func (p *shownProblem) place() string {
	place := p.File
	if p.Line > 0 {
		place += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			place += ":" + strconv.Itoa(p.Column)
		}
	}
	return place
}

// sourceLine is a line around a problem. On the line that has it, Before is the text before the problem's column.
type sourceLine struct {
	Number int
	Text   string
	Here   bool
	Before string
}

const (
	contextLines = 2   // shown before and after the line with the problem
	maxLineWidth = 160 // characters shown of a line
	maxProblems  = 30  // shown at once
)

// shownProblems adds excerpts to problems, and finds the place of an error in the templates.
func (srv *Server) shownProblems(problems questionnaire.Problems, err error) []shownProblem {
	shown := make([]shownProblem, 0, len(problems)+1)
	sources := map[string][]string{}
	for _, p := range problems {
		one := shownProblem{Problem: p}
		if f := srv.library.File(p.File); f != nil {
			if sources[p.File] == nil {
				sources[p.File] = linesOf(f.Source)
			}
			one.surveys, one.neverGood = f.IDs(), !f.WasGood()
			one.excerpt = excerpt(sources[p.File], p.Line, p.Column)
		}
		for _, s := range srv.library.Sidecars() {
			if s.Path == p.File {
				if ids := s.IDs(); ids != nil {
					one.surveys = ids
				}
				one.excerpt = excerpt(linesOf(s.Source), p.Line, p.Column)
			}
		}
		shown = append(shown, one)
	}
	if err != nil {
		shown = append(shown, srv.templateProblem(err))
	}
	return shown
}

// templatePlace is how html/template, esbuild and the wording say where a mistake is, with or without a column.
var templatePlace = regexp.MustCompile(`([\w./-]+\.(?:html|css|js|ya?ml)):(\d+)(?::(\d+))?: (?s:(.*))$`)

// templateProblem returns an error with its place in the author's templates, if it has one.
func (srv *Server) templateProblem(err error) shownProblem {
	p := shownProblem{Problem: questionnaire.Problem{Message: message.Of(err)}}
	at := templatePlace.FindStringSubmatch(p.Message.String())
	if at == nil || srv.options.Templates == "" {
		return p
	}
	source, name := []byte(nil), ""
	for _, candidate := range []string{at[1], "wording/" + at[1]} {
		if !filepath.IsLocal(candidate) {
			return p
		}
		name = filepath.Join(srv.options.Templates, filepath.FromSlash(candidate))
		if source, err = os.ReadFile(name); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return p
	}
	line, _ := strconv.Atoi(at[2])
	column, _ := strconv.Atoi(at[3]) // 0 where there is none
	text := p.Message.Map(afterPlace)
	if text.In(message.Chinese) == text.String() { // of a library: it has the words of Go's templates, CSS or JavaScript
		text = message.New("this cannot be read: %s", text)
	}
	p.Problem = questionnaire.Problem{File: name, Line: line, Column: column, Message: text}
	p.excerpt = excerpt(linesOf(source), line, column)
	return p
}

// afterPlace returns what a message says after the place of a mistake.
func afterPlace(text string) string {
	at := templatePlace.FindStringSubmatch(text)
	if at == nil {
		return text
	}
	return at[4]
}

// linesOf splits a source as the parser counts its lines.
func linesOf(source []byte) []string {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	source = bytes.ReplaceAll(source, []byte("\r"), []byte("\n"))
	return strings.Split(strings.ToValidUTF8(string(source), "\ufffd"), "\n")
}

// excerpt returns the lines around a place; none for a file as a whole. Of long lines it shows the part around the column.
func excerpt(lines []string, line, column int) []sourceLine {
	if line < 1 || line > len(lines) {
		return nil
	}
	from := max(0, column-1-maxLineWidth*3/4)
	if len([]rune(lines[line-1])) <= maxLineWidth {
		from = 0
	}
	var shown []sourceLine
	for n := max(1, line-contextLines); n <= min(len(lines), line+contextLines); n++ {
		one := sourceLine{Number: n, Here: n == line && column > 0}
		runes := []rune(lines[n-1])
		start, end := min(from, len(runes)), min(from+maxLineWidth, len(runes))
		one.Text = string(runes[start:end])
		if one.Here {
			before := min(column-1, len(runes))
			one.Before = string(runes[start:max(start, before)])
		}
		if end < len(runes) {
			one.Text += "…"
		}
		if start > 0 {
			one.Text, one.Before = "…"+one.Text, "…"+one.Before
		}
		shown = append(shown, one)
	}
	for n := len(shown); n > 1 && shown[n-1].Text == "" && shown[n-1].Number > line; n-- { // a file's last line end
		shown = shown[:n-1]
	}
	return shown
}

// problemList is what problems.html shows.
type problemList struct {
	Heading, Kept, More string
	Open                bool
	List                []listedProblem
}

type listedProblem struct {
	Place, Message string
	Excerpt        []sourceLine
}

// problemsHTML returns a list of problems, at least one, in Chinese or else English. On a page that none of them concerns it
// is closed at first.
func (p *preview) problemsHTML(language, page string, problems []shownProblem) string {
	text := previewText["en"]
	if strings.HasPrefix(language, "zh") {
		text = previewText["zh"]
	}
	survey := surveyOf(page)
	var here, elsewhere []shownProblem
	for _, one := range problems {
		if one.concerns(survey) {
			here = append(here, one)
		} else {
			elsewhere = append(elsewhere, one)
		}
	}
	ordered := slices.Concat(here, elsewhere)
	view := problemList{Heading: problemHeading(language, text, ordered), Open: survey == "" || len(here) > 0, Kept: text["kept"]}
	if slices.ContainsFunc(here, func(s shownProblem) bool { return s.neverGood }) {
		view.Kept = text["never"]
	}
	if more := len(ordered) - maxProblems; more > 0 {
		view.More = fmt.Sprintf(text["more"], more)
	}
	for _, one := range ordered[:min(len(ordered), maxProblems)] {
		view.List = append(view.List, listedProblem{Place: one.place(), Message: one.Message.In(language), Excerpt: one.excerpt})
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, "problems.html", view); err != nil {
		return template.HTMLEscapeString(err.Error()) // the template is our own
	}
	return b.String()
}

// problemHeading says how many problems there are, and in which file or how many files. Where there is no file, it is the
// first message.
func problemHeading(language string, text map[string]string, problems []shownProblem) string {
	var files []string
	for _, p := range problems {
		if p.File != "" && !slices.Contains(files, p.File) {
			files = append(files, p.File)
		}
	}
	if len(files) == 0 {
		return problems[0].Message.In(language)
	}
	in := filepath.Base(files[0])
	if len(files) > 1 {
		in = fmt.Sprintf(text["files"], len(files))
	}
	if len(problems) == 1 {
		return fmt.Sprintf(text["one"], 1, in)
	}
	return fmt.Sprintf(text["several"], len(problems), in)
}
