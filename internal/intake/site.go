package intake

import (
	"net/url"
	"slices"
	"strings"

	"glasspoll/internal/render"
)

// isFromElsewhere reports whether a page of another site has sent the request, by what browsers say of it. If they say nothing, it is not
// known, and false.
func (s *submission) isFromElsewhere() bool {
	switch s.r.Header.Get("Sec-Fetch-Site") {
	case "":
		origin := s.r.Header.Get("Origin")
		return origin != "" && s.hasHosts() && !s.isOwn(origin)
	case "cross-site", "same-site": // another site on the same domain is not this one
		return true
	}
	return false
}

// link returns the query of the address: the request's own, or that of the page of this survey that it comes from. What another
// page has in its address says nothing.
func (s *submission) link() url.Values {
	query := s.r.URL.Query()
	query.Del(render.SealQuery)
	if len(query) > 0 {
		return query
	}
	from, err := url.Parse(s.r.Referer())
	if err != nil || !s.isOfSurvey(from) {
		return nil
	}
	return from.Query()
}

// isOfSurvey reports whether an address is that of the survey's form, on this site.
func (s *submission) isOfSurvey(from *url.URL) bool {
	switch s.r.Header.Get("Sec-Fetch-Site") {
	case "":
		if !s.isOwn(from.String()) {
			return false
		}
	case "same-origin":
	default:
		return false
	}
	id, tail := parsePath(from.Path)
	if id != "" {
		return id == s.current.ID && (tail == "responses" || strings.HasPrefix(tail, "form/"))
	}
	parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(from.Path, "index.html"), "/"), "/")
	last := parts[len(parts)-1]
	if s.current.HasLanguage(last) && len(parts) > 1 {
		last = parts[len(parts)-2]
	}
	return last == s.current.ID
}

// isOwn reports whether an address, or an origin, is of this site.
func (s *submission) isOwn(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && slices.ContainsFunc(s.hosts(), func(host string) bool { return strings.EqualFold(host, u.Host) })
}

func (s *submission) hasHosts() bool { return len(s.hosts()) > 0 }

// hosts returns the names that visitors may know the site by.
func (s *submission) hosts() []string {
	if s.Host != nil {
		return s.Host(s.r)
	}
	return []string{s.r.Host}
}
