package render

import (
	"io"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// HomePage says which of a site's home pages is meant.
type HomePage struct {
	Language  string
	Languages []string // of the site; the first is that of the address "/"
	Root      string
	At        time.Time // decides which surveys are open
}

const (
	searchFrom = 12 // how many surveys a home page has that can be searched
	fewSurveys = 3  // up to how many open ones each have a button
)

// homeView is the data of home.html.
type homeView struct {
	Frame
	Heading string
	Open    bool // whether there is a survey that anybody can answer
	Groups  []homeGroup
	Search  bool
}

// A homeGroup is the surveys that are open, are not open yet, or are closed.
type homeGroup struct {
	Kind    string // few or many that are open, early (also of those for the invited: no button), or closed
	Heading string
	When    string // of all cards, or of those that do not say another date
	Cards   []homeCard
}

// A homeCard is a link to a survey, or to its results if it is closed.
type homeCard struct {
	Lang, Dir string // if it is not the page's
	Title     string
	About     string
	When      string   // until when it is open, from when it will be, or when it was closed
	Facts     []string // with When, unless the group says that
	Href      string
	Go        string // what the link does; "" where there is nothing to do yet
	Button    bool   // Go is shown as one
	Results   string // address, where the card's is another
	Closed    bool   // the link leads to the results
	Look      string // id of the survey, if it has a look of its own
	until     survey.Date
}

// Home writes the list of surveys in one of the site's languages; each is named in that language if it has it, else in its
// own. Unlisted ones are left out. Those that can be answered come first, then those that only the invited can answer, those
// that are not open yet, and the closed ones, the last one closed first.
func (r *Renderer) Home(w io.Writer, surveys []*survey.Survey, page HomePage) error {
	words := r.words.In(page.Language)
	path := func(l string) string {
		if l == page.Languages[0] {
			return ""
		}
		return l + "/"
	}
	var links []Link
	if len(page.Languages) > 1 {
		for _, l := range page.Languages {
			links = append(links, Link{Lang: l, Href: href(page.Root, path(l)), Name: r.LanguageName(l), Current: l == page.Language})
		}
	}
	var open, invited, early, closed []homeCard
	for _, s := range surveys {
		if s.Unlisted {
			continue
		}
		switch isOpen, isEarly := s.OpenAt(page.At); {
		case isOpen && !s.IsOpenToAll():
			invited = append(invited, r.marked(invitedCard(words, s, page), s.ID))
		case isOpen:
			open = append(open, r.marked(openCard(words, s, page), s.ID))
		case isEarly:
			early = append(early, r.marked(earlyCard(words, s, page), s.ID))
		default:
			closed = append(closed, r.marked(closedCard(words, s, page), s.ID))
		}
	}
	slices.SortStableFunc(closed, func(a, b homeCard) int { return strings.Compare(string(b.until), string(a.until)) })
	v := homeView{
		Frame: r.Frame("home", words.Say("home.title"), page.Language, page.Root, links),
		Open:  len(open) > 0, Search: len(open)+len(invited)+len(early)+len(closed) >= searchFrom,
	}
	if v.Company != "" {
		v.Title = words.Say("home.title_of", "company", v.Company)
	}
	v.Heading = v.Title
	if v.Search {
		v.Script = r.assets.Home
	}
	kind := "many"
	if len(open) <= fewSurveys {
		kind = "few"
		for i := range open {
			open[i].Button = true
		}
	}
	v.addGroup(words, kind, words.Say("home.open"), open)
	v.addGroup(words, "early", words.Say("home.invited"), invited)
	v.addGroup(words, "early", words.Say("home.early"), early)
	v.addGroup(words, "closed", words.Say("home.closed"), closed)
	v.Share(path(page.Language), words.Say("home.about"))
	return r.WritePage(w, "home.html", words, v)
}

// addGroup adds a group, if it has cards. A date that most of them have is said once, and the others say theirs.
func (v *homeView) addGroup(words *wording.Words, kind, heading string, cards []homeCard) {
	if len(cards) == 0 {
		return
	}
	g := homeGroup{Kind: kind, Heading: heading, Cards: cards}
	common, n := commonDate(cards)
	if n > 1 && 2*n > len(cards) {
		g.When = common
		if n < len(cards) {
			g.When = words.Say("home.mostly", "when", common)
		}
	}
	for i := range cards {
		switch c := &cards[i]; {
		case g.When != "" && c.When == common:
		case c.When != "":
			c.Facts = append([]string{c.When}, c.Facts...)
		case g.When != "":
			c.Facts = append([]string{words.Say("home.endless")}, c.Facts...)
		}
	}
	v.Groups = append(v.Groups, g)
}

// commonDate returns the date that most cards have, and how many have it.
func commonDate(cards []homeCard) (common string, most int) {
	counts := map[string]int{}
	for i := range cards {
		when := cards[i].When
		counts[when]++
		if when != "" && counts[when] > most {
			common, most = when, counts[when]
		}
	}
	return common, most
}

// marked gives a card the colour of its survey, if that has one of its own.
func (r *Renderer) marked(c homeCard, id string) homeCard {
	if _, ok := r.assets.Looks[id]; ok {
		c.Look = id
	}
	return c
}

// newCard returns what all cards have, and the language of the survey's pages that it leads to.
func newCard(s *survey.Survey, page HomePage) (homeCard, string) {
	c, l := homeCard{until: s.Window.Until}, page.Language
	if !s.HasLanguage(l) {
		l = s.DefaultLanguage()
		c.Lang, c.Dir = l, wording.Dir(l)
	}
	c.Title, c.About, c.Href = s.Title.In(l), purpose(s, l, maxExcerpt), Address(s, l, page.Root, "")
	if s.Results.Audience == "public" {
		c.Results = Address(s, l, page.Root, "results/")
	}
	return c, l
}

func openCard(w *wording.Words, s *survey.Survey, page HomePage) homeCard {
	c, _ := newCard(s, page)
	c.Go = w.Say("home.answer")
	if until := w.Date(string(s.Window.Until)); until != "" {
		c.When = w.Say("chip.until", "until", until)
	}
	if s.Minutes > 0 {
		c.Facts = append(c.Facts, w.Say("minutes", "n", s.Minutes))
	}
	return c
}

// invitedCard leads to a page that says how one answers.
func invitedCard(w *wording.Words, s *survey.Survey, page HomePage) homeCard {
	c := openCard(w, s, page)
	c.Go = ""
	return c
}

func earlyCard(w *wording.Words, s *survey.Survey, page HomePage) homeCard {
	c := openCard(w, s, page)
	c.Go, c.When, c.Results = "", w.Say("window.from", "from", w.Date(string(s.Window.From))), ""
	return c
}

func closedCard(w *wording.Words, s *survey.Survey, page HomePage) homeCard {
	c, _ := newCard(s, page)
	c.When = w.Say("home.ended", "date", w.Date(string(s.Window.Until)))
	if c.Results != "" {
		c.Href, c.Results, c.Go, c.Closed = c.Results, "", w.Say("home.results"), true
	}
	return c
}
