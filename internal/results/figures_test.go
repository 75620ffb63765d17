package results

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/soak"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// parsePage renders a results page and parses it.
func parsePage(t testing.TB, r *Renderer, p Page) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b, p); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// elements finds the elements below a node for which accept is true.
func elements(root *html.Node, accept func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && accept(n) {
			found = append(found, n)
		}
	}
	return found
}

func byID(t testing.TB, root *html.Node, id string) *html.Node {
	t.Helper()
	found := elements(root, func(n *html.Node) bool { return rendertest.Attr(n, "id") == id })
	if len(found) != 1 {
		t.Fatalf("%d elements have the id %s", len(found), id)
	}
	return found[0]
}

func hasClass(n *html.Node, name string) bool {
	return slices.Contains(strings.Fields(rendertest.Attr(n, "class")), name)
}

// textOf returns the text of an element, with single spaces.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" && d.Parent.Data != "script" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// bodyCells returns the texts of a table's body, row by row.
func bodyCells(table *html.Node) [][]string {
	var rows [][]string
	for _, body := range elements(table, func(n *html.Node) bool { return n.Data == "tbody" }) {
		for _, tr := range elements(body, func(n *html.Node) bool { return n.Data == "tr" }) {
			var row []string
			for _, td := range elements(tr, func(n *html.Node) bool { return n.Data == "td" || n.Data == "th" }) {
				row = append(row, textOf(td))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func tables(root *html.Node) []*html.Node {
	return elements(root, func(n *html.Node) bool { return n.Data == "table" })
}

// ratOf reads a number as a page prints it.
func ratOf(t testing.TB, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(strings.Replace(strings.TrimPrefix(text, "+"), "−", "-", 1))
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}

// scoredSurvey returns a questionnaire with the given scoring. Its scales differ, so that no two models have the same result.
func scoredSurvey(t testing.TB, scoring string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("scored.yaml", []byte(`
id: scored
title: Scored
languages: [en]
period: quarter
timezone: UTC
audience: {population: 900, issued: 400, sample: ten_plus_5_percent}
channels: [web, email]
scales:
  ten:
    - {id: a, label: A, score: 10}
    - {id: b, label: B, score: 8}
    - {id: c, label: C, score: 6}
    - {id: d, label: D, score: 3}
    - {id: e, label: E, score: 0}
    - {id: none, label: No opinion}
sections:
  - id: all
    title: All
    questions:
      - {id: branch, type: single_choice, label: Branch, segment: true, options: [{id: x, label: X}, {id: y, label: Y}, {id: z, label: Z}]}
      - {id: p, type: rating, scale: ten, label: P, dimension: one}
      - {id: q, type: rating, scale: ten, label: Q, weight: 2.5, dimension: two}
      - {id: r, type: matrix, scale: ten, label: R, rows: [{id: s, label: S}, {id: t, label: T, weight: 0.125}]}
      - {id: u, type: nps, label: U}
      - {id: v, type: number, min: 0, max: 40, step: 1, label: V}
      - {id: w, type: multi_choice, label: W, options: [{id: m, label: M}, {id: n, label: N}]}
scoring: {`+scoring+`, overall: p, dimensions: [{id: one, weight: 1.5}, {id: two}]}
results: {min_group: 5, crosstabs: [{rows: q, by: branch}, {rows: w, by: branch}]}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

var scorings = map[string]string{
	"percent_of_max":   "model: percent_of_max, bands: [{from: 80, label: High}, {from: 40, label: Middle}, {from: 0, label: Low}], target: 75, response_rate_rule: {floor: 50, per: 5, deduct: 1, mode: step}",
	"proportional":     "model: percent_of_max, response_rate_rule: {floor: 50, per: 5, deduct: 1, mode: proportional}",
	"graded_10":        "model: graded_10, bands: [{from: 60, label: Good}, {from: 0, label: Bad}]",
	"mean":             "model: mean, target: 7",
	"weighted_count":   "model: weighted_count",
	"mean_of_units":    "model: mean_of_units, unit: branch",
	"units of counts":  "model: mean_of_units, unit: branch, of: weighted_count",
	"units that lose.": "model: mean_of_units, unit: branch, response_rate_rule: {floor: 90, per: 3, deduct: 2, mode: step}",
}

// recompute computes the index as a reader would, from the table of the derivation and the rule in words alone: the sum of
// scores divided by the number of answers, times the weight, over the base times the weight.
func recompute(t testing.TB, root *html.Node, model string) *big.Rat {
	t.Helper()
	var reached, divisor big.Rat
	rows := bodyCells(byID(t, root, "derivation"))
	for _, row := range rows {
		if len(row) != 8 {
			continue // no answers: left out
		}
		n, sum, base, weight := ratOf(t, row[1]), ratOf(t, row[2]), ratOf(t, row[4]), ratOf(t, row[5])
		q := new(big.Rat).Quo(sum, n)
		if model == "weighted_count" {
			q = sum
		}
		reached.Add(&reached, new(big.Rat).Mul(q, weight))
		divisor.Add(&divisor, new(big.Rat).Mul(base, weight))
	}
	switch model {
	case "weighted_count":
		return &reached
	case "mean":
		return reached.Quo(&reached, &divisor)
	}
	return reached.Mul(reached.Quo(&reached, &divisor), big.NewRat(100, 1))
}

// TestIndexCanBeRecomputed computes the index from the pages alone: the table, the response rate, the rule. The result must
// be the score on the page and in results.json.
func TestIndexCanBeRecomputed(t *testing.T) {
	r := renderer(t)
	for name, scoring := range scorings {
		t.Run(name, func(t *testing.T) {
			s := scoredSurvey(t, scoring)
			report := quarterlyReport(t, s, 2, 97)
			page := Page{Set: NewSet(report), Language: "en", Root: "../../"}
			root := parsePage(t, r, page)
			model := s.Scoring.GroupModel()
			var raw *big.Rat
			if s.Scoring.Model == survey.MeanOfUnits {
				sum, n := new(big.Rat), int64(0)
				for _, row := range bodyCells(byID(t, root, "units")) {
					if row[3] == "" {
						continue
					}
					group := page
					group.Folder = Folder{Segment: "branch", Option: strings.ToLower(row[0])}
					score := recompute(t, parsePage(t, r, group), model)
					if got := stats.Round(score, 1); got != row[3] {
						t.Errorf("unit %s shows %s, its page makes %s", row[0], row[3], got)
					}
					sum.Add(sum, score)
					n++
				}
				if n != 3 {
					t.Fatalf("%d units", n)
				}
				raw = sum.Quo(sum, big.NewRat(n, 1))
			} else {
				raw = recompute(t, root, model)
			}
			p := &report.Periods[1]
			if raw.Cmp(p.Overall.Raw) != 0 {
				t.Errorf("the page makes %s, the report %s", raw, p.Overall.Raw)
			}
			score := new(big.Rat).Set(raw)
			if rule := s.Scoring.Rule; rule != nil {
				rate := big.NewRat(100*p.Received, 400)
				missing := new(big.Rat).Sub(rat(rule.Floor), rate)
				parts := missing.Quo(missing, rat(rule.Per))
				if !rule.Proportional {
					parts.SetInt(new(big.Int).Quo(parts.Num(), parts.Denom()))
				}
				if parts.Sign() <= 0 {
					t.Fatal("nothing is deducted, so that the test proves nothing")
				}
				score.Sub(score, parts.Mul(parts, rat(rule.Deduct)))
				steps := textOf(byID(t, root, "derivation"))
				for _, want := range []string{fmt.Sprintf("400 issued, %d received", p.Received), stats.Round(rate, 2) + "%", stats.Round(parts, 0)} {
					if !strings.Contains(steps, want) {
						t.Errorf("the derivation lacks %q: %s", want, steps)
					}
				}
			}
			places := 1
			if model == "mean" {
				places = 2
			}
			big := elements(root, func(n *html.Node) bool { return hasClass(n, "score") })[0]
			if got := strings.Fields(textOf(big))[0]; got != stats.Round(score, places) {
				t.Errorf("the page shows %s, and its table makes %s", got, stats.Round(score, places))
			}
			if b := p.Overall.Band; b != nil && !strings.Contains(textOf(big), b.Label.In("en")) {
				t.Errorf("the headline lacks the band: %s", textOf(big))
			}

			var file bytes.Buffer
			if err := r.JSON(&file, page); err != nil {
				t.Fatal(err)
			}
			var doc struct {
				Overall struct {
					Raw, Score json.Number
					Exact      map[string]string
				}
			}
			if err := json.Unmarshal(file.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if doc.Overall.Exact["raw"] != raw.RatString() || doc.Overall.Exact["score"] != score.RatString() {
				t.Errorf("results.json says %v, want %s and %s", doc.Overall.Exact, raw.RatString(), score.RatString())
			}
			if math.Abs(float64Of(t, doc.Overall.Raw)-float(raw)) > rounding || math.Abs(float64Of(t, doc.Overall.Score)-float(score)) > rounding {
				t.Errorf("results.json says %s and %s", doc.Overall.Raw, doc.Overall.Score)
			}
		})
	}
}

// rounding is the error of four decimals.
const rounding = 5e-5 + 1e-12

func float64Of(t testing.TB, n json.Number) float64 {
	t.Helper()
	x, err := n.Float64()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// record is one line of results.csv, by column.
type record map[string]string

func csvLines(t testing.TB, data []byte) []record {
	t.Helper()
	text, found := bytes.CutPrefix(data, []byte("\ufeff"))
	if !found {
		t.Error("results.csv has no byte order mark")
	}
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var lines []record
	for _, fields := range records[1:] {
		l := record{}
		for i, name := range records[0] {
			l[name] = fields[i]
		}
		lines = append(lines, l)
	}
	return lines
}

// TestFiguresAgree compares the page, results.json and results.csv with the report, item by item, for random answers of
// everybody and of every group.
func TestFiguresAgree(t *testing.T) {
	r := renderer(t)
	for seed := range uint64(soak.Cases(3, 50)) {
		for _, s := range []*survey.Survey{rendertest.Every(t), rendertest.Thirty(t), scoredSurvey(t, scorings["percent_of_max"])} {
			first := randomRelease(t, s, "2026-Q3", "2026-08-20", 60, 0.7, seed+100)
			report := stats.NewReport(s, []*release.Release{first, randomRelease(t, s, "2026-Q4", "2026-11-20", 45+20*int(seed), 0.7, seed)})
			set := NewSet(report)
			for _, folder := range set.Folders() {
				checkFigures(t, r, Page{Set: set, Language: "en", Root: "../", Folder: folder})
			}
		}
	}
}

func checkFigures(t *testing.T, r *Renderer, page Page) {
	t.Helper()
	report := page.Set.Report
	index := len(report.Periods) - 1
	if page.Period != "" {
		index = slices.IndexFunc(report.Periods, func(p stats.Period) bool { return p.Name == page.Period })
	}
	whole := &report.Periods[index]
	p := whole
	if !page.Whole() {
		p = whole.Group(page.Segment, page.Option)
	}
	at := fmt.Sprintf("%s %s", report.Survey.ID, page.Path())
	root := parsePage(t, r, page)

	// The page: every option's count and share, in the table behind the chart.
	for i := range p.Items {
		item := &p.Items[i]
		q := item.Field.Question
		if item.N == 0 || item.Field.Row != nil && len(q.Rows) == 1 || q.Type == survey.Ranking || q.Type == survey.ConstantSum {
			continue
		}
		block := byID(t, root, "q-"+q.ID)
		var want []string
		if item.Field.Numeric() {
			for _, b := range item.Histogram {
				want = append(want, itoa(b.N))
			}
		} else {
			order := byScore(item.Field.Options())
			if !item.Field.HasScores() || q.Type == survey.NPS || q.Type == survey.MultiChoice {
				order = order[:0]
				for j := range item.Counts {
					order = append(order, j)
				}
			}
			if q.Type == survey.MultiChoice && !item.Coded { // the most chosen first, "other" and "none of these" last
				slices.SortStableFunc(order, func(a, b int) int {
					x, y := item.Counts[a], item.Counts[b]
					if x.Option.Exclusive != y.Option.Exclusive {
						if x.Option.Exclusive {
							return 1
						}
						return -1
					}
					if (x.Option.ID == survey.Other) != (y.Option.ID == survey.Other) {
						if x.Option.ID == survey.Other {
							return 1
						}
						return -1
					}
					return int(y.N - x.N)
				})
			}
			for _, j := range order {
				want = append(want, itoa(item.Counts[j].N))
			}
		}
		if !slices.ContainsFunc(tables(block), func(table *html.Node) bool { return shows(table, item, want) }) {
			t.Errorf("%s: no table says %v of %s:\n%s", at, want, item.Field.Name, textOf(block))
		}
	}
	if page.Whole() {
		checkFiles(t, r, page, p, at)
	}
}

// shows reports whether a table has counts in the row of the item, or in its first column of numbers.
func shows(table *html.Node, item *stats.Item, want []string) bool {
	var down []string
	for _, row := range bodyCells(table) {
		var across []string
		for _, cell := range row[1:] {
			if fields := strings.Fields(cell); len(fields) > 0 { // cells of charts have no text
				across = append(across, fields[0])
			}
		}
		if len(across) == 0 {
			return false
		}
		down = append(down, across[0])
		named := item.Field.Row == nil || row[0] == item.Field.Row.Label.In("en")
		if named && len(across) >= len(want) && slices.Equal(across[:len(want)], want) {
			return true
		}
	}
	return item.Field.Row == nil && slices.Equal(down, want)
}

func checkFiles(t *testing.T, r *Renderer, page Page, p *stats.Period, at string) {
	t.Helper()
	var file bytes.Buffer
	if err := r.JSON(&file, page); err != nil {
		t.Fatal(err)
	}
	type questions map[string]struct {
		N      int64
		Mean   *float64
		Counts map[string]int64
	}
	var doc struct {
		Respondents int64
		Rate        *float64 `json:"response_rate"`
		Questions   questions
		Groups      map[string]map[string]struct {
			Respondents int64
			Questions   questions
		}
	}
	if err := json.Unmarshal(file.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	file.Reset()
	if err := r.CSV(&file, page); err != nil {
		t.Fatal(err)
	}
	lines := csvLines(t, file.Bytes())
	find := func(segment, group, measure, field, option string) record {
		t.Helper()
		var found []record
		for _, l := range lines {
			name := l["question"]
			if l["row"] != "" {
				name += "." + l["row"]
			}
			if l["segment"] == segment && l["group"] == group && l["measure"] == measure && name == field && l["option"] == option {
				found = append(found, l)
			}
		}
		if len(found) != 1 {
			t.Fatalf("%s: results.csv has %d lines for %s %s %s of %s=%s", at, len(found), measure, field, option, segment, group)
		}
		return found[0]
	}
	compare := func(segment, group string, p *stats.Period, q questions) {
		t.Helper()
		if got := find(segment, group, "respondents", "", "")["n"]; got != itoa(p.Respondents) {
			t.Errorf("%s: results.csv has %s respondents of %s=%s, want %d", at, got, segment, group, p.Respondents)
		}
		for i := range p.Items {
			item := &p.Items[i]
			name := item.Field.Name
			if q[name].N != item.N || find(segment, group, "answered", name, "")["n"] != itoa(item.N) {
				t.Errorf("%s: %s has %d answers", at, name, q[name].N)
			}
			if (item.Mean == nil) != (q[name].Mean == nil) || item.Mean != nil && math.Abs(*q[name].Mean-float(item.Mean)) > rounding {
				t.Errorf("%s: %s has a mean of %v, want %v", at, name, q[name].Mean, item.Mean)
			}
			if item.Mean != nil {
				if got := find(segment, group, "mean", name, ""); got["n"] != itoa(item.Scored) || math.Abs(float64Of(t, json.Number(got["value"]))-float(item.Mean)) > rounding {
					t.Errorf("%s: results.csv has the mean %v of %s", at, got, name)
				}
			}
			for _, c := range item.Counts {
				l := find(segment, group, "count", name, c.Option.ID)
				if q[name].Counts[c.Option.ID] != c.N || l["n"] != itoa(c.N) {
					t.Errorf("%s: %s=%s was chosen %d times, results.csv says %s, want %d", at, name, c.Option.ID, q[name].Counts[c.Option.ID], l["n"], c.N)
				}
				if item.N > 0 && math.Abs(float64Of(t, json.Number(l["share"]))-float64(c.N)/float64(item.N)) > rounding {
					t.Errorf("%s: %s=%s has a share of %s", at, name, c.Option.ID, l["share"])
				}
			}
		}
	}
	compare("", "", p, doc.Questions)
	if doc.Respondents != p.Respondents {
		t.Errorf("%s: %d respondents, want %d", at, doc.Respondents, p.Respondents)
	}
	groups := 0
	for _, segment := range p.Segments() {
		for _, o := range segment.Options() {
			g := p.Group(segment.Name, o.ID)
			shown, published := doc.Groups[segment.Name][o.ID]
			if published != (g.Respondents >= int64(p.MinGroup)) {
				t.Errorf("%s: a group of %d is published: %t", at, g.Respondents, published)
			}
			if published {
				groups++
				compare(segment.Name, o.ID, g, shown.Questions)
			}
		}
	}
	if groups == 0 && hasSegments(p) {
		t.Errorf("%s: no group was compared", at)
	}
}

// hasSegments reports whether a period can have groups.
func hasSegments(p *stats.Period) bool { return len(p.Segments()) > 0 }

// TestHostileTable checks that labels become neither formulas nor additional lines or columns of a spreadsheet.
func TestHostileTable(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	report := twoQuarters(s)
	text := survey.Text{"en": "=HYPERLINK(\"http://x\",\"y\"),\n\"z\"", "zh": "z"}
	for q := range s.Questions() {
		q.Label = text
		for i := range q.Options {
			q.Options[i].Label = text
		}
		for i := range q.Rows {
			q.Rows[i].Label = text
		}
	}
	var b bytes.Buffer
	if err := r.CSV(&b, Page{Set: NewSet(report), Language: "en"}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, l := range csvLines(t, b.Bytes()) {
		if l["period"] != "2026-Q4" || l["measure"] == "" {
			t.Fatalf("a label made a line: %v", l)
		}
		if strings.Contains(l["label"], "HYPERLINK") {
			seen++
			if l["label"][0] != '\'' {
				t.Errorf("a formula: %q", l["label"])
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d labels were seen, so that the test proves little", seen)
	}
}

// TestBrokenTrend checks that where a scale has changed, nothing is compared, on the page or in the file, and the line is
// broken.
func TestBrokenTrend(t *testing.T) {
	r := renderer(t)
	before, after := scoredSurvey(t, scorings["graded_10"]), scoredSurvey(t, scorings["percent_of_max"])
	report := stats.NewReport(after, []*release.Release{
		randomRelease(t, before, "2026-Q1", "2026-02-20", 80, 0.6, 1), randomRelease(t, before, "2026-Q2", "2026-05-20", 80, 0.9, 1),
		randomRelease(t, after, "2026-Q3", "2026-08-20", 80, 0.7, 1), randomRelease(t, after, "2026-Q4", "2026-11-20", 80, 0.72, 1),
	})
	changes := func(p Page) string {
		var said []string
		for _, row := range bodyCells(tables(byID(t, parsePage(t, r, p), "trend"))[0]) {
			said = append(said, row[4])
		}
		return strings.Join(said, " ")
	}
	page := Page{Set: NewSet(report), Language: "en", Root: "../../"}
	if got := strings.Fields(changes(page)); len(got) != 3 || got[1] != "≠" || got[0] == "≠" || got[2] == "≠" {
		t.Errorf("changes are %v", got)
	}
	root := parsePage(t, r, page)
	count := func(root *html.Node, name string) int {
		return len(elements(root, func(n *html.Node) bool { return n.Data == "line" && hasClass(n, name) }))
	}
	if lines, breaks := count(root, "course"), count(root, "break"); lines != 2 || breaks != 1 {
		t.Errorf("%d lines and %d breaks", lines, breaks)
	}
	page.Period = "2026-Q3"
	root = parsePage(t, r, page)
	if text := textOf(elements(root, func(n *html.Node) bool { return hasClass(n, "lately") })[0]); !strings.Contains(text, "Since Q2 2026 ≠ not comparable") {
		t.Errorf("the headline says %s", text)
	}
	if n := len(bodyCells(tables(byID(t, root, "trend"))[0])); n != 3 {
		t.Errorf("the page of the third quarter looks at %d", n)
	}
	var b bytes.Buffer
	if err := r.JSON(&b, page); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Overall struct {
			Change     *float64
			Comparable *bool
		}
		Periods []struct{ Comparable bool }
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Overall.Change != nil || doc.Overall.Comparable == nil || *doc.Overall.Comparable || doc.Periods[2].Comparable || !doc.Periods[1].Comparable {
		t.Errorf("results.json says %+v", doc)
	}
}

// TestChange checks what the headline says of a change that is smaller or larger than the margins of both periods.
func TestChange(t *testing.T) {
	r, s := renderer(t), scoredSurvey(t, scorings["percent_of_max"])
	for _, c := range []struct {
		n      int
		liking float64
		want   string
	}{{60, 0.69, "no clear difference"}, {390, 0.9, "clearly higher (large)"}, {390, 0.4, "clearly lower (large)"}} {
		report := stats.NewReport(s, []*release.Release{randomRelease(t, s, "2026-Q3", "2026-08-20", 60, 0.68, 5), randomRelease(t, s, "2026-Q4", "2026-11-20", c.n, c.liking, 5)})
		text := textOf(elements(parsePage(t, r, Page{Set: NewSet(report), Language: "en", Root: "../"}), func(n *html.Node) bool { return hasClass(n, "lately") })[0])
		if !strings.Contains(text, c.want) {
			t.Errorf("from .68 to %v of %d: %s", c.liking, c.n, text)
		}
		if test := NewSet(report).tests(groupKey{period: 1}); (test.Index.Result != stats.Unclear) != strings.Contains(text, "clearly") {
			t.Errorf("%+v: %s", test.Index, text)
		}
	}
}

// TestFewAreNotShown checks that of a group of fewer than k, the page shows only that it is too small, and that the group
// has no page.
func TestFewAreNotShown(t *testing.T) {
	r, s := renderer(t), scoredSurvey(t, scorings["percent_of_max"])
	report := stats.NewReport(s, []*release.Release{randomRelease(t, s, "2026-Q4", "2026-11-20", 14, 0.7, 2)})
	p := &report.Periods[0]
	small, large := "", ""
	for _, o := range []string{"x", "y", "z"} {
		if n := p.GroupSize("branch", o); n == 0 {
			small = o
		} else {
			large = o
		}
	}
	if small == "" || large == "" {
		t.Fatal("no group is small or none is large, so the test proves nothing")
	}
	root := parsePage(t, r, Page{Set: NewSet(report), Language: "en", Root: "../"})
	for _, row := range bodyCells(tables(byID(t, root, "groups"))[0]) {
		few := p.GroupSize("branch", strings.ToLower(row[0])) == 0
		if few != (row[1] == "fewer than 5: not shown") || few && strings.Join(row[2:], "") != "–" {
			t.Errorf("%v", row)
		}
	}
	if links := elements(root, func(n *html.Node) bool { return strings.Contains(rendertest.Attr(n, "href"), "/by/branch/"+small) }); len(links) > 0 {
		t.Error("a link leads to a group that is not shown")
	}
	page := Page{Set: NewSet(report), Language: "en", Root: "../", Folder: Folder{Segment: "branch", Option: small}}
	if err := r.HTML(new(bytes.Buffer), page); err == nil {
		t.Error("the withheld group has a page")
	}
	for name, draw := range map[string]func(io.Writer, Page) error{"results.csv": r.CSV, "results.json": r.JSON} {
		var b bytes.Buffer
		if err := draw(&b, Page{Set: NewSet(report), Language: "en"}); err != nil {
			t.Fatal(err)
		}
		in := func(option string) bool {
			return strings.Contains(b.String(), ",branch,"+option+",") || strings.Contains(b.String(), `"`+option+`": {
        "respondents"`)
		}
		if in(small) || !in(large) {
			t.Errorf("%s has the small group: %t, the large one: %t", name, in(small), in(large))
		}
	}
	page.Option = large
	if err := r.HTML(new(bytes.Buffer), page); err != nil {
		t.Error(err)
	}
}

// TestFolders checks that links lead to existing pages, that every page is linked to, and that there are never too many.
func TestFolders(t *testing.T) {
	r, s := renderer(t), scoredSurvey(t, scorings["percent_of_max"])
	report := quarterlyReport(t, s, 3, 60)
	there := map[string]bool{"scored/": true}
	folders := NewSet(report).Folders()
	for _, f := range folders {
		there["scored/"+f.Path()] = true
		if f.Whole() {
			there["scored/"+f.Path()+"results.json"], there["scored/"+f.Path()+"results.csv"] = true, true
		}
	}
	if len(folders) != 1+3+3*(3+1) {
		t.Errorf("%d folders", len(folders))
	}
	reached := map[string]bool{}
	for _, f := range folders {
		for _, a := range elements(parsePage(t, r, Page{Set: NewSet(report), Language: "en", Root: "ROOT/", Folder: f}), func(n *html.Node) bool { return n.Data == "a" }) {
			path, fromRoot := strings.CutPrefix(rendertest.Attr(a, "href"), "ROOT/")
			if fromRoot && !there[path] {
				t.Errorf("%s links to %s", f.Path(), path)
			}
			reached[path] = true
		}
	}
	for path := range there {
		// The newest period is linked to at its first address.
		if !reached[path] && !strings.Contains(path, "2026-Q4") {
			t.Errorf("nothing links to %s", path)
		}
	}
	for q := range s.Questions() {
		q.Segment = q.Segment || q.ID == "p" // six groups more
	}
	many := quarterlyReport(t, s, 30, 400)
	folders = NewSet(many).Folders()
	if len(folders) != maxPages {
		t.Errorf("%d folders of 30 quarters", len(folders))
	}
	names := map[string]bool{}
	for _, f := range folders {
		names[f.Period] = true
	}
	if !names["2026-Q4"] || !names["2021-Q1"] || names["2020-Q4"] {
		t.Error("not the newest 24 periods")
	}
}

// TestGroupsAreCached checks that a group's figures are computed once, and again only when the cache was full.
func TestGroupsAreCached(t *testing.T) {
	s := scoredSurvey(t, scorings["percent_of_max"])
	set := NewSet(quarterlyReport(t, s, 3, 60))
	first := set.group(groupKey{period: 2, segment: "branch", option: "x"})
	if set.group(groupKey{period: 2, segment: "branch", option: "x"}) != first || set.group(groupKey{period: 1, segment: "branch", option: "x"}) == first || set.group(groupKey{period: 2, segment: "branch", option: "y"}) == first {
		t.Error("the figures of a group are computed twice, or those of two groups are the same")
	}
	if report := set.groupReport(groupKey{segment: "branch", option: "x"}); report.Periods[2].Respondents != first.Respondents || len(report.Trend) != len(set.Report.Trend) {
		t.Errorf("the group's report has %d respondents and %d lines", report.Periods[2].Respondents, len(report.Trend))
	}
	set.cachedItems = maxCachedItems
	set.group(groupKey{period: 2, segment: "branch", option: "z"})
	if len(set.groups) != 1 || set.cachedItems != len(first.Items) {
		t.Errorf("a full cache was not emptied: %d groups, %d items", len(set.groups), set.cachedItems)
	}
	if again := set.group(groupKey{period: 2, segment: "branch", option: "x"}); again == first || again.Respondents != first.Respondents {
		t.Error("the group has other figures after the cache was emptied")
	}
}

// TestResultsWeight checks that a page of 30 questions, ten cross-tabulations and eight periods has 30 KB with its
// stylesheet, and no script.
func TestResultsWeight(t *testing.T) {
	r := renderer(t)
	s := thirtyWithCrossTabs(t)
	css := 0
	for _, name := range []string{"tokens.css", "page.css", "results.css"} {
		css += gzipped(t, readFile(t, "../../templates/"+name))
	}
	report := quarterlyReport(t, s, 8, 97)
	for _, language := range s.Languages {
		var b bytes.Buffer
		if err := r.HTML(&b, Page{Set: NewSet(report), Actions: testActions("q0_0"), Today: "2026-11-22", Language: language, Root: "../../"}); err != nil {
			t.Fatal(err)
		}
		packed := gzipped(t, b.Bytes())
		t.Logf("%s: %d bytes, gzipped %d, and %d of stylesheets", language, b.Len(), packed, css)
		if packed+css > 30<<10 {
			t.Errorf("%s: %d bytes", language, packed+css)
		}
		if bytes.Contains(b.Bytes(), []byte("<script")) {
			t.Errorf("%s: a script", language)
		}
		if n := bytes.Count(b.Bytes(), []byte(`class="course"`)); n != 7 {
			t.Errorf("%s: %d lines join eight periods", language, n)
		}
	}
}

// thirtyWithCrossTabs returns thirty questions, with ten cross-tabulations.
func thirtyWithCrossTabs(t testing.TB) *survey.Survey {
	t.Helper()
	s := rendertest.Thirty(t)
	s.Sections[0].Questions[0].Segment = true
	for i := range 10 {
		s.Results.CrossTabs = append(s.Results.CrossTabs, survey.CrossTab{Rows: fmt.Sprintf("q%d_%d", i%5, 1+i/5), By: "q0_0"})
	}
	return s
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func gzipped(t testing.TB, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data) // to memory: cannot fail
	w.Close()
	return b.Len()
}

// The page says if there are more answers than questionnaires issued.
func TestMoreThanIssued(t *testing.T) {
	for issued, want := range map[int]bool{0: false, 10: true, 97: false, 500: false} {
		s := rendertest.Thirty(t)
		s.Audience.Issued = issued
		page := textOf(parsePage(t, renderer(t), Page{Set: NewSet(quarterlyReport(t, s, 1, 97)), Language: "en", Root: "../../"}))
		if said := strings.Contains(page, "More answers came in (97) than were given out on record (10)"); said != want {
			t.Errorf("%d issued: %v", issued, said)
		}
	}
}

// The label of a point in the trend has a halo, which hides nothing of the interval below it.
func TestTrendLabelsAreAboveIntervals(t *testing.T) {
	s := rendertest.Shipped(t, "retail")
	d, err := renderer(t).document(Page{Set: NewSet(quarterlyReport(t, s, 8, 97)), Language: "en", Root: "../"})
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) float64 {
		t.Helper()
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	points := d.trend().Points
	for _, p := range points {
		if label, high := number(p.TextY), number(p.HighY); label+3 > high && label-11 < number(p.LowY) || label < 14 {
			t.Errorf("%s at %s, its interval ends at %s", p.Text, p.TextY, p.HighY)
		}
	}
	if len(points) != 8 {
		t.Errorf("%d points", len(points))
	}
}

// Below the columns of a number, a single value stands in the middle of its column; bands have their limits at their edges.
func TestHistogramLabels(t *testing.T) {
	d, err := renderer(t).document(Page{Set: NewSet(quarterlyReport(t, rendertest.Shipped(t, "retail"), 1, 97)), Language: "en", Root: "../"})
	if err != nil {
		t.Fatal(err)
	}
	band := func(from, to survey.Decimal) stats.Bin {
		return stats.Bin{From: from * survey.One, To: to * survey.One, Exact: from == to, Share: stats.Share{N: 2, Of: 6}}
	}
	open := band(20, 20)
	open.Exact, open.Open = false, openHigh
	for want, bins := range map[string][]stats.Bin{
		"0 at 0, 10 at 20, 20 at 40":  {band(0, 10), band(10, 20)},
		"1 at 10, 2 at 30":            {band(1, 1), band(2, 2)},
		"0 at 0, 10 at 20, ≥20 at 50": {band(0, 10), band(10, 20), open},
	} {
		item := d.report.Periods[0].Items[0]
		item.N, item.Histogram = 6, bins
		var labels []string
		for _, l := range d.histogram(&item).Labels {
			labels = append(labels, l.Text+" at "+l.X)
		}
		if got := strings.Join(labels, ", "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
