package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type publishCommand struct {
	Table      string `required:"" placeholder:"NAME" help:"The deployment's table: the output 'Table' of its stack."`
	Bucket     string `required:"" placeholder:"NAME" help:"The deployment's bucket: the output 'Bucket' of its stack."`
	Surveys    string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Out        string `placeholder:"DIR" default:"public" help:"Where the site is built. Default: ${default}."`
	Templates  string `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	DryRun     bool   `help:"Say what would be done, and do nothing."`
	Unapproved bool   `help:"Publish questionnaires that nobody has approved: for a test deployment."`

	awsFlags
	S3Endpoint string `name:"s3-endpoint" env:"S3_ENDPOINT" hidden:""`
}

func (publishCommand) Help() string {
	return `Builds the site and brings it to a deployment on AWS: first the compiled questionnaires, so that no page is ever
shown whose answers could not be taken, then the assets, the data, and the pages last. Only what has changed is sent.
Broken off at any point, it can be run again. Nothing is ever deleted, and results are never replaced.

Credentials are found as the AWS command line finds them: environment, profile, single sign-on. A questionnaire with
'document' must say approved_by and approved_on.

Examples:

  glasspoll publish --table polls-Table-1A2B --bucket polls-bucket-3c4d --dry-run
  glasspoll publish --table polls-Table-1A2B --bucket polls-bucket-3c4d --profile marketing`
}

func (p publishCommand) Run(ctx context.Context, c *console.Console) error {
	library := project.NewLibrary(p.Surveys)
	surveys, problems, err := library.Read()
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		console.Problems(c.Err, problems)
		return console.ErrProblems
	}
	if unapproved := p.unapproved(library); len(unapproved) > 0 {
		console.Problems(c.Err, unapproved)
		fmt.Fprintln(c.Err, "Nothing is published. For a test deployment there is --unapproved.")
		return console.ErrProblems
	}
	templates, err := project.Templates(p.Templates)
	if err != nil {
		return err
	}
	if p.DryRun {
		if p.Out, err = os.MkdirTemp("", "glasspoll-"); err != nil {
			return err
		}
		defer os.RemoveAll(p.Out)
	}
	built, err := buildSite(surveys, templates, library.Theme(), p.Out)
	if err != nil {
		return fmt.Errorf("building: %w", err)
	}
	renderer, assets, err := site.NewRenderer(templates, library.Theme())
	if err != nil {
		return err
	}
	missing, err := missingPage(renderer, surveys)
	if err != nil {
		return err
	}
	table, pages, err := p.connect(ctx)
	if err != nil {
		return err
	}
	u := &upload{table: table, pages: pages, dryRun: p.DryRun, out: c.Out, dir: p.Out, missing: missing, actions: library.Actions()}
	if err := u.run(ctx, surveys, assets.Links, built.Paths()); err != nil {
		if ctx.Err() == nil {
			return fmt.Errorf("publishing: %w\nRun it again: it goes on from here", err)
		}
		return fmt.Errorf("publishing was broken off. Run it again: it goes on from here")
	}
	return nil
}

// unapproved finds questionnaires of the quality system that nobody has approved.
func (p publishCommand) unapproved(library *project.Library) questionnaire.Problems {
	var problems questionnaire.Problems
	for _, f := range library.Questionnaires() {
		if d := f.Survey.Document; d != nil && !p.Unapproved && (d.ApprovedBy == "" || d.ApprovedOn == "") {
			problems = append(problems, questionnaire.Problem{File: f.Path, Line: 1, Column: 1,
				Message: fmt.Sprintf("document %s is not approved: it needs approved_by and approved_on", d.Number)})
		}
	}
	return problems
}

// missingPage is shown for an address that does not exist. It can be shown at any depth, so its links are absolute.
func missingPage(renderer *render.Renderer, surveys []*survey.Survey) ([]byte, error) {
	var page strings.Builder
	language := site.Languages(surveys)[0]
	err := renderer.Notice(&page, render.NoticePage{Language: language, Root: "/", Code: answer.NotFound})
	return []byte(page.String()), err
}

const missingName = "404.html"

func (p publishCommand) connect(ctx context.Context) (*cloud.Table, *cloud.Pages, error) {
	table, settings, err := p.table(ctx, p.Table)
	if err != nil {
		return nil, nil, err
	}
	bucket := cloud.NewBucket(p.Bucket, settings.Region, p.S3Endpoint, settings.Credentials)
	return table, cloud.NewPages(bucket), nil
}

// upload brings a built site to a deployment.
type upload struct {
	table   *cloud.Table
	pages   *cloud.Pages
	dryRun  bool
	out     io.Writer
	dir     string
	missing []byte
	actions map[string]survey.Actions // what stands beside the questionnaires, by survey
}

// atOnce is how many files are on their way at a time.
const atOnce = 16

func (u *upload) run(ctx context.Context, surveys []*survey.Survey, assets render.Assets, names []string) error {
	if err := u.definitions(ctx, surveys); err != nil {
		return err
	}
	if err := u.beside(ctx, surveys); err != nil {
		return err
	}
	// A page may name only what is there already: assets, then what the functions must know of them, then the pages. The
	// deepest pages come before those that link to them.
	var steps [3][]string
	for _, name := range append(names, missingName) {
		step := 1
		switch {
		case strings.HasPrefix(name, "assets/"):
			step = 0
		case strings.HasSuffix(name, ".html"):
			step = 2
		}
		steps[step] = append(steps[step], name)
	}
	depth := func(name string) int { return strings.Count(name, "/") }
	slices.SortStableFunc(steps[2], func(a, b string) int { return cmp.Compare(depth(b), depth(a)) })
	progress := &progress{out: u.out, all: len(names) + 1}
	for i, step := range steps {
		if err := u.files(ctx, step, progress); err != nil {
			return err
		}
		if i == 0 {
			if err := u.assets(ctx, assets); err != nil {
				return err
			}
		}
	}
	verb := "uploaded"
	if u.dryRun {
		verb = "to upload"
	}
	fmt.Fprintf(u.out, "%s, %d %s, the others are there\n", console.Count(progress.all, "file"), progress.sent, verb)
	return nil
}

// definitions puts the questionnaires that have changed.
func (u *upload) definitions(ctx context.Context, surveys []*survey.Survey) error {
	changed := 0
	for _, s := range surveys {
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
			fmt.Fprintf(u.out, "%s: new\n", s.ID)
		case before.Shape != s.Shape:
			fmt.Fprintf(u.out, "%s: changed so that its answers are counted again\n", s.ID)
		default:
			fmt.Fprintf(u.out, "%s: changed in wording or look only\n", s.ID)
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
		if !slices.ContainsFunc(surveys, func(s *survey.Survey) bool { return s.ID == id }) {
			fmt.Fprintf(u.out, "%s: not among the questionnaires any more, but still online: its pages and results are left\n", id)
		}
	}
	fmt.Fprintf(u.out, "%s, %d new or changed\n", console.Count(len(surveys), "questionnaire"), changed)
	return nil
}

// beside puts the measures and quotes that have changed. Those of a file that is gone are taken away.
func (u *upload) beside(ctx context.Context, surveys []*survey.Survey) error {
	for _, s := range surveys {
		before, err := u.table.Actions(ctx, s.ID)
		if err != nil {
			return err
		}
		if reflect.DeepEqual(before, u.actions[s.ID]) {
			continue
		}
		fmt.Fprintf(u.out, "%s: %s and %s beside it; its results show them within ten minutes\n",
			s.ID, console.Count(len(u.actions[s.ID].Measures), "measure"), console.Count(len(u.actions[s.ID].Quotes), "quote"))
		if u.dryRun {
			continue
		}
		if err := u.table.PutActions(ctx, s.ID, u.actions[s.ID]); err != nil {
			return err
		}
	}
	return nil
}

func (u *upload) assets(ctx context.Context, assets render.Assets) error {
	before, known, err := u.table.Assets(ctx)
	if err != nil || known && before.Equal(assets) || u.dryRun {
		return err
	}
	return u.table.PutAssets(ctx, assets)
}

// files sends what has changed of one step.
func (u *upload) files(ctx context.Context, names []string, progress *progress) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, name := range names {
		if within.Err() != nil {
			break
		}
		group.Go(func() error {
			f := cloud.File{Name: name, Body: u.missing}
			if name != missingName {
				var err error
				if f.Body, err = os.ReadFile(filepath.Join(u.dir, filepath.FromSlash(name))); err != nil {
					return err
				}
			}
			wanted, err := u.pages.Wants(within, f)
			if err == nil && wanted && !u.dryRun {
				err = u.pages.Upload(within, f)
			}
			if err == nil {
				progress.done(name, wanted, u.dryRun)
			}
			return err
		})
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// progress tells how far an upload is, once a second.
type progress struct {
	out  io.Writer
	all  int
	mu   sync.Mutex
	seen int
	sent int
	told time.Time
}

func (p *progress) done(name string, sent, dryRun bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if sent {
		p.sent++
		if dryRun {
			fmt.Fprintln(p.out, "would upload", name)
		}
	}
	if p.told.IsZero() {
		p.told = time.Now()
	}
	if time.Since(p.told) >= time.Second && !dryRun {
		p.told = time.Now()
		fmt.Fprintf(p.out, "%d of %d files, %d uploaded\n", p.seen, p.all, p.sent)
	}
}
