package surveyjs

import (
	"strconv"
	"strings"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
)

// An object is a JSON object being read. What is not asked for is reported in the end.
type object struct {
	*definition
	*node
	used map[string]bool
}

func (d *definition) object(n *node) *object {
	return &object{definition: d, node: n, used: map[string]bool{}}
}

// take gets a property, which counts as looked at.
func (o *object) take(key string) *node {
	o.used[key] = true
	n := o.node.get(key)
	if n == nil { // null says nothing
		for _, m := range o.members {
			if m.key == key {
				report.Carry(m.value.atom)
			}
		}
	}
	if n != nil && flags[key] && n.kind != 'b' && (n.kind != 's' || n.text != "true" && n.text != "false") {
		o.MarkAll(report.Dropped, n.at, n.leaves(), "%s should be true or false", key)
		return nil
	}
	if n != nil && scalars[key] && !n.scalar() {
		o.MarkAll(report.Dropped, n.at, n.leaves(), "%s should be a single value", key)
		return nil
	}
	if !lists[key] || n == nil {
		return n
	}
	if n.kind != '[' {
		o.MarkAll(report.Dropped, n.at, n.leaves(), "%s should be a list", key)
		return nil
	}
	report.Carry(n.atom) // of an empty one
	return n
}

// scalars are the properties that are single values, wherever they are taken.
var scalars = map[string]bool{
	"name": true, "type": true, "value": true, "visible": true, "isRequired": true, "requiredIf": true,
	"visibleIf": true, "enableIf": true, "valueTrue": true, "valueFalse": true, "swapOrder": true, "inputType": true,
	"maxLength": true, "min": true, "max": true, "step": true, "sliderType": true, "multiSelect": true,
	"showNoneItem": true, "hasNone": true, "showRefuseItem": true, "showDontKnowItem": true, "showOtherItem": true,
	"hasOther": true, "showSelectAllItem": true, "hasSelectAll": true, "choicesOrder": true, "minSelectedChoices": true,
	"maxSelectedChoices": true, "choicesFromQuestion": true, "choicesFromQuestionMode": true, "choicesMin": true,
	"choicesMax": true, "choicesStep": true, "score": true, "isExclusive": true, "rateType": true,
	"rateDisplayMode": true, "autoGenerate": true, "rateMin": true, "rateMax": true, "rateStep": true,
	"rateCount": true, "cellType": true, "eachRowUnique": true, "eachRowRequired": true, "isAllRowRequired": true,
	"readOnly": true, "valueName": true, "showCommentArea": true, "hasComment": true, "minValue": true,
	"maxValue": true, "minLength": true, "minCount": true, "maxCount": true, "regex": true, "caseInsensitive": true,
	"expression": true, "locale": true,
}

// flags are the properties that are true or false.
var flags = map[string]bool{"visible": true, "isRequired": true, "swapOrder": true, "multiSelect": true, "showNoneItem": true, "hasNone": true, "showRefuseItem": true, "showDontKnowItem": true,
	"showOtherItem": true, "hasOther": true, "showSelectAllItem": true, "hasSelectAll": true, "isExclusive": true, "autoGenerate": true, "eachRowUnique": true, "eachRowRequired": true,
	"isAllRowRequired": true, "readOnly": true, "showCommentArea": true, "hasComment": true, "caseInsensitive": true}

// lists are the properties that are lists, wherever they are taken.
var lists = map[string]bool{"pages": true, "elements": true, "questions": true, "templateElements": true, "choices": true, "rows": true, "columns": true, "items": true,
	"rateValues": true, "validators": true, "triggers": true, "calculatedValues": true, "completedHtmlOnCondition": true, "navigateToUrlOnCondition": true}

// either gets the first of some names of one property; older versions have others.
func (o *object) either(keys ...string) (found *node) {
	for _, k := range keys {
		switch n := o.take(k); {
		case n == nil:
		case found == nil:
			found = n
		default:
			o.MarkAll(report.Dropped, n.at, n.leaves(), "another name of what is given already")
		}
	}
	return found
}

// flag reads a property that is true or false, and carries it.
func (o *object) flag(keys ...string) bool {
	n := o.either(keys...)
	if n != nil {
		report.Carry(n.leaves()...)
	}
	return n.yes()
}

// words reads a text, in one language or several.
func (o *object) words(keys ...string) *draft.Text { return o.wordsOf(o.either(keys...)) }

func (d *definition) wordsOf(n *node) (w *draft.Text) {
	switch {
	case n == nil:
		return nil
	case n.scalar():
		if markup.Clean(n.text) == "" {
			report.Carry(n.atom)
		}
		return w.Add("", n.text, n.atom)
	case n.kind == '{':
		for _, m := range n.members {
			code := ""
			if m.key != "default" {
				code = draft.LanguageCode(m.key)
			}
			switch {
			case !m.value.scalar():
				d.MarkAll(report.Dropped, m.value.at, m.value.leaves(), "is no text")
			case code == "" && m.key != "default":
				d.Drop(m.value.atom, "%s is no language", report.Quote(m.key))
			default:
				if markup.Clean(m.value.text) == "" {
					report.Carry(m.value.atom)
				}
				if _, twice := w.Has(code); twice {
					d.Drop(m.value.atom, "a second text in %s", code)
					continue
				}
				w = w.Add(code, m.value.text, m.value.atom)
			}
		}
	default:
		d.MarkAll(report.Dropped, n.at, n.leaves(), "is no text")
	}
	return w
}

// shown reads the conditions under which something is shown, or can be answered.
func (o *object) shown(show *[]*draft.Condition) {
	if n := o.take("visibleIf"); n != nil {
		*show = append(*show, o.conditions(n)...)
	}
	if n := o.take("enableIf"); n != nil {
		for _, c := range o.conditions(n) {
			o.Change(c.At, "what cannot be answered is not shown here: enableIf became part of show_if")
			*show = append(*show, c)
		}
	}
}

func (o *object) conditions(n *node) []*draft.Condition {
	if !n.scalar() {
		o.MarkAll(report.Dropped, n.at, n.leaves(), "is no condition")
		return nil
	}
	if c := o.Condition(n.atom); c != nil {
		return []*draft.Condition{c}
	}
	report.Carry(n.atom)
	return nil
}

// number reads a number into a limit.
func (o *object) number(key string, to *string) {
	n := o.take(key)
	if n == nil {
		return
	}
	if d, err := decimal.Parse(n.str()); err == nil {
		*to = d.String()
		report.Carry(n.first())
		return
	}
	o.MarkAll(report.Dropped, n.at, n.leaves(), "%s: %s is no number of at most three decimals", key, n.brief())
}

func (o *object) maxLength(q *draft.Question) {
	n := o.take("maxLength")
	if n == nil {
		return
	}
	switch length, err := strconv.Atoi(n.str()); {
	case err == nil && length <= 0:
		report.Carry(n.first()) // no limit
	case err == nil && length <= draft.MaxText:
		q.MaxLength = length
		report.Carry(n.first())
	default:
		o.MarkAll(report.Dropped, n.at, n.leaves(), "maxLength: %s is no length", n.brief())
	}
}

// rest reports the properties that nothing has asked for.
func (o *object) rest(what string) {
	for _, m := range o.members {
		if o.used[m.key] {
			continue
		}
		leaves := m.value.leaves()
		switch why, lost := reason(idleProperties, m.key), reason(lostProperties, m.key); {
		case m.value.kind == '0' || m.value.kind == 'b' && m.value.text == "false" && lost != "":
			report.Carry(leaves...) // it says what is so anyway
		case lost != "":
			o.MarkAll(report.Dropped, m.value.at, leaves, "%s: %s", report.Quote(m.value.say()), lost)
		case why != "":
			o.MarkAll(report.Ignored, m.value.at, leaves, "%s", why)
		default:
			o.MarkAll(report.Dropped, m.value.at, leaves, "%s is not known to the importer as a property of %s: %s", report.Quote(m.key), what, m.value.brief())
		}
	}
}

// say is a value within a message.
func (n *node) say() string {
	if n.scalar() {
		return n.text
	}
	return strings.Trim(n.brief(), "'")
}
