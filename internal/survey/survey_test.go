package survey_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatalf("%s\n%v", source, problems)
	}
	return s
}

// whole returns a questionnaire that uses every key of the format.
func whole(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile("../questionnaire/testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// surveys returns the sample questionnaires, and the test questionnaires that use all types and conditions.
func surveys(t testing.TB) []*survey.Survey {
	t.Helper()
	all := []*survey.Survey{parse(t, whole(t))}
	for _, pattern := range []string{"../../surveys/*.yaml", "../answer/testdata/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("no questionnaires in %s: %v", pattern, err)
		}
		for _, path := range paths {
			if !questionnaire.IsFile(filepath.Base(path)) {
				continue
			}
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, parse(t, string(source)))
		}
	}
	return all
}

func TestEncodeDecode(t *testing.T) {
	for _, s := range surveys(t) {
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
	s := parse(t, whole(t))
	if _, ok := s.Field("nothing"); ok || s.FieldIndex("nothing") != -1 {
		t.Error("a field that is not there was found")
	}
	for _, bad := range []string{"", "null", "{}", "[]", `{"id":"a"}`, `{"id":"a","languages":["en"],"timezone":"Nowhere/City"}`, `{"id":"a","languages":["en"],"timezone":"UTC","sections":[{"questions":[{"weight":1.0005}]}]}`,
		`{"id":"a","languages":["en"],"timezone":"UTC","sections":[{"show_if":{"op":"=="},"questions":[]}]}`, `{"id":"a","languages":["en"],"timezone":"UTC","thanks":[{"show_if":{"op":"not"}}]}`} {
		if _, err := survey.Decode([]byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "compiled survey: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestVersionAndShape(t *testing.T) {
	base := strings.Replace(whole(t), "weighting: {by: {tier: {b: 80, a: 20}}, cap: 4}\n", "", 1)
	was := parse(t, base)
	if weighted := parse(t, whole(t)); weighted.Shape != was.Shape || weighted.Version == was.Version {
		t.Error("weights are applied to figures that are there")
	}
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
		{"en: Tier of customers", "en: Kind of customer", false},
		{"short: {zh: 快, en: Fast}", "short: {zh: 快, en: Quick}", false},
		{"short: {zh: 好, en: Content}, ", "", false},
		{"minutes: 5", "minutes: 6", false},
		{"until: 2026-10-31", "until: 2026-11-30", false},
		{"min_group: 10", "min_group: 11", true},
		{"target: 85", "target: 86", false},
		{"{2026-Q3: 227,", "{2026-Q3: 228,", false},
		{"pool_after: 30", "pool_after: 31", false},
		{"release: full", "release: daily", false},
		{"from: 80", "from: 81", false},
		{"bands: [0, 18, 65]", "bands: [0, 21, 65]", true},
		{"protection: standard", "protection: strict", true},
		{"  overall: overall\n", "", true},
		{"Service}, weight: 1.5}", "Service}, weight: 1.6}", true},
		{"weight: 2, dimension: service,", "weight: 2,", true},
		{"type: ranking,", "type: ranking, publish: false,", true},
		{"type: ranking,", "type: ranking, sensitive: true,", true},
		{"type: email,", "type: email, show_if: overall > 2,", false},
		{"      - {id: site, type: url, label: {zh: 网站, en: Site}}\n", "", false},
		{"weight: 1.5", "weight: 1.6", true},
		{"We will do better.", "We shall do better.", false},
		{"show_if: overall <= 2, text", "show_if: overall <= 3, text", false},
		{"en: Another", "en: Other", false},
		{"shuffle: true, anchor: [speed], ", "", false},
		{"Before arriving", "Earlier than arriving", false},
		{"that: left >= arrived", "that: left > arrived", false},
		{"required: overall < 3", "required: overall < 4", true}, // which one somebody has answered is known
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
		{"type: time, label: {zh: 到达", "type: short_text, label: {zh: 到达", false},
		{"display: stars, ", "", false},
		{"required: [speed], ", "", true},
		{"- {type: note, label: {zh: 最后, en: At last}}", "", false},
		{"id: quarterly_service", "id: other_service", false},
		{"score: 5", "score: 4", true},
		{"id: none", "id: nothing", true},
		{"id: speed", "id: tempo", true},
		{"segment: true, ", "", true},
		{"steps: 5", "steps: 7", true},
		{"id: email", "id: mail", false},
		{"type: email", "type: short_text", false},
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

// FuzzDecode checks that whatever decodes can be used without a panic.
func FuzzDecode(f *testing.F) {
	for _, s := range surveys(f) {
		f.Add(s.Encode())
	}
	f.Add([]byte(`{"id":"a","languages":["en"],"timezone":"UTC"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := survey.Decode(data)
		if err != nil {
			return
		}
		for _, field := range s.Fields() {
			field.Options()
			field.Scored()
			field.MaxScore()
			field.Label().In(s.DefaultLanguage())
			bands := field.ValueBands()
			survey.BandOf(bands, 5*survey.One)
			s.ItemKey(field)
			s.ReadsSegment(field)
			for _, tree := range s.FactCondition(field) {
				tree.Given(func(name string) ([]string, bool) { return []string{"a"}, s.IsFact(name) }).Holds(func(string) []string { return []string{"1"} })
				tree.Holds(func(string) []string { return nil })
			}
		}
		for q := range s.Questions() {
			s.Reads(q.ID)
			s.UnpublishedBy(q.ID)
			s.SensitiveBy(q.ID)
		}
		s.Bundles()
		s.Audience.IssuedIn("2026")
		if form, err := survey.DecodeForm(s.Form(), s); err == nil && form.Shape != s.Shape {
			t.Fatalf("the form has shape %s, the survey %s", form.Shape, s.Shape)
		}
		s.Segments()
		again, err := survey.Decode(s.Encode())
		if err != nil || !bytes.Equal(again.Encode(), s.Encode()) {
			t.Fatalf("the compiled form changes: %v", err)
		}
	})
}
