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

// csvColumns are those of results.csv, a figure a line. The group columns are empty for everybody.
var csvColumns = []string{"period", "segment", "group", "question", "row", "option", "label", "measure", "n", "share", "value", "low", "high"}

// CSV writes the figures of one period, of everybody and of every group, as a table: UTF-8 with a byte order mark,
// as spreadsheet programs want it, and commas. Shares are 0 to 1.
func (r *Renderer) CSV(w io.Writer, p Page) error {
	if !p.Whole() {
		return fmt.Errorf("render results.csv: %s is part of its period's", p.Path())
	}
	d, err := r.drawing(p)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	t := &figureTable{drawing: d, csv: csv.NewWriter(&b)}
	t.csv.UseCRLF = true
	t.write(csvColumns)
	if d.period != nil && !p.withheld() {
		t.period(d.period, "", "")
		for _, segment := range d.period.Survey().Segments() {
			for _, o := range segment.Options() {
				if d.period.GroupSize(segment.Name, o.ID) >= int64(max(d.period.MinGroup, 1)) {
					t.period(d.period.Group(segment.Name, o.ID), segment.Name, o.ID)
				}
			}
		}
	}
	t.csv.Flush()
	if t.err = t.csv.Error(); t.err != nil {
		return t.err
	}
	_, err = w.Write(b.Bytes())
	return err
}

type figureTable struct {
	*drawing
	csv *csv.Writer
	err error
}

func (t *figureTable) write(record []string) {
	if err := t.csv.Write(record); err != nil && t.err == nil {
		t.err = err
	}
}

// figureLine is one line: where a field is "", the figure has none.
type figureLine struct {
	question, row, option, label, measure string
	n                                     string
	share, value                          *big.Rat
	interval                              *stats.Interval
}

func (t *figureTable) line(p *stats.Period, segment, group string, l figureLine) {
	low, high := "", ""
	if l.interval != nil {
		low, high = cell(decimal(l.interval.Low)), cell(decimal(l.interval.High))
	}
	t.write([]string{p.Name, segment, group, l.question, l.row, l.option, harmless(l.label), l.measure, l.n, cell(number(l.share)), cell(number(l.value)), low, high})
}

func cell(v any) string {
	if text, ok := v.(json.Number); ok {
		return text.String()
	}
	return ""
}

// harmless keeps a spreadsheet program from taking a label for a formula.
func harmless(label string) string {
	if label != "" && strings.ContainsRune("=+-@\t\r", rune(label[0])) {
		return "'" + label
	}
	return label
}

func (t *figureTable) period(p *stats.Period, segment, group string) {
	put := func(l figureLine) { t.line(p, segment, group, l) }
	o := &p.Overall
	put(figureLine{measure: "respondents", n: itoa(p.Respondents)})
	if p.Issued > 0 {
		put(figureLine{measure: "issued", n: itoa(p.Issued)})
		put(figureLine{measure: "response_rate", value: p.Rate})
	}
	if p.Population > 0 {
		put(figureLine{measure: "population", n: itoa(p.Population)})
	}
	for _, x := range []struct {
		name     string
		value    *big.Rat
		interval *stats.Interval
	}{
		{"score", o.Score, o.Interval}, {"raw", o.Raw, nil}, {"deducted", o.Deducted, nil}, {"reached", o.Reached, nil}, {"divisor", o.Divisor, nil},
		{"per_answer", o.PerAnswer, nil}, {"pooled", o.Pooled, nil}, {"gap", o.Gap, nil},
	} {
		if x.value != nil {
			put(figureLine{measure: x.name, value: x.value, interval: x.interval})
		}
	}
	if o.Band != nil {
		put(figureLine{measure: "band", label: o.Band.Label.In(t.language), value: rat(o.Band.From)})
	}
	for _, u := range o.Units {
		put(figureLine{measure: "unit", option: u.Option.ID, label: t.option(&u.Option), n: itoa(u.Respondents), value: u.Score})
	}
	for _, x := range p.Dimensions {
		put(figureLine{measure: "dimension", option: x.ID, label: x.Label.In(t.language), value: x.Score})
	}
	for i := range p.Items {
		t.item(put, &p.Items[i])
	}
	if segment == "" {
		for _, c := range p.Channels {
			put(figureLine{measure: "channel", option: c.Name, n: itoa(c.N), share: c.Ratio(), interval: c.Interval()})
		}
	}
}

func (t *figureTable) item(put func(figureLine), item *stats.Item) {
	f := item.Field
	base := figureLine{question: f.Question.ID, label: t.label(f)}
	switch { // the rest of the field's name
	case f.Row != nil && f.Part != survey.Whole:
		base.row = f.Row.ID + "." + string(f.Part)
	case f.Row != nil:
		base.row = f.Row.ID
	case f.Option != nil:
		base.row = f.Option.ID
	}
	with := func(measure string, n int64, share, value *big.Rat, interval *stats.Interval) {
		l := base
		l.measure, l.n, l.share, l.value, l.interval = measure, itoa(n), share, value, interval
		put(l)
	}
	with("answered", item.N, nil, nil, nil)
	if item.Mean != nil {
		with("mean", item.Scored, nil, item.Mean, item.Interval)
	}
	share := func(measure string, s stats.Share) { with(measure, s.N, s.Ratio(), nil, s.Interval()) }
	if item.Top.Of > 0 {
		share("top", item.Top)
		share("top_two", item.TopTwo)
		share("low", item.Low)
	}
	if n := item.NPS; n != nil {
		with("nps", item.Scored, nil, n.Score, n.Interval)
		share("promoters", n.Promoters)
		share("passives", n.Passives)
		share("detractors", n.Detractors)
	}
	for _, c := range item.Counts {
		l := base
		l.option, l.label, l.measure, l.n, l.share, l.interval = c.Option.ID, t.option(c.Option), "count", itoa(c.N), c.Ratio(), c.Interval()
		put(l)
	}
	for _, b := range item.Histogram {
		l := base
		l.option, l.label, l.measure, l.n, l.share, l.interval = b.From.String(), b.From.String()+"–"+b.To.String(), "histogram", itoa(b.N), b.Ratio(), b.Interval()
		put(l)
	}
}
