package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/export"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

type exportCommand struct {
	storeFlags
	ID       string `arg:"" name:"ID" help:"The survey."`
	Format   string `placeholder:"FORMAT" enum:"csv,xlsx,jsonl,spss," default:"" help:"csv, xlsx, jsonl or spss. Default: as --out ends, else csv."`
	Period   string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
	Out      string `placeholder:"FILE" type:"path" help:"The file to write. Default: the standard output."`
	Language string `placeholder:"LANG" help:"Language of labels. Default: the survey's first."`
	Labels   bool   `help:"Write questions' and options' texts in place of names and ids (csv, xlsx)."`
	Private  bool   `help:"With private answers: e-mail addresses, telephone numbers and whatever has 'private: true'."`
	NoBOM    bool   `name:"no-bom" help:"CSV without the mark at the beginning that Excel needs to know UTF-8."`
}

func (exportCommand) Help() string {
	return `Writes one row for each response: receipt, time of arrival, language, channel, period, version, and a column for each
answer; of a question with several answers, one for each option. What only older versions of the questionnaire asked
stands last. Responses that were withdrawn are left out.

Beside FILE, a codebook says what is in the columns: FILE.codebook.csv and FILE.codebook.html, in Excel a second sheet.
For SPSS (or PSPP), FILE is the data and FILE with .sps the commands that read it, with labels and missing values.

Texts that a spreadsheet would take for a formula get an apostrophe before them in CSV; numbers stay as they are. With
--private, only you can read the file: mind where it goes from there.

Examples:

  glasspoll results export service --out answers.xlsx --labels --language en
  glasspoll results export service --period 2026-Q4 > answers.csv
  glasspoll results export service --format spss --out answers.csv
  glasspoll results export service --format jsonl | jq .answers.overall`
}

func (e exportCommand) Run(ctx context.Context, c *console.Console) error {
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

// gathering is what one export or archive is made from: the responses there are when it begins.
type gathering struct {
	store   resultsStore
	id      string
	now     *survey.Survey
	periods []string
	ends    map[store.Shard]string // the last cursor of each shard
	census  *export.Census
	private bool
}

// takeCensus walks all responses once.
func takeCensus(ctx context.Context, records resultsStore, id, period string, private bool) (*gathering, error) {
	now, err := definition(ctx, records, id)
	if err != nil {
		return nil, err
	}
	g := &gathering{store: records, id: id, now: now, ends: map[store.Shard]string{}, census: export.NewCensus(), private: private}
	if g.periods, err = periodsOf(ctx, records, id, period); err != nil {
		return nil, err
	}
	type part struct {
		census *export.Census
		end    string
	}
	parts := make([]part, len(g.periods)*store.Shards)
	workers, within := errgroup.WithContext(ctx)
	workers.SetLimit(store.Shards)
	for i := range parts {
		workers.Go(func() error {
			p := part{census: export.NewCensus()}
			known := versions{store: records, id: id}
			for entry, err := range records.After(within, g.shard(i), "") {
				if err != nil {
					return err
				}
				s, err := known.of(within, entry.Response.Version)
				if err != nil {
					return err
				}
				if private && !entry.Response.Withdrawn && hasPrivate(s) {
					if entry.Response.Private, err = records.Private(within, id, entry.Response.Period, entry.Response.ID); err != nil {
						return err
					}
				}
				p.census.Add(s, entry.Response, entry.Arrived)
				p.end = entry.Cursor
			}
			parts[i] = p
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	for i, p := range parts {
		g.census.Merge(p.census)
		g.ends[g.shard(i)] = p.end
	}
	return g, nil
}

func (g *gathering) shard(i int) store.Shard {
	return store.Shard{Survey: g.id, Period: g.periods[i/store.Shards], Number: i % store.Shards}
}

func hasPrivate(s *survey.Survey) bool {
	for q := range s.Questions() {
		if q.Private {
			return true
		}
	}
	return false
}

// each walks the same responses again, in the order of their arrival, tombstones included.
func (g *gathering) each(ctx context.Context, do func(store.Entry) error) error {
	known := versions{store: g.store, id: g.id}
	for _, period := range g.periods {
		for entry, err := range arrivals(ctx, g.store, g.id, period, g.ends) {
			if err != nil {
				return err
			}
			if g.private && !entry.Response.Withdrawn {
				s, err := known.of(ctx, entry.Response.Version)
				if err != nil {
					return err
				}
				if hasPrivate(s) {
					if entry.Response.Private, err = g.store.Private(ctx, g.id, period, entry.Response.ID); err != nil {
						return err
					}
				}
			}
			if err := do(entry); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *exportCommand) writesTo() string { return e.Out }

func (e *exportCommand) do(ctx context.Context, env *environment) error {
	g, err := takeCensus(ctx, env.store, e.ID, e.Period, e.Private)
	if err != nil {
		return err
	}
	if e.Language != "" && !g.now.Speaks(e.Language) {
		return console.Usagef("--language %s: %s is written in %s", e.Language, e.ID, strings.Join(g.now.Languages, " and "))
	}
	words, err := reportWords(e.Language, g.now)
	if err != nil {
		return err
	}
	plan := export.NewPlan(g.now, g.census, export.Options{Language: e.Language, Private: e.Private, Words: words})
	if err := e.answers(ctx, env, g, plan); err != nil {
		return err
	}
	if err := e.codebook(env, plan, words); err != nil {
		return err
	}
	note := console.Count(int(g.census.Responses), "response")
	if g.census.Withdrawn > 0 {
		note += fmt.Sprintf(", %d withdrawn left out", g.census.Withdrawn)
	}
	if e.Out != "" {
		note += ": " + e.Out
	}
	console.Line(env.Err, "%s", note)
	if e.Private {
		console.Line(env.Err, "This has private answers in it. Whoever has the file can read who said what: encrypt it on its way, and delete it when it has been used.")
	}
	return nil
}

// answers writes the data.
func (e *exportCommand) answers(ctx context.Context, env *environment, g *gathering, plan *export.Plan) (err error) {
	to := env.Out
	var file io.WriteCloser
	if e.Out != "" {
		if file, err = env.Create(e.Out, e.Private); err != nil {
			return err
		}
		to = file
	}
	if e.Format == "jsonl" {
		err = e.lines(ctx, g, to, plan)
	} else {
		err = e.rows(ctx, env, g, to, plan)
	}
	if err == nil && file != nil {
		err = file.Close()
	}
	return err
}

func (e *exportCommand) lines(ctx context.Context, g *gathering, to io.Writer, plan *export.Plan) error {
	lines := export.NewJSONLines(to, plan)
	return g.each(ctx, func(entry store.Entry) error {
		if entry.Response.Withdrawn {
			return nil
		}
		return lines.Write(entry.Response, entry.Arrived)
	})
}

func (e *exportCommand) rows(ctx context.Context, env *environment, g *gathering, to io.Writer, plan *export.Plan) error {
	var sink export.Sink
	var spss *export.SPSS
	var err error
	options := export.TableOptions{Labels: e.Labels, BOM: !e.NoBOM}
	switch e.Format {
	case "csv":
		sink, err = export.NewCSV(to, plan, options)
	case "xlsx":
		sink, err = export.NewXLSX(to, plan, options)
	case "spss":
		spss, err = export.NewSPSS(to, plan)
		sink = spss
	}
	if err != nil {
		return err
	}
	var row export.Row
	err = g.each(ctx, func(entry store.Entry) error {
		if entry.Response.Withdrawn {
			return nil
		}
		row = plan.Row(row, entry.Response, entry.Arrived)
		return sink.Write(row)
	})
	if err != nil {
		return err
	}
	if err := sink.Close(); err != nil || spss == nil {
		return err
	}
	syntax, err := env.Create(strings.TrimSuffix(e.Out, ".csv")+".sps", e.Private)
	if err != nil {
		return err
	}
	if err := spss.Syntax(syntax, filepath.Base(e.Out)); err != nil {
		return err
	}
	return syntax.Close()
}

// codebook writes the codebook beside the data. An Excel file has its own.
func (e *exportCommand) codebook(env *environment, plan *export.Plan, words *wording.Words) error {
	if e.Out == "" || e.Format == "xlsx" {
		return nil
	}
	book := plan.Book()
	base := strings.TrimSuffix(e.Out, filepath.Ext(e.Out)) + ".codebook"
	for _, ending := range []string{".csv", ".html"} {
		var b bytes.Buffer
		err := error(nil)
		if ending == ".csv" {
			err = book.CSV(&b, words, !e.NoBOM)
		} else {
			err = book.HTML(&b, reportTemplates(), words)
		}
		if err != nil {
			return err
		}
		if err := writeOne(env, base+ending, e.Private, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// writeOne writes a file whole.
func writeOne(env *environment, name string, private bool, content []byte) error {
	file, err := env.Create(name, private)
	if err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Close()
}

// reportTemplates are the templates and words of what is not on the site.
func reportTemplates() fs.FS {
	sub, err := fs.Sub(glasspoll.Templates(), "report")
	if err != nil {
		panic(err) // the folder's name is a constant above
	}
	return sub
}

// reportWords are the words in a language or, if that is "", in a survey's first.
func reportWords(language string, s *survey.Survey) (*wording.Words, error) {
	catalog, err := wording.Load(reportTemplates())
	if err != nil {
		return nil, err
	}
	if language == "" {
		language = s.DefaultLanguage()
	}
	return catalog.In(language), nil
}
