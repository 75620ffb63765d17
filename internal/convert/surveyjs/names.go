package surveyjs

import (
	"regexp"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// A panel holds the names that {panel.name} can stand for within it.
type panel struct {
	outer   *panel
	dynamic string // its name, if its questions are repeated: outside it, they are not known by their names alone
	names   map[string]*condition.Target
}

// enter goes into a page or a panel. It returns a function that leaves it.
func (r *reader) enter(name string, what string) (leave func()) {
	outer := r.panel
	if what == "a page" {
		return func() {}
	}
	r.panel = &panel{outer: outer, names: map[string]*condition.Target{}}
	if what == "a dynamic panel" {
		r.panel.dynamic = name
	}
	return func() { r.panel = outer }
}

// define defines a name where it is known: in the panels around it and, unless one of them is repeated, everywhere.
func (r *reader) define(name string, to *condition.Target) {
	for p := r.panel; p != nil; p = p.outer {
		if was := p.names[name]; was == nil || was.Kind == condition.Missing {
			p.names[name] = to
		}
		if p.dynamic != "" {
			r.Define(p.dynamic+"[0]."+name, to)
			return
		}
	}
	r.Define(name, to)
}

// defineQuestion defines a question under its name.
func (r *reader) defineQuestion(q *draft.Question) {
	q.Target = draft.TargetOf(q)
	r.define(q.Source, q.Target)
}

// otherNames are prefixes, or names, of what is no question of the same panel.
var otherNames = regexp.MustCompile(`(?i)^((prev|next|parent)panel\.|(prev|next|total)?row\.|survey\.|\$|(item|choice|panel|row|panelindex|visiblepanelindex|itemindex|rowindex|visiblerowindex|rowname|rowvalue|rowtitle)$)`)

// finder returns what finds names from where the reader is.
func (r *reader) finder() draft.Find {
	from := r.panel
	return func(name string) *condition.Target {
		if rest, ok := cutPrefix(name, "panel."); ok {
			for p := from; p != nil; p = p.outer {
				if to := lookUp(p.names, rest); to != nil && (p == from || p.dynamic != "") {
					return to
				}
			}
			return &condition.Target{Kind: condition.Nothing, Why: message.New("there is no such question in its panel")}
		}
		if otherNames.MatchString(name) {
			return &condition.Target{Kind: condition.Missing, Why: message.New("which is no question here")}
		}
		if to := lookUp(r.Scope, name); to != nil {
			return to
		}
		if i := strings.IndexAny(name, ".["); i >= 0 && lookUp(r.Scope, name[:i]) != nil {
			return &condition.Target{Kind: condition.Missing, Why: message.New("which is a part of %s", report.Quote(name[:i]))}
		}
		return nil
	}
}

// findAll finds names like finder, but for those that are known nowhere it returns a target without an answer.
func (r *reader) findAll() draft.Find {
	find := r.finder()
	return func(name string) *condition.Target {
		if to := find(name); to != nil {
			return to
		}
		return &condition.Target{Kind: condition.Nothing, Why: message.New("there is no such question")}
	}
}

// condition returns the condition that an atom holds, or nil if it is blank.
func (r *reader) condition(a *report.Atom, sense condition.Sense) *draft.Condition {
	c := draft.NewCondition(a)
	if c != nil {
		c.Sense, c.Find = sense, r.findAll()
	}
	return c
}

func cutPrefix(name, prefix string) (string, bool) {
	if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		return name[len(prefix):], true
	}
	return "", false
}

// lookUp finds a name, in any case unless several differ in that only.
func lookUp(names map[string]*condition.Target, name string) *condition.Target {
	if to := names[name]; to != nil {
		return to
	}
	var found *condition.Target
	for n, to := range names {
		if strings.EqualFold(n, name) {
			if found != nil && found != to {
				return nil
			}
			found = to
		}
	}
	return found
}
