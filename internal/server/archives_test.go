package server

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/archive"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/store"
)

// overTea is a survey that has answers of a quarter that is over.
const overTea = servertest.TeaSurvey + "period: quarter\n"

// putOver stores answers of 2020-Q1.
func putOver(t *testing.T, data string) {
	t.Helper()
	s, problems := questionnaire.Parse("tea.yaml", []byte(overTea))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := local.Open(filepath.Join(data, DataFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-00000000000%d", i), Survey: s.ID, Version: s.Version, Period: "2020-Q1", Language: "zh",
			Answers: []answer.Answer{{"taste", fmt.Sprint(1 + i%5)}}}
		if _, err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestArchivesByItself: a server archives a period that is over, once, and removes what a killed one has left.
func TestArchivesByItself(t *testing.T) {
	t.Parallel()
	site := servertest.Files(t, map[string]string{"surveys/tea.yaml": overTea})
	putOver(t, filepath.Join(site, "data"))
	dir := filepath.Join(site, "data", "archives")
	left := filepath.Join(dir, ".tea-2020-Q1.zip-ABC")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	options := Options{Archives: dir}
	name := filepath.Join(dir, "tea-2020-Q1.zip")
	r := serveDir(t, options, site)
	servertest.Eventually(t, "an archive", func() bool { return strings.Contains(r.Printed.String(), "msg=archived ") })
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("what was left is still there")
	}
	checked, err := archive.Check(t.Context(), name)
	if err != nil || len(checked.Findings) > 0 || checked.Manifest.Responses != 5 || checked.Manifest.Releases == 0 {
		t.Fatalf("%+v, %v", checked, err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(name + ".sha256")
	if want := fmt.Sprintf("%x  tea-2020-Q1.zip\n", sha256.Sum256(content)); err != nil || string(sum) != want {
		t.Errorf("%s, %v, want %s", sum, err, want)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}

	// The next server has nothing to do; it has when the checksum is gone, as after a kill just before it.
	if err := os.Remove(name + ".sha256"); err != nil {
		t.Fatal(err)
	}
	r = serveDir(t, options, site)
	servertest.Eventually(t, "another archive", func() bool { return strings.Contains(r.Printed.String(), "msg=archived ") })
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(name); err != nil || string(again) != string(content) {
		t.Error("the same answers give another archive", err)
	}
}

// TestArchivesOfAbsent: who is erased does not stay in an archive of a survey that has no questionnaire any more.
func TestArchivesOfAbsent(t *testing.T) {
	t.Parallel()
	site := servertest.Files(t, map[string]string{"surveys/tea.yaml": overTea, "surveys/coffee.yaml": servertest.TeaSurvey})
	data := filepath.Join(site, "data")
	putOver(t, data)
	options := Options{Archives: filepath.Join(data, "archives")}
	serve := func(said string) {
		t.Helper()
		r := serveDir(t, options, site)
		servertest.Eventually(t, said, func() bool { return strings.Contains(r.Printed.String(), said) })
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	serve("msg=archived ")
	if err := os.Remove(filepath.Join(site, "surveys", "tea.yaml")); err != nil {
		t.Fatal(err)
	}
	opened, err := local.Open(filepath.Join(data, DataFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Erase(t.Context(), opened, "tea", "6f1c9ee4-5f2b-4b3e-9a30-000000000001", nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	serve("archived again")
	checked, err := archive.Check(t.Context(), filepath.Join(options.Archives, "tea-2020-Q1.zip"))
	if err != nil || len(checked.Findings) > 0 || checked.Manifest.Responses != 4 || checked.Manifest.Withdrawn != 1 {
		t.Fatalf("%+v, %v", checked, err)
	}
}

// TestArchiveShelf: an archive that cannot be written whole leaves the one before as it is.
func TestArchiveShelf(t *testing.T) {
	t.Parallel()
	shelf := archiveShelf{filepath.Join(t.TempDir(), "archives")}
	put := func(content string, fail error) error {
		return shelf.Put(t.Context(), "tea-all", "", func(w io.Writer) error {
			if _, err := io.WriteString(w, content); err != nil {
				return err
			}
			return fail
		})
	}
	names := func() string {
		t.Helper()
		entries, err := os.ReadDir(shelf.dir)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return strings.Join(all, " ")
	}
	if err := put("one", nil); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	if err := put("tw", full); !errors.Is(err, full) {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(shelf.path("tea-all")); err != nil || string(content) != "one" || names() != "tea-all.zip tea-all.zip.sha256" {
		t.Errorf("%s, %v: %s", content, err, names())
	}
	for _, damage := range []string{"PK", ""} { // it is no archive: another takes its place
		if err := os.WriteFile(shelf.path("tea-all"), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if state, err := shelf.State(t.Context(), "tea-all"); err != nil || state != "" {
			t.Error(state, err)
		}
	}
	if state, err := shelf.State(t.Context(), "coffee-all"); err != nil || state != "" {
		t.Error(state, err)
	}
}
