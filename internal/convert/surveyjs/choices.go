package surveyjs

import (
	"strconv"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/survey"
)

// choice reads what can be chosen, and how.
func (d *definition) choice(o *object, q *draft.Question, kind string) string {
	q.Kind = survey.SingleChoice
	switch kind {
	case "dropdown":
		q.Display = "dropdown"
	case "buttongroup":
		q.Display = "buttons"
	case "checkbox", "tagbox":
		q.Kind = survey.MultiChoice
	case "ranking":
		q.Kind = survey.Ranking
	case "imagepicker":
		if o.flag("multiSelect") {
			q.Kind = survey.MultiChoice
		}
	}
	q.Options = &draft.List{At: q.At, Source: q.Source}
	if n := o.take("choices"); n != nil {
		for _, c := range n.items {
			d.item(c, q.Options, "a choice")
		}
	}
	d.generated(o, q.Options)
	if n := o.take("choicesByUrl"); n != nil {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "options do not come from other addresses")
		if len(q.Options.Items) == 0 {
			d.Change(q.At, "its options come from another address, so it is asked as a text")
			q.Kind, q.Options, q.Display = survey.ShortText, nil, ""
			return ""
		}
	}
	set := q.Kind == survey.MultiChoice
	special := func(id, value string, on *node, w *draft.Text, en, zh string) {
		if !on.yes() {
			if on != nil {
				report.Carry(on.leaves()...)
			}
			d.IgnoreText(w, "an option that is not offered has no text")
			return
		}
		report.Carry(on.leaves()...)
		item := &draft.Option{At: on.first(), Source: value, ID: id, Label: w, Exclusive: set, Atoms: on.leaves()}
		if w == nil {
			item.Label = draft.Builtin(on.first(), en, zh)
		}
		item.Atoms = append(item.Atoms, w.Atoms()...)
		if q.Kind == survey.Ranking {
			item.Exclusive = false
		}
		q.Options.Items = append(q.Options.Items, item)
	}
	d.AssignOptionIDs(q.Options, "option")
	ids := map[string]int{}
	for _, i := range q.Options.Items {
		ids[i.ID] = 1
	}
	special(draft.NewID("none", ids, true, "option"), "none", o.either("showNoneItem", "hasNone"), o.words("noneText"), "None of these", "以上都没有")
	special(draft.NewID("refused", ids, true, "option"), "refused", o.take("showRefuseItem"), o.words("refuseText"), "I would rather not say", "不愿回答")
	special(draft.NewID("dont_know", ids, true, "option"), "dontknow", o.take("showDontKnowItem"), o.words("dontKnowText"), "I do not know", "不知道")
	other := o.either("showOtherItem", "hasOther")
	label := o.words("otherText")
	switch {
	case other.yes() && q.Kind == survey.Ranking:
		d.Drop(other.first(), "a ranking has no option with a text of its own")
		d.DropText(label)
	case other.yes():
		q.Other, q.OtherLabel = true, label
		report.Carry(other.first())
		q.From("other", other.first())
	default:
		if other != nil {
			report.Carry(other.leaves()...)
		}
		d.IgnoreText(label, "an option that is not offered has no text")
	}
	if n := o.either("showSelectAllItem", "hasSelectAll"); n.yes() {
		d.Ignore(n.first(), "there is no box that chooses everything")
		d.IgnoreText(o.words("selectAllText"), "there is no box that chooses everything")
	} else if n != nil {
		report.Carry(n.leaves()...)
	}
	if n := o.take("choicesOrder"); n != nil {
		switch n.str() {
		case "random":
			q.Shuffle = true
			report.Carry(n.first())
			q.From("shuffle", n.first())
		case "none", "initial":
			report.Carry(n.first())
		default:
			d.MarkAll(report.Dropped, n.at, n.leaves(), "options stand in the order in which they are written, not %s", n.brief())
		}
	}
	if q.Kind != survey.SingleChoice {
		for key, to := range map[string]*string{"minSelectedChoices": &q.Min, "maxSelectedChoices": &q.Max} {
			n := o.take(key)
			switch count, err := strconv.Atoi(n.str()); {
			case n == nil:
			case err == nil && count == 0:
				report.Carry(n.first())
			case err == nil && count > 0 && (q.Kind == survey.MultiChoice || key == "maxSelectedChoices"):
				*to = strconv.Itoa(count)
				report.Carry(n.first())
				q.From(map[*string]string{&q.Min: "min", &q.Max: "max"}[to], n.first())
			default:
				d.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s cannot be asked for here", key, n.brief())
			}
		}
	}
	if n := o.take("choicesFromQuestion"); n != nil {
		d.borrowed(o, q, n)
		return ""
	}
	if len(q.Options.Items) == 0 {
		return "it has no options"
	}
	d.FitOptions(q, q.At)
	return ""
}

// generated adds the options that are a range of numbers.
func (d *definition) generated(o *object, l *draft.List) {
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
				d.MarkAll(report.Dropped, n.at, n.leaves(), "its numbers make no options")
			}
		}
		return
	}
	for _, n := range []*node{low, high, step} {
		if n != nil {
			report.Carry(n.first())
		}
	}
	for v := from; v <= to; v += by {
		text := strconv.Itoa(v)
		l.Items = append(l.Items, &draft.Option{Source: text, Label: (*draft.Text)(nil).Add("", text, nil)})
	}
}

// item reads a choice, a row or a column: a value, or an object with value and text.
func (d *definition) item(n *node, l *draft.List, what string) {
	o := &draft.Option{At: n.first(), Atoms: n.leaves()}
	switch {
	case n.scalar():
		o.Source = n.text
		o.Label = o.Label.Add("", n.text, n.atom)
	case n.kind == '{' && (n.get("value") != nil || n.get("name") != nil):
		item := d.object(n)
		v := item.either("value", "name")
		if !v.scalar() {
			d.MarkAll(report.Dropped, n.at, n.leaves(), "%s needs a value that is a text or a number", what)
			return
		}
		o.Source, o.At = v.str(), v.first()
		o.Label = item.words("text", "title")
		if o.Label == nil {
			o.Label = o.Label.Add("", v.str(), v.first())
		}
		o.Atoms = append([]*report.Atom{v.first()}, o.Label.Atoms()...)
		if s := item.take("score"); s != nil { // no property of SurveyJS itself, but of many of its examples
			if f, err := decimal.Parse(s.str()); err == nil && f >= 0 && f <= draft.MaxScore {
				o.Score = f.String()
				report.Carry(s.first())
				o.Atoms = append(o.Atoms, s.first())
			} else {
				d.MarkAll(report.Dropped, s.at, s.leaves(), "%s is no score", s.brief())
			}
		}
		if what == "a choice" {
			item.shown(&o.Show)
			if x := item.take("isExclusive"); x != nil {
				o.Exclusive = x.yes()
				report.Carry(x.leaves()...)
			}
		} else {
			for _, key := range []string{"visibleIf", "enableIf", "isExclusive"} {
				if c := item.take(key); c != nil {
					d.MarkAll(report.Dropped, c.at, c.leaves(), "%s has no condition of its own: it is always shown", what)
				}
			}
		}
		item.rest(what)
	default:
		d.MarkAll(report.Dropped, n.at, n.leaves(), "%s needs a value", what)
		return
	}
	if o.Label == nil {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "%s is empty", what)
		return
	}
	if l.Seen(o.Source) {
		d.MarkAll(report.Dropped, n.at, n.leaves(), "%s is given twice: the first one was taken", report.Quote(o.Source))
		return
	}
	l.Items = append(l.Items, o)
}

// borrowed offers the options of another question, or those of them that were chosen.
func (d *definition) borrowed(o *object, q *draft.Question, n *node) {
	mode := o.take("choicesFromQuestionMode")
	d.later = append(d.later, func() {
		if q.Options == nil { // it has become a note, or a text
			d.MarkAll(report.Dropped, n.at, append(n.leaves(), mode.leaves()...), "it offers no options")
			return
		}
		from := d.byName[n.str()]
		if from == nil || from.Options == nil || from == q {
			if len(q.Options.Items) == 0 {
				q.Dropped = true
				d.Forget(q.Source, "which was not carried over")
				d.MarkAll(report.Dropped, q.At.At, q.Atoms, "its options are those of %s, which has none here", n.brief())
				return
			}
			d.MarkAll(report.Dropped, n.at, append(n.leaves(), mode.leaves()...), "%s has no options to take over", n.brief())
			return
		}
		report.Carry(n.first())
		if mode != nil {
			report.Carry(mode.leaves()...)
		}
		var items []*draft.Option
		for _, item := range from.Options.Items {
			copied := &draft.Option{Source: item.Source, Label: item.Label, At: n.first(), Exclusive: item.Exclusive && q.Kind == survey.MultiChoice}
			chosen := &condition.Term{Op: "has", Args: []*condition.Term{{Op: "name", Text: n.str()}, {Op: "text", Text: item.Source}}}
			switch mode.str() {
			case "selected":
				copied.Show = []*draft.Condition{{At: n.first(), Tree: chosen}}
			case "unselected":
				copied.Show = []*draft.Condition{{At: n.first(), Tree: &condition.Term{Op: "not", Args: []*condition.Term{chosen}}}}
			}
			items = append(items, copied)
		}
		q.Options = &draft.List{At: q.At, Source: q.Source, Items: append(items, q.Options.Items...)}
		for _, item := range q.Options.Items {
			item.ID = ""
		}
		d.AssignOptionIDs(q.Options, "option")
		if d.Scope[q.Source] != nil {
			d.Scope[q.Source].Options = q.Options.IDs()
		}
		d.FitOptions(q, q.At)
	})
}
