package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"glasspoll/internal/news"
)

// robot is a chat program as its documents describe it: it checks what is signed and posted, and replies as they say.
type robot struct {
	*httptest.Server
	secret string
	now    time.Time
	limit  int // of messages a minute

	mu   sync.Mutex
	took []string // texts
}

const (
	token      = "0f3c9a7b2d41e8d6"
	robotsWord = "SEC5e1f0c9d8b7a"
)

func newRobot(t *testing.T, limit int, serve func(r *robot, w http.ResponseWriter, q *http.Request, body map[string]any)) *robot {
	r := &robot{secret: robotsWord, now: time.Unix(1_795_338_000, 0), limit: limit}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		content, _ := io.ReadAll(q.Body)
		var body map[string]any
		if q.Method != http.MethodPost || !strings.HasPrefix(q.Header.Get("Content-Type"), "application/json") || json.Unmarshal(content, &body) != nil {
			http.Error(w, "not a message", http.StatusBadRequest)
			return
		}
		serve(r, w, q, body)
	}))
	t.Cleanup(r.Close)
	return r
}

// take takes a text, and returns false if there were too many.
func (r *robot) take(text string) bool {
	if len(r.took) == r.limit {
		return false
	}
	r.took = append(r.took, text)
	return true
}

func mac(key, content string) string {
	h := hmac.New(sha256.New, []byte(key))
	io.WriteString(h, content)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// isNow reports whether a timestamp is within an hour.
func (r *robot) isNow(timestamp string, unit time.Duration) bool {
	n, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && r.now.Sub(time.Unix(0, n*int64(unit))).Abs() < time.Hour
}

// contentOf returns the text of a message of DingTalk or WeCom.
func contentOf(body map[string]any) string {
	content, _ := body["text"].(map[string]any)
	text, _ := content["content"].(string)
	if body["msgtype"] != "text" || len(body) != 2 || len(content) != 1 {
		return ""
	}
	return text
}

func dingTalk(r *robot, w http.ResponseWriter, q *http.Request, body map[string]any) {
	form := q.URL.Query()
	reply := func(code int, words string) { fmt.Fprintf(w, `{"errcode":%d,"errmsg":%q}`, code, words) }
	switch timestamp := form.Get("timestamp"); {
	case form.Get("access_token") != token:
		reply(300001, "token is not exist")
	case r.secret != "" && (!r.isNow(timestamp, time.Millisecond) || form.Get("sign") != mac(r.secret, timestamp+"\n"+r.secret)):
		reply(310000, "sign not match, more: https://open.dingtalk.com/")
	case contentOf(body) == "":
		reply(400035, "text is null")
	case !r.take(contentOf(body)):
		reply(130101, "send too fast, exceed 20 times per minute")
	default:
		reply(0, "ok")
	}
}

func weCom(r *robot, w http.ResponseWriter, q *http.Request, body map[string]any) {
	reply := func(code int, words string) { fmt.Fprintf(w, `{"errcode":%d,"errmsg":%q}`, code, words) }
	switch text := contentOf(body); {
	case q.URL.Query().Get("key") != token:
		reply(93000, "invalid webhook url, hint: [1795338000_1], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=93000")
	case text == "" || len(text) > 2048:
		reply(40058, "text.content exceed max length 2048. invalid Request Parameter")
	case !r.take(text):
		reply(45009, "api freq out of limit")
	default:
		reply(0, "ok")
	}
}

func feishu(r *robot, w http.ResponseWriter, q *http.Request, body map[string]any) {
	reply := func(code int, words string) { fmt.Fprintf(w, `{"code":%d,"msg":%q,"data":{}}`, code, words) }
	content, _ := body["content"].(map[string]any)
	text, _ := content["text"].(string)
	timestamp, _ := body["timestamp"].(string)
	switch {
	case q.URL.Path != "/open-apis/bot/v2/hook/"+token:
		reply(19001, "param invalid: incoming webhook access token invalid")
	case r.secret != "" && (!r.isNow(timestamp, time.Second) || body["sign"] != mac(timestamp+"\n"+r.secret, "")):
		reply(19021, "sign match fail or timestamp is not within one hour from current time")
	case body["msg_type"] != "text" || text == "":
		w.WriteHeader(http.StatusBadRequest)
		reply(9499, "Bad Request")
	case !r.take(text):
		reply(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
	default:
		fmt.Fprint(w, `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`)
	}
}

func slack(r *robot, w http.ResponseWriter, q *http.Request, body map[string]any) {
	text, _ := body["text"].(string)
	switch {
	case q.URL.Path != "/services/T0/B0/"+token:
		http.Error(w, "no_service", http.StatusNotFound)
	case text == "":
		http.Error(w, "no_text", http.StatusBadRequest)
	case !r.take(text):
		w.Header().Set("Retry-After", "30")
		http.Error(w, "rate_limited", http.StatusTooManyRequests)
	default:
		io.WriteString(w, "ok")
	}
}

// program is one of them, and the setting that it needs.
type program struct {
	channel news.Channel
	serve   func(*robot, http.ResponseWriter, *http.Request, map[string]any)
	path    string
	signed  bool
	busy    time.Duration // how long to wait after too many messages
}

var programs = []program{
	{news.DingTalk, dingTalk, "/robot/send?access_token=" + token, true, 10 * time.Minute},
	{news.WeCom, weCom, "/cgi-bin/webhook/send?key=" + token, false, time.Minute},
	{news.Feishu, feishu, "/open-apis/bot/v2/hook/" + token, true, time.Minute},
	{news.Slack, slack, "/services/T0/B0/" + token, false, 30 * time.Second},
}

// chatTo makes a sender to a robot, whose clock is the robot's.
func (p program) chatTo(r *robot, path, secret string) *chat {
	c := newChat(news.Setting{Channel: p.channel, Address: r.URL + path, Secret: secret})
	c.now = func() time.Time { return r.now }
	return c
}

func ofSample() news.Message {
	return news.Compose([]news.Item{news.OfOpened(sample())}, news.Reader{Language: "zh"})
}

// wantSecret wants an error that tells what is wrong, and nothing that is secret.
func wantSecret(t *testing.T, name string, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v; want %s", name, err, says)
	}
	for _, secret := range []string{token, robotsWord, "127.0.0.1:1/"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error has %s: %v", name, secret, err)
		}
	}
}

func TestChatsTakeMessages(t *testing.T) {
	for _, p := range programs {
		r := newRobot(t, 3, p.serve)
		secret := ""
		if p.signed {
			secret = robotsWord
		}
		c := p.chatTo(r, p.path, secret)
		for range 3 {
			if err := c.Send(t.Context(), ofSample()); err != nil {
				t.Errorf("%s: %v", p.channel, err)
			}
		}
		want := "Glasspoll：有新事项\n新事项 7K3M9QXA2B4CD5E6：投诉，严重；“service”2026-Q4，负责：客服部 <desk>，期限 2026-11-27"
		switch p.channel {
		case news.Slack:
			want = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(want)
		case news.Feishu, news.WeCom:
			want = strings.ReplaceAll(want, "<", "＜")
		}
		if len(r.took) != 3 || r.took[0] != want {
			t.Errorf("%s took %q\nwant %q", p.channel, r.took, want)
		}
		err := c.Send(t.Context(), ofSample())
		refusal := new(Refusal)
		if !errors.As(err, &refusal) || refusal.After != p.busy {
			t.Errorf("%s: too many messages: %v", p.channel, err)
		}
		wantSecret(t, string(p.channel), err, "")
	}
}

func TestChatsRefuse(t *testing.T) {
	for _, p := range programs {
		r := newRobot(t, 3, p.serve)
		wantSecret(t, string(p.channel)+", another address", p.chatTo(r, strings.Replace(p.path, token, "ffffffff", 1), robotsWord).Send(t.Context(), ofSample()), "copy its address again")
		if p.signed {
			for _, secret := range []string{"", "SECdeadbeef"} {
				wantSecret(t, string(p.channel)+", unsigned or wrong", p.chatTo(r, p.path, secret).Send(t.Context(), ofSample()), "_SECRET")
			}
			late := p.chatTo(r, p.path, robotsWord)
			late.now = func() time.Time { return r.now.Add(-2 * time.Hour) }
			wantSecret(t, string(p.channel)+", a wrong clock", late.Send(t.Context(), ofSample()), "_SECRET")
		}
		if len(r.took) > 0 {
			t.Errorf("%s took %q", p.channel, r.took)
		}
	}
}

// TestChatsMisbehave has servers that do not reply as documented.
func TestChatsMisbehave(t *testing.T) {
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		says  string
	}{
		"redirects": {func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://127.0.0.1:1/"+token, http.StatusTemporaryRedirect)
		}, "leads elsewhere"},
		"a proxy's page": {func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html>\n  bad gateway for "+q.URL.String())
		}, "status 502: <html> bad gateway"},
		"empty": {func(http.ResponseWriter, *http.Request) {}, "status 200"},
		"another document": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"status":"ok"}`)
		}, "status 200"},
		"a list":   {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `[0]`) }, "status 200"},
		"endless":  {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 1<<20)) }, "…"},
		"hangs up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"busy":     {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "7"); w.WriteHeader(503) }, "503"},
	} {
		server := httptest.NewServer(c.serve)
		for _, p := range programs {
			sender := newChat(news.Setting{Channel: p.channel, Address: server.URL + p.path, Secret: robotsWord})
			err := sender.Send(t.Context(), ofSample())
			wantSecret(t, string(p.channel)+" "+name, err, c.says)
			refusal := new(Refusal)
			if name == "busy" && (!errors.As(err, &refusal) || refusal.After != 7*time.Second) {
				t.Errorf("%s: %v", p.channel, err)
			}
			if err != nil && utf8.RuneCountInString(err.Error()) > 300 {
				t.Errorf("%s %s: an error of %d bytes", p.channel, name, len(err.Error()))
			}
		}
		server.Close()
	}
}

// TestChatsAreSlow ends an attempt when its time is over, and with its context.
func TestChatsAreSlow(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body)
		select {
		case <-q.Context().Done():
		case <-ended:
		}
	}))
	defer server.Close()
	defer close(ended)
	for _, p := range programs {
		c := newChat(news.Setting{Channel: p.channel, Address: server.URL + p.path})
		c.client.Timeout = time.Millisecond
		wantSecret(t, string(p.channel), c.Send(t.Context(), ofSample()), "too long")
		c.client.Timeout = timeout
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Send(ctx, ofSample()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", p.channel, err)
		}
	}
}

// TestChatsAreClosed has nobody at the address.
func TestChatsAreClosed(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	for _, p := range programs {
		wantSecret(t, string(p.channel), newChat(news.Setting{Channel: p.channel, Address: server.URL + p.path}).Send(t.Context(), ofSample()), "nothing listens")
	}
}

// TestManyItemsFit sends a message of very many items with long roles.
func TestManyItemsFit(t *testing.T) {
	c := sample()
	c.Owner = strings.Repeat("客", 64)
	var items []news.Item
	for range 500 {
		items = append(items, news.OfOpened(c))
	}
	for _, p := range programs {
		r := newRobot(t, 1, p.serve)
		secret := ""
		if p.signed {
			secret = robotsWord
		}
		if err := p.chatTo(r, p.path, secret).Send(t.Context(), news.Compose(items, news.Reader{Language: "zh"})); err != nil {
			t.Errorf("%s: %v", p.channel, err)
		}
		if len(r.took) != 1 || !strings.HasPrefix(r.took[0], "Glasspoll：500 件新事项\n") || !utf8.ValidString(r.took[0]) {
			t.Errorf("%s took %q", p.channel, r.took)
		}
	}
}
