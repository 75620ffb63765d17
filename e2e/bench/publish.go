package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	answersPerSecond = 50
	answeringClients = 16
)

// publish sends answers at a steady pace to a survey whose results are public for each group of respondents, and watches what is
// written in the data directory: the results, but not the store's own file. CPU is that of the whole server, which accepts as well.
func (b *bench) publish(ctx context.Context) (all []row, err error) {
	for _, groups := range b.groups {
		ours := func(ctx context.Context, p *program) (values, error) {
			dir := filepath.Join(b.dir, p.name)
			if err := os.RemoveAll(dir); err != nil { // each round begins without answers
				return nil, err
			}
			if err := writeRatings(dir, b.questions, groups); err != nil {
				return nil, err
			}
			s, err := p.serve(ctx, dir, "--production")
			if err != nil {
				return nil, err
			}
			defer s.stop()
			return b.observePublishing(ctx, s, filepath.Join(dir, "data"), groups)
		}
		what := fmt.Sprintf("publish %d groups, %d answers a second: ", groups, answersPerSecond)
		rows, err := b.compare(ctx, []figure{
			{"files", what + "files written", "1/s"},
			{"MB", what + "written in them", "MB/s"},
			{"cpu", what + "CPU, with accepting", "cores"},
		}, ours)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func (b *bench) observePublishing(ctx context.Context, s *server, data string, groups int) (values, error) {
	send := func(d time.Duration) error {
		_, err := drive(ctx, s.address, answeringClients, forTime(d, atRate(answersPerSecond, answerer(b.questions, groups))))
		return err
	}
	if err := send(min(b.sizes.publish, 5*time.Second)); err != nil {
		return nil, err
	}
	w, err := watchFiles(data)
	if err != nil {
		return nil, err
	}
	defer w.watcher.Close()
	before, err := s.cpu()
	if err != nil {
		return nil, err
	}
	started := time.Now()
	if err := send(b.sizes.publish); err != nil {
		return nil, err
	}
	seconds := time.Since(started).Seconds()
	after, err := s.cpu()
	if err != nil {
		return nil, err
	}
	files, bytes, err := w.end()
	return values{"files": float64(files) / seconds, "MB": float64(bytes) / 1e6 / seconds, "cpu": (after - before) / seconds}, err
}
