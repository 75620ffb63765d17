package results

import (
	"cmp"
	"html/template"
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// scoreRow is one line that compares a score with the overall one.
type scoreRow struct {
	Label, Href string
	Width       string
	Tick        string // where the overall score is
	Low, Spread string // where the interval begins, and how wide it is; "" without one
	Value       string // 0 to 100, or the index on its own scale
	Diff        string // to the overall score or to the rest, on the same scale
	Verdict     string // what a test says of the difference; "" without one
	Tone        string // by the test
	Weight      string
	Between     string // the interval of the value
	N           int64
}

// SVG draws the bar, and where the overall score is.
func (r scoreRow) SVG() template.HTML { return svg(r) }

func (r scoreRow) draw(w *htmlWriter) {
	class := "bar"
	if r.Tone != "" {
		class += " " + r.Tone
	}
	w.raw(`<svg class="`, class, `" width="100%" height="18" aria-hidden="true"><rect class="track" y="4" width="100%" height="10" rx="2"/>`)
	if r.Width != "" {
		w.raw(`<rect y="4" width="`, r.Width, `%" height="10" rx="2"/>`)
	}
	if r.Tick != "" {
		w.raw(`<line x1="`, r.Tick, `%" x2="`, r.Tick, `%" y1="0" y2="18"/>`)
	}
	if r.Low != "" {
		w.raw(`<rect class="between" x="`, r.Low, `%" y="8" width="`, r.Spread, `%" height="2"/>`)
	}
	w.raw("</svg>")
}

// Thin draws the bar alone, for a list without a head.
func (r scoreRow) Thin() template.HTML { return thinBar(r.Width) }

// setInterval draws an interval on a scale up to best.
func (r *scoreRow) setInterval(i *stats.Interval, best float64) {
	if i == nil || best <= 0 {
		return
	}
	low, high := percentAt(i.Low, best), percentAt(i.High, best)
	if coordinate(low) != coordinate(high) { // or there is nothing to see
		r.Low, r.Spread = coordinate(low), coordinate(high-low)
	}
}

// setScore fills in a score on a scale up to best, and compares it with the overall one, which may be nil.
func (d *document) setScore(row *scoreRow, score, overall *big.Rat, best float64) {
	row.Value, row.Width = d.index(score), percentWidth(score, best)
	if overall == nil {
		return
	}
	row.Tick = percentWidth(overall, best)
	row.Diff = d.signed(new(big.Rat).Sub(score, overall), d.places)
}

// setTest compares a group with the rest.
func (d *document) setTest(row *scoreRow, t *stats.GroupTest) {
	row.Diff = d.signedFloat(t.Difference, d.places)
	row.Verdict, row.Tone = d.verdict(&t.Test)
	if d.best > 0 {
		row.Tick = coordinate(percentAt(t.Rest, d.best))
	}
}

// bestOr returns the highest possible index or, where there is none because it grows with the answers, the highest of some
// scores.
func (d *document) bestOr(scores []*big.Rat) float64 {
	if d.best > 0 {
		return d.best
	}
	most := 0.0
	for _, s := range scores {
		if s != nil {
			most = max(most, float(s))
		}
	}
	return most
}

// ranking is the items of the index, the best first.
type ranking []scoreRow

func (d *document) ranking() ranking {
	overall := d.period.Performance()
	if overall == nil {
		return nil
	}
	items, tick := d.period.Ranked(), coordinate(float(overall))
	rows := make(ranking, len(items))
	for i, item := range items {
		performance := item.Performance()
		difference := new(big.Rat).Sub(performance, overall)
		rows[i] = scoreRow{
			Label: d.itemName(item.Field), Href: "#q-" + item.Field.Question.ID, N: item.Scored,
			Value: stats.Round(performance, 1), Width: coordinate(float(performance)), Tick: tick, Diff: d.signed(difference, 1),
		}
		_, rows[i].Tone = d.verdict(d.tests.Standing[item.Field.Name])
		if between := item.Interval; between != nil {
			rows[i].setInterval(&stats.Interval{Low: item.OutOf100(between.Low), High: item.OutOf100(between.High)}, 100)
		}
	}
	return rows
}

// Body returns the table's rows.
func (r ranking) Body() template.HTML {
	w := newHTMLWriter(720 * len(r))
	for i := range r {
		row := &r[i]
		w.raw(`<tr role="row"><th scope="row" role="rowheader"><a href="`)
		w.text(row.Href)
		w.raw(`">`)
		w.text(row.Label)
		w.raw(`</a><td role="cell" class="chart">`)
		row.draw(w)
		w.raw(`<td role="cell" class="num">`, itoa(row.N), `<td role="cell" class="num">`)
		w.text(row.Value)
		w.raw(`<td role="cell" class="num`)
		if row.Tone != "" {
			w.raw(" ", row.Tone)
		}
		w.raw(`">`)
		w.text(row.Diff)
		w.raw("\n")
	}
	return w.html()
}

// finding is a short list of items: the best, the worst, or those that have clearly changed.
type finding struct {
	Title, Tone string
	Rows        []scoreRow
}

// maxFindings bounds the items that a finding names.
const maxFindings = 3

// standing lists the best and the weakest items: those that differ from the others by more than chance explains, and where
// there are none, the highest and the lowest without such a claim. The notes say where no item differs.
func (d *document) standing() (all []finding, notes []string) {
	best, weakest := d.tests.Best(), d.tests.Weakest()
	if len(best)+len(weakest) == 0 && len(d.tests.Standing) > 1 {
		notes = append(notes, d.words.Say("results.no_best"))
	}
	add := func(items []*stats.Item, key, tone string) {
		if rows := d.standingRows(items[:min(maxFindings, len(items))]); len(rows) > 0 {
			all = append(all, finding{d.words.Say(key), tone, rows})
		}
	}
	ranked := slices.DeleteFunc(slices.Clone(d.period.Ranked()), func(item *stats.Item) bool {
		return slices.Contains(best, item) || slices.Contains(weakest, item)
	})
	half := min(maxFindings, len(ranked)/2)
	if len(best) > 0 {
		add(best, "results.best", "up")
	} else {
		add(ranked[:half], "results.highest", "")
	}
	if len(weakest) > 0 {
		add(weakest, "results.worst", "down")
	} else {
		lowest := slices.Clone(ranked[len(ranked)-half:])
		slices.Reverse(lowest)
		add(lowest, "results.lowest", "")
	}
	return all, notes
}

// moved lists the items that differ from the last period by more than chance explains. The notes say where none does.
func (d *document) moved() (all []finding, notes []string) {
	add := func(key, tone string, rows []scoreRow) {
		if len(rows) > 0 {
			all = append(all, finding{d.words.Say(key), tone, rows[:min(maxFindings, len(rows))]})
		}
	}
	add("results.risen", "up", d.clearRows(d.tests.Changes, stats.Higher))
	add("results.fallen", "down", d.clearRows(d.tests.Changes, stats.LowerThan))
	if before := d.before(d.indexTrend); before != nil && len(d.tests.Changes) > 0 && !anyClear(d.tests.Changes) {
		notes = append(notes, d.words.Say("results.no_change", "period", d.periodName(before.Name)))
	}
	return all, notes
}

func anyClear(tests map[string]*stats.Test) bool {
	for _, t := range tests {
		if t.Result != stats.Unclear {
			return true
		}
	}
	return false
}

// standingRows compares items with the overall level.
func (d *document) standingRows(items []*stats.Item) []scoreRow {
	overall := d.period.Performance()
	var rows []scoreRow
	for _, item := range items {
		performance := item.Performance()
		if performance == nil || overall == nil {
			continue
		}
		rows = append(rows, scoreRow{Label: d.itemName(item.Field), Href: "#q-" + item.Field.Question.ID,
			Value: stats.Round(performance, 1), Width: coordinate(float(performance)),
			Diff: d.signed(new(big.Rat).Sub(performance, overall), 1)})
	}
	return rows
}

// clearRows lists the items of the index for which a test has a result, those with the largest effect first.
func (d *document) clearRows(tests map[string]*stats.Test, result stats.Result) []scoreRow {
	var items []*stats.Item
	for i := range d.period.Items {
		item := &d.period.Items[i]
		if t := tests[item.Field.Name]; t != nil && t.Result == result && item.Weight != nil && item.Performance() != nil {
			items = append(items, item)
		}
	}
	slices.SortStableFunc(items, func(a, b *stats.Item) int {
		return cmp.Compare(math.Abs(tests[b.Field.Name].Effect), math.Abs(tests[a.Field.Name].Effect))
	})
	rows := make([]scoreRow, len(items))
	for i, item := range items {
		rows[i] = scoreRow{Label: d.itemName(item.Field), Href: "#q-" + item.Field.Question.ID,
			Value: stats.Round(item.Performance(), 1), Diff: d.signedFloat(item.OutOf100(tests[item.Field.Name].Difference), 1)}
	}
	return rows
}

// dimensions returns the scores of the areas, compared with the overall one.
func (d *document) dimensions() []scoreRow {
	var scores []*big.Rat
	for _, x := range d.period.Dimensions {
		scores = append(scores, x.Score)
	}
	best, overall := d.bestOr(scores), d.period.Overall.Raw
	if d.best == 0 {
		overall = nil // a sum of more answers
	}
	var rows []scoreRow
	for _, x := range d.period.Dimensions {
		row := scoreRow{Label: x.Label.In(d.language), Weight: x.Weight.String()}
		if row.Label == "" {
			row.Label = x.ID
		}
		if x.Score != nil && best > 0 {
			d.setScore(&row, x.Score, overall, best)
			row.Between = d.interval(x.Interval, d.places)
			row.setInterval(x.Interval, best)
		}
		rows = append(rows, row)
	}
	return rows
}

// units returns the groups of which the index is the mean.
func (d *document) units() (rows []scoreRow, text string) {
	o := &d.period.Overall
	if len(o.Units) == 0 {
		return nil, ""
	}
	var scores []*big.Rat
	sum, n := sumOfUnits(o)
	for _, u := range o.Units {
		scores = append(scores, u.Score)
	}
	best := d.bestOr(scores)
	for _, u := range o.Units {
		row := scoreRow{Label: d.unitName(&u.Option), N: u.Respondents, Href: d.linkIfExists(Folder{d.page.Period, d.scoring().Unit, u.Option.ID})}
		if u.Score != nil && best > 0 {
			d.setScore(&row, u.Score, nil, best)
		}
		if t := d.tests.Of(d.scoring().Unit, u.Option.ID); t != nil {
			d.setTest(&row, t)
		}
		rows = append(rows, row)
	}
	if o.Raw != nil {
		text = d.words.Say("results.units_text", "sum", d.index(sum), "n", n, "score", d.index(o.Raw))
	}
	return rows, text
}

// unitName names one of the groups of which the index is the mean.
func (d *document) unitName(o *survey.Option) string {
	if f, ok := d.period.Survey().Field(d.scoring().Unit); ok {
		return d.groupOption(f, o)
	}
	return d.option(o)
}

// sumOfUnits sums the scores of the units that have one, and counts them.
func sumOfUnits(o *stats.Overall) (sum *big.Rat, n int) {
	sum = new(big.Rat)
	for _, u := range o.Units {
		if u.Score != nil {
			sum.Add(sum, u.Score)
			n++
		}
	}
	return sum, n
}
