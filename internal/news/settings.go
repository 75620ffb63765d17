package news

import (
	"maps"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/message"
)

// Prefix is what the names of all settings begin with.
const Prefix = "GLASSPOLL_NEWS_"

// Channel is a way to reach a receiver.
type Channel string

// The channels.
const (
	DingTalk Channel = "dingtalk"
	WeCom    Channel = "wecom"
	Feishu   Channel = "feishu"
	Slack    Channel = "slack"
	Email    Channel = "email"
	Webhook  Channel = "webhook"
)

type channelTraits struct {
	channel  Channel
	language string
	secret   bool // it has a secret beside the address
}

// channels lists all channels, with the language of those who mostly use them.
var channels = []channelTraits{
	{DingTalk, message.Chinese, true}, {WeCom, message.Chinese, false}, {Feishu, message.Chinese, true},
	{Slack, message.English, false}, {Email, message.English, false}, {Webhook, message.English, true},
}

// Settings say who is told of what.
type Settings struct {
	Receivers []Setting
	Site      string         // address of the site, for links, ending in a slash; "" for no links
	Zone      *time.Location // of digests; nil: that of the first survey
}

// Setting is one receiver.
type Setting struct {
	Name     string // such as slack, or slack-desk
	Channel  Channel
	Address  string
	Secret   string
	From     string // of e-mail
	Kinds    []Kind
	Digest   string // Daily, Weekly or ""
	Language string
}

// Wants reports whether the receiver wants an item.
func (s Setting) Wants(i Item) bool {
	if i.Kind == Digest {
		return i.Period == s.Digest
	}
	return slices.Contains(s.Kinds, i.Kind)
}

// attributes are the ends of names that say more of a receiver.
var attributes = []string{"_SECRET", "_KINDS", "_LANGUAGE", "_DIGEST", "_FROM"}

// ReadLines reads settings from the text of a file: NAME=VALUE lines, with comments after # at the beginning of a line. It
// returns them as an environment has them.
func ReadLines(text string) (settings []string, err error) {
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if !found || !strings.HasPrefix(name, Prefix) {
			return nil, message.Errorf("line %d: write a setting such as %sSLACK=https://…", n, Prefix)
		}
		settings = append(settings, name+"="+strings.Trim(strings.TrimSpace(value), `"'`))
	}
	return settings, nil
}

// ParseSettings reads settings of an environment, NAME=VALUE each; later ones take the place of earlier ones. It ignores names
// without the prefix. No error has a value: addresses are secrets.
func ParseSettings(environment []string) (Settings, error) {
	var s Settings
	values := map[string]string{}
	for _, line := range environment {
		name, value, _ := strings.Cut(line, "=")
		if rest, ours := strings.CutPrefix(name, Prefix); ours {
			values[rest] = strings.TrimSpace(value)
		}
	}
	maps.DeleteFunc(values, func(_, value string) bool { return value == "" })
	language, err := s.general(values)
	if err != nil {
		return Settings{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		base, attribute := split(name)
		if attribute != "" {
			if values[base] == "" {
				return Settings{}, message.Errorf("%s%s says more of %s%s, which is not set", Prefix, name, Prefix, base)
			}
			continue
		}
		one, err := parseReceiver(name, values, language)
		if err != nil {
			return Settings{}, message.Errorf("%s%s: %w", Prefix, name, err)
		}
		s.Receivers = append(s.Receivers, one)
	}
	return s, nil
}

// split splits the name of a setting into that of the receiver and of what is said of it; "" for the address.
func split(name string) (base, attribute string) {
	for _, a := range attributes {
		if base, found := strings.CutSuffix(name, a); found {
			return base, a
		}
	}
	return name, ""
}

// general reads the settings that are not of one receiver, and takes them out. It returns the language.
func (s *Settings) general(values map[string]string) (language string, err error) {
	if site := values["SITE"]; site != "" {
		u, err := url.Parse(site)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return "", message.Errorf("%sSITE: write the address of the site, such as https://polls.example.com/", Prefix)
		}
		s.Site = strings.TrimSuffix(site, "/") + "/"
	}
	if zone := values["TIMEZONE"]; zone != "" {
		if s.Zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return "", message.Errorf("%sTIMEZONE: write the name of a timezone, such as Asia/Shanghai", Prefix)
		}
	}
	language = values["LANGUAGE"]
	if language != "" && !isLanguage(language) {
		return "", message.Errorf("%sLANGUAGE: write en or zh", Prefix)
	}
	delete(values, "SITE")
	delete(values, "TIMEZONE")
	delete(values, "LANGUAGE")
	return language, nil
}

func isLanguage(language string) bool {
	return language == message.English || language == message.Chinese
}

// parseReceiver reads the settings of one receiver.
func parseReceiver(name string, values map[string]string, language string) (Setting, error) {
	kind, suffix, _ := strings.Cut(name, "_")
	s := Setting{Name: strings.ToLower(strings.ReplaceAll(name, "_", "-")), Channel: Channel(strings.ToLower(kind)), Address: values[name], Secret: values[name+"_SECRET"], From: values[name+"_FROM"]}
	n := slices.IndexFunc(channels, func(c channelTraits) bool { return c.channel == s.Channel })
	if n < 0 || strings.HasSuffix(name, "_") && suffix == "" {
		return s, message.Errorf("no such channel: there are DINGTALK, WECOM, FEISHU, SLACK, EMAIL and WEBHOOK, each also with a name behind it, such as SLACK_DESK")
	}
	if s.Secret != "" && !channels[n].secret {
		return s, message.Errorf("%s has no secret beside its address: leave _SECRET out", message.Plain(string(s.Channel)))
	}
	s.Language = channels[n].language
	if language != "" {
		s.Language = language
	}
	if own := values[name+"_LANGUAGE"]; own != "" {
		if s.Language = own; !isLanguage(own) {
			return s, message.Errorf("_LANGUAGE: write en or zh")
		}
	}
	switch s.Digest = values[name+"_DIGEST"]; s.Digest {
	case "", Daily, Weekly:
	default:
		return s, message.Errorf("_DIGEST: write daily or weekly")
	}
	var err error
	if s.Kinds, err = parseKinds(values[name+"_KINDS"], s.Digest); err != nil {
		return s, err
	}
	return s, s.check()
}

// groups are words for several kinds.
var groups = map[string][]Kind{
	"all":   {CaseOpened, CaseOverdue, CaseEscalated, CaseClosed, ResultsReleased, SurveyOpened, SurveyClosed},
	"cases": {CaseOpened, CaseOverdue, CaseEscalated, CaseClosed}, "results": {ResultsReleased}, "surveys": {SurveyOpened, SurveyClosed}, "none": nil,
}

// parseKinds reads kinds and groups of them, with commas between; "" for all.
func parseKinds(text, digest string) (kinds []Kind, err error) {
	if text == "" {
		return groups["all"], nil
	}
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimSpace(word)
		some, known := groups[word]
		if !known && slices.Contains(groups["all"], Kind(word)) {
			some, known = []Kind{Kind(word)}, true
		}
		if !known {
			return nil, message.Errorf("_KINDS: write some of cases, results, surveys, %s, or none", message.Words("case_opened", "case_overdue", "case_escalated", "case_closed", "results_released", "survey_opened", "survey_closed"))
		}
		kinds = append(kinds, some...)
	}
	if len(kinds) == 0 && digest == "" {
		return nil, message.Errorf("_KINDS is none, and there is no _DIGEST: nothing would ever be sent")
	}
	return kinds, nil
}

// check checks what the address and the secret look like.
func (s Setting) check() error {
	if s.Channel == Email {
		if _, err := s.Recipients(); err != nil {
			return message.Errorf("write addresses such as li@example.com, with commas between")
		}
		if _, err := mail.ParseAddress(s.From); err != nil {
			return message.Errorf("_FROM: write the address that e-mail comes from, such as polls@example.com")
		}
		return nil
	}
	if s.From != "" {
		return message.Errorf("_FROM is for EMAIL alone")
	}
	if s.Channel == DingTalk && s.Secret != "" && !strings.HasPrefix(s.Secret, "SEC") {
		return message.Errorf("_SECRET: a secret of DingTalk begins with SEC")
	}
	if s.Channel == Webhook && s.Secret == "" {
		return message.Errorf("_SECRET is missing: messages to a webhook are signed")
	}
	return CheckAddress(s.Address)
}

// Recipients returns the addresses that e-mail goes to.
func (s Setting) Recipients() (addresses []string, err error) {
	list, err := mail.ParseAddressList(s.Address)
	for _, a := range list {
		addresses = append(addresses, a.Address)
	}
	return addresses, err
}

// CheckAddress checks that an address is one that messages may be posted to: https, or http on this machine itself.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return message.Errorf("it is not a web address: write one such as https://example.com/hooks/glasspoll")
	}
	switch {
	case u.User != nil:
		return message.Errorf("the address has a name or password in it: leave them out")
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return message.Errorf("the address must begin with https://: http:// is for this machine itself")
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
