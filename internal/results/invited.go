package results

import (
	"slices"
	"strings"

	"glasspoll/internal/invitation"
	"glasspoll/internal/stats"
)

// invitedView says how far invitations have come: a bar for each step, and tables by channel, segment and day.
type invitedView struct {
	Said   []string
	Steps  shareTable
	Tables []invitedTable
	Notes  []string
}

// invitedTable is a table of groups or days.
type invitedTable struct {
	Of    string // heads the first column
	Heads []string
	Rows  []invitedRow
}

type invitedRow struct {
	Label string
	Cells []string
}

// invited returns what is public of the invitations; nil without any.
func (d *document) invited() *invitedView {
	i, w := d.period.Invited, d.words
	if i == nil {
		return nil
	}
	v := &invitedView{Steps: d.invitedSteps()}
	said := func(key string, args ...any) { v.Said = append(v.Said, w.Say(key, args...)) }
	switch {
	case i.Few:
		said("invited.few", "k", i.K)
	case d.period.Rate != nil:
		said("invited.said", "n", i.Completed, "asked", i.Sum.Asked, "rate", d.percent(d.period.Rate, 1))
	case i.Sum.Issued > 0:
		said("invited.waiting", "n", i.Sum.Issued)
	}
	if i.Open && i.Completed > 0 {
		said("invited.open", "n", i.Completed, "received", d.period.Received)
	}
	if counted := d.invitedCounts(i.Sum); counted != "" {
		v.Said = append(v.Said, counted)
	}
	v.Tables = d.invitedTables()
	if i.Through != "" {
		v.Notes = append(v.Notes, w.Say("invited.through", "date", w.Date(i.Through)))
	}
	if i.Sum.Opened > 0 || i.Sum.Started > 0 {
		v.Notes = append(v.Notes, w.Say("invited.approximate"))
	}
	if len(v.Tables) > 0 && i.K > 1 {
		v.Notes = append(v.Notes, w.Say("invited.rounded", "k", i.K))
	}
	return v
}

// invitedSteps returns a bar for each step. Shares are of those who were asked, and bars are as long as the numbers.
func (d *document) invitedSteps() shareTable {
	i := d.period.Invited
	var rows shareTable
	for _, step := range d.period.Funnel() {
		b := bar{Label: d.words.Say("invited." + step.Name), N: step.N}
		if i.Sum.Issued > 0 {
			b.Width = coordinate(clamp(stats.Share{N: step.N, Of: i.Sum.Issued}.Percent(), 0, 100))
		}
		if step.Name != "issued" && i.Sum.Asked > 0 {
			b.Share = d.percentOf(min(step.N, i.Sum.Asked), i.Sum.Asked)
		}
		rows = append(rows, b)
		if step.Name == "issued" && i.Sum.Asked < step.N {
			rows = append(rows, bar{Label: d.words.Say("invited.asked"), N: i.Sum.Asked, Share: d.percentOf(i.Sum.Asked, i.Sum.Asked),
				Width: coordinate(clamp(stats.Share{N: i.Sum.Asked, Of: step.N}.Percent(), 0, 100))})
		}
	}
	if len(rows) < 2 {
		return nil
	}
	return rows
}

// invitedCounts lists what else is counted of all.
func (d *document) invitedCounts(r invitation.Reach) string {
	var said []string
	for _, c := range []struct {
		key string
		n   int64
	}{{"invited.accepted", r.Accepted}, {"invited.bounced", r.Bounced}, {"invited.withdrawn", r.Withdrawn}} {
		if c.n > 0 {
			said = append(said, d.words.Say("invited.count", "name", d.words.Say(c.key), "n", c.n))
		}
	}
	return strings.Join(said, " · ")
}

// invitedTables returns the tables by channel, by each segment, and by day or week.
func (d *document) invitedTables() (tables []invitedTable) {
	i, w := d.period.Invited, d.words
	steps := []string{w.Say("invited.completed"), w.Say("invited.opened_short"), w.Say("invited.started_short")}
	heads := slices.Concat([]string{w.Say("invited.issued"), w.Say("results.rate")}, steps)
	last := "none"
	for _, g := range i.Groups {
		if g.Segment != last {
			tables = append(tables, invitedTable{Of: d.invitedGroup(g.Segment), Heads: heads})
			last = g.Segment
		}
		rate := dash
		if r := stats.RateOf(g.Reach); r != nil {
			rate = d.percent(r, 0)
		}
		t := &tables[len(tables)-1]
		t.Rows = append(t.Rows, invitedRow{d.invitedOption(g), slices.Insert(dashes(g.Issued, g.Completed, g.Opened, g.Started), 1, rate)})
	}
	if len(i.Days) == 0 {
		return tables
	}
	days := invitedTable{Of: w.Say("invited.day"), Heads: append(steps, w.Say("invited.accepted_short"))}
	if i.Every > 1 {
		days.Of = w.Say("invited.week")
	}
	for _, day := range i.Days {
		days.Rows = append(days.Rows, invitedRow{w.Date(day.From), dashes(day.Completed, day.Opened, day.Started, day.Accepted)})
	}
	return append(tables, days)
}

// dash stands for a number that is not said.
const dash = "–"

func dashes(numbers ...int64) []string {
	cells := make([]string, len(numbers))
	for i, n := range numbers {
		if cells[i] = itoa(n); n == 0 {
			cells[i] = dash
		}
	}
	return cells
}

// invitedGroup names what divides a table's groups.
func (d *document) invitedGroup(segment string) string {
	if segment == "" {
		return d.words.Say("invited.channel")
	}
	if f, ok := d.survey.Field(segment); ok {
		return d.short(f)
	}
	return segment
}

// invitedOption names a group.
func (d *document) invitedOption(g invitation.Group) string {
	if g.Segment == "" {
		return d.channelName(g.Option)
	}
	if f, ok := d.survey.Field(g.Segment); ok {
		for _, o := range f.Options() {
			if o.ID == g.Option {
				return d.groupOption(f, &o)
			}
		}
	}
	return g.Option
}

// channelName names a channel.
func (d *document) channelName(id string) string {
	if key := "channel." + id; d.words.Has(key) {
		return d.words.Say(key)
	}
	return id
}

// invitedNotes says how the response rate of the invited is worked out.
func (d *document) invitedNotes() []string {
	i, w := d.period.Invited, d.words
	if i == nil || d.period.Rate == nil {
		return nil
	}
	notes := []string{w.Say("invited.formula")}
	if i.RateOfIssued != nil {
		notes = append(notes, w.Say("invited.rr1", "rate", d.percent(i.RateOfIssued, 1)))
	}
	return notes
}

// invitedJSON returns what results.json says of invitations.
func invitedJSON(i *stats.Invited) object {
	groups, days := []object{}, []object{}
	for _, g := range i.Groups {
		kind := object{{"segment", g.Segment}, {"option", g.Option}}
		if g.Segment == "" {
			kind = object{{"channel", g.Option}}
		}
		groups = append(groups, append(append(kind, reachJSON(g.Reach)...), member{"rate", number(stats.RateOf(g.Reach))}))
	}
	for _, day := range i.Days {
		days = append(days, object{{"from", day.From}, {"accepted", nullIfZero(day.Accepted)}, {"bounced", nullIfZero(day.Bounced)},
			{"opened", nullIfZero(day.Opened)}, {"started", nullIfZero(day.Started)}, {"completed", nullIfZero(day.Completed)}})
	}
	sum := i.Sum
	sum.Completed = i.Completed
	v := append(object{{"through", nullIfEmpty(i.Through)}, {"rounded_to", i.K}, {"open", i.Open}, {"few_left", i.Few}}, reachJSON(sum)...)
	return append(v, object{{"rate_of_issued", number(i.RateOfIssued)}, {"groups", groups}, {"days_each", nullIfZero(int64(i.Every))}, {"days", days}}...)
}

func reachJSON(r invitation.Reach) object {
	return object{{"issued", nullIfZero(r.Issued)}, {"withdrawn", nullIfZero(r.Withdrawn)}, {"accepted", nullIfZero(r.Accepted)}, {"bounced", nullIfZero(r.Bounced)},
		{"asked", nullIfZero(r.Asked)}, {"opened", nullIfZero(r.Opened)}, {"started", nullIfZero(r.Started)}, {"completed", nullIfZero(r.Completed)}}
}

// invited writes how far invitations have come: of all, then by channel, segment and day.
func (t *csvTable) invited(i *stats.Invited) {
	if i == nil {
		return
	}
	sum := i.Sum
	sum.Completed = i.Completed
	t.reach(csvLine{}, sum)
	for _, g := range i.Groups {
		if g.Segment == "" {
			t.reach(csvLine{option: g.Option}, g.Reach)
			continue
		}
		segment, group := t.segment, t.group
		t.segment, t.group = g.Segment, g.Option
		t.reach(csvLine{}, g.Reach)
		t.segment, t.group = segment, group
	}
	for _, day := range i.Days {
		t.since, t.until = day.From, day.Until(i.Every)
		t.reach(csvLine{}, day.Reach)
		t.since, t.until = "", ""
	}
}

func (t *csvTable) reach(l csvLine, r invitation.Reach) {
	for _, c := range []struct {
		measure string
		n       int64
	}{
		{"invited", r.Issued}, {"invitations_withdrawn", r.Withdrawn}, {"accepted", r.Accepted}, {"bounced", r.Bounced}, {"asked", r.Asked},
		{"opened", r.Opened}, {"started", r.Started}, {"completed", r.Completed},
	} {
		if c.n > 0 {
			l.measure, l.n = c.measure, itoa(c.n)
			t.line(l)
		}
	}
}
