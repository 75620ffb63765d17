package questionnaire

import (
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// alerts reads what opens cases.
func (o object) alerts() []survey.Alert {
	entries := o.list("alerts")
	if len(entries) > maxAlerts {
		o.fail(entries[maxAlerts], "more than %d alerts: join some with \"or\"", maxAlerts)
		return nil
	}
	if len(entries) == 0 {
		return nil
	}
	alerts := make([]survey.Alert, len(entries))
	lines := map[string]int{}
	defer o.take(idsIn(entries))()
	for i, n := range entries {
		alert := &alerts[i]
		a := o.object(n, &alertMapping)
		if a.node == nil {
			continue
		}
		a.readAlert(alert)
		switch line := lines[alert.ID]; {
		case alert.ID == "":
		case line > 0 && a.has("id"):
			o.fail(a.values["id"], "alert %s is given twice (first on line %d): every alert needs an id of its own", quote(alert.ID), line)
		case line > 0:
			o.fail(n, "two alerts open %s (first on line %d): give this one an id of its own, such as \"id: very_unhappy\"", quote(alert.Opens), line)
		default:
			lines[alert.ID] = n.Line
		}
	}
	return alerts
}

func (o object) readAlert(alert *survey.Alert) {
	alert.Opens = o.identifier("open", "")
	alert.ID = o.id(alert.Opens)
	alert.Severity = survey.Severity(o.word("severity", string(survey.Minor)))
	alert.Priority = survey.Priority(o.word("priority", string(survey.NormalPriority)))
	alert.Owner = o.role("owner")
	if o.has("due_days") {
		days := o.integer("due_days", 0)
		alert.DueDays = &days
	}
	if at, ok := o.scalar("when"); ok {
		o.addCondition(condition{at: at, key: "when", tree: &alert.When})
		o.addCheck(func(s *survey.Survey) { o.checkAlert(s, at, alert) })
	}
}

// checkAlert refuses private answers in an alert's condition.
func (o object) checkAlert(s *survey.Survey, at *yaml.Node, alert *survey.Alert) {
	for _, name := range alert.When.Uses() {
		if f, ok := s.Field(name); ok && f.Question.Private {
			o.fail(at, "when: alerts cannot use %s, which is private: name another question", quote(name))
		}
	}
}

// role reads the name of a role.
func (o object) role(name string) string {
	role := o.plain(name)
	if utf8.RuneCountInString(role) > maxID {
		o.fail(o.values[name], "%s is longer than %d characters: name a role", name, maxID)
		return ""
	}
	return role
}
