package main

import (
	"context"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
	"glasspoll/internal/project"
	"glasspoll/internal/survey"
)

// choiceFlags choose among the invitees of a survey.
type choiceFlags struct {
	Batch   string `placeholder:"NAME" help:"Only those of this batch."`
	Channel string `placeholder:"NAME" help:"Only those of this channel."`
}

// personalFlags are those of the commands that write a file with links of people.
type personalFlags struct {
	inviteFlags
	linkFlags
	choiceFlags
	ID string `arg:"" name:"SURVEY" help:"The survey."`
}

type inviteMergeCommand struct {
	personalFlags
	Out string `required:"" placeholder:"FILE" help:"The table to write: .csv or .xlsx."`
}

func (inviteMergeCommand) Help() string {
	return `Writes a table for the mail merge of Word or WPS, or for a mailing program: name, addresses, language, channel, segments, and
each person's own link. Only those whose link can still be used are in it, and nobody who wants no more mail. So the same
command, later, has whom to remind. Who is in a table is written down, with the day: 'glasspoll invite send' writes to them
only with --handed.

The file can be read by you alone: each link in it is one answer. Delete it when the messages are sent.

Examples:

  glasspoll invite merge service --out links.xlsx
  glasspoll invite merge service --batch spring --channel sms --out sms.csv`
}

func (m inviteMergeCommand) Run(ctx context.Context, c *console.Console) error {
	ending := strings.ToLower(filepath.Ext(m.Out))
	if ending != ".csv" && ending != ".xlsx" {
		return console.Usagef("--out %s: name a file that ends with .csv or .xlsx", m.Out)
	}
	return m.write(ctx, c, m.Out, invitees.ByTable, func(p *invite.Personal, w io.Writer, list iter.Seq[*invitees.Invitee]) error {
		if ending == ".csv" {
			return p.WriteCSV(w, list)
		}
		return p.WriteXLSX(w, list)
	})
}

type inviteCardsCommand struct {
	personalFlags
	Out string `required:"" placeholder:"FILE" help:"The page to write: .html."`
}

func (inviteCardsCommand) Help() string {
	return `Writes a page of cards to be printed on A4 from the browser and cut: eight on a sheet, each with a QR code, and the address and
letters to be typed. A card is in its person's language. Only those whose link can still be used have one, and nobody who
wants no more mail. Who has a card is written down, with the day: 'glasspoll invite send' writes to them only with --handed.

The file can be read by you alone: each card is one answer. Delete it when the cards are printed.

Examples:

  glasspoll invite cards service --out cards.html
  glasspoll invite cards service --channel onsite --out cards.html`
}

func (k inviteCardsCommand) Run(ctx context.Context, c *console.Console) error {
	if strings.ToLower(filepath.Ext(k.Out)) != ".html" {
		return console.Usagef("--out %s: name a file that ends with .html", k.Out)
	}
	return k.write(ctx, c, k.Out, invitees.ByCard, (*invite.Personal).WriteCards)
}

// write writes a file for those of a survey's invitees who are chosen and can still be invited, and notes that they have their links
// by it.
func (f personalFlags) write(ctx context.Context, c *console.Console, out, way string,
	content func(*invite.Personal, io.Writer, iter.Seq[*invitees.Invitee]) error) error {
	s, err := f.find(c, f.ID)
	if err != nil {
		return err
	}
	base, err := f.base(c, f.Surveys)
	if err != nil {
		return err
	}
	templates, err := project.Templates(f.Templates)
	if err != nil {
		return err
	}
	p, err := invite.NewPersonal(templates, s, base)
	if err != nil {
		return err
	}
	if err := f.wantInvitees(f.ID); err != nil {
		return err
	}
	work, err := f.makeInvitees(ctx, c, s)
	if err != nil {
		return err
	}
	defer work.Close()
	states, err := f.statesOf(ctx, work.store, work.Record, s)
	if err != nil {
		return err
	}
	states, err = f.choose(s, states)
	if err != nil {
		return err
	}
	var chosen []*invitees.Invitee
	var events []invitees.Event
	for _, state := range states {
		if state.CanBeInvited() {
			chosen = append(chosen, state.Invitee)
			if e, news := state.HandedEvent(way, work.today); news {
				events = append(events, e)
			}
		}
	}
	if len(chosen) > 0 {
		warn(c, out)
		var files control.Files
		defer files.Discard()
		file, err := files.Create(out, true)
		if err == nil {
			err = content(p, file, slices.Values(chosen))
		}
		if err == nil { // before the file appears: whoever has it is not written to by e-mail as well
			err = work.Write(events...)
		}
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return err
		}
		c.Print(c.Out, "%s: %s", out, message.Count(len(chosen), "invitation"))
	}
	printLeftOut(c, s, states)
	if len(chosen) == 0 {
		return message.Errorf("nobody is left to be invited: %s is not written", out)
	}
	return nil
}

// states reads the owner's record and the store of the answers.
func (f inviteFlags) states(ctx context.Context, c *console.Console, s *survey.Survey) ([]invite.State, error) {
	if err := f.wantInvitees(s.ID); err != nil {
		return nil, err
	}
	store := storedInvitations{f.storeFlags, c}
	if err := store.knows(ctx, s); err != nil {
		return nil, err
	}
	record, err := ownerfile.ReadInvitees(f.name(s.ID), s.ID)
	if err != nil {
		return nil, err
	}
	return f.statesOf(ctx, store, record, s)
}

// statesOf reads the store of the answers and the list of those who want no more mail.
func (f inviteFlags) statesOf(ctx context.Context, store storedInvitations, record *invitees.Record, s *survey.Survey) ([]invite.State, error) {
	invitations, err := invite.States(ctx, store, s.ID)
	if err != nil {
		return nil, err
	}
	out, err := ownerfile.ReadOptOuts(f.optOuts())
	if err != nil {
		return nil, err
	}
	return invite.StatesOf(record, out, invitations, s.DateAt(time.Now())), nil
}

// choose returns those that the flags choose.
func (f choiceFlags) choose(s *survey.Survey, states []invite.State) ([]invite.State, error) {
	if err := checkChannel(s, f.Channel); err != nil {
		return nil, err
	}
	all := func(yield func(*invitees.Invitee) bool) {
		for _, state := range states {
			if !yield(state.Invitee) {
				return
			}
		}
	}
	if err := checkBatch(all, f.Batch); err != nil {
		return nil, err
	}
	var chosen []invite.State
	for _, state := range states {
		if (f.Batch == "" || f.Batch == state.Batch.Name) && (f.Channel == "" || f.Channel == state.Contact.Channel) {
			chosen = append(chosen, state)
		}
	}
	return chosen, nil
}

// printLeftOut says how many are left out, and why.
func printLeftOut(c *console.Console, s *survey.Survey, states []invite.State) {
	all, _ := invite.Count(s, states)
	unstored := 0
	for _, state := range states {
		if !state.Stored && !state.Withdrawn {
			unstored++
		}
	}
	var why []message.Text
	for _, reason := range []struct {
		text message.Key
		n    int
	}{{"used: %d", all.Used}, {"withdrawn: %d", all.Withdrawn}, {"expired: %d", all.Expired}, {"no mail wanted: %d", all.OptedOut}, {"not in the store yet: %d", unstored}} {
		if reason.n > 0 {
			why = append(why, reason.text.Text(reason.n))
		}
	}
	if len(why) > 0 {
		c.Print(c.Err, "Left out: %s", message.Facts(why...))
	}
	if unstored > 0 {
		c.Print(c.Err, "Run 'glasspoll invite make %s' again: it puts those into the store that are not there yet.", s.ID)
	}
}
