package main

import (
	"context"
	"os"

	"glasspoll/internal/build"
	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/retention"
	"glasspoll/internal/survey"
	"glasspoll/internal/upload"
)

type publishCommand struct {
	Stack      string `placeholder:"NAME" help:"The deployment's stack, by which its table and bucket are found."`
	Table      string `placeholder:"NAME" help:"The deployment's table: the output 'Table' of its stack."`
	Bucket     string `placeholder:"NAME" help:"The deployment's bucket: the output 'Bucket' of its stack."`
	Surveys    string `placeholder:"DIR" default:"surveys" help:"Where the questionnaires (*.yaml) are. Default: ${default}."`
	Out        string `placeholder:"DIR" default:"public" help:"Where the site is built. Default: ${default}."`
	Templates  string `placeholder:"DIR" help:"Templates to use in place of the built-in ones of the same name."`
	DryRun     bool   `help:"Print what would be done, and do nothing."`
	Unapproved bool   `help:"Publish questionnaires that are not approved: for a test deployment."`

	awsFlags
	S3Endpoint string `name:"s3-endpoint" env:"S3_ENDPOINT" hidden:""`
}

func (publishCommand) Help() string {
	return `Builds the site and uploads it to a deployment on AWS: first the compiled questionnaires, so that no page is ever
shown whose answers could not be taken, then the assets, the data, and the pages last. Only what has changed is sent.
If it is interrupted at any point, run it again. Nothing is ever deleted, and results are never replaced.

Credentials are found as the AWS command line finds them: environment, profile, single sign-on.

A questionnaire with 'document' must say approved_by and approved_on; for a test deployment there is --unapproved. All
options and rows need ids: see 'glasspoll check --write-ids'.

Examples:

  glasspoll publish --stack polls --dry-run
  glasspoll publish --stack polls
  glasspoll publish --table polls-Table-1A2B --bucket polls-bucket-3c4d --profile marketing`
}

func (p publishCommand) Run(ctx context.Context, c *console.Console) error {
	if byName := p.Stack != ""; byName == (p.Table != "" || p.Bucket != "") || !byName && (p.Table == "" || p.Bucket == "") {
		return console.Usagef("say where to: either --stack NAME, or --table NAME and --bucket NAME")
	}
	if p.DryRun {
		var err error
		if p.Out, err = os.MkdirTemp("", "glasspoll-"); err != nil {
			return err
		}
		defer os.RemoveAll(p.Out)
	}
	built, err := buildSite(c, build.Options{
		Surveys: p.Surveys, Templates: p.Templates, Out: p.Out, Demands: project.Demands{Approved: !p.Unapproved, IDs: true}, Keep: true,
	})
	if err != nil {
		return err
	}
	table, pages, err := p.connect(ctx)
	if err != nil {
		return err
	}
	s := upload.Site{Dir: p.Out, Files: built.Paths, Surveys: built.Surveys, Actions: built.Library.Actions(), Renderer: built.Renderer, Assets: built.Assets}
	if err := upload.Upload(ctx, c, table, pages, s, p.DryRun); err != nil {
		if ctx.Err() == nil {
			return message.Errorf("publishing: %w\nRun it again: it continues from here", err)
		}
		return message.Errorf("publishing was interrupted. Run it again: it continues from here")
	}
	for _, s := range built.Surveys {
		if keep := retention.Promised(s); !keep.IsZero() {
			c.Print(c.Out, "%s: the privacy notice says that answers are kept for %s: the stack keeps that with ResponseRetentionDays=%d or less, and it is for you to set", s.ID, lengthOf(keep), keep.LeastDays())
		}
	}
	return nil
}

// lengthOf writes a length of time.
func lengthOf(s survey.Span) message.Text {
	switch {
	case s.Years > 0:
		return message.Count(s.Years, "year")
	case s.Months > 0:
		return message.Count(s.Months, "month")
	}
	return message.Count(s.Days, "day")
}

func (p publishCommand) connect(ctx context.Context) (*cloud.Table, *cloud.Pages, error) {
	if p.Stack != "" {
		var err error
		if p.Table, p.Bucket, err = p.deployed(ctx, p.Stack); err != nil {
			return nil, nil, err
		}
	}
	table, settings, err := p.table(ctx, p.Table)
	if err != nil {
		return nil, nil, err
	}
	bucket := cloud.NewBucket(p.Bucket, settings.Region, p.S3Endpoint, settings.Credentials)
	return table, cloud.NewPages(bucket), nil
}
