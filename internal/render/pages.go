package render

import (
	"html/template"
	"io"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// telephone is the channel of answers that staff write down while they are on the telephone.
const telephone = "phone"

// Window says when answers are taken; nothing where there is no limit.
func Window(w *wording.Words, s *survey.Survey) []string {
	from, until := w.Date(string(s.Window.From)), w.Date(string(s.Window.Until))
	switch {
	case from != "" && until != "":
		return []string{w.Say("window.between", "from", from, "until", until)}
	case from != "":
		return []string{w.Say("window.from", "from", from)}
	case until != "":
		return []string{w.Say("window.until", "until", until)}
	}
	return nil
}

// ThanksPage says what a thank-you page shows.
type ThanksPage struct {
	Text     int // which of the survey's thank-you texts, counted from 0
	Language string
	Root     string
	Receipt  string // "" on a page of the site, whose script shows it
	Query    string // of the handler's address that shows Receipt, in any language
}

// Thanks writes a page that follows a stored submission. A survey without thank-you texts has one page, too. A preview of its
// address shows the survey, which is what others can open.
func (r *Renderer) Thanks(w io.Writer, s *survey.Survey, p ThanksPage) error {
	words, language := r.words.In(p.Language), p.Language
	data := struct {
		Frame
		Survey  *survey.Survey
		Heading string
		Text    template.HTML
		Receipt string
		Results string
		Home    string
		Form    string

		Withdraw  string
		Privacy   string // "" without a notice
		Telephone bool
		Another   bool // several people answer from one place
	}{
		Frame:  r.Frame("thanks", words.Say("thanks.title"), language, p.Root, r.LanguageLinks(s, language, p.Root, s.ThanksPath(p.Text))),
		Survey: s, Heading: s.Title.In(language), Receipt: p.Receipt, Home: href(p.Root, ""),
		Form: Address(s, language, p.Root, ""), Telephone: slices.Contains(s.Channels, telephone) && s.IsOpenToAll(), Another: s.KeepDuplicates,
		Withdraw: withdrawAddress(s, language, p.Root), Privacy: privacyAddress(s, language, p.Root),
	}
	if p.Receipt != "" {
		for i, other := range data.Languages {
			data.Languages[i].Href = handlerAddress(s, p.Root, "thanks/"+other.Lang+"?"+p.Query)
		}
	}
	data.Of(s.ID)
	data.Private, data.Card = true, data.Heading
	data.Share(Address(s, language, "", ""), Purpose(s, language))
	if p.Text < len(s.Thanks) {
		data.Text = NewTexts(s, words, language).Markdown(s.Thanks[p.Text].Text.In(language))
	}
	if s.Results.Audience == "public" {
		data.Results = Address(s, language, p.Root, "results/")
	}
	return r.WritePage(w, "thanks.html", data.Words, data)
}

// NoticePage is a page that says why there is no other.
type NoticePage struct {
	Language string
	Root     string
	Code     answer.Code // [answer.NotFound], [answer.BadMethod], …
	Args     []any       // for its wording
	Survey   string      // whose look it has; "" or unknown for the site's

	// AsksInvitation adds a field for the secret of an invitation, which a form sends. About must be set.
	AsksInvitation bool

	AsksStop bool // adds a button that sends a form to the address of the notice

	About *survey.Survey // in place of Survey: named, with its contact and its results; nil where that is not known
}

// Notice writes a notice.
func (r *Renderer) Notice(w io.Writer, p NoticePage) error {
	words := r.words.In(p.Language)
	data := struct {
		Frame
		Over    string // the survey's title
		Text    string
		Home    string
		Results string // address
		Contact *contact
		Stops   bool
		Asks    string // address of the form that is asked for with an invitation; "" for none
	}{
		Frame: r.Frame("notice", words.Say("notice."+string(p.Code)), p.Language, p.Root, nil),
		Text:  problemText(words, answer.Problem{Code: p.Code, Args: p.Args}), Home: href(p.Root, ""), Stops: p.AsksStop,
	}
	data.Of(p.Survey)
	if s := p.About; s != nil {
		data.Of(s.ID)
		data.Over, data.Contact = s.Title.In(p.Language), newContact(s, p.Language)
		if s.Anonymity == survey.Anonymous {
			data.addBlind(blindSettings{})
		}
		if s.Results.Audience == "public" {
			data.Results = Address(s, p.Language, p.Root, "results/")
		}
		if p.AsksInvitation {
			data.Asks = handlerAddress(s, p.Root, "form/"+p.Language)
		}
	}
	data.Private = true
	return r.WritePage(w, "notice.html", words, data)
}
