package storetest

import (
	"context"
	"strings"
	"time"

	"glasspoll/internal/store"
)

// origin is that of a response, and when it was stored.
type origin struct {
	survey, label string
	at            time.Time
}

func (h *Memory) PutOrigin(_ context.Context, survey, id, label string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.origins[survey+" "+id] = origin{survey, label, time.Now().Add(h.offset)}
	return nil
}

func (h *Memory) Origins(_ context.Context, survey string) (map[string]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	labels := map[string]string{}
	for key, o := range h.origins {
		if o.survey == survey && time.Now().Add(h.offset).Sub(o.at) <= store.OriginLife {
			labels[strings.TrimPrefix(key, survey+" ")] = o.label
		}
	}
	return labels, nil
}

func (h *Memory) DaySecret(ctx context.Context, at time.Time) ([]byte, error) {
	return h.days.DaySecret(ctx, at)
}

func (h *Memory) Advance(_ context.Context, label string, now time.Time, step time.Duration) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.used[label]
	if at.Before(now) {
		at = now
	}
	h.used[label] = at.Add(step)
	return h.used[label], nil
}
