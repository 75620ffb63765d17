package main

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
	"glasspoll/internal/render"
)

type levelPagesCommand struct {
	storeFlags
	Sources project.Sources `kong:"-"`
	ID      string          `arg:"" name:"ID" help:"The survey."`
	Level   string          `required:"" placeholder:"LEVEL" enum:"public,staff,management" help:"For whom: public, staff or management."`
	Out     string          `required:"" placeholder:"DIR" type:"path" help:"The folder to write."`
	Surveys string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire, its measures and its quotes are. Default: surveys."`
	Links   render.Assets   `kong:"-"`
}

func (levelPagesCommand) Help() string {
	return `Writes the results pages of one level to a folder of their own, for an intranet or a browser: all periods, groups and
languages, with results.json and results.csv. Start with DIR/ID/results/index.html.

  public      what the site shows, if the survey's results are public (results.audience)
  staff       the same figures, which are released in blocks, also if they are not public
  management  everything that has been counted, also what is withheld because too few people answered

Pages for staff and management say so at their head. Each level is only for those that the survey's results.audience names,
or fewer: public pages of a survey with 'audience: management' are refused. Nothing in DIR is removed; write each level to
a folder of its own, and take care who can read it.

Examples:

  glasspoll results pages service --level staff --out /srv/intranet/polls
  glasspoll results pages service --level management --out ./management`
}

func (l levelPagesCommand) Run(ctx context.Context, c *console.Console) error {
	sources, assets, err := project.ReadSources(l.Surveys, "", l.ID)
	if err != nil {
		return err
	}
	l.Sources, l.Links = sources, assets.Links
	if err := l.perform(ctx, c, "results pages", &l); err != nil {
		return err
	}
	files := &control.Files{}
	defer files.Discard()
	for _, name := range l.styleFiles() {
		if err := writeFile(files.Create, filepath.Join(l.Out, filepath.FromSlash(name)), false, assets.Content(name)); err != nil {
			return err
		}
	}
	return nil
}

// styleFiles returns what results pages load.
func (l *levelPagesCommand) styleFiles() []string {
	look := l.Links.Look(l.ID)
	names := []string{l.Links.Results.Path, look.Style.Path, look.Icon, look.Brand.Logo, look.Brand.LogoDark, look.Brand.Card}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

func (l *levelPagesCommand) writesTo() string { return l.Out }

func (l *levelPagesCommand) do(ctx context.Context, env *environment) error {
	s, _, err := figures{ID: l.ID, Level: l.Level}.of(ctx, env)
	if err != nil {
		return err
	}
	written := 0
	options := records.PagesOptions{Level: l.Level, Actions: l.Sources.Actions, Links: l.Links, Now: time.Now()}
	err = records.Pages(ctx, env.store, s, options, func(path string, content []byte) error {
		written++
		return env.writeFile(filepath.Join(l.Out, filepath.FromSlash(path)), l.Level != "public", content)
	})
	if err != nil {
		return err
	}
	env.Print(env.Err, "%s for %s: start with %s", message.Count(written, "file"), l.Level, filepath.Join(l.Out, l.ID, "results", "index.html"))
	return nil
}
