package main

import (
	"context"
	"iter"
	"path/filepath"
	"runtime/debug"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/control"
	"glasspoll/internal/export"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type exportCommand struct {
	storeFlags
	ID       string `arg:"" name:"ID" help:"The survey."`
	Format   string `placeholder:"FORMAT" enum:"csv,xlsx,jsonl,spss,copy," default:"" help:"csv, xlsx, jsonl or spss; or copy, for --from. Default: as --out ends, else csv."`
	Period   string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
	Out      string `placeholder:"FILE" type:"path" help:"The file to write. Default: the standard output."`
	Language string `kong:"-"` // of labels; "" is the survey's first
	Terminal bool   `kong:"-"` // somebody looks at the error stream: progress is shown there
	Labels   bool   `help:"Write questions' and options' texts in place of names and ids (csv, xlsx)."`
	Private  bool   `help:"With private answers: e-mail addresses, telephone numbers and all questions with 'private: true'."`
	Original bool   `help:"The answers as they came, without the corrections of 'results correct'."`
	NoBOM    bool   `name:"no-bom" help:"CSV without the mark at the beginning that Excel needs to know UTF-8."`

	From string   `json:"-" placeholder:"FILE" type:"path" help:"Export the answers of this file, which --format copy has written, in place of those of a store."`
	Key  []string `json:"-" name:"key" sep:"none" placeholder:"FILE" type:"path" help:"Open sealed answers with the private key in this file, or - for the standard input; may be repeated. It is only used by this command."`
}

func (exportCommand) Help() string {
	return `Writes one row for each response: receipt, time of arrival, language, channel, period, version, and a column for each
answer; of a question with several answers, one for each option. Questions that only older versions had
come last. Responses that were withdrawn are left out. Corrected answers are written as corrected, with --original as they came.

A codebook explains the columns: FILE.codebook.csv and FILE.codebook.html, in Excel a second sheet.
For SPSS (or PSPP), FILE is the data and FILE with .sps the commands that read it, with labels and missing values.

Texts that a spreadsheet would take for a formula get an apostrophe before them in CSV; numbers stay as they are. With
--private, only you can read the file. --language is the language of labels; left out, it is the survey's first.

Answers that are sealed are shown as "sealed". --key FILE opens them, here: the private key is never sent to a server or to AWS.
The column _opening says of each response which answers no key has opened, or are not as the question asks: nobody could check
them before. Keys that were used before are given as well, with another --key.

To keep the key off the server where the data are, export them there with --format copy, and take the file to the machine that
has the key: --from FILE exports what is in it. The copy has the answers as they are stored.

Examples:

  glasspoll results export service --out answers.xlsx --labels --language en
  glasspoll results export service --period 2026-Q4 > answers.csv
  glasspoll results export service --format spss --out answers.csv
  glasspoll results export service --private --key office.key --key before.key --out answers.xlsx
  glasspoll results export service --private --out service.copy
  glasspoll results export service --private --from service.copy --key office.key --out answers.xlsx
  glasspoll results export service --format jsonl | jq .answers.overall`
}

func (e exportCommand) Run(ctx context.Context, c *console.Console) error {
	// Each row is garbage once it is written. To collect it less often takes 50 MB, and saves a sixth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(300))
	e.Language, e.Terminal = c.Asked, isTerminal(c.Err)
	if e.Format == "" {
		switch filepath.Ext(e.Out) {
		case ".xlsx":
			e.Format = "xlsx"
		case ".jsonl", ".ndjson":
			e.Format = "jsonl"
		case ".sps":
			e.Format = "spss"
		case ".copy":
			e.Format = "copy"
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
	opens := e.From != "" || len(e.Key) > 0
	switch {
	case e.Format == "copy" && e.Out == "":
		return console.Usagef("say where the copy is to be written, with --out FILE.copy")
	case e.Format == "copy" && (opens || e.Labels):
		return console.Usagef("--from, --key and --labels do not go with a copy, which has the answers as they are stored")
	case e.From != "" && e.Period != "":
		return console.Usagef("--period does not go with --from: say it where the copy is made")
	case e.From != "" && e.Original:
		return console.Usagef("--original does not go with --from: say it where the copy is made")
	case opens:
		return e.open(ctx, c)
	}
	return e.perform(ctx, c, "results export", &e)
}

func (e *exportCommand) writesTo() string { return e.Out }

// exported is what an export is made of.
type exported struct {
	survey  *survey.Survey // the questionnaire in force
	census  *export.Census
	entries iter.Seq2[store.Entry, error]
	options export.Options // without language and words

	progress *progress // of reading entries
}

func (e *exportCommand) do(ctx context.Context, env *environment) error {
	take := records.TakeSnapshot
	if e.Original {
		take = records.TakeOriginals
	}
	progress := newProgress(env.Console, e.Terminal)
	defer progress.end()
	progress.begin(func(done int64) message.Text { return message.New("counted: %d", done) })
	snapshot, err := take(ctx, watchedRecords{env.store, progress}, e.ID, e.Period, e.Private)
	if err != nil {
		return err
	}
	if e.Format == "copy" {
		return e.writeCopy(ctx, env, snapshot)
	}
	review, err := snapshot.Review(ctx)
	if err != nil {
		return err
	}
	return e.write(env.Output, exported{snapshot.Survey, snapshot.Census, snapshot.Entries(ctx), export.Options{Review: review}, progress})
}

// writeCopy writes the answers as they are stored, with what an export of them needs.
func (e *exportCommand) writeCopy(ctx context.Context, env *environment, snapshot *records.Snapshot) error {
	file, err := env.Create(e.Out, true)
	if err != nil {
		return err
	}
	if err := snapshot.WriteCopy(ctx, file); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	env.Print(env.Err, "%s: %s", message.Count(int(snapshot.Census.Responses), "response"), e.Out)
	return nil
}

// write writes the export, with its codebook.
func (e *exportCommand) write(out control.Output, from exported) error {
	s, census := from.survey, from.census
	if e.Language != "" && !s.HasLanguage(e.Language) {
		return console.Usagef("--language %s: %s is written in %s", e.Language, e.ID, strings.Join(s.Languages, " and "))
	}
	words, err := records.Words(e.Language, s)
	if err != nil {
		return err
	}
	from.options.Language, from.options.Private, from.options.Words = e.Language, e.Private, words
	plan := export.NewPlan(s, census, from.options)
	total := census.Responses + census.Withdrawn
	from.progress.begin(func(done int64) message.Text { return message.New("written: %d of %d", min(done, total), total) }) // one more may be read
	err = e.writeAnswers(out, from.entries, plan)
	from.progress.end()
	if err != nil {
		return err
	}
	if e.Out != "" && e.Format != "xlsx" { // an Excel file has its own codebook
		csv, html, err := records.Codebook(plan, words, !e.NoBOM)
		if err != nil {
			return err
		}
		base := strings.TrimSuffix(e.Out, filepath.Ext(e.Out)) + ".codebook"
		if err := writeFile(out.Create, base+".csv", e.isSecret(), csv); err != nil {
			return err
		}
		if err := writeFile(out.Create, base+".html", e.isSecret(), html); err != nil {
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
	out.Print(out.Err, "%s", note)
	switch {
	case e.Private:
		out.Print(out.Err, "This has private answers in it, and shows who answered what: encrypt it to send it, and delete it after use.")
	case e.isSecret():
		out.Print(out.Err, "This has sealed answers in it, which are open now: encrypt it to send it, and delete it after use.")
	}
	return nil
}

// isSecret reports whether only the user may read what is written.
func (e *exportCommand) isSecret() bool { return e.Private || len(e.Key) > 0 }

// writeAnswers writes the data, and for SPSS the commands that read it.
func (e *exportCommand) writeAnswers(out control.Output, entries iter.Seq2[store.Entry, error], plan *export.Plan) error {
	options := export.TableOptions{Labels: e.Labels, BOM: !e.NoBOM}
	if e.Out == "" {
		_, err := records.Export(entries, out.Out, plan, records.Format(e.Format), options)
		return err
	}
	data, err := out.Create(e.Out, e.isSecret())
	if err != nil {
		return err
	}
	spss, err := records.Export(entries, data, plan, records.Format(e.Format), options)
	if err != nil {
		return err
	}
	if spss != nil {
		syntax, err := out.Create(strings.TrimSuffix(e.Out, ".csv")+".sps", e.isSecret())
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
