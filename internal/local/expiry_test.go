package local

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// expireAll deletes all entries of a log, whose tally has not been saved before.
func expireAll(t *testing.T, s *Store, survey, period string, revision int) []store.Entry {
	t.Helper()
	var all []store.Entry
	for e, err := range s.After(t.Context(), survey, period, "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if err := s.SaveTally(t.Context(), survey, period, tally.New(), revision); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Expire(t.Context(), survey, period, all, revision+1); n != len(all) || err != nil {
		t.Fatal(n, err)
	}
	return all
}

// TestExpiredIsNotInTheFile: what was deleted is overwritten, also if the process was killed between the two, and a copy of the
// file knows as much as it.
func TestExpiredIsNotInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	s := openFile(t, path)
	for n := range 50 {
		r := answer.Response{ID: checkedID(n), Survey: "tea", Version: "v1", Period: "all", Language: "en",
			Answers: []answer.Answer{{"why", fmt.Sprintf("open words of number %d.", n)}}, Private: []answer.Answer{{"mail", fmt.Sprintf("private-%d-@example.org", n)}}}
		if _, err := s.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	has := func() bool {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(raw, []byte("open words of")) || bytes.Contains(raw, []byte("private-"))
	}
	all := expireAll(t, s, "tea", "all", 0)
	if !has() {
		t.Fatal("the file does not hold what was deleted: the test is wrong")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openFile(t, path)
	if err := s.OverwriteExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has() {
		t.Error("the file still holds what was deleted")
	}
	if wanted, err := s.Progress(t.Context(), string(overwriteKey)); wanted != "" || err != nil {
		t.Errorf("and is to be overwritten again: %q, %v", wanted, err)
	}
	copied, err := os.Create(filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if _, err := s.compact(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	c := openFile(t, copied.Name())
	if n, end, err := c.Logged(t.Context(), "tea", "all"); n != 50 || end != all[49].Cursor || err != nil {
		t.Errorf("a copy has had %d up to %s, %v", n, end, err)
	}
}

// TestExpiredPlaces: no place is given twice, also to answers whose arrival is kept to the day, and an earlier program does not
// open the file, which would.
func TestExpiredPlaces(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	put := func(n int) {
		t.Helper()
		if created, err := s.PutOn(t.Context(), someDay, invitedResponse(n)); !created || err != nil {
			t.Fatal(created, err)
		}
	}
	put(1)
	put(2)
	before := expireAll(t, s, "tea", "all", 0)
	put(3)
	var after []store.Entry
	for e, err := range s.After(t.Context(), "tea", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		after = append(after, e)
	}
	if len(after) != 1 || after[0].Cursor <= before[1].Cursor || !after[0].Arrived.Equal(someDay) {
		t.Errorf("%+v, and there was %s", after, before[1].Cursor)
	}
	err := s.view(t.Context(), func(tx *bbolt.Tx) error {
		if got, err := formatOf(tx); got != 5 || err != nil {
			t.Errorf("format %d, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestExpiredByInvitation: marks of invitations whose answers were deleted are as they should be, and more of them are not.
func TestExpiredByInvitation(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	invitePeople(t, s, 4)
	for n := range 3 {
		redeemBy(t, s, n, n, n == 1)
	}
	problems := func() (all []string) {
		for p, err := range s.CheckKeys(t.Context(), "tea", "all") {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(p.What))
		}
		return all
	}
	expireAll(t, s, "tea", "all", 0)
	if got := problems(); len(got) > 0 {
		t.Errorf("found %q", got)
	}
	redeemBy(t, s, 3, 3, true)
	s.damage(t, func(tx *bbolt.Tx) error {
		id := keyOf(invitedResponse(3).ID)
		return bucket(tx, idsBucket, []byte("tea")).Delete(id[:])
	})
	if got := problems(); !slices.Contains(got, string(store.MarkAlone)) {
		t.Errorf("found %q", got)
	}
}

// TestExpiredCutRecords: a record that is cut or continued is an error, and nothing else.
func TestExpiredCutRecords(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	s.now = func() time.Time { return someDay }
	if _, err := s.Put(t.Context(), invitedResponse(1)); err != nil {
		t.Fatal(err)
	}
	expireAll(t, s, "tea", "all", 0)
	whole := expiredEntries{300, 2, 1 << 40}.encode()
	for n := range len(whole) + 2 {
		data := append(slices.Clone(whole), 0)[:n]
		s.damage(t, func(tx *bbolt.Tx) error { return bucket(tx, expiredBucket, []byte("tea")).Put([]byte("all"), data) })
		n, err := s.Expired(t.Context(), "tea", "all")
		_, ends := s.Ends(t.Context(), "tea")
		if isWhole := len(data) == len(whole); (err == nil) != isWhole || (ends == nil) != isWhole || isWhole && n != 300 {
			t.Errorf("%x: %d, %v, %v", data, n, err, ends)
		}
	}
}
