package render

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	reader "github.com/yuin/goldmark/text"

	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// An opening is what a form says above its first question.
type opening struct {
	Lead    template.HTML // one line: what the answers are used for
	More    template.HTML // the introduction, folded; "" if Lead says everything
	Folds   bool          // Lead may be longer than its two lines, or there is More
	Chips   []string
	Promise string // what is known of the invited who answer; never folded; "" to others
}

// maxLead is the width of a text that needs no folding, in halves of a Chinese character: two lines of a phone.
const maxLead = 80

// newOpening returns what a form says to the invited, if it is for them, or to all.
func newOpening(w *wording.Words, s *survey.Survey, language string, invited bool) opening {
	o := authorsOpening(s, language)
	o.Chips = chips(w, s, invited)
	if invited {
		o.Promise = Promise(w, s)
	}
	return o
}

// Promise says what is known of somebody who answers by an invitation. The form and the letter say the same.
func Promise(w *wording.Words, s *survey.Survey) string {
	if s.Anonymity == survey.Confidential && s.HasPrivate() { // which may be left out: who gives a name is known by it
		return w.Say("invited.confidential_unless")
	}
	return w.Say("invited." + string(s.Anonymity))
}

// authorsOpening returns what the author says above the first question.
func authorsOpening(s *survey.Survey, language string) opening {
	var o opening
	intro := s.Intro.In(language)
	if text := s.Purpose.In(language); text != "" {
		o.Lead, o.More = template.HTML(template.HTMLEscapeString(text)), markdown(intro)
		o.Folds = o.More != "" || width(text) > maxLead
		return o
	}
	var plain string
	o.Lead, o.More, plain = splitIntro(intro)
	o.Folds = o.More != "" || width(plain) > maxLead
	return o
}

// Purpose returns what a survey's answers are used for, as plain text; where it does not say, the beginning of its
// introduction.
func Purpose(s *survey.Survey, language string) string { return purpose(s, language, maxDescription) }

func purpose(s *survey.Survey, language string, maxWidth int) string {
	if text := s.Purpose.In(language); text != "" {
		return shorten(text, maxWidth)
	}
	return describe(s.Intro.In(language), maxWidth)
}

// splitIntro returns the first paragraph of an introduction, also as plain text, and the rest. Without a first paragraph
// that can be folded, because it has a link or a picture, it returns the whole introduction as the rest.
func splitIntro(intro string) (lead, rest template.HTML, plain string) {
	source := []byte(intro)
	document := textParser().Parse(reader.NewReader(source))
	paragraph := document.FirstChild()
	if paragraph == nil {
		return "", "", ""
	}
	if paragraph.Kind() != ast.KindParagraph || isInteractive(paragraph) {
		plain = Description(intro)
		return template.HTML(template.HTMLEscapeString(plain)), markdown(intro), plain
	}
	plain = joinLines(plainText(paragraph, source))
	var b bytes.Buffer
	for child := paragraph.FirstChild(); child != nil; child = child.NextSibling() {
		if err := goldmark.DefaultRenderer().Render(&b, source, child); err != nil {
			return template.HTML(template.HTMLEscapeString(plain)), markdown(intro), plain
		}
	}
	lead = template.HTML(bytes.TrimSpace(b.Bytes()))
	document.RemoveChild(document, paragraph)
	b.Reset()
	if err := goldmark.DefaultRenderer().Render(&b, source, document); err != nil {
		return lead, markdown(intro), plain
	}
	return lead, template.HTML(b.String()), plain
}

// isInteractive reports whether a block has what may not stand in a line that opens something.
func isInteractive(block ast.Node) bool {
	found := false
	ast.Walk(block, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // never an error: it returns this function's
		switch n.Kind() {
		case ast.KindLink, ast.KindAutoLink, ast.KindImage:
			found = true
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}

// chips are the facts that decide whether somebody begins: how long it takes, whether it is anonymous, until when.
func chips(w *wording.Words, s *survey.Survey, invited bool) []string {
	var chips []string
	if s.Minutes > 0 {
		chips = append(chips, w.Say("minutes", "n", s.Minutes))
	}
	if invited {
		chips = append(chips, w.Say("chip."+string(s.Anonymity)))
	}
	if s.K() > 1 && !invited {
		switch identity(s) {
		case asksNothing:
			chips = append(chips, w.Say("chip.anonymous"))
		case asksIfWanted:
			chips = append(chips, w.Say("chip.optional"))
		}
	} else if s.K() <= 1 {
		chips = append(chips, w.Say("unprotected"))
	}
	if until := w.Date(string(s.Window.Until)); until != "" {
		chips = append(chips, w.Say("chip.until", "until", until))
	}
	return chips
}

// An asked says whether a form asks who somebody is.
type asked int

const (
	asksNothing  asked = iota // nothing that could name somebody
	mightAsk                  // a text that may be a name, and may be left out
	asksIfWanted              // contact details, which may be left out
	mustSay                   // something that may name somebody comes with every answer, or with some
)

// identity returns what a form asks. It takes too much for a name rather than too little: a value from the link may be a
// customer's number, and a short text or a date may be a name or a birthday.
func identity(s *survey.Survey) asked {
	most := asksNothing
	for q := range s.Questions() {
		kind := asksNothing
		switch {
		case q.Type == survey.Hidden && s.HasInvitations(): // others have no value
		case q.Type == survey.Hidden:
			return mustSay
		case q.Private, q.Type == survey.Email, q.Type == survey.Phone:
			kind = asksIfWanted
		case q.Type == survey.ShortText, q.Type == survey.URL, q.Type == survey.DateType:
			kind = mightAsk
		}
		if kind > asksNothing && (q.Required || q.RequiredIf != nil) {
			return mustSay
		}
		most = max(most, kind)
	}
	return most
}
