package upload

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSteps holds that nothing is uploaded before what it links to.
func TestSteps(t *testing.T) {
	u := &uploader{Site: Site{Files: []string{"assets/a.css", "index.html", "tea/definition.json", "tea/en/index.html", "tea/index.html"}}}
	assets, data, pages := u.steps()
	if !slices.Equal(assets, []string{"assets/a.css"}) || !slices.Equal(data, []string{"tea/definition.json"}) ||
		!slices.Equal(pages, []string{"tea/en/index.html", "tea/index.html", "index.html", "404.html"}) {
		t.Errorf("%v, %v, %v", assets, data, pages)
	}
	if len(u.Files) != 5 {
		t.Errorf("the list of files is changed: %v", u.Files)
	}
}

func TestProgress(t *testing.T) {
	var out strings.Builder
	p := &progress{out: &out, all: 3}
	p.done("a", true)
	if out.Len() > 0 {
		t.Errorf("printed at once: %s", &out)
	}
	p.printed = time.Now().Add(-time.Minute)
	p.done("b", false)
	if got, want := out.String(), "2 of 3 files, 1 uploaded\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	p = &progress{out: &out, all: 1, dryRun: true}
	p.done("a", true)
	if got, want := out.String(), "would upload a\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
