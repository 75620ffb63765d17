package main

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/demo"
	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/server"
	"glasspoll/internal/survey"
)

type demoCommand struct {
	URL     string `placeholder:"URL" help:"The site to answer at. Default: http://127.0.0.1:8080/, which is started and kept running if nothing answers there."`
	Addr    string `placeholder:"HOST:PORT" help:"Start a site that listens here, and look for none."`
	Surveys string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Data    string `placeholder:"DIR" default:"data" help:"Where a site on this machine keeps its answers. Default: ${default}."`
	Answers int    `placeholder:"N" default:"240" help:"Respondents per survey. Default: ${default}."`
	Periods int    `placeholder:"N" default:"6" help:"Periods to answer in, this one and those before it, so that results have a history: only for a site that is started here, and for surveys with a period. Default: ${default}."`
	Seed    uint64 `placeholder:"N" default:"1" help:"Another seed makes other respondents; with the same one nothing is counted twice. Default: ${default}."`
}

func (demoCommand) Help() string {
	return `Fills every survey with made-up but plausible answers, sent through the same API that browsers use, so that the
results pages have something to show. Where one answers by invitation, it makes invitations as well, of which most are
used on the days before; for that the site's data must be at hand (--data). Never use it on a survey that real people answer. A site that it starts takes them
as fast as they come; one that runs already must have been started with 'glasspoll serve --limits off', or it takes
60 of a survey from one machine.

Examples:

  glasspoll demo
  glasspoll demo --url http://127.0.0.1:9000/ --answers 500`
}

const (
	defaultDemoAddr = "127.0.0.1:8080"
	defaultDemoURL  = "http://" + defaultDemoAddr + "/"
)

func (d demoCommand) Run(ctx context.Context, c *console.Console) error {
	if d.Answers < 1 || d.Answers > 100_000 {
		return console.Usagef("--answers %d: write a number from 1 to 100000", d.Answers)
	}
	if d.Periods < 1 || d.Periods > 24 {
		return console.Usagef("--periods %d: write a number from 1 to 24", d.Periods)
	}
	if d.URL != "" && d.Addr != "" {
		return console.Usagef("--url is a site that runs, and --addr one to start: give one of them")
	}
	if d.URL != "" {
		if address, err := url.Parse(d.URL); err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
			return console.Usagef("--url %s: write an address such as %s", d.URL, defaultDemoURL)
		}
		if !demo.Reachable(ctx, d.URL) {
			return message.Errorf("nothing answers at %s: start the site with glasspoll serve, or leave out --url, and it is started here", d.URL)
		}
		return d.fill(ctx, c, d.URL)
	}
	if d.Addr == "" && demo.Reachable(ctx, defaultDemoURL) {
		return d.fill(ctx, c, defaultDemoURL)
	}
	command := serveCommand{Addr: cmp.Or(d.Addr, defaultDemoAddr), Surveys: d.Surveys, Data: d.Data, Limits: "off"}
	if info, err := os.Stat("templates"); err == nil && info.IsDir() {
		command.Templates = "templates"
	}
	if err := d.fillPast(ctx, c); err != nil {
		return err
	}
	srv, err := command.open(ctx, c)
	if err != nil {
		return err
	}
	defer srv.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	filled := make(chan error, 1)
	go func() {
		err := d.fill(ctx, c, srv.URL())
		if err != nil {
			stop()
		}
		filled <- err
	}()
	err = srv.Run(ctx)
	stop()
	return errors.Join(err, <-filled)
}

func (d demoCommand) options(actions survey.Actions) demo.Options {
	return demo.Options{Answers: d.Answers, Periods: d.Periods, Seed: d.Seed, Actions: actions}
}

// fillPast answers surveys with periods in the periods before the current one.
func (d demoCommand) fillPast(ctx context.Context, c *console.Console) error {
	library := project.NewLibrary(d.Surveys)
	surveys, _, err := library.Read() // fill prints the problems
	if err != nil || d.Periods == 1 {
		return err
	}
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return message.Errorf("the data directory cannot be used: %w", err)
	}
	store, err := local.Open(filepath.Join(d.Data, server.DataFile))
	if err != nil {
		return err
	}
	defer store.Close()
	actions := library.Actions()
	for _, s := range surveys {
		if s.Period == survey.NoPeriod || !s.IsOpenToAll() {
			continue
		}
		if err := demo.FillPast(ctx, store, s, d.options(actions[s.ID]), time.Now()); err != nil {
			return message.Errorf("answering %s: %w", s.ID, err)
		}
		c.Print(c.Out, "%s: %s in each of %s before this one", s.ID, message.Count(d.Answers, "respondent"), message.Count(d.Periods-1, "period"))
	}
	return nil
}

// fill answers the surveys of a site.
func (d demoCommand) fill(ctx context.Context, c *console.Console, site string) error {
	library := project.NewLibrary(d.Surveys)
	surveys, problems, err := library.Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		c.Problems(problems)
	}
	site = strings.TrimSuffix(site, "/") + "/"
	client := demo.NewClient(site)
	defer client.Close()
	actions := library.Actions()
	for _, s := range surveys {
		if !s.IsOpenToAll() {
			if err := d.fillInvited(ctx, c, client, site, s, d.options(actions[s.ID])); err != nil {
				return message.Errorf("answering %s: %w", s.ID, err)
			}
			continue
		}
		sent, err := client.Fill(ctx, s, d.options(actions[s.ID]))
		if err != nil {
			return message.Errorf("answering %s: %w", s.ID, err)
		}
		respondents := message.Count(sent.New, "new respondent")
		switch {
		case sent.Closed > 0:
			c.Print(c.Out, "%s: takes no answers today", s.ID)
		case sent.Known > 0:
			c.Print(c.Out, "%s: %s, %d were there before: %s%s/results/", s.ID, respondents, sent.Known, site, s.ID)
		default:
			c.Print(c.Out, "%s: %s: %s%s/results/", s.ID, respondents, site, s.ID)
		}
	}
	return nil
}
