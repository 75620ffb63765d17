package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/server/servertest"
)

// TestMoveOldFile carries a data file of an earlier version to a new directory, and serves that.
func TestMoveOldFile(t *testing.T) {
	t.Parallel()
	data, name := oldData(t)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(t.TempDir(), "data-new")
	for range 2 { // the second time nothing is left to do
		code, out, text := command(t, "results", "move", data, into)
		if code != 0 || !strings.Contains(out, into+" has everything") {
			t.Fatalf("move: %d\n%s%s", code, out, text)
		}
	}
	if code, out, text := command(t, "results", "move", into, data); code != 1 || !strings.Contains(text, "is of an earlier version, and only read: name another directory") {
		t.Errorf("back into the old file: %d\n%s%s", code, out, text)
	}
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file has changed, or %v", err)
	}
	old, moved := filepath.Join(t.TempDir(), "old.jsonl"), filepath.Join(t.TempDir(), "new.jsonl")
	for file, from := range map[string]string{old: data, moved: into} {
		if code, _, text := command(t, "results", "export", "service_staff", "--private", "--data", from, "--out", file); code != 0 {
			t.Fatal(text)
		}
	}
	a, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(moved)
	if err != nil || len(a) == 0 || !bytes.Equal(a, b) {
		t.Errorf("other answers are exported after moving, or %v", err)
	}
}

// TestMoveThroughServer moves out of and into the directory of a running server.
func TestMoveThroughServer(t *testing.T) {
	t.Parallel()
	files := map[string]string{"surveys/tea.yaml": servertest.TeaSurvey}
	one := serveFiles(t, serveCommand{NoReload: true}, files)
	send := func(site *servertest.Site, n int) {
		t.Helper()
		response, body := site.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"},
			fmt.Sprintf(`{"id": "6f1c9ee4-5f2b-4b3e-9a30-00000000000%d", "answers": {"taste": "%d"}}`, n, 1+n%5))
		if response.StatusCode != 201 {
			t.Fatal(response.Status, body)
		}
	}
	for n := range 6 {
		send(one, n)
	}
	data, into := filepath.Join(one.Dir, "data"), filepath.Join(t.TempDir(), "new")
	code, out, text := command(t, "results", "move", data, into)
	if code != 0 || !strings.Contains(out, "1 survey, 1 version, 6 responses") || !strings.Contains(text, "In force in") {
		t.Fatalf("out of the server's: %d\n%s%s", code, out, text)
	}
	two := serveFiles(t, serveCommand{NoReload: true}, files)
	send(two, 7)
	other := filepath.Join(two.Dir, "data")
	if code, out, text = command(t, "results", "move", data, other); code != 1 || !strings.Contains(text, "stop one of the two servers") {
		t.Errorf("both are served: %d\n%s%s", code, out, text)
	}
	if code, out, text = command(t, "results", "move", into, other); code != 0 || !strings.Contains(out, "6 responses") || !strings.Contains(out, "and 1 response of its own") {
		t.Fatalf("into the server's: %d\n%s%s", code, out, text)
	}
	servertest.Eventually(t, "the server counts what was moved to it", func() bool {
		code, out, text = command(t, "results", "verify", "--data", other)
		return code == 0 && strings.Contains(out, "tea all: 7 responses, 1 tally, ")
	})
}
