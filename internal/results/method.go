package results

import (
	"html/template"
	"math"
	"math/big"
	"slices"
	"strings"

	"glasspoll/internal/render"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// derivation is how the index is computed, in steps that a reader can repeat with a pocket calculator.
type derivation struct {
	Text    string // the rule
	Rows    []derivationRow
	Weights bool // dimensions weigh too
	Reached string
	Divisor string
	Best    bool     // the divisor is the highest possible sum
	Overall string   // whether the question about the whole is one of the items
	Steps   []string // from the sums to the published score
}

type derivationRow struct {
	Label, Sum, Mean, Best, Weight, Reached, Divisor string
	N                                                int64
	Omitted                                          string // why it is left out: no answers
}

// exactDecimal prints a sum of scores times weights, whose decimals end, in full.
func exactDecimal(r *big.Rat) string { return fullDecimal(r, 9) }

// fourPlaces prints a figure whose decimals may not end: in full within four places, or rounded to them.
func fourPlaces(r *big.Rat) string { return fullDecimal(r, 4) }

// fullDecimal prints a figure in full if it has at most the given number of decimals, else rounded to four.
func fullDecimal(r *big.Rat, places int) string {
	denom := r.Denom()
	if !denom.IsInt64() || int64(math.Pow10(places))%denom.Int64() != 0 {
		return stats.Round(r, 4)
	}
	text := stats.Round(r, places)
	if places > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// derivation is nil if there is no index.
func (d *document) derivation() *derivation {
	o := &d.period.Overall
	if o.Score == nil {
		return nil
	}
	model := d.scoring().GroupModel()
	v := &derivation{Text: d.modelText(model), Best: model == survey.PercentOfMax || model == survey.Graded10}
	if o.Units != nil {
		v.Text = sentences(v.Text, d.words.Say("derivation.units"))
		sum, n := sumOfUnits(o)
		v.Steps = append(v.Steps, d.words.Say("derivation.units_step", "sum", fourPlaces(sum), "n", n, "raw", fourPlaces(o.Raw)))
	} else {
		v.Rows = d.derivationRows(model)
		v.Weights = len(d.scoring().Dimensions) > 0
		v.Reached, v.Divisor = fourPlaces(o.Reached), fourPlaces(o.Divisor)
		v.Steps = append(v.Steps, d.division(model))
	}
	v.Steps = append(v.Steps, d.publishing()...)
	v.Overall = d.overallItem()
	return v
}

// overallItem says whether the question about the whole counts in the index; "" if none is named.
func (d *document) overallItem() string {
	f, ok := d.period.Survey().Field(d.scoring().Overall)
	if !ok {
		return ""
	}
	name := d.itemName(f)
	if item := d.items[f.Name]; item != nil && item.Weight != nil && item.Weight.Sign() > 0 {
		return d.words.Say("derivation.overall_in", "item", name)
	}
	return d.words.Say("derivation.overall_out", "item", name)
}

// modelText says how a model scores.
func (d *document) modelText(model string) string {
	switch model {
	case survey.Mean:
		return d.words.Say("derivation.mean")
	case survey.Graded10:
		return d.words.Say("derivation.graded_10")
	case survey.WeightedCount:
		return d.words.Say("derivation.weighted_count")
	default:
		return d.words.Say("derivation.percent_of_max")
	}
}

// derivationRows returns the items of the index with what each adds to the two sums.
func (d *document) derivationRows(model string) []derivationRow {
	var rows []derivationRow
	for i := range d.period.Items {
		item := &d.period.Items[i]
		if item.Weight == nil {
			continue
		}
		row := derivationRow{Label: d.itemName(item.Field), N: item.Scored, Weight: exactDecimal(item.Weight)}
		if item.Mean == nil {
			row.Omitted = d.words.Say("derivation.out")
			rows = append(rows, row)
			continue
		}
		n := big.NewRat(item.Scored, 1)
		sum := new(big.Rat).Mul(item.Mean, n)
		reached, best := item.Mean, big.NewRat(1, 1)
		switch model {
		case survey.PercentOfMax:
			best = rat(item.Field.MaxScore())
		case survey.Graded10:
			best = big.NewRat(10, 1)
		case survey.WeightedCount:
			reached, best = sum, n
		}
		row.Sum, row.Mean, row.Best = exactDecimal(sum), fourPlaces(item.Mean), exactDecimal(best)
		row.Reached, row.Divisor = fourPlaces(new(big.Rat).Mul(item.Weight, reached)), fourPlaces(new(big.Rat).Mul(item.Weight, best))
		rows = append(rows, row)
	}
	return rows
}

// division returns the step from the two sums to the raw index.
func (d *document) division(model string) string {
	o, w := &d.period.Overall, d.words
	args := []any{"reached", fourPlaces(o.Reached), "divisor", fourPlaces(o.Divisor)}
	switch model {
	case survey.Mean:
		return w.Say("derivation.step_mean", append(args, "raw", fourPlaces(o.Raw))...)
	case survey.WeightedCount:
		return w.Say("derivation.step_count", append(args, "per", fourPlaces(o.PerAnswer))...)
	default:
		return w.Say("derivation.step_percent", append(args, "raw", fourPlaces(o.Raw))...)
	}
}

// publishing returns the steps from the raw index to the published one.
func (d *document) publishing() []string {
	o, w := &d.period.Overall, d.words
	var steps []string
	if rule := d.scoring().Rule; rule != nil && o.Deducted != nil {
		steps = append(steps, d.deduction(rule)...)
		steps = append(steps, w.Say("derivation.deducted", "raw", fourPlaces(o.Raw), "points", fourPlaces(o.Deducted), "score", fourPlaces(o.Score)))
	}
	if rounded := d.published(o); rounded != fourPlaces(o.Score) {
		steps = append(steps, w.Say("derivation.rounded", "score", rounded))
	}
	if b := o.Band; b != nil {
		steps = append(steps, w.Say("derivation.band", "from", b.From, "band", b.Label.In(d.language)))
	}
	return steps
}

// deduction says the rule of the response rate, with its figures.
func (d *document) deduction(rule *survey.ResponseRateRule) []string {
	p, w := d.period, d.words
	steps := []string{w.Say("derivation.rate", "issued", p.Issued, "received", p.Received, "rate", stats.Round(p.Rate, 2))}
	if i := p.Invited; i != nil {
		steps[0] = w.Say("derivation.rate_invited", "asked", i.Sum.Asked, "n", i.Completed, "rate", stats.Round(p.Rate, 2))
	}
	missing := new(big.Rat).Sub(rat(rule.Floor), p.Rate)
	if missing.Sign() <= 0 {
		return append(steps, w.Say("derivation.rate_fine", "floor", rule.Floor))
	}
	args := []any{"floor", rule.Floor, "missing", stats.Round(missing, 2), "per", rule.Per, "deduct", rule.Deduct, "points", fourPlaces(p.Overall.Deducted)}
	if rule.Proportional {
		return append(steps, w.Say("derivation.rate_proportional", args...))
	}
	return append(steps, w.Say("derivation.rate_step", args...))
}

// Body returns the table's rows.
func (v *derivation) Body() template.HTML {
	w := newHTMLWriter(320 * len(v.Rows))
	for i := range v.Rows {
		r := &v.Rows[i]
		w.raw(`<tr><th scope="row">`)
		w.text(r.Label)
		w.cell(itoa(r.N), "")
		if r.Omitted != "" {
			w.raw(`<td colspan="6">`)
			w.text(r.Omitted)
		} else {
			for _, text := range []string{r.Sum, r.Mean, r.Best, r.Weight, r.Reached, r.Divisor} {
				w.cell(text, "")
			}
		}
		w.raw("\n")
	}
	return w.html()
}

// method says where the figures come from, and what is withheld.
type method struct {
	Intro    template.HTML
	Facts    []fact
	Withheld []string
	Waiting  []string // questions of which nothing may be shown yet
	Margin   []string
	Plan     string // address; "" without one
}

func (d *document) method() *method {
	v := &method{Intro: d.intro(), Facts: d.methodFacts(), Margin: d.marginNotes(), Plan: render.PlanAddress(d.survey, d.language, d.page.Root)}
	if d.period != nil {
		for i := range d.period.Items {
			if item := &d.period.Items[i]; item.N == 0 && !item.Coded {
				v.Waiting = append(v.Waiting, d.itemName(d.period.Items[i].Field))
			}
		}
	}
	v.Withheld = d.withheld(len(v.Waiting) > 0)
	return v
}

// methodFacts says when and of whom the figures are. Numbers that are not known are left out.
func (d *document) methodFacts() []fact {
	var facts []fact
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, fact{Name: d.words.Say(key), Value: value})
		}
	}
	addNumber := func(key string, n int64) {
		if n > 0 {
			add(key, itoa(n))
		}
	}
	add("method.window", d.window())
	p := d.period
	if p == nil {
		return facts
	}
	add("results.period", d.periodName(p.Name))
	if d.page.Whole() {
		addNumber("method.population", p.Population)
		addNumber("method.issued", p.Issued)
	} else {
		add("method.group", d.groupName())
	}
	if arrived := d.arrived(); arrived != "" {
		add("method.arrived", arrived)
	}
	addNumber("method.received", p.Respondents)
	addNumber("results.withdrawn", p.Withdrawn)
	if p.Rate != nil {
		add("results.rate", d.percent(p.Rate, 2))
	}
	addNumber("method.sample", p.SampleSize)
	if d.page.Whole() {
		add("method.released", d.words.Say("method.release", "n", p.Release, "date", d.words.Date(p.Date)))
	}
	return facts
}

// window says when answers are taken; "" without a limit.
func (d *document) window() string {
	w := d.words
	from, until := w.Date(string(d.survey.Window.From)), w.Date(string(d.survey.Window.Until))
	switch {
	case from != "" && until != "":
		return w.Say("method.between", "from", from, "until", until)
	case from != "":
		return w.Say("method.from", "from", from)
	case until != "":
		return w.Say("method.until", "until", until)
	}
	return ""
}

// arrived says how many answers were received, and until when: a fact, whatever is in the figures.
func (d *document) arrived() string {
	p := d.period
	switch {
	case p.Received == 0:
		return ""
	case p.Through == "":
		return itoa(p.Received)
	}
	return d.words.Say("method.through", "n", p.Received, "date", d.words.Date(p.Through))
}

// methods say what the interval of the index is made from.
var methods = map[stats.Method]string{
	stats.MethodRows: "method.by_rows", stats.MethodBound: "method.by_bound",
	stats.MethodUnits: "method.by_units", stats.MethodScore: "method.by_score",
}

// marginNotes says what the margins of error mean.
func (d *document) marginNotes() []string {
	p, w := d.period, d.words
	if p == nil {
		return nil
	}
	notes := []string{w.Say("method.margin"), w.Say("method.intervals")}
	if p.Population > 0 && p.Respondents <= p.Population && d.page.Whole() {
		notes = append(notes, w.Say("method.finite", "n", p.Population))
	}
	switch key := methods[p.Overall.Method]; {
	case p.Overall.Method == stats.MethodRows:
		notes = append(notes, w.Say(key, "n", p.Overall.Rows))
	case key != "":
		notes = append(notes, w.Say(key))
	}
	if o := &p.Overall; o.Interval != nil && o.Deducted != nil && o.Deducted.Sign() > 0 {
		notes = append(notes, w.Say("method.deducted"))
	}
	if d.tests.N > 0 {
		notes = append(notes, w.Say("method.comparison", "n", d.tests.N))
	}
	if hasAlpha(p) {
		notes = append(notes, w.Say("method.alpha"), strings.Join(d.alphas(), " · "))
	}
	return append(notes, d.invitedNotes()...)
}

// alphas says how far the items of each area go together, and those of the index.
func (d *document) alphas() []string {
	var said []string
	add := func(name string, alpha *stats.Alpha) {
		if alpha != nil {
			said = append(said, d.words.Say("results.alpha", "area", name, "value", d.minus(fixed(alpha.Value, 2))))
		}
	}
	for i := range d.period.Dimensions {
		x := &d.period.Dimensions[i]
		name := x.Label.In(d.language)
		if name == "" {
			name = x.ID
		}
		add(name, x.Alpha)
	}
	add(d.words.Say("results.score"), d.period.Overall.Alpha)
	return said
}

func hasAlpha(p *stats.Period) bool {
	return p.Overall.Alpha != nil || slices.ContainsFunc(p.Dimensions, func(x stats.Dimension) bool { return x.Alpha != nil })
}

// withheld says what is not shown; waiting says that there are questions of which nothing may be shown yet.
func (d *document) withheld(waiting bool) []string {
	k, segments := max(d.survey.K(), 1), 0
	if d.period != nil {
		k, segments = max(d.period.MinGroup, 1), len(d.period.Segments())
	}
	if k <= 1 {
		return append([]string{d.words.Say("results.unprotected"), d.words.Say("method.never")}, d.afterwards()...)
	}
	notes := []string{d.words.Say("method.group_rule", "k", k), d.words.Say("method.few", "k", k)}
	if segments > 0 {
		notes = append(notes, d.words.Say("method.pool", "k", k))
	}
	notes = append(notes, d.words.Say("method.never"))
	if d.survey.IsOpenToAll() {
		notes = append(notes, d.words.Say("method.not_covered", "less", k-1))
	} else { // everybody has one answer
		notes = append(notes, d.words.Say("method.not_covered_invited", "less", k-1))
	}
	notes = append(notes, d.afterwards()...)
	if waiting {
		notes = append(notes, d.words.Say("method.waiting"))
	}
	return notes
}

// afterwards says what was withdrawn or taken out after it had been published.
func (d *document) afterwards() []string {
	p := d.period
	if p == nil {
		return nil
	}
	var notes []string
	if p.Withdrawn > 0 && p.MinGroup > 1 {
		notes = append(notes, d.words.Say("method.withdrawn_text", "withdrawn", d.words.Say("results.withdrawn"), "k", p.MinGroup))
	}
	notes = append(notes, d.heldBack()...)
	for _, a := range p.Annulments() {
		notes = append(notes, d.words.Say("method.annulled", "n", a.Respondents, "date", d.words.Date(a.Date), "release", a.Release, "reason", a.Reason))
	}
	return notes
}

// heldBack says how many answers rules have held back before release, by which rules, and how many were rejected.
func (d *document) heldBack() (notes []string) {
	p := d.period
	if p.Held > 0 {
		var rules []string
		for _, rule := range survey.HoldRules() {
			if d.survey.Holds(rule) {
				rules = append(rules, d.words.Say("hold."+string(rule), "burst", d.survey.BurstLimit(), "seconds", d.survey.FastLimit()))
			}
		}
		notes = append(notes, d.words.Say("method.held", "n", p.Held, "rules", strings.Join(rules, " · ")))
	}
	if p.Rejected > 0 {
		notes = append(notes, d.words.Say("method.rejected", "n", p.Rejected))
	}
	return notes
}
