package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

type inviteMakeCommand struct {
	inviteFlags
	ID      string `arg:"" name:"SURVEY" help:"The survey to invite to."`
	File    string `arg:"" name:"FILE" help:"The list: CSV or an Excel workbook (.xlsx)."`
	Batch   string `placeholder:"NAME" help:"A name for those who are invited now, such as spring. Default: today's date."`
	From    string `placeholder:"DATE" help:"The first day on which the links can be used. Default: at once, as soon as the survey is open."`
	Until   string `placeholder:"DATE" help:"The last such day. Default: as long as the survey is open."`
	Period  string `placeholder:"PERIOD" help:"The period that the answers count in, such as 2026-Q4: by default the one in which the links can be used first; any: the one in which each is given."`
	Channel string `placeholder:"NAME" help:"The channel of those for whom the list says none, such as email."`
	Again   bool   `help:"Also those whose invitation was withdrawn before they used it: they get a new one."`
}

func (inviteMakeCommand) Help() string {
	return `Makes an invitation, with a secret for a link, for each person of a list who has none yet. Read the same list again, or a
longer one, as often as you like: nobody gets two. Who is in the list of those who want no more mail gets none. If the
command is interrupted, run it again: it goes on.

The owner's file SURVEY.invitations, which only you can read, has names, addresses and secrets: keep a copy of it, as links
cannot be made again from anything else. The store of the answers gets a hash of each secret, the segments, and the dates.

If anything in the list must be changed, all of that is printed, and nothing is written; see 'glasspoll invite list'.

Examples:

  glasspoll invite make service customers.xlsx --batch spring --until 2026-12-31
  glasspoll invite make service customers.csv --channel email
  glasspoll invite make service customers.xlsx --table polls-Table-1A2B --list invitations`
}

func (m inviteMakeCommand) Run(ctx context.Context, c *console.Console) error {
	s, err := m.find(c, m.ID)
	if err != nil {
		return err
	}
	batch, err := m.batch(s, s.DateAt(time.Now()))
	if err != nil {
		return err
	}
	list, err := readContacts(s, m.File)
	if err != nil {
		return err
	}
	if len(list.Faults) > 0 {
		printFaults(c, c.Err, m.File, list)
		c.Print(c.Err, "Nobody is invited yet: change this in the list, and run the command again.")
		return console.ErrProblems
	}
	for at := range list.Contacts {
		list.Contacts[at].Channel = cmp.Or(list.Contacts[at].Channel, m.Channel)
	}
	work, err := m.makeInvitees(ctx, c, s)
	if err != nil {
		return err
	}
	defer work.Close()
	return m.invite(ctx, c, work, list.Contacts, batch)
}

// batch returns what the flags say about the invitations.
func (m inviteMakeCommand) batch(s *survey.Survey, today survey.Date) (invitees.Batch, error) {
	b := invitees.Batch{Name: cmp.Or(m.Batch, string(today)), Period: m.Period, From: survey.Date(m.From), Until: survey.Date(m.Until)}
	if err := checkNotClosed(s, today); err != nil {
		return b, err
	}
	switch {
	case m.Period == anyPeriod && s.Anonymity == survey.Anonymous:
		return b, console.Usagef("--period %s: an anonymous survey has keys for one period: name it, such as %s", m.Period, s.PeriodAt(time.Now()))
	case m.Period == anyPeriod:
		b.Period = ""
	case m.Period == "" && s.Period != survey.NoPeriod:
		b.Period = m.firstPeriod(s)
	}
	switch {
	case !isLabel(b.Name):
		return b, console.Usagef("--batch %s: one line of at most %d characters", message.Quoted(b.Name), maxLabel)
	case !isDate(m.From):
		return b, console.Usagef("--from %s: write a day such as 2026-12-31", m.From)
	case !isDate(m.Until):
		return b, console.Usagef("--until %s: write a day such as 2026-12-31", m.Until)
	case b.Until != "" && b.Until < max(today, b.From, s.Window.From):
		return b, console.Usagef("--until %s: that is before the first day on which the links could be used, %s", m.Until, max(today, b.From, s.Window.From))
	case s.Window.Until != "" && max(b.From, b.Until) > s.Window.Until:
		return b, console.Usagef("%s: that is after %s, when the survey closes", max(b.From, b.Until), s.Window.Until)
	case m.Period != "" && m.Period != anyPeriod && !isPeriod(s, m.Period):
		return b, console.Usagef("--period %s: write one such as %s", m.Period, s.PeriodAt(time.Now()))
	}
	return b, checkChannel(s, m.Channel)
}

// checkNotClosed returns an error for a survey that has closed before a day.
func checkNotClosed(s *survey.Survey, day survey.Date) error {
	if s.Window.Until != "" && day > s.Window.Until {
		return message.Errorf("%s closed on %s, and takes no answers any more: write a later 'until' into its questionnaire, and publish it", s.ID, s.Window.Until)
	}
	return nil
}

// anyPeriod says that answers count in the period in which they are given.
const anyPeriod = "any"

// firstPeriod returns the period in which the links can be used first: that of today, or of --from.
func (m inviteMakeCommand) firstPeriod(s *survey.Survey) string {
	first := time.Now()
	for _, day := range []survey.Date{survey.Date(m.From), s.Window.From} {
		if from, err := time.ParseInLocation(time.DateOnly, string(day), s.Location()); err == nil && from.After(first) {
			first = from
		}
	}
	return s.PeriodAt(first)
}

// checkChannel returns an error for a channel that a survey has not.
func checkChannel(s *survey.Survey, channel string) error {
	switch {
	case channel == "" || slices.Contains(s.Channels, channel):
		return nil
	case len(s.Channels) == 0:
		return console.Usagef("--channel %s: the survey declares no channels", channel)
	}
	return console.Usagef("--channel %s: the survey has %s", channel, message.Words(s.Channels...))
}

// maxLabel bounds the name of a batch, in characters.
const maxLabel = 60

func isLabel(text string) bool {
	return strings.TrimSpace(text) == text && len([]rune(text)) <= maxLabel && !strings.ContainsFunc(text, unicode.IsControl)
}

func isDate(text string) bool {
	day, err := time.Parse(time.DateOnly, text)
	return text == "" || err == nil && day.Format(time.DateOnly) == text
}

// isPeriod reports whether a survey can have a period of a name.
func isPeriod(s *survey.Survey, name string) bool {
	year, err := strconv.Atoi(name[:min(4, len(name))])
	if err != nil {
		return name == s.PeriodAt(time.Now()) // of a survey without periods
	}
	for month := time.January; month <= time.December; month++ {
		if s.PeriodAt(time.Date(year, month, 15, 12, 0, 0, 0, s.Location())) == name {
			return true
		}
	}
	return false
}

// invite makes invitations for the new ones among contacts, and puts them into the store with those of earlier runs that were
// interrupted.
func (m inviteMakeCommand) invite(ctx context.Context, c *console.Console, work *inviting, list []contacts.Contact, b invitees.Batch) error {
	if err := work.sameBatch(b); err != nil {
		return err
	}
	if m.Again {
		if err := work.free(ctx, list); err != nil {
			return err
		}
	}
	if b.Period == "" && work.survey.Period != survey.NoPeriod {
		c.Print(c.Err, "Note: these invitations count in the period in which they are made, and answers in the one in which they are given. Response rates by period may be wrong, even over 100 %%.")
	}
	d, corrected, err := m.write(ctx, c, work, list, b)
	if err != nil {
		return err
	}
	counting := &mailRun{Console: c, survey: work.survey}
	for _, i := range corrected {
		counting.count(ctx, work.store, invitation.Reached, i)
	}
	to, err := m.group(ctx, c, work)
	if err != nil {
		return err
	}
	stored, err := invite.Store(ctx, work, m.ID, to, func(done, all int) { c.Print(c.Err, "stored: %d of %d", done, all) })
	if err != nil {
		c.Print(c.Err, "The new ones are in %s, and not all are in the store yet. Run the command again: it goes on.", m.name(m.ID))
		return err
	}
	c.Print(c.Out, "%s: %s new; invited before: %d; no mail wanted: %d", b.Name, message.Count(len(d.New), "invitation"), len(d.Before), len(d.OptedOut))
	if len(d.New) > 0 && b.Period != "" && work.survey.Period != survey.NoPeriod {
		c.Print(c.Err, "They and their answers count in %s, also if somebody answers later.", b.Period)
	}
	if len(corrected) > 0 {
		c.Print(c.Out, "other addresses of people whose e-mail had come back: %d; they can be written to again", len(corrected))
	}
	if rest := stored - len(d.New); rest > 0 {
		c.Print(c.Out, "%s of an earlier run that was interrupted: stored now", message.Count(rest, "invitation"))
	}
	c.Print(c.Err, "Names, addresses and the secrets of the links are in %s. Keep a copy of it, and show it to nobody.", m.name(m.ID))
	return nil
}

// write makes invitations in the owner's file, after who has said meanwhile that no more mail is wanted.
func (m inviteMakeCommand) write(ctx context.Context, c *console.Console, work *inviting, list []contacts.Contact, b invitees.Batch) (d invitees.Division, corrected []*invitees.Invitee, err error) {
	if err := m.noteStops(ctx, c, work); err != nil {
		return d, nil, err
	}
	out, err := m.openOptOuts(c)
	if err != nil {
		return d, nil, err
	}
	defer out.Close()
	d, err = work.Invitees.Invite(list, b, out, string(work.today))
	if err == nil {
		corrected, err = work.Correct(d.Before, time.Now().Format(time.RFC3339))
	}
	return d, corrected, err
}

// sameBatch returns an error if a batch of the same name has other dates or another period.
func (i *inviting) sameBatch(b invitees.Batch) error {
	for one := range i.All() {
		if one.Batch.Name == b.Name && one.Batch != b && !one.Withdrawn {
			return console.Usagef("--batch %s: there is one of this name with another period or other dates: give this one another name, or the same ones", b.Name)
		}
	}
	return nil
}

// free lets those of a list be invited anew whose invitation was withdrawn before they used it.
func (i *inviting) free(ctx context.Context, list []contacts.Contact) error {
	states, err := invite.States(ctx, i.store, i.survey.ID)
	if err != nil {
		return err
	}
	var events []invitees.Event
	for _, c := range list {
		if was, known := i.Find(c); known && was.Withdrawn && !was.Stopped && !states[was.Secret.Hash()].Redeemed {
			events = append(events, was.FreedEvent())
		}
	}
	return i.Write(events...)
}
