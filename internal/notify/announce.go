package notify

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Sources are what news follows from.
type Sources interface {
	Latest(ctx context.Context, survey string) ([]*release.Release, error) // as in [store.Releases]
	CasesOf(ctx context.Context, survey string) ([]*cases.Case, error)     // as in [store.Cases]
	News(ctx context.Context, survey string) ([]news.Item, error)          // as in [store.Outbox]
	store.Announcer
}

// Announcer puts into the outbox what follows from what is stored. Any number of goroutines may use it. Nothing is lost or told twice where it is killed, because
// the id of an item follows from what it is about.
type Announcer struct {
	Sources Sources
	Survey  func(ctx context.Context, id string) (*survey.Survey, error) // in force; [store.ErrUnknown] if there is none
	Zone    *time.Location                                               // of digests; nil: that of the first survey
	Wanted  func(i news.Item) bool                                       // by some receiver
	Now     func() time.Time

	digesting sync.Mutex // digests are made once at a time

	mu    sync.Mutex
	added map[string]bool // ids that need not be added again
}

// Announce adds what is new of surveys, and the digests that are due of all of them.
func (a *Announcer) Announce(ctx context.Context, surveys []string) error {
	if err := a.AnnounceSurveys(ctx, surveys...); err != nil {
		return err
	}
	_, err := a.AnnounceDigests(ctx, func(context.Context) ([]string, error) { return surveys, nil })
	return err
}

// AnnounceSurveys adds that surveys open, close, or have new results.
func (a *Announcer) AnnounceSurveys(ctx context.Context, surveys ...string) error {
	now := a.Now()
	for _, id := range surveys {
		s, err := a.Survey(ctx, id)
		if errors.Is(err, store.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		if err := a.ofSurvey(ctx, s, now); err != nil {
			return err
		}
	}
	return nil
}

// ofSurvey adds that a survey opens, closes, or has new results.
func (a *Announcer) ofSurvey(ctx context.Context, s *survey.Survey, now time.Time) error {
	items := news.OfWindow(s, now)
	latest, err := a.Sources.Latest(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, r := range latest {
		items = append(items, news.OfRelease(s, r.Period, r.Date, r.Respondents(), now)...)
	}
	return a.add(ctx, items...)
}

// AnnounceDigests adds the digests that are due, as news of no survey, and reports whether there may be any. all lists all surveys; it
// is called if somebody wants digests, and nothing else is read of them unless one is due.
func (a *Announcer) AnnounceDigests(ctx context.Context, all func(ctx context.Context) ([]string, error)) (added bool, err error) {
	now := a.Now()
	if !a.wantsDigests(now) {
		return false, nil
	}
	a.digesting.Lock()
	defer a.digesting.Unlock()
	surveys, err := all(ctx)
	if err != nil {
		return false, err
	}
	zone, err := a.zone(ctx, surveys)
	if zone == nil || err != nil {
		return false, err
	}
	for _, span := range news.Spans(now, zone) {
		one, err := a.digest(ctx, span, surveys, now)
		if err != nil {
			return added, err
		}
		added = added || one
	}
	return added, nil
}

func (a *Announcer) wantsDigests(now time.Time) bool {
	return slices.ContainsFunc([]string{news.Daily, news.Weekly}, func(kind string) bool {
		probe, _ := news.Span{Kind: kind}.Item([]news.Figures{{}}, now)
		return a.Wanted(probe)
	})
}

// zone returns the timezone of digests; nil if it is not known, because no survey is in force.
func (a *Announcer) zone(ctx context.Context, surveys []string) (*time.Location, error) {
	if a.Zone != nil {
		return a.Zone, nil
	}
	for _, id := range surveys {
		s, err := a.Survey(ctx, id)
		if err == nil {
			return s.Location(), nil
		}
		if !errors.Is(err, store.ErrUnknown) {
			return nil, err
		}
	}
	return nil, nil
}

// digest adds the digest of some days, unless it has been added.
func (a *Announcer) digest(ctx context.Context, span news.Span, surveys []string, now time.Time) (added bool, err error) {
	probe, _ := span.Item([]news.Figures{{}}, now)
	if !a.Wanted(probe) || a.wasAdded(probe) {
		return false, nil
	}
	there, err := a.Sources.News(ctx, probe.Survey)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(there, func(i news.Item) bool { return i.ID == probe.ID }) {
		a.remember(probe)
		return true, nil
	}
	figures, err := a.figures(ctx, span, surveys, now)
	if err != nil {
		return false, err
	}
	item, says := span.Item(figures, now)
	if !says {
		item = probe
		item.Digest, item.Done = nil, true // looked at, and there was nothing to say
	}
	return true, a.add(ctx, item)
}

// parallelFigures is how many surveys are read at a time.
const parallelFigures = 16

func (a *Announcer) figures(ctx context.Context, span news.Span, surveys []string, now time.Time) (figures []news.Figures, err error) {
	found := make([]*news.Figures, len(surveys))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelFigures)
	for n, id := range surveys {
		group.Go(func() (err error) {
			found[n], err = a.figuresOf(within, span, id, now)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, f := range found {
		if f != nil {
			figures = append(figures, *f)
		}
	}
	all, err := a.Sources.CasesOf(ctx, news.NoSurvey)
	if err != nil {
		return nil, err
	}
	if f, says := span.OfCases(all, now); says {
		figures = append(figures, f)
	}
	return figures, nil
}

// figuresOf returns what a digest says of a survey; nil if that is nothing.
func (a *Announcer) figuresOf(ctx context.Context, span news.Span, id string, now time.Time) (*news.Figures, error) {
	s, err := a.Survey(ctx, id)
	if errors.Is(err, store.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := a.Sources.CasesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	latest, err := a.Sources.Latest(ctx, id)
	if err != nil {
		return nil, err
	}
	var released int64
	for _, r := range latest {
		if r.Period == s.PeriodAt(now) {
			released = r.Respondents()
		}
	}
	if f, says := span.OfSurvey(s, all, released, now); says {
		return &f, nil
	}
	return nil, nil
}

// add adds items that somebody wants.
func (a *Announcer) add(ctx context.Context, items ...news.Item) error {
	for _, i := range items {
		if !a.Wanted(i) || a.wasAdded(i) {
			continue
		}
		if _, err := a.Sources.AddNews(ctx, i); err != nil {
			return err
		}
		a.remember(i)
	}
	return nil
}

func (a *Announcer) wasAdded(i news.Item) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.added[i.Survey+" "+i.ID]
}

func (a *Announcer) remember(i news.Item) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.added == nil || len(a.added) > 10_000 {
		a.added = map[string]bool{}
	}
	a.added[i.Survey+" "+i.ID] = true
}
