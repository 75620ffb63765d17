package draft

import (
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// survey builds the tree of the whole questionnaire.
func (w *writer) survey() *yaml.Node {
	w.parts, w.scales, w.unscored = map[*yaml.Node]part{}, map[*List]string{}, nil
	root := mapping()
	put(root, "id", stringNode(w.ID))
	if w.Title == nil {
		w.Title = plainText(strings.ReplaceAll(w.ID, "_", " "))
		w.Ask(report.Place{}, "the survey has no title: its id is used")
	}
	put(root, "title", w.textNode(w.translations(w.Title, false), false))
	put(root, "languages", flowList(w.languages))
	if w.Intro != nil {
		w.putPart(root, "intro", w.textNode(w.translations(w.Intro, true), false), part{what: message.New("the introduction"), at: w.Intro.place(), atoms: w.Intro.Atoms()})
	}
	if w.Cards {
		put(root, "layout", stringNode("cards"))
	}
	w.putThanks(root)
	w.chooseScales()
	if scales := w.scaleNodes(); len(scales.Content) > 0 {
		put(root, "scales", scales)
	}
	list := sequence()
	for _, s := range w.sections {
		if len(s.questions) > 0 {
			list.Content = append(list.Content, w.section(s))
		}
	}
	put(root, "sections", list)
	put(root, "alerts", stringNode("default"))
	return root
}

// putPart adds a key that can be left out again.
func (w *writer) putPart(n *yaml.Node, key string, v *yaml.Node, p part) {
	put(n, key, v)
	w.parts[v] = p
}

func (w *writer) putThanks(root *yaml.Node) {
	if len(w.Thanks) == 0 {
		return
	}
	list := sequence()
	for _, t := range w.Thanks {
		item := mapping()
		if t.Show != nil {
			showIf := w.conditions([]*Condition{t.Show}, nil, false, "its thank-you text was left out")
			if showIf == condition.Never {
				w.dropWithCondition(t.Text)
				continue
			}
			if showIf != condition.Always {
				put(item, "show_if", stringNode(showIf.Text))
			}
		}
		put(item, "text", w.textNode(w.translations(t.Text, true), false))
		w.parts[item] = part{what: message.New("the thank-you text"), at: t.Text.place(), atoms: t.Text.Atoms()}
		list.Content = append(list.Content, item)
	}
	switch n := len(list.Content); {
	case n == 0:
	case n == 1 && valueOf(list.Content[0], "show_if") == nil:
		last := w.Thanks[len(w.Thanks)-1].Text
		w.putPart(root, "thanks", valueOf(list.Content[0], "text"), part{what: message.New("the thank-you text"), at: last.place(), atoms: last.Atoms()})
	default:
		put(root, "thanks", list)
	}
}

func (w *writer) dropWithCondition(t *Text) {
	for _, a := range t.Atoms() {
		w.Drop(a, "left out with its condition")
	}
}

// chooseScales decides which lists become scales: those that several questions share, and those of matrices and ratings.
func (w *writer) chooseScales() {
	uses, required := map[*List]int{}, map[*List]bool{}
	var order []*List
	for _, s := range w.sections {
		for _, q := range s.questions {
			switch q.Kind {
			case survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.Matrix:
				if q.Options == nil {
					continue
				}
				if uses[q.Options]++; uses[q.Options] == 1 {
					order = append(order, q.Options)
				}
				required[q.Options] = required[q.Options] || q.Kind == survey.Matrix || q.Kind == survey.Rating
			}
		}
	}
	ids := IDs{}
	for _, l := range order {
		if uses[l] > 1 || required[l] {
			w.scales[l] = ids.Name(l.Source, "scale")
		}
	}
}

func (w *writer) scaleNodes() *yaml.Node {
	scales := mapping()
	done := map[*List]bool{}
	for _, s := range w.sections {
		for _, q := range s.questions {
			id := w.scales[q.Options]
			if id == "" || done[q.Options] || q.Kind == survey.Ranking {
				continue
			}
			done[q.Options] = true
			w.putPart(scales, id, w.options(q.Options.Items), part{what: message.New("the scale '%s'", id), at: placeOf(q.Options.At), atoms: q.Options.Atoms()})
			if !slices.ContainsFunc(q.Options.Items, func(o *Option) bool { return o.Score != "" }) {
				w.unscored = append(w.unscored, id)
			}
		}
	}
	return scales
}

// options writes options, or rows.
func (w *writer) options(options []*Option) *yaml.Node {
	list := sequence()
	for _, o := range options {
		list.Content = append(list.Content, w.option(o))
	}
	return list
}

func (w *writer) option(o *Option) *yaml.Node {
	n := mapping()
	n.Style = yaml.FlowStyle
	put(n, "id", stringNode(o.ID))
	put(n, "label", w.textNode(w.translations(o.Label, false), true))
	if o.Score != "" {
		put(n, "score", literalNode(o.Score))
	}
	if o.Exclusive {
		put(n, "exclusive", literalNode("true"))
	}
	report.Carry(o.Atoms...)
	at := placeOf(o.At)
	if showIf := w.conditions(o.Show, nil, true, "the option is always offered"); showIf != condition.Always {
		never := func() { o.Never = true }
		w.putPart(n, "show_if", flowStringNode(showIf.Text), part{message.New("the option's condition"), at, ConditionAtoms(o.Show), never})
	}
	w.parts[n] = part{what: message.New("the option '%s'", o.ID), at: at, atoms: o.Atoms}
	return n
}

func (w *writer) section(s *section) *yaml.Node {
	n := mapping()
	put(n, "id", stringNode(s.id))
	at := placeOf(s.at)
	if s.Title != nil {
		w.putPart(n, "title", w.textNode(w.translations(s.Title, false), false), part{what: message.New("the section's title"), at: at, atoms: s.Title.Atoms()})
	}
	if s.Intro != nil {
		w.putPart(n, "intro", w.textNode(w.translations(s.Intro, true), false), part{what: message.New("the section's text"), at: at, atoms: s.Intro.Atoms()})
	}
	if showIf := w.conditions(s.show, nil, true, "the section is always shown"); showIf != condition.Always {
		never := func() { s.never = true }
		w.putPart(n, "show_if", stringNode(showIf.Text), part{message.New("the section's condition"), at, ConditionAtoms(s.show), never})
	}
	list := sequence()
	for _, q := range s.questions {
		list.Content = append(list.Content, w.question(q))
	}
	put(n, "questions", list)
	return n
}

// A questionWriter writes the keys of one question.
type questionWriter struct {
	*writer
	*Question
	node *yaml.Node
}

func (w *writer) question(q *Question) *yaml.Node {
	n := &questionWriter{w, q, mapping()}
	w.parts[n.node] = part{what: message.New("the question '%s'", q.ID), at: q.At.At, atoms: q.Atoms}
	put(n.node, "id", stringNode(q.ID))
	put(n.node, "type", stringNode(string(q.Kind)))
	n.putLabel()
	n.putText("help", q.Help)
	if showIf := w.conditions(q.Show, q.Target, true, "the question is always asked"); showIf != condition.Always {
		never := func() { q.Never = true }
		w.putPart(n.node, "show_if", stringNode(showIf.Text), part{message.New("'%s'", "show_if"), q.Show[0].At.At, ConditionAtoms(q.Show), never})
	}
	n.putRequired()
	if q.Display != "" {
		n.key("display", stringNode(q.Display))
	}
	if q.Steps > 0 {
		put(n.node, "steps", literalNode(strconv.Itoa(q.Steps)))
	}
	n.putText("low", q.Low)
	n.putText("high", q.High)
	n.putOptions()
	n.putLimits()
	n.putChecks()
	return n.node
}

// key adds a key that can be left out again. It comes from the atoms, unless the reader named another one.
func (w *questionWriter) key(name string, v *yaml.Node, atoms ...*report.Atom) {
	from := w.keys[name]
	at := w.At.At
	switch {
	case from != nil:
		at, atoms = from.At, []*report.Atom{from}
	case len(atoms) > 0 && atoms[0] != nil:
		at = atoms[0].At
	}
	w.putPart(w.node, name, v, part{what: message.New("'%s'", name), at: at, atoms: atoms})
}

func (w *questionWriter) putText(key string, t *Text) {
	if t != nil {
		w.key(key, w.textNode(w.translations(t, false), false), t.Atoms()...)
	}
}

func (w *questionWriter) putLabel() {
	if w.Label == nil {
		if w.Label = plainText(w.Source); w.Label == nil {
			w.Label = plainText(w.ID)
		}
		w.Ask(w.At.At, "the question has no text: its name is used")
	}
	put(w.node, "label", w.textNode(w.translations(w.Label, w.Kind == survey.Note), false))
}

func (w *questionWriter) putRequired() {
	switch {
	case w.Kind == survey.Consent || w.Kind == survey.Note || w.Kind == survey.Hidden:
		if w.RequiredIf != nil {
			w.Ignore(w.RequiredIf.At, "nothing is answered here that could be required or not")
		}
	case w.Required && w.Kind == survey.Matrix:
		w.key("required", stringNode("all"))
	case w.Required:
		w.key("required", literalNode("true"))
	case w.RequiredIf != nil:
		switch requiredIf := w.conditions([]*Condition{w.RequiredIf}, nil, false, "an answer is not demanded"); requiredIf {
		case condition.Never:
		case condition.Always:
			w.key("required", literalNode("true"), w.RequiredIf.At)
		default:
			w.key("required", stringNode(requiredIf.Text), w.RequiredIf.At)
		}
	}
}

// putOptions writes what can be chosen, and for a matrix its rows.
func (w *questionWriter) putOptions() {
	if l := w.Options; l != nil {
		if id := w.scales[l]; id != "" && w.Kind != survey.Ranking {
			put(w.node, "scale", stringNode(id))
			report.Carry(l.Atoms()...)
		} else {
			put(w.node, "options", w.options(l.Items))
		}
	}
	if w.Other && w.OtherLabel != nil {
		w.putText("other", w.OtherLabel)
	} else if w.Other {
		w.key("other", literalNode("true"))
	}
	if len(w.Rows) > 0 {
		put(w.node, "rows", w.options(w.Rows))
	}
	if w.Shuffle {
		w.key("shuffle", literalNode("true"))
	}
}

// The default length of answers; a question that asks for more needs a max_length too.
const (
	maxShortText = 200
	maxLongText  = 2000
)

func (w *questionWriter) putLimits() {
	for _, limit := range []struct{ name, value string }{{"min", w.Min}, {"max", w.Max}, {"step", w.Step}} {
		if limit.value != "" {
			w.key(limit.name, literalNode(limit.value))
		}
	}
	if w.MinLength > 0 {
		w.key("min_length", literalNode(strconv.Itoa(w.MinLength)))
	}
	if w.MaxLength == 0 && (w.Kind == survey.ShortText && w.MinLength > maxShortText || w.Kind == survey.LongText && w.MinLength > maxLongText) {
		w.MaxLength = 10 * w.MinLength
	}
	if w.MaxLength > 0 {
		w.key("max_length", literalNode(strconv.Itoa(w.MaxLength)))
	}
	if w.Pattern != "" {
		w.key("pattern", stringNode(w.Pattern))
	}
	w.putText("message", w.LimitMessage)
}

func (w *questionWriter) putChecks() {
	list := sequence()
	for _, c := range w.Checks {
		that := w.conditions([]*Condition{c.That}, w.Target, true, "the answer is not checked by it")
		if that == condition.Always || that == condition.Never {
			w.dropWithCondition(c.Message)
			continue
		}
		item := mapping()
		put(item, "that", stringNode(that.Text))
		put(item, "message", w.textNode(w.translations(c.Message, false), false))
		w.parts[item] = part{what: message.New("the check"), at: c.That.At.At, atoms: append(c.Message.Atoms(), c.That.At)}
		list.Content = append(list.Content, item)
	}
	switch len(list.Content) {
	case 0:
	case 1:
		put(w.node, "check", list.Content[0])
	default:
		put(w.node, "check", list)
	}
}
