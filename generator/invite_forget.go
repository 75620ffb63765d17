package main

import (
	"context"
	"errors"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
)

type inviteForgetCommand struct {
	inviteFlags
	ID        string `arg:"" name:"SURVEY" help:"The survey."`
	Contact   string `arg:"" name:"CONTACT" help:"The e-mail address or telephone number of whoever is to be forgotten."`
	MayReturn bool   `help:"Do not put the addresses on the list of those who want no more mail: a later list may invite the person again."`
	Yes       bool   `help:"Forget. Without it, what would be forgotten is only counted."`
}

func (inviteForgetCommand) Help() string {
	return `Takes somebody's name, addresses, segments, link and what was sent to them out of the owner's file, for good: the file is
written anew without them. An invitation that has not been used is withdrawn. An answer that was given stays; of an
identified survey its id is said, by which 'glasspoll results erase' erases it.

The addresses go, as keyed hashes, on the list of those who want no more mail about any survey, so that a list that is made
again does not bring the person back; 'glasspoll invite optout remove' takes them off, and --may-return leaves them out.

Copies of the file, tables, cards, and the lists you read are yours to delete.

Exits with 1 if --yes is missing.

Examples:

  glasspoll invite forget service li@example.com
  glasspoll invite forget service "+86 138 0013 8000" --yes`
}

func (f inviteForgetCommand) Run(ctx context.Context, c *console.Console) error {
	contact, err := parseAddress(f.Contact)
	if err != nil {
		return console.UsageError{Err: err}
	}
	work, err := f.openInvitees(ctx, c, f.ID)
	if err != nil {
		return err
	}
	defer work.Close()
	who := work.Same(contact)
	if len(who) == 0 {
		if err := f.tellOthers(c, contact); err != nil {
			return err
		}
		return message.Errorf("nobody with the address %s has been invited to %s", f.Contact, f.ID)
	}
	states, err := invite.States(ctx, work.store, f.ID)
	if err != nil {
		return err
	}
	var unused []*invitees.Invitee
	var addresses []contacts.Contact
	for _, i := range who {
		addresses = append(addresses, i.Addresses()...)
		state := states[i.Secret.Hash()]
		if !state.Redeemed && !i.Withdrawn {
			unused = append(unused, i)
		}
		if state.Answer != "" {
			c.Print(c.Err, "The answers %s stay. To erase them: glasspoll results erase %s", state.Answer, state.Answer)
		}
	}
	c.Print(c.Out, "%s: to be forgotten: %s; to be withdrawn: %d", f.ID, message.Count(len(who), "invitation"), len(unused))
	if !f.Yes {
		c.Print(c.Err, "Nobody is forgotten yet. To do it for good, run the command again with --yes.")
		return console.ErrProblems
	}
	if err := f.leaveOut(c, work, addresses); err != nil {
		return err
	}
	if err := invite.Withdraw(ctx, work, unused, work.store); err != nil {
		return err
	}
	if err := work.Forget(who...); err != nil {
		return err
	}
	c.Print(c.Out, "forgotten: %s", message.Count(len(who), "invitation"))
	c.Print(c.Err, "Copies of %s, tables, cards, and the lists you read may still have the person: they are yours to delete.", f.name(f.ID))
	return f.tellOthers(c, addresses...)
}

// leaveOut puts the addresses on the list of those who want no more mail.
func (f inviteForgetCommand) leaveOut(c *console.Console, work *inviting, addresses []contacts.Contact) error {
	if f.MayReturn {
		return nil
	}
	out, err := f.openOptOuts(c)
	if err != nil {
		return err
	}
	return errors.Join(out.AddAll(addresses, string(work.today)), out.Close())
}

// tellOthers says in which other surveys' files somebody is.
func (f inviteForgetCommand) tellOthers(c *console.Console, addresses ...contacts.Contact) error {
	return f.others(f.ID, func(id string, record *invitees.Record) error {
		for _, address := range addresses {
			if len(address.Keys()) > 0 && len(record.Same(address)) > 0 {
				c.Print(c.Err, "Note: the person has been invited to %s, too: run 'glasspoll invite forget %s' there.", id, id)
				return nil
			}
		}
		return nil
	})
}
