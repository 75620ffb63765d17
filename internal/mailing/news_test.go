package mailing

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/news"
)

func TestNewsByMail(t *testing.T) {
	m := start(t, nil)
	n, err := NewNews(m.at(t, "smtp", "", ""), "服务部 <polls@example.com>", "li@example.com")
	if err != nil {
		t.Fatal(err)
	}
	n.now = func() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) }
	told := news.Message{Title: "Glasspoll：有新事项\r\nBcc: all@example.com", Lines: []string{"新事项 A：投诉", "." /* which ends a message of SMTP */}, Items: []news.Item{{ID: "case_A", Survey: "tea"}}}
	for range 2 {
		if err := n.Send(t.Context(), told); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.messages) != 2 || m.messages[0].from != "polls@example.com" || m.messages[0].to != "li@example.com" {
		t.Fatalf("%+v", m.messages)
	}
	got, err := mail.ReadMessage(strings.NewReader(string(m.messages[0].content)))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != "Glasspoll：有新事项 Bcc: all@example.com" || got.Header.Get("Bcc") != "" || got.Header.Get("Auto-Submitted") != "auto-generated" || got.Header.Get("To") != "<li@example.com>" {
		t.Errorf("%q, %v\n%v", subject, err, got.Header)
	}
	var body io.Reader = quotedprintable.NewReader(got.Body)
	if got.Header.Get("Content-Transfer-Encoding") == "base64" {
		body = base64.NewDecoder(base64.StdEncoding, got.Body)
	}
	text, err := io.ReadAll(body)
	if want := "新事项 A：投诉\n.\n"; err != nil || !strings.HasSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), want) {
		t.Errorf("%q, %v", text, err)
	}
	again, err := mail.ReadMessage(strings.NewReader(string(m.messages[1].content)))
	if err != nil || got.Header.Get("Message-Id") == "" || got.Header.Get("Message-Id") != again.Header.Get("Message-Id") {
		t.Errorf("the same message has the ids %s and %s", got.Header.Get("Message-Id"), again.Header.Get("Message-Id"))
	}
}

func TestNewsRefusedByMail(t *testing.T) {
	m := start(t, func(m *mailServer) {
		m.onRcpt = func(string) error { return errors.New("no such user") }
	})
	n, err := NewNews(m.at(t, "smtp", "", ""), "polls@example.com", "li@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Send(t.Context(), news.Test(time.Now(), "en")); err == nil || strings.Contains(err.Error(), "li@example.com") {
		t.Errorf("%v", err)
	}
	for _, from := range []string{"", "polls", "polls@"} {
		if _, err := NewNews(nil, from, "li@example.com"); err == nil {
			t.Errorf("from %q", from)
		}
	}
}
