package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/server/servertest"
)

// command runs glasspoll, and returns what it printed.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// TestVerbsThroughServer runs verbs while a server runs; the scripts run them without one.
func TestVerbsThroughServer(t *testing.T) {
	r := serveFiles(t, serveCommand{NoReload: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey + "      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}\n"})
	var receipts []string
	for i := range 6 {
		response, body := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"},
			fmt.Sprintf(`{"id": "6f1c9ee4-5f2b-4b3e-9a30-00000000000%d", "answers": {"taste": "%d", "mail": "guest%d@example.org"}}`, i, 1+i%5, i))
		if response.StatusCode != 201 {
			t.Fatal(response.Status, body)
		}
		var stored struct{ Receipt string }
		if err := json.Unmarshal([]byte(body), &stored); err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, stored.Receipt)
	}
	data := filepath.Join(r.Dir, "data")
	if info, err := os.Stat(filepath.Join(data, "control.sock")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	code, out, text := command(t, "results", "export", "tea", "--data", data, "--no-bom")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if code != 0 || err != nil || len(rows) != 7 || !strings.Contains(text, "6 responses") || strings.Contains(out, "guest") {
		t.Fatalf("export: %d, %v\n%s%s", code, err, out, text)
	}

	// Files are written by the client, not by the server: this path is relative to here.
	t.Chdir(t.TempDir())
	if code, _, text = command(t, "results", "export", "tea", "--data", data, "--private", "--out", "private.jsonl"); code != 0 || !strings.Contains(text, "private answers") {
		t.Fatalf("export --private: %d\n%s", code, text)
	}
	content, err := os.ReadFile("private.jsonl")
	if err != nil || strings.Count(string(content), "guest") != 6 {
		t.Errorf("%v\n%s", err, content)
	}
	for _, name := range []string{"private.jsonl", "private.codebook.csv", "private.codebook.html"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}

	// So is what a browser here is to print.
	if code, _, text = command(t, "results", "pdf", "tea", "--data", data, "--level", "management", "--out", "tea.html"); code != 0 {
		t.Errorf("pdf: %d\n%s", code, text)
	}
	if page, err := os.ReadFile("tea.html"); err != nil || !strings.HasPrefix(string(page), "<!doctype html>") || !strings.HasSuffix(string(page), "</main>\n") {
		t.Errorf("%v\n%s", err, page)
	}

	// The report is made where the answers are, and belongs to whoever asked for it.
	if code, _, text = command(t, "report", "tea", "--month", time.Now().UTC().Format("2006-01"), "--data", data, "--out", "brief"); code != 0 {
		t.Errorf("report: %d\n%s", code, text)
	}
	for _, name := range []string{"brief.html", "brief.docx", "brief.xlsx"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 || info.Size() < 5000 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}

	if code, out, text = command(t, "results", "erase", receipts[2], "--data", data); code != 1 || !strings.Contains(text, "Nothing is erased") {
		t.Errorf("erase without --yes: %d\n%s%s", code, out, text)
	}
	if code, out, text = command(t, "results", "erase", strings.ToLower(receipts[2]), "--data", data, "--yes"); code != 0 || !strings.Contains(out, "erased") {
		t.Errorf("erase: %d\n%s%s", code, out, text)
	}
	if !strings.Contains(r.Printed.String(), `msg="response erased" survey=tea period=all id=`) {
		t.Errorf("no line in the server's log:\n%s", r.Printed)
	}
	servertest.Eventually(t, "the server counts the tombstone", func() bool {
		code, out, text = command(t, "results", "verify", "--data", data)
		return code == 0 && strings.Contains(out, "tea all: 5 responses and 1 withdrawn, 1 tally, ")
	})

	// What visitors can read is compared, too: a file that somebody else has changed is found.
	servertest.Eventually(t, "the files are written, and agree", func() bool {
		code, out, text = command(t, "results", "verify", "--data", data, "--json")
		return code == 0 && strings.Contains(out, `"pages": 3`)
	})
	figures := filepath.Join(data, "pages", "tea", "results", "results.csv")
	replaced := filepath.Join(data, "pages", ".revisions", "tea", "results", "results.csv")
	forge := func() error {
		served, err := os.ReadFile(figures)
		if err != nil {
			return err
		}
		note, err := os.ReadFile(replaced)
		if err != nil {
			return err
		}
		forged := append(served, "tea,all,,,,,\n"...)
		tag := fmt.Sprintf("%x", sha256.Sum256(forged))
		return errors.Join(os.WriteFile(figures, forged, 0o644), os.WriteFile(replaced, append([]byte(tag), note[len(tag):]...), 0o644))
	}
	servertest.Eventually(t, "a forged file is found", func() bool { // the server may write the file once more
		if err := forge(); err != nil {
			t.Fatal(err)
		}
		code, out, text = command(t, "results", "verify", "--data", data)
		return code == 1 && strings.Contains(out, "tea/results/results.csv is not what follows from the releases")
	})

	// Errors keep their exit codes.
	if code, _, text = command(t, "results", "export", "coffee", "--data", data); code != 1 || !strings.Contains(text, "there is no survey coffee here: there are tea") {
		t.Errorf("unknown survey: %d\n%s", code, text)
	}
	if code, _, text = command(t, "results", "export", "tea", "--data", data, "--language", "ar"); code != 2 || !strings.Contains(text, "zh and en") {
		t.Errorf("unknown language: %d\n%s", code, text)
	}
	if code, _, text = command(t, "results", "export", "tea", "--data", data, "--out", data+"/pages"); code != 1 || !strings.Contains(text, "is a directory") {
		t.Errorf("into a directory: %d\n%s", code, text)
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, "control.sock")); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
	if code, _, text = command(t, "results", "verify", "--data", data); code != 0 {
		t.Errorf("without the server: %d\n%s", code, text)
	}
}

// TestVerbsNameTheirFiles checks that a client writes only files that the verb names.
func TestVerbsNameTheirFiles(t *testing.T) {
	t.Parallel()
	writers := map[string]verb{
		"results export": &exportCommand{Out: "x"}, "results report": &reportCommand{Out: "x"},
		"results archive": &archiveCommand{Out: "x"}, "results pages": &levelPagesCommand{Out: "x"}, "results charts": &chartsCommand{Out: "x"},
		"results workbook": &workbookCommand{Out: "x"},
		"report":           &briefCommand{Out: "x"},
	}
	for name, create := range verbs {
		if _, writes := create().(fileWriter); writes != (writers[name] != nil) {
			t.Errorf("%s: writes files: %t", name, writes)
		}
	}
	for name, v := range writers {
		if got := v.(fileWriter).writesTo(); got != "x" {
			t.Errorf("%s writes to %q", name, got)
		}
	}
}
