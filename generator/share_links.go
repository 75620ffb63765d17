package main

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// A way is how people come to a survey: by a channel, or at a kiosk.
type way struct {
	Name  string // of files: the channel, "link" where none is declared, or "kiosk"
	Hint  string // what it is for, if its name does not say
	query string // without its question mark
}

// Channels that a use of their own is known for.
const (
	mailChannel   = "email"
	textChannel   = "sms"
	phoneChannel  = "phone"
	onsiteChannel = "onsite"
	kioskWay      = "kiosk" // a channel only where the author declares one
)

// waysTo lists the ways to a survey, channels first, in the author's order. Values are hidden questions' answers, which
// every link brings.
func waysTo(s *survey.Survey, values map[string]string) []way {
	var also strings.Builder
	for q := range hiddenIn(s) {
		if v, given := values[q.ID]; given {
			also.WriteString("&" + q.ID + "=" + url.QueryEscape(v))
		}
	}
	query := func(parts string) string { return strings.TrimPrefix(parts+also.String(), "&") }
	var ways []way
	for _, c := range s.Channels {
		w := way{Name: c, query: query("&c=" + c)}
		switch c {
		case phoneChannel:
			w.Hint = "for staff, who write down answers given by telephone"
		case kioskWay:
			continue // below
		}
		ways = append(ways, w)
	}
	if len(s.Channels) == 0 {
		ways = append(ways, way{Name: "link", query: query("")})
	}
	kiosk := "&kiosk"
	for _, c := range []string{kioskWay, onsiteChannel} {
		if slices.Contains(s.Channels, c) {
			kiosk = "&c=" + c + kiosk
			break
		}
	}
	ways = append(ways, way{Name: kioskWay, Hint: "for a tablet on site: after the thanks it is back at the start", query: query(kiosk)})
	return ways
}

// link is the address of a survey's page in a language, below a base that ends with a slash.
func (w way) link(base string, s *survey.Survey, language string) string {
	address := base + s.ID + "/"
	if language != s.DefaultLanguage() {
		address += language + "/"
	}
	if w.query != "" {
		address += "?" + w.query
	}
	return address
}

// personal is a link with a placeholder for every hidden value that is not settled, as a mailing program fills them in;
// "" if there are none.
func (w way) personal(base string, s *survey.Survey, language string, values map[string]string) string {
	link := w.link(base, s, language)
	joint := "?"
	if w.query != "" {
		joint = "&"
	}
	open := false
	for q := range hiddenIn(s) {
		if _, given := values[q.ID]; !given {
			link += joint + q.ID + "={" + q.ID + "}"
			joint, open = "&", true
		}
	}
	if !open {
		return ""
	}
	return link
}

func hiddenIn(s *survey.Survey) func(yield func(*survey.Question) bool) {
	return func(yield func(*survey.Question) bool) {
		for q := range s.Questions() {
			if q.Type == survey.Hidden && !yield(q) {
				return
			}
		}
	}
}

// checkValues finds a value that no link of the survey can bring.
func checkValues(s *survey.Survey, values map[string]string) error {
	var names []string
	for q := range hiddenIn(s) {
		names = append(names, q.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case len(names) == 0:
			return fmt.Errorf("--value %s: no question of %s is of the type hidden, so a link brings no values", name, s.ID)
		case !slices.Contains(names, name):
			return fmt.Errorf("--value %s: links of %s bring %s", name, s.ID, strings.Join(names, ", "))
		case values[name] == "" || !answer.Readable(s, name, []string{values[name]}):
			return fmt.Errorf("--value %s=%s: it takes %s", name, values[name], takes(s, name))
		}
	}
	return nil
}

// takes says what a hidden question may be answered with.
func takes(s *survey.Survey, name string) string {
	f, _ := s.Field(name)
	var ids []string
	for _, o := range f.Options() {
		ids = append(ids, o.ID)
	}
	switch {
	case len(ids) > 0:
		return strings.Join(ids, ", ")
	case f.Question.MaxLength > 0:
		return fmt.Sprintf("any text of up to %d characters", f.Question.MaxLength)
	default:
		return "any text"
	}
}

// readBase checks the address of a site. It ends with a slash afterwards.
func readBase(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return "", errors.New("write the whole address of the site, such as https://example.com/surveys/")
	}
	if strings.ContainsAny(address, "?#") {
		return "", errors.New("leave out what begins with ? or #: links add their own")
	}
	// A name in Chinese letters is written as browsers send it, which every scanner and telephone understands.
	host, err := idna.Punycode.ToASCII(strings.ToLower(u.Hostname()))
	if err != nil {
		return "", err
	}
	u.Host = strings.Replace(strings.ToLower(u.Host), strings.ToLower(u.Hostname()), host, 1)
	return strings.TrimSuffix(u.String(), "/") + "/", nil
}
