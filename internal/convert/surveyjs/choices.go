package surveyjs

import (
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// readChoice reads what can be chosen, and how.
func (e *element) readChoice() (why message.Text) {
	q := e.q
	e.setChoiceType()
	q.Options = &draft.List{At: q.At, Source: q.Source}
	e.readOptions("choices", q.Options, "a choice")
	e.addNumbers()
	if n := e.take("choicesByUrl"); n != nil {
		e.MarkAll(report.Dropped, n.at, n.leaves(), "options do not come from other addresses")
		if len(q.Options.Items) == 0 {
			e.Change(q.At, "its options come from another address, so it is asked as a text")
			q.Kind, q.Options, q.Display = survey.ShortText, nil, ""
			return message.Text{}
		}
	}
	e.filterChoices()
	e.AssignOptionIDs(q.Options, "option")
	e.addSpecialOptions()
	e.readOther()
	e.readSelectAll()
	e.readOrder()
	if q.Kind != survey.SingleChoice {
		e.readSelectionLimit("minSelectedChoices", "min", &q.Min)
		e.readSelectionLimit("maxSelectedChoices", "max", &q.Max)
	}
	if n := e.take("choicesFromQuestion"); n != nil {
		e.takeChoicesFrom(n)
		return message.Text{}
	}
	if len(q.Options.Items) == 0 {
		return message.New("it has no options")
	}
	e.FitOptions(q, q.At)
	return message.Text{}
}

// filterChoices gives every option the conditions that are for all of them: in these, item is the option's own value.
func (e *element) filterChoices() {
	for _, key := range []string{"choicesVisibleIf", "choicesEnableIf"} {
		n := e.take(key)
		if n == nil {
			continue
		}
		for _, c := range e.conditions(n, condition.One) {
			tree, err := parseExpression(c.Source)
			if err != nil {
				e.Drop(c.At, "%s cannot be expressed here, so all options are offered: %v", report.Quote(c.Source), err)
				continue
			}
			for _, o := range e.q.Options.Items {
				if len(o.Show) == 0 || key == "choicesEnableIf" { // a choice's own visibleIf comes first
					o.Show = append(o.Show, &draft.Condition{At: c.At, Tree: withItem(tree, o.Source), Sense: c.Sense, Find: c.Find})
				}
			}
		}
	}
}

// withItem puts an option's value in place of item.
func withItem(t *condition.Term, value string) *condition.Term {
	return t.Replace(func(t *condition.Term) *condition.Term {
		if t.Op == "name" && (strings.EqualFold(t.Text, "item") || strings.EqualFold(t.Text, "choice")) {
			return &condition.Term{Op: "text", Text: value}
		}
		return nil
	})
}

func (e *element) setChoiceType() {
	e.q.Kind = survey.SingleChoice
	switch e.kind {
	case "dropdown":
		e.q.Display = "dropdown"
	case "buttongroup":
		e.q.Display = "buttons"
	case "checkbox", "tagbox":
		e.q.Kind = survey.MultiChoice
	case "ranking":
		e.q.Kind = survey.Ranking
	case "imagepicker":
		if e.flag("multiSelect") {
			e.q.Kind = survey.MultiChoice
		}
	}
}

// addNumbers adds the options that are a range of numbers.
func (e *element) addNumbers() {
	low, high, step := e.take("choicesMin"), e.take("choicesMax"), e.take("choicesStep")
	if low == nil && high == nil {
		return
	}
	given := []*node{low, high, step}
	from, by := 0, 1
	var errLow, errStep error
	if low != nil {
		from, errLow = strconv.Atoi(low.str())
	}
	to, errHigh := strconv.Atoi(high.str())
	if step != nil {
		by, errStep = strconv.Atoi(step.str())
	}
	if errLow != nil || errHigh != nil || errStep != nil || by < 1 || to < from || to-from > 10_000 {
		for _, n := range given {
			if n != nil {
				e.MarkAll(report.Dropped, n.at, n.leaves(), "its numbers make no options")
			}
		}
		return
	}
	for _, n := range given {
		if n != nil {
			report.Carry(n.first())
		}
	}
	e.q.Options.Items = append(e.q.Options.Items, numbers(from, to, by)...)
}

// numbers returns options that are numbers.
func numbers(from, to, step int) (options []*draft.Option) {
	for v := from; v <= to; v += step {
		text := strconv.Itoa(v)
		options = append(options, &draft.Option{Source: text, Label: (*draft.Text)(nil).Add("", text, nil)})
	}
	return options
}

// addSpecialOptions adds the options that SurveyJS has properties for, such as none.
func (e *element) addSpecialOptions() {
	taken := draft.IDs{}
	for _, o := range e.q.Options.Items {
		taken[o.ID] = 1
	}
	for _, o := range []struct {
		id, value string
		shown     []string // properties
		text      string   // a property
		en, zh    string
	}{
		{"none", "none", []string{"showNoneItem", "hasNone"}, "noneText", "None of these", "以上都没有"},
		{"refused", "refused", []string{"showRefuseItem"}, "refuseText", "I would rather not say", "不愿回答"},
		{"dont_know", "dontknow", []string{"showDontKnowItem"}, "dontKnowText", "I do not know", "不知道"},
	} {
		id := taken.Value(o.id, "option")
		shown, label := e.takeAny(o.shown...), e.localized(o.text)
		report.Carry(shown.leaves()...)
		if !shown.isTrue() {
			e.IgnoreText(label, "an option that is not offered has no text")
			continue
		}
		option := &draft.Option{At: shown.first(), Source: o.value, ID: id, Label: label, Exclusive: e.q.Kind == survey.MultiChoice, Atoms: shown.leaves()}
		if label == nil {
			option.Label = draft.Builtin(shown.first(), o.en, o.zh)
		}
		option.Atoms = append(option.Atoms, label.Atoms()...)
		e.q.Options.Items = append(e.q.Options.Items, option)
	}
}

// readOther reads whether another option can be written.
func (e *element) readOther() {
	other := e.takeAny("showOtherItem", "hasOther")
	label := e.localized("otherText")
	switch {
	case !other.isTrue():
		report.Carry(other.leaves()...)
		e.IgnoreText(label, "an option that is not offered has no text")
	case e.q.Kind == survey.Ranking:
		e.Drop(other.first(), "a ranking has no option with a text of its own")
		e.DropText(label)
	default:
		e.q.Other, e.q.OtherLabel = true, label
		report.Carry(other.first())
		e.q.From("other", other.first())
	}
}

func (e *element) readSelectAll() {
	n := e.takeAny("showSelectAllItem", "hasSelectAll")
	if !n.isTrue() {
		report.Carry(n.leaves()...)
		return
	}
	const why = "there is no box that chooses everything"
	e.Ignore(n.first(), why)
	e.IgnoreText(e.localized("selectAllText"), why)
}

func (e *element) readOrder() {
	n := e.take("choicesOrder")
	if n == nil {
		return
	}
	switch n.str() {
	case "random":
		e.q.Shuffle = true
		report.Carry(n.first())
		e.q.From("shuffle", n.first())
	case "none", "initial":
		report.Carry(n.first())
	default:
		e.MarkAll(report.Dropped, n.at, n.leaves(), "options stand in the order in which they are written, not %s", n.brief())
	}
}

// readSelectionLimit reads how many options can be chosen at least, or at most; key is that of the YAML.
func (e *element) readSelectionLimit(property, key string, to *string) {
	n := e.take(property)
	switch count, err := strconv.Atoi(n.str()); {
	case n == nil:
	case err == nil && count == 0:
		report.Carry(n.first())
	case err == nil && count > 0 && (e.q.Kind == survey.MultiChoice || key == "max"):
		*to = strconv.Itoa(count)
		report.Carry(n.first())
		e.q.From(key, n.first())
	default:
		e.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s cannot be asked for here", property, n.brief())
	}
}

// readOptions reads the options of a property into a list; what names one of them.
func (o *object) readOptions(key string, into *draft.List, what message.Key) {
	for _, n := range o.list(key) {
		o.readOption(n, into, what)
	}
}

// readOption reads a choice, a row or a column: a value, or an object with a value and a text.
func (r *reader) readOption(n *node, into *draft.List, what message.Key) {
	option := &draft.Option{At: n.first(), Atoms: n.leaves()}
	switch {
	case n.scalar():
		value, text, _ := strings.Cut(n.text, "|")
		if text == "" {
			text = value
		}
		option.Source, option.Label = value, option.Label.Add("", text, n.atom)
	case n.kind == '{' && (n.get("value") != nil || n.get("name") != nil):
		if !r.object(n).readOptionInto(option, what) {
			return
		}
	default:
		r.MarkAll(report.Dropped, n.at, n.leaves(), "%s needs a value", what)
		return
	}
	if option.Label == nil {
		r.MarkAll(report.Dropped, n.at, n.leaves(), "%s is empty", what)
		return
	}
	if into.Seen(option.Source) {
		r.MarkAll(report.Dropped, n.at, n.leaves(), "%s is given twice: the first one was taken", report.Quote(option.Source))
		return
	}
	into.Items = append(into.Items, option)
}

// readOptionInto reads an option that is an object. It returns false if that has no value.
func (o *object) readOptionInto(option *draft.Option, what message.Key) bool {
	value := o.takeAny("value", "name")
	if !value.scalar() {
		o.MarkAll(report.Dropped, o.at, o.leaves(), "%s needs a value that is a text or a number", what)
		return false
	}
	option.Source, option.At = value.str(), value.first()
	option.Label = o.localized("text", "title")
	if option.Label == nil {
		option.Label = option.Label.Add("", value.str(), value.first())
	}
	option.Atoms = append([]*report.Atom{value.first()}, option.Label.Atoms()...)
	o.readScore(option)
	if what == "a choice" {
		o.readShowIf(&option.Show, condition.One, condition.One)
		if x := o.take("isExclusive"); x != nil {
			option.Exclusive = x.isTrue()
			report.Carry(x.leaves()...)
		}
	} else {
		for _, key := range []string{"visibleIf", "enableIf", "isExclusive"} {
			o.drop(key, "%s has no condition of its own: it is always shown", what)
		}
	}
	o.reportRest(what)
	return true
}

// readScore reads a score. SurveyJS has no such property, but many of its examples do.
func (o *object) readScore(option *draft.Option) {
	n := o.take("score")
	if n == nil {
		return
	}
	d, err := decimal.Parse(n.str())
	if err != nil || d < 0 || d > draft.MaxScore {
		o.MarkAll(report.Dropped, n.at, n.leaves(), "%s is no score", n.brief())
		return
	}
	option.Score = d.String()
	report.Carry(n.first())
	option.Atoms = append(option.Atoms, n.first())
}

// takeChoicesFrom offers the options of another question, or those of them that were chosen. That question may come
// later.
func (e *element) takeChoicesFrom(n *node) {
	mode := e.take("choicesFromQuestionMode")
	e.deferred = append(e.deferred, func() {
		q, from := e.q, e.byName[n.str()]
		switch {
		case q.Options == nil: // it was made a note or a text
			e.MarkAll(report.Dropped, n.at, append(n.leaves(), mode.leaves()...), "it offers no options")
		case from != nil && from.Options != nil && from != q:
			e.addChoicesFrom(from.Options, n, mode)
		case len(q.Options.Items) == 0:
			q.Dropped = true
			*q.Target = condition.Target{Kind: condition.Missing, Why: message.New("which was not carried over")}
			e.MarkAll(report.Dropped, q.At.At, q.Atoms, "its options are those of %s, which has none here", n.brief())
		default:
			e.MarkAll(report.Dropped, n.at, append(n.leaves(), mode.leaves()...), "%s has no options to take over", n.brief())
			e.FitOptions(q, q.At)
		}
	})
}

// addChoicesFrom puts the options of the question that n names before the question's own.
func (e *element) addChoicesFrom(from *draft.List, n, mode *node) {
	q := e.q
	report.Carry(n.first())
	report.Carry(mode.leaves()...)
	var options []*draft.Option
	for _, o := range from.Items {
		if slices.ContainsFunc(q.Options.Items, func(own *draft.Option) bool { return own.Source == o.Source }) {
			continue // such as none
		}
		option := &draft.Option{Source: o.Source, Label: o.Label, At: n.first(), Exclusive: o.Exclusive && q.Kind == survey.MultiChoice}
		chosen := &condition.Term{Op: "has", Args: []*condition.Term{{Op: "name", Text: n.str()}, {Op: "text", Text: o.Source}}}
		switch mode.str() {
		case "selected":
			option.Show = []*draft.Condition{{At: n.first(), Tree: chosen, Find: e.finder()}}
		case "unselected":
			option.Show = []*draft.Condition{{At: n.first(), Tree: condition.Not(chosen), Find: e.finder()}}
		}
		options = append(options, option)
	}
	q.Options = &draft.List{At: q.At, Source: q.Source, Items: append(options, q.Options.Items...)}
	for _, o := range q.Options.Items {
		o.ID = ""
	}
	e.AssignOptionIDs(q.Options, "option")
	e.FitOptions(q, q.At)
	*q.Target = *draft.TargetOf(q)
}

// readRating reads steps: numbers, or with words of their own.
func (e *element) readRating() (why message.Text) {
	q := e.q
	q.Kind, q.Display = survey.Rating, "numbers"
	if n := e.takeAny("rateType", "rateDisplayMode"); n != nil {
		report.Carry(n.leaves()...)
		switch n.str() {
		case "stars":
			q.Display = "stars"
		case "smileys":
			q.Display = "faces"
		}
		q.From("display", n.first())
	}
	q.Low, q.High = e.localized("minRateDescription"), e.localized("maxRateDescription")
	q.Options = &draft.List{At: q.At, Source: q.Source}
	if why := e.readSteps(); !why.IsZero() {
		return why
	}
	if len(q.Options.Items) < 2 {
		return message.New("it has fewer than two steps")
	}
	e.AssignOptionIDs(q.Options, "step")
	e.simplifyRating()
	return message.Text{}
}

// readSteps reads the steps of a rating, which are listed or numbered.
func (e *element) readSteps() (why message.Text) {
	values, auto := e.take("rateValues"), e.take("autoGenerate")
	report.Carry(auto.leaves()...)
	low, high, step, count := e.take("rateMin"), e.take("rateMax"), e.take("rateStep"), e.take("rateCount")
	if values != nil && !auto.isTrue() {
		for _, n := range values.items {
			e.readOption(n, e.q.Options, "a step")
		}
		for _, n := range []*node{low, high, step, count} {
			if n != nil {
				e.MarkAll(report.Ignored, n.at, n.leaves(), "the steps are listed")
			}
		}
		return message.Text{}
	}
	if values != nil {
		e.MarkAll(report.Ignored, values.at, values.leaves(), "the steps are numbered")
	}
	from, to, by := 1, 5, 1
	for _, p := range []struct {
		n  *node
		to *int
	}{{low, &from}, {high, &to}, {step, &by}} {
		if p.n == nil {
			continue
		}
		v, err := strconv.Atoi(p.n.str())
		if err != nil {
			return message.New("its steps are not whole numbers: %s", p.n.brief())
		}
		*p.to = v
		report.Carry(p.n.first())
	}
	if n, err := strconv.Atoi(count.str()); err == nil && high == nil && n > 1 && n <= draft.MaxOptions {
		to = from + (n-1)*max(1, by)
		report.Carry(count.first())
	} else if count != nil {
		e.Ignore(count.first(), "the number of steps follows from rateMin and rateMax")
	}
	if by < 1 || to <= from || (to-from)/by >= draft.MaxOptions {
		return message.New("its numbers make no steps")
	}
	e.q.Options.Items = append(e.q.Options.Items, numbers(from, to, by)...)
	return message.Text{}
}

// simplifyRating makes a rating from 0 to 10 an nps, and one from 1 a number of steps. Others keep their options, which
// get scores if all of their values can be scores.
func (e *element) simplifyRating() {
	q := e.q
	options := q.Options.Items
	switch n := len(options); {
	case isNumbered(options, 0) && n == 11:
		e.Change(q.At, "steps from 0 to 10 became the type nps")
		report.Carry(q.Options.Atoms()...)
		q.Kind, q.Display, q.Options = survey.NPS, "", nil
		return
	case isNumbered(options, 1) && n <= 10:
		report.Carry(q.Options.Atoms()...)
		q.Steps, q.Options = n, nil
		return
	}
	scores := make([]string, len(options))
	for i, o := range options {
		d, err := decimal.Parse(o.Source)
		if err != nil || d < 0 || d > draft.MaxScore {
			return
		}
		scores[i] = d.String()
	}
	for i, o := range options {
		if o.Score == "" {
			o.Score = scores[i]
		}
	}
}

// isNumbered reports whether options are the whole numbers from one on, without words or scores.
func isNumbered(options []*draft.Option, from int) bool {
	for i, o := range options {
		if v := strconv.Itoa(from + i); o.Source != v || !o.Label.Is(v) || o.Score != "" {
			return false
		}
	}
	return true
}
