package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"

	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// csvColumns are the columns of results.csv, which has a figure a line. The group columns are empty for everybody.
var csvColumns = []string{"period", "segment", "group", "question", "row", "option", "label", "measure", "n", "share", "value", "low", "high", "since", "until"}

// CSV writes the figures of one period, of everybody and of every group, as a table: UTF-8 with a byte order mark, as
// spreadsheet programs want it, and commas. Shares are 0 to 1.
func (r *Renderer) CSV(w io.Writer, p Page) error {
	if !p.Whole() {
		return fmt.Errorf("render results.csv: %s is part of its period's", p.Path())
	}
	d, err := r.document(p)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	t := &csvTable{d: d, w: spreadsheet.NewWriter(&b)}
	t.w.UseCRLF()
	t.w.Write(csvColumns)
	if d.period != nil && p.allowed() {
		t.writeAll()
	}
	if err := t.w.Flush(); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// csvTable writes lines of figures. The writer keeps the first error.
type csvTable struct {
	d *document
	w *spreadsheet.Writer

	period, segment, group string // that the lines being written are about
	prefix, since, until   string // of what is not asked any more: before the name of each measure, and when it was asked
}

// csvLine is one line: where a field is "", the figure has none.
type csvLine struct {
	question, row, option, label, measure string
	n                                     string
	share, value                          any // of [number] or [decimal]
	interval                              *stats.Interval
}

func (t *csvTable) line(l csvLine) {
	low, high := "", ""
	if l.interval != nil {
		low, high = cell(decimal(l.interval.Low)), cell(decimal(l.interval.High))
	}
	t.w.Write([]string{t.period, t.segment, t.group, l.question, l.row, l.option, l.label, t.prefix + l.measure, l.n,
		cell(l.share), cell(l.value), low, high, t.since, t.until})
}

func cell(v any) string {
	if text, ok := v.(json.Number); ok {
		return text.String()
	}
	return ""
}

// writeAll writes the figures of everybody and of the groups.
func (t *csvTable) writeAll() {
	p := t.d.period
	t.write(p, "", "")
	for _, segment := range p.Segments() {
		for _, o := range segment.Options() {
			if publishableGroup(p, segment.Name, o.ID) {
				t.write(t.d.group(segment.Name, o.ID), segment.Name, o.ID)
			}
		}
	}
}

func (t *csvTable) write(p *stats.Period, segment, group string) {
	t.period, t.segment, t.group = p.Name, segment, group
	t.line(csvLine{measure: "respondents", n: itoa(p.Respondents)})
	t.facts(p)
	t.overall(&p.Overall)
	for _, x := range p.Dimensions {
		line := csvLine{option: x.ID, label: x.Label.In(t.d.language)}
		t.figure(line, "dimension", "", x.Score, x.Interval)
		t.alpha(line, x.Alpha)
	}
	for i := range p.Items {
		t.item(&p.Items[i])
		t.before("earlier_", p.Items[i].Earlier)
	}
	t.before("removed_", p.Removed)
	t.weighted(p)
	if segment == "" {
		for _, c := range p.Channels {
			t.share(csvLine{option: c.Name}, "channel", c.Share)
		}
	}
	key := groupKey{period: t.d.at(), segment: segment, option: group}
	t.tests(t.d.set.tests(key), t.d.set.restTests(key))
}

// facts writes what is known of everybody who was asked; nothing of a group.
func (t *csvTable) facts(p *stats.Period) {
	count := func(measure string, n int64) {
		if n > 0 {
			t.line(csvLine{measure: measure, n: itoa(n)})
		}
	}
	count("received", p.Received)
	count("withdrawn", p.Withdrawn)
	count("held", p.Held)
	count("rejected", p.Rejected)
	count("annulled", p.Annulled)
	count("issued", p.Issued)
	if p.Rate != nil {
		t.line(csvLine{measure: "response_rate", value: number(p.Rate)})
	}
	count("population", p.Population)
	t.invited(p.Invited)
}

// before writes items that are not asked any more, or not in this way.
func (t *csvTable) before(prefix string, items []stats.Item) {
	for i := range items {
		t.prefix, t.since, t.until = prefix, items[i].Since, items[i].Until
		t.item(&items[i])
		t.prefix, t.since, t.until = "", "", ""
		t.before(prefix, items[i].Earlier)
	}
}

// weighted writes the weighted figures of everybody.
func (t *csvTable) weighted(p *stats.Period) {
	w := p.Weighted
	if w == nil {
		return
	}
	t.line(csvLine{measure: "weighted_respondents", n: itoa(w.Respondents)})
	t.line(csvLine{measure: "effective_n", value: decimal(w.EffectiveN)})
	t.line(csvLine{measure: "design_effect", value: decimal(w.DesignEffect)})
	if w.Score != nil {
		t.line(csvLine{measure: "weighted_score", value: decimal(*w.Score), interval: w.Interval})
	}
}

// tests writes comparisons: the value is the difference, and the label what the test finds of it.
func (t *csvTable) tests(tests *stats.Tests, rest *stats.RestTests) {
	line := func(l csvLine, measure string, test *stats.Test) {
		if test != nil {
			l.measure, l.label, l.value, l.interval = measure, string(test.Result), decimal(test.Difference), test.Interval
			t.line(l)
		}
	}
	line(csvLine{}, "index_change", tests.Index)
	line(csvLine{}, "index_rest", rest.Index)
	for i := range t.d.period.Items {
		f := t.d.period.Items[i].Field
		at := placeOf(f)
		line(at, "change", tests.Changes[f.Name])
		line(at, "standing", tests.Standing[f.Name])
		line(at, "rest", rest.Items[f.Name])
	}
	for i := range tests.Groups {
		g := &tests.Groups[i]
		line(csvLine{question: g.Segment.Name, option: g.Option.ID}, "group_rest", &g.Test)
	}
}

func (t *csvTable) overall(o *stats.Overall) {
	perAnswer, raw := o.RawInterval, o.RawInterval
	if o.PerAnswer != nil {
		raw = nil
	} else {
		perAnswer = nil
	}
	if o.Score != nil {
		t.line(csvLine{measure: "score", value: score(o), interval: o.Interval})
	}
	t.figure(csvLine{}, "raw", "", o.Raw, raw)
	t.figure(csvLine{}, "deducted", "", o.Deducted, nil)
	t.figure(csvLine{}, "reached", "", o.Reached, nil)
	t.figure(csvLine{}, "divisor", "", o.Divisor, nil)
	t.figure(csvLine{}, "per_answer", "", o.PerAnswer, perAnswer)
	t.figure(csvLine{}, "pooled", "", o.Pooled, nil)
	t.figure(csvLine{}, "gap", "", o.Gap, nil)
	t.alpha(csvLine{}, o.Alpha)
	if o.Band != nil {
		t.line(csvLine{measure: "band", label: o.Band.Label.In(t.d.language), value: number(rat(o.Band.From))})
	}
	for _, u := range o.Units {
		t.line(csvLine{measure: "unit", option: u.Option.ID, label: t.d.option(&u.Option), n: itoa(u.Respondents), value: number(u.Score), interval: u.Interval})
	}
}

// figure writes a figure; none if it is nil. l says of what.
func (t *csvTable) figure(l csvLine, measure, n string, value *big.Rat, interval *stats.Interval) {
	if value != nil {
		l.measure, l.n, l.value, l.interval = measure, n, number(value), interval
		t.line(l)
	}
}

func (t *csvTable) alpha(l csvLine, a *stats.Alpha) {
	if a != nil {
		l.measure, l.n, l.value = "alpha", itoa(a.N), decimal(a.Value)
		t.line(l)
	}
}

// share writes a share of some answers; l says of which.
func (t *csvTable) share(l csvLine, measure string, s stats.Share) {
	l.measure, l.n, l.share, l.interval = measure, itoa(s.N), number(s.Ratio()), s.Interval()
	t.line(l)
}

// placeOf says which field a line is about.
func placeOf(f survey.Field) csvLine {
	l := csvLine{question: f.Question.ID}
	switch { // the rest of the field's name
	case f.Row != nil && f.Part != survey.Whole:
		l.row = f.Row.ID + "." + string(f.Part)
	case f.Row != nil:
		l.row = f.Row.ID
	case f.Option != nil:
		l.row = f.Option.ID
	}
	return l
}

func (t *csvTable) item(item *stats.Item) {
	base := placeOf(item.Field)
	base.label = t.d.label(item.Field)
	count := func(measure string, n int64) {
		l := base
		l.measure, l.n = measure, itoa(n)
		t.line(l)
	}
	count("answered", item.N)
	if item.Base.N > 0 && !item.Coded {
		count("base_"+string(item.Base.Kind), item.Base.N)
	}
	if item.Coded {
		count("rounded_to", item.K)
	}
	t.figure(base, "mean", itoa(item.Scored), item.Mean, item.Interval)
	if item.Top.Of > 0 {
		t.share(base, "top", item.Top)
		t.share(base, "top_two", item.TopTwo)
		t.share(base, "low", item.Low)
	}
	if n := item.NPS; n != nil {
		t.figure(base, "nps", itoa(item.Scored), n.Score, n.Interval)
		t.share(base, "promoters", n.Promoters)
		t.share(base, "passives", n.Passives)
		t.share(base, "detractors", n.Detractors)
	}
	for _, c := range item.Counts {
		l := base
		l.option, l.label = c.Option.ID, t.d.option(c.Option)
		t.countOf(l, "count", item, c.Share)
	}
	for i := range item.Histogram {
		b := &item.Histogram[i]
		l := base
		l.option, l.label = binStart(b, survey.Decimal.String), t.d.binName(b)
		t.countOf(l, "histogram", item, b.Share)
	}
	if item.LeftOut != nil {
		t.countOf(base, "left_out", item, *item.LeftOut)
	}
	t.weightedItem(base, item)
}

// countOf writes a share of an item's answers; a rounded one has no interval.
func (t *csvTable) countOf(l csvLine, measure string, item *stats.Item, s stats.Share) {
	if !item.Coded {
		t.share(l, measure, s)
		return
	}
	l.measure, l.n, l.share = measure, itoa(s.N), number(s.Ratio())
	t.line(l)
}

func (t *csvTable) weightedItem(base csvLine, item *stats.Item) {
	w := item.Weighted
	if w == nil {
		return
	}
	figure := func(measure string, value *float64, interval *stats.Interval) {
		if value != nil {
			l := base
			l.measure, l.value, l.interval = measure, decimal(*value), interval
			t.line(l)
		}
	}
	figure("weighted_mean", w.Mean, w.Interval)
	figure("weighted_nps", w.NPS, nil)
	for i, share := range w.Counts {
		l := base
		l.option, l.label = item.Counts[i].Option.ID, t.d.option(item.Counts[i].Option)
		l.measure, l.share = "weighted_count", decimal(share)
		t.line(l)
	}
}
