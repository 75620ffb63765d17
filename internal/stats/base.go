package stats

import (
	"slices"
	"strings"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// base returns how many of some respondents a version was asked of, as far as counters tell.
func (p *Period) base(v *version, among respondents) Base {
	base := Base{Kind: BaseAll}
	if v.field.condition != nil {
		base.Kind = BaseAsked
	}
	for _, i := range v.parts {
		part := &p.parts[i]
		for _, c := range among[i] {
			n, kind := part.base(v.field, c)
			if base.N += n; kind == BaseReads {
				base.Kind = BaseReads
			}
		}
	}
	if base.Kind == BaseReads {
		base.N = p.readers(v, among)
	}
	return base
}

// base returns how many of a cohort a field was asked of.
func (a *answered) base(f *countedField, c *tally.Counters) (int64, BaseKind) {
	if f.byFacts {
		return a.factBase(f, c)
	}
	if f.condition == nil {
		return c.Respondents, BaseAll
	}
	names := f.condition.Uses()
	if len(names) != 1 {
		return 0, BaseReads
	}
	name := names[0]
	options, ok := a.options(name)
	if !ok {
		return 0, BaseReads
	}
	var counted tally.Item
	counted.Add(c.Items[name])
	n := int64(0)
	for _, option := range options {
		if f.condition.Holds(func(string) []string { return []string{option} }) {
			n += counted.Counts.Of(option)
		}
	}
	if f.condition.Holds(func(string) []string { return nil }) {
		n += c.Respondents - counted.N
	}
	return n, BaseAsked
}

// factBase returns the base of a field of which facts decide who is asked it. Only those of whom it is public count.
func (a *answered) factBase(f *countedField, c *tally.Counters) (n int64, kind BaseKind) {
	if item := c.Items[f.Name]; item != nil && item.N > 0 && len(c.Bases[f.Name]) == 0 {
		return 0, BaseReads // of an earlier program, which did not count it
	}
	if len(c.Bases[f.Name]) == 0 {
		return 0, BaseAsked // it is public of nobody here, of whom nothing is unknown
	}
	for class, respondents := range c.Bases[f.Name] {
		if !strings.HasPrefix(class, "-") {
			n += respondents
		}
	}
	switch {
	case f.condition == nil:
		return n, BaseAll
	case slices.ContainsFunc(f.condition.Uses(), func(name string) bool { return !a.form.IsFact(name) }):
		return n, BaseReads
	}
	return n, BaseAsked
}

// options lists the values of a name of which a respondent has at most one, and whose counts are public; the channel is one.
func (a *answered) options(name string) ([]string, bool) {
	if name == "channel" {
		return nil, false
	}
	at, ok := a.form.indexes[name]
	if !ok {
		return nil, false
	}
	f := &a.form.counted[at]
	if f.coded || f.Question.Type == survey.MultiChoice || f.byFacts {
		return nil, false
	}
	var options []string
	for i := range f.options {
		options = append(options, f.options[i].ID)
	}
	for _, band := range f.bands {
		if !band.Exact {
			return nil, false
		}
		options = append(options, band.ID)
	}
	return options, len(options) > 0
}

// readers returns how many answered the question that a version's condition reads; 0 unless it is one whose figures are
// public.
func (p *Period) readers(v *version, among respondents) (n int64) {
	if v.field.condition == nil {
		return 0
	}
	names := v.field.condition.Uses()
	if len(names) != 1 {
		return 0
	}
	for _, i := range v.parts {
		form := p.parts[i].form
		at, ok := form.indexes[names[0]]
		if !ok || form.counted[at].coded {
			return 0
		}
		for _, c := range among[i] {
			if item := c.Items[names[0]]; item != nil {
				n += item.N
			}
		}
	}
	return n
}
