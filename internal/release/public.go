package release

import (
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
	if !slices.ContainsFunc(r.Hidden, r.counts) {
		return &public
	}
	public.Parts, public.Coded, public.Rows = map[string]*Part{}, maps.Clone(r.Coded), maps.Clone(r.Rows)
	for shape, p := range r.Parts {
		shown := *p
		shown.Cohorts = make(map[string]*tally.Counters, len(p.Cohorts))
		for key, c := range p.Cohorts {
			c = c.Clone()
			for _, name := range r.Hidden {
				delete(c.Items, name)
				delete(c.Bases, name)
			}
			shown.Cohorts[key] = c
		}
		public.Parts[shape] = &shown
	}
	maps.DeleteFunc(public.Coded, func(key string, _ *Coded) bool {
		name, _, _ := strings.Cut(key, "@")
		return slices.Contains(r.Hidden, name)
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

// counts reports whether the release has counted a field.
func (r *Release) counts(name string) bool {
	for _, p := range r.Parts {
		for _, c := range p.Cohorts {
			if c.Items[name] != nil || c.Bases[name] != nil {
				return true
			}
		}
	}
	for key := range r.Coded {
		if strings.HasPrefix(key, name+"@") {
			return true
		}
	}
	return false
}
