package main

import (
	"context"
	"path/filepath"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/export"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
)

type exportCommand struct {
	storeFlags
	ID       string `arg:"" name:"ID" help:"The survey."`
	Format   string `placeholder:"FORMAT" enum:"csv,xlsx,jsonl,spss," default:"" help:"csv, xlsx, jsonl or spss. Default: as --out ends, else csv."`
	Period   string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
	Out      string `placeholder:"FILE" type:"path" help:"The file to write. Default: the standard output."`
	Language string `kong:"-"` // of labels; "" is the survey's first
	Labels   bool   `help:"Write questions' and options' texts in place of names and ids (csv, xlsx)."`
	Private  bool   `help:"With private answers: e-mail addresses, telephone numbers and all questions with 'private: true'."`
	Original bool   `help:"The answers as they came, without the corrections of 'results correct'."`
	NoBOM    bool   `name:"no-bom" help:"CSV without the mark at the beginning that Excel needs to know UTF-8."`
}

func (exportCommand) Help() string {
	return `Writes one row for each response: receipt, time of arrival, language, channel, period, version, and a column for each
answer; of a question with several answers, one for each option. Questions that only older versions had
come last. Responses that were withdrawn are left out. Corrected answers are written as corrected, with --original as they came.

A codebook explains the columns: FILE.codebook.csv and FILE.codebook.html, in Excel a second sheet.
For SPSS (or PSPP), FILE is the data and FILE with .sps the commands that read it, with labels and missing values.

Texts that a spreadsheet would take for a formula get an apostrophe before them in CSV; numbers stay as they are. With
--private, only you can read the file. --language is the language of labels; left out, it is the survey's first.

Examples:

  glasspoll results export service --out answers.xlsx --labels --language en
  glasspoll results export service --period 2026-Q4 > answers.csv
  glasspoll results export service --format spss --out answers.csv
  glasspoll results export service --format jsonl | jq .answers.overall`
}

func (e exportCommand) Run(ctx context.Context, c *console.Console) error {
	e.Language = c.Asked
	if e.Format == "" {
		switch filepath.Ext(e.Out) {
		case ".xlsx":
			e.Format = "xlsx"
		case ".jsonl", ".ndjson":
			e.Format = "jsonl"
		case ".sps":
			e.Format = "spss"
		default:
			e.Format = "csv"
		}
	}
	switch {
	case e.Format == "spss" && e.Out == "":
		return console.Usagef("for SPSS two files are written: say where, with --out FILE.csv")
	case e.Format == "spss":
		e.Out = strings.TrimSuffix(e.Out, filepath.Ext(e.Out)) + ".csv"
	case e.Labels && e.Format == "jsonl":
		return console.Usagef("--labels does not go with JSON Lines, which has ids only: the codebook has the texts")
	}
	if e.Labels && e.Format == "spss" {
		return console.Usagef("--labels does not go with SPSS, which has both: numbers in the data, and their labels")
	}
	return e.perform(ctx, c, "results export", &e)
}

func (e *exportCommand) writesTo() string { return e.Out }

func (e *exportCommand) do(ctx context.Context, env *environment) error {
	take := records.TakeSnapshot
	if e.Original {
		take = records.TakeOriginals
	}
	snapshot, err := take(ctx, env.store, e.ID, e.Period, e.Private)
	if err != nil {
		return err
	}
	s, census := snapshot.Survey, snapshot.Census
	if e.Language != "" && !s.HasLanguage(e.Language) {
		return console.Usagef("--language %s: %s is written in %s", e.Language, e.ID, strings.Join(s.Languages, " and "))
	}
	words, err := records.Words(e.Language, s)
	if err != nil {
		return err
	}
	status, err := snapshot.Review(ctx)
	if err != nil {
		return err
	}
	plan := export.NewPlan(s, census, export.Options{Language: e.Language, Private: e.Private, Words: words, Review: status})
	if err := e.writeAnswers(ctx, env, snapshot, plan); err != nil {
		return err
	}
	if e.Out != "" && e.Format != "xlsx" { // an Excel file has its own codebook
		csv, html, err := records.Codebook(plan, words, !e.NoBOM)
		if err != nil {
			return err
		}
		base := strings.TrimSuffix(e.Out, filepath.Ext(e.Out)) + ".codebook"
		if err := env.writeFile(base+".csv", e.Private, csv); err != nil {
			return err
		}
		if err := env.writeFile(base+".html", e.Private, html); err != nil {
			return err
		}
	}
	note := message.Count(int(census.Responses), "response")
	if census.Withdrawn > 0 {
		note = message.New("%s, %d withdrawn left out", note, census.Withdrawn)
	}
	if e.Out != "" {
		note = message.New("%s: %s", note, e.Out)
	}
	env.Print(env.Err, "%s", note)
	if e.Private {
		env.Print(env.Err, "This has private answers in it, and shows who answered what: encrypt it to send it, and delete it after use.")
	}
	return nil
}

// writeAnswers writes the data, and for SPSS the commands that read it.
func (e *exportCommand) writeAnswers(ctx context.Context, env *environment, snapshot *records.Snapshot, plan *export.Plan) error {
	options := export.TableOptions{Labels: e.Labels, BOM: !e.NoBOM}
	if e.Out == "" {
		_, err := snapshot.Export(ctx, env.Out, plan, records.Format(e.Format), options)
		return err
	}
	data, err := env.Create(e.Out, e.Private)
	if err != nil {
		return err
	}
	spss, err := snapshot.Export(ctx, data, plan, records.Format(e.Format), options)
	if err != nil {
		return err
	}
	if spss != nil {
		syntax, err := env.Create(strings.TrimSuffix(e.Out, ".csv")+".sps", e.Private)
		if err != nil {
			return err
		}
		if err := spss.Syntax(syntax, filepath.Base(e.Out)); err != nil {
			return err
		}
		if err := syntax.Close(); err != nil {
			return err
		}
	}
	return data.Close()
}
