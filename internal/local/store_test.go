package local_test

import (
	"path/filepath"
	"testing"

	"glasspoll/internal/intake"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/storetest"
)

var (
	_ intake.Definitions = (*local.Store)(nil)
	_ intake.Responses   = (*local.Store)(nil)
	_ publish.Log        = (*local.Store)(nil)
	_ publish.Tallies    = (*local.Store)(nil)
	_ publish.Releases   = (*local.Store)(nil)
	_ publish.Pages      = (*local.Pages)(nil)
)

func TestConformance(t *testing.T) {
	t.Parallel()
	responses := 100_000
	if testing.Short() {
		responses = 0 // as few as the suite finds enough
	}
	storetest.RunWith(t, storetest.Options{Responses: responses}, func(t *testing.T) storetest.Backend {
		return open(t, t.TempDir())
	})
}

func open(t *testing.T, directory string) storetest.Backend {
	t.Helper()
	store, err := local.Open(filepath.Join(directory, "data", "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := local.OpenPages(filepath.Join(directory, "public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close(); pages.Close() })
	return storetest.Backend{
		Definitions: store, Responses: store, Log: store, Tallies: store, Releases: store, Pages: pages, Erasure: store, Cases: store,
		Reopen: func(t *testing.T) storetest.Backend {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, directory)
		},
	}
}
