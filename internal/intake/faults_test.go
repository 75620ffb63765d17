package intake_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// noDefinitions fails.
type noDefinitions struct{ err error }

func (n noDefinitions) Definition(context.Context, string, string) (*survey.Survey, error) {
	return nil, n.err
}

// A fault that passes is a 503 that says when to send again. One that lasts is a 500 that says, in the respondent's language, that this
// does not help, that nothing typed is lost, and whom to tell. The log has the cause, and what is sent has not.
func TestFaultsThatLast(t *testing.T) {
	t.Parallel()
	cause := errors.New("table polls: no right to it: have it added")
	const contact = "contact: {name: {zh: 客服部, en: Customer care}, email: care@example.org, phone: \"+86 10 1234\"}\n"
	bodyOf := map[string]string{plainForm: "overall=5&advice=keep+me&_language=LANGUAGE&_id=" + uuid1, jsonMedia: `{"language":"LANGUAGE","id":"` + uuid1 + `","answers":{"overall":5,"advice":"keep me"}}`}
	for name, c := range map[string]struct {
		yaml, media, language string
		lasts                 bool
		says                  []string
	}{
		"form":          {surveyYAML, plainForm, "en", true, []string{"keep me", uuid1, "sending them again right away will not help", "What you typed stays in the form", "Please tell those who run this survey."}},
		"form, contact": {surveyYAML + contact, plainForm, "en", true, []string{"keep me", "Please tell Customer care care@example.org &#43;86 10 1234."}},
		"Chinese":       {surveyYAML + contact, plainForm, "zh", true, []string{"keep me", "马上重新提交也没有用", "客服部 care@example.org"}},
		"JSON":          {surveyYAML + contact, jsonMedia, "zh", true, []string{`"code":"unstorable"`, "您填写的内容仍保留在表单里", "客服部"}},
		"passing":       {surveyYAML, plainForm, "en", false, []string{"keep me", "send them again in a moment"}},
		"passing JSON":  {surveyYAML, jsonMedia, "en", false, []string{`"code":"not_stored"`}},
	} {
		d := open(t, c.yaml)
		var log bytes.Buffer
		d.handler.Log = slog.New(slog.NewJSONHandler(&log, nil))
		status := 503
		if d.fault = cause; c.lasts {
			d.fault, status = store.Permanent(cause), 500
		}
		send := func() (int, string, string) {
			w := d.send("POST", "/api/surveys/service/responses", c.media, strings.ReplaceAll(bodyOf[c.media], "LANGUAGE", c.language))
			return w.Code, w.Header().Get("Retry-After"), w.Body.String()
		}
		code, retry, body := send()
		if code != status || (retry != "") == c.lasts || strings.Contains(body, "table polls") {
			t.Errorf("%s: %d, Retry-After %q\n%s", name, code, retry, body)
		}
		for _, want := range c.says {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the reply lacks %q\n%s", name, want, body)
			}
		}
		if !strings.Contains(log.String(), cause.Error()) || strings.Contains(log.String(), `"permanent":true`) != c.lasts {
			t.Errorf("%s: the log is %s", name, &log)
		}
		d.fault = nil // an hour later
		if code, _, _ := send(); code != 303 && code != 201 || len(d.responses) != 1 {
			t.Errorf("%s: once it is mended, it is %d", name, code)
		}
	}
}

// The same holds of everything else that respondents ask for.
func TestFaultsThatLastElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, media, body string
		passes, lasts             answer.Code
		of                        func(*fixture, error)
	}{
		"questionnaire":          {"POST", "/api/surveys/service/responses", jsonMedia, "{}", answer.NotStored, answer.Unstorable, ofDefinitions},
		"questionnaire of token": {"POST", "/api/surveys/service/token", jsonMedia, `{"blinded":"` + strings.Repeat("A", 342) + `"}`, answer.NotStored, answer.Unstorable, ofDefinitions},
		"form":                   {"GET", "/api/surveys/service/form/en", "", "", answer.Unavailable, answer.Internal, ofDefinitions},
		"thanks":                 {"GET", "/api/surveys/service/thanks/en", "", "", answer.Unavailable, answer.Internal, ofDefinitions},
		"keys":                   {"GET", "/api/surveys/service/keys/0", "", "", answer.Unavailable, answer.Internal, ofDefinitions},
		"withdrawal":             {"POST", withdrawAPI, jsonMedia, `{"language":"en","receipt":"` + answer.Receipt(uuid1) + `"}`, answer.NotTakenBack, answer.NotErasable, func(d *fixture, err error) { d.handler.Withdrawer = noWithdrawals{err} }},
		"link":                   {"GET", "/i/" + linkSecret, "", "", answer.Unavailable, answer.Internal, ofInvitation},
		"stop":                   {"POST", "/i/" + linkSecret + "/stop", plainForm, "", answer.Unavailable, answer.Internal, ofInvitation},
		"sent with invitation":   {"POST", "/api/surveys/service/responses", jsonMedia, `{"invitation":"` + linkSecret + `","answers":{"overall":5}}`, answer.NotStored, answer.Unstorable, ofInvitation},
	} {
		for _, lasts := range []bool{false, true} {
			yaml := surveyYAML
			if strings.Contains(c.path+c.body, linkSecret) {
				yaml = tierYAML + "invited\n"
			}
			d := open(t, yaml)
			if yaml != surveyYAML {
				d.invite(t, linkSecret, nil)
			}
			err, status, code := errors.New("no reply"), 503, c.passes
			if lasts {
				err, status, code = store.Permanent(err), 500, c.lasts
			}
			c.of(d, err)
			w := d.send(c.method, strings.ReplaceAll(c.path, "service", d.survey.ID), c.media, c.body)
			if w.Code != status || !strings.Contains(w.Body.String(), `"code":"`+string(code)+`"`) || (w.Header().Get("Retry-After") != "") == lasts {
				t.Errorf("%s, lasting %t: %d %v %s", name, lasts, w.Code, w.Header(), w.Body)
			}
			if says := strings.Contains(w.Body.String(), "gain in a moment"); lasts && says {
				t.Errorf("%s: %s", name, w.Body)
			}
		}
	}
}

func ofDefinitions(d *fixture, err error) { d.handler.Definitions = noDefinitions{err} }

func ofInvitation(d *fixture, err error) { d.fault = err }
