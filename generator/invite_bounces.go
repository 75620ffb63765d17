package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/bounce"
	"glasspoll/internal/console"
	"glasspoll/internal/mailing"
	"glasspoll/internal/message"
)

type inviteBouncesCommand struct {
	inviteFlags
	DryRun bool     `help:"Say what would be written down; write nothing."`
	ID     string   `arg:"" name:"SURVEY" help:"The survey."`
	Files  []string `arg:"" name:"FILE" help:"Messages (.eml), mailboxes (mbox), or lists in CSV with a column of addresses."`
}

func (inviteBouncesCommand) Help() string {
	return `Reads what has come back: delivery reports as mail servers send them (RFC 3464), one a file or a mailbox of them, and lists
of addresses as mailing services export them. Whoever could not be reached is written down, and gets no reminders. Reports
of a delay are told and not written down: those messages may still arrive.

A message is found by the mark in its header, or else by the address. Read the same files as often as you like.

Examples:

  glasspoll invite bounces service bounces.mbox
  glasspoll invite bounces service suppressed.csv report.eml --dry-run`
}

func (k inviteBouncesCommand) Run(ctx context.Context, c *console.Console) error {
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
	stored, err := mailFlags{inviteFlags: k.inviteFlags}.openStore(ctx, c)
	if err != nil {
		return err
	}
	m := &mailRun{Console: c, flags: mailFlags{inviteFlags: k.inviteFlags}, survey: work.survey}
	written, delayed := 0, 0
	for _, r := range found {
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
			m.count(ctx, stored, mailing.CountBounced, r.Invitee)
		case !r.Final:
			delayed++
			c.Print(c.Out, "%d, %s: is delayed: %s", r.Invitee.Number, r.Invitee.Contact.Email, r.Note)
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

func readBounces(name string) (bounce.Result, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return bounce.Result{}, err
	}
	return bounce.Read(content)
}
