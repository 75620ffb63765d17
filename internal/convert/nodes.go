package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// survey builds the tree of the whole questionnaire.
func (w *writer) survey(sections []*section) *yaml.Node {
	root := mapping()
	put(root, "id", word(w.draft.id))
	if w.title == nil {
		w.title = (&words{by: map[string]string{}, atoms: map[string]*atom{}}).add("", strings.ReplaceAll(w.draft.id, "_", " "), nil)
		w.decide(Place{}, "the survey has no title: its id stands in")
	}
	put(root, "title", w.text(w.texts(w.title, false), false))
	put(root, "languages", flowList(w.langs))
	if w.intro != nil {
		w.optional(root, "intro", w.text(w.texts(w.intro, true), false), "the introduction", w.intro.place(), w.intro.all())
	}
	w.putThanks(root)
	w.chooseScales(sections)
	if scales := w.scaleNodes(sections); len(scales.Content) > 0 {
		put(root, "scales", scales)
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range sections {
		if len(s.questions) > 0 {
			list.Content = append(list.Content, w.section(s))
		}
	}
	put(root, "sections", list)
	return root
}

func (w *writer) putThanks(root *yaml.Node) {
	if len(w.thanks) == 0 {
		return
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, t := range w.thanks {
		item := mapping()
		if t.show != nil {
			said := w.say([]*condition{t.show}, nil, "its thank-you text was left out")
			if said == "" {
				for _, a := range t.text.all() {
					w.lost(a, "left out with its condition")
				}
				continue
			}
			put(item, "show_if", word(said))
		}
		put(item, "text", w.text(w.texts(t.text, true), false))
		at := t.text.place()
		w.parts[item] = part{"the thank-you text", at, t.text.all()}
		list.Content = append(list.Content, item)
	}
	switch n := len(list.Content); {
	case n == 0:
	case n == 1 && value(list.Content[0], "show_if") == nil:
		last := w.thanks[len(w.thanks)-1].text
		w.optional(root, "thanks", value(list.Content[0], "text"), "the thank-you text", last.place(), last.all())
	default:
		put(root, "thanks", list)
	}
}

// chooseScales decides which lists become scales: those that several questions share, and those of matrices.
func (w *writer) chooseScales(sections []*section) {
	uses, must := map[*list]int{}, map[*list]bool{}
	var order []*list
	for _, s := range sections {
		for _, q := range s.questions {
			switch q.kind {
			case survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.Matrix:
				if q.options == nil {
					continue
				}
				if uses[q.options]++; uses[q.options] == 1 {
					order = append(order, q.options)
				}
				must[q.options] = must[q.options] || q.kind == survey.Matrix || q.kind == survey.Rating
			}
		}
	}
	taken := map[string]int{}
	for _, l := range order {
		if uses[l] > 1 || must[l] {
			w.scales[l] = name(l.source, taken, false, "scale")
		}
	}
}

func (w *writer) scaleNodes(sections []*section) *yaml.Node {
	scales := mapping()
	done := map[*list]bool{}
	for _, s := range sections {
		for _, q := range s.questions {
			id := w.scales[q.options]
			if id == "" || done[q.options] || q.kind == survey.Ranking {
				continue
			}
			done[q.options] = true
			options := w.options(q.options)
			put(scales, id, options)
			at := Place{}
			if q.options.at != nil {
				at = q.options.at.at
			}
			w.parts[options] = part{"the scale " + quoted(id), at, q.options.atoms()}
			if q.options.comment != "" {
				scales.Content[len(scales.Content)-2].HeadComment = q.options.comment
			}
			if !slices.ContainsFunc(q.options.items, func(o *option) bool { return o.score != "" }) {
				w.unsure = append(w.unsure, id)
			}
		}
	}
	return scales
}

func (w *writer) options(l *list) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, o := range l.items {
		item := mapping()
		item.Style = yaml.FlowStyle
		put(item, "id", word(o.id))
		put(item, "label", w.text(w.texts(o.label, false), true))
		if o.score != "" {
			put(item, "score", figure(o.score))
		}
		if o.exclusive {
			put(item, "exclusive", figure("true"))
		}
		carry(o.atoms...)
		at := Place{}
		if o.at != nil {
			at = o.at.at
		}
		if said := w.say(o.show, nil, "the option is always offered"); said != "" {
			node := flowWord(said)
			put(item, "show_if", node)
			w.parts[node] = part{"the option's condition", at, conditionAtoms(o.show)}
		}
		w.parts[item] = part{"the option " + quoted(o.id), at, o.atoms}
		list.Content = append(list.Content, item)
	}
	return list
}

func conditionAtoms(conditions []*condition) []*atom {
	var out []*atom
	for _, c := range conditions {
		out = append(out, c.at)
	}
	return out
}

func (w *writer) section(s *section) *yaml.Node {
	n := mapping()
	put(n, "id", word(s.id))
	at := Place{}
	if s.at != nil {
		at = s.at.at
	}
	if s.title != nil {
		w.optional(n, "title", w.text(w.texts(s.title, false), false), "the section's title", at, s.title.all())
	}
	if s.intro != nil {
		w.optional(n, "intro", w.text(w.texts(s.intro, true), false), "the section's text", at, s.intro.all())
	}
	if said := w.say(s.show, nil, "the section is always shown"); said != "" {
		w.optional(n, "show_if", word(said), "the section's condition", at, conditionAtoms(s.show))
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, q := range s.questions {
		list.Content = append(list.Content, w.question(q))
	}
	put(n, "questions", list)
	return n
}

// optional adds a key that can be left out again.
func (w *writer) optional(n *yaml.Node, key string, v *yaml.Node, what string, at Place, atoms []*atom) {
	put(n, key, v)
	w.parts[v] = part{what, at, atoms}
}

func (w *writer) question(q *question) *yaml.Node {
	n := mapping()
	n.HeadComment = q.comment
	w.parts[n] = part{"the question " + quoted(q.id), q.at.at, q.atoms}
	key := func(name string, v *yaml.Node, atoms ...*atom) {
		from := q.keys[name]
		at := q.at.at
		switch {
		case from != nil:
			at, atoms = from.at, []*atom{from}
		case len(atoms) > 0 && atoms[0] != nil:
			at = atoms[0].at
		}
		w.optional(n, name, v, quoted(name), at, atoms)
	}
	put(n, "id", word(q.id))
	put(n, "type", word(string(q.kind)))
	if q.label == nil {
		q.label = (&words{by: map[string]string{}, atoms: map[string]*atom{}}).add("", q.source, nil)
		if q.label == nil || q.label.by[""] == "" {
			q.label = (&words{by: map[string]string{}, atoms: map[string]*atom{}}).add("", q.id, nil)
		}
		w.decide(q.at.at, "the question has no text: its name stands in")
	}
	put(n, "label", w.text(w.texts(q.label, q.kind == survey.Note), false))
	if q.help != nil {
		key("help", w.text(w.texts(q.help, false), false), q.help.all()...)
	}
	if said := w.say(q.show, w.scope[q.source], "the question is always asked"); said != "" {
		key("show_if", word(said), conditionAtoms(q.show)...)
	}
	switch {
	case q.kind == survey.Consent || q.kind == survey.Note || q.kind == survey.Hidden:
		if q.requiredIf != nil {
			w.idle(q.requiredIf.at, "nothing is answered here that could be required or not")
		}
	case q.required && q.kind == survey.Matrix:
		key("required", word("all"))
	case q.required:
		key("required", figure("true"))
	case q.requiredIf != nil:
		if said := w.say([]*condition{q.requiredIf}, nil, "an answer is not demanded"); said != "" {
			key("required", word(said), q.requiredIf.at)
		} else if q.requiredIf.at.fate == Carried {
			key("required", figure("true"), q.requiredIf.at)
		}
	}
	if q.display != "" {
		key("display", word(q.display))
	}
	if q.steps > 0 {
		put(n, "steps", figure(strconv.Itoa(q.steps)))
	}
	if q.low != nil {
		key("low", w.text(w.texts(q.low, false), false), q.low.all()...)
	}
	if q.high != nil {
		key("high", w.text(w.texts(q.high, false), false), q.high.all()...)
	}
	if q.options != nil {
		if id := w.scales[q.options]; id != "" && q.kind != survey.Ranking {
			put(n, "scale", word(id))
			carry(q.options.atoms()...)
		} else {
			put(n, "options", w.options(q.options))
		}
	}
	if q.other {
		if q.otherLabel != nil {
			key("other", w.text(w.texts(q.otherLabel, false), false), q.otherLabel.all()...)
		} else {
			key("other", figure("true"))
		}
	}
	if len(q.rows) > 0 {
		put(n, "rows", w.options(&list{items: q.rows}))
	}
	if q.shuffle {
		key("shuffle", figure("true"))
	}
	for _, limit := range []struct{ name, value string }{{"min", q.min}, {"max", q.max}, {"step", q.step}} {
		if limit.value != "" {
			key(limit.name, figure(limit.value))
		}
	}
	if q.unit != nil {
		key("unit", w.text(w.texts(q.unit, false), false), q.unit.all()...)
	}
	if q.minLength > 0 {
		key("min_length", figure(strconv.Itoa(q.minLength)))
	}
	if q.maxSize == 0 && (q.kind == survey.ShortText && q.minLength > 200 || q.kind == survey.LongText && q.minLength > 2000) {
		q.maxSize = 10 * q.minLength
	}
	if q.maxSize > 0 {
		key("max_length", figure(strconv.Itoa(q.maxSize)))
	}
	if q.pattern != "" {
		key("pattern", word(q.pattern))
	}
	w.putChecks(n, q)
	if q.private {
		key("private", figure("true"))
	}
	return n
}

func (w *writer) putChecks(n *yaml.Node, q *question) {
	self := w.scope[q.source]
	if self == nil || self.field != q.id {
		self = &target{field: q.id, kind: kindOf(q.kind)}
		if q.options != nil {
			self.options = q.options.byValue()
		}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, c := range q.checks {
		said := w.say([]*condition{c.that}, self, "the answer is not checked by it")
		if said == "" {
			for _, a := range c.message.all() {
				w.lost(a, "left out with its condition")
			}
			continue
		}
		item := mapping()
		put(item, "that", word(said))
		put(item, "message", w.text(w.texts(c.message, false), false))
		w.parts[item] = part{"the check", c.that.at.at, append(c.message.all(), c.that.at)}
		list.Content = append(list.Content, item)
	}
	switch len(list.Content) {
	case 0:
	case 1:
		put(n, "check", list.Content[0])
	default:
		put(n, "check", list)
	}
}

// text is a sentence in the survey's languages.
func (w *writer) text(said map[string]string, flow bool) *yaml.Node {
	first := said[w.langs[0]]
	same := true
	length := 0
	lines := false
	for _, l := range w.langs {
		same = same && said[l] == first
		length += len([]rune(said[l]))
		lines = lines || strings.Contains(said[l], "\n")
	}
	scalar := func(s string, flow bool) *yaml.Node {
		if flow {
			return flowWord(s)
		}
		return word(s)
	}
	if len(w.langs) == 1 || same && !hasLetters(first) {
		return scalar(first, flow)
	}
	n := mapping()
	if flow || length < 70 && !lines {
		n.Style, flow = yaml.FlowStyle, true
	}
	for _, l := range w.langs {
		put(n, l, scalar(said[l], flow))
	}
	return n
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func put(n *yaml.Node, key string, v *yaml.Node) {
	n.Content = append(n.Content, word(key), v)
}

// word is a text, in quotes where YAML needs them. Ids that are numbers stand as such.
func word(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if _, err := strconv.Atoi(s); err == nil && s[0] != '+' && len(s) < 10 {
		n.Tag = "!!int"
		if len(s) > 1 && s[0] == '0' {
			n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
		}
	}
	switch strings.ToLower(s) {
	case "yes", "no", "on", "off", "y", "n": // true and false to YAML's older readers
		n.Style = yaml.DoubleQuotedStyle
	}
	if strings.Contains(s, "\n") {
		n.Style = yaml.LiteralStyle
	}
	return n
}

// flowWord is a text within { }, where more signs need quotes.
func flowWord(s string) *yaml.Node {
	n := word(s)
	if n.Tag == "!!str" && strings.ContainsAny(s, "?,:[]{}#&*!|>'\"%@`\n") {
		n.Style = yaml.DoubleQuotedStyle
		if strings.Contains(s, "\"") && !strings.ContainsAny(s, "'\n") {
			n.Style = yaml.SingleQuotedStyle
		}
	}
	return n
}

// figure is a number, or true.
func figure(s string) *yaml.Node {
	tag := "!!float"
	if s == "true" {
		tag = "!!bool"
	} else if _, err := strconv.Atoi(s); err == nil {
		tag = "!!int"
	} else if _, err := decimal.Parse(s); err != nil {
		tag = "!!timestamp"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

func flowList(items []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, i := range items {
		n.Content = append(n.Content, flowWord(i))
	}
	return n
}

func quoted(s string) string { return fmt.Sprintf("'%s'", s) }
