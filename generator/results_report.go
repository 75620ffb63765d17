package main

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"glasspoll"
	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/project"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type reportCommand struct {
	storeFlags
	Sources   project.Sources `kong:"-"`
	ID        string          `arg:"" name:"ID" help:"The survey."`
	Period    string          `placeholder:"PERIOD" help:"The period that the report is about, such as 2026-Q4. Default: the last."`
	Language  string          `placeholder:"LANG" help:"Language of the report. Default: the survey's first."`
	Out       string          `placeholder:"FILE" type:"path" help:"The file to write. Default: the standard output."`
	Texts     bool            `help:"With an annex of what respondents wrote. Private answers are never in it."`
	Surveys   string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire and its *.actions.yaml are. Default: surveys."`
	Templates string          `placeholder:"DIR" type:"path" help:"Templates to use in place of the built-in ones of the same name."`
}

func (reportCommand) Help() string {
	return `Writes the statistical analysis report of a period as one HTML file that needs nothing else: purpose, method, sample,
results with the derivation of the index, problems (lowest scores, low marks, open cases), and measures with their
status. Open it in a browser and print it, or save it as PDF.

It counts every answer, also those that are withheld from the public because too few people gave them, and says so at its
head. It is for management: do not put it on the site. The measures come from ID.actions.yaml beside the questionnaire.

Examples:

  glasspoll results report service --out report.html
  glasspoll results report service --period 2026-Q3 --language en --texts --out report.html`
}

func (r reportCommand) Run(ctx context.Context, c *console.Console) error {
	sources, _, err := project.ReadSources(r.Surveys, r.Templates, r.ID)
	if err != nil {
		return err
	}
	r.Sources = sources
	if r.Templates != "" {
		console.Line(c.Err, "The report itself is drawn with the built-in template; --templates gives it its stylesheet.")
	}
	return r.perform(ctx, c, "results report", &r)
}

func (r *reportCommand) writesTo() string { return r.Out }

func (r *reportCommand) do(ctx context.Context, env *environment) error {
	page, err := managementReport(ctx, env.store, reportOf{id: r.ID, period: r.Period, language: r.Language, texts: r.Texts, sources: r.Sources, now: time.Now()})
	if err != nil {
		return err
	}
	if r.Out == "" {
		_, err = env.Out.Write(page)
		return err
	}
	if err := writeOne(env, r.Out, true, page); err != nil {
		return err
	}
	console.Line(env.Err, "%s: confidential, and readable only by you", r.Out)
	return nil
}

// reportOf is what a report for management is about.
type reportOf struct {
	id, period, language string // period "" is the last, language "" the survey's first
	texts                bool
	sources              project.Sources
	now                  time.Time              // measures and cases are overdue by it
	ends                 map[store.Shard]string // of the period's shards; nil: their ends
}

func managementReport(ctx context.Context, records resultsStore, o reportOf) ([]byte, error) {
	s, err := definition(ctx, records, o.id)
	if err != nil {
		return nil, err
	}
	if o.period != "" {
		if _, err := periodsOf(ctx, records, o.id, o.period); err != nil {
			return nil, err
		}
	}
	language := cmp.Or(o.language, s.DefaultLanguage())
	if !s.Speaks(language) {
		return nil, console.Usagef("--language %s: %s is written in %s", language, o.id, strings.Join(s.Languages, " and "))
	}
	page := results.ReportPage{Style: o.sources.Style}
	report, released, withdrawn, err := allCounted(ctx, records, s, o)
	if err != nil {
		return nil, err
	}
	page.Page = results.Page{Report: report, Actions: o.sources.Actions, Today: survey.Date(o.now.In(s.Location()).Format(time.DateOnly)), Language: language}
	page.Public, page.Withdrawn = released, withdrawn
	if len(report.Periods) > 0 {
		last := report.Periods[len(report.Periods)-1].Name
		if page.Cases, err = caseFigures(ctx, records, o.id, last, o.now); err != nil {
			return nil, err
		}
		if o.texts {
			if page.Texts, err = writtenAnswers(ctx, records, s, last); err != nil {
				return nil, err
			}
		}
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := results.New(renderer).Report(&out, glasspoll.Templates(), page); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// caseFigures counts a period's cases; nil if there are none.
func caseFigures(ctx context.Context, records caseStore, id, period string, now time.Time) (*results.CaseFigures, error) {
	all, err := records.CasesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c *cases.Case) bool { return c.Period != period || c.Withdrawn })
	if len(all) == 0 {
		return nil, nil
	}
	cases.Sort(all, now)
	figures := &results.CaseFigures{Opened: len(all)}
	for _, c := range all {
		if c.Status == cases.Closed {
			figures.Closed++
			if c.Told {
				figures.Told++
			}
			continue
		}
		figures.Open = append(figures.Open, results.OpenCase{ID: c.ID, Type: c.Type, Severity: string(c.Severity), Owner: c.Owner, Due: string(c.Due), Overdue: c.Overdue(now)})
	}
	return figures, nil
}

// mostTexts is how many answers to one question an annex has: more than anybody reads.
const mostTexts = 1000

// writtenAnswers collects what was written in answer to questions that are not private.
func writtenAnswers(ctx context.Context, records resultsStore, s *survey.Survey, period string) ([]results.TextAnswers, error) {
	var all []results.TextAnswers
	at := map[string]int{}
	for _, f := range s.Fields() {
		text := f.Question.Type == survey.ShortText || f.Question.Type == survey.LongText || f.Part == survey.OtherPart
		if text && !f.Question.Private {
			at[f.Name] = len(all)
			all = append(all, results.TextAnswers{Field: f})
		}
	}
	for entry, err := range arrivals(ctx, records, s.ID, period, nil) {
		if err != nil {
			return nil, err
		}
		if entry.Response.Withdrawn {
			continue
		}
		for _, a := range entry.Response.Answers {
			i, wanted := at[a.Field()]
			if !wanted || len(a) < 2 {
				continue
			}
			if len(all[i].Answers) == mostTexts {
				all[i].Left++
				continue
			}
			all[i].Answers = append(all[i].Answers, a[1])
		}
	}
	return slices.DeleteFunc(all, func(t results.TextAnswers) bool { return len(t.Answers) == 0 }), nil
}
