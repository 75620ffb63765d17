package render

import (
	"encoding/json"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// results is everything that results.html shows.
type results struct {
	page
	Survey      *survey.Survey
	Heading     string
	Form        string // address of the survey
	Data        string // address of results.json
	MinGroup    int
	Facts       []string
	Empty       bool // nothing released yet
	Period      string
	Respondents int64
	Date        string
	Revision    int
	Score       string
	Width       string // of the score, as a share of the whole
	Band        string
	Bands       []mark
	Raw         string // the score before deductions, where it differs
	Target      string
	Trend       []trend
	Dimensions  []bar
	Sections    []resultSection
	Weights     []weight
}

// mark is a band of the index: where it begins, how far it reaches, in percent.
type mark struct {
	From, Width, Label string
	Now                bool
}

type trend struct {
	Period      string
	Respondents int64
	Score       string
	Width       string
}

type bar struct{ Label, Value, Width string }

type weight struct{ Label, Max, Weight string }

type resultSection struct {
	Title  string
	Blocks []block
}

// block is one question's figures.
type block struct {
	Label  string
	N      int64
	Mean   string // with its maximum, where there is one
	Width  string // of the mean against the maximum
	Number bool   // the mean is a number's
	Bars   []bar2
	Rows   []likert
	Legend []legend
	Pairs  []twin   // of an importance_matrix
	Scales []scale  // of an importance_matrix: all its rows' figures, importance first
	Ranks  []ranked // of a ranking
	Shares []ranked // of a constant_sum
}

// twin is one row of an importance_matrix: how important it is held to be, and beside it how well it is done.
type twin struct {
	Label string
	Parts []likert
}

// scale is one side of an importance_matrix.
type scale struct {
	Name   string
	Legend []legend
	Rows   []likert
}

// ranked is one option's line of a ranking or constant_sum. Mean is its mean rank or share; First, of a ranking, is the
// share of those who put it first among all who ranked anything.
type ranked struct {
	Label, Mean, First, Width string
	N                         int64
}

// bar2 is one option's line: how many, which share.
type bar2 struct {
	Label, Value string
	N            int64
	Share        string
	Width        string
}

// likert is one row of a matrix: its options' shares laid end to end.
type likert struct {
	Label  string
	As     string // importance or satisfaction
	N      int64
	Mean   string
	Parts  []part
	Counts []bar2
}

// part is a piece of a stacked bar, in percent. Tone is 0 (worst) to 4 (best), or none.
type part struct{ From, Width, Middle, Text, Tone string }

type legend struct{ Label, Tone string }

// Results writes the results page of the latest period, from released figures alone.
func (r *Renderer) Results(w io.Writer, report *stats.Report, language, root string) error {
	return r.execute(w, "results.html", r.results(report, language, root))
}

func (r *Renderer) results(report *stats.Report, language, root string) *results {
	s := report.Survey
	words := r.words.In(language)
	title := s.Title.In(language)
	v := &results{
		page:   r.page("results", words.Say("results.of", "title", title), language, root, r.languages(s, language, root, "results/")),
		Survey: s, Heading: title, Form: address(s, language, root, ""), MinGroup: s.Results.MinGroup, Facts: window(words, s),
		Revision: report.Revision,
	}
	sp := &speaker{survey: s, words: words, language: language}
	v.Data = address(s, language, root, "results/results.json")
	for _, f := range s.Fields() {
		if f.Scored() {
			v.Weights = append(v.Weights, weight{sp.plain(f.Label().In(language)), f.MaxScore().String(), f.Weight().String()})
		}
	}
	period := headline(report)
	if period == nil {
		v.Empty = true
		return v
	}
	v.MinGroup, v.Respondents, v.Date = period.MinGroup, period.Respondents, words.Date(period.Date)
	v.Period = periodName(words, period.Name)
	if score := period.Overall.Score; score != nil {
		v.Score, v.Width = score.FloatString(1), score.FloatString(2)
		if raw := period.Overall.Raw; raw != nil && raw.Cmp(score) != 0 {
			v.Raw = raw.FloatString(1)
		}
		if s.Scoring.Target != nil {
			v.Target = s.Scoring.Target.String()
		}
		upper := 100 * survey.One
		for _, b := range s.Scoring.Bands {
			v.Bands = append(v.Bands, mark{b.From.String(), (upper - b.From).String(), b.Label.In(language),
				period.Overall.Band != nil && b.From == period.Overall.Band.From})
			upper = b.From
		}
		slices.Reverse(v.Bands)
		if period.Overall.Band != nil {
			v.Band = period.Overall.Band.Label.In(language)
		}
	}
	if len(report.Periods) > 1 {
		for _, p := range report.Periods {
			if withheld(&p) {
				continue
			}
			t := trend{Period: periodName(words, p.Name), Respondents: p.Respondents}
			if p.Overall.Score != nil {
				t.Score, t.Width = p.Overall.Score.FloatString(1), p.Overall.Score.FloatString(2)
			}
			v.Trend = append(v.Trend, t)
		}
	}
	for _, d := range period.Dimensions {
		b := bar{Label: d.Label.In(language)}
		if b.Label == "" {
			b.Label = d.ID
		}
		if d.Score != nil {
			b.Value, b.Width = d.Score.FloatString(1), d.Score.FloatString(2)
		}
		v.Dimensions = append(v.Dimensions, b)
	}
	items := map[string]*stats.Item{}
	for i := range period.Items {
		if item := &period.Items[i]; item.Field.Counted() {
			items[item.Field.Name] = item
		}
	}
	for i := range s.Sections {
		from := &s.Sections[i]
		to := resultSection{Title: sp.plain(from.Title.In(language))}
		for j := range from.Questions {
			if b, ok := blockOf(sp, &from.Questions[j], items); ok {
				to.Blocks = append(to.Blocks, b)
			}
		}
		if len(to.Blocks) > 0 {
			v.Sections = append(v.Sections, to)
		}
	}
	return v
}

// headline is the period that the page is about; nil if nothing may be shown.
func headline(report *stats.Report) *stats.Period {
	if len(report.Periods) == 0 {
		return nil
	}
	if p := &report.Periods[len(report.Periods)-1]; !withheld(p) {
		return p
	}
	return nil
}

// withheld holds the rule once more, on the way out: no figure describes fewer than k.
func withheld(p *stats.Period) bool { return p.Respondents < int64(p.MinGroup) || p.Respondents == 0 }

func blockOf(sp *speaker, q *survey.Question, items map[string]*stats.Item) (block, bool) {
	b := block{Label: sp.plain(q.Label.In(sp.language))}
	switch q.Type {
	case survey.Matrix:
		b.Legend = legendOf(sp, q.Options)
		for i := range q.Rows {
			if l, ok := likertOf(sp, &q.Rows[i], items[q.ID+"."+q.Rows[i].ID]); ok {
				b.Rows = append(b.Rows, l)
			}
		}
		return b, len(b.Rows) > 0
	case survey.ImportanceMatrix:
		b.Scales = []scale{{Name: sp.words.Say("importance"), Legend: legendOf(sp, q.Importance)}, {Name: sp.words.Say("satisfaction"), Legend: legendOf(sp, q.Options)}}
		for i := range q.Rows {
			row := twin{Label: sp.plain(q.Rows[i].Label.In(sp.language))}
			for j, p := range []survey.Part{survey.ImportancePart, survey.SatisfactionPart} {
				if l, ok := likertOf(sp, &q.Rows[i], items[q.ID+"."+q.Rows[i].ID+"."+string(p)]); ok {
					l.As = b.Scales[j].Name
					b.Scales[j].Rows = append(b.Scales[j].Rows, l)
					row.Parts = append(row.Parts, l)
				}
			}
			if len(row.Parts) == 2 {
				b.Pairs = append(b.Pairs, row)
			}
		}
		return b, len(b.Pairs) > 0
	case survey.Ranking:
		b.N, b.Ranks = ranks(sp, q, items)
		return b, len(b.Ranks) > 0
	case survey.ConstantSum:
		b.N, b.Shares = shares(sp, q, items)
		return b, len(b.Shares) > 0
	}
	item := items[q.ID]
	if item == nil {
		return b, false
	}
	b.N, b.Number = item.N, q.Type == survey.Number
	b.Mean, b.Width = mean(sp.words, item, sp.language)
	b.Bars = bars(sp, item)
	return b, true
}

func legendOf(sp *speaker, options []survey.Option) []legend {
	tones := toneOf(options)
	lines := make([]legend, len(options))
	for i := range options {
		lines[i] = legend{sp.plain(label(sp.words, &options[i], sp.language)), tones[i]}
	}
	return lines
}

// likertOf lays the shares of an item's options end to end.
func likertOf(sp *speaker, row *survey.Row, item *stats.Item) (likert, bool) {
	if item == nil {
		return likert{}, false
	}
	l := likert{Label: sp.plain(row.Label.In(sp.language)), N: item.N, Counts: bars(sp, item)}
	l.Mean, _ = mean(sp.words, item, sp.language)
	tones := toneOf(item.Field.Options())
	from := new(big.Rat)
	for j, c := range item.Counts {
		if c.Share == nil || c.N == 0 {
			continue
		}
		width := percent(c.Share)
		p := part{From: from.FloatString(2), Width: width.FloatString(2), Tone: tones[j]}
		p.Middle = new(big.Rat).Add(from, new(big.Rat).Quo(width, big.NewRat(2, 1))).FloatString(2)
		if width.Cmp(big.NewRat(10, 1)) >= 0 {
			p.Text = width.FloatString(0)
		}
		l.Parts = append(l.Parts, p)
		from.Add(from, width)
	}
	return l, true
}

// ranks are a ranking's options: mean rank, and how many of those who ranked anything put each first. Who ranks
// anything puts something first, so that the first ranks count the respondents.
func ranks(sp *speaker, q *survey.Question, items map[string]*stats.Item) (n int64, lines []ranked) {
	n = rankers(q, items)
	for i := range q.Options {
		item := items[q.ID+"."+q.Options[i].ID]
		if item == nil {
			continue
		}
		line := ranked{Label: sp.plain(label(sp.words, &q.Options[i], sp.language)), N: item.N}
		if item.Mean != nil {
			line.Mean = item.Mean.FloatString(2)
		}
		if share := firstShare(item, n); share != nil {
			p := percent(share)
			line.First, line.Width = sp.words.Say("percent", "n", p.FloatString(1)), p.FloatString(2)
		}
		lines = append(lines, line)
	}
	return n, lines
}

// rankers counts who has ranked anything: who has put one of the options first.
func rankers(q *survey.Question, items map[string]*stats.Item) (n int64) {
	for i := range q.Options {
		if item := items[q.ID+"."+q.Options[i].ID]; item != nil && len(item.Counts) > 0 {
			n += item.Counts[0].N
		}
	}
	return n
}

// firstShare is how many of n respondents put an option first; nil if there are none.
func firstShare(item *stats.Item, n int64) *big.Rat {
	if n <= 0 || len(item.Counts) == 0 {
		return nil
	}
	return big.NewRat(item.Counts[0].N, n)
}

// shares are a constant_sum's options with their mean shares.
func shares(sp *speaker, q *survey.Question, items map[string]*stats.Item) (n int64, lines []ranked) {
	for i := range q.Options {
		item := items[q.ID+"."+q.Options[i].ID]
		if item == nil {
			continue
		}
		n = max(n, item.N)
		line := ranked{Label: sp.plain(label(sp.words, &q.Options[i], sp.language)), N: item.N}
		if item.Mean != nil {
			line.Mean = item.Mean.FloatString(2)
			line.Width = percent(new(big.Rat).Quo(item.Mean, big.NewRat(int64(*q.Total), int64(survey.One)))).FloatString(2)
		}
		lines = append(lines, line)
	}
	return n, lines
}

func mean(w *wording.Words, item *stats.Item, language string) (text, width string) {
	if item.Mean == nil {
		return "", ""
	}
	text = item.Mean.FloatString(2)
	if item.Field.Numeric() {
		if unit := item.Field.Question.Unit.In(language); unit != "" {
			text = w.Say("results.with_unit", "n", text, "unit", unit)
		}
		return text, ""
	}
	if !item.Field.HasScores() {
		return text, ""
	}
	max := item.Field.MaxScore()
	if max > 0 {
		width = percent(new(big.Rat).Quo(item.Mean, big.NewRat(int64(max), int64(survey.One)))).FloatString(2)
	}
	return w.Say("results.of_max", "n", text, "max", max), width
}

func bars(sp *speaker, item *stats.Item) []bar2 {
	lines := make([]bar2, len(item.Counts))
	for i, c := range item.Counts {
		text := sp.plain(label(sp.words, &c.Option, sp.language))
		if item.Field.Question.Type == survey.Consent {
			text = sp.words.Say("consented")
		}
		lines[i] = bar2{Label: text, N: c.N}
		if c.Option.Score != nil {
			lines[i].Value = c.Option.Score.String()
		}
		if c.Share != nil {
			p := percent(c.Share)
			lines[i].Share, lines[i].Width = sp.words.Say("percent", "n", p.FloatString(1)), p.FloatString(2)
		}
	}
	return lines
}

func percent(share *big.Rat) *big.Rat { return new(big.Rat).Mul(share, big.NewRat(100, 1)) }

// toneOf gives each option a tone by the rank of its score: "0" for the worst to "4" for the best, "none" without one.
func toneOf(options []survey.Option) []string {
	var scores []survey.Decimal
	for _, o := range options {
		if o.Score != nil {
			scores = append(scores, *o.Score)
		}
	}
	slices.Sort(scores)
	scores = slices.Compact(scores)
	tones := make([]string, len(options))
	for i, o := range options {
		tones[i] = "none"
		if o.Score != nil {
			rank, _ := slices.BinarySearch(scores, *o.Score)
			last := max(len(scores)-1, 1)
			tones[i] = strconv.Itoa((4*rank + last/2) / last)
		}
	}
	return tones
}

// periodName says a period: "2026-Q4", "2026-10", "2026"; "" for the one period of a survey without.
func periodName(w *wording.Words, name string) string {
	year, rest, _ := strings.Cut(name, "-")
	switch {
	case name == "all":
		return ""
	case strings.HasPrefix(rest, "Q"):
		return w.Say("period.quarter", "year", year, "quarter", rest[1:])
	case rest != "":
		return w.Say("period.month", "year", year, "month", w.Say("month."+strings.TrimPrefix(rest, "0")))
	default:
		return w.Say("period.year", "year", year)
	}
}

// ResultsJSON writes the figures of the results page for machines. Numbers are rounded to four decimals; what is not
// released, or has no answers, is null or absent, and nothing tells how many wait.
func (r *Renderer) ResultsJSON(w io.Writer, report *stats.Report, language string) error {
	s := report.Survey
	doc := object{
		{"survey", s.ID}, {"title", s.Title.In(language)}, {"language", language}, {"revision", report.Revision},
	}
	period := headline(report)
	if period == nil {
		doc = append(doc, object{
			{"period", nil}, {"release", 0}, {"date", nil}, {"min_group", s.Results.MinGroup}, {"respondents", 0},
			{"overall", object{{"score", nil}, {"raw", nil}, {"band", nil}}},
			{"dimensions", object{}}, {"questions", object{}}, {"periods", []object{}},
		}...)
		return writeJSON(w, doc)
	}
	var band any
	if b := period.Overall.Band; b != nil {
		band = b.Label.In(language)
	}
	dimensions := object{}
	for _, d := range period.Dimensions {
		dimensions = append(dimensions, member{d.ID, number(d.Score)})
	}
	items := map[string]*stats.Item{}
	for i := range period.Items {
		items[period.Items[i].Field.Name] = &period.Items[i]
	}
	questions := object{}
	for i := range period.Items {
		item := &period.Items[i]
		if !item.Field.Counted() {
			continue
		}
		figures := object{{"n", item.N}, {"mean", number(item.Mean)}}
		if !item.Field.Numeric() {
			counts := object{}
			for _, c := range item.Counts {
				counts = append(counts, member{c.Option.ID, c.N})
			}
			figures = append(figures, member{"counts", counts})
		}
		if q := item.Field.Question; q.Type == survey.Ranking {
			figures = append(figures, member{"first", number(firstShare(item, rankers(q, items)))})
		}
		questions = append(questions, member{item.Field.Name, figures})
	}
	periods := []object{}
	for i := range report.Periods {
		if p := &report.Periods[i]; !withheld(p) {
			periods = append(periods, object{{"period", p.Name}, {"release", p.Release}, {"date", p.Date}, {"respondents", p.Respondents},
				{"score", number(p.Overall.Score)}, {"raw", number(p.Overall.Raw)}})
		}
	}
	doc = append(doc, object{
		{"period", period.Name}, {"release", period.Release}, {"date", period.Date}, {"min_group", period.MinGroup},
		{"respondents", period.Respondents},
		{"overall", object{{"score", number(period.Overall.Score)}, {"raw", number(period.Overall.Raw)}, {"band", band}}},
		{"dimensions", dimensions}, {"questions", questions}, {"periods", periods},
	}...)
	return writeJSON(w, doc)
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
	text := strings.TrimSuffix(strings.TrimRight(x.FloatString(4), "0"), ".")
	if text == "-0" {
		text = "0"
	}
	return json.Number(text)
}
