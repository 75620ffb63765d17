// Package e2e tests the real program from outside: in a real browser, killed while it writes, on a full disk.
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

// patience is how long something may take that must come: never so long that a slow machine decides what a test says.
const patience = 2 * time.Minute

// binary is the program, built once.
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

// A program is one running `glasspoll serve`.
type program struct {
	url    string
	stop   func()
	errors *output
	ended  chan struct{}
}

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

// start runs the program over a directory of surveys, until it is killed or the test ends.
func start(t *testing.T, surveys, data string) *program {
	t.Helper()
	return startAt(t, "127.0.0.1:0", surveys, data)
}

func startAt(t *testing.T, address, surveys, data string) *program {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		p := serve(t, "--addr", address, "--surveys", surveys, "--data", data, "--no-reload")
		if p.url == "" {
			if strings.Contains(p.errors.String(), "is in use") && time.Now().Before(deadline) {
				continue // an address that was free before may be somebody's for a moment
			}
			t.Fatalf("serve did not start:\n%s", p.errors)
		}
		return p
	}
}

// serve runs `glasspoll serve` until it is killed or the test ends. If it ends before it prints its address, the address is
// empty.
func serve(t *testing.T, arguments ...string) *program {
	t.Helper()
	command := exec.Command(binary, append([]string{"serve"}, arguments...)...)
	p := &program{errors: &output{}, ended: make(chan struct{})}
	command.Stderr = p.errors
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.stop, err = killWithUs(command); err != nil {
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
		command.Wait() // killed, mostly: not an error here
		close(p.ended)
	}()
	if p.url == "" {
		<-p.ended
		return p
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("serve logged:\n%s", p.errors)
		}
	})
	return p
}

// kill ends the program as a power cut would end the process: at once.
func (p *program) kill() {
	p.stop()
	<-p.ended
}

// writeSurveys makes a directory of questionnaires.
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

// resultsFile is what results.json says.
type resultsFile struct {
	Respondents int
	Questions   map[string]struct {
		N      int
		Counts map[string]int
	}
}

func (p *program) results(t *testing.T, survey string) resultsFile {
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

// respondents waits until the results count so many, and fails if they ever count more.
func (p *program) respondents(t *testing.T, survey string, want int) resultsFile {
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

// submission is the JSON of one respondent who chose a step of the question "taste".
func submission(number int, more string) string {
	return fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "answers": {"taste": "%d"%s}}`, number, number%5+1, more)
}

// post sends a submission; the error is the connection's.
func (p *program) post(client *http.Client, survey, body string) (status int, err error) {
	response, err := client.Post(p.url+"api/surveys/"+survey+"/responses", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}
