package results

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"glasspoll/internal/render"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// document is a results file that is being written: its figures and its language.
type document struct {
	*render.Texts
	canvas
	frame    *render.Renderer
	survey   *survey.Survey
	words    *wording.Words
	language string
	page     Page
	set      *Set

	report  *stats.Report // of the group that the page is about, or of everybody
	history []int         // indexes of the periods that the page looks back on, its own last; empty if nothing may be shown
	period  *stats.Period // of the report; nil if nothing may be shown
	newest  bool
	places  int     // decimals that the index is printed with
	best    float64 // the highest possible index: 100, or the mean if everybody gave the best answer; 0 where it depends on the number of answers

	tests      *stats.Tests // the comparisons of the page
	indexTrend *stats.Line
	trends     map[string]*stats.Line // by field
	items      map[string]*stats.Item // by field
	fields     map[string][]survey.Field
	itemNames  map[string]string // by field; see itemName

	percentPrefix, percentSuffix string
}

func (r *Renderer) document(p Page) (*document, error) {
	s, words := p.Set.Report.Survey, r.frame.Words(p.Language)
	if !p.Set.exists[p.Folder] {
		return nil, fmt.Errorf("render results.html: %s has no %s", s.ID, p.Path())
	}
	d := &document{
		Texts:  render.NewTexts(s, words, p.Language),
		canvas: canvas{mirrored: wording.Dir(p.Language) == "rtl"},
		frame:  r.frame, survey: s, words: words, language: p.Language, page: p, set: p.Set, report: p.Set.Report,
	}
	d.percentPrefix, d.percentSuffix, _ = strings.Cut(words.Say("percent", "n", "0"), "0")
	if len(p.Set.periods) > 0 {
		d.setPeriod()
	}
	return d, nil
}

// setPeriod finds the figures of the page's period and group.
func (d *document) setPeriod() {
	p, set := d.page, d.set
	at := slices.Index(set.periods, set.periodOf(p.Folder))
	d.newest = at == len(set.periods)-1
	d.history = set.periods[:at+1]
	if !p.Whole() {
		d.report = set.groupReport(groupKey{segment: p.Segment, option: p.Option, alone: true})
	}
	d.period = &d.report.Periods[d.at()]
	d.trends, d.items = map[string]*stats.Line{}, map[string]*stats.Item{}
	for i := range d.report.Trend {
		line := &d.report.Trend[i]
		if line.Field.Question == nil {
			d.indexTrend = line
		} else {
			d.trends[line.Field.Name] = line
		}
	}
	for i := range d.period.Items {
		d.items[d.period.Items[i].Field.Name] = &d.period.Items[i]
	}
	if d.places = 1; d.scoring().GroupModel() == survey.Mean {
		d.places = 2
	}
	d.best = d.bestIndex()
	d.tests = set.tests(groupKey{d.at(), p.Segment, p.Option, !p.Whole()})
}

// at returns the index of the page's period in the report.
func (d *document) at() int { return d.history[len(d.history)-1] }

// everybody returns the page's period with all respondents.
func (d *document) everybody() *stats.Period { return &d.set.Report.Periods[d.at()] }

// group returns the figures of a group in the page's period.
func (d *document) group(segment, option string) *stats.Period {
	return d.set.group(groupKey{period: d.at(), segment: segment, option: option})
}

// scoring returns the scoring of the page's period, which may differ from today's.
func (d *document) scoring() *survey.Scoring { return &d.period.Survey().Scoring }

// bestIndex computes the field best.
func (d *document) bestIndex() float64 {
	s := d.scoring()
	switch {
	case s.OutOf100():
		return 100
	case s.GroupModel() != survey.Mean:
		return 0
	}
	reached, weights := 0.0, 0.0
	for _, item := range d.period.Items {
		if item.Weight != nil && item.Mean != nil {
			reached += float(item.Weight) * float64(item.Field.MaxScore()) / float64(survey.One)
			weights += float(item.Weight)
		}
	}
	if weights == 0 {
		return 0
	}
	return reached / weights
}

// link returns the address of a results page, or of a file in its folder.
func (d *document) link(f Folder, file string) string {
	return render.Address(d.survey, d.language, d.page.Root, f.Path()+file)
}

// linkIfExists returns the address of a results page; "" if there is no such page.
func (d *document) linkIfExists(f Folder) string {
	if !d.set.exists[f] {
		return ""
	}
	return d.link(f, "")
}

// label returns the name of a field: a row or an option with its question only where that is needed.
func (d *document) label(f survey.Field) string {
	text := d.Plain(f.Label().In(d.language))
	switch {
	case text == "" && f.Option != nil:
		return d.option(f.Option)
	case text == "":
		return f.Name
	}
	return text
}

func (d *document) option(o *survey.Option) string {
	return d.Plain(render.OptionLabel(d.words, o, d.language))
}

// short returns the short name of a field: see [survey.Field.Short].
func (d *document) short(f survey.Field) string {
	if text := d.Plain(f.Short(d.language)); text != "" {
		return text
	}
	return d.label(f)
}

// groupOption returns the name of the group of those who gave an answer to a segment: of a yes_no with a short name it says
// what they said yes or no to.
func (d *document) groupOption(segment survey.Field, o *survey.Option) string {
	q := segment.Question
	no := d.Plain(q.ShortNo.In(d.language))
	switch {
	case q.Type != survey.YesNo || d.Plain(q.ShortName.In(d.language)) == "":
	case no == "":
		return d.words.Say("results.group", "segment", d.short(segment), "option", d.option(o))
	case o.ID == "no":
		return no
	default:
		return d.short(segment)
	}
	if text := d.Plain(o.Short(d.language)); text != "" {
		return text
	}
	return d.option(o)
}

// itemName returns the name of a field where it is not shown with its question. If several questions have rows of the same name,
// the area, the section or the question is added, whichever distinguishes them.
func (d *document) itemName(f survey.Field) string {
	if name, ok := d.itemNames[f.Name]; ok {
		return name
	}
	if d.itemNames == nil {
		d.itemNames = map[string]string{}
	}
	name := d.short(f)
	if f.Row != nil || f.Option != nil {
		name = d.distinctName(f, name)
	}
	if f.Part == survey.ImportancePart {
		name = d.words.Say("importance_of", "item", name)
	}
	d.itemNames[f.Name] = name
	return name
}

// distinctName adds to a field's name what distinguishes it from other questions' fields with the same name.
func (d *document) distinctName(f survey.Field, label string) string {
	alike := d.fieldsOfOtherQuestions(f, label)
	if len(alike) == 0 {
		return label
	}
	question := func(f survey.Field) string { return d.Plain(f.Question.Short(d.language)) }
	for _, context := range []func(survey.Field) string{d.areaOf, d.sectionOf, question} {
		own, distinct := context(f), true
		for _, other := range alike {
			distinct = distinct && context(other) != own
		}
		if own != "" && distinct {
			return d.words.Say("results.item_of", "item", label, "question", own)
		}
	}
	return label
}

// fieldsOfOtherQuestions lists the counted fields with a name that belong to another question than f does.
func (d *document) fieldsOfOtherQuestions(f survey.Field, label string) []survey.Field {
	if d.fields == nil {
		d.fields = map[string][]survey.Field{}
		for _, f := range d.survey.Fields() {
			if f.Counted() {
				d.fields[d.short(f)] = append(d.fields[d.short(f)], f)
			}
		}
	}
	var others []survey.Field
	for _, other := range d.fields[label] {
		if other.Question.ID != f.Question.ID {
			others = append(others, other)
		}
	}
	return others
}

// areaOf returns the name of a field's dimension.
func (d *document) areaOf(f survey.Field) string {
	for _, x := range d.survey.Scoring.Dimensions {
		if x.ID == f.Question.Dimension {
			return x.Label.In(d.language)
		}
	}
	return ""
}

// sectionOf returns the title of a field's section.
func (d *document) sectionOf(f survey.Field) string {
	for i := range d.survey.Sections {
		section := &d.survey.Sections[i]
		for j := range section.Questions {
			if section.Questions[j].ID == f.Question.ID {
				return d.Plain(section.Title.In(d.language))
			}
		}
	}
	return ""
}

// groupName returns the name of the page's group: "Kind of customer: Gold"; "" for everybody.
func (d *document) groupName() string {
	if d.page.Whole() {
		return ""
	}
	f, ok := d.period.Survey().Field(d.page.Segment)
	if !ok {
		return d.page.Option
	}
	return d.optionOf(f, d.page.Option)
}

// optionOf names a field and one of its options: "Kind of customer: Gold".
func (d *document) optionOf(f survey.Field, id string) string {
	for _, o := range f.Options() {
		if o.ID == id {
			return d.groupOf(f, &o)
		}
	}
	return id
}

// groupOf names a group where its segment is not named before it.
func (d *document) groupOf(segment survey.Field, o *survey.Option) string {
	if q := segment.Question; q.Type == survey.YesNo && d.Plain(q.ShortName.In(d.language)) != "" {
		return d.groupOption(segment, o)
	}
	return d.words.Say("results.group", "segment", d.short(segment), "option", d.groupOption(segment, o))
}

// omittedGroups says how many groups are not shown: they are too small or, where everybody is counted, empty.
func (d *document) omittedGroups(n int) string {
	if d.period.MinGroup <= 1 {
		return d.words.Say("results.empty_groups", "n", n)
	}
	return d.words.Say("results.too_few", "n", n, "k", d.period.MinGroup)
}

// point returns the page's period in the trend of a field, or of the index if the name is empty.
func (d *document) point(field string) *stats.Point {
	line := d.trends[field]
	if field == "" {
		line = d.indexTrend
	}
	if line == nil {
		return nil
	}
	return &line.Points[d.at()]
}

// before returns the last period before the page's own in which a trend has a value.
func (d *document) before(line *stats.Line) *stats.Period {
	if line == nil {
		return nil
	}
	for i := d.at() - 1; i >= 0; i-- {
		if line.Points[i].Value != nil {
			return &d.report.Periods[i]
		}
	}
	return nil
}

// notComparable is printed in the place of a change between two figures that cannot be compared.
const notComparable = "≠"

// change prints the difference to the last period that has a figure for the field: "+0.3"; see [notComparable].
func (d *document) change(field string, places int) string {
	return d.pointChange(d.point(field), places)
}

func (d *document) pointChange(point *stats.Point, places int) string {
	switch {
	case point == nil:
		return ""
	case point.Broken:
		return notComparable
	}
	if change := point.Change(); change != nil {
		return d.signed(change, places)
	}
	return ""
}

// round prints a figure that may be negative.
func (d *document) round(r *big.Rat, places int) string { return d.minus(stats.Round(r, places)) }

// number prints a number that may be negative.
func (d *document) number(x survey.Decimal) string { return d.minus(x.String()) }

// signed prints a difference with its sign. Zero has none.
func (d *document) signed(r *big.Rat, places int) string { return d.withSign(stats.Round(r, places)) }

// signedFloat is signed for a difference that is not exact.
func (d *document) signedFloat(x float64, places int) string { return d.withSign(fixed(x, places)) }

// withSign puts a sign before a number.
func (d *document) withSign(text string) string {
	if strings.HasPrefix(text, "-") || strings.Trim(text, "0.") == "" {
		return d.minus(text)
	}
	return wording.Sign("+", d.mirrored) + text
}

// minus gives a number a true minus in place of a hyphen.
func (d *document) minus(number string) string { return wording.Minus(number, d.mirrored) }

// interval prints an interval: "4.20–4.43", and in words where an end is below zero. It is "" without one, and where both ends
// would be printed alike: then the digits say no more than the figure.
func (d *document) interval(i *stats.Interval, places int) string {
	if i == nil {
		return ""
	}
	low, high := fixed(i.Low, places), fixed(i.High, places)
	switch {
	case low == high:
		return ""
	case i.Low < 0:
		return d.words.Say("results.range", "low", d.withSign(low), "high", d.withSign(high))
	}
	return low + "–" + high
}

// withInterval prints a figure with its interval in brackets.
func (d *document) withInterval(figure string, i *stats.Interval, places int) string {
	if between := d.interval(i, places); between != "" {
		return figure + " (" + between + ")"
	}
	return figure
}

// percent prints a percentage.
func (d *document) percent(r *big.Rat, places int) string {
	return d.words.Say("percent", "n", stats.Round(r, places))
}

// percentOf prints the percentage that some of all are, rounded like [stats.Round].
func (d *document) percentOf(some, all int64) string {
	if all <= 0 || some < 0 {
		return ""
	}
	tenths := (2000*some + all) / (2 * all)
	return d.percentPrefix + itoa(tenths/10) + "." + itoa(tenths%10) + d.percentSuffix
}

// index prints a value of the index, or of a part of it.
func (d *document) index(r *big.Rat) string { return stats.Round(r, d.places) }

// published prints the index of a period or group, with as many decimals as tell it from the limits of bands and the target.
func (d *document) published(o *stats.Overall) string {
	return stats.Round(o.Score, o.Places(d.places))
}

// periodName says a period; "" for the one period of a survey without.
func (d *document) periodName(name string) string { return render.PeriodName(d.words, name) }

// sentences joins sentences, with a space where the script has one: none follows a full stop as wide as a character.
func sentences(all ...string) string {
	var b strings.Builder
	for i, s := range all {
		if i > 0 && !strings.HasSuffix(all[i-1], "。") {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}
