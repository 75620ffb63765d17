package surveyjs

import (
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
)

// An object is a JSON object being read. Properties that are never taken are reported by [object.reportRest].
type object struct {
	*reader
	*node
	taken map[string]bool
}

func (r *reader) object(n *node) *object {
	return &object{reader: r, node: n, taken: map[string]bool{}}
}

// take returns a property, or nil if it is not there. One of the wrong type is reported, and not there.
func (o *object) take(key string) *node {
	o.taken[key] = true
	n := o.node.get(key)
	if n == nil { // null
		for _, m := range o.members {
			if m.key == key {
				report.Carry(m.value.atom)
			}
		}
		return nil
	}
	var want message.Key
	switch {
	case flags[key] && n.kind != 'b' && (n.kind != 's' || n.text != "true" && n.text != "false"):
		want = "true or false"
	case scalars[key] && !n.scalar():
		want = "a single value"
	case lists[key] && n.kind != '[':
		want = "a list"
	case lists[key]:
		report.Carry(n.atom) // of an empty one
	}
	if want != "" {
		o.MarkAll(report.Dropped, n.at, n.leaves(), "%s should be %s", key, want)
		return nil
	}
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

// flags lists the properties that are true or false.
var flags = map[string]bool{"visible": true, "isRequired": true, "swapOrder": true, "multiSelect": true, "showNoneItem": true, "hasNone": true, "showRefuseItem": true, "showDontKnowItem": true,
	"showOtherItem": true, "hasOther": true, "showSelectAllItem": true, "hasSelectAll": true, "isExclusive": true, "autoGenerate": true, "eachRowUnique": true, "eachRowRequired": true,
	"isAllRowRequired": true, "readOnly": true, "showCommentArea": true, "hasComment": true, "caseInsensitive": true}

// lists are the properties that are lists, wherever they are taken.
var lists = map[string]bool{"pages": true, "elements": true, "questions": true, "templateElements": true, "choices": true, "rows": true, "columns": true, "items": true,
	"rateValues": true, "validators": true, "triggers": true, "calculatedValues": true, "completedHtmlOnCondition": true, "navigateToUrlOnCondition": true}

// takeAny returns the first that is there of several names of a property; older versions have others.
func (o *object) takeAny(keys ...string) (found *node) {
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

// list returns the items of a list.
func (o *object) list(key string) []*node {
	if n := o.take(key); n != nil {
		return n.items
	}
	return nil
}

// flag returns a property that is true or false, and carries it.
func (o *object) flag(key string) bool {
	n := o.take(key)
	report.Carry(n.leaves()...)
	return n.isTrue()
}

// drop leaves out a property, if it is there.
func (o *object) drop(key, format string, args ...any) {
	if n := o.take(key); n != nil {
		o.MarkAll(report.Dropped, n.at, n.leaves(), format, args...)
	}
}

// localized returns a text, in one language or several.
func (o *object) localized(keys ...string) *draft.Text {
	return o.textOf(o.takeAny(keys...)).Within(o.finder())
}

func (r *reader) textOf(n *node) (t *draft.Text) {
	switch {
	case n == nil:
		return nil
	case n.scalar():
		if markup.Clean(n.text) == "" {
			report.Carry(n.atom)
		}
		return t.Add("", n.text, n.atom)
	case n.kind == '{':
		for _, m := range n.members {
			t = r.addTranslation(t, m)
		}
	default:
		r.MarkAll(report.Dropped, n.at, n.leaves(), "is no text")
	}
	return t
}

// addTranslation adds a text under the code of its language.
func (r *reader) addTranslation(t *draft.Text, m member) *draft.Text {
	code := ""
	if m.key != "default" {
		code = draft.LanguageCode(m.key)
	}
	switch {
	case !m.value.scalar():
		r.MarkAll(report.Dropped, m.value.at, m.value.leaves(), "is no text")
		return t
	case code == "" && m.key != "default":
		r.Drop(m.value.atom, "%s is no language", report.Quote(m.key))
		return t
	}
	if markup.Clean(m.value.text) == "" {
		report.Carry(m.value.atom)
	}
	if t.Has(code) {
		r.Drop(m.value.atom, "a second text in %s", code)
		return t
	}
	return t.Add(code, m.value.text, m.value.atom)
}

// readShowIf adds the conditions under which something is shown, or can be answered, each true in a sense.
func (o *object) readShowIf(show *[]*draft.Condition, visible, enabled condition.Sense) {
	if n := o.take("visibleIf"); n != nil {
		*show = append(*show, o.conditions(n, visible)...)
	}
	if n := o.take("enableIf"); n != nil {
		for _, c := range o.conditions(n, enabled) {
			o.Change(c.At, "what cannot be answered is not shown here: enableIf became part of show_if")
			*show = append(*show, c)
		}
	}
}

// isNeverShown reads whether something is invisible, whatever is answered.
func (o *object) isNeverShown() bool {
	v := o.take("visible")
	switch {
	case v == nil:
		return false
	case v.isTrue():
		report.Carry(v.first())
	case strings.TrimSpace(o.node.get("visibleIf").str()) != "":
		o.Ignore(v.first(), "visibleIf decides whether it is shown")
	default:
		return true
	}
	return false
}

// conditions returns the condition of a property, which is true in a sense; none if it is blank.
func (r *reader) conditions(n *node, sense condition.Sense) []*draft.Condition {
	if !n.scalar() {
		r.MarkAll(report.Dropped, n.at, n.leaves(), "is no condition")
		return nil
	}
	if c := r.condition(n.atom, sense); c != nil {
		return []*draft.Condition{c}
	}
	report.Carry(n.atom)
	return nil
}

// readNumber reads a number into a limit.
func (o *object) readNumber(key string, to *string) {
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

func (o *object) readMaxLength(q *draft.Question) {
	n := o.take("maxLength")
	if n == nil {
		return
	}
	switch length, err := strconv.Atoi(n.str()); {
	case err == nil && length <= 0:
		report.Carry(n.first()) // no limit
	case err == nil && length <= draft.MaxText:
		q.MaxLength = length
		q.From("max_length", n.first())
		report.Carry(n.first())
	default:
		o.MarkAll(report.Dropped, n.at, n.leaves(), "maxLength: %s is no length", n.brief())
	}
}

// reportRest reports the properties that have not been taken; what names the object.
func (o *object) reportRest(what message.Key) {
	for _, m := range o.members {
		if o.taken[m.key] {
			continue
		}
		leaves := m.value.leaves()
		switch ignored, dropped := reasonFor(ignoredProperties, m.key), reasonFor(droppedProperties, m.key); {
		case m.value.kind == '0' || m.value.kind == 'b' && m.value.text == "false" && dropped != "" && m.key != "allowDigits" && m.key != "randomize":
			report.Carry(leaves...) // the default, so nothing changes
		case dropped != "":
			o.MarkAll(report.Dropped, m.value.at, leaves, "%s: %s", m.value.brief(), dropped)
		case ignored != "":
			o.MarkAll(report.Ignored, m.value.at, leaves, "%s", ignored)
		default:
			o.MarkAll(report.Dropped, m.value.at, leaves, "%s is not known to the importer as a property of %s: %s", report.Quote(m.key), what, m.value.brief())
		}
	}
}
