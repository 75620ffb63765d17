package questionnaire

import (
	"encoding/json"
	"fmt"
	"os"
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

// whole is a questionnaire that uses everything that the format has.
var whole = func() string {
	source, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		panic(err)
	}
	return string(source)
}()

func TestWhole(t *testing.T) {
	s := parse(t, whole)
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
		{"no cards", s.Cards, false},
		{"section's condition", s.Sections[0].ShowIf.Uses(), []string{"language", "channel"}},
		{"order", order(s), "tier items overall note_4 email both order share why arrived left site age origin"},
		{"contact", s.Contact, &survey.Contact{Name: survey.Text{"zh": "李女士", "en": "Ms Li"}, Email: "li@example.com", Phone: "+86 10 1234"}},
		{"document", s.Document, &survey.Document{Number: "QR-07-01", Version: "3", ApprovedBy: "Wang", ApprovedOn: "2026-09-20"}},
		{"window", s.Window, survey.Window{From: "2026-10-01", Until: "2026-10-31"}},
		{"timezone", s.Location().String(), "Asia/Shanghai"},
		{"period", s.Period, survey.Quarter},
		{"audience", s.Audience, survey.Audience{Population: 400, Periods: []survey.IssuedIn{{Period: "2026-Q3", Issued: 227},
			{Period: "2026-Q4", Issued: 130, Channels: []survey.IssuedBy{{Channel: "email", Issued: 100}, {Channel: "web", Issued: 30}}}}, Sample: "ten_plus_5_percent"}},
		{"weighting, in the options' order", *s.Weighting, survey.Weighting{Margins: []survey.Margin{{Segment: "tier", Shares: []survey.MarginShare{{Option: "a", Share: 20 * survey.One}, {Option: "b", Share: 80 * survey.One}}}}, Cap: 4 * survey.One}},
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

// order lists the questions in the order in which their conditions are evaluated.
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
		{"type: date, min: 2026-01-01, message: M", survey.Question{Type: survey.DateType, Earliest: "2026-01-01", Message: survey.Text{"en": "M"}}},
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
			if got := s.Sections[0].Questions[2]; !reflect.DeepEqual(plain(t, got), plain(t, want)) {
				t.Errorf("got\n%+v\nwant\n%+v", got, want)
			}
		})
	}
}

// plain returns a question without what is derived.
func plain(t *testing.T, q survey.Question) (plain survey.Question) {
	t.Helper()
	data, err := json.Marshal(q)
	if err == nil {
		err = json.Unmarshal(data, &plain)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain
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
			if !s.HasLanguage(c.want[0]) || s.HasLanguage("xx") {
				t.Error("HasLanguage is wrong")
			}
		})
	}
}

// TestSameSurvey checks that different ways to write a questionnaire give the same survey.
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

// TestPlainTexts checks that texts that need no quotes are accepted, even if they look like other YAML.
func TestPlainTexts(t *testing.T) {
	for _, text := range []string{"您满意吗？", "Is it 5:30 yet?", "说明：请填写", "“好”还是“不好”", "See https://example.com/a?b=c#d", "It's good - or not", "A [bracket] and {brace}", "No", "100%", "A & B * C", "-----", "ratio 1:2", "Yes!"} {
		s := parse(t, "title: "+text+"\nlanguages: [en]\nintro: |\n  "+text+"\n  \ta tab\n  - a list\n  　　一段\n"+tail)
		if s.Title.In("en") != text || !strings.HasPrefix(s.Intro.In("en"), text+"\n") {
			t.Errorf("%q became %q and %q", text, s.Title.In("en"), s.Intro.In("en"))
		}
	}
}

// goodSources returns questionnaires without problems: one for each question type, and larger ones.
func goodSources() []string {
	sources := []string{whole, "title: T\n" + tail, string(benchmarkSource())}
	for _, more := range []string{"type: nps", "type: number, min: 1", "type: long_text", "type: consent", "type: phone", "type: date", "type: rating, steps: 7", "type: multi_choice, options: [{id: a, label: A}]", "type: time, show_if: q", "type: url, required: not q", "type: hidden", "type: consent, check: {that: q, message: M}",
		"type: ranking, shuffle: true, options: [{id: a, label: A}, {id: b, label: B, show_if: q}]", "type: constant_sum, total: 1, options: [{id: a, label: A}, {id: b, label: B}]", "type: single_choice, other: true, options: [{id: a, label: A}]"} {
		sources = append(sources, "title: T\n"+tail+"      - {id: x, label: X, "+more+"}\n")
	}
	return sources
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

// TestIssued checks how many were issued in a period, however the questionnaire gives the numbers.
func TestIssued(t *testing.T) {
	for _, c := range []struct{ keys, period, want string }{
		{"", "2026-Q4", "0 [] false"},
		{"audience: {issued: 227}", "2026-Q4", "227 [] false"},
		{"audience: {issued: {email: 100, web: 127}}", "2026-Q4", "227 [{email 100} {web 127}] false"},
		{"audience: {issued: {2026-Q3: 210, 2026-Q4: {web: 127}}}", "2026-Q3", "210 [] true"},
		{"audience: {issued: {2026-Q3: 210, 2026-Q4: {web: 127}}}", "2026-Q4", "127 [{web 127}] true"},
		{"audience: {issued: {2026-Q3: 210}}", "2026-Q4", "0 [] false"},
		{"audience: {issued: {2026-Q3: 210}}", "", "0 [] false"},
	} {
		s := parse(t, "title: T\nperiod: quarter\nchannels: [email, web]\n"+c.keys+"\n"+tail)
		total, byChannel, explicit := s.Audience.IssuedIn(c.period)
		if total > s.Audience.MostIssued() {
			t.Errorf("%s: at most %d", c.keys, s.Audience.MostIssued())
		}
		if got := fmt.Sprint(total, byChannel, explicit); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.keys, c.period, got, c.want)
		}
	}
}

// TestCrossTabOfOther checks that a question with a text for "Other" can be broken down: the text is no figure.
func TestCrossTabOfOther(t *testing.T) {
	s := parse(t, `title: T
results: {crosstabs: [{rows: a, by: tier}, {rows: b, by: tier}]}
sections:
  - questions:
      - {id: a, type: single_choice, label: L, other: true, options: [{id: x, label: X}]}
      - {id: b, type: multi_choice, label: L, other: true, options: [{id: x, label: X}]}
      - {id: tier, type: yes_no, label: L, segment: true}
`)
	if len(s.Results.CrossTabs) != 2 {
		t.Errorf("%v", s.Results.CrossTabs)
	}
}
