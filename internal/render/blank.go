package render

import (
	"bytes"
	"html/template"
	"strconv"
	"strings"
	"sync"
)

// Most questionnaires ask in a few ways, over and over: only what a question is called differs. So the template draws a
// blank question once for all that look alike, with these in place of its name, label and number, and they are filled in.
// No text of an author's may hold them: such a question is drawn by itself.
const (
	noThing  = "no-body" // begins noName and noLabel; no field's name has a hyphen
	noName   = noThing + "-name"
	noLabel  = noThing + "-label"
	noNumber = 7_046_309_581
)

var noNumberText = strconv.Itoa(noNumber)

// draw writes a question by its template.
func (b *builder) draw(v *question) template.HTML {
	if b.plain && v.plain() {
		if key := v.look(b.words.Language()); !bytes.Contains(key, []byte(noThing)) && !bytes.Contains(key, []byte(noNumberText)) {
			pieces := b.renderer.blanks.get(key)
			if pieces == nil {
				pieces = split(b.questionOf(b.mould(v)))
				if b.err != nil {
					return ""
				}
				b.renderer.blanks.put(key, pieces)
			}
			return fill(pieces, v)
		}
	}
	if v.Group != "" {
		v.Choices = b.choices(choices{v.Group, v.Name, v.Many, v.Options})
	}
	return template.HTML(b.questionOf(v))
}

func (b *builder) questionOf(v *question) string {
	var out bytes.Buffer
	if err := b.renderer.part(&out, "survey.question", b.words, v); err != nil && b.err == nil {
		b.err = err
	}
	return out.String()
}

// plain reports whether a question of an empty form can be filled in: it has one name, nothing in it was typed, and its
// label is text alone.
func (v *question) plain() bool {
	switch {
	case v.Note != "" || v.Hidden || v.Other != nil || len(v.Rows)+len(v.Pairs)+len(v.Lines) > 0:
		return false // several names, or none
	case v.Error != "" || v.Value != "" || v.Checked || strings.ContainsRune(string(v.Label), '<'):
		return false
	}
	for i, o := range v.Options {
		if o.Checked || i > 0 && o.ID != "" {
			return false
		}
	}
	return true
}

// look is everything that a plain question shows but its name, label and number. Two that look alike are drawn alike.
func (v *question) look(language string) []byte {
	key := make([]byte, 0, 512)
	text := func(s string) { key = append(append(key, s...), 0) }
	flag := func(on ...bool) {
		for _, b := range on {
			if b {
				key = append(key, 1)
			} else {
				key = append(key, 2)
			}
		}
	}
	text(language)
	flag(v.Number != 0, v.Perhaps, v.Many, v.Ends, v.Tick, v.Select, v.Slider)
	for _, s := range [...]string{v.Group, v.When, v.Must, v.Mark, v.Box, v.Low, v.High, v.Mode, v.Fill, v.Unit, v.Min, v.Max, v.Step, v.Total} {
		text(s)
	}
	key = append(strconv.AppendInt(key, int64(v.Most), 10), 0)
	for _, h := range v.Help {
		text(string(h))
	}
	key = append(key, 3)
	for _, h := range v.Heads {
		text(string(h))
	}
	key = append(key, 3)
	for i := range v.Options {
		o := &v.Options[i]
		text(o.Value)
		text(string(o.Label))
		text(o.Text)
		text(o.When)
		text(o.End)
		key = append(strconv.AppendInt(key, int64(o.Mouth), 10), 0)
		flag(o.Alone)
	}
	return key
}

// mould is a question that looks like v, with nobody's name, label and number.
func (b *builder) mould(v *question) *question {
	m := *v
	m.Name, m.Label = noName, noLabel
	if v.Number != 0 {
		m.Number = noNumber
	}
	m.Described = described(noName, v.When+v.Must != "", len(v.Help) > 0, false)
	if len(v.Options) > 0 {
		m.Options = append([]option(nil), v.Options...)
		m.Options[0].ID = "q-" + noName
	}
	if v.Group != "" {
		m.Choices = template.HTML(b.write(choices{v.Group, noName, v.Many, m.Options}))
	}
	return &m
}

// A piece is drawn text, and what is filled in behind it: noName, noLabel, noNumberText or, at the end, nothing.
type piece struct{ text, then string }

func split(drawn string) []piece {
	var pieces []piece
	for {
		at, what := len(drawn), ""
		for _, one := range [...]string{noName, noLabel, noNumberText} {
			if i := strings.Index(drawn[:at], one); i >= 0 {
				at, what = i, one
			}
		}
		pieces = append(pieces, piece{drawn[:at], what})
		if what == "" {
			return pieces
		}
		drawn = drawn[at+len(what):]
	}
}

func fill(pieces []piece, v *question) template.HTML {
	number := strconv.Itoa(v.Number)
	size := 0
	for i := range pieces {
		size += len(pieces[i].text) + len(v.Name)
	}
	var b strings.Builder
	b.Grow(size + 2*len(v.Label))
	for i := range pieces {
		b.WriteString(pieces[i].text)
		switch pieces[i].then {
		case noName:
			b.WriteString(v.Name)
		case noLabel:
			b.WriteString(string(v.Label))
		case noNumberText:
			b.WriteString(number)
		}
	}
	return template.HTML(b.String())
}

// blanks keeps what has been drawn, for all pages of a renderer. It holds texts of questionnaires only, none of
// respondents, so that it grows with what authors write; it begins anew before that is much.
type blanks struct {
	mu    sync.RWMutex
	drawn map[string][]piece
}

// maxBlanks bounds what is kept: each is a kilobyte or two.
const maxBlanks = 4096

func (b *blanks) get(key []byte) []piece {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.drawn[string(key)]
}

func (b *blanks) put(key []byte, pieces []piece) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.drawn == nil || len(b.drawn) >= maxBlanks {
		b.drawn = map[string][]piece{}
	}
	b.drawn[string(key)] = pieces
}
