package local_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"glasspoll/internal/local"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

var (
	_ store.Records          = (*local.Store)(nil)
	_ store.DefinitionWriter = (*local.Store)(nil)
	_ store.Responses        = (*local.Store)(nil)
	_ store.Pages            = (*local.Pages)(nil)
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend { return open(t, t.TempDir()) })
}

func open(t *testing.T, directory string) storetest.Backend {
	t.Helper()
	opened, err := local.Open(filepath.Join(directory, "data", "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := local.OpenPages(filepath.Join(directory, "public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close(); pages.Close() })
	return storetest.Backend{
		Definitions: opened, Catalog: opened, Responses: opened, Collector: opened, Log: opened, Tallies: opened, Releases: opened, Pages: pages,
		Erasure: opened, Cases: opened, Importer: opened, Progress: opened, IDs: opened, Secrets: opened, Invitations: opened, Reviews: opened, Origins: opened, DaySecrets: opened, Withdrawer: opened,
		Reopen: func(t *testing.T) storetest.Backend {
			if err := opened.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, directory)
		},
	}
}

// What is in force is remembered: once a definition has been stored, nobody is given the one before.
func TestDefinitionInForce(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	def := storetest.RatingSurvey(t, 1)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	defer func() { close(stop); readers.Wait() }()
	for i := range 50 {
		next := *def
		next.Version = fmt.Sprint("v", i)
		if err := s.PutDefinition(t.Context(), &next); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Definition(t.Context(), def.ID, ""); err != nil || got.Version != next.Version {
			t.Fatalf("%v, %v after %s", got, err, next.Version)
		}
		if i == 0 {
			for range 2 {
				readers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							s.Definition(context.Background(), def.ID, "")
						}
					}
				})
			}
		}
	}
}
