package questionnaire

import (
	"reflect"
	"testing"

	"glasspoll/internal/survey"
)

func sidecarSurvey(t testing.TB) *survey.Survey {
	t.Helper()
	return parse(t, withSidecars)
}

func TestParseMeasures(t *testing.T) {
	s := sidecarSurvey(t)
	source := `
- problem: {zh: 送货慢, en: Late deliveries}
  measure: {zh: 增加一辆车, en: A second van}
  question: delivery
  owner: {zh: 物流主管, en: Logistics lead}
  due: 2026-12-15
  status: done
  effect: {zh: 快了, en: Faster}
- {problem: "1", measure: "2", owner: "3", due: 2026-11-30, question: parts.staff}
`
	got, problems := ParseMeasures("x.actions.yaml", []byte(source), s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	same := func(text string) survey.Text { return survey.Text{"zh": text, "en": text} }
	want := []survey.Measure{
		{Problem: survey.Text{"zh": "送货慢", "en": "Late deliveries"}, Measure: survey.Text{"zh": "增加一辆车", "en": "A second van"}, Question: "delivery",
			Owner: survey.Text{"zh": "物流主管", "en": "Logistics lead"}, Due: "2026-12-15", Status: survey.Done, Effect: survey.Text{"zh": "快了", "en": "Faster"}},
		{Problem: same("1"), Measure: same("2"), Owner: same("3"), Due: "2026-11-30", Question: "parts.staff", Status: survey.Planned},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got[0].Overdue("2027-01-01") || got[1].Overdue("2026-11-30") || !got[1].Overdue("2026-12-01") {
		t.Error("overdue is what should have been done before today, and is not")
	}
}

func TestParseQuotes(t *testing.T) {
	source := "- {text: {zh: 好, en: Good}, question: remark, period: 2026-Q3, reviewed_by: {zh: 质量部, en: Quality}, reviewed_on: 2026-10-20}\n"
	got, problems := ParseQuotes("x.quotes.yml", []byte(source), sidecarSurvey(t))
	want := []survey.Quote{{Text: survey.Text{"zh": "好", "en": "Good"}, Question: "remark", Period: "2026-Q3", ReviewedBy: survey.Text{"zh": "质量部", "en": "Quality"}, ReviewedOn: "2026-10-20"}}
	if len(problems) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, problems)
	}
}

func TestSidecarNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"service.actions.yaml": {"service", ActionsFile}, "service.actions.yml": {"service", ActionsFile}, "service.quotes.yaml": {"service", QuotesFile},
		"service.yaml": {}, "actions.yaml": {}, "service.actions.json": {}, "my.service.quotes.yaml": {"my.service", QuotesFile},
	} {
		of, kind := Sidecar(name)
		if of != want[0] || kind != want[1] {
			t.Errorf("%s: %q, %q", name, of, kind)
		}
		if kind != "" && IsFile(name) {
			t.Errorf("%s is taken for a questionnaire", name)
		}
	}
}

func TestAlerts(t *testing.T) {
	alerts := "alerts:\n" +
		"  - {when: delivery <= 2, open: complaint, severity: major, priority: high, owner: 客服部, due_days: 5}\n" +
		"  - {when: 'remark contains \"谢\"', open: praise, due_days: 0}\n" +
		"  - {when: delivery == 1, open: complaint, id: worst}\n"
	s := parse(t, withSidecars+alerts)
	five, none := 5, 0
	for i, want := range []survey.Alert{
		{ID: "complaint", Opens: "complaint", Severity: survey.Major, Priority: survey.HighPriority, Owner: "客服部", DueDays: &five},
		{ID: "praise", Opens: "praise", Severity: survey.Minor, Priority: survey.NormalPriority, DueDays: &none},
		{ID: "worst", Opens: "complaint", Severity: survey.Minor, Priority: survey.NormalPriority},
	} {
		got := s.Alerts[i]
		if got.When.Op == "" {
			t.Errorf("alert %d has no condition", i)
		}
		want.When = got.When
		if !reflect.DeepEqual(got, want) {
			t.Errorf("alert %d is %+v\nwant %+v", i, got, want)
		}
	}
	plain := sidecarSurvey(t)
	if s.Shape != plain.Shape {
		t.Error("answers are counted again because of an alert")
	}
	if s.Version == plain.Version {
		t.Error("an alert does not change the version: the publisher would not get it")
	}
	if string(s.Form()) != string(plain.Form()) {
		t.Error("figures depend on alerts")
	}
	if public := s.Public(); public.Alerts != nil || public.Version != s.Version || s.Alerts == nil {
		t.Error("alerts are public")
	}
}

func TestSchemasOfSidecarsAcceptWhatParses(t *testing.T) {
	for kind, source := range map[string]string{
		ActionsFile: "- {problem: '1', measure: {zh: 加人, en: More}, owner: '3', due: 2026-12-15, status: dropped, effect: '4', question: parts}\n",
		QuotesFile:  "- {text: {zh: 好, en: Good}, question: remark, period: 2026-Q3, reviewed_by: '5', reviewed_on: 2026-10-20}\n",
	} {
		good, problems := badFile{name: "x." + kind + ".yaml", source: source}.read()
		if yes, err := validate(compiledSchemaOf(t, kind), source); !good || !yes || err != nil {
			t.Errorf("%s: %v %v", kind, problems, err)
		}
	}
}

// FuzzSidecar checks that any bytes give entries or problems.
func FuzzSidecar(f *testing.F) {
	for _, files := range badFiles(f) {
		for _, bad := range files {
			if _, kind := Sidecar(bad.name); kind != "" {
				f.Add([]byte(bad.source))
			}
		}
	}
	s := sidecarSurvey(f)
	f.Fuzz(func(t *testing.T, source []byte) {
		measures, problems := ParseMeasures("fuzz.actions.yaml", source, s)
		if (measures == nil) == (len(problems) == 0) {
			t.Fatalf("%d measures together with %d problems", len(measures), len(problems))
		}
		quotes, problems := ParseQuotes("fuzz.quotes.yaml", source, s)
		if (quotes == nil) == (len(problems) == 0) {
			t.Fatalf("%d quotes together with %d problems", len(quotes), len(problems))
		}
	})
}
