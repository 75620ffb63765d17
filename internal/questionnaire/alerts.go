package questionnaire

import (
	"unicode/utf8"

	"glasspoll/internal/survey"
)

// alerts reads what opens cases.
func (o object) alerts() []survey.Alert {
	items := o.list("alerts")
	if len(items) > maxAlerts {
		o.fail(items[maxAlerts], "more than %d alerts: join some with \"or\"", maxAlerts)
		return nil
	}
	if len(items) == 0 {
		return nil
	}
	alerts := make([]survey.Alert, len(items))
	first := map[string]int{}
	for i, n := range items {
		a := o.object(n, &alertMapping)
		if a.node == nil {
			continue
		}
		alert := &alerts[i]
		alert.Opens = a.identifier("open", "")
		alert.ID = a.id(alert.Opens)
		alert.Severity = survey.Severity(a.word("severity", string(survey.Minor)))
		alert.Priority = survey.Priority(a.word("priority", string(survey.NormalPriority)))
		alert.Owner = a.role("owner")
		if a.has("due_days") {
			days := a.integer("due_days", 0)
			alert.DueDays = &days
		}
		if at, ok := a.scalar("when"); ok {
			o.reader.conditions = append(o.reader.conditions, condition{at: at, key: "when", tree: &alert.When})
			o.reader.waiting = append(o.reader.waiting, func(s *survey.Survey) {
				for _, name := range alert.When.Uses() {
					if f, ok := s.Field(name); ok && f.Question.Private {
						o.fail(at, "when: %s is private, and is kept apart from what alerts look at: name another question", quote(name))
					}
				}
			})
		}
		switch line := first[alert.ID]; {
		case alert.ID == "":
		case line > 0 && a.has("id"):
			o.fail(a.values["id"], "alert %s is given twice (first on line %d): every alert needs an id of its own", quote(alert.ID), line)
		case line > 0:
			o.fail(n, "two alerts open %s (first on line %d): give this one an id of its own, such as \"id: very_unhappy\"", quote(alert.Opens), line)
		default:
			first[alert.ID] = n.Line
		}
	}
	return alerts
}

// role reads who is to do something.
func (o object) role(name string) string {
	role := o.plain(name)
	if utf8.RuneCountInString(role) > maxID {
		o.fail(o.values[name], "%s is longer than %d characters: name a role", name, maxID)
		return ""
	}
	return role
}
