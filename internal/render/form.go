package render

import (
	"bytes"
	"cmp"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// SurveyPage says what a survey's form shows. With only a language and a root, the form is empty.
type SurveyPage struct {
	Language     string
	Root         string              // from the page to the site's root: "../", "../../" or "../../../"
	ID           string              // submission id; "" on a page of the site, whose script makes one
	Seal         string              // of the handler, in the address that the answers are sent to; "" without one
	Channel      string              // as posted
	Values       map[string][]string // as typed, by field name
	Problems     []answer.Problem    // shown at their questions, and in the summary on top
	Phase        survey.Phase        // before or after the window there is no form, but when there is one
	Invitee      *Invitee            // nil for whoever has the address
	Confidential bool                // an invitee of an anonymous survey has chosen to answer confidentially
	Notice       []answer.Problem    // of the submission as a whole, above the summary: [answer.Closed], [answer.NotStored], …

	uninvited bool // there is no form, because it is only shown to the invited
}

// InviteeFolder is where a preview of the form for invitees is, below the survey's page.
const InviteeFolder = "invitee/"

// An Invitee is who answers by an invitation. One without a secret is for a preview: the form takes the values that an invitation
// would have from its link.
type Invitee struct {
	Secret string // of the invitation; it is sent with the answers
	Key    string // id of the public key of the group, in an anonymous survey; "" if there is none
	Draft  string // keeps this person's draft apart from others' on the same device; public, so nothing of the secret
	Mark   string // of the cookie, in the address of this person's form
}

// InvitedQuery is the parameter of a form's address that has the mark of the cookie.
const InvitedQuery = "invited"

// SealQuery is the parameter of the address that a form of the handler is sent to.
const SealQuery = "seal"

// isPreview reports whether a page shows what the invited see, without an invitation.
func (p SurveyPage) isPreview() bool { return p.Invitee != nil && p.Invitee.Secret == "" }

// Survey writes a survey's form. Of a survey for invited people alone, others are told how one answers, unless they have sent
// something.
func (r *Renderer) Survey(w io.Writer, s *survey.Survey, p SurveyPage) error {
	if p.Phase != survey.Open {
		p.Notice = []answer.Problem{ClosedProblem(s, p.Phase)}
	} else if !s.IsOpenToAll() && p.Invitee == nil && len(p.Notice)+len(p.Problems) == 0 {
		p.Notice, p.uninvited = []answer.Problem{{Code: answer.InvitedOnly}}, true
	}
	f := r.form(s, p)
	return r.writeWhole(w, func(b *bytes.Buffer) error {
		if err := r.execute(b, "survey.begin", f.Words, f); err != nil {
			return err
		}
		if f.Shut {
			return r.execute(b, "survey.end", f.Words, f)
		}
		if err := r.addQuestions(f, p); err != nil {
			return err
		}
		if err := r.execute(b, "survey.questions", f.Words, f); err != nil {
			return err
		}
		return r.execute(b, "survey.end", f.Words, f)
	})
}

// form is the data of survey.html.
type form struct {
	Frame
	Survey  *survey.Survey
	Heading string
	Opening opening
	Action  string
	ID      string
	Channel string
	Notice  []notice

	Invitation string     // secret, to be sent with the answers
	Blindly    *blindPart // of an anonymous survey, for the invited; nil elsewhere
	Draft      string
	Closed     bool   // no answers are taken
	Shut       bool   // nothing was sent either: there is no form
	Anew       string // address of an empty form; "" unless nothing more is taken under this id
	Summary    []summaryLine
	Steps      string // "sections" or "cards": what the script shows one at a time; "" for all at once
	Sections   []section
	Contact    *contact
	Document   string
	Results    string // address; "" unless they are public
	Privacy    string // address of the privacy notice; "" without one
	Home       string // address
	Rules      template.JS

	Telephone bool // staff may write down answers given on the telephone

	problems map[string]string // first message by field
	texts    *Texts
}

// notice is a problem of the submission as a whole.
type notice struct{ Title, Text string }

// summaryLine is one line of the list of problems.
type summaryLine struct{ Href, Label, Message string }

// IsQuestion reports whether the label ends with a question mark, so that no colon follows.
func (s summaryLine) IsQuestion() bool {
	return strings.HasSuffix(s.Label, "?") || strings.HasSuffix(s.Label, "？") || strings.HasSuffix(s.Label, "؟")
}

type section struct {
	ID        string // of the title, which names the section where it is read on each card; "" elsewhere
	When      string // it applies, in words
	Title     template.HTML
	Intro     template.HTML
	Hint      string          // what holds for all its questions
	Questions []template.HTML // each as the template survey.question writes it
}

type contact struct{ Name, Email, Phone string }

// newContact returns whom respondents may ask; nil if the survey does not say.
func newContact(s *survey.Survey, language string) *contact {
	if s.Contact == nil {
		return nil
	}
	return &contact{s.Contact.Name.In(language), s.Contact.Email, s.Contact.Phone}
}

func (r *Renderer) form(s *survey.Survey, p SurveyPage) *form {
	l := p.Language
	title := s.Title.In(l)
	tail := ""
	if p.isPreview() {
		tail = InviteeFolder
	}
	f := &form{
		Frame:  r.Frame("survey", title, l, p.Root, r.LanguageLinks(s, l, p.Root, tail)),
		Survey: s, Heading: title, Home: href(p.Root, ""), Action: handlerAddress(s, p.Root, "responses"),
		ID: p.ID, Channel: p.Channel, Telephone: slices.Contains(s.Channels, telephone),
	}
	if p.Seal != "" {
		f.Action += "?" + url.Values{SealQuery: {p.Seal}}.Encode()
	}
	f.Of(s.ID)
	if p.Phase == survey.Open {
		f.Opening = newOpening(f.Words, s, l, p.Invitee != nil || p.uninvited)
	}
	switch {
	case s.Cards:
		f.Steps = "cards"
	case s.Steps:
		f.Steps = "sections"
	}
	if needsFullScript(s) {
		f.More = r.assets.FullStyle
		f.Script = cmp.Or(r.assets.Full, f.Script)
	}
	if p.Invitee != nil {
		f.Invitation, f.Draft = p.Invitee.Secret, p.Invitee.Draft
	}
	if f.Shut = p.Phase != survey.Open || p.uninvited; f.Shut {
		f.Kind, f.More = "notice", r.assets.ThanksStyle
	}
	isBlank := p.ID == "" && p.Invitee == nil && len(p.Values)+len(p.Problems) == 0 && (len(p.Notice) == 0 || f.Shut)
	f.Private = s.Unlisted || !isBlank
	if isBlank {
		f.Share(Address(s, l, "", ""), Purpose(s, l))
		if !f.Shut {
			f.Refresh = handlerAddress(s, p.Root, "form/"+l)
		}
	}
	if p.ID != "" {
		query := linkQuery(s, p)
		for i, other := range f.Languages {
			f.Languages[i].Href = handlerAddress(s, p.Root, "form/"+other.Lang+query)
		}
	}
	f.texts = NewTexts(s, f.Words, l)
	if dependsOnAnswers(s) && len(p.Values) > 0 {
		f.texts.state, f.texts.typed = answer.EvaluateTyped(s, p.Values, p.Channel, l), p.Values
	}
	f.Contact, f.Privacy = newContact(s, l), privacyAddress(s, l, p.Root)
	if d := s.Document; d != nil {
		f.Document = documentName(f.Words, d)
	}
	if s.Results.Audience == "public" && p.Phase != survey.Early {
		f.Results = Address(s, l, p.Root, "results/")
	}
	f.Closed = f.Shut || hasNotice(p, answer.Closed, answer.NotOpenYet, answer.InvitationExpired, answer.InvitationWithdrawn, answer.InvitationUsed)
	f.addNotices(p.Notice)
	f.blind(p)
	f.seal()
	if p.Invitee == nil && hasNotice(p, answer.Conflict, answer.Withdrawn) {
		f.Anew = handlerAddress(s, p.Root, "form/"+l+linkQuery(s, p))
	}
	f.addProblems(p.Problems)
	if len(f.Summary)+len(f.Notice) > 0 && !f.Shut {
		f.Title = f.Say("errors.prefix", "title", title)
	}
	return f
}

// hasNotice reports whether a page has a notice with one of some codes.
func hasNotice(p SurveyPage, codes ...answer.Code) bool {
	return slices.ContainsFunc(p.Notice, func(p answer.Problem) bool { return slices.Contains(codes, p.Code) })
}

// FormName returns the name of the file that is a survey's index.html in a phase of its window. A survey without a window has no
// such files.
func FormName(phase survey.Phase) string {
	switch phase {
	case survey.Early:
		return "early.html"
	case survey.Closed:
		return "closed.html"
	default:
		return "open.html"
	}
}

// FormNames returns the names of all the files that are kept.
func FormNames() []string {
	return []string{FormName(survey.Early), FormName(survey.Open), FormName(survey.Closed)}
}

// ClosedProblem is why a survey takes no answers before or after its window.
func ClosedProblem(s *survey.Survey, phase survey.Phase) answer.Problem {
	if phase == survey.Early {
		return answer.Problem{Code: answer.NotOpenYet, Args: []any{"date", s.Window.From}}
	}
	return answer.Problem{Code: answer.Closed, Args: []any{"date", s.Window.Until}}
}

// handlerAddress returns an address of the form handler.
func handlerAddress(s *survey.Survey, root, tail string) string {
	return root + "api/surveys/" + s.ID + "/" + tail
}

// linkQuery returns the query of a link to the form with the same channel and hidden values.
func linkQuery(s *survey.Survey, p SurveyPage) string {
	query := url.Values{}
	if p.Invitee != nil { // all that comes with the invitation
		return "?" + url.Values{InvitedQuery: {p.Invitee.Mark}}.Encode()
	}
	if p.Channel != "" {
		query.Set("c", p.Channel)
	}
	for q := range s.Questions() {
		if value := first(p.Values[q.ID]); q.Type == survey.Hidden && value != "" && !s.HasInvitations() {
			query.Set(q.ID, value)
		}
	}
	if len(query) == 0 {
		return ""
	}
	return "?" + query.Encode()
}

// needsFullScript reports whether a survey has steps, or questions that the page's script makes easier to fill in.
func needsFullScript(s *survey.Survey) bool {
	for q := range s.Questions() {
		if q.Type == survey.Ranking || q.Type == survey.ConstantSum || q.Display == "slider" {
			return true
		}
	}
	return s.Steps || s.Cards
}

func (f *form) addNotices(problems []answer.Problem) {
	for _, p := range problems {
		title := "notice." + string(p.Code)
		if !f.Has(title) { // not a code of a notice
			title = "notice." + string(answer.NotStored)
		}
		f.Notice = append(f.Notice, notice{f.Say(title), problemText(f.Words, p)})
	}
	if f.Closed {
		f.Script = Asset{} // there is nothing to fill in
	}
}

// addProblems lists problems in the summary, with links to their fields, and keeps the first of each field for its question.
func (f *form) addProblems(problems []answer.Problem) {
	f.problems = map[string]string{}
	for _, p := range problems {
		line := summaryLine{Message: problemText(f.Words, p)}
		name := p.Field
		if name == "" {
			name = p.Question
		}
		if q := find(f.Survey, p.Question); q != nil && p.Code == answer.Failed { // of the question as a whole
			line.Href, line.Label = "#q-"+name, f.texts.Plain(q.Label.In(f.Lang))
			name = q.ID
		} else if field, ok := f.Survey.Field(name); ok {
			line.Href, line.Label = "#q-"+name, f.texts.Plain(f.fieldName(field))
		} else if q := find(f.Survey, name); q != nil {
			line.Href, line.Label = "#q-"+name, f.texts.Plain(q.Label.In(f.Lang))
		}
		f.Summary = append(f.Summary, line)
		if _, more := f.problems[name]; !more {
			f.problems[name] = line.Message
		}
	}
}

// fieldName returns the name of a field where it is not shown with its question.
func (f *form) fieldName(field survey.Field) string {
	switch field.Part {
	case survey.ImportancePart, survey.SatisfactionPart:
		return field.Label().In(f.Lang) + f.Say("errors.colon") + f.Say(string(field.Part))
	case survey.OtherPart:
		return field.Question.Label.In(f.Lang)
	}
	if field.Option != nil {
		return OptionLabel(f.Words, field.Option, f.Lang)
	}
	return field.Label().In(f.Lang)
}

// addQuestions renders the questions, and writes the rules for the script.
func (r *Renderer) addQuestions(f *form, p SurveyPage) error {
	b := r.builder(f, p)
	for i := range f.Survey.Sections {
		from := &f.Survey.Sections[i]
		if b.conditions.never(from.ShowIf) {
			continue
		}
		to := section{When: b.conditions.sentence("when.section", from.ShowIf), Title: b.html(from.Title), Intro: f.texts.Markdown(from.Intro.In(f.Lang))}
		if f.Survey.Cards && to.Title != "" {
			to.ID = "s-" + strconv.Itoa(i+1)
		}
		b.isSealed = false
		if b.isPrivate = !f.Survey.Cards && isPrivate(from); b.isPrivate {
			to.Hint = f.Say("hint.private")
			if b.isSealed = isSealed(f.Survey, from); b.isSealed {
				to.Hint += " · " + f.Say("hint.sealed")
			}
		}
		for j := range from.Questions {
			if q := &from.Questions[j]; !b.conditions.never(q.ShowIf) {
				to.Questions = append(to.Questions, b.render(b.question(q)))
			}
		}
		if len(to.Questions) > 0 {
			f.Sections = append(f.Sections, to)
		}
	}
	f.Rules = template.JS(scriptRules(f.Survey, f.Words, f.Lang))
	return b.err
}

// isPrivate reports whether a section has several questions, and all are private: what that means is said once.
func isPrivate(s *survey.Section) bool {
	private := 0
	for i := range s.Questions {
		switch q := &s.Questions[i]; {
		case q.Type == survey.Note, q.Type == survey.Hidden:
		case q.Private:
			private++
		default:
			return false
		}
	}
	return private > 1
}
