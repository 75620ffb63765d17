package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/survey"
)

// Posted is a submission as it came, from a form or from JSON, not yet checked.
type Posted struct {
	ID       string // "" when the client made none
	Version  string
	Language string // "" when not said
	Channel  string
	Fields   map[string][]string // by field name, as typed

	values   map[string]any // what JSON gave, until Check knows the questions' types
	problems []Problem      // of the envelope
}

// FromForm takes a plain form's values apart: control fields begin with an underscore, all others are answers. The values
// become the Posted's own.
func FromForm(values url.Values) Posted {
	control := func(name string) string {
		typed := values[name]
		delete(values, name)
		if len(typed) == 0 {
			return ""
		}
		return strings.TrimSpace(typed[0])
	}
	return Posted{ID: control("_id"), Version: control("_version"), Language: control("_language"), Channel: control("_channel"), Fields: values}
}

// FromJSON reads {"id", "version", "language", "channel", "answers": {…}}. A member that should not be there, or is of the
// wrong type, is a problem that Check will report with the others; the error is for what is no JSON object at all.
func FromJSON(body []byte) (Posted, error) {
	var p Posted
	var envelope struct {
		ID       string `json:"id"`
		Version  string `json:"version"`
		Language string `json:"language"`
		Channel  string `json:"channel"`
		Answers  any    `json:"answers"` // which the decoder reads faster than a map
	}
	if !utf8.Valid(body) {
		return p, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&envelope)
	if err == nil {
		if _, rest := decoder.Token(); rest != io.EOF {
			err = errors.New("more than one value")
		}
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		p.problems = append(p.problems, Problem{Field: wrong.Field, Code: WrongType})
	} else if _, name, ok := strings.Cut(fmt.Sprint(err), "unknown field "); ok {
		p.problems = append(p.problems, Problem{Field: strings.Trim(name, `"`), Code: UnknownField})
	} else if err != nil {
		return p, err
	}
	if wrong == nil && envelope.ID == "" {
		p.problems = append(p.problems, Problem{Field: "id", Code: BadID})
	}
	values, ok := envelope.Answers.(map[string]any)
	if !ok {
		values = map[string]any{}
		if envelope.Answers != nil {
			p.problems = append(p.problems, Problem{Field: "answers", Code: WrongType})
		}
	}
	p.ID, p.Version, p.Language, p.Channel, p.values = envelope.ID, envelope.Version, envelope.Language, envelope.Channel, values
	return p, nil
}

// flatten turns JSON's values into posted fields, and finds those of the wrong type.
func (p *Posted) flatten(s *survey.Survey) []Problem {
	var problems []Problem
	p.Fields = make(map[string][]string, len(p.values))
	single := make([]string, 0, len(p.values)) // room for the fields' one value, mostly
	one := func(text string) []string {
		single = append(single, text)
		return single[len(single)-1 : len(single) : len(single)]
	}
	for name, value := range p.values {
		if value == nil {
			continue
		}
		if rows, ok := value.(map[string]any); ok && isMatrix(s, name) {
			for row, step := range rows {
				field := name + "." + row
				if step == nil {
					continue
				}
				if text, ok := scalar(step); ok {
					p.Fields[field] = one(text)
				} else {
					problems = append(problems, Problem{Question: name, Field: field, Code: WrongType})
				}
			}
			continue
		}
		f, known := s.Field(name)
		if !known {
			p.Fields[name] = nil // Check says that it is unknown
			continue
		}
		text, texts, ok := flat(f.Question.Type, value)
		switch {
		case !ok:
			problems = append(problems, Problem{Question: f.Question.ID, Field: name, Code: WrongType})
		case texts != nil:
			p.Fields[name] = texts
		default:
			p.Fields[name] = one(text)
		}
	}
	return problems
}

func isMatrix(s *survey.Survey, id string) bool {
	for q := range s.Questions() {
		if q.ID == id {
			return q.Type == survey.Matrix
		}
	}
	return false
}

// flat writes one JSON value as a form would post it: as a text, or of a list as texts.
func flat(t survey.Type, value any) (text string, texts []string, ok bool) {
	switch v := value.(type) {
	case bool:
		switch {
		case t != survey.YesNo && t != survey.Consent:
			return "", nil, false
		case v:
			return "yes", nil, true
		default:
			return "no", nil, true
		}
	case []any:
		if t != survey.MultiChoice {
			return "", nil, false
		}
		texts = make([]string, len(v))
		for i, one := range v {
			if texts[i], ok = scalar(one); !ok {
				return "", nil, false
			}
		}
		return "", texts, true
	case json.Number:
		switch t {
		case survey.ShortText, survey.LongText, survey.Email, survey.Phone, survey.DateType, survey.MultiChoice, survey.YesNo, survey.Consent:
			return "", nil, false
		}
	case string:
		if t == survey.MultiChoice {
			return "", nil, false
		}
	}
	text, ok = scalar(value)
	return text, nil, ok
}

// scalar is a string or a number as text; 4.0 is "4".
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		if len(v) == 1 || len(v) == 2 && v[0] != '-' { // written in the one way there is
			return string(v), true
		}
		if d, err := survey.ParseDecimal(v.String()); err == nil {
			return d.String(), true
		}
		return v.String(), true
	default:
		return "", false
	}
}
