package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const clientsDuringBackup = 64

// backup sends answers while the server takes a copy of the store. Those count that waited while it was being written. Beside it, all
// answers of as long a time without copies.
func (b *bench) backup(ctx context.Context) ([]row, error) {
	if err := b.fillAll(ctx); err != nil {
		return nil, err
	}
	without := side{"without a backup", func(ctx context.Context) (values, error) {
		p := b.programs[0]
		s, err := p.serve(ctx, filepath.Join(b.dir, p.name), "--production")
		if err != nil {
			return nil, err
		}
		defer s.stop()
		return throughput(ctx, s, clientsDuringBackup, b.turn, answerer(b.questions, 4))
	}}
	what := "backup of " + digits(float64(b.answers)) + " answers: "
	return b.compare(ctx, []figure{
		{"p99", what + fmt.Sprintf("99th percentile of accepting meanwhile, %d clients", clientsDuringBackup), "ms"},
		{"s", what + "time", "s"},
	}, b.backupMeanwhile, without)
}

func (b *bench) backupMeanwhile(ctx context.Context, p *program) (values, error) {
	copies := filepath.Join(b.dir, "copies")
	const every, until = time.Minute, 2 * time.Second // from now until the copy that is measured
	last := filepath.Join(copies, time.Now().UTC().Add(until-every).Format("glasspoll-20060102T150405Z.db"))
	if err := errors.Join(os.RemoveAll(copies), os.Mkdir(copies, 0o700), os.WriteFile(last, nil, 0o600)); err != nil {
		return nil, err
	}
	w, err := watchCopies(copies)
	if err != nil {
		return nil, err
	}
	defer w.watcher.Close()
	s, err := p.serve(ctx, filepath.Join(b.dir, p.name), "--production", "--backup", copies, "--backup-every", every.String(), "--backup-keep", "1")
	if err != nil {
		return nil, err
	}
	defer s.stop()
	started, answer := time.Now(), answerer(b.questions, 4)
	replies, err := drive(ctx, s.address, clientsDuringBackup, func(i int) []byte {
		passed := time.Since(started)
		if passed > 5*time.Minute || passed > b.turn && len(w.since(started)) > 0 {
			return nil
		}
		return answer(i)
	})
	if err != nil {
		return nil, err
	}
	taken := w.since(started)
	if len(taken) == 0 {
		return nil, errors.New("no copy was complete after five minutes")
	}
	var during []reply
	for _, r := range replies {
		for _, c := range taken {
			if r.sent.Before(c.ended) && r.sent.Add(r.took).After(c.began) {
				during = append(during, r)
				break
			}
		}
	}
	p99, err := percentile99(during)
	return values{"p99": p99, "s": taken[0].ended.Sub(taken[0].began).Seconds()}, err
}

// interval is when a copy was written.
type interval struct{ began, ended time.Time }

// writtenCopies observes a directory of copies.
type writtenCopies struct {
	watcher *fsnotify.Watcher
	mu      sync.Mutex
	all     []interval
}

func watchCopies(dir string) (*writtenCopies, error) {
	watcher, err := fsnotify.NewBufferedWatcher(64)
	if err != nil {
		return nil, err
	}
	if err := watcher.Add(dir); err != nil {
		watcher.Close()
		return nil, err
	}
	w := &writtenCopies{watcher: watcher}
	go func() {
		var began time.Time
		for event := range watcher.Events {
			if !event.Has(fsnotify.Create) {
				continue
			}
			if strings.HasPrefix(filepath.Base(event.Name), ".") { // it has its name when it is complete
				began = time.Now()
				continue
			}
			w.mu.Lock()
			w.all = append(w.all, interval{began, time.Now()})
			w.mu.Unlock()
		}
	}()
	return w, nil
}

// since returns the copies that are complete and were begun after a time.
func (w *writtenCopies) since(t time.Time) (of []interval) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		if c.began.After(t) {
			of = append(of, c)
		}
	}
	return of
}
