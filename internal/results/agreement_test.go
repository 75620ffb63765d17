package results

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/soak"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// varied is a questionnaire with every kind of figure, in two versions: the second one asks a on another scale, other options
// in pick, and no longer old.
func varied(t testing.TB, model string, second bool) *survey.Survey {
	steps, more, old := 5, "", "\n      - {id: old, type: rating, steps: 5, label: {en: Old, zh: 旧}}"
	if second {
		steps, more, old = 7, ", {id: m3, label: {en: M3, zh: M3}}", ""
	}
	return parsed(t, fmt.Sprintf(`
title: {en: Varied, zh: 各种}
languages: [en, zh]
timezone: UTC
period: quarter
channels: [web, phone]
audience: {issued: 700, population: 2000}
scales:
  five:
    - {id: bad, label: {en: Bad, zh: 差}, score: 1}
    - {id: fair, label: {en: Fair, zh: 中}, score: 3}
    - {id: good, label: {en: Good, zh: 好}, score: 5}
    - {id: none, label: {en: None, zh: 无}}
  weight:
    - {id: low, label: {en: Low, zh: 低}, score: 1}
    - {id: high, label: {en: High, zh: 高}, score: 3}
scoring: {%s, overall: all, dimensions: [{id: one, weight: 2, label: {en: One, zh: 一}}, {id: two, label: {en: Two, zh: 二}}]}
weighting: {by: {tier: {x: 30, y: 50, z: 20}}}
results: {crosstabs: [{rows: all, by: tier}, {rows: pick, by: tier}]}
sections:
  - questions:
      - {id: tier, type: single_choice, segment: true, label: {en: Tier, zh: 级}, options: [{id: x, label: {en: X, zh: X}}, {id: y, label: {en: Y, zh: Y}}, {id: z, label: {en: Z, zh: Z}}]}
      - {id: all, type: rating, scale: five, label: {en: All, zh: 总}}
      - {id: a, type: rating, steps: %d, label: {en: Alpha, zh: 甲}, dimension: one}
      - {id: g, type: matrix, scale: five, label: {en: Grid, zh: 表}, dimension: two, rows: [{id: r, label: {en: Row, zh: 行}}, {id: s, label: {en: Second, zh: 次}}]}
      - {id: i, type: importance_matrix, scale: five, importance_scale: weight, label: {en: Both, zh: 双}, rows: [{id: p, label: {en: Price, zh: 价}}, {id: q, label: {en: Quality, zh: 质}}]}
      - {id: fond, type: nps, label: {en: Fond, zh: 荐}}
      - {id: pick, type: multi_choice, label: {en: Pick, zh: 选}, other: true, options: [{id: m1, label: {en: M1, zh: M1}}, {id: m2, label: {en: M2, zh: M2}}%s]}
      - {id: order, type: ranking, label: {en: Order, zh: 序}, options: [{id: o1, label: {en: O1, zh: O1}}, {id: o2, label: {en: O2, zh: O2}}, {id: o3, label: {en: O3, zh: O3}}]}
      - {id: split, type: constant_sum, total: 10, label: {en: Split, zh: 分}, options: [{id: s1, label: {en: S1, zh: S1}}, {id: s2, label: {en: S2, zh: S2}}]}
      - {id: age, type: number, min: 0, max: 90, step: 1, label: {en: Age, zh: 岁}}
      - {id: pay, type: number, label: {en: Pay, zh: 薪}}
      - {id: call, type: yes_no, label: {en: Call, zh: 电}, show_if: channel == "phone"}
      - {id: hurt, type: yes_no, sensitive: true, label: {en: Hurt, zh: 伤}}%s
`, model, steps, more, old))
}

// variedAnswer draws a response to a version of it.
func variedAnswer(s *survey.Survey, draws *rand.Rand, mood float64) answer.Response {
	r := answer.Response{Channel: []string{"web", "phone"}[draws.IntN(2)]}
	add := func(name string, values ...string) {
		if draws.Float64() < 0.93 {
			r.Answers = append(r.Answers, append(answer.Answer{name}, values...))
		}
	}
	ranks, split := draws.Perm(3), draws.IntN(11)
	for _, f := range s.Fields() {
		options := f.Options()
		switch q := f.Question; {
		case q.ID == "call" && r.Channel != "phone":
		case q.Type == survey.Ranking:
			add(f.Name, strconv.Itoa(ranks[f.Option.ID[1]-'1']+1))
		case q.Type == survey.ConstantSum:
			add(f.Name, strconv.Itoa([]int{split, 10 - split}[f.Option.ID[1]-'1']))
		case f.Name == "pay":
			add(f.Name, strconv.Itoa(draws.IntN(9000)-100))
		case f.Numeric():
			add(f.Name, strconv.Itoa(draws.IntN(91)))
		case q.Segment:
			add(f.Name, options[draws.IntN(len(options))].ID)
		case q.Type == survey.MultiChoice:
			if f.Counted() {
				add(f.Name, options[draws.IntN(len(options))].ID)
			}
		case f.Counted():
			at := min(max(int(float64(len(options))*(mood+0.5*draws.Float64())), 0), len(options)-1)
			add(f.Name, options[at].ID)
		}
	}
	return r
}

// variedReport is of two quarters, in the second of which the questionnaire was edited.
func variedReport(t testing.TB, model string, seed uint64) *stats.Report {
	t.Helper()
	first, second := varied(t, model, false), varied(t, model, true)
	draws := rand.New(rand.NewPCG(seed, 12))
	var latest []*release.Release
	for at, name := range []string{"2026-Q3", "2026-Q4"} {
		p := newPeriod(t)
		day := func(d int) string { return fmt.Sprintf("2026-%02d-%02d", 8+3*at, d) }
		answers := func(s *survey.Survey, on string, n int) {
			p.forms[s.Shape] = s
			for range n {
				p.n++
				p.tally.Fold(s, fmt.Sprintf("%09d", p.n), on, variedAnswer(s, draws, 0.3+0.1*float64(at)))
			}
		}
		answers(first, day(1), 20+draws.IntN(120))
		p.releaseIn(name, first, day(2), false)
		if at == 1 {
			answers(second, day(3), 20+draws.IntN(120))
			p.releaseIn(name, second, day(4), false)
			answers(second, day(5), 60)
		}
		p.releaseIn(name, []*survey.Survey{first, second}[at], day(28), true)
		latest = append(latest, p.last.Public())
	}
	return stats.NewReport(second, latest)
}

// TestFilesAgree compares the page, results.json, results.csv and the report of random releases: every figure of the one is
// in the other, as far as it has room for it.
func TestFilesAgree(t *testing.T) {
	models := []string{"model: percent_of_max, response_rate_rule: {floor: 50, per: 5, deduct: 1, mode: proportional}", "model: mean", "model: weighted_count", "model: mean_of_units, unit: tier"}
	for seed := range uint64(soak.Cases(4, 200)) {
		t.Run(strconv.Itoa(int(seed)), func(t *testing.T) {
			report := variedReport(t, models[seed%uint64(len(models))], seed)
			page := Page{Set: NewSet(report), Language: "en", Root: "../"}
			doc := jsonAt(t, page).(map[string]any)
			compareTable(t, doc, csvOf(t, page))
			comparePage(t, report.Survey, doc, parsePage(t, renderer(t), page))
			compareReport(t, page)
			for i, folder := range page.Set.Folders() {
				page.Folder, page.Language = folder, []string{"en", "zh", "ar"}[i%3]
				checkSound(t, page)
			}
		})
	}
}

// checkSound checks that a page is a valid document, and that no figure is missing, or claims more than it can.
func checkSound(t *testing.T, page Page) {
	t.Helper()
	var b bytes.Buffer
	if err := renderer(t).HTML(&b, page); err != nil {
		t.Fatal(err)
	}
	for _, fault := range rendertest.Faults(t, b.Bytes()) {
		t.Errorf("%s %s: %s", page.Language, page.Path(), fault)
	}
	said := rendertest.Text(t, b.Bytes())
	if at := unsound.FindStringIndex(said); at != nil {
		t.Errorf("%s %s: %q in %s", page.Language, page.Path(), said[at[0]:at[1]], said[max(0, at[0]-60):min(len(said), at[1]+60)])
	}
}

// unsound is what no page says: a figure that is none, a placeholder, a margin that is the same to both sides, a number with
// a hyphen for a minus.
var unsound = regexp.MustCompile(`NaN|Inf\b|±|[{}]|<nil>|%!|(?:^|[\s(–])-\d`)

// csvKey and csvFigure are what a line of results.csv is about, and its numbers.
type csvKey struct{ segment, group, field, option, measure, since string }

type csvFigure struct{ n, value, low, high string }

// compareTable checks that results.csv has the figures of results.json, and no others of a question.
func compareTable(t *testing.T, doc map[string]any, lines []record) {
	t.Helper()
	want := map[csvKey]csvFigure{}
	for _, side := range []string{"questions", "removed"} {
		addQuestions(want, "", "", map[string]string{"removed": "removed_"}[side], doc[side])
	}
	groups, _ := doc["groups"].(map[string]any)
	for segment, options := range groups {
		for option, g := range options.(map[string]any) {
			addQuestions(want, segment, option, "", g.(map[string]any)["questions"])
		}
	}
	seen := 0
	for _, l := range lines {
		if l["question"] == "" || slices.Contains([]string{"change", "standing", "rest", "group_rest"}, l["measure"]) {
			continue
		}
		name := l["question"]
		if l["row"] != "" {
			name += "." + l["row"]
		}
		key := csvKey{l["segment"], l["group"], name, l["option"], l["measure"], l["since"]}
		if l["segment"] != "" && (strings.HasPrefix(l["measure"], "removed_")) {
			continue
		}
		figure, known := want[key]
		switch {
		case !known:
			t.Errorf("results.json has nothing of %v", l)
		case figure.n != l["n"] && figure.n != "*", figure.value != l["value"], figure.low != "*" && (figure.low != l["low"] || figure.high != l["high"]):
			t.Errorf("results.json has %v of %v", figure, l)
		}
		seen++
	}
	if seen != len(want) {
		t.Errorf("results.csv has %d lines of questions, results.json %d figures", seen, len(want))
	}
	overall := doc["overall"].(map[string]any)
	for measure, member := range map[string]string{"score": "score", "raw": "raw", "deducted": "deducted", "reached": "reached", "divisor": "divisor", "per_answer": "per_answer", "pooled": "pooled"} {
		at := slices.IndexFunc(lines, func(l record) bool { return l["measure"] == measure && l["segment"] == "" })
		if (at < 0) != (overall[member] == nil) || at >= 0 && lines[at]["value"] != printed(overall[member]) {
			t.Errorf("%s is %v in results.json", measure, overall[member])
		}
	}
}

// printed prints a number of a decoded results.json as the files have it.
func printed(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return ""
}

func pair(v any) (low, high string) {
	if both, ok := v.([]any); ok {
		return printed(both[0]), printed(both[1])
	}
	return "", ""
}

func addQuestions(want map[csvKey]csvFigure, segment, group, prefix string, questions any) {
	all, _ := questions.(map[string]any)
	for name, q := range all {
		since := ""
		if prefix != "" {
			since = printed(q.(map[string]any)["since"])
		}
		addQuestion(want, csvKey{segment, group, name, "", prefix, since}, q.(map[string]any))
	}
}

// addQuestion adds the lines of results.csv that a question's figures in results.json make; key.measure is their prefix.
func addQuestion(want map[csvKey]csvFigure, key csvKey, q map[string]any) {
	add := func(measure, option string, f csvFigure) {
		k := key
		k.measure, k.option = key.measure+measure, option
		want[k] = f
	}
	counts := func(measure string, of any, low string) {
		all, _ := of.(map[string]any)
		for option, n := range all {
			add(measure, option, csvFigure{printed(n), "", low, low})
		}
	}
	between := "*" // of shares, which results.json has not
	add("answered", "", csvFigure{n: printed(q["n"])})
	if q["coded"] == true {
		between = ""
		add("rounded_to", "", csvFigure{n: printed(q["k"])})
		if q["left_out"] != nil {
			add("left_out", "", csvFigure{n: printed(q["left_out"])})
		}
	} else if q["base"] != nil {
		add("base_"+q["base_kind"].(string), "", csvFigure{n: printed(q["base"])})
	}
	if q["mean"] != nil {
		low, high := pair(q["interval"])
		add("mean", "", csvFigure{printed(q["scored"]), printed(q["mean"]), low, high})
	}
	for _, share := range []string{"top", "top_two", "low"} {
		if q[share] != nil {
			add(share, "", csvFigure{n: "*", low: "*"})
		}
	}
	if nps, ok := q["nps"].(map[string]any); ok {
		low, high := pair(nps["interval"])
		add("nps", "", csvFigure{printed(q["scored"]), printed(nps["score"]), low, high})
		for _, part := range []string{"promoters", "passives", "detractors"} {
			add(part, "", csvFigure{n: printed(nps[part]), low: "*"})
		}
	}
	counts("count", q["counts"], between)
	bins, _ := q["histogram"].([]any)
	for _, b := range bins {
		bin := b.(map[string]any)
		from := printed(bin["from"])
		switch {
		case from == "":
			from = "<" + printed(bin["to"])
		case bin["to"] == nil:
			from = "≥" + from
		}
		add("histogram", from, csvFigure{printed(bin["n"]), "", between, between})
	}
	if w, ok := q["weighted"].(map[string]any); ok {
		shares, _ := w["shares"].(map[string]any)
		for option := range shares {
			add("weighted_count", option, csvFigure{})
		}
		if w["mean"] != nil {
			low, high := pair(w["interval"])
			add("weighted_mean", "", csvFigure{"", printed(w["mean"]), low, high})
		}
		if w["nps"] != nil {
			add("weighted_nps", "", csvFigure{value: printed(w["nps"])})
		}
	}
	earlier, _ := q["earlier"].([]any)
	for _, e := range earlier {
		before := key
		before.measure, before.since = cmp.Or(key.measure, "earlier_"), printed(e.(map[string]any)["since"])
		addQuestion(want, before, e.(map[string]any))
	}
}

var number1 = regexp.MustCompile(`[−-]?\d+(?:\.\d+)?`)

// near checks that a printed figure is one of results.json, rounded.
func near(t *testing.T, what, text string, figures ...any) {
	t.Helper()
	nearWithin(t, 1e-4, what, text, figures...)
}

// nearWithin is near for figures that are known up to a tolerance.
func nearWithin(t *testing.T, tolerance float64, what, text string, figures ...any) {
	t.Helper()
	found := number1.FindAllString(strings.ReplaceAll(text, "–", " "), -1)
	if len(found) < len(figures) {
		t.Errorf("%s: %q has no %v", what, text, figures)
		return
	}
	for i, figure := range figures {
		if figure == nil {
			continue
		}
		x, err := strconv.ParseFloat(strings.Replace(found[i], "−", "-", 1), 64)
		_, decimals, _ := strings.Cut(found[i], ".")
		if y := figure.(float64); err != nil || math.Abs(x-y) > 0.5*math.Pow10(-len(decimals))+tolerance {
			t.Errorf("%s: the page says %q, results.json %v", what, text, figures)
		}
	}
}

// comparePage checks the figures of a page against results.json.
func comparePage(t *testing.T, asked *survey.Survey, doc map[string]any, root *html.Node) {
	t.Helper()
	overall := doc["overall"].(map[string]any)
	near(t, "headline", textOf(elements(root, func(n *html.Node) bool { return hasClass(n, "score") })[0]), overall["score"])
	rows := func(id string) [][]string {
		found := elements(root, func(n *html.Node) bool { return n.Data == "section" && attribute(n, "id") == id })
		if len(found) == 0 {
			t.Fatalf("no section %s", id)
		}
		return bodyCells(tables(found[0])[0])
	}
	periods := doc["periods"].([]any)
	for i, row := range rows("trend") {
		p := periods[i].(map[string]any)
		near(t, "trend", row[2], p["score"])
		if both, ok := p["interval"].([]any); ok && row[3] != "" {
			near(t, "trend", row[3], both...)
		}
	}
	questions := doc["questions"].(map[string]any)
	outOf100 := func(name string, mean any) any { // lists have every item on one scale
		best := 5.0
		if f, ok := asked.Field(name); ok {
			best = float64(f.MaxScore()) / float64(survey.One)
		}
		if mean == nil {
			return nil
		}
		return mean.(float64) * 100 / best
	}
	labels := map[string]string{"All": "all", "Alpha": "a", "Row": "g.r", "Second": "g.s", "Price": "i.p.satisfaction", "Quality": "i.q.satisfaction"}
	for _, row := range rows("items") {
		q := questions[labels[row[0]]].(map[string]any)
		nearWithin(t, 2e-3, row[0], row[2]+" "+row[3], q["scored"], outOf100(labels[row[0]], q["mean"]))
	}
	tiers := doc["groups"].(map[string]any)["tier"].(map[string]any)
	comparisons := doc["comparisons"].(map[string]any)["groups"].(map[string]any)["tier"].(map[string]any)
	for _, row := range rows("groups") {
		g, shown := tiers[strings.ToLower(row[0])].(map[string]any)
		if !shown {
			continue
		}
		near(t, "group "+row[0], row[2], g["respondents"])
		if overall["per_answer"] == nil {
			near(t, "group "+row[0], row[3], g["score"])
		}
		test := comparisons[strings.ToLower(row[0])].(map[string]any)
		near(t, "group "+row[0], row[4], test["difference"])
		if clear := test["result"] != "unclear"; clear != strings.HasPrefix(row[5], "clearly "+test["result"].(string)) || !clear && row[5] != "no clear difference" {
			t.Errorf("%v: %v", row, test)
		}
	}
	for name, label := range map[string]string{"all": "q-all", "a": "q-a", "age": "q-age", "fond": "q-fond"} {
		q := questions[name].(map[string]any)
		fact := textOf(elements(byID(t, root, label), func(n *html.Node) bool { return n.Data == "p" && hasClass(n, "of") })[0])
		_, mean, found := strings.Cut(fact, " mean ")
		figures := []any{q["mean"]}
		if nps, ok := q["nps"].(map[string]any); ok {
			_, mean, found = strings.Cut(fact, "score ")
			figures, q = []any{nps["score"]}, nps
		}
		if both, ok := q["interval"].([]any); ok {
			figures = append(figures, both...)
		}
		if !found {
			t.Errorf("%s: %s", name, fact)
		}
		near(t, name, mean, figures...)
	}
	weighted, has := doc["weighted"].(map[string]any)
	if !has {
		t.Fatal("no weights")
	}
	for _, row := range rows("weighted") {
		switch name := labels[row[0]]; {
		case strings.HasPrefix(row[0], "Overall satisfaction index"):
			near(t, row[0], row[2], weighted["score"])
		case name != "":
			nearWithin(t, 2e-3, row[0], row[1]+" "+row[2], outOf100(name, questions[name].(map[string]any)["mean"]), outOf100(name, questions[name].(map[string]any)["weighted"].(map[string]any)["mean"]))
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// compareReport checks that the report for management, made from the same release, has every row of figures that the page has.
func compareReport(t *testing.T, page Page) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteReport(&b, renderer(t), os.DirFS("../../templates"), ReportPage{Page: page}); err != nil {
		t.Fatal(err)
	}
	report, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	collect := func(root *html.Node) map[string]bool {
		all := map[string]bool{}
		for _, table := range tables(root) {
			for _, row := range bodyCells(table) {
				all[strings.Join(strings.Fields(strings.Join(row, " ")), " ")] = true
			}
		}
		for _, n := range elements(root, func(n *html.Node) bool { return n.Data == "p" && hasClass(n, "of") || n.Data == "dd" }) {
			all[textOf(n)] = true
		}
		return all
	}
	maps.Copy(said, collect(report))
	root := parsePage(t, renderer(t), page)
	for _, id := range []string{"trend", "areas", "items", "groups", "weighted", "questions", "derivation"} {
		for row := range collect(byID(t, root, id)) {
			if !said[row] && !strings.HasPrefix(row, "Best first") {
				t.Errorf("%s: the report does not say %q", id, row)
			}
		}
	}
}
