package surveyjs

import (
	"regexp"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/survey"
)

// validators reads what an answer must meet.
func (d *definition) validators(o *object, q *draft.Question) {
	list := o.take("validators")
	if list == nil {
		return
	}
	for _, n := range list.items {
		v := d.object(n)
		kind := v.take("type")
		message := v.words("text")
		report.Carry(kind.leaves()...)
		self := &condition.Term{Op: "self"}
		// limits are the question's own if they have no message of their own, and a check if they have.
		limited := func(pairs ...string) {
			var parts []*condition.Term
			var atoms []*report.Atom
			for i := 0; i+1 < len(pairs); i += 2 {
				limit := v.take(pairs[i])
				if limit == nil {
					continue
				}
				atoms = append(atoms, limit.first())
				report.Carry(limit.first())
				parts = append(parts, &condition.Term{Op: pairs[i+1], Args: []*condition.Term{self, {Op: "number", Text: limit.str()}}})
			}
			if len(parts) == 0 {
				d.DropText(message)
				return
			}
			whole := condition.Join("and", parts)
			if message != nil {
				if _, err := (condition.Writer{Self: &condition.Target{Field: q.ID, Kind: draft.KindOf(q.Kind)}}).Write(whole); err == nil {
					q.Checks = append(q.Checks, draft.Check{That: &draft.Condition{At: atoms[0], Tree: whole}, Message: message})
					return
				}
			}
			for i, t := range parts {
				if !q.Limit(t) {
					d.Drop(atoms[i], "answers of this type have no such limit here: %s", report.Quote(atoms[i].Text))
				}
			}
			d.DropMessage(message)
		}
		lengths := func(pairs map[string]*int) {
			for key, to := range pairs {
				limit := v.take(key)
				length, err := strconv.Atoi(limit.str())
				switch {
				case limit == nil:
				case err == nil && length >= 0 && length <= draft.MaxText && (q.Kind == survey.ShortText || q.Kind == survey.LongText):
					if length > 0 {
						*to = length
					}
					report.Carry(limit.first())
				default:
					d.MarkAll(report.Dropped, limit.at, limit.leaves(), "%s cannot be a limit here", key)
				}
			}
			d.DropMessage(message)
		}
		switch kind.str() {
		case "numeric", "numericvalidator":
			limited("minValue", ">=", "maxValue", "<=")
		case "text", "textvalidator":
			lengths(map[string]*int{"minLength": &q.MinLength, "maxLength": &q.MaxLength})
		case "answercount", "answercountvalidator":
			for key, to := range map[string]*string{"minCount": &q.Min, "maxCount": &q.Max} {
				if limit := v.take(key); limit != nil {
					if c, err := strconv.Atoi(limit.str()); err == nil && q.Kind == survey.MultiChoice {
						if report.Carry(limit.first()); c > 0 {
							*to = strconv.Itoa(c)
						}
					} else {
						d.MarkAll(report.Dropped, limit.at, limit.leaves(), "%s cannot be a limit here", key)
					}
				}
			}
			d.DropMessage(message)
		case "regex", "regexvalidator":
			pattern := v.take("regex")
			_, err := regexp.Compile(pattern.str())
			if pattern != nil && err == nil && len(pattern.str()) <= 500 && q.Pattern == "" && (q.Kind == survey.ShortText || q.Kind == survey.LongText) {
				q.Pattern = searching(pattern.str())
				q.From("pattern", pattern.first())
				report.Carry(pattern.first())
				if i := v.take("caseInsensitive"); i.yes() {
					q.Pattern = ""
					d.MarkAll(report.Dropped, pattern.at, append(pattern.leaves(), i.leaves()...), "%s: patterns tell capitals and small letters apart here, so it was left out", pattern.brief())
				} else if i != nil {
					report.Carry(i.leaves()...)
				}
			} else if pattern != nil {
				d.MarkAll(report.Dropped, pattern.at, pattern.leaves(), "%s cannot be a pattern here", pattern.brief())
			}
			d.DropMessage(message)
		case "email", "emailvalidator":
			if q.Kind == survey.Email {
				d.MarkAll(report.Ignored, n.at, kind.leaves(), "the type checks that it is an e-mail address")
			} else if q.Kind == survey.ShortText {
				q.Kind, q.MaxLength, q.MinLength, q.Pattern = survey.Email, 0, 0, ""
			} else {
				d.MarkAll(report.Dropped, n.at, n.leaves(), "only a text can be an e-mail address")
			}
			d.DropMessage(message)
		case "expression", "expressionvalidator":
			e := v.take("expression")
			c := []*draft.Condition(nil)
			if e != nil {
				c = v.conditions(e)
			}
			if len(c) == 0 {
				d.MarkAll(report.Dropped, n.at, n.leaves(), "a check without a condition")
				break
			}
			if message == nil {
				message = draft.Builtin(e.first(), "Please check this answer.", "请检查这个回答。")
				d.Change(e.first(), "it had no message of its own, so one was written: say better what is wrong")
			}
			q.Checks = append(q.Checks, draft.Check{That: c[0], Message: message})
		default:
			d.MarkAll(report.Dropped, n.at, n.leaves(), "the check %s is not known to the importer", report.Quote(kind.str()))
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
