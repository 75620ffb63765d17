// Package publish brings answers to the public page: it folds what has arrived into tallies, makes the releases that
// are due, and renders pages from the releases alone. It can be run at any time, by several at once, and stopped
// anywhere: running it again mends everything.
package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A Renderer writes the pages of a report. Root leads from the page to the site's root: "../../" or "../../../".
type Renderer interface {
	Results(w io.Writer, report *stats.Report, language, root string) error
	ResultsJSON(w io.Writer, report *stats.Report, language string) error
}

// A Publisher keeps results current. It may be used by several goroutines.
type Publisher struct {
	log      Log
	tallies  Tallies
	releases Releases
	pages    Pages
	renderer Renderer
	now      func() time.Time

	mu      sync.Mutex
	written map[string]page // what this publisher has last written, by path
}

// page is a page's tag, and the hash of what is in it.
type page struct {
	tag  string
	hash [sha256.Size]byte
}

// New makes a publisher.
func New(log Log, tallies Tallies, releases Releases, pages Pages, renderer Renderer, now func() time.Time) *Publisher {
	return &Publisher{
		log: log, tallies: tallies, releases: releases, pages: pages, renderer: renderer, now: now,
		written: map[string]page{},
	}
}

// Outcome is what one run of a publisher has done.
type Outcome struct {
	Folded   int64              // responses folded
	Released []*release.Release // by this run
	Replaced int                // pages
	Report   *stats.Report      // what the pages say
}

const (
	// chunk is after how many responses a tally is saved: what a crash costs, and what one run of an answer's function
	// surely manages.
	chunk = 20_000
	// attempts is how often a run tries again when others write at the same time.
	attempts = 20
	// grace is how long after its end a period, or the window, still counts as open: answers sent in its last moment
	// may be on their way.
	grace = 15 * time.Minute
)

// Publish brings one survey's results up to date.
func (p *Publisher) Publish(ctx context.Context, s *survey.Survey) (Outcome, error) {
	out, err := p.publish(ctx, s)
	if err != nil {
		return out, fmt.Errorf("publish %s: %w", s.ID, err)
	}
	return out, nil
}

func (p *Publisher) publish(ctx context.Context, s *survey.Survey) (Outcome, error) {
	var out Outcome
	// The order matters. A page's tag is read before the releases that it is made from, so that whoever replaces it
	// knows at least as much as it says. A period's last release is read before its tallies, so that these hold every
	// respondent whom it counts.
	paths := paths(s)
	seen, err := p.look(ctx, paths)
	if err != nil {
		return out, err
	}
	latest, err := p.releases.Latest(ctx, s.ID)
	if err != nil {
		return out, err
	}
	last := map[string]*release.Release{}
	for _, r := range latest {
		last[r.Period] = r
	}
	periods, err := p.log.Periods(ctx, s.ID)
	if err != nil {
		return out, err
	}
	for _, period := range periods {
		t, folded, err := p.fold(ctx, s, period)
		out.Folded += folded
		if err != nil {
			return out, err
		}
		now := p.now()
		today := now.In(s.Location()).Format(time.DateOnly)
		next := release.Next(s, period, today, last[period], t, closed(s, period, now))
		if next == nil {
			continue
		}
		switch err := p.releases.Append(ctx, next); {
		case err == nil:
			out.Released = append(out.Released, next)
		case !errors.Is(err, ErrStale): // if it is, somebody else has released: theirs is as good
			return out, err
		}
	}

	for range attempts {
		stale, err := p.render(ctx, s, paths, seen, &out)
		if err != nil || !stale {
			return out, err
		}
		if seen, err = p.look(ctx, paths); err != nil {
			return out, err
		}
	}
	return out, fmt.Errorf("pages: %w %d times", ErrStale, attempts)
}

// closed reports whether nothing more is to be expected in a period.
func closed(s *survey.Survey, period string, now time.Time) bool {
	before := now.Add(-grace)
	if period != s.PeriodAt(now) && period != s.PeriodAt(before) {
		return true
	}
	open, early := s.OpenAt(before)
	return !open && !early
}

// fold brings the tallies of a period up to date and merges them.
func (p *Publisher) fold(ctx context.Context, s *survey.Survey, period string) (whole *tally.Tally, folded int64, err error) {
	var tallies [Shards]*tally.Tally
	var counts [Shards]int64
	group, ctx := errgroup.WithContext(ctx)
	for i := range Shards {
		group.Go(func() error {
			var err error
			tallies[i], counts[i], err = p.foldShard(ctx, s, Shard{Survey: s.ID, Period: period, Number: i})
			return err
		})
	}
	err = group.Wait()
	for _, n := range counts {
		folded += n
	}
	if err != nil {
		return nil, folded, err
	}
	return tally.Merge(tallies[:]...), folded, nil
}

// foldShard folds what is new in one log, to its end, and saves the tally after each chunk.
func (p *Publisher) foldShard(ctx context.Context, s *survey.Survey, shard Shard) (t *tally.Tally, folded int64, err error) {
	stale := 0
	for {
		t, revision, err := p.tallies.Tally(ctx, shard)
		if err != nil {
			return nil, folded, err
		}
		if t == nil || t.Shape != s.Shape {
			t = tally.New(s)
		}
		for {
			n := int64(0)
			var young []answer.Response // counted each time anew, until the cursor may pass them
			for entry, err := range p.log.After(ctx, shard, t.Cursor) {
				if err != nil {
					return nil, folded, err
				}
				if !entry.Settled {
					young = append(young, entry.Response)
					continue
				}
				t.Fold(s, entry.Response)
				t.Cursor = entry.Cursor
				if n++; n == chunk {
					break
				}
			}
			if n == 0 {
				return withYoung(s, t, young), folded, nil
			}
			err := p.tallies.SaveTally(ctx, shard, t, revision)
			if errors.Is(err, ErrStale) {
				break // somebody else folds too: go on from where they are
			}
			if err != nil {
				return nil, folded, err
			}
			folded += n
			revision++
			if n < chunk {
				return withYoung(s, t, young), folded, nil
			}
		}
		if stale++; stale == attempts {
			return nil, folded, fmt.Errorf("tally of %s %s/%d: %w %d times", shard.Survey, shard.Period, shard.Number, ErrStale, attempts)
		}
	}
}

// withYoung folds responses into a tally that has been saved without them.
func withYoung(s *survey.Survey, t *tally.Tally, young []answer.Response) *tally.Tally {
	for _, r := range young {
		t.Fold(s, r)
	}
	return t
}

// A path is one page to write.
type path struct {
	name, language, root string
	json                 bool
}

// paths lists a survey's pages: at its first address in the default language, and in every language under its own.
func paths(s *survey.Survey) []path {
	var all []path
	add := func(folder, language string) {
		folder += "results/"
		root := strings.Repeat("../", strings.Count(folder, "/"))
		all = append(all,
			path{name: folder + "index.html", language: language, root: root},
			path{name: folder + "results.json", language: language, json: true})
	}
	add(s.ID+"/", s.DefaultLanguage())
	for _, language := range s.Languages {
		add(s.ID+"/"+language+"/", language)
	}
	return all
}

// state is what a page was when it was looked at.
type state struct {
	tag      string
	revision int
}

func (p *Publisher) look(ctx context.Context, paths []path) ([]state, error) {
	seen := make([]state, len(paths))
	for i, path := range paths {
		var err error
		if seen[i].tag, seen[i].revision, err = p.pages.Page(ctx, path.name); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// render writes the pages that are out of date, and reports whether somebody else has written one meanwhile.
func (p *Publisher) render(ctx context.Context, s *survey.Survey, paths []path, seen []state, out *Outcome) (stale bool, err error) {
	latest, err := p.releases.Latest(ctx, s.ID)
	if err != nil {
		return false, err
	}
	out.Report = stats.NewReport(s, latest)
	for i, path := range paths {
		if seen[i].tag != "" && seen[i].revision > out.Report.Revision {
			continue
		}
		var body bytes.Buffer
		if path.json {
			err = p.renderer.ResultsJSON(&body, out.Report, path.language)
		} else {
			err = p.renderer.Results(&body, out.Report, path.language, path.root)
		}
		if err != nil {
			return stale, fmt.Errorf("render %s: %w", path.name, err)
		}
		hash := sha256.Sum256(body.Bytes())
		if seen[i].tag != "" && seen[i].revision == out.Report.Revision && p.wrote(path.name) == (page{seen[i].tag, hash}) {
			continue
		}
		tag, err := p.pages.Replace(ctx, path.name, seen[i].tag, out.Report.Revision, body.Bytes())
		if errors.Is(err, ErrStale) {
			stale = true
			continue
		}
		if err != nil {
			return stale, err
		}
		p.remember(path.name, page{tag, hash})
		if tag != seen[i].tag {
			out.Replaced++
		}
	}
	return stale, nil
}

func (p *Publisher) wrote(path string) page {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written[path]
}

func (p *Publisher) remember(path string, written page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written[path] = written
}
