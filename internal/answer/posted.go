package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
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

// FromForm takes a plain form's values apart: control fields begin with an underscore, all others are answers.
func FromForm(values url.Values) Posted {
	p := Posted{Fields: make(map[string][]string, len(values))}
	controls := map[string]*string{"_id": &p.ID, "_version": &p.Version, "_language": &p.Language, "_channel": &p.Channel}
	for name, typed := range values {
		if control := controls[name]; control != nil {
			*control = strings.TrimSpace(typed[0])
		} else {
			p.Fields[name] = typed
		}
	}
	return p
}

// FromJSON reads {"id", "version", "language", "channel", "answers": {…}}. A member that should not be there, is there
// twice, or is of the wrong type, is a problem that Check will report with the others; the error is for what is no JSON
// object at all.
func FromJSON(body []byte) (Posted, error) {
	var p Posted
	var envelope struct {
		ID       string         `json:"id"`
		Version  string         `json:"version"`
		Language string         `json:"language"`
		Channel  string         `json:"channel"`
		Answers  map[string]any `json:"answers"`
	}
	if !utf8.Valid(body) {
		return p, errors.New("not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err := decoder.Decode(&envelope)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		p.problems = append(p.problems, Problem{Field: wrong.Field, Code: WrongType})
	} else if err != nil {
		return p, err
	}
	if _, rest := decoder.Token(); rest != io.EOF {
		return p, errors.New("more than one value")
	}
	// The decoder takes the last of two members of one name, and "ID" for "id".
	unknown, twice := members(body, "id", "version", "language", "channel", "answers")
	for _, name := range unknown {
		p.problems = append(p.problems, Problem{Field: name, Code: UnknownField})
	}
	for _, path := range twice {
		name, inside := strings.CutPrefix(path, "answers.")
		question := ""
		if inside {
			question, _, _ = strings.Cut(name, ".")
		}
		p.problems = append(p.problems, Problem{Question: question, Field: name, Code: NamedTwice})
	}
	if wrong == nil && envelope.ID == "" {
		p.problems = append(p.problems, Problem{Field: "id", Code: BadID})
	}
	p.ID, p.Version, p.Language, p.Channel, p.values = envelope.ID, envelope.Version, envelope.Language, envelope.Channel, envelope.Answers
	if p.values == nil {
		p.values = map[string]any{}
	}
	return p, nil
}

// flatten turns JSON's values into posted fields, and finds those of the wrong type.
func (p *Posted) flatten(s *survey.Survey) []Problem {
	var problems []Problem
	p.Fields = make(map[string][]string, len(p.values))
	wrong := func(field string) {
		question, _, _ := strings.Cut(field, ".")
		problems = append(problems, Problem{Question: question, Field: field, Code: WrongType})
	}
	questions := map[string]*survey.Question{}
	for q := range s.Questions() {
		questions[q.ID] = q
	}
	// {"q": {"row": …}} and {"q.row": …} name the same field.
	given := map[string]bool{}
	take := func(name string, texts []string) {
		if given[name] {
			question, _, _ := strings.Cut(name, ".")
			problems = append(problems, Problem{Question: question, Field: name, Code: NamedTwice})
			return
		}
		given[name] = true
		p.Fields[name] = texts
	}
	var put func(name string, value any)
	put = func(name string, value any) {
		if value == nil {
			return
		}
		if f, ok := s.Field(name); ok {
			if texts, ok := flat(f, value); ok {
				take(name, texts)
			} else {
				wrong(name)
			}
			return
		}
		id, _, row := strings.Cut(name, ".")
		switch q := questions[id]; {
		case q == nil || q.Type == survey.Note:
			p.Fields[name] = nil // Check says that it is unknown
		case q.Type == survey.Ranking && !row:
			rank(name, value, take, wrong)
		case row && (q.Type != survey.ImportanceMatrix || strings.Count(name, ".") > 1):
			p.Fields[name] = nil
		default: // rows, options, or the parts of a row
			parts, ok := value.(map[string]any)
			if !ok {
				wrong(name)
			}
			for part, value := range parts {
				put(name+"."+part, value)
			}
		}
	}
	for name, value := range p.values {
		put(name, value)
	}
	return problems
}

// rank turns an ordered list into ranks; an option that is listed twice has two.
func rank(question string, value any, take func(string, []string), wrong func(string)) {
	list, ok := value.([]any)
	ranks := map[string][]string{}
	for i, one := range list {
		id, text := one.(string)
		if !text {
			ok = false
			continue
		}
		field := question + "." + id
		ranks[field] = append(ranks[field], strconv.Itoa(i+1))
	}
	for field, texts := range ranks {
		take(field, texts)
	}
	if !ok {
		wrong(question)
	}
}

// flat writes one JSON value as a form would post it.
func flat(f survey.Field, value any) ([]string, bool) {
	t := f.Question.Type
	if f.Part == survey.OtherPart {
		t = survey.ShortText
	}
	switch v := value.(type) {
	case bool:
		return []string{map[bool]string{true: "yes", false: "no"}[v]}, t == survey.YesNo || t == survey.Consent
	case []any:
		texts := make([]string, len(v))
		for i, one := range v {
			text, ok := scalar(one)
			if !ok {
				return nil, false
			}
			texts[i] = text
		}
		return texts, t == survey.MultiChoice
	case json.Number:
		switch t {
		case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix, survey.Ranking, survey.Number, survey.ConstantSum:
		default:
			return nil, false
		}
	case string:
		if t == survey.MultiChoice {
			return nil, false
		}
	}
	text, ok := scalar(value)
	return []string{text}, ok
}

// scalar is a string or a number as text; 4.0 is "4".
func scalar(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case json.Number:
		if d, err := survey.ParseDecimal(v.String()); err == nil {
			return d.String(), true
		}
		return v.String(), true
	default:
		return "", false
	}
}
