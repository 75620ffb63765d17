package convert

import (
	"strconv"

	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// choice reads what can be chosen, and how.
func (d *definition) choice(o *object, q *question, kind string) string {
	q.kind = survey.SingleChoice
	switch kind {
	case "dropdown":
		q.display = "dropdown"
	case "buttongroup":
		q.display = "buttons"
	case "checkbox", "tagbox":
		q.kind = survey.MultiChoice
	case "ranking":
		q.kind = survey.Ranking
	case "imagepicker":
		if o.flag("multiSelect") {
			q.kind = survey.MultiChoice
		}
	}
	q.options = &list{at: q.at, source: q.source}
	if n := o.take("choices"); n != nil {
		for _, c := range n.items {
			d.item(c, q.options, "a choice")
		}
	}
	d.generated(o, q.options)
	if n := o.take("choicesByUrl"); n != nil {
		d.all(Lost, n.at, n.leaves(), "options do not come from other addresses")
		if len(q.options.items) == 0 {
			d.changed(q.at, "its options come from another address, so it is asked as a text")
			q.kind, q.options, q.display = survey.ShortText, nil, ""
			return ""
		}
	}
	set := q.kind == survey.MultiChoice
	special := func(id, value string, on *node, w *words, en, zh string) {
		if !on.yes() {
			if on != nil {
				carry(on.leaves()...)
			}
			d.idleWords(w, "an option that is not offered has no text")
			return
		}
		carry(on.leaves()...)
		item := &option{at: on.first(), source: value, id: id, label: w, exclusive: set, atoms: on.leaves()}
		if w == nil {
			item.label = stock(on.first(), en, zh)
		}
		item.atoms = append(item.atoms, w.all()...)
		if q.kind == survey.Ranking {
			item.exclusive = false
		}
		q.options.items = append(q.options.items, item)
	}
	d.optionIDs(q.options, "option")
	ids := map[string]int{}
	for _, i := range q.options.items {
		ids[i.id] = 1
	}
	special(name("none", ids, true, "option"), "none", o.either("showNoneItem", "hasNone"), o.words("noneText"), "None of these", "以上都没有")
	special(name("refused", ids, true, "option"), "refused", o.take("showRefuseItem"), o.words("refuseText"), "I would rather not say", "不愿回答")
	special(name("dont_know", ids, true, "option"), "dontknow", o.take("showDontKnowItem"), o.words("dontKnowText"), "I do not know", "不知道")
	other := o.either("showOtherItem", "hasOther")
	label := o.words("otherText")
	switch {
	case other.yes() && q.kind == survey.Ranking:
		d.lost(other.first(), "a ranking has no option with a text of its own")
		d.lostWords(label)
	case other.yes():
		q.other, q.otherLabel = true, label
		carry(other.first())
		q.from("other", other.first())
	default:
		if other != nil {
			carry(other.leaves()...)
		}
		d.idleWords(label, "an option that is not offered has no text")
	}
	if n := o.either("showSelectAllItem", "hasSelectAll"); n.yes() {
		d.idle(n.first(), "there is no box that chooses everything")
		d.idleWords(o.words("selectAllText"), "there is no box that chooses everything")
	} else if n != nil {
		carry(n.leaves()...)
	}
	if n := o.take("choicesOrder"); n != nil {
		switch n.str() {
		case "random":
			q.shuffle = true
			carry(n.first())
			q.from("shuffle", n.first())
		case "none", "initial":
			carry(n.first())
		default:
			d.all(Lost, n.at, n.leaves(), "options stand in the order in which they are written, not %s", n.brief())
		}
	}
	if q.kind != survey.SingleChoice {
		for key, to := range map[string]*string{"minSelectedChoices": &q.min, "maxSelectedChoices": &q.max} {
			n := o.take(key)
			switch count, err := strconv.Atoi(n.str()); {
			case n == nil:
			case err == nil && count == 0:
				carry(n.first())
			case err == nil && count > 0 && (q.kind == survey.MultiChoice || key == "maxSelectedChoices"):
				*to = strconv.Itoa(count)
				carry(n.first())
				q.from(map[*string]string{&q.min: "min", &q.max: "max"}[to], n.first())
			default:
				d.all(Lost, n.at, n.leaves(), "%s: %s cannot be asked for here", key, n.brief())
			}
		}
	}
	if n := o.take("choicesFromQuestion"); n != nil {
		d.borrowed(o, q, n)
		return ""
	}
	if len(q.options.items) == 0 {
		return "it has no options"
	}
	d.fit(q, q.at)
	return ""
}

func (d *draft) idleWords(w *words, why string) {
	for _, a := range w.all() {
		d.idle(a, "%s", why)
	}
}

// generated adds the options that are a range of numbers.
func (d *definition) generated(o *object, l *list) {
	low, high, step := o.take("choicesMin"), o.take("choicesMax"), o.take("choicesStep")
	if low == nil && high == nil {
		return
	}
	from, err1 := strconv.Atoi(low.str())
	to, err2 := strconv.Atoi(high.str())
	by, err3 := 1, error(nil)
	if step != nil {
		by, err3 = strconv.Atoi(step.str())
	}
	if low == nil {
		from, err1 = 0, nil
	}
	if err1 != nil || err2 != nil || err3 != nil || by < 1 || to < from || to-from > 10_000 {
		for _, n := range []*node{low, high, step} {
			if n != nil {
				d.all(Lost, n.at, n.leaves(), "its numbers make no options")
			}
		}
		return
	}
	for _, n := range []*node{low, high, step} {
		if n != nil {
			carry(n.first())
		}
	}
	for v := from; v <= to; v += by {
		text := strconv.Itoa(v)
		l.items = append(l.items, &option{source: text, label: (*words)(nil).add("", text, nil)})
	}
}

// item reads a choice, a row or a column: a value, or an object with value and text.
func (d *definition) item(n *node, l *list, what string) {
	o := &option{at: n.first(), atoms: n.leaves()}
	switch {
	case n.scalar():
		o.source = n.text
		o.label = o.label.add("", n.text, n.atom)
	case n.kind == '{' && (n.get("value") != nil || n.get("name") != nil):
		item := d.object(n)
		v := item.either("value", "name")
		if !v.scalar() {
			d.all(Lost, n.at, n.leaves(), "%s needs a value that is a text or a number", what)
			return
		}
		o.source, o.at = v.str(), v.first()
		o.label = item.words("text", "title")
		if o.label == nil {
			o.label = o.label.add("", v.str(), v.first())
		}
		o.atoms = append([]*atom{v.first()}, o.label.all()...)
		if s := item.take("score"); s != nil { // no property of SurveyJS itself, but of many of its examples
			if f, err := decimal.Parse(s.str()); err == nil && f >= 0 && f <= maxScore {
				o.score = f.String()
				carry(s.first())
				o.atoms = append(o.atoms, s.first())
			} else {
				d.all(Lost, s.at, s.leaves(), "%s is no score", s.brief())
			}
		}
		if what == "a choice" {
			item.shown(&o.show)
			if x := item.take("isExclusive"); x != nil {
				o.exclusive = x.yes()
				carry(x.leaves()...)
			}
		} else {
			for _, key := range []string{"visibleIf", "enableIf", "isExclusive"} {
				if c := item.take(key); c != nil {
					d.all(Lost, c.at, c.leaves(), "%s has no condition of its own: it is always shown", what)
				}
			}
		}
		item.rest(what)
	default:
		d.all(Lost, n.at, n.leaves(), "%s needs a value", what)
		return
	}
	if o.label == nil {
		d.all(Lost, n.at, n.leaves(), "%s is empty", what)
		return
	}
	if l.has(o.source) {
		d.all(Lost, n.at, n.leaves(), "%s is given twice: the first one was taken", show(o.source))
		return
	}
	l.items = append(l.items, o)
}

// borrowed offers the options of another question, or those of them that were chosen.
func (d *definition) borrowed(o *object, q *question, n *node) {
	mode := o.take("choicesFromQuestionMode")
	d.later = append(d.later, func() {
		if q.options == nil { // it has become a note, or a text
			d.all(Lost, n.at, append(n.leaves(), mode.leaves()...), "it offers no options")
			return
		}
		from := d.byName[n.str()]
		if from == nil || from.options == nil || from == q {
			if len(q.options.items) == 0 {
				q.dropped = true
				d.forget(q.source, "which was not carried over")
				d.all(Lost, q.at.at, q.atoms, "its options are those of %s, which has none here", n.brief())
				return
			}
			d.all(Lost, n.at, append(n.leaves(), mode.leaves()...), "%s has no options to take over", n.brief())
			return
		}
		carry(n.first())
		if mode != nil {
			carry(mode.leaves()...)
		}
		var items []*option
		for _, item := range from.options.items {
			copied := &option{source: item.source, label: item.label, at: n.first(), exclusive: item.exclusive && q.kind == survey.MultiChoice}
			chosen := &term{op: "has", args: []*term{{op: "name", text: n.str()}, {op: "text", text: item.source}}}
			switch mode.str() {
			case "selected":
				copied.show = []*condition{{at: n.first(), tree: chosen}}
			case "unselected":
				copied.show = []*condition{{at: n.first(), tree: &term{op: "not", args: []*term{chosen}}}}
			}
			items = append(items, copied)
		}
		q.options = &list{at: q.at, source: q.source, items: append(items, q.options.items...)}
		for _, item := range q.options.items {
			item.id = ""
		}
		d.optionIDs(q.options, "option")
		if d.scope[q.source] != nil {
			d.scope[q.source].options = q.options.byValue()
		}
		d.fit(q, q.at)
	})
}

// forget says that a question, which was known, is not carried over after all.
func (d *draft) forget(source, why string) {
	d.scope[source] = &target{kind: goneKind, why: why}
}
