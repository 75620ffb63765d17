package invite

import (
	"strings"
	"unicode"

	"glasspoll/internal/contacts"
	model "glasspoll/internal/invitation"
	"glasspoll/internal/invitees"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// A Letter holds the sentences of a message to one invitee, in the invitee's language. Each is one line; those that have nothing to
// say are empty.
type Letter struct {
	Lang, Dir string

	Subject string
	Sample  string // says that this is a trial
	Hello   string
	Lead    string // what is asked, how long it takes, until when
	Open    string // before the link
	Button  string // names the link
	Copy    string // says what to do if the button does not work
	Link    string
	Once    string   // the link is for one person
	Promise []string // what becomes of the answers
	Contact string
	Thanks  string
	From    string // who asks
	Leave   string // before the way out
	Stop    string // names the way out
	StopURL string // where to say that no more mail is wanted

	// For templates with sentences of their own.
	Title, Name, Until string
	Minutes            int
	Reminder           bool
}

// stop is the end of the address at which an invitee says that no more mail is wanted.
const stop = "/stop"

// Letter returns the sentences for an invitee. again says that it is a reminder.
func (p *Personal) Letter(i *invitees.Invitee, again bool) Letter {
	return p.letter(i.Contact, i.Batch, p.Link(i), again)
}

// Sample returns the sentences of a trial in a language. Its links have no secret of anybody.
func (p *Personal) Sample(language string, again bool) Letter {
	l := p.letter(contacts.Contact{Language: language}, invitees.Batch{}, p.base+folder+model.Secret{}.Word(), again)
	words := p.letters.In(l.Lang)
	l.Hello = words.Say("hello", "name", words.Say("somebody"))
	l.Name = words.Say("somebody")
	l.Subject = words.Say("trial_subject", "subject", l.Subject)
	l.Sample = words.Say("trial")
	return l
}

// Languages returns those in which letters may be.
func (p *Personal) Languages() []string { return p.survey.Languages }

// LanguageOf returns the language in which a contact is addressed.
func (p *Personal) LanguageOf(c contacts.Contact) string { return p.languageOf(c) }

func (p *Personal) letter(c contacts.Contact, b invitees.Batch, link string, again bool) Letter {
	language := p.languageOf(c)
	v := p.writer.invite(within(p.survey, b), language)
	say, own := v.words.Say, p.letters.In(language).Say
	promises := append([]string{v.promise()}, v.privacy()...)
	if k := p.survey.K(); k > 1 && p.survey.Anonymity == survey.Identified { // the sentence about k must not seem to take back that there is a name
		promises[1] = own("grouped", "k", k)
	}
	l := Letter{
		Lang: language, Dir: wording.Dir(language),
		Subject: v.subject(), Hello: say("mail.hello"), Lead: v.sentences(say("mail.ask", "title", v.title()), v.minutes(), v.window()),
		Open: say("mail.link"), Button: own("button"), Copy: own("copy"), Link: link, Once: own("once"),
		Promise: nonEmpty(promises...), Contact: v.contact(), Thanks: say("mail.thanks"), From: v.from(),
		Leave: own("leave"), Stop: own("stop"), StopURL: link + stop,
		Title: v.title(), Name: c.Name, Until: v.pages.Date(string(v.survey.Window.Until)), Minutes: v.survey.Minutes, Reminder: again,
	}
	if c.Name != "" {
		l.Hello = own("hello", "name", c.Name)
	}
	if again {
		l.Subject = own("again_subject", "title", v.title())
		l.Lead = v.sentences(own("again", "title", v.title()), v.minutes(), v.window(), own("answered"))
	}
	return l.oneLine()
}

// oneLine makes each sentence one line, whatever titles and names have in them.
func (l Letter) oneLine() Letter {
	for _, text := range []*string{&l.Subject, &l.Hello, &l.Lead, &l.Open, &l.Button, &l.Copy, &l.Once, &l.Contact, &l.Thanks, &l.From, &l.Leave, &l.Stop, &l.Title, &l.Name, &l.Until} {
		*text = OneLine(*text)
	}
	for at := range l.Promise {
		l.Promise[at] = OneLine(l.Promise[at])
	}
	return l
}

// OneLine returns a text without line breaks and invisible signs, but for those that join letters of some scripts.
func OneLine(text string) string {
	text = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.In(c, unicode.Cc, unicode.Cf) && c != '\u200c' && c != '\u200d':
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

// promise says what is known of somebody who answers by an invitation.
func (v invitation) promise() string {
	if v.survey.Anonymity == survey.Undeclared {
		return ""
	}
	return render.Promise(v.pages, v.survey)
}

// within returns a survey with the window in which the invitations of a batch can be used.
func within(s *survey.Survey, b invitees.Batch) *survey.Survey {
	narrowed := *s
	narrowed.Window.From = max(narrowed.Window.From, b.From)
	if narrowed.Window.Until == "" || b.Until != "" && b.Until < narrowed.Window.Until {
		narrowed.Window.Until = b.Until
	}
	return &narrowed
}
