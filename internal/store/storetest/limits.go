package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/store"
)

// origins keeps labels of ranges, each in its survey, for as long as somebody may review the responses.
func origins(t *testing.T, b Backend) {
	for id, label := range map[string]string{"a": "one", "b": "one", "c": "two"} {
		if err := b.Origins.PutOrigin(ctx, surveyID, id, label); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the same again is no error, and the last one counts
		if err := b.Origins.PutOrigin(ctx, surveyID, "b", "three"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Origins.PutOrigin(ctx, "other", "a", "four"); err != nil {
		t.Fatal(err)
	}
	wantOrigins(t, b, surveyID, map[string]string{"a": "one", "b": "three", "c": "two"})
	wantOrigins(t, b, "other", map[string]string{"a": "four"})
	wantOrigins(t, b, "none", map[string]string{})
	if b.At != nil {
		b = b.At(store.OriginLife + time.Minute)
		wantOrigins(t, b, surveyID, map[string]string{})
		if err := b.Origins.PutOrigin(ctx, surveyID, "d", "five"); err != nil {
			t.Fatal(err)
		}
		wantOrigins(t, b, surveyID, map[string]string{"d": "five"})
	}
}

func wantOrigins(t *testing.T, b Backend, survey string, want map[string]string) {
	t.Helper()
	if got, err := b.Origins.Origins(ctx, survey); err != nil || !maps.Equal(got, want) {
		t.Errorf("Origins(%s) = %v, %v; want %v", survey, got, err, want)
	}
}

// daySecrets asks for the secrets of two days, by many at the same time.
func daySecrets(t *testing.T, b Backend) {
	today := time.Now().UTC().Truncate(24 * time.Hour).Add(time.Hour)
	var mu sync.Mutex
	found := map[string]bool{}
	ask := func(from Backend, at time.Time) {
		secret, err := from.DaySecrets.DaySecret(ctx, at)
		if err != nil || len(secret) != store.SecretSize || bytes.Equal(secret, make([]byte, store.SecretSize)) {
			t.Errorf("a secret of %d bytes, %v", len(secret), err)
		}
		mu.Lock()
		found[at.Format(time.DateOnly)+fmt.Sprintf(" %x", secret)] = true
		mu.Unlock()
		clear(secret)
	}
	for day := range 2 {
		var askers sync.WaitGroup
		for i := range 6 {
			from := b
			if b.At != nil {
				from = b.At(time.Duration(i) * time.Second)
			}
			askers.Go(func() { ask(from, today.AddDate(0, 0, day).Add(time.Duration(i)*time.Hour)) })
		}
		askers.Wait()
	}
	ask(b, today) // by a process whose clock is behind
	if len(found) != 2 {
		t.Errorf("two days have %d secrets", len(found))
	}
}

// rates advances the time of ranges: by many at the same time each step counts, and what is in the past begins anew.
func rates(t *testing.T, b Backend) {
	if b.Rates == nil {
		t.Skip("one process")
	}
	now := time.Now().Truncate(time.Millisecond)
	const steps = 8
	var senders sync.WaitGroup
	for i := range steps {
		from := b
		if b.At != nil {
			from = b.At(time.Duration(i) * time.Second)
		}
		senders.Go(func() {
			if _, err := from.Rates.Advance(ctx, "one", now, time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	for _, c := range []struct {
		label     string
		now, want time.Time
		step      time.Duration
	}{
		{"one", now, now.Add((steps + 1) * time.Minute), time.Minute},
		{"two", now, now.Add(time.Second), time.Second},
		{"one", now.Add(time.Hour), now.Add(time.Hour + time.Second), time.Second},
	} {
		if at, err := b.Rates.Advance(ctx, c.label, c.now, c.step); err != nil || !at.Equal(c.want) {
			t.Errorf("%s is free at %s, %v; want %s", c.label, at, err, c.want)
		}
	}
}
