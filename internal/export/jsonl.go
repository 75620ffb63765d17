package export

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"

	"glasspoll/internal/answer"
)

// JSONLines writes a response as one line of JSON, with ids and no texts of the questionnaire:
//
//	{"receipt":"…","arrived":"2026-10-03T14:05:09+08:00","language":"zh","channel":"web","period":"2026-Q4","version":"…",
//	"answers":{"overall":"good","reasons":["price","speed"],"reasons._other":"…","visits":12.5}}
//
// Numbers are numbers, several options a list, all else strings. Private answers, if the response has them, are under
// "private". A sealed answer is {"sealed":true}.
type JSONLines struct {
	lines
	plan *Plan
}

// NewJSONLines writes to w.
func NewJSONLines(w io.Writer, p *Plan) *JSONLines { return &JSONLines{lines{w}, p} }

func (l *JSONLines) Encoder() Encoder {
	e := &lineEncoder{plan: l.plan}
	e.encoder = json.NewEncoder(&e.escaped)
	e.encoder.SetEscapeHTML(false)
	return e
}

type lineEncoder struct {
	plan    *Plan
	escaped bytes.Buffer
	encoder *json.Encoder // of strings, to escaped
}

func (e *lineEncoder) Encode(b *Block) {
	for i := range b.Records {
		b.data = e.append(b.data, &b.Records[i])
	}
}

func (e *lineEncoder) append(line []byte, r *Record) []byte {
	for i, kind := range e.plan.about {
		if i == 0 {
			line = append(line, '{')
		} else {
			line = append(line, ',')
		}
		line = append(e.string(line, string(kind)), ':')
		line = e.string(line, e.plan.text(kind, r))
	}
	line = append(line, `,"answers":{`...)
	line = e.answers(line, e.plan.versions[r.Version], r.Answers)
	if len(r.Private) > 0 {
		line = append(line, `},"private":{`...)
		line = e.answers(line, e.plan.versions[r.Version], r.Private)
	}
	return append(line, "}}\n"...)
}

// answers appends the answers that the plan has columns for.
func (e *lineEncoder) answers(line []byte, v *versionPlan, answers []answer.Answer) []byte {
	if v == nil {
		return line
	}
	next, begun := 0, false
	for _, a := range answers {
		i := v.find(a, next)
		if i < 0 {
			continue
		}
		if next = i + 1; begun {
			line = append(line, ',')
		}
		begun = true
		line = append(e.string(line, a.Field()), ':')
		if v.isSealed(a, i) {
			line = append(line, `{"sealed":true}`...)
		} else {
			line = e.values(line, v.fields[i].kind, a.Values())
		}
	}
	return line
}

func (e *lineEncoder) values(line []byte, kind Kind, values []string) []byte {
	switch {
	case kind == Chosen:
		line = append(line, '[')
		for i, v := range values {
			if i > 0 {
				line = append(line, ',')
			}
			line = e.string(line, v)
		}
		return append(line, ']')
	case kind == Number && isNumber(values[0]):
		return append(line, values[0]...)
	}
	return e.string(line, values[0])
}

// isNumber reports whether a text is digits, perhaps with a minus before them and decimals behind. Numbers in canonical form are, and
// these are JSON's too.
func isNumber(text string) bool {
	if text != "" && text[0] == '-' {
		text = text[1:]
	}
	digits, dots := 0, 0 // of the part since the dot
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && dots == 0 && digits > 0:
			digits, dots = 0, 1
		default:
			return false
		}
	}
	return digits > 0
}

// string appends a text as JSON.
func (e *lineEncoder) string(line []byte, text string) []byte {
	if isPlain(text) {
		return append(append(append(line, '"'), text...), '"')
	}
	e.escaped.Reset()
	e.encoder.Encode(text) // a string, to memory: cannot fail
	return append(line, e.escaped.Bytes()[:e.escaped.Len()-1]...)
}

// isPlain reports whether a text is its own JSON, between quotes. U+2028 and U+2029, which are not, end in the bytes 0x80 0xa8 and
// 0x80 0xa9.
func isPlain(text string) bool {
	wide := false
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c == '"' || c == '\\' || c|1 == 0xa9 && text[i-min(i, 1)] == 0x80 {
			return false
		}
		wide = wide || c >= utf8.RuneSelf
	}
	return !wide || utf8.ValidString(text)
}
