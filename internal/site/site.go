// Package site makes every page and asset of a set of surveys, byte for byte the same each time. It is pure: what
// becomes of the files is for an Output to say.
package site

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// Output takes finished files. Paths are relative, with forward slashes. Write is called from several goroutines at
// once, in no order, once a path; content may be changed after it returns.
type Output interface {
	Write(path string, content []byte) error
}

// reserved are first segments of addresses that no survey may have.
var reserved = []string{"api", "assets", "thanks", "results"}

// A Conflict is a survey that cannot be part of the site, because its addresses are taken.
type Conflict struct {
	ID     string
	Reason string
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("the id '%s' %s: choose another", c.ID, c.Reason)
}

// Check finds a survey that wants an address of another one, of the site itself, or of a home page. The error is nil or
// a *Conflict.
func Check(surveys []*survey.Survey) error {
	taken := map[string]bool{}
	languages := Languages(surveys)
	for _, s := range surveys {
		switch {
		case taken[s.ID]:
			return &Conflict{s.ID, "is that of two surveys"}
		case slices.Contains(reserved, s.ID):
			return &Conflict{s.ID, "is an address of the site itself"}
		case slices.Contains(languages, s.ID):
			return &Conflict{s.ID, "is the address of the home page in that language"}
		}
		taken[s.ID] = true
	}
	return nil
}

// Languages lists the languages of all surveys, in the order in which they come. The first is that of the home page.
// A site without surveys still has a home page, in Chinese and English.
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

// Build writes the whole site: the home page, for each survey its form, its thank-you page, its results page as it is
// before anything is released, and its compiled definition, each page in each language, and the assets. The renderer
// must have been made with the same assets. Surveys are shown in the order given.
func Build(surveys []*survey.Survey, renderer *render.Renderer, assets Assets, out Output) error {
	if err := Check(surveys); err != nil {
		return err
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range assets.files {
		workers.Go(func() error { return out.Write(f.path, f.content) })
	}
	workers.Go(func() error { return buildHome(surveys, renderer, out) })
	for _, s := range surveys {
		workers.Go(func() error {
			if err := buildSurvey(s, renderer, out); err != nil {
				return fmt.Errorf("survey %s: %w", s.ID, err)
			}
			return nil
		})
	}
	return workers.Wait()
}

func buildHome(surveys []*survey.Survey, renderer *render.Renderer, out Output) error {
	p := &pages{out: out}
	languages := Languages(surveys)
	for _, language := range languages {
		// Drawn anew for each address: here, the way to the root may be empty, which is not the same everywhere.
		for _, dir := range directories("", language, languages) {
			err := p.write([]string{dir}, "index.html", func(w *bytes.Buffer, _ string) error {
				return renderer.Home(w, surveys, language, languages, rootFrom(dir))
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func buildSurvey(s *survey.Survey, renderer *render.Renderer, out Output) error {
	p := &pages{out: out}
	figures, nothing := results.New(renderer), results.NewSet(stats.NewReport(s, nil))
	for _, language := range s.Languages {
		dirs := directories(s.ID+"/", language, s.Languages)
		err := p.write(dirs, "index.html", func(w *bytes.Buffer, root string) error {
			return renderer.Survey(w, s, render.SurveyPage{Language: language, Root: root})
		})
		if err != nil {
			return err
		}
		for i := range max(1, len(s.Thanks)) {
			err = p.write(dirs, s.ThanksPath(i)+"index.html", func(w *bytes.Buffer, root string) error {
				return renderer.Thanks(w, s, i, language, root)
			})
			if err != nil {
				return err
			}
		}
		if s.Results.Audience != "public" {
			continue
		}
		err = p.write(dirs, "results/index.html", func(w *bytes.Buffer, root string) error {
			return figures.HTML(w, results.Page{Set: nothing, Language: language, Root: root})
		})
		if err != nil {
			return err
		}
		err = p.write(dirs, "results/results.json", func(w *bytes.Buffer, _ string) error {
			return figures.JSON(w, results.Page{Set: nothing, Language: language})
		})
		if err != nil {
			return err
		}
		err = p.write(dirs, "results/results.csv", func(w *bytes.Buffer, _ string) error {
			return figures.CSV(w, results.Page{Set: nothing, Language: language})
		})
		if err != nil {
			return err
		}
	}
	return out.Write(s.ID+"/definition.json", s.Public().Encode())
}

// directories lists where a page in one language is: under the language's name, and for the first language also above.
func directories(dir, language string, languages []string) []string {
	if language == languages[0] {
		return []string{dir, dir + language + "/"}
	}
	return []string{dir + language + "/"}
}

func rootFrom(path string) string { return strings.Repeat("../", strings.Count(path, "/")) }

// anyRoot stands for the way to the site's root in a page that has several addresses: it is drawn once, and only the
// way differs.
const anyRoot = "glasspoll-root-7d1f/"

// pages writes pages to an Output through two buffers.
type pages struct {
	out         Output
	drawn, sent bytes.Buffer
}

func (p *pages) write(dirs []string, name string, draw func(w *bytes.Buffer, root string) error) error {
	p.drawn.Reset()
	if err := draw(&p.drawn, anyRoot); err != nil {
		return fmt.Errorf("%s%s: %w", dirs[0], name, err)
	}
	for _, dir := range dirs {
		p.sent.Reset()
		root := rootFrom(dir + name)
		rest := p.drawn.Bytes()
		for {
			before, after, found := bytes.Cut(rest, []byte(anyRoot))
			p.sent.Write(before)
			if !found {
				break
			}
			p.sent.WriteString(root)
			rest = after
		}
		if err := p.out.Write(dir+name, p.sent.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
