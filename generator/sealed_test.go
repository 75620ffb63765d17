package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/seal"
	"glasspoll/internal/server/servertest"
)

const sealedTea = `title: Tea
languages: [en]
timezone: UTC
results: {min_group: 2}
seal: {keys: [%s]}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
      - {id: mail, type: email, label: E-mail}
      - {id: remark, type: long_text, label: Remark}
alerts:
  - {when: taste <= 2, open: complaint}
`

// keyFile writes a new private key, and returns its file and its public half.
func keyFile(t *testing.T) (file, public string) {
	t.Helper()
	key, err := seal.NewPrivate()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "office.key")
	if err := os.WriteFile(file, key.Encode("2026-11-30"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, key.Public().String()
}

// TestSealedAnswers exports sealed answers and shows the contact data of one case's respondent, with and without the key, while the
// server runs and after. The key changes in between.
func TestSealedAnswers(t *testing.T) {
	t.Parallel()
	first, public := keyFile(t)
	second, publicToo := keyFile(t)
	stranger, _ := keyFile(t)
	r := serveFiles(t, serveCommand{}, map[string]string{"surveys/tea.yaml": fmt.Sprintf(sealedTea, public)})
	data := filepath.Join(r.Dir, "data")
	var receipts []string
	post := func(taste int, name string) {
		t.Helper()
		n := len(receipts) + 1
		body := fmt.Sprintf(`{"id": "0000000%d-0000-8000-8000-000000000001", "answers": {"taste": %d, "mail": "%s@example.org", "remark": "I am %s"}}`, n, taste, name, name)
		response, text := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, body)
		var stored struct{ Receipt string }
		if response.StatusCode != http.StatusCreated || json.Unmarshal([]byte(text), &stored) != nil {
			t.Fatal(response.StatusCode, text)
		}
		receipts = append(receipts, stored.Receipt)
	}
	post(1, "Mei")
	post(5, "Lan")
	r.Write(t, "surveys/tea.yaml", fmt.Sprintf(sealedTea, publicToo))
	servertest.Eventually(t, "the page with the other key", func() bool {
		_, text := r.Get(t, "/tea/definition.json")
		return strings.Contains(text, publicToo)
	})
	post(2, "Zhu")
	var cases map[string]string // ids by receipt
	servertest.Eventually(t, "two cases", func() bool {
		cases = casesByReceipt(t, data)
		return len(cases) == 2
	})
	mei, zhu := cases[receipts[0]], cases[receipts[2]]
	copied := filepath.Join(t.TempDir(), "tea.copy")
	who := []string{"--contact", "--by", "Service desk", "--reason", "call back"}
	for _, step := range []struct {
		args  []string
		code  int
		says  []string
		never []string
	}{
		{[]string{"results", "export", "tea", "--private", "--format", "jsonl"}, 0, []string{`"mail":{"sealed":true}`, `"remark":{"sealed":true}`}, []string{"Mei", "seal1", "opening"}},
		{[]string{"results", "export", "tea", "--private"}, 0, []string{",sealed,"}, []string{"Mei", "seal1"}},
		{[]string{"results", "export", "tea", "--private", "--key", second, "--key", first}, 0, []string{"_opening", "Mei@example.org", "I am Mei", "Lan@example.org", "Zhu@example.org", "3 responses"}, []string{"sealed,", "seal1", "another key"}},
		{[]string{"results", "export", "tea", "--private", "--key", second}, 0, []string{"Zhu@example.org", "mail: other_key; remark: other_key", "remark: other_key", "4 answers: sealed to another key"}, []string{"Mei", "Lan"}},
		{[]string{"results", "export", "tea", "--key", second, "--format", "jsonl"}, 0, []string{`"opening":""`, `"opening":"remark: other_key"`, `"remark":"I am Zhu"`, "which are open now"}, []string{"example.org"}},
		{[]string{"results", "export", "tea", "--key", filepath.Join(r.Dir, "surveys", "tea.yaml")}, 1, []string{"not a private key"}, nil},
		{[]string{"results", "export", "tea", "--key", "nowhere.key"}, 1, []string{"nowhere.key"}, nil},
		{[]string{"results", "export", "tea", "--private", "--out", copied}, 0, []string{"3 responses: " + copied}, []string{"Mei"}},
		{[]string{"results", "export", "tea", "--private", "--from", copied, "--key", first, "--key", second}, 0, []string{"_opening", "Mei@example.org", "Zhu@example.org", "3 responses"}, []string{"sealed,"}},
		{[]string{"results", "export", "tea", "--private", "--from", copied}, 0, []string{",sealed,"}, []string{"_opening", "Mei"}},
		{[]string{"results", "export", "tea", "--from", copied, "--key", first, "--format", "jsonl"}, 0, []string{"I am Mei"}, []string{"Mei@"}},
		{[]string{"results", "export", "coffee", "--from", copied}, 1, []string{"these are answers to tea"}, nil},
		{[]string{"results", "export", "tea", "--from", first}, 1, []string{first}, []string{"sealsecret"}},
		{[]string{"results", "export", "tea", "--from", copied, "--period", "all"}, 2, []string{"--period does not go with --from"}, nil},
		{[]string{"results", "export", "tea", "--format", "copy"}, 2, []string{"--out FILE.copy"}, nil},
		{[]string{"results", "export", "tea", "--out", copied, "--key", first}, 2, []string{"do not go with a copy"}, nil},
		{append([]string{"cases", "show", mei}, who...), 1, []string{"sealed to the key ", "--key FILE"}, []string{"Mei"}},
		{append([]string{"cases", "show", mei, "--key", stranger}, who...), 1, []string{"sealed to the key "}, []string{"Mei"}},
		{[]string{"cases", "show", mei}, 0, nil, []string{"Service desk"}}, // nothing was shown
		{append([]string{"cases", "show", mei, "--key", second, "--key", first}, who...), 0, []string{"E-mail", "Mei@example.org", "It is noted with case " + mei}, []string{"Lan", "Zhu", "I am"}},
		{append([]string{"cases", "show", zhu, "--format", "json", "--key", second}, who...), 0, []string{`"Zhu@example.org"`}, []string{"Mei", "I am", "faults"}},
		{[]string{"results", "correct", receipts[2], "--set", "mail=New@example.org", "--reason", "Mistyped", "--by", "desk", "--yes"}, 0, nil, []string{"seal1."}},
		{append([]string{"cases", "show", zhu, "--key", second}, who...), 0, []string{"New@example.org"}, []string{"Zhu@"}},
		{[]string{"results", "export", "tea", "--private", "--key", second}, 0, []string{"New@example.org"}, []string{"Zhu@"}},
		{[]string{"results", "export", "tea", "--private", "--key", second, "--original"}, 0, []string{"Zhu@example.org"}, []string{"New@"}},
		{[]string{"cases", "show", mei}, 0, []string{"contact data shown by Service desk: call back"}, []string{"Mei@"}},
		{[]string{"cases", "show", mei, "--format", "json"}, 0, []string{`"what": "contact_shown"`, `"by": "Service desk"`, `"reason": "call back"`}, nil},
		{[]string{"cases", "show", mei, "--contact", "--by", "Service desk"}, 2, []string{"--reason TEXT"}, nil},
		{[]string{"cases", "show", mei, "--key", first}, 2, []string{"go with --contact"}, nil},
		{[]string{"cases", "show", mei, "--key", first, "--contact", "--by", " ", "--reason", "x"}, 1, []string{"--by ROLE"}, []string{"Mei@"}},
		{[]string{"results", "erase", receipts[0], "--yes"}, 0, []string{"erased"}, nil},
	} {
		wantCommand(t, data, step.args, step.code, step.says, step.never)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	servertest.Eventually(t, "the case withdrawn", func() bool {
		_, out, _ := commandAt(t, data, "cases", "show", mei)
		return strings.Contains(out, "withdrawn")
	})
	key, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	var out, failures bytes.Buffer
	if code := run(t.Context(), append([]string{"cases", "show", zhu, "--data", data, "--key", "-"}, who...), bytes.NewReader(key), &out, &failures); code != 0 || !strings.Contains(out.String(), "New@example.org") {
		t.Errorf("the key by the standard input: %d\n%s%s", code, &out, &failures)
	}
	gone := append([]string{"cases", "show", mei, "--key", first}, who...)
	wantCommand(t, data, gone, 1, []string{"it has no answers"}, []string{"Mei"})
	wantCommand(t, data, []string{"cases", "show", mei}, 0, []string{"contact data shown by Service desk"}, []string{"call back"})
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	wantCommand(t, data, gone, 1, []string{"it has no answers"}, []string{"Mei"})
	wantCommand(t, data, append([]string{"cases", "show", zhu, "--key", second}, who...), 0, []string{"New@example.org"}, []string{"Lan"})
	wantCommand(t, data, []string{"results", "export", "tea", "--private", "--key", second, "--key", first}, 0, []string{"Lan@example.org", "New@example.org", "2 responses, 1 withdrawn"}, []string{"Mei"})
}

func wantCommand(t *testing.T, data string, args []string, code int, says, never []string) {
	t.Helper()
	got, out, failures := commandAt(t, data, args...)
	if got != code {
		t.Errorf("%v: exit code %d, want %d\n%s%s", args, got, code, out, failures)
	}
	for _, text := range says {
		if !strings.Contains(out+failures, text) {
			t.Errorf("%v does not say %q:\n%s%s", args, text, out, failures)
		}
	}
	for _, text := range never {
		if strings.Contains(out+failures, text) {
			t.Errorf("%v says %q:\n%s%s", args, text, out, failures)
		}
	}
}

// casesByReceipt returns the ids of all cases by the receipts of their responses.
func casesByReceipt(t *testing.T, data string) map[string]string {
	t.Helper()
	_, out, failures := commandAt(t, data, "cases", "list", "--format", "json")
	var listed []struct{ ID, Response string }
	if err := json.Unmarshal([]byte(out), &listed); err != nil {
		t.Fatal(err, out, failures)
	}
	ids := map[string]string{}
	for _, c := range listed {
		_, out, _ := commandAt(t, data, "cases", "show", c.ID)
		for _, line := range strings.Split(out, "\n") {
			if _, rest, found := strings.Cut(line, "(receipt "); found {
				ids[strings.TrimSuffix(strings.TrimSpace(rest), ")")] = c.ID
			}
		}
	}
	return ids
}

// TestKeysStayHere encodes what commands ask of a server: the files of private keys are no part of it.
func TestKeysStayHere(t *testing.T) {
	for _, v := range []any{exportCommand{ID: "tea", Key: []string{"office.key"}, From: "office.copy"}, showCaseCommand{Case: "7K3M", Key: []string{"office.key"}}} {
		if data, err := json.Marshal(v); err != nil || strings.Contains(string(data), "office") {
			t.Errorf("%s, %v", data, err)
		}
	}
}
