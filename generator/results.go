package main

import (
	"bytes"
	"context"

	"glasspoll/internal/console"
)

type resultsCommand struct {
	Export   exportCommand     `cmd:"" help:"Write the answers as CSV, Excel, JSON Lines or for SPSS, with a codebook."`
	Report   reportCommand     `cmd:"" help:"Write the report for management: one page, with everything that was counted."`
	Pages    levelPagesCommand `cmd:"" help:"Write the results pages of a level (public, staff, management) to a folder."`
	PDF      pdfCommand        `cmd:"" name:"pdf" help:"Print a results page, or its summary on one sheet, as PDF."`
	Charts   chartsCommand     `cmd:"" help:"Write each chart as SVG and PNG with its table, for slides."`
	Workbook workbookCommand   `cmd:"" help:"Write the figures as one Excel workbook with native charts."`
	Archive  archiveCommand    `cmd:"" help:"Freeze a period in one file with checksums, or check such a file."`
	Verify   verifyCommand     `cmd:"" help:"Count everything again, and compare with what was counted and released."`
	Repair   repairCommand     `cmd:"" help:"Mend what 'results verify' has found, as far as it follows from something else."`
	Show     showCommand       `cmd:"" help:"Show what is stored: definitions, tallies, releases, responses, the log."`
	Review   reviewCommand     `cmd:"" help:"List answers that rules hold back before release, and accept or reject them."`
	Correct  correctCommand    `cmd:"" help:"Correct one respondent's answers, by the receipt; the original, the author and the reason are kept."`
	Annul    annulCommand      `cmd:"" help:"Take blocks of false answers out of what is published."`
	Erase    eraseCommand      `cmd:"" help:"Erase one respondent's answers, by the receipt."`
	Move     moveCommand       `cmd:"" help:"Carry everything to another data directory or table, and compare: for upgrades, to AWS, and back."`
	Restore  restoreCommand    `cmd:"" help:"On AWS: copy what a table lacks from one that was restored to a point in time."`
}

func (resultsCommand) Help() string {
	return `These commands work on answers and results. While a server runs, the server does the work, for every user who may write to
its data directory. With --table, the work is done on AWS.

Examples:

  glasspoll results export service --out answers.xlsx
  glasspoll results report service --period 2026-Q4 --language en --out report.html
  glasspoll results verify service`
}

// storeFlags name a store.
type storeFlags struct {
	Data  string `placeholder:"DIR" default:"data" type:"path" help:"The data directory of 'glasspoll serve'. Default: data."`
	Table string `placeholder:"NAME" help:"The table of a deployment on AWS, in place of a data directory."`

	awsFlags
}

// perform runs a verb on the store that the flags name.
func (s storeFlags) perform(ctx context.Context, c *console.Console, name string, v verb) error {
	if s.Table == "" {
		return performLocally(ctx, c, s.Data, name, v)
	}
	records, err := s.records(ctx, c, s.Table)
	if err != nil {
		return err
	}
	return do(ctx, c, records, v, true) // the publishing function tells it
}

// printed performs a verb as perform does, and returns what it has printed for the rest of the command to use. That rest, such as
// a browser, runs with the rights of the command's user, not with those of a running server.
func (s storeFlags) printed(ctx context.Context, c *console.Console, name string, v verb) ([]byte, error) {
	var out bytes.Buffer
	captured := *c
	captured.Out = &out
	err := s.perform(ctx, &captured, name, v)
	return out.Bytes(), err
}
