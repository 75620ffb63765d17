package export

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// JSONLines writes a response as one line of JSON, with ids and no texts of the questionnaire:
//
//	{"receipt":"…","arrived":"2026-10-03T14:05:09+08:00","language":"zh","channel":"web","period":"2026-Q4","version":"…",
//	"answers":{"overall":"good","reasons":["price","speed"],"reasons._other":"…","visits":12.5}}
//
// Numbers are numbers, several options a list, all else text. Private answers, if the response has them, stand apart under
// "private".
type JSONLines struct {
	plan    *Plan
	w       io.Writer
	line    bytes.Buffer
	encoder *json.Encoder // of texts, to the line
}

// NewJSONLines writes to w.
func NewJSONLines(w io.Writer, p *Plan) *JSONLines {
	l := &JSONLines{plan: p, w: w}
	l.encoder = json.NewEncoder(&l.line)
	l.encoder.SetEscapeHTML(false)
	return l
}

// Write writes a response.
func (l *JSONLines) Write(r answer.Response, arrived time.Time) error {
	receipt := answer.Receipt(r.ID)
	if receipt == "" {
		receipt = r.ID
	}
	l.line.Reset()
	l.line.WriteByte('{')
	for i, text := range [...]string{receipt, arrived.In(l.plan.Survey.Location()).Format(time.RFC3339), r.Language, r.Channel, r.Period, r.Version} {
		if i > 0 {
			l.line.WriteByte(',')
		}
		l.string(string(about[i]))
		l.line.WriteByte(':')
		l.string(text)
	}
	s := l.plan.versions[r.Version]
	for i, answers := range [...][]answer.Answer{r.Answers, r.Private} {
		if i == 1 && len(answers) == 0 {
			break
		}
		l.line.WriteString([...]string{`,"answers":{`, `,"private":{`}[i])
		first := true
		for _, a := range answers {
			if s == nil || len(a) < 2 {
				continue
			}
			at := s.survey.FieldIndex(a.Field())
			if at < 0 || s.columns[at] == nil {
				continue
			}
			if !first {
				l.line.WriteByte(',')
			}
			first = false
			l.string(a.Field())
			l.line.WriteByte(':')
			l.values(s.survey.Fields()[at], a.Values())
		}
		l.line.WriteByte('}')
	}
	l.line.WriteString("}\n")
	_, err := l.w.Write(l.line.Bytes())
	return err
}

func (l *JSONLines) values(f survey.Field, values []string) {
	switch kindOf(f) {
	case Chosen:
		l.line.WriteByte('[')
		for i, v := range values {
			if i > 0 {
				l.line.WriteByte(',')
			}
			l.string(v)
		}
		l.line.WriteByte(']')
	case Number:
		if plainNumber.MatchString(values[0]) {
			l.line.WriteString(values[0]) // in canonical form, which is JSON's too
			return
		}
		l.string(values[0])
	default:
		l.string(values[0])
	}
}

func (l *JSONLines) string(text string) {
	l.encoder.Encode(text) // a text, to memory: neither fails
	l.line.Truncate(l.line.Len() - 1)
}
