package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type resultsCommand struct {
	Export  exportCommand     `cmd:"" help:"Write the answers as CSV, Excel, JSON Lines or for SPSS, with a codebook."`
	Report  reportCommand     `cmd:"" help:"Write the report for management: one page, with everything that was counted."`
	Pages   levelPagesCommand `cmd:"" help:"Write the results pages of a level (public, staff, management) to a folder."`
	Archive archiveCommand    `cmd:"" help:"Freeze a period in one file with checksums, or check such a file."`
	Verify  verifyCommand     `cmd:"" help:"Count everything again, and compare with what was counted and released."`
	Erase   eraseCommand      `cmd:"" help:"Take one respondent's answers out, by the receipt."`
	Restore restoreCommand    `cmd:"" help:"On AWS: copy what a table lacks from one that was restored to a point in time."`
}

func (resultsCommand) Help() string {
	return `What can be done with answers and results besides showing them. All of it works while the server runs: it is then the
server that does it, for whoever may write in its data directory. With --table it is done on AWS instead.

Examples:

  glasspoll results export service --out answers.xlsx
  glasspoll results report service --period 2026-Q4 --language en --out report.html
  glasspoll results verify service`
}

// resultsStore is what the verbs use of a back end.
type resultsStore = store.Records

// storeFlags say where the answers are.
type storeFlags struct {
	Data  string `placeholder:"DIR" default:"data" type:"path" help:"The data directory of 'glasspoll serve'. Default: data."`
	Table string `placeholder:"NAME" help:"The table of a deployment on AWS, in place of a data directory."`

	awsFlags
}

// perform does a verb where the answers are.
func (s storeFlags) perform(ctx context.Context, c *console.Console, name string, v verb) error {
	if s.Table == "" {
		return performLocally(ctx, c, s.Data, name, v)
	}
	table, _, err := s.table(ctx, s.Table)
	if err != nil {
		return err
	}
	return do(ctx, c, table, v)
}

// definition finds the questionnaire of a survey that is in force.
func definition(ctx context.Context, records resultsStore, id string) (*survey.Survey, error) {
	s, err := records.Definition(ctx, id, "")
	if !errors.Is(err, store.ErrUnknown) {
		return s, err
	}
	known, err := records.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("there is no survey %s here, nor any other: is it the right --data or --table?", id)
	}
	return nil, fmt.Errorf("there is no survey %s here: there are %s", id, strings.Join(known, ", "))
}

// periodsOf lists the periods of a survey that have any response: all, or the one that is asked for.
func periodsOf(ctx context.Context, records resultsStore, id, wanted string) ([]string, error) {
	periods, err := records.Periods(ctx, id)
	if err != nil || wanted == "" {
		return periods, err
	}
	if !slices.Contains(periods, wanted) {
		if len(periods) == 0 {
			return nil, fmt.Errorf("%s has no answers yet", id)
		}
		return nil, fmt.Errorf("%s has no answers of %s: there are some of %s", id, wanted, strings.Join(periods, ", "))
	}
	return []string{wanted}, nil
}

// versions finds a survey's definitions by version, each once. It may be used by one goroutine.
type versions struct {
	store resultsStore
	id    string
	known map[string]*survey.Survey
}

func (v *versions) of(ctx context.Context, version string) (*survey.Survey, error) {
	if s := v.known[version]; s != nil {
		return s, nil
	}
	s, err := v.store.Definition(ctx, v.id, version)
	if err != nil {
		return nil, fmt.Errorf("version %s of %s: %w", version, v.id, err)
	}
	if v.known == nil {
		v.known = map[string]*survey.Survey{}
	}
	v.known[version] = s
	return s, nil
}
