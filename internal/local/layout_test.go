package local

import (
	"context"
	"encoding/hex"
	"path/filepath"
	"reflect"
	"testing"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// TestLayout reads what earlier versions have written: the places and the bytes of responses must never change.
func TestLayout(t *testing.T) {
	for _, c := range []struct {
		response answer.Response
		shard    int
		key      string // in the index of ids
		body     string
	}{
		{answer.Response{ID: "6f1c9ee4-5f2b-4b3e-9a30-000000000001", Survey: "tea", Version: "v1", Period: "all", Language: "en", Channel: "web",
			Answers: []answer.Answer{{"taste", "5"}, {"many", "a", "b"}}}, 6, "6f1c9ee45f2b4b3e9a30000000000001", "026f1c9ee45f2b4b3e9a3000000000000102763102656e03776562020502057461737465013503046d616e7901610162"},
		{answer.Response{ID: "plain", Survey: "tea", Version: "v1", Period: "all", Answers: []answer.Answer{{"tier", "a"}}, Withdrawn: true}, 0, "a116c9ed46d6207734a43317d30fd88f", "0505706c61696e027631000001020204746965720161"},
	} {
		s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		key, body := decodeHex(t, c.key), decodeHex(t, c.body)
		arrived := []byte{0, 0, 0, 0, 0, 0, 0, 7}
		err = s.db.Update(func(tx *bbolt.Tx) error {
			log, err := makeBucket(tx, responsesBucket, []byte("tea"), []byte("all"), logBucket(c.shard))
			if err == nil {
				err = log.Put(arrived, body)
			}
			if err != nil {
				return err
			}
			ids, err := makeBucket(tx, responsesBucket, []byte("tea"), []byte("all"), idsBucket)
			if err == nil {
				err = ids.Put(key, arrived)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		stored, err := s.Stored(ctx, "tea", "all", c.response.ID)
		if err != nil || stored == nil || !reflect.DeepEqual(stored.Entry.Response, c.response) {
			t.Errorf("read %+v, %v; want %+v", stored, err, c.response)
		}
		read := 0
		for entry, err := range s.After(ctx, store.Shard{Survey: "tea", Period: "all", Number: c.shard}, "") {
			if read++; err != nil || !reflect.DeepEqual(entry.Response, c.response) {
				t.Errorf("the log has %+v, %v; want %+v", entry, err, c.response)
			}
		}
		if read != 1 {
			t.Errorf("%d entries in the log", read)
		}
		if got := appendResponse(nil, c.response); hex.EncodeToString(got) != c.body {
			t.Errorf("%s is written as %x", c.response.ID, got)
		}
	}
}

func decodeHex(t *testing.T, digits string) []byte {
	t.Helper()
	data, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
