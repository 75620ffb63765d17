package results

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// rankedItem is one line that sets a score beside the overall one.
type rankedItem struct {
	Label, Href string
	Width       string
	Tick        string // where the overall score is
	Value, Max  string // as the scale has it
	Percent     string // of the best possible
	Diff, Tone  string // to the overall score, in percent of the best possible
	Weight      string
	N           int64
	performance *big.Rat
}

// ranking is the items of the index, the best first.
type ranking []rankedItem

func rat(x survey.Decimal) *big.Rat { return big.NewRat(int64(x), int64(survey.One)) }

func (d *drawing) ranked() ranking {
	overall := d.period.Performance()
	if overall == nil {
		return nil
	}
	items, tick := d.period.Ranked(), short(float(overall))
	rows := make(ranking, len(items))
	for i, item := range items {
		performance := item.Performance()
		difference := new(big.Rat).Sub(performance, overall)
		rows[i] = rankedItem{
			Label: d.itemName(item.Field), Href: "#q-" + item.Field.Question.ID, N: item.Scored, performance: performance,
			Value: stats.Round(item.Mean, 2), Max: item.Field.MaxScore().String(),
			Percent: stats.Round(performance, 1), Width: short(float(performance)), Tick: tick, Diff: d.signed(difference, 1),
		}
		switch points := float(difference); {
		case points >= 1:
			rows[i].Tone = "up"
		case points <= -1:
			rows[i].Tone = "down"
		}
	}
	return rows
}

// finding is what a reader should take away: the best items, the worst, and those that have clearly changed.
type finding struct {
	Title, Tone string
	Rows        []rankedItem
}

func (d *drawing) findings(ranked []rankedItem) []finding {
	const few = 3
	var all []finding
	if n := min(few, len(ranked)/2); n > 0 {
		best, worst := slices.Clone(ranked[:n]), slices.Clone(ranked[len(ranked)-n:])
		slices.Reverse(worst)
		all = append(all, finding{d.words.Say("results.best"), "up", best}, finding{d.words.Say("results.worst"), "down", worst})
	}
	var risen, fallen []rankedItem
	for i := range d.period.Items {
		item := &d.period.Items[i]
		line := d.lines[item.Field.Name]
		point, before := d.point(item.Field.Name), d.before(line)
		if item.Weight == nil || point == nil || point.Broken || before == nil || item.Interval == nil {
			continue
		}
		then := before.Item(item.Field.Name)
		if then == nil || then.Interval == nil || item.Field.MaxScore() == 0 {
			continue
		}
		half := func(i *stats.Interval) float64 { return (i.High - i.Low) / 2 }
		if math.Abs(float(item.Mean)-float(then.Mean)) <= math.Hypot(half(item.Interval), half(then.Interval)) {
			continue
		}
		change := point.Change()
		row := rankedItem{Label: d.itemName(item.Field), Href: "#q-" + item.Field.Question.ID, Percent: stats.Round(item.Mean, 2), Diff: d.signed(change, 2),
			performance: new(big.Rat).Quo(change, rat(item.Field.MaxScore()))}
		if change.Sign() > 0 {
			risen = append(risen, row)
		} else {
			fallen = append(fallen, row)
		}
	}
	slices.SortStableFunc(risen, func(a, b rankedItem) int { return b.performance.Cmp(a.performance) })
	slices.SortStableFunc(fallen, func(a, b rankedItem) int { return a.performance.Cmp(b.performance) })
	if len(risen) > 0 {
		all = append(all, finding{d.words.Say("results.risen"), "up", risen[:min(few, len(risen))]})
	}
	if len(fallen) > 0 {
		all = append(all, finding{d.words.Say("results.fallen"), "down", fallen[:min(few, len(fallen))]})
	}
	return all
}

// itemName is how a field is called where its question does not stand above it. Rows that are called alike in several
// questions have the name of their area with them, of their section, or of the question, whichever tells them apart.
func (d *drawing) itemName(f survey.Field) string {
	if name, ok := d.names[f.Name]; ok {
		return name
	}
	name := d.label(f)
	var alike []survey.Field
	if f.Row != nil || f.Option != nil {
		for _, other := range d.survey.Fields() {
			if other.Question.ID != f.Question.ID && other.Counted() && d.label(other) == name {
				alike = append(alike, other)
			}
		}
	}
	if len(alike) > 0 {
		for _, context := range []func(survey.Field) string{d.areaOf, d.sectionOf, func(f survey.Field) string { return d.Plain(f.Question.Label.In(d.language)) }} {
			own := context(f)
			if own != "" && !slices.ContainsFunc(alike, func(other survey.Field) bool { return context(other) == own }) {
				name = d.words.Say("results.item_of", "item", name, "question", own)
				break
			}
		}
	}
	if f.Part == survey.ImportancePart {
		name = d.words.Say("importance_of", "item", name)
	}
	d.names[f.Name] = name
	return name
}

// areaOf is the name of a field's dimension.
func (d *drawing) areaOf(f survey.Field) string {
	for _, x := range d.survey.Scoring.Dimensions {
		if x.ID == f.Question.Dimension {
			return x.Label.In(d.language)
		}
	}
	return ""
}

// sectionOf is the title of a field's section.
func (d *drawing) sectionOf(f survey.Field) string {
	for i := range d.survey.Sections {
		section := &d.survey.Sections[i]
		if slices.ContainsFunc(section.Questions, func(q survey.Question) bool { return q.ID == f.Question.ID }) {
			return d.Plain(section.Title.In(d.language))
		}
	}
	return ""
}

// dimensions are the scores of the areas beside the whole.
func (d *drawing) dimensions() []rankedItem {
	best, most := d.best(), 0.0
	for _, x := range d.period.Dimensions {
		if x.Score != nil {
			most = max(most, float(x.Score))
		}
	}
	if best == 0 { // sums of counts: the largest fills the bar
		best = most
	}
	var rows []rankedItem
	for _, x := range d.period.Dimensions {
		row := rankedItem{Label: x.Label.In(d.language), Weight: x.Weight.String()}
		if row.Label == "" {
			row.Label = x.ID
		}
		if x.Score != nil && best > 0 {
			row.Value, row.Width = stats.Round(x.Score, d.places()), short(bounded(100*float(x.Score)/best, 0, 100))
			if raw := d.period.Overall.Raw; raw != nil && d.best() > 0 {
				row.Tick = short(bounded(100*float(raw)/best, 0, 100))
				row.Diff, row.Tone = d.difference(x.Score, raw)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (d *drawing) difference(score, overall *big.Rat) (text, tone string) {
	difference := new(big.Rat).Sub(score, overall)
	switch {
	case difference.Sign() > 0:
		tone = "up"
	case difference.Sign() < 0:
		tone = "down"
	}
	return d.signed(difference, d.places()), tone
}

// units are the groups of which the index is the mean.
func (d *drawing) units() (rows []rankedItem, text string) {
	o := &d.period.Overall
	if len(o.Units) == 0 {
		return nil, ""
	}
	best := d.best()
	most, n := 0.0, 0
	sum := new(big.Rat)
	for _, u := range o.Units {
		if u.Score != nil {
			most = max(most, float(u.Score))
			sum.Add(sum, u.Score)
			n++
		}
	}
	if best == 0 {
		best = most
	}
	for _, u := range o.Units {
		row := rankedItem{Label: d.option(&u.Option), N: u.Respondents}
		if f := (Folder{d.asked.Period, d.scoring().Unit, u.Option.ID}); d.folders[f] {
			row.Href = d.to(f, "")
		}
		if u.Score != nil && best > 0 {
			row.Value, row.Width = stats.Round(u.Score, d.places()), short(bounded(100*float(u.Score)/best, 0, 100))
			row.Tick = short(bounded(100*float(o.Raw)/best, 0, 100))
			row.Diff, row.Tone = d.difference(u.Score, o.Raw)
		}
		rows = append(rows, row)
	}
	if o.Raw != nil {
		text = d.words.Say("results.units_text", "sum", stats.Round(sum, d.places()), "n", n, "score", stats.Round(o.Raw, d.places()))
	}
	return rows, text
}

type resultSection struct {
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
	Bars    shares
	Hist    *histogram
	Ranks   []ranked
	Ranking bool // ranks, not shares
	NPS     *npsView
	Grid    *grid // the numbers behind a cross-tabulation that has no scale
	Quotes  []quote
}

// Said is the facts in one line.
func (b *block) Said() string { return strings.Join(b.Facts, " · ") }

// likertTable is stacked bars of items on one scale.
type likertTable struct {
	Name   string
	Legend []legend
	Rows   []likert
	Change bool // some row says what has changed
	Broken bool
}

type legend struct{ Label, Tone string }

// likert is one row of a matrix.
type likert struct {
	Label  string
	As     string // importance or satisfaction
	Href   string
	N      int64
	Scored int64
	Mean   string
	Margin string
	Change string
	TopTwo string
	Low    string
	Stack  stack
	Counts []counted
}

// counted is how many, and their share.
type counted struct {
	N     int64
	Share string
}

// ranked is one option's line of a ranking or constant_sum. Mean is its mean rank or share; First, of a ranking, is the
// share of those who put it first among all who ranked anything.
type ranked struct {
	Label, Mean, First, Width string
	N                         int64
}

type npsView struct {
	Stack  stack
	Groups []bar
	Tones  []string
	Steps  shares
}

func (d *drawing) sections() []resultSection {
	var all []resultSection
	s := d.period.Survey()
	titles := map[string]string{}
	for i := range d.survey.Sections {
		titles[d.survey.Sections[i].ID] = d.Plain(d.survey.Sections[i].Title.In(d.language))
	}
	for i := range s.Sections {
		to := resultSection{Title: titles[s.Sections[i].ID]}
		for j := range s.Sections[i].Questions {
			q := &s.Sections[i].Questions[j]
			b, ok := d.block(q)
			if quotes := d.quotes(q.ID); len(quotes) > 0 {
				if b.Label == "" {
					b.Label = d.Plain(q.Label.In(d.language))
				}
				b.Quotes, ok = quotes, true
			}
			if ok {
				b.ID = "q-" + q.ID
				to.Blocks = append(to.Blocks, &b)
			}
		}
		if len(to.Blocks) > 0 {
			all = append(all, to)
		}
	}
	return all
}

// block is a question's figures; false for one that has none to be published.
func (d *drawing) block(q *survey.Question) (block, bool) {
	b := block{Label: d.Plain(q.Label.In(d.language))}
	if b.Label == "" {
		b.Label = q.ID // not asked any more
	}
	switch q.Type {
	case survey.Matrix:
		if rows := d.likert(q, survey.Whole); rows != nil {
			b.Likert = append(b.Likert, *rows)
		}
		return b, len(b.Likert) > 0
	case survey.ImportanceMatrix:
		for _, part := range []survey.Part{survey.ImportancePart, survey.SatisfactionPart} {
			if rows := d.likert(q, part); rows != nil {
				rows.Name = d.words.Say(string(part))
				b.Likert = append(b.Likert, *rows)
			}
		}
		return b, len(b.Likert) > 0
	case survey.Ranking:
		return b, d.ranks(q, &b)
	case survey.ConstantSum:
		return b, d.shares(q, &b)
	}
	item := d.items[q.ID]
	if item == nil {
		return b, false
	}
	if item.N == 0 {
		b.None = true
		return b, true
	}
	d.fill(&b, item)
	return b, true
}

// fill shows one item.
func (d *drawing) fill(b *block, item *stats.Item) {
	w, change := d.words, ""
	b.Facts = append(b.Facts, w.Say("results.n_of", "n", item.N, "all", d.period.Respondents))
	switch {
	case item.NPS != nil:
		b.NPS = d.nps(item)
		score := w.Say("results.nps_is", "n", d.signed(item.NPS.Score, 1))
		if i := item.NPS.Interval; i != nil {
			score = w.Say("results.nps_is", "n", d.signed(item.NPS.Score, 1)+" ± "+fixed((i.High-i.Low)/2, 1))
		}
		b.Facts = append(b.Facts, score)
	case item.Field.Numeric():
		b.Hist = d.histogram(item)
		if item.Mean != nil {
			mean := d.mean(item)
			if unit := item.Field.Question.Unit.In(d.language); unit != "" {
				mean = w.Say("results.with_unit", "n", mean, "unit", unit)
			}
			b.Facts = append(b.Facts, w.Say("results.mean_is", "n", mean))
			if item.Scored > 1 {
				b.Facts = append(b.Facts, w.Say("results.sd_is", "n", fixed(item.SD, 2)))
			}
		}
	case item.Field.HasScores() && item.Field.Question.Type != survey.MultiChoice:
		table := d.table([]*stats.Item{item}, item.Field.Options())
		b.Likert = []likertTable{table}
		row := table.Rows[0]
		change = row.Change
		if row.Mean != "" {
			b.Facts = append(b.Facts, w.Say("results.mean_is", "n", w.Say("results.of_max", "n", row.Mean+row.Margin, "max", item.Field.MaxScore())))
		}
		if row.TopTwo != "" {
			b.Facts = append(b.Facts, w.Say("results.top_two_is", "n", row.TopTwo))
		}
	default:
		for _, c := range item.Counts {
			line := d.share(d.option(c.Option), c.Share)
			if item.Field.Question.Type == survey.Consent {
				line.Label = w.Say("consented")
			}
			b.Bars = append(b.Bars, line)
		}
	}
	if len(b.Likert) == 0 {
		change = d.change(item.Field.Name, meanPlaces(item.Field))
	}
	switch {
	case change == broken:
		b.Facts = append(b.Facts, w.Say("results.not_comparable"))
	case change != "":
		if before := d.before(d.lines[item.Field.Name]); before != nil {
			b.Facts = append(b.Facts, w.Say("results.change_is", "n", change, "period", periodName(w, before.Name)))
		}
	}
}

// mean is an item's mean with half of its interval: "4.32 ± 0.08".
func (d *drawing) mean(item *stats.Item) string {
	return stats.Round(item.Mean, 2) + marginOf(item)
}

func marginOf(item *stats.Item) string {
	if item.Interval == nil {
		return ""
	}
	return " ± " + fixed((item.Interval.High-item.Interval.Low)/2, 2)
}

// likert are the rows of a matrix, or one side of those of an importance_matrix.
func (d *drawing) likert(q *survey.Question, part survey.Part) *likertTable {
	var items []*stats.Item
	for _, f := range d.period.Survey().FieldsOf(q) {
		if item := d.items[f.Name]; f.Part == part && item != nil {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return nil
	}
	table := d.table(items, items[0].Field.Options())
	return &table
}

// table lays items of one scale out below each other.
func (d *drawing) table(items []*stats.Item, options []survey.Option) likertTable {
	t := likertTable{Legend: make([]legend, 0, len(options)), Rows: make([]likert, len(items))}
	tones, order := toneOf(options), byScore(options)
	for _, i := range order {
		t.Legend = append(t.Legend, legend{d.option(&options[i]), tones[i]})
	}
	stacks := d.diverging(items, order, tones)
	for i, item := range items {
		row := &t.Rows[i]
		*row = likert{Label: d.label(item.Field), N: item.N, Scored: item.Scored, Stack: stacks[i], Change: d.change(item.Field.Name, 2)}
		if item.Mean != nil {
			row.Mean, row.Margin = stats.Round(item.Mean, 2), marginOf(item)
		}
		if item.TopTwo.Of > 0 {
			row.TopTwo, row.Low = d.percentOf(item.TopTwo.N, item.Scored), d.percentOf(item.Low.N, item.Scored)
		}
		row.Counts = make([]counted, len(order))
		for at, j := range order {
			n := item.Counts[j].N
			row.Counts[at] = counted{n, d.percentOf(n, item.N)}
		}
		t.Change = t.Change || row.Change != ""
		t.Broken = t.Broken || row.Change == broken
	}
	return t
}

func (d *drawing) nps(item *stats.Item) *npsView {
	n := item.NPS
	v := &npsView{Tones: []string{"0", "2", "4"}}
	worse, neutral, better := n.Detractors.Percent(), n.Passives.Percent(), n.Promoters.Percent()
	v.Stack.Zero = ""
	at := 0.0
	for i, share := range []float64{worse, neutral, better} {
		p := part{From: d.from(at, share), Width: short(share), Middle: d.x(at + share/2), Tone: v.Tones[i]}
		if share >= legible/2 {
			p.Text = fixed(share, 0)
		}
		if share > 0 {
			v.Stack.Parts = append(v.Stack.Parts, p)
		}
		at += share
	}
	v.Groups = []bar{d.share(d.words.Say("nps.detractors"), n.Detractors), d.share(d.words.Say("nps.passives"), n.Passives), d.share(d.words.Say("nps.promoters"), n.Promoters)}
	for _, c := range item.Counts {
		step := d.share(c.Option.ID, c.Share)
		step.Between = ""
		v.Steps = append(v.Steps, step)
	}
	return v
}

// ranks are a ranking's options: mean rank, and how many of those who ranked anything put each first. Who ranks
// anything puts something first, so that the first ranks count the respondents.
func (d *drawing) ranks(q *survey.Question, b *block) bool {
	n := rankers(q, d.items)
	b.Ranking = true
	for i := range q.Options {
		item := d.items[q.ID+"."+q.Options[i].ID]
		if item == nil {
			continue
		}
		line := ranked{Label: d.option(&q.Options[i]), N: item.N}
		if item.Mean != nil {
			line.Mean = stats.Round(item.Mean, 2)
		}
		if first := firstShare(item, n); first.Of > 0 {
			line.First, line.Width = d.percentOf(first.N, first.Of), short(first.Percent())
		}
		b.Ranks = append(b.Ranks, line)
	}
	b.Facts, b.None = []string{d.words.Say("results.n_of", "n", n, "all", d.period.Respondents)}, n == 0
	return len(b.Ranks) > 0
}

// rankers counts who has ranked anything: who has put one of the options first.
func rankers(q *survey.Question, items map[string]*stats.Item) (n int64) {
	for i := range q.Options {
		if item := items[q.ID+"."+q.Options[i].ID]; item != nil && len(item.Counts) > 0 {
			n += item.Counts[0].N
		}
	}
	return n
}

// firstShare is how many of n respondents put an option first; of nobody if there are none.
func firstShare(item *stats.Item, n int64) stats.Share {
	if n <= 0 || len(item.Counts) == 0 {
		return stats.Share{}
	}
	return stats.Share{N: item.Counts[0].N, Of: n}
}

// shares are a constant_sum's options with their mean shares.
func (d *drawing) shares(q *survey.Question, b *block) bool {
	n := int64(0)
	for i := range q.Options {
		item := d.items[q.ID+"."+q.Options[i].ID]
		if item == nil {
			continue
		}
		n = max(n, item.N)
		line := ranked{Label: d.option(&q.Options[i]), N: item.N}
		if item.Mean != nil {
			line.Mean = d.mean(item)
			line.Width = short(bounded(100*float(item.Mean)*float64(survey.One)/float64(*q.Total), 0, 100))
		}
		b.Ranks = append(b.Ranks, line)
	}
	b.Facts, b.None = []string{d.words.Say("results.n_of", "n", n, "all", d.period.Respondents), d.words.Say("hint.total", "total", q.Total)}, n == 0
	return len(b.Ranks) > 0
}

// segmentTable sets the groups of one segment beside each other.
type segmentTable struct {
	Label string
	Rows  []rankedItem
	Note  string
	Score bool
}

func (d *drawing) segments() []segmentTable {
	p, w := d.period, d.words
	var all []segmentTable
	for _, segment := range p.Survey().Segments() {
		t := segmentTable{Label: d.label(segment)}
		best, grouped, few := d.best(), int64(0), 0
		raw := p.Overall.Raw
		if p.Overall.Pooled != nil {
			raw = p.Overall.Pooled
		}
		for _, o := range segment.Options() {
			f := Folder{d.asked.Period, segment.Name, o.ID}
			row := rankedItem{Label: d.option(&o)}
			if n := p.GroupSize(segment.Name, o.ID); n >= int64(max(p.MinGroup, 1)) {
				group := p.Group(segment.Name, o.ID)
				row.N, grouped = n, grouped+n
				if d.folders[f] {
					row.Href = d.to(f, "")
				}
				if score := group.Overall.Score; score != nil {
					t.Score = true
					row.Value = stats.Round(score, d.places())
					if best > 0 {
						row.Width = short(bounded(100*float(score)/best, 0, 100))
						if raw != nil {
							row.Tick = short(bounded(100*float(raw)/best, 0, 100))
							row.Diff, row.Tone = d.difference(score, raw)
						}
					}
				}
			} else {
				few++
			}
			t.Rows = append(t.Rows, row)
		}
		switch rest := p.Respondents - grouped; {
		case rest > 0 && p.MinGroup <= 1:
			t.Note = w.Say("results.ungrouped", "n", rest)
		case rest > 0:
			t.Note = w.Say("results.pool", "n", rest, "k", p.MinGroup)
		}
		if len(t.Rows) > few {
			all = append(all, t)
		}
	}
	return all
}

// grid is counts and shares of options by the groups of a segment.
type grid struct {
	Columns []string
	Rows    []gridRow
}

type gridRow struct {
	Label string
	N     int64
	Cells []counted
	Mean  string
}

// crossTabs break fields down by segments.
func (d *drawing) crossTabs() []*block {
	var all []*block
	for _, tab := range d.period.CrossTabs() {
		b := &block{Label: d.words.Say("results.crosstab", "item", d.itemName(tab.Rows), "segment", d.label(tab.By))}
		var items []*stats.Item
		var names []string
		few := 0
		for i := range tab.Cells {
			item := &tab.Cells[i].Item
			if item.N < int64(max(d.period.MinGroup, 1)) {
				few++
				continue
			}
			items = append(items, item)
			names = append(names, d.option(tab.Cells[i].Option))
		}
		if few > 0 {
			b.Facts = append(b.Facts, d.leftOut(few))
		}
		switch {
		case len(items) == 0:
			b.None = true
		case tab.Rows.HasScores() && tab.Rows.Question.Type != survey.MultiChoice && tab.Rows.Question.Type != survey.NPS:
			t := d.table(items, tab.Rows.Options())
			t.Change, t.Broken = false, false
			for i := range t.Rows {
				t.Rows[i].Label, t.Rows[i].Change = names[i], ""
			}
			b.Likert = []likertTable{t}
		default:
			b.Grid = d.grid(items, names, tab.Rows)
		}
		all = append(all, b)
	}
	return all
}

func (d *drawing) grid(items []*stats.Item, names []string, f survey.Field) *grid {
	g := &grid{}
	for _, o := range f.Options() {
		g.Columns = append(g.Columns, d.option(&o))
	}
	for i, item := range items {
		row := gridRow{Label: names[i], N: item.N}
		switch {
		case item.NPS != nil:
			row.Mean = d.signed(item.NPS.Score, 1)
		case item.Mean != nil:
			row.Mean = stats.Round(item.Mean, 2)
		}
		for _, c := range item.Counts {
			row.Cells = append(row.Cells, counted{c.N, d.percentOf(c.N, item.N)})
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

func (d *drawing) channels() shares {
	var rows shares
	for _, c := range d.period.Channels {
		name := c.Name
		if key := "channel." + c.Name; d.words.Has(key) {
			name = d.words.Say(key)
		}
		rows = append(rows, d.share(name, c.Share))
	}
	if len(rows) == 0 || rows[0].Share == "" {
		return nil
	}
	return rows
}

// funnel is how many got how far, where it is counted; completed alone says nothing more than the number of respondents.
func (d *drawing) funnel() shares {
	steps := d.period.Funnel()
	if len(steps) < 2 {
		return nil
	}
	var rows []bar
	for _, step := range steps {
		name := d.words.Say("results.completed")
		if step.Name == "issued" {
			name = d.words.Say("results.issued")
		}
		row := bar{Label: name, N: step.N}
		if share := (stats.Share{N: step.N, Of: steps[0].N}); share.Of > 0 {
			row.Share, row.Width = d.percentOf(share.N, share.Of), short(bounded(share.Percent(), 0, 100))
		}
		rows = append(rows, row)
	}
	return rows
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
