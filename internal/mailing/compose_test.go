package mailing

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"glasspoll"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/survey"
)

var update = flag.Bool("update", false, "write testdata")

func mailAddress(address string) mail.Address { return mail.Address{Address: address} }

// subject returns the subject of a message as people read it.
func subject(t *testing.T, content []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	text, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readBack writes a message as a mail program reads it.
func readBack(t *testing.T, content []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	decoder := new(mime.WordDecoder)
	for _, name := range slices.Sorted(maps(m.Header)) {
		for _, value := range m.Header[name] {
			text, err := decoder.DecodeHeader(value)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			fmt.Fprintf(&b, "%s: %s\n", name, text)
		}
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for parts := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		var body io.Reader = quotedprintable.NewReader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "\n=== %s\n%s", part.Header.Get("Content-Type"), strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
}

func maps(h mail.Header) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range h {
			if !yield(name) {
				return
			}
		}
	}
}

// one returns an invitee with a secret of ones.
func one(c contacts.Contact) *invitees.Invitee {
	secret, err := invitation.ParseSecret("1111 2222 3333 4444")
	if err != nil {
		panic(err)
	}
	return &invitees.Invitee{Number: 1, Contact: c, Secret: secret, Stored: true}
}

func composer(t *testing.T, templates fs.FS, change func(s *survey.Survey), h Headers) (*Composer, error) {
	t.Helper()
	s := teaSurvey(t)
	if change != nil {
		change(s)
	}
	letters, err := invite.NewPersonal(templates, s, "https://example.com/s/")
	if err != nil {
		t.Fatal(err)
	}
	return NewComposer(templates, letters, h)
}

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.FixedZone("", 8*3600))

// TestMessages reads messages back as mail programs do, and compares them with files.
func TestMessages(t *testing.T) {
	for _, anonymity := range []survey.Anonymity{survey.Confidential, survey.Anonymous, survey.Identified} {
		c, err := composer(t, glasspoll.Templates(), func(s *survey.Survey) { s.Anonymity = anonymity }, Headers{
			From: mailAddress("noreply@example.com"), ReplyTo: "tea@example.com", Unsubscribe: "leave@example.com", ReturnPath: "bounces+*@example.com",
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, language := range []string{"zh", "en", "ar"} {
			name := Invitation
			if anonymity == survey.Anonymous {
				name = reminderName(1)
			}
			m, err := c.Message(one(contacts.Contact{Name: map[string]string{"zh": "李雷", "en": "Ann O'Hara", "ar": "علي"}[language], Email: "p1@example.com", Language: language}), name, noon)
			if err != nil {
				t.Fatal(err)
			}
			checkLines(t, m.Content)
			got := readBack(t, m.Content)
			golden := filepath.Join("testdata", string(anonymity)+"."+language+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); run with -update and read the difference:\n%s", golden, err, got)
			}
		}
	}
}

// checkLines wants lines as RFC 5322 allows, in ASCII.
func checkLines(t *testing.T, content []byte) {
	t.Helper()
	for line := range strings.Lines(string(content)) {
		if len(line) > 900 || !strings.HasSuffix(line, "\r\n") || !isASCII(line) {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
}

// TestHostileTexts has names and titles that try to be more than names and titles.
func TestHostileTexts(t *testing.T) {
	long := strings.Repeat("很长的标题，", 60) + strings.Repeat("x", 2000)
	for _, text := range []string{
		"A\r\nBcc: all@example.com", "B\nX-Injected: yes\n\nbody", "C\x00\x1b[2J", "\u202eD\u2028E", `"; <evil@example.com>`, "=?utf-8?q?=0d=0aBcc:_x?=", "<script>alert(1)</script>", long, "\xff\xfe",
	} {
		c, err := composer(t, glasspoll.Templates(), func(s *survey.Survey) {
			s.Title = survey.Text{"en": text, "zh": text, "ar": text}
			s.Contact.Name = s.Title
		}, Headers{From: mailAddress("tea@example.com")})
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Message(one(contacts.Contact{Name: text, Email: "p1@example.com", Language: "en"}), Invitation, noon)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		checkLines(t, m.Content)
		read, err := mail.ReadMessage(bytes.NewReader(m.Content))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if len(read.Header) != 13 || read.Header.Get("Bcc")+read.Header.Get("X-Injected") != "" {
			t.Errorf("%q: the fields are %v", text, read.Header)
		}
		for _, name := range []string{"To", "From"} {
			if list, err := read.Header.AddressList(name); err != nil || len(list) != 1 || !strings.HasSuffix(list[0].Address, "@example.com") || strings.Contains(list[0].Address, "evil") || strings.ContainsAny(list[0].Name, "\r\n\x00\x1b\u202e") {
				t.Errorf("%q: %s is %v, %v", text, name, list, err)
			}
		}
		if got := subject(t, m.Content); strings.ContainsAny(got, "\r\n\x00\x1b\u202e") {
			t.Errorf("%q: the subject is %q", text, got)
		}
		if bytes.Contains(m.HTML, []byte("<script>")) {
			t.Errorf("%q is not escaped", text)
		}
	}
}

// TestHeaders takes addresses from flags.
func TestHeaders(t *testing.T) {
	for _, h := range []Headers{
		{}, {From: mailAddress("nobody")}, {From: mailAddress("a@example.com\r\nBcc: x@example.com")}, {From: mailAddress("a@example.com"), ReplyTo: "A <b@example.com>"},
		{From: mailAddress("a@example.com"), ReturnPath: "*"}, {From: mailAddress("a@example.com"), Unsubscribe: "x y@example.com"}, {From: mailAddress("a@-.example")},
	} {
		if _, err := composer(t, glasspoll.Templates(), nil, h); err == nil {
			t.Errorf("%v is accepted", h)
		}
	}
}

// TestOwnTemplates replaces templates by an author's own.
func TestOwnTemplates(t *testing.T) {
	with := func(file, content string) fs.FS {
		all := fstest.MapFS{}
		err := fs.WalkDir(glasspoll.Templates(), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(glasspoll.Templates(), name)
			all[name] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		all[file] = &fstest.MapFile{Data: []byte(content)}
		return all
	}
	h := Headers{From: mailAddress("tea@example.com")}
	for _, c := range []struct{ file, content, want string }{
		{"invite/mail.txt", "{{.Hello}} {{.Link}}\n{{.StopURL}}\n", ""},
		{"invite/mail.txt", "{{.Hello}} {{.StopURL}}", "has no link {{.Link}}"},
		{"invite/mail.txt", "{{.Hello}} {{.Link}}", "has no link {{.StopURL}}"},
		{"invite/mail.txt", "{{.Hello}} {{.Nothing}}", "Nothing"},
		{"invite/mail.txt", "{{.Hello", "unclosed"},
		{"invite/mail.html", `<p><a href="{{.Link}}">x</a> <a href='{{.StopURL}}'>y</a>`, ""},
		{"invite/mail.html", `<p>{{.Link}} <a href="{{.StopURL}}">y</a>`, "has no link {{.Link}}"},
		{"invite/mail.html", `<!-- <a href="{{.Link}}">x</a> --><a href="{{.StopURL}}">y</a>`, "has no link {{.Link}}"},
		{"invite/mail.html", `<a href="{{.Link}}">x</a>{{if eq .Lang "en"}}<a href="{{.StopURL}}">y</a>{{end}}`, "has no link {{.StopURL}} in language zh"},
		{"invite/mail.html", `<a href="{{.Link}}">x</a>{{if .Reminder}}{{else}}<a href="{{.StopURL}}">y</a>{{end}}`, "has no link {{.StopURL}}"},
	} {
		_, err := composer(t, with(c.file, c.content), nil, h)
		check(t, err, c.want)
	}
}

// TestSample has no secret, and says that it is a trial.
func TestSample(t *testing.T) {
	c, err := composer(t, glasspoll.Templates(), nil, Headers{From: mailAddress("tea@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Sample("me@example.com", "en", Invitation, noon)
	if err != nil {
		t.Fatal(err)
	}
	if got := subject(t, m.Content); got != "[Trial] Your opinion, please: The tea room" {
		t.Errorf("the subject is %q", got)
	}
	if text := readBack(t, m.Content); !strings.Contains(text, "https://example.com/s/i/0000000000000000\n") || !strings.Contains(text, "This is a trial") {
		t.Errorf("%s", text)
	}
}
