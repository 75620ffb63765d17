// Package audit compares stored tallies and releases with a recount of the responses, and releases with the rules that they
// are made by. It is pure. No findings means that everything agrees. Findings say that a figure differs, and never by how
// much answers do: a difference can be one respondent's.
package audit

import (
	"maps"
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// Tally compares who waits in a stored tally with a recount of the same responses, of which so many have been deleted after a
// retention time: the tally may have counted as many more. Lawful edits of the questionnaire are no difference, because
// each response is counted by the questionnaire that it was answered under.
func Tally(stored, recount *tally.Tally, deleted int64) []Finding {
	c := comparison{deleted: deleted, mayWait: func(string, string) bool { return false }}
	c.compare(stored, recount)
	return c.findings
}

// comparison compares counters with a recount.
type comparison struct {
	findings
	deleted int64                        // responses that cannot be found
	mayWait func(shape, key string) bool // reports whether others of a cohort may wait who cannot be told any more
}

func (c *comparison) compare(stored, recount *tally.Tally) {
	deleted := c.deleted
	switch received, found := stored.Received(), recount.Received(); {
	case !c.same(received, found):
		c.add(Finding{Code: TallyReceived}.numbers(received, found), "%d responses counted, %d found", received, found)
	case deleted == 0 && !equalCounts(stored.Days, recount.Days):
		c.add(Finding{Code: TallyReceived}, "responses are counted on other days than they were received on")
	}
	if !c.same(stored.Withdrawn, recount.Withdrawn) {
		c.add(Finding{Code: TallyReceived}.numbers(stored.Withdrawn, recount.Withdrawn), "%d withdrawn responses counted, %d found", stored.Withdrawn, recount.Withdrawn)
	}
	c.compareHeld(stored, recount)
	for _, shape := range keys(stored.Parts, recount.Parts) {
		c.compareParts(shape, partOf(stored, shape), partOf(recount, shape))
	}
	if deleted == 0 && !equalCounts(stored.Legacy, recount.Legacy) {
		c.add(Finding{Code: TallyReleased}, "other responses are taken for released by an earlier version than are")
	}
}

// compareHeld compares what rules hold back and what was rejected.
func (c *comparison) compareHeld(stored, recount *tally.Tally) {
	a, b := stored.Held, recount.Held
	if a == nil {
		a = &tally.Held{}
	}
	if b == nil {
		b = &tally.Held{}
	}
	for _, n := range [...]struct {
		what           message.Key
		counted, found int64
	}{{"held back", a.Total(), b.Total()}, {"that wait to be reviewed", a.Waiting, b.Waiting}, {"rejected", a.Rejected, b.Rejected}} {
		if !c.same(n.counted, n.found) {
			c.add(Finding{Code: TallyReceived}.numbers(n.counted, n.found), "responses %s: %d counted, %d found", n.what, n.counted, n.found)
		}
	}
	if stored.Decided != recount.Decided {
		c.add(Finding{Code: TallyReleased}, "the tally has decisions of persons up to number %d, and there are some up to number %d", stored.Decided, recount.Decided)
	}
}

func partOf(t *tally.Tally, shape string) *tally.Part {
	if p := t.Parts[shape]; p != nil {
		return p
	}
	return &tally.Part{}
}

func (c *comparison) same(counted, found int64) bool {
	return counted >= found && counted <= found+c.deleted
}

// compareParts adds how a part differs from that of a recount.
func (c *comparison) compareParts(shape string, counted, found *tally.Part) {
	for _, key := range keys(counted.Out, found.Out) {
		if counted.Out[key] != found.Out[key] || counted.Decided[key] != found.Decided[key] {
			c.add(Finding{Code: TallyReleased}.in(shape, key), "%s: up to where respondents are in blocks is not what the releases say", cohort(key))
		}
	}
	for _, key := range keys(counted.Cohorts, found.Cohorts) {
		a, b, deleted := counted.Cohorts[key].Clone(), found.Cohorts[key].Clone(), c.deleted
		if c.mayWait(shape, key) {
			c.deleted = unbounded
		}
		if !c.same(a.Respondents, b.Respondents) {
			c.add(Finding{Code: TallyRespondents}.in(shape, key).numbers(a.Respondents, b.Respondents), "%s: %s counted who wait, %s found", cohort(key), respondents(a), respondents(b))
		}
		at := Finding{}.in(shape, key)
		for _, name := range keys(a.Items, b.Items) {
			c.compareItems(at.question(name), a.Items[name].Clone(), b.Items[name].Clone())
		}
		for _, name := range keys(a.Bases, b.Bases) {
			for _, class := range keys(a.Bases[name], b.Bases[name]) {
				if !c.same(a.Bases[name][class], b.Bases[name][class]) {
					c.add(at.question(name).as(TallyBase), "%s, %s: the respondents who were asked are not those found", cohort(key), name)
					break
				}
			}
		}
		if c.deleted == 0 && !a.Rows.Minus(b.Rows).IsZero() {
			c.add(at.as(TallyRows), "%s: the sums over whole rows counted are not those found", cohort(key))
		}
		c.deleted = deleted
	}
}

// compareItems adds how the counters of a field differ from those of a recount.
func (c *comparison) compareItems(at Finding, counted, found *tally.Item) {
	if !c.same(counted.N, found.N) {
		c.add(at.as(TallyAnswers), "%s, %s: the number of answers counted is not the number found", cohort(*at.Group), at.Question)
	}
	for _, option := range options(counted, found) {
		if !c.same(counted.Counts.Of(option), found.Counts.Of(option)) {
			c.add(at.as(TallyOption).option(option), "%s, %s: %s is not counted as often as it is found", cohort(*at.Group), at.Question, option)
		}
	}
}

func equalCounts(a, b map[string]int64) bool {
	isZero := func(_ string, n int64) bool { return n == 0 }
	a, b = maps.Clone(a), maps.Clone(b)
	maps.DeleteFunc(a, isZero)
	maps.DeleteFunc(b, isZero)
	return maps.Equal(a, b)
}

// keys returns the keys of all maps, sorted.
func keys[V any](all ...map[string]V) []string {
	found := map[string]bool{}
	for _, m := range all {
		for key := range m {
			found[key] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// options returns the options that either item counts, sorted.
func options(a, b *tally.Item) []string {
	var all []string
	for _, counts := range [...]tally.Counts{a.Counts, b.Counts} {
		for _, c := range counts {
			all = append(all, c.Option)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// cohort names a cohort in a finding.
func cohort(key string) message.Text {
	switch key {
	case "":
		return message.New("respondents without a group")
	case release.Pool:
		return message.New("the pool")
	default:
		return message.New("group %s", key)
	}
}

// respondents describes how many respondents counters count.
func respondents(c *tally.Counters) message.Text {
	return message.Count(int(c.Respondents), "respondent")
}
