package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/project"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/survey"
)

// fill is a command for scripts: `fill DATA SURVEYS` stores what comes in, one submission a line as clients send it with
// "survey" and, if it is to be another than today's, "period" beside it, and publishes.
func fill() {
	if err := fillStore(os.Args[1], os.Args[2], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

func fillStore(data, dir string, answers io.Reader) (err error) {
	surveys, problems, err := project.NewLibrary(dir).Read()
	if err != nil || len(problems) > 0 {
		return errors.Join(err, fmt.Errorf("%d problems: %v", len(problems), problems))
	}
	store, err := local.Open(filepath.Join(data, dataFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ctx := context.Background()
	byID := map[string]*survey.Survey{}
	for _, s := range surveys {
		byID[s.ID] = s
		if err := store.PutDefinition(ctx, s); err != nil {
			return err
		}
	}
	for lines := bufio.NewScanner(answers); lines.Scan(); {
		var about struct{ Survey, Period string }
		fields := map[string]json.RawMessage{}
		if err := errors.Join(json.Unmarshal(lines.Bytes(), &about), json.Unmarshal(lines.Bytes(), &fields)); err != nil {
			return err
		}
		delete(fields, "survey")
		delete(fields, "period")
		body, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		posted, err := answer.FromJSON(body)
		if err != nil {
			return err
		}
		s := byID[about.Survey]
		r, _, problems := answer.Check(s, posted)
		if len(problems) > 0 {
			return fmt.Errorf("%s: %v", lines.Text(), problems)
		}
		if r.Period = about.Period; r.Period == "" {
			r.Period = s.PeriodAt(time.Now())
		}
		if _, err := store.Put(ctx, r); err != nil {
			return err
		}
	}
	pages, err := local.OpenPages(filepath.Join(data, "pages"))
	if err != nil {
		return err
	}
	defer pages.Close()
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return err
	}
	for _, s := range surveys {
		if _, err := publish.New(publish.Options{Log: store, Tallies: store, Releases: store, Pages: pages, Renderer: results.New(renderer), Now: time.Now}).Publish(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// command runs glasspoll, and returns what it printed.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// TestVerbsThroughTheServer does while a server runs what a script does without one.
func TestVerbsThroughTheServer(t *testing.T) {
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

	// Files are written by whoever asks, not by the server: this one is relative to here.
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

	if code, out, text = command(t, "results", "erase", receipts[2], "--data", data); code != 1 || !strings.Contains(text, "Nothing is erased") {
		t.Errorf("erase without --yes: %d\n%s%s", code, out, text)
	}
	if code, out, text = command(t, "results", "erase", strings.ToLower(receipts[2]), "--data", data, "--yes"); code != 0 || !strings.Contains(out, "erased") {
		t.Errorf("erase: %d\n%s%s", code, out, text)
	}
	if !strings.Contains(r.Printed.String(), `msg="response erased" survey=tea period=all id=`) {
		t.Errorf("no line in the server's log:\n%s", r.Printed)
	}
	servertest.Eventually(t, "the server counts again by itself", func() bool {
		code, out, text = command(t, "results", "verify", "--data", data)
		return strings.Contains(out, "tea all: 5 responses and 1 withdrawn, 6 shards, ")
	})
	if code != 0 {
		t.Errorf("verify: %d\n%s%s", code, out, text)
	}

	// What fails there fails here, with the same code.
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

// TestVerbsNameWhatTheyWrite: a server may write for a client only what the verb says here.
func TestVerbsNameWhatTheyWrite(t *testing.T) {
	writers := map[string]verb{
		"results export": &exportCommand{Out: "x"}, "results report": &reportCommand{Out: "x"},
		"results archive": &archiveCommand{Out: "x"}, "results pages": &levelPagesCommand{Out: "x"},
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
