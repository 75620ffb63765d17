package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
	"glasspoll/internal/server"
)

type serveCommand struct {
	Addr              string        `placeholder:"HOST:PORT" default:"127.0.0.1:8080" help:"Where to listen; ':8080' is port 8080 of every network. Default: ${default}."`
	Surveys           string        `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Data              string        `placeholder:"DIR" default:"data" help:"Where answers and results are kept. Default: ${default}."`
	Templates         string        `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	NoReload          bool          `help:"Do not watch the files, and let browsers keep pages for a minute: for real use."`
	Webhook           string        `placeholder:"URL" help:"Address to notify of each case that an alert opens (Standard Webhooks, signed)."`
	WebhookSecretFile string        `placeholder:"FILE" help:"File with the secret that messages to the webhook are signed with. Default: the environment variable GLASSPOLL_WEBHOOK_SECRET."`
	Backup            string        `placeholder:"DIR" help:"Where to keep copies of all answers, taken while it runs: a directory for them alone, best on another disk. Default: none are taken."`
	BackupEvery       time.Duration `placeholder:"TIME" default:"24h" help:"How often. Default: ${default}."`
	BackupKeep        int           `placeholder:"N" default:"7" help:"How many copies to keep. Default: ${default}."`
	AddressHeader     string        `placeholder:"NAME" help:"Header with the visitor's address, as set by the proxy in front. Default: none, the connection's own."`
}

func (serveCommand) Help() string {
	return `Serves everything from this one process: the pages, the API that takes the answers, and the results. Answers are on
the disk, in DATA/glasspoll.db, before anyone is thanked for them. Results appear by themselves as soon as enough
respondents have answered (results.min_group).

While it runs, a change to a questionnaire or template shows at once in every open page; a mistake is printed and
shown, and the last good page stays. Pages have buttons that fill forms in, and _preview/ID/ shows a survey in all its
languages at the widths of a telephone and a computer. None of this is there with --no-reload.

Interrupt it (Ctrl+C) to stop: nothing is lost.

Examples:

  glasspoll serve
  glasspoll serve --templates templates           # when working on the templates
  glasspoll serve --addr :80 --data /var/lib/glasspoll --no-reload
  glasspoll serve --no-reload --address-header X-Real-IP      # behind nginx
  glasspoll serve --no-reload --backup /mnt/backup --backup-every 6h`
}

func (s serveCommand) Run(ctx context.Context, c *console.Console) error {
	site, err := s.open(ctx, c)
	if err != nil {
		return err
	}
	defer site.Close()
	return site.Run(ctx)
}

// open makes a server, and prints the addresses to open.
func (s serveCommand) open(ctx context.Context, c *console.Console) (*server.Server, error) {
	options, err := s.options(c, os.Getenv)
	if err != nil {
		return nil, err
	}
	site, err := server.New(ctx, options)
	if err != nil {
		return nil, err
	}
	s.greet(c.Out, site)
	return site, nil
}

// options are what the flags say.
func (s serveCommand) options(c *console.Console, getenv func(string) string) (server.Options, error) {
	logger := slog.New(slog.NewTextHandler(c.Err, nil))
	o := server.Options{
		Addr: s.Addr, Surveys: s.Surveys, Templates: s.Templates, Data: s.Data, Preview: !s.NoReload, AddressHeader: s.AddressHeader,
		Backups: server.Backups{Dir: s.Backup, Every: s.BackupEvery, Keep: s.BackupKeep},
		Log:     logger, Problems: c.Err,
		Verbs: func(store *local.Store, changed func(survey string)) control.Table {
			return verbTable(environment{store: store, log: logger, changed: changed})
		},
	}
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return o, console.Usagef("--addr %s: write HOST:PORT, such as 127.0.0.1:8080", s.Addr)
	}
	if err := project.Check(s.Surveys); err != nil {
		return o, err
	}
	var err error
	if o.Sender, err = s.sender(getenv); err != nil {
		return o, err
	}
	return o, s.checkBackups()
}

const leastBetween = time.Minute // two copies in one minute would serve nobody

// checkBackups finds what would keep copies from being taken, while somebody is looking.
func (s serveCommand) checkBackups() error {
	switch {
	case s.Backup == "":
		return nil
	case s.BackupEvery < leastBetween:
		return console.Usagef("--backup-every %s: write %s or more, such as 24h", s.BackupEvery, leastBetween)
	case s.BackupKeep < 1:
		return console.Usagef("--backup-keep %d: write 1 or more", s.BackupKeep)
	}
	err := os.MkdirAll(s.Backup, 0o700)
	if err == nil {
		var trial *os.File
		if trial, err = os.CreateTemp(s.Backup, ".glasspoll-trial-*"); err == nil {
			err = errors.Join(trial.Close(), os.Remove(trial.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("--backup: the directory cannot be used: %w", err)
	}
	return nil
}

// greet prints the addresses to open.
func (s serveCommand) greet(out io.Writer, site *server.Server) {
	surveys := site.Surveys()
	fmt.Fprintf(out, "Serving %s from %s; answers are kept in %s.\n\n", console.Count(len(surveys), "survey"), s.Surveys, s.Data)
	fmt.Fprintf(out, "  %s\n", site.URL())
	for _, one := range surveys {
		fmt.Fprintf(out, "  %s%s/  %s\n", site.URL(), one.ID, one.Title.In(one.DefaultLanguage()))
	}
	if !s.NoReload && len(surveys) > 0 {
		fmt.Fprintf(out, "\nA survey in every language, at both widths: %s\n", site.PreviewURL(surveys[0].ID))
	}
	fmt.Fprintln(out, "\nPress Ctrl+C to stop.")
}
