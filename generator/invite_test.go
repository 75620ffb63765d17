package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/local"
	"glasspoll/internal/ownerfile"
	"glasspoll/internal/server"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/soak"
)

const invitedTea = `
title: {zh: 喝茶, en: Tea}
languages: [zh, en]
timezone: UTC
access: invited
channels: [email, sms]
results: {min_group: 5}
sections:
  - questions:
      - {id: tier, type: hidden, label: {zh: 类别, en: Kind}, options: [{id: key, label: {zh: 重点, en: Key}}, {id: other, label: {zh: 普通, en: Other}}]}
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}}
`

// aList returns a list of n people.
func aList(n int) string {
	var b strings.Builder
	b.WriteString("name,e-mail,phone,tier\n")
	for i := range n {
		fmt.Fprintf(&b, "客户 %d,c%d@example.com,+86 139%08d,key\n", i, i, i)
	}
	return b.String()
}

// invitingTo makes a project with a survey that invites, a list of n people, and an empty store. It returns the arguments that all
// commands of invite take.
func invitingTo(t *testing.T, n int) (dir string, flags []string) {
	t.Helper()
	dir = servertest.Files(t, map[string]string{"surveys/tea.yaml": invitedTea, "list.csv": aList(n)})
	if err := fillStore(filepath.Join(dir, "data"), filepath.Join(dir, "surveys"), strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	return dir, []string{"--surveys", filepath.Join(dir, "surveys"), "--data", filepath.Join(dir, "data")}
}

// wantEveryoneOnce checks that n people are invited, and that the store has the hashes of their secrets and no others.
func wantEveryoneOnce(t *testing.T, dir string, n int) {
	t.Helper()
	data := filepath.Join(dir, "data")
	record, err := ownerfile.ReadInvitees(ownerfile.InviteesName(data, "tea"), "tea")
	if err != nil {
		t.Fatal(err)
	}
	want := map[invitation.Hash]string{}
	for i := range record.All() {
		if !i.Stored {
			t.Errorf("%s is not noted as stored", i.Contact.Email)
		}
		want[i.Secret.Hash()] = i.Contact.Email
	}
	for i := range n {
		if _, known := record.Find(contacts.Contact{Email: fmt.Sprintf("c%d@example.com", i)}); !known {
			t.Errorf("c%d is not invited", i)
		}
	}
	if record.Len() != n {
		t.Errorf("%d are invited, not %d", record.Len(), n)
	}
	store, err := local.Open(filepath.Join(data, server.DataFile))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	stored := 0
	for i, err := range store.InvitationsOf(t.Context(), "tea") {
		if err != nil {
			t.Fatal(err)
		}
		if want[i.Hash] == "" {
			t.Errorf("%s is in the store, and of nobody", i.Hash)
		}
		stored++
	}
	if stored != n {
		t.Errorf("%d are in the store, not %d", stored, n)
	}
}

// TestMakeIsKilled kills processes that make invitations, and lets another one go on.
func TestMakeIsKilled(t *testing.T) {
	t.Parallel()
	const n = 6000                                                                    // more than are stored at once
	for _, size := range []int64{100_000, 1, 900_000, 1_300_000}[:soak.Cases(1, 4)] { // of the owner's file, when the process is killed
		dir, flags := invitingTo(t, n)
		process := exec.Command("glasspoll", append([]string{"invite", "make", "tea", filepath.Join(dir, "list.csv")}, flags...)...)
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			process.Wait()
			close(done)
		}()
		name := ownerfile.InviteesName(filepath.Join(dir, "data"), "tea")
	waiting:
		for {
			select {
			case <-done: // it was faster: then there is nothing to go on with
				break waiting
			case <-time.After(time.Millisecond):
				if info, err := os.Stat(name); err == nil && info.Size() >= size {
					break waiting
				}
			}
		}
		process.Process.Kill() // it may have ended
		<-done
		code, out, text := command(t, append([]string{"invite", "make", "tea", filepath.Join(dir, "list.csv")}, flags...)...)
		if code != console.ExitOK {
			t.Fatalf("%d: %s%s", code, out, text)
		}
		wantEveryoneOnce(t, dir, n)
	}
}

// TestMakeTwiceAtOnce lets several make invitations of one list at the same time. Whoever comes too late is told so.
func TestMakeTwiceAtOnce(t *testing.T) {
	t.Parallel()
	const n = 300
	dir, flags := invitingTo(t, n)
	var running sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 4 {
		running.Go(func() {
			code, out, text := command(t, append([]string{"invite", "make", "tea", filepath.Join(dir, "list.csv")}, flags...)...)
			mu.Lock()
			defer mu.Unlock()
			if code == console.ExitOK {
				made++
			} else if !strings.Contains(text, "in use by another command") && !strings.Contains(text, "timeout") && !strings.Contains(text, "open in another process") {
				t.Errorf("%d: %s%s", code, out, text)
			}
		})
	}
	running.Wait()
	if made == 0 {
		t.Error("nobody has made any")
	}
	wantEveryoneOnce(t, dir, n)
}

// cramped is a command of tests: `cramped BYTES …` is glasspoll on a disk on which no file can be longer.
func cramped() {
	signal.Ignore(syscall.SIGXFSZ)
	bytes, err := strconv.ParseUint(os.Args[1], 10, 64)
	if err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: math.MaxUint64})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(console.ExitUsage)
	}
	os.Args = append(os.Args[:1], os.Args[2:]...)
	main()
}

// TestMakeOnFullDisk makes invitations on a disk that has a little more room each time, until there is enough.
func TestMakeOnFullDisk(t *testing.T) {
	t.Parallel()
	const n, step = 500, 12_000
	dir, flags := invitingTo(t, n)
	args := append([]string{"invite", "make", "tea", filepath.Join(dir, "list.csv")}, flags...)
	failed := 0
	for ; ; failed++ {
		out, err := exec.Command("cramped", append([]string{strconv.Itoa(failed * step)}, args...)...).CombinedOutput()
		if err == nil {
			break
		}
		if !strings.Contains(string(out), syscall.EFBIG.Error()) || failed > 100 {
			t.Fatalf("with %d bytes: %v, %s", failed*step, err, out)
		}
	}
	if failed < 5 {
		t.Errorf("the disk was full %d times", failed)
	}
	wantEveryoneOnce(t, dir, n)
}

// TestInviteThroughServer invites while a server runs: somebody answers, and it is seen that the invitation is used.
func TestInviteThroughServer(t *testing.T) {
	r := serveFiles(t, serveCommand{NoReload: true}, map[string]string{"surveys/tea.yaml": invitedTea, "list.csv": aList(3)})
	data := filepath.Join(r.Dir, "data")
	flags := []string{"--surveys", filepath.Join(r.Dir, "surveys"), "--data", data}
	do := func(want int, args ...string) (out, text string) {
		t.Helper()
		code, out, text := command(t, append(args, flags...)...)
		if code != want {
			t.Fatalf("%v: %d\n%s%s", args, code, out, text)
		}
		return out, text
	}
	if out, _ := do(0, "invite", "make", "tea", filepath.Join(r.Dir, "list.csv")); !strings.Contains(out, "3 invitations new") {
		t.Error(out)
	}
	if info, err := os.Stat(filepath.Join(data, "tea.invitations")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	record, err := ownerfile.ReadInvitees(ownerfile.InviteesName(data, "tea"), "tea")
	if err != nil || record.Len() != 3 {
		t.Fatal(record, err)
	}
	answer := func(n, want int) {
		t.Helper()
		who, _ := record.Find(contacts.Contact{Email: fmt.Sprintf("c%d@example.com", n)})
		response, body := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"},
			fmt.Sprintf(`{"id": "6f1c9ee4-5f2b-4b3e-9a30-00000000000%d", "invitation": %q, "answers": {"taste": "3"}}`, n, who.Secret.Word()))
		if response.StatusCode != want {
			t.Errorf("%s: %s", response.Status, body)
		}
	}
	answer(1, 201)
	out, _ := do(0, "invite", "status", "tea", "--people", "--format", "json")
	var people []personJSON
	if err := json.Unmarshal([]byte(out), &people); err != nil || len(people) != 3 || people[1].Use != "used" || people[0].Use != "unused" || people[0].Values["tier"] != "key" {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(out, "6f1c9ee4") {
		t.Error("the list names answers")
	}

	// Of all, those who have not answered can be withdrawn. Nobody can answer by them then.
	if out, text := do(1, "invite", "withdraw", "tea", "--all"); !strings.Contains(out, "to be withdrawn: 2; used: 1; withdrawn before: 0") || !strings.Contains(text, "--yes") {
		t.Errorf("%s%s", out, text)
	}
	if out, _ := do(0, "invite", "withdraw", "tea", "--contact", "c0@example.com", "--yes"); !strings.Contains(out, "withdrawn: 1 invitation") {
		t.Error(out)
	}
	answer(0, 403)
	answer(2, 201)
	if out, _ := do(0, "invite", "status", "tea"); !strings.Contains(strings.Join(strings.Fields(out), " "), "all 3 0 0 0 0 0 2 1 0 100 %") {
		t.Error(out)
	}
	if _, text := do(1, "invite", "merge", "tea", "--address", r.URL, "--out", filepath.Join(r.Dir, "links.csv")); !strings.Contains(text, "Left out: used: 2, withdrawn: 1") {
		t.Error(text)
	}
}

// TestListsOfManyPeople reads, invites and counts as many as a list may have.
func TestListsOfManyPeople(t *testing.T) {
	t.Parallel()
	n := soak.Cases(2_000, contacts.MaxRows)
	dir, flags := invitingTo(t, n)
	for _, args := range [][]string{{"invite", "make", "tea", filepath.Join(dir, "list.csv")}, {"invite", "status", "tea"}} {
		if code, out, text := command(t, append(args, flags...)...); code != console.ExitOK || !strings.Contains(out, strconv.Itoa(n)) {
			t.Errorf("%v: %d\n%s%s", args, code, out, text)
		}
	}
	wantEveryoneOnce(t, dir, n)
}

// stopMessages says by the link of an invitee that no more mail is wanted, as the store is told of it.
func stopMessages(t *testing.T, data, survey, email string) {
	t.Helper()
	record, err := ownerfile.ReadInvitees(ownerfile.InviteesName(data, survey), survey)
	if err != nil {
		t.Fatal(err)
	}
	who, _ := record.Find(contacts.Contact{Email: email})
	store, err := local.Open(filepath.Join(data, server.DataFile))
	if err == nil {
		_, err = store.StopMessages(t.Context(), who.Secret.Hash())
		err = errors.Join(err, store.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestStopsAreWrittenDown lets somebody say by the link that no more mail is wanted; the next list respects it.
func TestStopsAreWrittenDown(t *testing.T) {
	t.Parallel()
	dir, flags := invitingTo(t, 3)
	data := filepath.Join(dir, "data")
	args := append([]string{"invite", "make", "tea", filepath.Join(dir, "list.csv")}, flags...)
	if code, out, text := command(t, args...); code != 0 {
		t.Fatal(code, out, text)
	}
	stopMessages(t, data, "tea", "c1@example.com")
	if code, out, text := command(t, args...); code != 0 || !strings.Contains(out, "invited before: 2; no mail wanted: 1") {
		t.Error(code, out, text)
	}
	out, err := ownerfile.ReadOptOuts(ownerfile.OptOutsName(data))
	if err != nil || !out.Has(contacts.Contact{Phone: "+86 139 0000 0001"}) || out.Len() != 2 {
		t.Error(out, err)
	}
}

// TestHostileLists reads what is no list, or none that can be read.
func TestHostileLists(t *testing.T) {
	t.Parallel()
	dir, flags := invitingTo(t, 1)
	gbk := []byte("\xd3\xca\xcf\xe4,\xd0\xd5\xc3\xfb\nli@example.com,\xc0\xee\xc0\xd7\n") // 邮箱,姓名 and 李雷
	for name, c := range map[string]struct {
		content []byte
		code    int
		want    string
	}{
		"gbk.csv":     {gbk, 0, "CSV in GB18030"},
		"bom.csv":     {[]byte("\ufeffe-mail;name\r\nli@example.com;Li\r\n"), 0, "separated by semicolons"},
		"empty.csv":   {nil, 1, "the file is empty"},
		"blank.csv":   {[]byte("\n\n \n"), 1, "the file is empty"},
		"zeros.csv":   {make([]byte, 100), 1, "zeros.csv: "},
		"huge.csv":    {bytes.Repeat([]byte("x,y\n"), contacts.MaxSource/4+1), 1, "larger than 20 MB"},
		"many.csv":    {append([]byte("e-mail\n"), bytes.Repeat([]byte("a@b.cc\n"), contacts.MaxRows+1)...), 1, "more than 100000 rows"},
		"old.xls":     {[]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), 1, "old .xls workbook"},
		"broken.xlsx": {[]byte("PK\x03\x04 and no more"), 1, "broken.xlsx: "},
		"wide.csv":    {append([]byte("e-mail,tier\nli@example.com,"), bytes.Repeat([]byte("k"), 10_000)...), 1, "more than 500 characters"},
		"quotes.csv":  {[]byte("e-mail,name\n\"li@example.com,Li\nann@example.com,Ann\n"), 1, "quotes.csv: "},
		"twice.csv":   {[]byte("e-mail,tier\nli@example.com,key\nLI@EXAMPLE.COM,key\n"), 1, "row 3, column A 'e-mail': 'LI@EXAMPLE.COM' stands in row 2 already"},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, text := command(t, append([]string{"invite", "list", "tea", file}, flags...)...)
		if code != c.code || !strings.Contains(out+text, c.want) {
			t.Errorf("%s: %d\n%.500s%.500s", name, code, out, text)
		}
		if c.code == 0 {
			continue
		}
		if code, _, _ := command(t, append([]string{"invite", "make", "tea", file}, flags...)...); code != 1 {
			t.Errorf("%s: invited: %d", name, code)
		}
	}
	if entries, err := filepath.Glob(filepath.Join(dir, "data", "*.invitations")); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v: a list with faults has made invitations", entries, err)
	}
}

// TestTracking finds lists that git would take.
func TestTracking(t *testing.T) {
	t.Parallel()
	for ignore, want := range map[string]bool{
		"": true, "data/": false, "/data/": false, "data": false, "*.invitations": false, "# data\n": true, "private/data/": true, "/dat": true, "lists": false, "data/lists/": false, "*\n": false, "*.csv": true, "/": true, ".": true,
	} {
		root := t.TempDir()
		dir := filepath.Join(root, "data", "lists")
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.Mkdir(filepath.Join(root, ".git"), 0o700), os.WriteFile(filepath.Join(root, ".gitignore"), []byte(ignore), 0o600)); err != nil {
			t.Fatal(err)
		}
		if found, tracked := tracking(dir); tracked != want || tracked && found != root {
			t.Errorf("%q: %s, %t", ignore, found, tracked)
		}
	}
}
