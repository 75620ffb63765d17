package local

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

func openFile(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func personal(person int) invitation.Invitation {
	var secret invitation.Secret
	secret[0], secret[1] = byte(person>>8), byte(person)
	return invitation.Invitation{Hash: secret.Hash(), Survey: "tea", Batch: "all", Channel: "mail", Values: map[string]string{"tier": string(rune('a' + person%2))}}
}

func invitePeople(t *testing.T, s *Store, n int) {
	t.Helper()
	var all []invitation.Invitation
	for person := range n {
		all = append(all, personal(person))
	}
	if added, err := s.PutInvitations(t.Context(), all); added != n || err != nil {
		t.Fatal(added, err)
	}
}

func invitedResponse(n int) answer.Response {
	return answer.Response{ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(n)*2654435761, n), Survey: "tea", Version: "v1", Period: "all", Language: "en",
		Answers: []answer.Answer{{"taste", fmt.Sprint(n)}}, Private: []answer.Answer{{"why", fmt.Sprint("because of ", n)}}}
}

var someDay = time.Date(2026, 11, 30, 0, 0, 0, 0, time.FixedZone("", 8*60*60))

func redeemBy(t *testing.T, s *Store, person, n int, identified bool) {
	t.Helper()
	created, err := s.Redeem(t.Context(), store.Redemption{Response: invitedResponse(n), Hash: personal(person).Hash, Identified: identified, Day: someDay})
	if !created || err != nil {
		t.Fatal(created, err)
	}
}

// TestFormatOfInvitations: a file can be opened by an earlier program until an invitation is stored in it.
func TestFormatOfInvitations(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	s := openFile(t, path)
	want := func(format int) {
		t.Helper()
		err := s.view(t.Context(), func(tx *bbolt.Tx) error {
			if got, err := formatOf(tx); err != nil || got != format {
				t.Errorf("format %d, %v; want %d", got, err, format)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	want(3)
	if _, err := s.PutInvitations(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if created, err := s.PutOn(t.Context(), someDay, invitedResponse(1)); !created || err != nil {
		t.Fatal(created, err)
	}
	want(3)
	invitePeople(t, s, 1)
	want(4)
	s.Close()
	s = openFile(t, path)
	want(4)
}

// TestLayoutOfInvitations pins what is stored of an invitation, and of answers whose arrival is kept to the day.
func TestLayoutOfInvitations(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	s.now = func() time.Time { return someDay.Add(11*time.Hour + 59*time.Minute) }
	ctx := t.Context()
	other := invitedResponse(100)
	other.Survey = "coffee"
	if created, err := s.Put(ctx, other); !created || err != nil { // its position is a time
		t.Fatal(created, err)
	}
	invitePeople(t, s, 3)
	redeemBy(t, s, 1, 1, false)
	redeemBy(t, s, 2, 2, true)
	day := fmt.Sprintf("%016x", someDay.UnixNano())
	last := day[:15] + string("0123456789abcdef"[someDay.UnixNano()&15+1])
	want := map[string]string{
		"marks":    "01a50163746561026" + "3616c6c05646d61696c" + "06a164746965726162" + "0af5",
		"names":    "01a60163746561026" + "3616c6c05646d61696c" + "06a164746965726161" + "0af5" + "0b7824" + hex.EncodeToString([]byte(invitedResponse(2).ID)),
		"position": day + " " + last,
		"arrivals": fmt.Sprint(someDay.UnixNano(), " ", someDay.UnixNano()),
	}
	got := map[string]string{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		one, two := personal(1).Hash, personal(2).Hash
		got["marks"] = hex.EncodeToString(tx.Bucket(invitationsBucket).Get(one[:]))
		got["names"] = hex.EncodeToString(tx.Bucket(invitationsBucket).Get(two[:]))
		var positions, arrivals []string
		bucket(tx, logBucket, []byte("tea"), []byte("all")).ForEach(func(k, v []byte) error {
			positions = append(positions, hex.EncodeToString(k))
			position, _ := parseCursor("")
			for _, b := range k {
				position = position<<8 | uint64(b)
			}
			arrived, _, err := splitLogEntry(position, v)
			arrivals = append(arrivals, fmt.Sprint(arrived))
			return err
		})
		got["position"], got["arrivals"] = strings.Join(positions, " "), strings.Join(arrivals, " ")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s, want %s", name, got[name], want[name])
		}
	}
	if created, err := s.Put(ctx, invitedResponse(3)); !created || err != nil { // a position is never given before one that has been
		t.Fatal(created, err)
	}
	redeemBy(t, s, 0, 4, false)
	before := ""
	n := 0
	for e, err := range s.After(ctx, "tea", "all", "") {
		if err != nil || e.Cursor <= before {
			t.Errorf("%s after %s, %v", e.Cursor, before, err)
		}
		before = e.Cursor
		n++
	}
	if n != 4 {
		t.Errorf("%d entries", n)
	}
}

// TestRedeemUndone: a redemption that fails after it has written the mark writes nothing, and the invitation can be used.
func TestRedeemUndone(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	invitePeople(t, s, 1)
	place := func(damaged bool) { // the log of the period is to be in a bucket
		s.damage(t, func(tx *bbolt.Tx) error {
			b, err := makeBucket(tx, logBucket, []byte("tea"))
			if err != nil {
				return err
			}
			if damaged {
				return b.Put([]byte("all"), []byte("no bucket"))
			}
			return b.Delete([]byte("all"))
		})
	}
	place(true)
	use := store.Redemption{Response: invitedResponse(1), Hash: personal(0).Hash, Day: someDay}
	if created, err := s.Redeem(t.Context(), use); created || err == nil {
		t.Error("stored where there is no place")
	}
	if i, err := s.Invitation(t.Context(), use.Hash); err != nil || i.Redeemed {
		t.Errorf("%+v, %v", i, err)
	}
	if taken, err := s.Taken(t.Context(), "tea", use.Response.ID); taken || err != nil {
		t.Errorf("the id is taken, %v", err)
	}
	place(false)
	redeemBy(t, s, 0, 1, false)
}

// TestNothingJoinsPersonAndAnswers stores the same answers twice: given by other people, and at other times of the day. The
// copies of the two stores must be the same in everything, and have nothing else in free pages. If the survey is identified,
// they are not the same.
func TestNothingJoinsPersonAndAnswers(t *testing.T) {
	t.Parallel()
	const people = 300
	tell := func(shift int, hour time.Duration, identified bool) []string {
		dir := t.TempDir()
		s := openFile(t, filepath.Join(dir, "glasspoll.db"))
		s.db.NoSync = true
		clock := someDay.Add(hour)
		s.now = func() time.Time { return clock }
		if err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(secretKey, make([]byte, store.SecretSize)) }); err != nil {
			t.Fatal(err)
		}
		invitePeople(t, s, people)
		for n := range people / 2 {
			clock = clock.Add(time.Duration(1+shift%7) * time.Second)
			redeemBy(t, s, (n*2+shift*2)%people, n, identified)
		}
		path, _, err := s.Backup(t.Context(), filepath.Join(dir, "copies"))
		if err != nil {
			t.Fatal(err)
		}
		free := freePages(t, path)
		for person := range people {
			if hash := personal(person).Hash; bytes.Contains(free, hash[:]) {
				t.Errorf("invitation %d is in a free page of the copy", person)
			}
			if bytes.Contains(free, []byte(fmt.Sprint("because of ", person))) {
				t.Errorf("answers %d are in a free page of the copy", person)
			}
		}
		return contentOf(t, openFile(t, path))
	}
	for _, identified := range []bool{false, true} {
		one, other := tell(0, 9*time.Hour, identified), tell(77, 15*time.Hour, identified)
		if same := slices.Equal(one, other); same == identified {
			t.Errorf("identified: %t, and the copies are the same: %t", identified, same)
		}
	}
}

// freePages returns what is in a file's free pages, and behind the last page.
func freePages(t *testing.T, path string) (free []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	size := db.Info().PageSize
	err = db.View(func(tx *bbolt.Tx) error {
		for id := 0; id < len(data)/size; id++ {
			page, err := tx.Page(id)
			if err != nil {
				return err
			}
			if page == nil || page.Type == "free" {
				free = append(free, data[id*size:(id+1)*size]...)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return free
}

// TestCompactedCopy copies a store with invitations, in several transactions: the copy has everything, and nothing that was
// overwritten or freed. It ends with its context, and leaves nothing behind.
func TestCompactedCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openFile(t, filepath.Join(dir, "glasspoll.db"))
	s.db.NoSync = true
	ctx := t.Context()
	invitePeople(t, s, 40)
	for n := range 40 {
		r := invitedResponse(n)
		r.Answers = append(r.Answers, answer.Answer{"text", strings.Repeat("x", compactedAtOnce/20)})
		if created, err := s.Redeem(ctx, store.Redemption{Response: r, Hash: personal(n).Hash}); !created || err != nil {
			t.Fatal(created, err)
		}
	}
	if err := s.SaveProgress(ctx, "task", "old content of the task"); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveProgress(ctx, "task", "new"); err != nil {
		t.Fatal(err)
	}
	copies := filepath.Join(dir, "copies")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := s.Backup(cancelled, copies); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	path, _, err := s.Backup(ctx, copies)
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(copies); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("old content of the task")) {
		t.Error("the copy has what was overwritten")
	}
	restored := openFile(t, path)
	if one, other := contentOf(t, s), contentOf(t, restored); !slices.Equal(one, other) {
		t.Errorf("the copy has %d values, or others, of %d", len(other), len(one))
	}
	if created, err := restored.Put(ctx, invitedResponse(1000)); !created || err != nil {
		t.Error(created, err)
	}
	err = restored.db.View(func(tx *bbolt.Tx) error {
		for fault := range tx.Check() {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// contentOf lists every value in a file by its path, with the sequences of buckets.
func contentOf(t *testing.T, s *Store) (all []string) {
	t.Helper()
	var walk func(path string, b *bbolt.Bucket) error
	walk = func(path string, b *bbolt.Bucket) error {
		all = append(all, fmt.Sprint(path, " ", b.Sequence()))
		return b.ForEach(func(k, v []byte) error {
			at := fmt.Sprintf("%s/%x", path, k)
			if v == nil {
				return walk(at, b.Bucket(k))
			}
			all = append(all, fmt.Sprintf("%s=%x", at, v))
			return nil
		})
	}
	err := s.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return walk(string(name), b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestMarksAreChecked takes answers away that were given by invitation.
func TestMarksAreChecked(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	ctx := t.Context()
	invitePeople(t, s, 4)
	for n := range 3 {
		redeemBy(t, s, n, n, n == 1)
	}
	check := func(want ...string) {
		t.Helper()
		var got []string
		for p, err := range s.CheckKeys(ctx, "tea", "all") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(p.What, " ", p.Response))
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %q, want %q", got, want)
		}
	}
	check()
	lose := func(n int) {
		s.damage(t, func(tx *bbolt.Tx) error {
			id := keyOf(invitedResponse(n).ID)
			at, err := decodePlace(bucket(tx, idsBucket, []byte("tea")).Get(id[:]))
			if err != nil {
				return err
			}
			key, err := hex.DecodeString(fmt.Sprintf("%016x", at.position))
			if err != nil {
				return err
			}
			return errors.Join(bucket(tx, idsBucket, []byte("tea")).Delete(id[:]), bucket(tx, logBucket, []byte("tea"), []byte("all")).Delete(key))
		})
	}
	lose(2)
	check("mark_alone ")
	lose(1)
	check("mark_alone "+invitedResponse(1).ID, "mark_alone ")
	if created, err := s.Put(ctx, invitedResponse(50)); !created || err != nil { // as if the answers were others
		t.Fatal(created, err)
	}
	check("mark_alone "+invitedResponse(1).ID, "mark_alone ")
	s.damage(t, func(tx *bbolt.Tx) error {
		hash := personal(3).Hash
		return tx.Bucket(invitationsBucket).Put(hash[:], []byte{math.MaxUint8})
	})
	damaged := false
	for _, err := range s.CheckKeys(ctx, "tea", "all") {
		damaged = err != nil && strings.Contains(err.Error(), personal(3).Hash.String())
	}
	if !damaged {
		t.Error("a damaged invitation is not found")
	}
}
