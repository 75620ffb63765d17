package yaml12

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// An edit replaces a part of one line. Lines and byte offsets are from 0, in the original.
type edit struct {
	line, at, delete int
	insert           string
	order            int  // among edits at one place
	quotes           bool // it opens the quotes around a plain text
}

// A change holds where the pieces of a line are after its edits, in characters from 0.
type change struct {
	after  []int // where the insert of each edit begins
	before []int // where its place was
	length []int // of its insert
	skip   []int // how many characters it deletes
	quotes []bool
}

// undo returns the column in the original of a column after the edits, and whether a plain text begins there that is in
// quotes now.
func (c *change) undo(column int) (original int, quoted bool) {
	i := sort.SearchInts(c.after, column+1) - 1 // the last edit at or before it
	if i < 0 {
		return column, false
	}
	if within := column - c.after[i]; within < c.length[i] {
		return c.before[i], c.quotes[i] && within == 0
	}
	return column - c.after[i] - c.length[i] + c.before[i] + c.skip[i], false
}

// apply makes the edits in the lines, and returns the changes by line. It takes linear time.
func apply(lines []string, edits []edit) map[int]*change {
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order))
	})
	changes := map[int]*change{}
	for len(edits) > 0 {
		n := 1
		for n < len(edits) && edits[n].line == edits[0].line {
			n++
		}
		line := edits[0].line
		lines[line], changes[line] = applyLine(lines[line], edits[:n])
		edits = edits[n:]
	}
	return changes
}

func applyLine(line string, edits []edit) (string, *change) {
	var b strings.Builder
	c := &change{}
	at, before, after := 0, 0, 0
	for _, e := range edits {
		kept := utf8.RuneCountInString(line[at:e.at])
		b.WriteString(line[at:e.at])
		b.WriteString(e.insert)
		before, after = before+kept, after+kept
		deleted, inserted := utf8.RuneCountInString(line[e.at:e.at+e.delete]), utf8.RuneCountInString(e.insert)
		c.after, c.before = append(c.after, after), append(c.before, before)
		c.length, c.skip, c.quotes = append(c.length, inserted), append(c.skip, deleted), append(c.quotes, e.quotes)
		before, after, at = before+deleted, after+inserted, e.at+e.delete
	}
	b.WriteString(line[at:])
	return b.String(), c
}
