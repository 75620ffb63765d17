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

	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// Posted is a submission as it was received, from a form or as JSON, not yet checked.
type Posted struct {
	ID       string // "" if the client gave none
	Version  string
	Language string // "" if not given
	Channel  string
	Fields   map[string][]string // by field name, as typed

	Invitation Secret // "" without one
	Website    string // of a field that people do not see
	Seal       string // of the handler, if it has rendered the form
	Work       string // solution of a challenge of the handler

	Token        Secret // of somebody who answers anonymously, in place of an invitation: see package blind
	Stored       bool   // these are answers of a response that is stored, whose language and channel are known, and of which some may be sealed
	Confidential bool   // an invitee of an anonymous survey has chosen to answer confidentially, because the device cannot do the other

	values   map[string]any // of JSON, until Check knows the questions' types
	problems []Problem      // found so far
}

// FromForm reads a plain form's values: control fields begin with an underscore, all others are answers.
func FromForm(values url.Values) Posted {
	p := Posted{Fields: make(map[string][]string, len(values))}
	controls := map[string]*string{"_id": &p.ID, "_version": &p.Version, "_language": &p.Language, "_channel": &p.Channel, "_website": &p.Website}
	for name, typed := range values {
		if name == "_invitation" {
			p.Invitation = newSecret(typed[0])
		} else if name == "_confidential" {
			p.Confidential = typed[0] == "yes"
		} else if control := controls[name]; control != nil {
			*control = strings.TrimSpace(typed[0])
		} else {
			p.Fields[name] = typed
		}
	}
	return p
}

// maxToken bounds a token, in bytes: more than any has.
const maxToken = 1 << 10

// FromJSON reads {"id", "version", "language", "channel", "invitation", "confidential", "token", "answers": {…}}. A token stands in
// place of an id. A member that is unknown, given twice or of the
// wrong type is a problem that Check reports with the others. The error is for data that is not a JSON object at all.
func FromJSON(body []byte) (Posted, error) {
	var p Posted
	var envelope struct {
		ID         string         `json:"id"`
		Version    string         `json:"version"`
		Language   string         `json:"language"`
		Channel    string         `json:"channel"`
		Invitation string         `json:"invitation"`
		Website    string         `json:"website"`
		Seal       string         `json:"seal"`
		Work       string         `json:"work"`
		Answers    map[string]any `json:"answers"`

		Token        string `json:"token"`
		Confidential bool   `json:"confidential"`
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
	// The decoder accepts two members of one name, and "ID" for "id".
	unknown, twice := members(body, "id", "version", "language", "channel", "invitation", "website", "seal", "work", "answers", "token", "confidential")
	for _, name := range unknown {
		p.problems = append(p.problems, Problem{Field: name, Code: UnknownField})
	}
	for _, path := range twice {
		name, inside := strings.CutPrefix(path, "answers.")
		question := ""
		if inside {
			question = survey.QuestionOf(name)
		}
		p.problems = append(p.problems, Problem{Question: question, Field: name, Code: NamedTwice})
	}
	if wrong == nil && envelope.ID == "" && envelope.Token == "" {
		p.problems = append(p.problems, Problem{Field: "id", Code: BadID})
	}
	p.ID, p.Version, p.Language, p.Channel, p.values = envelope.ID, envelope.Version, envelope.Language, envelope.Channel, envelope.Answers
	p.Invitation, p.Confidential = newSecret(envelope.Invitation), envelope.Confidential
	p.Website, p.Seal, p.Work = envelope.Website, envelope.Seal, envelope.Work
	p.Token = Secret(envelope.Token[:min(len(envelope.Token), maxToken)])
	if p.values == nil {
		p.values = map[string]any{}
	}
	return p, nil
}

// flatten converts JSON values to posted fields, and returns a problem for each value that it cannot convert.
func (p *Posted) flatten(s *survey.Survey) []Problem {
	f := flattener{survey: s, fields: make(map[string][]string, len(p.values)), given: map[string]bool{}}
	for name, value := range p.values {
		f.put(name, value)
	}
	p.Fields = f.fields
	return f.problems
}

// A flattener turns JSON's values into posted fields.
type flattener struct {
	survey   *survey.Survey
	fields   map[string][]string
	given    map[string]bool // fields: {"q": {"row": …}} and {"q.row": …} are the same
	problems []Problem
}

func (f *flattener) fail(field string, code Code) {
	f.problems = insert(f.problems, Problem{Question: survey.QuestionOf(field), Field: field, Code: code})
}

func (f *flattener) set(field string, texts []string) {
	if f.given[field] {
		f.fail(field, NamedTwice)
		return
	}
	f.given[field] = true
	f.fields[field] = texts
}

// put adds a value of a field, or of a question with fields of its own.
func (f *flattener) put(name string, value any) {
	if value == nil {
		return
	}
	if field, ok := f.survey.Field(name); ok {
		if text, isText := value.(string); isText && seal.Is(text) && f.survey.Seals(field) {
			f.set(name, []string{text})
		} else if texts, ok := flat(field, value); ok {
			f.set(name, texts)
		} else {
			f.fail(name, WrongType)
		}
		return
	}
	id, _, isPart := strings.Cut(name, ".")
	switch q, ok := f.survey.Question(id); {
	case !ok || q.Type == survey.Note:
		f.fields[name] = nil // Check reports it as unknown
	case q.Type == survey.Ranking && !isPart:
		f.putRanking(q, value)
	case isPart && (q.Type != survey.ImportanceMatrix || strings.Count(name, ".") > 1):
		f.fields[name] = nil
	default: // rows, options, or the parts of a row
		parts, ok := value.(map[string]any)
		if !ok {
			f.fail(name, WrongType)
		}
		for part, value := range parts {
			f.put(name+"."+part, value)
		}
	}
}

// putRanking turns an ordered list into ranks. An option that is listed twice has two. A list of more than all options has a
// mistake in its beginning.
func (f *flattener) putRanking(q *survey.Question, value any) {
	list, ok := value.([]any)
	ranks := map[string][]string{}
	for i, one := range list[:min(len(list), len(q.Options)+1)] {
		id, isText := one.(string)
		if !isText {
			ok = false
			continue
		}
		field := q.ID + "." + id
		ranks[field] = append(ranks[field], strconv.Itoa(i+1))
	}
	for field, texts := range ranks {
		f.set(field, texts)
	}
	if !ok {
		f.fail(q.ID, WrongType)
	}
}

// flat returns one JSON value as a form would post it. ok is false if the field cannot have such a value.
func flat(f survey.Field, value any) (texts []string, ok bool) {
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

// scalar returns a string or a number as text; 4.0 is "4".
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
