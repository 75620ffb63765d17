package main

import (
	"context"

	"glasspoll/internal/console"
	"glasspoll/internal/invitees"
	"glasspoll/internal/mailing"
)

type inviteSendCommand struct {
	mailFlags
	Handed bool `help:"Also to those who have their link from 'invite merge' or 'invite cards'."`
}

func (inviteSendCommand) Help() string {
	return `Sends the invitations by e-mail, each to its person in their language: who asks, what about, until when, how long it takes,
what is known of who answers, the personal link, and a way to get no more e-mail. Each is sent once, however often you run
the command. Stop it with Ctrl+C, and go on with the same command.

Try it out first: --preview writes samples to look at, --to-me sends them to you, --dry-run says who would get one.

The mail server is named with --smtp or in GLASSPOLL_SMTP; the password is never part of a command line. It must offer
TLS, unless it is this machine. Whether it signs messages (DKIM) is up to it. Amazon SES:

  export GLASSPOLL_SMTP=smtp://AKIA…@email-smtp.eu-central-1.amazonaws.com GLASSPOLL_SMTP_PASSWORD=…

A message that the server refuses for now is tried again, after 1, 5 and 15 minutes. An address that it refuses for good is
written down and gets no more; see also 'glasspoll invite bounces'. If the connection is lost just when a message was
handed over, nobody knows whether it was sent: it is named, and sent again with --again alone.

Texts are in the templates invite/LANGUAGE.yaml and share/LANGUAGE.yaml, and what they are put into in invite/mail.txt and
invite/mail.html: copies of them in a directory that --templates names are used in their place.

Examples:

  glasspoll invite send service --preview sample
  glasspoll invite send service --to-me anna@example.com
  glasspoll invite send service --dry-run
  glasspoll invite send service --rate 30/min --batch spring`
}

func (k inviteSendCommand) Run(ctx context.Context, c *console.Console) error {
	return k.send(ctx, c, mailing.Invitation, func(choice *mailing.Choice, r *invitees.Record) []mailing.Task {
		choice.Handed = k.Handed
		return choice.Invitations(r)
	})
}
