package results

import (
	"cmp"
	"html/template"
	"slices"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// section is the questions of one section with their figures.
type section struct {
	Title, Text string
	Blocks      []*block
}

// block is one question's figures, in one of several forms.
type block struct {
	ID      string // "" for none
	Label   string
	Facts   []string
	None    bool // no answers that may be shown
	Likert  []likertTable
	Bars    shareTable
	Coded   []namedShares
	Hist    *histogram
	Ranks   []rankRow
	Ranking bool // ranks, not shares
	NPS     *npsChart
	Grid    *grid // the numbers behind a cross-tabulation that has no scale
	Earlier []*block
	Before  bool // how the question was asked before
	Quotes  []quote
}

// namedShares are the figures of one of a sensitive question's fields.
type namedShares struct {
	Name string // "" if it is the only one
	Rows shareTable
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
	if removed := d.removed(); len(removed) > 0 {
		all = append(all, section{Title: d.words.Say("results.removed"), Text: d.words.Say("results.removed_text"), Blocks: removed})
	}
	return all
}

// block returns a question's figures and quotes; nil for one that has none to be published.
func (d *document) block(q *survey.Question) *block {
	b := &block{ID: "q-" + q.ID, Label: d.questionLabel(q), Quotes: d.quotes(q.ID)}
	own := d.itemsOf(q)
	counted := d.addFigures(b, q, own)
	if !counted && len(b.Quotes) == 0 {
		return nil
	}
	var before []*stats.Item
	since := ""
	for _, item := range own {
		for i := range item.Earlier {
			before, since = append(before, &item.Earlier[i]), item.Since
		}
	}
	if since != "" {
		b.Facts = append(b.Facts, d.words.Say("results.changed", "date", d.words.Date(since)))
	}
	for _, g := range generations(before) {
		earlier := &block{Label: d.spanOf(g, "results.earlier"), Before: true}
		if d.addFigures(earlier, g.question, g.items) {
			b.Earlier = append(b.Earlier, earlier)
		}
	}
	return b
}

func (d *document) questionLabel(q *survey.Question) string {
	if label := d.Plain(q.Label.In(d.language)); label != "" {
		return label
	}
	return q.ID // not asked any more
}

// removed returns the questions that are not asked any more.
func (d *document) removed() []*block {
	var items []*stats.Item
	for i := range d.period.Removed {
		item := &d.period.Removed[i]
		items = append(items, item)
		for j := range item.Earlier {
			items = append(items, &item.Earlier[j])
		}
	}
	var blocks []*block
	for _, g := range generations(items) {
		b := &block{Label: d.questionLabel(g.question)}
		b.Facts = append(b.Facts, d.spanOf(g, "results.asked"))
		if d.addFigures(b, g.question, g.items) {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// A generation is the fields of one question as they were asked for a while, on one scale.
type generation struct {
	question     *survey.Question
	items        []*stats.Item
	since, until string
}

// generations sorts items that are not in force by question and time, in the order in which they are first met.
func generations(items []*stats.Item) []generation {
	type key struct {
		question, options, since, until string
		kind                            survey.Type
	}
	var all []generation
	at := map[key]int{}
	for _, item := range items {
		q := item.Field.Question
		var options strings.Builder
		for _, o := range item.Field.Options() {
			options.WriteString(o.ID + " ")
		}
		k := key{q.ID, options.String(), item.Since, item.Until, q.Type}
		if item.Field.Part != survey.Whole { // both sides of a row have their own scale
			k.options = ""
		}
		i, known := at[k]
		if !known {
			i = len(all)
			at[k] = i
			all = append(all, generation{q, nil, item.Since, item.Until})
		}
		all[i].items = append(all[i].items, item)
	}
	return all
}

// spanOf says from when to when a generation was asked; "" if that is not known.
func (d *document) spanOf(g generation, key string) string {
	from, until := d.words.Date(g.since), d.words.Date(g.until)
	if until == "" && d.page.Whole() {
		until = d.words.Date(d.period.Date)
	}
	if until == "" {
		until = "…"
	}
	if from == "" {
		from = "…"
	}
	return d.words.Say(key, "from", from, "until", until)
}

// itemsOf returns the items in force of a question's fields, in the questionnaire's order.
func (d *document) itemsOf(q *survey.Question) []*stats.Item {
	var own []*stats.Item
	for _, f := range d.period.Survey().FieldsOf(q) {
		if item := d.items[f.Name]; item != nil {
			own = append(own, item)
		}
	}
	return own
}

// addFigures adds the figures of a question's fields to its block, and reports whether there are any.
func (d *document) addFigures(b *block, q *survey.Question, own []*stats.Item) bool {
	if len(own) == 0 {
		return false
	}
	if own[0].Coded {
		d.addCoded(b, own)
		return true
	}
	switch q.Type {
	case survey.Matrix:
		return d.addRows(b, own, survey.Whole)
	case survey.ImportanceMatrix:
		importance := d.addRows(b, own, survey.ImportancePart)
		return d.addRows(b, own, survey.SatisfactionPart) || importance
	case survey.Ranking:
		d.addRanks(b, own)
	case survey.ConstantSum:
		d.addShares(b, q, own)
	default:
		d.addItem(b, own[0])
	}
	return true
}

// addCoded adds the figures of a sensitive question's fields: counts and shares alone.
func (d *document) addCoded(b *block, items []*stats.Item) {
	b.Facts = append(b.Facts, d.codedNotes(items)...)
	for _, item := range items {
		if item.N == 0 {
			continue
		}
		table := namedShares{}
		if len(items) > 1 {
			table.Name = d.label(item.Field)
			if item.Field.Part != survey.Whole {
				table.Name += " · " + d.words.Say(string(item.Field.Part))
			}
		}
		add := func(label string, s stats.Share) {
			row := d.bar(label, s)
			row.Between = "" // rounding is part of the error
			table.Rows = append(table.Rows, row)
		}
		for _, c := range item.Counts {
			add(d.option(c.Option), c.Share)
		}
		for i := range item.Histogram {
			add(d.binName(&item.Histogram[i]), item.Histogram[i].Share)
		}
		if item.LeftOut != nil {
			add(d.words.Say("results.left_out"), *item.LeftOut)
		}
		b.Coded = append(b.Coded, table)
	}
}

// codedNotes says how the figures of sensitive items are to be read, or that there are none yet. In those for management,
// numbers are not rounded.
func (d *document) codedNotes(items []*stats.Item) []string {
	for _, item := range items {
		switch {
		case item.N == 0:
		case item.K <= 1 && item.LeftOut != nil:
			return []string{d.words.Say("results.n_of", "n", item.N-item.LeftOut.N, "all", item.N)}
		default:
			return []string{d.words.Say("results.coded", "k", item.K, "n", item.N)}
		}
	}
	return []string{d.words.Say("results.coded_waiting")}
}

// addItem adds the figures of a question with one field.
func (d *document) addItem(b *block, item *stats.Item) {
	if item.N == 0 {
		b.None = true
		return
	}
	b.Facts = append(b.Facts, d.answered(item.N, item.Base))
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
		if item.Field.Question.Type == survey.MultiChoice {
			sorted := make(shareTable, 0, len(b.Bars))
			for _, i := range byShare(item.Counts) {
				sorted = append(sorted, b.Bars[i])
			}
			b.Bars = sorted
		}
	}
	if d.inForce(item) {
		d.addChange(b, item.Field)
	}
}

// byShare orders the options of a multi_choice, the most chosen first. "Other", and those that exclude all others, such as
// "none of these", stay last.
func byShare(counts []stats.Count) []int {
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	apart := func(i int) int {
		switch o := counts[i].Option; {
		case o.Exclusive:
			return 2
		case o.ID == survey.Other:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(apart(a)-apart(b), cmp.Compare(counts[b].N, counts[a].N))
	})
	return order
}

// inForce reports whether an item is as it is asked now: an earlier one is compared with nothing.
func (d *document) inForce(item *stats.Item) bool { return d.items[item.Field.Name] == item }

// answered says how many have answered of those who were asked.
func (d *document) answered(n int64, base stats.Base) string {
	switch {
	case base.N < n: // not known
		return d.words.Say("results.n_alone", "n", n)
	case base.Kind == stats.BaseAsked && base.N != d.period.Respondents:
		return d.words.Say("results.n_of_asked", "n", n, "all", base.N)
	case base.Kind == stats.BaseReads:
		return d.words.Say("results.n_of_reads", "n", n, "all", base.N)
	}
	return d.words.Say("results.n_of", "n", n, "all", base.N)
}

func (d *document) addNPS(b *block, item *stats.Item) {
	b.NPS = d.npsChart(item)
	b.Facts = append(b.Facts, d.words.Say("results.nps_is", "n", d.withInterval(d.signed(item.NPS.Score, 1), item.NPS.Interval, 1)))
}

func (d *document) addNumber(b *block, item *stats.Item) {
	b.Hist = d.histogram(item)
	if item.Mean == nil {
		return
	}
	mean := d.withInterval(d.round(item.Mean, 2), item.Interval, 2)
	if unit := item.Field.Question.Unit.In(d.language); unit != "" {
		mean = d.words.Say("results.with_unit", "n", mean, "unit", unit)
	}
	b.Facts = append(b.Facts, d.words.Say("results.mean_is", "n", mean))
	if item.Scored > 1 {
		b.Facts = append(b.Facts, d.words.Say("results.sd_is", "n", fixed(item.SD, 2)))
	}
	if item.Midpoints {
		b.Facts = append(b.Facts, d.words.Say("results.midpoints"))
	}
}

// addScale adds the figures of an item whose options have scores.
func (d *document) addScale(b *block, item *stats.Item) {
	table := d.likertTable([]*stats.Item{item}, item.Field.Options())
	b.Likert = []likertTable{table}
	row := table.Rows[0]
	if row.Mean != "" {
		mean := d.words.Say("results.of_max", "n", d.withInterval(row.Mean, item.Interval, 2), "max", item.Field.MaxScore())
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

// likertTable is stacked bars of items on one scale.
type likertTable struct {
	Name     string
	Legend   []legend
	Rows     []likertRow
	Change   bool // some row says what has changed
	Broken   bool
	OutOf100 bool // Mean is on the scale from 0 to 100, not on the item's own
}

type legend struct{ Label, Tone string }

// likertRow is the answers to one item.
type likertRow struct {
	Label   string
	Short   string // in the table of counts
	N       int64
	Scored  int64
	Mean    string
	Between string
	Change  string
	TopTwo  string
	Low     string
	Stack   stack
	Counts  []count
}

// count is a number of answers and their share.
type count struct {
	N     int64
	Share string
}

// addRows adds the rows of a matrix, or one side of those of an importance_matrix. It reports whether there are any.
func (d *document) addRows(b *block, own []*stats.Item, part survey.Part) bool {
	items := slices.DeleteFunc(slices.Clone(own), func(item *stats.Item) bool { return item.Field.Part != part })
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
		*row = likertRow{Label: d.label(item.Field), Short: d.short(item.Field), N: item.N, Scored: item.Scored, Stack: stacks[i]}
		if d.inForce(item) {
			row.Change = d.change(item.Field.Name, 2)
		}
		if item.Mean != nil {
			row.Mean, row.Between = d.round(item.Mean, 2), d.interval(item.Interval, 2)
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
		if r.Between != "" {
			w.raw(` <small>`)
			w.text(r.Between)
			w.raw(`</small>`)
		}
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
		w.text(r.Short)
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
		p := part{From: d.left(at, share), Width: coordinate(share), Tone: v.Tones[i]}
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

// addRanks adds a ranking's options: the mean rank, and how many of those who ranked anything put each first.
func (d *document) addRanks(b *block, items []*stats.Item) {
	n := rankedBy(items)
	b.Ranking = true
	for _, item := range items {
		row := rankRow{Label: d.label(item.Field), N: item.N}
		if item.Mean != nil {
			row.Mean = stats.Round(item.Mean, 2)
		}
		if first := firstShare(item, n); first.Of > 0 {
			row.First, row.Width = d.percentOf(first.N, first.Of), coordinate(first.Percent())
		}
		b.Ranks = append(b.Ranks, row)
	}
	b.Facts, b.None = append(b.Facts, d.answered(n, items[0].Base)), n == 0
}

// rankedBy counts the respondents who have ranked anything, from the items of a ranking's options. Each of them has put one
// option first.
func rankedBy(items []*stats.Item) (n int64) {
	for _, item := range items {
		if len(item.Counts) > 0 {
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

// addShares adds a constant_sum's options with their mean shares.
func (d *document) addShares(b *block, q *survey.Question, items []*stats.Item) {
	n := int64(0)
	for _, item := range items {
		n = max(n, item.N)
		row := rankRow{Label: d.label(item.Field), N: item.N}
		if item.Mean != nil {
			row.Mean = d.withInterval(d.round(item.Mean, 2), item.Interval, 2)
			row.Width = coordinate(clamp(100*float(item.Mean)*float64(survey.One)/float64(*q.Total), 0, 100))
		}
		b.Ranks = append(b.Ranks, row)
	}
	b.Facts, b.None = append(b.Facts, d.answered(n, items[0].Base), d.words.Say("hint.total", "total", q.Total)), n == 0
}
