package main

import (
	"runtime/debug"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/staging"
	"glasspoll/internal/survey"
)

type buildCommand struct {
	Surveys    string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Out        string `placeholder:"DIR" default:"public" help:"Where to write the site. Default: ${default}."`
	Templates  string `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	Unapproved bool   `help:"Build questionnaires that are not approved, too: for a test."`
}

func (buildCommand) Help() string {
	return `Compiles every questionnaire and writes the pages, in every language, with the compiled definitions and the
assets. Every link is relative, so the result can be put under any path of any web server or CDN.

If any questionnaire has a problem, all problems are printed and nothing is written. Files of an earlier build that
are no longer needed are removed; files that are not from a build are never touched.

A questionnaire with 'document', and a plan with one of its own, must say approved_by and approved_on; for a test there
is --unapproved.

Examples:

  glasspoll build
  glasspoll build --surveys questionnaires --out /var/www/surveys
  glasspoll build --templates ours        # ours/style.css replaces the built-in stylesheet`
}

func (b buildCommand) Run(c *console.Console) error {
	started := time.Now()
	// A build allocates much and soon ends: collecting garbage less often saves a tenth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	library, surveys, err := readLibrary(c, b.Surveys, project.Demands{Approved: !b.Unapproved})
	if err != nil {
		return err
	}
	templates, err := project.Templates(b.Templates)
	if err != nil {
		return err
	}
	renderer, assets, err := site.NewRenderer(templates, library.Theme())
	if err != nil {
		return message.Errorf("building: %w", err)
	}
	out, err := buildSite(surveys, renderer, assets.With(library.Pictures()), b.Out)
	if err != nil {
		return message.Errorf("building: %w", err)
	}
	c.Print(c.Out, "%s: %d files from %s, %d of them new or changed, in %s",
		b.Out, len(out.Paths()), message.Count(len(surveys), "survey"), out.Changed(), time.Since(started).Round(time.Millisecond))
	return nil
}

// readLibrary reads a directory of questionnaires. Problems are printed, and are the error.
func readLibrary(c *console.Console, dir string, d project.Demands) (*project.Library, []*survey.Survey, error) {
	library := project.NewLibraryFor(d, dir)
	surveys, problems, err := library.Read()
	if err != nil {
		return nil, nil, err
	}
	if len(problems) > 0 {
		c.Problems(problems)
		return nil, nil, console.ErrProblems
	}
	return library, surveys, nil
}

// buildSite writes a whole site. After an error nothing in the directory has changed.
func buildSite(surveys []*survey.Survey, renderer *render.Renderer, assets site.Assets, dir string) (*staging.Folder, error) {
	out, err := staging.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := site.Build(surveys, renderer, assets, time.Now(), out); err != nil {
		out.Discard()
		return nil, err
	}
	return out, out.Commit()
}
