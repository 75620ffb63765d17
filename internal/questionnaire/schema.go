package questionnaire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// Schema is the format of one kind of files (ActionsFile, QuotesFile, or "" for questionnaires) as JSON Schema (2020-12),
// for editors: what may stand where, and what it means, in English and Chinese. It refuses nothing that [Parse] accepts.
// What only the whole file shows (names that must exist, texts in every language, conditions) it cannot know.
func Schema(kind string) []byte {
	of, title := &questionnaireMapping, "A Glasspoll questionnaire"
	switch kind {
	case ActionsFile:
		of, title = &measureMapping, "What is done about the results of a Glasspoll questionnaire"
	case QuotesFile:
		of, title = &quoteMapping, "Reviewed quotes from the answers to a Glasspoll questionnaire"
	}
	defs := ordered{{"text", textSchema}}
	seen := map[*mapping]bool{}
	var define func(m *mapping)
	define = func(m *mapping) {
		if seen[m] {
			return
		}
		seen[m] = true
		switch m {
		case &questionnaireMapping:
		case &questionMapping:
			defs = append(defs, questionSchema()...)
		default:
			defs = append(defs, entry{m.id, m.schema()})
		}
		for _, k := range m.keys {
			k.form.mappings(define)
		}
	}
	define(of)
	root := ordered{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", title},
	}
	if of == &questionnaireMapping {
		root = append(root, of.schema()...)
	} else {
		root = append(root, listOf(mappingOf(of), maxBeside).schema()...)
	}
	root = append(root, entry{"$defs", defs})
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		panic(fmt.Sprintf("schema: %v", err)) // plain data
	}
	return b.Bytes()
}

// ordered is a JSON object whose members keep their order.
type ordered []entry

type entry struct {
	name  string
	value any
}

// MarshalJSON writes the members as they come.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

const (
	codePattern = `^[a-z]{1,8}(-[A-Za-z0-9]{1,8})*$`
	visible     = `\S`
)

// textSchema is a text in one language or in several.
var textSchema = ordered{
	{"description", "A text, or one in each language of the survey: {zh: …, en: …}.\n一段文字，或者每种语言各一段：{zh: …, en: …}。"},
	{"anyOf", []ordered{
		{{"type", []string{"string", "number"}}, {"pattern", visible}, {"maxLength", maxText}},
		{{"type", "object"}, {"minProperties", 1}, {"propertyNames", ordered{{"pattern", codePattern}}},
			{"additionalProperties", ordered{{"type", []string{"string", "number"}}, {"pattern", visible}, {"maxLength", maxText}}}},
	}},
}

// mappings visits the mappings that a form leads to.
func (f form) mappings(visit func(*mapping)) {
	if f.of != nil {
		visit(f.of)
	}
	if f.list != nil {
		f.list.mappings(visit)
	}
	for _, one := range f.either {
		one.mappings(visit)
	}
}

// schema describes a mapping whose keys do not depend on one another.
func (m *mapping) schema() ordered {
	var properties ordered
	for _, name := range m.names("") {
		k, _ := m.key(name, "")
		properties = append(properties, entry{name, k.schema()})
	}
	s := ordered{{"description", m.says.both()}, {"type", "object"}, {"minProperties", 1}, {"properties", properties}}
	if needed := m.needed(""); len(needed) > 0 {
		s = append(s, entry{"required", needed})
	}
	return append(s, append(m.beside(""), entry{"additionalProperties", false})...)
}

// beside says which keys must stand beside which.
func (m *mapping) beside(as survey.Type) ordered {
	var pairs ordered
	for _, name := range m.names(as) {
		if k, _ := m.key(name, as); k.with != "" {
			pairs = append(pairs, entry{k.name, []string{k.with}})
		}
	}
	if pairs == nil {
		return nil
	}
	return ordered{{"dependentRequired", pairs}}
}

// questionSchema describes a question: what all have, and, once the type is known, what that type has.
func questionSchema() ordered {
	m := &questionMapping
	var defs, common ordered
	def := func(k key) string {
		if m.meanings(k.name) > 1 {
			return "question." + k.name + "." + string(k.types[0])
		}
		return "question." + k.name
	}
	for _, k := range m.keys {
		if k.types == nil {
			common = append(common, entry{k.name, k.schema()})
		} else {
			defs = append(defs, entry{def(k), k.schema()})
		}
	}
	var says []string
	var types []ordered
	for _, t := range questionTypes {
		says = append(says, t.says.both())
		var own ordered
		for _, name := range m.names(t.name) {
			if k, _ := m.key(name, t.name); k.types != nil {
				own = append(own, entry{name, ordered{{"$ref", "#/$defs/" + def(k)}}})
			}
		}
		then := ordered{{"properties", own}, {"propertyNames", ordered{{"enum", m.names(t.name)}}}}
		needed := m.needed(t.name)
		switch len(t.sources) {
		case 0:
		case 1:
			needed = append(needed, t.sources[0])
		default:
			var one []ordered
			for _, source := range t.sources {
				one = append(one, ordered{{"required", []string{source}}})
			}
			then = append(then, entry{"oneOf", one})
		}
		then = append(append(then, entry{"required", needed}), m.beside(t.name)...)
		types = append(types, ordered{
			{"if", ordered{{"properties", ordered{{"type", ordered{{"const", t.name}}}}}, {"required", []string{"type"}}}},
			{"then", then},
		})
	}
	for i := range common {
		if common[i].name == "type" {
			common[i].value = append(common[i].value.(ordered), entry{"enumDescriptions", says})
		}
	}
	question := ordered{{"description", m.says.both()}, {"type", "object"}, {"properties", common},
		{"propertyNames", ordered{{"enum", m.names("")}}}, {"required", []string{"type", "label"}}, {"allOf", types}}
	return append(ordered{{m.id, question}}, defs...)
}

// meanings counts the keys of one name.
func (m *mapping) meanings(name string) int {
	n := 0
	for _, k := range m.keys {
		if k.name == name {
			n++
		}
	}
	return n
}

func (k key) schema() ordered {
	return append(ordered{{"description", k.says.both() + "\n" + k.name + ": " + k.example}}, k.form.schema()...)
}

// both is a line in both languages, as an editor shows it.
func (s said) both() string { return s.en + "\n" + s.zh }

// schema describes a value. YAML's bare words may be read as numbers or truths, and quoted ones as texts: what Parse takes
// either way is allowed either way.
func (f form) schema() ordered {
	switch f.kind {
	case textForm, markdownForm:
		return ordered{{"$ref", "#/$defs/text"}}
	case booleanForm:
		return ordered{{"type", []string{"boolean", "string"}}, {"pattern", anyCase("true", "false", "yes", "no", "on", "off")}}
	case alwaysForm:
		return ordered{{"anyOf", []ordered{{{"const", true}}, {{"type", "string"}, {"pattern", anyCase("true", "yes", "on")}}}}}
	case wordForm:
		return ordered{{"enum", f.words}}
	case wholeForm:
		return ordered{{"type", []string{"integer", "string"}}, {"minimum", f.least}, {"maximum", f.most}, {"pattern", `^[+-]?[0-9]+$`}}
	case numberForm:
		return ordered{{"type", []string{"number", "string"}}, {"minimum", f.least}, {"maximum", f.most}, {"pattern", `^-?[0-9]{1,10}(\.[0-9]{1,3})?$`}}
	case dateForm:
		return ordered{{"type", "string"}, {"format", "date"}, {"pattern", calendarDay.String()}}
	case emailForm:
		return ordered{{"type", "string"}, {"pattern", `^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$`}}
	case codeForm:
		return ordered{{"type", "string"}, {"pattern", codePattern}}
	case fileIDForm:
		return f.idSchema("string", surveyID.String())
	case nameIDForm:
		return f.idSchema("string", questionID.String())
	case choiceIDForm:
		return append(f.idSchema([]string{"string", "integer", "boolean"}, choiceID.String()), entry{"minimum", 0})
	case conditionForm:
		return ordered{{"type", []string{"string", "boolean"}}, {"pattern", visible}, {"maxLength", expression.MaxLength}}
	case objectForm:
		return ordered{{"$ref", "#/$defs/" + f.of.id}}
	case byNameForm:
		return ordered{{"type", "object"}, {"propertyNames", formOf(nameIDForm).schema()}, {"additionalProperties", listOf(mappingOf(f.of), int(f.most/survey.One)).schema()}}
	case listForm:
		s := ordered{{"type", "array"}, {"minItems", f.least}, {"items", f.list.schema()}}
		if f.most > 0 {
			s = append(s, entry{"maxItems", f.most})
		}
		if f.list.of == nil {
			s = append(s, entry{"uniqueItems", true})
		}
		return s
	case eitherForm:
		var any []ordered
		for _, one := range f.either {
			any = append(any, one.schema())
		}
		return ordered{{"anyOf", any}}
	default:
		return ordered{{"type", []string{"string", "number"}}, {"pattern", visible}}
	}
}

func (f form) idSchema(types any, pattern string) ordered {
	s := ordered{{"type", types}, {"pattern", pattern}, {"maxLength", maxID}}
	if len(f.but) > 0 {
		s = append(s, entry{"not", ordered{{"enum", f.but}}})
	}
	return s
}

// anyCase is a pattern for words in small or capital letters.
func anyCase(words ...string) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, c := range word {
			fmt.Fprintf(&b, "[%c%c]", c-'a'+'A', c)
		}
	}
	return "^(" + b.String() + ")$"
}
