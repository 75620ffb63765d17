package local_test

import (
	"path/filepath"
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
