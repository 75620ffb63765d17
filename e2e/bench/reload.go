package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"
)

// reload measures the time from saving a file to the page that is served with what has changed, in a site of many surveys. Pages
// reload themselves no earlier.
func (b *bench) reload(ctx context.Context) ([]row, error) {
	edits := 0
	ours := func(ctx context.Context, p *program) (values, error) {
		dir := filepath.Join(b.dir, p.name)
		if err := b.writeSite(dir); err != nil {
			return nil, err
		}
		s, err := p.serve(ctx, dir)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		return measureReload(ctx, s, fmt.Sprintf("survey_%04d/en/", b.surveys/2), &edits, func(mark string) error {
			return b.writeSurvey(dir, b.surveys/2, mark)
		})
	}
	hugo := side{name: hugoName}
	if b.peers.hugo != "" {
		hugo.measure = func(ctx context.Context) (values, error) {
			dir := filepath.Join(b.dir, "hugo")
			if err := b.writeHugoSite(dir, 2*b.surveys); err != nil { // the form in two languages
				return nil, err
			}
			s, err := serveHugo(ctx, b.peers.hugo, dir)
			if err != nil {
				return nil, err
			}
			defer s.stop()
			return measureReload(ctx, s, fmt.Sprintf("survey_%05d/", b.surveys), &edits, func(mark string) error {
				return writeFile(filepath.Join(dir, fmt.Sprintf("content/survey_%05d.md", b.surveys)), b.hugoContent(b.surveys, mark))
			})
		}
	}
	return b.compare(ctx, []figure{{"ms", "live reload of one edit of " + digits(float64(b.surveys)) + " surveys: time", "ms"}}, ours, hugo)
}

func serveHugo(ctx context.Context, hugo, dir string) (*server, error) {
	return serve(ctx, func(address string) *exec.Cmd {
		command := exec.Command(hugo, "server", "--bind", "127.0.0.1", "--port", address[len("127.0.0.1:"):])
		command.Dir = dir
		return command
	})
}

// measureReload waits until the page is served, edits it, and asks for it every two milliseconds until the edit is there.
func measureReload(ctx context.Context, s *server, path string, edits *int, edit func(mark string) error) (values, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	address := "http://" + s.address + "/" + path
	if err := waitFor(ctx, address, ""); err != nil {
		return nil, err
	}
	*edits++
	mark := fmt.Sprintf(" edit %d", *edits)
	started := time.Now()
	if err := edit(mark); err != nil {
		return nil, err
	}
	if err := waitFor(ctx, address, mark); err != nil {
		return nil, err
	}
	return values{"ms": float64(time.Since(started).Microseconds()) / 1000}, nil
}

// waitFor waits until a page has a text.
func waitFor(ctx context.Context, address, text string) error {
	for {
		page, err := fetch(ctx, address)
		if err == nil && bytes.Contains(page, []byte(text)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s never had %q: %v", address, text, err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func fetch(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		return nil, err
	}
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
