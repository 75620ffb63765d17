// Package upload uploads a built site to a deployment on AWS.
package upload

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Table stores what a deployment's functions need to know of a site.
type Table interface {
	store.Definitions
	store.Sidecars

	PutDefinition(ctx context.Context, s *survey.Survey) error // as in [store.DefinitionWriter]
	Surveys(ctx context.Context) ([]string, error)             // as in [store.Catalog]
	MakeSecret(ctx context.Context) error                      // as in [store.SecretMaker]

	// PutActions replaces the measures and quotes of a survey.
	PutActions(ctx context.Context, survey string, a survey.Actions) error

	// Assets returns the assets that pages link to; known is false if there are none yet.
	Assets(ctx context.Context) (a render.Assets, known bool, err error)

	// PutAssets replaces them.
	PutAssets(ctx context.Context, a render.Assets) error

	// Homes returns which files are the home pages, and from when on.
	Homes(ctx context.Context) (render.Homes, error)

	// PutHomes replaces that.
	PutHomes(ctx context.Context, h render.Homes) error

	// MarkPublished says that everything is in place.
	MarkPublished(ctx context.Context) error
}

// Pages stores a deployment's files.
type Pages interface {
	// NeedsUpload reports whether a file is missing or differs.
	NeedsUpload(ctx context.Context, f cloud.File) (bool, error)

	// Upload puts a file in place.
	Upload(ctx context.Context, f cloud.File) error
}

// Site is a built site.
type Site struct {
	Dir      string
	Files    []string // slash-separated paths below Dir
	Surveys  []*survey.Survey
	Actions  map[string]survey.Actions // measures and quotes by survey
	Renderer *render.Renderer
	Assets   render.Assets
}

const (
	// notFoundName is the page for an address that does not exist.
	notFoundName = "404.html"
	// concurrency bounds the files that are uploaded at a time.
	concurrency = 16
)

// Upload uploads a site to a deployment. At every moment, whatever a page refers to exists: questionnaires are stored before the
// pages whose answers they check, and files before the pages that link to them. Only what differs is sent, so that an
// upload that failed continues when it is run again. Nothing is deleted. A dry run prints what would be done.
func Upload(ctx context.Context, c *console.Console, table Table, pages Pages, s Site, dryRun bool) error {
	notFound, err := notFoundPage(s.Renderer, s.Surveys)
	if err != nil {
		return err
	}
	homes, made, err := site.Homes(s.Surveys, s.Renderer, time.Now())
	if err != nil {
		return err
	}
	made[notFoundName] = notFound
	u := &uploader{
		Site: s, table: table, pages: pages, dryRun: dryRun, console: c, made: made, homes: homes,
		progress: &progress{console: c, all: len(s.Files) + len(made), dryRun: dryRun},
	}
	return u.upload(ctx)
}

// notFoundPage can be shown at any depth, so its links are absolute.
func notFoundPage(renderer *render.Renderer, surveys []*survey.Survey) ([]byte, error) {
	var page bytes.Buffer
	language := site.Languages(surveys)[0]
	err := renderer.Notice(&page, render.NoticePage{Language: language, Root: "/", Code: answer.NotFound})
	return page.Bytes(), err
}

// uploader uploads one site.
type uploader struct {
	Site
	table    Table
	pages    Pages
	dryRun   bool
	console  *console.Console
	made     map[string][]byte // files that the site's folder lacks
	homes    render.Homes
	progress *progress
}

func (u *uploader) print(format string, args ...any) { u.console.Print(u.console.Out, format, args...) }

func (u *uploader) upload(ctx context.Context) error {
	if err := u.secret(ctx); err != nil {
		return err
	}
	if err := u.definitions(ctx); err != nil {
		return err
	}
	if err := u.actions(ctx); err != nil {
		return err
	}
	steps := u.steps()
	if err := u.files(ctx, steps.assets); err != nil {
		return err
	}
	if err := u.assets(ctx); err != nil {
		return err
	}
	for _, names := range [][]string{steps.data, steps.kept, steps.pages} {
		if err := u.files(ctx, names); err != nil {
			return err
		}
	}
	if err := u.putHomes(ctx); err != nil {
		return err
	}
	if err := u.files(ctx, steps.homes); err != nil {
		return err
	}
	if !u.dryRun {
		if err := u.table.MarkPublished(ctx); err != nil {
			return err
		}
	}
	all := message.Count(u.progress.all, "file")
	if u.dryRun {
		u.print("%s, %d to upload, the others are there", all, u.progress.sent)
	} else {
		u.print("%s, %d uploaded, the others are there", all, u.progress.sent)
	}
	return nil
}

// steps are names of files by when they are uploaded.
type steps struct {
	assets, data []string
	kept         []string // to be put in place at the ends of windows
	pages, homes []string
}

// steps divides the files by when they are uploaded. The deepest pages come before those that link to them. What is kept comes
// before what is in place, so that a schedule which runs meanwhile finds the new one, or is overwritten.
func (u *uploader) steps() (s steps) {
	inPlace := u.homes.At(time.Time{})
	for _, name := range slices.Concat(u.Files, slices.Sorted(maps.Keys(u.made))) {
		_, isMade := u.made[name]
		switch {
		case strings.HasPrefix(name, "assets/"):
			s.assets = append(s.assets, name)
		case inPlace[name] != "":
			s.homes = append(s.homes, name)
		case isMade && name != notFoundName || slices.Contains(render.FormNames(), path.Base(name)):
			s.kept = append(s.kept, name)
		case strings.HasSuffix(name, ".html"):
			s.pages = append(s.pages, name)
		default:
			s.data = append(s.data, name)
		}
	}
	depth := func(name string) int { return strings.Count(name, "/") }
	for _, names := range [][]string{s.pages, s.homes} {
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(depth(b), depth(a)) })
	}
	return s
}

// secret makes the secret that the form handler keys ids with, unless there is one: the handler may not write it.
func (u *uploader) secret(ctx context.Context) error {
	if u.dryRun {
		return nil
	}
	if err := u.table.MakeSecret(ctx); err != nil {
		return message.Errorf("making the secret that ids are keyed with: %w. If the right to it is missing, update the stack first, from this version's template", err)
	}
	return nil
}

// definitions stores the questionnaires that have changed.
func (u *uploader) definitions(ctx context.Context) error {
	changed := 0
	for _, s := range u.Surveys {
		before, err := u.table.Definition(ctx, s.ID, "")
		if err != nil && !errors.Is(err, store.ErrUnknown) {
			return err
		}
		if err == nil && before.Version == s.Version {
			continue
		}
		changed++
		switch {
		case before == nil:
			u.print("%s: new", s.ID)
		case before.Shape != s.Shape:
			u.print("%s: changed so that its answers are counted again", s.ID)
		default:
			u.print("%s: changed in wording or look only", s.ID)
		}
		if err := u.removeCompanions(ctx, before, s); err != nil {
			return err
		}
		if u.dryRun {
			continue
		}
		if err := u.table.PutDefinition(ctx, s); err != nil {
			return err
		}
	}
	known, err := u.table.Surveys(ctx)
	if err != nil {
		return err
	}
	for _, id := range known {
		if !slices.ContainsFunc(u.Surveys, func(s *survey.Survey) bool { return s.ID == id }) {
			u.print("%s: no longer among the questionnaires, but still online: its pages and results stay", id)
		}
	}
	u.print("%s, %d new or changed", message.Count(len(u.Surveys), "questionnaire"), changed)
	return nil
}

// actions stores the measures and quotes that have changed. Those of a file that is gone are removed.
func (u *uploader) actions(ctx context.Context) error {
	for _, s := range u.Surveys {
		before, err := u.table.Actions(ctx, s.ID)
		if err != nil {
			return err
		}
		if reflect.DeepEqual(before, u.Actions[s.ID]) {
			continue
		}
		u.print("%s: %s and %s; its results show them within ten minutes",
			s.ID, message.Count(len(u.Actions[s.ID].Measures), "measure"), message.Count(len(u.Actions[s.ID].Quotes), "quote"))
		if u.dryRun {
			continue
		}
		if err := u.table.PutActions(ctx, s.ID, u.Actions[s.ID]); err != nil {
			return err
		}
	}
	return nil
}

// assets stores the names of the assets, by which the functions link to them.
func (u *uploader) assets(ctx context.Context) error {
	before, known, err := u.table.Assets(ctx)
	if err != nil || known && before.Equal(u.Assets) || u.dryRun {
		return err
	}
	return u.table.PutAssets(ctx, u.Assets)
}

// putHomes stores which files are the home pages, by which the schedule puts them in place.
func (u *uploader) putHomes(ctx context.Context) error {
	before, err := u.table.Homes(ctx)
	if err != nil || reflect.DeepEqual(before, u.homes) || u.dryRun {
		return err
	}
	return u.table.PutHomes(ctx, u.homes)
}

// files uploads those of the named files that differ.
func (u *uploader) files(ctx context.Context, names []string) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, name := range names {
		if within.Err() != nil {
			break
		}
		group.Go(func() error { return u.file(within, name) })
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

func (u *uploader) file(ctx context.Context, name string) error {
	f := cloud.File{Name: name, Body: u.made[name]}
	if f.Body == nil {
		var err error
		if f.Body, err = os.ReadFile(filepath.Join(u.Dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	differs, err := u.pages.NeedsUpload(ctx, f)
	if err == nil && differs && !u.dryRun {
		err = u.pages.Upload(ctx, f)
	}
	if err == nil {
		u.progress.done(name, differs)
	}
	return err
}

// progress prints how far an upload is, once a second; of a dry run, what would be uploaded.
type progress struct {
	console *console.Console
	all     int
	dryRun  bool

	mu      sync.Mutex
	seen    int
	sent    int
	printed time.Time
}

func (p *progress) done(name string, sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if sent {
		p.sent++
		if p.dryRun {
			p.console.Print(p.console.Out, "would upload %s", name)
		}
	}
	if p.printed.IsZero() {
		p.printed = time.Now()
	}
	if time.Since(p.printed) >= time.Second && !p.dryRun {
		p.printed = time.Now()
		p.console.Print(p.console.Out, "%d of %d files, %d uploaded", p.seen, p.all, p.sent)
	}
}
