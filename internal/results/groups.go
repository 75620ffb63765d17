package results

import (
	"slices"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// segmentTable compares the groups of one segment.
type segmentTable struct {
	Label     string
	Rows      []scoreRow
	Note      string
	Score     bool // some group has one
	PerAnswer bool // that is the score: sums of groups of different sizes cannot be compared
}

func (d *document) segments() []segmentTable {
	var all []segmentTable
	for _, segment := range d.period.Segments() {
		if t := d.segmentTable(segment); t != nil {
			all = append(all, *t)
		}
	}
	return all
}

// segmentTable is nil for a segment of which no group may be shown.
func (d *document) segmentTable(segment survey.Field) *segmentTable {
	p := d.period
	t := &segmentTable{Label: d.short(segment), PerAnswer: d.scoring().GroupModel() == survey.WeightedCount}
	grouped, shown := int64(0), 0
	for _, o := range segment.Options() {
		row := scoreRow{Label: d.groupOption(segment, &o)}
		if publishableGroup(p, segment.Name, o.ID) {
			d.addGroup(&row, segment.Name, o.ID)
			t.Score = t.Score || row.Value != ""
			grouped, shown = grouped+row.N, shown+1
		}
		t.Rows = append(t.Rows, row)
	}
	switch rest := p.Respondents - grouped; {
	case rest > 0 && p.MinGroup <= 1:
		t.Note = d.words.Say("results.ungrouped", "n", rest)
	case rest > 0:
		t.Note = d.words.Say("results.pool", "n", rest, "k", p.MinGroup)
	}
	if shown == 0 {
		return nil
	}
	return t
}

// addGroup adds the figures of a group to its row.
func (d *document) addGroup(row *scoreRow, segment, option string) {
	group := d.group(segment, option)
	row.N = group.Respondents
	row.Href = d.linkIfExists(Folder{d.page.Period, segment, option})
	switch score := group.Overall.Score; {
	case score == nil:
	case group.Overall.PerAnswer != nil:
		row.Value = stats.Round(group.Overall.PerAnswer, 2)
	case d.best <= 0:
		row.Value = d.index(score)
	default:
		d.setScore(row, score, nil, d.best)
		row.setInterval(group.Overall.Interval, d.best)
	}
	if t := d.tests.Of(segment, option); t != nil {
		d.setTest(row, t)
	}
}

// grid is counts and shares of options by the groups of a segment.
type grid struct {
	Columns []string
	Rows    []gridRow
}

type gridRow struct {
	Label string
	N     int64
	Cells []count
	Mean  string
}

// crossTabs break fields down by segments.
func (d *document) crossTabs() []*block {
	var all []*block
	for _, tab := range d.period.CrossTabs() {
		all = append(all, d.crossTab(&tab))
	}
	return all
}

func (d *document) crossTab(tab *stats.CrossTab) *block {
	b := &block{Label: d.words.Say("results.crosstab", "item", d.itemName(tab.Rows), "segment", d.short(tab.By))}
	var items []*stats.Item
	var names []string
	for i := range tab.Cells {
		if item := &tab.Cells[i].Item; publishableGroup(d.period, tab.By.Name, tab.Cells[i].Option.ID) {
			items, names = append(items, item), append(names, d.groupOption(tab.By, tab.Cells[i].Option))
		}
	}
	if omitted := len(tab.Cells) - len(items); omitted > 0 {
		b.Facts = append(b.Facts, d.omittedGroups(omitted))
	}
	switch {
	case len(items) == 0:
		b.None = true
	case items[0].Coded:
		b.Facts = append(b.Facts, d.codedNotes(items)...)
		b.Grid = d.grid(items, names, tab.Rows)
	case tab.Rows.HasScores() && tab.Rows.Question.Type != survey.MultiChoice && tab.Rows.Question.Type != survey.NPS:
		t := d.likertTable(items, tab.Rows.Options())
		t.Change, t.Broken, t.OutOf100 = false, false, true
		for i := range t.Rows {
			row := &t.Rows[i]
			row.Label, row.Short, row.Change, row.Mean, row.Between = names[i], names[i], "", "", ""
			if performance := items[i].Performance(); performance != nil {
				row.Mean = stats.Round(performance, 1)
				if between := items[i].Interval; between != nil {
					row.Between = d.interval(&stats.Interval{Low: items[i].OutOf100(between.Low), High: items[i].OutOf100(between.High)}, 1)
				}
			}
		}
		b.Likert = []likertTable{t}
	default:
		b.Grid = d.grid(items, names, tab.Rows)
	}
	return b
}

func (d *document) grid(items []*stats.Item, names []string, f survey.Field) *grid {
	g := &grid{}
	for _, o := range f.Options() {
		g.Columns = append(g.Columns, d.option(&o))
	}
	leftOut := slices.ContainsFunc(items, func(item *stats.Item) bool { return item.LeftOut != nil })
	if leftOut {
		g.Columns = append(g.Columns, d.words.Say("results.left_out"))
	}
	for i, item := range items {
		row := gridRow{Label: names[i], N: item.N}
		switch {
		case item.NPS != nil:
			row.Mean = d.signed(item.NPS.Score, 1)
		case item.Mean != nil:
			row.Mean = d.round(item.Mean, 2)
		}
		for _, c := range item.Counts {
			row.Cells = append(row.Cells, count{c.N, d.percentOf(c.N, c.Of)})
		}
		if leftOut {
			cell := count{}
			if item.LeftOut != nil {
				cell = count{item.LeftOut.N, d.percentOf(item.LeftOut.N, item.LeftOut.Of)}
			}
			row.Cells = append(row.Cells, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// channels returns how many answers came through each channel.
func (d *document) channels() shareTable {
	var rows shareTable
	for _, c := range d.period.Channels {
		row := d.bar(d.channelName(c.Name), c.Share)
		row.Between = "" // a fact has no interval
		if c.Rate != nil {
			row.Between = d.words.Say("results.channel_rate", "rate", d.percent(c.Rate, 1), "n", c.Issued)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 || rows[0].Share == "" {
		return nil
	}
	return rows
}

// funnel returns how many reached each step, if more than the last one is counted: that alone would only repeat the number
// of respondents.
func (d *document) funnel() shareTable {
	steps := d.period.Funnel()
	if len(steps) < 2 || d.period.Invited != nil {
		return nil
	}
	var rows shareTable
	for _, step := range steps {
		name := d.words.Say("results.completed")
		if step.Name == "issued" {
			name = d.words.Say("results.issued")
		}
		row := bar{Label: name, N: step.N}
		if share := (stats.Share{N: step.N, Of: steps[0].N}); share.Of > 0 {
			row.Share, row.Width = d.percentOf(share.N, share.Of), coordinate(clamp(share.Percent(), 0, 100))
		}
		rows = append(rows, row)
	}
	return rows
}
