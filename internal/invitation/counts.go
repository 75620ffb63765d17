package invitation

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// A Count is how many invitations have a batch, a channel and values in common.
type Count struct {
	Batch, Channel string
	Values         map[string]string
	Issued         int // all, also those that have been withdrawn
	Withdrawn      int
	Redeemed       int // none of them is withdrawn
}

// Counts counts invitations in groups. The zero value is ready to use.
type Counts struct{ groups map[groupKey]*Count }

// A groupKey says what the invitations of a group have in common.
type groupKey struct{ batch, channel, values string }

// Add counts an invitation.
func (c *Counts) Add(i Invitation) {
	values, err := json.Marshal(i.Values) // in the order of the names
	if err != nil {
		panic(err) // texts always encode
	}
	key := groupKey{i.Batch, i.Channel, string(values)}
	group := c.groups[key]
	if group == nil {
		group = &Count{Batch: i.Batch, Channel: i.Channel, Values: maps.Clone(i.Values)}
		if c.groups == nil {
			c.groups = map[groupKey]*Count{}
		}
		c.groups[key] = group
	}
	group.Issued++
	switch {
	case i.Redeemed:
		group.Redeemed++
	case i.Withdrawn:
		group.Withdrawn++
	}
}

// All returns the groups in the order of their batches, channels and values.
func (c *Counts) All() []Count {
	keys := slices.SortedFunc(maps.Keys(c.groups), func(a, b groupKey) int {
		return cmp.Or(cmp.Compare(a.batch, b.batch), cmp.Compare(a.channel, b.channel), cmp.Compare(a.values, b.values))
	})
	all := make([]Count, 0, len(keys))
	for _, key := range keys {
		all = append(all, *c.groups[key])
	}
	return all
}
