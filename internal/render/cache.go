package render

import (
	"bytes"
	"html/template"
	"strconv"
	"strings"
	"sync"
)

// Most questionnaires ask many questions that differ only in name, label and number. Such a question is rendered by the
// template once, with placeholders in their place, and then filled in for each. An author's text that contains a
// placeholder is rendered on its own.
const (
	placeholder       = "no-body" // no field's name has a hyphen
	namePlaceholder   = placeholder + "-name"
	labelPlaceholder  = placeholder + "-label"
	numberPlaceholder = 7_046_309_581
)

var numberPlaceholderText = strconv.Itoa(numberPlaceholder)

// render renders a question by its template, from the cache if it can.
func (b *builder) render(v *question) template.HTML {
	if b.empty && v.cacheable() {
		if key := v.cacheKey(b.words.Language()); !bytes.Contains(key, []byte(placeholder)) && !bytes.Contains(key, []byte(numberPlaceholderText)) {
			fragments := b.renderer.questions.get(key)
			if fragments == nil {
				fragments = splitFragments(b.execute("survey.question", b.withPlaceholders(v)))
				if b.err != nil {
					return ""
				}
				b.renderer.questions.put(key, fragments)
			}
			return fill(fragments, v)
		}
	}
	if v.Group != "" {
		v.Choices = b.choices(choices{v.Group, v.Name, v.Many, v.Options})
	}
	return template.HTML(b.execute("survey.question", v))
}

// execute runs a template of a part of the form, and keeps the first error.
func (b *builder) execute(name string, data any) string {
	var out bytes.Buffer
	if err := b.renderer.execute(&out, name, b.words, data); err != nil && b.err == nil {
		b.err = err
	}
	return out.String()
}

// cacheable reports whether a question of an empty form differs from others only in what can be filled in: it has one
// name, nothing in it was typed, and its label is text alone.
func (v *question) cacheable() bool {
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

// cacheKey returns everything that a cacheable question shows but its name, label and number.
func (v *question) cacheKey(language string) []byte {
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
	flag(v.Number != 0, v.MarkIf, v.Many, v.HasEnds, v.Checkbox, v.Select, v.Slider)
	for _, s := range [...]string{string(v.Picture), v.Group, v.Fit, v.When, v.RequiredWhen, v.Mark, v.InputType, v.Low, v.High, v.InputMode, v.Autocomplete, v.Unit, v.Min, v.Max, v.Step, v.Total} {
		text(s)
	}
	key = append(strconv.AppendInt(key, int64(v.Ranks), 10), 0)
	for _, h := range v.Help {
		text(string(h))
	}
	key = append(key, 3)
	for i := range v.Options {
		o := &v.Options[i]
		text(o.Value)
		text(string(o.Label))
		text(string(o.Picture))
		text(o.Text)
		text(o.When)
		text(o.End)
		key = append(strconv.AppendInt(key, int64(o.Mouth), 10), 0)
		flag(o.Exclusive)
	}
	return key
}

// withPlaceholders returns a question with the same cache key, and placeholders for its name, label and number.
func (b *builder) withPlaceholders(v *question) *question {
	p := *v
	p.Name, p.Label = namePlaceholder, labelPlaceholder
	if v.Number != 0 {
		p.Number = numberPlaceholder
	}
	p.Described = describedBy(namePlaceholder, v.When+v.RequiredWhen != "", len(v.Help) > 0)
	if len(v.Options) > 0 {
		p.Options = append([]option(nil), v.Options...)
		p.Options[0].ID = "q-" + namePlaceholder
	}
	if v.Group != "" {
		p.Choices = template.HTML(b.execute("survey.choices", choices{v.Group, namePlaceholder, v.Many, p.Options}))
	}
	return &p
}

// A fragment is rendered text, and the placeholder that follows it; "" at the end.
type fragment struct{ text, placeholder string }

func splitFragments(rendered string) []fragment {
	var fragments []fragment
	for {
		at, next := len(rendered), ""
		for _, p := range [...]string{namePlaceholder, labelPlaceholder, numberPlaceholderText} {
			if i := strings.Index(rendered[:at], p); i >= 0 {
				at, next = i, p
			}
		}
		fragments = append(fragments, fragment{rendered[:at], next})
		if next == "" {
			return fragments
		}
		rendered = rendered[at+len(next):]
	}
}

func fill(fragments []fragment, v *question) template.HTML {
	number := strconv.Itoa(v.Number)
	size := 0
	for i := range fragments {
		size += len(fragments[i].text) + len(v.Name)
	}
	var b strings.Builder
	b.Grow(size + 2*len(v.Label))
	for i := range fragments {
		b.WriteString(fragments[i].text)
		switch fragments[i].placeholder {
		case namePlaceholder:
			b.WriteString(v.Name)
		case labelPlaceholder:
			b.WriteString(string(v.Label))
		case numberPlaceholderText:
			b.WriteString(number)
		}
	}
	return template.HTML(b.String())
}

// questionCache keeps rendered questions for all pages of a renderer. It holds texts of questionnaires only, none of
// respondents, so that it grows with what authors write; when it is full, it starts over.
type questionCache struct {
	mu    sync.RWMutex
	byKey map[string][]fragment
}

// maxCachedQuestions bounds the cache. A question takes a kilobyte or two.
const maxCachedQuestions = 4096

func (c *questionCache) get(key []byte) []fragment {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byKey[string(key)]
}

func (c *questionCache) put(key []byte, fragments []fragment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil || len(c.byKey) >= maxCachedQuestions {
		c.byKey = map[string][]fragment{}
	}
	c.byKey[string(key)] = fragments
}
