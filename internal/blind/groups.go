package blind

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// MinGroup is how many invitees a group has at least that shows its values.
const MinGroup = 20

// A Plan says which keys new invitees need, and what their invitations may hold.
type Plan struct {
	Invitations []invitation.Invitation // the new ones, in their order; those of small groups are without values
	Groups      []Group                 // that have no key yet
	Merged      int                     // how many of the new ones are without values because their group is small

	// Few are the groups without values that have fewer than [MinGroup] invitees although all of the period are in it, by period.
	// Whoever is in one is one of so few.
	Few map[string]int
}

// A Group is the invitees of one period that have the same values, or those of all groups that are too small.
type Group struct {
	Period string
	Values map[string]string
}

// FewError says that invitees cannot be anonymous: they would be a group of their own.
type FewError struct {
	Period string
	Count  int
}

func (e *FewError) Error() string { return e.Message().String() }

// Message returns the text of the error.
func (e *FewError) Message() message.Text {
	return message.New("%d of these people have values that fewer than %d others share, so their answers would be known by them: invite them together with others, %d or more in all, or write \"anonymity: confidential\"", e.Count, MinGroup-1, MinGroup)
}

// NewPlan divides the invitees of a batch into groups. A group that has a key keeps it, and others join it. A new one gets a key if
// it has [MinGroup] invitees in this batch. All others are one group, which has no values; if that would be too small, the
// smallest of the new groups is in it too. So nobody who has been invited gets another key, and no group gets smaller. In that of
// all others are also the stored ones without values.
func NewPlan(keys *survey.Keys, stored, batch []invitation.Invitation) (*Plan, error) {
	p := &Plan{Few: map[string]int{}}
	for _, i := range batch {
		p.Invitations = append(p.Invitations, i.Issued())
	}
	periods := map[string]*divided{}
	of := func(period string) *divided {
		if periods[period] == nil {
			periods[period] = &divided{groups: map[string]*members{}}
		}
		return periods[period]
	}
	for _, i := range stored {
		if len(i.Values) == 0 {
			of(i.Period).others++
		}
	}
	for at, i := range batch {
		of(i.Period).add(at, i.Values)
	}
	for period, d := range periods {
		if len(d.groups) == 0 {
			continue // nobody new
		}
		if err := p.divide(keys, period, d); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(p.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(name(a.Values), name(b.Values)))
	})
	return p, nil
}

// divided are the invitees of a period.
type divided struct {
	others int // that are stored without values
	groups map[string]*members
}

// members are the new invitees with the same values.
type members struct {
	values map[string]string
	at     []int
}

// name returns a text that is the same for the same values.
func name(values map[string]string) string {
	data, err := json.Marshal(values) // in the order of the names
	if err != nil {
		panic(err) // texts always encode
	}
	return string(data)
}

func (d *divided) add(at int, values map[string]string) {
	given := map[string]string{}
	for field, value := range values {
		if value != "" {
			given[field] = value
		}
	}
	group := d.groups[name(given)]
	if group == nil {
		group = &members{values: given}
		d.groups[name(given)] = group
	}
	group.at = append(group.at, at)
}

// divide decides the groups of a period.
func (p *Plan) divide(keys *survey.Keys, period string, d *divided) error {
	var named, small []*members // small: of all others
	joining := 0
	for _, key := range slices.Sorted(maps.Keys(d.groups)) {
		group := d.groups[key]
		_, has := keys.Of(period, group.values)
		switch {
		case len(group.values) == 0:
			small = append(small, group)
		case has:
			joining += len(group.at)
		case len(group.at) >= MinGroup:
			named = append(named, group)
		default:
			small = append(small, group)
		}
	}
	slices.SortStableFunc(named, func(a, b *members) int { return cmp.Compare(len(a.at), len(b.at)) })
	added := 0 // to all others
	for _, group := range small {
		added += len(group.at)
	}
	others := d.others + added
	if others > 0 && others < MinGroup && len(named) > 0 {
		small, others, added = append(small, named[0]), others+len(named[0].at), added+len(named[0].at)
		named = named[1:]
	}
	if added > 0 && others < MinGroup {
		if joining > 0 || hasNamed(keys, period) {
			return &FewError{period, added}
		}
		p.Few[period] = others
	}
	for _, group := range small {
		for _, at := range group.at {
			p.Invitations[at].Values = nil
		}
		if len(group.values) > 0 {
			p.Merged += len(group.at)
		}
	}
	for _, group := range named {
		p.Groups = append(p.Groups, Group{period, group.values})
	}
	if _, has := keys.Of(period, nil); added > 0 && !has {
		p.Groups = append(p.Groups, Group{period, nil})
	}
	return nil
}

// hasNamed reports whether a group with values has a key of a period.
func hasNamed(keys *survey.Keys, period string) bool {
	return keys != nil && slices.ContainsFunc(keys.Keys, func(k survey.Key) bool { return k.Period == period && len(k.Values) > 0 })
}
