package main

import (
	"runtime/debug"
	"time"

	"glasspoll/internal/build"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
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
are no longer needed are removed; files that are not from a build are never touched. Only surveys that have changed
since the last build are drawn again, and files that somebody has changed or removed.

A questionnaire with 'document', and a plan with one of its own, must say approved_by and approved_on; for a test there
is --unapproved.

Examples:

  glasspoll build
  glasspoll build --surveys questionnaires --out /var/www/surveys
  glasspoll build --templates ours        # ours/style.css replaces the built-in stylesheet`
}

// maxMemory is what a build aims to need in bytes, besides the program itself: the garbage is collected more often before it is
// exceeded.
const maxMemory = 72 << 20

func (b buildCommand) Run(c *console.Console) error {
	started := time.Now()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(maxMemory))
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // below that, collecting less often saves a tenth of the time
	built, err := buildSite(c, build.Options{Surveys: b.Surveys, Templates: b.Templates, Out: b.Out, Demands: project.Demands{Approved: !b.Unapproved}})
	if err != nil {
		return err
	}
	c.Print(c.Out, "%s: %d files from %s, %d of them new or changed, in %s",
		b.Out, len(built.Paths), message.Count(built.Count, "survey"), built.Changed, time.Since(started).Round(time.Millisecond))
	return nil
}

// buildSite builds a site as it is now. Problems are printed, and are the error.
func buildSite(c *console.Console, o build.Options) (*build.Result, error) {
	o.Now = time.Now()
	o.Waiting = func() { c.Print(c.Err, "%s: another command is building there: waiting for it", o.Out) }
	built, problems, err := build.Run(o)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		c.Problems(problems)
		return nil, console.ErrProblems
	}
	return built, nil
}
