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
	"glasspoll/internal/survey"
)

// A folder is an author's, of which one edition is built after another.
type folder struct {
	*testing.T
	dir     string
	library *project.Library
	current *edition
}

func newFolder(t *testing.T) *folder {
	dir := t.TempDir()
	return &folder{T: t, dir: dir, library: project.NewLibrary(dir)}
}

func (f *folder) write(name, content string) {
	f.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o666); err != nil {
		f.Fatal(err)
	}
}

// build builds the next edition, and returns the surveys whose pages differ.
func (f *folder) build() (changed []*survey.Survey, problems questionnaire.Problems) {
	f.Helper()
	_, problems, err := f.library.Read()
	if err != nil {
		f.Fatal(err)
	}
	f.current, changed, err = builder{}.build(f.library.LastGood(), glasspoll.Templates(), f.library.Theme(), f.library.Pictures(), f.current)
	if err != nil {
		f.Fatal(err)
	}
	return changed, problems
}

// TestBuildReusesPages checks that pages of unchanged surveys are the same objects.
func TestBuildReusesPages(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	build := func() (changed []string) {
		t.Helper()
		surveys, _ := f.build()
		for _, s := range surveys {
			changed = append(changed, s.ID)
		}
		return changed
	}
	f.write("a.yaml", servertest.TeaSurvey)
	f.write("b.yaml", servertest.TeaSurvey)
	if got := build(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("at first: %v", got)
	}
	first := f.current
	f.write("b.yaml", strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Flavour", 1))
	if got := build(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("one is edited: %v", got)
	}
	second := f.current
	if second.page("a/index.html") != first.page("a/index.html") || second.page("b/index.html") == first.page("b/index.html") || second.renderer != first.renderer {
		t.Error("what was built again is not what was edited")
	}
	f.write("b.yaml", "# a remark\n"+strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Flavour", 1))
	if got := build(); len(got) > 0 || f.current.page("b/index.html") != second.page("b/index.html") {
		t.Errorf("only a comment is new: %v", got)
	}
	f.write("c.yaml", servertest.TeaSurvey)
	if got := build(); !slices.Equal(got, []string{"c"}) || f.current.page("index.html") == second.page("index.html") {
		t.Errorf("one is added: %v", got)
	}
	if err := os.Remove(filepath.Join(f.dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	if got := build(); len(got) > 0 || f.current.page("a/index.html") != nil || strings.Contains(string(f.current.page("index.html").content), `href="a/`) {
		t.Errorf("one is removed: %v", got)
	}
}

// TestThemeChange checks that another theme changes every page, and that a theme with a mistake is reported while the last
// good one stays.
func TestThemeChange(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	build := func() (page string, changed int, problems questionnaire.Problems) {
		t.Helper()
		surveys, problems := f.build()
		return string(f.current.page("tea/index.html").content), len(surveys), problems
	}
	f.write("tea.yaml", "title: Tea\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n")
	if page, _, problems := build(); strings.Contains(page, "Lantern") || len(problems) > 0 {
		t.Errorf("without a theme: %v\n%s", problems, page)
	}
	f.write("theme.yaml", "name: Lantern\n")
	if page, changed, problems := build(); !strings.Contains(page, "Lantern") || changed != 1 || len(problems) > 0 {
		t.Errorf("with one: %d changed, %v\n%s", changed, problems, page)
	}
	if _, changed, _ := build(); changed != 0 {
		t.Errorf("nothing has changed, and %d surveys were built", changed)
	}
	f.write("theme.yaml", "name: Lamp\ncorners: round\n")
	page, _, problems := build()
	if !strings.Contains(page, "Lantern") || len(problems) != 1 || !strings.HasSuffix(problems[0].File, "theme.yaml") || problems[0].Line != 2 {
		t.Errorf("with a mistake: %v\n%s", problems, page)
	}
	if err := os.Remove(filepath.Join(f.dir, "theme.yaml")); err != nil {
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
	f := newFolder(t)
	build := func(problem string) (tea, coffee string) {
		t.Helper()
		_, problems := f.build()
		if (len(problems) > 0) != (problem != "") || len(problems) > 0 && !strings.Contains(problems[0].String(), problem) {
			t.Errorf("%v, want %q", problems, problem)
		}
		for _, m := range regexp.MustCompile(`assets/(?:look|logo)[^"]+`).FindAllString(string(f.current.page("tea/index.html").content), -1) {
			if f.current.page(m) == nil {
				t.Errorf("there is no %s", m)
			}
		}
		return string(f.current.page("tea/index.html").content), string(f.current.page("coffee/index.html").content)
	}
	source := func(theme string) string {
		return "title: Tea\ntheme: " + theme + "\nsections: [{questions: [{id: taste, type: rating, steps: 5, label: Taste}]}]\n"
	}
	f.write("coffee.yaml", strings.Replace(source("{}"), "theme: {}\n", "", 1))
	f.write("lantern.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"/>`)
	f.write("tea.yaml", source(`{name: Lantern, logo: lantern.svg, light: {accent: "#7a1f5c"}}`))
	first, plain := build("")
	if !strings.Contains(first, "/look.") || !strings.Contains(first, `alt="Lantern"`) || strings.Contains(plain, "/look.") || strings.Contains(plain, "Lantern") {
		t.Errorf("the look is not where it belongs:\n%s\n%s", first, plain)
	}
	f.write("tea.yaml", source(`{name: Lantern, logo: lantern.svg, light: {accent: "#7a1f5d"}}`))
	second, same := build("")
	if second == first || same != plain {
		t.Error("another colour changes nothing, or too much")
	}
	f.write("lantern.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"/>`)
	third, _ := build("")
	if !strings.Contains(third, `width="90" height="40"`) {
		t.Error("another logo is not shown")
	}
	f.write("tea.yaml", source(`{light: {accent: "#39c5bb"}}`))
	if kept, _ := build("tea.yaml:2:25: accent #39c5bb"); kept != third {
		t.Error("the last good look is lost")
	}
	var b strings.Builder
	if err := f.current.renderer.Notice(&b, render.NoticePage{Language: "en", Code: answer.NotFound, Survey: "tea"}); err != nil || !strings.Contains(b.String(), "/look.") {
		t.Errorf("a notice of the survey has not its look: %v", err)
	}
}
