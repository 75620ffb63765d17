package questionnaire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// parse compiles a questionnaire that has no problem.
func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", source, problems)
	}
	return s
}

// whole says everything that the format can say today.
const whole = `id: quarterly_service
title: {zh: 服务满意度调查, en: Service survey}
languages: [zh, en]
intro: {zh: 请您评价。, en: Please rate us.}
minutes: 5
thanks:
  - {show_if: overall <= 2, text: {zh: 我们会改进。, en: We will do better.}}
  - {show_if: 'channel == "web"', text: {zh: 谢谢网上的您！, en: "Thank you, web!"}}
  - {text: {zh: 谢谢！, en: Thank you!}}
duplicates: keep
layout: steps
contact: {name: {zh: 李女士, en: Ms Li}, email: li@example.com, phone: "+86 10 1234"}
document: {number: QR-07-01, version: "3", approved_by: Wang, approved_on: 2026-09-20}
window: {from: 2026-10-01, until: 2026-10-31}
timezone: Asia/Shanghai
period: quarter
audience: {population: 400, issued: 227, sample: ten_plus_5_percent}
channels: [web, email]
scales:
  satisfaction:
    - {id: good, label: {zh: 满意, en: Satisfied}, score: 5}
    - {id: bad, label: {zh: 不满意, en: Dissatisfied}, score: 0.5}
    - {id: none, label: {zh: 没意见, en: No opinion}}
  importance:
    - {id: high, label: {zh: 重要, en: Important}, score: 3}
    - {id: low, label: {zh: 不重要, en: Unimportant}, score: 1}
sections:
  - id: product
    show_if: language == "zh" or channel != "email"
    title: {zh: 产品, en: Product}
    intro: {zh: 关于产品, en: About the product}
    questions:
      - {id: tier, type: single_choice, label: {zh: 级别, en: Tier}, segment: true, display: dropdown, options: [{id: a, label: A级}, {id: b, label: {zh: 乙, en: B}}]}
      - {id: items, type: matrix, label: {zh: 各项, en: Items}, scale: satisfaction, weight: 2, dimension: service, required: [speed], rows: [{id: speed, label: {zh: 速度, en: Speed}}, {id: care, label: {zh: 关怀, en: Care}, weight: 0}]}
  - questions:
      - {id: overall, type: rating, label: {zh: 总体, en: Overall}, steps: 5, display: stars, low: {zh: 差, en: Poor}, high: {zh: 好, en: Great}, required: true}
      - {type: note, label: {zh: 最后, en: At last}}
      - {id: email, type: email, label: {zh: 邮箱, en: E-mail}}
      - {id: both, type: importance_matrix, label: {zh: 两面, en: Both}, scale: satisfaction, importance_scale: importance, required: overall < 3, rows: [{id: price, label: {zh: 价格, en: Price}}]}
      - {id: order, type: ranking, label: {zh: 排序, en: Order}, max: 2, options: [{id: price, label: {zh: 价格, en: Price}}, {id: speed, label: {zh: 速度, en: Speed}}, {id: care, label: {zh: 态度, en: Care}, show_if: overall > 1}]}
      - {id: share, type: constant_sum, label: {zh: 分配, en: Share}, total: 100, options: [{id: price, label: {zh: 价格, en: Price}}, {id: speed, label: {zh: 速度, en: Speed}}]}
      - {id: why, type: multi_choice, label: {zh: 原因, en: Why}, show_if: overall <= 4, other: {zh: 别的, en: Another}, shuffle: true, anchor: [speed], options: [{id: price, label: {zh: 价格, en: Price}}, {id: speed, label: {zh: 速度, en: Speed}}, {id: none, label: {zh: 没有, en: None}, exclusive: true}]}
      - {id: arrived, type: time, label: {zh: 到达, en: Arrived}}
      - {id: left, type: time, label: {zh: 离开, en: Left}, check: [{that: left >= arrived, message: {zh: 早于到达, en: Before arriving}}, {that: 'left < "22:00"', message: {zh: 太晚, en: Too late}}]}
      - {id: site, type: url, label: {zh: 网站, en: Site}}
      - {id: age, type: number, min: 0, max: 120, display: slider, label: {zh: 年龄, en: Age}}
      - {id: origin, type: hidden, label: {zh: 来源, en: Origin}, segment: true, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
scoring:
  model: percent_of_max
  overall: overall
  dimensions: [{id: service, label: {zh: 服务, en: Service}, weight: 1.5}]
  bands: [{from: 0, label: {zh: 差, en: Poor}}, {from: 80, label: {zh: 优, en: Good}}]
  target: 85
results: {audience: public, min_group: 10, pool_after: 30, release: full}
`

func TestWhole(t *testing.T) {
	source := strings.Replace(whole, "label: A级", "label: {zh: 甲, en: A}", 1)
	s := parse(t, source)
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"id", s.ID, "quarterly_service"},
		{"title", s.Title, survey.Text{"zh": "服务满意度调查", "en": "Service survey"}},
		{"languages", s.Languages, []string{"zh", "en"}},
		{"default language", s.DefaultLanguage(), "zh"},
		{"intro", s.Intro.In("en"), "Please rate us."},
		{"minutes", s.Minutes, 5},
		{"thanks", []string{s.Thanks[0].Text.In("en"), s.Thanks[1].Text.In("en"), s.Thanks[2].Text.In("zh")}, []string{"We will do better.", "Thank you, web!", "谢谢！"}},
		{"thanks' conditions", []bool{s.Thanks[0].ShowIf != nil, s.Thanks[1].ShowIf != nil, s.Thanks[2].ShowIf != nil}, []bool{true, true, false}},
		{"thanks' places", []string{s.ThanksPath(0), s.ThanksPath(1), s.ThanksPath(2)}, []string{"thanks/1/", "thanks/2/", "thanks/"}},
		{"duplicates", s.KeepDuplicates, true},
		{"layout", s.Steps, true},
		{"section's condition", s.Sections[0].ShowIf.Uses(), []string{"language", "channel"}},
		{"order", order(s), "tier items overall note_4 email both order share why arrived left site age origin"},
		{"contact", s.Contact, &survey.Contact{Name: survey.Text{"zh": "李女士", "en": "Ms Li"}, Email: "li@example.com", Phone: "+86 10 1234"}},
		{"document", s.Document, &survey.Document{Number: "QR-07-01", Version: "3", ApprovedBy: "Wang", ApprovedOn: "2026-09-20"}},
		{"window", s.Window, survey.Window{From: "2026-10-01", Until: "2026-10-31"}},
		{"timezone", s.Location().String(), "Asia/Shanghai"},
		{"period", s.Period, survey.Quarter},
		{"audience", s.Audience, survey.Audience{Population: 400, Issued: 227, Sample: "ten_plus_5_percent"}},
		{"channels", s.Channels, []string{"web", "email"}},
		{"section", s.Sections[0].ID, "product"},
		{"section's title", s.Sections[0].Title.In("en"), "Product"},
		{"section's intro", s.Sections[0].Intro.In("en"), "About the product"},
		{"section without id", s.Sections[1].ID, "section_2"},
		{"model", s.Scoring.Model, "percent_of_max"},
		{"overall", s.Scoring.Overall, "overall"},
		{"target", *s.Scoring.Target, 85 * survey.One},
		{"dimensions", s.Scoring.Dimensions, []survey.Dimension{{ID: "service", Label: survey.Text{"zh": "服务", "en": "Service"}, Weight: 1500}}},
		{"bands, highest first", s.Scoring.Bands, []survey.Band{{From: 80 * survey.One, Label: survey.Text{"zh": "优", "en": "Good"}}, {From: 0, Label: survey.Text{"zh": "差", "en": "Poor"}}}},
		{"results", s.Results, survey.Results{Audience: "public", MinGroup: 10, PoolAfter: 30, Release: "full"}},
		{"fields", fieldNames(s), strings.Fields("tier items.speed items.care overall email both.price.importance both.price.satisfaction order.price order.speed order.care share.price share.speed why why._other arrived left site age origin")},
		{"segments", []string{s.Segments()[0].Name, s.Segments()[1].Name}, []string{"tier", "origin"}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}

// order is how the questions wait for one another.
func order(s *survey.Survey) string {
	var ids []string
	for _, q := range s.Order() {
		ids = append(ids, q.ID)
	}
	return strings.Join(ids, " ")
}

func TestQuestions(t *testing.T) {
	dec := func(d survey.Decimal) *survey.Decimal { return &d }
	label := survey.Text{"en": "L"}
	two := []survey.Option{{ID: "a", Label: survey.Text{"en": "A"}}, {ID: "b", Label: survey.Text{"en": "B"}}}
	scale := []survey.Option{{ID: "good", Label: survey.Text{"en": "Good"}, Score: dec(2 * survey.One)}, {ID: "bad", Label: survey.Text{"en": "Bad"}, Score: dec(0)}, {ID: "none", Label: survey.Text{"en": "None"}}}
	bad := "bad"
	answeredUse := &expression.Tree{Op: "answered", Names: []string{"use"}}
	useBad := expression.Tree{Op: "==", Args: []expression.Tree{{Op: "choice", Names: []string{"use"}}, {Op: "literal", Text: &bad}}}
	const ab = "options: [{id: a, label: A}, {id: b, label: B}]"
	for _, c := range []struct {
		yaml string // after "id: q, label: L, "
		want survey.Question
	}{
		{"type: single_choice, " + ab, survey.Question{Type: survey.SingleChoice, Options: two}},
		{"type: single_choice, display: radio, " + ab, survey.Question{Type: survey.SingleChoice, Display: "radio", Options: two}},
		{"type: single_choice, display: buttons, scale: s", survey.Question{Type: survey.SingleChoice, Display: "buttons", Options: scale}},
		{"type: single_choice, display: dropdown, segment: true, " + ab, survey.Question{Type: survey.SingleChoice, Display: "dropdown", Segment: true, Options: two}},
		{"type: single_choice, options: [{id: 1, label: A, score: 0.5}, {id: 2b, label: B, score: 3}]", survey.Question{Type: survey.SingleChoice, Options: []survey.Option{{ID: "1", Label: survey.Text{"en": "A"}, Score: dec(500)}, {ID: "2b", Label: survey.Text{"en": "B"}, Score: dec(3000)}}}},
		{"type: single_choice, scale: s, dimension: d, weight: 2.5", survey.Question{Type: survey.SingleChoice, Options: scale, Dimension: "d", Weight: 2500}},
		{"type: multi_choice, min: 1, max: 2, " + ab, survey.Question{Type: survey.MultiChoice, AtLeast: 1, AtMost: 2, Options: two}},
		{"type: multi_choice, options: [{id: a, label: A}, {id: b, label: B, exclusive: true}]", survey.Question{Type: survey.MultiChoice, Options: []survey.Option{two[0], {ID: "b", Label: survey.Text{"en": "B"}, Exclusive: true}}}},
		{"type: multi_choice, options: [{id: a, label: A}]", survey.Question{Type: survey.MultiChoice, Options: two[:1]}},
		{"type: rating, steps: 3", survey.Question{Type: survey.Rating, Options: survey.Steps(1, 3)}},
		{"type: rating, steps: 3, display: faces, low: Poor, high: Great", survey.Question{Type: survey.Rating, Options: survey.Steps(1, 3), Display: "faces", Low: survey.Text{"en": "Poor"}, High: survey.Text{"en": "Great"}}},
		{"type: rating, scale: s, display: numbers", survey.Question{Type: survey.Rating, Options: scale, Display: "numbers"}},
		{"type: rating, steps: 3, weight: 0", survey.Question{Type: survey.Rating, Options: survey.Steps(1, 3), Weight: -1}},
		{"type: nps, low: No, high: Sure", survey.Question{Type: survey.NPS, Options: survey.Steps(0, 10), Low: survey.Text{"en": "No"}, High: survey.Text{"en": "Sure"}}},
		{"type: matrix, scale: s, rows: [{id: r, label: R}], required: all", survey.Question{Type: survey.Matrix, Options: scale, Rows: []survey.Row{{ID: "r", Label: survey.Text{"en": "R"}, Required: true, Weight: survey.One}}}},
		{"type: matrix, scale: s, weight: 3, rows: [{id: r, label: R}, {id: 5, label: 5, weight: 2}], required: [5]", survey.Question{Type: survey.Matrix, Options: scale, Weight: 3 * survey.One, Rows: []survey.Row{{ID: "r", Label: survey.Text{"en": "R"}, Weight: 3 * survey.One}, {ID: "5", Label: survey.Text{"en": "5"}, Required: true, Weight: 2 * survey.One}}}},
		{"type: matrix, scale: s, rows: [{id: r, label: R}], required: false", survey.Question{Type: survey.Matrix, Options: scale, Rows: []survey.Row{{ID: "r", Label: survey.Text{"en": "R"}, Weight: survey.One}}}},
		{"type: number, min: -5, max: 10.5, step: 0.5, unit: kg, display: box", survey.Question{Type: survey.Number, Min: dec(-5000), Max: dec(10500), Step: dec(500), Unit: survey.Text{"en": "kg"}, Display: "box"}},
		{"type: short_text", survey.Question{Type: survey.ShortText, MaxLength: 200}},
		{"type: short_text, min_length: 2, max_length: 9, pattern: '[A-Z]+'", survey.Question{Type: survey.ShortText, MinLength: 2, MaxLength: 9, Pattern: "[A-Z]+"}},
		{"type: long_text", survey.Question{Type: survey.LongText, MaxLength: 2000}},
		{"type: email", survey.Question{Type: survey.Email, Private: true}},
		{"type: email, private: false", survey.Question{Type: survey.Email}},
		{"type: phone", survey.Question{Type: survey.Phone, Private: true}},
		{"type: date, min: 2026-01-01, max: 2026-12-31", survey.Question{Type: survey.DateType, Earliest: "2026-01-01", Latest: "2026-12-31"}},
		{"type: yes_no, required: yes, help: H", survey.Question{Type: survey.YesNo, Required: true, Help: survey.Text{"en": "H"}}},
		{"type: yes_no, publish: false", survey.Question{Type: survey.YesNo, Unpublished: true}},
		{"type: yes_no, private: true", survey.Question{Type: survey.YesNo, Private: true}},
		{"type: consent", survey.Question{Type: survey.Consent, Required: true}},
		{"type: note", survey.Question{Type: survey.Note}},
		{"type: note, show_if: answered(use)", survey.Question{Type: survey.Note, ShowIf: answeredUse}},
		{"type: url, required: answered(use)", survey.Question{Type: survey.URL, RequiredIf: answeredUse}},
		{"type: time, check: {that: answered(use), message: M}", survey.Question{Type: survey.Time, Checks: []survey.Rule{{That: *answeredUse, Message: survey.Text{"en": "M"}}}}},
		{"type: time, check: [{that: answered(use), message: M}, {that: use == \"bad\", message: N}]", survey.Question{Type: survey.Time, Checks: []survey.Rule{{That: *answeredUse, Message: survey.Text{"en": "M"}}, {That: useBad, Message: survey.Text{"en": "N"}}}}},
		{"type: hidden", survey.Question{Type: survey.Hidden}},
		{"type: hidden, private: true", survey.Question{Type: survey.Hidden, Private: true}},
		{"type: hidden, segment: true, options: [{id: a, label: A}]", survey.Question{Type: survey.Hidden, Segment: true, Options: two[:1]}},
		{"type: single_choice, other: true, " + ab, survey.Question{Type: survey.SingleChoice, Options: slices.Concat(two, []survey.Option{{ID: survey.Other}})}},
		{"type: single_choice, other: Another, options: [{id: a, label: A}]", survey.Question{Type: survey.SingleChoice, Options: []survey.Option{two[0], {ID: survey.Other, Label: survey.Text{"en": "Another"}}}}},
		{"type: single_choice, other: false, scale: s", survey.Question{Type: survey.SingleChoice, Options: scale}},
		{"type: multi_choice, other: true, min: 2, max: 3, " + ab, survey.Question{Type: survey.MultiChoice, AtLeast: 2, AtMost: 3, Options: slices.Concat(two, []survey.Option{{ID: survey.Other}})}},
		{"type: multi_choice, shuffle: true, other: true, anchor: [a], options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: B, exclusive: true}]", survey.Question{Type: survey.MultiChoice, Shuffle: true, Anchor: []string{"a", "c", survey.Other},
			Options: []survey.Option{two[0], two[1], {ID: "c", Label: survey.Text{"en": "B"}, Exclusive: true}, {ID: survey.Other}}}},
		{"type: single_choice, shuffle: false, " + ab, survey.Question{Type: survey.SingleChoice, Options: two}},
		{"type: single_choice, options: [{id: a, label: A}, {id: b, label: B, show_if: answered(use)}]", survey.Question{Type: survey.SingleChoice, Options: []survey.Option{two[0], {ID: "b", Label: survey.Text{"en": "B"}, ShowIf: answeredUse}}}},
		{"type: ranking, " + ab, survey.Question{Type: survey.Ranking, AtMost: 2, Options: two}},
		{"type: ranking, max: 1, shuffle: true, required: true, " + ab, survey.Question{Type: survey.Ranking, AtMost: 1, Shuffle: true, Required: true, Options: two}},
		{"type: constant_sum, total: 10.5, " + ab, survey.Question{Type: survey.ConstantSum, Total: dec(10500), Options: two}},
		{"type: importance_matrix, scale: s, importance_scale: i, rows: [{id: r, label: R}], required: [r]", survey.Question{Type: survey.ImportanceMatrix, Options: scale, Importance: two, Rows: []survey.Row{{ID: "r", Label: survey.Text{"en": "R"}, Required: true, Weight: survey.One}}}},
		{"type: matrix, scale: s, rows: [{id: r, label: R}], required: answered(use)", survey.Question{Type: survey.Matrix, Options: scale, RequiredIf: answeredUse, Rows: []survey.Row{{ID: "r", Label: survey.Text{"en": "R"}, Weight: survey.One}}}},
		{"type: matrix, scale: s, rows: [{id: r, label: R}], required: yes", survey.Question{Type: survey.Matrix, Options: scale, Rows: []survey.Row{{ID: "r", Label: survey.Text{"en": "R"}, Required: true, Weight: survey.One}}}},
		{"type: number, min: 0, max: 10, display: slider", survey.Question{Type: survey.Number, Min: dec(0), Max: dec(10000), Display: "slider"}},
	} {
		t.Run(c.yaml, func(t *testing.T) {
			s := parse(t, `title: T
scales: {s: [{id: good, label: Good, score: 2}, {id: bad, label: Bad, score: 0}, {id: none, label: None}], i: [{id: a, label: A}, {id: b, label: B}]}
scoring: {dimensions: [{id: d}]}
sections:
  - questions:
      - {id: use, type: single_choice, label: L, scale: s}
      - {id: also, type: single_choice, label: L, scale: i}
      - {id: q, label: L, `+c.yaml+"}\n")
			want := c.want
			want.ID, want.Label = "q", label
			switch want.Weight {
			case 0:
				want.Weight = survey.One
			case -1:
				want.Weight = 0
			}
			if got := s.Sections[0].Questions[2]; !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%+v\nwant\n%+v", got, want)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	s, problems := Parse("surveys/new-office.yaml", []byte("title: T\n"+tail))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if s.ID != "new-office" || s.Timezone != "UTC" || s.Period != survey.NoPeriod || s.Results.MinGroup != 5 || s.Results.Audience != "public" ||
		s.Scoring.Model != "percent_of_max" || !slices.Equal(s.Languages, []string{"en"}) || s.Sections[0].ID != "section_1" {
		t.Errorf("%+v", s)
	}
}

func TestLanguages(t *testing.T) {
	for _, c := range []struct {
		name, head string
		label      string
		want       []string
	}{
		{"from an English title", "title: T", "L", []string{"en"}},
		{"from a Chinese title", "title: 满意度", "好吗", []string{"zh"}},
		{"from a title in two", "title: {zh: 题, en: T}", "{zh: 好吗, en: L}", []string{"zh", "en"}},
		{"in the title's order", "title: {en: T, zh: 题}", "{zh: 好吗, en: L}", []string{"en", "zh"}},
		{"listed", "title: 满意度\nlanguages: [zh-Hant]", "好吗", []string{"zh-Hant"}},
		{"one, as a mapping", "title: {de: T}", "{de: L}", []string{"de"}},
		{"plain text in one language", "title: T\nlanguages: [fr]", "L", []string{"fr"}},
		{"texts that no language owns", "title: {zh: 题, en: T}", "\"5 %\"", []string{"zh", "en"}},
		{"a number as a text", "title: {zh: 题, en: T}", "5", []string{"zh", "en"}},
		{"a date as a text", "title: {zh: 题, en: T}", "2026-10-01", []string{"zh", "en"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := parse(t, c.head+"\nsections: [{questions: [{id: q, type: yes_no, label: "+c.label+"}]}]\n")
			if !slices.Equal(s.Languages, c.want) {
				t.Errorf("languages %v, want %v", s.Languages, c.want)
			}
			for _, l := range c.want {
				if s.Sections[0].Questions[0].Label.In(l) == "" {
					t.Errorf("no label in %s", l)
				}
			}
			if !s.Speaks(c.want[0]) || s.Speaks("xx") {
				t.Error("Speaks is wrong")
			}
		})
	}
}

// The same questionnaire, however its file is written.
func TestSameSurvey(t *testing.T) {
	plain := "title: T\nsections:\n  - questions:\n      - {id: a, type: yes_no, label: Good, help: More}\n      - {id: b, type: yes_no, label: Good, help: More}\n"
	want := parse(t, plain)
	for name, source := range map[string]string{
		"Windows line ends":    strings.ReplaceAll(plain, "\n", "\r\n"),
		"old Mac line ends":    strings.ReplaceAll(plain, "\n", "\r"),
		"byte order mark":      "\uFEFF" + plain,
		"no final newline":     strings.TrimSuffix(plain, "\n"),
		"document marks":       "---\n" + plain + "...\n",
		"comments":             "# one\n" + strings.ReplaceAll(plain, "\n", " # two\n"),
		"aliases":              "title: T\nsections:\n  - questions:\n      - {id: a, type: &t yes_no, label: &l Good, help: &h {en: More}}\n      - {id: b, type: *t, label: *l, help: *h}\n",
		"block texts":          strings.ReplaceAll(strings.ReplaceAll(plain, "{id", "{\"id\""), "Good", "'Good'"),
		"spaces around":        strings.ReplaceAll(plain, "Good", "\"  Good \""),
		"JSON":                 `{"title":"T","sections":[{"questions":[{"id":"a","type":"yes_no","label":"Good","help":"More"},{"id":"b","type":"yes_no","label":"Good","help":"More"}]}]}`,
		"a tab in a comment":   "title: T\t# one\n" + strings.TrimPrefix(plain, "title: T\n"),
		"keys in other orders": "sections:\n  - questions:\n      - {help: More, label: Good, type: yes_no, id: a}\n      - {label: Good, help: More, id: b, type: yes_no}\ntitle: T\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := parse(t, source)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got.Encode(), want.Encode())
			}
		})
	}
}

// Texts that need no quotes must not be refused for looking like YAML, and what is not a mistake is none.
func TestPlainTexts(t *testing.T) {
	for _, text := range []string{"您满意吗？", "Is it 5:30 yet?", "说明：请填写", "“好”还是“不好”", "See https://example.com/a?b=c#d", "It's good - or not", "A [bracket] and {brace}", "No", "100%", "A & B * C", "-----", "ratio 1:2", "Yes!"} {
		s := parse(t, "title: "+text+"\nlanguages: [en]\nintro: |\n  "+text+"\n  \ta tab\n  - a list\n  　　一段\n"+tail)
		if s.Title.In("en") != text || !strings.HasPrefix(s.Intro.In("en"), text+"\n") {
			t.Errorf("%q became %q and %q", text, s.Title.In("en"), s.Intro.In("en"))
		}
	}
}

func goodSources() []string {
	sources := []string{strings.Replace(whole, "label: A级", "label: {zh: 甲, en: A}", 1), "title: T\n" + tail, string(benchmarkSource())}
	for _, more := range []string{"type: nps", "type: number, min: 1", "type: long_text", "type: consent", "type: phone", "type: date", "type: rating, steps: 7", "type: multi_choice, options: [{id: a, label: A}]", "type: time, show_if: q", "type: url, required: not q", "type: hidden", "type: consent, check: {that: q, message: M}",
		"type: ranking, shuffle: true, options: [{id: a, label: A}, {id: b, label: B, show_if: q}]", "type: constant_sum, total: 1, options: [{id: a, label: A}, {id: b, label: B}]", "type: single_choice, other: true, options: [{id: a, label: A}]"} {
		sources = append(sources, "title: T\n"+tail+"      - {id: x, label: X, "+more+"}\n")
	}
	return sources
}

func TestEncodeDecode(t *testing.T) {
	for _, source := range goodSources() {
		s := parse(t, source)
		data := s.Encode()
		got, err := survey.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, s) {
			t.Errorf("got\n%+v\nwant\n%+v", got, s)
		}
		if string(got.Encode()) != string(data) {
			t.Error("encoded otherwise the second time")
		}
		for i, f := range got.Fields() {
			if g, ok := got.Field(f.Name); !ok || g.Question != f.Question || got.FieldIndex(f.Name) != i {
				t.Errorf("field %s is not found by its name", f.Name)
			}
		}
	}
	if _, ok := parse(t, goodSources()[0]).Field("nothing"); ok || parse(t, goodSources()[0]).FieldIndex("nothing") != -1 {
		t.Error("a field that is not there was found")
	}
	for _, bad := range []string{"", "null", "{}", "[]", `{"id":"a"}`, `{"id":"a","languages":["en"],"timezone":"Nowhere/City"}`, `{"id":"a","languages":["en"],"timezone":"UTC","sections":[{"questions":[{"weight":1.0005}]}]}`} {
		if _, err := survey.Decode([]byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "compiled survey: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestVersionAndShape(t *testing.T) {
	base := strings.Replace(whole, "label: A级", "label: {zh: 甲, en: A}", 1)
	was := parse(t, base)
	if again := parse(t, base); again.Version != was.Version || again.Shape != was.Shape || len(was.Version) != 16 || len(was.Shape) != 16 {
		t.Error("not stable")
	}
	for _, c := range []struct {
		old, new string
		shape    bool // whether it changes
	}{
		{"Service survey", "A service survey", false},
		{"Please rate us.", "Rate us.", false},
		{"en: Satisfied", "en: Happy", false},
		{"en: Speed", "en: Pace", false},
		{"minutes: 5", "minutes: 6", false},
		{"until: 2026-10-31", "until: 2026-11-30", false},
		{"min_group: 10", "min_group: 11", false},
		{"target: 85", "target: 86", false},
		{"weight: 1.5", "weight: 1.6", false},
		{"We will do better.", "We shall do better.", false},
		{"show_if: overall <= 2, text", "show_if: overall <= 3, text", false},
		{"en: Another", "en: Other", false},
		{"shuffle: true, anchor: [speed], ", "", false},
		{"Before arriving", "Earlier than arriving", false},
		{"that: left >= arrived", "that: left > arrived", false},
		{"required: overall < 3", "required: overall < 4", false},
		{"duplicates: keep", "duplicates: drop", false},
		{"display: slider, ", "", false},
		{"{id: high, label: {zh: 重要, en: Important}", "{id: high, label: {zh: 要紧, en: Vital}", false},
		{"show_if: language == \"zh\" or channel", "show_if: language == \"en\" or channel", true},
		{"    show_if: language == \"zh\" or channel != \"email\"\n", "", true},
		{"show_if: overall <= 4", "show_if: overall <= 3", true},
		{"show_if: overall > 1", "show_if: overall > 2", true},
		{", show_if: overall > 1", "", true},
		{"score: 3", "score: 4", true},
		{"id: low", "id: lowest", true},
		{"max: 2, options", "max: 3, options", true},
		{"total: 100", "total: 10", true},
		{"other: {zh: 别的, en: Another}, ", "", true},
		{"{id: speed, label: {zh: 速度, en: Speed}}]}\n      - {id: why", "{id: tempo, label: {zh: 速度, en: Speed}}]}\n      - {id: why", true},
		{"id: b, label: {zh: 乙, en: B}}]}\nscoring", "id: c, label: {zh: 乙, en: B}}]}\nscoring", true},
		{"type: time, label: {zh: 到达", "type: short_text, label: {zh: 到达", true},
		{"display: stars, ", "", false},
		{"required: [speed], ", "", false},
		{"- {type: note, label: {zh: 最后, en: At last}}", "", false},
		{"id: quarterly_service", "id: other_service", false},
		{"score: 5", "score: 4", true},
		{"id: none", "id: nothing", true},
		{"id: speed", "id: tempo", true},
		{"segment: true, ", "", true},
		{"steps: 5", "steps: 7", true},
		{"id: email", "id: mail", true},
		{"type: email", "type: short_text", true},
		{"id: tier,", "id: level,", true},
		{", {id: care, label: {zh: 关怀, en: Care}, weight: 0}", "", true},
	} {
		if !strings.Contains(base, c.old) {
			t.Errorf("no %q", c.old)
			continue
		}
		edited := strings.ReplaceAll(strings.Replace(base, c.old, c.new, 1), "required: [speed]", "required: "+map[bool]string{true: "[tempo]", false: "[speed]"}[c.new == "id: tempo"])
		is := parse(t, edited)
		if is.Version == was.Version {
			t.Errorf("%q for %q: the version stays", c.new, c.old)
		}
		if (is.Shape != was.Shape) != c.shape {
			t.Errorf("%q for %q: shape changes: %v", c.new, c.old, is.Shape != was.Shape)
		}
	}
}

func TestFields(t *testing.T) {
	s := parse(t, `title: T
scales: {s: [{id: none, label: None}, {id: good, label: Good, score: 2}], i: [{id: high, label: High, score: 3}, {id: low, label: Low, score: 1}, {id: no, label: No}]}
sections:
  - questions:
      - {id: m, type: matrix, label: L, scale: s, rows: [{id: a, label: A}, {id: b, label: B, weight: 0}], required: [a]}
      - {id: yes, type: yes_no, label: L}
      - {id: ok, type: consent, label: L}
      - {id: n, type: number, label: L}
      - {id: words, type: long_text, label: L}
      - {id: hidden, type: rating, steps: 5, label: L, publish: false}
      - {id: secret, type: rating, steps: 5, label: L, private: true}
      - {id: promoter, type: nps, label: L}
      - {id: plain, type: single_choice, label: L, options: [{id: a, label: A}, {id: b, label: B}]}
      - {type: note, label: L}
      - {id: im, type: importance_matrix, label: L, scale: s, importance_scale: i, rows: [{id: a, label: A}], required: [a]}
      - {id: order, type: ranking, label: L, max: 2, required: true, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: share, type: constant_sum, label: L, total: 10, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: choice, type: single_choice, label: L, required: true, other: true, options: [{id: a, label: A, score: 3}]}
      - {id: link, type: hidden, label: L}
      - {id: tier, type: hidden, label: L, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: site, type: url, label: L}
      - {id: clock, type: time, label: L}
`)
	for _, c := range []struct {
		name                      string
		options                   int
		required, counted, scored bool
		max                       survey.Decimal
	}{
		{"m.a", 2, true, true, true, 2 * survey.One},
		{"m.b", 2, false, true, false, 2 * survey.One},
		{"yes", 2, false, true, false, 0},
		{"ok", 1, true, true, false, 0},
		{"n", 0, false, true, false, 0},
		{"words", 0, false, false, false, 0},
		{"hidden", 5, false, false, false, 5 * survey.One},
		{"secret", 5, false, false, false, 5 * survey.One},
		{"promoter", 11, false, true, false, 10 * survey.One},
		{"plain", 2, false, true, false, 0},
		{"im.a.importance", 3, true, true, false, 3 * survey.One},
		{"im.a.satisfaction", 2, true, true, true, 2 * survey.One},
		{"order.a", 2, true, true, false, 2 * survey.One},
		{"order.c", 2, true, true, false, 2 * survey.One},
		{"share.b", 0, false, true, false, 0},
		{"choice", 2, true, true, true, 3 * survey.One},
		{"choice._other", 0, false, false, false, 0},
		{"link", 0, false, false, false, 0},
		{"tier", 2, false, true, false, 0},
		{"site", 0, false, false, false, 0},
		{"clock", 0, false, false, false, 0},
	} {
		f, ok := s.Field(c.name)
		if !ok {
			t.Fatalf("no field %s", c.name)
		}
		if len(f.Options()) != c.options || f.Required() != c.required || f.Counted() != c.counted || f.Scored() != c.scored || f.MaxScore() != c.max || f.HasScores() != (c.max > 0) {
			t.Errorf("%s: %d options, required %v, counted %v, scored %v, at most %s", c.name, len(f.Options()), f.Required(), f.Counted(), f.Scored(), f.MaxScore())
		}
	}
	if f, _ := s.Field("m.a"); f.Label().In("en") != "A" || f.Weight() != survey.One {
		t.Error("a row's label and weight are its own")
	}
	if f, _ := s.Field("share.b"); f.Label().In("en") != "B" || !f.Numeric() {
		t.Error("a share is a number, called what its option is called")
	}
	if len(s.Fields()) != 23 || len(s.Segments()) != 0 {
		t.Errorf("%d fields", len(s.Fields()))
	}
}

func TestValidEmail(t *testing.T) {
	for address, want := range map[string]bool{
		"a@example.com": true, "a.b+c@mail.example.cn": true, "李@例子.中国": true,
		"": false, "a": false, "a@b": false, "@example.com": false, "a@@example.com": false, "a b@example.com": false, "a@example..com": false,
		"a@.com": false, "<a@example.com>": false, "a@example.com,b@example.com": false, strings.Repeat("a", 250) + "@b.cn": false,
	} {
		if survey.ValidEmail(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
}

func TestIsFile(t *testing.T) {
	for name, want := range map[string]bool{
		"a.yaml": true, "a.yml": true, "actions.yaml": true, "满意.yaml": true,
		"a.actions.yaml": false, "a.actions.yml": false, ".a.yaml": false, "a.yaml~": false, "a.json": false, "a": false, "yaml": false,
	} {
		if IsFile(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// benchmarkSource is a survey of 30 questions in 2 languages, as a marketer writes it.
func benchmarkSource() []byte {
	var b strings.Builder
	b.WriteString("title: {zh: 服务满意度调查, en: Service survey}\nintro: {zh: 请您评价我们的服务。, en: Please rate our service.}\nscales:\n  s:\n")
	for i := range 5 {
		fmt.Fprintf(&b, "    - {id: s%d, label: {zh: 第%d级, en: Step %d}, score: %d}\n", i, i, i, i)
	}
	b.WriteString("sections:\n")
	for section := range 3 {
		fmt.Fprintf(&b, "  - id: section%d\n    title: {zh: 部分, en: Section}\n    questions:\n", section)
		for i := range 10 {
			fmt.Fprintf(&b, "      - id: q%d_%d\n        label: {zh: 您对这一项满意吗？, en: \"How satisfied are you with this?\"}\n        help: {zh: 请选一个, en: Choose one}\n", section, i)
			switch i % 5 {
			case 0:
				b.WriteString("        type: rating\n        steps: 5\n")
			case 1:
				b.WriteString("        type: single_choice\n        options:\n")
				for o := range 5 {
					fmt.Fprintf(&b, "          - {id: o%d, label: {zh: 选项%d, en: Option %d}}\n", o, o, o)
				}
			case 2:
				b.WriteString("        type: matrix\n        scale: s\n        rows:\n")
				for o := range 5 {
					fmt.Fprintf(&b, "          - {id: r%d, label: {zh: 行%d, en: Row %d}}\n", o, o, o)
				}
			case 3:
				b.WriteString("        type: long_text\n")
			default:
				b.WriteString("        type: single_choice\n        scale: s\n        required: true\n")
			}
		}
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	source := benchmarkSource()
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := Parse("benchmark.yaml", source); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
