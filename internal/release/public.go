package release

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Public returns the release as far as it may be shown: without what is held, and without the fields that are hidden, which
// earlier releases may have counted. Whoever makes pages gets nothing else. It shares memory with r.
func (r *Release) Public() *Release {
	if r == nil {
		return nil
	}
	public := *r
	public.Held = nil
	hidden := r.hiddenIn()
	if len(hidden) == 0 {
		return &public
	}
	public.Parts, public.Coded, public.Rows = map[string]*Part{}, maps.Clone(r.Coded), maps.Clone(r.Rows)
	for shape, p := range r.Parts {
		shown := *p
		shown.Cohorts = make(map[string]*tally.Counters, len(p.Cohorts))
		for key, c := range p.Cohorts {
			c = c.Clone()
			for name := range hidden[shape] {
				delete(c.Items, name)
				delete(c.Bases, name)
			}
			shown.Cohorts[key] = c
		}
		public.Parts[shape] = &shown
	}
	maps.DeleteFunc(public.Coded, func(key string, c *Coded) bool {
		name, _, _ := strings.Cut(key, "@")
		return hidden[c.Shape][name]
	})
	// What rows are of is not stored with them: those of the questionnaire in force have no hidden field.
	signature := ""
	if form, err := survey.Decode(r.Form); err == nil {
		signature = tally.RowSignature(form)
	}
	other := func(of string) bool { return of != signature && !strings.HasPrefix(of, signature+"|") }
	maps.DeleteFunc(public.Rows, func(of string, _ *tally.Rows) bool { return other(of) })
	public.Steps = slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool { return other(s.Signature) })
	return &public
}

// hiddenIn returns, by shape of a part, the names of fields that were counted and are hidden.
func (r *Release) hiddenIn() map[string]map[string]bool {
	if len(r.Hidden) == 0 {
		return nil
	}
	hidden := map[string]map[string]bool{}
	questions := slices.ContainsFunc(r.Hidden, func(name string) bool { return strings.HasSuffix(name, whole("")) })
	for shape, p := range r.Parts {
		form := &survey.Survey{} // in which no question depends on another
		if questions && !bytes.Equal(p.Form, r.Form) {
			if decoded, err := survey.Decode(p.Form); err == nil {
				form = decoded
			}
		}
		for name := range r.countedIn(shape) {
			if Hides(r.Hidden, form, name) {
				if hidden[shape] == nil {
					hidden[shape] = map[string]bool{}
				}
				hidden[shape][name] = true
			}
		}
	}
	return hidden
}

// countedIn returns the names of the fields that a part has counted.
func (r *Release) countedIn(shape string) map[string]bool {
	names := map[string]bool{}
	for _, c := range r.Parts[shape].Cohorts {
		for name := range c.Items {
			names[name] = true
		}
		for name := range c.Bases {
			names[name] = true
		}
	}
	for key, c := range r.Coded {
		if c.Shape == shape {
			name, _, _ := strings.Cut(key, "@")
			names[name] = true
		}
	}
	return names
}
