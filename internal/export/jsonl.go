package export

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// canonical matches numbers in canonical form, which is JSON's too.
var canonical = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// JSONLines writes a response as one line of JSON, with ids and no texts of the questionnaire:
//
//	{"receipt":"…","arrived":"2026-10-03T14:05:09+08:00","language":"zh","channel":"web","period":"2026-Q4","version":"…",
//	"answers":{"overall":"good","reasons":["price","speed"],"reasons._other":"…","visits":12.5}}
//
// Numbers are numbers, several options a list, all else strings. Private answers, if the response has them, are under
// "private". A sealed answer is {"sealed":true}.
type JSONLines struct {
	plan    *Plan
	w       io.Writer
	line    bytes.Buffer
	encoder *json.Encoder // of strings, to the line
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
	l.line.Reset()
	l.line.WriteByte('{')
	kinds := l.plan.kinds()
	for i, text := range l.plan.responseTexts(r, arrived) {
		if i > 0 {
			l.line.WriteByte(',')
		}
		l.string(string(kinds[i]))
		l.line.WriteByte(':')
		l.string(text)
	}
	l.line.WriteString(`,"answers":{`)
	l.answers(l.plan.versions[r.Version], r.Answers)
	if len(r.Private) > 0 {
		l.line.WriteString(`},"private":{`)
		l.answers(l.plan.versions[r.Version], r.Private)
	}
	l.line.WriteString("}}\n")
	_, err := l.w.Write(l.line.Bytes())
	return err
}

// answers writes the answers that the plan has columns for.
func (l *JSONLines) answers(v *versionPlan, answers []answer.Answer) {
	first := true
	for _, a := range answers {
		if v == nil || len(a) < 2 {
			continue
		}
		at := v.survey.FieldIndex(a.Field())
		if at < 0 || v.columns[at] == nil {
			continue
		}
		if !first {
			l.line.WriteByte(',')
		}
		first = false
		l.string(a.Field())
		l.line.WriteByte(':')
		if a.SealedIn(v.survey, v.survey.Fields()[at]) {
			l.line.WriteString(`{"sealed":true}`)
			continue
		}
		l.values(v.survey.Fields()[at], a.Values())
	}
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
		if canonical.MatchString(values[0]) {
			l.line.WriteString(values[0])
			return
		}
		l.string(values[0])
	default:
		l.string(values[0])
	}
}

func (l *JSONLines) string(text string) {
	l.encoder.Encode(text) // a string, to memory: cannot fail
	l.line.Truncate(l.line.Len() - 1)
}
