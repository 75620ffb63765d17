package server

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/server/servertest"
)

// TestBuildReusesPages checks that pages of unchanged surveys are the same objects.
func TestBuildReusesPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	library := project.NewLibrary(dir)
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var current *edition
	build := func() (changed []string) {
		t.Helper()
		if _, _, err := library.Read(); err != nil {
			t.Fatal(err)
		}
		e, surveys, err := builder{}.build(library.LastGood(), glasspoll.Templates(), library.Theme(), library.Pictures(), current)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range surveys {
			changed = append(changed, s.ID)
		}
		current = e
		return changed
	}
	write("a.yaml", servertest.TeaSurvey)
	write("b.yaml", servertest.TeaSurvey)
	if got := build(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("at first: %v", got)
	}
	first := current
	write("b.yaml", strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Flavour", 1))
	if got := build(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("one is edited: %v", got)
	}
	second := current
	if second.page("a/index.html") != first.page("a/index.html") || second.page("b/index.html") == first.page("b/index.html") || second.renderer != first.renderer {
		t.Error("what was built again is not what was edited")
	}
	write("b.yaml", "# a remark\n"+strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Flavour", 1))
	if got := build(); len(got) > 0 || current.page("b/index.html") != second.page("b/index.html") {
		t.Errorf("only a comment is new: %v", got)
	}
	write("c.yaml", servertest.TeaSurvey)
	if got := build(); !slices.Equal(got, []string{"c"}) || current.page("index.html") == second.page("index.html") {
		t.Errorf("one is added: %v", got)
	}
	if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	if got := build(); len(got) > 0 || current.page("a/index.html") != nil || strings.Contains(string(current.page("index.html").content), `href="a/`) {
		t.Errorf("one is removed: %v", got)
	}
}

// TestThemeChange checks that another theme changes every page, and that a theme with a mistake is reported while the last
// good one stays.
func TestThemeChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := project.NewLibrary(dir)
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var current *edition
	build := func() (page string, changed int, problems questionnaire.Problems) {
		t.Helper()
		_, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		e, surveys, err := builder{}.build(l.LastGood(), glasspoll.Templates(), l.Theme(), l.Pictures(), current)
		if err != nil {
			t.Fatal(err)
		}
		current = e
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
