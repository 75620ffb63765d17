package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

// chat posts messages to a group of people by the robot of a chat program. It may be used by several goroutines.
type chat struct {
	address string
	secret  string
	client  *http.Client
	now     func() time.Time
	style   style
}

// A style is how one program wants its messages.
type style struct {
	name  message.Key
	limit int // of the text, in bytes

	// mentions says that "<" begins a mention in a text, such as one of everybody in the group.
	mentions bool

	// request returns the address and the body for a text.
	request func(c *chat, text string) (address string, body any)
	// refused reads a reply: nil if the message was taken.
	refused func(r reply) error
}

// styles are those of the programs, by their documents:
//
//   - DingTalk, custom robots: the signature is in the address; at most 20 messages a minute, beyond which the robot is blocked
//     for ten minutes; errors come with status 200 and errcode.
//   - WeCom, group robots: no signature, the key is in the address; at most 20 messages a minute; 2,048 bytes of text; errors come
//     with status 200 and errcode.
//   - Feishu, custom bots: timestamp and signature are in the body; at most 100 messages a minute and 5 a second; 20 KB; errors come
//     with a code, and mostly with status 200.
//   - Slack, incoming webhooks: no signature, the address is the secret; at most one message a second; 429 has Retry-After; errors
//     are a word as plain text.
var styles = map[news.Channel]style{
	news.DingTalk: {"DingTalk", 15_000, false, dingTalkRequest, dingTalkRefused},
	news.WeCom:    {"WeCom", 2_048, true, weComRequest, weComRefused},
	news.Feishu:   {"Feishu", 15_000, true, feishuRequest, feishuRefused},
	news.Slack:    {"Slack", 15_000, false, slackRequest, slackRefused},
}

// withoutMentions returns a message whose titles of surveys and roles mention nobody.
func withoutMentions(m news.Message) news.Message {
	m.Title, m.Lines = strings.ReplaceAll(m.Title, "<", "＜"), slices.Clone(m.Lines)
	for n, line := range m.Lines {
		m.Lines[n] = strings.ReplaceAll(line, "<", "＜")
	}
	return m
}

// newChat makes the sender of a setting.
func newChat(s news.Setting) *chat {
	return &chat{address: s.Address, secret: s.Secret, client: newClient(), now: time.Now, style: styles[s.Channel]}
}

// Send implements [Sender].
func (c *chat) Send(ctx context.Context, m news.Message) error {
	if c.style.mentions {
		m = withoutMentions(m)
	}
	address, request := c.style.request(c, m.Text(c.style.limit))
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	r, err := post(ctx, c.client, address, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body)
	if err != nil {
		return message.Errorf("%s: %w", c.style.name, err)
	}
	switch refused := c.style.refused(r); {
	case refused == nil:
		return nil
	case r.status/100 == 3:
		return message.Errorf("%s: the address leads elsewhere, which is not followed (status %d)", c.style.name, r.status)
	default:
		return c.named(refused)
	}
}

// named puts the program's name before what it has replied, and takes out what is secret.
func (c *chat) named(err error) error {
	after := time.Duration(0)
	if r, ok := err.(*Refusal); ok {
		after, err = r.After, r.Err
	}
	secrets := append(secretsOf(c.address), c.secret)
	text := message.Of(err).Map(func(s string) string { return reason(s, secrets...) })
	return &Refusal{message.Errorf("%s: %s", c.style.name, text), after}
}

// unexpected returns an error for a reply that is not as documented: a proxy's, say.
func unexpected(r reply) error {
	err := message.Errorf("status %d: %s", r.status, message.Plain(reason(string(r.body))))
	return &Refusal{err, r.after}
}

type text struct {
	Content string `json:"content"`
}

// textMessage is a message of DingTalk and WeCom.
type textMessage struct {
	Type string `json:"msgtype"`
	Text text   `json:"text"`
}

// dingTalkRequest signs the time in milliseconds and the secret, joined by a line feed, with the secret.
func dingTalkRequest(c *chat, content string) (string, any) {
	body := textMessage{"text", text{content}}
	if c.secret == "" {
		return c.address, body
	}
	timestamp := strconv.FormatInt(c.now().UnixMilli(), 10)
	sign := url.Values{"timestamp": {timestamp}, "sign": {signed(c.secret, timestamp+"\n"+c.secret)}}
	joint := "?"
	if strings.Contains(c.address, "?") {
		joint = "&"
	}
	return c.address + joint + sign.Encode(), body
}

// signed returns the HMAC-SHA256 of a text, in base64.
func signed(key, content string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(content))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// errcode is how DingTalk and WeCom reply.
type errcode struct {
	Code    *int   `json:"errcode"`
	Message string `json:"errmsg"`
}

// Codes for too many messages, and how long to wait then.
var (
	dingTalkBusy = map[int]time.Duration{130101: 10 * time.Minute, 130102: 10 * time.Minute, 410100: 10 * time.Minute, -1: time.Minute}
	weComBusy    = map[int]time.Duration{45009: time.Minute, 45033: time.Minute, -1: time.Minute}
	feishuBusy   = map[int]time.Duration{11232: time.Minute, 99991400: time.Minute}
)

// What is said of codes that an operator can do something about.
var (
	dingTalkMeans = map[int]message.Key{
		310000: "the robot's security settings do not let it through: is _SECRET its secret, the keyword Glasspoll, or this machine's address allowed?",
		300001: "there is no such robot: copy its address again", 300005: "there is no such robot: copy its address again", 400101: "there is no such robot: copy its address again",
		400013: "the group does not exist any more", 400102: "the robot is switched off",
	}
	weComMeans  = map[int]message.Key{93000: "there is no such robot: copy its address again", 93008: "the robot is not in the group any more"}
	feishuMeans = map[int]message.Key{
		19021: "the signature does not match: is _SECRET the robot's, and the clock of this machine right?", 19022: "the robot's security settings do not allow this machine's address",
		19024: "the robot's security settings ask for another keyword: let Glasspoll be one", 19001: "there is no such robot: copy its address again",
	}
)

// refusedFor returns the error of a code.
func refusedFor(code int, words string, busy map[int]time.Duration, means map[int]message.Key) error {
	if known, ok := means[code]; ok {
		return message.Errorf("%s (%d: %s)", known, code, message.Plain(words))
	}
	return &Refusal{message.Errorf("error %d: %s", code, message.Plain(words)), busy[code]}
}

// byErrcode reads a reply of DingTalk or WeCom.
func byErrcode(r reply, busy map[int]time.Duration, means map[int]message.Key) error {
	var e errcode
	if json.Unmarshal(r.body, &e) != nil || e.Code == nil || r.status != http.StatusOK {
		return unexpected(r)
	}
	if *e.Code == 0 {
		return nil
	}
	return refusedFor(*e.Code, e.Message, busy, means)
}

func dingTalkRefused(r reply) error { return byErrcode(r, dingTalkBusy, dingTalkMeans) }

func weComRequest(c *chat, content string) (string, any) {
	return c.address, textMessage{"text", text{content}}
}

func weComRefused(r reply) error { return byErrcode(r, weComBusy, weComMeans) }

// feishuMessage is a message of Feishu.
type feishuMessage struct {
	Timestamp string `json:"timestamp,omitempty"` // in seconds
	Sign      string `json:"sign,omitempty"`
	Type      string `json:"msg_type"`
	Content   struct {
		Text string `json:"text"`
	} `json:"content"`
}

// feishuRequest signs nothing, with the time in seconds and the secret as the key, joined by a line feed.
func feishuRequest(c *chat, content string) (string, any) {
	body := feishuMessage{Type: "text"}
	body.Content.Text = content
	if c.secret != "" {
		body.Timestamp = strconv.FormatInt(c.now().Unix(), 10)
		body.Sign = signed(body.Timestamp+"\n"+c.secret, "")
	}
	return c.address, body
}

func feishuRefused(r reply) error {
	var e struct {
		Code    *int   `json:"code"`
		Message string `json:"msg"`
		Old     *int   `json:"StatusCode"` // of former replies
	}
	if json.Unmarshal(r.body, &e) != nil {
		return unexpected(r)
	}
	code := e.Code
	if code == nil {
		code = e.Old
	}
	switch {
	case code == nil, *code == 0 && r.status != http.StatusOK:
		return unexpected(r)
	case *code == 0:
		return nil
	}
	return refusedFor(*code, e.Message, feishuBusy, feishuMeans)
}

// slackEscapes are the characters that Slack gives a meaning in every text.
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func slackRequest(c *chat, content string) (string, any) {
	return c.address, struct {
		Text     string `json:"text"`
		Markdown bool   `json:"mrkdwn"` // false: stars and underscores are what they are
	}{slackEscapes.Replace(content), false}
}

// slackMeans is what is said of the words that an operator can do something about.
var slackMeans = map[string]message.Key{
	"no_service": "there is no such webhook: copy its address again", "no_team": "there is no such webhook: copy its address again",
	"channel_not_found": "the channel does not exist any more", "channel_is_archived": "the channel is archived",
	"action_prohibited": "an administrator of the workspace does not allow it", "invalid_token": "there is no such webhook: copy its address again",
}

func slackRefused(r reply) error {
	words := strings.TrimSpace(string(r.body))
	switch {
	case r.status == http.StatusOK && words == "ok":
		return nil
	case r.status == http.StatusTooManyRequests:
		return &Refusal{message.Errorf("too many messages"), max(r.after, time.Second)}
	}
	if known, ok := slackMeans[words]; ok {
		return message.Errorf("%s (%s)", known, message.Plain(words))
	}
	return unexpected(r)
}
