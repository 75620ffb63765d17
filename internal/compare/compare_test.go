package compare_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/compare"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// tea has everything that can be edited.
const tea = `id: tea
title: {zh: 茶馆, en: Tea house}
languages: [zh, en]
intro: {zh: 欢迎, en: Welcome}
minutes: 3
thanks:
  - {show_if: vip, text: {zh: 贵宾谢谢, en: Thanks VIP}}
  - {text: {zh: 谢谢, en: Thanks}}
contact: {name: {zh: 客服, en: Care}, email: tea@company.example, phone: 400-1}
document: {number: QR-1, version: "1", approved_by: QA, approved_on: 2026-01-01}
window: {from: 2026-01-01, until: 2026-12-31}
timezone: Asia/Shanghai
period: quarter
audience: {population: 400, issued: 200, sample: ten_plus_5_percent}
channels: [web, email]
duplicates: keep
alerts:
  - {when: 'day < "2026-06-01"', open: complaint, severity: major, priority: high, owner: desk, due_days: 5}
  - {when: answered(day), open: praise}
scales:
  good:
    - {id: very_good, label: {zh: 很好, en: Very good}, short: {zh: 好, en: Good}, score: 3}
    - {id: fair, label: {zh: 一般, en: Fair}, score: 2}
    - {id: poor, label: {zh: 差, en: Poor}, score: 1}
    - {id: none, label: {zh: 没意见, en: No opinion}}
  weighty:
    - {id: much, label: {zh: 重要, en: Important}, score: 2}
    - {id: little, label: {zh: 不重要, en: Unimportant}, score: 1}
sections:
  - id: first
    title: {zh: 第一部分, en: Part one}
    intro: {zh: 请作答, en: Please answer}
    questions:
      - {id: vip, type: yes_no, label: {zh: 您是贵宾吗, en: VIP}, short: {zh: 贵宾, en: VIPs}, short_no: {zh: 非贵宾, en: Not VIPs}}
      - {id: overall, type: single_choice, scale: good, label: {zh: 总体, en: Overall}, required: true, display: buttons, help: {zh: 提示, en: Hint}}
      - {id: stars, type: rating, steps: 5, label: {zh: 打星, en: Stars}, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, dimension: tea, display: stars}
      - {id: hello, type: note, label: {zh: 你好, en: Hello}}
      - {id: shop, type: single_choice, segment: true, label: {zh: 店, en: Shop}, options: [{id: north, label: {zh: 北, en: North}}, {id: south, label: {zh: 南, en: South}}]}
      - {id: items, type: matrix, scale: good, label: {zh: 各项, en: Items}, dimension: staff, required: [speed], rows: [{id: speed, label: {zh: 速度, en: Speed}, short: {zh: 快, en: Fast}}, {id: care, label: {zh: 态度, en: Care}, weight: 2}]}
  - id: second
    show_if: channel != "email"
    questions:
      - id: bought
        type: multi_choice
        label: {zh: 买了什么, en: Bought}
        min: 1
        max: 2
        shuffle: true
        anchor: [nothing]
        other: {zh: 其他, en: Other}
        options:
          - {id: green, label: {zh: 绿茶, en: Green}}
          - {id: black, label: {zh: 红茶, en: Black}, show_if: vip}
          - {id: nothing, label: {zh: 没买, en: Nothing}, exclusive: true}
      - {id: matters, type: importance_matrix, scale: good, importance_scale: weighty, label: {zh: 重要吗, en: Matters}, rows: [{id: price, label: {zh: 价格, en: Price}}]}
      - {id: order, type: ranking, max: 2, label: {zh: 排序, en: Rank}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}, {id: c, label: {zh: 丙, en: C}}]}
      - {id: share, type: constant_sum, total: 100, label: {zh: 分配, en: Share}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
      - {id: visits, type: number, min: 0, max: 60, step: 1, unit: {zh: 次, en: times}, label: {zh: 次数, en: Visits}, check: {that: visits < 50, message: {zh: 太多, en: Too many}}}
      - {id: why, type: short_text, min_length: 2, max_length: 100, pattern: ".*", label: {zh: 为什么, en: Why}, show_if: overall == "poor", required: visits < 3}
      - {id: day, type: date, min: 2026-01-01, max: 2026-12-31, label: {zh: 日期, en: Day}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}
      - {id: quiet, type: single_choice, publish: false, label: {zh: 内部, en: Internal}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
      - {id: recommend, type: nps, label: {zh: 推荐, en: Recommend}}
scoring:
  overall: overall
  dimensions: [{id: tea, label: {zh: 茶, en: Tea}, weight: 2}, {id: staff, label: {zh: 人, en: Staff}}]
  bands: [{from: 60, label: {zh: 好, en: Good}}, {from: 0, label: {zh: 差, en: Poor}}]
  target: 80
results: {audience: public, min_group: 5, pool_after: 30, release: full}
`

func parse(t testing.TB, file, source string) compare.Version {
	t.Helper()
	s, problems := questionnaire.Parse(file, []byte(source))
	if s == nil {
		t.Fatalf("%v\n%s", problems, source)
	}
	return compare.Version{Survey: s, Places: questionnaire.Locate(file, []byte(source))}
}

func TestEqualVersions(t *testing.T) {
	v := parse(t, "tea.yaml", tea)
	if changes := compare.Surveys(v, v); len(changes) > 0 {
		t.Errorf("a survey differs from itself: %v", changes)
	}
	spaced := parse(t, "new.yaml", strings.ReplaceAll(tea, "channel != \"email\"", "  channel   !=   'email'  # a comment"))
	if changes := compare.Surveys(v, spaced); len(changes) > 0 {
		t.Errorf("spaces matter: %v", changes)
	}
	files, _ := filepath.Glob("../../surveys/*.yaml")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := questionnaire.Parse(file, source)
		if s == nil || strings.HasSuffix(file, ".actions.yaml") {
			continue
		}
		v := parse(t, file, string(source))
		if changes := compare.Surveys(v, v); len(changes) > 0 {
			t.Errorf("%s differs from itself: %v", file, changes)
		}
	}
}

// TestEditsWithoutIDs edits options and rows that have no id, or lose it.
func TestEditsWithoutIDs(t *testing.T) {
	version := func(title, options, rows string) compare.Version {
		source := []byte("title: " + title + "\nscales: {s: [{id: a, label: '1', score: 1}, {id: b, label: '2', score: 2}]}\nsections:\n  - questions:\n" +
			"      - {id: q, type: multi_choice, label: '1', options: [" + options + "]}\n      - {id: m, type: matrix, label: '2', scale: s, rows: [" + rows + "]}\n")
		s, problems := questionnaire.Parse("a.yaml", source)
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, source)
		}
		return compare.Version{Survey: s, Places: questionnaire.Locate("a.yaml", source)}
	}
	const one, both = "T", "{zh: 题, en: T}"
	for name, c := range map[string]struct {
		before, after compare.Version
		want          []string // of grave changes
	}{
		"nothing":         {version(one, "Yes, No", "Care"), version(one, "{label: No}, 'Yes'", "{label: Care}"), nil},
		"written":         {version(one, "Yes, No", "Care"), version(one, "{id: yes, label: Sure}, {id: no, label: Never}", "{id: care, label: Attitude}"), nil},
		"edited":          {version(one, "Yes, No, Maybe", "Care"), version(one, "Sure, Never, Maybe", "Attitude"), []string{"option 'yes' has no id", "makes it 'never'", "row 'care' has no id"}},
		"edited, moved":   {version(one, "Yes, No", "Care"), version(one, "No, Sure", "Care"), []string{"makes it 'sure'"}},
		"lost":            {version(one, "{id: y, label: Yes}, No", "{id: c, label: Care}"), version(one, "Yes, No", "Care"), []string{"option 'y' has lost its id: stored answers are read by it, so write it again, as \"id: y\"", "row 'c' has lost its id"}},
		"given another":   {version(one, "Yes, No", "Care"), version(one, "{id: y, label: Yes}, No", "{id: c, label: Care}"), []string{"option 'yes' seems to have been renamed 'y'", "row 'care' seems"}},
		"removed":         {version(one, "Yes, No, Maybe", "Care"), version(one, "Yes, No", "Care"), []string{"option 'maybe' was removed"}},
		"other languages": {version(both, "{label: {zh: 是, en: 'Yes'}}, '5'", "'1'"), version("{en: T, zh: 题}", "{label: {zh: 是, en: 'Yes'}}, '5'", "'1'"), []string{"its label in the first language is another now, which makes it 'yes'"}},
	} {
		var grave []compare.Change
		for _, change := range compare.Surveys(c.before, c.after) {
			if change.Effect.Grave() && change.Part.String() != "index" {
				grave = append(grave, change)
			}
		}
		if len(grave) != len(c.want) {
			t.Errorf("%s: %v", name, grave)
			continue
		}
		for i, change := range grave {
			if !strings.Contains(change.String(), c.want[i]) {
				t.Errorf("%s: %v, not %s", name, change, c.want[i])
			}
		}
	}
}

// TestEdits makes one edit at a time. Each line expects the effects and parts of all changes, the gravest first, and words
// of the first sentence.
func TestEdits(t *testing.T) {
	const invalid, breaks, atOnce, newer, next, comparable, wording = compare.Invalid, compare.Breaks, compare.AtOnce, compare.NewAnswers, compare.NextPeriod, compare.Comparable, compare.Wording
	type effects = []compare.Effect
	for _, c := range []struct {
		name          string
		old, new      string // one replacement
		want          effects
		part, says    string // of the gravest
		line          string // text of the line that it points to
		inOld, repeat bool
	}{
		// Only wording.
		{"title", "Tea house}", "Teahouse}", effects{wording}, "survey", "the title was edited (en)", "title:", false, false},
		{"label", "zh: 总体,", "zh: 总的来说,", effects{wording}, "question 'overall'", "the label was edited (zh)", "id: overall", false, false},
		{"both languages", "{zh: 总体, en: Overall}", "{zh: 总, en: All}", effects{wording}, "question 'overall'", "(zh, en)", "id: overall", false, false},
		{"help", "Hint", "A hint", effects{wording}, "question 'overall'", "the help", "id: overall", false, false},
		{"option's label", "en: Very good", "en: Excellent", effects{wording}, "scale 'good'", "the label of option 'very_good'", "id: very_good", false, false},
		{"row's label", "en: Speed", "en: How fast", effects{wording}, "question 'items'", "the label of row 'speed'", "id: items", false, false},
		{"row's short name", "en: Fast", "en: Quick", effects{wording}, "question 'items'", "the short name of row 'speed'", "id: items", false, false},
		{"question's short name", "en: VIPs", "en: Guests", effects{wording}, "question 'vip'", "the short name was edited", "id: vip", false, false},
		{"short name of no", "en: Not VIPs", "en: Others", effects{wording}, "question 'vip'", "the short name of no was edited", "id: vip", false, false},
		{"option's short name", "short: {zh: 好, en: Good}, ", "", effects{wording}, "scale 'good'", "the short name of option 'very_good'", "id: very_good", false, false},
		{"end label", "low: {zh: 差, en: Poor}", "low: {zh: 差, en: Bad}", effects{wording}, "question 'stars'", "low end", "id: stars", false, false},
		{"minutes", "minutes: 3", "minutes: 4", effects{wording}, "survey", "from 3 to 4", "minutes:", false, false},
		{"alert's condition", "when: 'day < \"2026-06-01\"'", "when: 'day < \"2026-05-01\"'", effects{comparable}, "alert 'complaint'", "other answers open", "open: complaint", false, false},
		{"alert's due date", "due_days: 5", "due_days: 9", effects{comparable}, "alert 'complaint'", "opened differently", "due_days: 9", false, false},
		{"alert gone", "\n  - {when: answered(day), open: praise}", "", effects{comparable}, "alert 'praise'", "was removed", "open: praise", true, false},
		{"alert new", "open: praise}", "open: praise}\n  - {when: not answered(day), open: call}", effects{comparable}, "alert 'call'", "was added", "open: call", false, false},
		{"thanks", "en: Thanks}", "en: Bye}", effects{wording}, "survey", "thank-you", "- {text", false, false},
		{"section's title", "en: Part one", "en: To begin", effects{wording}, "section 'first'", "the title", "title: {zh: 第", false, false},
		{"section's id", "id: first", "id: one", effects{wording}, "section 'one'", "called 'first' before", "id: one", false, false},
		{"note", "en: Hello", "en: Hi", effects{wording}, "note 'hello'", "edited (en)", "id: hello", false, false},
		{"note removed", "      - {id: hello, type: note, label: {zh: 你好, en: Hello}}\n", "", effects{wording}, "note 'hello'", "removed", "id: hello", true, false},
		{"message", "en: Too many", "en: So many", effects{wording}, "question 'visits'", "message", "id: visits", false, false},
		{"band's label", "{zh: 好, en: Good}}, {from", "{zh: 好, en: Fine}}, {from", effects{wording}, "scoring", "band from 60", "bands:", false, false},
		{"languages' order", "[zh, en]", "[en, zh]", effects{wording}, "survey", "another order", "languages:", false, false},
		{"document", "QR-1", "QR-2", effects{wording}, "survey", "quality manual", "document:", false, false},
		{"contact", "400-1", "400-2", effects{wording}, "survey", "contact", "contact:", false, false},

		// Comparable.
		{"question added", "      - {id: hello,", "      - {id: extra, type: long_text, label: {zh: 还有, en: Else}}\n      - {id: hello,", effects{comparable}, "question 'extra'", "added", "id: extra", false, false},
		{"moved", "      - {id: vip, type: yes_no, label: {zh: 您是贵宾吗, en: VIP}, short: {zh: 贵宾, en: VIPs}, short_no: {zh: 非贵宾, en: Not VIPs}}\n      - {id: overall, type: single_choice, scale: good, label: {zh: 总体, en: Overall}, required: true, display: buttons, help: {zh: 提示, en: Hint}}\n",
			"      - {id: overall, type: single_choice, scale: good, label: {zh: 总体, en: Overall}, required: true, display: buttons, help: {zh: 提示, en: Hint}}\n      - {id: vip, type: yes_no, label: {zh: 您是贵宾吗, en: VIP}, short: {zh: 贵宾, en: VIPs}, short_no: {zh: 非贵宾, en: Not VIPs}}\n", effects{comparable}, "", "asked at another place", "", false, false},
		{"required", "required: true", "required: false", effects{comparable}, "question 'overall'", "who must answer", "id: overall", false, false},
		{"required if", "required: visits < 3", "required: visits < 2", effects{comparable}, "question 'why'", "who must answer", "id: why", false, false},
		{"required row", "[speed]", "all", effects{comparable}, "question 'items'", "row 'care' must now be answered", "id: items", false, false},
		{"check", "visits < 50", "visits < 40", effects{comparable}, "question 'visits'", "not checked again", "id: visits", false, false},
		{"window", "until: 2026-12-31", "until: 2027-12-31", effects{comparable}, "survey", "until 2027-12-31", "window:", false, false},
		{"channel", "[web, email]", "[web, email, sms]", effects{comparable}, "survey", "'sms' was added", "channels:", false, false},
		{"audience", "issued: 200", "issued: 220", effects{comparable}, "survey", "response rate", "audience:", false, false},
		{"timezone", "Asia/Shanghai", "Europe/Berlin", effects{comparable}, "survey", "midnight", "timezone:", false, false},
		{"layout", "duplicates: keep", "duplicates: keep\nlayout: steps", effects{comparable}, "survey", "section by section", "layout:", false, false},
		{"cards", "duplicates: keep", "duplicates: keep\nlayout: cards", effects{comparable}, "survey", "one at a time", "layout:", false, false},
		{"listed", "duplicates: keep", "duplicates: keep\nlisted: false", effects{wording}, "survey", "landing page", "listed:", false, false},
		{"theme", "duplicates: keep", "duplicates: keep\ntheme: {corners: 3}", effects{wording}, "survey", "the look was edited", "theme:", false, false},
		{"twins", "duplicates: keep", "duplicates: drop", effects{comparable}, "survey", "count once", "duplicates:", false, false},
		{"display", "display: stars", "display: faces", effects{comparable}, "question 'stars'", "from stars to faces", "id: stars", false, false},
		{"picture", "display: stars", "display: stars, image: {file: cup.jpg, alt: {zh: 杯, en: Cup}}", effects{comparable, wording}, "question 'stars'", "to cup.jpg", "image:", false, false},
		{"shuffle", "        shuffle: true\n        anchor: [nothing]\n", "", effects{comparable}, "question 'bought'", "another order", "id: bought", false, false},
		{"options' order", "[{id: north, label: {zh: 北, en: North}}, {id: south, label: {zh: 南, en: South}}]", "[{id: south, label: {zh: 南, en: South}}, {id: north, label: {zh: 北, en: North}}]", effects{comparable}, "question 'shop'", "another order", "id: shop", false, false},
		{"rows' order", "{id: speed, label: {zh: 速度, en: Speed}, short: {zh: 快, en: Fast}}, {id: care, label: {zh: 态度, en: Care}, weight: 2}", "{id: care, label: {zh: 态度, en: Care}, weight: 2}, {id: speed, label: {zh: 速度, en: Speed}, short: {zh: 快, en: Fast}}", effects{comparable}, "question 'items'", "rows are in another order", "id: items", false, false},
		{"wider number", "max: 60", "max: 90", effects{breaks}, "question 'visits'", "from 60 to 90", "id: visits", false, false},
		{"finer step", "step: 1", "step: 0.5", effects{breaks}, "question 'visits'", "step", "id: visits", false, false},
		{"text limits", "max_length: 100", "max_length: 50", effects{comparable}, "question 'why'", "max_length", "id: why", false, false},
		{"dates", "max: 2026-12-31, label", "max: 2027-12-31, label", effects{comparable}, "question 'day'", "max was changed", "id: day", false, false},
		{"text type", "type: short_text, min_length: 2, max_length: 100, pattern: \".*\",", "type: long_text, min_length: 2, max_length: 100, pattern: \".*\",", effects{comparable}, "question 'why'", "not counted", "id: why", false, false},
		{"bands", "from: 60", "from: 70", effects{comparable}, "scoring", "other limits", "bands:", false, false},
		{"target", "target: 80", "target: 85", effects{comparable}, "scoring", "from 80 to 85", "target:", false, false},
		{"overall", "overall: overall\n", "overall: stars\n", effects{comparable}, "scoring", "compared with", "  overall:", false, false},
		{"pooling", "pool_after: 30", "pool_after: 60", effects{comparable}, "results", "from 30 to 60", "results:", false, false},
		{"exclusive", ", exclusive: true", "", effects{comparable, comparable}, "question 'bought'", "", "", false, false},
		{"uncounted option", "{id: b, label: {zh: 乙, en: B}}]}\n      - {id: recommend", "{id: b, label: {zh: 乙, en: B}}, {id: c, label: {zh: 丙, en: C}}]}\n      - {id: recommend", effects{comparable}, "question 'quiet'", "added", "id: quiet", false, false},
		{"text's condition", "overall == \"poor\"", "overall == \"fair\"", effects{comparable}, "question 'why'", "other respondents", "id: why", false, false},

		// At once, for new answers, with the next period.
		{"k", "min_group: 5", "min_group: 10", effects{atOnce}, "results", "from 5 to 10", "results:", false, false},
		{"segment", "segment: true, ", "", effects{atOnce}, "question 'shop'", "no longer", "id: shop", false, false},
		{"another segment", "type: yes_no,", "type: yes_no, segment: true,", effects{newer}, "question 'vip'", "from now on are broken down", "id: vip", false, false},
		{"sensitive", "publish: false, ", "sensitive: true, publish: false, ", effects{atOnce}, "question 'quiet'", "published once", "id: quiet", false, false},
		{"publish", "publish: false, ", "", effects{newer}, "question 'quiet'", "now published", "id: quiet", false, false},
		{"private", "publish: false, ", "private: true, publish: false, ", effects{atOnce}, "question 'quiet'", "now private", "id: quiet", false, false},

		{"smaller k", "min_group: 5", "min_group: 3", effects{next}, "results", "from 5 to 3", "results:", false, false},
		{"strict", "audience: public, min_group: 5", "audience: public, protection: strict", effects{breaks, atOnce, atOnce}, "index", "no question counts", "overall: overall", false, false},
		{"hidden", "id: recommend,", "id: recommend, publish: false,", effects{atOnce}, "question 'recommend'", "in no period", "id: recommend", false, false},
		{"hidden by what it reads", "id: recommend,", "id: recommend, required: 'quiet == \"a\"',", effects{atOnce, comparable}, "question 'recommend'", "depends on 'quiet', which is not published", "id: recommend", false, false},
		{"sensitive, and what reads it", "id: visits,", "id: visits, sensitive: true,", effects{atOnce, atOnce}, "question 'visits'", "published once", "id: visits", false, false},
		{"crosstabs", "release: full", "release: full, crosstabs: [{rows: stars, by: shop}]", effects{comparable}, "results", "answers so far", "results:", false, false},
		{"deadlines", "alerts:", "deadlines: [{channel: phone, hours: 24}]\nalerts:", effects{comparable}, "the deadlines", "are due by them", "deadlines:", false, false},
		{"weighting", "results:", "weighting: {by: {shop: {north: 40, south: 60}}}\nresults:", effects{comparable}, "survey", "weighted figures", "weighting:", false, false},
		{"issued by period", "issued: 200", "issued: {2026-Q1: 220}", effects{comparable}, "survey", "response rate", "audience:", false, false},

		// The trend breaks.
		{"bands of a number", "step: 1,", "bands: [0, 10, 30],", effects{breaks}, "question 'visits'", "other bands", "id: visits", false, false},
		{"response rate rule", "  target: 80", "  response_rate_rule: {floor: 50, per: 5, deduct: 1}\n  target: 80", effects{breaks}, "scoring", "low response rate", "response_rate_rule:", false, false},
		{"score", "score: 2}\n    - {id: poor", "score: 2.5}\n    - {id: poor", effects{breaks}, "scale 'good'", "from 2 to 2.5", "id: fair", false, false},
		{"score given", "en: No opinion}}", "en: No opinion}, score: 0}", effects{breaks}, "scale 'good'", "from none to 0", "id: none", false, false},
		{"option added", "    - {id: fair,", "    - {id: good, label: {zh: 较好, en: Good}, score: 2.5}\n    - {id: fair,", effects{breaks}, "scale 'good'", "'good' was added", "id: good", false, false},
		{"other added", "type: single_choice, segment: true,", "type: single_choice, other: true,", effects{breaks, atOnce}, "question 'shop'", "'_other' was added", "id: shop", false, false},
		{"more steps", "steps: 5", "steps: 7", effects{breaks}, "question 'stars'", "now 7 steps", "id: stars", false, false},
		{"condition", "show_if: channel != \"email\"", "show_if: channel == \"web\"", effects{breaks}, "section 'second'", "condition was changed", "show_if: channel", false, false},
		{"condition added", "id: recommend,", "id: recommend, show_if: vip,", effects{breaks}, "question 'recommend'", "a condition was added", "id: recommend", false, false},
		{"option's condition", ", show_if: vip}", "}", effects{breaks}, "question 'bought'", "offered to other respondents", "id: black", false, false},
		{"single to multi", "{id: shop, type: single_choice, segment: true,", "{id: shop, type: multi_choice,", effects{breaks, atOnce}, "question 'shop'", "from single_choice to multi_choice", "id: shop", false, false},
		{"labels exchanged", "zh: 北, en: North}}, {id: south, label: {zh: 南, en: South}", "zh: 南, en: South}}, {id: south, label: {zh: 北, en: North}", effects{breaks, breaks}, "question 'shop'", "now says what 'south' said", "id: shop", false, false},
		{"choose more", "max: 2\n", "max: 3\n", effects{breaks}, "question 'bought'", "how many may be chosen", "max: 3", false, false},
		{"total", "total: 100", "total: 10", effects{breaks}, "question 'share'", "another total", "id: share", false, false},
		{"unit", "en: times", "en: days", effects{breaks}, "question 'visits'", "another unit", "id: visits", false, false},
		{"period", "period: quarter", "period: year", effects{breaks}, "survey", "from quarter to year", "period:", false, false},
		{"weight", "weight: 2}]", "weight: 3}]", effects{breaks}, "question 'items.care'", "from 2 to 3", "id: items", false, false},
		{"dimension's weight", "weight: 2}, {id: staff", "weight: 3}, {id: staff", effects{breaks}, "dimension 'tea'", "from 2 to 3", "dimensions:", false, false},
		{"another dimension", "dimension: staff", "dimension: tea", effects{breaks, breaks}, "question 'items.care'", "another dimension", "id: items", false, false},
		{"scored question", "      - {id: hello,", "      - {id: extra, type: rating, steps: 5, label: {zh: 还有, en: Else}}\n      - {id: hello,", effects{breaks, comparable}, "index", "came in: extra", "id: extra", false, false},

		// Stored answers become invalid.
		{"id", "id: tea\n", "id: tea2\n", effects{invalid}, "survey", "put the old id back", "id: tea2", false, false},
		{"question removed", "      - {id: recommend, type: nps, label: {zh: 推荐, en: Recommend}}\n", "", effects{breaks}, "question 'recommend'", "removed", "id: recommend", true, false},
		{"scored question removed", "      - {id: stars, type: rating, steps: 5, label: {zh: 打星, en: Stars}, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, dimension: tea, display: stars}\n", "", effects{breaks, breaks}, "index", "left: stars", "overall: overall", false, false},
		{"question renamed", "id: recommend,", "id: nps,", effects{invalid}, "question 'recommend'", "renamed 'nps'", "id: nps", false, false},
		{"option removed", "          - {id: green, label: {zh: 绿茶, en: Green}}\n", "", effects{breaks}, "question 'bought'", "'green' was removed", "id: green", true, false},
		{"other removed", "        other: {zh: 其他, en: Other}\n", "", effects{breaks}, "question 'bought'", "'_other' was removed", "other:", true, false},
		{"option renamed", "id: green", "id: green_tea", effects{invalid}, "question 'bought'", "renamed 'green_tea'", "id: green_tea", false, false},
		{"scale's option renamed", "id: very_good", "id: great", effects{invalid}, "scale 'good'", "renamed 'great'", "id: great", false, false},
		{"row removed", ", {id: care, label: {zh: 态度, en: Care}, weight: 2}", "", effects{breaks, breaks}, "index", "left: items.care", "overall: overall", false, false},
		{"row renamed", "id: care", "id: manner", effects{invalid, breaks}, "question 'items'", "renamed 'manner'", "id: items", false, false},
		{"fewer steps", "steps: 5", "steps: 4", effects{breaks}, "question 'stars'", "now 4 steps", "id: stars", false, false},
		{"another type", "type: nps", "type: long_text", effects{breaks}, "question 'recommend'", "from nps to long_text", "id: recommend", false, false},
		{"yes_no to consent", "id: vip, type: yes_no, label: {zh: 您是贵宾吗, en: VIP}, short: {zh: 贵宾, en: VIPs}, short_no: {zh: 非贵宾, en: Not VIPs}", "id: vip, type: consent, label: {zh: 您是贵宾吗, en: VIP}, short: {zh: 贵宾, en: VIPs}", effects{breaks, comparable, wording}, "question 'vip'", "from yes_no to consent", "id: vip", false, false},
		{"multi to single", "type: multi_choice\n        label: {zh: 买了什么, en: Bought}\n        min: 1\n        max: 2\n", "type: single_choice\n        label: {zh: 买了什么, en: Bought}\n", effects{breaks, comparable}, "question 'bought'", "from multi_choice to single_choice", "type: single_choice", false, false},
		{"narrower number", "max: 60", "max: 30", effects{breaks}, "question 'visits'", "from 60 to 30", "id: visits", false, false},
		{"coarser step", "step: 1", "step: 5", effects{breaks}, "question 'visits'", "from 1 to 5", "id: visits", false, false},
		{"choose fewer", "max: 2\n", "max: 1\n", effects{breaks}, "question 'bought'", "how many may be chosen", "max: 1", false, false},
		{"rank fewer", "type: ranking, max: 2", "type: ranking, max: 1", effects{breaks}, "question 'order'", "how many may be chosen", "id: order", false, false},
	} {
		if strings.Count(tea, c.old) < 1 {
			t.Errorf("%s: %q is not in the survey", c.name, c.old)
			continue
		}
		edited := strings.Replace(tea, c.old, c.new, 1)
		if c.name == "exclusive" || c.name == "multi to single" { // exclusive options are anchored, and belong to a multi_choice
			edited = strings.Replace(edited, "anchor: [nothing]", "anchor: [green]", 1)
			edited = strings.Replace(edited, ", exclusive: true", "", 1)
		}
		if c.name == "label" && !strings.Contains(edited, c.new) {
			t.Fatal("nothing was edited")
		}
		old, new := parse(t, "old.yaml", tea), parse(t, "new.yaml", edited)
		changes := slices.DeleteFunc(compare.Surveys(old, new), func(c compare.Change) bool { return strings.HasPrefix(c.Sentence.String(), regrouped) })
		var got effects
		for _, change := range changes {
			got = append(got, change.Effect)
		}
		if !slices.Equal(slices.Compact(slices.Clone(got)), slices.Compact(slices.Clone(c.want))) || len(changes) == 0 {
			t.Errorf("%s: got %v, want %v:\n%v", c.name, got, c.want, changes)
			continue
		}
		first := changes[0]
		if c.part != "" && first.Part.String() != c.part || !strings.Contains(first.Sentence.String(), c.says) {
			t.Errorf("%s: got %v", c.name, first)
		}
		source, file := edited, "new.yaml"
		if first.Old {
			source, file = tea, "old.yaml"
		}
		line := strings.Split(source, "\n")[first.Line-1]
		if first.Old != c.inOld || first.File != file || !strings.Contains(line, c.line) {
			t.Errorf("%s: %v points to %q, want one with %q (old: %v)", c.name, first, line, c.line, c.inOld)
		}
		if strings.Contains(first.String(), "%!") {
			t.Errorf("%s: %v", c.name, first)
		}
		if back := compare.Surveys(new, old); len(back) == 0 {
			t.Errorf("%s: the way back is no change", c.name)
		}
	}
}

const regrouped = "answers from now on are counted and released in groups of their own"

// TestGroups checks that it is said, once, if answers that wait are not joined with those that come.
func TestGroups(t *testing.T) {
	old := parse(t, "old.yaml", tea)
	for edit, want := range map[[2]string]string{
		{"Tea house}", "Teahouse}"}:       "",
		{"target: 80", "target: 85"}:      "",
		{"id: why,", "id: reason,"}:       "",
		{"steps: 5", "steps: 7"}:          "if they are 5 or more",
		{"min_group: 5", "min_group: 10"}: "if they are 10 or more",
	} {
		source := strings.Replace(tea, edit[0], edit[1], 1)
		var said []string
		for _, c := range compare.Surveys(old, parse(t, "new.yaml", source)) {
			if strings.HasPrefix(c.Sentence.String(), regrouped) {
				said = append(said, c.Sentence.String())
			}
		}
		if (want != "") != (len(said) == 1) || want != "" && !strings.Contains(said[0], want) {
			t.Errorf("%s: %q", edit[1], said)
		}
	}
}

// TestEveryFieldIsCompared edits every field of a compiled survey. Its meaning depends on the question's type, so an edit
// of a field must be reported in at least one place. A new field of the format fails here until Surveys compares it.
func TestEveryFieldIsCompared(t *testing.T) {
	v, before := parse(t, "tea.yaml", tea), parse(t, "tea.yaml", tea)
	edits := 0
	noticed := map[string]bool{} // by the field's name
	eachEdit(reflect.ValueOf(v.Survey).Elem(), "survey", func(name string) {
		if name == "survey.Version" || name == "survey.Shape" || name == "survey.Legacy" || strings.HasSuffix(name, ".Numeric") {
			return
		}
		edits++
		after, err := survey.Decode(v.Survey.Encode())
		if err != nil {
			return // such as a condition that is now circular
		}
		after.Version = "edited"
		changes := compare.Surveys(before, compare.Version{Survey: after, Places: before.Places})
		noticed[name] = noticed[name] || len(changes) > 0 && !strings.HasPrefix(changes[0].Sentence.String(), "something was moved")
	})
	for name, seen := range noticed {
		if !seen {
			t.Errorf("editing %s is not noticed", name)
		}
	}
	if edits < 500 {
		t.Errorf("only %d edits", edits)
	}
}

// eachEdit edits one exported value after another, calls edited, and undoes the edit.
func eachEdit(v reflect.Value, name string, edited func(name string)) {
	with := func(other reflect.Value) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		v.Set(other)
		edited(name)
		v.Set(before)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				eachEdit(v.Field(i), name+"."+f.Name, edited)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachEdit(v.Elem(), name, edited)
			if v.Type().Elem().Kind() != reflect.Struct || !strings.HasSuffix(name, ".Contact") {
				with(reflect.Zero(v.Type()))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachEdit(v.Index(i), name+"[]", edited)
		}
		if v.Len() > 1 {
			with(v.Slice(0, v.Len()-1))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if v.Type().Elem().Kind() != reflect.String {
				continue
			}
			before := v.MapIndex(key)
			v.SetMapIndex(key, reflect.ValueOf(before.String()+" ×"))
			edited(name + "[" + key.String() + "]")
			v.SetMapIndex(key, before)
		}
	case reflect.Bool:
		with(reflect.ValueOf(!v.Bool()).Convert(v.Type()))
	case reflect.Int, reflect.Int64:
		with(reflect.ValueOf(v.Int() + 1).Convert(v.Type()))
	case reflect.String:
		other := v.String() + "x"
		if name == "survey.Timezone" {
			other = "UTC"
		}
		with(reflect.ValueOf(other).Convert(v.Type()))
	}
}

// TestMovesAreFew checks that a new order of questions is explained by as few moves as possible, and that sorting back
// undoes them.
func TestMovesAreFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 7).Draw(t, "questions")
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6}[:n]).Draw(t, "order")
		source := func(order []int) string {
			b := "title: T\nsections:\n  - questions:\n"
			for _, i := range order {
				b += "      - {id: q" + string(rune('0'+i)) + ", type: yes_no, label: Q}\n"
			}
			return b
		}
		sorted := slices.Sorted(slices.Values(order))
		old, _ := questionnaire.Parse("a.yaml", []byte(source(sorted)))
		new, _ := questionnaire.Parse("a.yaml", []byte(source(order)))
		changes := compare.Surveys(compare.Version{Survey: old}, compare.Version{Survey: new})
		longest := 0 // rising run, by trying all
		for mask := range 1 << n {
			run, last := 0, -1
			for i, q := range order {
				if mask&(1<<i) != 0 {
					if q < last {
						run = -1
						break
					}
					run, last = run+1, q
				}
			}
			longest = max(longest, run)
		}
		if len(changes) != n-longest {
			t.Fatalf("%v: %d moves, want %d: %v", order, len(changes), n-longest, changes)
		}
	})
}
