package questionnaire

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// alerts reads what opens cases: a list, or the default alert, or none in one word.
func (o object) alerts() []survey.Alert {
	if n := o.follow(o.values["alerts"]); n != nil && n.Kind == yaml.ScalarNode && !isNull(n) && !strings.HasPrefix(n.Value, "-") {
		if o.alertWord(n) == defaultWord {
			alert := survey.Alert{ID: lowScore, Opens: lowScore, Severity: survey.Minor, Priority: survey.NormalPriority}
			o.defaultAlert(n, lowScore)
			return []survey.Alert{alert}
		}
		return nil
	}
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
	alert.Subtype = o.identifier("subtype", "")
	alert.ID = o.id(alert.Opens)
	alert.Severity = survey.Severity(o.word("severity", string(survey.Minor)))
	alert.Priority = survey.Priority(o.word("priority", string(survey.NormalPriority)))
	alert.Owner = o.role("owner")
	alert.DueDays, alert.DueHours = o.count("due_days"), o.count("due_hours")
	alert.Escalate = o.roles("escalate_to")
	switch at, ok := o.scalar("when"); {
	case !ok:
	case at.Value == defaultWord:
		o.defaultAlert(at, alert.ID)
	default:
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

// count reads a whole number; nil if there is none.
func (o object) count(name string) *int {
	if !o.has(name) {
		return nil
	}
	n := o.integer(name, 0)
	return &n
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

// roles reads a list of names of roles, or one of them.
func (o object) roles(name string) []string {
	if n := o.follow(o.values[name]); n != nil && n.Kind == yaml.ScalarNode && !isNull(n) {
		if role := o.role(name); role != "" {
			return []string{role}
		}
		return nil
	}
	var roles []string
	for _, n := range o.list(name) {
		s, ok := o.single(n, message.New("an entry of %s", name))
		if !ok {
			continue
		}
		switch role := strings.TrimSpace(s.Value); {
		case utf8.RuneCountInString(role) > maxID:
			o.fail(n, "%s is longer than %d characters: name a role", name, maxID)
		case slices.Contains(roles, role):
			o.fail(n, "%s is listed twice in %s: keep one", quote(role), name)
		case len(roles) == maxAbove:
			o.fail(n, "more than %d roles in %s: keep the first", maxAbove, name)
			return roles
		default:
			roles = append(roles, role)
		}
	}
	return roles
}
