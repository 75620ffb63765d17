package results

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// JSON writes the figures of one period's results page for machines; docs/results-json.md says what is in it.
// Numbers are rounded to four decimals; what is not released, or has no answers, is null or absent, and nothing tells how
// many wait.
func (r *Renderer) JSON(w io.Writer, p Page) error {
	if !p.Whole() {
		return fmt.Errorf("render results.json: %s is part of its period's", p.Path())
	}
	if p.withheld() {
		return writeJSON(w, object{{"survey", p.Report.Survey.ID}, {"audience", p.Report.Survey.Results.Audience}})
	}
	d, err := r.drawing(p)
	if err != nil {
		return err
	}
	return writeJSON(w, d.json())
}

func (d *drawing) json() object {
	s, language := d.survey, d.language
	doc := object{
		{"survey", s.ID}, {"title", s.Title.In(language)}, {"language", language}, {"revision", d.whole.Revision},
	}
	p := d.period
	if p == nil {
		return append(doc, object{
			{"period", nil}, {"release", 0}, {"date", nil}, {"min_group", s.Results.MinGroup}, {"respondents", 0},
			{"overall", object{{"score", nil}, {"raw", nil}, {"band", nil}}},
			{"dimensions", object{}}, {"questions", object{}}, {"periods", []object{}},
		}...)
	}
	dimensions := object{}
	for _, x := range p.Dimensions {
		dimensions = append(dimensions, member{x.ID, number(x.Score)})
	}
	periods := []object{}
	for _, i := range d.shown {
		before := &d.report.Periods[i]
		point := &d.course.Points[i]
		periods = append(periods, object{{"period", before.Name}, {"release", before.Release}, {"date", before.Date}, {"respondents", before.Respondents},
			{"score", number(before.Overall.Score)}, {"raw", number(before.Overall.Raw)},
			{"interval", interval(before.Overall.Interval)}, {"change", number(point.Change())}, {"comparable", !point.Broken}})
	}
	doc = append(doc, object{
		{"period", p.Name}, {"release", p.Release}, {"date", p.Date}, {"min_group", p.MinGroup}, {"respondents", p.Respondents},
		{"issued", known(p.Issued)}, {"population", known(p.Population)}, {"response_rate", number(p.Rate)}, {"sample_size", known(p.SampleSize)},
		{"overall", d.overallJSON(p)}, {"dimensions", dimensions}, {"questions", d.questionsJSON(p)}, {"periods", periods},
	}...)
	if segments := p.Survey().Segments(); len(segments) > 0 {
		groups := object{}
		for _, segment := range segments {
			options := object{}
			for _, o := range segment.Options() {
				if p.GroupSize(segment.Name, o.ID) >= int64(max(p.MinGroup, 1)) {
					g := p.Group(segment.Name, o.ID)
					options = append(options, member{o.ID, object{{"respondents", g.Respondents}, {"score", number(g.Overall.Score)}, {"interval", interval(g.Overall.Interval)},
						{"questions", d.questionsJSON(g)}}})
				}
			}
			groups = append(groups, member{segment.Name, options})
		}
		doc = append(doc, member{"groups", groups})
	}
	if len(p.Channels) > 0 {
		channels := object{}
		for _, c := range p.Channels {
			channels = append(channels, member{c.Name, c.N})
		}
		doc = append(doc, member{"channels", channels})
	}
	stated, derived := p.Drivers()
	for _, x := range []struct {
		name    string
		drivers *stats.Drivers
	}{{"stated_importance", stated}, {"derived_importance", derived}} {
		if x.drivers == nil {
			continue
		}
		items := object{}
		for _, i := range x.drivers.Items {
			items = append(items, member{i.Field.Name, object{{"n", i.N}, {"importance", decimal(i.Importance)}, {"performance", decimal(i.Performance)}, {"quadrant", i.Quadrant}}})
		}
		doc = append(doc, member{x.name, items})
	}
	return doc
}

// overallJSON is the index. Beside the rounded numbers stand the exact ones, as fractions.
func (d *drawing) overallJSON(p *stats.Period) object {
	o := &p.Overall
	var band, from any
	if o.Band != nil {
		band, from = o.Band.Label.In(d.language), o.Band.From
	}
	s := &p.Survey().Scoring
	v := object{{"score", number(o.Score)}, {"raw", number(o.Raw)}, {"band", band}, {"band_from", from}, {"model", s.Model},
		{"reached", number(o.Reached)}, {"divisor", number(o.Divisor)}, {"deducted", number(o.Deducted)}}
	if s.Target != nil {
		v = append(v, object{{"target", s.Target}, {"gap", number(o.Gap)}}...)
	}
	v = append(v, object{{"interval", interval(o.Interval)}, {"change", nil}, {"comparable", nil}}...)
	if point := d.point(""); point != nil && d.before(d.course) != nil {
		v[len(v)-2].value, v[len(v)-1].value = number(point.Change()), !point.Broken
	}
	if o.PerAnswer != nil {
		v = append(v, member{"per_answer", number(o.PerAnswer)})
	}
	if o.Units != nil {
		units := object{}
		for _, u := range o.Units {
			units = append(units, member{u.Option.ID, object{{"respondents", u.Respondents}, {"score", number(u.Score)}}})
		}
		v = append(v, object{{"unit", s.Unit}, {"units", units}, {"pooled", number(o.Pooled)}}...)
	}
	exact := object{}
	for _, x := range []struct {
		name  string
		value *big.Rat
	}{{"score", o.Score}, {"raw", o.Raw}, {"reached", o.Reached}, {"divisor", o.Divisor}, {"deducted", o.Deducted}} {
		if x.value != nil {
			exact = append(exact, member{x.name, x.value.RatString()})
		}
	}
	return append(v, member{"exact", exact})
}

func (d *drawing) questionsJSON(p *stats.Period) object {
	items := map[string]*stats.Item{}
	for i := range p.Items {
		items[p.Items[i].Field.Name] = &p.Items[i]
	}
	questions := object{}
	for i := range p.Items {
		item := &p.Items[i]
		figures := object{{"n", item.N}, {"mean", number(item.Mean)}}
		if !item.Field.Numeric() {
			counts := object{}
			for _, c := range item.Counts {
				counts = append(counts, member{c.Option.ID, c.N})
			}
			figures = append(figures, member{"counts", counts})
		}
		if q := item.Field.Question; q.Type == survey.Ranking {
			figures = append(figures, member{"first", number(firstShare(item, rankers(q, items)).Ratio())})
		}
		if item.Mean != nil {
			figures = append(figures, object{{"scored", item.Scored}, {"interval", interval(item.Interval)}}...)
			if item.Scored > 1 {
				figures = append(figures, member{"sd", decimal(item.SD)})
			}
		}
		if item.Weight != nil {
			figures = append(figures, object{{"weight", number(item.Weight)}, {"maximum", item.Field.MaxScore()}}...)
		}
		if item.Top.Of > 0 {
			figures = append(figures, object{{"top", number(item.Top.Ratio())}, {"top_two", number(item.TopTwo.Ratio())}, {"low", number(item.Low.Ratio())}}...)
		}
		if n := item.NPS; n != nil {
			figures = append(figures, member{"nps", object{{"score", number(n.Score)}, {"promoters", n.Promoters.N}, {"passives", n.Passives.N}, {"detractors", n.Detractors.N},
				{"interval", interval(n.Interval)}}})
		}
		if len(item.Histogram) > 0 {
			bins := []object{}
			for _, b := range item.Histogram {
				bins = append(bins, object{{"from", b.From}, {"to", b.To}, {"n", b.N}})
			}
			figures = append(figures, member{"histogram", bins})
		}
		questions = append(questions, member{item.Field.Name, figures})
	}
	return questions
}

// known is a number that is unknown when it is 0.
func known(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func interval(i *stats.Interval) any {
	if i == nil {
		return nil
	}
	return []any{decimal(i.Low), decimal(i.High)}
}

// decimal is a JSON number with at most four decimals.
func decimal(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return json.Number(shortest(strconv.FormatFloat(x, 'f', 4, 64)))
}

// shortest drops what a number does not need: zeros after the point, a minus before nothing.
func shortest(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

func writeJSON(w io.Writer, doc object) error {
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(out, '\n'))
	return err
}

// number is a JSON number with at most four decimals, or null.
func number(x *big.Rat) any {
	if x == nil {
		return nil
	}
	return json.Number(shortest(x.FloatString(4)))
}
