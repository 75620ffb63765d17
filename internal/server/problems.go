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

	"glasspoll/internal/questionnaire"
)

// trouble is a problem as an open page shows it.
type trouble struct {
	questionnaire.Problem
	surveys []string // that the file is, or would be; none for a template
	never   bool     // the file has never been good since the server started
	excerpt []sourceLine
}

// sourceLine is a line around a problem. Of the line that has it, Before is what stands before the problem's column.
type sourceLine struct {
	Number int
	Text   string
	Here   bool
	Before string
}

const (
	contextLines = 2   // shown before and after the line with the problem
	widestLine   = 160 // characters shown of a line
	mostTroubles = 30  // shown at once
)

// troublesOf gives problems their excerpts, and finds the place of an error in the templates.
func (srv *Server) troublesOf(problems questionnaire.Problems, err error) []trouble {
	troubles := make([]trouble, 0, len(problems)+1)
	sources := map[string][]string{}
	for _, p := range problems {
		t := trouble{Problem: p}
		if f := srv.library.File(p.File); f != nil {
			if sources[p.File] == nil {
				sources[p.File] = linesOf(f.Source)
			}
			t.surveys, t.never = f.IDs(), !f.WasGood()
			t.excerpt = excerpt(sources[p.File], p.Line, p.Column)
		}
		for _, s := range srv.library.Sidecars() {
			if s.Path == p.File {
				if ids := s.IDs(); ids != nil {
					t.surveys = ids
				}
				t.excerpt = excerpt(linesOf(s.Source), p.Line, p.Column)
			}
		}
		troubles = append(troubles, t)
	}
	if err != nil {
		troubles = append(troubles, srv.templateTrouble(err))
	}
	return troubles
}

// templatePlace is how html/template, esbuild and the wording say where a mistake is: column and all, or less.
var templatePlace = regexp.MustCompile(`([\w./-]+\.(?:html|css|js|ya?ml)):(\d+)(?::(\d+))?: (?s:(.*))$`)

func (srv *Server) templateTrouble(err error) trouble {
	t := trouble{Problem: questionnaire.Problem{Message: err.Error()}}
	at := templatePlace.FindStringSubmatch(t.Message)
	if at == nil || srv.options.Templates == "" {
		return t
	}
	source, name := []byte(nil), ""
	for _, candidate := range []string{at[1], "wording/" + at[1]} {
		if !filepath.IsLocal(candidate) {
			return t
		}
		name = filepath.Join(srv.options.Templates, filepath.FromSlash(candidate))
		if source, err = os.ReadFile(name); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return t
	}
	line, _ := strconv.Atoi(at[2])
	column, _ := strconv.Atoi(at[3]) // 0 where there is none
	t.Problem = questionnaire.Problem{File: name, Line: line, Column: column, Message: at[4]}
	t.excerpt = excerpt(linesOf(source), line, column)
	return t
}

// linesOf splits a source as the parser counts its lines.
func linesOf(source []byte) []string {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	source = bytes.ReplaceAll(source, []byte("\r"), []byte("\n"))
	return strings.Split(strings.ToValidUTF8(string(source), "\ufffd"), "\n")
}

// excerpt is the lines around a place; none for a file as a whole. Of long lines it shows the part around the column.
func excerpt(lines []string, line, column int) []sourceLine {
	if line < 1 || line > len(lines) {
		return nil
	}
	from := max(0, column-1-widestLine*3/4)
	if len([]rune(lines[line-1])) <= widestLine {
		from = 0
	}
	var shown []sourceLine
	for n := max(1, line-contextLines); n <= min(len(lines), line+contextLines); n++ {
		one := sourceLine{Number: n, Here: n == line && column > 0}
		runes := []rune(lines[n-1])
		start, end := min(from, len(runes)), min(from+widestLine, len(runes))
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

// problems is the list of troubles as HTML, in Chinese or else English. On a page that none of them concerns it is
// closed at first.
func (p *preview) problems(language, page string, troubles []trouble) string {
	words := previewWords["en"]
	if strings.HasPrefix(language, "zh") {
		words = previewWords["zh"]
	}
	id := surveyAt(page)
	concerns := func(t trouble) bool { return len(t.surveys) == 0 || slices.Contains(t.surveys, id) }
	never := slices.ContainsFunc(troubles, func(t trouble) bool { return t.never && concerns(t) })
	ordered := slices.Clone(troubles)
	slices.SortStableFunc(ordered, func(a, b trouble) int { return rank(concerns(a)) - rank(concerns(b)) })
	var files []string
	for _, t := range ordered {
		if t.File != "" && !slices.Contains(files, t.File) {
			files = append(files, t.File)
		}
	}
	in := ""
	switch len(files) {
	case 0:
	case 1:
		in = filepath.Base(files[0])
	default:
		in = fmt.Sprintf(words["files"], len(files))
	}
	type shown struct {
		Place, Message string
		Excerpt        []sourceLine
	}
	view := struct {
		Heading, Kept, More string
		Open                bool
		List                []shown
	}{Open: id == "" || slices.ContainsFunc(troubles, concerns), Kept: words["kept"]}
	view.Heading = fmt.Sprintf(words["several"], len(troubles), in)
	if len(troubles) == 1 {
		view.Heading = fmt.Sprintf(words["one"], 1, in)
	}
	if len(files) == 0 {
		view.Heading = troubles[0].Message
	}
	if never {
		view.Kept = words["never"]
	}
	for i, t := range ordered {
		if i == mostTroubles {
			view.More = fmt.Sprintf(words["more"], len(ordered)-i)
			break
		}
		one := shown{Place: t.File, Message: t.Message, Excerpt: t.excerpt}
		if t.Line > 0 {
			one.Place += ":" + strconv.Itoa(t.Line)
			if t.Column > 0 {
				one.Place += ":" + strconv.Itoa(t.Column)
			}
		}
		view.List = append(view.List, one)
	}
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, "problems.html", view); err != nil {
		return template.HTMLEscapeString(err.Error()) // the template is our own
	}
	return b.String()
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}
