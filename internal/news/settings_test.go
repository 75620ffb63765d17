package news

import (
	"slices"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	lines, err := ReadLines("\ufeff# who is told\n\nGLASSPOLL_NEWS_SITE = https://polls.example.com\r\n" + `GLASSPOLL_NEWS_TIMEZONE="Asia/Shanghai"
GLASSPOLL_NEWS_DINGTALK=https://oapi.dingtalk.com/robot/send?access_token=x
GLASSPOLL_NEWS_DINGTALK_SECRET=SECx
GLASSPOLL_NEWS_DINGTALK_DIGEST=weekly
GLASSPOLL_NEWS_SLACK_DESK=https://hooks.slack.com/services/T/B/x
GLASSPOLL_NEWS_SLACK_DESK_KINDS=case_opened, case_overdue
GLASSPOLL_NEWS_SLACK_DESK_LANGUAGE=zh
GLASSPOLL_NEWS_EMAIL="Li <li@example.com>, wang@example.com"
GLASSPOLL_NEWS_EMAIL_FROM=polls@example.com
GLASSPOLL_NEWS_EMAIL_KINDS=none
GLASSPOLL_NEWS_EMAIL_DIGEST=daily
GLASSPOLL_NEWS_FEISHU=
`)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSettings(append([]string{"PATH=/bin", "GLASSPOLL_NEWS_SLACK_DESK=https://other.example.com/", "GLASSPOLL_SMTP=x"}, lines...))
	if err != nil {
		t.Fatal(err)
	}
	if s.Site != "https://polls.example.com/" || s.Zone.String() != "Asia/Shanghai" || len(s.Receivers) != 3 {
		t.Fatalf("%+v", s)
	}
	ding, mail, desk := s.Receivers[0], s.Receivers[1], s.Receivers[2]
	if ding.Name != "dingtalk" || ding.Secret != "SECx" || ding.Language != "zh" || !ding.Wants(Item{Kind: CaseClosed}) || !ding.Wants(Item{Kind: Digest, Period: Weekly}) || ding.Wants(Item{Kind: Digest, Period: Daily}) {
		t.Errorf("%+v", ding)
	}
	if desk.Name != "slack-desk" || desk.Address != "https://hooks.slack.com/services/T/B/x" || desk.Language != "zh" || desk.Wants(Item{Kind: CaseClosed}) || !desk.Wants(Item{Kind: CaseOverdue}) {
		t.Errorf("%+v", desk)
	}
	if to, err := mail.Recipients(); err != nil || !slices.Equal(to, []string{"li@example.com", "wang@example.com"}) || mail.Language != "en" || mail.Wants(Item{Kind: CaseOpened}) || !mail.Wants(Item{Kind: Digest, Period: Daily}) {
		t.Errorf("%+v, %v", mail, err)
	}
}

// TestWrongSettings wants an error that names the setting, and never its value.
func TestWrongSettings(t *testing.T) {
	for line, says := range map[string]string{
		"TEAMS=https://sesame.example.com/": "no such channel", "SLACK_=https://sesame.example.com/": "no such channel", "SLACK=sesame": "not a web address", "SLACK=http://sesame.example.com/": "https://",
		"SLACK=https://name:sesame@example.com/": "name or password", "SLACK_SECRET=sesame": "NEWS_SLACK, which is not set", "SLACK_DESK_KINDS=sesame": "NEWS_SLACK_DESK, which is not set",
		"SLACK=https://sesame.example.com/ SLACK_SECRET=x": "leave _SECRET out", "WECOM=https://sesame.example.com/ WECOM_FROM=x": "EMAIL alone", "SLACK=https://sesame.example.com/ SLACK_KINDS=cases,sesame": "case_overdue",
		"SLACK=https://sesame.example.com/ SLACK_KINDS=none": "nothing would ever be sent", "SLACK=https://sesame.example.com/ SLACK_DIGEST=hourly": "daily or weekly", "SLACK=https://sesame.example.com/ SLACK_LANGUAGE=fr": "en or zh",
		"DINGTALK=https://sesame.example.com/ DINGTALK_SECRET=x": "begins with SEC", "WEBHOOK=https://sesame.example.com/": "_SECRET is missing", "EMAIL=sesame": "addresses", "EMAIL=sesame@example.com": "_FROM",
		"EMAIL=sesame@example.com EMAIL_FROM=sesame": "_FROM", "SITE=sesame": "address of the site", "SITE=https://x/?sesame": "address of the site", "TIMEZONE=sesame": "timezone", "TIMEZONE=Local": "timezone", "LANGUAGE=sesame": "en or zh",
	} {
		var environment []string
		for one := range strings.FieldsSeq(line) {
			environment = append(environment, Prefix+one)
		}
		_, err := ParseSettings(environment)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v; want %s", line, err, says)
		}
	}
	for _, text := range []string{"SLACK=https://sesame.example.com/", "GLASSPOLL_NEWS_SLACK https://sesame.example.com/", "\x00", "=sesame"} {
		if lines, err := ReadLines("# first\n" + text); err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %q, %v", text, lines, err)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("GLASSPOLL_NEWS_SLACK=https://hooks.slack.com/x\nGLASSPOLL_NEWS_EMAIL=a@b\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := ReadLines(text)
		if err != nil {
			return
		}
		s, err := ParseSettings(lines)
		if err != nil {
			return
		}
		for _, one := range s.Receivers {
			if one.Channel != Email && CheckAddress(one.Address) != nil || one.Name == "" {
				t.Errorf("%+v", one)
			}
		}
	})
}
