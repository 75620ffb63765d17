package main

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/results"
)

type chartsCommand struct {
	storeFlags
	ID       string `arg:"" name:"ID" help:"The survey."`
	Out      string `required:"" placeholder:"DIR" type:"path" help:"The folder to write."`
	Level    string `placeholder:"LEVEL" enum:"public,staff,management" default:"staff" help:"For whom: public, staff or management. Default: staff, the figures that are released."`
	Period   string `placeholder:"PERIOD" help:"The period that the charts are about, such as 2026-Q4. Default: the last."`
	Language string `kong:"-"` // of the charts; "" is the survey's first
}

func (chartsCommand) Help() string {
	return `Writes each chart of the results for slides and documents: NAME.svg, which stands alone and can be put into PowerPoint,
Keynote, WPS or Word, and NAME.csv, its table. There is one of the index over the periods (trend), of the areas (areas), of
the items (items), and of each question (q-ID). Sensitive questions, rankings and constant sums have none.

Staff and public charts have the figures that are released; those for management have everything that is counted, also what
is withheld because too few people answered. --language is the language of the charts; left out, it is the survey's first.

Examples:

  glasspoll results charts service --out slides
  glasspoll results charts service --period 2026-Q3 --language en --out slides`
}

func (r chartsCommand) Run(ctx context.Context, c *console.Console) error {
	r.Language = c.Asked
	return r.perform(ctx, c, "results charts", &r)
}

func (r *chartsCommand) writesTo() string { return r.Out }

func (r *chartsCommand) do(ctx context.Context, env *environment) error {
	s, err := records.Definition(ctx, env.store, r.ID)
	if err != nil {
		return err
	}
	if r.Period != "" {
		if _, err := records.Periods(ctx, env.store, r.ID, r.Period); err != nil {
			return err
		}
	}
	language := cmp.Or(r.Language, s.DefaultLanguage())
	if !s.HasLanguage(language) {
		return console.Usagef("--language %s: %s is written in %s", language, r.ID, strings.Join(s.Languages, " and "))
	}
	if slices.Index(results.Levels(), r.Level) < slices.Index(results.Levels(), s.Results.Audience) {
		return console.Usagef("--level %s: the results of %s are for %s", r.Level, r.ID, s.Results.Audience)
	}
	charts, err := records.Charts(ctx, env.store, s, records.ChartsOptions{Level: r.Level, Period: r.Period, Language: language, Now: time.Now()})
	if err != nil {
		return err
	}
	for _, c := range charts {
		table, err := c.CSV()
		if err != nil {
			return err
		}
		private := r.Level != "public"
		if err := env.writeFile(filepath.Join(r.Out, c.ID+".svg"), private, c.SVG()); err != nil {
			return err
		}
		if err := env.writeFile(filepath.Join(r.Out, c.ID+".csv"), private, table); err != nil {
			return err
		}
	}
	env.Print(env.Err, "%s in %s", message.Count(len(charts), "chart"), r.Out)
	return nil
}
