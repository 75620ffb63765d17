package local

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

// TestLayout pins the places and the bytes of responses: what is stored must be read by every later version.
func TestLayout(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.now = func() time.Time { return time.Unix(0, 1000) }
	ctx := context.Background()
	full := answer.Response{ID: "6f1c9ee4-5f2b-4b3e-9a30-000000000001", Survey: "tea", Version: "v1", Period: "all", Language: "en", Channel: "web",
		Answers: []answer.Answer{{"taste", "5"}, {"many", "a", "b"}}}
	withPrivate := full
	withPrivate.Private = []answer.Answer{{"mail", "a@b.example"}}
	if created, err := s.Put(ctx, withPrivate); !created || err != nil {
		t.Fatal(created, err)
	}
	tombstone := answer.Response{ID: "plain", Survey: "tea", Version: "v1", Period: "second", Answers: []answer.Answer{{"tier", "a"}}, Withdrawn: true}
	if n, err := s.Import(ctx, "tea", "second", []store.Entry{{Arrived: time.Unix(0, 500), Response: tombstone}}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	got := map[string]string{}
	err = s.db.View(func(tx *bbolt.Tx) error {
		for name, path := range map[string][]string{"log": {"log", "tea", "all"}, "second": {"log", "tea", "second"}, "ids": {"ids", "tea"}, "periods": {"periods", "tea"}, "private": {"private", "tea"}} {
			var keys [][]byte
			for _, part := range path {
				keys = append(keys, []byte(part))
			}
			b := bucket(tx, keys...)
			if b == nil {
				t.Errorf("no bucket %v", path)
				continue
			}
			b.ForEach(func(k, v []byte) error {
				got[name+" "+hex.EncodeToString(k)] = hex.EncodeToString(v)
				return nil
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"log 00000000000003e8":                     "0001046f1c9ee45f2b4b3e9a300000000000010276310102656e010377656202e1020574617374650135e103046d616e7901610162",
		"second 00000000000003e9":                  "ea07010705706c61696e027631000001e10204746965720161",
		"ids 6f1c9ee45f2b4b3e9a30000000000001":     "0100000000000003e847224d0cda20c2cb307b2ec7dcdb66b7",
		"ids a116c9ed46d6207734a43317d30fd88f":     "0200000000000003e9",
		"periods 616c6c":                           "01",
		"periods 7365636f6e64":                     "02",
		"private 6f1c9ee45f2b4b3e9a30000000000001": "010102046d61696c0b6140622e6578616d706c65",
	}
	if !reflect.DeepEqual(got, want) {
		for k, v := range got {
			t.Errorf("%q: %q,", k, v)
		}
	}
}

// TestFileSize bounds what a response takes of the file: 30 answers, under a random id. The file grows by a step at a time,
// so a short run counts the pages that have been in use.
func TestFileSize(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.db.NoSync = true
	clock := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { clock = clock.Add(time.Millisecond); return clock }
	ctx := context.Background()
	def := storetest.RatingSurvey(t, 30)
	if err := s.PutDefinition(ctx, def); err != nil {
		t.Fatal(err)
	}
	used := func() (size int64) {
		if err := s.db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil }); err != nil {
			t.Fatal(err)
		}
		return size
	}
	random := rand.New(rand.NewPCG(1, 2))
	before, n := used(), max(10_000, soak.Cases(10_000, 100_000)) // in fewer, the index of ids has hardly begun to divide its pages
	for range n {
		r := answer.Response{ID: randomID(random), Survey: def.ID, Version: def.Version, Period: "all", Language: "en", Channel: "web"}
		for i := range 30 {
			r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("question_%02d", i), string(rune('1' + random.IntN(5)))})
		}
		if created, err := s.Put(ctx, r); !created || err != nil {
			t.Fatal(created, err)
		}
	}
	each := float64(used()-before) / float64(n)
	t.Logf("%d responses: %.0f bytes each, the file has %d", n, each, fileSize(t, s))
	if each > 200 {
		t.Errorf("a response takes %.0f bytes of the file, and may take 200", each)
	}
	if file := fileSize(t, s); file > used()+growth {
		t.Errorf("the file has %d bytes, and %d are or have been in use", file, used())
	}
}

func randomID(random *rand.Rand) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], random.Uint64())
	binary.BigEndian.PutUint64(id[8:], random.Uint64())
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}
