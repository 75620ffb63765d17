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

// JSON writes the figures of one period's results page for machines; docs/results-json.md says what it contains: the same in each
// language, but for the title and the band's label, which it has in all languages besides. Numbers
// are rounded to four decimals. What is not released, or has no answers, is null or absent, and nothing says how many
// answers wait.
func (r *Renderer) JSON(w io.Writer, p Page) error {
	if !p.Whole() {
		return fmt.Errorf("render results.json: %s is part of its period's", p.Path())
	}
	if s := p.Set.Report.Survey; !p.allowed() {
		return writeJSON(w, object{{"survey", s.ID}, {"audience", s.Results.Audience}})
	}
	d, err := r.document(p)
	if err != nil {
		return err
	}
	return writeJSON(w, d.json())
}

func (d *document) json() object {
	s, language := d.survey, d.language
	doc := object{
		{"survey", s.ID}, {"title", s.Title.In(language)}, {"titles", inLanguages(s, s.Title)}, {"language", language}, {"revision", d.report.RevisionOf(d.page.Period)},
	}
	p := d.period
	if p == nil {
		return append(doc, object{
			{"period", nil}, {"release", 0}, {"date", nil}, {"min_group", s.Results.MinGroup}, {"respondents", 0},
			{"overall", object{{"score", nil}, {"raw", nil}, {"band", nil}}},
			{"dimensions", object{}}, {"questions", object{}}, {"periods", []object{}}, {"protection", d.protectionJSON()},
		}...)
	}
	dimensions, areas := object{}, object{}
	for _, x := range p.Dimensions {
		dimensions = append(dimensions, member{x.ID, number(x.Score)})
		areas = append(areas, member{x.ID, object{{"score", number(x.Score)}, {"interval", interval(x.Interval)}, {"alpha", alphaJSON(x.Alpha)}}})
	}
	doc = append(doc, object{
		{"period", p.Name}, {"release", p.Release}, {"date", p.Date}, {"min_group", p.MinGroup}, {"respondents", p.Respondents},
		{"issued", nullIfZero(p.Issued)}, {"population", nullIfZero(p.Population)}, {"response_rate", number(p.Rate)}, {"sample_size", nullIfZero(p.SampleSize)},
		{"overall", d.overallJSON()}, {"dimensions", dimensions}, {"questions", questionsJSON(p.Items)}, {"periods", d.periodsJSON()},
		{"protection", d.protectionJSON()}, {"received", nullIfZero(p.Received)}, {"through", nullIfEmpty(p.Through)}, {"withdrawn", nullIfZero(p.Withdrawn)},
		{"areas", areas}, {"comparisons", d.comparisonsJSON(d.tests, nil)},
	}...)
	if p.Invited != nil {
		doc = append(doc, member{"invitations", invitedJSON(p.Invited)})
	}
	if p.Held > 0 || p.Rejected > 0 {
		doc = append(doc, member{"held", nullIfZero(p.Held)}, member{"rejected", nullIfZero(p.Rejected)})
	}
	doc = append(doc, d.moreJSON()...)
	if segments := p.Segments(); len(segments) > 0 {
		groups := object{}
		for _, segment := range segments {
			groups = append(groups, member{segment.Name, d.segmentJSON(segment)})
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
	if stated != nil {
		doc = append(doc, member{"stated_importance", driversJSON(stated)})
	}
	if derived != nil {
		doc = append(doc, member{"derived_importance", driversJSON(derived)})
	}
	return doc
}

// periodsJSON returns the index over the periods.
func (d *document) periodsJSON() []object {
	periods := []object{}
	for _, i := range d.history {
		p, point := &d.report.Periods[i], &d.indexTrend.Points[i]
		periods = append(periods, object{{"period", p.Name}, {"release", p.Release}, {"date", p.Date}, {"respondents", p.Respondents},
			{"score", score(&p.Overall)}, {"raw", number(p.Overall.Raw)},
			{"interval", interval(p.Overall.Interval)}, {"change", number(point.Change())}, {"comparable", !point.Broken}})
	}
	return periods
}

// segmentJSON returns the groups of a segment that may be shown.
func (d *document) segmentJSON(segment survey.Field) object {
	groups := object{}
	for _, o := range segment.Options() {
		if publishableGroup(d.period, segment.Name, o.ID) {
			key := groupKey{period: d.at(), segment: segment.Name, option: o.ID}
			g := d.set.group(key)
			groups = append(groups, member{o.ID, object{{"respondents", g.Respondents}, {"score", score(&g.Overall)},
				{"interval", interval(g.Overall.Interval)}, {"questions", questionsJSON(g.Items)}, {"raw_interval", interval(g.Overall.RawInterval)}, {"method", nullIfEmpty(g.Overall.Method)},
				{"comparisons", d.comparisonsJSON(d.set.tests(key), d.set.restTests(key))}}})
		}
	}
	return groups
}

func driversJSON(d *stats.Drivers) object {
	items := object{}
	for _, i := range d.Items {
		items = append(items, member{i.Field.Name, object{{"n", i.N}, {"importance", decimal(i.Importance)}, {"performance", decimal(i.Performance)}, {"quadrant", i.Quadrant}}})
	}
	return items
}

// overallJSON returns the index: rounded and, as fractions, exact.
func (d *document) overallJSON() object {
	o := &d.period.Overall
	var band, bands, from any
	if o.Band != nil {
		band, bands, from = o.Band.Label.In(d.language), inLanguages(d.survey, o.Band.Label), o.Band.From
	}
	s := d.scoring()
	v := object{{"score", score(o)}, {"raw", number(o.Raw)}, {"band", band}, {"band_labels", bands}, {"band_from", from}, {"model", s.Model},
		{"reached", number(o.Reached)}, {"divisor", number(o.Divisor)}, {"deducted", number(o.Deducted)}}
	if s.Target != nil {
		v = append(v, object{{"target", s.Target}, {"gap", number(o.Gap)}}...)
	}
	var change, comparable any
	if point := d.point(""); point != nil && d.before(d.indexTrend) != nil {
		change, comparable = number(point.Change()), !point.Broken
	}
	v = append(v, object{{"interval", interval(o.Interval)}, {"change", change}, {"comparable", comparable},
		{"raw_interval", interval(o.RawInterval)}, {"method", nullIfEmpty(o.Method)}, {"rows", nullIfZero(o.Rows)}, {"alpha", alphaJSON(o.Alpha)}}...)
	if o.PerAnswer != nil {
		v = append(v, member{"per_answer", number(o.PerAnswer)})
	}
	if o.Units != nil {
		units := object{}
		for _, u := range o.Units {
			units = append(units, member{u.Option.ID, object{{"respondents", u.Respondents}, {"score", number(u.Score)}, {"interval", interval(u.Interval)}}})
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

// inLanguages returns a text by language.
func inLanguages(s *survey.Survey, text survey.Text) object {
	all := object{}
	for _, language := range s.Languages {
		all = append(all, member{language, text.In(language)})
	}
	return all
}

func questionsJSON(items []stats.Item) object {
	questions := object{}
	for i := range items {
		questions = append(questions, member{items[i].Field.Name, itemJSON(&items[i], items)})
	}
	return questions
}

// itemJSON returns the figures of an item; beside are those of its question's other fields, among others.
func itemJSON(item *stats.Item, beside []stats.Item) object {
	figures := object{{"n", item.N}, {"mean", number(item.Mean)}}
	if !item.Field.Numeric() {
		counts := object{}
		for _, c := range item.Counts {
			counts = append(counts, member{c.Option.ID, c.N})
		}
		figures = append(figures, member{"counts", counts})
	}
	if q := item.Field.Question; q.Type == survey.Ranking && !item.Coded {
		figures = append(figures, member{"first", number(firstShare(item, rankedBy(sameQuestion(item, beside))).Ratio())})
	}
	if item.Mean != nil {
		figures = append(figures, object{{"scored", item.Scored}, {"interval", interval(item.Interval)}}...)
		if item.Scored > 1 {
			figures = append(figures, member{"sd", decimal(item.SD)})
		}
		if item.Midpoints {
			figures = append(figures, member{"midpoints", true})
		}
	}
	if item.Weight != nil {
		figures = append(figures, object{{"weight", number(item.Weight)}, {"maximum", item.Field.MaxScore()}}...)
	}
	if item.Top.Of > 0 {
		figures = append(figures, object{{"top", number(item.Top.Ratio())}, {"top_two", number(item.TopTwo.Ratio())}, {"low", number(item.Low.Ratio())}}...)
	}
	if n := item.NPS; n != nil {
		figures = append(figures, member{"nps", object{{"score", number(n.Score)}, {"promoters", n.Promoters.N}, {"passives", n.Passives.N},
			{"detractors", n.Detractors.N}, {"interval", interval(n.Interval)}}})
	}
	if len(item.Histogram) > 0 {
		bins := []object{}
		for i := range item.Histogram {
			bins = append(bins, binJSON(&item.Histogram[i]))
		}
		figures = append(figures, member{"histogram", bins})
	}
	return append(figures, itemContextJSON(item)...)
}

// sameQuestion returns the items of an item's question that were asked when it was.
func sameQuestion(item *stats.Item, items []stats.Item) []*stats.Item {
	var own []*stats.Item
	for i := range items {
		if x := &items[i]; x.Field.Question.ID == item.Field.Question.ID && x.Since == item.Since && x.Until == item.Until {
			own = append(own, x)
		}
	}
	return own
}

// binJSON returns a band of a histogram; an end to which it is open is null.
func binJSON(b *stats.Bin) object {
	var from, to any = b.From, b.To
	switch b.Open {
	case openLow:
		from = nil
	case openHigh:
		to = nil
	}
	return object{{"from", from}, {"to", to}, {"n", b.N}}
}

// itemContextJSON says of whom and of when an item's figures are.
func itemContextJSON(item *stats.Item) object {
	var v object
	switch {
	case item.Coded:
		v = append(v, object{{"coded", true}, {"k", item.K}}...)
		if item.LeftOut != nil {
			v = append(v, member{"left_out", item.LeftOut.N})
		}
	case item.Base.Kind != "":
		v = append(v, object{{"base", nullIfZero(item.Base.N)}, {"base_kind", item.Base.Kind}}...)
	}
	if w := item.Weighted; w != nil {
		v = append(v, member{"weighted", weightedItemJSON(item)})
	}
	if item.Until != "" || len(item.Earlier) > 0 {
		v = append(v, object{{"since", nullIfEmpty(item.Since)}, {"until", nullIfEmpty(item.Until)}}...)
	}
	if len(item.Earlier) > 0 {
		earlier := []object{}
		for i := range item.Earlier {
			earlier = append(earlier, itemJSON(&item.Earlier[i], item.Earlier))
		}
		v = append(v, member{"earlier", earlier})
	}
	return v
}

func weightedItemJSON(item *stats.Item) object {
	w := item.Weighted
	v := object{{"effective_n", decimal(w.EffectiveN)}}
	if len(w.Counts) > 0 {
		shares := object{}
		for i, share := range w.Counts {
			shares = append(shares, member{item.Counts[i].Option.ID, decimal(share)})
		}
		v = append(v, member{"shares", shares})
	}
	if w.Mean != nil {
		v = append(v, object{{"mean", decimal(*w.Mean)}, {"interval", interval(w.Interval)}}...)
	}
	if item.Top.Of > 0 {
		v = append(v, object{{"top", decimal(w.Top)}, {"top_two", decimal(w.TopTwo)}, {"low", decimal(w.Low)}}...)
	}
	if w.NPS != nil {
		v = append(v, member{"nps", decimal(*w.NPS)})
	}
	return v
}

func alphaJSON(a *stats.Alpha) any {
	if a == nil {
		return nil
	}
	return object{{"value", decimal(a.Value)}, {"items", a.Items}, {"n", a.N}}
}

// nullIfZero returns a number that is unknown if it is 0.
func nullIfZero(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func nullIfEmpty[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return s
}

func interval(i *stats.Interval) any {
	if i == nil {
		return nil
	}
	return []any{decimal(i.Low), decimal(i.High)}
}

// decimal returns a JSON number with at most four decimals.
func decimal(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return json.Number(shortest(strconv.FormatFloat(x, 'f', 4, 64)))
}

// shortest drops zeros after the decimal point, and the sign of zero.
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

// number returns a JSON number with at most four decimals, or null.
func number(x *big.Rat) any {
	if x == nil {
		return nil
	}
	return json.Number(shortest(x.FloatString(4)))
}

// score returns the published index, with more than four decimals where these do not tell it from the limit of a band or from
// the target.
func score(o *stats.Overall) any {
	if o.Score == nil {
		return nil
	}
	return json.Number(shortest(stats.Round(o.Score, o.Places(4))))
}
