package local_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"glasspoll/internal/local"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// TestLatestIsDecodedOnce wants each release to be decoded once a process, and never after the process has made it.
func TestLatestIsDecodedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	opened, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	made := func(period string, number int) *release.Release {
		return &release.Release{Survey: "tea", Period: period, Number: number, Date: "2026-11-01", K: 5, Parts: map[string]*release.Part{"shape": {
			Number: 1, Version: "v", Since: "2026-11-01", K: 5, Cohorts: map[string]*tally.Counters{"": {Respondents: int64(5 * number), Items: map[string]*tally.Item{}}}}}}
	}
	appended := map[string]*release.Release{}
	for _, period := range []string{"a", "b", "c"} {
		for number := 1; number <= 2; number++ {
			appended[period] = made(period, number)
			if err := opened.Append(ctx, appended[period], tally.New(), number-1); err != nil {
				t.Fatal(err)
			}
		}
	}
	latest := func() map[string]*release.Release {
		t.Helper()
		all, err := opened.Latest(ctx, "tea")
		if err != nil || len(all) != 3 {
			t.Fatal(all, err)
		}
		by := map[string]*release.Release{}
		for _, r := range all {
			by[r.Period] = r
		}
		return by
	}
	for period, r := range latest() {
		if r != appended[period] {
			t.Errorf("release of %s is decoded, though this process has appended it", period)
		}
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	if opened, err = local.Open(path); err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	read := latest()
	for period, r := range read {
		if r == appended[period] || !bytes.Equal(r.Encode(), appended[period].Encode()) {
			t.Errorf("release of %s: read %+v", period, r)
		}
	}
	if err := opened.Append(ctx, made("b", 3), tally.New(), 2); err != nil {
		t.Fatal(err)
	}
	for period, r := range latest() {
		if changed := period == "b"; changed != (r != read[period]) || changed != (r.Number == 3) {
			t.Errorf("release %d of %s, after one of b was appended: decoded again %t", r.Number, period, r != read[period])
		}
	}
}
