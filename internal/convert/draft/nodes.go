package draft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// survey builds the tree of the whole questionnaire.
func (w *writer) survey(sections []*section) *yaml.Node {
	root := mapping()
	put(root, "id", word(w.Draft.ID))
	if w.Title == nil {
		w.Title = (&Text{by: map[string]string{}, atoms: map[string]*report.Atom{}}).Add("", strings.ReplaceAll(w.Draft.ID, "_", " "), nil)
		w.Ask(report.Place{}, "the survey has no title: its id stands in")
	}
	put(root, "title", w.text(w.texts(w.Title, false), false))
	put(root, "languages", flowList(w.langs))
	if w.Intro != nil {
		w.optional(root, "intro", w.text(w.texts(w.Intro, true), false), "the introduction", w.Intro.Place(), w.Intro.Atoms())
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
	if len(w.Thanks) == 0 {
		return
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, t := range w.Thanks {
		item := mapping()
		if t.Show != nil {
			said := w.say([]*Condition{t.Show}, nil, "its thank-you text was left out")
			if said == "" {
				for _, a := range t.Text.Atoms() {
					w.Drop(a, "left out with its condition")
				}
				continue
			}
			put(item, "show_if", word(said))
		}
		put(item, "text", w.text(w.texts(t.Text, true), false))
		at := t.Text.Place()
		w.parts[item] = part{"the thank-you text", at, t.Text.Atoms()}
		list.Content = append(list.Content, item)
	}
	switch n := len(list.Content); {
	case n == 0:
	case n == 1 && value(list.Content[0], "show_if") == nil:
		last := w.Thanks[len(w.Thanks)-1].Text
		w.optional(root, "thanks", value(list.Content[0], "text"), "the thank-you text", last.Place(), last.Atoms())
	default:
		put(root, "thanks", list)
	}
}

// chooseScales decides which lists become scales: those that several questions share, and those of matrices.
func (w *writer) chooseScales(sections []*section) {
	uses, must := map[*List]int{}, map[*List]bool{}
	var order []*List
	for _, s := range sections {
		for _, q := range s.questions {
			switch q.Kind {
			case survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.Matrix:
				if q.Options == nil {
					continue
				}
				if uses[q.Options]++; uses[q.Options] == 1 {
					order = append(order, q.Options)
				}
				must[q.Options] = must[q.Options] || q.Kind == survey.Matrix || q.Kind == survey.Rating
			}
		}
	}
	taken := map[string]int{}
	for _, l := range order {
		if uses[l] > 1 || must[l] {
			w.scales[l] = NewID(l.Source, taken, false, "scale")
		}
	}
}

func (w *writer) scaleNodes(sections []*section) *yaml.Node {
	scales := mapping()
	done := map[*List]bool{}
	for _, s := range sections {
		for _, q := range s.questions {
			id := w.scales[q.Options]
			if id == "" || done[q.Options] || q.Kind == survey.Ranking {
				continue
			}
			done[q.Options] = true
			options := w.options(q.Options)
			put(scales, id, options)
			at := report.Place{}
			if q.Options.At != nil {
				at = q.Options.At.At
			}
			w.parts[options] = part{"the scale " + quoted(id), at, q.Options.Atoms()}
			if !slices.ContainsFunc(q.Options.Items, func(o *Option) bool { return o.Score != "" }) {
				w.unsure = append(w.unsure, id)
			}
		}
	}
	return scales
}

func (w *writer) options(l *List) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, o := range l.Items {
		item := mapping()
		item.Style = yaml.FlowStyle
		put(item, "id", word(o.ID))
		put(item, "label", w.text(w.texts(o.Label, false), true))
		if o.Score != "" {
			put(item, "score", figure(o.Score))
		}
		if o.Exclusive {
			put(item, "exclusive", figure("true"))
		}
		report.Carry(o.Atoms...)
		at := report.Place{}
		if o.At != nil {
			at = o.At.At
		}
		if said := w.say(o.Show, nil, "the option is always offered"); said != "" {
			node := flowWord(said)
			put(item, "show_if", node)
			w.parts[node] = part{"the option's condition", at, ConditionAtoms(o.Show)}
		}
		w.parts[item] = part{"the option " + quoted(o.ID), at, o.Atoms}
		list.Content = append(list.Content, item)
	}
	return list
}

func (w *writer) section(s *section) *yaml.Node {
	n := mapping()
	put(n, "id", word(s.id))
	at := report.Place{}
	if s.at != nil {
		at = s.at.At
	}
	if s.Title != nil {
		w.optional(n, "title", w.text(w.texts(s.Title, false), false), "the section's title", at, s.Title.Atoms())
	}
	if s.Intro != nil {
		w.optional(n, "intro", w.text(w.texts(s.Intro, true), false), "the section's text", at, s.Intro.Atoms())
	}
	if said := w.say(s.show, nil, "the section is always shown"); said != "" {
		w.optional(n, "show_if", word(said), "the section's condition", at, ConditionAtoms(s.show))
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, q := range s.questions {
		list.Content = append(list.Content, w.question(q))
	}
	put(n, "questions", list)
	return n
}

// optional adds a key that can be left out again.
func (w *writer) optional(n *yaml.Node, key string, v *yaml.Node, what string, at report.Place, atoms []*report.Atom) {
	put(n, key, v)
	w.parts[v] = part{what, at, atoms}
}

func (w *writer) question(q *Question) *yaml.Node {
	n := mapping()
	w.parts[n] = part{"the question " + quoted(q.ID), q.At.At, q.Atoms}
	key := func(name string, v *yaml.Node, atoms ...*report.Atom) {
		from := q.keys[name]
		at := q.At.At
		switch {
		case from != nil:
			at, atoms = from.At, []*report.Atom{from}
		case len(atoms) > 0 && atoms[0] != nil:
			at = atoms[0].At
		}
		w.optional(n, name, v, quoted(name), at, atoms)
	}
	put(n, "id", word(q.ID))
	put(n, "type", word(string(q.Kind)))
	if q.Label == nil {
		q.Label = (&Text{by: map[string]string{}, atoms: map[string]*report.Atom{}}).Add("", q.Source, nil)
		if q.Label == nil || q.Label.by[""] == "" {
			q.Label = (&Text{by: map[string]string{}, atoms: map[string]*report.Atom{}}).Add("", q.ID, nil)
		}
		w.Ask(q.At.At, "the question has no text: its name stands in")
	}
	put(n, "label", w.text(w.texts(q.Label, q.Kind == survey.Note), false))
	if q.Help != nil {
		key("help", w.text(w.texts(q.Help, false), false), q.Help.Atoms()...)
	}
	if said := w.say(q.Show, w.Scope[q.Source], "the question is always asked"); said != "" {
		key("show_if", word(said), ConditionAtoms(q.Show)...)
	}
	switch {
	case q.Kind == survey.Consent || q.Kind == survey.Note || q.Kind == survey.Hidden:
		if q.RequiredIf != nil {
			w.Ignore(q.RequiredIf.At, "nothing is answered here that could be required or not")
		}
	case q.Required && q.Kind == survey.Matrix:
		key("required", word("all"))
	case q.Required:
		key("required", figure("true"))
	case q.RequiredIf != nil:
		if said := w.say([]*Condition{q.RequiredIf}, nil, "an answer is not demanded"); said != "" {
			key("required", word(said), q.RequiredIf.At)
		} else if q.RequiredIf.At.Outcome == report.Carried {
			key("required", figure("true"), q.RequiredIf.At)
		}
	}
	if q.Display != "" {
		key("display", word(q.Display))
	}
	if q.Steps > 0 {
		put(n, "steps", figure(strconv.Itoa(q.Steps)))
	}
	if q.Low != nil {
		key("low", w.text(w.texts(q.Low, false), false), q.Low.Atoms()...)
	}
	if q.High != nil {
		key("high", w.text(w.texts(q.High, false), false), q.High.Atoms()...)
	}
	if q.Options != nil {
		if id := w.scales[q.Options]; id != "" && q.Kind != survey.Ranking {
			put(n, "scale", word(id))
			report.Carry(q.Options.Atoms()...)
		} else {
			put(n, "options", w.options(q.Options))
		}
	}
	if q.Other {
		if q.OtherLabel != nil {
			key("other", w.text(w.texts(q.OtherLabel, false), false), q.OtherLabel.Atoms()...)
		} else {
			key("other", figure("true"))
		}
	}
	if len(q.Rows) > 0 {
		put(n, "rows", w.options(&List{Items: q.Rows}))
	}
	if q.Shuffle {
		key("shuffle", figure("true"))
	}
	for _, limit := range []struct{ name, value string }{{"min", q.Min}, {"max", q.Max}, {"step", q.Step}} {
		if limit.value != "" {
			key(limit.name, figure(limit.value))
		}
	}
	if q.MinLength > 0 {
		key("min_length", figure(strconv.Itoa(q.MinLength)))
	}
	if q.MaxLength == 0 && (q.Kind == survey.ShortText && q.MinLength > 200 || q.Kind == survey.LongText && q.MinLength > 2000) {
		q.MaxLength = 10 * q.MinLength
	}
	if q.MaxLength > 0 {
		key("max_length", figure(strconv.Itoa(q.MaxLength)))
	}
	if q.Pattern != "" {
		key("pattern", word(q.Pattern))
	}
	w.putChecks(n, q)
	return n
}

func (w *writer) putChecks(n *yaml.Node, q *Question) {
	self := w.Scope[q.Source]
	if self == nil || self.Field != q.ID {
		self = &condition.Target{Field: q.ID, Kind: KindOf(q.Kind)}
		if q.Options != nil {
			self.Options = q.Options.IDs()
		}
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, c := range q.Checks {
		said := w.say([]*Condition{c.That}, self, "the answer is not checked by it")
		if said == "" {
			for _, a := range c.Message.Atoms() {
				w.Drop(a, "left out with its condition")
			}
			continue
		}
		item := mapping()
		put(item, "that", word(said))
		put(item, "message", w.text(w.texts(c.Message, false), false))
		w.parts[item] = part{"the check", c.That.At.At, append(c.Message.Atoms(), c.That.At)}
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
