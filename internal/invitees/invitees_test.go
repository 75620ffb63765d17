package invitees

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/soak"
)

func TestMain(m *testing.M) { soak.Main(m, 3_000) }

// random is a source of bytes that gives the same ones each time.
type random struct{ *rand.Rand }

func (r random) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = byte(r.Uint32())
	}
	return len(into), nil
}

func source(seed uint64) io.Reader { return random{rand.New(rand.NewPCG(seed, 1))} }

// A world is a record with its file, as it would be on a disk, and the people outside.
type world struct {
	*rapid.T
	record   *Record
	file     []byte
	out      *OptOuts
	known    map[string]bool // addresses of all lists that were read to their end
	received map[int]int     // invitations, by invitee
	random   io.Reader
}

// write adds events to the file, all of them or, if the process is killed, a part. The record is what the file has.
func (w *world) write(events ...Event) (alive bool) {
	var text []byte
	for _, e := range events {
		if err := w.record.Apply(e); err != nil {
			w.Fatal(err)
		}
		text = append(text, e.Line()...)
	}
	alive = rapid.IntRange(0, 4).Draw(w.T, "kill") > 0
	if !alive {
		text = text[:rapid.IntRange(0, len(text)).Draw(w.T, "written")]
		text = append(text, make([]byte, rapid.IntRange(0, 3).Draw(w.T, "zeros"))...)
	}
	read, counts, err := Decode("tea", append(w.file, text...))
	if err != nil {
		w.Fatal(err)
	}
	w.file = slices.Clone(append(w.file, text...)[:counts])
	if w.file[counts-1] != '\n' {
		w.file = append(w.file, '\n')
	}
	if alive && !reflect.DeepEqual(read, w.record) {
		w.Fatalf("the file\n%s is not the record", w.file)
	}
	w.record = read
	return alive
}

func (w *world) contacts() []contacts.Contact {
	one := rapid.Custom(func(t *rapid.T) contacts.Contact {
		c := contacts.Contact{
			Email: rapid.SampledFrom([]string{"", "a@b.example", "A@B.example", "c@d.example", "e@f.example", "g@h.example"}).Draw(t, "email"),
			Phone: rapid.SampledFrom([]string{"", "13800138000", "+86 138 0013 8000", "13800138001", "010-12345678"}).Draw(t, "phone"),
		}
		if c.Email == "" && c.Phone == "" {
			c.Phone = "12345678"
		}
		return c
	})
	return rapid.SliceOfN(one, 0, 6).Draw(w.T, "list")
}

func (w *world) keysKnown(c contacts.Contact) bool {
	return slices.ContainsFunc(c.Keys(), func(key string) bool { return w.known[key] })
}

func (w *world) invite() {
	list := w.contacts()
	for { // until it is not killed
		d := w.record.Divide(list, w.out)
		if n := len(d.New) + len(d.Before) + len(d.OptedOut); n != len(list) {
			w.Fatalf("%d of %d contacts", n, len(list))
		}
		for _, c := range d.New {
			if w.keysKnown(c) || w.out.Has(c) {
				w.Fatalf("%v is invited again", c)
			}
		}
		events, err := w.record.Invite(d.New, Batch{Name: "1"}, w.random)
		if err != nil {
			w.Fatal(err)
		}
		if w.write(events...) && w.write(w.record.Also(d.Before)...) {
			break
		}
	}
	for _, c := range list {
		i, found := w.record.Find(c)
		if !found && !w.out.Has(c) {
			w.Fatalf("%v is lost", c)
		}
		if w.out.Has(c) || i.Stopped {
			continue
		}
		for _, key := range c.Keys() {
			w.known[key] = true
		}
	}
	if d := w.record.Divide(list, w.out); len(d.New) > 0 {
		w.Fatalf("%v are new again", d.New)
	}
}

func (w *world) store() {
	var events []Event
	for i := range w.record.Unstored() {
		events = append(events, i.StoredEvent())
	}
	w.write(events...)
}

const first = "invitation"

func (w *world) send() {
	refused := map[int]bool{}
	for _, i := range slices.Collect(w.record.Due(first, w.out)) {
		if w.out.Has(i.Contact) || i.Stopped {
			w.Fatalf("%d wants no mail", i.Number)
		}
		if !w.write(i.MessageEvent(Message{Name: first, State: Sending})) {
			return
		}
		state := Sent
		if rapid.IntRange(0, 5).Draw(w.T, "refused") == 0 {
			state, refused[i.Number] = Made, true
		} else {
			w.received[i.Number]++
		}
		if !w.write(i.MessageEvent(Message{Name: first, State: state, Note: "250"})) {
			return
		}
	}
	for i := range w.record.Due(first, w.out) {
		if !refused[i.Number] {
			w.Fatalf("%d was left out", i.Number)
		}
	}
}

func (w *world) someone() (*Invitee, bool) {
	all := slices.Collect(w.record.All())
	if len(all) == 0 {
		return nil, false
	}
	return rapid.SampledFrom(all).Draw(w.T, "someone"), true
}

func (w *world) bounce() {
	if i, ok := w.someone(); ok && (i.Message(first).State == Sent || i.Message(first).State == Sending) {
		w.received[i.Number] = max(w.received[i.Number], 1) // it was sent, after all
		w.write(i.MessageEvent(Message{Name: first, State: Bounced}))
	}
}

func (w *world) stop() {
	if i, ok := w.someone(); ok {
		w.write(i.StoppedEvent())
	}
}

func (w *world) optOut() {
	for _, c := range w.contacts() {
		for _, line := range w.out.Lines(c, "2026-11-30") {
			if err := w.out.Add(line); err != nil {
				w.Fatal(err)
			}
		}
		if !w.out.Has(c) {
			w.Fatalf("%v is not on the list", c)
		}
	}
}

// TestNobodyIsDoubledOrLost plays random lists, messages, stops and kills.
func TestNobodyIsDoubledOrLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{T: t, record: New("tea"), known: map[string]bool{}, received: map[int]int{}, random: source(7)}
		w.file = w.record.Header()
		var err error
		if w.out, err = NewOptOuts(source(8)); err != nil {
			t.Fatal(err)
		}
		var before []Invitee
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			rapid.SampledFrom([]func(){w.invite, w.invite, w.store, w.send, w.send, w.bounce, w.stop, w.optOut}).Draw(t, "step")()
			w.check(before)
			before = before[:0]
			for i := range w.record.All() {
				before = append(before, *i)
			}
		}
	})
}

// check checks what holds after every step.
func (w *world) check(before []Invitee) {
	all := slices.Collect(w.record.All())
	keys, secrets := map[string]int{}, map[invitation.Secret]bool{}
	for at, i := range all {
		if at < len(before) && (i.Secret != before[at].Secret || !reflect.DeepEqual(i.Contact, before[at].Contact) || before[at].Stopped && !i.Stopped || before[at].Stored && !i.Stored) {
			w.Fatalf("%v became %v", before[at], *i)
		}
		for _, key := range i.Contact.Keys() {
			if keys[key] > 0 {
				w.Fatalf("%d and %d are one", keys[key], i.Number)
			}
			keys[key] = i.Number
		}
		if secrets[i.Secret] {
			w.Fatalf("the secret of %d is another's", i.Number)
		}
		secrets[i.Secret] = true
		least, most := 0, 0
		switch i.Message(first).State {
		case Sending:
			most = 1
		case Sent, Bounced:
			least, most = 1, 1
		}
		if n := w.received[i.Number]; n < least || n > most {
			w.Fatalf("%d, whose invitation is %s, has received %d", i.Number, i.Message(first).State, n)
		}
	}
	if len(all) < len(before) {
		w.Fatalf("%d invitees became %d", len(before), len(all))
	}
}

func contact(email, phone string) contacts.Contact {
	return contacts.Contact{Email: email, Phone: phone}
}

// TestKnownByEveryAddress reads a list that joins two addresses, and then one with the other address.
func TestKnownByEveryAddress(t *testing.T) {
	r := New("tea")
	out, err := NewOptOuts(source(1))
	if err != nil {
		t.Fatal(err)
	}
	for step, c := range []struct {
		list []contacts.Contact
		new  int
	}{
		{[]contacts.Contact{contact("a@b.example", "")}, 1},
		{[]contacts.Contact{contact("A@B.EXAMPLE", "13800138000"), contact("", "+86 138 0013 8000")}, 0},
		{[]contacts.Contact{contact("", "138-0013-8000"), contact("c@d.example", "13800138000")}, 0},
		{[]contacts.Contact{contact("c@d.example", "13800138001")}, 0},
		{[]contacts.Contact{contact("e@f.example", ""), contact("e@f.example", "13800138002"), contact("", "13800138002")}, 1},
		{[]contacts.Contact{contact("g@h.example", ""), contact("g@h.example", "13800138003"), contact("i@j.example", "13800138003")}, 1},
		{[]contacts.Contact{contact("i@j.example", "")}, 0},
	} {
		d := r.Divide(c.list, out)
		events, err := r.Invite(d.New, Batch{}, source(uint64(step)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if err := r.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		for _, e := range r.Also(d.Before) {
			if err := r.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		if len(d.New) != c.new {
			t.Errorf("step %d: %d are new: %v", step, len(d.New), d.New)
		}
	}
	if _, err := r.Invite([]contacts.Contact{contact("x@y.example", ""), contact("z@y.example", "")}, Batch{}, zeros{}); err == nil {
		t.Error("two have the same secret")
	}
}

// zeros is no random source.
type zeros struct{}

func (zeros) Read(into []byte) (int, error) { clear(into); return len(into), nil }

const sample = `{"format":"glasspoll invitations","version":1,"survey":"tea"}
{"event":"invited","n":1,"contact":{"name":"李雷","email":"li@example.com","language":"zh","values":{"tier":"key"}},"secret":"0123456789ABCDEF","batch":"spring","until":"2026-12-31"}
{"event":"invited","n":2,"contact":{"phone":"13800138000"},"secret":"0123456789ABCDEG"}

{"event":"also","n":2,"contact":{"email":"han@example.com"}}
{"event":"stored","n":1}
{"event":"message","n":1,"message":"invitation","state":"sending","at":"2026-11-30T08:00:00Z"}
{"event":"message","n":1,"message":"invitation","state":"sent","at":"2026-11-30T08:00:01Z","note":"250 ok"}
{"event":"stopped","n":2}
{"event":"withdrawn","n":1}
`

// TestFile reads the first format, which is read for ever.
func TestFile(t *testing.T) {
	r, counts, err := Decode("tea", []byte(sample))
	if err != nil || counts != len(sample) {
		t.Fatal(counts, err)
	}
	i, found := r.Find(contact("LI@example.com", ""))
	if !found || i.State() != Sent || !i.Withdrawn || i.Secret.Paper() != "0123-4567-89AB-CDEF" || i.Message("invitation").Note != "250 ok" || i.Message("reminder 1").State != Made {
		t.Errorf("%+v", i)
	}
	if v := i.Invitation("tea"); v.Hash != i.Secret.Hash() || v.Batch != "spring" || v.Until != "2026-12-31" || v.Language != "zh" || v.Values["tier"] != "key" || strings.Contains(fmt.Sprintf("%+v", v), "李") {
		t.Errorf("%+v", v)
	}
	if i, found = r.Find(contact("han@example.com", "")); !found || i.Number != 2 || i.State() != Stopped {
		t.Errorf("%+v", i)
	}
	if d := r.Divide([]contacts.Contact{contact("li@example.com", ""), contact("han@example.com", ""), contact("new@example.com", "")}, nil); len(d.Before) != 1 || len(d.OptedOut) != 1 || len(d.New) != 1 {
		t.Errorf("%+v", d)
	}
	lines := strings.SplitAfter(sample, "\n")
	for text, want := range map[string]string{
		"":                                "line 1: this is no file of 'glasspoll invitations'",
		"name,e-mail\n":                   "line 1: this is no file of",
		`{"format":"glasspoll opt-outs"}`: "line 1: this is no file of",
		`{"format":"glasspoll invitations","version":2,"survey":"tea"}`:  "later version",
		`{"format":"glasspoll invitations","version":1,"survey":"cake"}`: "it is the file of survey 'cake', not of 'tea'",
		lines[0] + "what\n":                             "line 2: ",
		lines[0] + lines[2]:                             "line 2: invitee 2 comes after 0",
		lines[0] + lines[1] + lines[1]:                  "line 3: invitee 1 comes after 1",
		lines[0] + `{"event":"stored","n":1}` + "\n":    "there is no invitee 1",
		lines[0] + lines[1] + `{"event":"eaten","n":1}`: "there is no event 'eaten'",
		lines[0] + lines[1] + `{"event":"message","n":1,"message":"x","state":"bounced"}`:                       "the message 'x' is 'made', and cannot become 'bounced'",
		lines[0] + lines[1] + `{"event":"message","n":1,"message":"x","state":"sending"}`:                       "is sent no message",
		lines[0] + lines[1] + strings.Replace(lines[2], "13800138000", "", 1):                                   "neither an e-mail address",
		lines[0] + lines[1] + strings.Replace(lines[2], "CDEG", "CDEF", 1):                                      "has the secret of another one",
		lines[0] + lines[1] + strings.Replace(lines[2], `"phone":"1`, `"email":"li@example.com","phone":"1`, 1): "has been invited already, as 1",
	} {
		if _, _, err := Decode("tea", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for cut := len(lines[0]); cut <= len(sample); cut++ {
		r, counts, err := Decode("tea", []byte(sample[:cut]))
		if err != nil || counts > cut || r.Len() < strings.Count(sample[:cut], `"invited"`)-1 {
			t.Fatalf("cut at %d: %d count, %v", cut, counts, err)
		}
	}
}

func TestOptOuts(t *testing.T) {
	o, err := NewOptOuts(source(3))
	if err != nil {
		t.Fatal(err)
	}
	file := o.Header()
	li := contact("Li@Example.com", "138 0013 8000")
	for _, line := range o.Lines(li, "2026-11-30") {
		file = append(file, line...)
	}
	read, counts, err := DecodeOptOuts(file)
	if err != nil || counts != len(file) || read.Len() != 2 {
		t.Fatal(counts, err)
	}
	if !read.Has(contact("li@example.com", "")) || !read.Has(contact("", "+8613800138000")) || read.Has(contact("han@example.com", "")) || len(read.Lines(li, "")) > 0 {
		t.Errorf("the list has not what was added")
	}
	for _, part := range []string{"li@", "Li@", "138"} {
		if bytes.Contains(bytes.SplitN(file, []byte("\n"), 2)[1], []byte(part)) {
			t.Errorf("%s is readable in\n%s", part, file)
		}
	}
	if other, err := NewOptOuts(source(4)); err != nil || bytes.Equal(other.Lines(li, "")[0], o.Lines(li, "")[0]) {
		t.Errorf("the hash has no key: %v", err)
	}
	if day, known := read.Since(contact("li@example.com", "")); !known || day != "2026-11-30" {
		t.Errorf("%s, %t", day, known)
	}
	for _, line := range read.Removal(contact("LI@example.com", ""), "2026-12-01") {
		file = append(file, line...)
	}
	removed, _, err := DecodeOptOuts(file)
	if err != nil || removed.Has(contact("li@example.com", "")) || !removed.Has(contact("", "+8613800138000")) || len(removed.Removal(contact("li@example.com", ""), "")) > 0 {
		t.Errorf("not removed: %v", err)
	}
	var none *OptOuts
	if none.Has(li) || none.Len() != 0 {
		t.Error("nothing has something")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(sample[:400]))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, counts, err := Decode("tea", file)
		if err != nil {
			return
		}
		again, _, err := Decode("tea", file[:counts])
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("what counts is read as something else: %v", err)
		}
	})
}
