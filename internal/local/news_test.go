package local

import (
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
)

// TestOutboxOfBefore reads what earlier versions have written: the ids of opened cases alone.
func TestOutboxOfBefore(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range []string{"7K3M9QXA2B4CD5E6", "8K3M9QXA2B4CD5E6", "9K3M9QXA2B4CD5E6"} {
		c := &cases.Case{ID: id, Survey: "tea", Type: "complaint", Opened: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
		if _, err := s.OpenCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	err = s.update(t.Context(), func(tx *bbolt.Tx) error {
		b, err := makeBucket(tx, untoldBucket, []byte("tea"))
		if err != nil {
			return err
		}
		for _, id := range []string{"7K3M9QXA2B4CD5E6", "8K3M9QXA2B4CD5E6", "0000000000000000"} { // the last one has no case
			if err := b.Put([]byte(id), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ids := func() (ids []string) {
		t.Helper()
		all, err := s.News(t.Context(), "tea")
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			if i.Kind != news.CaseOpened || i.Case == nil || i.Case.Type != "complaint" {
				t.Errorf("%+v", i)
			}
			ids = append(ids, i.ID)
		}
		return ids
	}
	if got := ids(); len(got) != 2 || got[0] != "case_7K3M9QXA2B4CD5E6" {
		t.Fatal(got)
	}
	all, _ := s.News(t.Context(), "tea")
	all[0].Deliveries = map[string]news.Delivery{"slack": {Attempts: 1}}
	if err := s.SaveNews(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	if again, _ := s.News(t.Context(), "tea"); len(again) != 2 || again[0].Deliveries["slack"].Attempts != 1 || again[0].Revision != 1 {
		t.Fatalf("%+v", again)
	}
	for _, i := range all {
		if err := s.RemoveNews(t.Context(), "tea", i.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := ids(); len(got) != 0 {
		t.Errorf("%v are left", got)
	}
}
