package main

import (
	"context"
	"os"
	"slices"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/notify"
)

type tryNewsCommand struct {
	NewsFile string `placeholder:"FILE" help:"File with the settings of news, as 'glasspoll serve' takes it. Default: the environment alone."`
	Receiver string `arg:"" name:"RECEIVER" help:"The receiver, such as dingtalk, or slack-desk for GLASSPOLL_NEWS_SLACK_DESK; or all."`
}

func (t tryNewsCommand) Run(ctx context.Context, c *console.Console) error {
	_, receivers, err := newsReceivers(t.NewsFile, os.Getenv, os.Environ())
	if err != nil {
		return err
	}
	var names []string
	var chosen []notify.Receiver
	for _, r := range receivers {
		names = append(names, r.Name)
		if t.Receiver == "all" || t.Receiver == r.Name {
			chosen = append(chosen, r)
		}
	}
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return console.Usagef("no receiver is set: 'glasspoll news --help' says how")
	case len(chosen) == 0:
		return console.Usagef("%s: there is no such receiver; there are %s", t.Receiver, message.Words(names...))
	}
	failed := false
	for _, r := range chosen {
		if err := r.Sender.Send(ctx, news.Test(time.Now(), r.Language)); err != nil {
			failed = true
			c.Print(c.Err, "%s: %s", message.Plain(r.Name), err)
			continue
		}
		c.Print(c.Out, "%s: it has taken the message", message.Plain(r.Name))
	}
	if failed {
		return console.ErrProblems
	}
	return nil
}
