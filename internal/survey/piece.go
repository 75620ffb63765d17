package survey

import (
	"regexp"
	"strings"
)

// A Piece is a part of a text: words, or an earlier answer, written {{q}}.
type Piece struct {
	Text   string // as written, braces included
	Answer string // the field or ranking whose answer is shown; "" for words
}

var braces = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// Pieces splits a text at each {{name}} that shows an answer. Other braces are words.
func (s *Survey) Pieces(text string) []Piece {
	var pieces []Piece
	end := 0
	for _, p := range Pipes(text) {
		if !s.Shows(p.Name) {
			continue
		}
		if p.Start > end {
			pieces = append(pieces, Piece{Text: text[end:p.Start]})
		}
		pieces = append(pieces, Piece{Text: text[p.Start:p.End], Answer: p.Name})
		end = p.End
	}
	if end < len(text) || end == 0 {
		pieces = append(pieces, Piece{Text: text[end:]})
	}
	return pieces
}

// Shows reports whether {{name}} shows an answer: that of a field, or the order of a ranking.
func (s *Survey) Shows(name string) bool {
	if f, ok := s.Field(name); ok {
		return f.Part != OtherPart
	}
	q, ok := s.Question(name)
	return ok && q.Type == Ranking
}

// A Pipe is a {{name}} in a text, whether or not there is such a question.
type Pipe struct {
	Name       string
	Start, End int // in bytes, braces included
}

// Pipes lists each {{name}} of a text.
func Pipes(text string) []Pipe {
	if !strings.Contains(text, "{{") {
		return nil
	}
	var pipes []Pipe
	for _, at := range braces.FindAllStringIndex(text, -1) {
		pipes = append(pipes, Pipe{Name: strings.TrimSpace(strings.Trim(text[at[0]:at[1]], "{}")), Start: at[0], End: at[1]})
	}
	return pipes
}
