package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// csvColumns are the columns of results.csv, which has a figure a line. The group columns are empty for everybody.
var csvColumns = []string{"period", "segment", "group", "question", "row", "option", "label", "measure", "n", "share", "value", "low", "high"}

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
	t := &csvTable{d: d, w: csv.NewWriter(&b)}
	t.w.UseCRLF = true
	t.w.Write(csvColumns)
	if d.period != nil && p.allowed() {
		t.writeAll()
	}
	t.w.Flush()
	if err := t.w.Error(); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// csvTable writes lines of figures. The csv.Writer keeps the first error.
type csvTable struct {
	d *document
	w *csv.Writer

	period, segment, group string // that the lines being written are about
}

// csvLine is one line: where a field is "", the figure has none.
type csvLine struct {
	question, row, option, label, measure string
	n                                     string
	share, value                          *big.Rat
	interval                              *stats.Interval
}

func (t *csvTable) line(l csvLine) {
	low, high := "", ""
	if l.interval != nil {
		low, high = cell(decimal(l.interval.Low)), cell(decimal(l.interval.High))
	}
	t.w.Write([]string{t.period, t.segment, t.group, l.question, l.row, l.option, escapeFormula(l.label), l.measure, l.n,
		cell(number(l.share)), cell(number(l.value)), low, high})
}

func cell(v any) string {
	if text, ok := v.(json.Number); ok {
		return text.String()
	}
	return ""
}

// escapeFormula keeps a spreadsheet program from taking a label for a formula.
func escapeFormula(label string) string {
	if label != "" && strings.ContainsRune("=+-@\t\r", rune(label[0])) {
		return "'" + label
	}
	return label
}

// writeAll writes the figures of everybody and of the groups.
func (t *csvTable) writeAll() {
	p := t.d.period
	t.write(p, "", "")
	for _, segment := range p.Survey().Segments() {
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
	if p.Issued > 0 {
		t.line(csvLine{measure: "issued", n: itoa(p.Issued)})
		t.line(csvLine{measure: "response_rate", value: p.Rate})
	}
	if p.Population > 0 {
		t.line(csvLine{measure: "population", n: itoa(p.Population)})
	}
	t.overall(&p.Overall)
	for _, x := range p.Dimensions {
		t.line(csvLine{measure: "dimension", option: x.ID, label: x.Label.In(t.d.language), value: x.Score})
	}
	for i := range p.Items {
		t.item(&p.Items[i])
	}
	if segment == "" {
		for _, c := range p.Channels {
			t.share(csvLine{option: c.Name}, "channel", c.Share)
		}
	}
}

func (t *csvTable) overall(o *stats.Overall) {
	for _, x := range []struct {
		name     string
		value    *big.Rat
		interval *stats.Interval
	}{
		{"score", o.Score, o.Interval}, {"raw", o.Raw, nil}, {"deducted", o.Deducted, nil}, {"reached", o.Reached, nil}, {"divisor", o.Divisor, nil},
		{"per_answer", o.PerAnswer, nil}, {"pooled", o.Pooled, nil}, {"gap", o.Gap, nil},
	} {
		if x.value != nil {
			t.line(csvLine{measure: x.name, value: x.value, interval: x.interval})
		}
	}
	if o.Band != nil {
		t.line(csvLine{measure: "band", label: o.Band.Label.In(t.d.language), value: rat(o.Band.From)})
	}
	for _, u := range o.Units {
		t.line(csvLine{measure: "unit", option: u.Option.ID, label: t.d.option(&u.Option), n: itoa(u.Respondents), value: u.Score})
	}
}

// share writes a share of some answers; l says of which.
func (t *csvTable) share(l csvLine, measure string, s stats.Share) {
	l.measure, l.n, l.share, l.interval = measure, itoa(s.N), s.Ratio(), s.Interval()
	t.line(l)
}

func (t *csvTable) item(item *stats.Item) {
	f := item.Field
	base := csvLine{question: f.Question.ID, label: t.d.label(f)}
	switch { // the rest of the field's name
	case f.Row != nil && f.Part != survey.Whole:
		base.row = f.Row.ID + "." + string(f.Part)
	case f.Row != nil:
		base.row = f.Row.ID
	case f.Option != nil:
		base.row = f.Option.ID
	}
	figure := func(measure string, n int64, value *big.Rat, interval *stats.Interval) {
		l := base
		l.measure, l.n, l.value, l.interval = measure, itoa(n), value, interval
		t.line(l)
	}
	figure("answered", item.N, nil, nil)
	if item.Mean != nil {
		figure("mean", item.Scored, item.Mean, item.Interval)
	}
	if item.Top.Of > 0 {
		t.share(base, "top", item.Top)
		t.share(base, "top_two", item.TopTwo)
		t.share(base, "low", item.Low)
	}
	if n := item.NPS; n != nil {
		figure("nps", item.Scored, n.Score, n.Interval)
		t.share(base, "promoters", n.Promoters)
		t.share(base, "passives", n.Passives)
		t.share(base, "detractors", n.Detractors)
	}
	for _, c := range item.Counts {
		l := base
		l.option, l.label = c.Option.ID, t.d.option(c.Option)
		t.share(l, "count", c.Share)
	}
	for _, b := range item.Histogram {
		l := base
		l.option, l.label = b.From.String(), b.From.String()+"–"+b.To.String()
		t.share(l, "histogram", b.Share)
	}
}
