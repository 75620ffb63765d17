package cloudtest

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
)

// The units that DynamoDB gives one partition, and so one partition key, in a second.
const (
	MaxWrites = 1000
	MaxReads  = 3000
)

// Units are request units: of writes, of 1 KB each, and of strongly consistent reads, of 4 KB each.
type Units struct{ Writes, Reads float64 }

func (u *Units) add(o Units) { u.Writes += o.Writes; u.Reads += o.Reads }

func (u *Units) raise(o Units) { u.Writes, u.Reads = max(u.Writes, o.Writes), max(u.Reads, o.Reads) }

// Usage is what a table has been used for. Kinds of items are told by what a partition key has before its first #.
type Usage struct {
	Calls     map[string]int   // by name
	ItemsRead map[string]int   // by kind
	Units     map[string]Units // by kind
	Throttled map[string]int   // calls and parts of calls refused, by kind
	Hottest   map[string]Units // by kind: the most that one key got in one second
	Busiest   Units            // the most that one partition got in one second
	Second    Units            // the most that the table got in one second
	Keys      map[string]int   // by kind: the most keys that were written in one second
	Loads     map[int]int      // partition-seconds with n hundreds of write units
}

// Total sums the units of all kinds.
func (u Usage) Total() (total Units) {
	for _, units := range u.Units {
		total.add(units)
	}
	return total
}

// Read returns the number of items read, of all kinds.
func (u Usage) Read() (n int) {
	for _, items := range u.ItemsRead {
		n += items
	}
	return n
}

// Minus returns what was used since before. The maxima are those of the whole time.
func (u Usage) Minus(before Usage) Usage {
	u.Calls, u.ItemsRead, u.Units, u.Throttled = maps.Clone(u.Calls), maps.Clone(u.ItemsRead), maps.Clone(u.Units), maps.Clone(u.Throttled)
	for name, n := range before.Calls {
		u.Calls[name] -= n
	}
	for kind, n := range before.ItemsRead {
		u.ItemsRead[kind] -= n
	}
	for kind, n := range before.Throttled {
		u.Throttled[kind] -= n
	}
	for kind, units := range before.Units {
		now := u.Units[kind]
		now.add(Units{-units.Writes, -units.Reads})
		u.Units[kind] = now
	}
	return u
}

// String lists kinds and calls with what they cost.
func (u Usage) String() string {
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(u.Units)) {
		fmt.Fprintf(&b, "%s: %.0f write units, %.0f read units, %d items read; hottest key %.0f and %.0f a second; %d throttled\n",
			kind, u.Units[kind].Writes, u.Units[kind].Reads, u.ItemsRead[kind], u.Hottest[kind].Writes, u.Hottest[kind].Reads, u.Throttled[kind])
	}
	for _, name := range slices.Sorted(maps.Keys(u.Calls)) {
		fmt.Fprintf(&b, "%s %d, ", name, u.Calls[name])
	}
	fmt.Fprintf(&b, "busiest partition %.0f and %.0f, table %.0f and %.0f a second", u.Busiest.Writes, u.Busiest.Reads, u.Second.Writes, u.Second.Reads)
	return b.String()
}

// meter counts. It keeps one second at a time.
type meter struct {
	usage      Usage
	second     int64
	keys       map[string]Units // of this second
	partitions []Units          // of this second
}

func newMeter(partitions int) *meter {
	return &meter{
		usage: Usage{
			Calls: map[string]int{}, ItemsRead: map[string]int{}, Units: map[string]Units{}, Throttled: map[string]int{},
			Hottest: map[string]Units{}, Keys: map[string]int{}, Loads: map[int]int{},
		},
		keys: map[string]Units{}, partitions: make([]Units, partitions),
	}
}

// kindOf returns what a partition key has before its first #.
func kindOf(pk string) string {
	kind, _, _ := strings.Cut(pk, "#")
	return kind
}

// partitionOf returns the partition that a key is hashed to.
func (m *meter) partitionOf(pk string) int {
	h := fnv.New64a()
	h.Write([]byte(pk))
	x := h.Sum64() // its high bits depend little on the last bytes: mix them
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % uint64(len(m.partitions)))
}

// at ends the second that was counted, if it is over.
func (m *meter) at(second int64) {
	if second == m.second {
		return
	}
	m.flush()
	m.second = second
}

func (m *meter) flush() {
	var table Units
	written := map[string]int{}
	for pk, units := range m.keys {
		kind := kindOf(pk)
		hottest := m.usage.Hottest[kind]
		hottest.raise(units)
		m.usage.Hottest[kind] = hottest
		table.add(units)
		if units.Writes > 0 {
			written[kind]++
		}
	}
	for kind, n := range written {
		m.usage.Keys[kind] = max(m.usage.Keys[kind], n)
	}
	m.usage.Second.raise(table)
	if len(m.keys) > 0 {
		for i, units := range m.partitions {
			m.usage.Busiest.raise(units)
			m.usage.Loads[int(units.Writes)/100]++
			m.partitions[i] = Units{}
		}
	}
	clear(m.keys)
}

// spend counts units of a key.
func (m *meter) spend(pk string, units Units) {
	kind := kindOf(pk)
	for _, in := range []struct {
		sums map[string]Units
		name string
	}{{m.usage.Units, kind}, {m.keys, pk}} {
		sum := in.sums[in.name]
		sum.add(units)
		in.sums[in.name] = sum
	}
	m.partitions[m.partitionOf(pk)].add(units)
}

// exhausted reports whether the partition of a key has no units left in this second. DynamoDB lets a request through as long as
// there are any, and takes what it costs.
func (m *meter) exhausted(pk string, write bool, scale float64) bool {
	spent := m.partitions[m.partitionOf(pk)]
	if write {
		return spent.Writes >= MaxWrites/scale
	}
	return spent.Reads >= MaxReads/scale
}

// snapshot ends the second and returns a copy of what was counted.
func (m *meter) snapshot() Usage {
	m.flush()
	return m.usage.clone()
}

func (u Usage) clone() Usage {
	u.Calls, u.ItemsRead, u.Units, u.Throttled = maps.Clone(u.Calls), maps.Clone(u.ItemsRead), maps.Clone(u.Units), maps.Clone(u.Throttled)
	u.Hottest, u.Keys, u.Loads = maps.Clone(u.Hottest), maps.Clone(u.Keys), maps.Clone(u.Loads)
	return u
}
