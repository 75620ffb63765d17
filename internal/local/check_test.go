package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func checkedID(i int) string { return fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", i) }

// checkedStore returns a store with responses 0 to 9 of a period and 10 to 19 of another, some private, one erased, and two
// releases of the first.
func checkedStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for i := range 20 {
		r := answer.Response{ID: checkedID(i), Survey: "tea", Period: []string{"a", "b"}[i/10], Version: "v", Language: "en", Answers: []answer.Answer{{"taste", fmt.Sprint(i)}}}
		if i%3 == 0 {
			r.Private = []answer.Answer{{"mail", "a@example.org"}}
		}
		if _, err := s.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if erased, err := s.Erase(t.Context(), "tea", checkedID(4), nil); !erased || err != nil {
		t.Fatal(erased, err)
	}
	for number := 1; number <= 2; number++ {
		r := &release.Release{Survey: "tea", Period: "a", Number: number, Date: "2026-11-01", K: 2, Parts: map[string]*release.Part{"shape": {
			Number: 1, Version: "v", Since: "2026-11-01", K: 2, Cohorts: map[string]*tally.Counters{"": {Respondents: int64(2 * number), Items: map[string]*tally.Item{}}}}}}
		if err := s.Append(t.Context(), r, tally.New(), number); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *Store) problems(t *testing.T) (all []string) {
	t.Helper()
	for _, period := range []string{"a", "b"} {
		for p, err := range s.CheckKeys(t.Context(), "tea", period) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Text.IsZero() {
				t.Errorf("%+v says nothing", p)
			}
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", period, p.What, strings.TrimPrefix(p.Response, "6f1c9ee4-5f2b-4b3e-9a30-0000000000"))))
		}
	}
	return all
}

// damage changes the file behind the store's back.
func (s *Store) damage(t *testing.T, change func(tx *bbolt.Tx) error) {
	t.Helper()
	if err := s.db.Update(change); err != nil {
		t.Fatal(err)
	}
}

// placeOf returns what the index says of a response.
func placeOf(tx *bbolt.Tx, i int) place {
	id := keyOf(checkedID(i))
	at, _ := decodePlace(bucket(tx, idsBucket, []byte("tea")).Get(id[:]))
	at.digest = slices.Clone(at.digest)
	return at
}

func putPlace(tx *bbolt.Tx, i int, at place) error {
	id := keyOf(checkedID(i))
	return bucket(tx, idsBucket, []byte("tea")).Put(id[:], at.encode())
}

func TestCheckKeys(t *testing.T) {
	t.Parallel()
	tea, a := []byte("tea"), []byte("a")
	logA := func(tx *bbolt.Tx) *bbolt.Bucket { return bucket(tx, logBucket, tea, a) }
	for name, c := range map[string]struct {
		damage func(tx *bbolt.Tx) error
		want   []string
		left   []string // after mending
	}{
		"nothing": {damage: func(*bbolt.Tx) error { return nil }},
		"free ids": {
			damage: func(tx *bbolt.Tx) error {
				one, two := keyOf(checkedID(1)), keyOf(checkedID(2))
				ids := bucket(tx, idsBucket, tea)
				ids.Delete(one[:])
				return ids.Delete(two[:])
			},
			want: []string{"a id_missing 01", "a id_missing 02"},
		},
		"no index": {
			damage: func(tx *bbolt.Tx) error { return tx.Bucket(idsBucket).DeleteBucket(tea) },
			want: func() (all []string) {
				for i := range 20 {
					all = append(all, fmt.Sprintf("%s id_missing %02d", []string{"a", "b"}[i/10], i))
				}
				return all
			}(),
		},
		"a position of nothing": {
			damage: func(tx *bbolt.Tx) error {
				at := placeOf(tx, 3)
				at.position++
				return putPlace(tx, 3, at)
			},
			want: []string{"a id_elsewhere 03", "a id_without_entry 03"},
		},
		"the place of another": {
			damage: func(tx *bbolt.Tx) error { return putPlace(tx, 3, placeOf(tx, 15)) },
			want:   []string{"a id_elsewhere 03", "b id_without_entry 03"},
		},
		"an id of nobody at the place of another": {
			damage: func(tx *bbolt.Tx) error { return putPlace(tx, 50, placeOf(tx, 3)) },
			want:   []string{"a id_without_entry 50"},
			left:   []string{"a id_without_entry 50"},
		},
		"an id of nobody in no period": {
			damage: func(tx *bbolt.Tx) error {
				at := placeOf(tx, 13)
				at.period = 9
				return putPlace(tx, 50, at)
			},
			want: []string{"a id_without_entry 50"},
			left: []string{"a id_without_entry 50"},
		},
		"another digest": {
			damage: func(tx *bbolt.Tx) error {
				at := placeOf(tx, 3)
				at.digest[0]++
				return putPlace(tx, 3, at)
			},
			want: []string{"a id_content 03"},
			left: []string{"a id_content 03"}, // it is not what was received
		},
		"a tombstone with a digest": {
			damage: func(tx *bbolt.Tx) error {
				at := placeOf(tx, 4)
				at.digest = placeOf(tx, 3).digest
				return putPlace(tx, 4, at)
			},
			want: []string{"a id_content 04"},
		},
		"a damaged place": {
			damage: func(tx *bbolt.Tx) error {
				id := keyOf(checkedID(3))
				return bucket(tx, idsBucket, tea).Put(id[:], []byte{})
			},
			want: []string{"a id_content 03", "a id_without_entry 03", "b id_without_entry 03"},
		},
		"an entry that is lost": {
			damage: func(tx *bbolt.Tx) error {
				return logA(tx).Delete(binary.BigEndian.AppendUint64(nil, placeOf(tx, 3).position))
			},
			want: []string{"a id_without_entry 03"},
			left: []string{"a id_without_entry 03"},
		},
		"an entry twice": {
			damage: func(tx *bbolt.Tx) error {
				at := placeOf(tx, 3)
				data := logA(tx).Get(binary.BigEndian.AppendUint64(nil, at.position))
				return bucket(tx, logBucket, tea, []byte("b")).Put(binary.BigEndian.AppendUint64(nil, at.position), slices.Clone(data))
			},
			want: []string{"b id_elsewhere 03"},
			left: []string{"b id_elsewhere 03"},
		},
		"another whole release": {
			damage: func(tx *bbolt.Tx) error {
				r := &release.Release{Survey: "tea", Period: "a", Number: 2, Date: "2026-11-01", K: 1, Parts: map[string]*release.Part{}}
				return bucket(tx, releasesBucket, tea).Put(a, withRevision(2, r.Encode()))
			},
			want: []string{"a release_whole"},
		},
		"a damaged whole release": {
			damage: func(tx *bbolt.Tx) error {
				return bucket(tx, releasesBucket, tea).Put(a, withRevision(2, []byte("?")))
			},
			want: []string{"a release_whole"},
		},
		"no whole release": {
			damage: func(tx *bbolt.Tx) error { return bucket(tx, releasesBucket, tea).Delete(a) },
			want:   []string{"a release_whole"},
		},
		"a lost addition": {
			damage: func(tx *bbolt.Tx) error {
				return bucket(tx, addedBucket, tea, a).Delete(binary.BigEndian.AppendUint64(nil, 2))
			},
			want: []string{"a release_whole"},
			left: []string{"a release_whole"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := checkedStore(t)
			s.damage(t, c.damage)
			if got := s.problems(t); !slices.Equal(got, c.want) {
				t.Fatalf("found %q, want %q", got, c.want)
			}
			changed := 0
			for _, period := range []string{"a", "b"} {
				ids, err := s.MendKeys(t.Context(), "tea", period)
				if err != nil {
					t.Fatal(err)
				}
				whole, err := s.MendRelease(t.Context(), "tea", period)
				if err != nil {
					t.Fatal(err)
				}
				if changed += len(ids); whole {
					changed++
				}
			}
			if got := s.problems(t); !slices.Equal(got, c.left) {
				t.Errorf("left after mending: %q, want %q", got, c.left)
			}
			if wanted := len(c.want) > len(c.left); wanted != (changed > 0) {
				t.Errorf("%d changes", changed)
			}
			if len(c.left) > 0 {
				return
			}
			latest, err := s.Latest(t.Context(), "tea")
			if err != nil || len(latest) != 1 || latest[0].Number != 2 || latest[0].Respondents() != 4 {
				t.Errorf("the latest release is %+v, %v", latest, err)
			}
			again := answer.Response{ID: checkedID(1), Survey: "tea", Period: "b", Version: "v", Language: "en", Answers: []answer.Answer{{"taste", "1"}}}
			if created, err := s.Put(t.Context(), again); created || err != nil {
				t.Errorf("a response sent again is stored again: %t, %v", created, err)
			}
			again.ID = checkedID(4)
			if _, err := s.Put(t.Context(), again); err == nil {
				t.Error("a tombstone's id is free")
			}
		})
	}
}

// A period whose log is lost is still one of the survey's, and all its ids are found.
func TestLostLog(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(tx *bbolt.Tx) error{
		"of a period": func(tx *bbolt.Tx) error { return bucket(tx, logBucket, []byte("tea")).DeleteBucket([]byte("b")) },
		"of a survey": func(tx *bbolt.Tx) error { return tx.Bucket(logBucket).DeleteBucket([]byte("tea")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := checkedStore(t)
			s.damage(t, damage)
			periods, err := s.Periods(t.Context(), "tea")
			if err != nil || !slices.Equal(periods, []string{"a", "b"}) {
				t.Errorf("periods %q, %v", periods, err)
			}
			lost := 0
			for p, err := range s.CheckKeys(t.Context(), "tea", "b") {
				if err != nil || p.What != store.IDWithoutEntry {
					t.Fatalf("%+v, %v", p, err)
				}
				lost++
			}
			if lost != 10 {
				t.Errorf("%d ids without an entry are found, want 10", lost)
			}
		})
	}
}

// The error of a record that is cut short names it.
func TestCutRecords(t *testing.T) {
	t.Parallel()
	s := checkedStore(t)
	s.damage(t, func(tx *bbolt.Tx) error {
		tallies, err := makeBucket(tx, talliesBucket, []byte("tea"))
		if err != nil {
			return err
		}
		if err := tallies.Put([]byte("a"), []byte("cut")); err != nil {
			return err
		}
		id := keyOf(checkedID(3))
		if err := bucket(tx, privateBucket, []byte("tea")).Put(id[:], []byte("cut")); err != nil {
			return err
		}
		return bucket(tx, releasesBucket, []byte("tea")).Put([]byte("a"), []byte("cut"))
	})
	s.damage(t, func(tx *bbolt.Tx) error { return bucket(tx, periodsBucket, []byte("tea")).Put([]byte("b"), nil) })
	for _, err := range s.CheckKeys(t.Context(), "tea", "b") {
		if err == nil || !strings.Contains(err.Error(), "tea, the number of period b: damaged record") {
			t.Error(err)
		}
	}
	if _, err := s.Private(t.Context(), "tea", "a", checkedID(3)); err == nil || !strings.Contains(err.Error(), "tea, private answers of "+checkedID(3)) {
		t.Error(err)
	}
	_, revision, err := s.Tally(t.Context(), "tea", "a")
	if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "tally of tea a: damaged") {
		t.Error(err)
	}
	if err := s.SaveTally(t.Context(), "tea", "a", tally.New(), revision); err != nil {
		t.Errorf("a damaged tally is not replaced: %v", err)
	}
	s.damage(t, func(tx *bbolt.Tx) error { // one that a newer program has written is not damaged
		return bucket(tx, talliesBucket, []byte("tea")).Put([]byte("a"), withRevision(1, []byte{9, 0xa0}))
	})
	if _, _, err := s.Tally(t.Context(), "tea", "a"); err == nil || errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("a newer tally: %v", err)
	}
	for _, err := range s.CheckKeys(t.Context(), "tea", "a") {
		if err == nil || !strings.Contains(err.Error(), "latest release of tea a: damaged record") {
			t.Error(err)
		}
		break
	}
}

// The ids of a period are found wherever they are among those of others.
func TestCheckFewAmongMany(t *testing.T) {
	t.Parallel()
	s := checkedStore(t)
	s.damage(t, func(tx *bbolt.Tx) error {
		ids := bucket(tx, idsBucket, []byte("tea"))
		for i := range uint64(idsAtOnce) {
			id := binary.BigEndian.AppendUint64(make([]byte, 8, 16), i)
			if err := ids.Put(id, placeOf(tx, 13).encode()); err != nil {
				return err
			}
		}
		return putPlace(tx, 50, place{period: placeOf(tx, 3).period, position: 1})
	})
	var got []string
	for p, err := range s.CheckKeys(t.Context(), "tea", "a") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Response)
	}
	if !slices.Equal(got, []string{checkedID(50)}) {
		t.Errorf("found %q", got)
	}
}

// A log that ends at the last position there is ends there for its readers, too, and nothing can be put behind it.
func TestLastPosition(t *testing.T) {
	t.Parallel()
	s := checkedStore(t)
	s.damage(t, func(tx *bbolt.Tx) error {
		log := bucket(tx, logBucket, []byte("tea"), []byte("b"))
		_, data := log.Cursor().Last()
		if err := log.Put(binary.BigEndian.AppendUint64(nil, math.MaxUint64), slices.Clone(data)); err != nil {
			return err
		}
		return tx.Bucket(logBucket).SetSequence(math.MaxUint64)
	})
	n := 0
	for _, err := range s.After(t.Context(), "tea", "b", "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > 11 {
			t.Fatal("the log has no end")
		}
	}
	r := answer.Response{ID: checkedID(60), Survey: "tea", Period: "b", Version: "v", Answers: []answer.Answer{{"taste", "1"}}}
	if created, err := s.Put(t.Context(), r); created || err == nil {
		t.Errorf("stored behind the last position: %t, %v", created, err)
	}
	if found, err := s.Find(t.Context(), r.ID); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// The log has as many entries as were put, and more come behind its end.
func TestLogged(t *testing.T) {
	t.Parallel()
	s := checkedStore(t)
	n, end, err := s.Logged(t.Context(), "tea", "a")
	if err != nil || n != 10 {
		t.Fatal(n, err)
	}
	var last store.Entry
	for last, err = range s.After(t.Context(), "tea", "a", "") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if last.Cursor != end {
		t.Errorf("the end is %s, the last entry %s", end, last.Cursor)
	}
	if n, _, err := s.Logged(t.Context(), "tea", "none"); n != 0 || err != nil {
		t.Error(n, err)
	}
}
