package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/bounce"
	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/mailing"
	"glasspoll/internal/message"
)

type inviteBouncesCommand struct {
	inviteFlags
	DryRun bool     `help:"Say what would be written down; write nothing."`
	Undo   string   `placeholder:"ADDRESS" help:"The person with this address, from whom e-mail has come back, can be written to again."`
	To     string   `placeholder:"ADDRESS" help:"With --undo: at this address from now on."`
	ID     string   `arg:"" name:"SURVEY" help:"The survey."`
	Files  []string `arg:"" optional:"" name:"FILE" help:"Messages (.eml), mailboxes (mbox), or lists in CSV with a column of addresses."`
}

func (inviteBouncesCommand) Help() string {
	return `Reads what has come back: delivery reports as mail servers send them (RFC 3464), one a file or a mailbox of them, and lists
of addresses as mailing services export them. Whoever could not be reached is written down, and gets no reminders. Reports
of a delay are told and written down apart: those messages may still arrive.

A message is found by the mark in its header, or else by the address. Read the same files as often as you like.

Somebody whose address was wrong, or could not be reached for a time, is written to again after --undo, by the next 'invite
send' or 'invite remind'; so is whoever a later list names with another address, by 'invite make'. Reports of before are not
counted again. Lists have no dates: take the address out of them.

Examples:

  glasspoll invite bounces service bounces.mbox
  glasspoll invite bounces service suppressed.csv report.eml --dry-run
  glasspoll invite bounces service --undo li@exmaple.com --to li@example.com`
}

func (k inviteBouncesCommand) Run(ctx context.Context, c *console.Console) error {
	switch {
	case k.Undo != "" && (len(k.Files) > 0 || k.DryRun):
		return console.Usagef("--undo goes without files and --dry-run")
	case k.Undo != "":
		return k.undo(ctx, c)
	case k.To != "":
		return console.Usagef("--to goes with --undo")
	case len(k.Files) == 0:
		return console.Usagef("name the files to read: messages, mailboxes or lists")
	}
	var reports []bounce.Report
	others := 0
	for _, name := range k.Files {
		read, err := readBounces(name)
		if err != nil {
			return message.Errorf("%s: %w", name, err)
		}
		for _, report := range read.Reports {
			if len(k.Files) > 1 {
				report.Place = message.New("%s, %s", name, report.Place)
			}
			reports = append(reports, report)
		}
		others += read.Others
	}
	work, err := k.openInvitees(ctx, c, k.ID)
	if err != nil {
		return err
	}
	defer work.Close()
	found, unmatched := mailing.Match(work.Record, reports)
	stored, err := k.openStore(ctx, c)
	if err != nil {
		return err
	}
	m := &mailRun{Console: c, survey: work.survey}
	written, delayed := 0, 0
	for _, r := range found {
		delay, news := r.Delay(time.Now().Format(time.RFC3339))
		switch {
		case r.News():
			written++
			c.Print(c.Out, "%d, %s: has come back: %s", r.Invitee.Number, r.Invitee.Contact.Email, r.Note)
			if k.DryRun {
				continue
			}
			if err := work.Write(r.Event(time.Now().Format(time.RFC3339))); err != nil {
				return err
			}
			m.count(ctx, stored, invitation.Bounced, r.Invitee)
		case news:
			delayed++
			c.Print(c.Out, "%d, %s: is delayed: %s", r.Invitee.Number, r.Invitee.Contact.Email, r.Note)
			if k.DryRun {
				continue
			}
			if err := work.Write(delay); err != nil {
				return err
			}
		}
	}
	for _, r := range unmatched[:min(len(unmatched), maxNamed)] {
		c.Print(c.Err, "%s: %s has been sent nothing by this survey", r.Place, strings.Join(slices.Compact(r.To), ", "))
	}
	c.Print(c.Out, "come back: %d; known before: %d; delayed: %d; about others: %d; no reports: %d", written, len(found)-written-delayed, delayed, len(unmatched), others)
	if k.DryRun {
		c.Print(c.Err, "Nothing was written down.")
	}
	return nil
}

// undo lets somebody from whom e-mail has come back be written to again, at another address if one is given.
func (k inviteBouncesCommand) undo(ctx context.Context, c *console.Console) error {
	was, err := parseEmail("--undo", k.Undo)
	if err != nil {
		return err
	}
	to := contacts.Contact{}
	if k.To != "" {
		if to, err = parseEmail("--to", k.To); err != nil {
			return err
		}
	}
	work, err := k.openInvitees(ctx, c, k.ID)
	if err != nil {
		return err
	}
	defer work.Close()
	who, known := work.Find(was)
	if !known {
		return message.Errorf("nobody with the address %s has been invited to %s", k.Undo, k.ID)
	}
	if !who.HasBounced() {
		return message.Errorf("no e-mail to %s has come back", k.Undo)
	}
	if other, known := work.Find(to); known && other != who {
		return message.Errorf("--to %s: that is the address of somebody else, invitee %d", k.To, other.Number)
	}
	if err := work.Write(who.ReachedEvent(to.Email, time.Now().Format(time.RFC3339))); err != nil {
		return err
	}
	m := &mailRun{Console: c, survey: work.survey}
	m.count(ctx, work.store, invitation.Reached, who)
	c.Print(c.Out, "%d, %s: can be written to again", who.Number, who.Contact.Email)
	return nil
}

// parseEmail reads the e-mail address of a flag.
func parseEmail(flag, text string) (contacts.Contact, error) {
	c, err := parseAddress(text)
	if err == nil && c.Email == "" {
		err = message.Errorf("%s is no e-mail address: write one such as li@example.com", message.Quoted(text))
	}
	if err != nil {
		return c, console.Usagef("%s: %w", message.Plain(flag), err)
	}
	return c, nil
}

func readBounces(name string) (bounce.Result, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return bounce.Result{}, err
	}
	return bounce.Read(content)
}
