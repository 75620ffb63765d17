package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/server"
	"glasspoll/internal/survey"
)

// fill is a command of test scripts: `fill DATA SURVEYS` reads submissions, one a line as clients send them, each with "survey"
// and, if it is not the current one, "period"; it stores them and publishes.
func fill() {
	if err := fillStore(os.Args[1], os.Args[2], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func fillStore(data, dir string, answers io.Reader) (err error) {
	surveys, problems, err := project.NewLibrary(dir).Read()
	if err != nil || len(problems) > 0 {
		return errors.Join(err, fmt.Errorf("%d problems: %v", len(problems), problems))
	}
	store, err := local.Open(filepath.Join(data, server.DataFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ctx := context.Background()
	byID := map[string]*survey.Survey{}
	for _, s := range surveys {
		byID[s.ID] = s
		if err := store.PutDefinition(ctx, s); err != nil {
			return err
		}
	}
	for lines := bufio.NewScanner(answers); lines.Scan(); {
		var target struct {
			Survey, Period string
			Quality        answer.Quality
		}
		fields := map[string]json.RawMessage{}
		if err := errors.Join(json.Unmarshal(lines.Bytes(), &target), json.Unmarshal(lines.Bytes(), &fields)); err != nil {
			return err
		}
		delete(fields, "survey")
		delete(fields, "period")
		delete(fields, "quality")
		body, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		posted, err := answer.FromJSON(body)
		if err != nil {
			return err
		}
		s := byID[target.Survey]
		r, _, problems := answer.Check(s, posted)
		if len(problems) > 0 {
			return fmt.Errorf("%s: %v", lines.Text(), problems)
		}
		if r.Period = target.Period; r.Period == "" {
			r.Period = s.PeriodAt(time.Now())
		}
		r.Quality = target.Quality
		if key, err := uuid.Parse(posted.ID); err == nil { // as the handler does
			if err := r.Seal(s, rand.Reader, key[:]); err != nil {
				return err
			}
		}
		if _, err := store.Put(ctx, r); err != nil {
			return err
		}
	}
	pages, err := local.OpenPages(filepath.Join(data, "pages"))
	if err != nil {
		return err
	}
	defer pages.Close()
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return err
	}
	for _, s := range surveys {
		if _, err := publish.New(publish.Options{Collector: store, Log: store, Definitions: store, Tallies: store, Releases: store, Cases: store, Pages: pages, Renderer: results.New(renderer), Now: time.Now}).Publish(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
