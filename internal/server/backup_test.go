package server

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/local"
	"glasspoll/internal/server/servertest"
)

// TestBackups restores a copy that a running server has taken.
func TestBackups(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "copies")
	files := map[string]string{"surveys/tea.yaml": servertest.TeaSurvey}
	data := t.TempDir()
	options := Options{Backups: Backups{Dir: dir, Every: time.Hour, Keep: 2}}

	// The first run stores an answer, and takes a copy at its start, when there is none.
	r := serveFiles(t, options, files)
	response, err := http.Post(r.URL+"api/surveys/tea/responses", "application/json",
		strings.NewReader(`{"id":"6f1c0e0a-5d0e-4d39-9f3a-0d9a3c1f7b11","answers":{"taste":5}}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatal(response.Status)
	}
	servertest.Eventually(t, "a first copy", func() bool { paths, _, _ := local.Backups(dir); return len(paths) == 1 })
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}

	// Over the same data, with a copy that is old enough, there is a second one; and then none, because none is due yet.
	first, _, err := local.Backups(dir)
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "glasspoll-20250101T000000Z.db")
	if err := os.Rename(first[0], old); err != nil {
		t.Fatal(err)
	}
	store, err := local.Open(filepath.Join(r.Dir, "data", "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	b := &backupLoop{options.Backups, store, slog.New(slog.DiscardHandler)}
	if wait, err := b.due(time.Now()); wait > 0 || err != nil {
		t.Errorf("due in %v, %v", wait, err)
	}
	if err := b.take(context.Background()); err != nil {
		t.Fatal(err)
	}
	if wait, err := b.due(time.Now()); wait <= 0 || wait > time.Hour || err != nil {
		t.Errorf("due in %v, %v", wait, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "glasspoll-20990101T000000Z.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if wait, err := b.due(time.Now().Add(2 * time.Hour)); wait > 0 || err != nil {
		t.Errorf("with a copy from the future: due in %v, %v", wait, err)
	}
	if err := os.Remove(filepath.Join(dir, "glasspoll-20990101T000000Z.db")); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}

	// The newest copy has the answer and the definition.
	paths, _, err := local.Backups(dir)
	if err != nil || len(paths) != 2 || paths[0] != old {
		t.Fatal(paths, err)
	}
	restored := filepath.Join(data, "glasspoll.db")
	if err := os.Rename(paths[1], restored); err != nil {
		t.Fatal(err)
	}
	again, err := local.Open(restored)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if periods, err := again.Periods(context.Background(), "tea"); err != nil || len(periods) != 1 {
		t.Errorf("periods of the copy: %v, %v", periods, err)
	}
	if _, err := again.Definition(context.Background(), "tea", ""); err != nil {
		t.Errorf("definition of the copy: %v", err)
	}
}
