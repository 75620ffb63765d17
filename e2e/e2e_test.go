// Package e2e tests the built program and the deployed functions from outside: in a browser, killed while writing, on a full
// disk, against DynamoDB Local and an S3 server.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for something that must happen. It is long, so that a slow machine does not fail a test.
const patience = 2 * time.Minute

// binary is the path of the program, which TestMain builds.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "glasspoll-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "glasspoll")
	build := exec.Command("go", "build", "-o", binary, "./generator")
	build.Dir = ".."
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	code := 1
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building glasspoll:", err)
	} else {
		code = m.Run()
	}
	stopShared()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A server is a running `glasspoll serve`.
type server struct {
	url   string
	stop  func()
	log   *output
	ended chan struct{}
}

// output collects what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start starts a server for a directory of surveys. It runs until it is killed or the test ends.
func start(t *testing.T, surveys, data string) *server {
	t.Helper()
	return startAt(t, "127.0.0.1:0", surveys, data)
}

// startWithReload starts a server with live reload. It makes no archives of the periods that are over, which take a second and more
// each.
func startWithReload(t *testing.T, surveys, data string) *server {
	t.Helper()
	p := serve(t, "--addr", "127.0.0.1:0", "--surveys", surveys, "--data", data)
	if p.url == "" {
		t.Fatalf("serve did not start:\n%s", p.log)
	}
	return p
}

func startAt(t *testing.T, address, surveys, data string) *server {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		p := serve(t, "--addr", address, "--surveys", surveys, "--data", data, "--no-reload")
		if p.url == "" {
			if strings.Contains(p.log.String(), "is in use") && time.Now().Before(deadline) {
				continue // another process may hold the port for a moment
			}
			t.Fatalf("serve did not start:\n%s", p.log)
		}
		return p
	}
}

// serve runs `glasspoll serve` until it is killed or the test ends. If it ends before it prints its address, the address is
// empty.
func serve(t *testing.T, arguments ...string) *server {
	t.Helper()
	command := exec.Command(binary, append([]string{"serve", "--limits", "off"}, arguments...)...)
	p := &server{log: &output{}, ended: make(chan struct{})}
	command.Stderr = p.log
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.stop, err = killOnExit(command); err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(printed)
	for p.url == "" && lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "http://") {
			p.url = line
		}
	}
	go func() {
		io.Copy(io.Discard, printed)
		command.Wait() // its error is that it was killed
		close(p.ended)
	}()
	if p.url == "" {
		<-p.ended
		return p
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("serve logged:\n%s", p.log)
		}
	})
	return p
}

// kill kills the server with SIGKILL, and waits until it has ended. It may be called again.
func (p *server) kill() {
	p.stop()
	<-p.ended
}

// writeSurveys writes files to a new directory.
func writeSurveys(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// resultsFile is the decoded results.json.
type resultsFile struct {
	Respondents int
	Questions   map[string]struct {
		N      int
		Counts map[string]int
	}
}

func (p *server) results(t *testing.T, survey string) resultsFile {
	t.Helper()
	response, err := http.Get(p.url + survey + "/results/results.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var r resultsFile
	if err := json.NewDecoder(response.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// waitForRespondents waits until the results count want respondents, and fails if they ever count more.
func (p *server) waitForRespondents(t *testing.T, survey string, want int) resultsFile {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		r := p.results(t, survey)
		if r.Respondents == want {
			return r
		}
		if r.Respondents > want || time.Now().After(deadline) {
			t.Fatalf("the results count %d respondents, want %d", r.Respondents, want)
		}
	}
}

// submission is the JSON of a submission with an answer to the question "taste"; more is appended to its answers.
func submission(number int, more string) string {
	return fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "answers": {"taste": "%d"%s}}`, number, number%5+1, more)
}

// post sends a submission. It returns an error only if there is no reply.
func (p *server) post(client *http.Client, survey, body string) (status int, err error) {
	response, err := client.Post(p.url+"api/surveys/"+survey+"/responses", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}
