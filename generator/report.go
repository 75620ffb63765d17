package main

import (
	"bytes"
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/briefing"
	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
	"glasspoll/internal/survey"
)

type briefCommand struct {
	storeFlags
	IDs        []string `arg:"" optional:"" name:"ID" help:"The surveys. Default: all that are open in the span, or have figures or cases in it."`
	Month      string   `xor:"span" required:"" placeholder:"2026-10" help:"The month."`
	Quarter    string   `xor:"span" required:"" placeholder:"2026-Q4" help:"Or the quarter."`
	Out        string   `placeholder:"FILE" type:"path" help:"The file to write: .html, .docx or .xlsx. A name without such an ending writes all three. Default: report-SPAN, such as report-2026-10."`
	Level      string   `placeholder:"LEVEL" enum:"staff,management" default:"management" help:"For whom: staff, with the figures that are released, or management, with all that are counted. Default: management."`
	Number     string   `placeholder:"TEXT" help:"The number of the document, for records."`
	PreparedBy string   `placeholder:"ROLE" help:"Who has prepared it. Default: left blank, to be written by hand."`
	ReviewedBy string   `placeholder:"ROLE" help:"Who has reviewed it. Default: left blank."`
	ApprovedBy string   `placeholder:"ROLE" help:"Who approves it. Default: left blank."`
	Surveys    string   `placeholder:"DIR" default:"surveys" type:"path" help:"Where the measures (ID.actions.yaml) and theme.yaml are. Default: surveys."`

	Language string                    `kong:"-"` // of the report; "" is the first survey's first
	Actions  map[string]survey.Actions `kong:"-"` // measures by survey
	Company  survey.Text               `kong:"-"` // by language; "" is for all others
	Colours  records.Colours           `kong:"-"`
}

func (briefCommand) Help() string {
	return `Writes the report on customers and service of a month or a quarter, for one survey, several, or all: what customers think
(index with interval, response rate, target, course over the periods), what they have said and what has become of it (cases
by type, channel, severity and owner, deadlines met), the measures with their status and effect, what has changed, and by
which documents the surveys are controlled. The first page has the number, room for signatures, and which figures they are.

One command makes a web page that prints on A4, a Word file, whose charts can be edited, and an Excel workbook with every
table and native charts. No browser and no office program is needed. Only you can read the files.

The figures of a survey are those of its period that has a day in the span, or of the last such one; of a survey without
periods, those of today. Cases are counted as 'glasspoll cases summary' does. --language is the language of the report; left
out, it is the first survey's first.

Examples:

  glasspoll report --month 2026-10 --out october
  glasspoll report service dealers --quarter 2026-Q4 --number QR-08-2026-04 --prepared-by Quality --out q4.docx
  glasspoll report service --month 2026-10 --level staff --language en --out october.html`
}

// briefEndings are the endings of the files that a report can be.
var briefEndings = []string{".html", ".docx", ".xlsx"}

func (r briefCommand) Run(ctx context.Context, c *console.Console) error {
	span, err := spanOf(r.Month, r.Quarter)
	if err != nil {
		return console.UsageError{Err: err}
	}
	if r.Out == "" {
		if r.Out, err = filepath.Abs("report-" + span.Name); err != nil {
			return err
		}
	}
	if ending := strings.ToLower(filepath.Ext(r.Out)); slices.Contains([]string{".doc", ".xls", ".htm", ".pdf"}, ending) {
		return console.Usagef("--out %s: the name ends in .html, .docx or .xlsx, or has none of these for all three", r.Out)
	}
	look := ""
	if len(r.IDs) == 1 {
		look = r.IDs[0]
	}
	sources, assets, err := project.ReadSources(r.Surveys, "", look)
	if err != nil {
		return err
	}
	if r.Actions, err = project.ReadActions(r.Surveys); err != nil {
		return err
	}
	r.Company = assets.Links.Look(look).Brand.Name
	r.Colours = records.Colours{Accent: sources.Accent, OnAccent: sources.OnAccent}
	r.Language = c.Asked
	return r.perform(ctx, c, "report", &r)
}

func (r *briefCommand) writesTo() string { return r.Out }

// files are the files to write, by ending.
func (r *briefCommand) files() map[string]string {
	if ending := strings.ToLower(filepath.Ext(r.Out)); slices.Contains(briefEndings, ending) {
		return map[string]string{ending: r.Out}
	}
	all := map[string]string{}
	for _, ending := range briefEndings {
		all[ending] = r.Out + ending
	}
	return all
}

func (r *briefCommand) do(ctx context.Context, env *environment) error {
	span, err := spanOf(r.Month, r.Quarter)
	if err != nil {
		return err
	}
	report, err := records.Brief(ctx, env.store, records.BriefingOptions{
		Figures: briefing.Figures{Span: span, Level: r.Level, Now: time.Now(), Language: r.Language, Number: r.Number,
			PreparedBy: r.PreparedBy, ReviewedBy: r.ReviewedBy, ApprovedBy: r.ApprovedBy},
		IDs: r.IDs, Actions: r.Actions, CompanyNames: r.Company,
	})
	if err != nil {
		return err
	}
	if len(report.LeftOut) > 0 {
		env.Print(env.Err, "Left out, because their results are for management: %s", message.Words(report.LeftOut...))
	}
	files := r.files()
	whole := map[string][]byte{}
	for ending := range files { // all before the first is written
		var b bytes.Buffer
		if err := report.Write(&b, ending, r.Colours); err != nil {
			return err
		}
		whole[ending] = b.Bytes()
	}
	for _, ending := range briefEndings {
		if whole[ending] == nil {
			continue
		}
		if err := env.writeFile(files[ending], true, whole[ending]); err != nil {
			return err
		}
		env.Print(env.Err, "%s: confidential, and readable only by you", files[ending])
	}
	return nil
}

// spanOf reads the flags that name a month or a quarter.
func spanOf(month, quarter string) (cases.Span, error) {
	span, err := cases.ParseSpan(cmp.Or(month, quarter))
	switch {
	case err != nil && month != "":
		return span, message.Errorf("--month %s: write one such as 2026-10", month)
	case err != nil:
		return span, message.Errorf("--quarter %s: write one such as 2026-Q4", quarter)
	case (month != "") == strings.Contains(span.Name, "Q"):
		return span, message.Errorf("%s is not what the flag says: write --month 2026-10 or --quarter 2026-Q4", span.Name)
	}
	return span, nil
}
