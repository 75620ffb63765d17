package render

import (
	"html/template"
	"io"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// privacyNotice is the data of privacy.html.
type privacyNotice struct {
	Frame
	Over     string // the survey's title
	Document string
	Parts    []privacyPart
	Form     string // addresses
	Withdraw string
}

// privacyPart is one numbered part of a notice.
type privacyPart struct {
	Title    string
	Facts    []privacyFact
	Texts    []privacyText
	More     template.HTML
	Withdraw bool // a link to where answers are taken back
	Ask      *contact
	Complain *complaint
}

type privacyFact struct {
	Name, Value string
	Contact     *contact
}

// privacyText is a paragraph, and a list that may follow it.
type privacyText struct {
	Text  string
	Items []string
}

// complaint says where somebody may complain.
type complaint struct{ Text, Address string }

// Privacy writes a survey's privacy notice, which it must have. Everything that follows from the questionnaire is said of the
// questionnaire as it is.
func (r *Renderer) Privacy(w io.Writer, s *survey.Survey, p CompanionPage) error {
	words := r.words.In(p.Language)
	n := &noticeWriter{survey: s, words: words, language: p.Language, texts: NewTexts(s, words, p.Language), privacyNotice: &privacyNotice{
		Frame: r.companionFrame(s, words.Say("privacy.of", "title", s.Title.In(p.Language)), survey.PrivacyPath, p),
		Over:  s.Title.In(p.Language), Form: Address(s, p.Language, p.Root, ""), Withdraw: withdrawAddress(s, p.Language, p.Root),
	}}
	if s.Document != nil {
		n.Document = documentName(words, s.Document)
	}
	n.who()
	n.why()
	n.what()
	n.how()
	n.length()
	n.recipients()
	n.choice()
	n.rights()
	if more := s.Privacy.More.In(p.Language); more != "" {
		n.part("privacy.more").More = markdown(more)
	}
	return r.WritePage(w, "privacy.html", words, n.privacyNotice)
}

// noticeWriter fills in one notice.
type noticeWriter struct {
	*privacyNotice
	survey   *survey.Survey
	words    *wording.Words
	language string
	texts    *Texts
}

// part begins a part.
func (n *noticeWriter) part(key string) *privacyPart {
	n.Parts = append(n.Parts, privacyPart{Title: n.words.Say(key)})
	return &n.Parts[len(n.Parts)-1]
}

func (p *privacyPart) add(text string, items ...string) {
	p.Texts = append(p.Texts, privacyText{text, items})
}

func (n *noticeWriter) say(p *privacyPart, key string, args ...any) {
	p.add(n.words.Say(key, args...))
}

// own adds what the author says, if it is said.
func (n *noticeWriter) own(p *privacyPart, text survey.Text) bool {
	words := text.In(n.language)
	if words != "" {
		p.add(words)
	}
	return words != ""
}

// contactOf returns whom somebody may ask, in the language of the notice.
func (n *noticeWriter) contactOf(c *survey.Contact) *contact {
	return &contact{c.Name.In(n.language), c.Email, c.Phone}
}

// who is responsible, and whom to ask.
func (n *noticeWriter) who() {
	p, own := n.part("privacy.who"), n.survey.Privacy
	fact := func(key, value string, c *contact) {
		if value != "" || c != nil {
			p.Facts = append(p.Facts, privacyFact{n.words.Say(key), value, c})
		}
	}
	fact("privacy.controller", own.Controller.In(n.language), nil)
	fact("privacy.address", own.Address.In(n.language), nil)
	if c := n.survey.PrivacyContact(); c != nil {
		fact("privacy.contact", "", n.contactOf(c))
	}
	if own.Officer != nil {
		fact("privacy.officer", "", n.contactOf(own.Officer))
	}
}

// bases are the sentences about the legal basis.
var bases = map[survey.LegalBasis]string{
	survey.ByConsent: "privacy.by_consent", survey.ByContract: "privacy.by_contract", survey.ByObligation: "privacy.by_obligation",
	survey.ByPublicTask: "privacy.by_task", survey.LegitimateInterests: "privacy.by_interests",
}

// why is what the answers are used for, and on what basis.
func (n *noticeWriter) why() {
	p, own := n.part("privacy.why"), n.survey.Privacy
	if !n.own(p, own.Purpose) {
		n.own(p, n.survey.Purpose)
	}
	n.say(p, bases[own.Basis])
	n.own(p, own.Interests)
}

// what is collected.
func (n *noticeWriter) what() {
	s, p := n.survey, n.part("privacy.what")
	if s.IsUntraceable() {
		n.say(p, "privacy.answers_day")
	} else {
		n.say(p, "privacy.answers")
	}
	if s.HasInvitations() {
		p.add(Promise(n.words, s))
	}
	if s.IsOpenToAll() && identity(s) == asksNothing {
		n.say(p, "privacy.asks_nothing")
	}
	n.list(p, "privacy.private", func(q *survey.Question) bool { return q.Private })
	n.list(p, "privacy.sensitive", func(q *survey.Question) bool { return q.Sensitive && !q.Private })
	if s.Sealing != nil {
		n.say(p, "privacy.sealed")
		n.list(p, "privacy.unsealed", s.LeavesPlain)
	}
	if slices.ContainsFunc(slices.Collect(s.Questions()), func(q *survey.Question) bool { return q.Type == survey.Hidden }) {
		n.say(p, "privacy.from_link")
	}
	n.own(p, s.Privacy.Kinds)
	n.say(p, "privacy.network")
	if !s.IsUntraceable() {
		n.say(p, "privacy.ranges")
	}
	n.say(p, "privacy.device")
	if s.HasInvitations() {
		n.say(p, "privacy.cookie")
	}
}

// list lists the questions of a kind, if there are any.
func (n *noticeWriter) list(p *privacyPart, key string, of func(*survey.Question) bool) {
	var items []string
	for q := range n.survey.Questions() {
		if of(q) && q.Type != survey.Hidden {
			items = append(items, n.texts.Plain(q.Label.In(n.language)))
		}
	}
	if len(items) > 0 {
		p.add(n.words.Say(key), items...)
	}
}

// readers are the sentences about who reads figures.
var readers = map[string]string{"public": "privacy.read_public", "staff": "privacy.read_staff", "management": "privacy.read_management"}

// how the answers are processed, and what becomes public.
func (n *noticeWriter) how() {
	s, p := n.survey, n.part("privacy.how")
	n.say(p, "privacy.stored")
	if len(s.Alerts) > 0 {
		n.say(p, "privacy.followed_up")
	}
	n.say(p, readers[s.Results.Audience])
	switch k := s.K(); {
	case k == 1:
		n.say(p, "privacy.one_by_one")
	case s.Results.Audience != "management": // which sees every answer counted
		n.say(p, "privacy.together", "k", k)
	}
	n.say(p, "privacy.never")
}

// length is for how long answers are kept.
func (n *noticeWriter) length() {
	p, keep := n.part("privacy.keep"), n.survey.Privacy.Keep
	span := n.words.Say("privacy.days", "n", keep.Days)
	switch {
	case keep.Years > 0:
		span = n.words.Say("privacy.years", "n", keep.Years)
	case keep.Months > 0:
		span = n.words.Say("privacy.months", "n", keep.Months)
	}
	n.say(p, "privacy.kept", "span", span)
	n.say(p, "privacy.figures_stay")
}

// recipients are who else gets personal data, and where it goes abroad.
func (n *noticeWriter) recipients() {
	p, own := n.part("privacy.recipients"), n.survey.Privacy
	if !n.own(p, own.Recipients) {
		n.say(p, "privacy.nobody")
	}
	if own.Transfer == nil {
		n.say(p, "privacy.not_abroad")
		return
	}
	n.say(p, "privacy.abroad", "where", own.Transfer.To.In(n.language))
	n.own(p, own.Transfer.Safeguard)
}

// choice says whether one has to answer, and that no machine decides anything.
func (n *noticeWriter) choice() {
	p := n.part("privacy.choice")
	if n.survey.Privacy.Basis == survey.ByObligation {
		n.say(p, "privacy.obliged")
	} else {
		n.say(p, "privacy.voluntary")
	}
	n.say(p, "privacy.no_machine")
}

// rights are what somebody may ask for, and how.
func (n *noticeWriter) rights() {
	s, p := n.survey, n.part("privacy.rights")
	items := []string{n.words.Say("privacy.right_access"), n.words.Say("privacy.right_correct"), n.words.Say("privacy.right_delete"), n.words.Say("privacy.right_restrict")}
	switch s.Privacy.Basis {
	case survey.ByConsent:
		items = append(items, n.words.Say("privacy.right_consent"), n.words.Say("privacy.right_copy"))
	case survey.ByContract:
		items = append(items, n.words.Say("privacy.right_copy"))
	case survey.ByPublicTask, survey.LegitimateInterests:
		items = append(items, n.words.Say("privacy.right_object"))
	}
	p.add(n.words.Say("privacy.right_to"), items...)
	n.say(p, "privacy.by_receipt")
	if s.Anonymity != survey.Identified {
		n.say(p, "privacy.receipt_alone")
	}
	p.Withdraw = true
	if c := s.PrivacyContact(); c != nil {
		p.Ask = n.contactOf(c)
	}
	p.Complain = &complaint{Text: n.words.Say("privacy.complain")}
	if a := s.Privacy.Authority; a != nil {
		p.Complain = &complaint{n.words.Say("privacy.complain_to", "authority", a.Name.In(n.language)), a.Address}
	}
}
