package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// build builds a site into an empty directory, and again after one questionnaire has changed. Hugo builds as many pages of a like
// content.
func (b *bench) build(ctx context.Context) ([]row, error) {
	if err := b.writeSite(b.dir); err != nil {
		return nil, err
	}
	out := func(p *program) string { return filepath.Join(b.dir, "public-"+p.name) }
	run := func(ctx context.Context, p *program) (values, error) {
		return execute(ctx, b.dir, p.path, "build", "--out", out(p))
	}
	edits := 0
	ours := func(ctx context.Context, p *program) (values, error) {
		if err := os.RemoveAll(out(p)); err != nil {
			return nil, err
		}
		v, err := run(ctx, p)
		if err != nil {
			return nil, err
		}
		edits++
		if err := b.writeSurvey(b.dir, b.surveys/2, fmt.Sprintf(" (edit %d)", edits)); err != nil {
			return nil, err
		}
		again, err := run(ctx, p)
		if err != nil {
			return nil, err
		}
		v["again s"], v["again cpu"], v["part"] = again["s"], again["cpu"], again["s"]/v["s"]
		return v, nil
	}
	hugo, err := b.hugoBuild(ctx)
	if err != nil {
		return nil, err
	}
	n := digits(float64(b.surveys))
	return b.compare(ctx, []figure{
		{"s", "build " + n + " surveys: time", "s"},
		{"cpu", "build " + n + " surveys: CPU", "s"},
		{"MB", "build " + n + " surveys: peak memory", "MB"},
		{"again s", "one of " + n + " changed: time", "s"},
		{"again cpu", "one of " + n + " changed: CPU", "s"},
		{"part", "one of " + n + " changed: part of the full time", "1"},
	}, ours, hugo)
}

// hugoBuild returns Hugo's side. Its site has as many pages as Glasspoll's.
func (b *bench) hugoBuild(ctx context.Context) (side, error) {
	s := side{name: hugoName}
	if b.peers.hugo == "" {
		return s, nil
	}
	sample := filepath.Join(b.dir, "sample")
	if _, err := execute(ctx, b.dir, b.programs[0].path, "build", "--out", sample); err != nil {
		return s, err
	}
	pages, err := countPages(sample)
	if err != nil {
		return s, err
	}
	site := filepath.Join(b.dir, "hugo")
	if err := b.writeHugoSite(site, pages); err != nil {
		return s, err
	}
	s.measure = func(ctx context.Context) (values, error) {
		out := filepath.Join(b.dir, "public-hugo")
		if err := os.RemoveAll(out); err != nil {
			return nil, err
		}
		v, err := execute(ctx, site, b.peers.hugo, "--logLevel", "error", "--destination", out)
		if err != nil {
			return nil, err
		}
		written, err := countPages(out)
		if err == nil && written < pages {
			err = fmt.Errorf("%d pages in place of %d", written, pages)
		}
		return v, err
	}
	return s, nil
}

func countPages(dir string) (n int, err error) {
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".html") {
			n++
		}
		return err
	})
	return n, err
}
