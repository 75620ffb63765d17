package server

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/project"
	"glasspoll/internal/server/servertest"
)

// TestFormsAtTheEndsOfAWindow reads the pages of one edition at several times: the form and the home page are those of the time,
// without anything being built for it, and no browser keeps them beyond an end.
func TestFormsAtTheEndsOfAWindow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tea.yaml"), []byte(servertest.TeaSurvey+"\nwindow: {from: 2098-10-01, until: 2098-10-31}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	library := project.NewLibrary(dir)
	if _, problems, err := library.Read(); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	h := newHandler(os.DirFS(t.TempDir()), nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	e, _, err := h.build(library.LastGood(), glasspoll.Templates(), library.Theme(), library.Pictures(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at, caching  string
		form, closed bool
		home         string // the last day is named where it is open, the first where it is to come
	}{
		{"2098-09-30T12:00:00Z", cacheMinute[0], false, false, "1 October 2098"},
		{"2098-09-30T23:59:30Z", "public, max-age=30", false, false, "1 October 2098"},
		{"2098-10-01T00:00:00Z", cacheMinute[0], true, false, "31 October 2098"},
		{"2098-10-31T23:59:59Z", "public, max-age=1", true, false, "31 October 2098"},
		{"2098-11-01T00:00:00Z", cacheMinute[0], false, true, "31 October 2098"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"tea/en/index.html", "tea/index.html", "tea/zh/index.html"} {
			p := h.inPlace(e, name, at)
			if got := strings.Contains(string(p.content), "<form"); got != c.form || p.caching[0] != c.caching {
				t.Errorf("%s at %s: a form: %v, %s", name, c.at, got, p.caching)
			}
		}
		home := h.inPlace(e, "en/index.html", at)
		text := string(home.content)
		if strings.Contains(text, "Closed") != c.closed || !strings.Contains(text, c.home) || home.caching[0] != c.caching {
			t.Errorf("the home page at %s: %s\n%s", c.at, home.caching, text)
		}
	}
	h.live = &preview{}
	if p := h.inPlace(e, "tea/index.html", time.Now()); !strings.Contains(string(p.content), "<form") {
		t.Error("authors do not see the form before its window")
	}
	if h.inPlace(e, "tea/nothing/index.html", time.Now()) != nil {
		t.Error("a page that is not there is found")
	}
}
