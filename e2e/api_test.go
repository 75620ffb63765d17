package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// everyType is a survey with a question of each type.
const everyType = `title: {zh: 茶馆, en: Tea house}
languages: [zh, en]
channels: [web, sms]
results: {min_group: 1}
scales:
  mood:
    - {id: good, label: {zh: 好, en: Good}, score: 2}
    - {id: bad, label: {zh: 差, en: Bad}, score: 1}
sections:
  - questions:
      - {id: house, type: single_choice, scale: mood, required: true, label: {zh: 总体, en: All in all}}
      - id: teas
        type: multi_choice
        max: 2
        label: {zh: 喝什么, en: Which teas}
        options: [{id: green, label: {zh: 绿茶, en: Green}}, {id: black, label: {zh: 红茶, en: Black}}, {id: none, label: {zh: 都不喝, en: None}, exclusive: true}]
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}}
      - {id: recommend, type: nps, label: {zh: 推荐, en: Recommend}}
      - id: staff
        type: matrix
        scale: mood
        label: {zh: 店员, en: Staff}
        rows: [{id: speed, label: {zh: 速度, en: Speed}}, {id: manner, label: {zh: 态度, en: Manner}}]
      - {id: cups, type: number, min: 0, max: 20, step: 1, label: {zh: 几杯, en: Cups}}
      - {id: place, type: short_text, label: {zh: 哪家店, en: Which shop}}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}
      - {id: phone, type: phone, label: {zh: 电话, en: Phone}}
      - {id: day, type: date, min: 2026-01-01, label: {zh: 日期, en: Day}}
      - {id: again, type: yes_no, label: {zh: 还来吗, en: Come again}}
      - {id: agreed, type: consent, label: {zh: 同意, en: I agree}}
      - {id: bye, type: note, label: {zh: 谢谢, en: Thanks}}
`

// surveyWithWindow is a survey that takes answers within the given dates only.
func surveyWithWindow(dates string) string {
	return "title: {zh: 限时, en: For a time}\nlanguages: [zh, en]\nwindow: " + dates + `
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}}
`
}

// TestEveryReply sends correct and incorrect submissions as JSON and as forms, and checks each reply of the API.
func TestEveryReply(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{
		"tea.yaml":    everyType,
		"past.yaml":   surveyWithWindow("{from: 2020-01-01, until: 2020-01-31}"),
		"future.yaml": surveyWithWindow("{from: 2999-01-01, until: 2999-01-31}"),
	}), t.TempDir())
	const (
		asJSON = "application/json"
		asForm = "application/x-www-form-urlencoded"
		id     = `"id": "7d444840-9dc0-41d1-b245-5ffdce74fad2"`
		other  = `"id": "7d444840-9dc0-41d1-b245-5ffdce74fad3"`
		all    = `"answers": {"house": "good", "teas": ["green", "black"], "taste": "4", "recommend": "9", "staff": {"speed": "good", "manner": "bad"},
			"cups": 3, "place": "东门店", "remark": "好茶 <b>", "mail": "li@example.com", "phone": "+86 138-0013-8000", "day": "2026-03-01", "again": true, "agreed": true}`
	)
	for _, c := range []struct {
		name, method, survey, media, body string
		status                            int
		want                              string // in the reply's body, or in its Location
	}{
		{"a full submission", "POST", "tea", asJSON, `{` + id + `, "language": "en", ` + all + `}`, 201, `"receipt":"`},
		{"the same again", "POST", "tea", asJSON, `{` + id + `, "language": "en", ` + all + `}`, 200, `"receipt":"`},
		{"the same, answers in another order", "POST", "tea", asJSON, `{"language": "en", ` + strings.Replace(all, `["green", "black"]`, `["black", "green"]`, 1) + `, ` + id + `}`, 200, `"receipt":"`},
		{"other answers under the same id", "POST", "tea", asJSON, `{` + id + `, "language": "en", ` + strings.Replace(all, `"good"`, `"bad"`, 1) + `}`, 409, `"code":"conflict"`},
		{"only what is required", "POST", "tea", asJSON + "; charset=utf-8", `{` + other + `, "answers": {"house": "good", "agreed": true}}`, 201, `"receipt":"`},

		{"no id", "POST", "tea", asJSON, `{"answers": {"house": "good", "agreed": true}}`, 422, `"code":"bad_id"`},
		{"an unknown question", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "good", "agreed": true, "hose": "good"}}`, 422, `"code":"unknown_field"`},
		{"an unknown key", "POST", "tea", asJSON, `{` + other + `, "answer": {}, "answers": {"house": "good", "agreed": true}}`, 422, `"code":"unknown_field"`},
		{"a name given twice", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "good", "agreed": true, "house": "poor"}}`, 422, `"code":"named_twice"`},
		{"an unknown version", "POST", "tea", asJSON, `{` + other + `, "version": "0123456789abcdef", "answers": {"house": "good", "agreed": true}}`, 422, `"code":"bad_version"`},
		{"an unknown language", "POST", "tea", asJSON, `{` + other + `, "language": "fr", "answers": {"house": "good", "agreed": true}}`, 422, `"code":"bad_language"`},
		{"a required answer is missing", "POST", "tea", asJSON, `{` + other + `, "answers": {"cups": 1}}`, 422, `"code":"required"`},
		{"no consent", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "good", "agreed": false}}`, 422, `"code":"must_consent"`},
		{"an unknown option", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "great", "agreed": true}}`, 422, `"code":"not_an_option"`},
		{"a wrong type", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": ["good"], "agreed": true}}`, 422, `"problems":[{"question":"house"`},
		{"a number too large", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "good", "agreed": true, "cups": 21}}`, 422, `"code":"too_large"`},
		{"an exclusive option with another", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "good", "agreed": true, "teas": ["none", "green"]}}`, 422, `"code":"exclusive"`},
		{"half a body", "POST", "tea", asJSON, `{` + other + `, "answers": {"house": "go`, 422, `"code":"bad_body"`},
		{"no body", "POST", "tea", asJSON, "", 422, `"code":"bad_body"`},
		{"a list", "POST", "tea", asJSON, `[]`, 422, `"problems":[`},
		{"10,000 lists in lists", "POST", "tea", asJSON, `{"answers": ` + strings.Repeat("[", 10000), 422, `"problems":[`},

		{"a file upload", "POST", "tea", "multipart/form-data; boundary=x", "--x--", 415, `"code":"bad_media_type"`},
		{"no media type", "POST", "tea", "", "house=good", 415, `"code":"bad_media_type"`},
		{"a megabyte of JSON", "POST", "tea", asJSON, `{"remark": "` + strings.Repeat("茶", 350000) + `"}`, 413, `"code":"too_much"`},
		{"a megabyte of form", "POST", "tea", asForm, "remark=" + strings.Repeat("x", 1<<20), 413, `"code":"too_much"`},
		{"an unknown survey", "POST", "coffee", asJSON, `{` + id + `, ` + all + `}`, 404, `"code":"not_found"`},
		{"no survey", "POST", "..%2f", asJSON, `{` + id + `, ` + all + `}`, 404, `"code":"not_found"`},
		{"a GET request", "GET", "tea", "", "", 405, `"code":"bad_method"`},
		{"a closed survey", "POST", "past", asJSON, `{` + id + `, "language": "en", "answers": {"taste": "1"}}`, 403, "closed on 31 January 2020"},
		{"a survey that is not open yet", "POST", "future", asJSON, `{` + id + `, "answers": {"taste": "1"}}`, 403, "2999年1月1日"},

		{"a form", "POST", "tea", asForm, "_language=en&house=good&teas=green&teas=black&staff.speed=bad&cups=2&remark=&agreed=yes", 303, "thanks/en?"},
		{"a form in the first language", "POST", "tea", asForm, "_language=zh&house=bad&agreed=yes", 303, "thanks/zh?"},
		{"a form of an older page", "POST", "tea", asForm, "_version=0123456789abcdef&house=good&taste=5&agreed=yes", 303, "thanks/zh?"},
		{"a form without what is required", "POST", "tea", asForm, "_language=en&remark=kept+%3Cb%3E", 422, "kept &lt;b&gt;</textarea>"},
		{"a form with an unknown field", "POST", "tea", asForm, "house=good&agreed=yes&hose=good", 422, `id="errors"`},
		{"a form that is not UTF-8", "POST", "tea", asForm, "house=good&agreed=yes&remark=%ff%fe", 422, `id="errors"`},
		{"a form with a broken escape", "POST", "tea", asForm, "house=%zz", 422, `<form method="post"`},
		{"a form, too late", "POST", "past", asForm, "_language=en&taste=3", 403, "closed on 31 January 2020"},
		{"a form, too early", "POST", "future", asForm, "taste=3", 403, "2999年1月1日"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, reply, _ := p.send(t, c.method, c.survey, c.media, c.body)
			if status != c.status || !strings.Contains(reply, c.want) {
				t.Errorf("got %d %.600q, want %d … %s …", status, reply, c.status, c.want)
			}
		})
	}
	if r := p.waitForRespondents(t, "tea", 5); r.Questions["staff.speed"].Counts["bad"] != 1 || r.Questions["teas"].Counts["green"] != 2 {
		t.Errorf("the counts are %+v", r.Questions)
	}

	t.Run("a form twice under one id, with other answers", func(t *testing.T) {
		form := "_id=7d444840-9dc0-41d1-b245-5ffdce74fad4&_language=en&agreed=yes&house="
		if status, reply, _ := p.send(t, "POST", "tea", asForm, form+"good"); status != 303 {
			t.Fatal(status, reply)
		}
		status, page, _ := p.send(t, "POST", "tea", asForm, form+"bad")
		if status != 409 || !regexp.MustCompile(`value="bad"[^>]* checked`).MatchString(page) {
			t.Errorf("%d\n%s", status, page)
		}
	})
	t.Run("problems name question, code and message", func(t *testing.T) {
		_, body, header := p.send(t, "POST", "tea", asJSON, `{`+other+`, "language": "en", "answers": {"cups": "many", "staff": {"speed": "great"}}}`)
		var reply struct {
			Problems []struct{ Question, Code, Message string }
		}
		if err := json.Unmarshal([]byte(body), &reply); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, problem := range reply.Problems {
			if problem.Message == "" {
				t.Errorf("%s: no message", problem.Question)
			}
			got[problem.Question] = problem.Code
		}
		want := map[string]string{"house": "required", "agreed": "must_consent", "staff": "not_an_option", "cups": "not_a_number"}
		if fmt.Sprint(got) != fmt.Sprint(want) || header.Get("Content-Type") != asJSON {
			t.Errorf("got %v as %s, want %v", got, header.Get("Content-Type"), want)
		}
	})
	t.Run("a form ends at the thank-you page", func(t *testing.T) {
		response, err := http.PostForm(p.url+"api/surveys/tea/responses", url.Values{"_language": {"en"}, "house": {"good"}, "taste": {"1"}, "agreed": {"yes"}})
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != 200 || response.Request.URL.Path != "/api/surveys/tea/thanks/en" {
			t.Errorf("%d at %s", response.StatusCode, response.Request.URL)
		}
	})
}

// send sends one request to the API. Of a redirect, which it does not follow, it returns the Location in place of the body.
func (p *server) send(t *testing.T, method, survey, media, body string) (status int, reply string, header http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.url+"api/surveys/"+survey+"/responses", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if location := response.Header.Get("Location"); location != "" {
		return response.StatusCode, location, response.Header
	}
	return response.StatusCode, string(content), response.Header
}
