package results

import (
	"html/template"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// section is the questions of one section with their figures.
type section struct {
	Title  string
	Blocks []*block
}

// block is one question's figures, in one of several forms.
type block struct {
	ID      string // "" for none
	Label   string
	Facts   []string
	None    bool // no answers that may be shown
	Likert  []likertTable
	Bars    shareTable
	Hist    *histogram
	Ranks   []rankRow
	Ranking bool // ranks, not shares
	NPS     *npsChart
	Grid    *grid // the numbers behind a cross-tabulation that has no scale
	Quotes  []quote
}

// FactLine returns the facts in one line.
func (b *block) FactLine() string { return strings.Join(b.Facts, " · ") }

func (d *document) sections() []section {
	titles := map[string]string{}
	for i := range d.survey.Sections {
		titles[d.survey.Sections[i].ID] = d.Plain(d.survey.Sections[i].Title.In(d.language))
	}
	var all []section
	s := d.period.Survey()
	for i := range s.Sections {
		section := section{Title: titles[s.Sections[i].ID]}
		for j := range s.Sections[i].Questions {
			if b := d.block(&s.Sections[i].Questions[j]); b != nil {
				section.Blocks = append(section.Blocks, b)
			}
		}
		if len(section.Blocks) > 0 {
			all = append(all, section)
		}
	}
	return all
}

// block returns a question's figures and quotes; nil for one that has none to be published.
func (d *document) block(q *survey.Question) *block {
	b := &block{ID: "q-" + q.ID, Label: d.Plain(q.Label.In(d.language)), Quotes: d.quotes(q.ID)}
	if b.Label == "" {
		b.Label = q.ID // not asked any more
	}
	counted := false
	switch q.Type {
	case survey.Matrix:
		counted = d.addRows(b, q, survey.Whole)
	case survey.ImportanceMatrix:
		importance := d.addRows(b, q, survey.ImportancePart)
		counted = d.addRows(b, q, survey.SatisfactionPart) || importance
	case survey.Ranking:
		counted = d.addRanks(b, q)
	case survey.ConstantSum:
		counted = d.addShares(b, q)
	default:
		if item := d.items[q.ID]; item != nil {
			d.addItem(b, item)
			counted = true
		}
	}
	if !counted && len(b.Quotes) == 0 {
		return nil
	}
	return b
}

// addItem adds the figures of a question with one field.
func (d *document) addItem(b *block, item *stats.Item) {
	if item.N == 0 {
		b.None = true
		return
	}
	b.Facts = append(b.Facts, d.answered(item.N))
	switch {
	case item.NPS != nil:
		d.addNPS(b, item)
	case item.Field.Numeric():
		d.addNumber(b, item)
	case item.Field.HasScores() && item.Field.Question.Type != survey.MultiChoice:
		d.addScale(b, item)
	default:
		for _, c := range item.Counts {
			label := d.option(c.Option)
			if item.Field.Question.Type == survey.Consent {
				label = d.words.Say("consented")
			}
			b.Bars = append(b.Bars, d.bar(label, c.Share))
		}
	}
	d.addChange(b, item.Field)
}

// answered says how many of the respondents have answered.
func (d *document) answered(n int64) string {
	return d.words.Say("results.n_of", "n", n, "all", d.period.Respondents)
}

func (d *document) addNPS(b *block, item *stats.Item) {
	b.NPS = d.npsChart(item)
	score := d.signed(item.NPS.Score, 1)
	if i := item.NPS.Interval; i != nil {
		score += " ± " + fixed(halfWidth(i), 1)
	}
	b.Facts = append(b.Facts, d.words.Say("results.nps_is", "n", score))
}

func (d *document) addNumber(b *block, item *stats.Item) {
	b.Hist = d.histogram(item)
	if item.Mean == nil {
		return
	}
	mean := meanWithMargin(item)
	if unit := item.Field.Question.Unit.In(d.language); unit != "" {
		mean = d.words.Say("results.with_unit", "n", mean, "unit", unit)
	}
	b.Facts = append(b.Facts, d.words.Say("results.mean_is", "n", mean))
	if item.Scored > 1 {
		b.Facts = append(b.Facts, d.words.Say("results.sd_is", "n", fixed(item.SD, 2)))
	}
}

// addScale adds the figures of an item whose options have scores.
func (d *document) addScale(b *block, item *stats.Item) {
	table := d.likertTable([]*stats.Item{item}, item.Field.Options())
	b.Likert = []likertTable{table}
	row := table.Rows[0]
	if row.Mean != "" {
		mean := d.words.Say("results.of_max", "n", row.Mean+row.Margin, "max", item.Field.MaxScore())
		b.Facts = append(b.Facts, d.words.Say("results.mean_is", "n", mean))
	}
	if row.TopTwo != "" {
		b.Facts = append(b.Facts, d.words.Say("results.top_two_is", "n", row.TopTwo))
	}
}

// addChange adds the change since the last period, or that there is no comparing.
func (d *document) addChange(b *block, f survey.Field) {
	switch change := d.change(f.Name, meanPlaces(f)); change {
	case "":
	case notComparable:
		b.Facts = append(b.Facts, d.words.Say("results.not_comparable"))
	default:
		if before := d.before(d.trends[f.Name]); before != nil {
			b.Facts = append(b.Facts, d.words.Say("results.change_is", "n", change, "period", d.periodName(before.Name)))
		}
	}
}

// meanPlaces returns how many decimals a field's figure is printed with: one for a net promoter score, two for means.
func meanPlaces(f survey.Field) int {
	if f.Question.Type == survey.NPS {
		return 1
	}
	return 2
}

// meanWithMargin prints an item's mean with half of its interval: "4.32 ± 0.08".
func meanWithMargin(item *stats.Item) string { return stats.Round(item.Mean, 2) + marginOf(item) }

func marginOf(item *stats.Item) string {
	if item.Interval == nil {
		return ""
	}
	return " ± " + fixed(halfWidth(item.Interval), 2)
}

// likertTable is stacked bars of items on one scale.
type likertTable struct {
	Name   string
	Legend []legend
	Rows   []likertRow
	Change bool // some row says what has changed
	Broken bool
}

type legend struct{ Label, Tone string }

// likertRow is the answers to one item.
type likertRow struct {
	Label  string
	N      int64
	Scored int64
	Mean   string
	Margin string
	Change string
	TopTwo string
	Low    string
	Stack  stack
	Counts []count
}

// count is a number of answers and their share.
type count struct {
	N     int64
	Share string
}

// addRows adds the rows of a matrix, or one side of those of an importance_matrix. It reports whether there are any.
func (d *document) addRows(b *block, q *survey.Question, part survey.Part) bool {
	var items []*stats.Item
	for _, f := range d.period.Survey().FieldsOf(q) {
		if item := d.items[f.Name]; f.Part == part && item != nil {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return false
	}
	table := d.likertTable(items, items[0].Field.Options())
	if part != survey.Whole {
		table.Name = d.words.Say(string(part))
	}
	b.Likert = append(b.Likert, table)
	return true
}

// likertTable sets items of one scale below each other.
func (d *document) likertTable(items []*stats.Item, options []survey.Option) likertTable {
	t := likertTable{Legend: make([]legend, 0, len(options)), Rows: make([]likertRow, len(items))}
	tones, order := tonesOf(options), byScore(options)
	for _, i := range order {
		t.Legend = append(t.Legend, legend{d.option(&options[i]), tones[i]})
	}
	stacks := d.diverging(items, order, tones)
	for i, item := range items {
		row := &t.Rows[i]
		*row = likertRow{Label: d.label(item.Field), N: item.N, Scored: item.Scored, Stack: stacks[i], Change: d.change(item.Field.Name, 2)}
		if item.Mean != nil {
			row.Mean, row.Margin = stats.Round(item.Mean, 2), marginOf(item)
		}
		if item.TopTwo.Of > 0 {
			row.TopTwo, row.Low = d.percentOf(item.TopTwo.N, item.Scored), d.percentOf(item.Low.N, item.Scored)
		}
		row.Counts = make([]count, len(order))
		for at, j := range order {
			n := item.Counts[j].N
			row.Counts[at] = count{n, d.percentOf(n, item.N)}
		}
		t.Change = t.Change || row.Change != ""
		t.Broken = t.Broken || row.Change == notComparable
	}
	return t
}

// Body returns the rows with their bars.
func (t likertTable) Body() template.HTML {
	w := newHTMLWriter((512 + 192*len(t.Legend)) * len(t.Rows))
	for i := range t.Rows {
		r := &t.Rows[i]
		w.raw(`<tr role="row"><th scope="row" role="rowheader">`)
		w.text(r.Label)
		w.raw(`<td role="cell" class="chart">`)
		r.Stack.draw(w)
		w.raw(`<td role="cell" class="num">`)
		w.text(r.Mean)
		w.raw(`<small>`)
		w.text(r.Margin)
		w.raw(`</small>`)
		if t.Change {
			w.raw(`<td role="cell" class="num">`)
			w.text(r.Change)
		}
		w.raw(`<td role="cell" class="num">`, itoa(r.Scored), "\n")
	}
	return w.html()
}

// OnlyBar returns the bar of the only row; "" if there are several.
func (t likertTable) OnlyBar() template.HTML {
	if len(t.Rows) != 1 {
		return ""
	}
	return t.Rows[0].Stack.SVG()
}

// CountRows returns the rows of how often each option was chosen, with its share.
func (t likertTable) CountRows() template.HTML {
	w := newHTMLWriter((192 + 48*len(t.Legend)) * len(t.Rows))
	for i := range t.Rows {
		r := &t.Rows[i]
		w.raw(`<tr><th scope="row">`)
		w.text(r.Label)
		for _, c := range r.Counts {
			w.cell(itoa(c.N), c.Share)
		}
		w.cell(itoa(r.N), "")
		w.cell(r.TopTwo, "")
		w.cell(r.Low, "")
		w.raw("\n")
	}
	return w.html()
}

// LegendItems says which tone is which option.
func (t likertTable) LegendItems() template.HTML {
	w := newHTMLWriter(144 * len(t.Legend))
	for _, l := range t.Legend {
		w.raw(`<li><svg width="12" height="12"><rect class="t`, l.Tone, `" width="12" height="12" rx="2"/></svg> `)
		w.text(l.Label)
		w.raw(`</li>`)
	}
	return w.html()
}

// CountHeads returns the headings of CountRows.
func (t likertTable) CountHeads() template.HTML {
	w := newHTMLWriter(64 * len(t.Legend))
	for _, l := range t.Legend {
		w.raw(`<th scope="col" class="num">`)
		w.text(l.Label)
	}
	return w.html()
}

// npsChart is the groups of a net promoter score, and how often each step was chosen.
type npsChart struct {
	Stack  stack
	Groups []bar
	Tones  []string // of the groups
	Steps  shareTable
}

func (d *document) npsChart(item *stats.Item) *npsChart {
	n := item.NPS
	v := &npsChart{
		Tones: []string{"0", "2", "4"},
		Groups: []bar{d.bar(d.words.Say("nps.detractors"), n.Detractors), d.bar(d.words.Say("nps.passives"), n.Passives),
			d.bar(d.words.Say("nps.promoters"), n.Promoters)},
	}
	at := 0.0
	for i, share := range []float64{n.Detractors.Percent(), n.Passives.Percent(), n.Promoters.Percent()} {
		p := part{From: d.left(at, share), Width: coordinate(share), Middle: d.x(at + share/2), Tone: v.Tones[i]}
		if share >= minTextWidth/2 {
			p.Text = fixed(share, 0)
		}
		if share > 0 {
			v.Stack.Parts = append(v.Stack.Parts, p)
		}
		at += share
	}
	for _, c := range item.Counts {
		step := d.bar(c.Option.ID, c.Share)
		step.Between = ""
		v.Steps = append(v.Steps, step)
	}
	return v
}

// rankRow is one option's row of a ranking or constant_sum. Mean is its mean rank or share; First, of a ranking, is the
// share of those who put it first among all who ranked anything.
type rankRow struct {
	Label, Mean, First, Width string
	N                         int64
}

// SVG draws the bar.
func (r rankRow) SVG() template.HTML { return svg(bar{Width: r.Width}) }

// addRanks adds a ranking's options: the mean rank, and how many of those who ranked anything put each first. It reports
// whether there are any.
func (d *document) addRanks(b *block, q *survey.Question) bool {
	n := rankedBy(q, d.items)
	b.Ranking = true
	for i := range q.Options {
		item := d.items[q.ID+"."+q.Options[i].ID]
		if item == nil {
			continue
		}
		row := rankRow{Label: d.option(&q.Options[i]), N: item.N}
		if item.Mean != nil {
			row.Mean = stats.Round(item.Mean, 2)
		}
		if first := firstShare(item, n); first.Of > 0 {
			row.First, row.Width = d.percentOf(first.N, first.Of), coordinate(first.Percent())
		}
		b.Ranks = append(b.Ranks, row)
	}
	b.Facts, b.None = []string{d.answered(n)}, n == 0
	return len(b.Ranks) > 0
}

// rankedBy counts the respondents who have ranked anything. Each of them has put one option first.
func rankedBy(q *survey.Question, items map[string]*stats.Item) (n int64) {
	for i := range q.Options {
		if item := items[q.ID+"."+q.Options[i].ID]; item != nil && len(item.Counts) > 0 {
			n += item.Counts[0].N
		}
	}
	return n
}

// firstShare returns how many of n respondents put an option first; of nobody if there are none.
func firstShare(item *stats.Item, n int64) stats.Share {
	if n <= 0 || len(item.Counts) == 0 {
		return stats.Share{}
	}
	return stats.Share{N: item.Counts[0].N, Of: n}
}

// addShares adds a constant_sum's options with their mean shares. It reports whether there are any.
func (d *document) addShares(b *block, q *survey.Question) bool {
	n := int64(0)
	for i := range q.Options {
		item := d.items[q.ID+"."+q.Options[i].ID]
		if item == nil {
			continue
		}
		n = max(n, item.N)
		row := rankRow{Label: d.option(&q.Options[i]), N: item.N}
		if item.Mean != nil {
			row.Mean = meanWithMargin(item)
			row.Width = coordinate(clamp(100*float(item.Mean)*float64(survey.One)/float64(*q.Total), 0, 100))
		}
		b.Ranks = append(b.Ranks, row)
	}
	b.Facts, b.None = []string{d.answered(n), d.words.Say("hint.total", "total", q.Total)}, n == 0
	return len(b.Ranks) > 0
}
