package release

import (
	"maps"
	"slices"

	"glasspoll/internal/tally"
)

// Block is what came with one release of one cohort of a part, or of its pool.
type Block struct {
	Shape    string
	Cohort   string          // or Pool
	Counters *tally.Counters // of the items that the release has counted, public or not
	Spans    map[string]Span // by cohort: where its members are in the log
}

// Span says where in a log the members of a cohort are.
type Span struct{ After, Through string } // cursors: members are behind After, up to Through

// Blocks returns the blocks that came with r, in order, given the release before it (nil: none). Those of [Legacy] are not
// among them. It is for tests: who is in which block is nothing that figures need.
func Blocks(before, r *Release) []Block {
	var all []Block
	for _, shape := range slices.Sorted(maps.Keys(r.Parts)) {
		if shape == Legacy {
			continue
		}
		was, is := before.counted(shape), r.counted(shape)
		spans := spans(before, r, shape)
		for _, key := range slices.Sorted(maps.Keys(is)) {
			more := is[key].Clone()
			more.Sub(was[key])
			if more.Respondents <= 0 {
				continue
			}
			more.Prune()
			b := Block{Shape: shape, Cohort: key, Counters: more, Spans: map[string]Span{}}
			if s, known := spans[key]; known {
				b.Spans[key] = s
				delete(spans, key)
			}
			all = append(all, b)
		}
		if i := slices.IndexFunc(all, func(b Block) bool { return b.Shape == shape && b.Cohort == Pool }); i >= 0 {
			all[i].Spans = spans // of the cohorts that have no block of their own
		}
	}
	return all
}

// counted returns what a release has counted of a part by cohort, whether it is public or held.
func (r *Release) counted(shape string) map[string]*tally.Counters {
	all := map[string]*tally.Counters{}
	if r == nil {
		return all
	}
	if p := r.Parts[shape]; p != nil {
		maps.Copy(all, p.Cohorts)
	}
	if r.Held == nil {
		return all
	}
	for key, held := range r.Held.Items[shape] {
		whole := plus(all[key], held)
		if public := all[key]; public != nil {
			whole.Respondents = public.Respondents // both count them
		}
		all[key] = whole
	}
	return all
}

// spans returns where the members of each cohort that came with r are in the log.
func spans(before, r *Release, shape string) map[string]Span {
	all := map[string]Span{}
	if r.Held == nil {
		return all
	}
	for key, m := range r.Held.Out[shape] {
		if m.Release != r.Number {
			continue
		}
		s := Span{Through: m.Cursor}
		if before != nil && before.Held != nil {
			s.After = before.Held.Out[shape][key].Cursor
		}
		all[key] = s
	}
	return all
}
