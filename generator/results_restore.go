package main

import (
	"context"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
)

type restoreCommand struct {
	Table string `required:"" placeholder:"NAME" help:"The deployment's table, which lacks something."`
	From  string `required:"" placeholder:"NAME" help:"The table that point-in-time recovery has made."`
	Yes   bool   `help:"Copy. Without it, what would be copied is only counted."`

	awsFlags
}

func (restoreCommand) Help() string {
	return `Copies questionnaires, answers, releases and cases that the deployment's table lacks from a table that AWS has restored to a
point in time. Nothing that is there is replaced: what was changed or erased since stays so, and what has expired is not
brought back. What gets answers is counted again, within ten minutes. If it is interrupted, run it again.

Answers that were erased after that point, and whose tombstones are lost too, come back: erase them again.

Examples:

  glasspoll results restore --table polls-Table-1A2B --from polls-restored
  glasspoll results restore --table polls-Table-1A2B --from polls-restored --yes`
}

func (r restoreCommand) Run(ctx context.Context, c *console.Console) error {
	if r.Table == r.From {
		return console.Usagef("--from is the table itself: give the one that was restored")
	}
	database, _, err := r.database(ctx)
	if err != nil {
		return err
	}
	found, err := cloud.Restore(ctx, database, r.From, r.Table, r.Yes)
	if err != nil && found == (cloud.Restored{}) {
		return err
	}
	what := message.Join(", ",
		message.Count(found.Responses, "response"), message.Count(found.Releases, "release"), message.Count(found.Cases, "case"), message.Count(found.Others, "other item"))
	there := message.Count(found.There, "item")
	if r.Yes {
		c.Print(c.Out, "copied: %s; already there: %s", what, there)
	} else {
		c.Print(c.Out, "missing: %s; already there: %s", what, there)
	}
	if err != nil {
		return err
	}
	if !r.Yes && found.Missing() > 0 {
		c.Print(c.Err, "Nothing is copied yet. To copy, run the command again with --yes.")
		return console.ErrProblems
	}
	return nil
}
