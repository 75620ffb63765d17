package server

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
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

// TestLookChange checks that a survey's theme, and the logo that it names, change that survey's pages and those of the API, and
// no others; and that a mistake leaves the last look.
func TestLookChange(t *testing.T) {
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
	build := func(problem string) (tea, coffee string) {
		t.Helper()
		_, problems, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		if (len(problems) > 0) != (problem != "") || len(problems) > 0 && !strings.Contains(problems[0].String(), problem) {
			t.Errorf("%v, want %q", problems, problem)
		}
		if current, _, err = (builder{}).build(l.LastGood(), glasspoll.Templates(), l.Theme(), l.Pictures(), current); err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`assets/(?:look|logo)[^"]+`).FindAllString(string(current.page("tea/index.html").content), -1) {
			if current.page(m) == nil {
				t.Errorf("there is no %s", m)
			}
		}
		return string(current.page("tea/index.html").content), string(current.page("coffee/index.html").content)
	}
	source := func(theme string) string {
		return "title: Tea\ntheme: " + theme + "\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"
	}
	write("coffee.yaml", strings.Replace(source("{}"), "theme: {}\n", "", 1))
	write("lantern.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"/>`)
	write("tea.yaml", source(`{name: Lantern, logo: lantern.svg, light: {accent: "#7a1f5c"}}`))
	first, plain := build("")
	if !strings.Contains(first, "/look.") || !strings.Contains(first, `alt="Lantern"`) || strings.Contains(plain, "/look.") || strings.Contains(plain, "Lantern") {
		t.Errorf("the look is not where it belongs:\n%s\n%s", first, plain)
	}
	write("tea.yaml", source(`{name: Lantern, logo: lantern.svg, light: {accent: "#7a1f5d"}}`))
	second, same := build("")
	if second == first || same != plain {
		t.Error("another colour changes nothing, or too much")
	}
	write("lantern.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"/>`)
	third, _ := build("")
	if !strings.Contains(third, `width="90" height="40"`) {
		t.Error("another logo is not shown")
	}
	write("tea.yaml", source(`{light: {accent: "#39c5bb"}}`))
	if kept, _ := build("tea.yaml:2:25: accent #39c5bb"); kept != third {
		t.Error("the last good look is lost")
	}
	var b strings.Builder
	if err := current.renderer.Notice(&b, render.NoticePage{Language: "en", Code: answer.NotFound, Survey: "tea"}); err != nil || !strings.Contains(b.String(), "/look.") {
		t.Errorf("a notice of the survey has not its look: %v", err)
	}
}
