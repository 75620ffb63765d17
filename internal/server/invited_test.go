package server

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/invitation"
	"glasspoll/internal/local"
	"glasspoll/internal/server/servertest"
)

// inviteesSurvey returns a survey in a timezone in which it is about noon, so that no test runs into another day.
func inviteesSurvey(keys string) string {
	return fmt.Sprintf("timezone: Etc/GMT%+d\n", time.Now().UTC().Hour()-12) + keys + `
title: {zh: 喝茶, en: Tea}
languages: [zh, en]
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
      - {id: advice, type: long_text, label: {zh: 建议, en: Advice}}
      - {id: tier, type: hidden, segment: true, label: {zh: 级别, en: Tier}, options: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
`
}

// world is a data directory with invitations, of which copies are served.
type world struct {
	dir     string
	secrets []string
	hashes  []invitation.Hash
}

// newWorld makes a world whose invitees have all the same values.
func newWorld(t *testing.T, keys string, invitees int) *world {
	t.Helper()
	w := &world{dir: servertest.Files(t, map[string]string{"surveys/tea.yaml": inviteesSurvey(keys)})}
	if err := serveDir(t, Options{}, w.dir).Stop(); err != nil {
		t.Fatal(err)
	}
	store, err := local.Open(filepath.Join(w.dir, "data", DataFile))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var all []invitation.Invitation
	for n := range invitees {
		secret, err := invitation.NewSecret(bytes.NewReader(bytes.Repeat([]byte{byte(3 + 7*n), 0xa5}, 5)))
		if err != nil {
			t.Fatal(err)
		}
		w.secrets, w.hashes = append(w.secrets, secret.Word()), append(w.hashes, secret.Hash())
		all = append(all, invitation.Invitation{Hash: secret.Hash(), Survey: "tea", Batch: "first", Language: "en", Values: map[string]string{"tier": "a"}})
	}
	if _, err := store.PutInvitations(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	return w
}

// serve serves a copy of the world.
func (w *world) serve(t *testing.T) *running {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "data", "control.sock"))
	return serveDir(t, Options{}, dir)
}

var field = regexp.MustCompile(`name="(_[a-z]+)" value="([^"]*)"`)

const plainForm = "application/x-www-form-urlencoded"

// answers are what somebody says, and under which id.
type answers struct {
	id, taste string
}

// give follows a link and gives answers by it, with all that may happen on the way. It returns the replies' bodies.
func (r *running) give(t *testing.T, secret string, a answers) string {
	t.Helper()
	said := ""
	do := func(want int, method, path string, header map[string]string, body string) string {
		t.Helper()
		response, content := r.Do(t, method, path, header, body)
		if response.StatusCode != want {
			t.Fatalf("%s %s: %d, want %d\n%s", method, path, response.StatusCode, want, content)
		}
		said += fmt.Sprint(response.Header) + content
		return content
	}
	asHTML := map[string]string{"Accept": "text/html"}
	response, _ := r.Do(t, "GET", "/i/"+secret, asHTML, "")
	form := strings.TrimPrefix(response.Header.Get("Location"), "..")
	if response.StatusCode != 303 || !strings.HasPrefix(form, "/api/surveys/tea/form/en") {
		t.Fatal(response.StatusCode, form)
	}
	cookie, _, _ := strings.Cut(response.Header.Get("Set-Cookie"), ";")
	page := do(200, "GET", form, map[string]string{"Cookie": cookie}, "")
	posted := ""
	for _, f := range field.FindAllStringSubmatch(page, -1) {
		if f[1] != "_id" {
			posted += "&" + f[1] + "=" + f[2]
		}
	}
	if !strings.Contains(posted, "_invitation="+secret) {
		t.Fatal(posted)
	}
	sent := map[string]string{"Cookie": cookie, "Content-Type": plainForm, "Accept": "text/html"}
	do(204, "POST", "/i/opened", sent, "_invitation="+secret)
	do(422, "POST", "/api/surveys/tea/responses", sent, "taste=9&_id="+a.id+posted)
	do(303, "POST", "/api/surveys/tea/responses", sent, "tier=b&advice="+strings.Repeat("x", 40)+"&taste="+a.taste+"&_id="+a.id+posted)
	do(303, "POST", "/api/surveys/tea/responses", sent, "advice="+strings.Repeat("x", 40)+"&taste="+a.taste+"&_id="+a.id+posted) // a retry
	do(409, "POST", "/api/surveys/tea/responses", sent, "taste=1"+posted)                                                        // another device
	do(200, "GET", "/i/"+secret, asHTML, "")
	do(200, "POST", "/i/"+secret+"/stop", sent, "List-Unsubscribe=One-Click")
	do(405, "POST", "/i/"+secret, asHTML, "")
	do(404, "GET", "/i/"+secret+"/none", asHTML, "")
	return said
}

// dump returns everything in a data file, by the path of its key.
func dump(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]string{}
	var walk func(at string, b *bbolt.Bucket) error
	walk = func(at string, b *bbolt.Bucket) error {
		return b.ForEach(func(key, value []byte) error {
			name := at + "/" + printable(key)
			if value == nil {
				return walk(name, b.Bucket(key))
			}
			if strings.HasPrefix(name, "tallies/") {
				value = value[8:] // how often it was written, which depends on how fast answers came
			}
			all[name] = string(value)
			return nil
		})
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return walk(printable(name), b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func printable(key []byte) string {
	for _, c := range key {
		if c < ' ' || c > '~' {
			return hex.EncodeToString(key)
		}
	}
	return string(key)
}

// logged returns what was logged, without the times at which lines were written.
func logged(printed string) string {
	return regexp.MustCompile(`time=\S+`).ReplaceAllString(printed, "")
}

// TestNothingJoinsAPersonAndAnAnswer plays a world in which some people answer, and one in which they have exchanged their
// answers. All that is left is the same, byte by byte: store, copies, counters, log. So nothing of it says who said what, nor in
// which order people answered.
func TestNothingJoinsAPersonAndAnAnswer(t *testing.T) {
	t.Parallel()
	const people = 4
	all := make([]answers, people)
	for i := range all {
		all[i] = answers{fmt.Sprintf("6f1c0e0a-5d0e-4d39-9f3a-0d9a3c1f7b1%d", i), fmt.Sprint(i + 1)}
	}
	for _, keys := range []string{"access: invited", "access: both", "access: invited\nanonymity: identified"} {
		w := newWorld(t, keys+"\nresults: {min_group: 10}", people)
		play := func(who []int) (stored, copied map[string]string, printed string) {
			r := w.serve(t)
			for i, a := range all {
				r.give(t, w.secrets[who[i]], a)
				if keys == "access: both" {
					if response, body := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": plainForm}, fmt.Sprintf("taste=3&_id=6f1c0e0a-5d0e-4d39-9f3a-0d9a3c1f7b2%d", i)); response.StatusCode != 303 {
						t.Fatal(response.StatusCode, body)
					}
				}
			}
			if err := r.Stop(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(r.Dir, "data", DataFile)
			store, err := local.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			backup, _, err := store.Backup(context.Background(), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(keys, "identified") {
				wantDays(t, store, w)
			}
			store.Close()
			w.wantNoSecrets(t, r.Dir, filepath.Dir(backup))
			return dump(t, path), dump(t, backup), r.Printed.String()
		}
		stored, copied, printed := play([]int{0, 1, 2, 3})
		otherwise, copiedOtherwise, printedOtherwise := play([]int{2, 3, 1, 0})
		if strings.Contains(keys, "identified") {
			if maps.Equal(stored, otherwise) || maps.Equal(copied, copiedOtherwise) {
				t.Error("identified answers are not joined with who gave them, or this test would not see it")
			}
			continue
		}
		same(t, keys+": the store", stored, otherwise)
		same(t, keys+": a copy", copied, copiedOtherwise)
		if logged(printed) != logged(printedOtherwise) {
			t.Errorf("%s: the log says who answered when:\n%s\n%s", keys, printed, printedOtherwise)
		}
		for i, secret := range w.secrets {
			if strings.Contains(strings.ToUpper(printed), secret) || strings.Contains(printed, w.hashes[i].String()) {
				t.Errorf("%s: an invitation is in the log:\n%s", keys, printed)
			}
		}
	}
}

// TestLogOfCases: when a low score arrived is in the log only where it is stored, too.
func TestLogOfCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		anonymity string
		logged    bool
	}{{"confidential", false}, {"identified", true}} {
		w := newWorld(t, "access: invited\nanonymity: "+c.anonymity+"\nresults: {min_group: 2}\nalerts: [{when: taste <= 2, open: complaint}]", 2)
		r := w.serve(t)
		for i, secret := range w.secrets {
			r.give(t, secret, answers{fmt.Sprintf("6f1c0e0a-5d0e-4d39-9f3a-0d9a3c1f7b1%d", i), "1"})
		}
		servertest.Eventually(t, "a release", func() bool { return strings.Contains(r.Printed.String(), "results released") })
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		if logged := strings.Contains(r.Printed.String(), "cases opened"); logged != c.logged {
			t.Errorf("%s: logged: %t\n%s", c.anonymity, logged, r.Printed.String())
		}
		store, err := local.Open(filepath.Join(r.Dir, "data", DataFile))
		if err != nil {
			t.Fatal(err)
		}
		all, err := store.CasesOf(t.Context(), "tea")
		store.Close()
		if len(all) != 2 || err != nil {
			t.Errorf("%s: %d cases, %v", c.anonymity, len(all), err)
		}
	}
}

// wantNoSecrets reads every byte of all files in some directories, pages that are no longer used included.
func (w *world) wantNoSecrets(t *testing.T, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			for _, word := range w.secrets {
				secret, _ := invitation.ParseSecret(word)
				if bytes.Contains(bytes.ToUpper(content), []byte(word)) || bytes.Contains(content, []byte(secret.Paper())) || bytes.Contains(content, secret[:]) {
					t.Errorf("a secret is in %s", path)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// wantDays checks that the arrival of each answer is the beginning of a day.
func wantDays(t *testing.T, store *local.Store, w *world) {
	t.Helper()
	n := 0
	for e, err := range store.After(t.Context(), "tea", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		if local := e.Arrived.UTC().Add(-time.Duration(time.Now().UTC().Hour()-12) * time.Hour); !local.Equal(local.Truncate(24 * time.Hour)) {
			t.Errorf("arrived at %s", e.Arrived)
		}
		n++
	}
	if n < len(w.secrets) {
		t.Errorf("%d answers", n)
	}
}

// same compares two dumps.
func same(t *testing.T, what string, a, b map[string]string) {
	t.Helper()
	names := slices.Sorted(maps.Keys(a))
	for name := range b {
		if _, found := a[name]; !found {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if a[name] != b[name] {
			t.Errorf("%s: %s differs:\n%q\n%q", what, name, a[name], b[name])
		}
	}
}

// TestNobodyIsSurrounded sends k − 1 answers of one's own around somebody else's. On a survey that is open, what is published of
// the k then tells the other's, because one's own are known. Whoever can answer only once cannot do that.
func TestNobodyIsSurrounded(t *testing.T) {
	t.Parallel()
	const k = 5
	for _, keys := range []string{"", "access: invited"} {
		w := newWorld(t, keys+fmt.Sprintf("\nresults: {min_group: %d}", k), 2)
		r := w.serve(t)
		send := func(secret string, n int, taste string) (status int) {
			body := fmt.Sprintf("taste=%s&_id=6f1c0e0a-5d0e-4d39-9f3a-0d9a3c1f7b1%d", taste, n)
			if keys != "" {
				body += "&_invitation=" + secret
			}
			response, _ := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": plainForm}, body)
			return response.StatusCode
		}
		mine := 0
		for n := range k - 1 {
			if send(w.secrets[0], n, "1") == 303 {
				mine++
			}
		}
		if status := send(w.secrets[1], k, "5"); status != 303 {
			t.Fatal(status)
		}
		if err := r.Stop(); err != nil { // publishes what there is
			t.Fatal(err)
		}
		store, err := local.Open(filepath.Join(r.Dir, "data", DataFile))
		if err != nil {
			t.Fatal(err)
		}
		released, err := store.Latest(t.Context(), "tea")
		store.Close()
		if err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(r.Dir, "data", "pages", "tea", "results", "results.json"))
		if isOpen := keys == ""; isOpen && (mine != k-1 || len(released) != 1 || err != nil || !bytes.Contains(page, []byte(`"5"`))) {
			t.Errorf("open: %d answers of one's own, %d releases, %v\n%s", mine, len(released), err, page)
		} else if !isOpen && (mine != 1 || len(released) != 0) {
			t.Errorf("invited: %d answers of one's own, %d releases", mine, len(released))
		}
	}
}
