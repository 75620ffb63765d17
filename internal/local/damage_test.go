package local_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/local"
	"glasspoll/internal/release"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

func damagedResponse(s *survey.Survey, n int) answer.Response {
	r := answer.Response{ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(n)*2654435761, n), Survey: s.ID, Version: s.Version, Period: "all", Language: "en", Channel: "web"}
	for i := range 3 {
		r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("question_%02d", i), string(rune('1' + n%5))})
	}
	if n%3 == 0 {
		r.Private = []answer.Answer{{"mail", fmt.Sprintf("%d@b.example", n)}}
	}
	return r
}

// fullStore writes a store with something in each of its buckets.
func fullStore(t *testing.T, path string) *survey.Survey {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := local.Open(path)
	must(err)
	ctx := context.Background()
	def := storetest.RatingSurvey(t, 3)
	must(s.PutDefinition(ctx, def))
	var entries []store.Entry
	for n := range 300 {
		entries = append(entries, store.Entry{Arrived: time.Unix(int64(n), 0), Response: damagedResponse(def, n)})
	}
	_, err = s.Import(ctx, def.ID, "all", entries[:250])
	must(err)
	_, err = s.Import(ctx, def.ID, "next", entries[250:])
	must(err)
	counted := tally.New()
	for e, err := range s.After(ctx, def.ID, "all", "") {
		must(err)
		counted.Fold(def, e.Cursor, e.Day(def), e.Response)
	}
	must(s.SaveTally(ctx, def.ID, "all", counted, 0))
	must(s.Append(ctx, &release.Release{Survey: def.ID, Period: "all", Number: 1}, counted, 1))
	for n := range 40 {
		_, err = s.OpenCase(ctx, &cases.Case{ID: fmt.Sprintf("%016d", n), Survey: def.ID, Period: "all", Response: damagedResponse(def, n).ID, Alert: "low"})
		must(err)
	}
	must(s.SaveProgress(ctx, "task", "half"))
	must(s.Close())
	return def
}

// useAll calls every method of a store, whatever it returns.
func useAll(s *local.Store, def *survey.Survey) {
	ctx := context.Background()
	drain := func(all iter.Seq2[store.Entry, error]) {
		for _, err := range all {
			if err != nil {
				return
			}
		}
	}
	s.Surveys(ctx)
	s.Versions(ctx, def.ID)
	s.Definition(ctx, def.ID, "")
	s.Periods(ctx, def.ID)
	s.Ends(ctx, def.ID)
	for _, period := range []string{"all", "next"} {
		drain(s.After(ctx, def.ID, period, ""))
		s.Logged(ctx, def.ID, period)
		for _, err := range s.CheckKeys(ctx, def.ID, period) {
			if err != nil {
				break
			}
		}
		for _, err := range s.History(ctx, def.ID, period) {
			if err != nil {
				break
			}
		}
		if counted, revision, err := s.Tally(ctx, def.ID, period); err == nil && counted != nil {
			s.SaveTally(ctx, def.ID, period, counted, revision)
		}
	}
	s.Latest(ctx, def.ID)
	s.CasesOf(ctx, def.ID)
	s.News(ctx, def.ID)
	s.RemoveNews(ctx, def.ID, "case_"+fmt.Sprintf("%016d", 7))
	s.Progress(ctx, "task")
	for _, n := range []int{0, 1, 100, 270, 299} {
		id := damagedResponse(def, n).ID
		s.Find(ctx, id)
		s.Private(ctx, def.ID, "all", id)
	}
	for n := 298; n < 302; n++ {
		s.Put(ctx, damagedResponse(def, n))
	}
	s.Import(ctx, def.ID, "all", []store.Entry{{Response: damagedResponse(def, 400)}})
	s.Append(ctx, &release.Release{Survey: def.ID, Period: "all", Number: 2}, tally.New(), 2)
	s.MendKeys(ctx, def.ID, "all")
	s.WriteTo(ctx, &bytes.Buffer{})
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	s.Erase(short, def.ID, damagedResponse(def, 2).ID, nil)
}

// TestDamagedPages uses files in which one page is overwritten, each page in turn. What cannot be read or written is an error:
// nothing panics, in no goroutine.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	def := fullStore(t, path)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	end := len(bytes.TrimRight(sound, "\x00"))/size + 1
	kinds := map[string]func(page []byte){
		"zeros": func(page []byte) { clear(page) },
		"ones":  func(page []byte) { copy(page, bytes.Repeat([]byte{0xff}, len(page))) },
		"noise": func(page []byte) {
			for i := range page {
				page[i] += byte(i*i>>3 | 1)
			}
		},
		"content": func(page []byte) { // the header of the page is right
			for i := 16; i < len(page); i++ {
				page[i] ^= 0x55
			}
		},
		"offsets": func(page []byte) { // where its keys and values are
			for i := 16; i < 80; i++ {
				page[i] += 0x11
			}
		},
	}
	opened, damaged := 0, filepath.Join(t.TempDir(), "glasspoll.db")
	step := max(1, end/soak.Cases(6, 1000))
	for name, change := range kinds {
		for page := step / 2; page < end; page += step {
			data := bytes.Clone(sound)
			change(data[page*size : (page+1)*size])
			if err := os.WriteFile(damaged, data, 0o600); err != nil {
				t.Fatal(err)
			}
			func() {
				defer func() {
					if fault := recover(); fault != nil {
						t.Errorf("page %d, %s: panic: %v", page, name, fault)
					}
				}()
				s, err := local.Open(damaged)
				if err != nil {
					return
				}
				opened++
				defer s.Close()
				useAll(s, def)
			}()
		}
	}
	if t.Logf("%d pages, one in %d overwritten, %d files opened", end, step, opened); opened == 0 {
		t.Error("no damaged file is opened: nothing is tested")
	}
}
