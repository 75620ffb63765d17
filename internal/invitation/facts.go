package invitation

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/survey"
)

// Facts are what is public of the invitations of a period: no answer decides any of it. A number is 0 where it would tell of
// fewer than K people. The sums are exact, but for Opened and Started, which are approximate and rounded up to multiples of
// K. Numbers of groups and of days are rounded to the nearest multiple of K, so that no difference of theirs, from a sum, from
// each other or from those of another day, is that of fewer than K people.
type Facts struct {
	Through string  `json:"through,omitempty"` // the day through which steps are counted
	K       int     `json:"k"`
	Open    bool    `json:"open,omitempty"` // the survey is open to others too: Completed is not all who have answered
	Sum     Reach   `json:"sum"`
	Groups  []Group `json:"groups,omitempty"` // channels, then the options of each segment
	Every   int     `json:"every,omitempty"`  // how many days each of Days stands for
	Days    []Day   `json:"days,omitempty"`
}

// Reach is how many have come to each step.
type Reach struct {
	Issued    int64 `json:"issued,omitempty"`
	Withdrawn int64 `json:"withdrawn,omitempty"`
	Accepted  int64 `json:"accepted,omitempty"`
	Bounced   int64 `json:"bounced,omitempty"`
	Asked     int64 `json:"asked,omitempty"` // Issued without Withdrawn and Bounced: whom the response rate is of
	Opened    int64 `json:"opened,omitempty"`
	Started   int64 `json:"started,omitempty"`
	Completed int64 `json:"completed,omitempty"` // by counters; of a survey that only the invited can answer, what was received says it exactly
}

// Group is those who were invited by one channel, or have one value of a segment.
type Group struct {
	Segment string `json:"segment,omitempty"` // ""; a channel
	Option  string `json:"option"`
	Reach
}

// Day is what happened from one day on.
type Day struct {
	From string `json:"from"`
	Reach
}

// Until returns the last of the days that a day of [Facts.Days] stands for.
func (d Day) Until(every int) string {
	return dayOf(d.From).AddDate(0, 0, max(1, every)-1).Format(time.DateOnly)
}

const (
	byDay   = 14 // days that are listed one by one; more of them by the week
	maxDays = 60 // rows of days: the latest are kept
)

// FactsOf returns the facts of a period; nil if fewer than k invitations have been issued. Steps count by whole days: those
// before today, and all once the period is closed.
func FactsOf(s *survey.Survey, period, today string, closed bool, k int, counters map[string]int64) *Facts {
	c := newCollected(s)
	for name, n := range counters {
		counter, ok := ParseCounter(name)
		if ok && counter.Period == period && n > 0 && (closed || string(counter.Day) < today) {
			c.add(counter, n)
		}
	}
	c.addEvents()
	raw := c.whole()
	if raw.Issued < int64(k) {
		return nil
	}
	f := &Facts{Through: today, K: k, Open: s.IsOpenToAll()}
	f.Sum = raw.sum(int64(k))
	f.Groups = c.groups(s, k)
	f.Every, f.Days = c.byDays(k)
	return f
}

// Equal reports whether two facts say the same, whenever.
func (f *Facts) Equal(g *Facts) bool {
	if f == nil || g == nil {
		return f == g
	}
	return f.K == g.K && f.Open == g.Open && f.Sum == g.Sum && f.Every == g.Every && slices.Equal(f.Groups, g.Groups) && slices.Equal(f.Days, g.Days)
}

// collected is the counters of a period. What is issued is counted by the segments that the survey had then: of several such
// counts of all, the largest is the last.
type collected struct {
	segments []string
	issued   map[string]map[groupName]Reach // by the segments that were counted by; under the zero name, all
	cells    map[string]cell                // of events
	events   map[groupName]Reach            // under the zero name, all
	days     map[string]Reach
}

// groupName names a group; a channel has no segment, and all have neither.
type groupName struct{ kind, segment, option string }

func newCollected(s *survey.Survey) *collected {
	c := &collected{issued: map[string]map[groupName]Reach{}, cells: map[string]cell{}, events: map[groupName]Reach{}, days: map[string]Reach{}}
	for _, f := range SegmentsOf(s) {
		c.segments = append(c.segments, f.Name)
	}
	return c
}

func (c *collected) add(counter Counter, n int64) {
	if counter.Step.isTotal() {
		layout := strings.Join(slices.Sorted(maps.Keys(counter.Values)), "&")
		if c.issued[layout] == nil {
			c.issued[layout] = map[groupName]Reach{}
		}
		r := Reach{}
		r.count(counter.Step, n)
		r.addTo(c.issued[layout], counter)
		return
	}
	of := counter
	of.Step, of.Day = Completed, ""
	one := c.cells[of.name()]
	one.counter = counter
	one.count(counter.Step, n)
	c.cells[of.name()] = one
	if counter.Step == Reached { // a day says what came back on it
		return
	}
	r := c.days[string(counter.Day)]
	r.count(counter.Step, n)
	c.days[string(counter.Day)] = r
}

// addEvents adds what has happened to groups. Whoever has completed has also opened and started, though without a script, or on a
// second device, nothing may have said so: that is made up for where people have all in common that is counted.
func (c *collected) addEvents() {
	for _, one := range c.cells {
		one.Started = max(one.Started, one.Completed)
		one.Opened = max(one.Opened, one.Started)
		one.addTo(c.events, one.counter)
	}
}

// A cell is what has happened to those who have all in common that counters tell.
type cell struct {
	Reach
	counter Counter
}

// addTo adds a cell to all the groups that it is part of.
func (r Reach) addTo(groups map[groupName]Reach, counter Counter) {
	names := []groupName{{}, {"channel", "", counter.Channel}}
	for segment, option := range counter.Values {
		names = append(names, groupName{"segment", segment, option})
	}
	for _, name := range names {
		groups[name] = groups[name].plus(r)
	}
}

func (r *Reach) count(step Step, n int64) {
	switch step {
	case Issued:
		r.Issued += n
	case TakenBack:
		r.Withdrawn += n
	case Accepted:
		r.Accepted += n
	case Bounced:
		r.Bounced += n
	case Reached:
		r.Bounced -= n
	case Opened:
		r.Opened += n
	case Started:
		r.Started += n
	case Completed:
		r.Completed += n
	}
}

// group returns what is known of a group.
func (c *collected) group(name groupName) Reach {
	best := ""
	for _, layout := range slices.Sorted(maps.Keys(c.issued)) {
		_, has := c.issued[layout][name]
		_, bestHas := c.issued[best][name]
		if has && (!bestHas || c.issued[layout][groupName{}].Issued > c.issued[best][groupName{}].Issued) {
			best = layout
		}
	}
	r, events := c.issued[best][name], c.events[name]
	events.Issued, events.Withdrawn = r.Issued, r.Withdrawn
	return events.ordered()
}

func (c *collected) whole() Reach { return c.group(groupName{}) }

// ordered returns steps of which each includes those after it. No more can have opened than were issued.
func (r Reach) ordered() Reach {
	issued := max(0, r.Issued-r.Withdrawn)
	r.Bounced = max(0, min(r.Bounced, issued-r.Completed)) // whoever has completed was reached
	r.Asked = issued - r.Bounced
	r.Started = max(min(r.Started, issued), r.Completed)
	r.Opened = max(min(r.Opened, issued), r.Started)
	return r
}

// sum returns what may be said of all.
func (r Reach) sum(k int64) Reach {
	said := Reach{Issued: r.Issued, Withdrawn: fromK(r.Withdrawn, k), Bounced: fromK(r.Bounced, k), Completed: fromK(r.Completed, k)}
	said.Asked = said.Issued - said.Withdrawn - said.Bounced
	if apart(r.Issued, r.Accepted, k) {
		said.Accepted = fromK(r.Accepted, k)
	}
	said.Opened, said.Started = roundUp(r.Opened, k), roundUp(r.Started, k)
	return said
}

// fromK returns n if it is at least k, else 0.
func fromK(n, k int64) int64 {
	if n < k {
		return 0
	}
	return n
}

// apart reports whether the difference of two numbers is that of nobody or of at least k.
func apart(a, b, k int64) bool { return a == b || max(a-b, b-a) >= k }

func roundUp(n, k int64) int64 {
	if n < k {
		return 0
	}
	return (n + k - 1) / k * k
}

// rounded returns the nearest multiples of k; 0 below k.
func (r Reach) rounded(k int64) Reach {
	for _, n := range []*int64{&r.Issued, &r.Withdrawn, &r.Accepted, &r.Bounced, &r.Asked, &r.Opened, &r.Started, &r.Completed} {
		if *n < k {
			*n = 0
			continue
		}
		*n = (2**n + k) / (2 * k) * k
	}
	return r
}

// groups returns the channels, and the options of each segment, of which anything may be said. A single one is none: it is
// all.
func (c *collected) groups(s *survey.Survey, k int) (all []Group) {
	names := map[groupName]bool{}
	for _, some := range append(slices.Collect(maps.Values(c.issued)), c.events) {
		for name := range some {
			if name.kind != "" && name.option != "" {
				names[name] = true
			}
		}
	}
	place := func(n groupName) int { return slices.Index(c.segments, n.segment) }
	options := map[groupName]int{}
	for _, f := range SegmentsOf(s) {
		for i, o := range f.Options() {
			options[groupName{"segment", f.Name, o.ID}] = i + 1
		}
	}
	sorted := slices.SortedFunc(maps.Keys(names), func(a, b groupName) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(options[a], options[b]), cmp.Compare(a.option, b.option))
	})
	kinds := map[string]int{}
	for _, name := range sorted {
		kinds[name.segment]++
	}
	for _, name := range sorted {
		known := name.kind == "channel" || options[name] > 0
		if r := c.group(name).rounded(int64(k)); known && r.Issued > 0 && kinds[name.segment] > 1 {
			all = append(all, Group{Segment: name.segment, Option: name.option, Reach: r})
		}
	}
	return all
}

// byDays returns what happened by the day, or by the week from Monday on if there are many days. Days on which too little
// happened are left out.
func (c *collected) byDays(k int) (every int, days []Day) {
	names := slices.Sorted(maps.Keys(c.days))
	if len(names) == 0 {
		return 0, nil
	}
	every = 1
	if dayOf(names[len(names)-1]).Sub(dayOf(names[0])) >= byDay*24*time.Hour {
		every = 7
	}
	sums := map[string]Reach{}
	for _, name := range names {
		from := dayOf(name)
		if every == 7 {
			from = from.AddDate(0, 0, -(int(from.Weekday())+6)%7)
		}
		key := from.Format(time.DateOnly)
		sums[key] = sums[key].plus(c.days[name])
	}
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		if r := sums[key].rounded(int64(k)); r != (Reach{}) {
			days = append(days, Day{From: key, Reach: r})
		}
	}
	return every, days[max(0, len(days)-maxDays):]
}

func dayOf(name string) time.Time {
	day, _ := time.Parse(time.DateOnly, name) // a counter's day is one
	return day
}

func (r Reach) plus(s Reach) Reach {
	return Reach{r.Issued + s.Issued, r.Withdrawn + s.Withdrawn, r.Accepted + s.Accepted, r.Bounced + s.Bounced, r.Asked + s.Asked,
		r.Opened + s.Opened, r.Started + s.Started, r.Completed + s.Completed}
}
