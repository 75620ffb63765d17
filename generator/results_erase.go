package main

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

type eraseCommand struct {
	storeFlags
	Receipt string `arg:"" help:"The receipt that the respondent was shown, or the submission's id."`
	Yes     bool   `help:"Erase. Without it, what would be erased is only listed."`
}

func (eraseCommand) Help() string {
	return `Removes a respondent's answers for good, private ones included. What remains is a tombstone: that there was an answer,
when, and in which groups (segments) it counted. The same submission cannot be sent again, and if the response waited to
be released, it never is.

What is published already stays: it is a sum over at least min_group respondents, and if it changed for one person alone,
the change would show what that person had answered. The results page says how many have withdrawn, from min_group on.

In the data file, the answers are overwritten. Copies that were made before are not changed: backups, snapshots of the
disk, exports and archives. Delete those, or let them expire. The archives in DATA/archives are made again by the server.

Erasing a response again is no error. Exits with 1 if there is no such receipt or --yes is missing.

Examples:

  glasspoll results erase 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH
  glasspoll results erase 3F2KQ-8ZJ4N-00XYA-B6C7D-E8F9GH --yes
  glasspoll results erase --table polls-Table-1A2B 6f1c9ee4-5f2b-4b3e-9a30-0e7f4e0a51c2 --yes`
}

func (e eraseCommand) Run(ctx context.Context, c *console.Console) error {
	if _, err := responseID(e.Receipt); err != nil {
		return console.UsageError{Err: err}
	}
	return e.perform(ctx, c, "results erase", &e)
}

// responseID returns the id of a response from its receipt, or from the id itself.
func responseID(typed string) (string, error) {
	text := strings.TrimSpace(typed)
	if id, err := uuid.Parse(text); err == nil && len(text) == 36 {
		return id.String(), nil
	}
	id, err := answer.ParseReceipt(text)
	if err != nil {
		return "", message.Errorf("'%s' is neither a receipt (26 letters and digits) nor a submission id (such as 6f1c9ee4-5f2b-4b3e-9a30-0e7f4e0a51c2)", typed)
	}
	return id, nil
}

func (e *eraseCommand) do(ctx context.Context, env *environment) error {
	id, err := responseID(e.Receipt)
	if err != nil {
		return err
	}
	found, err := env.store.Find(ctx, id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return message.Errorf("there is no response %s here: look for a mistyped letter, or another --data or --table", answer.Receipt(id))
	}
	unconfirmed := false
	for _, entry := range found {
		r := entry.Response
		which := message.New("%s %s, received %s", r.Survey, r.Period, entry.Arrived.UTC().Format(time.RFC3339))
		what := which
		if r.Withdrawn {
			what = message.New("%s, erased before", which)
		} else if !e.Yes {
			what = message.New("%s, %s", which, message.Count(len(r.Answers), "answer"))
			unconfirmed = true
		}
		if !e.Yes {
			env.Print(env.Out, "%s", what)
			continue
		}
		keep, err := store.SegmentFields(ctx, env.store, r)
		if err != nil {
			return err
		}
		erased, err := env.store.Erase(ctx, r.Survey, id, keep)
		if erased {
			// The log is the proof that it was done. It has no answer.
			env.log.Info("response erased", "survey", r.Survey, "period", r.Period, "id", id)
			if env.changed != nil {
				env.changed(r.Survey, r.Period)
			}
		}
		if err != nil {
			return err
		}
		if !erased {
			env.Print(env.Out, "%s: nothing was left to erase", which)
			continue
		}
		env.Print(env.Out, "%s: erased. What is published already stays, as a sum over many", what)
	}
	if unconfirmed {
		env.Print(env.Err, "Nothing is erased yet. To erase it for good, run the command again with --yes.")
		return console.ErrProblems
	}
	return nil
}
