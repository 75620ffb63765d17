package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
)

// A theme that changes changes every page; one with a mistake leaves the last good one in force, and is told.
func TestThemeReloads(t *testing.T) {
	dir := t.TempDir()
	l := project.NewLibrary(dir)
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	v := &handler{}
	build := func() (page string, changed int, problems questionnaire.Problems) {
		t.Helper()
		_, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		e, surveys, err := v.build(l.LastGood(), glasspoll.Templates(), l.Theme())
		if err != nil {
			t.Fatal(err)
		}
		v.current.Store(e)
		return string(e.page("tea/index.html").content), len(surveys), problems
	}
	write("tea.yaml", "title: Tea\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n")
	if page, _, problems := build(); strings.Contains(page, "Lantern") || len(problems) > 0 {
		t.Errorf("without a theme: %v\n%s", problems, page)
	}
	write("theme.yaml", "name: Lantern\n")
	if page, changed, problems := build(); !strings.Contains(page, "Lantern") || changed != 1 || len(problems) > 0 {
		t.Errorf("with one: %d changed, %v\n%s", changed, problems, page)
	}
	if _, changed, _ := build(); changed != 0 {
		t.Errorf("nothing has changed, and %d surveys were built", changed)
	}
	write("theme.yaml", "name: Lamp\ncorners: round\n")
	page, _, problems := build()
	if !strings.Contains(page, "Lantern") || len(problems) != 1 || !strings.HasSuffix(problems[0].File, "theme.yaml") || problems[0].Line != 2 {
		t.Errorf("with a mistake: %v\n%s", problems, page)
	}
	if err := os.Remove(filepath.Join(dir, "theme.yaml")); err != nil {
		t.Fatal(err)
	}
	if page, _, problems := build(); strings.Contains(page, "Lantern") || len(problems) > 0 {
		t.Errorf("without it again: %v", problems)
	}
}
