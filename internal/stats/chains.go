package stats

import (
	"cmp"
	"maps"
	"slices"

	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// answered is a part of a release, and the questionnaire that its respondents have answered.
type answered struct {
	*release.Part
	form *form
	all  []*tally.Counters // of its cohorts, the pool included
}

// respondents are cohorts of each part of a release, in the order of its parts.
type respondents [][]*tally.Counters

func (r respondents) count() (n int64) {
	for _, cohorts := range r {
		for _, c := range cohorts {
			n += c.Respondents
		}
	}
	return n
}

// newParts lists the parts of a release by age. It counts the respondents of those whose questionnaire cannot be read, who
// are left out.
func newParts(f *forms, r *release.Release) (parts []answered, unknown int64) {
	for _, shape := range slices.Sorted(maps.Keys(r.Parts)) {
		p := r.Parts[shape]
		if p == nil {
			continue
		}
		form := f.of(p.Version, p.Form)
		if form == nil {
			unknown += p.Respondents()
			continue
		}
		a := answered{Part: p, form: form}
		for _, key := range slices.Sorted(maps.Keys(p.Cohorts)) {
			a.all = append(a.all, p.Cohorts[key])
		}
		parts = append(parts, a)
	}
	slices.SortStableFunc(parts, func(a, b answered) int { return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Since, b.Since)) })
	return parts, unknown
}

// A version is one of the items that were asked under a name in a period, each with its own key; what was answered while the
// question was sensitive is a version of its own.
type version struct {
	field *countedField
	parts []int          // indexes of the parts with counters of it
	since string         // day of the first block with it
	until string         // day of the first block with what came after
	coded *release.Coded // nil if it is not coded, or not published
}

// A chain is all that was asked under one name.
type chain struct {
	now     version   // as it is in force; of a removed field, its newest
	earlier []version // the latest first
}

// chains lists the chains of the fields in force, and of those that are no longer asked.
func chains(inForce *form, parts []answered, r *release.Release) (current, removed []chain) {
	found := map[string][]*version{} // by name, by the newest part
	var names []string
	add := func(field *countedField, part int) {
		i := slices.IndexFunc(found[field.Name], func(v *version) bool { return v.field.key == field.key && v.field.coded == field.coded })
		var v *version
		if i < 0 {
			v = &version{}
			if field.coded {
				v.coded = r.Coded[field.Name+"@"+field.key]
			}
			if len(found[field.Name]) == 0 {
				names = append(names, field.Name)
			}
		} else {
			v = found[field.Name][i]
			found[field.Name] = slices.Delete(found[field.Name], i, i+1)
		}
		v.field = field
		if part >= 0 {
			if v.since == "" {
				v.since = parts[part].Since
			}
			if !field.coded {
				v.parts = append(v.parts, part)
			}
		}
		found[field.Name] = append(found[field.Name], v)
	}
	for i := range parts {
		for j := range parts[i].form.counted {
			add(&parts[i].form.counted[j], i)
		}
	}
	for i := range inForce.counted {
		add(&inForce.counted[i], -1)
	}
	for i := range inForce.counted {
		current = append(current, newChain(found[inForce.counted[i].Name]))
	}
	for _, name := range names {
		if _, asked := inForce.indexes[name]; !asked {
			c := newChain(found[name])
			c.now.until = after(parts, name, c.now.since)
			removed = append(removed, c)
		}
	}
	return current, removed
}

// after returns the day of the first block in which a field that was asked from some day on is not; "" if there is none.
func after(parts []answered, name, since string) string {
	for i := len(parts) - 1; i >= 0; i-- {
		if _, asked := parts[i].form.indexes[name]; !asked {
			continue
		}
		if i+1 < len(parts) && parts[i+1].Since > since {
			return parts[i+1].Since
		}
		break
	}
	return ""
}

// newChain makes a chain of versions, the newest last.
func newChain(versions []*version) chain {
	c := chain{now: *versions[len(versions)-1]}
	since := c.now.since
	for _, v := range slices.Backward(versions[:len(versions)-1]) {
		if since > v.since {
			v.until = since
		}
		c.earlier = append(c.earlier, *v)
		since = v.since
	}
	return c
}

// count sets i to the sum of a version's counters over respondents, reusing i's memory.
func (v *version) count(i *tally.Item, among respondents) {
	*i = tally.Item{Counts: i.Counts[:0]}
	for _, part := range v.parts {
		for _, c := range among[part] {
			i.Add(c.Items[v.field.Name])
		}
	}
}
