package render

import (
	"io"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// WithdrawnWithin is within how many hours answers are deleted that are not deleted at once.
const WithdrawnWithin = 24

// MaxReceipt bounds what is taken as a receipt, in bytes: one has 30, with the dashes, and may be typed with spaces.
const MaxReceipt = 64

// WithdrawPage is the page on which somebody takes answers back by the receipt. Without more than a language and a root, it is the
// page of the site.
type WithdrawPage struct {
	CompanionPage

	Done    bool           // the answers are deleted
	Pending bool           // they will be
	Problem answer.Problem // why they are not; the zero value for none
	Receipt string         // as typed
	Seal    string         // of the handler, to be sent with the receipt; "" without one
}

// Withdraw writes the page on which somebody takes answers back. It needs no script, and its addresses have no receipt.
func (r *Renderer) Withdraw(w io.Writer, s *survey.Survey, p WithdrawPage) error {
	words := r.words.In(p.Language)
	data := struct {
		Frame
		Over          string // the survey's title
		Done, Pending bool
		Within        int // hours
		Fault         string
		Action        string
		Receipt, Wait string
		Most          int
		Privacy       string // address; "" without a notice
		Home          string
		Contact       *contact
	}{
		Frame: r.Frame("notice", words.Say("withdraw.title"), p.Language, p.Root, r.LanguageLinks(s, p.Language, p.Root, survey.WithdrawPath)),
		Over:  s.Title.In(p.Language), Done: p.Done, Pending: p.Pending, Within: WithdrawnWithin, Action: handlerAddress(s, p.Root, "withdraw"),
		Receipt: strings.ToValidUTF8(p.Receipt[:min(len(p.Receipt), MaxReceipt)], ""), Wait: p.Seal, Most: MaxReceipt,
		Privacy: privacyAddress(s, p.Language, p.Root), Home: href(p.Root, ""), Contact: newContact(s, p.Language),
	}
	data.Of(s.ID)
	data.Private = true
	if p.Problem.Code != "" {
		data.Fault = problemText(words, p.Problem)
	}
	return r.WritePage(w, "withdraw.html", words, data)
}

// withdrawAddress returns the address at which answers to a survey are taken back.
func withdrawAddress(s *survey.Survey, language, root string) string {
	return Address(s, language, root, survey.WithdrawPath)
}

// privacyAddress returns the address of a survey's privacy notice; "" without one.
func privacyAddress(s *survey.Survey, language, root string) string {
	if s.Privacy == nil {
		return ""
	}
	return Address(s, language, root, survey.PrivacyPath)
}
