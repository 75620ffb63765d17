package notify

import (
	"context"
	"errors"
	"sync"
	"time"

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
	store.Announcer
}

// Announcer puts into the outbox what follows from what is stored: nothing is lost or told twice where it is killed, because
// the id of an item follows from what it is about.
type Announcer struct {
	Sources Sources
	Survey  func(ctx context.Context, id string) (*survey.Survey, error) // in force; [store.ErrUnknown] if there is none
	Zone    *time.Location                                               // of digests; nil: that of the first survey
	Wanted  func(i news.Item) bool                                       // by some receiver
	Now     func() time.Time

	mu    sync.Mutex
	added map[string]bool // ids that need not be added again
}

// Announce adds what is new of surveys.
func (a *Announcer) Announce(ctx context.Context, surveys []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.Now()
	var inForce []*survey.Survey
	for _, id := range surveys {
		s, err := a.Survey(ctx, id)
		if errors.Is(err, store.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		inForce = append(inForce, s)
	}
	for _, s := range inForce {
		if err := a.ofSurvey(ctx, s, now); err != nil {
			return err
		}
	}
	return a.digests(ctx, inForce, now)
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

// digests adds the digests that are due.
func (a *Announcer) digests(ctx context.Context, surveys []*survey.Survey, now time.Time) error {
	zone := a.Zone
	if zone == nil && len(surveys) > 0 {
		zone = surveys[0].Location()
	}
	if zone == nil {
		return nil
	}
	for _, span := range news.Spans(now, zone) {
		probe, _ := span.Item([]news.Figures{{}}, now)
		if !a.Wanted(probe) || a.added[probe.Survey+" "+probe.ID] {
			continue
		}
		figures, err := a.figures(ctx, span, surveys, now)
		if err != nil {
			return err
		}
		item, says := span.Item(figures, now)
		if !says {
			item = probe
			item.Digest, item.Done = nil, true // looked at, and there was nothing to say
		}
		if err := a.add(ctx, item); err != nil {
			return err
		}
	}
	return nil
}

func (a *Announcer) figures(ctx context.Context, span news.Span, surveys []*survey.Survey, now time.Time) (figures []news.Figures, err error) {
	for _, s := range surveys {
		all, err := a.Sources.CasesOf(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		latest, err := a.Sources.Latest(ctx, s.ID)
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
			figures = append(figures, f)
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

// add adds items that somebody wants.
func (a *Announcer) add(ctx context.Context, items ...news.Item) error {
	for _, i := range items {
		key := i.Survey + " " + i.ID
		if a.added[key] || !a.Wanted(i) {
			continue
		}
		if _, err := a.Sources.AddNews(ctx, i); err != nil {
			return err
		}
		if a.added == nil || len(a.added) > 10_000 {
			a.added = map[string]bool{}
		}
		a.added[key] = true
	}
	return nil
}
