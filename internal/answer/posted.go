package answer

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"glasspoll/internal/decimal"
	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// Posted is a submission as it was received, from a form or as JSON, not yet checked.
type Posted struct {
	ID       string // "" if the client gave none
	Version  string
	Language string // "" if not given
	Channel  string
	Fields   map[string][]string // of a form: by field name, as typed

	Invitation Secret // "" without one
	Website    string // of a field that people do not see
	Seal       string // of the handler, if it has rendered the form
	Work       string // solution of a challenge of the handler

	Token        Secret // of somebody who answers anonymously, in place of an invitation: see package blind
	Stored       bool   // these are answers of a response that is stored, whose language and channel are known, and of which some may be sealed
	Confidential bool   // an invitee of an anonymous survey has chosen to answer confidentially, because the device cannot do the other

	answers  *postedJSON // of JSON, until Check knows the questions' types
	problems []Problem   // found so far
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

// postedJSON is what JSON has in "answers". Of the rest it has nothing, so that no log shows who answers.
type postedJSON struct {
	objects []jsonObject // usually one, of which later ones replace what those before say

	hasHidden bool              // hidden questions have the values below, whatever the objects say
	hidden    map[string]string // by question
}

// A jsonObject is one that is known to be well formed.
type jsonObject struct {
	text     string
	replaced []int // where values begin that a later member of the same name replaces, sorted
}

// controls are the members of a submission.
var controls = []string{"id", "version", "language", "channel", "invitation", "website", "seal", "work", "token", "answers", "confidential"}

// FromJSON reads {"id", "version", "language", "channel", "invitation", "confidential", "token", "answers": {…}}. A token stands in
// place of an id. A member that is unknown, given twice or of the
// wrong type is a problem that Check reports with the others. The error is for data that is not a JSON object at all.
func FromJSON(body []byte) (Posted, error) {
	if !utf8.Valid(body) {
		return Posted{}, errors.New("not UTF-8")
	}
	if !json.Valid(body) {
		return Posted{}, errors.New("not one value of JSON")
	}
	p := Posted{answers: &postedJSON{}}
	text := string(body)
	unknown, twice, replaced := members(text, controls)
	if err := p.readControls(text, replaced); err != nil {
		return Posted{}, err
	}
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
	hasWrong := len(p.problems) > 0 && p.problems[0].Code == WrongType
	if !hasWrong && p.ID == "" && p.Token == "" {
		p.problems = append(p.problems, Problem{Field: "id", Code: BadID})
	}
	return p, nil
}

// readControls reads the members of a submission. The first one of a wrong type is a problem. Like encoding/json it takes "ID" for
// "id", null for what was there before, and nothing from a submission that is null.
func (p *Posted) readControls(text string, replaced []int) error {
	j := jsonText{text: text}
	switch j.kind() {
	case '{':
	case 'n':
		return nil
	default:
		return errors.New("not an object")
	}
	var invitation, token string
	texts := [...]*string{&p.ID, &p.Version, &p.Language, &p.Channel, &invitation, &p.Website, &p.Seal, &p.Work, &token}
	for j.more() {
		name := j.name()
		control := slices.Index(controls, name)
		if control < 0 {
			control = slices.IndexFunc(controls, func(c string) bool { return strings.EqualFold(c, name) })
		}
		from, kind := j.at, j.kind()
		switch {
		case control < 0 || kind == 'n' && control < len(texts):
		case control < len(texts) && kind == '"':
			*texts[control] = j.string()
			continue
		case control < len(texts):
			p.failControl(control)
		case controls[control] == "answers" && kind == '{':
			j.skip()
			p.answers.add(text[from:j.at], from, replaced)
			continue
		case controls[control] == "answers" && kind == 'n':
			p.answers.objects = nil
		case controls[control] == "confidential" && (kind == 't' || kind == 'f'):
			p.Confidential = kind == 't'
		case kind != 'n':
			p.failControl(control)
		}
		j.skip()
	}
	if len(p.answers.objects) > 1 {
		p.answers.replaceEarlier()
	}
	p.Invitation, p.Token = newSecret(invitation), Secret(token[:min(len(token), maxToken)])
	return nil
}

// add adds an object that begins at a byte of the submission, in which values are replaced that begin at others.
func (p *postedJSON) add(text string, at int, replaced []int) {
	from, _ := slices.BinarySearch(replaced, at+1)
	to, _ := slices.BinarySearch(replaced, at+len(text))
	object := jsonObject{text: text}
	for _, value := range replaced[from:to] {
		object.replaced = append(object.replaced, value-at)
	}
	p.objects = append(p.objects, object)
}

// replaceEarlier notes which members a later object has, too.
func (p *postedJSON) replaceEarlier() {
	later := map[string]bool{}
	for i := len(p.objects) - 1; i >= 0; i-- {
		object, names := &p.objects[i], []string(nil)
		for j := (jsonText{text: object.text}); j.more(); j.skip() {
			name := j.name()
			if later[name] {
				object.replaced = append(object.replaced, j.at)
			}
			names = append(names, name)
		}
		slices.Sort(object.replaced)
		for _, name := range names {
			later[name] = true
		}
	}
}

// failControl notes that a member of a submission has a wrong type, unless another one has.
func (p *Posted) failControl(control int) {
	if len(p.problems) == 0 {
		p.problems = append(p.problems, Problem{Field: controls[control], Code: WrongType})
	}
}

// typed returns what was typed, by the index of the field in [survey.Survey.Fields]; nil where nothing was. The problems are those of
// JSON values that no field can have. unknown are the fields that the questionnaire does not have. Both are bounded by maxProblems.
func (p *Posted) typed(s *survey.Survey) (values [][]string, problems, unknown []Problem) {
	if p.answers == nil {
		return fieldsOf(s, p.Fields)
	}
	f := flattener{
		survey: s, hasHidden: p.answers.hasHidden,
		values: make([][]string, len(s.Fields())), texts: make([]string, 0, len(s.Fields())+1),
	}
	for _, object := range p.answers.objects {
		f.jsonText, f.replaced = jsonText{text: object.text}, object.replaced
		f.putMembers("")
	}
	for question, value := range p.answers.hidden {
		f.set(s.FieldIndex(question), f.one(value))
	}
	return f.values, f.problems, f.unknown
}

// fieldsOf is typed for a form.
func fieldsOf(s *survey.Survey, fields map[string][]string) (values [][]string, problems, unknown []Problem) {
	values = make([][]string, len(s.Fields()))
	for name, texts := range fields {
		if i := s.FieldIndex(name); i >= 0 {
			values[i] = texts
		} else {
			unknown = insertUnknown(unknown, name)
		}
	}
	return values, nil, unknown
}

// A flattener turns JSON's values into what a form would post.
type flattener struct {
	survey *survey.Survey
	jsonText
	replaced          []int // of the object that is read
	hasHidden         bool
	values            [][]string // by field: {"q": {"row": …}} and {"q.row": …} are the same
	texts             []string   // the memory of values
	problems, unknown []Problem
}

func (f *flattener) fail(field string, code Code) {
	f.problems = insert(f.problems, Problem{Question: survey.QuestionOf(field), Field: field, Code: code})
}

// set sets the values of a field that has none, and reports whether it could.
func (f *flattener) set(field int, texts []string) bool {
	if f.values[field] != nil {
		f.fail(f.survey.Fields()[field].Name, NamedTwice)
		return false
	}
	f.values[field] = texts
	return true
}

// one returns a text as the values of a field.
func (f *flattener) one(text string) []string {
	f.texts = append(f.texts, text)
	return f.texts[len(f.texts)-1 : len(f.texts) : len(f.texts)]
}

// putMembers adds the members of the object that is next, each under its name after a prefix.
func (f *flattener) putMembers(prefix string) {
	for f.more() {
		name := prefix + f.name()
		_, isReplaced := slices.BinarySearch(f.replaced, f.at)
		if isReplaced || f.hasHidden && f.isHidden(name) {
			f.skip()
			continue
		}
		f.put(name)
	}
}

// isHidden reports whether a name is that of a hidden question.
func (f *flattener) isHidden(name string) bool {
	q, ok := f.survey.Question(name)
	return ok && q.Type == survey.Hidden
}

// put adds the value that is next, of a field or of a question with fields of its own.
func (f *flattener) put(name string) {
	kind := f.kind()
	if kind == 'n' {
		f.skip()
		return
	}
	if field := f.survey.FieldIndex(name); field >= 0 {
		if texts, ok := f.flat(f.survey.Fields()[field], kind); ok {
			f.set(field, texts)
		} else {
			f.fail(name, WrongType)
		}
		return
	}
	id, _, isPart := strings.Cut(name, ".")
	switch q, ok := f.survey.Question(id); {
	case !ok || q.Type == survey.Note || isPart && (q.Type != survey.ImportanceMatrix || strings.Count(name, ".") > 1):
		f.unknown = insertUnknown(f.unknown, name)
		f.skip()
	case q.Type == survey.Ranking:
		f.putRanking(q, kind)
	case kind != '{':
		f.fail(name, WrongType)
		f.skip()
	default: // rows, options, or the parts of a row
		f.putMembers(name + ".")
	}
}

// putRanking turns an ordered list into ranks. An option that is listed twice has two. A list of more than all options has a
// mistake in its beginning.
func (f *flattener) putRanking(q *survey.Question, kind byte) {
	if kind != '[' {
		f.fail(q.ID, WrongType)
		f.skip()
		return
	}
	own := map[int]bool{} // the fields of this list, and whether they could be set
	areTexts := true
	for n := 1; f.more(); n++ {
		isText := f.kind() == '"'
		if n > len(q.Options)+1 || !isText {
			areTexts = areTexts && (isText || n > len(q.Options)+1)
			f.skip()
			continue
		}
		name, rank := q.ID+"."+f.string(), strconv.Itoa(n)
		field := f.survey.FieldIndex(name)
		isSet, isOwn := own[field]
		switch {
		case field < 0:
			f.unknown = insertUnknown(f.unknown, name)
		case !isOwn:
			own[field] = f.set(field, f.one(rank))
		case isSet:
			f.values[field] = append(f.values[field], rank)
		}
	}
	if !areTexts {
		f.fail(q.ID, WrongType)
	}
}

// flat reads the value that is next as a form would post it. ok is false if the field cannot have such a value.
func (f *flattener) flat(field survey.Field, kind byte) (texts []string, ok bool) {
	t := field.Question.Type
	if field.Part == survey.OtherPart {
		t = survey.ShortText
	}
	switch kind {
	case 't', 'f':
		f.skip()
		text := "no"
		if kind == 't' {
			text = "yes"
		}
		return f.one(text), t == survey.YesNo || t == survey.Consent
	case '"':
		text := f.string()
		return f.one(text), t != survey.MultiChoice || seal.Is(text) && f.survey.Seals(field)
	case '[':
		from := len(f.texts)
		ok = t == survey.MultiChoice
		for f.more() {
			text, isScalar := f.scalar()
			f.texts, ok = append(f.texts, text), ok && isScalar
		}
		return f.texts[from:len(f.texts):len(f.texts)], ok
	case '{':
		f.skip()
		return nil, false
	}
	switch t {
	case survey.SingleChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix, survey.Ranking, survey.Number, survey.ConstantSum:
		ok = true
	}
	return f.one(f.number()), ok
}

// scalar reads a string or a number as text.
func (f *flattener) scalar() (text string, ok bool) {
	switch f.kind() {
	case '"':
		return f.string(), true
	case '{', '[', 't', 'f', 'n':
		f.skip()
		return "", false
	default:
		return f.number(), true
	}
}

// number reads a number as text; 4.0 is "4".
func (f *flattener) number() string {
	word := f.word()
	if text, err := decimal.Canonical(word); err == nil {
		return text
	}
	return word
}
