package main

import (
	"context"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/invitees"
	"glasspoll/internal/mailing"
)

type inviteRemindCommand struct {
	mailFlags
	After  int `placeholder:"DAYS" default:"7" help:"How many days after the last message at the earliest. Default: ${default}."`
	AtMost int `placeholder:"N" default:"2" help:"How many reminders somebody gets at most. Default: ${default}."`
}

func (inviteRemindCommand) Help() string {
	return `Sends a reminder to those who have been sent the invitation and have not used it: not to those who want no more e-mail,
whose invitation was withdrawn or is over, or from whom e-mail has come back. All else is as in 'glasspoll invite send'.

Whether an invitation has been used is all that is asked of the store, and no more is learned about answers than that.

Examples:

  glasspoll invite remind service --dry-run
  glasspoll invite remind service --after 10 --at-most 1`
}

func (k inviteRemindCommand) Run(ctx context.Context, c *console.Console) error {
	if k.After < 1 || k.AtMost < 1 || k.AtMost > maxReminders {
		return console.Usagef("--after is 1 day or more, and --at-most 1 to %d", maxReminders)
	}
	how := mailing.Reminding{AtMost: k.AtMost, After: time.Duration(k.After) * 24 * time.Hour, Now: time.Now()}
	return k.send(ctx, c, mailing.Reminder, func(choice *mailing.Choice, r *invitees.Record) []mailing.Task {
		return choice.Reminders(r, how)
	})
}

// maxReminders bounds --at-most: more would be a nuisance.
const maxReminders = 5
