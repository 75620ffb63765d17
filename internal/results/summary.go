package results

import (
	"math/big"
	"slices"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// summary is the first screen of the page: what a board wants to know, in one sentence and a few figures.
type summary struct {
	Say    string // the index, its change, and the target
	Also   string // how rough it is, and the weakest item
	Change *fact  // since the last period
	Course *sparkline
	Tiles  []fact
	More   []fact // other figures of the index
	Doing  []measure
}

// The kinds of change that a sentence tells apart. Only a change that a test finds is said to be up or down.
const (
	onlyPeriod  = "only" // the survey has no periods
	firstPeriod = "first"
	wentUp      = "up"
	wentDown    = "down"
	withinError = "within"
	sameFigure  = "same"
	notTested   = "untested"
	scaleBroken = "broken"
)

// indexSentences are the sentences about the index: without a target, with one that is met, and with one that is missed.
var indexSentences = map[string][3]string{
	onlyPeriod:  {"results.say_only", "results.say_only_met", "results.say_only_missed"},
	firstPeriod: {"results.say_first", "results.say_first_met", "results.say_first_missed"},
	wentUp:      {"results.say_up", "results.say_up_met", "results.say_up_missed"},
	wentDown:    {"results.say_down", "results.say_down_met", "results.say_down_missed"},
	withinError: {"results.say_within", "results.say_within_met", "results.say_within_missed"},
	sameFigure:  {"results.say_same", "results.say_same_met", "results.say_same_missed"},
	notTested:   {"results.say_untested", "results.say_untested_met", "results.say_untested_missed"},
	scaleBroken: {"results.say_broken", "results.say_broken_met", "results.say_broken_missed"},
}

// maxDoing bounds the measures in the summary.
const maxDoing = 3

// summary returns the page's summary; the head's figures are all in it.
func (d *document) summary(h *head, m *measures) summary {
	say, also := d.say()
	v := summary{Say: say, Also: also, Course: d.sparkline(), Change: h.change, Tiles: h.tiles, More: h.more}
	if m != nil {
		rank := map[string]int{"overdue": 0, string(survey.Doing): 1, string(survey.Planned): 2, string(survey.Done): 3}
		rows := slices.DeleteFunc(slices.Clone(m.Rows), func(row measure) bool { return row.State == string(survey.Dropped) })
		slices.SortStableFunc(rows, func(a, b measure) int { return rank[a.State] - rank[b.State] })
		v.Doing = rows[:min(maxDoing, len(rows))]
	}
	return v
}

// say sums the page up: in a sentence about the index, and others about how rough it is and what is weakest.
func (d *document) say() (say, also string) {
	p, w := d.period, d.words
	o := &p.Overall
	if o.Score == nil {
		return w.Say("results.say_none", "n", p.Respondents), ""
	}
	var more []string
	if d.isRough() {
		more = append(more, w.Say("results.say_rough", "n", p.Respondents))
	}
	if weakest := d.tests.Weakest(); len(weakest) > 0 {
		more = append(more, w.Say("results.say_weakest", "item", d.itemName(weakest[0].Field)))
	}
	return d.indexSentence(), sentences(more...)
}

// indexSentence says the index, how it has changed, and whether it meets the target.
func (d *document) indexSentence() string {
	o := &d.period.Overall
	kind, change, before := d.changeKind()
	args := []any{"score", d.published(o)}
	if before != nil {
		args = append(args, "period", d.periodName(before.Name))
	}
	if change != nil {
		args = append(args, "change", stats.Round(new(big.Rat).Abs(change), d.places), "difference", d.signed(change, d.places))
	}
	target := 0
	if o.Gap != nil {
		target = 1
		if o.Gap.Sign() < 0 {
			target = 2
		}
		args = append(args, "target", d.scoring().Target.String(), "gap", stats.Round(new(big.Rat).Abs(o.Gap), o.Places(d.places)))
	}
	return d.words.Say(indexSentences[kind][target], args...)
}

// changeKind says how the index compares with that of the last period which has one; change is nil where it is not said.
func (d *document) changeKind() (kind string, change *big.Rat, before *stats.Period) {
	point := d.point("")
	if d.period.Name == survey.OnePeriod || point == nil || d.scoring().GroupModel() == survey.WeightedCount { // a sum of more answers is larger
		return onlyPeriod, nil, nil
	}
	if before = d.before(d.indexTrend); before == nil {
		return firstPeriod, nil, nil
	}
	change = point.Change()
	test := d.tests.Index
	switch {
	case point.Broken || change == nil:
		return scaleBroken, nil, before
	case trimZeros(stats.Round(change, d.places)) == "0":
		return sameFigure, nil, before
	case test == nil || !sameDeduction(&d.period.Overall, &before.Overall):
		return notTested, change, before
	case test.Result == stats.Higher && change.Sign() > 0:
		return wentUp, change, before
	case test.Result == stats.LowerThan && change.Sign() < 0:
		return wentDown, change, before
	case test.Result == stats.Unclear:
		return withinError, change, before
	}
	return notTested, change, before
}

// sameDeduction reports whether as many points were taken off two indexes. Tests compare them as they were before.
func sameDeduction(a, b *stats.Overall) bool {
	deducted := func(o *stats.Overall) *big.Rat {
		if o.Deducted == nil {
			return new(big.Rat)
		}
		return o.Deducted
	}
	return deducted(a).Cmp(deducted(b)) == 0
}

// isRough reports whether the index's interval is so wide that it is a direction only.
func (d *document) isRough() bool {
	o := &d.period.Overall
	if d.best <= 0 || o.RawInterval == nil || o.Raw == nil || o.Method == stats.MethodAll {
		return false
	}
	return d.marginPercent(o.Raw) > roughMargin
}

// sparkline is the course of the index in small.
type sparkline struct {
	Name, Describe          string
	Lines                   []lineSegment
	Points                  []trendPoint
	First, Last             string // periods
	FirstScore, LatestScore string
}

// The edges of a sparkline, in pixels from the top and in percent of its width.
const (
	sparkTop, sparkBottom = 8.0, 40.0
	sparkLeft, sparkRight = 3.0, 97.0
)

// sparkline is nil unless two periods have an index.
func (d *document) sparkline() *sparkline {
	plot := d.newTrendPlot()
	if plot == nil {
		return nil
	}
	v := &sparkline{Name: d.words.Say("results.trend_of", "title", d.words.Say("results.score"))}
	last := len(plot.periods) - 1
	for n := range plot.periods {
		point := plot.pointOf(n)
		share := (float(point.Value) - plot.low) / (plot.high - plot.low)
		p := trendPoint{X: d.x(sparkLeft + (sparkRight-sparkLeft)*float64(n)/float64(last)), Y: coordinate(sparkBottom - (sparkBottom-sparkTop)*share), Now: n == last}
		if n > 0 && !point.Broken {
			before := &v.Points[n-1]
			v.Lines = append(v.Lines, lineSegment{before.X, before.Y, p.X, p.Y})
		}
		v.Points = append(v.Points, p)
	}
	score := func(n int) (period, score string) {
		at := &d.report.Periods[plot.periods[n]]
		return d.periodName(at.Name), d.published(&at.Overall)
	}
	v.First, v.FirstScore = score(0)
	v.Last, v.LatestScore = score(last)
	v.Describe = d.words.Say("results.trend_says", "from", v.FirstScore, "first", v.First, "to", v.LatestScore, "last", v.Last)
	return v
}
