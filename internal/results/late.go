package results

import "glasspoll/internal/stats"

// earlyLate compares those who answered early with those who answered late.
type earlyLate struct {
	Rows          []scoreRow
	Verdict, Tone string
	Difference    string
}

// earlyLate is nil if they cannot be compared.
func (d *document) earlyLate() *earlyLate {
	both := d.period.EarlyLate
	if both == nil {
		return nil
	}
	row := func(key string, wave *stats.Wave) scoreRow {
		r := scoreRow{Label: d.words.Say(key, "date", d.words.Date(wave.Until)), N: wave.N, Value: d.index(wave.Mean)}
		if d.best > 0 {
			r.Width = percentWidth(wave.Mean, d.best)
		}
		return r
	}
	v := &earlyLate{Rows: []scoreRow{row("results.early_part", &both.Early), row("results.late_part", &both.Late)}}
	v.Difference = d.signedFloat(both.Test.Difference, d.places)
	v.Verdict, v.Tone = d.verdict(&both.Test)
	return v
}
