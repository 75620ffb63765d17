package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/server/servertest"
)

// oldData returns a data directory with a file that an earlier version wrote, and the file's name.
func oldData(t *testing.T) (data, name string) {
	t.Helper()
	packed, err := os.Open("../internal/local/format2/testdata/format2.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	data = t.TempDir()
	name = filepath.Join(data, "glasspoll.db")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return data, name
}

// TestOldFile runs commands with a data file of an earlier version: those that read do their work and say that it is only
// read, the others say what to do, and the file stays as it is.
func TestOldFile(t *testing.T) {
	t.Parallel()
	data, name := oldData(t)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{} // of the samples those that are asked for, as the others have pictures that take long
	for _, name := range []string{"core_three.yaml", "service_staff.yaml", "service_staff.actions.yaml", "service_staff.quotes.yaml"} {
		files["surveys/"+name] = readTestFile(t, filepath.Join(samplesDir, name))
	}
	surveys := filepath.Join(servertest.Files(t, files), "surveys")
	out := t.TempDir()
	reads := func(want string, arguments ...string) string {
		t.Helper()
		code, stdout, stderr := command(t, append(arguments, "--data", data)...)
		if code != 0 || !strings.Contains(stderr, "is of an earlier version, and only read") || !strings.Contains(stdout+stderr, want) {
			t.Errorf("glasspoll %s: %d\n%s%s", strings.Join(arguments, " "), code, stdout, stderr)
		}
		return stdout
	}
	refuses := func(arguments ...string) {
		t.Helper()
		code, stdout, stderr := command(t, append(arguments, "--data", data)...)
		if code != 1 || !strings.Contains(stderr, "glasspoll results move OLD NEW") {
			t.Errorf("glasspoll %s: %d\n%s%s", strings.Join(arguments, " "), code, stdout, stderr)
		}
	}
	reads("responses", "results", "export", "service_staff", "--private", "--out", filepath.Join(out, "answers.jsonl"))
	reads("core_three 2026-11: 13 responses, not counted yet, or to be counted again, 1 release: agree\n", "results", "verify", "core_three")
	reads("", "results", "report", "service_staff", "--period", "2026-11", "--language", "en", "--surveys", surveys, "--out", filepath.Join(out, "report.html"))
	reads("", "results", "pages", "core_three", "--level", "staff", "--surveys", surveys, "--out", filepath.Join(out, "pages"))
	reads("", "results", "archive", "service_staff", "--period", "2026-10", "--out", filepath.Join(out, "2026-10.zip"))
	var listed []struct{ ID string }
	if err := json.Unmarshal([]byte(reads("", "cases", "list", "--format", "json")), &listed); err != nil || len(listed) < 3 {
		t.Fatal(listed, err)
	}
	reads(listed[0].ID, "cases", "show", listed[0].ID)
	reads("", "cases", "summary", "--quarter", "2026-Q4", "--format", "json")

	reads("service_staff", "results", "show")
	reads(`"revision": `, "results", "show", "core_three", "tally", "--json")
	reads("core_three 2026-11: release 1 of", "results", "show", "core_three", "release", "1")
	var first struct{ ID string }
	if err := json.NewDecoder(strings.NewReader(reads(`{"cursor":`, "results", "show", "core_three", "log"))).Decode(&first); err != nil {
		t.Fatal(err)
	}
	reads("id "+first.ID, "results", "show", "core_three", "response", first.ID)
	reads("core_three 2026-11: nothing to mend", "results", "repair", "core_three", "--yes")

	refuses("results", "erase", first.ID, "--yes")
	refuses("cases", "assign", listed[0].ID, "--owner", "desk")
	refuses("serve", "--addr", "127.0.0.1:0", "--surveys", surveys)

	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file has changed, or %v", err)
	}
}
