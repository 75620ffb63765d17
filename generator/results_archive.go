package main

import (
	"context"
	"path/filepath"
	"time"

	"glasspoll/internal/archive"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
)

type archiveCommand struct {
	storeFlags
	Sources project.Sources `kong:"-"`
	ID      string          `arg:"" optional:"" name:"ID" help:"The survey."`
	Period  string          `placeholder:"PERIOD" help:"The period to freeze, such as 2026-Q4."`
	Out     string          `placeholder:"FILE" type:"path" help:"The file to write, such as service-2026-Q4.zip."`
	Private bool            `help:"With private answers."`
	Check   string          `placeholder:"FILE" type:"path" help:"Check an archive: its checksums, and its figures against its answers."`
	Surveys string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire is. Default: surveys."`
}

func (archiveCommand) Help() string {
	return `Freezes a period in one ZIP file: the questionnaire in every version that was answered (compiled, and as YAML if it is
found), its plan, all answers, what was counted, every release, the numbers of issued and received questionnaires, the
report for management, and the codebook; with the SHA-256 of each file in SHA256SUMS. The checksum of that file stands for the whole and is printed: write it down elsewhere, for example
in the minutes. The same answers and releases give the same file, byte for byte.

Answers are JSON Lines, one response a line as it is stored, without private ones unless --private is given. Only you can
read the file. If a respondent is erased later, delete or replace the archives that have the answers.

With --check, nothing but the file is needed: checksums are compared, all answers are counted again, each by the questionnaire
that it was given under, and the tally, the index, the numbers and every block of every release must follow from them. Files
that belong to the archive and are not there are named, and so is what the records lack: a plan, an approval, the number
issued. Of an archive that an earlier version has written, the checksums and the number of answers are compared. Exits with
1 if anything differs or is missing.

'glasspoll serve --production' writes the archive of a period by itself when it is over: DATA/archives/ID-PERIOD.zip.

Examples:

  glasspoll results archive service --period 2026-Q4 --out service-2026-Q4.zip
  glasspoll results archive --check service-2026-Q4.zip`
}

func (a archiveCommand) Run(ctx context.Context, c *console.Console) error {
	if a.Check != "" {
		if a.ID != "" || a.Out != "" || a.Period != "" {
			return console.Usagef("--check FILE goes without ID, --period and --out")
		}
		return a.check(ctx, c)
	}
	if a.ID == "" || a.Period == "" || a.Out == "" {
		return console.Usagef("say which survey, which period and where to: results archive ID --period PERIOD --out FILE.zip")
	}
	sources, _, err := project.ReadSources(a.Surveys, "", a.ID)
	if err != nil {
		return err
	}
	a.Sources = sources
	return a.perform(ctx, c, "results archive", &a)
}

func (a *archiveCommand) writesTo() string { return a.Out }

func (a *archiveCommand) do(ctx context.Context, env *environment) error {
	snapshot, err := records.TakeSnapshot(ctx, env.store, a.ID, a.Period, a.Private)
	if err != nil {
		return err
	}
	if snapshot.Survey.PeriodAt(time.Now()) == a.Period {
		env.Print(env.Err, "%s is not over: the archive has the answers until now", a.Period)
	}
	file, err := env.Create(a.Out, true)
	if err != nil {
		return err
	}
	m, checksum, err := archive.Write(ctx, file, env.store, snapshot, archive.Options{
		Period: a.Period, Private: a.Private, Name: filepath.Base(a.Sources.File), Questionnaire: a.Sources.Questionnaire,
		Actions: a.Sources.Actions, Style: a.Sources.Style, PlanStyle: a.Sources.PlanStyle,
	})
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	env.Print(env.Out, "%s  %s", checksum, filepath.Base(a.Out))
	env.Print(env.Err, "%s: %s, %s. The checksum above stands for the whole: keep it elsewhere", a.Out, message.Count(int(m.Responses), "response"), message.Count(m.Releases, "release"))
	if a.Private {
		env.Print(env.Err, "This has private answers in it: encrypt it to send it, and delete it after use.")
	}
	return nil
}

func (a *archiveCommand) check(ctx context.Context, c *console.Console) error {
	checked, err := archive.Check(ctx, a.Check)
	if err != nil {
		return err
	}
	name := filepath.Base(a.Check)
	if len(checked.Findings) > 0 {
		for _, finding := range checked.Findings {
			c.Print(c.Out, "%s: %s", name, finding)
		}
		return console.ErrProblems
	}
	m, what := checked.Manifest, message.Key("checksums and figures")
	if !checked.Figures {
		what = message.Key("checksums and the number of answers, not figures, which an earlier version has made,")
	}
	c.Print(c.Out, "%s  %s", checked.Checksum, name)
	c.Print(c.Out, "%s %s: %s, %s, %s: %s agree", m.Survey, m.Period, message.Count(int(m.Responses), "response"), message.Count(m.Releases, "release"), message.Count(checked.Files, "file"), what)
	for _, gap := range checked.Gaps {
		c.Print(c.Out, "Not in it: %s", gap)
	}
	return nil
}
