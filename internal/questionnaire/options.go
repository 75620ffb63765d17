package questionnaire

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A scale is a named list of options.
type scale struct {
	name    *yaml.Node
	options []survey.Option
	used    bool
}

func (o object) scales() map[string]*scale {
	scales := map[string]*scale{}
	v := o.values["scales"]
	if v == nil {
		return scales
	}
	m := o.follow(v)
	if m == nil {
		return scales
	}
	if m.Kind != yaml.MappingNode {
		o.fail(v, "scales must hold the name of each scale with its options below it, not %s", kindOf(m))
		return scales
	}
	var names []string
	for name := range pairs(m) {
		names = append(names, name)
	}
	defer o.take(names)()
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := m.Content[i]
		name := key.Value
		if isApart(key) || isMerge(key) {
			continue
		}
		if first := scales[name]; first != nil {
			o.fail(key, "scale %s is given twice (first on line %d): keep one", quote(name), first.name.Line)
			continue
		}
		if !isName(name) {
			o.fail(key, "a scale's name may have only lower-case letters a–z, digits and _, starting with a letter, not %s%s", quote(name), o.idHint(name, questionID, "scale"))
		}
		scales[name] = &scale{name: key, options: o.options(m.Content[i+1], message.New("scale %s", unquoted(name)), true)}
		for _, option := range scales[name].options {
			if option.Image != nil {
				o.fail(o.picturesAt[option.Image], "an option of a scale has no picture: several questions share it; give the pictures to the options of one question")
			}
		}
	}
	return scales
}

// options reads a list of options; name names the list in messages. An option that cannot be read keeps its place. exclusive
// says whether options may exclude each other.
func (r *reader) options(n *yaml.Node, name message.Text, exclusive bool) []survey.Option {
	if m := target(n); m.Kind == yaml.MappingNode && len(m.Content) > 1 && keyOf(m, "id") == nil && keyOf(m, "label") == nil {
		r.fail(n, "%s must be a list: write \"- %s\", and so on", name, r.optionExample(m.Content[0].Value, m.Content[1].Value))
		return nil
	}
	entries := r.choices(n, name)
	if len(entries) > maxOptions {
		r.fail(entries[maxOptions], "more than %d options: shorten the list, or ask with a short_text", maxOptions)
		return nil
	}
	defer r.take(idsIn(entries))()
	taken := map[string]takenID{}
	options := make([]survey.Option, 0, len(entries))
	objects := make([]object, len(entries))
	for i, entry := range entries {
		option, o := r.option(entry)
		if option.Exclusive && !exclusive {
			o.fail(o.keys["exclusive"], "'exclusive' does not go with this type: only several options of a multi_choice can exclude each other")
		}
		if !o.isTaken(option.ID, option.Label, taken) {
			taken[option.ID] = takenID{entry.Line, option.Label}
		}
		options, objects[i] = append(options, option), o
	}
	if hasScores(options) {
		for _, o := range objects {
			o.failMadeID()
		}
	}
	return options
}

// option reads one option, and returns its object too. The option has no id if it cannot be read.
func (r *reader) option(n *yaml.Node) (survey.Option, object) {
	o := r.choiceObject(n, &optionMapping)
	if o.node == nil {
		return survey.Option{}, o
	}
	hasScore := o.has("score")
	option := survey.Option{ID: o.id(""), Label: o.text("label"), ShortName: o.text("short"), Score: o.decimal("score"), Exclusive: o.boolean("exclusive", false), ShowIf: o.condition("show_if", "")}
	if hasScore && option.Score == nil {
		option.Score = new(survey.Decimal) // its problem is reported; other checks may rely on a score
	}
	option.Image = o.picture(survey.OnCard)
	if o.isMade() {
		option.ID = o.makeID(optionPrefix, option.Label)
	}
	return option, o
}

// isBareText reports whether a text is given in place of an object.
func (r *reader) isBareText(n *yaml.Node) bool {
	s := target(n)
	slipped := s.Style == 0 && !colonHint(s.Value).IsZero() && keyNames()[beforeColon(s.Value)]
	return s.Kind == yaml.ScalarNode && !isNull(s) && !slipped
}

// optionExample shows how to write an option or a row with the given id or label.
func (r *reader) optionExample(id, label string) string {
	label = unquoted(label)
	switch {
	case id == "":
		if id = fixID(label, choiceID, optionMapping.id); id == "" {
			id = "…"
		}
	case !choiceID.MatchString(id):
		id = "…"
	}
	if label == "" {
		label = "…"
	} else if strings.ContainsAny(label, ",:#{}[]\"'&*") {
		label = singleQuoted(label)
	}
	if len(r.languages) > 1 {
		label = r.labelExample(label)
	}
	return "{id: " + id + ", label: " + label + "}"
}

// labelExample shows how to write a label in every language: the given one under the language it seems to be in.
func (r *reader) labelExample(label string) string {
	parts := make([]string, len(r.languages))
	placed := false
	for i, l := range r.languages {
		parts[i] = l + ": …"
		if !placed && strings.ContainsFunc(label, isHan) == (l == "zh") {
			parts[i] = l + ": " + label
			placed = true
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func optionIDs(options []survey.Option) []string {
	ids := make([]string, len(options))
	for i, option := range options {
		ids[i] = option.ID
	}
	return ids
}

func hasScores(options []survey.Option) bool {
	return slices.ContainsFunc(options, func(option survey.Option) bool { return option.Score != nil })
}
