package ownerfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitees"
)

func list(from, to int) []contacts.Contact {
	var all []contacts.Contact
	for n := from; n < to; n++ {
		all = append(all, contacts.Contact{Email: fmt.Sprintf("p%d@example.com", n), Name: "李雷"})
	}
	return all
}

func opened(t *testing.T, name string) *Invitees {
	t.Helper()
	f, err := OpenInvitees(name, "tea", Waiting{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func openedOptOuts(t *testing.T, dir string) *OptOuts {
	t.Helper()
	o, err := OpenOptOuts(OptOutsName(dir), Waiting{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func TestBatches(t *testing.T) {
	dir := t.TempDir()
	name := InviteesName(dir, "tea")
	if r, err := ReadInvitees(name, "tea"); err != nil || r.Len() != 0 {
		t.Fatal("a file that does not exist:", err)
	}
	out := openedOptOuts(t, dir)
	if err := out.Add(contacts.Contact{Email: "P3@example.com"}, "2026-11-30"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, new, before, out int }{{0, 5, 4, 0, 1}, {0, 5, 0, 4, 1}, {2, 8, 3, 2, 1}} {
		f := opened(t, name)
		if _, err := OpenInvitees(name, "tea", Waiting{}); err == nil || !strings.Contains(err.Error(), "in use by another command") {
			t.Errorf("opened twice: %v", err)
		}
		d, err := f.Invite(list(c.from, c.to), invitees.Batch{Name: "1"}, out, "2026-11-30")
		if err != nil || len(d.New) != c.new || len(d.Before) != c.before || len(d.OptedOut) != c.out {
			t.Errorf("%+v, %v; want %+v", d, err, c)
		}
		r, err := ReadInvitees(name, "tea") // while it is open
		if err != nil || !reflect.DeepEqual(r, f.Record) {
			t.Errorf("the file is not the record: %v", err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := ReadOptOuts(OptOutsName(dir)); err != nil || o.Len() != 1 || !o.Has(contacts.Contact{Email: "p3@example.com"}) {
		t.Error("the opt-out is not in the file:", err)
	}
	if o, err := ReadOptOuts(OptOutsName(t.TempDir())); err != nil || o.Len() != 0 {
		t.Error("a file that does not exist:", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

// TestOptOutReachesOtherAddresses adds the telephone number of somebody who has opted out by e-mail.
func TestOptOutReachesOtherAddresses(t *testing.T) {
	dir := t.TempDir()
	out := openedOptOuts(t, dir)
	if err := out.Add(contacts.Contact{Email: "li@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	f := opened(t, InviteesName(dir, "tea"))
	defer f.Close()
	for _, l := range [][]contacts.Contact{{{Email: "li@example.com", Phone: "13800138000"}}, {{Phone: "13800138000"}}} {
		if d, err := f.Invite(l, invitees.Batch{}, out, ""); err != nil || len(d.OptedOut) != 1 {
			t.Errorf("%+v, %v", d, err)
		}
	}
}

// TestKilled cuts the file within the last write. It can be opened, has all that was written before, and the list is
// completed by reading it again, without doubles.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	name := InviteesName(dir, "tea")
	out := openedOptOuts(t, dir)
	f := opened(t, name)
	if _, err := f.Invite(list(0, 2), invitees.Batch{}, out, ""); err != nil {
		t.Fatal(err)
	}
	confirmed := slices.Collect(f.All())
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Invite(list(0, 4), invitees.Batch{}, out, ""); err != nil {
		t.Fatal(err)
	}
	f.Close()
	after, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	step := 3
	if testing.Short() {
		step = 23
	}
	for cut := len(before); cut <= len(after); cut += step {
		content := after[:cut]
		if cut%2 == 0 { // blocks that were allocated and not written
			content = append(slices.Clone(content), 0, 0, 0)
		}
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f := opened(t, name)
		d, err := f.Invite(list(0, 4), invitees.Batch{}, out, "")
		if err != nil || len(d.New)+len(d.Before) != 4 || f.Len() != 4 {
			t.Fatalf("cut at %d: %d invitees, %v", cut, f.Len(), err)
		}
		f.Close()
		r, err := ReadInvitees(name, "tea")
		if err != nil || !reflect.DeepEqual(r, f.Record) || !reflect.DeepEqual(slices.Collect(r.All())[:2], confirmed) {
			t.Fatalf("cut at %d: the file is not the record: %v", cut, err)
		}
	}
}

// full writes as much as there is room for.
type full struct {
	*os.File
	room int
	sync error
}

var errFull = errors.New("no room")

func (f *full) WriteAt(text []byte, at int64) (int, error) {
	if n := min(f.room, len(text)); n < len(text) {
		f.File.WriteAt(text[:n], at)
		return n, errFull
	}
	return f.File.WriteAt(text, at)
}

func (f *full) Sync() error { return f.sync }

func (f *full) Truncate(int64) error { return errFull }

// TestFullDisk fails writes at many bytes, and syncing. Nothing more is written until the file is opened again.
func TestFullDisk(t *testing.T) {
	for room := 0; ; room += 37 {
		dir := t.TempDir()
		name := InviteesName(dir, "tea")
		out := openedOptOuts(t, dir)
		f := opened(t, name)
		real, ok := f.journal.file.(*os.File)
		if !ok {
			t.Fatal("not a file")
		}
		disk := &full{File: real, room: room}
		if room == 0 {
			disk.room, disk.sync = 1<<20, errFull
		}
		f.journal.file = disk
		_, err := f.Invite(list(0, 3), invitees.Batch{}, out, "")
		if err == nil {
			f.Close()
			return
		}
		if !errors.Is(err, errFull) {
			t.Fatal(err)
		}
		disk.room, disk.sync = 1<<20, nil
		if _, err := f.Invite(list(3, 4), invitees.Batch{}, out, ""); err == nil {
			t.Fatal("written after an error")
		}
		f.Close()
		f = opened(t, name)
		if d, err := f.Invite(list(0, 3), invitees.Batch{}, out, ""); err != nil || f.Len() != 3 {
			t.Fatalf("room %d: %+v, %v", room, d, err)
		}
		f.Close()
	}
}

// TestForeignFile leaves files alone that are something else.
func TestForeignFile(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"", "name,e-mail\nLi,li@example.com", `{"format":"glasspoll invitations","version":1,"survey":"cake"}` + "\n"} {
		name := filepath.Join(dir, "tea.invitations")
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenInvitees(name, "tea", Waiting{}); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", content, err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != content {
			t.Errorf("%q became %q, %v", content, got, err)
		}
	}
	name := filepath.Join(dir, "edited")
	header := string(invitees.New("tea").Header())
	if err := os.WriteFile(name, []byte(strings.TrimSuffix(header, "\n")), 0o644); err != nil { // by an editor, which leaves out the end
		t.Fatal(err)
	}
	f := opened(t, name)
	if _, err := f.Invite(list(0, 1), invitees.Batch{}, openedOptOuts(t, dir), ""); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if f = opened(t, name); f.Len() != 1 {
		t.Errorf("%d invitees", f.Len())
	}
	f.Close()
}

// TestForget takes somebody out of the bytes of the file, and of what a killed process has left of it.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	name := InviteesName(dir, "tea")
	out := openedOptOuts(t, dir)
	f := opened(t, name)
	people := list(0, 3)
	people[1] = contacts.Contact{Name: "韩梅梅", Email: "mei@example.com", Phone: "13900139000", Values: map[string]string{"tier": "gold"}}
	if _, err := f.Invite(people, invitees.Batch{Name: "1"}, out, ""); err != nil {
		t.Fatal(err)
	}
	two := f.Numbered(2)
	if err := f.Write(two.StoredEvent(), two.ReachedEvent("mei@new.example.com", "2026-11-30T10:00:00Z")); err != nil {
		t.Fatal(err)
	}
	secret := two.Secret.Word()
	if err := os.WriteFile(filepath.Join(dir, ".tea.invitations.123"), []byte("韩梅梅"), 0o600); err != nil {
		t.Fatal(err)
	}
	who := f.Same(contacts.Contact{Email: "mei@example.com"}) // by the address of before
	if len(who) != 1 || who[0] != two {
		t.Fatalf("%+v", who)
	}
	if err := f.Forget(who...); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(f.Numbered(1).StoredEvent()); err == nil {
		t.Error("a file that was replaced takes events")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"韩梅梅", "mei@", "13900139000", "gold", secret} {
			if strings.Contains(string(content), text) {
				t.Errorf("%s has %s:\n%s", e.Name(), text, content)
			}
		}
		if info, err := e.Info(); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	f = opened(t, name)
	defer f.Close()
	if n := len(slices.Collect(f.All())); n != 2 || f.Len() != 3 || f.Forgotten() != 1 || f.Numbered(2) != nil {
		t.Errorf("%d of %d", n, f.Len())
	}
	if d, err := f.Invite(people, invitees.Batch{Name: "2"}, out, ""); err != nil || len(d.New) != 1 {
		t.Errorf("%+v, %v", d, err)
	}
	if again := f.Numbered(4); again == nil || again.Contact.Name != "韩梅梅" || again.Secret.Word() == secret {
		t.Errorf("%+v", again)
	}
}

// TestWaits waits for another command, says so, and gives up.
func TestWaits(t *testing.T) {
	name := InviteesName(t.TempDir(), "tea")
	first := opened(t, name)
	told := make(chan string, 1)
	wait := Waiting{For: time.Hour, Tell: func(name string) { told <- name }}
	done := make(chan error)
	go func() {
		f, err := OpenInvitees(name, "tea", wait)
		if err == nil {
			err = f.Close()
		}
		done <- err
	}()
	if got := <-told; got != name {
		t.Errorf("told %s", got)
	}
	if _, err := OpenInvitees(name, "tea", Waiting{For: time.Nanosecond}); err == nil || !strings.Contains(err.Error(), "in use by another command") {
		t.Errorf("given up: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after waiting: %v", err)
	}
}
