package main

import (
	"context"
	"slices"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
)

type inviteWithdrawCommand struct {
	inviteFlags
	ID      string `arg:"" name:"SURVEY" help:"The survey."`
	Batch   string `xor:"who" placeholder:"NAME" help:"All of this batch."`
	Contact string `xor:"who" placeholder:"ADDRESS" help:"Or the one with this e-mail address or telephone number."`
	All     bool   `xor:"who" help:"Or all."`
	Yes     bool   `help:"Withdraw. Without it, what would be withdrawn is only counted."`
}

func (inviteWithdrawCommand) Help() string {
	return `Takes invitations back that have not been used: their links say so from then on, for good. Answers that were given by others are
not touched. Whoever's invitation was withdrawn is not invited again by the same list, unless 'glasspoll invite make' is told
--again.

Exits with 1 if --yes is missing.

Examples:

  glasspoll invite withdraw service --contact li@example.com --yes
  glasspoll invite withdraw service --batch spring`
}

func (w inviteWithdrawCommand) Run(ctx context.Context, c *console.Console) error {
	if w.Batch == "" && w.Contact == "" && !w.All {
		return console.Usagef("say whose: --batch NAME, --contact ADDRESS or --all")
	}
	work, err := w.openInvitees(ctx, c, w.ID)
	if err != nil {
		return err
	}
	defer work.Close()
	invitations, err := invite.States(ctx, work.store, w.ID)
	if err != nil {
		return err
	}
	states, err := w.choose(work, invite.StatesOf(work.Record, nil, invitations, work.today))
	if err != nil {
		return err
	}
	all, _ := invite.Count(work.survey, states)
	var chosen []*invitees.Invitee
	for _, state := range states {
		if !state.Withdrawn && !invitations[state.Secret.Hash()].Redeemed {
			chosen = append(chosen, state.Invitee)
		}
	}
	c.Print(c.Out, "%s: to be withdrawn: %d; used: %d; withdrawn before: %d", w.ID, len(chosen), all.Used, len(states)-len(chosen)-all.Used)
	switch {
	case len(chosen) == 0:
		return nil
	case !w.Yes:
		c.Print(c.Err, "Nothing is withdrawn yet. To take them back for good, run the command again with --yes.")
		return console.ErrProblems
	}
	if err := invite.Withdraw(ctx, work, chosen, work.store); err != nil {
		return err
	}
	c.Print(c.Out, "withdrawn: %s", message.Count(len(chosen), "invitation"))
	return nil
}

// choose returns those that the flags choose.
func (w inviteWithdrawCommand) choose(work *inviting, states []invite.State) ([]invite.State, error) {
	if w.Contact == "" {
		return choiceFlags{Batch: w.Batch}.choose(work.survey, states)
	}
	contact, err := parseAddress(w.Contact)
	if err != nil {
		return nil, console.Usagef("--contact %w", err)
	}
	who, known := work.Find(contact)
	if !known {
		return nil, message.Errorf("nobody with the address %s has been invited to %s", w.Contact, w.ID)
	}
	return slices.DeleteFunc(states, func(s invite.State) bool { return s.Invitee != who }), nil
}

// parseAddress reads an e-mail address or telephone number.
func parseAddress(text string) (contacts.Contact, error) {
	c, ok := contacts.ParseAddress(strings.TrimSpace(text))
	if !ok {
		return c, message.Errorf("%s is neither an e-mail address, such as li@example.com, nor a telephone number, such as +86 138 0013 8000", message.Quoted(text))
	}
	return c, nil
}
