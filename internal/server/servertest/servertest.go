// Package servertest runs a server over files and sends it requests, for tests.
package servertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TeaSurvey is a small questionnaire.
const TeaSurvey = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
results: {min_group: 2}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
`

// GeneratedSurvey returns a questionnaire with the given number of questions, of mixed types, in two languages.
func GeneratedSurvey(number, questions int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: {zh: 第 %d 次满意度调查, en: Satisfaction survey %d}\n", number, number)
	b.WriteString(`languages: [zh, en]
minutes: 5
intro: {zh: "请按您的**真实感受**回答。", en: "Please answer as you **really** feel."}
thanks: {zh: 谢谢您的回答。, en: Thank you for your answers.}
scales:
  satisfaction:
    - {id: very_good, label: {zh: 非常满意, en: Very satisfied}, score: 10}
    - {id: good, label: {zh: 满意, en: Satisfied}, score: 8}
    - {id: fair, label: {zh: 一般, en: Fair}, score: 6}
    - {id: poor, label: {zh: 不满意, en: Dissatisfied}, score: 3}
    - {id: none, label: {zh: 没意见, en: No opinion}}
sections:
  - title: {zh: 服务, en: Service}
    questions:
`)
	for q := range questions {
		text := fmt.Sprintf("label: {zh: 第 %d 题怎么样？, en: 'How was number %d?'}", q, q)
		switch q % 6 {
		case 0, 1:
			fmt.Fprintf(&b, "      - {id: q%d, type: single_choice, required: true, scale: satisfaction, %s}\n", q, text)
		case 2:
			fmt.Fprintf(&b, "      - {id: q%d, type: rating, steps: 5, %s}\n", q, text)
		case 3:
			fmt.Fprintf(&b, "      - {id: q%d, type: nps, %s}\n", q, text)
		case 4:
			fmt.Fprintf(&b, "      - {id: q%d, type: number, min: 0, max: 1000, unit: {zh: 元, en: CNY}, %s}\n", q, text)
		case 5:
			fmt.Fprintf(&b, "      - {id: q%d, type: long_text, %s}\n", q, text)
		}
	}
	return b.String()
}

// Server is the server under test.
type Server interface {
	URL() string
	Run(ctx context.Context) error
	Close()
}

// Site is a running server.
type Site struct {
	URL     string
	Dir     string  // holds surveys, templates and data
	Printed *Buffer // what the server has printed and logged

	stop func() error
}

// Buffer is a buffer for concurrent use.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Files makes a directory with files, by path under surveys/ and templates/.
func Files(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, sub := range []string{"surveys", "templates"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		write(t, dir, name, content)
	}
	return dir
}

// write replaces a file in the way many editors do: another file, renamed.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	target := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.WriteFile(target+"~", []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(target+"~", target); err != nil {
		t.Fatal(err)
	}
}

// Start runs a server until the test ends, or Stop. open makes it; it prints and logs to printed.
func Start(t testing.TB, dir string, open func(printed io.Writer) (Server, error)) *Site {
	t.Helper()
	s := &Site{Dir: dir, Printed: &Buffer{}}
	server, err := open(s.Printed)
	if err != nil {
		t.Fatalf("the server does not start: %v\n%s", err, s.Printed)
	}
	s.URL = server.URL()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := server.Run(ctx)
		server.Close()
		ended <- err
	}()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if t.Failed() {
			t.Logf("printed:\n%s", s.Printed)
		}
	})
	return s
}

// Stop ends the server, and returns its error.
func (s *Site) Stop() error { return s.stop() }

// Write replaces a file, by its path under surveys/ or templates/.
func (s *Site) Write(t testing.TB, name, content string) {
	t.Helper()
	write(t, s.Dir, name, content)
}

// Client does not follow redirects, and does not unpack.
var Client = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableCompression: true},
}

// Do sends a request, and reads the answer.
func (s *Site) Do(t testing.TB, method, path string, header map[string]string, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, strings.TrimSuffix(s.URL, "/")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(content)
}

// Get reads a page.
func (s *Site) Get(t testing.TB, path string) (*http.Response, string) {
	t.Helper()
	return s.Do(t, http.MethodGet, path, nil, "")
}

// Patience bounds the wait for something that must happen. It is long enough for a slow machine.
const Patience = 2 * time.Minute

// Eventually waits until a condition holds, and fails the test after [Patience].
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", Patience, what)
		}
	}
}
