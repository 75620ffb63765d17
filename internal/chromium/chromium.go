// Package chromium prints pages and draws pictures with a browser that the machine has: Chromium, Chrome or Edge. Each time
// the browser is started without a window, on files in a temporary directory, with a profile that is thrown away; it ends, or
// is ended with all that it has started, before the result is returned.
//
// What it is given must need no other file and no script: it is not shielded from a page that asks for them.
package chromium

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/message"
)

// Browser is a browser to be run.
type Browser struct {
	Path      string // of its program
	NoSandbox bool   // needed as root and in most containers
	Timeout   time.Duration
}

// ErrNoSandbox means that the browser does not run because it cannot shut its own processes in.
var ErrNoSandbox error = message.Key("Chromium does not start, because it cannot shut its processes in a sandbox: run this as a user other than root or, in a container, with --no-sandbox")

// flags make the browser keep to itself: no questions, no window, nothing fetched, nothing kept.
var flags = []string{
	"--headless", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
	"--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-sync", "--disable-translate",
	"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--host-resolver-rules=MAP * ~NOTFOUND",
	"--disable-breakpad", "--disable-crash-reporter", "--password-store=basic", "--use-mock-keychain",
	"--disable-dev-shm-usage", // which is small in containers
}

// PDF prints an HTML page, on paper of the size that its stylesheet names.
func (b Browser) PDF(ctx context.Context, page []byte) ([]byte, error) {
	// The second name is that of versions before 2023.
	pdf, err := b.run(ctx, page, "--print-to-pdf=", "page.pdf", "--no-pdf-header-footer", "--print-to-pdf-no-header")
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf[max(0, len(pdf)-1024):], []byte("%%EOF")) {
		return nil, message.Errorf("%s has written no PDF: is it Chromium, Chrome or Edge?", b.Path)
	}
	return pdf, nil
}

var pageObject = regexp.MustCompile(`/Type\s*/Page\b`)

// Pages counts the pages of a PDF that a browser of the family has written.
func Pages(pdf []byte) int { return len(pageObject.FindAllIndex(pdf, -1)) }

// run shows the browser an HTML page, and returns the file that the flag write makes it write, under a name whose ending says
// the format.
func (b Browser) run(ctx context.Context, page []byte, write, name string, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "glasspoll-chromium-")
	if err != nil {
		return nil, err
	}
	defer removeAll(dir)
	source := filepath.Join(dir, "page.html")
	if err := os.WriteFile(source, page, 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	out := filepath.Join(dir, name)
	args = slices.Concat(flags, args, []string{"--user-data-dir=" + filepath.Join(dir, "profile"), write + out})
	if b.NoSandbox {
		args = append(args, "--no-sandbox")
	}
	limited, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, b.Path, append(args, fileURL(source))...)
	cmd.Dir, cmd.Env = dir, environment(dir)
	cmd.Stdout, cmd.Stderr = log, log
	ended := ownGroup(cmd)
	err = cmd.Run()
	ended()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, message.Errorf("%s has not finished within %s and was stopped: give it longer with --timeout", b.Path, b.Timeout)
	case err != nil && !errors.As(err, new(*exec.ExitError)):
		return nil, message.Errorf("the browser cannot be started: %w", err)
	}
	result, readErr := os.ReadFile(out)
	if err == nil && readErr == nil && len(result) > 0 {
		return result, nil
	}
	return nil, b.failure(err, log.Name())
}

// failure says why the browser has not written what it should; err is how it has ended.
func (b Browser) failure(err error, log string) error {
	said, readErr := os.ReadFile(log)
	if readErr != nil {
		return readErr
	}
	switch last := lastLine(string(said)); {
	case bytes.Contains(said, []byte("sandbox")) && !b.NoSandbox:
		return ErrNoSandbox
	case err != nil && last != "":
		return message.Errorf("%s has failed (%w): %s", b.Path, err, last)
	case err != nil:
		return message.Errorf("%s has failed (%w)", b.Path, err)
	default:
		return message.Errorf("%s has written nothing. If it is a snap or a flatpak, it sees few directories: name one in your home with TMPDIR, or use another browser", b.Path)
	}
}

// noise is what the browser says on machines without a desktop.
var noise = regexp.MustCompile(`dbus|unexpected operator|bytes written to file`)

// lastLine returns the last line that says something, at most 300 bytes of it.
func lastLine(text string) string {
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(lines[i]); line != "" && !noise.MatchString(line) {
			return strings.ToValidUTF8(line[:min(300, len(line))], "")
		}
	}
	return ""
}

// environment is this process's. Users without a home, as services are, get one: the browser does not start without.
func environment(dir string) []string {
	if home, err := os.UserHomeDir(); err == nil {
		if info, err := os.Stat(home); err == nil && info.IsDir() {
			return nil
		}
	}
	return append(os.Environ(), "HOME="+dir)
}

func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// removeAll removes a directory, in which processes that have just been killed may still make files.
func removeAll(dir string) {
	for range 20 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
