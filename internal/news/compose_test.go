package news

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"glasspoll/internal/survey"
)

// allKinds has an item of each kind.
func allKinds() []Item {
	at := time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC)
	return []Item{
		OfOpened(sample()), OfOverdue(sample(), at), OfEscalated(escalated("主管")), OfClosed(sample()),
		{ID: "released_2026-Q4_2026-11-28", Kind: ResultsReleased, Survey: "service", Period: "2026-Q4", At: at, Released: 120},
		{ID: "opened_2026-11-28", Kind: SurveyOpened, Survey: "service", At: at},
		{ID: "closed_2026-11-28", Kind: SurveyClosed, Survey: "service", At: at},
		{ID: "digest_daily_2026-11-27", Kind: Digest, Survey: NoSurvey, Period: Daily, At: at, Digest: []Figures{{Survey: "service", Open: true, Released: 120, Opened: 1, Closed: 2, Pending: 3, Overdue: 1}, {Survey: NoSurvey, Pending: 1}}},
	}
}

func titles(id, language string) string {
	return map[string]string{"service en": "Service", "service zh": "服务满意度"}[id+" "+language]
}

// TestOfNoPeriod has a case of a survey without periods.
func TestOfNoPeriod(t *testing.T) {
	c := sample()
	c.Period = survey.OnePeriod
	if line := Compose([]Item{OfOpened(c)}, Reader{Language: "en", Title: titles}).Lines[0]; !strings.Contains(line, "; 'Service', owner") {
		t.Error(line)
	}
}

func TestCompose(t *testing.T) {
	for language, want := range map[string]string{
		"en": `Glasspoll: a case was handed up, a case is overdue, a new case, a case was closed, new results, a survey has opened, a survey has closed, digest
New case 7K3M9QXA2B4CD5E6: complaint, major; 'Service' 2026-Q4, owner: 客服部, due 2026-11-27
Overdue: case 7K3M9QXA2B4CD5E6, complaint, major; 'Service' 2026-Q4, owner: 客服部, due 2026-11-27
Handed up to 主管: case 7K3M9QXA2B4CD5E6, complaint, major; 'Service' 2026-Q4, owner: 主管, due 2026-11-27
Closed: case 7K3M9QXA2B4CD5E6, complaint, major; 'Service' 2026-Q4, owner: 客服部, the customer was told
New results: 'Service' 2026-Q4, 120 respondents: https://polls.example.com/service/results/
'Service' takes answers now: https://polls.example.com/service/
'Service' takes no more answers
'Service': takes answers, 120 respondents in published results, cases: 1 opened, 2 closed, 3 to be done, 1 of them overdue
Without a survey: cases: 0 opened, 0 closed, 1 to be done, 0 of them overdue`,
		"zh": `Glasspoll：有事项上报，有事项逾期，有新事项，有事项办结，新的结果，问卷开始收集，问卷结束收集，摘要
新事项 7K3M9QXA2B4CD5E6：投诉，严重；“服务满意度”2026-Q4，负责：客服部，期限 2026-11-27
逾期：事项 7K3M9QXA2B4CD5E6，投诉，严重；“服务满意度”2026-Q4，负责：客服部，期限 2026-11-27
已上报主管：事项 7K3M9QXA2B4CD5E6，投诉，严重；“服务满意度”2026-Q4，负责：主管，期限 2026-11-27
已办结：事项 7K3M9QXA2B4CD5E6，投诉，严重；“服务满意度”2026-Q4，负责：客服部，已告知顾客
新的结果：“服务满意度”2026-Q4，120 份答卷：https://polls.example.com/service/results/
“服务满意度”开始收集答卷：https://polls.example.com/service/
“服务满意度”已结束收集
“服务满意度”：正在收集，已公布的结果有 120 份答卷，事项：新开 1，办结 2，未办结 3，其中逾期 1
不属于任何问卷：事项：新开 0，办结 0，未办结 1，其中逾期 0`,
	} {
		m := Compose(allKinds(), Reader{Language: language, Title: titles, Site: "https://polls.example.com/"})
		if got := m.Text(10_000); got != want {
			t.Errorf("%s: %s\nwant %s", language, got, want)
		}
		for _, secret := range []string{sample().Response, sample().Result} {
			if strings.Contains(m.Text(100_000), secret) {
				t.Errorf("%s: the message has %s", language, secret)
			}
		}
	}
}

// TestPayloads wants neither a response nor what people have written of it, and an id of its own for each.
func TestPayloads(t *testing.T) {
	ids := map[string]bool{}
	for _, i := range allKinds() {
		data, err := json.Marshal(i.Payload())
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{sample().Response, sample().Result} {
			if strings.Contains(string(data), secret) {
				t.Errorf("%s has %s", data, secret)
			}
		}
		if ids[i.MessageID()] || !strings.Contains(i.Kind.Event()+".", ".") || strings.Contains(i.Kind.Event(), "_") {
			t.Errorf("%s %s", i.MessageID(), i.Kind.Event())
		}
		ids[i.MessageID()] = true
	}
	for want, i := range map[string]Item{
		`"escalated_to":"主管"`: allKinds()[2], `"customer_told":true`: allKinds()[3], `{"id":"service_released_2026-Q4_2026-11-28","survey":"service","period":"2026-Q4","respondents":120}`: allKinds()[4],
		`"surveys":[{"survey":"service","open":true`: allKinds()[7],
	} {
		if data, _ := json.Marshal(i.Payload()); !strings.Contains(string(data), want) {
			t.Errorf("%s, want %s", data, want)
		}
	}
}

// TestTextsFit cuts messages at every limit.
func TestTextsFit(t *testing.T) {
	c := sample()
	c.Owner = "客服\u2028\x00\n部"
	m := Compose([]Item{OfOpened(c), OfOpened(c), OfOpened(c)}, Reader{Language: "zh", Title: titles})
	for limit := 60; limit < 600; limit++ {
		text := m.Text(limit)
		lines := strings.Split(text, "\n")
		if len(text) > limit || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\u2028") || len(lines) > 4 {
			t.Fatalf("at %d: %d bytes, %q", limit, len(text), text)
		}
		if left := 4 - len(lines); left >= 0 && strings.Contains(text, "… +") && lines[len(lines)-1] != "… +"+string(rune('0'+left+1)) {
			t.Fatalf("at %d: %q", limit, text)
		}
	}
	many := make([]Item, 50)
	for n := range many {
		many[n] = OfOpened(sample())
	}
	if m := Compose(many, Reader{Language: "en"}); len(m.Lines) != maxLines+1 || m.Lines[maxLines] != "and 30 more" {
		t.Errorf("%d lines, %q", len(m.Lines), m.Lines[len(m.Lines)-1])
	}
}

// TestLaterKind composes an item of a later version.
func TestLaterKind(t *testing.T) {
	if m := Compose([]Item{{ID: "x", Kind: "later", Survey: "tea"}}, Reader{Language: "en"}); len(m.Lines) != 1 || m.Lines[0] != "later" {
		t.Errorf("%+v", m)
	}
}

// TestDueAtAnHour says the hour by which a case is due, in the timezone of its survey.
func TestDueAtAnHour(t *testing.T) {
	c := sample()
	c.Subtype, c.DueAt = "delivery", time.Date(2026, 11, 27, 10, 30, 0, 0, time.UTC)
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for want, r := range map[string]Reader{
		"complaint (delivery), major; 'service' 2026-Q4, owner: 客服部, due 2026-11-27 18:30":     {Language: "en", Zone: func(string) *time.Location { return zone }},
		"complaint (delivery), major; 'service' 2026-Q4, owner: 客服部, due 2026-11-27 10:30 UTC": {Language: "en"},
	} {
		if m := Compose([]Item{OfOpened(c)}, r); len(m.Lines) != 1 || !strings.HasSuffix(m.Lines[0], want) {
			t.Errorf("%q, want %s", m.Lines, want)
		}
	}
}

// TestSurveysWithoutPeriods has no period to name.
func TestSurveysWithoutPeriods(t *testing.T) {
	i := Item{ID: "released_all_2026-11-28", Kind: ResultsReleased, Survey: "service", Period: "all", Released: 120}
	if got := Compose([]Item{i}, Reader{Language: "en", Title: titles}).Lines; len(got) != 1 || got[0] != "New results: 'Service', 120 respondents" {
		t.Errorf("%q", got)
	}
}
