package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const fillingClients = 256

// fill makes a directory with a survey that has been answered, by answers over HTTP.
func (b *bench) fill(ctx context.Context, p *program, dir string) error {
	if err := writeRatings(dir, b.questions, 4); err != nil {
		return err
	}
	s, err := p.serve(ctx, dir, "--production")
	if err != nil {
		return err
	}
	defer s.stop()
	_, err = drive(ctx, s.address, min(fillingClients, b.answers), times(b.answers, answerer(b.questions, 4)))
	return err
}

// fillAll fills a directory for each program, so that each reads what it has stored itself.
func (b *bench) fillAll(ctx context.Context) error {
	for _, p := range b.programs {
		started := time.Now()
		if err := b.fill(ctx, p, filepath.Join(b.dir, p.name)); err != nil {
			return fmt.Errorf("filling: %w", err)
		}
		fmt.Fprintf(b.progress, "  %d answers stored in %.1f s\n", b.answers, time.Since(started).Seconds())
	}
	return nil
}

// export writes all answers to a file in each format.
func (b *bench) export(ctx context.Context) (all []row, err error) {
	if err := b.fillAll(ctx); err != nil {
		return nil, err
	}
	n := digits(float64(b.answers))
	for _, format := range []struct{ ending, name string }{{"xlsx", "Excel"}, {"csv", "CSV"}, {"jsonl", "JSON Lines"}} {
		what := "export " + n + " answers, " + format.name + ": "
		rows, err := b.compare(ctx, []figure{{"s", what + "time", "s"}, {"MB", what + "peak memory", "MB"}}, func(ctx context.Context, p *program) (values, error) {
			file := filepath.Join(b.dir, "answers."+format.ending)
			v, err := execute(ctx, filepath.Join(b.dir, p.name), p.path, "results", "export", ratings, "--out", file)
			if err != nil {
				return nil, err
			}
			info, err := os.Stat(file)
			if err == nil && info.Size() < int64(b.answers) {
				err = fmt.Errorf("%s has %d bytes", file, info.Size())
			}
			return v, err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
