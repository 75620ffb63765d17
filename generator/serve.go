package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/server"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

type serveCommand struct {
	Addr              string        `placeholder:"HOST:PORT" default:"127.0.0.1:8080" help:"Where to listen; ':8080' is port 8080 of every network. Default: ${default}."`
	Surveys           string        `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Data              string        `placeholder:"DIR" default:"data" help:"Where answers and results are kept. Default: ${default}."`
	Templates         string        `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	Production        bool          `help:"For visitors: only approved questionnaires, no preview, and pages that browsers keep for a minute."`
	NoReload          bool          `help:"The same as --production: files are not watched."`
	Unapproved        bool          `help:"With --production: serve questionnaires that are not approved, too, for a test."`
	Webhook           string        `placeholder:"URL" help:"Address to notify of each case that an alert opens (Standard Webhooks, signed)."`
	WebhookSecretFile string        `placeholder:"FILE" help:"File with the secret that messages to the webhook are signed with. Default: the environment variable GLASSPOLL_WEBHOOK_SECRET."`
	NewsFile          string        `placeholder:"FILE" help:"File with the settings of news, as lines GLASSPOLL_NEWS_…=…: who is told of cases, results, surveys and digests, and how. They take the place of those in the environment. See 'glasspoll news'."`
	Backup            string        `placeholder:"DIR" help:"Where to keep copies of all answers, taken while it runs: a directory for them alone, best on another disk. Default: none are taken."`
	BackupEvery       time.Duration `placeholder:"TIME" default:"24h" help:"How often. Default: ${default}."`
	BackupKeep        int           `placeholder:"N" default:"7" help:"How many copies to keep. Default: ${default}."`
	KeepAnswers       string        `placeholder:"TIME" help:"With --production: delete answers by themselves so long after they have come, such as 90d, 18m (months) or 2y. Where a privacy notice says a shorter time ('privacy: keep'), that holds. Default: as the notices say, else for ever."`
	VerifyEvery       time.Duration `placeholder:"TIME" default:"24h" help:"How often everything is counted again in the background and compared; 0 switches it off. Default: ${default}."`
	AddressHeader     string        `placeholder:"NAME" help:"Header with the visitor's address, as set by the proxy in front. Default: none, the connection's own."`
	Limits            string        `enum:"on,off" default:"on" help:"off takes answers as fast as they come from one address, and holds none back for how they came: for a trial. Default: ${default}."`
}

func (serveCommand) Help() string {
	return `Serves everything from this one process: the pages, the API that takes the answers, and the results. Answers are on
the disk, in DATA/glasspoll.db, before they are confirmed. Results appear by themselves as soon as enough
respondents have answered (results.min_group).

While it runs, a change to a questionnaire or template shows at once in every open page; a mistake is printed and
shown, and the last good page stays. Pages have buttons that fill forms in, and _preview/ID/ shows a survey in all its
languages at the widths of a telephone and a computer. None of this is there with --production, which serves only
questionnaires whose 'document', and their plan's, if they have one, says approved_by and approved_on, and whose options
and rows all have ids: see 'glasspoll check --write-ids'.

Interrupt it (Ctrl+C) to stop: nothing is lost.

Examples:

  glasspoll serve
  glasspoll serve --templates templates           # when working on the templates
  glasspoll serve --addr :80 --data /var/lib/glasspoll --production
  glasspoll serve --production --address-header X-Real-IP      # behind nginx
  glasspoll serve --production --backup /mnt/backup --backup-every 6h
  glasspoll serve --production --keep-answers 2y  # and sooner where a privacy notice says so
  glasspoll serve --limits off                    # for a trial with many answers from one machine`
}

func (s serveCommand) Run(ctx context.Context, c *console.Console) error {
	srv, err := s.open(ctx, c)
	if err != nil {
		return err
	}
	defer srv.Close()
	return srv.Run(ctx)
}

// isProduction reports whether visitors are served, and not authors.
func (s serveCommand) isProduction() bool { return s.Production || s.NoReload }

// open makes a server, and prints the addresses to open. The server must be run and closed.
func (s serveCommand) open(ctx context.Context, c *console.Console) (*server.Server, error) {
	options, err := s.options(c, os.Getenv)
	if err != nil {
		return nil, err
	}
	srv, err := server.New(ctx, options)
	if err != nil {
		return nil, err
	}
	s.printAddresses(c, srv)
	return srv, nil
}

// options returns the server's options by the flags.
func (s serveCommand) options(c *console.Console, getenv func(string) string) (server.Options, error) {
	logger := slog.New(slog.NewTextHandler(c.Err, nil))
	o := server.Options{
		Addr: s.Addr, Surveys: s.Surveys, Templates: s.Templates, Data: s.Data, Preview: !s.isProduction(), Unapproved: s.Unapproved, AddressHeader: s.AddressHeader,
		NoLimits:    s.Limits == "off",
		Backups:     server.Backups{Dir: s.Backup, Every: s.BackupEvery, Keep: s.BackupKeep},
		VerifyEvery: s.VerifyEvery,
		Log:         logger, Problems: c.Err, Language: c.Language,
	}
	if s.isProduction() {
		o.Archives = filepath.Join(s.Data, "archives")
	}
	_, port, err := net.SplitHostPort(s.Addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		return o, console.Usagef("--addr %s: write HOST:PORT, such as 127.0.0.1:8080", s.Addr)
	}
	if s.VerifyEvery != 0 && s.VerifyEvery < minVerifyInterval {
		return o, console.Usagef("--verify-every %s: write %s or more, such as 24h, or 0 for never", s.VerifyEvery, minVerifyInterval)
	}
	if o.Keep, err = s.keep(); err != nil {
		return o, err
	}
	if o.News, err = s.news(getenv, os.Environ()); err != nil {
		return o, err
	}
	o.Verbs = func(store *local.Store, pages *local.Pages, changed func(survey string, periods ...string)) control.Table {
		published := &verify.Published{Pages: pages, TagOf: pages.TagOf}
		return verbTable(environment{store: store, log: logger, published: published, news: len(o.News.Receivers) > 0, changed: changed})
	}
	return o, s.checkBackups()
}

// keep returns for how long answers are kept at most; zero if the flag does not say.
func (s serveCommand) keep() (survey.Span, error) {
	if s.KeepAnswers == "" {
		return survey.Span{}, nil
	}
	span, ok := survey.ParseSpan(s.KeepAnswers)
	if !ok {
		return span, console.Usagef("--keep-answers %s: write a number and d, m or y (days, months, years), such as 18m; at most 100y", s.KeepAnswers)
	}
	if !s.isProduction() {
		return span, console.Usagef("--keep-answers needs --production: while questionnaires are worked on, nothing is deleted by its time")
	}
	return span, nil
}

// minVerifyInterval refuses what would keep a machine busy.
const minVerifyInterval = time.Minute

// minBackupInterval refuses what is probably a mistake, such as 24s for 24h.
const minBackupInterval = time.Minute

// checkBackups checks the flags of backups, and that files can be made in the directory, which it makes if it is missing.
func (s serveCommand) checkBackups() error {
	switch {
	case s.Backup == "":
		return nil
	case s.BackupEvery < minBackupInterval:
		return console.Usagef("--backup-every %s: write %s or more, such as 24h", s.BackupEvery, minBackupInterval)
	case s.BackupKeep < 1:
		return console.Usagef("--backup-keep %d: write 1 or more", s.BackupKeep)
	}
	err := os.MkdirAll(s.Backup, 0o700)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(s.Backup, ".glasspoll-trial-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		return message.Errorf("--backup: the directory cannot be used: %w", err)
	}
	return nil
}

// printAddresses prints the addresses to open.
func (s serveCommand) printAddresses(c *console.Console, srv *server.Server) {
	surveys := srv.Surveys()
	c.Print(c.Out, "Serving %s from %s; answers are kept in %s.", message.Count(len(surveys), "survey"), s.Surveys, s.Data)
	c.Print(c.Out, "\n  %s", srv.URL())
	for _, s := range surveys {
		c.Print(c.Out, "  %s%s/  %s", srv.URL(), s.ID, s.Title.In(s.DefaultLanguage()))
	}
	if !s.isProduction() && len(surveys) > 0 {
		c.Print(c.Out, "\nA survey in every language, at both widths: %s", srv.PreviewURL(surveys[0].ID))
	}
	if s.Limits == "off" {
		c.Print(c.Out, "\nLimits are off: anybody can send any number of answers, and all of them count. Use this for a trial alone.")
	}
	c.Print(c.Out, "\nPress Ctrl+C to stop.")
}
