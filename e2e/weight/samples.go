package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"glasspoll/internal/demo"
	"glasspoll/internal/invitation"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
	"glasspoll/internal/server"
	"glasspoll/internal/survey"
)

// The bars, in bytes with gzip: a form or a results page with its stylesheets.
const (
	formBar    = 14_336
	resultsBar = 30_720
)

const (
	pastPeriods = 8
	respondents = 120 // in each period
)

// weighSamples prints what each sample's pages weigh: the form, and the results of eight periods. It is an error if one is over
// its bar.
func weighSamples(ctx context.Context, root, dir string) error {
	surveys, problems, err := project.NewLibrary(filepath.Join(root, "surveys")).Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fmt.Errorf("the samples have problems: %v", problems)
	}
	data := filepath.Join(dir, "data")
	if err := fillData(ctx, data, surveys); err != nil {
		return err
	}
	program := filepath.Join(dir, "glasspoll")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./generator")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building glasspoll: %w\n%s", err, out)
	}
	address, stop, err := serveData(ctx, program, filepath.Join(root, "surveys"), data)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Printf("\nBytes with gzip; of several languages, the heaviest. Bars: %s for a form's HTML and CSS, %s for those of results of %d periods.\n\n", thousands(formBar), thousands(resultsBar), pastPeriods)
	fmt.Println("| sample | questions | form: HTML and CSS | its script, which is not needed | results: HTML and CSS |")
	fmt.Println("|---|--:|--:|--:|--:|")
	var over []string
	for _, s := range surveys {
		if err := waitForPeriods(ctx, address+s.ID+"/results/results.json"); err != nil {
			return fmt.Errorf("%s: %w", s.ID, err)
		}
		questions := 0
		for range s.Questions() {
			questions++
		}
		var form, results weights
		for i, language := range s.Languages {
			at := address + s.ID + "/"
			if i > 0 {
				at += language + "/"
			}
			asked := at
			if !s.IsOpenToAll() {
				asked = address + "api/surveys/" + s.ID + "/form/" + language
			}
			for page, w := range map[string]*weights{asked: &form, at + "results/": &results} {
				one, err := weigh(page)
				if err != nil {
					return err
				}
				w.styled, w.script = max(w.styled, one.styled), max(w.script, one.script)
			}
		}
		fmt.Printf("| %s | %d | %s | %s | %s |\n", s.ID, questions, thousands(float64(form.styled)), thousands(float64(form.script)), thousands(float64(results.styled)))
		if form.styled > formBar || results.styled > resultsBar {
			over = append(over, s.ID)
		}
	}
	if len(over) > 0 {
		return fmt.Errorf("over the bar: %s", strings.Join(over, ", "))
	}
	return nil
}

// fillData stores made-up answers of past periods.
func fillData(ctx context.Context, data string, surveys []*survey.Survey) error {
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	store, err := local.Open(filepath.Join(data, server.DataFile))
	if err != nil {
		return err
	}
	for _, s := range surveys {
		if err := demo.FillPast(ctx, store, s, demo.Options{Answers: respondents, Periods: pastPeriods + 1, Seed: 1}, time.Now()); err != nil {
			return errors.Join(err, store.Close())
		}
		if s.IsOpenToAll() {
			continue
		}
		guest := invitation.Invitation{Hash: theGuest.Hash(), Survey: s.ID, Batch: "weight"}
		if _, err := store.PutInvitations(ctx, []invitation.Invitation{guest}); err != nil {
			return errors.Join(err, store.Close())
		}
	}
	return store.Close()
}

// serveData runs `glasspoll serve` and returns its address.
func serveData(ctx context.Context, program, surveys, data string) (address string, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	command := exec.CommandContext(ctx, program, "serve", "--limits", "off", "--no-reload", "--addr", "127.0.0.1:0", "--surveys", surveys, "--data", data)
	printed, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop = func() {
		cancel()
		command.Wait() // it was killed
	}
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "http://") {
			go io.Copy(io.Discard, printed)
			return line, stop, nil
		}
	}
	stop()
	return "", nil, errors.New("glasspoll serve printed no address")
}

// waitForPeriods waits until results show all past periods.
func waitForPeriods(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		content, err := get(address)
		var results struct{ Periods []any }
		if err == nil && json.Unmarshal(content, &results) == nil && len(results.Periods) >= pastPeriods {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d periods in %s: %w", pastPeriods, address, errors.Join(ctx.Err(), err))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// weights are bytes with gzip: of a page with its stylesheets, and of its script.
type weights struct{ styled, script int }

var (
	stylesheet = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)"`)
	script     = regexp.MustCompile(`<script src="([^"]+)"`)
)

func weigh(address string) (weights, error) {
	html, err := get(address)
	if err != nil {
		return weights{}, err
	}
	w := weights{styled: len(compress(html))}
	for _, part := range []struct {
		of    *regexp.Regexp
		total *int
	}{{stylesheet, &w.styled}, {script, &w.script}} {
		for _, found := range part.of.FindAllSubmatch(html, -1) {
			base, err := url.Parse(address)
			if err != nil {
				return w, err
			}
			at, err := base.Parse(string(found[1]))
			if err != nil {
				return w, err
			}
			content, err := get(at.String())
			if err != nil {
				return w, err
			}
			*part.total += len(compress(content))
		}
	}
	return w, nil
}

// theGuest is the secret of an invitation to each survey that only the invited can answer.
var theGuest = invitation.Secret{1}

func get(address string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.AddCookie(&http.Cookie{Name: "glasspoll", Value: theGuest.Word()}) // after following the link, over plain HTTP
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, response.Status)
	}
	return io.ReadAll(response.Body)
}
