package convert

import (
	"regexp"
	"strconv"
	"strings"

	"glasspoll/internal/survey"
)

// validators reads what an answer must meet.
func (d *definition) validators(o *object, q *question) {
	list := o.take("validators")
	if list == nil {
		return
	}
	for _, n := range list.items {
		v := d.object(n)
		kind := v.take("type")
		message := v.words("text")
		carry(kind.leaves()...)
		self := &term{op: "self"}
		// limits are the question's own if they have no message of their own, and a check if they have.
		limited := func(pairs ...string) {
			var parts []*term
			var atoms []*atom
			for i := 0; i+1 < len(pairs); i += 2 {
				limit := v.take(pairs[i])
				if limit == nil {
					continue
				}
				atoms = append(atoms, limit.first())
				carry(limit.first())
				parts = append(parts, &term{op: pairs[i+1], args: []*term{self, {op: "number", text: limit.str()}}})
			}
			if len(parts) == 0 {
				d.lostWords(message)
				return
			}
			whole := join("and", parts)
			if message != nil {
				if _, err := (sayer{self: &target{field: q.id, kind: kindOf(q.kind)}}).condition(whole); err == nil {
					q.checks = append(q.checks, check{&condition{at: atoms[0], tree: whole}, message})
					return
				}
			}
			for i, t := range parts {
				if !q.limit(t) {
					d.lost(atoms[i], "answers of this type have no such limit here: %s", show(atoms[i].text))
				}
			}
			d.draft.unusedMessage(message)
		}
		lengths := func(pairs map[string]*int) {
			for key, to := range pairs {
				limit := v.take(key)
				length, err := strconv.Atoi(limit.str())
				switch {
				case limit == nil:
				case err == nil && length >= 0 && length <= maxText && (q.kind == survey.ShortText || q.kind == survey.LongText):
					if length > 0 {
						*to = length
					}
					carry(limit.first())
				default:
					d.all(Lost, limit.at, limit.leaves(), "%s cannot be a limit here", key)
				}
			}
			d.draft.unusedMessage(message)
		}
		switch kind.str() {
		case "numeric", "numericvalidator":
			limited("minValue", ">=", "maxValue", "<=")
		case "text", "textvalidator":
			lengths(map[string]*int{"minLength": &q.minLength, "maxLength": &q.maxSize})
		case "answercount", "answercountvalidator":
			for key, to := range map[string]*string{"minCount": &q.min, "maxCount": &q.max} {
				if limit := v.take(key); limit != nil {
					if c, err := strconv.Atoi(limit.str()); err == nil && q.kind == survey.MultiChoice {
						if carry(limit.first()); c > 0 {
							*to = strconv.Itoa(c)
						}
					} else {
						d.all(Lost, limit.at, limit.leaves(), "%s cannot be a limit here", key)
					}
				}
			}
			d.draft.unusedMessage(message)
		case "regex", "regexvalidator":
			pattern := v.take("regex")
			_, err := regexp.Compile(pattern.str())
			if pattern != nil && err == nil && len(pattern.str()) <= 500 && q.pattern == "" && (q.kind == survey.ShortText || q.kind == survey.LongText) {
				q.pattern = searching(pattern.str())
				q.from("pattern", pattern.first())
				carry(pattern.first())
				if i := v.take("caseInsensitive"); i.yes() {
					q.pattern = ""
					d.all(Lost, pattern.at, append(pattern.leaves(), i.leaves()...), "%s: patterns tell capitals and small letters apart here, so it was left out", pattern.brief())
				} else if i != nil {
					carry(i.leaves()...)
				}
			} else if pattern != nil {
				d.all(Lost, pattern.at, pattern.leaves(), "%s cannot be a pattern here", pattern.brief())
			}
			d.draft.unusedMessage(message)
		case "email", "emailvalidator":
			if q.kind == survey.Email {
				d.all(Idle, n.at, kind.leaves(), "the type checks that it is an e-mail address")
			} else if q.kind == survey.ShortText {
				q.kind, q.maxSize, q.minLength, q.pattern = survey.Email, 0, 0, ""
			} else {
				d.all(Lost, n.at, n.leaves(), "only a text can be an e-mail address")
			}
			d.draft.unusedMessage(message)
		case "expression", "expressionvalidator":
			e := v.take("expression")
			c := []*condition(nil)
			if e != nil {
				c = v.conditions(e)
			}
			if len(c) == 0 {
				d.all(Lost, n.at, n.leaves(), "a check without a condition")
				break
			}
			if message == nil {
				message = stock(e.first(), "Please check this answer.", "请检查这个回答。")
				d.changed(e.first(), "it had no message of its own, so one was written: say better what is wrong")
			}
			q.checks = append(q.checks, check{c[0], message})
		default:
			d.all(Lost, n.at, n.leaves(), "the check %s is not known to the importer", show(kind.str()))
		}
		v.rest("a validator")
	}
}

// searching makes a pattern that must match the whole text of one that may match anywhere in it, in words that browsers
// know too.
func searching(pattern string) string {
	const anything = `[\s\S]*`
	if strings.Contains(pattern, "|") {
		return anything + "(?:" + pattern + ")" + anything
	}
	p, start := strings.CutPrefix(pattern, "^")
	if !start {
		p = anything + p
	}
	if strings.HasSuffix(p, "$") && !strings.HasSuffix(p, `\$`) {
		return strings.TrimSuffix(p, "$")
	}
	return p + anything
}

func (d *draft) unusedMessage(message *words) {
	for _, a := range message.all() {
		d.lost(a, "its message is not shown: the question's own limits have theirs")
	}
}
