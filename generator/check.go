package main

import (
	"fmt"
	"slices"

	"glasspoll/internal/advice"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/retention"
	"glasspoll/internal/sarif"
	"glasspoll/internal/survey"
)

type checkCommand struct {
	Surveys  string   `placeholder:"DIR" default:"surveys" help:"Where the questionnaires are, if no files are named. Default: ${default}."`
	Format   string   `placeholder:"FORMAT" enum:"text,json,sarif" default:"text" help:"text, json (one document), or sarif (2.1.0, for code scanning). Default: ${default}."`
	Advice   string   `placeholder:"on|off" enum:"on,off" default:"on" help:"Whether to say what could be better in a questionnaire without mistakes. Default: ${default}."`
	Strict   bool     `help:"Exit with 1 if there is advice, too."`
	WriteIDs bool     `name:"write-ids" help:"Write the ids of options and rows that have none into the questionnaires, and nothing else."`
	Files    []string `arg:"" optional:"" name:"FILE" help:"Questionnaires to check, or directories of them; '-' is the standard input. Default: all of --surveys."`
}

func (checkCommand) Help() string {
	return `Reads questionnaires as build would, and prints every problem as file:line:col: message, in a form that editors
understand. Advice, such as on questions that ask two things at once, lopsided scales and languages out of step, is
printed below, as file:line:col: advice: what: what to do (code). The files beside a questionnaire (measures in
NAME.actions.yaml, quotes in NAME.quotes.yaml) are checked with it. Exits with 1 if there is any problem, or with
--strict any advice.

Nothing is written, but with --write-ids the ids of options and rows that have none: those under which their answers are
kept already. Comments and all else stay as they are. A questionnaire with problems, or one that is changed meanwhile, is
left alone.

` + advice.Silencing + `

--format json prints one document: {"problems": [{file, line, column, code, message}], "advice": [{file, line, column, code,
message, fix}], "surveys": [{file, id, questions, languages, minutes}], "beside": [{file, survey, measures, quotes}]}; lines
and columns count from 1, and a problem of a file as a whole has none. Codes stay the same whatever the wording, which is in
the language of --language; in SARIF they are the ids of rules.

Examples:

  glasspoll check
  glasspoll check surveys/service.yaml --strict
  glasspoll check surveys/service.yaml --write-ids
  glasspoll check --format sarif > check.sarif
  glasspoll check - < draft.yaml`
}

// findings is what a check found.
type findings struct {
	files    []*project.Questionnaire
	sidecars []*project.Sidecar
	problems questionnaire.Problems
	advice   []advice.Advice
}

func (k checkCommand) Run(c *console.Console) error {
	library, problems, err := k.read(c)
	if err == nil && k.WriteIDs {
		library, problems, err = k.writeIDs(c, library)
	}
	if err != nil {
		return err
	}
	found := findings{files: library.Questionnaires(), sidecars: library.Sidecars(), problems: problems}
	if k.Advice == "on" {
		for _, f := range found.files {
			if f.Survey != nil {
				found.advice = append(found.advice, advice.Of(f.Survey, f.Path, f.Source)...)
			}
		}
		for _, s := range found.sidecars {
			found.advice = append(found.advice, advice.OfMeasures(s.Entries.Measures, s.Path, s.Source)...)
		}
	}
	printAs := map[string]func(*console.Console) error{"text": found.text, "json": found.json, "sarif": found.sarif}[k.Format]
	if err := printAs(c); err != nil {
		return err
	}
	if len(found.problems) > 0 || k.Strict && len(found.advice) > 0 {
		return console.ErrProblems
	}
	return nil
}

// read reads what the command line names, or else the directory of questionnaires.
func (k checkCommand) read(c *console.Console) (*project.Library, questionnaire.Problems, error) {
	if len(k.Files) > 0 {
		return project.ReadNamed(k.Files, c.In)
	}
	library := project.NewLibrary(k.Surveys)
	_, problems, err := library.Read()
	return library, problems, err
}

// writeIDs writes the ids that are missing, and reads everything again. A questionnaire without a place for an id has that as
// its problem.
func (k checkCommand) writeIDs(c *console.Console, library *project.Library) (*project.Library, questionnaire.Problems, error) {
	if slices.Contains(k.Files, "-") {
		return nil, nil, console.Usagef("--write-ids writes into files, and the standard input is none: name a file")
	}
	out := c.Out
	if k.Format != "text" {
		out = c.Err
	}
	var unwritable questionnaire.Problems
	for _, q := range library.Questionnaires() {
		if q.Survey == nil {
			continue // its problems are printed
		}
		made, problems, err := q.WriteIDs()
		if err != nil {
			return nil, nil, err
		}
		unwritable = append(unwritable, problems...)
		for _, m := range made {
			c.Print(out, "%s:%d:%d: id %s for '%s'", m.File, m.Line, m.Column, m.ID, m.Label)
		}
		if len(made) > 0 {
			c.Print(out, "%s: %s written", q.Path, message.Count(len(made), "id"))
		}
	}
	library, problems, err := k.read(c)
	return library, append(problems, unwritable...), err
}

func (f findings) text(c *console.Console) error {
	if len(f.problems) > 0 {
		console.Problems(c.Out, c.Language, f.problems)
	} else {
		for _, file := range f.files {
			c.Print(c.Out, "%s: %s", file.Path, describe(file.Survey))
		}
		for _, s := range f.sidecars {
			c.Print(c.Out, "%s: %s", s.Path, contents(s))
		}
	}
	advised := map[string]bool{}
	for _, a := range f.advice {
		fmt.Fprintln(c.Out, a.In(c.Language))
		advised[a.File] = true
	}
	if len(f.advice) > 0 {
		c.Print(c.Out, "%s of advice on %s", message.Count(len(f.advice), "piece"), message.Count(len(advised), "file"))
	}
	return nil
}

func (f findings) sarif(c *console.Console) error {
	sources := map[string][]byte{}
	for _, file := range f.files {
		sources[file.Path] = file.Source
	}
	return console.JSON(c.Out, sarif.New(c.Language, f.problems, f.advice, sources))
}

func (f findings) json(c *console.Console) error {
	type problem struct {
		File    string `json:"file"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Code    string `json:"code,omitempty"`
		Message string `json:"message"`
	}
	type advised struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Fix     string `json:"fix"`
	}
	type good struct {
		File      string   `json:"file"`
		ID        string   `json:"id"`
		Questions int      `json:"questions"`
		Languages []string `json:"languages"`
		Minutes   int      `json:"minutes,omitempty"`
	}
	type sidecar struct {
		File     string `json:"file"`
		Survey   string `json:"survey"`
		Measures int    `json:"measures,omitempty"`
		Quotes   int    `json:"quotes,omitempty"`
	}
	document := struct {
		Problems []problem `json:"problems"`
		Advice   []advised `json:"advice"`
		Surveys  []good    `json:"surveys"`
		Sidecars []sidecar `json:"beside,omitempty"`
	}{[]problem{}, []advised{}, []good{}, nil}
	for _, p := range f.problems {
		document.Problems = append(document.Problems, problem{p.File, p.Line, p.Column, p.Code(), p.Message.In(c.Language)})
	}
	for _, a := range f.advice {
		document.Advice = append(document.Advice, advised{a.File, a.Line, a.Column, a.Code, a.Sentence.In(c.Language), a.Fix.In(c.Language)})
	}
	for _, file := range f.files {
		if s := file.Survey; s != nil {
			document.Surveys = append(document.Surveys, good{file.Path, s.ID, questionCount(s), s.Languages, s.Minutes})
		}
	}
	for _, s := range f.sidecars {
		if s.Survey != nil && len(s.Problems()) == 0 {
			document.Sidecars = append(document.Sidecars, sidecar{s.Path, s.Survey.ID, len(s.Entries.Measures), len(s.Entries.Quotes)})
		}
	}
	return console.JSON(c.Out, document)
}

// contents says what is in a sidecar.
func contents(s *project.Sidecar) message.Text {
	if s.Kind == questionnaire.QuotesFile {
		return message.Count(len(s.Entries.Quotes), "quote")
	}
	return message.Count(len(s.Entries.Measures), "measure")
}

// describe sums up a survey: "12 questions, zh and en, 5 minutes".
func describe(s *survey.Survey) message.Text {
	languages := make([]message.Text, len(s.Languages))
	for i, l := range s.Languages {
		languages[i] = message.Plain(l)
	}
	parts := []message.Text{message.Count(questionCount(s), "question"), message.List(languages...)}
	if s.Minutes > 0 {
		parts = append(parts, message.Count(s.Minutes, "minute"))
	}
	if keep := retention.Promised(s); !keep.IsZero() {
		parts = append(parts, message.New("answers kept for %s by the privacy notice", lengthOf(keep)))
	}
	return message.Facts(parts...)
}

// questionCount returns the number of questions without notes.
func questionCount(s *survey.Survey) int {
	questions := 0
	for q := range s.Questions() {
		if q.Type != survey.Note {
			questions++
		}
	}
	return questions
}
