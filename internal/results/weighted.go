package results

import (
	"strings"

	"glasspoll/internal/stats"
)

// weighted is the figures with and without weights, side by side.
type weighted struct {
	Text  string
	Notes []string // why there are no figures, or what they cost and leave out
	Rows  []weightedRow
	Cells []marginCell
}

// weightedRow is one figure without weights and with them; N is how many answers of equal weight it is worth.
type weightedRow struct{ Label, Plain, Weighted, Between, N string }

// marginCell is a group's share of the respondents and of the population, in percent.
type marginCell struct{ Label, Sample, Population string }

// weighted is nil without weighting.
func (d *document) weighted() *weighted {
	if notes := d.weightingProblems(); len(notes) > 0 {
		return &weighted{Notes: notes}
	}
	w := d.period.Weighted
	if w == nil {
		return nil
	}
	v := &weighted{}
	var segments []string
	for _, m := range w.Margins {
		segments = append(segments, d.short(m.Segment))
		for _, share := range m.Shares {
			v.Cells = append(v.Cells, marginCell{d.groupOf(m.Segment, share.Option),
				d.percentFloat(share.Unweighted), d.percentFloat(share.Population)})
		}
	}
	v.Text = d.words.Say("results.weighted_text", "segments", strings.Join(segments, d.words.Say("join.and")))
	v.Notes = append(v.Notes, d.words.Say("results.effective", "n", w.Respondents, "effective", fixed(w.EffectiveN, 0), "deff", fixed(w.DesignEffect, 2)))
	if w.Excluded > 0 {
		v.Notes = append(v.Notes, d.words.Say("results.weighted_left", "n", w.Excluded))
	}
	if w.Capped {
		v.Notes = append(v.Notes, d.words.Say("results.capped", "most", fixed(w.Most, 2)))
	}
	if o := &d.period.Overall; w.Score != nil && o.Raw != nil {
		plain := o.Raw
		if o.PerAnswer != nil {
			plain = o.PerAnswer
		}
		label := d.words.Say("results.score")
		if o.Deducted != nil && o.Deducted.Sign() > 0 {
			label = d.words.Say("results.before_deduction", "index", label)
		}
		v.Rows = append(v.Rows, weightedRow{label, stats.Round(plain, d.places), fixed(*w.Score, d.places), d.interval(w.Interval, d.places), fixed(w.EffectiveN, 0)})
	}
	for i := range d.period.Items {
		if row, ok := d.weightedItem(&d.period.Items[i]); ok {
			v.Rows = append(v.Rows, row)
		}
	}
	return v
}

// weightingProblems says why respondents cannot be weighted.
func (d *document) weightingProblems() []string {
	var notes []string
	for _, problem := range d.period.Problems {
		group := ""
		if f, ok := d.period.Survey().Field(problem.Segment); ok {
			group = d.optionOf(f, problem.Option)
		}
		switch problem.Kind {
		case stats.EmptyWeight:
			notes = append(notes, d.words.Say("results.weights_empty", "group", group))
		case stats.NoConvergence:
			notes = append(notes, d.words.Say("results.weights_diverge"))
		case stats.TooCapped:
			notes = append(notes, d.words.Say("results.weights_capped", "group", group))
		}
	}
	return notes
}

// weightedItem compares an item's figure: from 0 to 100 or, where it has no such scale, its mean or net promoter score.
func (d *document) weightedItem(item *stats.Item) (row weightedRow, ok bool) {
	w := item.Weighted
	if w == nil {
		return row, false
	}
	row = weightedRow{Label: d.itemName(item.Field), N: fixed(w.EffectiveN, 0)}
	switch {
	case item.NPS != nil && w.NPS != nil:
		row.Plain, row.Weighted = d.signed(item.NPS.Score, 1), d.signedFloat(*w.NPS, 1)
	case item.Performance() != nil && w.Mean != nil:
		row.Plain, row.Weighted = stats.Round(item.Performance(), 1), fixed(item.OutOf100(*w.Mean), 1)
		if i := w.Interval; i != nil {
			row.Between = d.interval(&stats.Interval{Low: item.OutOf100(i.Low), High: item.OutOf100(i.High)}, 1)
		}
	case item.Mean != nil && w.Mean != nil:
		row.Plain, row.Weighted, row.Between = d.round(item.Mean, 2), d.minus(fixed(*w.Mean, 2)), d.interval(w.Interval, 2)
	default:
		return row, false
	}
	return row, true
}

// percentFloat prints a percentage that is not exact.
func (d *document) percentFloat(x float64) string { return d.words.Say("percent", "n", fixed(x, 1)) }
