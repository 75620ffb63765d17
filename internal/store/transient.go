package store

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Transient implements [Origins] and [DaySecrets] in the memory of one process: for a back end that one process uses alone. The zero
// value is ready. What it keeps is bounded, and is gone when the process ends.
type Transient struct {
	Clock func() time.Time // nil: time.Now

	mu      sync.Mutex
	origins map[originKey]origin
	order   []originKey // of origins, oldest first
	day     string      // of today's secret
	today   []byte
	before  []byte // yesterday's; nil if there was none
}

type originKey struct{ survey, id string }

type origin struct {
	label string
	at    time.Time
}

// maxOrigins bounds the origins that are kept: the oldest go first.
const maxOrigins = 200_000

func (t *Transient) now() time.Time {
	if t.Clock == nil {
		return time.Now()
	}
	return t.Clock()
}

// PutOrigin implements [Origins].
func (t *Transient) PutOrigin(_ context.Context, survey, id, label string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, key := t.now(), originKey{survey, id}
	for len(t.order) > 0 && (len(t.order) >= maxOrigins || now.Sub(t.origins[t.order[0]].at) > OriginLife) {
		delete(t.origins, t.order[0])
		t.order = t.order[1:]
	}
	if t.origins == nil {
		t.origins = map[originKey]origin{}
	}
	if _, known := t.origins[key]; !known {
		t.order = append(t.order, key)
	}
	t.origins[key] = origin{label, now}
	return nil
}

// Origins implements [Origins].
func (t *Transient) Origins(_ context.Context, survey string) (map[string]string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, labels := t.now(), map[string]string{}
	for key, o := range t.origins {
		if key.survey == survey && now.Sub(o.at) <= OriginLife {
			labels[key.id] = o.label
		}
	}
	return labels, nil
}

// DaySecret implements [DaySecrets].
func (t *Transient) DaySecret(_ context.Context, at time.Time) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	today := dayOf(at)
	switch {
	case today == t.day:
	case today < t.day: // the clock was asked before midnight, and this process after it
		if t.before == nil {
			t.before = NewSecret()
		}
		return slices.Clone(t.before), nil
	default:
		if t.before = nil; dayOf(at.AddDate(0, 0, -1)) == t.day {
			t.before = t.today
		}
		t.day, t.today = today, NewSecret()
	}
	return slices.Clone(t.today), nil
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
