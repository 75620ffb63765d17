package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/console"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
	"glasspoll/internal/simulate"
	"glasspoll/internal/survey"
)

type demoCommand struct {
	URL     string `placeholder:"URL" help:"The site to answer at. Default: http://127.0.0.1:8080/, which is started and kept running if nothing answers there."`
	Surveys string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Data    string `placeholder:"DIR" default:"data" help:"Where a site that is started here keeps its answers. Default: ${default}."`
	Answers int    `placeholder:"N" default:"240" help:"Respondents per survey. Default: ${default}."`
	Periods int    `placeholder:"N" default:"6" help:"Periods to answer in, this one and those before it, so that results have a past: only of a site that is started here, and of surveys with a period. Default: ${default}."`
	Seed    uint64 `placeholder:"N" default:"1" help:"Another seed makes other respondents; with the same one nothing is counted twice. Default: ${default}."`
}

func (demoCommand) Help() string {
	return `Fills every survey with made-up but plausible answers, sent through the same API that browsers use, so that the
results pages have something to show. Never point it at a survey that is in earnest.

Examples:

  glasspoll demo
  glasspoll demo --url http://127.0.0.1:9000/ --answers 500`
}

const defaultDemoURL = "http://127.0.0.1:8080/"

func (d demoCommand) Run(ctx context.Context, c *console.Console) error {
	if d.Answers < 1 || d.Answers > 100_000 {
		return console.Usagef("--answers %d: write a number from 1 to 100000", d.Answers)
	}
	if d.Periods < 1 || d.Periods > 24 {
		return console.Usagef("--periods %d: write a number from 1 to 24", d.Periods)
	}
	if d.URL != "" {
		return d.fill(ctx, c, d.URL)
	}
	if answers(ctx, defaultDemoURL) {
		return d.fill(ctx, c, defaultDemoURL)
	}
	server := serveCommand{Addr: "127.0.0.1:8080", Surveys: d.Surveys, Data: d.Data}
	if info, err := os.Stat("templates"); err == nil && info.IsDir() {
		server.Templates = "templates"
	}
	if err := d.past(ctx, c, time.Now()); err != nil {
		return err
	}
	site, err := server.open(ctx, c)
	if err != nil {
		return err
	}
	defer site.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	filled := make(chan error, 1)
	go func() {
		err := d.fill(ctx, c, site.URL())
		if err != nil {
			stop()
		}
		filled <- err
	}()
	err = site.Run(ctx)
	stop()
	return errors.Join(err, <-filled)
}

// past answers the surveys as they would have been answered in the periods before this one, straight into the store: the API
// takes answers of today only.
func (d demoCommand) past(ctx context.Context, c *console.Console, now time.Time) error {
	surveys, _, err := project.NewLibrary(d.Surveys).Read() // fill tells of problems
	if err != nil || d.Periods == 1 {
		return err
	}
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return fmt.Errorf("the data directory cannot be used: %w", err)
	}
	store, err := local.Open(filepath.Join(d.Data, "glasspoll.db"))
	if err != nil {
		return err
	}
	defer store.Close()
	for _, s := range surveys {
		if s.Period == survey.NoPeriod {
			continue
		}
		writers, within := errgroup.WithContext(ctx) // the store writes together what comes together
		writers.SetLimit(256)
		for back := 1; back < d.Periods; back++ {
			period := simulate.PeriodBefore(s, now, back)
			simulator := simulate.New(s, d.Seed)
			simulator.GoBack(back)
			for range d.Answers {
				r, err := simulator.Response(period)
				if err != nil {
					return errors.Join(fmt.Errorf("answering %s: %w", s.ID, err), writers.Wait())
				}
				writers.Go(func() error {
					_, err := store.Put(within, r)
					return err
				})
			}
		}
		if err := writers.Wait(); err != nil {
			return fmt.Errorf("answering %s: %w", s.ID, err)
		}
		fmt.Fprintf(c.Out, "%s: %s in each of %s before this one\n", s.ID, console.Count(d.Answers, "respondent"), console.Count(d.Periods-1, "period"))
	}
	return nil
}

// answers reports whether a web server is at an address.
func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return true
}

func (d demoCommand) fill(ctx context.Context, c *console.Console, url string) error {
	surveys, problems, err := project.NewLibrary(d.Surveys).Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		console.Problems(c.Err, problems)
	}
	url = strings.TrimSuffix(url, "/") + "/"
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: demoClients}}
	defer client.CloseIdleConnections()
	for _, s := range surveys {
		counts, err := d.fillOne(ctx, client, url, s)
		if err != nil {
			return fmt.Errorf("answering %s: %w", s.ID, err)
		}
		switch {
		case counts[http.StatusForbidden] > 0:
			fmt.Fprintf(c.Out, "%s: takes no answers today\n", s.ID)
		case counts[http.StatusOK] > 0:
			fmt.Fprintf(c.Out, "%s: %s, %d were there before: %s%s/results/\n", s.ID, console.Count(counts[http.StatusCreated], "new respondent"), counts[http.StatusOK], url, s.ID)
		default:
			fmt.Fprintf(c.Out, "%s: %s: %s%s/results/\n", s.ID, console.Count(counts[http.StatusCreated], "new respondent"), url, s.ID)
		}
	}
	return nil
}

const demoClients = 16

// fillOne sends one survey's respondents, and counts the answers' statuses.
func (d demoCommand) fillOne(ctx context.Context, client *http.Client, url string, s *survey.Survey) (map[int]int, error) {
	simulator := simulate.New(s, d.Seed)
	statuses := make(chan int, d.Answers)
	senders, ctx := errgroup.WithContext(ctx)
	senders.SetLimit(demoClients)
	for range d.Answers {
		respondent, err := simulator.Next()
		if err != nil {
			return nil, errors.Join(err, senders.Wait())
		}
		body, err := json.Marshal(respondent)
		if err != nil {
			return nil, err
		}
		senders.Go(func() error {
			status, err := submit(ctx, client, url+"api/surveys/"+s.ID+"/responses", body)
			statuses <- status
			return err
		})
	}
	err := senders.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	return counts, err
}

// submit posts one submission. A window that is closed is no error.
func submit(ctx context.Context, client *http.Client, url string, body []byte) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return 0, err
	}
	switch response.StatusCode {
	case http.StatusCreated, http.StatusOK, http.StatusForbidden:
		return response.StatusCode, nil
	default:
		return response.StatusCode, fmt.Errorf("%s: %s", response.Status, bytes.TrimSpace(text))
	}
}
