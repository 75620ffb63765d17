package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills the disk of a running server. Submissions are then refused, forms keep what was typed, and none is confirmed
// without being stored. Once there is space again, the server stores submissions again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs Linux and root, to mount a small file system")
	}
	data := t.TempDir()
	if err := syscall.Mount("glasspoll-e2e", data, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("may not mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(data, 0); err != nil {
			t.Errorf("unmounting %s: %v", data, err)
		}
	})
	surveys := writeSurveys(t, map[string]string{"tea.yaml": `title: Tea
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: Taste}
      - {id: remark, type: long_text, label: Remark}
`})
	p := start(t, surveys, data)
	stored := 0
	post := func() int {
		t.Helper()
		status, err := p.post(http.DefaultClient, "tea", submission(stored, fmt.Sprintf(`, "remark": %q`, strings.Repeat("x", 2000))))
		if err != nil {
			t.Fatal(err)
		}
		switch status {
		case 201:
			stored++
		case 503:
		default:
			t.Fatalf("status %d", status)
		}
		return status
	}
	post()
	p.waitForRespondents(t, "tea", stored)

	filler, err := os.Create(filepath.Join(data, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer filler.Close()
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	refused := 0 // in a row: the store's file has some free pages, and more after it has published
	for range 5000 {
		if post() != 503 {
			refused = 0
		} else if refused++; refused == 20 {
			break
		}
	}
	if refused < 20 {
		t.Fatal("submissions are still stored although the disk is full")
	}

	form := url.Values{"taste": {"4"}, "remark": {"kept & <safe> 好" + strings.Repeat("!", 1900)}}
	response, err := http.PostForm(p.url+"api/surveys/tea/responses", form)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", response.StatusCode, response.Header.Get("Retry-After"))
	}
	if !strings.Contains(string(page), "kept &amp; &lt;safe&gt; 好!") || !strings.Contains(string(page), `value="4" checked`) && !strings.Contains(string(page), `checked`) {
		t.Errorf("the form has lost what was typed:\n%s", page)
	}
	if home, err := http.Get(p.url); err != nil || home.StatusCode != 200 {
		t.Errorf("the home page is not served: %v", err)
	} else {
		home.Body.Close()
	}

	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	filler.Close() // which frees its blocks
	for range 3 {
		if status := post(); status != 201 {
			t.Errorf("with free space again: %d", status)
		}
	}
	p.waitForRespondents(t, "tea", stored)

	// All of them are there for the next process.
	p.kill()
	p = start(t, surveys, data)
	p.waitForRespondents(t, "tea", stored)
	p.kill()
}
