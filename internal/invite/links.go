package invite

import (
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// route is one way to reach a survey: by a channel, or at a kiosk.
type route struct {
	name  string      // the channel, "link" if none is declared, or "kiosk"; part of file names
	hint  message.Key // its purpose, if the name does not say
	query string      // of its links, without the question mark
}

// Channels with a special use.
const (
	mailChannel   = "email"
	textChannel   = "sms"
	phoneChannel  = "phone"
	onsiteChannel = "onsite"
	kioskRoute    = "kiosk" // a channel only if the author declares it
	linkRoute     = "link"  // without a channel
)

// routesTo lists the routes to a survey, channels first, in the author's order. values are answers to hidden questions,
// which every link carries.
func routesTo(s *survey.Survey, values map[string]string) []route {
	var carried strings.Builder
	for q := range hiddenIn(s) {
		if v, given := values[q.ID]; given {
			carried.WriteString("&" + q.ID + "=" + url.QueryEscape(v))
		}
	}
	query := func(parts string) string { return strings.TrimPrefix(parts+carried.String(), "&") }
	var routes []route
	for _, c := range s.Channels {
		r := route{name: c, query: query("&c=" + c)}
		switch c {
		case phoneChannel:
			r.hint = "for staff, who write down answers given by telephone"
		case kioskRoute:
			continue // below
		}
		routes = append(routes, r)
	}
	if len(s.Channels) == 0 {
		routes = append(routes, route{name: linkRoute, query: query("")})
	}
	kiosk := "&kiosk"
	for _, c := range []string{kioskRoute, onsiteChannel} {
		if slices.Contains(s.Channels, c) {
			kiosk = "&c=" + c + kiosk
			break
		}
	}
	routes = append(routes, route{name: kioskRoute, hint: "for a tablet on site: after the thanks it is back at the start", query: query(kiosk)})
	return routes
}

// link returns the address of a survey's page in a language, below a base that ends with a slash.
func (r route) link(base string, s *survey.Survey, language string) string {
	address := base + s.ID + "/"
	if language != s.DefaultLanguage() {
		address += language + "/"
	}
	if r.query != "" {
		address += "?" + r.query
	}
	return address
}

// personal returns a link with a placeholder, for a mailing program, for every hidden question that is not in values; "" if
// all are.
func (r route) personal(base string, s *survey.Survey, language string, values map[string]string) string {
	link := r.link(base, s, language)
	separator := "?"
	if r.query != "" {
		separator = "&"
	}
	open := false
	for q := range hiddenIn(s) {
		if _, given := values[q.ID]; !given {
			link += separator + q.ID + "={" + q.ID + "}"
			separator, open = "&", true
		}
	}
	if !open {
		return ""
	}
	return link
}

// hiddenIn yields the hidden questions of a survey.
func hiddenIn(s *survey.Survey) iter.Seq[*survey.Question] {
	return func(yield func(*survey.Question) bool) {
		for q := range s.Questions() {
			if q.Type == survey.Hidden && !yield(q) {
				return
			}
		}
	}
}

// CheckValues returns an error for a value that no link of the survey can carry.
func CheckValues(s *survey.Survey, values map[string]string) error {
	var names []string
	for q := range hiddenIn(s) {
		names = append(names, q.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case len(names) == 0:
			return message.Errorf("--value %s: no question of %s is of the type hidden, so a link brings no values", name, s.ID)
		case !slices.Contains(names, name):
			return message.Errorf("--value %s: links of %s bring %s", name, s.ID, strings.Join(names, ", "))
		case values[name] == "" || !answer.Readable(s, name, []string{values[name]}):
			return message.Errorf("--value %s=%s: it takes %s", name, values[name], accepts(s, name))
		}
	}
	return nil
}

// accepts says what a hidden question may be answered with.
func accepts(s *survey.Survey, name string) message.Text {
	f, _ := s.Field(name)
	var ids []string
	for _, o := range f.Options() {
		ids = append(ids, o.ID)
	}
	switch {
	case len(ids) > 0:
		return message.Plain(strings.Join(ids, ", "))
	case f.Question.MaxLength > 0:
		return message.New("any text of up to %d characters", f.Question.MaxLength)
	default:
		return message.New("any text")
	}
}

// ParseBase checks the address of a site, and returns it with a slash at its end.
func ParseBase(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return "", message.Errorf("write the whole address of the site, such as https://example.com/surveys/")
	}
	if strings.ContainsAny(address, "?#") {
		return "", message.Errorf("leave out what begins with ? or #: links add their own")
	}
	// A name in Chinese letters is written as browsers send it, which every scanner and telephone understands.
	host, err := idna.Punycode.ToASCII(strings.ToLower(u.Hostname()))
	if err != nil {
		return "", err
	}
	u.Host = strings.Replace(strings.ToLower(u.Host), strings.ToLower(u.Hostname()), host, 1)
	return strings.TrimSuffix(u.String(), "/") + "/", nil
}
