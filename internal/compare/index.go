package compare

import (
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// An indexItem is a field that counts in the index.
type indexItem struct {
	name      string
	weight    survey.Decimal
	dimension string
	at        path
}

func indexItems(s *survey.Survey) (items []indexItem) {
	for _, q := range answerableOf(s) {
		for _, f := range s.FieldsOf(q.Question) {
			if f.Scored() {
				items = append(items, indexItem{f.Name, f.Weight(), q.Dimension, q.at})
			}
		}
	}
	return items
}

// index compares the composition of the index.
func (c *comparer) index() {
	old, new := indexItems(c.old.Survey), indexItems(c.new.Survey)
	m := match(old, new, func(i indexItem) string { return i.name }, func(_, _ indexItem) bool { return false })
	for _, p := range m.kept {
		c.indexItem(old[p.old], new[p.new])
	}
	if len(m.added)+len(m.removed) == 0 || len(old) == 0 {
		return
	}
	if len(new) == 0 {
		c.add(Breaks, message.New("index"), path{"scoring"}, "no question counts in the index any more: its trend ends")
		return
	}
	names := func(items []indexItem, indices []int) string {
		var names []string
		for _, i := range indices {
			names = append(names, items[i].name)
		}
		return strings.Join(names, ", ")
	}
	at := path{"scoring"}
	var parts []message.Text
	if len(m.added) > 0 {
		at = new[m.added[0]].at
		parts = append(parts, message.New("came in: %s", names(new, m.added)))
	}
	if len(m.removed) > 0 {
		parts = append(parts, message.New("left: %s", names(old, m.removed)))
	}
	c.add(Breaks, message.New("index"), at, "the index is made of other questions (%s); the trend of every other question goes on", message.Join("; ", parts...))
}

func (c *comparer) indexItem(old, new indexItem) {
	part := message.New("question '%s'", new.name)
	if old.weight != new.weight {
		c.add(Breaks, part, new.at.to("weight"), "the weight was changed %s: the index is composed differently", change(old.weight, new.weight))
	}
	if old.dimension != new.dimension {
		c.add(Breaks, part, new.at.to("dimension"), "it was moved to another dimension (%s): the scores of both are composed differently", change(old.dimension, new.dimension))
	}
}
