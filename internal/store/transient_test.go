package store_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"glasspoll/internal/store"
)

// Origins in memory are bounded, by number and by time; secrets change with the day.
func TestTransient(t *testing.T) {
	now := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
	s := store.Transient{Clock: func() time.Time { return now }}
	for i := range 200_010 {
		if err := s.PutOrigin(t.Context(), "tea", strconv.Itoa(i), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Origins(t.Context(), "tea"); err != nil || len(got) != 200_000 || got["5"] != "" || got["200009"] != "a" {
		t.Errorf("%d origins, %v", len(got), err)
	}
	now = now.Add(store.OriginLife + time.Second)
	if got, _ := s.Origins(t.Context(), "tea"); len(got) != 0 {
		t.Errorf("%d origins are too old", len(got))
	}
	if err := s.PutOrigin(t.Context(), "tea", "new", "b"); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Origins(t.Context(), "tea"); len(got) != 1 || got["new"] != "b" {
		t.Errorf("%v", got)
	}
	secret := func(at time.Time) []byte {
		t.Helper()
		b, err := s.DaySecret(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	today, tomorrow := secret(now), secret(now.AddDate(0, 0, 1))
	if bytes.Equal(today, tomorrow) || !bytes.Equal(secret(now), today) || !bytes.Equal(secret(now.AddDate(0, 0, 1)), tomorrow) {
		t.Error("the secrets of two days")
	}
	if later := secret(now.AddDate(0, 0, 9)); bytes.Equal(later, tomorrow) || bytes.Equal(secret(now.AddDate(0, 0, 8)), today) {
		t.Error("a secret is kept for more than two days")
	}
}
