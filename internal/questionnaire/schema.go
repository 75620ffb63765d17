package questionnaire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// Schema returns the JSON Schema (2020-12) of one kind of file: ActionsFile, QuotesFile, or "" for questionnaires. Editors
// use it to show what may be written where, and what it means, in English and Chinese. It accepts all that [Parse] accepts,
// and does not check what needs the whole file: names that must exist, texts in every language, conditions.
func Schema(kind string) []byte {
	root, title := &questionnaireMapping, "A Glasspoll questionnaire"
	switch kind {
	case ActionsFile:
		root, title = &measureMapping, "What is done about the results of a Glasspoll questionnaire"
	case QuotesFile:
		root, title = &quoteMapping, "Reviewed quotes from the answers to a Glasspoll questionnaire"
	}
	defs := ordered{{"text", textSchema}}
	for _, m := range mappingsOf(root) {
		switch m {
		case &questionnaireMapping:
		case &questionMapping:
			defs = append(defs, questionSchema()...)
		default:
			defs = append(defs, member{m.id, m.schema()})
		}
	}
	schema := ordered{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", title},
	}
	if root == &questionnaireMapping {
		schema = append(schema, root.schema()...)
	} else {
		schema = append(schema, listOf(objectOf(root), maxEntries).schema()...)
	}
	schema = append(schema, member{"$defs", defs})
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(schema); err != nil {
		panic(fmt.Sprintf("schema: %v", err)) // plain data
	}
	return b.Bytes()
}

// ordered is a JSON object whose members keep their order.
type ordered []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
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

	// apartPattern matches the keys that nothing reads, and the merge key, which some editors do not replace.
	apartPattern = `^x-|^<<$`
)

var apart = ordered{{apartPattern, true}}

// textSchema describes a text in one language or in several.
var textSchema = ordered{
	{"description", "A text, or one in each language of the survey: {zh: …, en: …}.\n一段文字，或者每种语言各一段：{zh: …, en: …}。"},
	{"anyOf", []ordered{
		{{"type", []string{"string", "number"}}, {"pattern", visible}, {"maxLength", maxText}},
		{{"type", "object"}, {"minProperties", 1}, {"propertyNames", ordered{{"pattern", codePattern + "|" + apartPattern}}}, {"patternProperties", apart},
			{"additionalProperties", ordered{{"type", []string{"string", "number"}}, {"pattern", visible}, {"maxLength", maxText}}}},
	}},
}

// schema describes a mapping whose keys do not depend on one another.
func (m *mapping) schema() ordered {
	var properties ordered
	for _, name := range m.names("") {
		k, _ := m.key(name, "")
		properties = append(properties, member{name, k.schema()})
	}
	s := ordered{{"description", m.doc.both()}, {"type", "object"}, {"minProperties", 1}, {"properties", properties}, {"patternProperties", apart}}
	if needed := m.needed(""); len(needed) > 0 {
		s = append(s, member{"required", needed})
	}
	return append(s, append(m.dependent(""), member{"additionalProperties", false})...)
}

// dependent describes which keys require another key.
func (m *mapping) dependent(t survey.Type) ordered {
	var pairs ordered
	for _, name := range m.names(t) {
		if k, _ := m.key(name, t); k.requires != "" {
			pairs = append(pairs, member{k.name, []string{k.requires}})
		}
	}
	if pairs == nil {
		return nil
	}
	return ordered{{"dependentRequired", pairs}}
}

// questionSchema describes a question: the keys that all types have and, depending on the type, the keys of that type.
func questionSchema() ordered {
	m := &questionMapping
	var defs, common ordered
	for _, k := range m.keys {
		if k.types == nil {
			common = append(common, member{k.name, k.schema()})
		} else {
			defs = append(defs, member{m.definition(k), k.schema()})
		}
	}
	var docs []string
	var types []ordered
	for _, t := range questionTypes {
		docs = append(docs, t.doc.both())
		types = append(types, ordered{
			{"if", ordered{{"properties", ordered{{"type", ordered{{"const", t.name}}}}}, {"required", []string{"type"}}}},
			{"then", t.schema()},
		})
	}
	for i := range common {
		if common[i].name == "type" {
			common[i].value = append(common[i].value.(ordered), member{"enumDescriptions", docs})
		}
	}
	question := ordered{{"description", m.doc.both()}, {"type", "object"}, {"properties", common},
		{"propertyNames", namesOrApart(m.names(""))}, {"required", []string{"type", "label"}}, {"allOf", types}}
	return append(ordered{{m.id, question}}, defs...)
}

// schema describes the keys of a type's questions.
func (t questionType) schema() ordered {
	m := &questionMapping
	var own ordered
	for _, name := range m.names(t.name) {
		if k, _ := m.key(name, t.name); k.types != nil {
			own = append(own, member{name, ordered{{"$ref", "#/$defs/" + m.definition(k)}}})
		}
	}
	schema := ordered{{"properties", own}, {"propertyNames", namesOrApart(m.names(t.name))}}
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
		schema = append(schema, member{"oneOf", one})
	}
	return append(append(schema, member{"required", needed}), m.dependent(t.name)...)
}

// namesOrApart describes the keys of a question.
func namesOrApart(names []string) ordered {
	return ordered{{"anyOf", []ordered{{{"enum", names}}, {{"pattern", apartPattern}}}}}
}

// definition names the schema definition of a key that not all types have.
func (m *mapping) definition(k key) string {
	if m.meanings(k.name) > 1 {
		return "question." + k.name + "." + string(k.types[0])
	}
	return "question." + k.name
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
	return append(ordered{{"description", k.doc.both() + "\n" + k.name + ": " + k.example}}, k.form.schema()...)
}

// both returns the line in both languages, as an editor shows it.
func (d doc) both() string { return d.en + "\n" + d.zh }

// schema describes a value. YAML reads bare words as numbers or booleans, and quoted ones as texts: if Parse accepts a value
// both ways, so does the schema.
func (f form) schema() ordered {
	switch f.kind {
	case textForm, markdownForm:
		return ordered{{"$ref", "#/$defs/text"}}
	case emptyForm:
		return ordered{{"const", ""}}
	case pathForm:
		return ordered{{"type", []string{"string", "number"}}, {"pattern", `^\s*[^/\\:]+(/[^/\\:]+)*\s*$`}, {"not", ordered{{"pattern", `(^|/)\s*\.\.?\s*(/|$)`}}}}
	case colourForm:
		return ordered{{"type", "string"}, {"pattern", `^\s*(?:` + colour.String() + `)\s*$`}}
	case labelForm:
		return ordered{{"type", []string{"string", "number"}}, {"pattern", visible}, {"maxLength", maxText}}
	case booleanForm:
		return ordered{{"type", []string{"boolean", "string"}}, {"pattern", anyCase("true", "false", "yes", "no", "on", "off")}}
	case alwaysForm:
		return ordered{{"anyOf", []ordered{{{"const", true}}, {{"type", "string"}, {"pattern", anyCase("true", "yes", "on")}}}}}
	case wordForm:
		return ordered{{"enum", f.words}}
	case integerForm:
		return ordered{{"type", []string{"integer", "string"}}, {"minimum", f.min}, {"maximum", f.max}, {"pattern", `^[+-]?[0-9]+$`}}
	case numberForm:
		return ordered{{"type", []string{"number", "string"}}, {"minimum", f.min}, {"maximum", f.max}, {"pattern", `^-?[0-9]{1,10}(\.[0-9]{1,3})?$`}}
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
		return append(f.idSchema([]string{"string", "integer", "boolean"}, choiceID.String()), member{"minimum", 0})
	case conditionForm:
		return ordered{{"type", []string{"string", "boolean"}}, {"pattern", visible}, {"maxLength", expression.MaxLength}}
	case objectForm:
		return ordered{{"$ref", "#/$defs/" + f.of.id}}
	case byNameForm:
		return ordered{{"type", "object"}, {"propertyNames", ordered{{"anyOf", []ordered{ofKind(nameIDForm).schema(), {{"pattern", apartPattern}}}}}}, {"patternProperties", apart},
			{"additionalProperties", choicesOf(f.of).schema()}}
	case mapForm:
		return ordered{{"type", "object"}, {"minProperties", 1}, {"propertyNames", f.names.nameSchema()}, {"additionalProperties", f.entry.schema()}}
	case listForm:
		s := ordered{{"type", "array"}, {"minItems", f.min}, {"items", f.entry.schema()}}
		if f.max > 0 {
			s = append(s, member{"maxItems", f.max})
		}
		if f.entry.of == nil {
			s = append(s, member{"uniqueItems", true})
		}
		return s
	case freeForm:
		return nil
	case eitherForm:
		var forms []ordered
		for _, one := range f.either {
			forms = append(forms, one.schema())
		}
		return ordered{{"anyOf", forms}}
	default:
		return ordered{{"type", []string{"string", "number"}}, {"pattern", visible}}
	}
}

// nameSchema describes the keys of a map, which are always texts.
func (f form) nameSchema() ordered {
	switch f.kind {
	case nameIDForm:
		return f.idSchema("string", questionID.String())
	case choiceIDForm:
		return f.idSchema("string", choiceID.String())
	default:
		return ordered{{"type", "string"}, {"pattern", visible}}
	}
}

func (f form) idSchema(types any, pattern string) ordered {
	s := ordered{{"type", types}, {"pattern", pattern}, {"maxLength", maxID}}
	if len(f.except) > 0 {
		s = append(s, member{"not", ordered{{"enum", f.except}}})
	}
	return s
}

// anyCase returns a pattern for words in lower or upper case.
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
