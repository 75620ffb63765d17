package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/project"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

type levelPagesCommand struct {
	storeFlags
	Sources project.Sources `kong:"-"`
	ID      string          `arg:"" name:"ID" help:"The survey."`
	Level   string          `required:"" placeholder:"LEVEL" enum:"public,staff,management" help:"For whom: public, staff or management."`
	Out     string          `required:"" placeholder:"DIR" type:"path" help:"The folder to write."`
	Surveys string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire and what stands beside it are. Default: surveys."`
	Links   render.Assets   `kong:"-"`
}

func (levelPagesCommand) Help() string {
	return `Writes the results pages of one level to a folder of their own, for an intranet or a browser: all periods, groups and
languages, with results.json and results.csv. Start with DIR/ID/results/index.html.

  public      what the site shows, if the survey's results are public (results.audience)
  staff       the same figures, which are released in batches, also if they are not public
  management  everything that has been counted, also what is withheld because too few people answered

Pages for staff and management say so at their head. Each level is only for those that the survey's results.audience names,
or fewer: public pages of a survey with 'audience: management' are refused. Nothing in DIR is removed; write each level to
a folder of its own, and mind who can read it.

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
		file, err := files.Create(filepath.Join(l.Out, filepath.FromSlash(name)), false)
		if err != nil {
			return err
		}
		if _, err := file.Write(assets.Content(name)); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// styleFiles are what results pages load.
func (l *levelPagesCommand) styleFiles() []string {
	names := []string{l.Links.Results.Path, l.Links.Icon, l.Links.Brand.Logo, l.Links.Brand.LogoDark}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

func (l *levelPagesCommand) writesTo() string { return l.Out }

func (l *levelPagesCommand) do(ctx context.Context, env *environment) error {
	s, err := definition(ctx, env.store, l.ID)
	if err != nil {
		return err
	}
	if slices.Index(results.Levels(), l.Level) < slices.Index(results.Levels(), s.Results.Audience) {
		return console.Usagef("--level %s: the results of %s are for %s", l.Level, l.ID, s.Results.Audience)
	}
	now := time.Now()
	var report *stats.Report
	if l.Level == results.Management {
		report, _, _, err = allCounted(ctx, env.store, s, reportOf{id: l.ID, now: now})
	} else {
		latest, failed := env.store.Latest(ctx, l.ID)
		report, err = stats.NewReport(s, latest), failed
	}
	if err != nil {
		return err
	}
	renderer, err := render.New(glasspoll.Templates(), l.Links)
	if err != nil {
		return err
	}
	written := 0
	for _, language := range s.Languages {
		for _, folder := range results.Folders(report) {
			n, err := l.folder(env, results.New(renderer), s, report, language, folder, now)
			if err != nil {
				return err
			}
			written += n
		}
	}
	console.Line(env.Err, "%s for %s: start with %s", console.Count(written, "file"), l.Level, filepath.Join(l.Out, l.ID, "results", "index.html"))
	return nil
}

// folder writes the files of one results page.
func (l *levelPagesCommand) folder(env *environment, renderer *results.Renderer, s *survey.Survey, report *stats.Report, language string, folder results.Folder, now time.Time) (written int, err error) {
	at := path.Join(s.ID, folder.Path())
	if language != s.DefaultLanguage() {
		at = path.Join(s.ID, language, folder.Path())
	}
	page := results.Page{
		Report: report, Actions: l.Sources.Actions, Today: survey.Date(now.In(s.Location()).Format(time.DateOnly)), Language: language,
		Root: strings.Repeat("../", strings.Count(at, "/")+1), Folder: folder,
	}
	if l.Level != "public" {
		page.Level = l.Level
	}
	draw := map[string]func(io.Writer, results.Page) error{"index.html": renderer.HTML}
	if folder.Whole() {
		draw["results.json"], draw["results.csv"] = renderer.JSON, renderer.CSV
	}
	for _, name := range slices.Sorted(maps.Keys(draw)) {
		var b bytes.Buffer
		if err := draw[name](&b, page); err != nil {
			return written, err
		}
		if err := writeOne(env, filepath.Join(l.Out, filepath.FromSlash(at), name), l.Level != "public", b.Bytes()); err != nil {
			return written, err
		}
		written++
	}
	return written, nil
}
