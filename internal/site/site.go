// Package site makes every page and asset of a set of surveys, byte for byte the same each time. It is pure: an Output
// stores the files.
package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/headers"
	"glasspoll/internal/message"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// Output takes finished files. Paths are relative, with forward slashes. Write is called from several goroutines at
// once, in no order, once for each path. It must not keep content, which is reused.
type Output interface {
	Write(path string, content []byte) error
}

// reserved are ids that no survey may have, because they are addresses of the site itself.
var reserved = []string{"api", "assets", "thanks", "results", "i"}

// A Conflict is a survey that cannot be part of the site because its address is taken.
type Conflict struct {
	ID     string
	Reason message.Text
}

func (c *Conflict) Error() string { return c.Message().String() }

// Message returns the text of the error.
func (c *Conflict) Message() message.Text {
	return message.New("the id '%s' %s: choose another", c.ID, c.Reason)
}

// Check finds a survey whose address is that of another one, of the site itself, or of a home page. The error is nil or a
// *Conflict.
func Check(surveys []*survey.Survey) error {
	taken := map[string]bool{}
	languages := Languages(surveys)
	for _, s := range surveys {
		switch {
		case taken[s.ID]:
			return &Conflict{s.ID, message.New("is that of two surveys")}
		case slices.Contains(reserved, s.ID):
			return &Conflict{s.ID, message.New("is an address of the site itself")}
		case slices.Contains(languages, s.ID):
			return &Conflict{s.ID, message.New("is the address of the home page in that language")}
		}
		taken[s.ID] = true
	}
	return nil
}

// Languages lists the languages of all surveys, in order of appearance. The first is that of the home page. A site without
// surveys still has a home page, in Chinese and English.
func Languages(surveys []*survey.Survey) []string {
	if len(surveys) == 0 {
		return []string{"zh", "en"}
	}
	var languages []string
	for _, s := range surveys {
		for _, l := range s.Languages {
			if !slices.Contains(languages, l) {
				languages = append(languages, l)
			}
		}
	}
	return languages
}

// Build writes the whole site: the home page, for each survey its form, its thank-you pages, its companions, its results page
// before anything is released, and its compiled definition, each page in each language, and the assets. The renderer must have
// been made with the same assets. The home page lists surveys in the order given, those first that are open at the time.
func Build(surveys []*survey.Survey, renderer *render.Renderer, assets Assets, at time.Time, out Output) error {
	if err := Check(surveys); err != nil {
		return err
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range assets.files {
		workers.Go(func() error { return out.Write(f.path, f.content) })
	}
	workers.Go(func() error { return BuildHome(surveys, renderer, at, out) })
	for _, s := range surveys {
		workers.Go(func() error {
			if err := BuildSurvey(s, renderer, at, out); err != nil {
				return message.Errorf("survey %s: %w", s.ID, err)
			}
			return nil
		})
	}
	return workers.Wait()
}

// BuildHome writes the home page as Build does.
func BuildHome(surveys []*survey.Survey, renderer *render.Renderer, at time.Time, out Output) error {
	p := &pages{out: out}
	languages := Languages(surveys)
	for _, language := range languages {
		// Each address has a page of its own: here, the path to the root may be empty, which is printed in another way.
		for _, dir := range directories("", language, languages) {
			err := p.write([]string{dir}, "index.html", func(w io.Writer, _ string) error {
				return renderer.Home(w, surveys, render.HomePage{Language: language, Languages: languages, Root: rootFrom(dir), At: at})
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Homes makes the home pages for an instant and for each later end of a window: a file for each distinct page, named by its
// content, and which of them is right from when on.
func Homes(surveys []*survey.Survey, renderer *render.Renderer, at time.Time) (homes render.Homes, files map[string][]byte, err error) {
	files = map[string][]byte{}
	from, more := time.Time{}, true
	for more {
		out := homeFiles{}
		if err := BuildHome(surveys, renderer, at, out); err != nil {
			return nil, nil, err
		}
		since := render.HomesSince{From: from, Files: map[string]string{}}
		for address, content := range out {
			sum := sha256.Sum256(content)
			name := strings.TrimSuffix(address, "index.html") + "home-" + hex.EncodeToString(sum[:8]) + ".html"
			since.Files[address], files[name] = name, content
		}
		homes = append(homes, since)
		at, more = survey.NextPhase(surveys, at)
		from = at.UTC()
	}
	return homes, files, nil
}

// homeFiles keeps home pages by their addresses. It is used by one goroutine.
type homeFiles map[string][]byte

// Write implements [Output].
func (h homeFiles) Write(path string, content []byte) error {
	h[path] = bytes.Clone(content)
	return nil
}

// phases are those of a window.
var phases = []survey.Phase{survey.Early, survey.Open, survey.Closed}

// writeForms writes a survey's form in one language, as it is before, in and after the window, and puts the one for an instant in
// place. Without a window there is the form alone.
func (p *pages) writeForms(dirs []string, s *survey.Survey, renderer *render.Renderer, language string, at time.Time) error {
	write := func(phase survey.Phase, name string, also ...string) error {
		return p.write(dirs, name, func(w io.Writer, root string) error {
			return renderer.Survey(w, s, render.SurveyPage{Language: language, Root: root, Phase: phase})
		}, also...)
	}
	const inPlace = "index.html"
	if s.Window == (survey.Window{}) {
		return write(survey.Open, inPlace)
	}
	for _, phase := range phases {
		var also []string
		if phase == s.PhaseAt(at) {
			also = []string{inPlace}
		}
		if err := write(phase, render.FormName(phase), also...); err != nil {
			return err
		}
	}
	return nil
}

// BuildSurvey writes one survey's pages as Build does, for a site of which only that survey has changed.
func BuildSurvey(s *survey.Survey, renderer *render.Renderer, at time.Time, out Output) error {
	p := &pages{out: out}
	empty := results.NewSet(stats.NewReport(s, nil))
	for _, language := range s.Languages {
		dirs := directories(s.ID+"/", language, s.Languages)
		if err := p.writeForms(dirs, s, renderer, language, at); err != nil {
			return err
		}
		for i := range max(1, len(s.Thanks)) {
			err := p.write(dirs, s.ThanksPath(i)+"index.html", func(w io.Writer, root string) error {
				return renderer.Thanks(w, s, render.ThanksPage{Text: i, Language: language, Root: root})
			})
			if err != nil {
				return err
			}
		}
		for _, c := range render.Companions(s) {
			err := p.write(dirs, c.Path+"index.html", func(w io.Writer, root string) error {
				return c.Write(renderer, w, s, render.CompanionPage{Language: language, Root: root})
			})
			if err != nil {
				return err
			}
		}
		if s.Results.Audience == "public" {
			if err := p.writeResults(dirs, language, results.New(renderer), empty); err != nil {
				return err
			}
		}
	}
	return out.Write(s.ID+"/definition.json", s.Public().Encode())
}

// A CompanionFile is a page beside a survey's form.
type CompanionFile struct{ Name, Language, Root string }

// CompanionFiles lists the pages beside a survey's form that BuildSurvey writes.
func CompanionFiles(s *survey.Survey) []CompanionFile {
	var files []CompanionFile
	for _, c := range render.Companions(s) {
		for _, language := range s.Languages {
			for _, dir := range directories(s.ID+"/", language, s.Languages) {
				name := dir + c.Path + "index.html"
				files = append(files, CompanionFile{name, language, rootFrom(name)})
			}
		}
	}
	return files
}

// BuildInvitees writes the form of a survey with invitations as the invited see it, for a preview, into a folder below each
// page of the survey: it has no invitation, and takes the values of one from its link.
func BuildInvitees(s *survey.Survey, renderer *render.Renderer, out Output) error {
	if !s.HasInvitations() {
		return nil
	}
	p := &pages{out: out}
	for _, language := range s.Languages {
		err := p.write(directories(s.ID+"/", language, s.Languages), render.InviteeFolder+"index.html", func(w io.Writer, root string) error {
			return renderer.Survey(w, s, render.SurveyPage{Language: language, Root: root, Invitee: &render.Invitee{}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// writeResults writes the results page and its files before anything is released, to the first of the directories. The address in
// the other one leads there.
func (p *pages) writeResults(dirs []string, language string, renderer *results.Renderer, empty *results.Set) error {
	s := empty.Report.Survey
	for _, file := range []struct {
		name  string
		write func(io.Writer, results.Page) error
	}{{"index.html", renderer.HTML}, {"results.json", renderer.JSON}, {"results.csv", renderer.CSV}} {
		name := results.Folder{}.Path() + file.name
		if file.name == "results.json" && language != s.DefaultLanguage() { // it is the same in all languages
			if err := p.out.Write(dirs[0]+name, headers.Moved(name, "../../"+name, language, s.Title.In(language))); err != nil {
				return err
			}
			continue
		}
		err := p.write(dirs[:1], name, func(w io.Writer, root string) error {
			return file.write(w, results.Page{Set: empty, Language: language, Root: root})
		})
		if err != nil {
			return err
		}
		for _, dir := range dirs[1:] {
			to := "../../" + strings.TrimSuffix(name, "index.html")
			if err := p.out.Write(dir+name, headers.Moved(name, to, language, s.Title.In(language))); err != nil {
				return err
			}
		}
	}
	return nil
}

// directories lists where a page in one language is: under the language's name, and for the first language also above.
func directories(dir, language string, languages []string) []string {
	if language == languages[0] {
		return []string{dir, dir + language + "/"}
	}
	return []string{dir + language + "/"}
}

func rootFrom(path string) string { return strings.Repeat("../", strings.Count(path, "/")) }

// rootPlaceholder is the path to the site's root in a page that has several addresses: it is rendered once, and only that
// path differs.
const rootPlaceholder = "glasspoll-root-7d1f/"

// pages writes pages to an Output. Its buffers are reused.
type pages struct {
	out            Output
	rendered, page bytes.Buffer
}

// write renders a file with a placeholder for the path to the root, and writes it to each directory, there also under other
// names.
func (p *pages) write(dirs []string, name string, render func(w io.Writer, root string) error, also ...string) error {
	p.rendered.Reset()
	if err := render(&p.rendered, rootPlaceholder); err != nil {
		return message.Errorf("%s%s: %w", dirs[0], name, err)
	}
	for _, dir := range dirs {
		p.page.Reset()
		root := rootFrom(dir + name)
		rest := p.rendered.Bytes()
		for {
			before, after, found := bytes.Cut(rest, []byte(rootPlaceholder))
			p.page.Write(before)
			if !found {
				break
			}
			p.page.WriteString(root)
			rest = after
		}
		for _, name := range append([]string{name}, also...) {
			if err := p.out.Write(dir+name, p.page.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}
