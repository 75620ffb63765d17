package answer_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"glasspoll/internal/answer"
)

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags answer.Flags
		json  string
	}{
		{0, `{}`},
		{answer.Watched, `{"flags":["watched"]}`},
		{answer.Watched | answer.NoWork | answer.Rate, `{"flags":["watched","rate","no_work"]}`},
		{answer.Honeypot | answer.CrossSite | 1<<31, `{"flags":["honeypot","cross_site","bit_31"]}`},
	} {
		data, err := json.Marshal(answer.Quality{Flags: c.flags})
		if err != nil || string(data) != c.json {
			t.Errorf("%d is %s, %v; want %s", c.flags, data, err, c.json)
		}
		var q answer.Quality
		if err := json.Unmarshal([]byte(c.json), &q); err != nil || q.Flags != c.flags {
			t.Errorf("%s is read as %v, %v", c.json, q, err)
		}
	}
	for _, bad := range []string{`["haste"]`, `["bit_2"]`, `["bit_32"]`, `["bit_-1"]`, `3`} {
		var f answer.Flags
		if err := json.Unmarshal([]byte(bad), &f); err == nil {
			t.Errorf("%s is read as %v", bad, f)
		}
	}
}

func TestCoarseSeconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		took time.Duration
		want int
	}{{-time.Hour, 1}, {0, 1}, {2900 * time.Millisecond, 2}, {19 * time.Second, 12}, {59 * time.Second, 30}, {time.Hour, 300}} {
		if got := answer.CoarseSeconds(c.took); got != c.want {
			t.Errorf("%v are %d seconds, want %d", c.took, got, c.want)
		}
	}
}

// What took longer than a limit is never said to be faster, whatever the limit is.
func TestIsFaster(t *testing.T) {
	t.Parallel()
	for limit := 1; limit <= 310; limit++ {
		for tenths := range 3200 {
			took := time.Duration(tenths) * 100 * time.Millisecond
			q := answer.Quality{Seconds: answer.CoarseSeconds(took)}
			if q.IsFaster(limit) && took >= time.Duration(limit)*time.Second {
				t.Fatalf("%s is faster than %d seconds", took, limit)
			}
		}
	}
	for _, c := range []struct {
		seconds, limit int
		want           bool
	}{{0, 300, false}, {1, 2, true}, {2, 3, true}, {3, 3, false}, {60, 61, false}, {60, 120, true}, {300, 1000, false}} {
		if got := (answer.Quality{Seconds: c.seconds}).IsFaster(c.limit); got != c.want {
			t.Errorf("%d seconds are faster than %d: %t", c.seconds, c.limit, got)
		}
	}
}

// TestQualityAside: how a response came neither makes it another one nor says, once it is erased, how long it took.
func TestQualityAside(t *testing.T) {
	t.Parallel()
	plain := answer.Response{ID: id, Survey: "all", Answers: []answer.Answer{{"single", "a"}}}
	slow := plain
	slow.Quality = answer.Quality{Flags: answer.Watched | answer.Rate, Seconds: 60}
	if plain.Digest() != slow.Digest() {
		t.Error("the digests differ")
	}
	if got, want := slow.Tombstone(nil).Quality, (answer.Quality{Flags: answer.Watched | answer.Rate}); !reflect.DeepEqual(got, want) {
		t.Errorf("a tombstone says %v", got)
	}
}
