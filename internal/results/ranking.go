package results

import (
	"html/template"
	"math"
	"math/big"
	"slices"

	"glasspoll/internal/stats"
)

// scoreRow is one line that compares a score with the overall one.
type scoreRow struct {
	Label, Href string
	Width       string
	Tick        string // where the overall score is
	Value, Max  string // as the scale has it
	Percent     string // of the best possible
	Diff, Tone  string // to the overall score, in percent of the best possible
	Weight      string
	N           int64
}

// SVG draws the bar, and where the overall score is.
func (r scoreRow) SVG() template.HTML { return svg(r) }

func (r scoreRow) draw(w *htmlWriter) {
	w.raw(`<svg class="bar" width="100%" height="18" aria-hidden="true"><rect class="track" y="4" width="100%" height="10" rx="2"/>`)
	if r.Width != "" {
		w.raw(`<rect y="4" width="`, r.Width, `%" height="10" rx="2"/>`)
	}
	if r.Tick != "" {
		w.raw(`<line x1="`, r.Tick, `%" x2="`, r.Tick, `%" y1="0" y2="18"/>`)
	}
	w.raw("</svg>")
}

// setScore fills in a score on a scale up to best, and compares it with the overall one, which may be nil.
func (d *document) setScore(row *scoreRow, score, overall *big.Rat, best float64) {
	row.Value, row.Width = d.index(score), percentWidth(score, best)
	if overall == nil {
		return
	}
	row.Tick = percentWidth(overall, best)
	difference := new(big.Rat).Sub(score, overall)
	row.Diff = d.signed(difference, d.places)
	switch difference.Sign() {
	case 1:
		row.Tone = "up"
	case -1:
		row.Tone = "down"
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
			Value: stats.Round(item.Mean, 2), Max: item.Field.MaxScore().String(),
			Percent: stats.Round(performance, 1), Width: coordinate(float(performance)), Tick: tick, Diff: d.signed(difference, 1),
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
		w.raw(`<small class="wide"> / `)
		w.text(row.Max)
		w.raw(`</small><td role="cell" class="num wide">`)
		w.text(row.Percent)
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

func (d *document) findings(ranked []scoreRow) []finding {
	var all []finding
	if n := min(maxFindings, len(ranked)/2); n > 0 {
		worst := slices.Clone(ranked[len(ranked)-n:])
		slices.Reverse(worst)
		all = append(all, finding{d.words.Say("results.best"), "up", slices.Clone(ranked[:n])}, finding{d.words.Say("results.worst"), "down", worst})
	}
	changes := d.clearChanges()
	if risen := largest(changes, true); len(risen) > 0 {
		all = append(all, finding{d.words.Say("results.risen"), "up", risen})
	}
	if fallen := largest(changes, false); len(fallen) > 0 {
		all = append(all, finding{d.words.Say("results.fallen"), "down", fallen})
	}
	return all
}

// itemChange is the change of an item since the last period that has it.
type itemChange struct {
	row   scoreRow
	rise  bool
	share *big.Rat // of the highest score
}

// clearChanges lists the items of the index that have changed by more than chance explains.
func (d *document) clearChanges() []itemChange {
	var changes []itemChange
	for i := range d.period.Items {
		item := &d.period.Items[i]
		point, before := d.point(item.Field.Name), d.before(d.trends[item.Field.Name])
		if item.Weight == nil || point == nil || point.Broken || before == nil || item.Interval == nil || item.Field.MaxScore() == 0 {
			continue
		}
		then := before.Item(item.Field.Name)
		if then == nil || then.Interval == nil ||
			math.Abs(float(item.Mean)-float(then.Mean)) <= math.Hypot(halfWidth(item.Interval), halfWidth(then.Interval)) {
			continue
		}
		change := point.Change()
		changes = append(changes, itemChange{
			scoreRow{Label: d.itemName(item.Field), Href: "#q-" + item.Field.Question.ID, Percent: stats.Round(item.Mean, 2), Diff: d.signed(change, 2)},
			change.Sign() > 0,
			new(big.Rat).Quo(change, rat(item.Field.MaxScore())),
		})
	}
	return changes
}

// largest returns the largest rises or falls.
func largest(changes []itemChange, rises bool) []scoreRow {
	some := slices.DeleteFunc(slices.Clone(changes), func(c itemChange) bool { return c.rise != rises })
	slices.SortStableFunc(some, func(a, b itemChange) int {
		if rises {
			return b.share.Cmp(a.share)
		}
		return a.share.Cmp(b.share)
	})
	var rows []scoreRow
	for _, c := range some[:min(maxFindings, len(some))] {
		rows = append(rows, c.row)
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
		row := scoreRow{Label: d.option(&u.Option), N: u.Respondents, Href: d.linkIfExists(Folder{d.page.Period, d.scoring().Unit, u.Option.ID})}
		if u.Score != nil && best > 0 {
			d.setScore(&row, u.Score, o.Raw, best)
		}
		rows = append(rows, row)
	}
	if o.Raw != nil {
		text = d.words.Say("results.units_text", "sum", d.index(sum), "n", n, "score", d.index(o.Raw))
	}
	return rows, text
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
