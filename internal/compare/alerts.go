package compare

import (
	"reflect"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// alerts compares the alerts, and by when their cases are to be closed. Figures do not depend on them.
func (c *comparer) alerts() {
	if !reflect.DeepEqual(c.old.Deadlines, c.new.Deadlines) {
		at := path{"deadlines"}
		if len(c.new.Deadlines) == 0 {
			c.addRemoved(Comparable, message.New("the deadlines"), at, "they were removed: cases that are opened from now on are due as their alerts say")
		} else {
			c.add(Comparable, message.New("the deadlines"), at, "cases that are opened from now on are due by them; open ones stay unchanged")
		}
	}
	old, new := map[string]survey.Alert{}, map[string]survey.Alert{}
	for _, a := range c.old.Alerts {
		old[a.ID] = a
	}
	for i, a := range c.new.Alerts {
		new[a.ID] = a
		at, part := path{"alerts", i}, message.New("alert '%s'", a.ID)
		switch before, known := old[a.ID]; {
		case !known:
			c.add(Comparable, part, at, "it was added: answers from now on open cases")
		case !reflect.DeepEqual(before.When, a.When):
			c.add(Comparable, part, path{"alerts", i, "when"}, "other answers open its cases from now on")
		case !reflect.DeepEqual(before, a):
			c.add(Comparable, part, at, "its cases are opened differently from now on; open ones stay unchanged")
		}
	}
	for i, a := range c.old.Alerts {
		if _, kept := new[a.ID]; !kept {
			c.addRemoved(Comparable, message.New("alert '%s'", a.ID), path{"alerts", i}, "it was removed; the cases that it has opened stay")
		}
	}
}
