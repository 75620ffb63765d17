package mailing

import (
	"strings"

	"golang.org/x/net/html"

	"glasspoll/internal/invite"
	"glasspoll/internal/message"
)

// checkLinks checks that both parts of a message have the invitation's link and the way out.
func (c *Composer) checkLinks(l invite.Letter) error {
	plain, page, err := c.render(l)
	if err != nil {
		return err
	}
	links := linksOf(page)
	rest := strings.ReplaceAll(plain, l.StopURL, "")
	for _, check := range []struct {
		file, field string
		holds       bool
	}{
		{textTemplate, "Link", strings.Contains(rest, l.Link)},
		{textTemplate, "StopURL", rest != plain},
		{htmlTemplate, "Link", links[l.Link]},
		{htmlTemplate, "StopURL", links[l.StopURL]},
	} {
		if !check.holds {
			return message.Errorf("the template %s has no link {{.%s}} in language %s: without it nobody can answer, or be left in peace; put it back", folder+check.file, check.field, l.Lang)
		}
	}
	return nil
}

// linksOf returns where the links of a page lead.
func linksOf(page string) map[string]bool {
	links := map[string]bool{}
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		if token := z.Token(); token.Data == "a" {
			for _, attribute := range token.Attr {
				if attribute.Key == "href" {
					links[attribute.Val] = true
				}
			}
		}
	}
	return links
}
