package compare

import "slices"

// A matching relates the items of an old list to those of a new one. All numbers are indices.
type matching struct {
	kept    []pair
	renamed []pair // the id is gone, but a new item looks like the old one
	removed []int  // of the old list
	added   []int  // of the new list
	moved   []int  // of the new list: the fewest whose move explains the order of those kept
}

type pair struct{ old, new int }

// match matches two lists by ids, which are unique in each; alike reports whether an item may be an old one under
// another id.
func match[T any](old, new []T, id func(T) string, alike func(old, new T) bool) (m matching) {
	index := func(list []T, of T) int {
		return slices.IndexFunc(list, func(item T) bool { return id(item) == id(of) })
	}
	for i, item := range new {
		if index(old, item) < 0 {
			m.added = append(m.added, i)
		}
	}
	for i, item := range old {
		if j := index(new, item); j >= 0 {
			m.kept = append(m.kept, pair{i, j})
			continue
		}
		k := slices.IndexFunc(m.added, func(j int) bool { return alike(item, new[j]) })
		if k < 0 {
			m.removed = append(m.removed, i)
			continue
		}
		m.renamed = append(m.renamed, pair{i, m.added[k]})
		m.added = slices.Delete(m.added, k, k+1)
	}
	m.moved = outOfOrder(m.kept)
	return m
}

// takeEdited takes out of what was removed and added the items that have no id in either list, and of which one seems to be
// the other with an edited label: those at the same index, or the only ones.
func (m *matching) takeEdited(madeOld, madeNew func(i int) bool) (edited []pair) {
	alone := len(m.removed) == 1 && len(m.added) == 1
	m.removed = slices.DeleteFunc(m.removed, func(i int) bool {
		k := slices.IndexFunc(m.added, func(j int) bool { return (alone || i == j) && madeOld(i) && madeNew(j) })
		if k < 0 {
			return false
		}
		edited = append(edited, pair{i, m.added[k]})
		m.added = slices.Delete(m.added, k, k+1)
		return true
	})
	return edited
}

// outOfOrder returns the new indices, rising, of the fewest items whose move turns the old order into the new one: those
// outside a longest common subsequence. kept is sorted by the old indices.
func outOfOrder(kept []pair) []int {
	byNew := slices.SortedFunc(slices.Values(kept), func(a, b pair) int { return a.new - b.new })
	length, before := make([]int, len(byNew)), make([]int, len(byNew)) // of the longest rising subsequence that ends here
	last := -1
	for i := range byNew {
		length[i], before[i] = 1, -1
		for j := range i {
			if byNew[j].old < byNew[i].old && length[j]+1 > length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	stay := map[int]bool{}
	for i := last; i >= 0; i = before[i] {
		stay[i] = true
	}
	var moved []int
	for i, p := range byNew {
		if !stay[i] {
			moved = append(moved, p.new)
		}
	}
	return moved
}
